"""What a student handed in, as files: read within bounds, and following nothing.

A folder can hold whatever a file system can: a link to a neighbour's work, a pipe that never answers, folders within folders
without end, a sparse file of a terabyte, names in no encoding. Only regular files are opened, none through a link, and only
as many and as large as have room; what is left out is said.
"""

import hashlib
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

NOTEBOOK_BYTES = 250 * 2**20  # nearly all of it outputs, which are not read
TIMESTAMP = "timestamp.txt"  # nbgrader's, beside what the student handed in
OF_NBGRADER = (TIMESTAMP, "submission_secret.txt")  # which it looks for beside a feedback page, too
_BYTES = 20 * 2**20  # how much a student may hand in beside the notebook
_FILE_BYTES = 4096  # what a file counts for, beyond its contents
_DEPTH = 16
_ENTRIES = 5000
_NAME_BYTES = 1000  # of a path below the folder: it is written again below longer ones


class NotAFile(Exception):
    """What stands there is no file that may be read. The message says what it is, such as "is a link"."""


class TooLarge(NotAFile):
    """A file that is larger than may be read."""


@dataclass(frozen=True)
class OwnFiles:
    """The files beside a notebook.

    Parameters
    ----------
    contents : dict of str to bytes
        By name, relative to the folder.
    remarks : list of str
        What was left out, in sentences.
    notebooks : list of str
        Names of the notebooks that lie there, of which none has been opened; further down, notebooks do not count.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    notebooks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Submission:
    """What a student handed in, as it lay there when it was read: grading looks at nothing else, wherever it is done.

    Parameters
    ----------
    name : str
        What the notebook's file should be called.
    notebooks : dict of str to (bytes or FileNotFoundError or NotAFile)
        That file and other notebooks beside it: name -> what is in it, or why there is nothing.
    own_files : OwnFiles
    """

    name: str
    notebooks: dict
    own_files: OwnFiles

    @cached_property
    def digest(self):
        """A digest of what was handed in: nothing is parsed. When that was is not part of it."""
        whole = hashlib.sha256()
        for name, text in (self.own_files.contents | self.notebooks).items():
            if name != TIMESTAMP and isinstance(text, bytes):
                whole.update(os.fsencode(name) + b"\0" + hashlib.sha256(text).digest())
        return whole.hexdigest()

    @property
    def size(self):
        """How many bytes there are."""
        return sum(len(text) for text in (self.own_files.contents | self.notebooks).values() if isinstance(text, bytes))


def read(path, most, owner=None):
    """The bytes of a regular file.

    Parameters
    ----------
    path : Path
    most : int
        The most bytes that it may have.
    owner : int, optional
        The only user whose file it may be.

    Raises
    ------
    NotAFile
    TooLarge
    OSError
        If it is not there, or cannot be read.
    """
    _check(os.lstat(path), most)  # before it is opened, which some devices take for an order
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        _check(status, most)
        if owner not in (None, status.st_uid):
            raise NotAFile("is a file of somebody else's")
        return file.read(status.st_size)  # and not `most`, for which so much memory would be laid out, each time


def _check(status, most):
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        raise NotAFile(
            "is a link" if stat.S_ISLNK(mode) else "is a folder" if stat.S_ISDIR(mode) else "is a pipe, a socket or a device"
        )
    if status.st_size > most:
        raise TooLarge(f"is larger than {most:,} bytes")


def own_files(folder):
    """What the student handed in beside the notebook, as far as there is room.

    Files beside the notebook come before those deeper down; among them names decide. Hidden files and notebooks do not count.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    OwnFiles
    """
    contents, notebooks, left_out = {}, [], Counter()
    room, entries_left = _BYTES, _ENTRIES
    level = [""]
    for _ in range(_DEPTH):
        below = []
        for inside in level:
            try:
                with os.scandir(os.path.join(folder, inside)) as found:
                    entries = sorted(islice(found, entries_left), key=lambda entry: entry.name)
                    left_out["more than are looked at"] += next(found, None) is not None
            except OSError:
                left_out["unreadable"] += 1
                continue
            entries_left -= len(entries)
            for entry in entries:
                name = os.path.join(inside, entry.name)
                if name.startswith("."):
                    continue
                if entry.name.lower().endswith(".ipynb"):
                    notebooks += [name] if not inside else []
                    continue
                if len(os.fsencode(name)) > _NAME_BYTES:
                    left_out["too deep down"] += 1
                    continue
                if entry.is_dir(follow_symlinks=False):
                    below.append(name)
                    continue
                try:
                    contents[name] = read(entry.path, room - _FILE_BYTES)
                    room -= len(contents[name]) + _FILE_BYTES
                except TooLarge:
                    left_out["beyond the room that there is"] += 1
                except NotAFile:
                    left_out["links and the like"] += 1
                except OSError:
                    left_out["unreadable"] += 1
        level = below
    left_out["too deep down"] += len(level)
    reasons = ", ".join(f"{reason} ({count})" for reason, count in sorted(left_out.items()) if count)
    remarks = [f"Not read of what was handed in beside the notebook: {reasons}."] if reasons else []
    return OwnFiles(contents, remarks, notebooks)


def submission(folder, assignment_name):
    """Read what is in a student's folder (a Path): a `Submission`.

    Other notebooks count too, as long as all of them together are not larger than one may be.

    Raises
    ------
    OSError
        If a notebook is there and cannot be read, which is not the student's fault.
    """
    own, wanted = own_files(folder), f"{assignment_name}.ipynb"
    notebooks, room = {}, NOTEBOOK_BYTES
    for name in [wanted, *(other for other in own.notebooks if other != wanted)]:
        notebooks[name] = notebook(folder / name, room)
        room -= len(notebooks[name]) if isinstance(notebooks[name], bytes) else 0
    return Submission(wanted, notebooks, own)


def notebook(path, most=NOTEBOOK_BYTES):
    """The bytes of a notebook's file, or the reason why there are none, which is not raised: see `Submission`."""
    try:
        return read(path, most)
    except (FileNotFoundError, NotAFile) as reason:
        return reason
