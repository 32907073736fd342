"""Whether each latent dimension stands for one true factor of the images.

`loc` and `scale` are those of q(z|x), [images, latent], and `factors` are integers
[images, factors], each with at least two values. docs/theory.md has the formulas.
"""

import numpy as np
from scipy.stats import entropy
from sklearn.ensemble import RandomForestClassifier

from vae.evaluation.chunks import map_chunks
from vae.evaluation.latents import ACTIVE_VARIANCE
from vae.numerics.determinism import tf
from vae.numerics.noise import draw_standard_normal
from vae.numerics.products import product
from vae.numerics.streams import Purpose, seed_sequence

NUM_SAMPLES = 10_000  # of q(z|x), for the mutual information
MAX_PAIRS = 2 * 10**7  # of samples and images that are compared at once
VOTES, VOTE_IMAGES = 1000, 100  # votes per factor, twice; images per vote
NUM_TREES = 50
FOREST_IMAGES = 10_000  # at most, for the forests
DECIMALS = 6  # of the information: logarithms differ in the last bits between systems


def generator(seed: int, index: int) -> np.random.Generator:
    """Return the generator of one of the draws of this module."""
    return np.random.default_rng(seed_sequence(seed, Purpose.AGGREGATE_LATENTS, index))


def factor_entropies(factors: np.ndarray) -> np.ndarray:
    """Compute H(v_k) in nats, float64 [factors]."""
    return np.array([entropy(np.bincount(column)) for column in factors.T])


