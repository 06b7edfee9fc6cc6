"""Forward pass and backpropagation against loops, differences and complex steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.core.network import ACTIVATIONS
from oracles import definitions, tutorial_loop
from targets import LOSSES, random_targets

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))


def random_case(
    activation: str, loss: str, depth: int, seed: int = 0, n_samples: int = 6
) -> tuple[gn.Parameters, np.ndarray, np.ndarray]:
    """Parameters, X and Y for a network with `depth` hidden layers of different sizes."""
    generator = np.random.default_rng(seed)
    n_out = 1 if loss == "binary_cross_entropy" else 3
    network = gn.Network((2, *range(3, 3 + depth), n_out), activation, loss)
    parameters = gn.Parameters(network, 0.7 * generator.normal(size=network.n_parameters))
    X = generator.normal(size=(n_samples, 2))
    return parameters, X, random_targets(loss, generator, n_samples, n_out)


def oracle_loss(trace: gn.Trace, vector: np.ndarray) -> complex:
    network = trace.network
    return complex(
        definitions.average_loss(
            network.sizes, network.activation, network.loss, vector, trace.x.T, trace.y.T
        )
    )


def as_lists(parameters: gn.Parameters) -> tutorial_loop.Layers:
    return [(W.tolist(), b[:, 0].tolist()) for W, b in parameters.layers]


def test_forward_pass_equals_a_per_sample_loop() -> None:
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    trace = gn.trace(TUTORIAL, start, POINTS.X, POINTS.y)
    for i, x in enumerate(POINTS.X.tolist()):
        _, *expected = tutorial_loop.forward(as_lists(start), x)
        for layer, a in enumerate(expected):
            np.testing.assert_allclose(trace.a[layer][:, i], a, rtol=1e-15)


def test_backpropagation_equals_a_per_sample_loop() -> None:
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    trace = gn.trace(TUTORIAL, start, POINTS.X, POINTS.y)
    layers = as_lists(start)
    sums = [(np.zeros(np.shape(W)), np.zeros(np.shape(b))) for W, b in layers]
    for x, y in zip(POINTS.X.tolist(), POINTS.y.tolist(), strict=True):
        gradients = tutorial_loop.backward(layers, tutorial_loop.forward(layers, x), y)
        sums = [(W + dW, b + db) for (W, b), (dW, db) in zip(sums, gradients, strict=True)]
    for layer, (dW, db) in enumerate(sums):
        np.testing.assert_allclose(trace.dW[layer], dW, rtol=1e-12)
        np.testing.assert_allclose(trace.db[layer][:, 0], db, rtol=1e-12)


@pytest.mark.pairwise
@pytest.mark.parametrize("depth", range(5))
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_equals_central_differences(activation: str, loss: str, depth: int) -> None:
    parameters, X, y = random_case(activation, loss, depth)
    trace = gn.trace(parameters.network, parameters, X, y)
    assert trace.loss == pytest.approx(oracle_loss(trace, parameters.vector).real, rel=1e-13)
    differences = definitions.central_differences(
        lambda vector: oracle_loss(trace, vector).real, parameters.vector
    )
    gradient = trace.gradient.vector / trace.weight_sum
    assert np.abs(gradient - differences).max() <= 1e-6 * np.abs(differences).max()


@pytest.mark.pairwise
@pytest.mark.parametrize("depth", range(5))
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", definitions.SMOOTH)
def test_gradient_equals_complex_steps(activation: str, loss: str, depth: int) -> None:
    parameters, X, y = random_case(activation, loss, depth, seed=1)
    trace = gn.trace(parameters.network, parameters, X, y)
    steps = definitions.complex_steps(lambda vector: oracle_loss(trace, vector), parameters.vector)
    gradient = trace.gradient.vector / trace.weight_sum
    assert np.abs(gradient - steps).max() <= 1e-12 * np.abs(steps).max()


def test_a_corrupted_gradient_would_be_noticed() -> None:
    parameters, X, y = random_case("tanh", "binary_cross_entropy", 2)
    trace = gn.trace(parameters.network, parameters, X, y)
    steps = definitions.complex_steps(lambda vector: oracle_loss(trace, vector), parameters.vector)
    gradient = trace.gradient.vector / trace.weight_sum
    gradient[3] *= 1 + 1e-9
    assert np.abs(gradient - steps).max() > 1e-12 * np.abs(steps).max()


def test_trace_obeys_the_equations_it_is_named_after() -> None:
    parameters, X, y = random_case("tanh", "categorical_cross_entropy", 2)
    trace = gn.trace(parameters.network, parameters, X, y)
    (W1, b1), (W2, b2), (W3, b3) = parameters.layers
    x = X.T
    assert (trace.z[0] == W1 @ x + b1).all()
    assert (trace.a[0] == np.tanh(trace.z[0])).all()
    assert (trace.z[2] == W3 @ trace.a[1] + b3).all()
    assert (trace.dz[2] == trace.a[2] - trace.y).all()
    assert (trace.da[1] == W3.T @ trace.dz[2]).all()
    assert (trace.dW[2] == trace.dz[2] @ trace.a[1].T).all()
    assert (trace.da[0] == W2.T @ trace.dz[1]).all()
    assert (trace.dW[0] == trace.dz[0] @ x.T).all()
    assert (trace.db[0] == trace.dz[0].sum(axis=1, keepdims=True)).all()
    assert len(trace.da) == 2
    assert b2.shape == trace.db[1].shape == (4, 1)


@given(seed=st.integers(0, 1000), cut=st.integers(1, 11), depth=st.integers(0, 3))
def test_sums_over_parts_add_up_to_the_whole(seed: int, cut: int, depth: int) -> None:
    parameters, X, y = random_case("tanh", "binary_cross_entropy", depth, seed, n_samples=12)
    network = parameters.network
    whole = gn.trace(network, parameters, X, y)
    parts = [
        gn.trace(network, parameters, X[rows], y[rows])
        for rows in (slice(None, cut), slice(cut, None))
    ]
    total = parts[0].gradient.vector + parts[1].gradient.vector
    np.testing.assert_allclose(total, whole.gradient.vector, rtol=1e-10, atol=1e-13)
    assert sum(p.loss * p.weight_sum for p in parts) == pytest.approx(12 * whole.loss, rel=1e-13)


@given(st.lists(st.integers(0, 3), min_size=6, max_size=6).filter(any))
def test_a_weight_of_k_is_a_row_repeated_k_times(repetitions: list[int]) -> None:
    parameters, X, y = random_case("sigmoid", "categorical_cross_entropy", 1)
    weighted = gn.trace(parameters.network, parameters, X, y, repetitions)
    repeated = gn.trace(
        parameters.network, parameters, np.repeat(X, repetitions, 0), np.repeat(y, repetitions)
    )
    assert weighted.loss == pytest.approx(repeated.loss, rel=1e-13)
    assert weighted.weight_sum == repeated.weight_sum
    np.testing.assert_allclose(
        weighted.gradient.vector, repeated.gradient.vector, rtol=1e-11, atol=1e-14
    )


def test_gradient_check_agrees_and_names_the_worst_parameter() -> None:
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    check = gn.gradient_check(TUTORIAL, start, POINTS.X, POINTS.y)
    assert check.error < 1e-8
    assert check.where in start.names
    assert check.where in str(check)


def test_gradient_check_notices_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    from glassnet.core import activations

    wrong = activations.HIDDEN["sigmoid"]._replace(derivative=lambda z, a: a)
    monkeypatch.setitem(activations.HIDDEN, "sigmoid", wrong)
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    assert gn.gradient_check(TUTORIAL, start, POINTS.X, POINTS.y).error > 0.1


def test_float32_stays_float32() -> None:
    parameters, X, y = random_case("gelu", "categorical_cross_entropy", 2)
    single = gn.Parameters(parameters.network, parameters.vector.astype(np.float32))
    trace = gn.trace(single.network, single, X, y)
    double = gn.trace(parameters.network, parameters, X, y)
    arrays = (*trace.z, *trace.a, *trace.dz, *trace.da, trace.gradient.vector, trace.losses)
    assert {array.dtype.name for array in arrays} == {"float32"}
    np.testing.assert_allclose(trace.gradient.vector, double.gradient.vector, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ([[0.3, -0.2]], [1]),
        ([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]], [0, 0, 1]),
        ([[0.0, 1.0], [2.0, 3.0]], [1, 1]),
        ([[1e4, -1e4], [-1e4, 1e4]], [0, 1]),
    ],
    ids=["single sample", "constant feature", "one class only", "huge inputs"],
)
def test_unusual_data_give_finite_numbers_without_a_warning(
    X: list[list[float]], y: list[int]
) -> None:
    for sizes in ((2, 3, 1), (2, 3, 2)):
        for activation in ACTIVATIONS:
            network = gn.Network(sizes, activation)
            trace = gn.trace(network, gn.Parameters.initial(network, seed=0), X, y)
            assert np.isfinite(trace.loss)
            assert np.isfinite(trace.gradient.vector).all()
