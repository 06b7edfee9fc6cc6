"""How far to trust an ensemble: intervals of its values, and what each column is worth to it.

Both are computed from rows that the networks had not seen, fold by fold.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.losses import loss_of
from glassnet.core.parameters import Array
from glassnet.errors import InputError, finite_number, whole_number
from glassnet.models.model import Model
from glassnet.training.cross_fitting import logits_of
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.selection import Score, mean_score

ROWS_AT_ONCE = 2**22  # numbers compared at once


def predict_interval(run: EnsembleRun, X: ArrayLike, level: float = 0.9) -> Array:
    """Return the interval in which the value of each row lies with this probability, by CV+.

    Of each row i trained on there are its error R_i when fold k(i) was held out, and what the
    networks without that fold say of the new row, f(x). The ends are quantiles of f(x) - R_i and
    f(x) + R_i over all i; they cover the value with probability 1 - 2 (1 - level) at least, and in
    practice with about `level`, if the new rows are like the others.

    Parameters
    ----------
    run : EnsembleRun
        A regression.
    X : array of shape (n_samples, n_features)
        The inputs.
    level : float
        The probability, between 0 and 1.

    Returns
    -------
    array of shape (n_samples, n_outputs, 2)
        The low and the high end, in the units in which it was trained.

    Raises
    ------
    InputError
        For classes, which have probabilities, or an X that does not fit.

    References
    ----------
    Barber, Candes, Ramdas, Tibshirani 2021, Predictive inference with the jackknife+.
    """
    if not run.network.is_regression:
        raise InputError("Classes have probabilities, not intervals: use predict_probability.")
    finite_number("level", level, 0)
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, not {level!r:.80}.")
    folds = run.ensemble.folds
    said = [Model.of_ensemble(run.ensemble.without(fold)).outputs(X) for fold in folds]
    errors = [np.abs(run.out_of_fold - run.targets)[run.fold_of == fold] for fold in folds]
    n = sum(map(len, errors))
    rank = min(n, math.ceil(level * (n + 1))) - 1
    ends = np.empty((*said[0].shape, 2))
    part = max(1, ROWS_AT_ONCE // n)
    for first in range(0, len(ends), part):
        rows = slice(first, first + part)
        for output in range(ends.shape[1]):
            centres = [a[rows, output][:, None] for a in said]
            for side, sign in enumerate((-1, 1)):
                away = [sign * c + e[:, output] for c, e in zip(centres, errors, strict=True)]
                sorted_part = np.partition(np.concatenate(away, axis=1), rank, axis=1)
                ends[rows, output, side] = sign * sorted_part[:, rank]
    return ends


def column_importance(run: EnsembleRun, repeats: int = 5, seed: int = 0) -> dict[str, Score]:
    """Return by how much the loss of each row held out grows without what a column says.

    The column's values are exchanged between the rows of a fold, at random and `repeats` times,
    and the networks that had not seen the fold predict these rows (Breiman 2001). The interval is
    over rows. A column that others repeat may seem worth little.

    Parameters
    ----------
    run : EnsembleRun
        A run of a table that still has its samples.
    repeats, seed : int
        How often values are exchanged, and where the random numbers start.

    Returns
    -------
    dict of str to Score
        The growth of the average loss, with its 95 % interval, for each column; the largest first.

    Raises
    ------
    InputError
        If the samples were not saved along with the run, or it has no columns.
    """
    whole_number("repeats", repeats, 1)
    if run.samples is None or run.recipe is None:
        raise InputError("The importance of columns needs a run of a table with its samples.")
    generator = np.random.default_rng(seed)
    losses = loss_of(run.network).per_sample
    features, grown, first = {}, {}, 0
    for column in run.recipe.columns:
        features[column.name] = slice(first, first + len(column.feature_names))
        grown[column.name] = np.zeros(len(run.targets))
        first = features[column.name].stop
    for fold in run.ensemble.folds:
        rows = np.flatnonzero(run.fold_of == fold)
        model, X = run.ensemble.without(fold), run.samples.X[rows]
        Y = run.targets[rows].T
        before = losses(logits_of(model.parameters, X).T, Y)
        for _ in range(repeats):
            order = generator.permutation(len(rows))
            for name, place in features.items():
                mixed = X.copy()
                mixed[:, place] = X[order, place]
                after = losses(logits_of(model.parameters, mixed).T, Y)
                grown[name][rows] += (after - before) / repeats
    scores = {name: mean_score(values[run.rows]) for name, values in grown.items()}
    return dict(sorted(scores.items(), key=lambda item: -item[1].value))
