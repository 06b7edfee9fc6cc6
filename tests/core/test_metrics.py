"""Every score equals scikit-learn's, or a loop over pairs, or says that it is undefined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as peer
from sklearn.calibration import calibration_curve

from glassnet import InputError
from glassnet.core import metrics
from glassnet.core.parameters import Array

NAN = float("nan")


def same(found: Array | float, expected: Array | float) -> None:
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12, atol=1e-12)


class Case:
    """Random rows with many ties and, in turn, no weights, weights with zeros, whole weights."""

    def __init__(self, seed: int, n: int, n_classes: int, n_outputs: int) -> None:
        draw = np.random.default_rng(seed)
        self.n_classes = n_classes
        self.y = np.concatenate([np.arange(n_classes), draw.integers(n_classes, size=n)])
        rows = len(self.y)
        self.predicted = draw.integers(n_classes, size=rows)
        raw = np.round(draw.random((rows, n_classes)), int(draw.integers(1, 4))) + 0.01
        raw /= raw.sum(axis=1, keepdims=True)
        self.probability: Array = raw[:, 1] if n_classes == 2 else raw
        weight = draw.random(rows) if seed % 3 == 1 else np.floor(4 * draw.random(rows))
        weight[:n_classes] += 0.5
        self.weight: Array | None = weight if seed % 3 else None
        shape = (rows, n_outputs) if n_outputs else rows
        self.values, self.estimates = draw.normal(size=(2, *np.atleast_1d(shape)))


cases = st.builds(
    Case, st.integers(0, 2**32), st.integers(1, 40), st.integers(2, 5), st.integers(0, 3)
)


@given(cases)
def test_scores_of_classes_are_those_of_scikit_learn(case: Case) -> None:
    y, p, w = case.y, case.probability, case.weight
    expected = peer.accuracy_score(y, case.predicted, sample_weight=w)
    same(metrics.accuracy(y, case.predicted, w), expected)
    expected = peer.log_loss(y, p, sample_weight=w)
    same(metrics.log_loss(y, p, w), expected)
    expected = peer.brier_score_loss(y, p, sample_weight=w)
    same(metrics.brier_score(y, p, w), expected)
    expected = peer.roc_auc_score(y, p, sample_weight=w, multi_class="ovr")
    same(metrics.roc_auc(y, p, w), expected)


@given(cases)
def test_scores_of_regressions_are_those_of_scikit_learn(case: Case) -> None:
    given_values = case.values, case.estimates
    for ours, theirs in (
        (metrics.r2, peer.r2_score),
        (metrics.mae, peer.mean_absolute_error),
        (metrics.rmse, peer.root_mean_squared_error),
    ):
        expected = theirs(*given_values, sample_weight=case.weight)
        same(ours(*given_values, case.weight), expected)


@given(cases)
def test_confusion_matrix_and_scores_by_class_are_those_of_scikit_learn(case: Case) -> None:
    labels = np.arange(case.n_classes + 1)  # the last never occurs
    matrix = metrics.confusion_matrix(case.y, case.predicted, len(labels), case.weight)
    expected = peer.confusion_matrix(
        case.y, case.predicted, labels=labels, sample_weight=case.weight
    )
    same(matrix, expected)
    assert (matrix.dtype.kind == "i") == (case.weight is None)
    theirs = peer.precision_recall_fscore_support(
        case.y, case.predicted, labels=labels, sample_weight=case.weight, zero_division=NAN
    )
    for ours, column in zip(metrics.class_scores(matrix), theirs, strict=True):
        same(ours, column)


@given(cases)
def test_roc_points_are_those_of_scikit_learn_and_their_area_is_the_auc(case: Case) -> None:
    score = case.probability if case.n_classes == 2 else case.probability[:, 1]
    points = metrics.roc_points(case.y == 1, score, case.weight)
    theirs = peer.roc_curve(case.y == 1, score, sample_weight=case.weight, drop_intermediate=False)
    for ours, column in zip(points, theirs, strict=True):
        same(ours, column)
    area = float(np.trapezoid(points.true_positive_rate, points.false_positive_rate))
    binary = metrics.roc_auc((case.y == 1).astype(int), score, case.weight)
    same(area, binary)


@given(cases, st.sampled_from(["uniform", "quantile"]), st.integers(1, 12))
def test_calibration_bins_are_those_of_scikit_learn(case: Case, strategy: str, n_bins: int) -> None:
    came_true = case.y == 1
    p = case.probability if case.n_classes == 2 else case.probability[:, 1]
    found = metrics.calibration(
        came_true, p, None, n_bins, "width" if strategy == "uniform" else "count"
    )
    fraction, probability = calibration_curve(came_true, p, n_bins=n_bins, strategy=strategy)
    full = found.weight > 0
    same(found.fraction[full], fraction)
    same(found.probability[full], probability)
    assert found.weight.sum() == found.rows.sum() == len(p)
    by_hand = np.abs(fraction - probability) @ found.weight[full] / len(p)
    assert found.error == pytest.approx(by_hand, rel=1e-12, abs=1e-15)


@given(cases)
def test_a_weight_counts_a_row_that_many_times(case: Case) -> None:
    times = np.random.default_rng(len(case.y)).integers(1, 4, len(case.y))
    weight = times.astype(np.float64)

    def again(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, times, axis=0)

    scores: list[tuple[Callable[..., float], np.ndarray, np.ndarray]] = [
        (metrics.accuracy, case.y, case.predicted),
        (metrics.log_loss, case.y, case.probability),
        (metrics.brier_score, case.y, case.probability),
        (metrics.roc_auc, case.y, case.probability),
        (metrics.r2, case.values, case.estimates),
        (metrics.mae, case.values, case.estimates),
        (metrics.rmse, case.values, case.estimates),
    ]
    for score, y, answers in scores:
        same(score(y, answers, weight), score(again(y), again(answers)))
    p = case.probability if case.n_classes == 2 else case.probability[:, 1]
    weighted = metrics.calibration(case.y == 1, p, weight)
    repeated = metrics.calibration(again(case.y == 1), again(p))
    for name in ("probability", "fraction", "weight", "error"):
        same(getattr(weighted, name), getattr(repeated, name))


def test_the_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    draw = np.random.default_rng(0)
    y, p = draw.integers(2, size=50), draw.integers(6, size=50) / 5
    pairs = [(a > b) + (a == b) / 2 for a in p[y == 1] for b in p[y == 0]]
    assert metrics.roc_auc(y, p) == pytest.approx(np.mean(pairs), rel=1e-14)
    assert metrics.roc_auc(y, np.full(50, 0.3)) == 0.5
    assert metrics.roc_auc(y, y.astype(float)) == 1
    assert metrics.roc_auc(1 - y, y.astype(float)) == 0


def test_two_columns_are_two_classes_and_one_column_is_a_vector() -> None:
    draw = np.random.default_rng(1)
    y, p = draw.integers(2, size=30), draw.random(30)
    for score in (metrics.log_loss, metrics.brier_score, metrics.roc_auc):
        assert score(y, p[:, np.newaxis]) == score(y, p)
        two = score(y, np.column_stack([1 - p, p]))
        assert two == pytest.approx(score(y, p), rel=1e-12)


def test_what_is_undefined_is_nan_without_a_warning() -> None:
    one = np.zeros(4, dtype=int)
    p = np.array([0.1, 0.2, 0.3, 0.4])
    shares = np.full((4, 3), 1 / 3)
    no_weight = np.zeros(4)
    for undefined in (
        metrics.roc_auc(one, p),
        metrics.roc_auc(1 - one, p),
        metrics.roc_auc(one, shares),
        metrics.roc_auc(np.arange(4) % 2, p, no_weight),
        metrics.roc_auc(np.arange(4) % 2, np.append(p[:3], NAN)),
        metrics.roc_auc(1 - np.arange(4) % 2, np.append(p[:3], NAN)),
        metrics.accuracy(one, one, no_weight),
        metrics.log_loss(one, p, no_weight),
        metrics.accuracy(one[:0], one[:0]),
        metrics.r2(p[:1], p[:1]),
        metrics.r2(p, p, no_weight),
        metrics.mae(p, p, no_weight),
        metrics.calibration(one, p, no_weight).error,
        metrics.calibration(one[:0], p[:0], bins="count").error,
    ):
        assert np.isnan(undefined)
    points = metrics.roc_points(one == 1, p)
    assert np.isnan(points.true_positive_rate).all()
    assert points.false_positive_rate[-1] == 1


def test_the_auc_of_many_classes_is_taken_over_those_that_occur() -> None:
    y = np.array([0, 1, 0, 1])
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.4, 0.5, 0.1], [0.2, 0.2, 0.6]])
    areas = [metrics.roc_auc((y == k).astype(int), p[:, k]) for k in (0, 1)]
    assert metrics.roc_auc(y, p) == pytest.approx(np.mean(areas))


def test_a_constant_target_scores_one_if_exact_and_else_zero_as_in_scikit_learn() -> None:
    y = np.full(5, 2.0)
    assert metrics.r2(y, y) == peer.r2_score(y, y) == 1
    assert metrics.r2(y, y + 0.1) == peer.r2_score(y, y + 0.1) == 0


def test_sure_and_wrong_costs_much_but_not_everything() -> None:
    y = np.array([0, 1])
    assert metrics.log_loss(y, np.array([1.0, 0.0])) == pytest.approx(-np.log(2**-52))
    assert metrics.log_loss(y, np.array([0.0, 1.0])) == pytest.approx(0, abs=1e-15)


def test_values_too_large_to_be_squared_give_no_warning() -> None:
    y, far = np.zeros(3), np.full(3, 1e200)
    assert metrics.rmse(y, far) == np.inf
    assert np.isnan(metrics.r2(np.arange(3.0), far))


def test_single_precision_is_added_up_in_double() -> None:
    y = np.zeros(300_000, dtype=np.float32)
    predicted = np.full(300_000, 0.1, dtype=np.float32)
    assert metrics.mae(y, predicted) == pytest.approx(float(np.float32(0.1)), rel=1e-12)
    assert metrics.rmse(y, predicted) == pytest.approx(float(np.float32(0.1)), rel=1e-7)


def test_wilson_intervals_are_those_of_the_book() -> None:
    # 15 of 148 (Newcombe 1998, table I, case of 15/148): 0.0624 to 0.1605
    low, high = metrics.wilson_interval(np.array([15 / 148]), np.array([148.0]))
    assert (low[0], high[0]) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    low, high = metrics.wilson_interval(np.array([0.0, 1.0, NAN]), np.array([5.0, 5.0, 0.0]))
    assert low[0] == 0
    assert high[1] == 1
    assert 0.4 < high[0] < 0.5
    assert np.isnan(low[2])


def test_shapes_and_classes_that_do_not_fit_are_refused() -> None:
    y = np.zeros(4, dtype=int)
    with pytest.raises(InputError, match=r"one shape.*\(4,\) and \(4, 1\)"):
        metrics.accuracy(y, y[:, np.newaxis])
    with pytest.raises(InputError, match=r"one weight per row, \(4,\)"):
        metrics.mae(y, y, np.ones((4, 1)))
    with pytest.raises(InputError, match="one class number per row"):
        metrics.log_loss(y[:, np.newaxis], np.zeros((4, 3)))
    with pytest.raises(InputError, match="predicted must hold class numbers from 0 to 1"):
        metrics.confusion_matrix(y, y + 2, 2)
