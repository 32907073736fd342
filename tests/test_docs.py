"""The pages against the repository: numbers, links and commands."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
import yaml

from clones import environment
from conftest import make_small_clone
from pages import METRICS, PARAMS, ROOT, claims, read, rewritten_pages
from vae.data.own import read_own
from vae.model import VAE
from vae.pipeline.files import write_files
from vae.pipeline.schema import Download
from vae.pipeline.trained import Description, pack_model

PAGES = ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"]
PAGES += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))
BLOCK = re.compile(r"(<!-- (\w+) -->\n)?^```(\w*)\n(.*?)^```$", re.S | re.M)


def blocks(page, language):
    """Return marks and contents of a page's code blocks in a language."""
    found = BLOCK.findall(read(page))
    return [(mark, content) for _, mark, name, content in found if name == language]


def test_numbers_in_the_pages_equal_the_files():
    for page, text in rewritten_pages().items():  # by `python checks/pages.py`
        assert text == read(page)


def test_pages_have_no_result_that_is_not_checked():
    values = [v for part in METRICS.values() for v in part.values() if abs(v) > 20]
    texts = {f"{value:.{decimals}f}" for value in values for decimals in (1, 2, 3, 4)}
    for page in PAGES:
        text = read(page)
        for claim in claims():
            if claim.page == page:
                text, _ = claim._replace(values=[""] * len(claim.values)).apply(text)
        assert texts.isdisjoint(re.findall(r"-?\d+\.\d+", text)), page


def test_the_readme_is_short_and_its_metric_differences_are_correct():
    readme = read("README.md")
    assert len(readme.encode()) <= 9_000
    rows = re.findall(r"^results/metrics.json +\S+ +(.+)$", readme, re.M)
    assert len(rows) == 4
    for row in rows:
        old, new, change = map(float, row.split())
        assert new - old == pytest.approx(change, abs=1e-4)


def test_the_default_has_the_highest_validation_elbo_of_all_tries():
    tries = pd.read_csv(ROOT / "docs/tries.csv", keep_default_na=False)
    elbos = tries.groupby("overrides")["validation_elbo"]
    assert elbos.mean().idxmax() == ""
    default = tries[tries["overrides"] == ""].set_index("seed")["validation_elbo"]
    history = pd.read_csv(ROOT / "results/history.csv")
    assert default[PARAMS["train"]["seed"]] == history["validation_elbo"].iloc[-1]


def test_the_study_of_seeds_contains_the_committed_results():
    """Otherwise the table of the study is outdated."""
    seeds = pd.read_csv(ROOT / "results/studies/seeds.csv").set_index("train.seed")
    row = seeds.loc[PARAMS["train"]["seed"]]
    for split, metrics in METRICS.items():
        for name, value in metrics.items():
            assert row[f"{split}.{name}"] == value, name
    figure = yaml.safe_load(read("studies/data.yaml"))["figure"]
    assert figure["spread"] == round(2**0.5 * seeds["test.iwae_bound"].std(), 2)


