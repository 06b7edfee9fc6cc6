"""Where the automatic settings come from: candidates in cross-validation on generated tables.

    python -m benchmarks.defaults

Prints the mean accuracy or R2 of each candidate over the folds of each table, all with the same
folds, seed and scaled input. The tables differ in rows, noise and kind; none of them is in
`benchmarks.estimators`, which is how the settings are tested on what they were not chosen on.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from benchmarks.estimators import Table, folds
from glassnet.estimators import NetworkClassifier, NetworkRegressor

CANDIDATES: dict[str, dict[str, Any]] = {
    "automatic": {},
    "penalty 3 / rows": {"alpha": 3.0},
    "L-BFGS": {"solver": "lbfgs"},
    "constant rate": {"learning_rate": "constant", "n_iter_no_change": np.inf},
    "stopped early": {"early_stopping": True},
    "one batch": {"batch_size": 10**6},
    "tanh": {"activation": "tanh"},
    "64 neurons": {"hidden_layer_sizes": 64},
    "50, 50 neurons": {"hidden_layer_sizes": (50, 50)},
}


def classes(data: tuple[np.ndarray, np.ndarray]) -> Table:
    """A table of classes from (X, y)."""
    X, y = data
    return Table(X, y, classes=True)


def tables() -> dict[str, Table]:
    """From 40 to 3,000 rows, clean and noisy, nearly straight and curved."""
    small = (
        gn.datasets.rings(60, noise=0.1, seed=1),
        gn.datasets.xor(100, seed=1),
        gn.datasets.moons(100, noise=0.2, seed=2),
        gn.datasets.spirals(150, seed=1),
        gn.datasets.curve(40, seed=2),
    )
    found = {
        f"{data.name} {len(data.y)}": Table(data.X, data.y, classes=bool(data.n_classes))
        for data in small
    }
    for rows, columns, n_classes, seed, gap in (
        (150, 5, 3, 1, 1.0),
        (200, 40, 2, 5, 0.7),
        (400, 20, 2, 2, 1.0),
        (1000, 30, 4, 3, 1.0),
        (3000, 20, 5, 4, 1.5),
    ):
        X, y = datasets.make_classification(
            rows,
            columns,
            n_informative=max(3, columns // 3),
            n_redundant=columns // 5,
            n_classes=n_classes,
            n_clusters_per_class=1 if n_classes > 2 else 2,
            flip_y=0.05,
            class_sep=gap,
            random_state=seed,
        )
        found[f"clusters {rows} x {columns}"] = Table(X, y, classes=True)
    shells = datasets.make_gaussian_quantiles(
        n_samples=800, n_features=6, n_classes=3, random_state=0
    )
    found |= {
        "moons": classes(datasets.make_moons(500, noise=0.25, random_state=0)),
        "shells": classes(shells),
        "sphere": classes(datasets.make_hastie_10_2(2000, random_state=0)),
    }
    numbers = {
        "Friedman 1, 300": datasets.make_friedman1(300, noise=1.0, random_state=0),
        "Friedman 1, 3000": datasets.make_friedman1(3000, noise=1.0, random_state=0),
        "Friedman 2": datasets.make_friedman2(400, noise=100.0, random_state=0),
        "Friedman 3": datasets.make_friedman3(800, noise=0.1, random_state=0),
        "a plane in noise": datasets.make_regression(
            300, 15, n_informative=6, noise=150.0, random_state=0
        ),
        "heavy tails": _heavy_tails(),
    }
    return found | {name: Table(X, y, classes=False) for name, (X, y) in numbers.items()}


def _heavy_tails() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2500, 6)) * [1, 1, 1, 3, 1, 1]
    curved = np.sin(2 * X[:, 0]) * X[:, 1] + np.exp(0.5 * X[:, 2]) + 0.1 * X[:, 3] ** 2
    return X, curved + 0.4 * rng.standard_t(3, 2500)


def main() -> None:
    """Print a line for each candidate: the mean over all tables, the time, each table."""
    found = tables()
    for name, parameters in CANDIDATES.items():
        began = time.perf_counter()
        scores = {table: score(found[table], parameters) for table in found}
        seconds = time.perf_counter() - began
        each = ", ".join(f"{table} {value:.3f}" for table, value in scores.items())
        print(
            f"{name:16} {np.mean([*scores.values()]):.4f} in {seconds:4.0f} s: {each}", flush=True
        )


def score(table: Table, parameters: dict[str, Any]) -> float:
    """The mean over the folds."""
    kind = NetworkClassifier if table.classes else NetworkRegressor
    model = make_pipeline(StandardScaler(), kind(random_state=0, **parameters))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found: np.ndarray = cross_val_score(model, table.X, table.y, cv=list(folds(table, 0)))
    return float(found.mean())


if __name__ == "__main__":
    main()
