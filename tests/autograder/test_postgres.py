"""A gradebook in PostgreSQL instead of SQLite: a server of the test's own, reached by nothing but the db_url."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from kit import new_course
from test_class import autograder, course_of, scores
from test_gradebook import compared, written

from autograder.course import batch

SECONDS = 60
PASSWORD = "not-for-the-terminal"
STUDENTS = ("perfect-but-two-days-late", "four-mistakes", "blank")


def _program(name):
    """Debian keeps the server's programs beside the path."""
    return shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)


@pytest.fixture(scope="module")
def server():
    """The URL of a server's first database."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    initdb, program = _program("initdb"), _program("postgres")
    if not (initdb and program):
        pytest.skip("PostgreSQL (initdb, postgres) is not installed")
    as_user = {}
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:  # others may enter, unlike pytest's own
        password, log = Path(folder) / "password", Path(folder) / "log"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:  # which PostgreSQL refuses
            try:
                shutil.chown(folder, "postgres", "postgres")
                shutil.chown(password, "postgres", "postgres")
            except LookupError:
                pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
            as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        subprocess.run(
            [initdb, "-D", f"{folder}/data", "-U", "grader", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8",
             "--locale=C", "--no-sync"], check=True, capture_output=True, cwd=folder, **as_user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with log.open("w") as file:
            process = subprocess.Popen(
                [program, "-D", f"{folder}/data", "-F", "-p", str(port), "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories="], stdout=file, stderr=file, cwd=folder, **as_user)
        address, deadline = f"grader:{PASSWORD}@127.0.0.1:{port}/postgres", time.monotonic() + SECONDS
        try:
            while True:
                try:
                    psycopg.connect(f"postgresql://{address}").close()
                    break
                except psycopg.OperationalError:
                    assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                    time.sleep(0.05)
            yield f"postgresql+psycopg://{address}"
        finally:
            process.terminate()  # waits for clients to leave
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def postgres(server, request):
    """The URL of an empty database."""
    import psycopg

    name = request.node.name[-40:]
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server.rpartition('/')[0]}/{name}"


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


def test_the_rows_in_postgresql_are_those_of_sqlite(postgres, zygote, tmp_path):
    """Catches a statement that gives other rows there than nbgrader's own classes give anywhere."""
    for _, expected, recorded in compared(written(tmp_path), zygote, f"c.CourseDirectory.db_url = {postgres!r}\n"):
        assert recorded == expected
