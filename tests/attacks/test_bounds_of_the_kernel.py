"""Takes memory and processes between two looks of the supervisor: where the machine delegates control groups the kernel has bounds
of its own for the submission as a whole, which nothing inside can raise, and which are gone when it ends."""

import time
from pathlib import Path

import pytest

from autograder.isolation.limits import DEFAULT
from autograder.isolation.outcomes import Outcome
from autograder.isolation.process import StudentDied

# Each of them stays within its own address space, and the pages are there within some hundredths of a second.
ALL_AT_ONCE = """
import mmap, os, time
start = time.monotonic() + 0.5
for _ in range(12):
    if os.fork() == 0:
        held = mmap.mmap(-1, 900 * 2**20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        while time.monotonic() < start:
            pass
        held.madvise(23)  # MADV_POPULATE_WRITE
        time.sleep(60)
time.sleep(60)
"""


@pytest.fixture
def grouped(isolated):
    """The zygote, where submissions get control groups."""
    if isolated.groups.refusal:
        pytest.skip(f"no control groups: {isolated.groups.refusal}")
    return isolated


def run(process, source):
    return process.request({"do": "cell", "source": source, "limit": 20.0}, 20.0)


def test_a_submission_is_in_a_group_of_its_own_which_bounds_it(grouped):
    """Catches a group without bounds, one that a neighbour shares, and groups that are left behind."""
    processes = [grouped.start() for _ in range(2)]
    try:
        places = ["".join(one["text"] for one in run(process, "print(open('/proc/self/cgroup').read())")["outputs"])
                  for process in processes]
        names = {line.rpartition("/")[2] for place in places for line in place.split() if "autograder-" in line}
        groups = [Path(grouped.groups.folder, name) for name in names]
        assert len(groups) == 2
        for group in groups:
            assert DEFAULT.memory_mb * 2**20 < int((group / "memory.max").read_text()) < 2 * DEFAULT.memory_mb * 2**20
            assert DEFAULT.processes < int((group / "pids.max").read_text()) < 2 * DEFAULT.processes
    finally:
        for process in processes:
            process.close()
    deadline = time.monotonic() + 10
    while any(group.exists() for group in groups) and time.monotonic() < deadline:
        grouped.start().close()  # whoever comes next tidies up
    assert not any(group.exists() for group in groups)


def test_memory_taken_between_two_looks_is_refused_by_the_kernel(grouped):
    """Catches ten gigabytes that are there before the supervisor looks."""
    process = grouped.start()
    with pytest.raises(StudentDied) as death:
        run(process, ALL_AT_ONCE)
    process.close()
    assert death.value.outcome is Outcome.MEMORY_LIMIT
