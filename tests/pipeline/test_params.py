"""What `params.yaml` may say, and one line for each mistake in it."""

import copy

import pytest
import yaml
from dvc.utils.serialize import parse_yaml
from hypothesis import example, given
from hypothesis import strategies as st

from check import check_memory
from conftest import TINY
from fuzzing import fuzz, mutations
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import Params, check_counts, read_params


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


@pytest.mark.parametrize("text", ["010", "+010", "0042", "0o12", "1:30", "1_0", "yes"])
def test_a_value_is_what_dvc_takes_it_for(tmp_path, text):
    """YAML 1.1, which PyYAML reads, has other numbers than the YAML 1.2 of DVC."""
    content = yaml.safe_dump(TINY).replace("epochs: 2\n", f"epochs: {text}\n", 2)
    content = content.replace("capacity_epochs: " + text, "capacity_epochs: 2")
    assert f"  epochs: {text}\n" in content
    expected = parse_yaml(content, "params.yaml")["train"]["epochs"]
    if isinstance(expected, int):
        assert read(tmp_path, content).train.epochs == expected
    else:
        with pytest.raises(PipelineError, match="train.epochs: received"):
            read(tmp_path, content)


@pytest.mark.parametrize("name", ["train:\n", "  seed: 4\n"])
def test_a_key_that_is_there_twice_is_refused(tmp_path, name):
    content = yaml.safe_dump(TINY)
    assert name in content
    with pytest.raises(PipelineError, match="params.yaml: not YAML: .*duplicate key"):
        read(tmp_path, content.replace(name, f"{name.rstrip()} {{}}\n{name}"))


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
        ("model", "prior", "flow", "received 'flow'; Input should be 'standard' or"),
        ("model", "pseudo_inputs", 0, "model.pseudo_inputs: received 0; Input should"),
        ("evaluate", "optimised_images", 0.5, "received 0.5; Input should be a valid"),
        ("evaluate", "annealed_images", -1, "received -1; Input should be greater"),
        ("evaluate", "num_samples", 1001, "less than or equal to 1000"),
        ("evaluate", "num_importance_samples", 10**6, "less than or equal to 100000"),
        ("evaluate", "num_importance_samples", 9, "at least 10 with proposal adaptive"),
        ("evaluate", "proposal", "prior", "'posterior' or 'adaptive'"),
        ("evaluate", "grid_points", [41], "grid_points: received [41]; List should"),
        ("evaluate", "grid_points", [41, 2], "grid_points.1: received 2; Input should"),
        ("model", "latent_dim", 1001, "less than or equal to 1000"),
        ("model", "hidden_units", [10**8], "less than or equal to 10000"),
        ("train", "epochs", 2**31, "less than 2147483648"),
        (
            "train",
            "objective",
            "mse",
            "Input should be 'elbo', 'capacity', 'iwae' or 'dreg'",
        ),
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
    assert "extra: unknown; allowed here: download, preprocess, model" in str(
        error.value
    )
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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"model": {"prior": "vamp"}, "train": {"objective": "capacity"}},
            "train.objective: received 'capacity' with model.prior 'vamp'; allowed: ",
        ),
        (
            {"model": {"likelihood": "gaussian"}, "evaluate": {"annealed_images": 5}},
            "evaluate.annealed_images: received 5 with model.likelihood 'gaussian'; "
            "allowed: 0",
        ),
        (
            {"evaluate": {"optimised_images": 5}},
            "evaluate.optimised_images: received 5 with model.latent_dim 3 and "
            "evaluate.grid_points [201, 41]; allowed: 0",
        ),
        (
            {
                "model": {"latent_dim": 2},
                "evaluate": {"optimised_images": 5, "grid_points": [201, 0]},
            },
            "received 5 with model.latent_dim 2 and evaluate.grid_points [201, 0]; ",
        ),
    ],
)
def test_what_makes_no_sense_together_is_refused(tmp_path, changes, message):
    content = copy.deepcopy(TINY)
    read(tmp_path, content)
    for section, values in changes.items():
        content[section] |= values
    with pytest.raises(PipelineError) as error:
        read(tmp_path, content)
    assert message in str(error.value)


