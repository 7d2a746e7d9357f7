"""Cells that attack, run in real student processes."""

import time

from autograder.isolation.process import StudentDied
from autograder.isolation.student.account import descendants


def run(process, source, limit=5.0):
    """The status of a cell, or the outcome if the process died of it, and what was printed."""
    try:
        reply = process.request({"do": "cell", "source": source, "limit": limit}, limit)
    except StudentDied as death:
        return death.outcome, ""
    return reply["status"], "".join(o.get("text", "") + o.get("ename", "") for o in reply["outputs"])


def become(condition, seconds=30):
    """Whether a condition comes to hold."""
    deadline = time.monotonic() + seconds
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held


def nothing_left(zygote):
    """Whether no supervisor and no student process is left after a moment."""
    return become(lambda: not descendants(zygote.pid))
