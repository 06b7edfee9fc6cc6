"""NetworkClassifier and NetworkRegressor beside scikit-learn's MLP, in cross-validation.

    python -m benchmarks.estimators [--quick] [--only iris,digits] [--out FOLDER]

Both have their defaults and input scaled by a StandardScaler. Both see the same five folds, drawn
and trained again with each of several seeds, and take turns in one process, so that a busy machine
is busy for both; OMP_NUM_THREADS=1 gives each of them one thread. The score is accuracy, or R2 of
a regression. Prints a table, and writes all scores and times to estimators.json.

`spread` is the standard deviation of the scores over all folds; `difference` is that of paired
folds, with its standard error after Nadeau and Bengio (2003), who correct for folds that share
most of their training rows. Where it is smaller than two of these, the table says "alike".
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.__main__ import machine
from glassnet.estimators import NetworkClassifier, NetworkRegressor

FOLDS = 5
SEEDS = 5


class Table(NamedTuple):
    """A table to learn: its rows, and how many seeds it is worth."""

    X: np.ndarray
    y: np.ndarray
    classes: bool
    seeds: int = SEEDS


def california_like() -> Table:
    """Districts of an invented coast: 20,640 rows, 8 features, of which some are skewed and some
    have heavy tails; the value depends on them and on the place in curved ways, with noise.
    """
    rng = np.random.default_rng(20640)
    n = 20_640
    income = np.exp(rng.normal(1.2, 0.45, n))
    age = np.clip(rng.gamma(4.0, 7.5, n), 1, 52)
    rooms = 3 + 0.6 * income + rng.standard_t(3, n)
    bedrooms = 0.2 * rooms + 0.1 * rng.standard_t(3, n)
    people = np.exp(rng.normal(7.0, 0.75, n))
    occupants = 2 + rng.pareto(3.0, n)
    city = rng.integers(0, 3, n)
    north = np.array([34.0, 37.6, 36.5])[city] + rng.normal(0, 0.8, n)
    west = np.array([-118.2, -122.2, -119.5])[city] + rng.normal(0, 0.9, n)
    shore = np.abs(west + 120 + 1.1 * (north - 36)) + 0.1
    value = (
        0.9 * np.log(income) * (1 + 0.3 * np.sin(2 * north))
        + 0.8 * np.exp(-shore)
        + 0.5 * np.exp(-((north - 34.0) ** 2 + (west + 118.2) ** 2))
        + 0.3 * np.tanh(bedrooms - 1)
        - 0.4 * np.log(occupants)
        + 0.004 * (age - 25) * (north > 36)
        + 0.05 * np.log(people)
    )
    noisy = value * np.exp(rng.normal(0, 0.15, n)) + 0.1 * rng.standard_t(4, n)
    X = np.column_stack([income, age, rooms, bedrooms, people, occupants, north, west])
    return Table(X, np.clip(noisy, -2, 3), classes=False, seeds=2)


def classic(name: str, *, classes: bool = True) -> Callable[[], Table]:
    """One of the tables that come with scikit-learn."""

    def load() -> Table:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        return Table(X, y, classes)

    return load


TABLES: dict[str, Callable[[], Table]] = {
    "iris": classic("iris"),
    "wine": classic("wine"),
    "breast cancer": classic("breast_cancer"),
    "digits": classic("digits"),
    "diabetes": classic("diabetes", classes=False),
    "California-like": california_like,
}


def main() -> None:
    """Run what the command line asks for, print the table and write everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimators", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed each")
    parser.add_argument("--only", default="", help="tables by name, separated by commas")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    asked = parser.parse_args()
    chosen = [name.strip() for name in asked.only.split(",") if name.strip()]
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    results: dict[str, Any] = {"machine": machine(), "threads": threads, "tables": {}}
    print(json.dumps(results["machine"] | {"threads": threads}, indent=2))
    print(HEADER)
    for name, load in TABLES.items():
        if not chosen or name in chosen:
            table = load()
            results["tables"][name] = compared(table, 1 if asked.quick else table.seeds)
            print(row(name, table, results["tables"][name]), flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "estimators.json").write_text(json.dumps(results, indent=2) + "\n")


def folds(table: Table, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to train on and rows to test on; with classes each fold has all of them alike."""
    kind = StratifiedKFold if table.classes else KFold
    splits: Iterator[tuple[np.ndarray, np.ndarray]] = kind(
        FOLDS, shuffle=True, random_state=seed
    ).split(table.X, table.y)
    return splits


def peers(table: Table, seed: int) -> dict[str, Any]:
    """The two, each behind a scaler."""
    ours, theirs = (
        (NetworkClassifier, MLPClassifier) if table.classes else (NetworkRegressor, MLPRegressor)
    )
    return {
        "glassnet": make_pipeline(StandardScaler(), ours(random_state=seed)),
        "scikit-learn": make_pipeline(StandardScaler(), theirs(random_state=seed)),
    }


def compared(table: Table, seeds: int) -> dict[str, dict[str, list[float]]]:
    """Scores and seconds of every fit, by peer; the first fit of each is thrown away."""
    found: dict[str, dict[str, list[float]]] = {
        name: {"score": [], "fit": [], "predict": []} for name in peers(table, 0)
    }
    for warm_up in (True, False):
        for seed in range(1 if warm_up else seeds):
            for train, test in list(folds(table, seed))[: 1 if warm_up else FOLDS]:
                for name, model in peers(table, seed).items():
                    numbers = one_fit(model, table, train, test)
                    for what, value in numbers.items():
                        if not warm_up:
                            found[name][what].append(value)
    return found


def one_fit(model: Any, table: Table, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """Fit, predict and score."""
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # which scikit-learn's defaults raise
        model.fit(table.X[train], table.y[train])
    fitted = time.perf_counter()
    model.predict(table.X[test])
    predicted = time.perf_counter()
    return {
        "score": float(model.score(table.X[test], table.y[test])),
        "fit": fitted - began,
        "predict": predicted - fitted,
    }


HEADER = """\
| table | rows | score | glassnet | scikit-learn | difference | fit, ms | fit, ms | times faster |
|---|---|---|---|---|---|---|---|---|
| | | | mean (spread) | mean (spread) | (standard error) | glassnet | scikit-learn | (median) |"""


def row(name: str, table: Table, found: dict[str, dict[str, list[float]]]) -> str:
    """One line of the table."""
    ours, theirs = found["glassnet"], found["scikit-learn"]
    scores = [
        f"{np.mean(peer['score']):.4f} ({np.std(peer['score']):.4f})" for peer in (ours, theirs)
    ]
    fits = [statistics.median(peer["fit"]) for peer in (ours, theirs)]
    cells = [
        name,
        f"{len(table.X):,}",
        "accuracy" if table.classes else "R2",
        *scores,
        difference(np.subtract(ours["score"], theirs["score"])),
        *(f"{1e3 * seconds:.0f}" for seconds in fits),
        f"{fits[1] / fits[0]:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def difference(paired: np.ndarray) -> str:
    """The mean of the paired differences, its corrected standard error, and what it says."""
    tested_to_trained = 1 / (FOLDS - 1)
    error = float(np.sqrt((1 / len(paired) + tested_to_trained) * paired.var(ddof=1)))
    mean = float(paired.mean())
    verdict = "alike" if abs(mean) < 2 * error else "better" if mean > 0 else "worse"
    return f"{mean:+.4f} ({error:.4f}) {verdict}"


if __name__ == "__main__":
    main()
