import copy

import pytest
import yaml

from conftest import TINY
from vae.errors import PipelineError
from vae.params import read_params


def read(tmp_path, content):
    path = tmp_path / "params.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return read_params(path)


def test_values_arrive_with_their_types(tmp_path):
    params = read(tmp_path, TINY)
    assert params.model_dump() == TINY
    assert isinstance(params.train.beta, float)


def test_a_number_may_be_written_with_an_exponent_alone(tmp_path):
    content = yaml.safe_dump(TINY).replace("learning_rate: 0.01", "learning_rate: 1e-2")
    assert "1e-2" in content
    assert read(tmp_path, content).train.learning_rate == 0.01


@pytest.mark.parametrize(
    ("section", "name", "value", "message"),
    [
        (
            "train",
            "epochs",
            0,
            "train.epochs: received 0; Input should be greater than",
        ),
        ("train", "epochs", 1.5, "train.epochs: received 1.5; Input should be a valid"),
        (
            "train",
            "epochs",
            True,
            "train.epochs: received True; Input should be a valid",
        ),
        ("train", "batch_size", "many", "train.batch_size: received 'many'; Input"),
        ("train", "learning_rate", 0, "received 0; Input should be greater than 0"),
        (
            "train",
            "learning_rate",
            float("nan"),
            "received nan; Input should be a finite",
        ),
        (
            "train",
            "learning_rate",
            float("inf"),
            "received inf; Input should be a finite",
        ),
        (
            "train",
            "beta",
            -1,
            "train.beta: received -1; Input should be greater than or",
        ),
        ("train", "beta", True, "received True; Input should be a valid"),
        ("train", "schedule", "linear", "Input should be 'constant' or 'cosine'"),
        (
            "train",
            "seed",
            -1,
            "train.seed: received -1; Input should be greater than or",
        ),
        ("train", "seed", 2**31, "Input should be less than 2147483648"),
        ("model", "hidden_units", [], "received []; List should have at least 1 item"),
        ("model", "hidden_units", [4, 0], "model.hidden_units.1: received 0; Input"),
        ("model", "hidden_units", 4, "model.hidden_units: received 4; Input should be"),
        ("model", "latent_dim", None, "model.latent_dim: received None; Input should"),
        ("model", "likelihood", "poisson", "received 'poisson'; Input should be"),
        (
            "model",
            "gaussian_scale",
            0,
            "0; Input should be 'learned' or at least 0.001",
        ),
        (
            "model",
            "gaussian_scale",
            "wide",
            "Input should be 'learned' or at least 0.001",
        ),
        (
            "train",
            "beta",
            1e39,
            "train.beta: received 1e+39; Input should be less than",
        ),
        ("evaluate", "num_samples", 1001, "less than or equal to 1000"),
        ("evaluate", "num_importance_samples", 10**6, "less than or equal to 100000"),
        ("evaluate", "num_importance_samples", 9, "at least 10 with proposal adaptive"),
        ("evaluate", "proposal", "prior", "'posterior' or 'adaptive'"),
        ("model", "latent_dim", 1001, "less than or equal to 1000"),
        ("model", "hidden_units", [10**8], "less than or equal to 10000"),
        ("train", "epochs", 2**31, "less than 2147483648"),
        ("train", "objective", "mse", "Input should be 'elbo', 'capacity' or 'iwae'"),
        ("train", "capacity", float("inf"), "received inf; Input should be a finite"),
        ("preprocess", "binarization", "grey", "Input should be 'none', 'threshold'"),
        (
            "evaluate",
            "num_samples",
            0,
            "evaluate.num_samples: received 0; Input should",
        ),
        (
            "train",
            "epoch",
            3,
            "train.epoch: unknown; allowed here: objective, num_samples",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    tmp_path, section, name, value, message
):
    content = copy.deepcopy(TINY)
    content[section][name] = value
    with pytest.raises(PipelineError) as error:
        read(tmp_path, content)
    assert message in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "params.yaml"))
    assert "\n" not in str(error.value)


def test_missing_keys_and_sections_are_named(tmp_path):
    content = copy.deepcopy(TINY)
    del content["train"]["beta"], content["evaluate"]
    content["extra"] = {}
    with pytest.raises(PipelineError) as error:
        read(tmp_path, content)
    assert "train.beta: missing; give it a value" in str(error.value)
    assert "evaluate: missing; give it a value" in str(error.value)
    assert "extra: unknown; allowed here: preprocess, model" in str(error.value)
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("train: [", "not YAML: while parsing"),
        ("", "the file: received None; Input should be"),
        ("- 1", "the file: received [1]; Input should be"),
        ("!!python/object/apply:os.getcwd []", "not YAML: could not determine"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path, content, message):
    with pytest.raises(PipelineError, match="params.yaml") as error:
        read(tmp_path, content)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PipelineError, match=r"params.yaml: no such file; run from"):
        read_params(tmp_path / "params.yaml")


def test_the_committed_file_is_valid(pytestconfig):
    read_params(pytestconfig.rootpath / "params.yaml")


@pytest.mark.parametrize(("value", "expected"), [("1e-1", 0.1), ("learned", "learned")])
def test_the_gaussians_scale_is_a_number_or_learned(tmp_path, value, expected):
    content = copy.deepcopy(TINY)
    content["model"]["gaussian_scale"] = value
    assert read(tmp_path, content).model.gaussian_scale == expected


def test_iwae_needs_more_than_one_sample(tmp_path):
    content = copy.deepcopy(TINY)
    content["train"]["objective"] = "iwae"
    with pytest.raises(PipelineError, match="num_samples: received 1; .* than 1 with"):
        read(tmp_path, content)
    content["train"]["num_samples"] = 2
    assert read(tmp_path, content).train.num_samples == 2