def test_counts_must_suit_the_images():
    """7 are held out, a batch of 12 fits into the others, and 10 are left at least."""
    params = copy.deepcopy(TINY)
    params["train"]["batch_size"] = 12
    params = Params.model_validate(params)
    check_counts(params, num_images=19)
    message = "^params.yaml: train.batch_size: received 12; allowed: at most 11, "
    with pytest.raises(PipelineError, match=message):
        check_counts(params, num_images=18)
    message = "^params.yaml: preprocess.validation_images: received 7; .* at most 6, "
    with pytest.raises(PipelineError, match=message):
        check_counts(params, num_images=16)
    model = params.model.model_copy(update={"prior": "vamp", "pseudo_inputs": 13})
    params = params.model_copy(update={"model": model})
    check_counts(params, num_images=20)
    message = "^params.yaml: model.pseudo_inputs: received 13; allowed: at most 12, "
    with pytest.raises(PipelineError, match=message):
        check_counts(params, num_images=19)


@pytest.mark.parametrize("prior", ["standard", "vamp"])
def test_what_no_memory_holds_is_refused(monkeypatch, prior):
    """24 pixels, layers of 9 and 5 units, 3 latent dimensions, a batch of 8."""
    num_weights, num_values = 2 * (24 * 9 + 9 * 5 + 5 * 3), 8 * (24 + 9 + 5 + 3)
    if prior == "vamp":  # 4 pseudo-inputs
        num_weights, num_values = num_weights + 4 * 24, num_values * 12 // 8
    params = Params.model_validate(TINY | {"model": TINY["model"] | {"prior": prior}})
    needed = 4 * (4 * num_weights + num_values)
    memory = {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": needed}
    monkeypatch.setattr("os.sysconf", memory.get)
    check_memory(params, num_pixels=24)
    memory["SC_PHYS_PAGES"] -= 1
    message = "^params.yaml: training needs more than 0 GB of memory, this machine has"
    with pytest.raises(PipelineError, match=message):
        check_memory(params, num_pixels=24)


# Anything in the file: valid parameters, or one line for each mistake


def read_or_explain(path, content):
    """The parameters, or the error, whose every line starts with the path."""
    path.write_bytes(content)
    try:
        return read_params(path)
    except PipelineError as error:
        assert str(error)
        for line in str(error).splitlines():
            assert line.startswith(f"{path}: ") and len(line) < 4000, line
        return error


def dump(tree):
    """As PyYAML writes it; but for lone surrogates, which only an escape can hold."""
    text = yaml.safe_dump(tree, allow_unicode=False)
    return text.encode("utf-8", "backslashreplace")


odd = [2**31, -(2**63), 2**64, 10**30, 1e308, 1e-320, -0.0, "1e999", "\ud800"]
odd += ["learned", "1e-3", "x" * 10**4, "a\nb", b"\0", [], {}]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
scalars |= st.sampled_from(odd) | st.dates() | st.datetimes() | st.binary(max_size=8)
words = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=5)
keys = st.sampled_from([*TINY, *TINY["train"], "<<"]) | words
keys |= st.integers() | st.none() | st.dates()
trees = st.recursive(
    scalars,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(keys, children, max_size=4)
    ),
    max_leaves=6,
)
places = st.sampled_from(
    [(section, name) for section in TINY for name in TINY[section]]
)


@fuzz
@given(st.binary(max_size=64) | mutations(yaml.safe_dump(TINY).encode()))
@example(b"2001-99-99")
@example(b"- " * 3)
def test_any_text_is_refused_or_valid(tmp_path, text):
    result = read_or_explain(tmp_path / "params.yaml", text)
    if isinstance(result, Params):
        assert Params.model_validate(result.model_dump()) == result


@fuzz
@given(places, trees)
def test_any_value_is_refused_by_name_or_valid(tmp_path, place, value):
    section, name = place
    path = tmp_path / "params.yaml"
    content = TINY | {section: TINY[section] | {name: value}}
    result = read_or_explain(path, dump(content))
    if isinstance(result, Params):
        received = getattr(getattr(result, section), name)
        if isinstance(received, int):
            assert received == value and 0 <= received < 2**31
    else:
        for line in str(result).splitlines():
            assert line.startswith(f"{path}: {section}.{name}")


@fuzz
@given(trees)
def test_any_structure_is_refused(tmp_path, tree):
    assert not isinstance(read_or_explain(tmp_path / "params.yaml", dump(tree)), Params)
