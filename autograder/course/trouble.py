"""What is in the way when a file cannot be read or written, in a line for the person at the command line."""

import contextlib
import errno

_MACHINES = {  # nobody's submission's: whatever comes next would meet it too
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there, or ask for more",
    errno.EFBIG: "files may not become that large here: ask for more (ulimit -f)",
    errno.EROFS: "work where you may write",
    errno.EIO: "look after that disk",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.ENFILE: "let other programs end",
    errno.ENOMEM: "let other programs end, or use --jobs 1",
}
_ADVICE = _MACHINES | {
    errno.EACCES: "give yourself the right to",
    errno.EPERM: "give yourself the right to",
    errno.ENOTDIR: "a file is in the place of a folder: move it away",
    errno.EEXIST: "move it away",
}


def sentence(error):
    """What happened, where, and what to do about it.

    Parameters
    ----------
    error : OSError
    """
    file = error.filename if error.filename2 is None else error.filename2  # of two files the one that was to be written
    where = "" if file is None else f"{file}: "
    advice = _ADVICE.get(error.errno, "see to that")
    return f"{where}{error.strerror or error}: {advice}, then run the same command again; what was complete is kept"


def is_nobodys(error):
    """Whether an exception tells of the machine, and not of what was to be read or written."""
    return isinstance(error, OSError) and error.errno in _MACHINES


@contextlib.contextmanager
def located(path):
    """An error that names no file, as when a disk is full, names this one."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise
