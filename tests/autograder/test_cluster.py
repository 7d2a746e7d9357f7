"""Grading on the workers of a Dask scheduler: real ones, in processes of their own, as `dask scheduler` starts them."""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import ports
import pytest
from test_class import course_of, scores
from tiny import RELU, autograder, hand_in, new_course

from autograder import KitError
from autograder.authoring import build as authoring
from autograder.course import batch, cluster
from autograder.isolation.student.account import descendants

HALF = "def relu(z):\n    return np.maximum(0, z)\ndef relu_grad(z):\n    return z"
SLOW = f"import time\ntime.sleep(1)\n{RELU}"
WITHOUT_KIT = "import sys\nsys.modules['autograder'] = None\n"
WORKER = "from distributed.cli.dask_worker import main\nmain()"


def parcels(scratch):
    """What a worker has unpacked; it may be removing that just now."""
    return glob.glob(f"{scratch}/**/autograder-*", recursive=True)


def become(holds, seconds=120):
    """Wait until something holds; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Machines:
    """A scheduler, and workers that come and go."""

    def __init__(self, folder):
        self.folder, self._stack = folder, contextlib.ExitStack()
        self.address = f"tcp://127.0.0.1:{ports.free()[0]}"
        self.scheduler = self._start("-m", "distributed.cli.dask_scheduler", "--host", self.address, "--no-dashboard")
        assert become(self._answers)

    @contextlib.contextmanager
    def worker(self, *options, start=WORKER, before=(), **environment):
        """A worker; gives its process and its scratch folder. It is gone at the end."""
        scratch = self.folder / f"scratch-{time.monotonic_ns()}"
        scratch.mkdir()
        process = self._start(
            "-c", start, self.address, "--local-directory", str(scratch), "--no-dashboard", *options,
            before=before, env=os.environ | {"PYTHONWARNINGS": "ignore"} | environment)
        try:
            yield process, scratch
        finally:
            self._end(process)

    def close(self):
        """End all of them."""
        self._stack.close()

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(self.address.rpartition(":")[2]))):
            return True

    def _start(self, *arguments, before=(), env=None):
        process = subprocess.Popen([*before, sys.executable, *arguments], cwd=self.folder, env=env, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._stack.callback(self._end, process)
        return process

    def _end(self, process):
        for pid in [process.pid, *descendants(process.pid)]:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """A scheduler, and nobody who works for it."""
    machines = Machines(tmp_path_factory.mktemp("machines"))
    yield machines
    machines.close()


@pytest.fixture(scope="module")
def tiny_course(tmp_path_factory, zygote):
    """A course with the tiny assignment built and nothing handed in; to be copied."""
    course = new_course(tmp_path_factory.mktemp("course") / "course")
    authoring.build("tiny", course, zygote)
    return course


@pytest.fixture
def course(tiny_course, tmp_path):
    """A course of which nobody else knows."""
    shutil.copytree(tiny_course.root, tmp_path / "course")
    return new_course(tmp_path / "course")


def grade(course, machines, students=None, said=None):
    """Grade a class, all or some of it, in this process; student -> report."""
    run = batch.Run(course, course.assignment("tiny"), students or course.students("tiny"))
    reports = run.grade(scheduler=machines.address, say=(said if said is not None else []).append)
    return {report.student: report for report in reports}


def graded(course):
    """How many results there are."""
    return len(list((course.root / ".autograder/tiny").glob("*.json")))


def test_a_class_is_graded_by_workers_that_see_no_folder_of_it(course, machines, isolated):
    """Catches a worker that has to see the course, or that shows what was sent to it to a student, or keeps it."""
    covered = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(course.root)]
    if subprocess.run([*covered, "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    for student, solution in {"ada": RELU, "bob": HALF, "eve": RELU}.items():
        hand_in(course, student, relu_solution=solution, why="Because.")
    (course.submitted / "bob/tiny/notes.txt").write_text("mine")
    (course.submitted / "non/tiny").mkdir(parents=True)
    with machines.worker("--nthreads", "2", before=covered) as (_, scratch):
        hand_in(course, "mal", relu_solution=f"import os\nassert not os.path.exists({str(scratch)!r})\n{RELU}", why="Because.")
        done = autograder(course, "grade", "tiny", "--scheduler", machines.address)
        assert done.returncode == 0, done.stderr
        assert not parcels(scratch)
    there = {student: batch.Store(course, "tiny").get(student) for student in course.students("tiny")}
    assert {student: report.score for student, report in there.items()} == {"ada": 90, "bob": 45, "eve": 90, "mal": 90, "non": 0}
    assert (course.autograded / "bob/tiny/notes.txt").read_text() == "mine"
    here = batch.Run(course, course.assignment("tiny"), list(there), regrade=True).grade()
    assert [there[report.student].items for report in here] == [report.items for report in here]
    assert [there[report.student].fingerprint for report in here] == [report.fingerprint for report in here]


def test_the_kits_own_course_gives_the_same_scores(built_course, machines, tmp_path):
    """Catches hidden tests that are looked for in the worker's kit, which may have none, and not in what was sent."""
    course = course_of(built_course, tmp_path / "course", ("perfect", "bce-summed-not-averaged"))
    with machines.worker("--nthreads", "1"):
        batch.Run(course, course.assignment("ps1"), course.students("ps1")).grade(scheduler=machines.address)
    points = {student: sum(s or 0 for s in items.values()) for student, items in scores(course)[0].items()}
    assert points == {"perfect": 99, "bce-summed-not-averaged": 97}  # with the 5 bonus points


