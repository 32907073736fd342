import numpy as np
import pytest

from vae.arrays import read_arrays, write_arrays
from vae.errors import PipelineError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "folder" / "file.npz"
    write_arrays(path, {"b": np.arange(3), "a": np.ones([2, 5], np.float32)})
    return path


def test_arrays_come_back(path):
    arrays = read_arrays(path, made_by="train")
    assert list(arrays) == ["b", "a"]
    np.testing.assert_array_equal(arrays["a"], np.ones([2, 5], np.float32))
    np.testing.assert_array_equal(arrays["b"], [0, 1, 2])


def test_bytes_depend_on_content_alone(path):
    other = path.with_name("other.npz")
    write_arrays(other, {"b": np.arange(3), "a": np.ones([2, 5], np.float32)})
    assert other.read_bytes() == path.read_bytes()


def test_a_missing_file_is_named_with_the_stage_that_makes_it(path):
    path.unlink()
    with pytest.raises(
        PipelineError, match="file.npz: no such file; .* dvc repro train"
    ):
        read_arrays(path, made_by="train")


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "pickle"])
def test_a_damaged_file_is_named(path, damage):
    content = path.read_bytes()
    if damage == "pickle":
        np.savez(path, a=np.array([object()]))
    else:
        middle = content.index(b"\x93NUMPY") + 130
        flipped = content[:middle] + b"\xff" + content[middle + 1 :]
        path.write_bytes(
            {"cut": content[:-90], "flipped": flipped, "empty": b""}[damage]
        )
    with pytest.raises(PipelineError, match=r"file.npz: damaged \(.*dvc repro train"):
        read_arrays(path, made_by="train")


def test_a_missing_array_is_named(path):
    with pytest.raises(PipelineError, match=r"damaged \(no array c\); make it with"):
        read_arrays(path, "a", "c", made_by="train")


def test_another_format_is_named(path):
    np.save(path.with_suffix(""), np.ones(3))
    path.with_suffix(".npy").replace(path)
    with pytest.raises(PipelineError, match=r"damaged \(not an .npz file\)"):
        read_arrays(path, made_by="train")
