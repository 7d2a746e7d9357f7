"""What a student process sees of the machine's folders: which are shown, which are masked, and under which names.

A name is not a folder: links lead to it, and bind mounts give it others. So every visible path is followed to the place that
it leads to, which is shown once, and the links on the way are made again as they are. A hidden folder is looked up in the
kernel's list of mounts under each name that it has, and masked wherever one of them lies in what is shown. Python may live in
a hidden folder, and a hidden folder in Python's: of two that contain each other the inner one decides.

Left out: a copy, or a file that has a second name (a hard link), outside the hidden folders. Before grading starts the grader
looks for these from inside (`exposure`).
"""

import os
import re
from typing import NamedTuple


class View(NamedTuple):
    """What to do to an empty root, in this order.

    Parameters
    ----------
    steps : list of (str, bool)
        Folders and files, outer ones first, and whether each is shown; otherwise it is masked.
    links : dict of str to str
        Links on the way to them -> what they say.
    """

    steps: list
    links: dict


class _Mount(NamedTuple):
    device: str
    root: str  # the folder of the device's file system that is mounted
    point: str  # and where


def plan(visible, hidden):
    """Say how to show some paths, with nothing of others.

    Parameters
    ----------
    visible, hidden : iterable of str
        Absolute paths; those that lead nowhere are passed over.

    Returns
    -------
    View
    """
    links, mounts = {}, _mounts()
    shown = {_followed(path, links) for path in visible if os.path.exists(path)}
    masked = {name for path in hidden if os.path.exists(path) for name in _names(os.path.realpath(path), mounts, shown)}
    steps = {}
    for path in sorted(shown | masked, key=lambda path: path.split("/")):  # a folder comes before what is in it
        around = next((steps[folder] for folder in _ancestors(path) if folder in steps), False)
        if around != (path not in masked):
            steps[path] = path not in masked
    return View(list(steps.items()), links)


def _below(path, folder):
    """Whether a path is a folder, or in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _ancestors(path):
    while path != "/":
        path = os.path.dirname(path)
        yield path


def _followed(path, links):
    """The place that a path leads to; the links on the way are noted."""
    place, left = "", path.split("/")
    while left:
        part = left.pop(0)
        step = f"{place}/{part}"
        if part == "..":
            place = os.path.dirname(place).rstrip("/")
        elif part not in ("", ".") and os.path.islink(step):
            links[step] = os.readlink(step)
            left = links[step].split("/") + left
            place = "" if links[step].startswith("/") else place
        elif part not in ("", "."):
            place = step
    return place or "/"


def _names(folder, mounts, shown):
    """Where a folder, or a part of it, can be found: its names on this machine."""
    around = [mount for mount in mounts if _below(folder, mount.point)]
    if not around:
        yield folder
        return
    home = max(reversed(around), key=lambda mount: len(mount.point))  # of two at the same place the later one is on top
    inside = _joined(home.root, folder, home.point)
    for mount in mounts:
        if mount.device != home.device:
            continue
        if _below(inside, mount.root):
            name = _joined(mount.point, inside, mount.root)
            if _same(name, folder):
                yield name
        elif _below(mount.root, inside) and mount.point not in shown and _same(mount.point, _joined(folder, mount.root, inside)):
            yield mount.point


def _joined(base, path, start):
    """`path` as it is called where `start` is called `base`."""
    return os.path.normpath(os.path.join(base, os.path.relpath(path, start)))


def _same(path, other):
    """Whether two names lead to the same thing; not if something else is mounted on one, or it cannot be reached."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False


def _mounts():
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        fields = [line.split() for line in file]
    return [_Mount(one[2], _unescaped(one[3]), _unescaped(one[4])) for one in fields]


def _unescaped(text):
    """A path as it is; the kernel writes spaces and their like as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda number: chr(int(number[1], 8)), text)
