"""Values of `params.yaml`, and limits by the number of images and the memory."""

from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import parse_yaml
from hypothesis import example, given

from conftest import TINY
from fuzzing import fuzz, mutations
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import (
    check_counts,
    check_memory,
    check_test_images,
    read_params,
)
from vae.pipeline.schema import Params

TEXT = yaml.safe_dump(TINY, sort_keys=False)
WIDTHS = 24 + 9 + 5 + 3  # pixels, hidden layers, latent dimensions
WEIGHTS = 2 * (24 * 9 + 9 * 5 + 5 * 3)
VAMP = {"prior": "vamp", "pseudo_inputs": 13}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(text):
    Path("params.yaml").write_text(text)
    return read_params()


def replaced(old, new):
    """Return TINY as text with one replacement."""
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new)


def params_with(**sections):
    """Return TINY with changed sections."""
    changed = {name: TINY[name] | changes for name, changes in sections.items()}
    return Params.model_validate(TINY | changed)


@pytest.mark.parametrize("text", ["010", "+010", "0042", "0o12", "1:30", "1_0", "yes"])
def test_a_value_has_the_type_that_dvc_reads(text):
    """PyYAML reads YAML 1.1, whose numbers differ from those of DVC's YAML 1.2."""
    content = replaced("  epochs: 2\n", f"  epochs: {text}\n")
    expected = parse_yaml(content, "params.yaml")["train"]["epochs"]
    if isinstance(expected, int):
        assert read(content).train.epochs == expected
    else:
        with pytest.raises(PipelineError, match="train.epochs: received"):
            read(content)


def test_missing_keys_and_sections_are_named():
    text = replaced("evaluate:\n", "extra:\n").replace("  beta: 1.0\n", "")
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
        ("!!python/object/apply:os.getcwd []", "not YAML: could not determine"),
        (replaced("  seed: 4\n", "  seed: {}\n  seed: 4\n"), "not YAML: while constr"),
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


@pytest.mark.parametrize(
    ("params", "num_images", "message"),
    [
        ({}, 17, "preprocess.validation_images: received 7; .* at most 6, so that 10 "),
        ({"train": {"batch_size": 12}}, 19, "train.batch_size: received 12; .* 11, "),
        ({"model": VAMP}, 20, "model.pseudo_inputs: received 13; .* at most 12, the "),
    ],
)
def test_counts_must_fit_the_number_of_images(params, num_images, message):
    """With 7 validation images, one more image suffices."""
    params = params_with(**params)
    check_counts(params, num_images)
    with pytest.raises(PipelineError, match=f"^params.yaml: {message}"):
        check_counts(params, num_images - 1)


@pytest.mark.parametrize(
    ("received", "num_test", "allowed"),
    [
        (9, 0, "10 or more, because"),
        *((10, 0, ""), (15, 0, ""), (0, 5, "")),
        (10, 5, "0, because"),
        (16, 0, "at most 15, so that 10 of the 25 images are left for training"),
    ],
)
def test_test_images_are_held_out_only_if_there_are_none(received, num_test, allowed):
    params = params_with(preprocess={"test_images": received})
    if allowed:
        message = f"preprocess.test_images: received {received}; allowed: {allowed}"
        with pytest.raises(PipelineError, match=f"^params.yaml: {message}"):
            check_test_images(params, 25, num_test)
    else:
        check_test_images(params, 25, num_test)


SMALL = {"hidden_units": [1], "latent_dim": 1}
READING = "reading the images needs more than 0 GB"
TRAINING = "training needs more than 0 GB .*; lower model.hidden_units, train.ba"
EVALUATION = "evaluation needs more than 0 GB .*; lower evaluate.max_images or ev"


@pytest.mark.parametrize(
    ("changes", "num_numbers", "message"),
    [
        ({}, 4 * WEIGHTS + 8 * WIDTHS, TRAINING),
        ({"model": {"prior": "vamp"}}, 4 * (WEIGHTS + 4 * 24) + 12 * WIDTHS, TRAINING),
        ({"evaluate": {"num_samples": 99}}, 34 * 99 * 3, EVALUATION),
        ({"evaluate": {"num_samples": 99, "max_images": 20}}, 20 * 99 * 3, EVALUATION),
        ({"train": {"batch_size": 1}, "model": SMALL}, 41 * 24 * 3 / 4, READING),
    ],
)
def test_sizes_beyond_memory_are_refused(monkeypatch, changes, num_numbers, message):
    """Sizes: 34 training images, batches of 8, and 4 pseudo-inputs of `vamp`."""
    params = params_with(**changes)
    memory = {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 4 * num_numbers}
    monkeypatch.setattr("os.sysconf", memory.get)
    check_memory(params, 41, 24)
    memory["SC_PHYS_PAGES"] -= 1
    with pytest.raises(PipelineError, match=f"^params.yaml: {message}"):
        check_memory(params, 41, 24)


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
