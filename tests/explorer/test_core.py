"""The mathematics of the page, against NumPy and against differences."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import roots_hermitenorm

import numpy_model
from studies.toy import until
from vae.data.images import scale_image
from vae.data.ink import fit_ink
from vae.data.pictures import read_picture, write_pngs

RNG = np.random.default_rng(0)


def log_joint(model, x, z):
    logs = numpy_model.log_likelihood(model, x[None], z)[:, 0]
    return logs + numpy_model.log_prior(model, z)


@pytest.mark.parametrize(
    "changes",
    [
        {"latent_dim": 1, "activation": "relu", "likelihood": "gaussian"},
        {"latent_dim": 2, "activation": "elu", "likelihood": "continuous_bernoulli"},
        {"latent_dim": 2, "activation": "gelu", "prior": "vamp", "binary": False},
        {"latent_dim": 5, "activation": "silu", "prior": "flow", "flow_layers": 3},
        {"latent_dim": 20, "likelihood": "gaussian", "gaussian_scale": 0.3},
        {"hidden_units": list(range(3, 14)), "side": 7},  # 10 and 11 come after 9
    ],
    ids=str,
)
def test_numbers_are_those_of_numpy(core, load_model, changes):
    model, images = load_model(**changes)
    noise = np.float32(RNG.normal(size=(6, 1, model.latent_dim)))
    code = """(noise) => {
        const found = terms(model, images[3], noise);
        return [[found.rate], [...found.distortions], [...found.logWeights]];
    }"""
    received = core.evaluate(code, noise.ravel().tolist())
    expected = numpy_model.terms(model, images[3:4], noise)
    for ours, theirs in zip(received, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.ravel(), rtol=2e-6, atol=1e-3)
    code = "(z) => [...logPriors(model.prior, Float32Array.from(z))]"
    received = core.evaluate(code, (20 * noise).ravel().tolist())
    expected = numpy_model.log_prior(model, 20 * noise[:, 0])
    np.testing.assert_allclose(received, expected, rtol=2e-6)
    z = noise[:, 0]
    code = """(z) => {
        const found = jointGradient(model, images[3], Float32Array.from(z));
        return [[...found.joint], [...found.gradient]];
    }"""
    joint, gradient = core.evaluate(code, z.ravel().tolist())
    np.testing.assert_allclose(joint, log_joint(model, images[3], z), atol=1e-3)
    for d in range(model.latent_dim):
        step = 1e-4 * np.eye(model.latent_dim)[d]
        above, below = (log_joint(model, images[3], z + s) for s in (step, -step))
        received = np.reshape(gradient, z.shape)[:, d]
        np.testing.assert_allclose(received, (above - below) / 2e-4, atol=0.02)
    if model.latent_dim > 2:
        return
    code = """() => {
        const grid = makeGrid(model);
        const integration = integrate(grid, images[0]);
        let found = {};
        while (!found.done) found = integration.next();
        const { logEvidence, logPosterior } = found.value;
        const mass = grid.points.map(({ logWeight }, n) => logWeight + logPosterior[n]);
        return [logEvidence, logSumExp(mass)];
    }"""
    evidence, total = core.evaluate(code)
    expected = numpy_model.log_evidence(model, images[:1], 151)[0]
    assert evidence == pytest.approx(expected, abs=0.0015)
    assert total == pytest.approx(0, abs=1e-4)


def best_elbo(model, x, loc, scale):
    """Maximize the ELBO over loc and log scale from a start."""
    nodes, weights = roots_hermitenorm(20 if len(loc) < 3 else 6)
    grids = np.meshgrid(*[nodes] * len(loc)), np.meshgrid(*[weights] * len(loc))
    noise = np.stack(grids[0], axis=-1).reshape(-1, len(loc))
    weights = np.prod(grids[1], axis=0).ravel()
    entropy = 0.5 * len(loc) * np.log(2 * np.pi * np.e)

    def loss(values):
        loc, log_scale = np.split(values, 2)
        joint = log_joint(model, x, loc + np.exp(log_scale) * noise)
        return -joint @ weights / weights.sum() - log_scale.sum() - entropy

    return -minimize(loss, np.concatenate([loc, np.log(scale)])).fun


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_the_race_ends_at_the_best_gaussian(core, load_model, latent_dim):
    model, images = load_model(latent_dim=latent_dim, prior="vamp")
    loc, scale = (x[0] for x in numpy_model.posterior(model, images[:1]))
    code = """(loc) => [...race(model, images[0], Float64Array.from(loc))].map(
        ({ loc, scale, ...rest }) => ({ loc: [...loc], scale: [...scale], ...rest }))"""
    steps = core.evaluate(code, loc.tolist())
    assert [step["finished"] for step in steps] == [False] * 100 + [True]
    np.testing.assert_allclose(steps[0]["loc"], loc, atol=1e-5)
    np.testing.assert_allclose(steps[0]["scale"], scale, atol=1e-5)
    best = best_elbo(model, images[0], loc, scale)
    # Noise is drawn in more than two dimensions.
    tolerance = 0.02 if latent_dim < 3 else 0.3
    assert steps[-1]["elbos"][-1] == pytest.approx(best, abs=tolerance)
    explored = np.array([core.evaluate("[...explorePrior(model, images[0])]")])
    drawn = numpy_model.sample_prior(model, RNG, 1000)
    typical = np.quantile(log_joint(model, images[0], drawn), 0.99)
    assert log_joint(model, images[0], explored) > typical


def test_newer_images_end_older_work_and_bounds_keep_their_promise(core, load_model):
    model, images = load_model(latent_dim=2)
    core.evaluate("send({ type: 'model', model, hasGrid: true })")
    core.evaluate("[1, 2].map((id) => send({ type: 'image', id, x: images[id] }))")
    until(lambda: core.evaluate("received.at(-1)?.finished"))
    code = "received.map((m) => ({ ...m, logWeights: [...m.logWeights] }))"
    found = core.evaluate(code)
    assert [m["id"] for m in found] == [1, 2, 2, 2]
    evidence = numpy_model.log_evidence(model, images[2:3], 301)[0]
    assert ["logEvidence" in m for m in found] == [False, False, True, True]
    assert found[-1]["logEvidence"] == pytest.approx(evidence, abs=0.002)
    bounds, errors = (np.array(found[-1][name]) for name in ("bounds", "boundErrors"))
    assert np.all(bounds - 3 * errors <= evidence)
    log_weights = np.array(found[-1]["logWeights"])
    for count, bound, error in zip(found[-1]["counts"], bounds, errors, strict=True):
        groups = numpy_model.iwae_bound(log_weights.reshape(-1, count).T)
        tolerance = 4 * error if count == 1 else 1e-9  # its samples are others
        assert bound == pytest.approx(groups.mean(), abs=tolerance)
        if count > 1:
            expected = groups.std(ddof=1) / np.sqrt(len(groups))
            assert error == pytest.approx(expected)
    noise = np.reshape(core.evaluate("[...drawMirrored(1, 500, 2)]"), (500, 2))
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(noise.std(axis=0), 1)
    assert abs(np.mean(noise[:, 0] * noise[:, 1])) < 0.1


@pytest.mark.long
@pytest.mark.parametrize("latent_dim", [1, 2, 3, 20])
def test_answers_of_the_worker_are_those_of_numpy(core, load_model, latent_dim):
    model, images = load_model(latent_dim=latent_dim)
    code = """(dim) => [[...drawMirrored(1, 500, dim)],
        [...Array(20)].flatMap((_, i) => [...drawNormals(500 * i + 2, 500 * dim)])]"""
    drawn = core.evaluate(code, latent_dim)
    noise, samples = (np.reshape(values, (-1, 1, latent_dim)) for values in drawn)
    core.evaluate(
        "(hasGrid) => send({ type: 'model', model, hasGrid })", latent_dim < 3
    )
    for i, x in enumerate(images[:12, None]):
        number = 1000 * latent_dim + i
        core.evaluate(
            "([id, i]) => send({ type: 'image', id, x: images[i] })", [number, i]
        )
        answer = f"received.find(({{ id, finished }}) => id === {number} && finished)"
        until(lambda answer=answer: core.evaluate(f"Boolean({answer})"))
        found = core.evaluate(f"({{ ...{answer}, logWeights: null }})")
        rate, distortion, _ = numpy_model.terms(model, x, noise)
        assert found["rate"] == pytest.approx(rate[0], abs=1e-4)
        assert found["distortion"] == pytest.approx(distortion.mean(), abs=1e-3)
        elbo = -(rate[0] + distortion.mean())
        assert found["elbo"] == pytest.approx(elbo, abs=1e-3)
        log_weights = numpy_model.terms(model, x, samples)[2].reshape(-1, 500)
        bound = numpy_model.iwae_bound(log_weights.T).mean()
        assert found["bounds"][-1] == pytest.approx(bound, abs=1e-3)
        if latent_dim < 3:
            evidence = numpy_model.log_evidence(model, x, 301)[0]
            assert found["logEvidence"] == pytest.approx(evidence, abs=2e-3)


def test_a_row_of_many_pixels_has_a_finite_normalizer(core):
    output = np.append(np.float32(3 * RNG.normal(size=4996)), [1e4, -1e4, 0, 0])
    code = "(output) => LIKELIHOODS.bernoulli().logNormalizer(output, 0, output.length)"
    received = core.evaluate(code, output.tolist())
    assert received == pytest.approx(np.logaddexp(0, output).sum(), rel=1e-9)


def test_gradients_of_a_training_step(core):
    code = """() => {
        const [rows, beta] = [4, 0.7];
        const sizes = { hiddenUnits: [6, 5], latentDim: 3 };
        const model = makeModel(sizes, 10, makeRandom(3));
        const { uniform } = makeRandom(4);
        const x = Float32Array.from({ length: 40 }, () => Number(uniform() < 0.5));
        const measured = () => measure(model, x, rows, makeRandom(5));
        const value = () => [measured()].map((m) => -(m.distortion + beta * m.rate))[0];
        const gradients = differentiate(model, measured(), rows, beta);
        const compare = (weights, n) => Array.from(weights, (before, i) => {
            const at = (w) => ((weights[i] = w), value());
            const difference = (at(before + 1e-2) - at(before - 1e-2)) / 2e-2;
            weights[i] = before;
            return [gradients[n][i], difference];
        });
        return listWeights(model).flatMap(compare);
    }"""
    gradients, differences = np.transpose(core.evaluate(code))
    np.testing.assert_allclose(gradients, differences, atol=2e-4)
    assert np.count_nonzero(gradients) > 200


def test_training_overfits_a_batch_and_obeys_beta(core, load_model):
    load_model()
    code = """() => {
        const training = makeTraining(images.slice(0, 12), images);
        const found = Array.from({ length: 5 }, () => train(training, 0.1, 32));
        const { model, step, means } = report(training);
        const decoded = decode(model, Float32Array.from(encode(model, images[0]).loc));
        const right = decoded.map((value, j) => (value > 0) === (images[0][j] === 1));
        const [first, last] = [found[0], found.at(-1)];
        const later = train(training, 1000, 32);
        return { step, means: [...means], share: average(right), first, last, later };
    }"""
    found = core.evaluate(code)
    first, last, later = found["first"], found["last"], found["later"]
    assert found["step"] == 160 and len(found["means"]) == 24
    assert last["distortion"] < 0.5 * first["distortion"]
    assert last["elbo"] == pytest.approx(-last["rate"] - last["distortion"])
    assert found["share"] > 0.9
    assert later["rate"] < 0.2 * last["rate"]  # collapses


def test_a_drawing_becomes_the_image_that_a_file_becomes(core, tmp_path):
    bars, noise = np.zeros((140, 140), np.uint8), np.zeros((90, 70), np.uint8)
    bars[10:70, 20:35] = bars[50:66, 30:100] = 255
    noise[11:85, 3:40] = RNG.integers(256, size=(74, 37))
    odd = np.uint8(255 * (np.add.outer(np.arange(51), np.arange(64)) % 63 == 7))
    code = """(ink) => [[28, 28], [6, 4]].map(
        (shape) => [fitInk, scaleInk].map((fit) => [...fit(ink, shape)])
    )"""
    shapes = [(28, 28), (6, 4)]
    for ink in (bars, noise // 5, noise[:, :40], odd):
        results = core.evaluate(code, ink.tolist())
        for shape, (fitted, scaled) in zip(shapes, results, strict=True):
            np.testing.assert_allclose(fitted, fit_ink(ink, shape).ravel(), atol=1e-6)
            expected = scale_image(ink, shape).ravel() / 255
            np.testing.assert_allclose(scaled, expected, atol=1e-6)
    path = tmp_path / "drawing.png"
    write_pngs({path: bars / 255}, zoom=1)
    expected = read_picture(path, (28, 28), "MNIST").ravel()
    fitted = core.evaluate(code, bars.tolist())[0][0]
    np.testing.assert_allclose(fitted, expected, atol=1e-6)
