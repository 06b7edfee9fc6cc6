"""Weights, temperatures and intervals against slow and obvious answers."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.core import metrics
from glassnet.training.selection import (
    best_temperature,
    greedy_weights,
    mean_loss,
    mean_score,
    r2_score,
    root_score,
    share_score,
)

GENERATOR = np.random.default_rng(3)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "categorical_cross_entropy"])
def test_the_temperature_has_the_least_loss(loss: str) -> None:
    n_out = 1 if loss == "binary_cross_entropy" else 3
    true = 1.5 * GENERATOR.normal(size=(4000, n_out))
    if n_out == 1:
        Y = (GENERATOR.random((4000, 1)) < 1 / (1 + np.exp(-true))).astype(float)
    else:
        p = np.exp(true) / np.exp(true).sum(1, keepdims=True)
        Y = np.eye(3)[[GENERATOR.choice(3, p=row) for row in p]]
    z = 2.5 * true  # too certain by a factor
    found = best_temperature(loss, z, Y, None)
    tried = np.exp(np.linspace(np.log(0.3), np.log(7), 400))
    losses = [mean_loss(loss, z / T, Y, None) for T in tried]
    assert found == pytest.approx(tried[int(np.argmin(losses))], rel=0.01)
    assert found == pytest.approx(2.5, rel=0.15)
    assert best_temperature("mean_squared_error", z, Y, None) == 1.0


def test_weights_find_the_mixture_and_leave_the_useless_out() -> None:
    y = GENERATOR.normal(size=(3000, 1))
    common = GENERATOR.normal(size=(3, 3000, 1))
    z = np.stack([y + common[0], y - common[0] + 0.3 * common[1], 5 * common[2]])
    weights = greedy_weights("mean_squared_error", z, y, None)
    # the best mixture of the two that are of use, by least squares
    share = np.linspace(0, 1, 1001)
    exact = share[int(np.argmin([np.mean((s * z[0] + (1 - s) * z[1] - y) ** 2) for s in share]))]
    assert weights.sum() == pytest.approx(1)
    assert weights[2] == 0
    assert weights[0] == pytest.approx(exact, abs=0.05)


def test_rows_that_count_more_decide() -> None:
    y, z = np.array([[0.0], [1.0]]), np.array([[[0.0], [0.0]], [[1.0], [1.0]]])
    assert greedy_weights("mean_squared_error", z, y, np.array([1.0, 0.0])).tolist() == [1, 0]
    assert greedy_weights("mean_squared_error", z, y, np.array([0.0, 1.0])).tolist() == [0, 1]


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    inside = np.zeros(4)
    for _ in range(600):
        x = GENERATOR.normal(size=150)
        y = x + 0.5 * GENERATOR.normal(size=150)
        error = x - y
        inside += [
            score.low <= truth <= score.high
            for score, truth in (
                (share_score(x > -1), 0.8413447),
                (mean_score(np.square(error)), 0.25),
                (root_score(np.square(error)), 0.5),
                (r2_score(error, y), 1 - 0.25 / 1.25),
            )
        ]
    assert ((inside / 600 > 0.91) & (inside / 600 < 0.98)).all()
    assert r2_score(error, y).value == pytest.approx(metrics.r2(y, x))
    assert np.isnan(r2_score(np.ones(3), np.ones(3)).value)
    assert share_score(np.ones(10, bool)).low < 0.8  # ten of ten are no certainty
