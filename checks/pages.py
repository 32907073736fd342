"""Write the numbers of results/ into README.md and docs/: python checks/pages.py."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from string import Formatter
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from command import Parser, run  # before packages

# isort: split
import pandas as pd
from ruamel.yaml import YAML

from vae.pipeline.errors import PipelineError

ROOT = Path(__file__).parent.parent
RESULTS, SPEED = "docs/results.md", "docs/speed.md"
PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")
SEEDS = pd.read_csv(ROOT / "results/studies/seeds.csv")
METRICS = json.loads((ROOT / "results/metrics.json").read_text())
NUM_SAMPLES = PARAMS["evaluate"]["num_importance_samples"]
# Metrics of the default. The README shows those before `mutual_information`.
NAMES = {
    "elbo": "ELBO",
    "rate": "rate",
    "distortion": "distortion",
    "iwae_bound": f"importance-weighted bound, {NUM_SAMPLES} samples",
    "log_evidence": "log p(x), by quadrature",
    "mutual_information": "mutual information",
    "marginal_kl": "KL(q(z) ‖ p(z))",
    "knn_accuracy": "accuracy of five nearest neighbors",
    "probe_accuracy": "accuracy of a linear classifier",
    "active_units": "active units",
}
VALUE = r"(?:\[.*?\]|-?\w[\w.,]*\w|\w)"  # a number, a word or a list
COMPARED = ("elbo", "iwae_bound", "mutual_information", "rate")
# Sentences with metrics of the default, by page.
SENTENCES = {
    "README.md": [
        "train: ELBO {train[elbo]:.2f} nats per image",
        "test: ELBO {test[elbo]:.2f}, bound {test[iwae_bound]:.2f}, "
        "log p(x) {test[log_evidence]:.2f} nats per image",
        *(f"metrics.json test.{name} {{test[{name}]:.7g}} " for name in COMPARED),
    ],
    "docs/theory.md": ["two gaps together are {gap:.2f} nats"],
    "docs/estimators.md": ["the default it is {test[log_evidence_grid_change]:.4f}."],
}


class Claim(NamedTuple):
    """Values in a page; each group of `pattern` is the text before a value."""

    page: str
    pattern: str
    values: list[str]

    def apply(self, text: str) -> tuple[str, int]:
        """Return a text with these values and the number of matches."""

        def joined(match: re.Match[str]) -> str:
            pairs = zip_longest(match.groups(), self.values, fillvalue="")
            return "".join(map("".join, pairs))

        return re.subn(self.pattern, joined, text)


def sentence_claim(page: str, template: str, **facts: object) -> Claim:
    """Return the claim of a `str.format` template; table rows never wrap."""
    space = " +" if template.startswith("|") else r"\s+"
    parts = list(Formatter().parse(template))
    pattern = VALUE.join(f"({re.escape(literal)})" for literal, *_ in parts)
    fields = (f"{{{name}:{form}}}" for _, name, form, _ in parts if name)
    values = [field.format(**facts) for field in fields]
    return Claim(page, pattern.replace(r"\ ", space), values)


def table_claim(page: str, before: str, rows: Iterable[Iterable[str]]) -> Claim:
    """Return the claim of all rows of the first table after a text."""
    pattern = rf"({re.escape(before)}[^\0]*?\n\|[-|]+\|\n)(?:\|.*\n)*"
    return Claim(page, pattern, ["".join(f"| {' | '.join(row)} |\n" for row in rows)])


def number(value: float | None, name: str = "") -> str:
    """Format the value of a metric; a missing value becomes an empty text."""
    decimals = 0 if name == "active_units" else 4 if "accuracy" in name else 2
    return "" if value is None or pd.isna(value) else f"{value:.{decimals}f}"


# Columns of the runs whose header in the pages has another name.
COLUMNS = {name: f"test.{key}" for key, name in NAMES.items()} | {
    "training ELBO": "train.elbo",
    "test ELBO": "test.elbo",
    "-(distortion + beta rate)": "objective",
    "importance-weighted bound": "test.iwae_bound",
    "by annealing": "test.annealed_bound",
    "log p(x)": "test.log_evidence",
    "distances": "enclosure.gap",
    "five nearest neighbors": "test.knn_accuracy",
    "prior": "model.prior",
    "validation ELBO": "validation_elbo",
    "of each seed": "validation_elbo",
    "mutual information gap": "disentanglement.mutual_information_gap",
    "FactorVAE score": "disentanglement.factor_vae_score",
    "DCI disentanglement": "disentanglement.dci_disentanglement",
    "completeness": "disentanglement.dci_completeness",
    "informativeness": "disentanglement.dci_informativeness",
}
# Columns with the values of each run.
SHOW_EACH = {
    "distances": "{:.2f}",
    "active units": "{:.0f}",
    "prior": "{}",
    "of each seed": "{:.2f}",
}


def cell(header: str, runs: pd.DataFrame) -> str:
    """Format the cell of a column for runs with the same parameters: often a mean."""
    if header == "distance":
        gap = runs[["enclosure.gap", "enclosure.gap_se"]].iloc[0]
        return "{:.3f} ± {:.3f}".format(*gap)
    name = COLUMNS.get(header, header)
    column = runs[name]
    if header in SHOW_EACH:
        return ", ".join(map(SHOW_EACH[header].format, column))
    text = number(column.mean(skipna=False), name)
    spread = text and len(runs) > 2 and name.startswith(("test.", "disentangle"))
    return f"{text} ({column.std():.2f})" if spread else text


def table_of_runs(before: str, runs: pd.DataFrame, by: list[str]) -> Claim:
    """Return the claim of a table with a row per group of runs."""
    _, _, after = read(RESULTS).partition(before)
    header, *_ = re.findall(r"(.*)\n\|-", before + after)
    names = [name.strip() for name in header.split("|")[2:-1]]
    rows = [
        [str(key).removesuffix(".0"), *(cell(name, group) for name in names)]
        for (key, *_), group in runs.groupby(by, sort=False)
    ]
    return table_claim(RESULTS, before, rows)


def read_study(name: str) -> pd.DataFrame:
    """Read the runs of a study, with a column of published values."""
    study = YAML(typ="safe").load(ROOT / f"studies/{name}.yaml")
    table = f"{name}_runs" if "summary" in study else name
    runs = pd.read_csv(ROOT / f"results/studies/{table}.csv")
    if "published" in study:
        runs["published"] = runs["variant"].map(study["published"]["values"])
    return runs


def study_claims() -> Iterator[Claim]:
    studies = "data rate_distortion latent_dim estimators frontier origin disentangling"
    for name in studies.split():
        runs = read_study(name)
        if name == "origin":
            beta = runs["variant"].map({"default": 1}).fillna(10)
            runs["objective"] = -(runs["test.distortion"] + beta * runs["test.rate"])
        by = list(runs)[: list(runs).index("train.seed")]
        yield table_of_runs(f"studies/run.py {name}`", runs, by)
    rows = []
    for key in ("elbo", "rate", "iwae_bound", "log_evidence", "knn_accuracy"):
        summary = SEEDS[f"test.{key}"].agg(["mean", "std", "min", "max"])
        rows.append([NAMES[key], *(number(value, key) for value in summary)])
    yield table_claim(RESULTS, "| test images | mean | sd | least | most |", rows)
    tries = pd.read_csv(ROOT / "docs/tries.csv")
    tries = tries.rename(columns={"train_elbo": "train.elbo"})
    tries["row"] = ("`" + tries["overrides"] + "`").fillna("none: the default")
    yield table_of_runs("| `-S` overrides |", tries, ["row"])


def result_claims() -> Iterator[Claim]:
    errors = pd.read_csv(ROOT / "results/standard_errors.csv", index_col="metric")
    rows = []
    for key, name in NAMES.items():
        pairs = [(METRICS[s].get(key), errors[s].get(key)) for s in ("train", "test")]
        texts = [filter(None, (number(v, key) for v in pair)) for pair in pairs]
        rows.append([name, *map(" ± ".join, texts)])
    header = "| | 55,000 training images | 10,000 test images |"
    yield table_claim(RESULTS, header, rows)
    rows = rows[: list(NAMES).index("mutual_information")]
    for row, key in zip(rows, NAMES, strict=False):
        row.append("{:.2f} ({:.2f})".format(*SEEDS[f"test.{key}"].agg(["mean", "std"])))
    yield table_claim("README.md", header, rows)


def sentence_claims() -> Iterator[Claim]:
    gap = METRICS["test"]["log_evidence"] - METRICS["test"]["elbo"]
    for page, templates in SENTENCES.items():
        for template in templates:
            yield sentence_claim(page, template, gap=gap, **METRICS)
    history = pd.read_csv(ROOT / "results/history.csv")
    for epoch in (1, len(history)):
        text = f"epoch {epoch}/{len(history)}: ELBO "
        text += "train {train_elbo:.2f}, validation {validation_elbo:.2f}\n"
        yield sentence_claim("README.md", text, **history.iloc[epoch - 1])
    for section, values in PARAMS.items():
        for name, default in values.items():
            row = f"| `{section}.{name}` | {{default}} |"
            yield sentence_claim("docs/parameters.md", row, default=default)


def speed_claims() -> Iterator[Claim]:
    results = pd.read_csv(ROOT / "benchmarks/results.csv", index_col=[0, 1])
    ratios = results[["ours_over_it", "lowest_ratio", "highest_ratio"]]
    ratios = ratios.apply(lambda row: [f"{ratio:.2f}" for ratio in row], axis=1)
    others = ["JAX", "PyTorch eager", "PyTorch compiled", "Keras fit"]
    rows = []
    for name in ratios.index.unique("configuration"):
        cells = ("{} ({} to {})".format(*ratios[name, other]) for other in others)
        rows.append([name, *cells])
    yield table_claim(SPEED, "| | over JAX | over PyTorch eager |", rows)


def claims() -> Iterator[Claim]:
    """Return all numbers of the pages that come from files."""
    return chain(result_claims(), study_claims(), sentence_claims(), speed_claims())


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def rewritten_pages() -> dict[str, str]:
    """Return the pages with the numbers of the files."""
    pages = {}
    for claim in claims():
        old = pages.get(claim.page) or read(claim.page)
        pages[claim.page], count = claim.apply(old)
        if count == 0:
            raise PipelineError(f"{claim.page}: no match for: {claim.pattern}")
    return pages


def main() -> None:
    Parser(description=__doc__).parse_args()
    for page, text in rewritten_pages().items():
        (ROOT / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
