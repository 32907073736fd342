"""The plots of `dvc.yaml`, drawn by Vega as in DVC's page and editors."""

import json
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import vl_convert

from conftest import ROOT, commit_all

CURVES = ["ELBO", "rate", "distortion"]


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    """Return the SVG of each plot, for a commit and a changed learning curve."""
    folder = tmp_path_factory.mktemp("project")
    for name in (".dvc/plots", "results"):
        shutil.copytree(ROOT / name, folder / name)
    for name in (".dvc/config", "dvc.yaml", "dvc.lock", "params.yaml"):
        shutil.copy(ROOT / name, folder / name)
    commit_all(folder)
    history = folder / "results/history.csv"
    pd.read_csv(history).mul(1.5).to_csv(history, index=False)
    command = [sys.executable, "-m", "dvc", "plots", "diff", "HEAD", "--json"]
    printed = subprocess.check_output(command, cwd=folder, text=True)
    plots = json.loads(printed)["data"]
    return {
        name: vl_convert.vegalite_to_svg(plot["content"])
        for name, (plot, *_) in plots.items()
        if plot["type"] == "vega"
    }


@pytest.mark.parametrize("name", CURVES)
def test_learning_curves_of_both_splits_and_revisions_are_overlaid(drawings, name):
    texts = set(re.findall(r">([^<]+)</text>", drawings[name]))
    assert {"epoch", f"{name}, nats per image", "HEAD", "workspace"} <= texts
    assert {f"{split}_{name.lower()}" for split in ("train", "validation")} <= texts
    lines = set(re.findall(r'"line mark"[^>]* d="([^"]+)"', drawings[name]))
    assert len(lines) == 4


def test_tables_are_drawn_by_their_own_templates(drawings):
    assert set(drawings) == {
        *CURVES,
        *("results/history.csv", "results/classes.csv", "results/standard_errors.csv"),
    }
    errors = pd.read_csv(ROOT / "results/standard_errors.csv", dtype=str)
    assert f">{errors['test'][0]}</text>" in drawings["results/standard_errors.csv"]
    points = re.findall('"point" transform', drawings["results/classes.csv"])
    assert len(points) == 2 * len(pd.read_csv(ROOT / "results/classes.csv"))
