"""Dropout leaves out the same neurons on every engine, however the samples are cut."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import glassnet as gn
from engines.tasks import (
    OPTIMIZERS,
    REFERENCE,
    SetLater,
    advance,
    assert_close,
    assert_same_run,
    new_state,
    task,
)
from glassnet import engines
from glassnet.core.backprop import forward, full_pass
from glassnet.core.dropout import Dropout, checked_rates, mixed
from glassnet.core.network import ACTIVATIONS
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.interface import Engine, Limits, Stop
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.penalty import Penalty

compiled = pytest.mark.skipif(not built(), reason="the compiled engine was not built")
DEEP = (6, 40, 33, 3)
RATES = (0.2, 0.5)


def test_the_mixing_is_splitmix64() -> None:
    # The first outputs for the seed 1234567, as the generator's reference program prints them.
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    found = mixed(np.array([1234567], np.uint64), np.arange(5, dtype=np.uint64))
    assert found.tolist() == expected


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_a_mask_is_one_on_average_and_zero_as_often_as_asked(rate: float) -> None:
    network = gn.Network((2, 300, 1))
    (mask,) = Dropout((rate,), key=11).masks(network, 3000)
    n = mask.size
    dropped = np.count_nonzero(mask == 0)
    assert abs(dropped - rate * n) < 5 * np.sqrt(n * rate * (1 - rate)) + 1e-9
    assert mask[mask > 0] == pytest.approx(1 / (1 - rate))
    # Neighbours, above and beside, are left out independently of one another.
    if 0 < rate:
        for one, other in ((mask[1:], mask[:-1]), (mask[:, 1:], mask[:, :-1])):
            correlation = np.corrcoef(one.ravel(), other.ravel())[0, 1]
            assert abs(correlation) < 5 / np.sqrt(n)


def test_masks_differ_by_key_layer_and_sample_and_shift_with_the_first() -> None:
    network = gn.Network((2, 50, 50, 1))
    masks = Dropout((0.5, 0.5), key=3).masks(network, 40)
    others = Dropout((0.5, 0.5), key=4).masks(network, 40)
    later = Dropout((0.5, 0.5), key=3, first=15).masks(network, 25)
    for other in (masks[1], others[0], masks[0][:, ::-1]):
        assert 0.4 < np.mean(masks[0] == other) < 0.6
    for mask, part in zip(masks, later, strict=True):
        np.testing.assert_array_equal(mask[:, 15:], part)


@compiled
@pytest.mark.pairwise
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [1, 5, 64, 65, 700])
@pytest.mark.parametrize("rates", [(0.3, 0.6), (0.0, 0.1), (0.999, 0.0)], ids=str)
def test_masks_are_those_of_numpy_to_the_bit(
    engine: Engine, dtype: str, rows: int, rates: tuple[float, float]
) -> None:
    # With W = 0 and b = 1 every a is its mask; with y = -rows / 2 at one output for each sample,
    # row k of dW is the mask of sample k and nothing else.
    network = gn.Network((1, 9, 13, rows), "identity", "mean_squared_error")
    parameters = Parameters(network, np.zeros(network.n_parameters, dtype))
    for _, b in parameters.layers[:-1]:
        b[...] = 1
    X, Y = np.zeros((rows, 1), dtype), np.diag(np.full(rows, -rows / 2, dtype))
    dropout = Dropout(rates, key=2**64 - 5, first=2**40)
    _, _, vector = engine.gradient(network, parameters, X, Y, None, dropout)
    dW3, _ = Parameters(network, vector).layers[-1]
    np.testing.assert_array_equal(dW3.T, dropout.masks(network, rows, dtype)[1])
    network = gn.Network((1, 9, rows), "identity", "mean_squared_error")
    parameters = Parameters(network, np.zeros(network.n_parameters, dtype))
    parameters.layers[0][1][...] = 1
    dropout = replace(dropout, rates=rates[:1])
    _, _, vector = engine.gradient(network, parameters, X, Y, None, dropout)
    dW2, _ = Parameters(network, vector).layers[-1]
    np.testing.assert_array_equal(dW2.T, dropout.masks(network, rows, dtype)[0])


@compiled
@pytest.mark.pairwise
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_are_the_references(engine: Engine, activation: str, dtype: str) -> None:
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    for sizes in ((2, 3, 1), (2, 3, 3, 1), (10, 32, 32, 2), (5, 7, 33, 4), (40, 20, 3)):
        for rows in (1, 20, 100, 700):
            start, X, Y, weight = task(sizes, activation, rows=rows, dtype=dtype, weighted=True)
            dropout = Dropout((0.3, 0.5)[: len(sizes) - 2], key=99, first=7)
            for weights in (None, weight):
                found = engine.gradient(start.network, start, X, Y, weights, dropout)
                expected = REFERENCE.gradient(start.network, start, X, Y, weights, dropout)
                assert found[0] == pytest.approx(expected[0], rel=tolerance)
                assert_close(found[2], expected[2], tolerance)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "identity"])
def test_the_gradient_is_that_of_the_masked_loss_by_complex_steps(activation: str) -> None:
    functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh,
        "softplus": lambda z: np.log(1 + np.exp(z)),
        "identity": lambda z: z,
    }
    g = functions[activation]
    start, X, Y, _ = task((3, 5, 4, 2), activation, "mean_squared_error", rows=6)
    dropout = Dropout(RATES, key=8)
    masks = dropout.masks(start.network, 6)

    def loss(vector: np.ndarray) -> complex:
        (W1, b1), (W2, b2), (W3, b3) = Parameters(start.network, vector).layers
        a1 = g(W1 @ X.T + b1) * masks[0]
        a2 = g(W2 @ a1 + b2) * masks[1]
        return complex(np.sum((W3 @ a2 + b3 - Y.T) ** 2) / 2)

    value, _, gradient = REFERENCE.gradient(start.network, start, X, Y, None, dropout)
    assert value == pytest.approx(loss(start.vector).real, rel=1e-13)
    step = 1e-30
    for i in range(start.network.n_parameters):
        moved = start.vector.astype(complex)
        moved[i] += 1j * step
        assert gradient[i] == pytest.approx(loss(moved).imag / step, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "gelu"])
def test_the_gradient_is_that_of_the_masked_loss_by_differences(activation: str) -> None:
    start, X, Y, _ = task((3, 5, 4, 2), activation, rows=6)
    masks = Dropout(RATES, key=8).masks(start.network, 6)
    gradient = full_pass(start.network, start, X, Y, None, masks).gradient.vector
    step = 1e-6
    for i in range(start.network.n_parameters):
        losses = []
        for sign in (1, -1):
            moved = start.copy()
            moved.vector[i] += sign * step
            losses.append(full_pass(start.network, moved, X, Y, None, masks).losses.sum())
        assert gradient[i] == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=1e-7)


def test_a_trace_shows_the_masks_and_what_they_leave() -> None:
    start, X, Y, _ = task(DEEP, "tanh")
    masks = Dropout(RATES, key=1).masks(start.network, len(X))
    trace = full_pass(start.network, start, X, Y, None, masks)
    assert trace.masks is masks
    for z, a, mask in zip(trace.z, trace.a, masks, strict=False):
        np.testing.assert_array_equal(a, np.tanh(z) * mask)
    assert full_pass(start.network, start, X, Y, None).masks is None


def test_outputs_are_right_on_average_over_keys() -> None:
    # A linear network's expected output with dropout is its output without.
    start, X, _, _ = task((3, 20, 2), "identity", "mean_squared_error", rows=4)
    masked = [
        forward(start.network, start, X.T, Dropout((0.4,), key).masks(start.network, 4))[1][-1]
        for key in range(4000)
    ]
    error = np.std(masked, axis=0) / np.sqrt(len(masked))
    expected = REFERENCE.outputs(start.network, start, X).T
    assert (np.abs(np.mean(masked, axis=0) - expected) < 5 * error).all()


@pytest.mark.parametrize("name", engines.ENGINES)
def test_parts_of_a_batch_add_up_to_the_whole(name: str) -> None:
    chosen = engines.choose(name)
    start, X, Y, weight = task(DEEP, rows=300, weighted=True)
    assert weight is not None
    dropout = Dropout(RATES, key=5, first=1000)
    whole = chosen.gradient(start.network, start, X, Y, weight, dropout)
    parts = np.zeros_like(start.vector)
    for first, last in ((0, 1), (1, 130), (130, 300)):
        rows = slice(first, last)
        part = replace(dropout, first=1000 + first)
        parts += chosen.gradient(start.network, start, X[rows], Y[rows], weight[rows], part)[2]
    assert_close(parts, whole[2], 1e-12)


@compiled
@pytest.mark.pairwise
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [7, 20, 100])
def test_trajectories_are_the_references(
    engine: Engine, optimizer: Optimizer, batch_size: int
) -> None:
    for sizes in ((2, 3, 3, 1), (10, 32, 32, 2), (5, 7, 33, 4)):
        start, X, Y, weight = task(sizes, rows=20, weighted=True)
        batches = Batches(X, Y, weight, batch_size)
        assert_same_run(engine, start, batches, optimizer, dropout=RATES, penalty=Penalty(l2=0.02))


@compiled
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_repeats_itself_bit_for_bit_with_any_number_of_threads(
    engine: CompiledEngine, dtype: str
) -> None:
    start, X, Y, weight = task((100, 130, 70, 5), rows=1100, dtype=dtype, weighted=True)
    batches = Batches(X, Y, weight, 600)
    runs = [
        advance(
            replace(engine, threads=threads),
            start,
            batches,
            gn.Adam(0.01),
            epochs=5,
            dropout=RATES,
            clip_norm=0.3,
        )
        for threads in (1, 2, 3)
    ]
    for state, progress in runs[1:]:
        np.testing.assert_array_equal(state.parameters.vector, runs[0][0].parameters.vector)
        np.testing.assert_array_equal(progress.losses, runs[0][1].losses)


@pytest.mark.parametrize("name", engines.ENGINES)
@pytest.mark.parametrize("batch_size", [16, 50])
def test_it_goes_on_as_if_it_had_never_stopped(name: str, batch_size: int) -> None:
    chosen = engines.choose(name)
    start, X, Y, _ = task(DEEP, rows=50)
    batches = Batches(X, Y, None, batch_size)
    factors = gn.schedules.Cosine(30).factors(0, 30)
    rule = gn.RMSprop(0.01)
    whole, parts = (
        advance(
            chosen,
            start,
            batches,
            rule,
            epochs=epochs,
            rate_factors=factors[:epochs],
            dropout=RATES,
            clip_norm=0.5,
        )[0]
        for epochs in (30, 13)
    )
    # What is saved is the state of the generator, not the generator.
    saved = np.random.default_rng()
    saved.bit_generator.state = parts.generator.bit_generator.state
    parts.generator = saved
    chosen.advance(parts, batches, Limits(17, threading.Event(), rate_factors=factors[13:]))
    np.testing.assert_array_equal(parts.parameters.vector, whole.parameters.vector)


@compiled
@pytest.mark.parametrize(("batch_size", "rows"), [(100, 2000), (2000, 2000), (200, 200)])
def test_an_epoch_given_up_gives_its_draws_back(engine: Engine, batch_size: int, rows: int) -> None:
    start, X, Y, _ = task((64, 200, 200, 3), rows=rows)
    batches = Batches(X, Y, None, batch_size)
    state, progress = advance(
        engine,
        start,
        batches,
        gn.Adam(0.001),
        epochs=10_000,
        dropout=RATES,
        stop_asked=SetLater(8),
    )
    assert progress.stop is Stop.ASKED
    again, _ = advance(engine, start, batches, gn.Adam(0.001), epochs=state.epoch, dropout=RATES)
    np.testing.assert_array_equal(state.parameters.vector, again.parameters.vector)
    assert state.generator.bit_generator.state == again.generator.bit_generator.state


@pytest.mark.parametrize("name", engines.ENGINES)
def test_many_runs_have_the_digits_they_have_alone(name: str) -> None:
    chosen = engines.choose(name)
    batches = Batches(*task((5, 9, 2), rows=30)[1:], 8)
    starts = [task((5, 9, 2), seed=seed)[0] for seed in range(4)]
    settings = (gn.RMSprop(0.01), Penalty(), 0.4, (0.3,))
    limits = Limits(12, threading.Event(), rate_factors=gn.schedules.Step(5).factors(0, 12))
    many = [new_state(start, *settings, seed=i) for i, start in enumerate(starts)]
    done = chosen.advance_many(many, [batches] * len(many), limits, keep_losses=True)
    for i, start in enumerate(starts):
        alone = new_state(start, *settings, seed=i)
        expected = chosen.advance(alone, batches, limits)
        np.testing.assert_array_equal(done[i].losses, expected.losses)
        np.testing.assert_array_equal(many[i].parameters.vector, alone.parameters.vector)


def test_rates_of_zero_change_nothing_and_draw_nothing() -> None:
    for name in engines.ENGINES:
        start, X, Y, _ = task(DEEP)
        batches = Batches(X, Y, None, 20)
        free, _ = advance(engines.choose(name), start, batches, gn.Adam())
        zero, _ = advance(engines.choose(name), start, batches, gn.Adam(), dropout=(0.0, 0.0))
        np.testing.assert_array_equal(free.parameters.vector, zero.parameters.vector)
        assert free.generator.bit_generator.state == zero.generator.bit_generator.state


def test_one_rate_is_for_all_layers_or_one_for_each() -> None:
    network = gn.Network(DEEP)
    assert checked_rates(network, 0.5) == (0.5, 0.5)
    assert checked_rates(network, [0, 0.25]) == (0.0, 0.25)
    assert checked_rates(network, 0) == ()
    assert checked_rates(network, ()) == ()
    assert checked_rates(gn.Network((2, 1)), 0.5) == ()


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        (1.0, "from 0 to below 1, such as 0.2, not 1.0"),
        (-0.1, "not -0.1"),
        (float("nan"), "not nan"),
        ((0.5, "much"), "not 'much'"),
        ("much", "dropout must be a rate"),
        (None, "dropout must be a rate"),
        ((0.1, 0.2, 0.3), "3 dropout rates were given for 2 hidden layers"),
    ],
)
def test_rates_that_make_no_dropout_are_refused(rates: object, sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        checked_rates(gn.Network(DEEP), rates)  # type: ignore[arg-type]


def test_the_reference_with_dropout_of_unequal_rates_is_not_the_free_gradient() -> None:
    start, X, Y, _ = task(DEEP)
    free: Array = REFERENCE.gradient(start.network, start, X, Y, None)[2]
    masked = REFERENCE.gradient(start.network, start, X, Y, None, Dropout((0.0, 0.5), 1))[2]
    assert np.abs(masked - free).max() > 1e-3
