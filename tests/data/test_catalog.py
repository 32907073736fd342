"""Entries of the catalog, without access to the files."""

import pytest

from vae.data.catalog import DATASETS, choose_dataset
from vae.pipeline.errors import PipelineError


def test_each_entry_is_complete():
    hashes = [digest for dataset in DATASETS.values() for digest in dataset.sha256]
    assert len({*hashes}) == len(hashes) == 4 * len(DATASETS)
    for dataset in DATASETS.values():
        assert len({*dataset.classes}) == 10
        assert all(url.endswith("/") for url in dataset.mirrors)


def test_the_error_for_an_unknown_dataset_lists_all_datasets():
    message = (
        "dataset: received 'emnist'; allowed: mnist, fashion_mnist, sprites or own$"
    )
    with pytest.raises(PipelineError, match=message):
        choose_dataset("emnist")
