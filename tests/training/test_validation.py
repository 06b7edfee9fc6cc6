"""What is held out, what is measured on it, and early stopping by it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as oracle

import glassnet as gn
from glassnet.core.class_weights import weighted_by_class
from glassnet.core.samples import Samples, checked_data
from glassnet.training.validation import held_out, held_out_rows, measured

MOONS = gn.datasets.moons(300, noise=0.3, seed=1)
NETWORK = gn.Network((2, 8, 1), "tanh")


def samples(network: gn.Network, y: np.ndarray) -> Samples:
    X = np.arange(len(y), dtype=float)[:, np.newaxis]
    return checked_data(network, X, y, None, "float64")


def test_each_class_gives_its_share() -> None:
    y = np.repeat([0, 1, 2], [100, 50, 10])
    train, out = held_out(gn.Network((1, 3)), samples(gn.Network((1, 3)), y), 0.2, seed=4)
    assert Counter(out.Y.argmax(1).tolist()) == {0: 20, 1: 10, 2: 2}
    assert sorted([*train.X[:, 0], *out.X[:, 0]]) == list(range(160))
    assert (np.diff(train.X[:, 0]) > 0).all()
    assert (np.diff(out.X[:, 0]) > 0).all()


def test_a_class_keeps_a_sample_to_train_on() -> None:
    network = gn.Network((1, 1))
    train, _ = held_out(network, samples(network, np.array([0] * 20 + [1])), 0.9, seed=0)
    assert set(train.Y[:, 0]) == {0, 1}


def test_the_seed_decides_what_is_held_out() -> None:
    network = gn.Network((1, 1), loss="mean_squared_error")
    data = samples(network, np.arange(50.0))
    first, again, other = (held_out(network, data, 0.3, seed)[1].X for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_nothing_to_hold_out_is_refused() -> None:
    network = gn.Network((1, 1), loss="mean_squared_error")
    with pytest.raises(gn.InputError, match=r"two samples or more to hold out .* not 1:"):
        held_out(network, samples(network, np.arange(1.0)), 0.1, seed=0)


@pytest.mark.parametrize(("y", "possible"), [([0, 1], {0, 1}), ([0, 1, 1, 1, 0, 2], {1})])
def test_of_few_samples_one_is_held_out_of_the_largest_class(
    y: list[int], possible: set[int]
) -> None:
    network = gn.Network((1, 3), loss="categorical_cross_entropy")
    for seed in range(10):
        kept, out = held_out(network, samples(network, np.array(y)), 0.1, seed)
        assert (len(kept.X), len(out.X)) == (len(y) - 1, 1)
        assert int(out.labels[0]) in possible


def test_measures_are_those_of_scikit_learn() -> None:
    run = gn.train(NETWORK, MOONS.X, MOONS.y, max_epochs=30, validation=0.3, seed=2)
    assert run.validation is not None
    y, p = run.validation.Y[:, 0], run.predict_probability(run.validation.X)
    last = {name: values[-1] for name, values in run.history.validation.items()}
    assert last == pytest.approx(
        {
            "loss": oracle.log_loss(y, p),
            "accuracy": oracle.accuracy_score(y, p >= 0.5),
            "roc_auc": oracle.roc_auc_score(y, p),
        },
        abs=1e-12,
    )


def test_measures_of_many_classes_and_of_a_regression() -> None:
    blobs = gn.datasets.blobs(n_classes=3, seed=1)
    network = gn.Network((2, 5, 3), "tanh")
    run = gn.train(network, blobs.X, blobs.y, max_epochs=20, validation=(blobs.X, blobs.y), seed=2)
    p = run.predict_probability(blobs.X)
    auc = oracle.roc_auc_score(blobs.y, p, multi_class="ovr")
    assert run.history.validation["roc_auc"][-1] == pytest.approx(auc, abs=1e-12)
    curve = gn.datasets.curve(seed=1)
    network = gn.Network((1, 5, 1), "tanh", "mean_squared_error")
    run = gn.train(network, curve.X, curve.y, max_epochs=20, training_metrics=True, seed=2)
    assert run.history.validation == {}
    last = {name: values[-1] for name, values in run.history.training.items()}
    predicted = run.predict(curve.X)
    assert last == pytest.approx(
        {
            "loss": oracle.mean_squared_error(curve.y, predicted),
            "r2": oracle.r2_score(curve.y, predicted),
            "mae": oracle.mean_absolute_error(curve.y, predicted),
        },
        abs=1e-12,
    )


def test_validation_changes_nothing_about_the_training() -> None:
    half = slice(0, 150)
    plain = gn.train(NETWORK, MOONS.X[half], MOONS.y[half], max_epochs=50, seed=3, batch_size=16)
    watched = gn.train(
        NETWORK,
        MOONS.X[half],
        MOONS.y[half],
        max_epochs=50,
        seed=3,
        batch_size=16,
        validation=(MOONS.X[150:], MOONS.y[150:]),
        training_metrics=True,
    )
    assert np.array_equal(plain.history.loss, watched.history.loss)
    assert np.array_equal(plain.parameters.vector, watched.parameters.vector)


@pytest.mark.parametrize("engine", ["reference", "auto"])
def test_early_stopping_brings_the_best_parameters_back(engine: str) -> None:
    run = gn.train(
        gn.Network((2, 32, 1), "tanh"),
        MOONS.X[:60],
        MOONS.y[:60],
        optimizer=gn.Adam(0.05),
        validation=(MOONS.X[60:], MOONS.y[60:]),
        patience=25,
        max_epochs=2000,
        seed=3,
        engine=engine,
    )
    losses = run.history.validation["loss"]
    assert run.stop_reason == "no improvement"
    assert run.kept_epoch == losses.argmin() + 1 == run.epochs - 25
    assert len(losses) == len(run.history.loss) == run.epochs
    again = measured(run.engine, run.network, run.parameters, run.validation)  # type: ignore[arg-type]
    assert again["loss"] == losses.min()
    assert f"The parameters after epoch {run.kept_epoch}" in run.explanation


def test_patience_without_validation_goes_by_the_training_loss() -> None:
    settings = {"max_epochs": 5000, "seed": 3, "optimizer": gn.Adam(0.02)}
    run = gn.train(NETWORK, MOONS.X, MOONS.y, patience=10, min_improvement=1e-3, **settings)  # type: ignore[arg-type]
    assert run.stop_reason == "no improvement"
    assert run.kept_epoch == run.epochs < 5000
    best = np.minimum.accumulate(run.history.loss)
    assert (run.history.loss[-10:] >= best[-11:-1] - 1e-3).all()


def test_validation_data_of_another_shape_are_refused() -> None:
    with pytest.raises(gn.InputError, match="The validation data do not fit: X must have shape"):
        gn.train(NETWORK, MOONS.X, MOONS.y, validation=(MOONS.X[:, :1], MOONS.y))
    with pytest.raises(gn.InputError, match=r"validation must be a share such as 0.2, or a tuple"):
        gn.train(NETWORK, MOONS.X, MOONS.y, validation=[1, 2])  # type: ignore[arg-type]


@pytest.mark.parametrize("network", [gn.Network((1, 1)), gn.Network((1, 3))], ids=["two", "three"])
def test_balanced_classes_weigh_alike_and_as_in_scikit_learn(network: gn.Network) -> None:
    from sklearn.utils.class_weight import compute_sample_weight

    y = np.array([0] * 7 + [1] * 2 + ([2] if network.sizes[-1] == 3 else []))
    weighted = weighted_by_class(network, samples(network, y), "balanced")
    assert weighted.weight is not None
    np.testing.assert_allclose(weighted.weight, compute_sample_weight("balanced", y), rtol=1e-14)


def test_class_weights_multiply_sample_weights() -> None:
    network = gn.Network((1, 1))
    data = samples(network, np.array([0, 1, 1]))._replace(weight=np.array([1.0, 2.0, 3.0]))
    weighted = weighted_by_class(network, data, {1: 10.0})
    assert weighted.weight is not None
    assert weighted.weight.tolist() == [1, 20, 30]
    with pytest.raises(gn.InputError, match="class_weight names class 2"):
        weighted_by_class(network, data, {2: 1.0})
    with pytest.raises(gn.InputError, match="a regression has none"):
        gn.train(
            gn.Network((2, 1), loss="mean_squared_error"),
            MOONS.X,
            MOONS.y,
            class_weight="balanced",
        )


def test_only_samples_that_weigh_something_are_held_out() -> None:
    network = gn.Network((1, 1), loss="mean_squared_error")
    weight = np.zeros(60)
    weight[::6] = 2.0
    X = np.arange(60.0)[:, None]
    out = held_out_rows(network, Samples(X, X, weight), 0.2, seed=0)
    assert out.sum() == 2
    assert (weight[out] > 0).all()
    for few in (2, 4):
        lone = np.r_[np.ones(few), np.zeros(60 - few)]
        held = np.flatnonzero(held_out_rows(network, Samples(X, X, lone), 0.1, seed=0))
        assert len(held) == 1
        assert held[0] < few
    for few in (0, 1):
        lone = np.r_[np.ones(few), np.zeros(60 - few)]
        with pytest.raises(gn.InputError, match=f"not {few} that weighs something"):
            held_out_rows(network, Samples(X, X, lone), 0.1, seed=0)


def test_with_class_weights_training_is_measured_as_validation_is() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    y = (np.arange(40) % 8 == 0).astype(int)
    network = gn.Network((2, 3, 1))
    held = X[:10], y[:10]
    asked: dict[str, Any] = {"validation": held, "max_epochs": 3, "seed": 0, "record_every": 1}
    run = gn.train(network, X, y, class_weight={0: 1.0, 1: 7.0}, **asked)
    for k in range(3):
        parameters = run.history.parameters_at(k + 1)
        for (rows, labels), found in (
            (held, run.history.validation),
            ((X, y), run.history.training),
        ):
            p = gn.trace(network, parameters, rows, labels).a[-1][0]
            loss = -np.mean(np.where(labels == 1, np.log(p), np.log(1 - p)))
            np.testing.assert_allclose(found["loss"][k], loss, rtol=1e-12)
            assert found["accuracy"][k] == np.mean((p >= 0.5) == labels)
    assert run.summary["loss"] == run.history.training["loss"][-1]
    assert run.summary["weighted_loss"] == run.history.loss[-1]
    assert run.summary["loss"] != run.summary["weighted_loss"]
    plain = gn.train(network, X, y, **asked)
    assert plain.history.training == {}
    assert "weighted_loss" not in plain.summary
