"""An assignment that changes after students have handed in, in real gradebooks of nbgrader."""

import csv
import datetime
import functools
import json
from pathlib import Path

import nbformat
import pytest
from kit import new_course
from nbgrader.api import Base, Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import create_engine
from test_postgres import postgres, running  # noqa: F401

from autograder.course import migration

NAME, COURSE = "hw", "nlp"
DUE, HANDED_IN = "2026-10-05 22:00:00 UTC", "2026-10-06 08:30:00 UTC"

# name -> cell type, points and flags as in nbgrader's metadata
GIVEN = {"given-1": ("code", None, {"locked": True})}
WRITTEN = {"essay": ("markdown", 5, {"grade": True, "solution": True})}
TASK = {"draw": ("markdown", 2, {"task": True, "locked": True})}


def item(name, points):
    """The two cells of an item that a program grades."""
    return {
        f"{name}-solution": ("code", None, {"solution": True}),
        name: ("code", points, {"grade": True, "locked": True}),
    }


OLD = GIVEN | item("relu", 4) | item("gelu", 4) | item("tanh", 3) | WRITTEN | TASK
NEW = GIVEN | item("relu", 4) | item("softplus", 3) | item("gelu", 6) | WRITTEN | TASK


def new_gradebook(url):
    """An empty gradebook; its tables are made beforehand, or nbgrader would run alembic for seconds."""
    engine = create_engine(url)
    Base.metadata.drop_all(engine)  # another test's
    Base.metadata.create_all(engine)
    engine.dispose()
    return url


def generate(folder, url, cells, kernel="python3"):
    """Write a notebook of these cells and run nbgrader's own generate_assignment on it."""
    course = new_course(folder)
    course.directory.db_url = url
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": kernel, "display_name": "Python"}})
    for name, (cell_type, points, flags) in cells.items():
        metadata = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
        metadata |= flags | ({} if points is None else {"points": points})
        new_cell = getattr(nbformat.v4, f"new_{cell_type}_cell")
        notebook.cells.append(new_cell(f"# {name}, {points}", metadata={"nbgrader": metadata}))
    path = course.source / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    course.directory.assignment_id = NAME
    converter = GenerateAssignment(coursedir=course.directory, config=course.config)
    converter.force = True
    converter.start()


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """Gives what nbgrader itself makes of some cells in a gradebook where nothing was before."""
    @functools.cache
    def of(cells, kernel):
        folder = tmp_path_factory.mktemp("scratch")
        url = new_gradebook(f"sqlite:///{folder}/gradebook.db")
        generate(folder, url, json.loads(cells), kernel)
        with Gradebook(url) as scratch:
            return migration.contents(scratch, NAME)
    return lambda cells, kernel="python3": of(json.dumps(cells), kernel)


@pytest.fixture(params=["sqlite", "postgres"])
def either(request, tmp_path):
    """The URL of an empty gradebook in one of the two databases."""
    if request.param == "sqlite":
        return new_gradebook(f"sqlite:///{tmp_path}/real.db")
    return new_gradebook(request.getfixturevalue("postgres"))


@pytest.fixture
def sqlite(tmp_path):
    """The URL of an empty gradebook in SQLite."""
    return new_gradebook(f"sqlite:///{tmp_path}/real.db")


