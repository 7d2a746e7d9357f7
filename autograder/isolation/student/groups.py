"""Control groups: where the machine delegates them, a second bound around a whole submission, kept by the kernel itself.

Every limit holds without them (see `account`, which ends what takes too much). A group is there before the next look: no more
memory, the kernel's own for this submission included, and no more processes than it has, at any moment. Its bounds lie a little
beyond the others, so that these speak first, with the better explanation. Left out: CPU time, which a group can slow but not end.

The grader makes `Groups` and removes them; the zygote calls `sweep`; a supervisor, for itself and what it will fork, `join`.
"""

import contextlib
import itertools
import os
import re

_WANTED = {"memory", "pids"}
_NAME = "autograder-"  # then the id of the process whose zygotes fork the submissions, and a number
_numbers = itertools.count()
_GRADERS = "graders"
_BEYOND_BYTES = 256 * 2**20  # what the supervisor, page tables and buffers may take
_BEYOND_PROCESSES = 8


class Unavailable(Exception):
    """There are no groups to use, and why."""


class Groups:
    """A folder of the kernel's in which submissions get groups.

    Attributes
    ----------
    folder : str
        Its path; "" if there is none.
    refusal : str
        Why there is none, or "".
    """

    def __init__(self):
        self.folder = self.refusal = ""
        try:
            self.folder = _prepare()
        except Unavailable as reason:
            self.refusal = str(reason)
        except OSError as error:
            self.refusal = f"{error.strerror}: {error.filename}"

    def remove(self):
        """Remove what is empty; what is not is removed by the next one."""
        if self.folder:
            _remove(self.folder)


def sweep(folder):
    """Remove the groups of submissions that have ended."""
    for name in _folders(folder):
        with contextlib.suppress(OSError):  # somebody is in it
            os.rmdir(f"{folder}/{name}")


def join(folder):
    """Move this process, and with it all that it will fork, into a group of its own.

    Returns
    -------
    Group or None
        None if that does not work; the limits hold without.
    """
    path = f"{folder}/{os.getpid()}"
    try:
        os.mkdir(path)
        _write(f"{path}/cgroup.procs", os.getpid())
        return Group(path)
    except OSError:
        return None


class Group:
    """The group that this process is in."""

    def __init__(self, path):
        self._path = path

    def limit(self, memory_bytes, processes):
        """Bound the memory of everything in the group, its files in memory included, and how many processes there are."""
        for name, value in (("memory.max", memory_bytes + _BEYOND_BYTES), ("memory.swap.max", 0),
                            ("pids.max", processes + _BEYOND_PROCESSES)):
            with contextlib.suppress(OSError):  # a kernel without swap has no such file
                _write(f"{self._path}/{name}", value)

    def has_killed(self):
        """Whether the kernel has ended a process of the group for lack of memory."""
        with contextlib.suppress(OSError):
            return re.search(r"^oom_kill [1-9]", _read(f"{self._path}/memory.events"), re.MULTILINE) is not None
        return False


def _prepare():
    """Make the folder, in this process's own group; where that has other programs in it, it is not for us to divide."""
    own = _own_group()
    if not os.access(f"{own}/cgroup.subtree_control", os.W_OK):
        raise Unavailable("this user's control group is not delegated to them")
    if missing := _WANTED - set(_read(f"{own}/cgroup.controllers").split()):
        raise Unavailable(f"this control group has no controller of {' and '.join(sorted(missing))}")
    for name in _folders(own):
        if name.startswith(_NAME) and not os.path.exists(f"/proc/{name.split('-')[1]}"):
            _remove(f"{own}/{name}")  # of one that was killed
    if not _WANTED <= set(_read(f"{own}/cgroup.subtree_control").split()):
        if os.path.exists(f"{own}/cgroup.type"):  # all but the first of all groups: who divides it must leave it
            _leave(own)
        _write(f"{own}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(_WANTED)))
    folder = f"{own}/{_NAME}{os.getpid()}-{next(_numbers)}"
    os.mkdir(folder)
    _write(f"{folder}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(_WANTED)))
    return folder


def _remove(folder):
    sweep(folder)
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _own_group():
    mounts = [line.split() for line in _read("/proc/self/mountinfo").splitlines() if " - cgroup2 " in line]
    own = next((line[3:] for line in _read("/proc/self/cgroup").splitlines() if line.startswith("0::")), None)
    if not mounts or own is None:
        raise Unavailable("this machine has no control groups of version 2")
    path = mounts[0][4] + own.rstrip("/")
    if os.path.basename(path) == _GRADERS:  # where an earlier zygote of this process has moved it
        path = os.path.dirname(path)
    if not os.path.isdir(path):
        raise Unavailable("this process's control group is not to be seen from here")
    return path


def _leave(own):
    """Move this process out of the group that is to be divided, into one beside the submissions'."""
    there = {int(pid) for pid in _read(f"{own}/cgroup.procs").split()}
    if there - {os.getpid()}:
        raise Unavailable("other programs are in the same control group; `systemd-run --user --scope -p Delegate=yes COMMAND` "
                          "starts a command in one of its own")
    with contextlib.suppress(FileExistsError):
        os.mkdir(f"{own}/{_GRADERS}")
    for pid in there:
        _write(f"{own}/{_GRADERS}/cgroup.procs", pid)


def _folders(path):
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []


def _read(path):
    with open(path) as file:
        return file.read()


def _write(path, value):
    with open(path, "w") as file:
        file.write(str(value))
