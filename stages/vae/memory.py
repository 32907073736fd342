"""Memory that is no longer needed goes back to the system.

glibc keeps what a process frees, in case it asks again: what the compilation of one
program took, 100 MB and more, would stand beside all that is computed after it.
"""

import ctypes
import sys


def release_memory() -> None:
    """Give back all that is free; with a C library other than glibc, nothing."""
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
