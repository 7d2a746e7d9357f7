"""Signals to the own process group, to every process there is, to the parent: no neighbour and no zygote may notice."""

import pytest
from cells import run

from autograder.isolation.limits import Limits


@pytest.mark.parametrize("target", ["os.kill(0, signal.SIGKILL)", "os.kill(-1, signal.SIGKILL)", "os.kill(0, signal.SIGTERM)",
                                    "os.killpg(os.getpgrp(), signal.SIGHUP)", "os.kill(os.getppid(), signal.SIGKILL)"])
def test_neighbours_and_the_zygote_live_on(walled, target):
    """Catches student processes that share a process group with each other or with the zygote."""
    neighbour, attacker = walled.start(Limits()), walled.start(Limits())
    try:
        run(neighbour, "kept = 1")
        run(attacker, f"""
import os, signal
for _ in range(20):
    try: {target}
    except OSError: pass
if os.fork() == 0:
    {target}
    os._exit(0)
""")
        assert run(neighbour, "print(kept)") == ("ok", "1\n")
        later = walled.start(Limits())
        assert run(later, "print(2)") == ("ok", "2\n")
        later.close()
    finally:
        neighbour.close()
        attacker.close()
