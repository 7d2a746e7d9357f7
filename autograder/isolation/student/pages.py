"""Large pages: a process of hundreds of megabytes is forked, and its copy ended, for a fraction of the time."""

import contextlib
import ctypes

_MADV_COLLAPSE = 25
_SIZE = 2 * 2**20


def collapse():
    """Gather this process's own memory in large pages, where the kernel can; it is copied once for that.

    Without them a fork copies an entry for each 4 KB.
    """
    madvise = ctypes.CDLL(None).madvise
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for line in list(maps):
            place, rights, _, _, _, *name = line.split()
            if rights == "rw-p" and name in ([], ["[heap]"]):
                start, end = (int(one, 16) for one in place.split("-"))
                start, end = -(-start // _SIZE) * _SIZE, end // _SIZE * _SIZE
                if start < end:
                    madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)  # as far as it can
