"""Training: the tutorial's figures, every way to stop, and that no digit depends on chance."""

from __future__ import annotations

import copy
import itertools
import math
import signal
import threading
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Limits, Stop, TrainingState
from glassnet.engines.reference import ReferenceEngine
from glassnet.training.signals import ctrl_c_sets
from oracles import tutorial_loop

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))
NEVER = threading.Event()


def tutorial_run(start: int, **changes: Any) -> gn.Run:
    choices: dict[str, Any] = {
        "parameters": gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=start),
        "optimizer": gn.GradientDescent(0.4),
        "max_epochs": 20_000,
        "stop_below": 0.005,
        "seed": 0,
    }
    return gn.train(TUTORIAL, POINTS.X, POINTS.y, **(choices | changes))


def small_run(**changes: Any) -> gn.Run:
    data = gn.datasets.moons(50)
    choices: dict[str, Any] = {"seed": 5, "max_epochs": 20, "optimizer": gn.GradientDescent(0.5)}
    return gn.train(gn.Network((2, 4, 1), "tanh"), data.X, data.y, **(choices | changes))


@cache
def tutorials_loop(seed: int, limit: int) -> tuple[list[float], tutorial_loop.Layers]:
    """Its losses and last layers, after `limit` epochs at most."""
    parameters = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=seed)
    start = [(W.tolist(), b[:, 0].tolist()) for W, b in parameters.layers]
    samples = list(zip(POINTS.X.tolist(), POINTS.y.tolist(), strict=True))
    return tutorial_loop.descend(start, samples, alpha=0.4, goal=0.005, limit=limit)


@pytest.mark.parametrize("engine", ["reference", "auto"])
@pytest.mark.parametrize(
    ("seed", "epochs", "followed"),
    [(0, 5271, 20_000), (1, 7574, 500), (2, 6541, 500)]
    + [pytest.param(*long, 20_000, marks=pytest.mark.long) for long in ((1, 7574), (2, 6541))],
)
def test_tutorial_stops_where_the_tutorial_stops_and_follows_its_loop(
    seed: int, epochs: int, followed: int, engine: str
) -> None:
    run = tutorial_run(seed, engine=engine)
    losses, layers = tutorials_loop(seed, followed)
    assert run.epochs == epochs
    assert len(losses) == min(followed, epochs)
    assert run.stop_reason == "loss below 0.005"
    np.testing.assert_allclose(run.history.loss[:followed], losses, rtol=0, atol=1e-10)
    reached = run.history.parameters_at(len(losses))
    for (W, b), (W_loop, b_loop) in zip(reached.layers, layers, strict=True):
        np.testing.assert_allclose(W, W_loop, rtol=1e-8)
        np.testing.assert_allclose(b[:, 0], b_loop, rtol=1e-8)


def test_the_loop_oracle_notices_a_wrong_learning_rate() -> None:
    run = tutorial_run(0, max_epochs=50, optimizer=gn.GradientDescent(0.4000001))
    losses, _ = tutorials_loop(0, 50)
    assert np.abs(run.history.loss - losses).max() > 1e-10


def test_all_twenty_points_are_right_and_the_history_is_complete() -> None:
    run = tutorial_run(0)
    assert (run.predict(POINTS.X) == POINTS.y).all()
    assert run.history.loss[-1] < 0.005 <= run.history.loss[-2]
    assert run.history.snapshot_epochs.tolist() == list(range(5272))
    assert (run.history.parameters_at(0).vector == run.start.vector).all()
    assert (run.history.parameters_at(5271).vector == run.parameters.vector).all()


def test_a_seed_that_needs_longer_ends_at_the_limit() -> None:
    run = tutorial_run(4)
    assert run.stop_reason == "max_epochs"
    assert run.history.loss[-1] == pytest.approx(0.105, abs=5e-4)
    assert (run.predict(POINTS.X) == POINTS.y).sum() == 19


def test_update_is_one_step_down_the_average_gradient() -> None:
    run = tutorial_run(3, max_epochs=1)
    trace = gn.trace(TUTORIAL, run.start, POINTS.X, POINTS.y)
    expected = run.start.vector - 0.4 * (trace.gradient.vector / 20)
    np.testing.assert_allclose(run.parameters.vector, expected, rtol=1e-14)
    assert run.history.loss.tolist() == pytest.approx([trace.loss], rel=1e-14)


def test_training_does_not_touch_its_start() -> None:
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    before = start.vector.copy()
    tutorial_run(0, parameters=start, max_epochs=3)
    assert (start.vector == before).all()