def hand_in(gradebook):
    """A class of three: ada with all that a gradebook can hold of a student, bob with little by hand, cleo without a submission."""
    gradebook.update_or_create_assignment(NAME, duedate=DUE)
    for student in ("bob", "ada", "cleo"):
        gradebook.add_student(student, last_name=student.title())
    for student in ("bob", "ada"):
        submission = gradebook.add_submission(NAME, student, timestamp=HANDED_IN)
        page, = submission.notebooks
        page.late_submission_penalty = 1.5
        for grade in page.grades:
            grade.auto_score, grade.needs_manual_grade = (3.0, False) if grade.cell_type == "code" else (None, True)
        for comment in page.comments:
            comment.auto_comment = "No response."
    gradebook.grant_extension(NAME, "ada", hours=3)
    gradebook.find_submission(NAME, "ada").notebooks[0].flagged = True
    for name, score in {"tanh": 2.5, "gelu": 0.0, "essay": 4.0, "draw": 1.0}.items():
        grade = gradebook.find_grade(name, NAME, NAME, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, None if name == "tanh" else 0.5, False
    for name in ("tanh-solution", "gelu-solution", "essay", "draw"):
        gradebook.find_comment(name, NAME, NAME, "ada").manual_comment = f"Well done: {name}"
    gradebook.find_comment("tanh-solution", NAME, NAME, "bob").manual_comment = ""  # taken back
    gradebook.find_grade("tanh", NAME, NAME, "bob").extra_credit = 0.5
    gradebook.db.commit()


@pytest.fixture
def of_class(wanted):
    """Fills a gradebook with OLD and a class's submissions of it."""
    def fill(url):
        gradebook = Gradebook(url, COURSE)
        migration.apply(gradebook, NAME, wanted(OLD))
        gradebook.db.commit()
        hand_in(gradebook)
        return gradebook
    return fill


def dump(gradebook):
    """table -> id -> row, of everything in a gradebook."""
    gradebook.db.flush()
    return {
        table.name: {row[0]: row._asdict() for row in gradebook.db.execute(table.select())}
        for table in Base.metadata.sorted_tables
    }


def marks(gradebook, table):
    """(student, name of the cell) -> row of grade or comment, found through the tables rather than nbgrader's classes."""
    rows = dump(gradebook)
    found = {}
    for row in rows[table].values():
        page = rows["submitted_notebook"][row["notebook_id"]]
        student = rows["submitted_assignment"][page["assignment_id"]]["student_id"]
        found[student, rows["base_cell"][row["cell_id"]]["name"]] = row
    assert len(found) == len(rows[table])
    return found


def csv_rows(gradebook, folder):
    """student -> row of what nbgrader exports."""
    plugin = CsvExportPlugin()
    plugin.to = str(folder / "grades.csv")
    plugin.export(gradebook)
    with Path(plugin.to).open() as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def test_a_first_build_is_what_nbgrader_would_have_made(sqlite, wanted, tmp_path):
    """Catches an assignment that lacks a cell or its course, talk of changes where there are none, and a half first build."""
    cells = wanted(OLD, "xeus")
    assert cells["grade"]["essay"] == {"max_score": 5, "cell_type": "markdown"} and set(cells["source"]) == set(OLD)
    with Gradebook(sqlite, COURSE) as gradebook:
        empty = dump(gradebook)
        assert migration.contents(gradebook, NAME) is None
        found = migration.changes(gradebook, NAME, cells)
        assert found.added == {"relu": 4, "gelu": 4, "tanh": 3, "essay": 5, "draw": 2} and not found.sentences
        migration.apply(gradebook, NAME, cells)
        gradebook.db.rollback()
        assert dump(gradebook) == empty
        migration.apply(gradebook, NAME, cells)
        gradebook.db.commit()
    with Gradebook(sqlite, COURSE) as gradebook:
        assert migration.contents(gradebook, NAME) == cells and "xeus" in cells["kernelspec"]
        assignment = gradebook.find_assignment(NAME)
        assert (assignment.course_id, assignment.duedate, assignment.max_score) == (COURSE, None, 18)
        hand_in(gradebook)
        assert {row["max_score"] for row in csv_rows(gradebook, tmp_path).values()} == {"18.0"}


def test_a_build_that_changes_nothing_writes_nothing(sqlite, of_class, wanted):
    """Catches a migration that replaces cells, and with them what students have, instead of leaving them."""
    with of_class(sqlite) as gradebook:
        before, cells = dump(gradebook), wanted(OLD)
        found = migration.changes(gradebook, NAME, cells)
        assert found.students == ("ada", "bob") and not found.sentences
        migration.apply(gradebook, NAME, cells)
        assert dump(gradebook) == before


def test_items_come_go_and_change_their_points_and_all_else_stays(either, of_class, wanted, tmp_path):
    """Catches anything lost or invented when items change: the reason why there is a migration at all."""
    cells = wanted(NEW)
    with of_class(either) as gradebook:
        before, grades, comments = dump(gradebook), marks(gradebook, "grade"), marks(gradebook, "comment")
        ada = gradebook.find_submission(NAME, "ada")
        assert (ada.score, ada.max_score) == (3 + 0.5 + 2.5 + 4.5 + 1.5, 18)

        found = migration.changes(gradebook, NAME, cells)
        assert found.sentences == [
            "softplus is new: 3 points",
            "gelu: 4 points become 6",
            "tanh goes (3 points), and with it scores or comments by hand of 2 students: ada, bob",
            "tanh-solution: comments by hand go of 1 student: ada",
        ]
        assert (found.added, found.removed, found.repointed) == ({"softplus": 3}, {"tanh": 3}, {"gelu": (4, 6)})
        assert found.manual == {"tanh": ["ada", "bob"], "tanh-solution": ["ada"]}
        assert dump(gradebook) == before

        migration.apply(gradebook, NAME, cells)
        assert (ada.score, ada.max_score) == (3 + 0.5 + 4.5 + 1.5, 20), "what the session had read before is out of date"
        gradebook.db.rollback()
        assert dump(gradebook) == before

        migration.apply(gradebook, NAME, cells)
        gradebook.db.commit()

    with Gradebook(either, COURSE) as gradebook:
        assert migration.contents(gradebook, NAME) == cells
        after = dump(gradebook)
        for table in ("course", "student", "assignment", "notebook", "submitted_assignment", "submitted_notebook"):
            assert after[table] == before[table], table
        gone = {("ada", "tanh"), ("bob", "tanh"), ("ada", "tanh-solution"), ("bob", "tanh-solution")}
        for table, old, new_cell in (("grade", grades, "softplus"), ("comment", comments, "softplus-solution")):
            new = marks(gradebook, table)
            assert {key: row for key, row in old.items() if key not in gone} == {
                key: row for key, row in new.items() if key[1] != new_cell}
            assert {key for key in new if key[1] == new_cell} == {("ada", new_cell), ("bob", new_cell)}
        assert len(after["base_cell"]) == sum(len(after[f"{kind}_cells"]) for kind in ("grade", "solution", "task"))
        fresh = gradebook.find_grade("softplus", NAME, NAME, "bob")
        assert (fresh.auto_score, fresh.manual_score, fresh.extra_credit, fresh.needs_manual_grade) == (None, None, None, True)
        assert gradebook.find_grade("gelu", NAME, NAME, "bob").max_score == 6

        ada = gradebook.find_submission(NAME, "ada")
        assert (ada.timestamp, ada.extension) == (datetime.datetime(2026, 10, 6, 8, 30), datetime.timedelta(hours=3))
        assert ada.total_seconds_late == 7.5 * 3600
        assert (ada.student.score, ada.student.max_score, ada.max_code_score, ada.max_written_score) == (9.5, 20, 13, 5)
        rows = csv_rows(gradebook, tmp_path)
        numbers = {student: [row[c] for c in ("raw_score", "late_submission_penalty", "score", "max_score")]
                   for student, row in rows.items()}
        assert numbers == {"ada": ["9.5", "1.5", "8.0", "20.0"], "bob": ["6.0", "1.5", "4.5", "20.0"],
                           "cleo": ["0.0", "0.0", "0.0", "20.0"]}
        assert {row["duedate"] for row in rows.values()} == {"2026-10-05 22:00:00"}


def test_plain_nbgrader_works_on_after_a_migration(either, of_class, wanted, tmp_path):
    """Catches rows that nbgrader does not expect: it would refuse to generate, to take in or to remove submissions."""
    with of_class(either) as gradebook:
        migration.apply(gradebook, NAME, wanted(NEW))
        gradebook.db.commit()
        before = dump(gradebook)
    generate(tmp_path / "course", either, NEW)
    with Gradebook(either, COURSE) as gradebook:
        after = dump(gradebook)
        del before["course"], after["course"]  # where nbgrader adds its default course
        assert after == before

        gradebook.update_or_create_submission(NAME, "bob", timestamp="2026-10-07 08:00:00 UTC")
        gradebook.find_grade("softplus", NAME, NAME, "bob").auto_score = 2.0
        gradebook.find_comment("softplus-solution", NAME, NAME, "bob").auto_comment = "No response."
        gradebook.db.commit()
        assert gradebook.find_submission(NAME, "bob").score == 8
        with pytest.raises(MissingEntry):
            gradebook.find_grade("tanh", NAME, NAME, "bob")
        page, = gradebook.update_or_create_submission(NAME, "cleo").notebooks
        assert sorted(grade.name for grade in page.grades) == ["draw", "essay", "gelu", "relu", "softplus"]
        gradebook.remove_submission(NAME, "ada")
        gradebook.remove_assignment(NAME)
        assert not any(rows for table, rows in dump(gradebook).items() if table not in ("course", "student"))


def test_a_migration_back_brings_the_same_notebook(sqlite, of_class, wanted):
    """Catches cells of an earlier version that are left over and come in the way."""
    old, new = wanted(OLD), wanted(NEW)
    with of_class(sqlite) as gradebook:
        for cells in (new, old):
            migration.apply(gradebook, NAME, cells)
            gradebook.db.commit()
        assert migration.contents(gradebook, NAME) == old
        assert gradebook.find_grade("tanh", NAME, NAME, "ada").manual_score is None
        assert gradebook.find_grade("relu", NAME, NAME, "ada").auto_score == 3


def test_an_item_that_is_graded_in_another_way_keeps_its_scores(either, of_class, wanted):
    """Catches scores that go with the cell's old kind, or are detached because the session had loaded them, and silence."""
    cells = {name: cell for name, cell in OLD.items() if not name.startswith("gelu")} | {
        "gelu": ("markdown", 4, {"grade": True, "solution": True}),  # was graded by program
        "essay": ("code", 5, {"grade": True, "locked": True}),  # was written
        "draw": ("markdown", 2, {"grade": True, "solution": True}),  # was a task
    }
    cells = wanted(cells)
    with of_class(either) as gradebook:
        before = {table: marks(gradebook, table) for table in ("grade", "comment")}
        found = migration.changes(gradebook, NAME, cells)
        assert found.regraded == {"gelu": "by hand", "essay": "by program"} and not (found.added or found.removed)
        assert "gelu is graded by hand from now on" in found.sentences
        assert "essay: comments by hand go of 1 student: ada" in found.sentences
        assert found.manual == {"gelu-solution": ["ada"], "essay": ["ada"]}
        task_cell, = gradebook.find_notebook(NAME, NAME).task_cells
        assert len(task_cell.grades) == 2  # read here, and kept in memory as long as the cell is
        migration.apply(gradebook, NAME, cells)
        gradebook.db.commit()
        assert migration.contents(gradebook, NAME) == cells

        def values(rows):
            return {key: {column: value for column, value in row.items() if column != "cell_id"} for key, row in rows.items()}

        assert values(marks(gradebook, "grade")) == values(before["grade"])
        old, new = values(before["comment"]), values(marks(gradebook, "comment"))
        assert new.keys() - old.keys() == {("ada", "gelu"), ("bob", "gelu")}
        assert {cell for _, cell in old.keys() - new.keys()} == {"gelu-solution", "essay"}
        assert all(new[key] == old[key] for key in old.keys() & new.keys())


def test_a_submission_from_before_the_notebook_gets_its_page(sqlite, wanted):
    """Catches a submission that nobody could grade, because the assignment had no notebook when it was recorded."""
    with Gradebook(sqlite, COURSE) as gradebook:
        gradebook.add_assignment(NAME, duedate=DUE)
        gradebook.add_student("ada")
        gradebook.add_submission(NAME, "ada", timestamp=HANDED_IN)
        cells = wanted(item("relu", 1))
        assert migration.changes(gradebook, NAME, cells).sentences == ["relu is new: 1 point"]
        migration.apply(gradebook, NAME, cells)
        gradebook.db.commit()
        assert gradebook.find_grade("relu", NAME, NAME, "ada").needs_manual_grade
        assert gradebook.find_assignment(NAME).duedate == datetime.datetime(2026, 10, 5, 22)


def test_other_notebooks_are_left_alone(sqlite, of_class, wanted):
    """Catches a migration that reaches cells of the same name, in another assignment or in a second notebook."""
    with of_class(sqlite) as gradebook:
        gradebook.add_assignment("other")
        others = ((NAME, "other"), ("appendix", NAME))  # notebook, assignment
        for notebook, assignment in others:
            gradebook.add_notebook(notebook, assignment)
            gradebook.add_grade_cell("tanh", notebook, assignment, max_score=1, cell_type="code")
            gradebook.add_submission(assignment, "cleo")
            gradebook.find_grade("tanh", notebook, assignment, "cleo").manual_score = 1
        before, cells = dump(gradebook), wanted(NEW)
        found = migration.changes(gradebook, NAME, cells)
        assert found.students == ("ada", "bob", "cleo") and found.manual["tanh"] == ["ada", "bob"]
        migration.apply(gradebook, NAME, cells)
        gradebook.db.commit()
        for notebook, assignment in others:
            grade = gradebook.find_grade("tanh", notebook, assignment, "cleo")
            assert dump(gradebook)["grade"][grade.id] == before["grade"][grade.id]
            assert gradebook.find_notebook(notebook, assignment).max_score == 1
