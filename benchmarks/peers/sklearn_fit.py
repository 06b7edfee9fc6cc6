"""One fit of scikit-learn's perceptron, for joblib to do many of."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler


def one_fit(
    rate: float, hidden: tuple[int, ...], alpha: float, seed: int, epochs: int, batch: int
) -> float:
    """One fit of scikit-learn's, and its accuracy."""
    X, y = scaled()
    model = MLPClassifier(
        hidden,
        alpha=alpha,
        learning_rate_init=rate,
        batch_size=batch,
        max_iter=epochs,
        n_iter_no_change=epochs,
        tol=0,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is meant
        model.fit(X, y)
    return float(model.score(X, y))


@cache
def scaled() -> tuple[np.ndarray, np.ndarray]:
    """The table, read and scaled once in each process."""
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y
