"""Measuring on samples that are not trained on: which are held out, and what is measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.core import metrics
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.engines.interface import Engine
from glassnet.errors import InputError

Measure = Callable[[Array, Array, Array | None], float]

# What is measured beside the loss, by loss: of targets Y, outputs a and weights.
MEASURES: dict[str, dict[str, Measure]] = {
    "binary_cross_entropy": {
        "accuracy": lambda Y, a, weight: metrics.accuracy(Y[:, 0] == 1, a[:, 0] >= 0.5, weight),
        "roc_auc": lambda Y, a, weight: metrics.roc_auc(Y[:, 0], a[:, 0], weight),
    },
    "categorical_cross_entropy": {
        "accuracy": lambda Y, a, weight: metrics.accuracy(Y.argmax(1), a.argmax(1), weight),
        "roc_auc": lambda Y, a, weight: metrics.roc_auc(Y.argmax(1), a, weight),
    },
}
OF_REGRESSIONS: dict[str, Measure] = {"r2": metrics.r2, "mae": metrics.mae}
OF_LABELS: dict[str, Measure] = {
    "accuracy": lambda Y, a, weight: metrics.accuracy(
        np.ones(len(Y), bool), ((a >= 0.5) == (Y == 1)).all(axis=1), weight
    )
}


def measured(
    engine: Engine, network: Network, parameters: Parameters, samples: Samples
) -> dict[str, float]:
    """The loss on the samples and, by kind of task, accuracy and ROC AUC or R2 and MAE.

    The loss is the weighted average without penalties. Of several labels the accuracy is the
    share of samples with all of them right.
    """
    loss, total, a = engine.evaluate(network, parameters, *samples)
    # Those of a cluster come here once, and then are here.
    Y, weight = np.asarray(samples.Y), None
    if samples.weight is not None:
        weight = np.asarray(samples.weight)
    measures = OF_LABELS if network.has_labels else measures_of(network.loss)
    found = {name: measure(Y, a, weight) for name, measure in measures.items()}
    return {"loss": loss / total, **found}


def measures_of(loss: str) -> dict[str, Measure]:
    """Return what is measured beside this loss, by name, the score first."""
    return MEASURES.get(loss, OF_REGRESSIONS)


def held_out(
    network: Network, samples: Samples, fraction: float, seed: int
) -> tuple[Samples, Samples]:
    """The samples to train on and those that `held_out_rows` draws, both in their order."""
    out = held_out_rows(network, samples, fraction, seed)
    return samples.chosen(~out), samples.chosen(out)


def held_out_rows(network: Network, samples: Samples, fraction: float, seed: int) -> np.ndarray:
    """True for the rows, (n_samples,), held out: `fraction` of them, drawn at random.

    Of every class the same share is held out, rounded, and at least one of it stays to train on.
    Where that leaves none, one row is held out: of the largest class, so that no class is lost
    that has two. Only samples that weigh something count, for the others say nothing of a model:
    those that bagging leaves out. Raises InputError where fewer than two do.
    """
    # A stream apart from those of the start and of the order of the rows.
    generator = np.random.default_rng([seed, 2])
    out = np.zeros(len(samples.X), bool)
    weight = None if samples.weight is None else np.asarray(samples.weight)
    strata = [
        stratum if weight is None else stratum[weight[stratum] > 0]
        for stratum in _strata(network, samples)
    ]
    for rows in strata:
        n_out = min(round(fraction * len(rows)), len(rows) - 1)
        out[generator.permutation(rows)[: max(n_out, 0)]] = True
    if not out.any():
        count = sum(map(len, strata))
        if count < 2:
            which = "" if weight is None else " that weighs something"
            raise InputError(
                f"There must be two samples or more to hold out a share of {fraction:g} to "
                f"validate on, not {count}{which}: give more, or validation data of their own."
            )
        out[generator.choice(max(strata, key=len))] = True
    return out


def _strata(network: Network, samples: Samples) -> list[np.ndarray]:
    """The rows of each class; of a regression all rows."""
    if network.is_regression or network.has_labels:
        return [np.arange(len(samples.X))]
    return [np.flatnonzero(samples.labels == label) for label in np.unique(samples.labels)]
