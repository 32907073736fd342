"""The true factors of variation of images, such as size and position, if known.

They are integers [images, factors]. Equal integers mean equal values of a factor.
"""

from collections.abc import Mapping

import numpy as np

Arrays = dict[str, np.ndarray]

# Arrays of a dataset with factors, beside its images and labels.
FACTOR_ARRAYS = ("train_factors", "test_factors", "factor_names")
MAX_FACTORS, MAX_VALUES = 20, 1000  # values per factor


def complete_factors(
    arrays: Mapping[str, np.ndarray], counts: dict[str, int]
) -> Arrays:
    """Check factors and their names, and add empty factors for an empty test set.

    Args:
        arrays: the user's arrays by name, perhaps with the FACTOR_ARRAYS.
        counts: number of images by name of the array of factors.

    Returns:
        The three arrays, of which the factors are int16; or none if none is given.

    Raises:
        ValueError: arrays are unusable or do not go together.
    """
    given = {*arrays} & {*FACTOR_ARRAYS}
    if not given:
        return {}
    needed = {name for name, count in counts.items() if count} | {"factor_names"}
    if missing := needed - given:
        raise ValueError(f"received {max(given)} without {min(missing)}")
    names = check_names(arrays["factor_names"], "factor_names", "factors")
    if not 1 <= len(names) <= MAX_FACTORS:
        raise ValueError(f"received {len(names)} factors, expected 1 to {MAX_FACTORS}")
    completed = {"factor_names": names}
    empty = np.zeros([0, len(names)], int)
    for name, count in counts.items():
        factors = arrays.get(name, empty)
        check_integers(factors, name, (count, len(names)))
        low, high = factors.min(initial=0), factors.max(initial=0)
        if low < 0 or high >= MAX_VALUES:
            received = f"received values from {low} to {high}"
            raise ValueError(f"{name}: {received}, expected 0 to {MAX_VALUES - 1}")
        completed[name] = factors.astype(np.int16)
    return completed


def check_names(names: np.ndarray, what: str, kind: str) -> np.ndarray:
    """Return different strings [kind]; raise ValueError for anything else."""
    different = len({*names.ravel().tolist()}) == names.size
    if names.dtype.kind != "U" or names.ndim != 1 or not different:
        raise ValueError(f"{what}: expected different strings of shape ({kind},)")
    return names


def check_integers(array: np.ndarray, name: str, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless an array has integers and this shape."""
    if array.shape != shape or array.dtype.kind not in "iu":
        received = f"{array.dtype} of shape {array.shape}"
        expected = f"integers of shape {shape}"
        raise ValueError(f"{name}: received {received}, expected {expected}")


def format_factors(arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, str]]:
    """Return the values of each factor by its name and split, as a line of numbers."""
    return {
        name: {
            split: " ".join(map(str, arrays[f"{split}_factors"][:, i].tolist()))
            for split in ("train", "test")
        }
        for i, name in enumerate(arrays["factor_names"].tolist())
    }


def parse_factors(lines: Mapping[str, Mapping[str, str]], split: str) -> np.ndarray:
    """Return the factors of a split, int16 [images, factors], from such lines."""
    return np.array([lines[name][split].split() for name in lines], np.int16).T
