"""Not attacks but accidents: somebody, or a machine that runs out of memory, kills processes while a class is graded.

Nobody loses a point to that: what was killed once is done again from the beginning. What is killed twice is named, for a person
to look at, and everybody else is graded.
"""

import os
import signal
import threading

import pytest
from cells import become
from tiny import RELU, autograder, hand_in, scores, write

from autograder.course import batch
from autograder.grading import files, submission
from autograder.isolation.outcomes import Outcome
from autograder.isolation.process import Zygote
from autograder.isolation.student.account import descendants

SLOW = "import time\ntime.sleep(3)\n" + RELU
# in a hidden test: the process that grades kills the one that it was forked from, a worker of the class
_KILLING = '''
    import os, pathlib, signal
    mark = pathlib.Path({folder!r}, student_id)
    if student_id in {once!r} and not mark.exists() or student_id in {always!r}:
        mark.touch()
        os.kill(os.getppid(), signal.SIGKILL)
'''


@pytest.fixture
def own_zygote(isolated):
    """A zygote that may be killed."""
    zygote = Zygote()
    assert zygote.isolated
    yield zygote
    zygote.close()


def graded(course, zygote, which, times):
    """The report of a slow submission of which processes are killed.

    Parameters
    ----------
    which : int
        0 for the supervisor, 1 for the student process.
    times : int
        In how many families of them, one after the other.
    """
    folder = hand_in(course, "eve", relu_solution=SLOW)
    work = course.assignment("tiny")
    submission.refuse_exposure(work, zygote)  # it has a process of its own, which is not meant
    struck, over = [], threading.Event()

    def strike():
        while len(struck) < times and not over.is_set():
            family = descendants(zygote.pid)
            if len(family) > 1 and family[0] not in struck:
                struck.append(family[0])
                os.kill(family[which], signal.SIGKILL)
            over.wait(0.02)

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        report, _ = submission.grade_contained(work, zygote, "eve", files.submission(folder, "tiny"))
    finally:
        over.set()
        thread.join()
    assert len(struck) == times
    return report


@pytest.mark.parametrize("which", [0, 1], ids=["supervisor", "student process"])
def test_one_that_is_killed_once_costs_nothing(course, own_zygote, which):
    """Catches a cell, and its points, that are lost to whoever killed the process."""
    report = graded(course, own_zygote, which, 1)
    assert (report.outcome, report.score, report.doubt, report.remarks) == (Outcome.OK, 90, "", [])


@pytest.mark.parametrize("which", [0, 1], ids=["supervisor", "student process"])
def test_one_that_is_killed_twice_is_named(course, own_zygote, which):
    """Catches an endless repetition, and a loss of points that nobody is told of."""
    report = graded(course, own_zygote, which, 2)
    assert report.outcome is Outcome.KILLED and report.doubt


def test_a_killed_zygote_is_replaced(course, own_zygote, honest):
    """Catches a class that ends with the zygote, and submissions that are blamed for it."""
    work, folder = course.assignment("tiny"), course.submitted / "ada/tiny"
    for _ in range(2):
        before = own_zygote.pid
        os.kill(before, signal.SIGKILL)
        report, _ = submission.grade_contained(work, own_zygote, "ada", files.submission(folder, "tiny"))
        assert (report.outcome, report.score) == (Outcome.OK, 90) and own_zygote.pid != before


def test_a_zygote_that_is_killed_in_the_midst_of_it(course, own_zygote):
    """Catches a submission that is blamed when its process has to be started again and cannot."""
    folder = hand_in(course, "eve", relu_solution="import os, time\ntime.sleep(2)\nos._exit(0)")
    work, before = course.assignment("tiny"), own_zygote.pid
    submission.refuse_exposure(work, own_zygote)
    thread = threading.Thread(target=lambda: become(lambda: len(descendants(before)) > 1) and os.kill(before, signal.SIGKILL))
    thread.start()
    report, _ = submission.grade_contained(work, own_zygote, "eve", files.submission(folder, "tiny"))
    thread.join()
    assert report.outcome is Outcome.EXITED and len(report.items) == 1 and own_zygote.pid != before


def test_killed_workers(course, isolated, honest, tmp_path):
    """Catches a class that ends with one worker, neighbours who are blamed, and a submission that is tried for ever."""
    tests = course.root / "suites/tiny/test_tiny.py"
    killing = _KILLING.format(folder=str(tmp_path), once=("ada", "eve"), always=("bob",))
    text = tests.read_text()
    head = 'def test_negative(student):\n    """Negative numbers become 0."""'
    assert head in text
    write(course, {"suites/tiny/test_tiny.py": text.replace(
        head, head.replace("(student)", "(student, student_id)") + killing)})
    assert autograder(course, "build", "tiny").returncode == 0
    for student in ("bob", "eve"):
        hand_in(course, student, relu_solution=RELU)
    done = autograder(course, "grade", "tiny", "--jobs", "2")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and line.startswith("not graded: bob:") and "killed" in line
    assert {student: both for student, both in scores(course).items() if student != "bob"} == honest | {"eve": (90, 0)}
    assert batch.Store(course, "tiny").failure("bob").outcome is Outcome.NOT_GRADED
