"""Looks from inside a student process for what nobody there may read: the proof that what is hidden is hidden.

The sandbox decides by places; this looks for the files themselves, under their names and by a walk through all that is
visible, and so finds second names (hard links) and copies too. A walk has its bound: it goes level by level from each folder
that is shown, so that what lies deep inside a package is looked at last, or not at all.
"""

import contextlib
import hashlib
import json
import os

from autograder.isolation.process import python_paths

SOON = 100_000  # files and folders: what is in the packages of Python, and in the folders in them, in about a second
THOROUGHLY = 5_000_000
_SECONDS = 300.0
_LARGEST = 2**17  # bytes of a file whose copies are looked for
_SOURCE = """
import collections, hashlib, json, os
def secret(path):
    try:
        status = os.stat(path)
        if (status.st_dev, status.st_ino) in identities:
            return True
        with open(path, "rb") as file:
            return status.st_size in copies.get(os.path.basename(path), ()) and hashlib.sha256(file.read()).hexdigest() in digests
    except OSError:
        return False
found = [path for path in paths if os.path.isfile(path)]
inodes = {inode for _, inode in identities}
folders = collections.deque([*dict.fromkeys(map(os.path.realpath, starts)), "/"])
known = {"/proc", *folders}
while folders and most > 0:
    try:
        entries = list(os.scandir(folders.popleft()))
    except OSError:
        continue
    most -= len(entries)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.path not in known:
                folders.append(entry.path)
        elif (entry.inode() in inodes or entry.name in copies) and secret(entry.path):
            found.append(entry.path)
print(json.dumps(sorted(set(found))))
"""


def exposed(zygote, secrets, hidden=(), most=SOON):
    """The names under which a student process can reach files that it must not.

    Parameters
    ----------
    zygote : process.Zygote
    secrets : iterable of Path
        Files.
    hidden : iterable of str
        As for `Zygote.start`.
    most : int
        How many files and folders to look at.

    Returns
    -------
    list of str

    Raises
    ------
    process.StudentDied
        If the look does not come to its end.
    """
    paths, identities, copies, digests = set(), set(), {}, set()
    for path in secrets:
        with contextlib.suppress(OSError):
            status = path.stat()
            paths |= {str(path), os.path.realpath(path)}
            identities.add((status.st_dev, status.st_ino))
            if 0 < status.st_size <= _LARGEST:
                copies.setdefault(path.name, set()).add(status.st_size)
                digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    starts = sorted(python_paths(), key=len, reverse=True)
    given = {"starts": starts, "paths": sorted(paths), "identities": identities, "copies": copies, "digests": digests, "most": most}
    source = "".join(f"{name} = {value!a}\n" for name, value in given.items()) + _SOURCE
    process = zygote.start(hidden=hidden)
    try:
        reply = process.request({"do": "cell", "source": source, "limit": _SECONDS}, _SECONDS)
    finally:
        process.close()
    return json.loads("".join(output.get("text", "") for output in reply["outputs"]))
