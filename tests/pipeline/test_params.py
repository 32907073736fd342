"""The file `params.yaml`; `test_check.py` has limits by the number of images."""

from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import parse_yaml
from hypothesis import example, given

from conftest import TINY
from fuzzing import fuzz, mutations
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import read_params
from vae.pipeline.schema import Params

TEXT = yaml.safe_dump(TINY, sort_keys=False)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(text):
    Path("params.yaml").write_text(text)
    return read_params()


@pytest.mark.parametrize("text", ["010", "0o12", "1:30", "yes"])
def test_a_value_has_the_type_that_dvc_reads(text):
    """PyYAML reads YAML 1.1, whose numbers differ from those of DVC's YAML 1.2."""
    content = TEXT.replace("  epochs: 2\n", f"  epochs: {text}\n")
    expected = parse_yaml(content, "params.yaml")["train"]["epochs"]
    if isinstance(expected, int):
        assert read(content).train.epochs == expected
    else:
        with pytest.raises(PipelineError, match="train.epochs: received"):
            read(content)


def test_missing_keys_and_sections_are_named():
    text = TEXT.replace("evaluate:\n", "extra:\n").replace("  beta: 1.0\n", "")
    with pytest.raises(PipelineError) as error:
        read(text)
    assert str(error.value).splitlines() == [
        "params.yaml: train.beta: missing; give it a value",
        "params.yaml: evaluate: missing; give it a value",
        "params.yaml: extra: unknown; allowed here: download, preprocess, model, "
        "train, evaluate",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("train: [", "not YAML: while parsing"),
        ("[" * 1000, "not YAML: maximum recursion depth exceeded"),
        ("# only a comment", "empty; restore it with: git checkout HEAD params.yaml"),
        ("- 1", "the file: received [1]; Input should be"),
    ],
)
def test_other_content_than_a_mapping_is_refused(content, message):
    with pytest.raises(PipelineError) as error:
        read(content)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"params.yaml: {message}")


def test_the_committed_file_is_valid_and_a_missing_file_is_named(pytestconfig):
    read_params(pytestconfig.rootpath / "params.yaml")
    with pytest.raises(PipelineError, match=r"^params.yaml: no such file; run from"):
        read_params()


@fuzz
@given(mutations(TEXT.encode()))
@example(b"2001-99-99")
def test_any_text_is_valid_or_refused(text):
    Path("params.yaml").write_bytes(text)
    try:
        params = read_params()
    except PipelineError as error:
        for line in str(error).splitlines():
            assert line.startswith("params.yaml: ") and len(line) < 4000, line
    else:
        assert Params.model_validate(params.model_dump()) == params
