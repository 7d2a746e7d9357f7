"""A gradebook in PostgreSQL instead of SQLite: a server of the test's own, reached by nothing but the db_url."""

import subprocess
import sys
import time

import desks
import pytest
from kit import KIT, new_course
from postgres import PASSWORD, Unavailable, server
from test_class import autograder, course_of, scores
from test_gradebook import compared, written

from autograder.course import batch

STUDENTS = ("perfect-but-two-days-late", "four-mistakes", "blank")


@pytest.fixture(scope="module")
def running():
    """A server."""
    try:
        with server() as one:
            yield one
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgres(running, request):
    """The URL of an empty database."""
    return running.database(request.node.name[-40:])


def test_a_gradebook_in_postgresql_holds_the_same_scores(built_course, postgres, tmp_path):
    """Catches SQL, numbers or dates that only SQLite takes, workers that break the connection, and a password in print."""
    root = tmp_path / "in-postgres"
    with (new_course(root).root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {postgres!r}\n")
    in_postgres = course_of(built_course, root, STUDENTS)
    first = autograder("grade", "ps1", "--course", str(root))
    assert first.returncode == 0 and "3 graded" in first.stdout, first.stderr
    assert "postgresql+psycopg://grader:***@" in first.stdout and PASSWORD not in first.stdout + first.stderr
    assert not (root / "gradebook.db").exists()

    in_sqlite = course_of(built_course, tmp_path / "in-sqlite", STUDENTS)
    assignment = in_sqlite.assignment("ps1")
    batch.Run(in_sqlite, assignment, in_sqlite.students("ps1")).grade()
    with in_sqlite.open_gradebook() as gradebook:
        gradebook.export(in_sqlite.root / "grades.csv")
    assert scores(in_postgres) == scores(in_sqlite)
    rows = [sorted((course.root / "grades.csv").read_text().splitlines()) for course in (in_postgres, in_sqlite)]
    assert rows[0] == rows[1] and len(rows[0]) == 1 + len(STUDENTS)

    second = autograder("grade", "ps1", "--course", str(root))
    assert "0 graded" in second.stdout and "3 unchanged and skipped" in second.stdout, second.stderr


def test_a_server_that_goes_while_a_class_is_graded(built_course, running, postgres, tmp_path):
    """Catches tracebacks, and results that are lost with a connection."""
    root = tmp_path / "in-postgres"
    with (new_course(root).root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {postgres!r}\n")
    course = course_of(built_course, root, STUDENTS)
    run = subprocess.Popen([sys.executable, "-m", "autograder.cli", "grade", "ps1", "--course", str(root), "--jobs", "1"],
                           cwd=KIT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    reports, deadline = root / ".autograder/ps1", time.monotonic() + 120
    while not list(reports.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running.disconnect(postgres.rpartition("/")[2])
    (line,) = run.communicate(timeout=120)[1].splitlines()
    assert run.returncode == 1 and "cannot be used" in line and "run the same command again" in line and PASSWORD not in line
    kept = len(list(reports.glob("*.json")))
    again = autograder("grade", "ps1", "--course", str(root))
    assert again.returncode == 0 and f"{kept} unchanged and skipped" in again.stdout and len(scores(course)[0]) == len(STUDENTS)


def test_the_rows_in_postgresql_are_those_of_sqlite(postgres, zygote, tmp_path):
    """Catches a statement that gives other rows there than nbgrader's own classes give anywhere."""
    for _, expected, recorded in compared(written(tmp_path), zygote, f"c.CourseDirectory.db_url = {postgres!r}\n"):
        assert recorded == expected


def test_the_desk_takes_work_while_the_database_is_gone(running, postgres, zygote, tmp_path):
    """Catches work that is refused, or blamed, for a database that is not there, and results that never come afterwards."""
    course = desks.course(tmp_path / "course", f'c.CourseDirectory.db_url = {postgres!r}\nc.CourseDirectory.course_id = "desk"')
    with desks.desk(course) as desk:
        ada = desk.browser("ada")
        assert "90</strong>" in ada.result(ada.hand_in("tiny", {"tiny.ipynb": desks.notebook(course)})[1])
        running.stop()
        try:
            status, address, text = ada.hand_in("tiny", {"tiny.ipynb": desks.notebook(course, note="meanwhile")})
            assert status == 303, text
        finally:
            running.start()
        assert "90</strong>" in ada.result(address)
        assert PASSWORD not in ada.get("/work/tiny/")
    with course.open_gradebook() as gradebook:
        assert gradebook.totals(course.assignment("tiny"))["ada"].by_program == 90
