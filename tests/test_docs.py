from vae.pipeline.trained import named_weights

"""The pages against the repository: numbers, links, and commands that a reader runs.

Where results have changed, `python tests/test_docs.py` writes their numbers anew.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"]
PAGES += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
METRICS = json.loads((ROOT / "results/metrics.json").read_text())
SPLITS = ("train", "test")
NAMES = {
    "elbo": "ELBO",
    "rate": "rate",
    "distortion": "distortion",
    "iwae_bound": f"importance-weighted bound, "
    f"{PARAMS['evaluate']['num_importance_samples']} samples",
    "log_evidence": "log p(x), by quadrature",
}
MORE_NAMES = {
    "mutual_information": "mutual information",
    "marginal_kl": "KL(q(z) ‖ p(z))",
    "knn_accuracy": "accuracy of five nearest neighbours",
    "probe_accuracy": "accuracy of a linear classifier",
    "active_units": "active units",
}
BLOCK = re.compile(r"(<!-- (\w+) -->\n)?^```(\w*)\n(.*?)^```$", re.S | re.M)
VALUE = r"(\[.*?\]|-?\w[\w.,]*\w|\w)"  # a number, a word or a list


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page, language):
    """Marks and contents of the page's blocks of a language."""
    found = BLOCK.findall(read(page))
    return [(mark, content) for _, mark, name, content in found if name == language]


# Claims: a page, a pattern of the place, and what its groups have to be.


def sentence(page, template, *values):
    """Words with a value in the place of each {}; all but rows may be wrapped."""
    space = " +" if template.startswith("|") else r"\s+"
    pattern = re.escape(template).replace(r"\ ", space).replace(r"\{\}", VALUE)
    return page, pattern, [str(value) for value in values]


def table(page, header, rows):
    """The rows below a header."""
    pattern = re.escape(header) + r"\n\|[-|]+\|\n((?:\|.*\n)*)"
    return page, pattern, ["".join(f"| {' | '.join(row)} |\n" for row in rows)]


def result_rows(names):
    errors = pd.read_csv(ROOT / "results/standard_errors.csv", index_col="metric")
    for key, name in names.items():
        decimals = 0 if key == "active_units" else 4 if "accuracy" in key else 2
        row = [name]
        for split in SPLITS:
            mean, cell = METRICS[split].get(key), ""
            if mean is not None:
                cell = f"{mean:.{decimals}f}"
            if cell and key in errors.index:
                cell += f" ± {errors.loc[key, split]:.{decimals}f}"
            row.append(cell)
        yield row


def result_claims():
    header = "| | 55,000 training images | 10,000 test images |"
    yield table("README.md", header, result_rows(NAMES))
    yield table("docs/results.md", header, result_rows(NAMES | MORE_NAMES))
    elbo, evidence = METRICS["test"]["elbo"], METRICS["test"]["log_evidence"]
    row = "| this repository | {} | {} |"
    yield sentence("docs/results.md", row, f"{elbo:.2f}", f"{evidence:.2f}")
    text = "From the ELBO to log p(x) it is {} nats for the default"
    yield sentence("docs/theory.md", text, f"{evidence - elbo:.2f}")
    text = "for the default it is {}."
    change = METRICS["test"]["log_evidence_grid_change"]
    yield sentence("docs/theory.md", text, f"{change:.4f}")


def read_study(name):
    return pd.read_csv(ROOT / f"results/studies/{name}.csv")


def seeds_rows():
    names = {n: NAMES[n] for n in ("elbo", "rate", "iwae_bound", "log_evidence")}
    names["knn_accuracy"] = MORE_NAMES["knn_accuracy"]
    seeds = read_study("seeds")
    for key, name in names.items():
        column, digits = seeds[f"test.{key}"], 4 if "accuracy" in key else 2
        values = column.mean(), column.std(), column.min(), column.max()
        yield [name, *(f"{value:.{digits}f}" for value in values)]


