"""What becomes of a test's own objects: nothing, unless it asks; then exactly what the function has made of its copy."""

import numpy as np
import pytest

from autograder.grading.session import CodeCell, Session, Student, StudentError, in_place
from autograder.isolation import wire
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome
from autograder.testing import tensor

SOURCE = """
import numpy as np

def become(box, new):
    box.clear()
    box.update(new)

def become_list(box, new):
    box[:] = new

def add(x, one=1):
    x += one

def draw(rng):
    return rng.random()

def spoil(*things, **named):
    for thing in [*things, *named.values()]:
        if isinstance(thing, dict):
            thing.clear()
        elif isinstance(thing, list):
            thing[:] = [0]
        elif isinstance(thing, np.random.Generator):
            thing.random()
        elif isinstance(thing, tuple):
            spoil(*thing)
        else:
            thing[...] = 0

def turn(x):
    x.shape = -1

class Box:
    def add(self, x):
        x += 1
"""
LIE = """
import sys

def say(after):
    server = sys.modules["autograder.isolation.student.server"]
    server._Server.do_call = lambda self, **request: {"each": [{"value": self.pack(None), "after": after}]}
"""


@pytest.fixture(scope="module")
def student(zygote):
    session = Session(zygote, [CodeCell(SOURCE)], Limits())
    yield Student(session)
    session.close()


@pytest.fixture
def liar(zygote):
    """A submission that will say of its arguments whatever it is told to say."""
    session = Session(zygote, [CodeCell(SOURCE + LIE)], Limits())
    yield Student(session)
    session.close()


def exactly(a, b):
    """Whether two values are equal, and of the same types, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(exactly(x, y) for x, y in zip(a.items(), b.items()))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(exactly, a, b))
    if isinstance(a, np.random.Generator):
        return a.bit_generator.state == b.bit_generator.state
    if isinstance(a, (np.ndarray, np.generic)):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    return repr(a) == repr(b)


VALUES = [
    (3, 0.5, np.arange(3.0)), (1, (np.ones(2), (None, [np.zeros(1)]))), {"inner": {"t": 2, "m": np.ones((2, 2))}}, {}, [], (),
    None, True, False, 7, -0.0, float("nan"), float("inf"), 1 - 2j, "text", b"\x00", np.float64(0.5), np.float32(0.1),
    np.int64(3), np.bool_(True), np.complex128(1j), np.array(2.0), np.zeros((0, 3)), np.arange(3, dtype=np.int8),
    np.array([1 + 1j]), np.array([True]), [1, [2.0, (3,)]], {1: "one", (2, 3): "two", None: 0, 0.5: 1},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("before", [None, 0.0, (1, np.zeros(3)), np.zeros(3), {"inner": {"t": 0}}, [1, 2]], ids=repr)
def test_what_is_brought_back_is_exact(student, value, before):
    """Catches state in a tuple that comes back as it was, a number that changes its type, a key that stays."""
    box = {"gone": 1, "x": before}
    student.become(in_place(box, structure=True), {"x": value, "new": value})
    assert exactly(box, {"x": value, "new": value})
    many = [before, before]
    student.become_list(in_place(many, structure=True), [value, 1, value])
    assert exactly(many, [value, 1, value])


def test_tensors_and_generators_are_brought_back_exactly(student):
    """Catches a tensor that comes back as an array, and a generator that has not moved."""
    box, rng = {"t": tensor(np.zeros(2)), "rng": np.random.default_rng(0)}, np.random.default_rng(1)
    kept = dict(box)
    student.become(in_place(box), {"t": tensor(np.ones(2)), "rng": rng})
    assert box == kept and type(box["t"]) is wire.Tensor and box["t"].tolist() == [1, 1]
    assert exactly(box["rng"], rng)
    assert student.draw(in_place(box["rng"])) == rng.random() and exactly(box["rng"], rng)


def test_objects_are_changed_in_place_as_far_as_they_can_be(student):
    """Catches a test's array, or the dict in a tuple, that does not see the change because another took its place."""
    W, inner = np.zeros(2), {}
    box = {"W": W, "pair": (W, inner)}
    student.become(in_place(box, structure=True), {"W": np.ones(2), "pair": (np.ones(2), {"t": 1})})
    assert box["W"] is W and W.tolist() == [1, 1] and box["pair"][0] is W and box["pair"][1] is inner and inner == {"t": 1}
    pair = ({}, [1])
    student.spoil(in_place(pair, structure=True))
    assert pair == ({}, [0])


