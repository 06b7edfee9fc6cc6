"""Every engine gives the reference engine's numbers, whatever is trained and however."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

import glassnet as gn
from glassnet import engines
from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.contract import (
    Batches,
    Engine,
    Penalty,
    Progress,
    Stop,
    TrainingState,
)
from glassnet.engines.reference import ReferenceEngine
from glassnet.network import ACTIVATIONS, OUTPUT_ACTIVATION
from glassnet.optimizers import Optimizer
from glassnet.parameters import Array, Parameters

pytestmark = pytest.mark.skipif(not built(), reason="the compiled engine was not built")


def instruction_sets() -> list[str]:
    if not built():
        return ["baseline"]
    from glassnet.engines import _native

    names: list[str] = _native.instruction_sets()
    return names


@pytest.fixture(params=instruction_sets())
def engine(request: pytest.FixtureRequest) -> Engine:
    return CompiledEngine(instructions=request.param)


REFERENCE = ReferenceEngine()
SIZES = [(3, 1), (4, 3), (2, 3, 3, 1), (10, 32, 32, 2), (5, 7, 33, 4), (40, 20, 3)]
OPTIMIZERS: dict[str, Optimizer] = {
    "plain": gn.GradientDescent(0.2),
    "momentum": gn.GradientDescent(0.1, momentum=0.9),
    "nesterov": gn.GradientDescent(0.1, momentum=0.8, nesterov=True),
    "adam": gn.Adam(0.01),
    "adamw": gn.AdamW(0.01, weight_decay=0.1),
}


def task(
    sizes: tuple[int, ...],
    activation: str = "tanh",
    loss: str | None = None,
    *,
    rows: int = 20,
    dtype: str = "float64",
    weighted: bool = False,
    seed: int = 0,
) -> tuple[Parameters, Array, Array, Array | None]:
    """A start with biases that are not zero, and random samples for it."""
    rng = np.random.default_rng(seed)
    network = gn.Network(sizes, activation, loss)
    start = Parameters.initial(network, seed=seed)
    start.vector[:] += 0.1 * rng.normal(size=network.n_parameters)
    n_out = sizes[-1]
    if network.loss == "mean_squared_error":
        Y = rng.normal(size=(rows, n_out))
    elif n_out == 1:
        Y = rng.integers(0, 2, (rows, 1)).astype(float)
    else:
        Y = np.eye(n_out)[rng.integers(0, n_out, rows)]
    weight = rng.integers(0, 3, rows) + rng.random(rows) if weighted else None
    return (
        Parameters(network, start.vector.astype(dtype)),
        rng.normal(size=(rows, sizes[0])).astype(dtype),
        Y.astype(dtype),
        None if weight is None else weight.astype(dtype),
    )


def advance(
    engine: Engine,
    start: Parameters,
    batches: Batches,
    optimizer: Optimizer,
    *,
    epochs: int = 30,
    stop_below: float = -np.inf,
    record_every: int = 3,
    penalty: Penalty = Penalty(),
    stop_asked: threading.Event | None = None,
) -> tuple[TrainingState, Progress]:
    state = TrainingState(
        start, start, optimizer, optimizer.init(start.vector), 0, np.random.default_rng(5), penalty
    )
    progress = engine.advance(
        state,
        batches,
        epochs=epochs,
        stop_below=stop_below,
        record_every=record_every,
        stop_asked=stop_asked or threading.Event(),
    )
    return state, progress


def assert_close(actual: Array, expected: Array, tolerance: float) -> None:
    """Within the tolerance, relative to the largest of the expected numbers."""
    assert actual.shape == expected.shape
    if expected.size:
        difference = float(np.abs(actual - expected).max())
        assert difference <= tolerance * max(float(np.abs(expected).max()), 1e-300)


def assert_same_run(
    engine: Engine, start: Parameters, batches: Batches, optimizer: Optimizer, **limits: object
) -> None:
    state, progress = advance(engine, start, batches, optimizer, **limits)  # type: ignore[arg-type]
    expected_state, expected = advance(REFERENCE, start, batches, optimizer, **limits)  # type: ignore[arg-type]
    assert progress.stop is expected.stop
    assert state.epoch == expected_state.epoch
    assert_close(progress.losses, expected.losses, 1e-10)
    assert_close(progress.snapshots, expected.snapshots, 1e-10)
    assert_close(state.parameters.vector, expected_state.parameters.vector, 1e-10)
    assert_close(state.fallback.vector, expected_state.fallback.vector, 1e-10)
    assert state.optimizer_state.keys() == expected_state.optimizer_state.keys()
    for name, memory in state.optimizer_state.items():
        assert_close(memory, expected_state.optimizer_state[name], 1e-10)
    assert state.generator.bit_generator.state == expected_state.generator.bit_generator.state


def losses_of(sizes: tuple[int, ...]) -> list[str]:
    other = "binary_cross_entropy" if sizes[-1] > 1 else "categorical_cross_entropy"
    return [loss for loss in OUTPUT_ACTIVATION if loss != other]


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


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [7, 20, 100])
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("penalty", [Penalty(), Penalty(l1=0.01, l2=0.02)], ids=["free", "penalty"])
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