@pytest.mark.parametrize("batch_size", [None, 1, 7, 50, 1000])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_same_seed_same_bits(batch_size: int | None, dtype: str) -> None:
    first, second = (small_run(batch_size=batch_size, dtype=dtype) for _ in range(2))
    assert (first.history.loss == second.history.loss).all()
    assert (first.parameters.vector == second.parameters.vector).all()
    assert first.parameters.vector.dtype == dtype


def test_a_run_without_seed_can_be_repeated_by_the_one_it_drew() -> None:
    first = small_run(seed=None, batch_size=8)
    again = small_run(seed=first.settings.seed, batch_size=8)
    assert (first.parameters.vector == again.parameters.vector).all()
    assert first.settings.seed != small_run(seed=None).settings.seed


def test_every_epoch_sees_every_row_once_in_a_new_order() -> None:
    X = np.arange(10.0)[:, np.newaxis]
    batches = Batches(X, X, np.arange(10.0), batch_size=4)
    generator = np.random.default_rng(0)
    epochs = [list(batches.draw(generator)) for _ in range(2)]
    for epoch in epochs:
        assert [len(x) for x, _, _ in epoch] == [4, 4, 2]
        assert sorted(np.concatenate([x[:, 0] for x, _, _ in epoch])) == list(range(10))
        assert all((x[:, 0] == w).all() for x, _, w in epoch if w is not None)
    assert (epochs[0][0][0] != epochs[1][0][0]).any()


def test_a_batch_of_all_rows_is_the_full_batch() -> None:
    full, one = small_run(batch_size=None), small_run(batch_size=50)
    assert (full.parameters.vector == one.parameters.vector).all()


def test_a_weight_of_k_is_a_row_repeated_k_times() -> None:
    data = gn.datasets.moons(30)
    repetitions = np.arange(30) % 3
    network = gn.Network((2, 4, 1), "tanh")
    weighted = gn.train(network, data.X, data.y, sample_weight=repetitions, seed=1, max_epochs=50)
    X, y = np.repeat(data.X, repetitions, 0), np.repeat(data.y, repetitions)
    repeated = gn.train(network, X, y, seed=1, max_epochs=50)
    np.testing.assert_allclose(weighted.history.loss, repeated.history.loss, rtol=1e-11)


def test_batches_in_which_no_row_counts_change_nothing() -> None:
    weight = np.zeros(50)
    weight[:3] = 1
    run = small_run(batch_size=5, sample_weight=weight)
    assert np.isfinite(run.history.loss).all()
    assert run.history.loss[-1] < run.history.loss[0]


def new_state(network: gn.Network, seed: int = 0) -> TrainingState:
    start = gn.Parameters.initial(network, seed=seed)
    optimizer = gn.GradientDescent(0.5)
    return TrainingState(
        start, start, optimizer, optimizer.init(start.vector), 0, np.random.default_rng(seed)
    )


@given(first=st.integers(0, 12), batch_size=st.sampled_from([1, 7, 40]), every=st.integers(1, 5))
def test_resume_equals_uninterrupted(first: int, batch_size: int, every: int) -> None:
    data = gn.datasets.moons(40)
    batches = Batches(data.X, data.y[:, np.newaxis].astype(float), None, batch_size)
    engine = ReferenceEngine()
    network = gn.Network((2, 3, 1))

    def limits(epochs: int) -> Limits:
        return Limits(epochs, NEVER, record_every=every)

    whole, parts = new_state(network), new_state(network)
    expected = engine.advance(whole, batches, limits(12))
    one = engine.advance(parts, batches, limits(first))
    parts = copy.deepcopy(parts)
    two = engine.advance(parts, batches, limits(12 - first))
    assert (expected.losses == np.concatenate([one.losses, two.losses])).all()
    assert (expected.snapshots == np.concatenate([one.snapshots, two.snapshots])).all()
    assert (whole.parameters.vector == parts.parameters.vector).all()
    assert whole.epoch == parts.epoch == 12


def test_advance_stops_when_asked_to_between_epochs() -> None:
    asked = threading.Event()
    asked.set()
    state = new_state(TUTORIAL)
    batches = Batches(POINTS.X, POINTS.y[:, np.newaxis].astype(float), None, 20)
    progress = ReferenceEngine().advance(state, batches, Limits(5, asked))
    assert progress.stop is Stop.ASKED
    assert state.epoch == len(progress.losses) == 0


