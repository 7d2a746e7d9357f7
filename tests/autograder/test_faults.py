"""What is nobody's submission's fault: a locked or lost gradebook, a full disk, a killed command, damaged files, odd terminals.

Each ends as a line that says what, where and what to do, never as a traceback, and nothing that was complete is lost.
"""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kit import KIT
from tiny import CONFIGURATION, RELU, hand_in, new_course, scores

from autograder import KitError
from autograder.authoring import build as authoring
from autograder.course import batch, entries
from autograder.course.course import Course
from autograder.course.replacing import workshop

HALF = RELU.replace("* 1.0", "* 2.0")
STUDENTS = ("ada", "bob", "zoe")
FULL = dict.fromkeys(STUDENTS, (90, 0))
_AS_TYPED = "from autograder.cli import main; main()"
_IMPATIENT = f"from autograder.course import database; database.WAIT_SECONDS = 2; {_AS_TYPED}"


@pytest.fixture(scope="module")
def graded(tmp_path_factory, zygote):
    """The tiny assignment, built, handed in by three students and graded; for tests to copy."""
    course = new_course(tmp_path_factory.mktemp("faults") / "course")
    work = authoring.build("tiny", course, zygote).assignment
    for student in STUDENTS:
        hand_in(course, student, relu_solution=RELU, why="Because.")
    batch.Run(course, work, course.students("tiny")).grade(jobs=1)
    return course


def copied(course, root):
    shutil.copytree(course.root, root)
    (root / "nbgrader_config.py").write_text(CONFIGURATION + f"c.CourseDirectory.root = {str(root)!r}\n")
    return Course(root)


@pytest.fixture
def course(graded, tmp_path):
    """A course of one's own in which everybody is graded."""
    return copied(graded, tmp_path / "course")


def autograder(course, *arguments, code=_AS_TYPED, **options):
    """Run the command as a user would; `code` can change it."""
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=course.root, capture_output=True, text=True, timeout=300,
                          env=os.environ | {"PYTHONPATH": str(KIT), "PYTHONWARNINGS": "ignore"} | options.pop("env", {}), **options)


