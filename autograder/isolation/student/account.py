"""The account of a submission: what its processes use together, read from outside.

CPU time: of all processes that live, and of those that have ended and been waited for, whose time is in that of the one
that waited. The end of a process that nobody waits for takes its time with it; what was seen of it until then counts on,
and the account is looked at more often while processes come and go. Memory is what belongs to the processes themselves;
files in scratch space have a limit of their own. What the kernel keeps for a process is counted by its open descriptors,
each for what a socket's or a pipe's buffer can hold; besides, each process takes some megabytes of the kernel at most.
"""

import contextlib
import os
import time

OPEN_FILES = 256  # for each process
_DESCRIPTOR_BYTES = 256 * 1024
_REST = 4  # between two walks through page tables: this many times what the last one took
_QUICK = "status", ("RssAnon:", "RssShmem:", "VmSwap:")
_EXACT = "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
_TICK = os.sysconf("SC_CLK_TCK")


class Account:
    """What a student process and all below it use.

    Parameters
    ----------
    pid : int
        A process that has just been forked: what it holds now is its libraries' and does not count.
    memory_bytes : int
        What it may take beyond that.

    Attributes
    ----------
    cpu_seconds : float
        Of all processes and of the looks at them.
    restless : bool
        Whether a process has come or gone between the last two looks.
    """

    def __init__(self, pid, memory_bytes):
        self._pid = pid
        self._family = _family(pid)
        self._allowed = memory_bytes + _quick_bytes(self._family)
        self._walk_from = 0.0
        self._gone = self._seen = self._missing = 0.0
        self.cpu_seconds = 0.0
        self.restless = False

    def look(self):
        """Bring the account up to date.

        Returns
        -------
        bool
            Whether memory is over its limit.
        """
        family = _family(self._pid)
        self.restless = family.keys() != self._family.keys()
        self._family = family
        self._look_at_cpu()
        if _quick_bytes(family) <= self._allowed or time.monotonic() < self._walk_from:
            return False
        started = time.monotonic()  # what forked processes share was counted for each of them: a closer look
        over = _exact_bytes(family) > self._allowed
        self._walk_from = time.monotonic() + _REST * (time.monotonic() - started)
        return over

    def _look_at_cpu(self):
        # parents come first: a child that is waited for meanwhile is in neither's time now and in its parent's at the next look
        now = self._gone + sum(map(_cpu_seconds, self._family.items()))
        missing = max(self._seen - now, 0.0)
        gone = min(missing, self._missing)  # still missing: nobody has waited for it
        self._gone += gone
        self._seen, self._missing = max(self._seen, now + gone), missing - gone
        self.cpu_seconds = self._seen + time.process_time()


def descendants(pid):
    """The processes below `pid`, as far as the kernel lists them."""
    return list(_family(pid))[1:]


def seconds_without_a_core(pid):
    """How long a process's first thread could have run and had no core to run on; 0 where the kernel does not say."""
    return _waited(_read(f"/proc/{pid}/schedstat"))


class OwnWait:
    """The same for this process, that can be asked often: the file is kept open."""

    def __init__(self):
        try:
            self._file = os.open("/proc/self/schedstat", os.O_RDONLY)
        except OSError:
            self._file = -1

    def seconds(self):
        """How long until now."""
        try:
            return _waited(os.pread(self._file, 100, 0))
        except (OSError, ValueError):  # closed, or another file by now: the student's code can do that
            return 0.0


def _waited(schedstat):
    fields = schedstat.split()
    return int(fields[1]) / 1e9 if len(fields) == 3 else 0.0


def _family(pid):
    """A process and all below it, parents first: pid -> its threads."""
    family, found = {}, [pid]
    for one in found:  # which grows
        if one in family:
            continue
        try:
            family[one] = os.listdir(f"/proc/{one}/task")
        except OSError:
            family[one] = []  # it has just ended, or this system does not say
        for thread in family[one]:
            found += map(int, _read(f"/proc/{one}/task/{thread}/children").split())
    return family


def _cpu_seconds(process):
    """CPU time of a process, and of children that it has waited for."""
    pid, threads = process
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    user, system, *of_children = (int(field) / _TICK for field in fields[11:15]) if fields else (0, 0)
    # a tick is long for a short life: the threads that live say it more exactly
    running = sum(int(_read(f"/proc/{pid}/task/{thread}/schedstat").partition(" ")[0] or 0) for thread in threads) / 1e9
    return max(user + system, running) + sum(of_children)


def _quick_bytes(family):
    """Memory, without a look at what is shared."""
    return sum(_memory(*one, *_QUICK) for one in family.items()) + _descriptor_bytes(family)


def _exact_bytes(family):
    """The same, where a page that several processes have in common counts in parts; this walks through page tables."""
    sizes = (_memory(*one, *_EXACT) or _memory(*one, *_QUICK) for one in family.items())  # not every process shows them
    return sum(sizes) + _descriptor_bytes(family)


def _memory(pid, threads, file, names):
    for thread in threads:  # each shows the memory of its process, but not one that has ended before the others
        sizes = [int(line.split()[1]) for line in _read(f"/proc/{pid}/task/{thread}/{file}").splitlines() if line.startswith(names)]
        if sizes:
            return sum(sizes) * 1024
    return 0


def _descriptor_bytes(family):
    """What the open descriptors count for; each thread can have its own."""
    count = 0
    for pid, threads in family.items():
        for thread in threads:
            folder = f"/proc/{pid}/task/{thread}/fd"
            try:
                count += os.stat(folder).st_size or len(os.listdir(folder))  # older kernels show no size
            except PermissionError:
                count += OPEN_FILES
            except OSError:
                pass
    return count * _DESCRIPTOR_BYTES


def _read(path):
    """The text of a file of /proc; empty if its process has just ended, or this system has no such file."""
    with contextlib.suppress(OSError), open(path, encoding="latin-1") as file:  # a process may call itself anything
        return file.read()
    return ""
