"""How the C library gets memory from the system."""

import ctypes

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4  # of glibc's malloc.h

_ALWAYS_KEPT = 2**31 - 1
_AHEAD = 64 * 2**20


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, instead of getting it anew, page by page.

    glibc gives large arrays back to the system as soon as they are freed, and the system clears
    every page of the next one: a third of the time of a narrow network on a large image. The
    process holds more, up to half as much again, and what it holds no longer tells what is in use,
    so this is not for processes whose memory is measured. See mallopt(3). Where address space is
    limited (ulimit -v), all is left as it is: gaps between what is kept count there.

    Returns:
        Whether it was done; a C library other than glibc cannot be told so.
    """
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit

        mallopt = ctypes.CDLL(None).mallopt
    except (ImportError, OSError, AttributeError, TypeError):
        return False
    if getrlimit(RLIMIT_AS)[0] != RLIM_INFINITY:
        return False
    settings = (
        (_M_MMAP_MAX, 0),
        (_M_TRIM_THRESHOLD, _ALWAYS_KEPT),
        (_M_TOP_PAD, _AHEAD),
    )
    return all(mallopt(name, value) == 1 for name, value in settings)