def test_arguments_by_name_and_of_methods(student):
    """Catches changes that are brought back for positional arguments of functions alone."""
    x, y = np.zeros(2), np.zeros(2)
    student.add(x=in_place(x), one=2)
    student.Box().add(in_place(y))
    assert x.tolist() == [2, 2] and y.tolist() == [1, 1]


def test_nothing_is_brought_back_unasked(student):
    """Catches arguments that the process rewrites, beside one that the test has asked for as well."""
    things = {"n": np.ones(2)}, [1, 2], np.ones(2), np.random.default_rng(0), (np.ones(2),), tensor(np.ones(2))
    untouched = wire.pack(things)
    asked = np.ones(3)
    student.spoil(*things, in_place(asked), box=things[0])
    assert wire.pack(things) == untouched and asked.tolist() == [0, 0, 0]


@pytest.mark.parametrize("before, after", [
    ({"W": 1.0}, {"W": 1.0, "b": 1.0}), ({"W": 1.0, "b": 1.0}, {"W": 1.0}), ({"W": np.zeros(2)}, {"W": np.zeros(3)}),
    ({"W": np.zeros(2)}, {"W": np.zeros(2, dtype=np.float32)}), ({"W": np.zeros(2)}, {"W": [0.0, 0.0]}), ({"t": 1}, {"t": 1.0}),
    ({"t": (1, 2)}, {"t": (1, 2, 3)}), ({"t": (1, 2)}, {"t": [1, 2]}), ({"t": {"m": 1}}, {"t": {"n": 1}}), ({"t": 1}, {"t": None}),
])
def test_a_structure_that_was_not_asked_for_is_a_mistake(student, before, after):
    """Catches keys, lengths, shapes and types that a test has not asked for and then trips over, or believes."""
    given = wire.unpack(wire.pack(before))
    with pytest.raises(AssertionError, match="`become` made something else of an argument"):
        student.become(in_place(given), after)
    assert exactly(given, before)


def test_what_cannot_change_in_place_is_a_mistake_as_well(student):
    """Catches a test that goes on with an array which the student's no longer looks like."""
    with pytest.raises(AssertionError, match="`turn` cannot have changed its argument into ndarray in place"):
        student.turn(in_place(np.zeros((2, 2)), structure=True))


@pytest.mark.parametrize("array", [np.zeros((2, 2)).T, np.arange(6.0)[::2], np.array([1, 2], dtype=">i4")])
def test_how_an_array_lies_in_memory_is_no_structure(student, array):
    """Catches a student who is blamed for what became of an array's strides or byte order on the way."""
    expected, dtype = array + 1, array.dtype
    student.add(in_place(array))
    assert np.array_equal(array, expected) and array.dtype == dtype


@pytest.mark.parametrize("after", [b"\xc1", wire.pack([[], {}]), wire.pack(3), wire.pack({}), wire.pack([None, {}])])
def test_a_reply_without_the_argument_ends_the_process(liar, after):
    """Catches a process that says nothing sensible of an argument, and a test that stumbles over it."""
    liar.say(after)
    with pytest.raises(StudentError) as failure:
        liar.add(in_place(np.zeros(2)))
    assert failure.value.kind == "died" and Outcome.PROTOCOL_VIOLATION in liar._session.outcomes


def test_an_argument_that_nobody_asked_for_is_not_even_read(liar):
    """Catches a message that costs the grader time although no test wants to know what it says."""
    liar.say(b"\xc1")
    assert liar.add(np.zeros(2)) is None
