"""The wire between grader and student process: length-prefixed msgpack frames that hold data and nothing else.

Both sides are Python, but neither trusts the other with pickle. A frame is bounded in size before it is read; an
array is a dtype from a short list, a shape and exactly as many bytes as those two need. What is not plain data
never crosses: an object stays on its own side and a `Reference` to it (a number and a type name) crosses instead.
Left out: compression, encryption, versions; both ends are the same file on the same machine.
"""

import json
import math
import select
import socket
import struct
import sys
import time

import msgpack
import numpy as np

WALL_FACTOR = 3  # a request may take this many times its CPU limit by the clock: the machine may be busy
MAX_FRAME = 64 * 2**20  # bytes; the largest array a test may send or a student return

CLASS, INSTANCE = "class", "instance of "  # type names of references to a class that stands in, and to what it has made
_MAX_OBJECTS = 2**22  # lists, dicts and what is in them, in one message: a byte can stand for an object of 72 bytes
_MAX_NESTING = 32  # tuples within tuples; each level takes a piece of this process's stack, which is not endless
_KEY_SECONDS = 5e-6  # of CPU for each key of a message's mappings, on average; one that means no harm takes a tenth
_KEYS_AT_A_TIME = 16  # that are added to a mapping between two looks at the clock
_LENGTH = struct.Struct("!I")
_TUPLE, _ARRAY, _SCALAR, _TENSOR, _GENERATOR, _REFERENCE, _COMPLEX = range(1, 8)
_DTYPES = {np.dtype(name).str: np.dtype(name) for name in (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
)}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_ARRAYS = msgpack.Packer()  # made once: making one takes longer than packing a small array


class ProtocolViolation(Exception):
    """The other side sent bytes that are not a message, or sent too many."""


class ChannelClosed(Exception):
    """The other side has closed the connection (usually: its process has ended)."""


class ChannelTimeout(Exception):
    """Nothing complete arrived in time."""


class Tensor(np.ndarray):
    """A torch tensor's numbers in a process that has not loaded torch; packs as a tensor. Make one with `view`."""


class Reference:
    """Stands for an object that stays on the other side.

    Parameters
    ----------
    number : int
        The number under which the other side keeps the object.
    type_name : str
        What the other side says its type is; to be shown, not trusted.
    owner : {"grader", "student"}
        Which side keeps it.
    """

    def __init__(self, number, type_name, owner):
        self.number, self.type_name, self.owner = number, type_name, owner


def pack(message, export=None):
    """Encode a message.

    Parameters
    ----------
    message : object
        None, bool, int (64 bit), float, complex, str, bytes, list, tuple, dict, NumPy arrays and scalars of numeric
        type, dense torch tensors, `numpy.random.Generator` (PCG64), and `Reference`.
    export : callable, optional
        Turns any other object into a `Reference`; without it such an object is a TypeError.

    Returns
    -------
    bytes

    Raises
    ------
    TypeError, ValueError, OverflowError
        If something in the message has no encoding, nests too deep, or is an integer beyond 64 bits.
    """

    def encode(obj):
        if isinstance(obj, np.ndarray):
            if obj.dtype not in _NAMES:
                obj = obj.astype(obj.dtype.newbyteorder("="))  # the other order of bytes; or what has no encoding
            if obj.dtype in _NAMES:
                return msgpack.ExtType(_TENSOR if isinstance(obj, Tensor) else _ARRAY, _array_bytes(obj))
        if isinstance(obj, tuple):
            return msgpack.ExtType(_TUPLE, packb(list(obj)))
        if isinstance(obj, np.generic) and obj.dtype in _NAMES:
            return msgpack.ExtType(_SCALAR, _array_bytes(obj))
        if isinstance(obj, complex):
            return msgpack.ExtType(_COMPLEX, struct.pack("!dd", obj.real, obj.imag))
        if isinstance(obj, Reference):
            return msgpack.ExtType(_REFERENCE, packb([obj.number, obj.type_name, obj.owner]))
        if isinstance(obj, np.random.Generator) and isinstance(obj.bit_generator, np.random.PCG64):
            return msgpack.ExtType(_GENERATOR, json.dumps(obj.bit_generator.state).encode())
        if type(obj).__module__ == "torch" and type(obj).__name__ == "Tensor" and not obj.is_sparse:
            array = obj.detach().cpu().numpy()
            if array.dtype in _NAMES:
                return msgpack.ExtType(_TENSOR, _array_bytes(array))
        # a subclass of a plain type (OrderedDict, IntEnum, a list of their own) travels as the plain type
        for plain in (dict, list, str, bool, int, float):
            if isinstance(obj, plain):
                return plain(obj)
        if export is None:
            raise TypeError(f"{type(obj).__name__} cannot cross the wire")
        return encode(export(obj))

    def packb(obj):
        # half a surrogate pair has no place in UTF-8, and is no reason to lose the rest of a message
        return msgpack.packb(obj, default=encode, strict_types=True, unicode_errors="replace")

    return packb(message)


