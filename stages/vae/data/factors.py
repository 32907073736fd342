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
    """Check factors and their names, and add what they lack.

    Args:
        arrays: the user's arrays by name, perhaps with some of the FACTOR_ARRAYS.
        counts: number of images by name of the array of factors.

    Returns:
        The three arrays, of which the factors are int16; or none if no factors are
        given. Factors without names are called `factor 1` and so on.

    Raises:
        ValueError: arrays are unusable or do not go together.
    """
    given = {*arrays} & {*FACTOR_ARRAYS}
    if not given:
        return {}
    if missing := {name for name, count in counts.items() if count} - given:
        raise ValueError(f"received {max(given)} without {min(missing)}")
    number = arrays["train_factors"].shape[-1] if arrays["train_factors"].ndim else 0
    if not 1 <= number <= MAX_FACTORS:
        raise ValueError(f"received {number} factors, expected 1 to {MAX_FACTORS}")
    numbered = np.array([f"factor {i + 1}" for i in range(number)])
    names = arrays.get("factor_names", numbered)
    names = check_names(names, "factor_names", "factors")
    if len(names) != number:
        raise ValueError(f"received {len(names)} factor_names, expected {number}")
    empty = np.zeros([0, number], int)
    factors = {
        name: check_factors(arrays.get(name, empty), name, (count, number))
        for name, count in counts.items()
    }
    return factors | {"factor_names": names}


def check_names(names: np.ndarray, what: str, kind: str) -> np.ndarray:
    """Return different printable strings [kind]; raise ValueError for anything else."""
    different = len({*names.ravel().tolist()}) == names.size
    if names.dtype.kind != "U" or names.ndim != 1 or not different:
        raise ValueError(f"{what}: expected different strings of shape ({kind},)")
    if not all(name.isprintable() for name in names.tolist()):
        raise ValueError(f"{what}: expected printable characters")
    return names


def check_factors(factors: np.ndarray, name: str, shape: tuple[int, int]) -> np.ndarray:
    """Return int16 [images, factors]; raise ValueError for anything else."""
    if factors.shape != shape or factors.dtype.kind not in "iu":
        received = f"{factors.dtype} of shape {factors.shape}"
        expected = f"integers of shape {shape}"
        raise ValueError(f"{name}: received {received}, expected {expected}")
    low, high = factors.min(initial=0), factors.max(initial=0)
    if low < 0 or high >= MAX_VALUES:
        received = f"values from {low} to {high}"
        raise ValueError(f"{name}: received {received}, expected 0 to {MAX_VALUES - 1}")
    return factors.astype(np.int16)


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
