"""Several calls in one message: the same as in a loop, whatever the student's process makes of them."""

import numpy as np
import pytest

from autograder.grading.session import CodeCell, Session, Student, StudentError, in_place
from autograder.isolation.limits import Limits

SOURCE = """
import sys
import time

called = []

def grow(x, by):
    called.append(by)
    if by == 0:
        raise ValueError("no growth")
    x += by
    return x.sum()

def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def answer_with(text):
    server = sys.modules["autograder.isolation.student.server"]
    server._Server.do_call = lambda self, **request: {"each": eval(text, {"one": {"value": self.pack(1), "after": None}})}
"""


@pytest.fixture
def student(zygote):
    session = Session(zygote, [CodeCell(SOURCE)], Limits(call_seconds=0.3))
    yield Student(session)
    session.close()


def test_as_in_a_loop(student):
    """Catches results in another order, or an argument that is brought back from another call."""
    arrays = [np.zeros(2), np.ones(3), np.arange(4.0)]
    assert list(student.grow.each([(in_place(array), by) for array, by in zip(arrays, (1, 3, 4))])) == [2.0, 12.0, 22.0]
    assert [array.tolist() for array in arrays] == [[1, 1], [4, 4, 4], [4, 5, 6, 7]]
    assert list(student.grow.each([])) == []
    assert list(student.grow.each([(np.ones(2),)] * 2, [{"by": 1}, {"by": 2}])) == [4.0, 6.0]


def test_a_failure_comes_in_its_place_and_is_the_last(student):
    """Catches a failure that hides the results before it, and calls that go on behind it."""
    answers = student.grow.each([(np.ones(2), by) for by in (1, 0, 5)])
    assert next(answers) == 4.0
    with pytest.raises(StudentError, match="`grow` raised ValueError: no growth"):
        next(answers)
    assert student.get("called") == [1, 0]


def test_together_they_have_the_time_of_one(student):
    """Catches a loop of calls that takes many times what a call may."""
    answers = student.busy.each([(0.2,)] * 20)
    next(answers)
    with pytest.raises(StudentError) as failure:
        list(answers)
    assert failure.value.kind == "time_limit"


@pytest.mark.parametrize("text", ["None", "[]", "[one]", "[one] * 3", "[one, 1]", "[one, {}]"])
def test_answers_of_another_number_are_none(student, text):
    """Catches a process that keeps a test from seeing all of its results."""
    student.answer_with(text)
    with pytest.raises(StudentError) as failure:
        list(student.grow.each([(1, 1), (1, 1)]))
    assert failure.value.kind == "died"
