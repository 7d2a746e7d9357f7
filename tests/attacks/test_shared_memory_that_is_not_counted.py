"""Memory that belongs to no process's size: there is none to be had, or it counts."""

import pytest
from cells import run

from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome

_MAP = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
def mapped(flags, fd=-1): return libc.mmap(None, 2**20, 3, flags, fd, 0) not in (None, 2**64 - 1)
"""


@pytest.mark.parametrize("source", [
    "print(mapped(0x21))",  # MAP_SHARED | MAP_ANONYMOUS
    "print(mapped(0x23))",  # MAP_SHARED_VALIDATE | MAP_ANONYMOUS
    "print(mapped(0x40022))",  # MAP_HUGETLB
    "print(os.path.exists('/dev/zero') and mapped(1, os.open('/dev/zero', os.O_RDWR)))",
    "print(any(mapped(1, os.open('/dev/' + name, os.O_RDWR)) for name in ('full', 'null', 'random')))",
    "print(libc.memfd_create(b'x', 0) >= 0 or libc.shmget(0, 4096, 0o1600) >= 0)",
    # pages given to a pipe stay there when the process lets go of them
    "r, w = os.pipe()\nb = ctypes.create_string_buffer(4096)\n"
    "print(libc.vmsplice(w, (ctypes.c_void_p * 2)(ctypes.addressof(b), 4096), 1, 0) > 0)",
])
def test_there_is_none_to_be_had(walled, source):
    """Catches gigabytes on the host in a submission whose processes are all small."""
    process = walled.start(Limits())
    try:
        assert run(process, _MAP + source) == ("ok", "False\n")
    finally:
        process.close()


@pytest.mark.parametrize("hide", [
    "ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)",  # the thread that shows its size ends
    "ctypes.CDLL(None).prctl(4, 0); time.sleep(60)",  # PR_SET_DUMPABLE: /proc shows less
    "ctypes.CDLL(None).prctl(15, b')\\xff\\n(', 0); time.sleep(60)",  # PR_SET_NAME: a name that is hard to read past
])
def test_a_process_that_hides_its_size_counts(walled, hide):
    """Catches memory of a process that shows no size any more, or whose files in /proc cannot be read."""
    process = walled.start(Limits(cpu_seconds=20, memory_mb=400))
    try:
        assert run(process, f"""
import ctypes, os, threading, time
def hold():
    kept = bytearray(150 * 2**20); kept[::4096] = b"x" * len(kept[::4096])
    time.sleep(60)
for _ in range(5):
    if os.fork() == 0:
        threading.Thread(target=hold).start()
        {hide}
time.sleep(60)
""", 10.0) == (Outcome.MEMORY_LIMIT, "")
    finally:
        process.close()
