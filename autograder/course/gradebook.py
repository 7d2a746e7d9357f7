"""A course's gradebook, which nbgrader's own commands and pages read and write too.

One database session serves a whole run. What is written is what nbgrader's SaveAutoGrades would write: automatic scores
and comments; manual scores and a grader's comments are never touched. Whoever reads points settles the gradebook first.
"""

import contextlib
import dataclasses

import nbformat
from nbgrader.api import MissingEntry, Student, SubmittedAssignment
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from autograder import KitError
from autograder.course import ledger, migration, roster, rows, sheets
from autograder.course.replacing import swapped, workshop
from autograder.course.settling import late_rule, settle

NO_SUBMISSION = "no submission"  # the outcome of a grade whose submission is gone


class CourseGradebook:
    """What grading writes and reads. Use `Course.open_gradebook`."""

    def __init__(self, course, gradebook):
        self._course, self._gradebook = course, gradebook
        ledger.prepare(gradebook)

    @property
    def nbgrader(self):
        """The same as an `nbgrader.api.Gradebook`, for what is done once in a term."""
        return self._gradebook

    def due_date(self, assignment):
        """The due date in UTC, None if there is none.

        Raises
        ------
        KitError
            If the assignment is not in the gradebook.
        """
        try:
            return self._gradebook.find_assignment(assignment.name).duedate
        except MissingEntry:
            lost = self._course.has_results(assignment.name)
            raise KitError(
                f"{assignment.name} is not in the gradebook of {self._course.root}" + (
                    ", although there are results. If a backup has it, bring that back: due dates, extensions, and points and "
                    "comments by hand are nowhere else. Otherwise" if lost else ";"
                ) + f" run: autograder build {assignment.name}"
            ) from None

    def set_due_date(self, assignment, due):
        """Set the due date: None, a time in UTC, or text such as "2026-10-05 22:00:00 UTC"."""
        self._gradebook.update_or_create_assignment(assignment.name, duedate=due)

    def check(self, assignment):
        """Refuse a gradebook that does not hold the assignment as it is built.

        Raises
        ------
        KitError
        """
        self.due_date(assignment)
        there = {cell.name: cell.max_score for cell in self._gradebook.find_notebook(assignment.name, assignment.name).grade_cells}
        wrong = sorted(name for name in there.keys() | assignment.cells.keys() if there.get(name) != assignment.cells.get(name))
        if wrong:
            raise KitError(
                f"the gradebook of {self._course.root} does not fit {assignment.name} as it is built (look at {', '.join(wrong)}); "
                f"run: autograder build {assignment.name}"
            )

    def changes(self, name, wanted):
        """What bringing an assignment to `wanted` (see `migration.contents`) changes for whom: a list of sentences."""
        if self._course.has_results(name) and migration.contents(self._gradebook, name) is None:
            return [
                f"the gradebook had nothing of {name} although there are results, so due date, extensions, and points and comments "
                "by hand are gone; if they are in a backup, bring that gradebook back"
            ]
        return migration.changes(self._gradebook, name, wanted).sentences

    @contextlib.contextmanager
    def rebuilt(self, name, wanted):
        """Bring an assignment to `wanted`; it is kept when the block has ended well, and taken back otherwise."""
        try:
            migration.apply(self._gradebook, name, wanted)
            yield
            self._gradebook.db.commit()
        except BaseException:
            self._gradebook.db.rollback()
            raise

    def record(self, report, entry):
        """Write a submission's scores and comments, and the autograded folder.

        Whatever goes wrong with one submission is taken back, and the next can be recorded.

        Parameters
        ----------
        report : Report
            Of a submission that was graded.
        entry : entries.Entry
        """
        database = self._gradebook.db
        try:
            with self._autograded(report, entry):
                try:
                    self._write(report, entry)
                except IntegrityError:  # another grader has just made the same rows, which are there now
                    database.rollback()
                    self._write(report, entry)
        except BaseException:
            database.rollback()
            raise

    def _write(self, report, entry):
        connection, work = self._gradebook.db.connection(), (report.assignment, report.student)
        before = ledger.answers(connection, *work) or self._answers_in_notebook(*work)
        rows.write(connection, *work, entry, before)
        ledger.keep_answers(connection, *work, entry.answers)
        self._gradebook.db.commit()

    def _answers_in_notebook(self, assignment_name, student_id):
        """What was graded last, where an older version of the kit has not kept it."""
        from autograder.course import entries  # with all that grades, which an unchanged class does without

        path = self._course.autograded / student_id / assignment_name / f"{assignment_name}.ipynb"
        try:
            return entries.answers(nbformat.read(path, as_version=4))
        except Exception:  # not there, or whatever it is
            return {}

    def extend(self, assignment, student_id, extension, why=""):
        """Give a student more time (datetime.timedelta), or none; it counts also for what is not handed in yet."""
        self._decide(assignment, student_id, extension=extension, why=why)
        with contextlib.suppress(MissingEntry):  # nothing is handed in yet
            self._gradebook.find_submission(assignment.name, student_id).extension = extension
        self._gradebook.db.commit()

    def excuse(self, assignment, student_id, excused=True, why=""):
        """Expect nothing of a student, or take that back."""
        self._decide(assignment, student_id, excused=excused, why=why)
        self._gradebook.db.commit()

    def release(self, assignment, points, released):
        """Note that these grades are given out, student's id -> points, or with `released` None that they are not."""
        for student, one in points.items():
            self._decide(assignment, student, released=released, released_points=one if released else None)
        self._gradebook.db.commit()

    def strangers(self):
        """Ids of students whom nobody entered: something was handed in, and no more is known of them than that."""
        return ledger.strangers(self._gradebook.db.connection()) & {
            one.id for one in self.students() if not (one.name or one.email or one.lms_user_id)}

    def decisions(self):
        """What people decided: (assignment, student) -> `ledger.Decision`."""
        return ledger.decisions(self._gradebook.db.connection())

    def _decide(self, assignment, student_id, **changes):
        ledger.decide(self._gradebook.db.connection(), assignment.name, student_id, **changes)

    def note_strangers(self, students):
        """Remember that nobody entered these students: they handed something in."""
        ledger.note_strangers(self._gradebook.db.connection(), students)
        self._gradebook.db.commit()

    def settle(self):
        """Make extensions and late penalties what follows from all that is known now; see `settling.settle`."""
        return settle(self._gradebook, self._course.config)

    def export(self, path):
        """Write every grade of the course as CSV, in the format of `nbgrader export`."""
        self.settle()
        write_grades(path, self._gradebook)

    def students(self):
        """Everybody in the gradebook: a list of `roster.Student`."""
        columns = [getattr(Student, field.name) for field in dataclasses.fields(roster.Student)]
        return [roster.Student(*(value or "" for value in row)) for row in self._gradebook.db.query(*columns).order_by(Student.id)]

    def enrol(self, students):
        """Write the rows of students, new ones and changed ones."""
        there = {row.id for row in self._gradebook.db.query(Student.id)}
        for student in students:
            values = {key: value or None for key, value in dataclasses.asdict(student).items()}
            table = Student.__table__
            self._gradebook.db.execute(update(table).where(table.c.id == student.id).values(values) if student.id in there
                                       else insert(table).values(values))
        ledger.enter(self._gradebook.db.connection(), [student.id for student in students])
        self._gradebook.db.commit()

    def deadlines(self, assignment_name):
        """When an assignment is due, and who has how much longer, whether or not they have handed in.

        Returns
        -------
        due : datetime.datetime or None
            In UTC, without a zone.
        extensions : dict of str to datetime.timedelta
            By student's id.
        """
        with contextlib.suppress(MissingEntry):
            assignment = self._gradebook.find_assignment(assignment_name)
            extended = self._gradebook.db.query(SubmittedAssignment.student_id, SubmittedAssignment.extension).filter(
                SubmittedAssignment.assignment_id == assignment.id, SubmittedAssignment.extension.isnot(None))
            decided = {student: decision.extension for (name, student), decision in self.decisions().items()
                       if name == assignment_name and decision.extension}
            return assignment.duedate, dict(map(tuple, extended)) | decided
        return None, {}

    def assignments(self):
        """The names of all assignments in the gradebook."""
        return [assignment.name for assignment in self._gradebook.assignments]

    def student_ids(self):
        """The ids of everybody in the gradebook."""
        return [one for (one,) in self._gradebook.db.query(Student.id)]

    def totals(self, assignment):
        """Each student's points, of a gradebook that is settled for it: id -> `rows.Total`."""
        self.settle()
        return rows.totals(self._gradebook.db.connection(), self._gradebook.find_assignment(assignment.name).id)

    def results(self, assignment, students):
        """All that the gradebook, settled, has of these students' submissions: id -> `rows.Result`, of those that are there."""
        settle(self._gradebook, self._course.config, students)
        return rows.results(self._gradebook.db.connection(), assignment.name, students)

    @property
    def late_rule(self):
        """How late work loses points, as a sentence; "" if what decides it does not say."""
        return late_rule(self._course.config)

    @contextlib.contextmanager
    def _autograded(self, report, entry):
        """Make the autograded folder; it takes its place when the block has ended well."""
        target = self._course.autograded / report.student / report.assignment
        target.parent.mkdir(parents=True, exist_ok=True)
        with workshop(self._course.autograded) as shop:
            new = shop / "new"
            new.mkdir()
            for file, contents in entry.files.items():
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                (new / file).write_bytes(contents)
            yield
            with swapped([(new, target)], shop):
                pass


