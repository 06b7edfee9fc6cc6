"""How good predictions are: scores, curves and tables of rows that have been predicted.

Labels `y` and decisions `predicted` are class numbers (n,), or values (n,) or (n, n_outputs) of a
regression. A probability is (n,) or (n, 1), that of class 1, or (n, n_classes). `weight` is (n,)
and counts each row that many times; None counts every row once. A score of no rows, or of rows
that all weigh nothing, is nan. Every function raises InputError where shapes do not fit; values
are taken as they are: who calls has checked them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import InputError

Bins = Literal["width", "count"]
ROWS_AT_ONCE = 2**16


def accuracy(y: np.ndarray, predicted: np.ndarray, weight: Array | None = None) -> float:
    """The share of rows whose label is predicted: mean(predicted == y)."""
    _same_shape(y, predicted, weight)
    return _mean(y == predicted, weight)


def log_loss(y: np.ndarray, probability: Array, weight: Array | None = None) -> float:
    """The mean of -log p(y), the probability given to the class that it was.

    Probabilities are first brought into [eps, 1 - eps], with eps the rounding unit of their type
    (2.2e-16 for float64), so that one row that was sure and wrong costs 36 and not infinity. The
    loss that is trained is computed from logits and needs no such limit (see `losses`).
    """
    p = _two_dimensional(probability)
    _same_length(y, p, weight)
    if p.shape[1] == 1:
        p_of_y = np.where(y == 1, p[:, 0], 1 - p[:, 0])
    else:
        p_of_y = p[np.arange(len(p)), y.astype(np.intp, copy=False)]
    eps = np.finfo(p.dtype).eps
    return _mean(-np.log(np.clip(p_of_y, eps, 1 - eps)), weight)


def brier_score(y: np.ndarray, probability: Array, weight: Array | None = None) -> float:
    """The mean squared error of probabilities (Brier 1950).

    Two classes: mean (p - y)^2, from 0 to 1. More: mean sum_k (p_k - [y = k])^2, from 0 to 2.
    """
    p = _two_dimensional(probability)
    _same_length(y, p, weight)
    if p.shape[1] <= 2:
        return _mean(np.square(p[:, -1] - (y == 1)), weight)
    # sum_k (p_k - [y = k])^2 = sum_k p_k^2 - 2 p_y + 1 would lose digits where it is small.
    error = p - (y[:, np.newaxis] == np.arange(p.shape[1]))
    return _mean(np.square(error).sum(axis=1), weight)


def roc_auc(y: np.ndarray, probability: Array, weight: Array | None = None) -> float:
    """The area under the receiver operating characteristic.

    Two classes: the chance that a row of class 1 is given more than a row of class 0, where a tie
    counts half (Mann and Whitney 1947; Hanley and McNeil 1982). More: the unweighted mean of the
    areas of each class against the rest, over the classes that occur in y. It is nan where y
    holds a single class: there is no pair to compare; and where a probability is nan.
    """
    p = _two_dimensional(probability)
    _same_length(y, p, weight)
    if p.shape[1] <= 2:
        return _area(y == 1, p[:, -1], weight)
    areas = [_area(y == k, p[:, k], weight) for k in range(p.shape[1])]
    known = [area for area in areas if not np.isnan(area)]
    return sum(known) / len(known) if known else float("nan")


def _area(positive: np.ndarray, score: Array, weight: Array | None) -> float:
    """Sum the weight of the negatives below each positive, and half of that of its equals."""
    above, below = score[positive], score[~positive]
    if weight is None:
        above.sort()  # the search is then quick
        below.sort()
        won = np.arange(len(below) + 1.0)  # by the k smallest negatives
        own, total = None, float(len(above))
    else:
        order = below.argsort()
        below = below[order]
        won = np.concatenate([[0.0], np.cumsum(weight[~positive][order], dtype=np.float64)])
        own = weight[positive].astype(np.float64)
        total = float(own.sum())
    if total == 0 or won[-1] == 0 or np.isnan(below[-1]) or np.isnan(above).any():
        return float("nan")
    beaten = 0.0  # in parts, so that millions of rows need little memory for it
    for first in range(0, len(above), ROWS_AT_ONCE):
        part = above[first : first + ROWS_AT_ONCE]
        sums = won[below.searchsorted(part, "left")] + won[below.searchsorted(part, "right")]
        beaten += float(np.sum(sums if own is None else own[first : first + len(part)] * sums))
    return beaten / (2 * total * float(won[-1]))


def r2(y: Array, predicted: Array, weight: Array | None = None) -> float:
    """The coefficient of determination, 1 - sum (y - predicted)^2 / sum (y - mean y)^2.

    1 is perfect and 0 no better than the mean; it has no lower bound. Of several outputs it is
    the mean. An output whose y is constant gives 1 if predicted exactly and otherwise 0, as in
    scikit-learn; a single row gives nan, and so do errors whose squares are no finite numbers.
    """
    y, predicted = _two_dimensional(y), _two_dimensional(predicted)
    _same_shape(y, predicted, weight)
    if len(y) < 2:
        return float("nan")
    with np.errstate(over="ignore", invalid="ignore"):  # of a training that diverged
        residual = _means(np.square(y - predicted, dtype=np.float64), weight)
        total = _means(np.square(y - _means(y, weight), dtype=np.float64), weight)
        varies = total != 0
        share = residual / np.where(varies, total, 1)
        scores = np.where(np.isfinite(residual), np.where(varies, 1 - share, residual == 0), np.nan)
    return float(scores.mean()) if _counts(weight) else np.nan


def mae(y: Array, predicted: Array, weight: Array | None = None) -> float:
    """The mean absolute error, mean |y - predicted|, in the units of y; of outputs the mean."""
    y, predicted = _two_dimensional(y), _two_dimensional(predicted)
    _same_shape(y, predicted, weight)
    return float(_means(np.abs(y - predicted), weight).mean())


def rmse(y: Array, predicted: Array, weight: Array | None = None) -> float:
    """The root of the mean squared error, in the units of y; of several outputs the mean."""
    y, predicted = _two_dimensional(y), _two_dimensional(predicted)
    _same_shape(y, predicted, weight)
    with np.errstate(over="ignore"):
        squares = np.square(y - predicted, dtype=np.float64)
    return float(np.sqrt(_means(squares, weight)).mean())


def confusion_matrix(
    y: np.ndarray, predicted: np.ndarray, n_classes: int, weight: Array | None = None
) -> np.ndarray:
    """How often class i was taken for class j: (n_classes, n_classes), true classes as rows.

    Whole numbers, or sums of weights. Raises InputError for a class that is not from 0 to
    n_classes - 1.
    """
    _same_shape(y, predicted, weight)
    for name, labels in (("y", y), ("predicted", predicted)):
        if len(labels) and not 0 <= labels.min() <= labels.max() < n_classes:
            raise InputError(
                f"{name} must hold class numbers from 0 to {n_classes - 1}, "
                f"but holds {labels.min():g} to {labels.max():g}."
            )
    cell = n_classes * y.astype(np.intp) + predicted.astype(np.intp)
    return np.bincount(cell, weight, n_classes**2).reshape(n_classes, n_classes)


class ClassScores(NamedTuple):
    """Scores by class, each (n_classes,); `support` is how many rows are of the class."""

    precision: Array
    recall: Array
    f1: Array
    support: np.ndarray


def class_scores(matrix: np.ndarray) -> ClassScores:
    """Precision, recall and F1 of each class of a confusion matrix (van Rijsbergen 1979).

    precision = tp / (tp + fp), nan where the class is never predicted
    recall    = tp / (tp + fn), nan where no row is of the class
    f1        = 2 tp / (2 tp + fp + fn), nan where neither is
    """
    right = np.diag(matrix)
    predicted, support = matrix.sum(axis=0), matrix.sum(axis=1)
    return ClassScores(
        _ratio(right, predicted),
        _ratio(right, support),
        _ratio(2 * right, predicted + support),
        support,
    )


class RocPoints(NamedTuple):
    """A receiver operating characteristic, one point a threshold, from (0, 0) to (1, 1)."""

    false_positive_rate: Array
    true_positive_rate: Array
    threshold: Array


def roc_points(positive: np.ndarray, score: Array, weight: Array | None = None) -> RocPoints:
    """The rates of false and true positives among rows with score >= threshold.

    `positive` (n,) says which rows are of the class, `score` (n,) is what they were given. There
    is a point for every distinct score of rows that weigh something, from the highest down, after
    one at the threshold infinity where nothing is positive. Rates of a class without rows are
    nan (Fawcett 2006).
    """
    _same_shape(positive, score, weight)
    counted = np.ones(len(score)) if weight is None else weight.astype(np.float64)
    order = np.argsort(-score, kind="stable")
    order = order[counted[order] > 0]
    score, counted, positive = score[order], counted[order], positive[order].astype(bool)
    last = np.flatnonzero(np.append(score[1:] != score[:-1], True))[: len(score)]
    true = np.concatenate([[0.0], np.cumsum(counted * positive)[last]])
    false = np.concatenate([[0.0], np.cumsum(counted * ~positive)[last]])
    threshold = np.concatenate([[np.inf], score[last]])
    return RocPoints(_ratio(false, false[-1]), _ratio(true, true[-1]), threshold)


class Calibration(NamedTuple):
    """Predicted and observed frequencies by bins of probability, lowest first.

    edges        (n_bins + 1,): a bin holds probabilities above its lower edge up to its upper
    probability  (n_bins,) mean probability in the bin; nan if it is empty
    fraction     (n_bins,) share of the bin's rows for which it came true; nan if it is empty
    weight       (n_bins,) sum of the rows' weights, their number where there are none
    rows         (n_bins,) effective number of rows, (sum w)^2 / sum w^2 (Kish 1965)
    error        expected calibration error, sum_bins weight |fraction - probability| / sum weight
    """

    edges: Array
    probability: Array
    fraction: Array
    weight: Array
    rows: Array
    error: float


def calibration(
    came_true: np.ndarray,
    probability: Array,
    weight: Array | None = None,
    n_bins: int = 10,
    bins: Bins = "width",
) -> Calibration:
    """Compare probabilities (n,) with how often it came true (n,), bin by bin.

    Bins are of equal width from 0 to 1 or hold an equal "count" of rows. For the expected
    calibration error see Naeini, Cooper and Hauskrecht (2015).
    """
    _same_shape(came_true, probability, weight)
    edges = np.linspace(0, 1, n_bins + 1)
    if bins == "count" and len(probability):
        edges = np.percentile(probability, 100 * edges)
    number = np.searchsorted(edges[1:-1], probability)  # the outer bins take what lies beyond
    weight = np.ones(len(probability)) if weight is None else weight

    def total(values: Array) -> Array:
        return np.bincount(number, values, n_bins).astype(np.float64)

    sums = total(weight)
    promised = _ratio(total(weight * probability), sums)
    fraction = _ratio(total(weight * came_true), sums)
    rows = np.nan_to_num(_ratio(np.square(sums), total(np.square(weight))))
    error = np.nansum(sums * np.abs(fraction - promised)) / sums.sum() if sums.any() else np.nan
    return Calibration(edges, promised, fraction, sums, rows, float(error))


def wilson_interval(fraction: Array, rows: Array, z: float = 1.96) -> tuple[Array, Array]:
    """Between which shares the true one lies, given a share of so many rows (Wilson 1927).

    (f + z^2/2n -+ z sqrt(f (1 - f)/n + z^2/4n^2)) / (1 + z^2/n); z = 1.96 is 95 percent. Unlike
    the usual error bar it is right for few rows, and never leaves 0..1.
    """
    n = np.where(rows > 0, rows, np.nan)
    middle = fraction + z**2 / (2 * n)
    half = z * np.sqrt(fraction * (1 - fraction) / n + z**2 / (4 * n**2))
    low, high = (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    return np.maximum(low, 0), np.minimum(high, 1)


def _mean(values: np.ndarray, weight: Array | None) -> float:
    if len(values) == 0:
        return float("nan")
    if weight is None:
        return float(values.mean(dtype=np.float64))
    total = weight.sum(dtype=np.float64)
    return float((values * weight).sum(dtype=np.float64) / total) if total > 0 else float("nan")


def _means(values: Array, weight: Array | None) -> Array:
    """The mean of each column, (n_columns,)."""
    return np.array([_mean(column, weight) for column in values.T])


def _counts(weight: Array | None) -> bool:
    return weight is None or bool(weight.sum() > 0)


def _ratio(part: np.ndarray, whole: np.ndarray) -> Array:
    """part / whole, and nan where the whole is 0."""
    return part / np.where(whole == 0, np.nan, whole)


def _two_dimensional(values: Array) -> Array:
    return values[:, np.newaxis] if values.ndim == 1 else values


def _same_shape(y: np.ndarray, predicted: np.ndarray, weight: Array | None) -> None:
    # Arrays of (n,) and (n, 1) would otherwise be compared each with each.
    if y.shape != predicted.shape:
        raise InputError(
            "What is compared must have one shape, "
            f"but there are arrays of {y.shape} and {predicted.shape}."
        )
    _one_weight_a_row(weight, y)


def _same_length(y: np.ndarray, probability: Array, weight: Array | None) -> None:
    if y.shape != probability.shape[:1]:
        raise InputError(
            f"y must hold one class number per row of the probabilities {probability.shape}, "
            f"but has shape {y.shape}."
        )
    _one_weight_a_row(weight, y)


def _one_weight_a_row(weight: Array | None, y: np.ndarray) -> None:
    if weight is not None and weight.shape != y.shape[:1]:
        raise InputError(
            f"There must be one weight per row, {y.shape[:1]}, but their shape is {weight.shape}."
        )