def unpack(data, resolve=None):
    """Decode what `pack` made, trusting nothing about it.

    Parameters
    ----------
    data : bytes
    resolve : callable, optional
        Turns a `Reference` into the object to use in its place; without it references stay as they are.

    Returns
    -------
    object

    Raises
    ------
    ProtocolViolation
        If the bytes are not a well-formed message.
    """

    def decode(code, payload):
        if code == _TUPLE:
            return tuple(unpackb(payload))
        if code == _ARRAY:
            return _array(payload)
        if code == _SCALAR:
            return _array(payload)[()]
        if code == _TENSOR:
            # loading torch costs seconds, which a grader that only compares numbers does not have to spend
            torch = sys.modules.get("torch")
            return _array(payload).view(Tensor) if torch is None else torch.from_numpy(_array(payload))
        if code == _COMPLEX:
            return complex(*struct.unpack("!dd", payload))
        if code == _GENERATOR:
            bits = np.random.PCG64()
            bits.state = json.loads(payload)
            return np.random.Generator(bits)
        if code == _REFERENCE:
            number, type_name, owner = unpackb(payload)
            reference = Reference(int(number), str(type_name)[:200], str(owner))
            return reference if resolve is None else resolve(reference)
        raise ProtocolViolation(f"unknown extension {code}")

    nesting = objects = 0
    patience = 0.25  # CPU seconds left for mappings

    def count(container):
        nonlocal objects
        objects += 1 + len(container)
        if objects > _MAX_OBJECTS:
            raise ProtocolViolation("a message of too many objects")
        return container

    def mapping(pairs):
        # keys can be chosen so that each meets all before it: a dict of them would take the square of their number
        if len(pairs) <= _KEYS_AT_A_TIME:
            count(pairs)
            return dict(pairs)
        nonlocal patience
        patience += _KEY_SECONDS * len(count(pairs))
        made, began = {}, time.thread_time()
        for start in range(0, len(pairs), _KEYS_AT_A_TIME):
            made.update(pairs[start : start + _KEYS_AT_A_TIME])
            if time.thread_time() - began > patience:
                raise ProtocolViolation("a mapping whose keys collide")
        patience -= time.thread_time() - began
        return made

    def unpackb(payload):
        nonlocal nesting
        if nesting > _MAX_NESTING:
            raise ProtocolViolation("a message that nests too deep")
        nesting += 1
        try:
            return msgpack.unpackb(
                payload, ext_hook=decode, list_hook=count, object_pairs_hook=mapping, strict_map_key=False,
                max_array_len=_MAX_OBJECTS, max_map_len=_MAX_OBJECTS,
            )
        finally:
            nesting -= 1

    try:
        return unpackb(data)
    except ProtocolViolation:
        raise
    except Exception as error:  # whatever a decoder trips over, it is the sender's doing
        raise ProtocolViolation(f"undecodable message ({type(error).__name__})") from None


def _array_bytes(array):
    array = np.asarray(array)
    return _ARRAYS.pack((_NAMES[array.dtype], array.shape, array.tobytes()))


def _array(payload):
    name, shape, data = msgpack.unpackb(payload)
    dtype = _DTYPES.get(name)
    if dtype is None:
        raise ProtocolViolation(f"array of type {name!r}")
    if len(shape) > 32 or not all([type(n) is int and n >= 0 for n in shape]):
        raise ProtocolViolation("array with an impossible shape")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ProtocolViolation("array whose bytes do not fit its shape")
    return np.ndarray(shape, dtype, data).copy()


