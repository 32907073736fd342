"""Memory that is no longer needed goes back to the system.

glibc keeps what a process frees, in case it asks again: what the compilation of one
program took, 100 MB and more, would stand beside all that is computed after it.
"""

import ctypes
import sys

# Bytes. What is smaller is taken again from what was freed, which is faster.
LARGE = 8 * 2**20
M_MMAP_THRESHOLD = -3  # of glibc's malloc.h


def release_memory() -> None:
    """Give back all that is free, and from now on large blocks as they are freed.

    With a C library other than glibc, nothing.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.mallopt(M_MMAP_THRESHOLD, LARGE)
        library.malloc_trim(0)
