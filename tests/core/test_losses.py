"""Losses from logits: right, and finite whatever the logit."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.activations import OUTPUT
from glassnet.core.losses import LOSSES
from glassnet.core.network import OUTPUT_ACTIVATION
from oracles import definitions

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


def test_losses_are_their_definitions() -> None:
    generator = np.random.default_rng(0)
    for name, loss in LOSSES.items():
        n_out = 1 if name == "binary_cross_entropy" else 3
        z = generator.normal(size=(n_out, 50))
        y = np.eye(3)[:, generator.integers(0, 3, 50)][:n_out]
        expected = [definitions.LOSSES[name](z[:, i], y[:, i]) for i in range(50)]
        np.testing.assert_allclose(loss.per_sample(z, y), expected, rtol=1e-13)


@pytest.mark.parametrize("name", LOSSES)
def test_delta_is_the_complex_step_of_the_definition(name: str) -> None:
    generator = np.random.default_rng(1)
    n_out = 1 if name == "binary_cross_entropy" else 4
    z = 3 * generator.normal(size=n_out)
    y = np.eye(4)[2][:n_out]
    steps = [
        definitions.LOSSES[name](z + 1e-100j * np.eye(n_out)[k], y).imag / 1e-100
        for k in range(n_out)
    ]
    a = OUTPUT[OUTPUT_ACTIVATION[name]](z[:, np.newaxis])
    delta = LOSSES[name].delta(a, y[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(delta, steps, rtol=1e-12, atol=1e-15)


def test_losses_of_extreme_logits_are_finite_in_float32_too() -> None:
    z = np.array([EXTREME], np.float32)
    for y in (np.zeros_like(z), np.ones_like(z)):
        value = LOSSES["binary_cross_entropy"].per_sample(z, y)
        assert value.dtype == np.float32
        assert np.isfinite(value).all()