def latent_dim_rows():
    study = yaml.safe_load((ROOT / "studies/latent_dim.yaml").read_text())
    published = [
        dict(zip(other["x"], other["y"], strict=True))
        for other in study["figure"]["published"]["test.iwae_bound"]
    ]
    for latent_dim, runs in read_study("latent_dim").groupby("model.latent_dim"):
        row = [str(latent_dim), f"{runs['train.elbo'].mean():.2f}"]
        for metric in ("elbo", "iwae_bound", "log_evidence"):
            column = runs[f"test.{metric}"]
            known = column.notna().all()
            row.append(f"{column.mean():.2f} ({column.std():.2f})" if known else "")
        row.append(", ".join(f"{n:.0f}" for n in runs["test.active_units"]))
        row += [f"{o[latent_dim]:.2f}" if latent_dim in o else "" for o in published]
        yield row


def frontier_rows():
    published = read_study("frontier").set_index("row")["published"]
    runs = read_study("frontier_runs").groupby("variant", sort=False)
    for variant, rows in runs:
        row = [variant, f"{rows['train.elbo'].mean():.2f}"]
        for metric in ("elbo", "iwae_bound", "annealed_bound"):
            column = rows[f"test.{metric}"]
            row.append(f"{column.mean():.2f} ({column.std():.2f})")
        row.append(", ".join(f"{gap:.2f}" for gap in rows["enclosure.gap"]))
        yield [*row, f"{published[variant]:.2f}"]


def origin_rows():
    for _, row in read_study("origin").iterrows():
        beta = 1 if row["variant"] == "default" else 10
        loss = row["test.distortion"] + beta * row["test.rate"]
        columns = ("elbo", "iwae_bound", "log_evidence", "rate")
        values = [-loss, *(row[f"test.{column}"] for column in columns)]
        accuracy = f"{row['test.knn_accuracy']:.4f}"
        yield [row["variant"], *(f"{v:.2f}" for v in values), accuracy]


def data_rows():
    for _, row in read_study("data").iterrows():
        cells = [row["variant"], row["model.prior"], f"{row['train.elbo']:.2f}"]
        for metric in ("elbo", "iwae_bound", "annealed_bound", "log_evidence"):
            value = row[f"test.{metric}"]
            cells.append(f"{value:.2f}" if pd.notna(value) else "")
        gap, error = row["enclosure.gap"], row["enclosure.gap_se"]
        yield [*cells, f"{gap:.3f} ± {error:.3f}", f"{row['test.active_units']:.0f}"]


def rate_distortion_rows():
    for beta, runs in read_study("rate_distortion").groupby("train.beta"):
        names = ("rate", "distortion", "elbo", "iwae_bound")
        means = [f"{runs[f'test.{name}'].mean():.2f}" for name in names]
        units = ", ".join(f"{n:.0f}" for n in runs["test.active_units"])
        yield [f"{beta:g}", *means, units, f"{runs['test.knn_accuracy'].mean():.4f}"]


def estimators_rows():
    figure = yaml.safe_load(read("studies/estimators.yaml"))["figure"]
    (burda,) = figure["published"]["test.annealed_bound"]
    published = dict(zip(burda["x"], burda["y"], strict=True))
    for _, row in read_study("estimators").iterrows():
        variant = row["variant"]
        names = ("elbo", "iwae_bound", "annealed_bound")
        values = [row["train.elbo"], *(row[f"test.{name}"] for name in names)]
        cells = [variant, *(f"{value:.2f}" for value in values)]
        other = published.get(variant)
        units = f"{row['test.active_units']:.0f}"
        yield [*cells, units, f"{other:.2f}" if other else ""]


def study_claims():
    header = "| test images | mean | sd | least | most |"
    yield table("docs/results.md", header, seeds_rows())
    header = "| latent dimensions | training ELBO | test ELBO "
    header += "| importance-weighted bound | log p(x) | active units "
    header += "| Gaussian, published | spherical, published |"
    yield table("docs/results.md", header, latent_dim_rows())
    header = "| | training ELBO | test ELBO | importance-weighted bound "
    header += "| by annealing | distances | published |"
    yield table("docs/results.md", header, frontier_rows())
    header = "| | prior | training ELBO | test ELBO | importance-weighted bound "
    header += "| by annealing | log p(x) | distance | active units |"
    yield table("docs/results.md", header, data_rows())
    header = "| beta | rate | distortion | ELBO | importance-weighted bound "
    header += "| active units | five nearest neighbours |"
    yield table("docs/results.md", header, rate_distortion_rows())
    header = "| objective, samples | training ELBO | test ELBO "
    header += "| importance-weighted bound | by annealing | active units | published |"
    yield table("docs/results.md", header, estimators_rows())
    header = "| | -(distortion + beta rate) | ELBO | importance-weighted bound "
    header += "| log p(x) | rate | five nearest neighbours |"
    yield table("docs/results.md", header, origin_rows())


