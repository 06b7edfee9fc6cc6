"""Every engine gives the reference engine's numbers, whatever is trained and however."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

import glassnet as gn
from engines.tasks import (
    FREE,
    OPTIMIZERS,
    REFERENCE,
    SetLater,
    advance,
    assert_close,
    assert_same_run,
    task,
)
from glassnet import engines
from glassnet.core.network import ACTIVATIONS
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.interface import Engine, Limits, Stop
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.penalty import Penalty
from targets import LOSSES

pytestmark = pytest.mark.skipif(not built(), reason="the compiled engine was not built")


SIZES = [(3, 1), (4, 3), (2, 3, 3, 1), (10, 32, 32, 2), (5, 7, 33, 4), (40, 20, 3)]


def losses_of(sizes: tuple[int, ...]) -> list[str]:
    return [loss for loss in LOSSES if sizes[-1] > 1 or loss != "categorical_cross_entropy"]


@pytest.mark.pairwise
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_outputs_and_activations_are_the_references(
    engine: Engine, sizes: tuple[int, ...], activation: str, dtype: str
) -> None:
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    for loss in losses_of(sizes):
        for rows in (1, 20, 100, 700):
            for weighted in (False, True):
                start, X, Y, weight = task(
                    sizes, activation, loss, rows=rows, dtype=dtype, weighted=weighted
                )
                found = engine.gradient(start.network, start, X, Y, weight)
                expected = REFERENCE.gradient(start.network, start, X, Y, weight)
                assert found[0] == pytest.approx(expected[0], rel=tolerance)
                assert found[1] == pytest.approx(expected[1], rel=tolerance)
                assert found[2].dtype == dtype
                assert_close(found[2], expected[2], tolerance)
        a = engine.activations(start.network, start, X)
        for a_l, expected_l in zip(a, REFERENCE.activations(start.network, start, X), strict=True):
            assert_close(a_l, expected_l, tolerance)
        np.testing.assert_array_equal(engine.outputs(start.network, start, X), a[-1])


@pytest.mark.pairwise
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_evaluation_is_the_references(
    engine: CompiledEngine, sizes: tuple[int, ...], dtype: str
) -> None:
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    for loss in losses_of(sizes):
        for rows in (1, 20, 700, 9000):
            start, X, Y, weight = task(sizes, "gelu", loss, rows=rows, dtype=dtype, weighted=True)
            for weights in (None, weight):
                found = engine.evaluate(start.network, start, X, Y, weights)
                expected = REFERENCE.evaluate(start.network, start, X, Y, weights)
                assert found[0] == pytest.approx(expected[0], rel=tolerance)
                assert found[1] == expected[1]
                np.testing.assert_array_equal(found[2], engine.outputs(start.network, start, X))
                assert_close(found[2], expected[2], tolerance)
                one = replace(engine, threads=1).evaluate(start.network, start, X, Y, weights)
                assert one[0] == found[0]


@pytest.mark.parametrize("name", engines.ENGINES)
@pytest.mark.parametrize("weighted", [False, True])
def test_an_evaluation_has_the_loss_of_a_gradient_and_the_outputs(
    name: str, weighted: bool
) -> None:
    start, X, Y, weight = task((3, 9, 4), rows=9000, weighted=weighted)
    chosen = engines.choose(name)
    loss, total, outputs = chosen.evaluate(start.network, start, X, Y, weight)
    expected = chosen.gradient(start.network, start, X, Y, weight)
    assert loss == pytest.approx(expected[0], rel=1e-12)
    assert total == pytest.approx(expected[1], rel=1e-12)
    np.testing.assert_allclose(outputs, chosen.outputs(start.network, start, X), rtol=1e-13)
    assert chosen.evaluate(start.network, start, X[:0], Y[:0], None)[:2] == (0, 0)


def test_the_loss_of_an_evaluation_is_exact_where_probabilities_round_to_one(
    engine: Engine,
) -> None:
    network = gn.Network((1, 1))
    parameters = Parameters.from_layers(network, [([[1.0]], [0.0])])
    loss, _, outputs = engine.evaluate(
        network, parameters, np.array([[50.0]]), np.array([[1.0]]), None
    )
    assert outputs[0, 0] == 1
    assert loss == pytest.approx(np.exp(-50.0), rel=1e-12)


@pytest.mark.pairwise
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [7, 20, 100])
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("penalty", [FREE, Penalty(l1=0.01, l2=0.02)], ids=["free", "penalty"])
def test_trajectories_are_the_references(
    engine: Engine, optimizer: Optimizer, batch_size: int, weighted: bool, penalty: Penalty
) -> None:
    for sizes in SIZES:
        start, X, Y, weight = task(sizes, rows=20, weighted=weighted)
        batches = Batches(X, Y, weight, batch_size)
        assert_same_run(engine, start, batches, optimizer, penalty=penalty)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss_trains_like_the_reference(
    engine: Engine, activation: str
) -> None:
    for sizes in SIZES:
        for loss in losses_of(sizes):
            start, X, Y, weight = task(sizes, activation, loss, rows=150)
            assert_same_run(engine, start, Batches(X, Y, weight, 64), gn.GradientDescent(0.05))


@pytest.mark.pairwise
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_float32_stays_within_its_rounding_of_float64(optimizer: Optimizer) -> None:
    start, X, Y, _ = task((10, 32, 32, 2), rows=64)
    _, exact = advance(REFERENCE, start, Batches(X, Y, None, 64), optimizer)
    single = Parameters(start.network, start.vector.astype("float32"))
    batches = Batches(X.astype("float32"), Y.astype("float32"), None, 64)
    state, progress = advance(CompiledEngine(), single, batches, optimizer)
    assert state.parameters.vector.dtype == "float32"
    assert progress.snapshots.dtype == "float32"
    assert progress.losses.dtype == "float64"
    assert_close(progress.losses, exact.losses, 1e-4)


def test_it_stops_below_the_target_where_the_reference_does(engine: Engine) -> None:
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    for seed, epochs in enumerate((5271, 7574, 6541)):
        run = gn.train(
            network,
            points.X,
            points.y,
            parameters=Parameters.initial(network, "legacy_numpy", seed),
            optimizer=gn.GradientDescent(0.4),
            max_epochs=20_000,
            stop_below=0.005,
            engine=engine,
        )
        assert (run.epochs, run.stop_reason) == (epochs, "loss below 0.005")


@pytest.mark.parametrize("batch_size", [5, 20])
@pytest.mark.parametrize("learning_rate", [1e4, 1e160])
def test_divergence_leaves_what_the_reference_leaves(
    engine: Engine, learning_rate: float, batch_size: int
) -> None:
    start, X, Y, _ = task((4, 6, 2), "relu", "mean_squared_error")
    batches = Batches(X, Y, None, batch_size)
    optimizer = gn.GradientDescent(learning_rate, momentum=0.5)
    state, progress = advance(engine, start, batches, optimizer, epochs=300)
    expected_state, expected = advance(REFERENCE, start, batches, optimizer, epochs=300)
    assert progress.stop is Stop.NOT_FINITE
    assert progress.bad is not None
    assert (state.epoch, len(progress.losses)) == (expected_state.epoch, len(expected.losses))
    assert_close(state.parameters.vector, expected_state.parameters.vector, 1e-10)
    assert np.isfinite(state.parameters.vector).all()


def test_it_goes_on_as_if_it_had_never_stopped(engine: Engine) -> None:
    start, X, Y, weight = task((5, 9, 3), rows=50, weighted=True)
    batches = Batches(X, Y, weight, 16)
    whole, _ = advance(engine, start, batches, gn.Adam(0.01), epochs=30)
    parts, _ = advance(engine, start, batches, gn.Adam(0.01), epochs=13)
    engine.advance(parts, batches, Limits(17, threading.Event()))
    np.testing.assert_array_equal(parts.parameters.vector, whole.parameters.vector)


def test_an_epoch_given_up_is_repeated_to_the_same_digits(engine: Engine) -> None:
    start, X, Y, _ = task((64, 200, 200, 3), rows=2000)
    batches = Batches(X, Y, None, 100)

    asked = SetLater(3)
    state, progress = advance(
        engine, start, batches, gn.Adam(0.001), epochs=10_000, stop_asked=asked
    )
    assert progress.stop is Stop.ASKED
    assert state.epoch == len(progress.losses)
    again, _ = advance(engine, start, batches, gn.Adam(0.001), epochs=state.epoch)
    np.testing.assert_array_equal(state.parameters.vector, again.parameters.vector)
    assert state.generator.bit_generator.state == again.generator.bit_generator.state


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_repeats_itself_bit_for_bit_with_any_number_of_threads(
    engine: CompiledEngine, dtype: str
) -> None:
    start, X, Y, weight = task((100, 130, 70, 5), rows=1100, dtype=dtype, weighted=True)
    batches = Batches(X, Y, weight, 600)
    runs = [
        advance(replace(engine, threads=threads), start, batches, gn.Adam(0.01), epochs=5)
        for threads in (1, 1, 2, 3, 5)
    ]
    for state, progress in runs[1:]:
        np.testing.assert_array_equal(state.parameters.vector, runs[0][0].parameters.vector)
        np.testing.assert_array_equal(progress.losses, runs[0][1].losses)


def test_two_python_threads_may_train_at_once(engine: Engine) -> None:
    start, X, Y, _ = task((30, 60, 3), rows=300)
    batches = Batches(X, Y, None, 300)
    alone, _ = advance(engine, start, batches, gn.Adam(0.01), epochs=50)
    found: list[Array] = []

    def train() -> None:
        state, _ = advance(engine, start, batches, gn.Adam(0.01), epochs=50)
        found.append(state.parameters.vector)

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for vector in found:
        np.testing.assert_array_equal(vector, alone.parameters.vector)


def test_a_rule_that_c_does_not_know_is_followed_all_the_same(engine: Engine) -> None:
    class Halving(gn.GradientDescent):
        def update(self, vector, gradient, state, rate_factor=1.0):  # type: ignore[no-untyped-def]
            return vector / 2, state

    start, X, Y, _ = task((3, 4, 2))
    state, _ = advance(engine, start, Batches(X, Y, None, 20), Halving(0.1), epochs=3)
    np.testing.assert_array_equal(state.parameters.vector, start.vector / 8)


def test_auto_takes_the_compiled_engine() -> None:
    assert isinstance(engines.choose("auto"), CompiledEngine)
    assert engines.choose("auto").name == "compiled"


def test_a_penalty_is_the_derivative_of_what_it_adds() -> None:
    start, *_ = task((3, 4, 2))
    penalty = Penalty(l1=0.3, l2=0.7)
    _, slope = penalty.loss_and_gradient(start)
    step = 1e-6
    for i in range(start.network.n_parameters):
        losses = []
        for sign in (1, -1):
            moved = start.copy()
            moved.vector[i] += sign * step
            losses.append(penalty.loss_and_gradient(moved)[0])
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(slope[i], abs=1e-8)


def test_threads_are_no_more_than_omp_num_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert engines.compiled.default_threads() == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"instructions": "mmx"}, "has no instructions 'mmx'"),
        ({"threads": 0}, "threads must be a whole number from 1"),
    ],
)
def test_an_engine_that_cannot_be_is_refused(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        CompiledEngine(**arguments)  # type: ignore[arg-type]
