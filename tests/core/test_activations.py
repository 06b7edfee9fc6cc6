"""Activation functions and their derivatives against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.activations import HIDDEN, OUTPUT, sigmoid, softmax, softplus
from oracles import definitions

Z = np.linspace(-20, 20, 4001) + 1e-3  # never on a kink


@pytest.mark.parametrize("name", HIDDEN)
def test_function_is_its_definition(name: str) -> None:
    expected = definitions.ACTIVATIONS[name](Z)
    np.testing.assert_allclose(HIDDEN[name].function(Z), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", HIDDEN)
def test_derivative_is_the_slope_of_the_definition(name: str) -> None:
    h = 1e-5
    function, derivative = definitions.ACTIVATIONS[name], HIDDEN[name].derivative
    slope = (function(Z + h) - function(Z - h)) / (2 * h)
    a = HIDDEN[name].function(Z)
    np.testing.assert_allclose(derivative(Z, a), slope, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", definitions.SMOOTH)
def test_derivative_of_smooth_functions_is_the_complex_step(name: str) -> None:
    z: definitions.Array = np.linspace(-5, 5, 1001)
    step = definitions.ACTIVATIONS[name](z + 1e-100j).imag / 1e-100
    a = HIDDEN[name].function(z)
    np.testing.assert_allclose(HIDDEN[name].derivative(z, a), step, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_inputs_give_finite_values_without_a_warning(name: str, dtype: type) -> None:
    z: definitions.Array = np.array([-1e4, -800, -100, -1e-300, 0, 1e-300, 100, 800, 1e4], dtype)
    a = HIDDEN[name].function(z)
    derivative = HIDDEN[name].derivative(z, a)
    assert a.dtype == derivative.dtype == dtype
    assert np.isfinite(a).all()
    assert np.isfinite(derivative).all()


@given(st.floats(-700, 700))
def test_sigmoid_keeps_its_digits_where_it_is_tiny(z: float) -> None:
    # exp(z) / (1 + exp(z)) is the same function, and exact in a relative sense below zero
    expected = math.exp(z) / (1 + math.exp(z)) if z < 0 else 1 / (1 + math.exp(-z))
    assert sigmoid(np.array([z]))[0] == pytest.approx(expected, rel=4e-16)


def test_softplus_keeps_its_digits_where_it_is_tiny() -> None:
    np.testing.assert_allclose(softplus(np.array([-50.0])), math.exp(-50), rtol=1e-15)


def test_softmax_sums_to_one_and_does_not_overflow() -> None:
    z = np.array([[1e4, -1e4, 0.0], [0.0, 0.0, 1.0], [-1e4, 1e4, 2.0]])
    a = softmax(z)
    np.testing.assert_allclose(a.sum(axis=0), 1, rtol=1e-15)
    np.testing.assert_allclose(a[:, 2], np.exp([0, 1, 2]) / np.exp([0, 1, 2]).sum(), rtol=1e-15)


def test_relu_has_slope_zero_at_its_kink() -> None:
    assert HIDDEN["relu"].derivative(np.zeros(1), np.zeros(1)) == 0


def test_a_wrong_derivative_would_be_noticed() -> None:
    step = definitions.ACTIVATIONS["sigmoid"](Z + 1e-100j).imag / 1e-100
    a = OUTPUT["sigmoid"](Z)
    assert not np.allclose(a * (1 - a) * 1.000001, step, rtol=1e-12)