def started(course, *arguments):
    """The command, while it runs."""
    return subprocess.Popen([sys.executable, "-m", "autograder.cli", *arguments], cwd=course.root, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def refused(done, *words):
    """The one line with which a command has ended."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    (line,) = done.stderr.splitlines()
    assert line.startswith("autograder: ") and all(word in line for word in words), line
    return line


def complete(course, expected=FULL):
    """Everybody is graded when the next run has ended, and nothing lies about; gives how many it has graded."""
    course.sweep()  # as every command does
    work = course.assignment("tiny")
    batch.check(course, work)
    run = batch.Run(course, work, course.students("tiny"))
    assert {report.student: report.score for report in run.grade(jobs=1)} == {one: points for one, (points, _) in expected.items()}
    assert scores(course) == expected and not list(course.root.rglob(".new-*"))
    assert {path.parent.parent.name for path in course.autograded.glob("*/tiny/tiny.ipynb")} == set(expected)
    return len(run.waiting)


@contextlib.contextmanager
def locked(course, how):
    """Another program has the gradebook; gives its connection."""
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db", isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        yield other


@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_gradebook_that_is_in_use_is_waited_for(course, how):
    """Catches a class that fails because somebody has a gradebook open for some seconds."""
    hand_in(course, "bob", relu_solution=HALF)
    with locked(course, how) as other:
        run = started(course, "grade", "tiny", "--regrade")
        assert "in use by another program; waiting" in run.stderr.readline()
        other.rollback()
        printed, complaint = run.communicate(timeout=300)
    assert run.returncode == 0 and "3 graded" in printed and not complaint, complaint
    complete(course, FULL | {"bob": (45, 0)})


@pytest.mark.parametrize("how, arguments", [
    ("IMMEDIATE", ["grade", "tiny", "--regrade"]), ("EXCLUSIVE", ["grade", "tiny"]), ("EXCLUSIVE", ["build", "tiny"]),
])
def test_a_gradebook_that_stays_in_use_ends_the_command_in_a_line(course, how, arguments):
    """Catches a traceback, an endless wait, and a release that is new while the gradebook is old."""
    notebook = course.release / "tiny/tiny.ipynb"
    before = notebook.stat().st_ino
    with locked(course, how):
        done = autograder(course, *arguments, code=_IMPATIENT)
    first, last = done.stderr.splitlines()
    assert done.returncode == 1 and "waiting" in first and "(database is locked)" in last and "run the same command" in last
    assert notebook.stat().st_ino == before
    complete(course)


def test_two_graders_at_once(course):
    """Catches rows, folders or files that two who make the same take from each other."""
    for student in ("new", "newer", "newest"):
        hand_in(course, student, relu_solution=RELU)
    both = [started(course, "grade", "tiny", "--regrade") for _ in range(2)]
    said = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0] and not any(error for _, error in said), said
    assert complete(course, FULL | dict.fromkeys(("new", "newer", "newest"), (90, 0))) == 0


def test_a_lost_gradebook_is_not_made_again_in_silence(course):
    """Catches due dates, extensions and points by hand that are gone without a word."""
    database = course.root / "gradebook.db"
    database.rename(course.root / "backup")
    for arguments in (["leaderboard", "tiny"], ["build", "tiny", "--dry-run"]):
        refused(autograder(course, *arguments), str(database), "backup", "due dates", "by hand")
        assert not database.exists()
    built = autograder(course, "build", "tiny")
    assert built.returncode == 0 and "due date" in built.stdout and "backup" in built.stdout, built.stderr
    database.unlink()
    database.touch()  # as another program that opened it leaves it
    refused(autograder(course, "grade", "tiny"), "not in the gradebook", "backup", "autograder build tiny")
    (course.root / "backup").rename(database)
    assert complete(course) == 0


@pytest.mark.parametrize("settings, words", [
    ("postgresql+psycopg://grader:secret@127.0.0.1:9/none", ["grader:***@127.0.0.1:9", "refused"]),
    ("oracle://x", ["oracle://x"]), ("no url", ["db_url"]), ("sqlite:////nowhere/at/all.db", ["/nowhere/at/all.db", "folder"]),
])
def test_a_gradebook_that_cannot_be_reached(course, settings, words):
    """Catches a traceback where somebody has mistyped an address, or a server is down."""
    with open(course.root / "nbgrader_config.py", "a") as file:
        file.write(f"c.CourseDirectory.db_url = {settings!r}\n")
    shutil.rmtree(course.root / ".autograder/tiny")
    line = refused(autograder(course, "grade", "tiny"), *words)
    assert "secret@" not in line


def test_a_gradebook_that_is_none(course):
    """Catches the same for a file that is damaged."""
    (course.root / "gradebook.db").write_text("This is no database." * 100)
    for arguments in (["grade", "tiny"], ["build", "tiny"]):
        refused(autograder(course, *arguments), "not a database", "backup")


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], capture_output=True).returncode:
        pytest.skip("only root can mount a small disk, where the machine allows it")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk(graded, small_disk):
    """Catches tracebacks, half a file in the place of a whole one, and a class that is blamed for the disk."""
    course = copied(graded, small_disk / "course")
    hand_in(course, "bob", relu_solution=HALF)
    kept = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file() and path.suffix in (".json", ".ipynb")}
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    for arguments in (["grade", "tiny"], ["build", "tiny"], ["new-assignment", "more"], ["new-course", "another"]):
        refused(autograder(course, *arguments), "No space left on device", "make room", "/")
    assert {path: path.read_bytes() for path in kept} == kept and not list(course.root.rglob("more*.md"))
    filler.unlink()
    complete(course, FULL | {"bob": (45, 0)})


def test_a_disk_that_fills_up_while_a_class_is_graded(course):
    """Catches the same for the gradebook itself, as for whoever may not write large files."""
    import resource

    for student in STUDENTS:
        hand_in(course, student, relu_solution=HALF)
    done = autograder(course, "grade", "tiny", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)))
    refused(done)
    assert scores(course) == FULL
    complete(course, dict.fromkeys(STUDENTS, (45, 0)))


@pytest.fixture
def without_rights():
    """What is set before a command that obeys the rights of files, also where root runs it."""
    if os.geteuid() != 0:
        return []
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if not shutil.which("setpriv") or subprocess.run([*drop, "true"], capture_output=True).returncode:
        pytest.skip("root is allowed everything, and there is no setpriv to change that")
    return drop


@pytest.mark.parametrize("shut, mode, arguments", [
    (".", 0o555, ["grade", "tiny"]), ("autograded", 0o555, ["grade", "tiny"]), (".autograder/tiny", 0o555, ["grade", "tiny"]),
    ("gradebook.db", 0o444, ["grade", "tiny", "--regrade"]),
    ("submitted", 0, ["grade", "tiny"]), ("source", 0o555, ["new-assignment", "more"]),
])
def test_what_one_has_no_right_to(course, without_rights, shut, mode, arguments):
    """Catches tracebacks, and a line for each student where one is enough."""
    (course.root / shut).chmod(mode)
    done = subprocess.run([*without_rights, sys.executable, "-m", "autograder.cli", *arguments], cwd=course.root,
                          capture_output=True, text=True)
    (course.root / shut).chmod(0o755)
    refused(done, str((course.root / shut).resolve()))
    complete(course)


def killed(last, work):
    """Do the work in a process that is killed instead of renaming something for the `last` time."""
    child = os.fork()
    if child == 0:
        rename, left = Path.rename, iter(range(last - 1))

        def mortal(*paths):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return rename(*paths)

        try:
            Path.rename = mortal
            work()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("last", [1, 2])
def test_a_regrading_that_is_killed_between_two_renames(course, last):
    """Catches an autograded notebook that is gone, for a run that does not look at that student too."""
    before = (course.autograded / "bob/tiny/tiny.ipynb").read_bytes()
    killed(last, batch.Run(course, course.assignment("tiny"), ["bob"], regrade=True).grade)
    assert (course.autograded / "bob/tiny").exists() == (last == 1) and list(course.root.rglob(".new-*"))
    course.sweep()
    assert (course.autograded / "bob/tiny/tiny.ipynb").read_bytes() == before
    complete(course)


@pytest.mark.parametrize("last", [2, 3, 4])
def test_a_build_that_is_killed_between_two_renames(course, zygote, last):
    """Catches a release, or an instructor version, that is gone."""
    before = (course.release / "tiny/tiny.ipynb").read_bytes()
    killed(last, lambda: authoring.build("tiny", course, zygote))
    course.sweep()
    assert (course.release / "tiny/tiny.ipynb").read_bytes() == before and (course.source / "tiny/tiny.ipynb").exists()
    try:
        batch.check(course, course.assignment("tiny"))
    except KitError as error:
        assert "autograder build tiny" in str(error)  # what it says then helps
    authoring.build("tiny", course, zygote)
    complete(course)


def test_what_the_living_work_on_is_not_swept(course):
    """Catches a run that takes another's unfinished files for those of a dead one."""
    working = "import sys; from pathlib import Path; from autograder.course.replacing import workshop\n" \
              "with workshop(Path(sys.argv[1])) as shop: print(shop, flush=True); sys.stdin.read()"
    others = [subprocess.Popen([sys.executable, "-c", working, str(course.root / place)], cwd=KIT, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
              for place in ("autograded", ".autograder/tiny", ".")]
    shops = [Path(other.stdout.readline().strip()) for other in others]
    left = [course.root / place / ".new-abcd1234" for place in ("autograded/ada", ".autograder/tiny", "release")]
    left[0].mkdir()
    left[1].touch()
    left[2].mkdir()
    (left[2] / "notebook").touch()
    try:
        assert autograder(course, "grade", "tiny").returncode == 0
        assert all(shop.is_dir() for shop in shops) and not any(path.exists() for path in left)
    finally:
        for other in others:
            other.kill()
            other.communicate()
    assert all(shop.is_dir() for shop in shops)
    complete(course)


def test_a_workshop_gives_back_what_was_not_replaced(tmp_path):
    """Catches a folder that is lost to Ctrl-C in the moment between two renames."""
    from autograder.course.replacing import swapped

    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(FileNotFoundError), workshop(tmp_path) as shop, swapped([(shop / "never made", place)], shop):
        pass
    assert list(tmp_path.iterdir()) == [place]


def _changed(**fields):
    return lambda text: json.dumps(json.loads(text) | fields)


DAMAGE = {
    "cut": lambda text: text[:300], "empty": lambda text: "", "zeros": lambda text: "\0" * 5000, "latin": lambda text: "\udcff",
    "null": lambda text: "null", "list": lambda text: "[1]", "deep": lambda text: "[" * 100_000, "text": lambda text: '"items"',
    "score": _changed(seconds="fast"), "infinite": _changed(seconds=float("inf")), "huge": _changed(measures={"accuracy": 10**400}),
    "items": _changed(items=[]), "item": _changed(items={"relu": 1}), "criteria": _changed(items=[{"id": "relu", "points": 90,
                                                                                                  "criteria": "all"}]),
    "points": _changed(items=[{"id": "relu", "points": "90", "criteria": []}]), "outcome": _changed(outcome="SPLENDID"),
    "remarks": _changed(remarks="none"), "problems": _changed(problems=[1]), "measures": _changed(measures=[]),
    "measure": _changed(measures={"accuracy": [1], "pseudonym": None}), "doubt": _changed(doubt=None),
    "neighbour": _changed(student="ada"), "other": _changed(assignment="ps9"), "more": _changed(more=1),
    "fingerprint": _changed(fingerprint=7), "folder": None,
}


def test_damaged_results_are_graded_again(course):
    """Catches tracebacks, results that nobody earned, and a student who cannot be graded any more."""
    for student in DAMAGE:
        hand_in(course, student, relu_solution=RELU)
    everybody = FULL | dict.fromkeys(DAMAGE, (90, 0))
    assert complete(course, everybody) == len(DAMAGE)
    store = batch.Store(course, "tiny")
    for student in ("ada", "zoe"):
        report = store.get(student)
        report.measures = {"accuracy": 0.75, "pseudonym": student[::-1]}
        store.put(report)
    for student, damage in DAMAGE.items():
        path = store.folder / f"{student}.json"
        text = path.read_text()
        path.unlink()
        path.write_bytes(damage(text).encode(errors="surrogateescape")) if damage else path.mkdir()
    table = autograder(course, "leaderboard", "tiny")
    assert table.returncode == 0 and "0.750" in table.stdout, table.stderr
    assert f"{len(DAMAGE) - 1} of {len(everybody)}" in table.stderr  # all but the one that only lacks its items
    one = autograder(course, "grade", "tiny", "--student", "ada")  # all others' lines of the CSV files come from these
    assert one.returncode == 0 and not one.stderr
    assert complete(course, everybody) == len(DAMAGE) and complete(course, everybody) == 0


def test_a_terminal_that_cannot_print_our_signs(course):
    """Catches a class that fails at a circle, a name or a spinner, after it has been graded."""
    hand_in(course, "Ωμέγα", relu_solution=HALF)
    for environment in ({"PYTHONIOENCODING": "ascii", "FORCE_COLOR": "1"}, {"PYTHONIOENCODING": "latin-1", "TERM": "dumb"}):
        done = autograder(course, "grade", "tiny", env=environment, encoding="latin-1")
        assert done.returncode == 0 and not done.stderr, done.stderr
        assert r"\u03a9" in done.stdout and "#" in done.stdout and "90-100 ####" in done.stdout
    built = autograder(course, "build", "tiny", env={"PYTHONIOENCODING": "ascii", "FORCE_COLOR": "1"})
    assert built.returncode == 0 and not built.stderr and "for students" in built.stdout


def test_a_reader_that_leaves_early(course):
    """Catches a class that is not graded because its output went to `head`."""
    hand_in(course, "bob", relu_solution=HALF)
    run = started(course, "grade", "tiny", "--regrade")
    run.stdout.close()
    assert run.stderr.read() == "" and run.wait(300) == 0
    assert complete(course, FULL | {"bob": (45, 0)}) == 0
    assert (course.root / "tiny-items.csv").exists()


def test_a_result_that_nobody_can_take_back_is_not_recorded_twice(course, zygote, monkeypatch):
    """Catches a grader who fails because another has just made the same student's rows."""
    work, folder = course.assignment("tiny"), hand_in(course, "new", relu_solution=RELU)
    report, entry = entries.grade(work, zygote, "new", *batch.read(work, folder))
    with course.open_gradebook() as one, course.open_gradebook() as other:
        known, looked = one._gradebook.db.connection().execute, []

        def late(statement, *values):  # the other is faster just after this one has looked
            if not looked and str(statement).startswith("INSERT"):
                looked.append(time.monotonic())
                other.record(report, entry)
            return known(statement, *values)

        monkeypatch.setattr(one._gradebook.db.connection(), "execute", late)
        one.record(report, entry)
    assert looked and scores(course) == FULL | {"new": (90, 0)}
