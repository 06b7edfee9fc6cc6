"""The vectorised functions are within 2 units in the last place of mpmath's."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

mpmath = pytest.importorskip("mpmath")
native = pytest.importorskip("glassnet.engines._native")

NUMBERS = {"sigmoid": 0, "tanh": 1, "elu": 4, "gelu": 5, "softplus": 6}
NUMBERS |= {"exp": 8, "expm1": 9, "log1p": 10}
EXACT: dict[str, Any] = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
    "tanh": mpmath.tanh,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "gelu": lambda z: z * mpmath.ncdf(z),
}
NOT_ABOVE_80 = ("exp", "expm1")
# A composition rounds more than once.
ULP = {
    "exp": 2,
    "expm1": 2,
    "log1p": 2,
    "tanh": 2,
    "sigmoid": 3,
    "softplus": 3,
    "elu": 2,
    "gelu": 8,
}


def arguments(name: str, dtype: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    largest = 80 if dtype == "float32" else 700
    z = np.concatenate([rng.uniform(-4, 4, 1600), rng.uniform(-largest, largest, 320)])
    z = np.concatenate([z, np.sign(z) * 10.0 ** rng.uniform(-30, 1, len(z))]).astype(dtype)
    if name in NOT_ABOVE_80:
        z = np.minimum(z, 80).astype(dtype)
    if name == "gelu":  # below, its values are no normal numbers
        z = np.maximum(z, -37 if dtype == "float64" else -12).astype(dtype)
    return np.abs(z) if name == "log1p" else np.asarray(z)


@pytest.mark.parametrize("instructions", native.instruction_sets())
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ULP)
def test_within_two_ulp_or_a_few_for_compositions(instructions: str, dtype: str, name: str) -> None:
    found = arguments(name, dtype)
    native.elementary(instructions, NUMBERS[name], found)
    high, low = exact(name, dtype)
    spacing = np.spacing(np.abs(high.astype(dtype))).astype(float)
    assert (np.abs(found.astype(float) - high - low) / spacing).max() <= ULP[name]


@cache
def exact(name: str, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """The values to twice the digits of a float: what a float holds of them, and the rest."""
    with mpmath.workdps(40):
        values = [EXACT[name](mpmath.mpf(float(value))) for value in arguments(name, dtype)]
        high = [float(value) for value in values]
        low = [float(value - mpmath.mpf(head)) for value, head in zip(values, high, strict=True)]
    return np.array(high), np.array(low)


@pytest.mark.parametrize("instructions", native.instruction_sets())
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_not_a_number_stays_so(instructions: str, dtype: str, name: str) -> None:
    values = np.full(16, np.nan, dtype)
    native.elementary(instructions, NUMBERS[name], values)
    assert np.isnan(values).all()


@pytest.mark.parametrize("instructions", native.instruction_sets())
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_exp_of_very_negative_numbers_is_zero(instructions: str, dtype: str) -> None:
    values = np.array([-1e4, -1e30, -np.inf, -np.finfo(dtype).max] * 4, dtype)
    native.elementary(instructions, NUMBERS["exp"], values)
    np.testing.assert_array_equal(values, 0)
