"""The mathematics of the worker, against NumPy and against differences."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import roots_hermitenorm

import numpy_model
from explore import read_sources
from studies.toy import until
from vae.explorer.assembly import join_modules

RNG = np.random.default_rng(0)
# Runs the worker's script in the page: `send` gives it a message, `received` has all.
START = """() => {
    window.received = [];
    const post = (message) => received.push(structuredClone(message));
    const [core, send] = ((postMessage, onmessage) => {
        %s
        return [modules, (data) => onmessage({ data })];
    })(post);
    Object.assign(window, { core, send });
}"""


@pytest.fixture
def open_core(open_page):
    """Opens a page of an untrained model with the worker's modules, as `open_page`."""

    def open_core(**changes):
        page, *rest = open_page(**changes)
        page.evaluate(START % join_modules(read_sources(), "core/worker.js"))
        return page, *rest

    return open_core


def run(page, code, argument=None):
    """Evaluate an expression, in which each export of a module has its name."""
    names = "Object.assign({}, ...Object.values(modules), ...Object.values(core))"
    return page.evaluate(f"(argument) => {{ with ({names}) return {code}; }}", argument)


def log_joint(model, x, z):
    logs = numpy_model.log_likelihood(model, x[None], z)[:, 0]
    return logs + numpy_model.log_prior(model, z)


@pytest.mark.parametrize(
    "changes",
    [
        *[{"activation": name} for name in numpy_model.ACTIVATIONS],
        {"likelihood": "gaussian", "binary": False, "latent_dim": 1},
        {"likelihood": "continuous_bernoulli", "binary": False, "prior": "vamp"},
        {"latent_dim": 5, "prior": "flow"},
    ],
    ids=str,
)
def test_gradients_of_the_decoder_and_the_prior(open_core, changes):
    page, model, images = open_core(**changes)
    z = np.float32(RNG.normal(size=(6, model.latent_dim)))
    code = """[jointGradient(model, images[3], Float32Array.from(argument), 6)].map(
        ({ joint, gradient }) => [[...joint], [...gradient].slice(0, argument.length)]
    )[0]"""
    joint, gradient = run(page, code, z.ravel().tolist())
    np.testing.assert_allclose(joint, log_joint(model, images[3], z), atol=1e-3)
    for d in range(model.latent_dim):
        step = 1e-4 * np.eye(model.latent_dim)[d]
        above, below = (log_joint(model, images[3], z + s) for s in (step, -step))
        received = np.reshape(gradient, z.shape)[:, d]
        np.testing.assert_allclose(received, (above - below) / 2e-4, atol=0.02)


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
def test_the_race_ends_at_the_best_gaussian(open_core, latent_dim):
    page, model, images = open_core(latent_dim=latent_dim, prior="vamp")
    loc, scale = numpy_model.posterior(model, images[0])
    run(page, "send({ type: 'model', model, hasGrid: latentDim < 3 })")
    for number, start in enumerate(("encoder", "grid")):
        message = f"{{ type: 'race', id: {number}, x: images[0], start: '{start}' }}"
        run(page, f"send({message})")
        done = f"received.some((m) => m.id === {number} && m.finished)"
        until(lambda done=done: run(page, done))
        found = run(page, "received.filter(({ type }) => type === 'race')")
        steps = [m for m in found if m["id"] == number]
        assert [m["step"] for m in steps] == list(range(steps[0]["numSteps"] + 1))
        begin = [steps[0]["loc"], steps[0]["scale"]]
        if start == "encoder":
            np.testing.assert_allclose(begin, [loc, scale], atol=1e-5)
        best = best_elbo(model, images[0], *np.array(begin))
        # Noise is drawn in more than two dimensions.
        tolerance = 0.02 if latent_dim < 3 else 0.3
        assert steps[-1]["elbo"] == pytest.approx(best, abs=tolerance)


def test_newer_images_end_older_work_and_bounds_keep_their_promise(open_core):
    page, model, images = open_core(latent_dim=2)
    run(page, "send({ type: 'model', model, hasGrid: true })")
    run(page, "[1, 2].map((id) => send({ type: 'image', id, x: images[id] }))")
    until(lambda: run(page, "received.at(-1)?.finished"))
    found = run(page, "received.filter(({ type }) => type === 'terms')")
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
    race = "{ type: 'race', id: 2, x: images[2], start: 'grid' }"
    image = "{ type: 'image', id: 3, x: images[3] }"
    run(page, f"[{race}, {{ type: 'stop' }}, {image}].map((message) => send(message))")
    until(lambda: run(page, "received.some((m) => m.id === 3 && m.finished)"))
    assert not run(page, "received.some((m) => m.type === 'race' && m.step > 1)")


def test_a_row_of_many_pixels_has_a_finite_normalizer(open_core):
    page, *_ = open_core()
    output = np.append(np.float32(3 * RNG.normal(size=4996)), [1e4, -1e4, 0, 0])
    code = "sumSoftplus(Float32Array.from(argument), 0, argument.length)"
    code = code.replace("sumSoftplus", "LIKELIHOODS.bernoulli().logNormalizer")
    received = run(page, code, output.tolist())
    assert received == pytest.approx(np.logaddexp(0, output).sum(), rel=1e-9)


def test_gradients_of_a_training_step(open_core):
    page, *_ = open_core()
    code = """(() => {
        const [rows, beta] = [4, 0.7];
        const settings = { hiddenUnits: [6, 5], latentDim: 3, numPixels: 10 };
        const model = makeModel(settings, makeRandom(3));
        const { uniform } = makeRandom(4);
        const pixel = (_, k) => Number(k % 12 < 10 && uniform() < 0.5);
        const x = Float32Array.from({ length: 48 }, pixel);
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
    })()"""
    gradients, differences = np.transpose(run(page, code))
    # Weights of padding have no gradient; those between padded inputs have no effect.
    np.testing.assert_allclose(gradients, differences, atol=2e-4)
    assert np.count_nonzero(gradients) > 200


TRAIN = """{
    type: "train", hiddenUnits: [16], latentDim: 2, count: 12, numPixels: 144,
    points: 5, batchSize: 8, learningRate: 0.01, beta: 0.1, seed: 1, binary: true,
    images: Uint8Array.from(images.slice(0, 12).flatMap((x) => [...x])),
}"""


def test_training_overfits_a_batch_and_obeys(open_core):
    page, *_ = open_core()
    reports = "received.filter(({ type }) => type === 'trained')"
    run(page, f"send({TRAIN})")
    run(page, "send({ type: 'step' })")
    run(page, "send({ type: 'play' })")
    until(lambda: run(page, f"{reports}.at(-1).step >= 512"))
    run(page, "send({ type: 'pause' })")
    first, second, *_, last = run(page, reports)
    assert [first["step"], second["step"]] == [0, 1]
    assert len(last["means"]) == 10 and np.isfinite(last["means"]).all()
    assert last["distortion"] < 0.3 * second["distortion"]
    assert last["elbo"] == pytest.approx(-last["rate"] - last["distortion"])
    run(page, "send({ type: 'weights' })")
    x, decoded = run(
        page,
        """[received.at(-1).model].map((model) => [
        [...images[0]],
        [...decode(model, Float32Array.from(encode(model, images[0]).loc), 1)],
    ])[0]""",
    )
    assert np.mean((np.array(decoded) > 0) == np.array(x)) > 0.9
    run(page, "send({ type: 'set', beta: 1000 })")
    for _ in range(100):
        run(page, "send({ type: 'step' })")
    assert run(page, f"{reports}.at(-1).rate") < 0.2 * last["rate"]  # collapses
