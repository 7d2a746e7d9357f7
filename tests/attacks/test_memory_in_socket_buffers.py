"""Memory that the kernel holds for a process, in sockets and pipes: it counts with the rest."""

import pytest
from cells import run

from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome

LIMITS = Limits(cpu_seconds=20, memory_mb=128)
_FILL = """
import ctypes, os, socket, threading, time
kept = []
def fill(make):
    try:
        while True:
            pair = make(); kept.append(pair)
            try:
                while True: os.write(pair[1] if isinstance(pair[1], int) else pair[1].fileno(), bytes(65536))
            except BlockingIOError: pass
    except OSError: pass
def sockets():
    pair = socket.socketpair()
    for one in pair:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24); one.setblocking(False)
    return pair
def pipe():
    pair = os.pipe(); os.set_blocking(pair[1], False)
    return pair
"""


@pytest.mark.parametrize("spread", [
    "for _ in range(5):\n    if os.fork() == 0:\n        fill(sockets); time.sleep(60)\ntime.sleep(60)",
    "for _ in range(5):\n    if os.fork() == 0:\n        fill(pipe); time.sleep(60)\ntime.sleep(60)",
    # each thread has descriptors of its own
    "def own():\n    ctypes.CDLL(None).unshare(0x400); fill(sockets); time.sleep(60)\n"
    "for _ in range(5): threading.Thread(target=own).start()\ntime.sleep(60)",
], ids=["sockets", "pipes", "descriptors of threads"])
def test_buffers_of_all_processes_count(walled, spread):
    """Catches a gigabyte in each process that no process's size shows."""
    process = walled.start(LIMITS)
    try:
        assert run(process, _FILL + spread, 10.0) == (Outcome.MEMORY_LIMIT, "")
    finally:
        process.close()


def test_buffers_cannot_be_made_larger(walled):
    """Catches a descriptor that holds sixteen megabytes and counts as one that holds a quarter."""
    process = walled.start(LIMITS)
    try:
        status, text = run(process, """
import socket
a, b = socket.socketpair()
size = lambda: [a.getsockopt(socket.SOL_SOCKET, option) for option in (socket.SO_SNDBUF, socket.SO_RCVBUF)]
before = size()
for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33): a.setsockopt(socket.SOL_SOCKET, option, 1 << 24)
print(size() == before, max(before) <= 256 * 1024)
""")
        assert (status, text) == ("ok", "True True\n")
    finally:
        process.close()
