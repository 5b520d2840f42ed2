"""What freed arrays leave to the next ones.

glibc gives the memory of a large freed array back to the system, and takes it again, page by page and each page set
to zero, for the next one: a training step on arrays of some megabytes can spend most of its time on that. It learns
better from the first such array that a program frees, up to 32 MB: from then on it keeps what is freed of that size.
This module lets it learn at import. Nothing is written to the array, so no memory is used.
"""

import numpy as np

_LARGEST = 2**25 - 2**13
"""Bytes: glibc learns from up to 32 MB, of which it needs some itself (mallopt(3), M_MMAP_THRESHOLD)."""

np.empty(_LARGEST, np.uint8)
