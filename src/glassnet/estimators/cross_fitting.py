"""The ensemble of an estimator: candidates chosen on folds of arrays, as `train_table` does it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import cast

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from glassnet import engines
from glassnet.core.class_weights import weighted_by_class
from glassnet.core.network import Network, refuse_labels
from glassnet.core.parameters import Array
from glassnet.data.encodings import feature_sets, with_knots
from glassnet.data.preprocessing import NumericColumn, Recipe, Target
from glassnet.engines.dask_collections import is_collection
from glassnet.errors import InputError, one_of
from glassnet.estimators.parameters import EstimatorParameters
from glassnet.optim.lbfgs import LBFGS
from glassnet.optim.schedules import Plateau
from glassnet.training.auto_settings import Automatic
from glassnet.training.cross_fitting import CrossFitting, with_folds_progress
from glassnet.training.effort import EFFORTS, Effort, trial
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.folds import shuffled_folds
from glassnet.training.settings import Settings

ENSEMBLES = ("none", "auto", *EFFORTS)
ENCODINGS = ("none", "auto", "pieces")


def refuse_unknown(asked: EstimatorParameters) -> None:
    """Raise InputError for an ensemble or an encoding that there is none, or not together."""
    one_of("ensemble", asked.ensemble, ENSEMBLES)
    one_of("encoding", asked.encoding, ENCODINGS)
    if asked.ensemble == "none" and asked.encoding != "none":
        raise InputError(
            "An encoding is chosen on the folds of an ensemble: give ensemble='auto' with it."
        )
    if asked.ensemble == "none":
        return
    for name in ("early_stopping", "warm_start"):
        if getattr(asked, name):
            raise InputError(f"{name}=True is for one network: leave it out, or the ensemble.")


def effort_of(asked: EstimatorParameters) -> Effort:
    """How much an ensemble tries."""
    return "normal" if asked.ensemble == "auto" else cast(Effort, asked.ensemble)


def shortened(asked: EstimatorParameters, choices: Automatic, rows: int) -> Automatic:
    """The choices with fewer epochs for an ensemble, unless what decides them was given."""
    decided = (asked.max_iter, asked.learning_rate, asked.solver)
    if asked.ensemble == "none" or any(not isinstance(v, str) or v != "auto" for v in decided):
        return choices
    return trial(effort_of(asked), rows).shortened(choices)


def cross_fitted(
    asked: EstimatorParameters,
    arrays: tuple[Array, np.ndarray, Array | None],
    network: Network,
    choices: Automatic,
    settings: Settings,
) -> EnsembleRun:
    """Return the ensemble for X, the targets and the weights, as the estimator asks for it."""
    X, Y, weight = arrays
    if is_collection(X):
        raise InputError("An ensemble is trained on rows in memory: give arrays, not Dask's.")
    refuse_labels(network)
    if isinstance(settings.schedule, Plateau) or settings.stop_below is not None:
        raise InputError("What follows the loss is for one network: leave it or the ensemble out.")
    if weight is not None:  # what does not count at all is not held out, either
        X, Y, weight = X[weight > 0], Y[weight > 0], weight[weight > 0]
    tried = trial(effort_of(asked), len(X))
    labels = None if network.is_regression else Y
    folds = shuffled_folds(len(X), tried.folds, settings.seed, labels)
    recipe = _recipe(X, asked.encoding, network)
    encoded = recipe.encode({str(i): X[:, i].astype(np.float64) for i in range(X.shape[1])})
    network = Network((recipe.n_features, *network.sizes[1:]), network.activation, network.loss)
    engine = engines.choose_for(X, asked.engine)
    samples = engine.take(network, encoded, Y, weight, settings.dtype)
    samples = weighted_by_class(network, samples, settings.class_weight)
    sets = feature_sets(recipe)
    if asked.encoding == "pieces" and "pieces" in sets:
        del sets["standardised"]
    candidates = tried.candidates(
        sets,
        settings.l2,
        given_l2=asked.alpha != "auto" or settings.l1 > 0,
        given_dropout=_dropout(settings, network),
    )
    fitting = CrossFitting(
        samples,
        network,
        candidates,
        folds,
        replace(settings, patience=None, validation_fraction=None),
        choices.initialiser.value,
        tried.screening,
        engine,
    )
    with fitting.ending_on_ctrl_c():
        for _ in with_folds_progress(fitting, verbose=asked.verbose):
            pass
    if fitting.interrupted:
        raise KeyboardInterrupt
    if fitting.diverged:
        warnings.warn(
            f"{fitting.diverged} of {fitting.total} trainings diverged: scale X, or lower "
            "learning_rate_init.",
            ConvergenceWarning,
            stacklevel=4,
        )
    return replace(EnsembleRun.of(fitting, recipe).pruned(), samples=None)


def encoded(run: EnsembleRun, X: Array) -> Array:
    """Return what the networks of a run take for X (n_samples, n_features)."""
    assert run.recipe is not None
    columns = {str(i): X[:, i].astype(np.float64) for i in range(X.shape[1])}
    return run.recipe.encode(columns)


def _dropout(settings: Settings, network: Network) -> float | tuple[float, ...] | None:
    """The dropout that was given; none where there are no neurons to leave out, or L-BFGS."""
    none = network.n_layers == 1 or isinstance(settings.optimizer, LBFGS)
    return 0.0 if none else settings.dropout or None


def _recipe(X: Array, encoding: str, network: Network) -> Recipe:
    """The recipe of the columns of X: as they are, and besides in pieces if that is asked for."""
    columns = tuple(
        NumericColumn(str(i), 0.0, 1.0, 0.0, has_missing=False) for i in range(X.shape[1])
    )
    n_out = network.sizes[-1]
    if network.is_regression:
        names = tuple(f"y{i}" for i in range(n_out))
        target = Target(names, None, (0.0,) * n_out, (1.0,) * n_out)
    else:
        target = Target(("y",), tuple(range(max(2, n_out))), (), ())
    recipe = Recipe(columns, target)
    if encoding == "none":
        return recipe
    return with_knots(recipe, {str(i): X[:, i].astype(np.float64) for i in range(X.shape[1])})
