"""Entries of the catalog, without access to the files."""

from pathlib import Path

import pytest

from vae.data import catalog
from vae.data.catalog import DATASETS, choose_dataset, read_catalog
from vae.pipeline.errors import PipelineError


@pytest.mark.parametrize("name", DATASETS)
def test_each_entry_is_complete(name):
    dataset = choose_dataset(name)
    assert dataset.num_training_images == 60_000
    train, train_labels, test, test_labels = (file.size for file in dataset.files)
    assert train == 16 + (train_labels - 8) * 28 * 28
    assert test == 16 + (test_labels - 8) * 28 * 28
    assert len(set(dataset.classes)) == len(dataset.classes) == 10
    assert dataset.title and dataset.license and dataset.citation
    assert dataset.mirrors


def test_no_two_files_have_the_same_hash():
    files = [file for dataset in DATASETS.values() for file in dataset.files]
    hashes = [digest for file in files for digest in (file.sha256, file.gz_sha256)]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: M", "tilte: M", "mnist.title: received {.*; Field required"),
        ("gz_sizes: [9_912_422, ", "gz_sizes: [", "mnist.gz_sizes: .* at least 4"),
        ("https://o", "http://o", "mnist.mirrors.0: received 'http:.* pattern"),
        ("mnist:", "mnist: [", "not YAML: "),
    ],
)
def test_a_mistake_in_an_entry_is_named(tmp_path, old, new, message):
    path = tmp_path / "catalog.yaml"
    content = Path(catalog.__file__).with_suffix(".yaml").read_text()
    path.write_text(content.replace(old, new))
    with pytest.raises(PipelineError, match=rf"^{path}: {message}.*\Z"):
        read_catalog(path)


def test_the_error_for_an_unknown_dataset_lists_all_datasets():
    message = (
        "dataset: received 'emnist'; allowed: mnist, fashion_mnist, sprites or own$"
    )
    with pytest.raises(PipelineError, match=message):
        choose_dataset("emnist")
