"""A course in one file and back, and one student's data: handed out, removed, under another id."""

import datetime
import json
import shutil
import sqlite3
import tarfile
import zipfile

import pytest
from nbgrader.api import Gradebook
from test_postgres import postgres, running  # noqa: F401  (fixtures)
from test_term import by_hand, copied, course, graded, written  # noqa: F401
from tiny import RELU, hand_in, scores

from autograder import KitError
from autograder.course import backup, students
from autograder.course.course import Course

BEFORE_COURSES = """
CREATE TABLE older (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL, duedate DATETIME, PRIMARY KEY (id), UNIQUE (name));
INSERT INTO older SELECT id, name, duedate FROM assignment;
DROP TABLE assignment;
ALTER TABLE older RENAME TO assignment;
DROP TABLE course;
UPDATE alembic_version SET version_num = '282d30a0218e';
"""


@pytest.fixture
def lived(course):  # noqa: F811
    """The course with what a term brings: points by hand, an extension, an earlier attempt."""
    by_hand(course, "ada", 7)
    with course.open_gradebook() as gradebook:
        gradebook.extend(course.assignment("tiny"), "late", datetime.timedelta(days=1), "was ill")
        gradebook.settle()
    attempt = course.root / ".autograder/attempts/tiny/ada/1"
    attempt.mkdir(parents=True)
    (attempt / "tiny.ipynb").write_text("{}")
    return course


def test_a_course_comes_back_whole(lived, tmp_path):
    """Catches a backup without gradebook, attempts, secret or decisions, and a restored course that has to be graded again."""
    file, root = tmp_path / "backup.tar.gz", tmp_path / "restored"
    about, left_out = backup.backup(lived, file)
    assert about["students"] == 3 and not left_out and file.stat().st_mode & 0o077 == 0
    with pytest.raises(KitError, match="is there already"):
        backup.backup(lived, file)
    with pytest.raises(KitError, match="is not empty"):
        backup.restore(file)
    before, secret = scores(lived), lived.secret
    shutil.rmtree(lived.root)
    restored, _ = backup.restore(file, root)
    assert restored.root == root and scores(restored) == before == {"ada": (97, 0), "bob": (45, 0), "late": (90, 9)}
    assert restored.secret == secret and (root / ".autograder/attempts/tiny/ada/1/tiny.ipynb").exists()
    assert not graded(restored).waiting
    with restored.open_gradebook() as gradebook:
        assert gradebook.decisions()["tiny", "late"].why == "was ill"
    assert {path.name for path in tmp_path.iterdir()} == {"backup.tar.gz", "restored"}


def test_what_cannot_be_restored_changes_nothing(lived, tmp_path):
    """Catches half a course in the place of a whole one, and a backup of a newer kit that is read as if it were ours."""
    file, root = tmp_path / "backup.tar.gz", tmp_path / "restored"
    backup.backup(lived, file)
    with tarfile.open(file) as archive:
        archive.extractall(tmp_path / "taken", filter="tar")

    def packed(name, change):
        copy = shutil.copytree(tmp_path / "taken", tmp_path / name, symlinks=True)
        change(copy)
        with tarfile.open(tmp_path / f"{name}.tar.gz", "w:gz") as archive:
            for part in sorted(copy.iterdir()):
                archive.add(part, part.name)
        return tmp_path / f"{name}.tar.gz"

    def newer(folder):
        about = json.loads((folder / "backup.json").read_text())
        (folder / "backup.json").write_text(json.dumps(about | {"format": 99, "kit": "9.0"}))

    def newer_tables(folder):
        with sqlite3.connect(folder / "gradebook.db") as database:
            database.execute("UPDATE autograder_version SET version = 9")

    def newer_nbgrader(folder):
        with sqlite3.connect(folder / "gradebook.db") as database:
            database.execute("UPDATE alembic_version SET version_num = 'fffffff'")

    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[:3000])
    for broken, reason in (
        (packed("newer", newer), "was made by a newer kit"), (packed("tables", newer_tables), "of version 9"),
        (packed("nbgrader", newer_nbgrader), "cannot be brought to the form"),
        (packed("other", lambda folder: (folder / "backup.json").unlink()), "does not say what it is"),
        (cut, "no backup of a course, or not all of one"), (tmp_path / "missing.tar.gz", "No such file"),
    ):
        with pytest.raises(KitError, match=reason):
            backup.restore(broken, root)
        assert not root.exists() and not list(tmp_path.glob(".restore-*"))


