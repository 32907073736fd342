"""The forms of users' files, and one-line errors for bad ones."""

import gzip
import io
import os
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from conftest import TINY
from vae.data.idx import format_idx
from vae.data.own import read_own
from vae.pipeline.errors import PipelineError
from vae.pipeline.schema import Download

RAW = Path("data/raw")
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(256, size=(12, 6, 4), dtype=np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 3


@pytest.fixture(autouse=True)
def raw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RAW.mkdir(parents=True)
    (RAW / "README.md").write_text("Put your own images here")
    (RAW / ".DS_Store").write_bytes(b"\0")


def read(**changes):
    """Read the files and check that they are as they were."""
    files = {path: path.read_bytes() for path in RAW.rglob("*") if path.is_file()}
    try:
        return read_own(RAW, Download(**(TINY["download"] | changes)))
    finally:
        after = {path: path.read_bytes() for path in RAW.rglob("*") if path.is_file()}
        assert after == files


def save(name, pixels=IMAGES[0], **options):
    path = RAW / name
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(path, **options)


def save_folders(*splits, classes=("",)):
    for split in splits:
        for i, image in enumerate(IMAGES):
            save(f"{split}/{classes[i % len(classes)]}/{i}.png", image)


@pytest.mark.parametrize(
    ("images", "labels", "test", "packed"),
    [
        (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-{}-idx{}-ubyte",
            0,
        ),
        (
            "train-images.idx3-ubyte",
            "train-labels.idx1-ubyte",
            "test-{}.idx{}-ubyte",
            0,
        ),
        (
            "emnist-digits-train-images-idx3-ubyte.gz",
            "emnist-digits-train-labels-idx1-ubyte.gz",
            "emnist-digits-test-{}-idx{}-ubyte.gz",
            1,
        ),
    ],
)
def test_idx_files_of_several_names_are_read(images, labels, test, packed):
    names = images, labels, test.format("images", 3), test.format("labels", 1)
    arrays = IMAGES, LABELS, IMAGES[::-1], LABELS[::-1]
    for name, array in zip(names, arrays, strict=True):
        content = format_idx(np.ascontiguousarray(array))
        (RAW / name).write_bytes(gzip.compress(content) if packed else content)
    *received, classes = read().values()
    for array, expected in zip(received, arrays, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert classes.tolist() == ["0", "1", "2"]
    transposed = read(transposed=True)["train_images"]
    np.testing.assert_array_equal(transposed, IMAGES.swapaxes(1, 2))


def test_an_npz_is_read_with_its_class_names():
    names = np.array(["cat", "dog", "eel"])
    np.savez(RAW / "a.npz", train_images=IMAGES / 255, train_labels=LABELS[:, None])
    assert read()["class_names"].tolist() == ["0", "1", "2"]
    arrays = {"train_images": IMAGES, "train_labels": LABELS, "class_names": names}
    np.savez_compressed(RAW / "a.npz", **arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read()[name], array)


def test_texts_of_binary_images_are_read_and_validation_images_are_last():
    images = RNG.integers(2, size=(30, 9))
    parts = {"train": images[:10], "valid": images[10:20], "test": images[20:]}
    for split, rows in parts.items():
        np.savetxt(RAW / f"binarized_mnist_{split}.amat", rows, "%d")
    expected = 255 * images.reshape(30, 3, 3)
    np.testing.assert_array_equal(read()["train_images"], expected[:20])
    np.testing.assert_array_equal(read()["test_images"], expected[20:])


def test_pictures_in_folders_have_the_classes_of_their_folders():
    save_folders("train", "test", classes=("b", "a/x", "c"))
    arrays = read()
    assert arrays["class_names"].tolist() == ["a/x", "b", "c"]
    for split in ("train", "test"):
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        sources = [np.flatnonzero((x == IMAGES).all(axis=(1, 2)))[0] for x in images]
        assert sorted(sources) == list(range(12)) != sources  # mixed
        np.testing.assert_array_equal(labels, np.take([1, 0, 2], np.mod(sources, 3)))


def test_pictures_without_classes_have_no_labels():
    save_folders("train")
    arrays = read()
    assert len(arrays["class_names"]) == len(arrays["test_images"]) == 0
    assert not arrays["train_labels"].any()


def test_a_picture_does_not_change_the_order_of_the_others():
    save_folders("train")
    before = read()["train_images"]
    save("train/new.png", np.zeros((6, 4), np.uint8))
    after = read()["train_images"]
    np.testing.assert_array_equal(after[after.any(axis=(1, 2))], before)


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("L", {}),
        ("RGB", {}),
        ("RGBA", {}),
        ("P", {}),
        ("I;16", {}),
        ("CMYK", {"format": "TIFF"}),
        ("L", {"format": "PPM"}),
    ],
)
def test_gray_pictures_of_any_mode_have_their_pixels(mode, options):
    if mode == "I;16":
        picture = Image.fromarray(np.uint16(257) * IMAGES[0])
    elif mode == "P":
        picture = Image.fromarray(IMAGES[0]).convert("P")
    else:
        picture = Image.fromarray(IMAGES[0]).convert("RGB").convert(mode)
    save("train/a.png", picture, **options)
    save("train/b.png", IMAGES[1])
    images = read()["train_images"]
    assert (images == IMAGES[0]).all(axis=(1, 2)).sum() == 1


def test_the_orientation_of_a_photograph_is_that_of_its_exif_data():
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise
    save("train/a.png", np.rot90(IMAGES[0]), exif=exif)
    save("train/b.png", IMAGES[1])
    images = read()["train_images"]
    assert (images == IMAGES[0]).all(axis=(1, 2)).sum() == 1


