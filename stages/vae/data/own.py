"""The user's own images, from files of one of four forms; docs/data.md describes them.

Each form gives arrays with the names that they have in an .npz: `train_images`, and as
far as the files have them `test_images`, `train_labels`, `test_labels`, `class_names`.
An .npz may also have true factors.
"""

import gzip
import hashlib
import math
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import is_zipfile

import numpy as np

from vae.data.factors import FACTOR_ARRAYS
from vae.data.idx import parse_idx
from vae.data.images import ARRAYS, Arrays, complete, convert_images
from vae.data.pictures import read_gray
from vae.pipeline.arrays import DAMAGE
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.progress import progress_bar
from vae.pipeline.schema import Download

IDX = r"(?:^|-)(train|t10k|test)-(images|labels)[-.]idx\d-ubyte(?:\.gz)?$"
NPZ = r"\.npz$"
AMAT = r"(?:^|_)(train|valid|test)\.amat$"
FOLDERS = r"^(?:train|test)$"
UNUSABLE = (*DAMAGE, MemoryError, OSError, zlib.error)


def read_own(folder: Path, settings: Download) -> Arrays:
    """Read the user's images and labels; no file is changed.

    Returns:
        The arrays of `images.complete`, by name.

    Raises:
        PipelineError: a file is unusable; the message names it.
    """
    files = folder.glob("[!.]*")  # not hidden
    paths = sorted(p for p in files if p.name != "README.md" and p.suffix != ".dvc")
    readers = {IDX: read_idx, NPZ: read_npz, AMAT: read_amat, FOLDERS: read_folders}
    for form, read in readers.items():
        if paths and all(re.search(form, path.name) for path in paths):
            arrays = read(paths, settings)
            with blame(folder):
                return complete(arrays)
    received = ", ".join(path.name for path in paths[:5]) or "no file of yours"
    raise PipelineError(
        f"{folder}: received {received}; expected IDX files, one .npz, .amat files, or "
        "the folders train and test, and no other file; docs/data.md describes them"
    )


@contextmanager
def blame(path: Path) -> Iterator[None]:
    """Raise PipelineError with this path for the errors of an unusable file."""
    try:
        yield
    except UNUSABLE as error:
        raise PipelineError(f"{path}: {one_line(error)}") from None


def require_one_dataset(paths: list[Path], form: str) -> None:
    """Raise PipelineError unless the names of all files begin alike."""
    if len({re.sub(form, "", path.name) for path in paths}) > 1:
        problem = "files of several datasets, whose names begin differently"
        raise PipelineError(f"{paths[0].parent}: received {problem}")


def read_idx(paths: list[Path], settings: Download) -> Arrays:
    """Read IDX files, plain or as .gz."""
    require_one_dataset(paths, IDX)
    arrays: Arrays = {}
    for path in paths:
        name = "_".join(re.findall(IDX, path.name)[0]).replace("t10k", "test")
        with blame(path):
            if name in arrays:
                raise ValueError(f"a second file of {name}; leave one out")
            content = path.read_bytes()
            if content.startswith(b"\x1f\x8b"):
                content = gzip.decompress(content)
            arrays[name] = convert(name, parse_idx(content), settings)
    return arrays


def read_npz(paths: list[Path], settings: Download) -> Arrays:
    """Read an .npz; pickled objects are refused."""
    with blame(paths[-1]):
        if len(paths) > 1:
            raise ValueError("a second .npz; leave one out")
        if not is_zipfile(paths[0]):
            raise ValueError("not an .npz; write it with numpy.savez")
        with np.load(paths[0], allow_pickle=False) as archive:
            known = (*ARRAYS, *FACTOR_ARRAYS)
            if unknown := {*archive} - {*known}:
                expected = f"expected no others than {', '.join(known)}"
                raise ValueError(f"received the array {min(unknown)}, {expected}")
            return {name: convert(name, archive[name], settings) for name in archive}


def read_amat(paths: list[Path], settings: Download) -> Arrays:
    """Read texts of 0 and 1 with an image per row; images of `valid` end the training.

    Source: Larochelle and Murray (2011), whose files of binarized MNIST have this form.
    """
    require_one_dataset(paths, AMAT)
    splits: dict[str, list[np.ndarray]] = {"train": [], "test": []}
    for path in sorted(paths, key=lambda path: "valid" in path.name):
        split = re.findall(AMAT, path.name)[0].replace("valid", "train")
        with blame(path):
            rows = np.loadtxt(path, np.uint8, ndmin=2)
            side = math.isqrt(rows.shape[1])
            if side**2 != rows.shape[1] or rows.max(initial=0) > 1:
                raise ValueError("expected rows of 0 and 1, as many as a square has")
            images = rows.astype(bool).reshape(-1, side, side)
            splits[split].append(convert("images", images, settings))
    with blame(paths[0].parent):
        return {f"{x}_images": np.concatenate(y) for x, y in splits.items() if y}


def convert(name: str, array: np.ndarray, settings: Download) -> np.ndarray:
    """Convert an array of images; return any other array."""
    return convert_images(array, settings) if name.endswith("images") else array


def read_folders(paths: list[Path], settings: Download) -> Arrays:
    """Read the pictures in folders; a picture's class is named after its folder.

    The order of the pictures is that of the SHA-256 of their paths, so that the last
    ones, which are held out for validation, are of all classes.
    """
    arrays: Arrays = {}
    classes: dict[str, list[str]] = {}
    for folder in paths:
        names = list_pictures(folder)
        names.sort(key=lambda name: hashlib.sha256(os.fsencode(name)).digest())
        arrays[f"{folder.name}_images"] = read_pictures(folder, names, settings)
        classes[folder.name] = [str(Path(name).parent) for name in names]
    names = sorted({name for split in classes.values() for name in split})
    if names == ["."]:
        return arrays
    if "." in names:
        problem = f"a picture in no class, but another in {names[1]}"
        raise PipelineError(
            f"{paths[0].parent}: {problem}; use folders for all or none"
        )
    index = {name: i for i, name in enumerate(names)}
    for split, each in classes.items():
        arrays[f"{split}_labels"] = np.array([index[name] for name in each])
    return arrays | {"class_names": np.array(names)}


def list_pictures(folder: Path) -> list[str]:
    """Return the paths of all files within a folder that are not hidden."""

    def fail(error: OSError) -> None:  # an unreadable folder, or a loop of links
        raise error

    with blame(folder):
        names = [
            (Path(place) / name).relative_to(folder).as_posix()
            for place, _, files in os.walk(folder, onerror=fail, followlinks=True)
            for name in files
        ]
        names = [name for name in names if not re.search(r"(^|/)\.", name)]
        if not names:
            raise ValueError("received no pictures, expected a folder of them")
    return names


def read_pictures(folder: Path, names: list[str], settings: Download) -> np.ndarray:
    """Read pictures, which must be of one size unless the user wants them scaled."""
    images: list[np.ndarray] = []
    with progress_bar(f"pictures in {folder}", len(names)) as bar:
        for name in names:
            with blame(folder / name):
                pixels = read_gray(folder / name, settings.color)
                images += [*convert_images(pixels[None], settings)]
            (height, width), (first, other) = images[-1].shape, images[0].shape
            if (height, width) != (first, other):
                raise PipelineError(
                    f"{folder / name}: received {height} x {width} pixels, expected "
                    f"{first} x {other} as in {names[0]}; to scale all pictures, set "
                    f"download.size: [height, width]"
                )
            bar.update()
    return np.stack(images)
