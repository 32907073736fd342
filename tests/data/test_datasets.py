"""What is known of each dataset, and that no file is taken for another."""

import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzzing import fuzz, mutations
from local_server import CONTENTS, FILES, FIRST, PACKED, sha256, tiny_dataset
from vae.data import datasets
from vae.data.datasets import DATASETS, choose_dataset, prove
from vae.data.sources import SourceError
from vae.pipeline.errors import PipelineError

FILE = FILES[0]
PLAIN, PACK = CONTENTS[FILE.name], PACKED[FIRST]
# Without the time, which would give a test another name in each process.
REPACKED, WRONG_PACK = (gzip.compress(c, 1, mtime=0) for c in (PLAIN, b"x"))
UNKNOWN = FILE._replace(sha256=None)  # but as .gz


@pytest.mark.parametrize("name", DATASETS)
def test_an_entry_is_whole(name):
    dataset = DATASETS[name]
    train, train_labels, test, test_labels = (file.size for file in dataset.files)
    assert train == 16 + (train_labels - 8) * dataset.num_pixels
    assert test == 16 + (test_labels - 8) * dataset.num_pixels
    assert [file.name for file in dataset.files] == list(CONTENTS)
    assert 1 < len(set(dataset.classes)) == len(dataset.classes)
    assert dataset.title and dataset.licence and dataset.citation
    assert dataset.mirrors
    assert all(url.startswith("https://") and url[-1] == "/" for url in dataset.mirrors)


def test_mnist_has_60_000_images_of_28_by_28_pixels():
    dataset = DATASETS["mnist"]
    assert dataset.num_training_images == 60_000 and dataset.num_pixels == 28 * 28
    assert dataset.classes[7] == "7"


def test_no_two_files_have_the_same_hash():
    files = [file for dataset in DATASETS.values() for file in dataset.files]
    hashes = [h for file in files for h in (file.sha256, file.gz_sha256) if h]
    assert len(set(hashes)) == len(hashes)
    assert all(len(h) == 64 and int(h, 16) for h in hashes)


def test_an_unknown_dataset_is_refused_with_those_that_there_are():
    assert choose_dataset("kmnist") is DATASETS["kmnist"]
    message = "dataset: received 'emnist'; allowed: mnist, fashion_mnist, kmnist$"
    with pytest.raises(PipelineError, match=message):
        choose_dataset("emnist")


@pytest.mark.parametrize("content", [PLAIN, PACK, REPACKED])
def test_a_right_file_is_what_is_in_it(content):
    assert prove(FILE, content) == PLAIN


@pytest.mark.parametrize("content", [PLAIN[:-1], PLAIN + b"x", WRONG_PACK])
def test_another_content_is_named_by_its_hash(content):
    found = gzip.decompress(content) if content[:1] == b"\x1f" else content
    with pytest.raises(SourceError) as error:
        prove(FILE, content)
    hashes = f"SHA-256 {sha256(found)}, expected {FILE.sha256}"
    assert str(error.value) == f"{FILE.name}: {hashes}"


def test_where_the_packed_hash_alone_is_known_it_decides():
    assert prove(UNKNOWN, PACK) == PLAIN
    for content in (PLAIN, REPACKED):
        with pytest.raises(SourceError) as error:
            prove(UNKNOWN, content)
        message = f"expected {FILE.gz_sha256} of the .gz, the only one known"
        assert str(error.value).endswith(message)


@pytest.mark.parametrize("content", [PLAIN, PACK, REPACKED])
def test_a_file_of_another_dataset_is_said_to_be_its(monkeypatch, content):
    monkeypatch.setattr(
        datasets, "DATASETS", DATASETS | {"kmnist": tiny_dataset("fashion_mnist")}
    )
    message = "that of Fashion-MNIST's train-images-idx3-ubyte, expected ba891046e65"
    with pytest.raises(SourceError, match=message):
        prove(DATASETS["mnist"].files[0], content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACK[:40], "Compressed file ended"),
        (PACK[:10] + b"\xff" * 40, "Error -3 while decompressing"),
    ],
)
def test_a_damaged_gz_is_named(content, reason):
    with pytest.raises(SourceError, match=f"^{FILE.name}.gz: .*{reason}"):
        prove(FILE, content)


def test_bytes_beyond_the_size_are_not_unpacked():
    file = FILE._replace(size=1000)
    with pytest.raises(SourceError, match=sha256(bytes(1001))):
        prove(file, gzip.compress(bytes(2**24)))


GZ = gzip.compress(b"content", mtime=0)


@fuzz
@given(st.binary(max_size=64) | mutations(GZ) | st.binary().map(GZ[:10].__add__))
@example(GZ)
def test_any_content_is_refused_in_one_line_or_right(content):
    file = FILE._replace(size=7, sha256=sha256(b"content"))
    try:
        assert prove(file, content) == b"content"
    except SourceError as error:
        assert str(error).startswith(file.name)
        assert len(str(error).splitlines()) == 1
        assert content != GZ