def write_grades(path, gradebook, assignments=(), students=()):
    """Write the grades of a course as CSV, with the columns of `nbgrader export`.

    Parameters
    ----------
    path : Path
    gradebook : nbgrader.api.Gradebook
    assignments, students : collection of str, optional
        Names and ids to write; all if empty.
    """
    columns = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
               "raw_score", "late_submission_penalty", "score", "max_score"]
    everybody = [(one.id, one.last_name, one.first_name, one.email) for one in gradebook.students
                 if not students or one.id in students]
    lines = []
    for assignment in gradebook.assignments:
        if assignments and assignment.name not in assignments:
            continue
        known = rows.totals(gradebook.db.connection(), assignment.id)
        name, due, maximum = assignment.name, assignment.duedate, assignment.max_score
        for student in everybody:
            total = known.get(student[0], rows.NOTHING)
            lines.append([name, due, total.timestamp, *student, total.score, total.penalty,
                          total.final, maximum])
    sheets.write(path, [columns, *lines])


def write_items(path, assignment, store, students, reports, totals):
    """Write each student's points for every item as CSV, also of those whose submission is gone but not the grade.

    A student of whom only is known that grading did not come to its end has no points there, rather than none.

    Parameters
    ----------
    path : Path
    assignment : Assignment
    store : batch.Store
    students : list of str
        Who has handed in.
    reports : list of Report
        Those of them that have just been graded or looked at; the others' are read.
    totals : dict
        As `CourseGradebook.totals` returns it.
    """
    ids = [item.id for item in assignment.items]
    at_hand = {report.student: report for report in reports if report.graded}
    lines = [["student", *ids, "by program", "late penalty", "total", "to grade by hand", "outcome", "seconds"]]
    for student in sorted({*students, *totals}):
        result, failure = at_hand.get(student), None
        if not result:
            result, failure = store.get(student), store.failure(student)
        if not (result or failure):
            continue
        outcome = (failure or result).outcome.value if student in students else NO_SUBMISSION
        if not result:
            lines.append([student, *("" for _ in ids), "", "", "", "", outcome, ""])
            continue
        scores = {item.id: f"{item.score:g}" for item in result.items}
        total = totals.get(student, rows.NOTHING)
        lines.append([student, *(scores.get(one, "") for one in ids), f"{result.score:g}", f"{total.penalty:g}", f"{total.final:g}",
                      "yes" if total.by_hand else "no", outcome, f"{result.seconds:.2f}"])
    sheets.write(path, lines)
