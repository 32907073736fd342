"""Write the numbers of results/ into README.md and docs/: python checks/pages.py."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pandas as pd
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
RESULTS, SPEED = "docs/results.md", "docs/speed.md"
PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")
METRICS = json.loads((ROOT / "results/metrics.json").read_text())
NUM_SAMPLES = PARAMS["evaluate"]["num_importance_samples"]
# Metrics of the default. The README has those before `mutual_information`.
NAMES = {
    "elbo": "ELBO",
    "rate": "rate",
    "distortion": "distortion",
    "iwae_bound": f"importance-weighted bound, {NUM_SAMPLES} samples",
    "log_evidence": "log p(x), by quadrature",
    "mutual_information": "mutual information",
    "marginal_kl": "KL(q(z) ‖ p(z))",
    "knn_accuracy": "accuracy of five nearest neighbours",
    "probe_accuracy": "accuracy of a linear classifier",
    "active_units": "active units",
}
VALUE = r"(\[.*?\]|-?\w[\w.,]*\w|\w)"  # a number, a word or a list
# Sentences with metrics of the default, by page.
SENTENCES = {
    "README.md": [
        "train: ELBO {train[elbo]:.2f} nats per image",
        "test: ELBO {test[elbo]:.2f}, bound {test[iwae_bound]:.2f}, "
        "log p(x) {test[log_evidence]:.2f} nats per image",
        "results/metrics.json test.elbo {test[elbo]:.7g} ",  # here DVC shows them
        "results/metrics.json test.iwae_bound {test[iwae_bound]:.7g} ",
        "results/metrics.json test.mutual_information {test[mutual_information]:.7g} ",
        "results/metrics.json test.rate {test[rate]:.7g} ",
        " main {test[elbo]:.5g} {test[rate]:.5g} {test[iwae_bound]:.5g} "
        "{test[knn_accuracy]:.5g} ",
    ],
    RESULTS: ["| this repository | {test[elbo]:.2f} | {test[log_evidence]:.2f} |"],
    "docs/theory.md": [
        "From the ELBO to log p(x) it is {gap:.2f} nats for the default",
        "for the default it is {test[log_evidence_grid_change]:.4f}.",
    ],
}


class Claim(NamedTuple):
    """A place in a page that a pattern finds, and what its groups have to be."""

    page: str
    pattern: str
    values: list[str]


def sentence(page: str, template: str, **facts: object) -> Claim:
    """Claim words with facts, as `str.format` has them; all but rows may be wrapped."""
    space = " +" if template.startswith("|") else r"\s+"
    parts = list(Formatter().parse(template))
    pattern = VALUE.join(re.escape(literal) for literal, *_ in parts)
    fields = (f"{{{name}:{form}}}" for _, name, form, _ in parts if name)
    values = [field.format(**facts) for field in fields]
    return Claim(page, pattern.replace(r"\ ", space), values)


def table(page: str, before: str, rows: Iterable[Iterable[str]]) -> Claim:
    """Claim all rows of the first table after some text, such as its header."""
    pattern = re.escape(before) + r"[^\0]*?\n\|[-|]+\|\n((?:\|.*\n)*)"
    return Claim(page, pattern, ["".join(f"| {' | '.join(row)} |\n" for row in rows)])


def number(value: float | None, name: str = "") -> str:
    """Return a value of a metric with its decimals, or nothing where there is none."""
    decimals = 0 if name == "active_units" else 4 if "accuracy" in name else 2
    return "" if value is None or pd.isna(value) else f"{value:.{decimals}f}"


# What the cells of a table of runs say of all runs with the same parameters.
Cell = Callable[[pd.DataFrame], str]


def mean(column: str) -> Cell:
    """Return a cell that is empty where any of the runs has no value."""
    return lambda runs: number(runs[column].mean(skipna=False), column)


def mean_and_deviation(column: str) -> Cell:
    """Return a cell that has the standard deviation of at least three runs."""

    def cell(runs: pd.DataFrame) -> str:
        text, deviation = mean(column)(runs), runs[column].std()
        return f"{text} ({deviation:.2f})" if text and len(runs) > 2 else text

    return cell


def each(column: str, form: str) -> Cell:
    """Return a cell of the values of all runs."""
    return lambda runs: ", ".join(map(form.format, runs[column]))


# Cells by the header of their column in the pages.
CELLS: dict[str, Cell] = {
    "training ELBO": mean("train.elbo"),
    "test ELBO": mean_and_deviation("test.elbo"),
    "ELBO": mean("test.elbo"),
    "rate": mean("test.rate"),
    "distortion": mean("test.distortion"),
    "-(distortion + beta rate)": mean("objective"),
    "importance-weighted bound": mean_and_deviation("test.iwae_bound"),
    "by annealing": mean_and_deviation("test.annealed_bound"),
    "log p(x)": mean_and_deviation("test.log_evidence"),
    "distance": lambda runs: "{:.3f} ± {:.3f}".format(
        *runs[["enclosure.gap", "enclosure.gap_se"]].iloc[0]
    ),
    "distances": each("enclosure.gap", "{:.2f}"),
    "active units": each("test.active_units", "{:.0f}"),
    "five nearest neighbours": mean("test.knn_accuracy"),
    "prior": each("model.prior", "{}"),
    "published": mean("published"),
    "Gaussian, published": mean("Gaussian, published"),
    "spherical, published": mean("spherical, published"),
    "validation ELBO": mean("validation_elbo"),
    "from": lambda runs: number(runs["validation_elbo"].min()),
    "to": lambda runs: number(runs["validation_elbo"].max()),
    "seeds": lambda runs: str(len(runs)),
}


def table_of_runs(before: str, runs: pd.DataFrame, by: list[str]) -> Claim:
    """Claim a table with a row per group of runs, in the columns of its header."""
    _, _, after = read(RESULTS).partition(before)
    header = re.search(r"(.*)\n\|-", before + after)[1]
    cells = [CELLS[name.strip()] for name in header.split("|")[2:-1]]
    rows = []
    for (key, *_), group in runs.groupby(by, sort=False):
        rows.append([str(key).removesuffix(".0"), *(cell(group) for cell in cells)])
    return table(RESULTS, before, rows)


def read_study(name: str) -> pd.DataFrame:
    """Read the runs of a study, with what is published beside them."""
    runs = pd.read_csv(ROOT / f"results/studies/{name}.csv")
    if "published" in runs:
        known = runs.set_index("row")["published"]
        runs = pd.read_csv(ROOT / f"results/studies/{name}_runs.csv")
        return runs.assign(published=runs["variant"].map(known))
    figure = YAML(typ="safe").load(ROOT / f"studies/{name}.yaml")["figure"]
    for sources in figure.get("published", {}).values():
        for source in sources:
            known = dict(zip(source["x"], source["y"], strict=True))
            column = source["label"] if len(sources) > 1 else "published"
            runs[column] = runs[figure["x"]].map(known)
    return runs


def study_claims() -> Iterator[Claim]:
    studies = "data rate_distortion latent_dim estimators frontier origin"
    for name in studies.split():
        runs = read_study(name)
        if name == "origin":
            beta = runs["variant"].map({"default": 1}).fillna(10)
            objective = -(runs["test.distortion"] + beta * runs["test.rate"])
            runs = runs.assign(objective=objective)
        by = list(runs)[: list(runs).index("train.seed")]
        yield table_of_runs(f"studies/run.py {name}`", runs, by)
    seeds, rows = read_study("seeds"), []
    for key in ("elbo", "rate", "iwae_bound", "log_evidence", "knn_accuracy"):
        summary = seeds[f"test.{key}"].agg(["mean", "std", "min", "max"])
        rows.append([NAMES[key], *(number(value, key) for value in summary)])
    yield table(RESULTS, "| test images | mean | sd | least | most |", rows)
    tries = pd.read_csv(ROOT / "docs/tries.csv")  # without overrides: the default
    row = ("`" + tries["overrides"] + "`").fillna("none: the default")
    tries = tries.assign(row=row).rename(columns={"train_elbo": "train.elbo"})
    yield table_of_runs("| `-S` overrides |", tries, ["row"])


def result_claims() -> Iterator[Claim]:
    errors = pd.read_csv(ROOT / "results/standard_errors.csv", index_col="metric")
    rows = []
    for key, name in NAMES.items():
        rows.append([name])
        for split in ("train", "test"):
            pair = METRICS[split].get(key), errors[split].get(key)
            texts = (number(value, key) for value in pair)
            rows[-1].append(" ± ".join(filter(None, texts)))
    header = "| | 55,000 training images | 10,000 test images |"
    yield table("README.md", header, rows[: list(NAMES).index("mutual_information")])
    yield table(RESULTS, header, rows)


def sentence_claims() -> Iterator[Claim]:
    gap = METRICS["test"]["log_evidence"] - METRICS["test"]["elbo"]
    for page, templates in SENTENCES.items():
        for template in templates:
            yield sentence(page, template, gap=gap, **METRICS)
    history = pd.read_csv(ROOT / "results/history.csv")
    for epoch in (1, len(history)):
        text = f"epoch {epoch}/{len(history)}: ELBO "
        text += "train {train_elbo:.2f}, validation {validation_elbo:.2f}\n"
        yield sentence("README.md", text, **history.iloc[epoch - 1])
    for section, values in PARAMS.items():
        for name, default in values.items():
            row = f"| `{section}.{name}` | {{default}} |"
            yield sentence("docs/parameters.md", row, default=default)


def speed_claims() -> Iterator[Claim]:
    results = pd.read_csv(ROOT / "benchmarks/results.csv")
    results = results.set_index(["configuration", "program"])
    ratios = results[["ours_over_it", "lowest_ratio", "highest_ratio"]]
    ratios = ratios.apply(lambda row: [f"{ratio:.2f}" for ratio in row], axis=1)

    def share(configuration: str) -> str:
        """Return the speed over that of the fastest products alone."""
        programs = ratios[configuration]
        return min(programs[programs.index.str.startswith("SGEMM")])[0]

    others = ["JAX", "PyTorch eager", "PyTorch compiled", "Keras fit"]
    rows = []
    for name in ratios.index.unique("configuration").drop("bound"):
        cells = ("{} ({} to {})".format(*ratios[name, other]) for other in others)
        rows.append([name, *cells, share(name)])
    yield table(SPEED, "| | over JAX | over PyTorch eager |", rows)
    text = "anew leaves {own[0]} of the speed on grey ones ({own[1]} to {own[2]})"
    yield sentence(SPEED, text, own=ratios["dynamic", "ours on grey pixels"])
    text = "{images:.0f} images a second, {share} of the fastest products alone "
    text += "({bound[SGEMM jax][0]} of XLA's, {bound[SGEMM torch][0]} of"
    images = results.loc[("bound", "ours"), "images_per_second"]
    facts = {"images": images, "share": share("bound"), "bound": ratios["bound"]}
    yield sentence(SPEED, text, **facts)
    rows = []
    growth = pd.read_csv(ROOT / "benchmarks/growth.csv")
    for axis, points in growth.groupby("axis", sort=False):
        values, seconds = points["value"].iloc[[0, -1]], points["seconds"].iloc[[0, -1]]
        memory = points["peak_mib"].agg(["min", "max"])
        cells = [
            "{:.2f} to {:.2f}".format(*seconds),
            "{:.0f} to {:.0f}".format(*memory),
        ]
        rows.append([axis, *map("{:,}".format, values), *cells])
    yield table(SPEED, "| | from | to | seconds | MiB |", rows)


def claims() -> Iterator[Claim]:
    """Return every place of the pages whose numbers are those of files."""
    yield from result_claims()
    yield from study_claims()
    yield from sentence_claims()
    yield from speed_claims()


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def put(match: re.Match[str], values: list[str]) -> str:
    """Return the text of a match with other values in its groups."""
    text, start = match[0], match.start()
    for i, value in reversed(list(enumerate(values, start=1))):
        text = text[: match.start(i) - start] + value + text[match.end(i) - start :]
    return text


def rewrite() -> tuple[dict[str, str], list[str]]:
    """Return the pages with the numbers of the files, and the places not found."""
    pages, missing = {}, []
    for page, pattern, values in claims():
        old = pages.get(page) or read(page)
        pages[page], count = re.subn(pattern, lambda m, v=values: put(m, v), old)
        if count == 0:
            missing.append(f"{page}: nothing like: {pattern}")
    return pages, missing


def find_differences() -> list[str]:
    """Return lines of pages that should have other numbers, and places not found."""
    pages, differences = rewrite()
    for page, text in pages.items():
        lines = set(text.splitlines()) - set(read(page).splitlines())
        differences += [f"{page}: expected: {line}" for line in sorted(lines)]
    return differences


def main() -> None:
    pages, missing = rewrite()
    for page, text in pages.items():
        (ROOT / page).write_text(text, encoding="utf-8")
    sys.exit("\n".join(missing) or None)


if __name__ == "__main__":
    main()
