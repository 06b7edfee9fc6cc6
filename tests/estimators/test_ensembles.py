"""Estimators with an ensemble: scikit-learn's contract, and what train_table selects."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.utils.estimator_checks import parametrize_with_checks

import glassnet as gn
from glassnet.estimators import NetworkClassifier, NetworkRegressor
from glassnet.training.ensemble_run import EnsembleRun

X, Y = load_iris(return_X_y=True)
FAST: dict[str, Any] = {
    "hidden_layer_sizes": (8,), "max_iter": 40, "random_state": 0, "ensemble": "auto",
    "encoding": "auto",
}  # fmt: skip
CHECKED: dict[str, Any] = {**FAST, "ensemble": "quick", "max_iter": "auto"}


# A row that counts twice is in one fold, and two equal rows may be in two: so scikit-learn says it
# of its own estimators that hold folds out.
FOLDS_DIFFER = {
    f"check_sample_weight_equivalence_on_{kind}_data": "folds are of rows, not of weights"
    for kind in ("dense", "sparse")
}


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [NetworkClassifier(**CHECKED), NetworkRegressor(**CHECKED)],
    expected_failed_checks=lambda estimator: FOLDS_DIFFER,
)
def test_scikit_learns_checks_pass(estimator: Any, check: Any) -> None:
    check(estimator)


def test_it_selects_what_train_table_selects() -> None:
    data = {f"x{i}": X[:, i] for i in range(4)} | {"y": Y}
    table = gn.train_table(data, "y", hidden=8, max_epochs=40)
    ours = NetworkClassifier(**FAST).fit((X - X.mean(0)) / X.std(0), Y).ensemble_
    assert isinstance(table, EnsembleRun)
    assert [one.weight for one in ours.tried] == [one.weight for one in table.tried]
    np.testing.assert_allclose(ours.out_of_fold, table.out_of_fold, atol=1e-6)


def test_it_predicts_copies_and_goes_back_to_one_network() -> None:
    model = NetworkClassifier(**FAST).fit(X, np.array(["a", "b", "c"])[Y])
    assert model.score(X, np.array(["a", "b", "c"])[Y]) > 0.93
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), p)
    assert clone(model).get_params() == model.get_params()
    assert model.ensemble_.scores["accuracy"].low > 0.8
    assert not hasattr(model, "partial_fit")
    model.set_params(ensemble="none", encoding="none").fit(X, Y)
    assert not hasattr(model, "ensemble_")
    assert model.run_.epochs == 40


def test_a_regression_has_the_units_of_y() -> None:
    model = NetworkRegressor(**FAST).fit(X[:, :3], 1000 * X[:, 3])
    assert model.score(X[:, :3], 1000 * X[:, 3]) > 0.85


def test_weights_decide_and_rows_that_do_not_count_are_not_there() -> None:
    weight = np.ones(150)
    weight[:50] = 0
    one = NetworkClassifier(**FAST).fit(X, Y, sample_weight=weight)
    other = NetworkClassifier(**FAST).fit(X[50:], Y[50:])
    assert len(one.ensemble_.targets) == len(other.ensemble_.targets) == 100


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"ensemble": "many"}, "ensemble"),
        ({"encoding": "odd"}, "encoding"),
        ({"ensemble": "none"}, "ensemble='auto'"),
        ({"early_stopping": True}, "early_stopping"),
        ({"warm_start": True}, "warm_start"),
        ({"learning_rate": "adaptive", "solver": "sgd"}, "follows the loss"),
    ],
)
def test_what_does_not_go_together_is_refused(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        NetworkClassifier(**{**FAST, **asked}).fit(X, Y)
