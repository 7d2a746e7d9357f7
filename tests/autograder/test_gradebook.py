"""What is recorded is what nbgrader's own classes would have written: every table, row by row."""

import warnings

import nbformat
import pytest
from nbgrader import utils
from nbgrader.api import Base, Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.exc import SAWarning
from tiny import CONFIGURATION, RELU, SOURCE, SUITE, hand_in, new_course, write

from autograder.authoring import build as authoring
from autograder.course import batch, entries
from autograder.course.course import Course
from autograder.course.entries import score_of

HALF = "def relu(z):\n    return np.maximum(0, z)\ndef relu_grad(z):\n    return z"
BONUS = '```python item="more" points=5 bonus=true\nassert relu(np.array([2.0]))[0] == 2\n```\n\n<!-- #region item="why"'
MORE = SUITE + '''

@item("more")
def test_more(student):
    """2 stays 2."""
    check_close(student.relu(np.array([2.0])), [2], "relu(z)")
'''
DUE = "2026-10-05 22:00:00 UTC"
FIRST = {  # student -> what is handed in first: solution, answer, timestamp.txt
    "ada": (RELU, "Because.", "2026-10-05 20:15:00 UTC"),
    "bob": (HALF, "Because.", "2026-10-07 20:15:00 UTC"),  # late
    "blank": (None, None, "2026-10-05 20:15:00 UTC"),
    "broken": ("{", "Because.", "2026-10-06 23:00:00 UTC"),
    "known": (RELU, None, None),
    "vague": (RELU, "Because.", "2026-10-07 20:15:00 CEST"),
    "unusable": None,
}
AGAIN = {
    "ada": (HALF, "Something else.", "2026-10-09 22:10:00 UTC"),  # later than an extension allows
    "bob": (RELU, None, None),  # what the gradebook knows of the time stands
    "blank": (RELU, "At last.", "2026-10-05 22:14:00 UTC"),  # within the grace
    "broken": (RELU, "Because.", "yesterday"),  # in doubt
    "known": None,
    "vague": (HALF, None, "2026-10-08 20:15:00 UTC"),
}


def written(tmp_path):
    """The tiny assignment with a bonus item, as its authors wrote it."""
    course = new_course(tmp_path / "written")
    write(course, {"source/tiny/tiny.md": SOURCE.replace('<!-- #region item="why"', BONUS), "suites/tiny/test_tiny.py": MORE})
    return course


def submissions(course, zygote, wanted):
    """Hand in and grade: a list of reports and entries."""
    work, graded = course.assignment("tiny"), []
    for student, what in wanted.items():
        relu, why, time = what or (None, None, DUE)
        answers = {name: text for name, text in (("relu_solution", relu), ("why", why)) if text is not None}
        folder = hand_in(course, student, **answers)
        (folder / "timestamp.txt").unlink()
        (folder / "notes.txt").write_text(student)
        if time:
            (folder / "timestamp.txt").write_text(time)
        if not what:
            (folder / "tiny.ipynb").write_text("{")
        graded.append(entries.grade(work, zygote, student, *batch.read(work, folder)))
    return graded


def by_nbgraders_classes(course, report, entry):
    """Write a result as nbgrader's SaveAutoGrades and AssignLatePenalties do, object by object."""
    late = AssignLatePenalties(config=course.config)
    late.init_plugin()
    graded = nbformat.reads(entry.files["tiny.ipynb"].decode(), as_version=4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in graded.cells if "nbgrader" in cell.metadata}
    given = {"timestamp": entry.handed_in.time} if entry.handed_in.time or entry.handed_in.doubt else {}
    with Gradebook(course.directory.db_url) as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        gradebook.update_or_create_student(report.student)
        submission = gradebook.update_or_create_submission("tiny", report.student, **given)
        (page,) = submission.notebooks
        for grade in page.grades:
            grade.auto_score = 0 if report.outcome.unusable else score_of(cells[grade.name])
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        for comment in page.comments:
            cell = cells[comment.name]
            untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
            comment.auto_comment = "No response." if untouched else None
        gradebook.db.commit()
        page.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            penalty = late.plugin_inst.late_submission_penalty(report.student, page.score, submission.total_seconds_late)
            if penalty is not None:
                page.late_submission_penalty = late._check_late_penalty(page, penalty)
        gradebook.db.commit()


