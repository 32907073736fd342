"""Verification of files, plain or as .gz, by their SHA-256."""

import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzzing import fuzz, mutations
from local_server import CONTENTS, FILES, FIRST, PACKED, tiny_dataset
from vae.data.catalog import DATASETS
from vae.data.verification import SourceError, sha256, verified

FILE = FILES[0]
PLAIN, PACK = CONTENTS[FILE.name], PACKED[FIRST]


# A time stamp would change the test's name between processes.
@pytest.mark.parametrize("content", [PLAIN, PACK, gzip.compress(PLAIN, 1, mtime=0)])
def test_a_file_is_recognized_by_its_content(monkeypatch, content):
    assert verified(FILE, content) == PLAIN
    monkeypatch.setitem(DATASETS, "fashion_mnist", tiny_dataset("fashion_mnist"))
    message = "of Fashion-MNIST's train-images-idx3-ubyte, expected ba891046e65"
    with pytest.raises(SourceError, match=message):
        verified(DATASETS["mnist"].files[0], content)


@pytest.mark.parametrize("content", [PLAIN[:-1], PLAIN + b"x", b"x", bytes(2**16)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_error_for_other_content_has_its_hash(content, pack):
    with pytest.raises(SourceError) as error:
        verified(FILE, pack(content))
    received = sha256(content[: FILE.size + 1] if pack is not bytes else content)
    message = f"{FILE.name}: SHA-256 {received}, expected {FILE.sha256}"
    assert str(error.value) == message


def test_a_damaged_gz_gives_an_error():
    with pytest.raises(SourceError, match=f"^{FILE.name}.gz: Error -3 while decompr"):
        verified(FILE, PACK[:10] + b"\xff" * 40)


GZ = gzip.compress(b"content", mtime=0)


@fuzz
@given(mutations(GZ) | st.binary().map(GZ[:10].__add__))
@example(GZ)
def test_any_content_is_correct_or_refused_in_one_line(content):
    file = FILE._replace(size=7, sha256=sha256(b"content"))
    try:
        assert verified(file, content) == b"content"
    except SourceError as error:
        assert str(error).startswith(file.name)
        assert len(str(error).splitlines()) == 1
        assert content != GZ
