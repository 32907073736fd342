"""Computation on many images or points in chunks."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from vae.pipeline.progress import progress_bar


def in_blocks(images: np.ndarray, size: int) -> np.ndarray:
    """Split images into blocks of at most `size`; black images pad the last block."""
    size = min(size, len(images))
    if missing := -len(images) % size:
        images = np.pad(images, [(0, missing), (0, 0)])
    return images.reshape(-1, size, images.shape[1])


def map_chunks(
    function: Callable, *arrays: Any, size: int, title: str
) -> list[np.ndarray]:
    """Apply a function to chunks of arrays [items, ...], and concatenate the results.

    The function takes at most `size` items of each array, which limits the memory, and
    returns a tuple of tensors. The title is that of the progress bar.
    """
    count = len(arrays[0])
    bar = progress_bar(title, count)
    if bar.disable:
        print(title, file=sys.stderr, flush=True)
    results = []
    with bar:
        for start in range(0, count, size):
            chunk = slice(start, start + size)
            # Copying waits for the chunk. Otherwise TensorFlow would start many chunks
            # at once, and small results between them would fragment its memory.
            tensors = function(*(array[chunk] for array in arrays))
            results.append([np.array(tensor) for tensor in tensors])
            bar.update(len(arrays[0][chunk]))
    return [np.concatenate(tensors) for tensors in zip(*results, strict=True)]