def by_hand(course):
    """What graders add between two gradings."""
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.find_grade("why", "tiny", "tiny", "ada").manual_score = 7.5
        gradebook.find_grade("relu", "tiny", "tiny", "ada").extra_credit = 2
        gradebook.find_grade("relu", "tiny", "tiny", "bob").manual_score = 11
        gradebook.find_comment("why", "tiny", "tiny", "ada").manual_comment = "nearly"
        gradebook.find_submission_notebook("tiny", "tiny", "bob").flagged = True
        gradebook.db.commit()
        gradebook.grant_extension("tiny", "ada", days=3)


def contents(course):
    """Every row of every table, with what an id stands for in the place of ids."""
    with Gradebook(course.directory.db_url) as gradebook:
        tables = {table.name: [dict(row) for row in gradebook.db.execute(select(table)).mappings()]
                  for table in Base.metadata.sorted_tables}  # first those that others refer to
    names, comparable = {}, {}
    for table, rows in tables.items():
        for row in rows:
            own = row.pop("id")
            row |= {column: names[value] for column, value in row.items() if column.endswith("_id") and value in names}
            key = [row.get(part) for part in ("name", "type", "assignment_id", "notebook_id", "cell_id", "student_id")]
            names[own] = names.get(own) or (own if table in ("student", "course") else f"{table}: {key}")
            row["id"] = names[own]
        comparable[table] = sorted(rows, key=lambda row: row["id"])
    return comparable


def copied(course, zygote, name, settings=""):
    """A course in a folder of its own, as one that was built; its gradebook has the assignment and one student."""
    root = course.root.with_name(name)
    write(course, {f"../{name}/nbgrader_config.py":
                   f"{CONFIGURATION}c.CourseDirectory.root = {str(root)!r}\nc.CourseDirectory.course_id = 'tests'\n{settings}"})
    copy = Course(root)
    for name in ("source", "suites"):
        (root / name).symlink_to(course.root / name)
    authoring.build("tiny", copy, zygote)
    with Gradebook(copy.directory.db_url) as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate=DUE)
        gradebook.add_student("known", first_name="Grace", last_name="Hopper")
    return copy


def compared(course, zygote, settings=""):
    """Record the same results in both ways, in two courses, and compare after each round."""
    stock, ours = copied(course, zygote, "stock"), copied(course, zygote, "ours", settings)
    for round, wanted in enumerate((FIRST, AGAIN)):
        for report, entry in submissions(stock, zygote, wanted):
            by_nbgraders_classes(stock, report, entry)
            with ours.open_gradebook() as gradebook:
                gradebook.record(report, entry)
                gradebook.settle()
            folder = ours.autograded / report.student / "tiny"
            there = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")}
            assert there == entry.files and "notes.txt" in there
        yield round, contents(stock), contents(ours)
        for one in (stock, ours):
            by_hand(one)


def test_the_rows_are_those_that_nbgraders_classes_write(zygote, tmp_path):
    """Catches a column that is forgotten, a default that only the classes know, a manual score that is touched."""
    for round, expected, recorded in compared(written(tmp_path), zygote):
        assert recorded == expected
        counts = {name: len(rows) for name, rows in recorded.items()}
        assert counts["student"] == counts["submitted_notebook"] == len(FIRST) and counts["grade"] == 3 * len(FIRST)
        pages = {row["assignment_id"]: row["late_submission_penalty"] for row in recorded["submitted_notebook"]}
        assert sum(penalty is not None for penalty in pages.values()) == (2, 3)[round], pages


def test_a_result_that_cannot_be_recorded_leaves_no_rows(zygote, tmp_path):
    """Catches half a submission in the gradebook, which the next run would take for a whole one."""
    ours = copied(written(tmp_path), zygote, "ours")
    before = contents(ours)
    ((report, entry),) = submissions(ours, zygote, {"ada": FIRST["ada"]})
    del entry.scores["more"]
    with ours.open_gradebook() as gradebook:
        with pytest.raises(KeyError):
            gradebook.record(report, entry)
        assert contents(ours) == before and not list(ours.autograded.glob("ada/*"))
