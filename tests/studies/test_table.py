"""Rows of a study, and what an audit says."""

from point import Result
from specification import Point, Study, Summary
from table import WEIGHTS, audit_points, describe_difference, make_table, summarize

METRICS = "results/metrics.json"
GOOD = Result(
    {"test.elbo": -1.0, "test.elbo_se": 0.5},
    {WEIGHTS: "a1", METRICS: "b1"},
    machine="A CPU",
)
BAD = Result(message="training diverged", machine="A CPU")


def test_a_row_has_its_coordinates_its_metrics_and_its_weights():
    coordinates = {"train.seed": 1, "model.hidden_units": [4, 2]}
    points = [Point(coordinates | {"train.seed": seed}, {}) for seed in (1, 2)]
    table = make_table(points, [BAD, GOOD])
    assert table.to_csv(index=False, lineterminator="\n") == (
        "train.seed,model.hidden_units,test.elbo,test.elbo_se,weights_sha256,message\n"
        '1,"[4, 2]",,,,training diverged\n'
        '2,"[4, 2]",-1.0,0.5,a1,\n'
    )


def test_a_variant_is_summed_up_beside_what_is_published():
    study = Study(
        question="?",
        shared={"train.epochs": 3},
        variants={"a": {"model.latent_dim": 5}, "b": {}},
        grid={"train.seed": [1, 2], "train.batch_size": [8]},
        summary=Summary(metric="test.elbo", published={"b": -7.0}),
    )
    points = [
        Point({"variant": name, "train.seed": seed}, changes | {"train.seed": seed})
        for name, changes in study.variants.items()
        for seed in (1, 2)
    ]
    results = [Result({"test.elbo": elbo}) for elbo in (-1.0, -2.0, -3.0, -5.0)]
    runs = make_table(points, results)
    assert summarize(study, points, runs).to_csv(index=False) == (
        "row,mean,sd,published,model.latent_dim,train.seed\n"
        'a,-1.5,0.7071,,5,"[1, 2]"\n'
        'b,-4.0,1.4142,-7.0,2,"[1, 2]"\n'
    )


def test_an_audit_takes_its_share_and_the_same_each_time():
    points = [Point({}, {})] * 10
    sizes = [len(audit_points(points, share)) for share in (0, 0.01, 0.3, 1)]
    assert sizes == [0, 1, 3, 10]
    assert audit_points(points, 0.3) == audit_points(points, 0.3) <= set(range(10))


def test_a_difference_names_point_outputs_and_machines():
    assert describe_difference("seed 1", GOOD, GOOD) == []
    other = GOOD._replace(hashes={WEIGHTS: "a1", METRICS: "b2"}, machine="B CPU")
    (line,) = describe_difference("seed 1", GOOD, other)
    assert line == f"seed 1: {METRICS} came out different, on A CPU and B CPU"
    (line,) = describe_difference("seed 1", GOOD, BAD)
    assert line == "seed 1: the second run failed: training diverged"
