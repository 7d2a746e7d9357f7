"""What grading one submission produces: plain data that can be stored, shown, and put into a gradebook."""

import json
import math
import sys
from dataclasses import dataclass, field

from autograder.isolation.outcomes import Outcome

IN_THE_LINE = " In the line: "  # in a reason, before the line of the student's own that raised
_PROBLEM_TEXT = 20_000  # characters of a traceback that are kept: its end says what happened


@dataclass(slots=True)
class Criterion:
    """One hidden test, as the student reads it.

    Parameters
    ----------
    text : str
        The criterion, from the test's docstring.
    weight : float
        Its share of the item, relative to the item's other criteria.
    passed : bool
    reason : str
        Why it was not met, in the student's terms; "" if it was.
    note : str
        What else the student should know, such as a named mistake or that a helper was stood in for.
    """

    text: str
    weight: float
    passed: bool
    reason: str = ""
    note: str = ""

    def __post_init__(self):
        self.text = sys.intern(self.text)  # the reports of a whole class, in memory together, say the same

    def __reduce__(self):
        return Criterion, (self.text, self.weight, self.passed, self.reason, self.note)


@dataclass(slots=True)
class ItemResult:
    """The result of one item; `score` is the weighted share of its criteria, in points; `bonus` ones are beyond the total."""

    id: str
    points: float
    criteria: list[Criterion] = field(default_factory=list)
    bonus: bool = False

    @classmethod
    def from_dict(cls, item):
        """An item as `Report.to_json` writes it."""
        return cls(**item | {"criteria": [Criterion(**criterion) for criterion in item["criteria"]]})

    @property
    def score(self):
        """Points earned, rounded to hundredths."""
        total = met = 0
        for criterion in self.criteria:  # asked for often, for all items of a whole class
            total += criterion.weight
            met += criterion.weight if criterion.passed else 0
        return round(self.points * met / total, 2) if total else 0.0


@dataclass
class CellRun:
    """What became of one code cell: its outputs (nbformat) and a short status."""

    status: str
    outputs: list
    execution_count: int | None = None


@dataclass
class Report:
    """The result of one submission.

    Parameters
    ----------
    assignment, student : str
    outcome : Outcome
    items : list of ItemResult
    remarks : list of str
        What the student and the TA should know: cells that were restored, a process that was restarted.
    problems : list of str
        For the TA alone: errors inside hidden tests, with tracebacks. Never shown to a student.
    isolated : bool
        Whether the submission ran in namespaces of its own.
    seconds : float
        Time by the clock.
    cpu_seconds : float
        CPU time of the student process and its supervisor.
    student_seconds : float
        The part of it that the student's own cells and functions took.
    measures : dict of str to float or str
        What tests have measured and noted, such as an accuracy on hidden texts. A text can be the student's own.
    doubt : str
        What a person should look into before the result counts; "" if there is nothing.
    fingerprint : str
        Changes when the submission or anything that grades it changes.
    """

    assignment: str
    student: str
    outcome: Outcome
    items: list[ItemResult]
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    isolated: bool = True
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    student_seconds: float = 0.0
    measures: dict = field(default_factory=dict)
    doubt: str = ""
    fingerprint: str = ""

    @classmethod
    def not_graded(cls, assignment, student, problem):
        """The report of a submission whose grading did not come to its end: it says nothing about points."""
        return cls(assignment, student, Outcome.NOT_GRADED, [], problems=[problem[-_PROBLEM_TEXT:]])

    @property
    def graded(self):
        """Whether grading came to its end."""
        return self.outcome is not Outcome.NOT_GRADED

    @property
    def score(self):
        """Points earned by all items that are graded by program."""
        return round(sum(item.score for item in self.items), 2)

    @property
    def points(self):
        """Points that can be earned by program, without bonus items."""
        return sum(item.points for item in self.items if not item.bonus)

    def to_json(self):
        """The report as JSON text; `from_json` reads it."""
        return json.dumps(vars(self) | {"outcome": self.outcome.name}, default=_values)

    @classmethod
    def from_json(cls, text):
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is no report of this version of the kit.
        """
        try:
            fields = json.loads(text)
            fields["outcome"] = Outcome[fields["outcome"]]
            fields["items"] = [ItemResult.from_dict(item) for item in fields["items"]]
            report = cls(**fields)
            if not _is_whole(report):
                raise TypeError("a value is of another kind")
            return report
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"not a report of this version: {error}") from None


def _values(part):
    return {name: getattr(part, name) for name in part.__slots__}


def _is_whole(report):
    """Whether everything in a report that was read is of its kind: files are damaged, or changed by hand."""
    criteria = [criterion for item in report.items for criterion in item.criteria]
    texts = [report.assignment, report.student, report.doubt, report.fingerprint, *report.remarks, *report.problems]
    texts += [item.id for item in report.items]
    texts += [text for criterion in criteria for text in (criterion.text, criterion.reason, criterion.note)]
    truths = [report.isolated, *(item.bonus for item in report.items), *(criterion.passed for criterion in criteria)]
    numbers = [report.seconds, report.cpu_seconds, report.student_seconds]
    numbers += [item.points for item in report.items] + [criterion.weight for criterion in criteria]
    lists = [report.remarks, report.problems, report.items]
    return (
        {type(one) for one in lists} == {list} and type(report.measures) is dict
        and {type(text) for text in texts} == {str} and {type(truth) for truth in truths} == {bool}
        and {type(number) for number in numbers} <= {int, float} and all(map(math.isfinite, numbers))
        and all(type(measure) in (float, str) or type(measure) is int and math.isfinite(measure)
                for measure in report.measures.values())
    )