def anchors(page):
    """Return the anchors that GitHub makes for the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", read(page)), re.M)
    return [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]


def test_every_link_works_and_every_page_is_linked():
    reached = {ROOT / "README.md"}
    for page in PAGES:
        for link in re.findall(r"\]\((?!https?://)([^)]+)\)", read(page)):
            path, _, anchor = link.partition("#")
            target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
            assert target.exists(), (page, link)
            assert not anchor or anchor in anchors(target), (page, link)
            if page in {"README.md", "docs/speed.md"}:  # linked from the README
                reached.add(target)
    assert {ROOT / page for page in PAGES} <= reached


def test_every_parameter_and_metric_is_explained():
    parameters, theory = read("docs/parameters.md"), read("docs/theory.md")
    for section, values in PARAMS.items():
        for name in values:
            assert f"| `{section}.{name}` |" in parameters
    for name in METRICS["test"]:
        assert re.search(rf"^\|[^|]*`{name}`", theory, re.M), name


def test_the_citation_has_the_version_of_the_project():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert f'version = "{citation["version"]}"' in read("pyproject.toml")


def test_keras_and_numpy_in_the_pages_compute_the_same_model(tmp_path, monkeypatch):
    """Run the code with an untrained model of the default shape."""
    monkeypatch.chdir(tmp_path)
    vae = VAE(num_pixels=784, seed=1, **PARAMS["model"])
    description = Description(PARAMS["model"], [28, 28], "MNIST", [], "dynamic", True)
    write_files(pack_model(description, vae.variables))
    images = np.random.default_rng(0).integers(256, size=(3, 28, 28), dtype=np.uint8)
    Path("data").mkdir()
    np.savez("data/images.npz", test_images=images)
    names = {}
    for mark, code in blocks("docs/weights.md", "python"):
        if not mark:
            exec(code, names)
    loc = names["loc"]
    encoded = np.asarray(names["encoder"](images[:1].reshape(1, -1) / 255))
    np.testing.assert_allclose(encoded[:, :2], loc, rtol=1e-4, atol=1e-5)
    logits = np.asarray(names["decoder"](loc)).reshape(28, 28)
    mean = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(mean, names["reconstruction"], rtol=1e-4)


def test_the_scripts_for_own_data_write_files_of_a_known_form(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scripts = [code for _, code in blocks("docs/data.md", "python")]
    pictures, noise, silhouettes, _ = scripts
    exec(pictures, {})
    settings = Download(**(PARAMS["download"] | {"dataset": "own"}))
    arrays = read_own(Path("data/raw"), settings)
    assert arrays["train_images"].shape == (2000, 40, 32)
    assert arrays["class_names"].tolist() == ["box", "disc", "line", "ring", "wedge"]
    shutil.rmtree("data/raw/train")
    exec(noise, {})
    assert read_own(Path("data/raw"), settings)["train_images"].shape == (2000, 24, 36)
    Path("data/raw/mine.npz").unlink()
    data = np.random.default_rng(0).integers(2, size=(45, 784), dtype=np.uint8)
    parts = {"train_data": data[:20], "val_data": data[20:30], "test_data": data[30:]}
    scipy.io.savemat("caltech101_silhouettes_28_split1.mat", parts)
    exec(silhouettes, {})
    arrays = read_own(Path("data/raw"), settings)
    images = 255 * data.reshape(45, 28, 28).swapaxes(1, 2)
    np.testing.assert_array_equal(arrays["train_images"], images[:30])
    np.testing.assert_array_equal(arrays["test_images"], images[30:])


def test_the_script_for_dsprites_takes_a_tenth_with_its_factors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/raw").mkdir(parents=True)
    factors = np.indices([1, 3, 2, 4, 5, 5]).reshape(6, -1).T
    images = np.zeros([600, 8, 8], np.uint8)
    images[range(600), 1, factors[:, 1]] = 1
    names = {"imgs": images, "latents_classes": factors, "metadata": np.array({})}
    np.savez("dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz", **names)
    exec(blocks("docs/data.md", "python")[-1][1], {})
    settings = Download(**(PARAMS["download"] | {"dataset": "own"}))
    arrays = read_own(Path("data/raw"), settings)
    assert arrays["train_images"].shape == (60, 8, 8)
    column = arrays["train_images"][:, 1].argmax(axis=1)
    for values in (arrays["train_labels"], column):
        np.testing.assert_array_equal(values, arrays["train_factors"][:, 1])


def test_every_command_is_run_or_marked_with_a_reason():
    """Marks are `long`, and `elsewhere` for a network, a GPU or another machine."""
    for page in PAGES:
        for _, mark, language, commands in BLOCK.findall(read(page)):
            assert language in {"", "math", "yaml", "mermaid", "python", "sh"}, page
            if language == "sh":
                assert mark in {"", "long", "elsewhere"}, page
                # `make` would set up .venv, which is a link in the copy.
                assert mark or not re.search(r"\bmake\b", commands), page


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Return a function that runs commands in a copy with a small finished pipeline."""
    folder = make_small_clone(tmp_path / "copy")

    def run(commands):
        command = ["sh", "-e", "-c", commands]
        return subprocess.check_output(command, cwd=folder, text=True)

    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "reader")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "reader@example.org")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PATH", environment()["PATH"])
    data = ROOT / "data/verified"
    if (data / "train-images-idx3-ubyte").exists():  # needs no network
        monkeypatch.setenv("VAE_DATA_DIR", str(data))
    (folder / ".venv").symlink_to(sys.prefix)
    run("dvc repro && git add --all && git commit --quiet --message small")
    return run


@pytest.mark.long
def test_commands_in_the_pages_succeed(shell):
    outputs = {}
    for page in PAGES:
        if shell("git status --porcelain"):
            shell("git checkout --quiet . && dvc repro --quiet")
        for mark, commands in blocks(page, "sh"):
            if not mark:
                outputs[commands] = shell(commands)
                if "git checkout ." in commands:
                    assert shell("git status --porcelain") == ""
                    assert "up to date" in shell("dvc status")
    (table,) = [out for commands, out in outputs.items() if "exp show" in commands]
    assert "…" not in table and max(map(len, table.splitlines())) <= 120
    (pulled,) = [out for commands, out in outputs.items() if "dvc pull" in commands]
    assert pulled.count("didn't change, skipping") == 7
