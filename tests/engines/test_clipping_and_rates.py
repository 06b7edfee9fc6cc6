"""Gradients are clipped by their norm, and learning rates follow a schedule, on every engine."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import glassnet as gn
from engines.tasks import (
    OPTIMIZERS,
    REFERENCE,
    advance,
    assert_close,
    assert_same_run,
    new_state,
    task,
)
from glassnet import engines
from glassnet.core.parameters import Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.interface import Engine, Limits, Stop
from glassnet.optim.gradient_clipping import clipped
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.penalty import Penalty

compiled = pytest.mark.skipif(not built(), reason="the compiled engine was not built")
SIZES = [(3, 1), (2, 3, 3, 1), (10, 32, 32, 2), (5, 7, 33, 4)]


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about itself
@pytest.mark.parametrize("clip_norm", [0.3, 3.0, 1e9])
def test_a_clipped_gradient_is_pytorchs(clip_norm: float) -> None:
    torch = pytest.importorskip("torch")
    gradient = np.random.default_rng(0).normal(size=50)
    theirs = torch.nn.Parameter(torch.zeros(50, dtype=torch.float64))
    theirs.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([theirs], clip_norm)
    # PyTorch adds 1e-6 to the norm.
    np.testing.assert_allclose(clipped(gradient, clip_norm), theirs.grad.numpy(), rtol=1e-6)


def test_a_gradient_is_as_long_as_allowed_at_most_and_keeps_its_direction() -> None:
    gradient = np.array([3.0, -4.0])
    np.testing.assert_allclose(clipped(gradient, 0.5), [0.3, -0.4], rtol=1e-15)
    assert clipped(gradient, 5.0) is gradient
    beyond = np.array([np.inf, 1.0])
    assert clipped(beyond, 1.0) is beyond
    huge = np.array([3e30, -4e30], "float32")  # whose square float32 cannot hold
    np.testing.assert_allclose(clipped(huge, 0.5), [0.3, -0.4], rtol=1e-6)
    assert clipped(huge, 0.5).dtype == "float32"


@compiled
@pytest.mark.pairwise
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [7, 100])
@pytest.mark.parametrize("clip_norm", [0.01, 0.3, 1e9])
def test_clipped_trajectories_are_the_references(
    engine: Engine, optimizer: Optimizer, batch_size: int, clip_norm: float
) -> None:
    for sizes in SIZES:
        start, X, Y, weight = task(sizes, weighted=True)
        batches = Batches(X, Y, weight, batch_size)
        assert_same_run(
            engine, start, batches, optimizer, clip_norm=clip_norm, penalty=Penalty(l2=0.02)
        )


@compiled
def test_clipping_covers_more_parameters_than_one_thread_takes(engine: Engine) -> None:
    start, X, Y, _ = task((100, 230, 3), rows=30)
    rule = gn.GradientDescent(0.1)
    assert_same_run(engine, start, Batches(X, Y, None, 30), rule, clip_norm=0.2, epochs=5)


@pytest.mark.parametrize("name", engines.ENGINES)
def test_one_step_is_as_long_as_the_clip_norm_times_the_rate(name: str) -> None:
    start, X, Y, _ = task((4, 9, 3))
    batches = Batches(X, 1e8 * Y, None, 20)
    factors = np.array([0.25])
    state, _ = advance(
        engines.choose(name),
        start,
        batches,
        gn.GradientDescent(0.5),
        epochs=1,
        clip_norm=2.0,
        rate_factors=factors,
    )
    step = state.parameters.vector - start.vector
    assert np.linalg.norm(step) == pytest.approx(0.25 * 0.5 * 2.0, rel=1e-12)


@compiled
@pytest.mark.pairwise
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [7, 100])
def test_scheduled_trajectories_are_the_references(
    engine: Engine, optimizer: Optimizer, batch_size: int
) -> None:
    factors = gn.schedules.Cosine(25).factors(0, 30)  # the last are 0: there the rate is 0 too
    for sizes in SIZES:
        start, X, Y, weight = task(sizes, weighted=True)
        batches = Batches(X, Y, weight, batch_size)
        assert_same_run(engine, start, batches, optimizer, rate_factors=factors)


@compiled
@pytest.mark.pairwise
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_in_float32_all_of_it_stays_within_rounding_of_float64(
    engine: Engine, optimizer: Optimizer
) -> None:
    start, X, Y, _ = task((10, 32, 32, 2), rows=64)
    single = Parameters(start.network, start.vector.astype("float32"))
    factors = gn.schedules.Step(5).factors(0, 30)
    for batch_size in (64, 16):
        runs = [
            advance(
                one,
                parameters,
                Batches(X.astype(dtype), Y.astype(dtype), None, batch_size),
                optimizer,
                clip_norm=0.2,
                rate_factors=factors,
                dropout=(0.2, 0.4),
            )[1]
            for one, parameters, dtype in (
                (REFERENCE, start, "float64"),
                (engine, single, "float32"),
                (REFERENCE, single, "float32"),
            )
        ]
        assert_close(runs[1].losses, runs[0].losses, 2e-4)
        assert_close(runs[2].losses, runs[0].losses, 2e-4)


@compiled
def test_factors_of_any_layout_are_taken_and_too_few_are_refused() -> None:
    start, X, Y, _ = task((3, 4, 2))
    batches = Batches(X, Y, None, 20)
    strided = np.repeat(gn.schedules.Step(3).factors(0, 8), 2)[::2]
    found, _ = advance(CompiledEngine(), start, batches, gn.Adam(), epochs=8, rate_factors=strided)
    expected, _ = advance(
        CompiledEngine(), start, batches, gn.Adam(), epochs=8, rate_factors=strided.copy()
    )
    np.testing.assert_array_equal(found.parameters.vector, expected.parameters.vector)
    with pytest.raises(ValueError, match="one rate factor an epoch"):
        advance(CompiledEngine(), start, batches, gn.Adam(), epochs=9, rate_factors=strided)


@pytest.mark.parametrize("name", engines.ENGINES)
def test_a_divergence_is_seen_through_the_clipping(name: str) -> None:
    start, X, Y, _ = task((4, 6, 2), "relu", "mean_squared_error")
    start = Parameters(start.network, 1e200 * start.vector)
    state = new_state(start, gn.GradientDescent(0.1), clip_norm=1.0)
    progress = engines.choose(name).advance(
        state, Batches(X, Y, None, 20), Limits(5, threading.Event())
    )
    assert progress.stop is Stop.NOT_FINITE
