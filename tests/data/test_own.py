"""The forms of users' files, and one-line errors for bad ones."""

import gzip
from pathlib import Path

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
    for name in (".DS_Store", "train.dvc"):
        (RAW / name).write_bytes(b"\0")


def read(**changes):
    return read_own(RAW, Download(**(TINY["download"] | changes)))


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
    ("train", "test"),
    [
        ("train-{}-idx{}-ubyte", "t10k-{}-idx{}-ubyte"),
        ("train-{}.idx{}-ubyte", "test-{}.idx{}-ubyte"),
        ("emnist-digits-train-{}-idx{}-ubyte.gz", "emnist-digits-test-{}-idx{}-ubyte"),
    ],
)
def test_idx_files_of_several_names_are_read(train, test):
    kinds = (("images", 3), ("labels", 1))
    names = [name.format(*kind) for name in (train, test) for kind in kinds]
    arrays = IMAGES, LABELS, IMAGES[::-1], LABELS[::-1]
    for name, array in zip(names, arrays, strict=True):
        content = format_idx(array)
        packed = gzip.compress(content) if name.endswith(".gz") else content
        (RAW / name).write_bytes(packed)
    *received, classes = read().values()
    for array, expected in zip(received, arrays, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert classes.tolist() == ["0", "1", "2"]
    transposed = read(transposed=True)["train_images"]
    np.testing.assert_array_equal(transposed, IMAGES.swapaxes(1, 2))


def test_an_npz_is_read_with_its_class_names():
    names = np.array(["cat", "dog", "eel"])
    arrays = {"train_images": IMAGES, "train_labels": LABELS, "class_names": names}
    np.savez_compressed(RAW / "a.npz", **arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read()[name], array)


def test_texts_of_digits_are_read_and_those_of_valid_end_the_training():
    rows = {name: RNG.integers(2, size=(10, 9)) for name in ("valid", "train", "test")}
    for name, digits in rows.items():
        np.savetxt(RAW / f"binarized_mnist_{name}.amat", digits, "%d")
    arrays = read()
    train = 255 * np.concatenate([rows["train"], rows["valid"]]).reshape(20, 3, 3)
    np.testing.assert_array_equal(arrays["train_images"], train)
    test = 255 * rows["test"].reshape(10, 3, 3)
    np.testing.assert_array_equal(arrays["test_images"], test)


def test_pictures_in_folders_have_the_classes_of_their_folders():
    save_folders("train", "test", classes=("b", "a/x", "c"))
    arrays = read()
    assert arrays["class_names"].tolist() == ["a/x", "b", "c"]
    for split in ("train", "test"):
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        sources = [np.flatnonzero((x == IMAGES).all(axis=(1, 2)))[0] for x in images]
        assert sorted(sources) == list(range(12)) != sources  # mixed
        np.testing.assert_array_equal(labels, np.take([1, 0, 2], np.mod(sources, 3)))


def test_a_picture_does_not_change_the_order_of_the_others():
    save_folders("train")
    before = read()
    assert len(before["class_names"]) == len(before["test_images"]) == 0
    order = [6, 0, 8, 7, 2, 11, 10, 1, 4, 3, 9, 5]  # of the SHA-256 of their names
    np.testing.assert_array_equal(before["train_images"], IMAGES[order])
    save("train/new.png", np.zeros((6, 4), np.uint8))
    after = read()["train_images"]
    np.testing.assert_array_equal(after[after.any(axis=(1, 2))], before["train_images"])


EXIF = Image.Exif()
EXIF[0x0112] = 6  # rotate by 90 degrees clockwise
GRAY = Image.fromarray(IMAGES[0])


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (GRAY.convert("RGBA"), {}),
        (GRAY.convert("P"), {}),
        (GRAY.convert("RGB").convert("CMYK"), {"format": "TIFF"}),
        (np.uint16(257) * IMAGES[0], {}),
        (np.rot90(IMAGES[0]), {"exif": EXIF}),
    ],
)
def test_gray_pictures_of_any_mode_have_their_pixels(picture, options):
    save("train/a.png", picture, **options)
    save("train/b.png", IMAGES[1])
    images = read()["train_images"]
    assert (images == IMAGES[0]).all(axis=(1, 2)).sum() == 1


def test_colors_and_sizes_are_converted_if_the_user_wants():
    save("train/a.png", RNG.integers(256, size=(9, 9, 3), dtype=np.uint8))
    save("train/b.png", IMAGES[1])
    assert read(color="gray", size=[5, 4])["train_images"].shape == (2, 5, 4)


def put(name, content=b"no image"):
    (RAW / name).parent.mkdir(exist_ok=True)
    (RAW / name).write_bytes(content)


def save_arrays(**arrays):
    np.savez(RAW / "a.npz", **({"train_images": IMAGES} | arrays))


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
                put(f"train-labels{x}idx1-ubyte", format_idx(LABELS)) for x in ".-"
            ],
            "/train-labels.idx1-ubyte: a second file of train_labels; leave one out",
        ),
        (
            lambda: [put(f"{x}-train-labels-idx1-ubyte") for x in "ab"],
            ": received files of several datasets, whose names begin differently",
        ),
        (
            lambda: [put(f"{x}_train.amat", b"0 1 1 0\n") for x in "ab"],
            ": received files of several datasets, whose names begin differently",
        ),
        (lambda: put("train.amat", b"0 1\n"), "/train.amat: expected rows of 0 and 1"),
        (lambda: put("test.amat", b"0 2 0 0\n"), "/test.amat: expected rows of 0 and"),
        (
            lambda: [(RAW / "train").mkdir(), (RAW / "train/x").symlink_to(".")],
            "/train/x/x.*Too many levels of symbolic links",
        ),
        (lambda: put("a.npz"), "/a.npz: not an .npz; write it with numpy.savez"),
        (lambda: [put("a.npz"), put("b.npz")], "/b.npz: a second .npz; leave one out"),
        (lambda: save_arrays(train_images=np.array([{}])), "/a.npz: Object arrays can"),
        (lambda: save_arrays(val_images=IMAGES), "/a.npz: received the array val_im"),
        (lambda: save_arrays(train_images=IMAGES[0]), "/a.npz: received images of sha"),
        (lambda: save_arrays(train_labels=LABELS + 1), ": received labels from 1 to 3"),
        (lambda: (RAW / "train").mkdir(), "/train: received no pictures"),
        (lambda: save("train/a.png", IMAGES[0] % 2), "/train/a.png: received "),
        (lambda: put("train/a.png"), "/train/a.png: not a readable picture"),
        (lambda: save("train/a.gif", **FRAMES), "/train/a.gif: .*several frames"),
        (lambda: save("train/a.png", CLEAR), "/train/a.png: received transparent"),
        (lambda: save("train/a.tif", IMAGES[0].astype("f4")), "/train/a.tif: .*mode F"),
        (
            lambda: save("train/a.png", CLEAR[..., :3] + np.uint8([9, 0, 0])),
            "/train/a.png: received colors; to convert them, set download.color: gray",
        ),
        (
            lambda: [save("train/a.png"), save("train/b/a.png")],
            ": a picture in no class, but another in b; use folders for all or none",
        ),
        (
            lambda: [save("train/a.png"), save("train/b.png", IMAGES[0].T)],
            "/train/.*png: received . x . pixels, expected .* set download.size: .hei",
        ),
    ],
)
def test_unusable_files_are_named_in_one_line(make, message):
    make()
    with pytest.raises(PipelineError, match=rf"\Adata/raw{message}[^\n]*\Z"):
        read()
