"""L-BFGS comes to the minimum that SciPy finds, stays there, and goes on from what was saved."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from engines.tasks import SetLater, advance, new_state, task
from glassnet import engines
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Limits, Stop, check_optimizer
from glassnet.engines.reference import ReferenceEngine
from glassnet.optim.penalty import Penalty


def rosenbrock(x: Array) -> tuple[float, Array]:
    from scipy.optimize import rosen, rosen_der

    return float(rosen(x)), np.asarray(rosen_der(x))


def iterated(evaluate: Any, x: Array, n: int, rule: gn.LBFGS) -> tuple[Array, list[float]]:
    state, losses = rule.init(x), []
    for _ in range(n):
        loss, x, state = rule.iterate(evaluate, x, state)
        losses.append(loss)
    return x, losses


@pytest.mark.parametrize("memory", [1, 3, 10])
def test_it_finds_the_minimum_of_a_curved_valley(memory: int) -> None:
    start = np.array([-1.2, 1.0, 0.7, -0.5, 2.0])
    x, losses = iterated(rosenbrock, start, 200, gn.LBFGS(memory))
    np.testing.assert_allclose(x, 1, atol=1e-7)
    assert (np.diff(losses) <= 0).all()


def test_on_a_quadratic_it_needs_hardly_more_steps_than_dimensions() -> None:
    rng = np.random.default_rng(0)
    A = rng.normal(size=(8, 8))
    A, b = A @ A.T + np.eye(8), rng.normal(size=8)
    calls = 0

    def evaluate(x: Array) -> tuple[float, Array]:
        nonlocal calls
        calls += 1
        return float(x @ A @ x / 2 - b @ x), A @ x - b

    x, _ = iterated(evaluate, np.zeros(8), 20, gn.LBFGS())
    np.testing.assert_allclose(x, np.linalg.solve(A, b), rtol=1e-5)
    assert calls < 30


@pytest.mark.parametrize("name", engines.ENGINES)
@pytest.mark.parametrize("loss", ["categorical_cross_entropy", "mean_squared_error"])
def test_training_comes_to_the_minimum_that_scipy_finds(name: str, loss: str) -> None:
    from scipy.optimize import minimize

    # Without a hidden layer and with an L2 penalty there is one minimum only.
    start, X, Y, weight = task((4, 3), "tanh", loss, rows=60, weighted=True)
    penalty = Penalty(l2=0.1)
    chosen = engines.choose(name)

    def objective(vector: Array) -> tuple[float, Array]:
        parameters = Parameters(start.network, vector)
        total, weights, gradient = chosen.gradient(start.network, parameters, X, Y, weight)
        extra, slope = penalty.loss_and_gradient(parameters)
        return total / weights + extra, gradient / weights + slope

    expected = minimize(
        objective, start.vector, jac=True, method="L-BFGS-B", options={"gtol": 1e-12, "ftol": 0}
    )
    state, progress = advance(
        chosen,
        start,
        Batches(X, Y, weight, len(X)),
        gn.LBFGS(),
        epochs=60,
        penalty=penalty,
    )
    assert progress.stop is Stop.EPOCHS_DONE
    assert progress.losses[-1] == pytest.approx(expected.fun, rel=1e-12)
    assert progress.losses[0] == objective(start.vector)[0]
    np.testing.assert_allclose(objective(state.parameters.vector)[1], 0, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_deep_network_learns_and_never_gets_worse(dtype: str) -> None:
    start, X, Y, _ = task((5, 12, 8, 3), rows=80, dtype=dtype)
    state, progress = advance(
        engines.choose("auto"), start, Batches(X, Y, None, 80), gn.LBFGS(), epochs=400
    )
    assert state.parameters.vector.dtype == dtype
    assert (np.diff(progress.losses) <= 0).all()
    assert progress.losses[-1] < 1e-3 < progress.losses[0]


@pytest.mark.parametrize("name", engines.ENGINES)
@pytest.mark.parametrize("epochs", [1, 7])
def test_it_goes_on_from_what_was_saved_to_the_same_digits(name: str, epochs: int) -> None:
    chosen = engines.choose(name)
    start, X, Y, _ = task((4, 8, 2), rows=40)
    batches = Batches(X, Y, None, 40)
    whole, expected = advance(chosen, start, batches, gn.LBFGS(4), epochs=20)
    parts, first = advance(chosen, start, batches, gn.LBFGS(4), epochs=epochs)
    saved = {key: np.array(value.tolist()) for key, value in parts.optimizer_state.items()}
    resumed = new_state(parts.parameters.copy(), gn.LBFGS(4))
    resumed.epoch, resumed.optimizer_state = parts.epoch, saved
    rest = chosen.advance(resumed, batches, Limits(20 - epochs, threading.Event()))
    np.testing.assert_array_equal(resumed.parameters.vector, whole.parameters.vector)
    np.testing.assert_array_equal(np.append(first.losses, rest.losses), expected.losses)
    for key, value in whole.optimizer_state.items():
        np.testing.assert_array_equal(resumed.optimizer_state[key], value)


class Counting(ReferenceEngine):
    """The reference engine, which counts the gradients it is asked for."""

    calls = 0

    def gradient(self, *arguments: Any) -> tuple[float, float, Array]:
        self.calls += 1
        return super().gradient(*arguments)


def test_where_the_step_ended_nothing_is_computed_again() -> None:
    start, X, Y, _ = task((4, 2), "tanh", "mean_squared_error", rows=40)
    counting = Counting()
    state, _ = advance(counting, start, Batches(X, Y, None, 40), gn.LBFGS(), epochs=6)
    before = counting.calls
    # Once it is under way a step of a quadratic problem takes about one gradient.
    counting.advance(state, Batches(X, Y, None, 40), Limits(4, threading.Event()))
    assert counting.calls - before <= 6


def test_at_the_minimum_it_rests_and_asks_for_nothing_more() -> None:
    start, X, Y, _ = task((2, 1), "tanh", "mean_squared_error", rows=30)
    counting = Counting()
    batches = Batches(X, Y, None, 30)
    state, progress = advance(counting, start, batches, gn.LBFGS(), epochs=100)
    assert progress.stop is Stop.EPOCHS_DONE
    before, there = counting.calls, state.parameters.vector.copy()
    rest = counting.advance(state, batches, Limits(50, threading.Event()))
    assert counting.calls == before
    assert (rest.losses == progress.losses[-1]).all()
    np.testing.assert_array_equal(state.parameters.vector, there)


def test_on_flat_ground_the_parameters_stay() -> None:
    network = gn.Network((2, 3, 1), "relu", "mean_squared_error")
    dead = Parameters(network, np.zeros(network.n_parameters))
    X, Y = np.ones((4, 2)), np.zeros((4, 1))
    state, progress = advance(ReferenceEngine(), dead, Batches(X, Y, None, 4), gn.LBFGS(), epochs=5)
    np.testing.assert_array_equal(progress.losses, 0)
    np.testing.assert_array_equal(state.parameters.vector, 0)


def test_where_the_line_search_fails_smaller_and_smaller_steps_straight_down_are_tried() -> None:
    # A cliff: beyond 1e-4 to either side of where x is, nothing is finite.
    edges: list[float] = []

    def cliff(x: Array) -> tuple[float, Array]:
        edge = edges[-1]
        inside = abs(x[0] - edge) <= 1e-4
        return (float(x[0]) if inside else np.inf), np.ones(1)

    x, state = np.array([5.0]), gn.LBFGS().init(np.zeros(1))
    for _ in range(3):
        edges.append(float(x[0]))
        loss, moved, state = gn.LBFGS().iterate(cliff, x, {**state, "evaluated": np.zeros(())})
        assert loss == x[0]
        assert 2e-5 < x[0] - moved[0] <= 1e-4
        x = moved


def test_a_gradient_that_points_the_wrong_way_moves_nothing() -> None:
    start = np.array([1.0, 2.0])
    x, losses = iterated(lambda x: (float(x @ x), -2 * x), start, 3, gn.LBFGS())
    np.testing.assert_array_equal(x, start)
    assert losses == [5.0, 5.0, 5.0]


@pytest.mark.parametrize("name", engines.ENGINES)
def test_a_start_without_a_finite_loss_is_a_divergence(name: str) -> None:
    start, X, Y, _ = task((4, 6, 2), "relu", "mean_squared_error")
    wild = Parameters(start.network, 1e200 * start.vector)
    state, progress = advance(engines.choose(name), wild, Batches(X, Y, None, 20), gn.LBFGS())
    assert progress.stop is Stop.NOT_FINITE
    assert len(progress.losses) == state.epoch == 0


@pytest.mark.parametrize("looks", [0, 1, 2, 3, 6, 9])
def test_asked_to_stop_it_leaves_the_state_of_a_whole_iteration(looks: int) -> None:
    start, X, Y, _ = task((4, 8, 2), rows=40)
    batches = Batches(X, Y, None, 40)
    engine = ReferenceEngine()
    state, progress = advance(engine, start, batches, gn.LBFGS(), stop_asked=SetLater(looks))
    assert progress.stop is Stop.ASKED
    assert state.epoch == len(progress.losses) < 9
    again, _ = advance(engine, start, batches, gn.LBFGS(), epochs=state.epoch)
    np.testing.assert_array_equal(state.parameters.vector, again.parameters.vector)


def test_train_takes_it() -> None:
    points = gn.datasets.rings()
    run = gn.train(
        gn.Network((2, 8, 1), "tanh"),
        points.X,
        points.y,
        optimizer=gn.LBFGS(),
        max_epochs=300,
        stop_below=1e-3,
        seed=0,
    )
    assert run.stop_reason == "loss below 0.001"
    assert (run.predict(points.X) == points.y).all()
    many = gn.train_many(
        gn.Network((2, 8, 1), "tanh"),
        points.X,
        points.y,
        seeds=[0, 1],
        optimizer=gn.LBFGS(),
        max_epochs=300,
        stop_below=1e-3,
        keep_history=True,
    )
    assert many.losses is not None
    np.testing.assert_array_equal(many.losses[0], run.history.loss)


@pytest.mark.parametrize(
    ("settings", "batch_size", "scheduled", "name"),
    [
        ({}, 10, False, "a batch_size smaller than the data"),
        ({"dropout": (0.5,)}, 20, False, "dropout"),
        ({"clip_norm": 1.0}, 20, False, "clip_norm"),
        ({}, 20, True, "a learning-rate schedule"),
    ],
)
def test_what_does_not_go_with_it_is_refused(
    settings: dict[str, Any], batch_size: int, scheduled: bool, name: str
) -> None:
    start, X, Y, _ = task((3, 4, 2))
    batches = Batches(X, Y, None, batch_size)
    state = new_state(start, gn.LBFGS(), **settings)
    with pytest.raises(gn.InputError, match=f"L-BFGS does not go with {name}"):
        check_optimizer(state, batches, scheduled=scheduled)
    factors = np.ones(3) if scheduled else None
    for engine in engines.ENGINES:
        with pytest.raises(gn.InputError, match="L-BFGS does not go with"):
            engines.choose(engine).advance(
                state, batches, Limits(3, threading.Event(), rate_factors=factors)
            )
    check_optimizer(new_state(start, gn.Adam(), **settings), batches, scheduled=scheduled)
