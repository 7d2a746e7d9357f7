"""Processes that want to run on after the grading: stopped, ignoring signals, without a first thread, of another session.

When the student process is closed, when its supervisor is killed, and when the grader is killed, nothing may be left.
"""

import os
import signal
import subprocess
import sys

import pytest
from cells import become, nothing_left, run
from kit import KIT

from autograder.isolation.limits import Limits
from autograder.isolation.process import Zygote
from autograder.isolation.student.account import descendants

LIMITS = Limits(cpu_seconds=20)
_TRACED = """
import os, signal, ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
print(libc.prctl(1, 0, 0, 0, 0), libc.ptrace(0, 0, 0, 0))  # take back PDEATHSIG; PTRACE_TRACEME
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGUSR1)  # a stop that the supervisor would take for the end, if it traced
real = os._exit
def never(code):
    while True: pass
os._exit = never
"""
_DAEMONS = """
import os, signal, time
for _ in range(5):
    if os.fork() == 0:
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        os.setsid()
        if os.fork() == 0:
            while True: time.sleep(60)
        os._exit(0)
"""


@pytest.mark.parametrize("source", [
    _TRACED,
    _DAEMONS,
    _DAEMONS + "os._exit(0)",
    "import os\nif os.fork() == 0:\n    os.execv('/bin/sleep', ['sleep', '1000'])",
    "import os, signal\nif os.fork() == 0:\n    os.kill(os.getpid(), signal.SIGSTOP)",
    # the first thread of process 1 ends, another goes on
    "import ctypes, os, threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n"
    "ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)",
])
def test_nothing_is_left_when_it_is_closed(walled, source):
    """Catches a stop that is taken for the end, and an end that is waited for but not enforced."""
    process = walled.start(LIMITS)
    run(process, source, 1.0)
    process.close(wait=0.1)
    assert process.ending.keys() & {"exit", "signal"}
    assert nothing_left(walled)


def test_ptrace_is_refused_and_the_parents_death_not_survived(walled):
    """Catches a process that outlives its supervisor, and torch's own call of prctl ending in an exception."""
    process = walled.start(LIMITS)
    try:
        assert run(process, _TRACED) == ("ok", "0 -1\n")
        supervisor, student = descendants(walled.pid)
        os.kill(supervisor, signal.SIGKILL)
        assert become(lambda: not os.path.exists(f"/proc/{student}"))
    finally:
        process.close()


def test_nothing_is_left_without_namespaces_either():
    """Catches processes that survive because nothing but their supervisor ends them."""
    zygote = Zygote(isolated=False)
    process = zygote.start(LIMITS)
    run(process, _DAEMONS, 5.0)
    process.close()
    assert nothing_left(zygote)
    zygote.close()


def test_nothing_is_left_when_the_grader_is_killed(isolated):
    """Catches zygote, supervisors and student processes that run on because nobody tells them to end."""
    grader = subprocess.Popen([sys.executable, "-c", f"""
from autograder.isolation.limits import Limits
from autograder.isolation.process import Zygote
zygote = Zygote()
process = zygote.start(Limits())
process.request({{"do": "cell", "source": {_DAEMONS!r}, "limit": 5.0}}, 5.0)
print("ready", flush=True)
process.request({{"do": "cell", "source": {_TRACED + "never(0)"!r}, "limit": 1000.0}}, 1000.0)
"""], cwd=KIT, env=os.environ | {"PYTHONPATH": str(KIT)}, stdout=subprocess.PIPE)
    try:
        assert grader.stdout.readline() == b"ready\n"
        family = descendants(grader.pid)
        assert len(family) >= 3
    finally:
        grader.kill()
        grader.wait()
        grader.stdout.close()
    assert become(lambda: not [pid for pid in family if os.path.exists(f"/proc/{pid}")])
