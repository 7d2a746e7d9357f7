"""A result whose keys have all one hash: tuples and numbers can be made so, and a dict of 150,000 of them takes minutes.

What must happen: a protocol violation at once. Large mappings of keys that nobody has chosen are read as before.
"""

import msgpack
import pytest

from autograder.grading.session import CodeCell, Session, Student, StudentError
from autograder.isolation import wire
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome

COLLIDING = '''
M = 2**64
P1, P2, P5 = 11400714785074694791, 14029467366897019727, 2870177450012600261  # of Python's hash of tuples


def colliding(count):
    """Pairs of numbers with one hash."""
    keys, x, inverse = [], 0, pow(P2, -1, M)
    while len(keys) < count:
        x += 1
        a = (P5 + x * P2) % M
        y = (12345678901234567 - ((a << 31 | a >> 33) % M) * P1) * inverse % M
        if y < 2**61 - 1:
            keys.append((x, y))
    return keys
'''
REPLY = '''
import sys
import msgpack

keys = colliding(150_000)
bomb = msgpack.Packer().pack_map_header(len(keys)) + b"".join(
    msgpack.packb(msgpack.ExtType(1, msgpack.packb(list(key)))) + b"\\xc0" for key in keys)
reply = {"each": [{"value": bomb, "after": None}]}
sys.modules["autograder.isolation.student.server"]._Server.do_call = lambda self, **request: reply


def f():
    pass
'''


def mapping(keys):
    """A message of one mapping with these keys."""
    packer = msgpack.Packer()
    return packer.pack_map_header(len(keys)) + b"".join(wire.pack(key) + b"\xc0" for key in keys)


def test_the_submission_ends_as_a_protocol_violation(zygote):
    """Catches a grader that reads such a result for minutes, and gives the submission up without a word."""
    session = Session(zygote, [CodeCell(COLLIDING + REPLY)], Limits())
    with pytest.raises(StudentError) as failure:
        Student(session).f()
    session.close()
    assert failure.value.kind == "died" and Outcome.PROTOCOL_VIOLATION in session.outcomes


@pytest.mark.parametrize("harmless", [0, 80_000])
def test_keys_that_collide_are_refused_among_harmless_ones_too(harmless):
    """Catches a look at how many hashes there are, where half of them are one and the same."""
    made = {}
    exec(COLLIDING, made)
    keys = made["colliding"](80_000)
    assert hash(keys[0]) == hash(keys[-1])
    with pytest.raises(wire.ProtocolViolation, match="collide"):
        wire.unpack(mapping([*range(harmless), *keys]))


def test_many_mappings_cannot_do_what_one_cannot():
    """Catches a limit for each mapping, of which a message can hold thousands."""
    made = {}
    exec(COLLIDING, made)
    some = mapping(made["colliding"](2000))
    with pytest.raises(wire.ProtocolViolation, match="collide"):
        wire.unpack(msgpack.Packer().pack_array_header(500) + some * 500)


@pytest.mark.parametrize("keys", [
    [f"word{i}" for i in range(300_000)], list(range(300_000)), [(i, 7 * i) for i in range(300_000)],
    [i / 7 for i in range(300_000)],
], ids=["words", "numbers", "pairs", "fractions"])
def test_a_large_mapping_is_read(keys):
    """Catches an honest vocabulary, or counts of word pairs, that are taken for an attack."""
    assert list(wire.unpack(mapping(keys))) == keys
