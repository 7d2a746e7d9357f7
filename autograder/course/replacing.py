"""Files and folders that take their places complete, and whatever a killed process has left of making them.

What is to take a place is made beside it, in a workshop: a folder that is locked for as long as its maker lives. So what
nobody works on any more can be told from what somebody does: `sweep` puts back what was taken from its place and not
replaced, and removes the rest.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from autograder.course.trouble import located

_PREFIX = ".new-"
_TAKEN = "taken-"  # in a workshop: a folder for each thing that was taken from its place


@contextlib.contextmanager
def workshop(folder):
    """A new folder below `folder`, to make things in; it is gone when the block has ended.

    Parameters
    ----------
    folder : Path
        On the file system of the places that they will take.
    """
    shop = lock = None
    while lock is None:  # a sweep can be faster than the lock
        try:
            shop = Path(tempfile.mkdtemp(dir=folder, prefix=_PREFIX))
        except OSError as error:
            error.filename = str(folder)  # rather than a name that nobody has ever seen
            raise
        lock = _lock(shop, without=True)
    try:
        with located(folder):
            yield shop
    finally:
        _clear(shop)
        os.close(lock)


@contextlib.contextmanager
def replacing(path, mode=0o644):
    """A text file that takes the place of `path` when the block has ended well: after a crash it is the old or the new one."""
    with workshop(path.parent) as shop:
        new = shop / "new"
        with open(new, "w", newline="", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)


@contextlib.contextmanager
def swapped(pairs, shop):
    """Folders put in the place of others; if the block fails they are all taken back.

    Parameters
    ----------
    pairs : list of (Path, Path)
        (what is new, the place that it takes)
    shop : Path
        The workshop that the new ones are in.
    """
    done = []
    try:
        for new, place in pairs:
            place.parent.mkdir(parents=True, exist_ok=True)
            done.append((new, place, _swap(new, place, shop)))
        yield
    except BaseException:
        for new, place, old in reversed(done):
            place.rename(new)
            if old.exists():
                old.rename(place)
        raise


def sweep(folders):
    """Tidy up what processes that live no more were making in these folders; what is not ours to change stays."""
    for folder in folders:
        for left in folder.glob(f"{_PREFIX}????????"):  # as mkdtemp calls it
            with contextlib.suppress(OSError):
                lock = _lock(left)
                if lock is not None:
                    _clear(left)
                    os.close(lock)


def _swap(new, place, shop):
    """Put what is new into its place; returns where that is now which was there, if anything was."""
    while True:
        taken = Path(tempfile.mkdtemp(dir=shop, prefix=_TAKEN))
        parent = os.path.relpath(os.path.realpath(place.parent), os.path.realpath(taken))
        (taken / "place").symlink_to(os.path.join(parent, place.name))
        with contextlib.suppress(FileNotFoundError):
            place.rename(taken / "old")
        try:
            new.rename(place)
            return taken / "old"
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # another process that makes the same was faster
                raise


def _clear(left):
    if not left.is_dir():
        left.unlink(missing_ok=True)
        return
    for old in left.glob(f"{_TAKEN}*/old"):
        place = old.parent / os.readlink(old.with_name("place"))
        if not os.path.lexists(place):
            old.rename(place)
    shutil.rmtree(left, ignore_errors=True)


def _lock(path, without=False):
    """A descriptor that holds the lock of a file or folder; None if another process does, or if it is there no more.

    Parameters
    ----------
    path : Path
    without : bool
        On a file system that knows no locks, give a descriptor all the same.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = True
    except OSError as error:
        held = without and error.errno != errno.EWOULDBLOCK
    if held and os.path.lexists(path):
        return descriptor
    os.close(descriptor)
    return None