def test_a_changed_suite_is_what_a_worker_grades_by(course, machines):
    """Catches a class that is graded by the hidden tests as they were before somebody mended them."""
    hand_in(course, "ada", relu_solution=RELU)
    with machines.worker("--nthreads", "1", "--no-nanny"):
        assert grade(course, machines)["ada"].score == 90
        suite = course.root / "suites/tiny/test_tiny.py"
        suite.write_text(suite.read_text().replace("[0, 1], \"relu_grad(z)\"", "[0, 5], \"relu_grad(z)\""))
        assert grade(course, machines)["ada"].score == 45


@pytest.mark.parametrize("what, complaint", [
    ("no kit", "the worker tcp://.* lacks the kit"),
    ("another kit", "the worker tcp://.* has version [0-9a-f]+ of the kit, and this machine [0-9a-f]+"),
    ("another NumPy", "the worker tcp://.* has version 2.0.1 of NumPy, and this machine 2"),
])
def test_a_worker_that_would_grade_otherwise_is_refused(course, machines, tmp_path, what, complaint):
    """Catches grades that depend on which machine a submission happened to be sent to."""
    path = tmp_path / "path"
    (path / "numpy-2.0.1.dist-info").mkdir(parents=True)
    (path / "numpy-2.0.1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 2.0.1\n")
    if what == "another kit":
        shutil.rmtree(path / "numpy-2.0.1.dist-info")
        shutil.copytree(Path(cluster.__file__).parents[1], path / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
        (path / "autograder/grading/more.py").touch()
    hand_in(course, "ada", relu_solution=RELU)
    start = (WITHOUT_KIT if what == "no kit" else "") + WORKER
    with machines.worker("--nthreads", "1", "--no-nanny", start=start, PYTHONPATH=str(path)):
        with pytest.raises(KitError, match=complaint):
            grade(course, machines)


def test_workers_are_waited_for_but_not_for_ever(course, machines, monkeypatch):
    """Catches a command that hangs without a word, and one that gives up before the workers of a cluster are up."""
    monkeypatch.setattr(cluster, "_WORKER_SECONDS", 1)
    hand_in(course, "ada", relu_solution=RELU)
    said = []
    with pytest.raises(KitError, match="has had no worker for 1 s; start some"):
        grade(course, machines, said=said)
    assert len(said) == 1 and said[0].startswith(f"waiting for workers of {machines.address}")


def test_a_killed_worker_costs_nobody_anything(course, machines):
    """Catches a submission that is lost, or blamed, when the machine that graded it goes down."""
    students = [f"student-{number}" for number in range(6)]
    for student in students:
        hand_in(course, student, relu_solution=SLOW, why="Because.")
    run = subprocess.Popen([sys.executable, "-m", "autograder.cli", "grade", "tiny", "--scheduler", machines.address],
                           cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with machines.worker("--nthreads", "1", "--no-nanny") as (worker, scratch):
        assert become(lambda: graded(course) >= 1)
        before = graded(course)
        worker.kill()
        worker.wait()
        assert before < len(students)
        assert become(lambda: not parcels(scratch))  # though nobody was there to remove it
    assert any("waiting for workers" in line for line in run.stdout)
    with machines.worker("--nthreads", "1"):
        _, complaint = run.communicate(timeout=300)
    assert run.returncode == 0, complaint
    assert {student: batch.Store(course, "tiny").get(student).score for student in students} == dict.fromkeys(students, 90)


def test_a_killed_bench_is_replaced(course, machines):
    """Catches a worker that can grade no more, or a submission that is blamed, when a process below it is killed."""
    students = [f"student-{number}" for number in range(4)]
    for student in students:
        hand_in(course, student, relu_solution=SLOW, why="Because.")
    run = subprocess.Popen([sys.executable, "-m", "autograder.cli", "grade", "tiny", "--scheduler", machines.address],
                           cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with machines.worker("--nthreads", "1", "--no-nanny") as (worker, scratch):
        assert become(lambda: graded(course) >= 1)
        (bench, *_) = descendants(worker.pid)
        os.kill(bench, signal.SIGKILL)
        _, complaint = run.communicate(timeout=300)
        assert become(lambda: not parcels(scratch))
    assert run.returncode == 0, complaint
    assert {student: batch.Store(course, "tiny").get(student).score for student in students} == dict.fromkeys(students, 90)


def test_a_scheduler_that_goes_ends_the_command_in_one_line(course, tmp_path):
    """Catches a traceback, a hang or a lost result when the scheduler is stopped in the middle of it."""
    machines = Machines(tmp_path)
    students = [f"student-{number}" for number in range(6)]
    for student in students:
        hand_in(course, student, relu_solution=SLOW, why="Because.")
    run = subprocess.Popen([sys.executable, "-m", "autograder.cli", "grade", "tiny", "--scheduler", machines.address],
                           cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        with machines.worker("--nthreads", "1"):
            assert become(lambda: graded(course) >= 1)
            machines.scheduler.kill()
            _, complaint = run.communicate(timeout=300)
    finally:
        machines.close()
    assert run.returncode == 1 and len(complaint.strip().splitlines()) == 1
    assert "scheduler" in complaint and "what was graded is kept" in complaint
    kept = graded(course)
    assert 1 <= kept < len(students)
    assert len(batch.Run(course, course.assignment("tiny"), students).waiting) == len(students) - kept


def test_ctrl_c_ends_what_workers_do_for_it(course, machines):
    """Catches workers that go on grading for nobody, and folders with hidden tests that they keep."""
    for number in range(4):
        hand_in(course, f"student-{number}", relu_solution=SLOW, why="Because.")
    run = subprocess.Popen([sys.executable, "-m", "autograder.cli", "grade", "tiny", "--scheduler", machines.address],
                           cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with machines.worker("--nthreads", "1", "--no-nanny") as (worker, scratch):
        assert become(lambda: graded(course) >= 1)
        run.send_signal(signal.SIGINT)
        _, complaint = run.communicate(timeout=60)
        assert run.returncode == 130 and "run the same command again" in complaint and "Traceback" not in complaint
        assert not parcels(scratch)
        assert become(lambda: not descendants(worker.pid), 20)