def factor_information(
    loc: np.ndarray, scale: np.ndarray, factors: np.ndarray, *, seed: int
) -> np.ndarray:
    """Estimate the mutual information I(z_j; v_k) in nats, float64 [latent, factors].

    The images are equally probable, and q(z_j | v) is the mean of q(z_j | x_n) over the
    images x_n with this value of the factor, a mixture of Gaussians. Hence

        I(z_j; v_k) = H(v_k) - E[H(v_k | z_j)],  p(v | z_j) ~ p(v) q(z_j | v),

    where the expectation over z_j is the mean of NUM_SAMPLES samples of q(z_j | x_n),
    of random images. An estimate below 0, which is noise, becomes 0.
    """
    order = generator(seed, 1).permutation(len(loc))
    chosen = np.resize(order, NUM_SAMPLES)
    noise = draw_standard_normal(
        [NUM_SAMPLES, loc.shape[1]],
        seed=seed,
        purpose=Purpose.AGGREGATE_LATENTS,
        index=1,
    )
    sizes = (factors.max(axis=0) + 1).tolist()
    members = np.concatenate(
        [np.eye(n, dtype="f4")[v] for n, v in zip(sizes, factors.T, strict=True)],
        axis=1,
    )  # [images, values of all factors]

    @tf.function(jit_compile=True)
    def conditional_entropies(noise, chosen):  # [chunk, latent], [chunk]
        def of_dimension(inputs):
            noise, loc, scale = inputs  # [chunk], [images], [images]
            z = tf.gather(loc, chosen) + tf.gather(scale, chosen) * noise
            log_prob = -0.5 * tf.square((z[:, None] - loc) / scale)
            log_prob -= tf.math.log(scale)  # [chunk, images]
            largest = tf.reduce_max(log_prob, axis=-1, keepdims=True)
            mass = product(tf.exp(log_prob - largest), tf.constant(members))
            parts = tf.split(mass, sizes, axis=-1)
            shares = [x / tf.reduce_sum(x, axis=-1, keepdims=True) for x in parts]
            terms = [tf.reduce_sum(tf.math.xlogy(x, x), axis=-1) for x in shares]
            return -tf.stack(terms, axis=-1)  # [chunk, factors]

        inputs = tf.transpose(noise), tf.transpose(loc), tf.transpose(scale)
        entropies = tf.map_fn(of_dimension, inputs, fn_output_signature=tf.float32)
        return (tf.transpose(entropies, [1, 0, 2]),)  # [chunk, latent, factors]

    size = max(1, min(NUM_SAMPLES, MAX_PAIRS // len(loc)))
    title = "information about the factors"
    (left,) = map_chunks(conditional_entropies, noise, chosen, size=size, title=title)
    information = factor_entropies(factors) - left.mean(axis=0, dtype=np.float64)
    return np.round(np.maximum(information, 0), DECIMALS)


def mutual_information_gap(information: np.ndarray, entropies: np.ndarray) -> float:
    """Average the gaps between the two most informative dimensions of each factor.

    The gap is divided by H(v_k). Source: Chen et al. (2018), arXiv 1802.04942, eq. 6.
    """
    missing = np.zeros([1, len(entropies)])  # of a second dimension
    second, first = np.sort(np.concatenate([missing, information]), axis=0)[-2:]
    return float(((first - second) / entropies).mean())


def factor_vae_score(loc: np.ndarray, factors: np.ndarray, *, seed: int) -> float:
    """Predict which factor is fixed from the dimension that varies least.

    A vote is for a fixed factor: VOTE_IMAGES random images share a random value of it,
    and the dimension whose posterior mean has the smallest variance among them,
    relative to its variance over all images, is found. Each dimension predicts the
    factor for which it was found most often in the first half of the votes. The score
    is the accuracy in the second half. Inactive dimensions are left out.

    Source: Kim and Mnih (2018), arXiv 1802.05983, section 4.
    """
    loc = loc.astype(np.float64)
    loc = loc[:, loc.var(axis=0) > ACTIVE_VARIANCE]
    if loc.shape[1] == 0:
        return 0.0
    loc /= loc.std(axis=0)
    rng = generator(seed, 2)
    halves = np.zeros([2, loc.shape[1], factors.shape[1]], int)
    for factor, column in enumerate(factors.T):
        order = np.argsort(column, kind="stable")
        _, starts, counts = np.unique(
            column[order], return_index=True, return_counts=True
        )
        for half in halves:
            value = rng.integers(len(starts), size=[VOTES, 1])
            offset = rng.integers(counts[value], size=[VOTES, VOTE_IMAGES])
            images = order[starts[value] + offset]
            found = loc[images].var(axis=1).argmin(axis=1)  # [votes]
            half[:, factor] += np.bincount(found, minlength=len(half))
    first, second = halves
    predicted = first.argmax(axis=1)
    return float(second[np.arange(len(second)), predicted].sum() / second.sum())


def dci(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    seed: int,
) -> dict[str, float]:
    """Compute disentanglement, completeness and informativeness.

    A random forest per factor predicts its value from the posterior mean. Its feature
    importances are R [latent, factors], and its accuracy on test images is the
    informativeness. Source: Eastwood and Williams (2018), ICLR.

    `train` and `test` are posterior means and factors of images, of which at most
    FOREST_IMAGES are used.
    """
    (loc, factors), (test_loc, test_factors) = (
        [array[:FOREST_IMAGES] for array in split] for split in (train, test)
    )
    importance, hits = np.empty([loc.shape[1], factors.shape[1]]), []
    states = generator(seed, 3).integers(2**31, size=factors.shape[1])
    for factor, state in enumerate(states):
        forest = RandomForestClassifier(NUM_TREES, random_state=int(state))
        forest.set_params(max_features=None, n_jobs=-1)  # all features at each split
        forest.fit(loc, factors[:, factor])
        importance[:, factor] = forest.feature_importances_
        forest.set_params(n_jobs=1)  # threads would sum in any order
        hits.append(forest.score(test_loc, test_factors[:, factor]))
    return {
        "dci_disentanglement": concentration(importance),
        "dci_completeness": concentration(importance.T),
        "dci_informativeness": float(np.mean(hits)),
    }


def concentration(importance: np.ndarray) -> float:
    """Average 1 - H(row) / log(columns), weighted by the sums of rows [rows, columns].

    It is 1 if each row has one entry that is not 0, and 0 if all rows are constant.
    """
    used = importance[importance.any(axis=1)]
    if not len(used):
        return 0.0
    each = 1 - entropy(used, axis=1) / np.log(max(2, importance.shape[1]))
    return float(np.average(each, weights=used.sum(axis=1)))
