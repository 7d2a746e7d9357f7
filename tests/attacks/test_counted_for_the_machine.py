"""What the kernel counts for the user or the machine outside: using it up in a cell must cost nobody else anything."""

import ctypes
import os

import pytest
from cells import run

from autograder.isolation.limits import Limits


def test_inotify_of_the_host(walled):
    """Catches inotify instances of the caller's user used up: file managers, editors, Jupyter itself then fail."""
    process = walled.start(Limits())
    try:
        _, text = run(process, """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True); n = 0
while libc.inotify_init() >= 0: n += 1
print("inotify instances", n)
""")
        assert text == "inotify instances 0\n"
        if (instance := ctypes.CDLL(None).inotify_init()) >= 0:
            os.close(instance)
        assert instance >= 0
    finally:
        process.close()


@pytest.mark.parametrize("call", [
    "libc.fanotify_init(0x200, 0)",
    "libc.syscall({'x86_64': 206, 'aarch64': 0}[os.uname().machine], 1000, ctypes.byref(ctypes.c_ulong()))",  # io_setup
    "ctypes.CDLL('librt.so.1').mq_open(b'/queue', 0o102, 0o600, None)",
    "libc.syscall(444, ctypes.byref(ctypes.c_ulong(1)), 8, 0)",  # landlock_create_ruleset
    "libc.syscall({'x86_64': 321, 'aarch64': 280}[os.uname().machine], 0, bytes(64), 64)",  # bpf: a map
    "libc.unshare(0x10000000)",  # a user namespace
    "libc.mlock(ctypes.create_string_buffer(8192), 8192)",
])
def test_other_things_of_the_kernel_are_refused(walled, call):
    """Catches memory, queues and tables that are one for the whole machine, or for all processes of a user."""
    process = walled.start(Limits())
    try:
        assert run(process, f"import ctypes, os\nlibc = ctypes.CDLL(None)\nprint({call})") == ("ok", "-1\n")
    finally:
        process.close()


def test_signals_and_timers_are_counted(walled):
    """Catches the queue of signals of the caller's user filled by a cell: its other programs can then set no timer."""
    process = walled.start(Limits())
    try:
        _, text = run(process, """
import ctypes
libc, n = ctypes.CDLL(None), 0
while n < 100_000 and libc.timer_create(1, None, ctypes.byref(ctypes.c_void_p())) == 0: n += 1
print(n)
""")
        assert int(text) <= 1024
    finally:
        process.close()
