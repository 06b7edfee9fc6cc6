"""Networks, samples and runs that the tests of the engines have in common."""

from __future__ import annotations

import threading

import numpy as np

import glassnet as gn
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.compiled import built
from glassnet.engines.interface import Engine, Limits, Progress, TrainingState
from glassnet.engines.reference import ReferenceEngine
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.penalty import Penalty


def instruction_sets() -> list[str]:
    if not built():
        return ["baseline"]
    from glassnet.engines import _native

    names: list[str] = _native.instruction_sets()
    return names


REFERENCE = ReferenceEngine()
FREE = Penalty()
OPTIMIZERS: dict[str, Optimizer] = {
    "plain": gn.GradientDescent(0.2),
    "momentum": gn.GradientDescent(0.1, momentum=0.9),
    "nesterov": gn.GradientDescent(0.1, momentum=0.8, nesterov=True),
    "adam": gn.Adam(0.01),
    "adamw": gn.AdamW(0.01, weight_decay=0.1),
    "rmsprop": gn.RMSprop(0.01),
    "rmsprop with momentum": gn.RMSprop(0.01, 0.8, 1e-3, momentum=0.7),
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
    if network.loss == "poisson":
        Y = rng.poisson(2.0, (rows, n_out)).astype(float)
    elif network.is_regression:
        Y = rng.normal(size=(rows, n_out))
    elif network.has_labels:
        Y = rng.integers(0, 2, (rows, n_out)).astype(float)
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


def new_state(
    start: Parameters,
    optimizer: Optimizer,
    penalty: Penalty = FREE,
    clip_norm: float | None = None,
    dropout: tuple[float, ...] = (),
    seed: int = 5,
) -> TrainingState:
    memory = optimizer.init(start.vector)
    generator = np.random.default_rng(seed)
    return TrainingState(start, start, optimizer, memory, 0, generator, penalty, clip_norm, dropout)


class SetLater(threading.Event):
    """A wish to stop that comes after it was looked for a few times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def advance(
    engine: Engine,
    start: Parameters,
    batches: Batches,
    optimizer: Optimizer,
    *,
    epochs: int = 30,
    stop_below: float = -np.inf,
    record_every: int = 3,
    penalty: Penalty = FREE,
    clip_norm: float | None = None,
    dropout: tuple[float, ...] = (),
    rate_factors: Array | None = None,
    stop_asked: threading.Event | None = None,
) -> tuple[TrainingState, Progress]:
    state = new_state(start, optimizer, penalty, clip_norm, dropout)
    asked = stop_asked or threading.Event()
    limits = Limits(epochs, asked, stop_below, record_every, rate_factors)
    return state, engine.advance(state, batches, limits)


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