def screen_claims():
    """The lines that a reader sees."""
    history = pd.read_csv(ROOT / "results/history.csv")
    for i in (0, len(history) - 1):
        row = history.iloc[i]
        text = f"epoch {i + 1}/{len(history)}: ELBO train {{}}, validation {{}}\n"
        elbos = f"{row.train_elbo:.2f}", f"{row.validation_elbo:.2f}"
        yield sentence("README.md", text, *elbos)
    text = "train: ELBO {} nats per image"
    yield sentence("README.md", text, f"{METRICS['train']['elbo']:.2f}")
    text = "test: ELBO {}, bound {}, log p(x) {} nats per image"
    bounds = (METRICS["test"][n] for n in ("elbo", "iwae_bound", "log_evidence"))
    yield sentence("README.md", text, *(f"{bound:.2f}" for bound in bounds))


def dvc_claims():
    """What DVC shows of the committed results; the rest is of an experiment."""
    for name in ("elbo", "iwae_bound", "mutual_information", "rate"):
        text = f"results/metrics.json test.{name} {{}} "
        yield sentence("README.md", text, f"{METRICS['test'][name]:.7g}")
    names = ("elbo", "rate", "iwae_bound", "knn_accuracy")
    values = [f"{METRICS['test'][name]:.5g}" for name in names]
    yield sentence("README.md", " main {} {} {} {} ", *values)


def parameter_claims():
    for section, values in PARAMS.items():
        for name, value in values.items():
            row = f"| `{section}.{name}` | {{}} |"
            yield sentence("docs/parameters.md", row, value)


def tries():
    """Runs by their overrides, the default first."""
    runs = pd.read_csv(ROOT / "docs/tries.csv", keep_default_na=False)
    return runs.groupby("overrides", sort=False)


def tries_rows():
    for overrides, runs in tries():
        elbo = runs["validation_elbo"]
        yield [
            f"`{overrides}`" if overrides else "none: the default",
            *(f"{value:.2f}" for value in (elbo.mean(), elbo.min(), elbo.max())),
            f"{runs['train_elbo'].mean():.2f}",
            str(len(runs)),
        ]


def tries_claims():
    header = "| `-S` overrides | validation ELBO | from | to | training ELBO | seeds |"
    yield table("docs/results.md", header, tries_rows())


def speed_claims():
    results = pd.read_csv(ROOT / "benchmarks/results.csv")
    results = results.set_index(["configuration", "program"])

    def over(configuration, program):
        row = results.loc[configuration, program]
        return tuple(row[["ours_over_it", "lowest_ratio", "highest_ratio"]])

    def share(configuration):
        programs = results.loc[configuration].index
        products = [program for program in programs if program.startswith("SGEMM")]
        return f"{min(over(configuration, p)[0] for p in products):.2f}"

    others = ["JAX", "PyTorch eager", "PyTorch compiled", "Keras fit"]
    rows = []
    for name in results.index.unique("configuration").drop("bound"):
        ratios = ["{:.2f} ({:.2f} to {:.2f})".format(*over(name, p)) for p in others]
        rows.append([name, *ratios, share(name)])
    programs = " | ".join(f"over {program}" for program in others)
    header = f"| | {programs} | share of matrix products alone |"
    yield table("docs/speed.md", header, rows)
    text = "Drawing pixels anew leaves {} of the speed on grey ones ({} to {})"
    ratios = over("dynamic", "ours on grey pixels")
    yield sentence("docs/speed.md", text, *(f"{ratio:.2f}" for ratio in ratios))
    text = "{} images a second, {} of the fastest products alone ({} of XLA's, {} of"
    images = results.loc[("bound", "ours"), "images_per_second"]
    ratios = [f"{over('bound', f'SGEMM {p}')[0]:.2f}" for p in ("jax", "torch")]
    yield sentence("docs/speed.md", text, f"{images:.0f}", share("bound"), *ratios)


