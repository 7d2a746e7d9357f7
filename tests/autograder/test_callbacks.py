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

class Tally:
    def add(self, x):
        raise NotImplementedError

def total(*xs):
    tally = Tally()
    for x in xs:
        tally.add(x)
    tally.scale = 10
    return isinstance(tally, Tally), tally.sum, tally.scaled(), through(tally.same).sum

def reach(name):
    return vars(Tally())["_use"]("get", name)

def reach_call(name):
    return vars(Tally())["_use"]("call", name)
"""


class Tally:
    """What stands in for the student's class of that name."""

    def __init__(self):
        self.sum, self.scale, self._key, self.self = 0, 1, "secret", self

    def add(self, x):
        self.sum += x

    def scaled(self):
        return self.scale * self.sum

    def same(self):
        return self


@pytest.fixture
def with_tally(student):
    """The student, with the class stood in for."""
    def make(*args):
        return Tally(*args)

    make.stands_for = Tally
    with student._substituted({"Tally": make}, "item"):
        yield student


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


def test_a_class_can_stand_in(with_tally):
    """Catches instances that do not find their way back: another state, another type, another object."""
    assert tuple(with_tally.total(1, 2, 3)) == (True, 6, 60, 6)


@pytest.mark.parametrize("name", ["_key", "__class__", "__init__", "__dict__", "add.__globals__", "nothing"])
def test_what_stands_in_shows_what_it_is_for_and_no_more(with_tally, name):
    """Catches a way from a stand-in to the grader's own objects."""
    for how in (with_tally.reach, with_tally.reach_call):
        with pytest.raises(StudentError, match="AttributeError|RuntimeError"):
            how(name)


def test_what_a_function_of_ours_raises_does_not_say_where_it_stands(student):
    """Catches the name of a hidden test in what a student reads about a function that they call wrongly."""
    def scaled(theta, factor):
        return factor * theta

    with pytest.raises(StudentError) as failure:
        student.through(scaled, 1.0)
    assert "scaled() missing 1 required positional argument: 'factor'" in str(failure.value)
    assert "locals" not in str(failure.value) and "test_" not in str(failure.value)


def test_an_attribute_is_set_where_the_object_is(student):
    """Catches a test that sets an attribute of the proxy, which the student's object never sees."""
    tally = student.Tally()
    tally.size = 3
    assert tally.get("size") == 3
    with pytest.raises(AttributeError, match="would set nothing"):
        student.size = 3
