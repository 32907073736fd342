"""Errors about files; a bug in a reader is not reported as damage."""

import pytest

from vae.pipeline.errors import PipelineError, printable, readable


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("x"), r"damaged \('x'\)"),
        (KeyError(), r"damaged \(KeyError\)"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "a\n \tb "), r"damaged \(.* a b\)"),
    ],
)
def test_an_unreadable_file_is_named_with_the_stage_that_makes_it(
    tmp_path, error, message
):
    expected = rf"^{tmp_path}/x: {message}; make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=expected):
        with readable(tmp_path / "x", KeyError, ValueError, made_by="train"):
            raise error


def test_a_bug_in_a_reader_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError):
        with readable(tmp_path / "x", KeyError, made_by="train"):
            raise ZeroDivisionError


def test_control_characters_are_escaped():
    text = "a b é 数\x1b[2J\r\n\x9b\u202e\udcff"
    assert printable(text) == r"a b é 数\x1b[2J\r\n\x9b\u202e\udcff"
