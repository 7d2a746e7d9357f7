"""Submissions that want points for nothing, or want to harm the grader, its machine or a neighbour."""

import msgpack
import pytest

from autograder import wire


def test_a_message_cannot_use_up_the_graders_stack():
    """Catches tuples within tuples, 8 kB of them, that end the grader with a segmentation fault."""
    data = msgpack.packb([])
    for _ in range(2000):
        data = msgpack.packb(msgpack.ExtType(1, data))
    with pytest.raises(wire.ProtocolViolation):
        wire.unpack(data)


def test_a_small_message_cannot_become_a_large_one():
    """Catches a frame of one-byte lists that take seventy times its size, and minutes, in the grader."""
    count = 5_000_000
    for empty in (b"\x90", b"\x80"):
        half = b"\xdd" + (count // 2).to_bytes(4, "big") + empty * (count // 2)
        with pytest.raises(wire.ProtocolViolation):
            wire.unpack(b"\x92" + half + half)