def assign(target, value):
    """Bring what became of an argument back: the value, in the target's own arrays, dicts and lists wherever it fits there.

    Parameters
    ----------
    target, value : object
        The argument as it was sent, and as the other side says that it is now.

    Returns
    -------
    object
        Equal to `value` in every type, key and number. It is `target` itself if that could become so: objects that
        others refer to are changed in place, and what cannot change in place (numbers, texts, tuples of these) is replaced.
    """
    if isinstance(target, np.ndarray) and type(value).__name__ == type(target).__name__:
        numbers = np.asarray(value)  # of a tensor, where this process has loaded torch since the target was made
        if target.shape == numbers.shape and target.dtype.newbyteorder("=") == numbers.dtype:
            target[...] = numbers
            return target
    elif isinstance(target, np.random.Generator) and isinstance(value, np.random.Generator):
        target.bit_generator.state = value.bit_generator.state
        return target
    elif isinstance(target, dict) and isinstance(value, dict):
        new = {key: assign(target[key], one) if key in target else one for key, one in value.items()}
        target.clear()
        target.update(new)
        return target
    elif isinstance(target, list) and isinstance(value, list):
        target[:] = [assign(old, new) for old, new in zip(target, value)] + value[len(target):]
        return target
    elif isinstance(target, tuple) and isinstance(value, tuple) and len(target) == len(value):
        new = tuple(assign(old, one) for old, one in zip(target, value))
        return target if all(old is one for old, one in zip(target, new)) else new
    elif type(target).__name__ == "Tensor" and type(value) is type(target):
        if target.shape == value.shape and target.dtype == value.dtype:
            target.data.copy_(value)
            return target
    return value


class Channel:
    """Frames over a connected stream socket.

    Parameters
    ----------
    sock : socket.socket
    """

    def __init__(self, sock):
        self._sock = sock
        self._sock.setblocking(False)
        self._buffer = bytearray()

    def send(self, data, timeout=None):
        """Send one frame.

        Raises
        ------
        ChannelClosed, ChannelTimeout
        ValueError
            If the frame is larger than MAX_FRAME.
        """
        if len(data) > MAX_FRAME:
            raise ValueError(f"{len(data):,} bytes is more than the {MAX_FRAME:,} that may cross at once")
        deadline = None if timeout is None else time.monotonic() + timeout
        view = memoryview(_LENGTH.pack(len(data)) + data)
        while view:
            try:
                view = view[self._sock.send(view):]
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
            except OSError:
                raise ChannelClosed from None

    def receive(self, timeout=None):
        """Receive one frame.

        Raises
        ------
        ChannelClosed, ChannelTimeout, ProtocolViolation
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        self._fill(_LENGTH.size, deadline)
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > MAX_FRAME:
            raise ProtocolViolation(f"frame of {length:,} bytes")
        end = _LENGTH.size + length
        self._fill(end, deadline)
        frame = bytes(memoryview(self._buffer)[_LENGTH.size : end])
        del self._buffer[:end]
        return frame

    @property
    def pending(self):
        """Whether something has arrived with an earlier frame: the socket will not tell."""
        return bool(self._buffer)

    @property
    def room(self):
        """Bytes that the other side need not read at once: they fit into the socket's buffer beside a frame that it is reading."""
        return self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) // 4

    def fileno(self):
        return self._sock.fileno()

    def close(self):
        self._sock.close()

    def _fill(self, count, deadline):
        while len(self._buffer) < count:
            try:
                # no more than is missing: asking for a megabyte each time would cost more than most messages
                chunk = self._sock.recv(min(max(count - len(self._buffer), 1 << 14), 1 << 20))
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            except OSError:
                raise ChannelClosed from None
            if not chunk:
                raise ChannelClosed
            self._buffer += chunk

    def _wait(self, event, deadline):
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            raise ChannelTimeout
        poll = select.poll()
        poll.register(self._sock, event)
        # poll counts in milliseconds: round up, or the last millisecond is spent spinning
        poll.poll(None if remaining is None else math.ceil(remaining * 1000))


def channel_pair():
    """Two connected sockets, the grader's end and the student's end."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
