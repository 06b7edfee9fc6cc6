"""Intervals cover as often as they say, and a column that decides is worth most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.trust import column_importance, predict_interval


def table(n: int, seed: int) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    x, useless = generator.normal(size=(2, n))
    kind = generator.choice(["a", "b"], n)
    y = 3 * x + np.where(kind == "a", 0.0, 1.0) + generator.standard_t(4, n)
    return {"x": x, "useless": useless, "kind": kind, "y": y}


@pytest.fixture(scope="module")
def run() -> EnsembleRun:
    found = gn.train_table(table(150, 0), "y", effort="quick", hidden=8)
    assert isinstance(found, EnsembleRun)
    return found


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_intervals_cover_about_as_often_as_they_say(run: EnsembleRun, level: float) -> None:
    new = table(4000, 1)
    assert run.recipe is not None
    ends = predict_interval(run, run.recipe.encode(new), level)[:, 0]
    y = run.recipe.encode_target(new)
    inside = np.mean((ends[:, 0] <= y) & (y <= ends[:, 1]))
    assert level - 0.06 < inside < level + 0.06
    assert (ends[:, 0] < ends[:, 1]).all()


def test_an_interval_is_that_of_the_definition(run: EnsembleRun) -> None:
    assert run.samples is not None
    X = run.samples.X[:3]
    ends = predict_interval(run, X, 0.8)
    for row in range(3):
        low, high = [], []
        for fold in run.ensemble.folds:
            members = [m for m in run.ensemble.members if m.fold == fold]
            total = sum(m.weight for m in members)
            said = 0.0
            for m in members:
                (W1, b1), (W2, b2) = m.parameters.layers
                hidden = np.maximum(W1 @ X[row, list(m.features)] + b1[:, 0], 0)
                said += m.weight / total * float((W2 @ hidden + b2[:, 0])[0])
            for i in np.flatnonzero(run.fold_of == fold):
                error = abs(float(run.out_of_fold[i, 0] - run.targets[i, 0]))
                low.append(said - error)
                high.append(said + error)
        rank = int(np.ceil(0.8 * 151)) - 1
        assert ends[row, 0, 1] == pytest.approx(sorted(high)[rank])
        assert ends[row, 0, 0] == pytest.approx(sorted(low)[-1 - rank])


def test_the_column_that_decides_is_worth_most_and_the_useless_nothing(run: EnsembleRun) -> None:
    worth = column_importance(run)
    assert list(worth)[:2] == ["x", "kind"]
    assert worth["x"].low > worth["kind"].high
    assert worth["useless"].low < 0.02
    assert worth == column_importance(run)


def test_classes_have_no_intervals_and_a_level_is_a_probability(run: EnsembleRun) -> None:
    with pytest.raises(gn.InputError, match="level"):
        predict_interval(run, np.zeros((1, run.network.sizes[0])), 1.5)
    classes = gn.train_table(table(60, 0), "kind", effort="quick", max_epochs=2)
    assert isinstance(classes, EnsembleRun)
    with pytest.raises(gn.InputError, match="predict_probability"):
        predict_interval(classes, np.zeros((1, classes.network.sizes[0])))
