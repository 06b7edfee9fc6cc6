"""Losses from logits: right, and finite whatever the logit."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.activations import OUTPUT
from glassnet.core.losses import LOSSES, loss_of
from glassnet.core.network import Network
from oracles import definitions
from targets import LOSSES as NAMES
from targets import random_targets

EXTREME = [-1e4, -745.5, -40, -1, -1e-9, 0, 1e-9, 1, 40, 745.5, 1e4]


def exact_cross_entropy(z: float, y: int) -> float:
    """-y log a - (1 - y) log(1 - a) with fifty digits."""
    with localcontext() as context:
        context.prec = 50
        signed = -Decimal(z) if y else Decimal(z)  # the loss is log(1 + exp(signed))
        if signed > 200:
            return float(signed)  # exp(-200) is far below the last digit
        return float((1 + signed.exp()).ln()) if signed > -100 else float(signed.exp())


@pytest.mark.parametrize("z", EXTREME)
@pytest.mark.parametrize("y", [0, 1])
def test_binary_cross_entropy_is_right_for_any_logit(z: float, y: int) -> None:
    value = LOSSES["binary_cross_entropy"].per_sample(np.array([[z]]), np.array([[float(y)]]))
    assert value[0] == pytest.approx(exact_cross_entropy(z, y), rel=1e-14, abs=1e-300)


@given(st.floats(-1e4, 1e4), st.sampled_from([0, 1]))
def test_binary_cross_entropy_is_right_between_them(z: float, y: int) -> None:
    value = LOSSES["binary_cross_entropy"].per_sample(np.array([[z]]), np.array([[float(y)]]))
    assert value[0] == pytest.approx(exact_cross_entropy(z, y), rel=1e-14, abs=1e-300)


@given(
    st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=6).flatmap(
        lambda z: st.tuples(st.just(z), st.integers(0, len(z) - 1))
    )
)
def test_categorical_cross_entropy_is_right_for_any_logits(case: tuple[list[float], int]) -> None:
    logits, label = case
    z = np.array(logits)[:, np.newaxis]
    y = np.zeros_like(z)
    y[label] = 1
    with localcontext() as context:
        context.prec = 50
        top = max(Decimal(v) for v in logits)
        expected = sum(((Decimal(v) - top).exp() for v in logits), Decimal(0)).ln()
        expected -= Decimal(logits[label]) - top
    value = LOSSES["categorical_cross_entropy"].per_sample(z, y)[0]
    assert value == pytest.approx(float(expected), rel=1e-13, abs=1e-15)


def case(name: str, n_out: int, m: int) -> tuple[Network, np.ndarray, np.ndarray]:
    """A network with this loss, logits and targets, (n_out, m) each."""
    generator = np.random.default_rng(n_out)
    n_out = 1 if name == "binary_cross_entropy" and n_out == 3 else n_out
    y = random_targets(name, generator, m, n_out)
    Y = np.eye(n_out)[:, y] if name == "categorical_cross_entropy" else y.reshape(m, n_out).T
    return Network((2, n_out), loss=name), 3 * generator.normal(size=(n_out, m)), Y.astype(float)


def labels_alone(name: str, z: np.ndarray, y: np.ndarray) -> complex:
    """The definition, of several labels the sum over them."""
    if name == "binary_cross_entropy":
        return complex(sum(definitions.LOSSES[name](z[k:][:1], y[k:][:1]) for k in range(len(z))))
    return complex(definitions.LOSSES[name](z, y))


@pytest.mark.parametrize("n_out", [3, 4])
@pytest.mark.parametrize("name", NAMES)
def test_losses_are_their_definitions(name: str, n_out: int) -> None:
    network, z, y = case(name, n_out, 50)
    expected = [labels_alone(name, z[:, i], y[:, i]).real for i in range(50)]
    np.testing.assert_allclose(loss_of(network).per_sample(z, y), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_delta_is_the_complex_step_of_the_definition(name: str) -> None:
    network, z, y = case(name, 4, 1)
    steps = [
        labels_alone(name, z[:, 0] + 1e-100j * np.eye(4)[k], y[:, 0]).imag / 1e-100
        for k in range(4)
    ]
    delta = loss_of(network).delta(OUTPUT[network.output_activation](z), y)[:, 0]
    np.testing.assert_allclose(delta, steps, rtol=1e-12, atol=1e-15)


def test_the_losses_of_regressions_are_those_of_others() -> None:
    """Against scikit-learn's own, and SciPy's."""
    from scipy.special import huber
    from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance

    _, z, y = case("poisson", 3, 40)
    ours = loss_of(Network((1, 3), loss="poisson")).per_sample(z, y).mean()
    assert ours == pytest.approx(mean_poisson_deviance(y.ravel(), np.exp(z).ravel()) / 2)
    for level in (0.05, 0.5, 0.9):
        ours = loss_of(Network((1, 3), loss=f"quantile({level})")).per_sample(z, y).mean()
        assert ours == pytest.approx(mean_pinball_loss(y.ravel(), z.ravel(), alpha=level))
    ours = loss_of(Network((1, 3), loss="huber")).per_sample(z, y).mean()
    assert ours == pytest.approx(huber(1.0, z - y).mean())


@pytest.mark.parametrize("name", ["poisson", "huber", "mean_absolute_error", "quantile(0.1)"])
def test_losses_of_regressions_are_finite_for_any_logit(name: str) -> None:
    network = Network((1, 1), loss=name)
    z = np.array([EXTREME], np.float32)
    for y in (np.zeros_like(z), np.full_like(z, 3)):
        a = OUTPUT[network.output_activation](z)
        for found in (loss_of(network).per_sample(z, y), loss_of(network).delta(a, y)):
            assert found.dtype == np.float32
            assert np.isfinite(found).all()


def test_losses_of_extreme_logits_are_finite_in_float32_too() -> None:
    z = np.array([EXTREME], np.float32)
    for y in (np.zeros_like(z), np.ones_like(z)):
        value = LOSSES["binary_cross_entropy"].per_sample(z, y)
        assert value.dtype == np.float32
        assert np.isfinite(value).all()
