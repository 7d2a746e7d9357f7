"""System calls that a student process does without: the part of the sandbox that a seccomp filter holds.

Refused (EPERM): what makes memory that no process's size shows (System V shared memory, memfd, a shared mapping without a
    file, pages given to a pipe, huge pages); what the kernel counts for the whole machine (asynchronous input and output);
    parts of the kernel that no notebook needs (keyrings, eBPF, io_uring, performance counters ...); looking into other
    processes (ptrace); sockets that a network namespace does not hold.
Answered with success, without effect, because honest libraries call them: taking back the signal that ends a process with
    its parent, and leaving the session; whatever sets a priority, a scheduler or a processor; larger socket buffers; locks
    on parts of a file, each of which takes memory of the kernel.

Left out: machines other than x86_64 and aarch64, where nothing is refused; `autograder doctor` says so.
"""

import ctypes
import os
import struct
from typing import NamedTuple

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # machine -> column of _NUMBERS, its name for seccomp
_NUMBERS = {
    "add_key": (248, 217), "bpf": (321, 280), "fanotify_init": (300, 262), "fcntl": (72, 25), "io_setup": (206, 0),
    "io_uring_setup": (425, 425), "ioprio_set": (251, 30), "keyctl": (250, 219), "landlock_create_ruleset": (444, 444),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "mmap": (9, 222), "msgget": (68, 186),
    "perf_event_open": (298, 241), "prctl": (157, 167), "ptrace": (101, 117), "request_key": (249, 218),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "semget": (64, 190), "setpriority": (141, 140), "setsid": (112, 157),
    "setsockopt": (54, 208), "shmget": (29, 194), "socket": (41, 198), "socketpair": (53, 199), "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
}
_REFUSED, _WITHOUT_EFFECT, _ALLOWED = 0x00050001, 0x00050000, 0x7FFF0000  # SECCOMP_RET_ERRNO with EPERM, with 0; ALLOW


class _Word(NamedTuple):
    """A condition on the lower 32 bits of an argument: (word & mask) == value, or unlike it."""

    argument: int
    value: int
    mask: int = 0xFFFFFFFF
    equal: bool = True


def _unlike(argument, *values):
    return [_Word(argument, value, equal=False) for value in values]


_FAMILIES = (1, 2, 10, 16)  # Unix, IPv4, IPv6, netlink
_SOL_SOCKET, _SO_SNDBUF, _SO_RCVBUF, _SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 1, 7, 8, 32, 33
_PR_SET_PDEATHSIG, _PR_SCHED_CORE = 1, 62
_F_SETLK, _F_SETLKW, _F_OFD_SETLK, _F_OFD_SETLKW = 6, 7, 37, 38
_MAP_SHARED_ANONYMOUS, _MAP_HUGETLB = 0x21, 0x40000

# (name, conditions that must all hold, verdict)
_RULES = [
    *((name, [], _REFUSED) for name in (
        "add_key", "bpf", "fanotify_init", "io_setup", "io_uring_setup", "keyctl", "landlock_create_ruleset", "memfd_create",
        "memfd_secret", "msgget", "perf_event_open", "ptrace", "request_key", "semget", "shmget", "userfaultfd", "vmsplice",
    )),
    *((name, [], _WITHOUT_EFFECT) for name in (
        "ioprio_set", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "setpriority", "setsid",
    )),
    ("mmap", [_Word(3, _MAP_SHARED_ANONYMOUS, mask=_MAP_SHARED_ANONYMOUS)], _REFUSED),
    ("mmap", [_Word(3, _MAP_HUGETLB, mask=_MAP_HUGETLB)], _REFUSED),
    ("socket", _unlike(0, *_FAMILIES), _REFUSED),
    ("socketpair", _unlike(0, *_FAMILIES), _REFUSED),
    ("prctl", [_Word(0, _PR_SCHED_CORE)], _REFUSED),  # it would keep the other half of a core from everybody else
    ("prctl", [_Word(0, _PR_SET_PDEATHSIG)], _WITHOUT_EFFECT),
    *(("setsockopt", [_Word(1, _SOL_SOCKET), _Word(2, option)], _WITHOUT_EFFECT)
      for option in (_SO_SNDBUF, _SO_RCVBUF, _SO_SNDBUFFORCE, _SO_RCVBUFFORCE)),
    *(("fcntl", [_Word(1, command)], _WITHOUT_EFFECT) for command in (_F_SETLK, _F_SETLKW, _F_OFD_SETLK, _F_OFD_SETLKW)),
]


def _compiled(column, machine):
    """The filter as BPF instructions: operation, how many to skip if so and if not, operand."""
    load, mask_with, equal, at_least, answer = 0x20, 0x54, 0x15, 0x35, 0x06
    number, architecture, arguments = 0, 4, 16  # where a call's description has them
    # another machine's numbering, and x32, are refused whole
    program = [(load, 0, 0, architecture), (equal, 1, 0, machine), (answer, 0, 0, _REFUSED), (load, 0, 0, number)]
    program += [(at_least, 0, 1, 0x40000000), (answer, 0, 0, _REFUSED)]
    for name, conditions, verdict in _RULES:
        rule = []
        for left, word in zip(range(len(conditions), 0, -1), conditions):
            elsewhere = 3 * left - 2  # past the conditions left and the verdict: where the call's number is loaded again
            rule += [(load, 0, 0, arguments + 8 * word.argument), (mask_with, 0, 0, word.mask)]
            rule.append((equal, *((0, elsewhere) if word.equal else (elsewhere, 0)), word.value))
        rule += [(answer, 0, 0, verdict), (load, 0, 0, number)]
        program += [(equal, 0, len(rule), _NUMBERS[name][column]), *rule]
    program.append((answer, 0, 0, _ALLOWED))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


_PROGRAM = _compiled(*_MACHINES[os.uname().machine]) if os.uname().machine in _MACHINES else b""


def install():
    """Filter the system calls of this process and of all that come of it, for good; it must have given up new privileges.

    Raises
    ------
    OSError
        If the kernel has no seccomp.
    """
    if not _PROGRAM:
        return
    filter_program = struct.pack("@HP", len(_PROGRAM) // 8, ctypes.cast(ctypes.c_char_p(_PROGRAM), ctypes.c_void_p).value)
    libc = ctypes.CDLL(None, use_errno=True)
    pr_set_seccomp, mode_filter = 22, 2
    if libc.prctl(pr_set_seccomp, ctypes.c_ulong(mode_filter), ctypes.c_char_p(filter_program), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