def press_ctrl_c(presses: int) -> gn.Run:
    """A training without an end, and what is kept of it when Ctrl-C is pressed after an epoch."""
    settings = gn.Settings(gn.GradientDescent(0.4), max_epochs=10**9)
    training = gn.Training(TUTORIAL, POINTS.X, POINTS.y, settings)
    with training.ending_on_ctrl_c():
        for _ in training:
            while presses:
                presses -= 1
                signal.raise_signal(signal.SIGINT)
    return training.run


def test_ctrl_c_keeps_everything_done_so_far() -> None:
    usual = signal.getsignal(signal.SIGINT)
    run = press_ctrl_c(1)
    assert run.stop_reason == "interrupted"
    assert run.epochs == len(run.history.loss) > 0
    assert (run.history.parameters_at(run.epochs).vector == run.parameters.vector).all()
    assert signal.getsignal(signal.SIGINT) is usual


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c(2)


def test_a_caller_that_ignores_ctrl_c_is_not_interrupted() -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        event = threading.Event()
        with ctrl_c_sets(event):
            signal.raise_signal(signal.SIGINT)
        assert not event.is_set()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


def test_trainings_side_by_side_leave_ctrl_c_as_it_was() -> None:
    usual = signal.getsignal(signal.SIGINT)
    points = POINTS.X, POINTS.y
    pair = [gn.Training(TUTORIAL, *points, gn.Settings(max_epochs=k)) for k in (300, 3000)]
    for _ in itertools.zip_longest(*pair):
        assert signal.getsignal(signal.SIGINT) is usual
    assert [training.run.epochs for training in pair] == [300, 3000]


def test_training_works_in_a_thread() -> None:
    runs: list[gn.Run] = []
    thread = threading.Thread(target=lambda: runs.append(small_run()))
    thread.start()
    thread.join()
    assert (runs[0].parameters.vector == small_run().parameters.vector).all()


def test_leaving_the_loop_pauses_and_iterating_again_goes_on() -> None:
    settings = tutorial_run(0, max_epochs=1).settings
    paused = gn.Training(
        TUTORIAL, POINTS.X, POINTS.y, gn.Settings(**(settings.__dict__ | {"max_epochs": 300}))
    )
    for _ in paused:
        break
    with pytest.raises(RuntimeError, match="not ended"):
        _ = paused.run
    epochs = list(paused)
    assert epochs[-1] == 300
    assert paused.loss == paused.run.history.loss[-1]
    assert len(paused.run.history.loss) == 300


def test_divergence_keeps_the_last_good_parameters_and_names_epoch_and_layer() -> None:
    data = gn.datasets.curve()
    network = gn.Network((1, 8, 1), "relu", "mean_squared_error")
    run = gn.train(network, data.X, data.y, optimizer=gn.GradientDescent(50), seed=0)
    assert run.stop_reason == "diverged"
    losses = run.history.loss
    assert np.isfinite(losses).all()
    assert np.isfinite(run.parameters.vector).all()
    loss = gn.trace(network, run.parameters, data.X, data.y).loss  # by another engine
    assert loss == pytest.approx(losses[-1], rel=1e-12)
    assert run.epochs == len(losses) - 1
    assert f"epoch {len(losses) + 1}" in run.explanation
    assert "layer 2" in run.explanation
    assert (run.history.parameters_at(run.epochs).vector == run.parameters.vector).all()


@pytest.mark.parametrize("batch_size", [None, 20])
def test_divergence_does_not_depend_on_how_the_run_is_cut(batch_size: int | None) -> None:
    data = gn.datasets.curve()
    network = gn.Network((1, 8, 1), "relu", "mean_squared_error")
    rows = Batches(data.X, data.y[:, np.newaxis], None, batch_size or 100)
    ends = []
    for chunk in (1, 1000):
        state = new_state(network)
        state.optimizer = gn.GradientDescent(3)
        losses: list[float] = []
        progress = ReferenceEngine().advance(state, rows, Limits(chunk, NEVER))
        while progress.stop is Stop.EPOCHS_DONE:
            losses.extend(progress.losses)
            progress = ReferenceEngine().advance(state, rows, Limits(chunk, NEVER))
        losses.extend(progress.losses)
        assert progress.stop is Stop.NOT_FINITE
        ends.append((losses, state.epoch, state.parameters.vector.tolist()))
    assert ends[0] == ends[1]


