"""Means, standard errors and tables of per-image values."""

import numpy as np
import pytest

from vae.evaluation.summary import FORMAT, REMEDIES, report, tables
from vae.pipeline.errors import PipelineError

VALUES = np.array([1.0, 2.0, 4.0, 9.0])
COLUMNS = {
    "test": {"rate": VALUES, "hit": VALUES > 3, "marginal_kl": VALUES},
    "gaps": {"approximation_gap": VALUES[:2]},
}


def test_tables_have_means_and_their_standard_errors():
    scalars = {"test": {"active_units": 2}}
    labels, names = {"test": np.array([2, 1, 2, 1])}, ["bag", "coat", "dress"]
    metrics, errors, classes = tables(COLUMNS, scalars, labels, names)
    assert metrics == {
        "test": {"rate": 4.0, "hit": 0.5, "marginal_kl": 4.0, "active_units": 2},
        "gaps": {"approximation_gap": 1.5},
    }
    of_rate, of_hits = VALUES.std(ddof=1) / 2, np.sqrt(1 / 3) / 2
    assert errors.to_csv(**FORMAT).splitlines() == [
        "metric,test,gaps",
        f"rate,{of_rate:.4f},",
        f"hit,{of_hits:.4f},",
        f"marginal_kl,{of_rate:.4f},",
        "approximation_gap,,0.5000",
    ]
    assert classes.to_csv(**FORMAT).splitlines() == [
        "split,class,name,images,rate,rate_se,hit,hit_se",
        "test,1,coat,2,5.5000,3.5000,0.5000,0.5000",
        "test,2,dress,2,2.5000,1.5000,0.5000,0.5000",
    ]
    assert tables(COLUMNS, {}, labels, [])[2].to_csv(**FORMAT) == "split\n"


@pytest.mark.parametrize(
    ("section", "remedy"), [*REMEDIES.items(), ("test", "lower train.learning_rate")]
)
def test_what_is_not_finite_is_named(section, remedy):
    columns = {section: {"elbo": VALUES[:3], "rate": np.array([np.nan, np.inf, 1])}}
    message = f"{section}.rate is not finite for 2 of 3 images; .*; {remedy}$"
    with pytest.raises(PipelineError, match=message):
        tables(columns, {}, {}, [])


def test_the_report_has_the_bounds_and_what_needs_care():
    bounds = {"elbo": -3.0, "iwae_bound": -1.5, "active_units": 2}
    metrics = {"train": {"elbo": -2.0}, "test": dict(bounds)}
    train, test = report(metrics, latent_dim=2)
    assert train == "train: ELBO -2.00 nats per image"
    assert test == "test: ELBO -3.00, bound -1.50 nats per image"
    metrics["test"] |= {"annealed_bound": -1.25, "log_evidence_grid_change": 0.02}
    annealing, grid = report(metrics | {"enclosure": {"gap": 0.5}}, latent_dim=2)[2:]
    assert "at least -1.25" in annealing and "differ by 0.50 nats" in annealing
    assert grid == "log_evidence: a coarser or narrower grid changes it by 0.0200"
    for evidence, num_lines in ((-1.59, 2), (-1.61, 3)):
        metrics["test"] = bounds | {"log_evidence": evidence}
        *_, last = lines = report(metrics, latent_dim=2)
        assert len(lines) == num_lines
    assert last.startswith("log_evidence: below the importance-weighted bound")
    values = {"mutual_information_gap": 0.25, "dci_completeness": 0.5}
    *_, last = report(metrics | {"disentanglement": values}, latent_dim=2)[:3]
    assert last == "MIG 0.25, completeness 0.50"


def test_the_report_says_which_latents_tell_nothing():
    for active, what in [(1, "the other dimensions"), (0, "posterior collapse: z")]:
        split = {"elbo": -3.0, "iwae_bound": -2.0, "active_units": active}
        _, _, line = report({"train": split, "test": split}, latent_dim=3)
        assert line.startswith(f"active units: {active} of 3; {what}")