def growth_claims():
    growth = pd.read_csv(ROOT / "benchmarks/growth.csv")
    rows = []
    for axis, points in growth.groupby("axis", sort=False):
        first, last = points.iloc[0], points.iloc[-1]
        mib = points["peak_mib"]
        rows.append(
            [
                axis,
                f"{first.value:,}",
                f"{last.value:,}",
                f"{first.seconds:.2f} to {last.seconds:.2f}",
                f"{mib.min():.0f} to {mib.max():.0f}",
            ]
        )
    yield table("docs/speed.md", "| | from | to | seconds | MiB |", rows)


def claims():
    yield from result_claims()
    yield from study_claims()
    yield from screen_claims()
    yield from dvc_claims()
    yield from parameter_claims()
    yield from tries_claims()
    yield from speed_claims()
    yield from growth_claims()


def put(match, values):
    """The text of a match with other values in its groups."""
    text, start = match[0], match.start()
    for i, value in reversed(list(enumerate(values, start=1))):
        text = text[: match.start(i) - start] + value + text[match.end(i) - start :]
    return text


def test_numbers_are_those_of_the_files():
    wrong = []
    for page, pattern, values in claims():
        matches = list(re.finditer(pattern, read(page)))
        if not matches:
            wrong.append(f"{page}: nothing like: {pattern}")
        wrong += [
            f"{page}: write: {put(match, values)}"
            for match in matches
            if list(match.groups()) != values
        ]
    if wrong:
        pytest.fail("\n".join(["python tests/test_docs.py writes these:", *wrong]))


def test_no_result_stands_where_the_files_are_not_asked():
    values = [v for split in SPLITS for v in METRICS[split].values() if abs(v) > 20]
    texts = {f"{value:.{decimals}f}" for value in values for decimals in (1, 2, 3, 4)}
    for page in PAGES:
        text = read(page)
        for other, pattern, _ in claims():
            text = re.sub(pattern, "", text) if page == other else text
        assert texts.isdisjoint(re.findall(r"-?\d+\.\d+", text)), page


def test_differences_of_metrics_are_differences():
    rows = re.findall(r"^results/metrics.json +\S+ +(.+)$", read("README.md"), re.M)
    assert len(rows) == 4
    for row in rows:
        old, new, change = map(float, row.split())
        assert new - old == pytest.approx(change, abs=1e-4)


def test_the_default_is_the_try_with_the_highest_validation_elbo():
    assert tries()["validation_elbo"].mean().idxmax() == ""
    default = tries().get_group("").set_index("seed")["validation_elbo"]
    history = pd.read_csv(ROOT / "results/history.csv")
    assert default[PARAMS["train"]["seed"]] == history["validation_elbo"].iloc[-1]


def test_the_readme_is_a_page_that_one_reads():
    assert (ROOT / "README.md").stat().st_size <= 10_000