def test_a_start_that_is_too_large_is_kept_and_named() -> None:
    network = gn.Network((1, 1), loss="mean_squared_error")
    start = gn.Parameters(network, np.array([1e300, 0.0]))
    run = gn.train(network, [[1.0], [2.0]], [0, 1], parameters=start)
    assert run.stop_reason == "diverged"
    assert "epoch 1, first in layer 1" in run.explanation
    assert run.parameters.vector.tolist() == [1e300, 0]
    assert len(run.history.loss) == run.epochs == 0


def test_an_update_that_overflows_in_the_last_epoch_is_noticed() -> None:
    network = gn.Network((1, 1), loss="mean_squared_error")
    start = gn.Parameters(network, np.array([1.0, 0.0]))
    run = gn.train(
        network,
        [[1e10], [2.0]],
        [0, 1],
        parameters=start,
        max_epochs=1,
        optimizer=gn.GradientDescent(1e300),
    )
    assert run.stop_reason == "diverged"
    assert run.parameters.vector.tolist() == [1, 0]
    assert len(run.history.loss) == 1


def test_predictions_follow_the_loss() -> None:
    blobs, curve = gn.datasets.blobs(60), gn.datasets.curve(60)
    classes = gn.train(gn.Network((2, 8, 3), "tanh"), blobs.X, blobs.y, seed=0, max_epochs=300)
    assert (classes.predict(blobs.X) == blobs.y).mean() > 0.9
    assert classes.predict_probability(blobs.X).shape == (60, 3)
    regression = gn.train(
        gn.Network((1, 8, 1), "tanh", "mean_squared_error"), curve.X, curve.y, seed=0
    )
    assert regression.predict(curve.X).shape == (60,)
    with pytest.raises(gn.InputError, match="no probabilities"):
        regression.predict_probability(curve.X)
    with pytest.raises(gn.InputError, match=r"X must have shape \(n_samples, 2\)"):
        classes.predict(curve.X)


def test_logistic_regression_is_a_network_without_hidden_layer() -> None:
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    run = gn.train(gn.Network((1, 1)), X, [0, 0, 1, 1], seed=0, max_epochs=2000)
    assert run.predict(X).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"max_epochs": 0}, "max_epochs must be a whole number from 1"),
        ({"max_epochs": 2.5}, "max_epochs must be a whole number from 1"),
        ({"batch_size": 0}, "batch_size"),
        ({"record_every": -1}, "record_every"),
        ({"stop_below": math.nan}, "stop_below"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"max_epochs": None}, "max_epochs"),
        ({"optimizer": 0.1}, "optimizer must be a rule"),
        ({"parameters": np.zeros(25)}, "parameters must be Parameters"),
        ({"dtype": "float16"}, "choose float64, float32"),
        ({"engine": "gpu"}, "choose one of auto, compiled, reference"),
        ({"parameters": gn.Parameters.initial(gn.Network((2, 1)), seed=0)}, "is to be trained"),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gn.InputError) as caught:
        tutorial_run(0, **changes)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    run = small_run(max_epochs=np.int64(3), batch_size=np.int32(7))
    assert run.epochs == 3


def test_a_snapshot_handed_out_can_be_changed_without_changing_the_history() -> None:
    run = small_run()
    run.history.parameters_at(5).vector[:] = 0
    assert (run.history.parameters_at(5).vector != 0).any()


@pytest.mark.parametrize("rate", [0, -0.1, math.nan, math.inf, "0.4"])
def test_a_learning_rate_must_be_positive_and_finite(rate: float) -> None:
    with pytest.raises(gn.InputError, match="positive, finite number"):
        gn.GradientDescent(rate)


def test_a_run_so_far_is_a_copy_and_the_training_goes_on() -> None:
    points = gn.datasets.moons(60)
    network = gn.Network((2, 4, 1))
    settings = gn.Settings(optimizer=gn.Adam(0.01), max_epochs=40, batch_size=16, seed=1)
    training = gn.Training(network, points.X, points.y, settings)
    losses = training.advance(15)
    run = training.so_far()
    assert (run.epochs, run.stop_reason) == (15, "interrupted")
    np.testing.assert_array_equal(run.history.loss, losses)
    middle = run.parameters.vector.copy()
    checkpoint = run.checkpoint()
    training.advance(25)
    assert training.ended
    assert training.so_far() is training.run
    np.testing.assert_array_equal(run.parameters.vector, middle)
    np.testing.assert_array_equal(run.history.parameters_at(15).vector, middle)
    again = gn.Training(network, points.X, points.y, settings)
    again.resume(checkpoint)
    again.advance(25)
    np.testing.assert_array_equal(again.run.parameters.vector, training.run.parameters.vector)
