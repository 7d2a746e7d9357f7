"""CPU time in more processes, in more lives, or unseen: all of a submission has one budget."""

import pytest
from cells import nothing_left, run

from autograder.grading.session import CodeCell, Session
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome

LIMITS = Limits(cpu_seconds=2.0)


@pytest.mark.parametrize("source", [
    """
import time, subprocess
for _ in range(29):
    subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"], process_group=0)
time.sleep(1000)
""",
    """
import os, time
for _ in range(6):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: pass
        os._exit(0)
time.sleep(1000)
""",
    """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them, and their time is in nobody's
while True:
    if os.fork() == 0:
        while time.process_time() < 0.3: pass
        os._exit(0)
    time.sleep(0.2)
""",
    """
import os, time
while True:
    if (pid := os.fork()) == 0:
        while time.process_time() < 0.3: pass
        os._exit(0)
    os.waitpid(pid, 0)
""",
], ids=["many", "orphans", "not waited for", "one after the other"])
def test_all_processes_have_one_budget(walled, source):
    """Catches a limit that holds for each process, or only for those that somebody waits for."""
    process = walled.start(LIMITS)
    outcome, _ = run(process, source, 100.0)
    assert outcome is Outcome.TIME_LIMIT
    assert 2.0 <= process.ending["cpu_seconds"] < 3.0
    assert nothing_left(walled)


def test_a_restart_pays_from_the_same_budget(isolated):
    """Catches cells that use up the time of a whole submission, end the process and have it all again."""
    cells = [CodeCell("while time.process_time() < 0.7: pass\nos._exit(0)")] * 20
    session = Session(isolated, [CodeCell("import os, time"), *cells], LIMITS)
    session.close()
    assert Outcome.TIME_LIMIT in session.outcomes
    assert 2.0 <= session.cpu_seconds < 3.0
