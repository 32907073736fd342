"""The learning curve that `render` reads; its runs are in `test_stages.py`."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure

import render
from fuzzing import flips, fuzz, mutations
from vae.pipeline.errors import PipelineError

NAMES = ["epoch", "train_elbo", "train_rate", "train_distortion", "validation_elbo"]
NAMES += ["validation_rate", "validation_distortion", "train_loss", "beta"]
ROWS = np.arange(18).reshape(2, 9) - 2.5
NOT_FINITE = "a value is missing or not finite"
CSV = "\n".join([",".join(NAMES), *[",".join(map(str, row)) for row in ROWS], ""])


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    render.HISTORY.parent.mkdir()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "No columns to parse from file"),
        (CSV.splitlines()[0], NOT_FINITE),
        (CSV[:-20], NOT_FINITE),
        *[(CSV.replace("-2.5", text), NOT_FINITE) for text in ("nan", "1e999", "1,1")],
        (CSV.replace("-2.5", "x"), "could not convert string to float: 'x'"),
        *[(CSV.replace(name, "x"), f"no column {name}") for name in NAMES[:-1]],
    ],
)
def test_a_damaged_learning_curve_is_named(content, problem):
    render.HISTORY.write_text(content)
    with pytest.raises(PipelineError) as error:
        render.read_history()
    file, mend = "results/history.csv", "make it with: dvc repro train"
    assert str(error.value) == f"{file}: damaged ({problem}); {mend}"


@fuzz
@given(st.binary(max_size=64) | mutations(CSV.encode()) | flips(CSV.encode()))
@example(CSV.encode())
def test_any_learning_curve_is_refused_or_finite_numbers(content):
    render.HISTORY.write_bytes(content)
    try:
        history = render.read_history()
    except PipelineError as error:
        assert str(error).startswith("results/history.csv: damaged (")
        assert len(str(error).splitlines()) == 1
        assert content != CSV.encode()
    else:
        assert set(NAMES[:-1]) <= set(history)
        assert np.isfinite(np.float64(history)).all()
        if content == CSV.encode():
            np.testing.assert_array_equal(history, ROWS)


def test_figures_are_drawn_and_saved_in_the_style():
    seen = []

    def draw():
        seen.append((rcParams["savefig.dpi"], rcParams["axes.spines.top"]))
        return Figure(figsize=(1, 1))

    content = render.png(draw, {})
    assert seen == [(160, False)]
    # The width: an inch and the margins of a tight box, at 160 dots per inch.
    assert int.from_bytes(content[16:20]) == 192


def test_a_users_matplotlibrc_changes_no_figure():
    def draw():
        figure = Figure()
        figure.text(0.5, 0.5, "$x$")
        return figure

    content = render.png(draw, {})
    own = {"text.usetex": True, "figure.facecolor": "red", "savefig.pad_inches": 1}
    with rc_context(own):  # as at the start of a process that reads such a file
        assert render.png(draw, {}) == content
