"""Cells that do nothing for as long as they may, which a generous limit makes long: a class would wait for them.

Who neither runs nor waits for a core for half a minute has used up the time, whatever the limit is.
"""

import pytest
from cells import run

from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome

HOURS = 10_000.0  # CPU seconds; by the clock it would be three times that


@pytest.mark.parametrize("source", [
    "import time\ntime.sleep(10**6)",
    "import os, time\nif os.fork() == 0:\n    time.sleep(10**6)\nos.wait()",
])
def test_a_sleeper_is_ended(isolated, source):
    """Catches a limit that only a process which works ever reaches."""
    process = isolated.start(Limits(cpu_seconds=HOURS))
    assert run(process, source, HOURS)[0] is Outcome.TIME_LIMIT
