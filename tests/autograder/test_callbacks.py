"""Functions of the grader's that a student's code calls, and that call the student's code in turn."""

import time

import pytest

from autograder.grading.session import CodeCell, Session, Student, StudentError
from autograder.isolation.limits import Limits

SOURCE = """
def through(f, *arguments):
    return f(*arguments)

def double(x):
    return 2 * x

def endless():
    while True:
        pass

def answer():
    return 42
"""


@pytest.fixture
def student(zygote):
    session = Session(zygote, [CodeCell(SOURCE)], Limits(call_seconds=0.3))
    yield Student(session)
    session.close()


def test_calls_go_there_and_back(student):
    """Catches answers that reach the wrong question."""
    assert student.through(lambda x: student.double(x) + 1, 20) == 41
    assert student.through(lambda x: student.through(student.double, x) + 1, 20) == 41


@pytest.mark.parametrize("late", [
    lambda student: student.endless(),  # the limit comes while the student's code runs
    lambda student: (time.sleep(1.2), student.double(1)),  # or while it waits: 0.3 s allow 0.9 by the clock
    lambda student: time.sleep(1.2),
])
def test_the_time_limit_may_come_at_any_moment(student, late):
    """Catches an interruption that leaves one side waiting, or an answer that is taken for another one's."""
    with pytest.raises(StudentError) as failure:
        student.through(lambda: late(student))
    assert failure.value.kind in ("time_limit", "exception")
    assert student.answer() == 42  # a function that took too long is not called again
    assert not student._session.remarks and student._session._starts == 1
