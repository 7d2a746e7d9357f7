"""Priorities, schedulers, processors, the order in which processes go when memory runs out: nobody's can be changed."""

import os
import re
from pathlib import Path

from cells import become, run

from autograder.isolation.limits import Limits
from autograder.isolation.student.account import descendants

_CHANGE = """
import ctypes, os
libc = ctypes.CDLL(None)
libc.setpriority(os.PRIO_PROCESS, 0, 5)
for which in (os.PRIO_PROCESS, os.PRIO_PGRP, os.PRIO_USER):
    libc.setpriority(which, 0, 19)
libc.syscall({'x86_64': 251, 'aarch64': 30}[os.uname().machine], 3, os.getuid(), 3 << 13)  # ioprio_set of the user: idle
for change in (lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)), lambda: os.sched_setaffinity(0, {0})):
    try: change()
    except OSError: pass
for name in ("oom_score_adj", "autogroup"):
    try:
        with open("/proc/self/" + name, "w") as file: file.write("0")
        print("WROTE", name)
    except OSError: pass
print("done")
"""


def _standing(pid):
    """What decides who gets a core, and who goes when memory runs out."""
    group = Path(f"/proc/{pid}/autogroup")
    return (os.getpriority(os.PRIO_PROCESS, pid), os.sched_getscheduler(pid), os.sched_getaffinity(pid),
            Path(f"/proc/{pid}/oom_score_adj").read_text(), re.sub(".*nice", "", group.read_text()) if group.exists() else "")


def test_nobodys_standing_changes(walled):
    """Catches a neighbour put last, and an attacker who gets away from where student processes belong."""
    neighbour, attacker = walled.start(Limits()), walled.start(Limits())
    try:
        for process in (neighbour, attacker):
            run(process, "kept = 1")
        family = descendants(walled.pid)
        groups_settle = become(lambda: sum(_standing(pid)[-1] == " 10\n" for pid in family) in (0, 2), 5)
        before = {pid: _standing(pid) for pid in family}
        assert groups_settle and run(attacker, _CHANGE) == ("ok", "done\n")
        assert {pid: _standing(pid) for pid in family} == before
    finally:
        neighbour.close()
        attacker.close()


def test_student_processes_come_after_graders(walled):
    """Catches students who take the cores from those who grade, and the grader going first when memory runs out."""
    process = walled.start(Limits())
    try:
        run(process, "kept = 1")
        supervisor, student = descendants(walled.pid)
        nice, _, _, first_to_go, _ = _standing(student)
        assert nice >= _standing(supervisor)[0] + 10 and first_to_go == "1000\n"
        if os.path.exists("/proc/self/autogroup"):
            assert become(lambda: _standing(student)[-1] == " 10\n", 5)
            # leaving the session would mean a group of its own, with the priority of everybody else
            run(process, "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(60)")
            *_, child = descendants(walled.pid)
            assert child != student and Path(f"/proc/{child}/autogroup").read_text() == Path(
                f"/proc/{student}/autogroup").read_text()
    finally:
        process.close()
