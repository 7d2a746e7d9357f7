"""How a course's desk works: `c.Desk` in its nbgrader_config.py."""

from traitlets import Dict, Int, List, TraitError, Unicode
from traitlets.config import Configurable

from autograder import KitError

RECEIPT, ITEMS, CRITERIA, EVERYTHING = SHOWN = "receipt", "items", "criteria", "everything"
LAST, BEST, CHOSEN = COUNTING = "last", "best", "chosen"
OTHERWISE = "*"  # of a setting for each assignment: all that are not named


class Desk(Configurable):
    """Settings of the desk. What is said for each assignment is a dict; its "*" is for all that it does not name."""

    show = Dict({OTHERWISE: CRITERIA}, help=(
        "What of a result students see at once. receipt: only that it was handed in; items: the points of each item; criteria: "
        "which criteria are met and the hints, without the values that were wrong; everything: all of it, and the notebook as it "
        "was graded. Answers that are one of a few are told with the released grade alone, whatever stands here."
    )).tag(config=True)
    counts = Dict({OTHERWISE: LAST}, help="Which try counts: last, best (points less penalty), or chosen by the student.").tag(
        config=True)
    tries_at_once = Int(4, min=1, help="So many tries a student has, ...").tag(config=True)
    minutes_for_a_try = Int(20, min=0, help="... and another one each time so many minutes are over.").tag(config=True)
    more_tries = Dict(help="Students who have more tries at once: id -> how many more.").tag(config=True)
    staff = List(Unicode(), help="Ids of those who see the course's side: instructors and TAs.").tag(config=True)

    @classmethod
    def of(cls, course):
        """The settings of a `Course`.

        Raises
        ------
        KitError
            If they make no sense.
        """
        try:
            settings = cls(config=course.config)
        except TraitError as error:
            raise KitError(f"c.Desk in {course.root / 'nbgrader_config.py'}: {error}") from None
        for name, known in (("show", SHOWN), ("counts", COUNTING)):
            wrong = {value for value in getattr(settings, name).values() if value not in known}
            if wrong:
                raise KitError(f"c.Desk.{name} in {course.root / 'nbgrader_config.py'} says {wrong.pop()!r}; it can be "
                               f"{', '.join(known)}")
        if not all(isinstance(more, int) for more in settings.more_tries.values()):
            raise KitError(f"c.Desk.more_tries in {course.root / 'nbgrader_config.py'} gives a number for each student")
        return settings

    def shown(self, assignment):
        """What of a result is shown at once: one of `SHOWN`."""
        return self.show.get(assignment) or self.show.get(OTHERWISE, CRITERIA)

    def counting(self, assignment):
        """Which try counts: one of `COUNTING`."""
        return self.counts.get(assignment) or self.counts.get(OTHERWISE, LAST)

    def at_once(self, student_id):
        """How many tries a student has at once."""
        return self.tries_at_once + self.more_tries.get(student_id, 0)
