"""MNIST's files, and the package's pickle of them."""

import gzip
import os
import pickle

import numpy as np
import pytest

from local_server import CONTENTS, pickle_splits
from vae.data.mnist import (
    FILES,
    MIRRORS,
    NUM_TRAINING_IMAGES,
    unpack_pickle,
)


def test_sizes_are_those_of_60_000_and_10_000_images():
    pixels, header, labels_header = 28 * 28, 16, 8
    assert NUM_TRAINING_IMAGES == 60_000
    assert [file.size for file in FILES] == [
        header + 60_000 * pixels,
        labels_header + 60_000,
        header + 10_000 * pixels,
        labels_header + 10_000,
    ]


def test_mirrors_speak_https():
    assert MIRRORS
    assert all(url.startswith("https://") for url in MIRRORS)


def test_the_pickle_holds_four_files(tmp_path):
    pickle_splits(tmp_path / "file")
    assert unpack_pickle((tmp_path / "file").read_bytes()) == CONTENTS


@pytest.mark.parametrize("protocol", [2, 4])  # names as lines, and from the stack
@pytest.mark.parametrize(
    ("function", "argument"), [(os.system, "true"), (eval, "1"), (np.load, "x")]
)
def test_pickle_that_calls_is_refused(function, argument, protocol):
    class Call:
        def __reduce__(self):
            return function, (argument,)

    content = pickle.dumps([Call()], protocol)
    with pytest.raises(pickle.UnpicklingError, match="cannot be part of an array"):
        unpack_pickle(gzip.compress(content))
