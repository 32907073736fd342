"""Work on many images or points, some at a time: the one loop of the evaluation."""

import sys
from collections.abc import Callable

import numpy as np

from vae.pipeline.progress import progress_bar


def in_blocks(images: np.ndarray, size: int) -> np.ndarray:
    """Images [blocks, block, pixels], at most so many in each; the last are black."""
    size = min(size, len(images))
    if missing := -len(images) % size:
        images = np.pad(images, [(0, missing), (0, 0)])
    return images.reshape(-1, size, images.shape[1])


def map_chunks(
    function: Callable, *arrays: np.ndarray, size: int, what: str
) -> list[np.ndarray]:
    """What a function of chunks returns, joined along the first axis.

    Args:
        function: takes a chunk of each array, returns a tuple of tensors.
        arrays: of one length, [items, ...].
        size: items at once at most; bounds memory.
        what: is computed, for the user who waits.
    """
    count = len(arrays[0])
    bar = progress_bar(what, count)
    if bar.disable:
        print(what, file=sys.stderr, flush=True)
    results = []
    with bar:
        for start in range(0, count, size):
            chunk = slice(start, start + size)
            # Copied at once: TensorFlow would else begin many chunks side by side, and
            # small results in between would scatter its memory.
            tensors = function(*(array[chunk] for array in arrays))
            results.append([np.array(tensor) for tensor in tensors])
            bar.update(len(arrays[0][chunk]))
    return [np.concatenate(tensors) for tensors in zip(*results, strict=True)]