def test_colors_and_sizes_are_converted_if_the_user_wants():
    save("train/a.png", RNG.integers(256, size=(9, 9, 3), dtype=np.uint8))
    save("train/b.png", IMAGES[1])
    assert read(color="gray", size=[5, 4])["train_images"].shape == (2, 5, 4)


def bomb():
    content = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(content, "PNG")
    (RAW / "train").mkdir()
    (RAW / "train/a.png").write_bytes(content.getvalue())


def put(name, content=b"no image"):
    (RAW / name).parent.mkdir(exist_ok=True)
    (RAW / name).write_bytes(content)


def png(pixels=IMAGES[0]):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def save_arrays(**arrays):
    np.savez(RAW / "a.npz", **({"train_images": IMAGES} | arrays))


def save_member(content):
    with ZipFile(RAW / "a.npz", "w") as archive:
        archive.writestr("train_images.npy", content)


FRAMES = {"save_all": True, "append_images": [Image.fromarray(IMAGES[1])]}
CLEAR = np.zeros((6, 4, 4), np.uint8)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, ": received no file of yours; expected IDX files, one .npz"),
        (lambda: put("notes.txt"), ": received notes.txt; expected IDX files, one"),
        (lambda: (put("a.npz"), save("train/a.png")), ": received a.npz, train; "),
        (lambda: put("train-images-idx3-ubyte"), "/train-images-idx3-ubyte: IDX magic"),
        (lambda: put("train-images-idx3-ubyte.gz", b"\x1f\x8b!"), "/train-images-idx3"),
        (
            lambda: [
                put(f"train-labels{sign}idx1-ubyte", format_idx(LABELS))
                for sign in ".-"
            ],
            "/train-labels.idx1-ubyte: a second file of train_labels; leave one out",
        ),
        (
            lambda: [put("train-images-idx3-ubyte"), put("a-train-labels-idx1-ubyte")],
            ": received files of several datasets, whose names begin differently",
        ),
        (lambda: put("a.npz"), "/a.npz: not an .npz; write it with numpy.savez"),
        (lambda: os.mkfifo(RAW / "a.npz"), "/a.npz: expected a file"),
        (lambda: save_member(b"no array"), "/a.npz: train_images: damaged, or of Pyth"),
        (lambda: [put("a.npz"), put("b.npz")], "/b.npz: a second .npz; leave one out"),
        (
            lambda: save_arrays(train_images=np.array([{}])),
            "/a.npz: train_images: damaged, or",
        ),
        (lambda: save_arrays(val_images=IMAGES), "/a.npz: received the array val_im"),
        (lambda: save_arrays(train_images=IMAGES[0]), "/a.npz: received images of sha"),
        (lambda: save_arrays(train_labels=LABELS + 1), ": received labels from 1 to 3"),
        (
            lambda: save_arrays(
                train_labels=LABELS, class_names=np.array(["a", "b", "\ud800"])
            ),
            ": class_names: expected printable characters",
        ),
        (
            lambda: put("train.amat", b"0 1\n"),
            "/train.amat: row 1: expected as many di",
        ),
        (lambda: put("valid.amat", b"0 1 1 0\n" * 20), ": no training images"),
        (
            lambda: [put(f"{x}_train.amat", b"0 1 1 0\n") for x in "ab"],
            "/b_train.amat: a second file of train; leave one out",
        ),
        (
            lambda: put("train.amat", b"0 1 1 0\n2 0 0 0"),
            "/train.amat: row 2: expected as",
        ),
        (lambda: put("test.amat", b"0 1 1 0\n" * 20), ": no training images"),
        (lambda: (RAW / "train").mkdir(), "/train: received no pictures"),
        (lambda: put("train"), "/train: expected a folder"),
        (
            lambda: put("train/\udce9.png"),
            r"/train: received the name '.udce9.png'; ren",
        ),
        (lambda: put("train/a.png"), "/train/a.png: not a readable picture"),
        (
            lambda: put("train/a.png", png()[:60]),
            "/train/a.png: not a readable picture",
        ),
        (bomb, "/train/a.png: not a readable picture .*decompression bomb"),
        (lambda: save("train/a.gif", **FRAMES), "/train/a.gif: .*several frames"),
        (lambda: save("train/a.png", CLEAR), "/train/a.png: received transparent"),
        (lambda: save("train/a.tif", IMAGES[0].astype("f4")), "/train/a.tif: .*mode F"),
        (
            lambda: save("train/a.png", CLEAR[..., :3] + np.uint8([9, 0, 0])),
            "/train/a.png: received colors; to convert them, set download.color: gray",
        ),
        (
            lambda: [save("train/x/a.png"), save("train/x/A.png")],
            "/train/x/a.png: differs from x/A.png only in case; rename one",
        ),
        (
            lambda: [save("train/a.png"), save("train/b/a.png")],
            ": a picture in no class, but another in b; use folders for all or none",
        ),
        (
            lambda: [save("train/a.png"), save("train/b.png", IMAGES[0].T)],
            "/train/.*png: received . x . pixels, expected .* set download.size: .hei",
        ),
        (
            lambda: [save(f"train/{i}.png") for i in range(12)],
            ": received 12 training i",
        ),
    ],
)
def test_unusable_files_are_named_in_one_line(make, message):
    make()
    with pytest.raises(PipelineError, match=rf"\Adata/raw{message}[^\n]*\Z"):
        read()
