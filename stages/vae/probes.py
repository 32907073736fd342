"""How well simple classifiers read the digit from the posterior mean.

Both are fitted without a BLAS, whose sums differ between CPUs.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def probe_hits(
    loc: np.ndarray, label: np.ndarray, test_loc: np.ndarray, test_label: np.ndarray
) -> dict[str, np.ndarray]:
    """Which test images each classifier gets right, after a fit to training images.

    Args:
        loc, label: posterior means [images, latent] and digits [images] to fit.
        test_loc, test_label: those to predict.

    Returns:
        bool [test images] for `knn_accuracy` (the five nearest neighbours) and
        `probe_accuracy` (multinomial logistic regression).
    """
    classifiers = {
        "knn_accuracy": KNeighborsClassifier(5, algorithm="kd_tree", n_jobs=-1),
        "probe_accuracy": make_pipeline(
            StandardScaler(),
            LogisticRegression(solver="saga", max_iter=1000, random_state=0),
        ),
    }
    return {
        name: classifier.fit(loc, label).predict(test_loc) == test_label
        for name, classifier in classifiers.items()
    }