def test_an_older_gradebook_is_brought_up_to_date(lived, tmp_path):
    """Catches a backup from before an update of nbgrader, which none of its commands could read."""
    backup.backup(lived, tmp_path / "backup.tar.gz")
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        archive.extractall(tmp_path / "taken", filter="tar")
    with sqlite3.connect(tmp_path / "taken/gradebook.db") as database:
        newest = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.executescript(BEFORE_COURSES)
    with tarfile.open(tmp_path / "older.tar.gz", "w:gz") as archive:
        for part in ("backup.json", "gradebook.db", "course"):
            archive.add(tmp_path / "taken" / part, part)
    restored, _ = backup.restore(tmp_path / "older.tar.gz", tmp_path / "restored")
    with sqlite3.connect(restored.root / "gradebook.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == newest
    assert scores(restored)["ada"] == (97, 0)


def test_a_gradebook_in_postgresql_is_in_it_too(lived, postgres, tmp_path):  # noqa: F811
    """Catches a backup of everything but the grades, and a database that is written over."""
    before = scores(lived)
    with (lived.root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CourseDirectory.db_url = {postgres!r}\n")
    backup._copy_rows(f"sqlite:///{lived.root}/gradebook.db", postgres)
    (lived.root / "gradebook.db").unlink()
    in_postgres = Course(lived.root)
    assert scores(in_postgres) == before
    archive = tmp_path / "backup.tar.gz"
    assert backup.backup(in_postgres, archive)[0]["students"] == 3
    with pytest.raises(KitError, match="is not empty"):
        backup.restore(archive, tmp_path / "restored")
    with Gradebook(postgres) as gradebook:
        for name in ("ada", "bob", "late"):
            gradebook.remove_student(name)
        gradebook.remove_assignment("tiny")
    restored, _ = backup.restore(archive, tmp_path / "restored")
    assert scores(restored) == before and not graded(restored).waiting
    with restored.open_gradebook() as gradebook:
        assert gradebook.decisions()["tiny", "late"].why == "was ill"


def test_a_student_is_handed_out_and_removed(lived, tmp_path):
    """Catches a trace that stays behind, a neighbour's work that goes, and what only graders may see."""
    assert [line.strip() for line in students.summary(lived, "ada")][:2] == ["ada", "tiny: 97 points, penalty 0"]
    students.export(lived, "ada", tmp_path / "ada.zip")
    with zipfile.ZipFile(tmp_path / "ada.zip") as archive:
        names, data = set(archive.namelist()), json.loads(archive.read("student.json"))
    assert {"submitted/tiny/tiny.ipynb", "autograded/tiny/tiny.ipynb", "attempts/tiny/1/tiny.ipynb", "student.json"} <= names
    assert data["assignments"]["tiny"]["items"]["why"]["by_hand"] == 7 and "problems" not in data["assignments"]["tiny"]["result"]
    students.delete(lived, "ada")
    left = [path for path in lived.root.rglob("*") if path.name in ("ada", "ada.json")]
    assert not left and set(scores(lived)) == {"bob", "late"} and "ada" not in (lived.root / "grades.csv").read_text()
    assert not graded(lived).waiting
    with pytest.raises(KitError, match="nothing is known of ada"):
        list(students.summary(lived, "ada"))


def test_a_changed_id_keeps_its_work(lived):
    """Catches work, points by hand or an extension that stay with an id that nobody has any more."""
    with Gradebook(lived.directory.db_url) as gradebook:  # who joined late stands in the roster by now
        gradebook.add_student("ada-2", first_name="Ada", last_name="Lovelace")
    students.rename(lived, "ada", "ada-2")
    students.rename(lived, "late", "later")
    assert scores(lived) == {"ada-2": (97, 0), "bob": (45, 0), "later": (90, 9)}
    assert not graded(lived).waiting and lived.students("tiny") == ["ada-2", "bob", "later"]
    assert (lived.root / ".autograder/attempts/tiny/ada-2/1").exists() and not (lived.submitted / "ada").exists()
    with lived.open_gradebook() as gradebook:
        people = {one.id: one for one in gradebook.students()}
        assert gradebook.decisions()["tiny", "later"].why == "was ill" and people["ada-2"].last_name == "Lovelace"
        assert set(people) == {"ada-2", "bob", "later"} and "later" not in gradebook.strangers()
    hand_in(lived, "ada", relu_solution=RELU)
    wrong = [("ada", "ada-2", "both ada and ada-2"), ("nobody", "x", "nothing is known"), ("bob", ".x", "cannot be an id")]
    for old, new, reason in wrong:
        with pytest.raises(KitError, match=reason):
            students.rename(lived, old, new)
    assert lived.students("tiny") == ["ada", "ada-2", "bob", "later"]
