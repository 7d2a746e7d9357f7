"""The wire carries data faithfully and refuses everything else."""

import pickle
import socket
import struct

import msgpack
import numpy as np
import pytest
import torch

from autograder.isolation import wire


def crossed(message):
    return wire.unpack(wire.pack(message))


@pytest.mark.parametrize("value", [
    None, True, -3, 2**63 - 1, 0.1, float("inf"), "gelu", b"\x00", 1 - 2j, [1, [2, "x"]], (1, (2,)), {"W1": [1], 2: ()},
])
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    """Catches a tuple that turns into a list, an int that turns into a float."""
    assert crossed(value) == value and type(crossed(value)) is type(value)


@pytest.mark.parametrize("array", [
    np.arange(6.0).reshape(2, 3), np.zeros((0, 4)), np.array(3.5), np.arange(6).reshape(2, 3).T, np.array([True, False]),
    np.float32([1, 2]), np.arange(12.0)[::3], np.array([1, 2], dtype=">i4"),
])
def test_arrays_keep_values_shape_and_kind(array):
    """Catches strides, byte order or a zero-sized axis getting lost."""
    copy = crossed(array)
    assert copy.shape == array.shape and copy.dtype.kind == array.dtype.kind and np.array_equal(copy, array)
    assert copy.flags.writeable


def test_generator_continues_where_it_was():
    """Catches a generator that is sent as a fresh one: both sides would draw other numbers."""
    rng = np.random.default_rng(1)
    rng.random(3)
    assert crossed(rng).random() == rng.random()


def test_tensor_stays_a_tensor():
    """Catches a twin that gets an array where it needs a tensor."""
    tensor = crossed(torch.arange(3.0, dtype=torch.float64))
    assert isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float64 and tensor.tolist() == [0, 1, 2]


def test_packing_is_repeatable():
    """In-place changes are found by packing twice: equal data must give equal bytes."""
    message = [[np.ones(3), {"a": (1, 2)}], np.random.default_rng(0)]
    assert wire.pack(message) == wire.pack(wire.unpack(wire.pack(message)))


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()]), np.array(["a"]), lambda: 0, 2**70])
def test_what_is_not_data_does_not_cross(value):
    """Catches anything falling back to pickle or to str()."""
    with pytest.raises((TypeError, OverflowError, ValueError)):
        wire.pack(value)


def _array_frame(dtype, shape, data):
    return msgpack.packb(msgpack.ExtType(2, msgpack.packb([dtype, shape, data])))


@pytest.mark.parametrize("data", [
    b"", b"\xc1", pickle.dumps({"a": 1}), b"\x91" * 5000 + b"\x90", msgpack.packb(msgpack.ExtType(99, b"")),
    _array_frame("<f8", [3], b"\0" * 8), _array_frame("|O", [1], b"\0" * 8), _array_frame("<f8", [-1], b""),
    _array_frame("<f8", [2**62, 4], b""), _array_frame("<f8", ["3"], b"\0" * 24), _array_frame("<f8", 3, b"\0" * 24),
    msgpack.packb(msgpack.ExtType(5, b'{"bit_generator": "PCG64"}')), msgpack.packb(msgpack.ExtType(6, b"junk")),
])
def test_hostile_bytes_are_a_protocol_violation(data):
    """Catches a decoder that trusts a length, a dtype or a nesting depth."""
    with pytest.raises(wire.ProtocolViolation):
        wire.unpack(data)


def test_a_frame_that_is_too_large_is_refused_before_it_is_read():
    """Catches a reader that allocates what the sender announces."""
    ours, theirs = socket.socketpair()
    theirs.send(struct.pack("!I", wire.MAX_FRAME + 1))
    with pytest.raises(wire.ProtocolViolation):
        wire.Channel(ours).receive(timeout=1)


def test_half_a_frame_times_out_and_a_hangup_is_told_apart():
    """Catches a reader that waits for ever on a process that stopped in the middle of a message."""
    ours, theirs = socket.socketpair()
    theirs.send(struct.pack("!I", 10) + b"12345")
    with pytest.raises(wire.ChannelTimeout):
        wire.Channel(ours).receive(timeout=0.05)
    ours, theirs = socket.socketpair()
    theirs.send(struct.pack("!I", 10) + b"12345")
    theirs.close()
    with pytest.raises(wire.ChannelClosed):
        wire.Channel(ours).receive(timeout=1)


def test_assign_changes_arrays_inside_containers_in_place():
    """Catches in-place changes of a student's function that do not reach the test's arrays."""
    W = np.zeros(2)
    params = {"W": W, "gone": 1}
    wire.assign([params], [{"W": np.ones(2), "new": 3}])
    assert W.tolist() == [1, 1] and params == {"W": W, "new": 3}
