"""Many trainings at once are the trainings alone."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import engines
from glassnet.core.samples import checked_data
from glassnet.engines.interface import Stop
from glassnet.training.train_many import ManyTrainings

POINTS = gn.datasets.rings()
NETWORK = gn.Network((2, 3, 3, 1))


@pytest.mark.parametrize("engine", engines.ENGINES)
@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": gn.GradientDescent(2.0), "stop_below": 0.3, "max_epochs": 300},
        {"optimizer": gn.Adam(0.05), "batch_size": 6, "max_epochs": 20, "l2": 0.001},
        {"optimizer": gn.GradientDescent(0.5, 0.9), "dtype": "float32", "max_epochs": 30},
    ],
    ids=["full batch", "batches", "float32"],
)
def test_each_run_has_the_digits_it_has_alone(engine: str, settings: dict[str, Any]) -> None:
    if engine == "compiled" and not engines.compiled.built():
        pytest.skip("the compiled engine was not built")
    seeds = [3, 1, 4, 15, 9, 2, 6]
    weight = np.linspace(0, 1, 20)
    shared = {**settings, "engine": engine, "sample_weight": weight}
    many = gn.train_many(NETWORK, *data(), seeds=seeds, keep_history=True, **shared)
    assert many.seeds == tuple(seeds)
    assert many.losses is not None
    assert many.parameters is not None
    for i, seed in enumerate(seeds):
        alone = gn.train(NETWORK, *data(), seed=seed, **shared)
        assert many.stop_reason[i] == alone.stop_reason
        assert many.epochs[i] == alone.epochs
        assert many.final_loss[i] == alone.history.loss[-1]
        np.testing.assert_array_equal(many.losses[i], alone.history.loss)
        np.testing.assert_array_equal(many.parameters[i].vector, alone.parameters.vector)


def data() -> tuple[Any, Any]:
    return POINTS.X, POINTS.y


def test_what_is_not_kept_is_none_and_the_rest_is_the_same() -> None:
    kept = gn.train_many(NETWORK, *data(), seeds=range(5), max_epochs=50, keep_history=True)
    bare = gn.train_many(NETWORK, *data(), seeds=range(5), max_epochs=50, keep_parameters=False)
    assert bare.losses is None
    assert bare.parameters is None
    np.testing.assert_array_equal(kept.final_loss, bare.final_loss)


def test_runs_that_diverge_say_so_and_do_not_disturb_the_others() -> None:
    network = gn.Network((2, 3, 1), "identity", "mean_squared_error")
    good = gn.Parameters.initial(network, seed=0)
    wild = gn.Parameters(network, 1e200 * np.ones(network.n_parameters))
    many = gn.train_many(
        network, *data(), seeds=[0, 1], parameters=[good, wild], max_epochs=10, keep_history=True
    )
    assert many.stop_reason == ["max_epochs", "diverged"]
    assert many.epochs.tolist() == [10, 0]
    assert np.isfinite(many.final_loss[0])
    assert np.isnan(many.final_loss[1])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"seeds": []}, "list of seeds"),
        ({"seeds": [1], "parameters": []}, "one start a seed"),
        (
            {"seeds": [1], "parameters": [gn.Parameters.initial(gn.Network((2, 1)))]},
            "is to be trained",
        ),
    ],
)
def test_requests_that_make_no_runs_are_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        gn.train_many(NETWORK, *data(), **arguments)


@pytest.mark.parametrize("engine", engines.ENGINES)
@pytest.mark.parametrize("batch_size", [None, 6])
def test_rows_weights_penalties_and_dropout_of_its_own_give_the_digits_it_has_alone(
    engine: str, batch_size: int | None
) -> None:
    X, y = data()
    generator = np.random.default_rng(0)
    folds = [np.flatnonzero(np.arange(20) % 3 != fold) for fold in range(3)]
    rows = [*folds, *folds]
    weight = generator.random((6, 20))
    penalties, dropout = [0.0, 0.001, 0.01, 0.1, 0.0, 0.3], [0.0, 0.0, 0.2, 0.0, 0.5, 0.0]
    shared: dict[str, Any] = {
        "optimizer": gn.Adam(0.05),
        "schedule": gn.schedules.Cosine(12),
        "max_epochs": 12,
        "batch_size": batch_size,
        "engine": engine,
    }
    many = gn.train_many(
        NETWORK,
        X,
        y,
        seeds=range(6),
        rows=rows,
        sample_weight=weight,
        l2=penalties,
        dropout=dropout,
        keep_history=True,
        **shared,
    )
    assert many.parameters is not None
    assert many.losses is not None
    for i, own in enumerate(rows):
        alone = gn.train(
            NETWORK,
            X[own],
            y[own],
            seed=i,
            sample_weight=weight[i, own],
            l2=penalties[i],
            dropout=dropout[i],
            **shared,
        )
        np.testing.assert_array_equal(many.parameters[i].vector, alone.parameters.vector)
        np.testing.assert_array_equal(many.losses[i], alone.history.loss)


def test_short_runs_are_watched_and_can_be_stopped() -> None:
    starts = [gn.Parameters.initial(NETWORK, seed=seed) for seed in range(500)]
    settings = [gn.Settings(seed=seed, max_epochs=3000) for seed in range(500)]
    trainings = ManyTrainings.of(checked_data(NETWORK, *data(), None, "float64"), starts, settings)
    stop, seen = Event(), []

    def watch(done: Callable[[], int]) -> None:
        seen.append(done())
        stop.set()

    trainings.advance_to(3000, stop, watch)
    assert 0 < trainings.stops.count(Stop.ASKED) <= 500 - seen[0]
    whole = [
        s.epoch
        for s, why in zip(trainings.states, trainings.stops, strict=True)
        if why is Stop.EPOCHS_DONE
    ]
    assert set(whole) <= {3000}
    trainings.advance_to(3000, Event())
    assert {state.epoch for state in trainings.states} == {3000}