def anchors(page):
    """Names by which links reach the headings of a page, as GitHub makes them."""
    prose = BLOCK.sub("", read(page))
    for heading in re.findall(r"^#+ (.+)$", prose, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\((?!https://)([^)]+)\)", read(page)):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_can_be_reached_from_the_readme():
    text = read("README.md") + read("docs/speed.md")  # which leads to the benchmarks
    linked = re.findall(r"\]\((?:\.\./)?([^)#]+\.md)\)", text)
    assert set(PAGES) <= {"README.md", *linked}


def test_every_parameter_and_metric_is_explained():
    parameters, theory = read("docs/parameters.md"), read("docs/theory.md")
    for section, values in PARAMS.items():
        for name in values:
            assert f"| `{section}.{name}` |" in parameters
    for name in METRICS["test"]:
        assert re.search(rf"^\|[^|]*`{name}`", theory, re.M), name


def test_a_study_that_has_the_default_has_the_committed_results():
    """Else its table is of an older code."""
    seeds = pd.read_csv(ROOT / "results/studies/seeds.csv").set_index("train.seed")
    row = seeds.loc[PARAMS["train"]["seed"]]
    for split in SPLITS:
        for name, value in METRICS[split].items():
            assert row[f"{split}.{name}"] == value, name


def test_the_citation_has_the_version_of_the_project():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert f'version = "{citation["version"]}"' in read("pyproject.toml")


def test_the_model_of_the_pages_is_that_of_the_stages(tmp_path, monkeypatch):
    """The lines of NumPy and Keras, on an untrained model of the default shape."""
    from safetensors.numpy import save

    from vae.evaluation.elbo import decode, encode
    from vae.model import VAE

    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    Path("data").mkdir()
    shutil.copy(ROOT / "params.yaml", ".")
    vae = VAE(num_pixels=784, seed=1, **PARAMS["model"])
    Path("results/model.safetensors").write_bytes(save(named_weights(vae.variables)))
    images = np.random.default_rng(0).integers(256, size=(3, 28, 28), dtype=np.uint8)
    np.savez("data/images.npz", test_images=images)

    numpy, keras = [
        code for mark, code in blocks("docs/weights.md", "python") if not mark
    ]
    names = {}
    exec(numpy, names)
    exec(keras, names)

    x = images[:1].reshape(1, -1)
    loc, scale, _ = encode(vae, x)
    np.testing.assert_allclose(names["loc"], loc, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(names["scale"], scale, rtol=1e-4)
    reconstruction = decode(vae, loc).reshape(28, 28)
    np.testing.assert_allclose(names["reconstruction"], reconstruction, rtol=1e-4)
    encoded = np.asarray(names["encoder"](x / 255))
    np.testing.assert_allclose(encoded[:, :2], loc, rtol=1e-4, atol=1e-5)
    logits = np.asarray(names["decoder"](loc))
    mean = 1 / (1 + np.exp(-logits.reshape(28, 28)))
    np.testing.assert_allclose(mean, reconstruction, rtol=1e-4)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_stands_in_a_block_that_is_run_or_says_why_not(page):
    """`long`, or `elsewhere`: it needs a network, a GPU or another machine."""
    languages = {language for _, _, language, _ in BLOCK.findall(read(page))}
    assert languages <= {"", "math", "yaml", "mermaid", "python", "sh"}
    for mark, commands in blocks(page, "sh"):
        assert mark in {"", "long", "elsewhere"}
        if not mark:  # `make` would set up .venv in the copy, which is only a link
            assert not re.search(r"\bmake\b", commands)


# Of 500 training images, so that little is left but what each process loads.
SMALL = {
    "preprocess": {"validation_images": 59_500},
    "model": {"hidden_units": [8]},
    "train": {"epochs": 1, "batch_size": 50},
    "evaluate": {
        "num_samples": 1,
        "proposal": "posterior",
        "num_importance_samples": 1,
        "grid_points": [9, 9],
    },
}


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Runs commands in a copy of the repository, whose small pipeline has run."""
    folder = tmp_path / "copy"

    def run(commands):
        command = ["sh", "-e", "-c", commands]
        result = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False
        )
        assert result.returncode == 0, commands
        return result.stdout

    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "reader")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "reader@example.org")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}")
    data = ROOT / "data/verified"
    if (data / "train-images-idx3-ubyte").exists():  # no index need be asked
        monkeypatch.setenv("VAE_DATA_DIR", str(data))

    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    shutil.rmtree(folder / "stages")
    shutil.copytree(ROOT / "stages", folder / "stages")
    shutil.copy(ROOT / "dvc.yaml", folder)
    (folder / ".venv").symlink_to(sys.prefix)
    small = {name: PARAMS[name] | changes for name, changes in SMALL.items()}
    params = PARAMS | small
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    run("dvc repro && git add --all && git commit --quiet --message small")
    return run


@pytest.mark.long
def test_the_commands_do_what_the_pages_say(shell):
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


def rewrite():
    """Write the numbers of the files into the pages."""
    for page, pattern, values in claims():
        text = re.sub(pattern, lambda match, v=values: put(match, v), read(page))
        (ROOT / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
