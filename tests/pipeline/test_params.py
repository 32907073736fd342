"""The file `params.yaml`; `test_check.py` has limits by the number of images."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from dvc.utils.serialize import parse_yaml

from conftest import TINY
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
        ("2001-99-99", "not YAML: month must be in 1..12"),
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


@pytest.mark.parametrize("seed", range(50))
def test_any_text_is_valid_or_refused(seed):
    rng, text = np.random.default_rng(seed), bytearray(TEXT.encode())
    for start in rng.integers(len(text), size=3):
        text[start : start + rng.integers(9)] = rng.bytes(rng.integers(9))
    Path("params.yaml").write_bytes(text)
    try:
        params = read_params()
    except PipelineError as error:
        for line in str(error).splitlines():
            assert line.startswith("params.yaml: ") and len(line) < 4000, line
    else:
        assert Params.model_validate(params.model_dump()) == params
