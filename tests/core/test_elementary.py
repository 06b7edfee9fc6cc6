"""Elementary functions that are the same bits everywhere, against mpmath's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.core import elementary
from glassnet.core.parameters import Array

mpmath = pytest.importorskip("mpmath")

HALF_PIS = np.arange(-60, 60) * np.pi / 2


def spread(least: float, most: float) -> Array:
    return np.random.default_rng(0).uniform(least, most, 700)


# By name: the arguments, and how many units in the last place the results may be away.
CASES: dict[str, tuple[list[Array], float]] = {
    "exp": ([spread(-1, 1), spread(-708, 709), spread(-1e-9, 1e-9)], 1),
    "sin": ([spread(-4, 4), spread(-1e6, 1e6), spread(-1e10, 1e10), HALF_PIS], 1),
    "cos": ([spread(-4, 4), spread(-1e6, 1e6), spread(-1e10, 1e10), HALF_PIS], 1),
    "normal_cdf": ([spread(-1, 1), spread(-6, 6), spread(-37, 37)], 5),
}
# The double that lies nearest to a multiple of pi / 2 (Kahan), and the greatest one.
FAR = np.array([6381956970095103 * 2.0**797, np.finfo(float).max, 2.0**31, -(2.0**53), 1e22])
EXACT: dict[str, Callable[[Any], Any]] = {
    "exp": mpmath.exp,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "normal_cdf": mpmath.ncdf,
}


def units(name: str, x: Array, found: Array) -> float:
    """The greatest distance from mpmath's values, in units in the last place."""
    with mpmath.workprec(1300):
        exact = [EXACT[name](mpmath.mpf(float(value))) for value in x]
        spacing = np.spacing(np.abs(np.array([float(value) for value in exact])))
        return max(
            float(abs(mpmath.mpf(float(value)) - true) / float(unit))
            for value, true, unit in zip(found, exact, spacing, strict=True)
        )


@pytest.mark.parametrize("name", CASES)
def test_values_are_exact_but_for_their_last_bits(name: str) -> None:
    ranges, most = CASES[name]
    x = np.concatenate([*ranges, [0.0, -0.0]])
    found = getattr(elementary, name)(x)
    assert units(name, x, found) <= most
    assert units(name, x, found * (1 + 8 * np.finfo(float).eps)) > most  # it would be seen


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_huge_angles_are_reduced_exactly(name: str) -> None:
    assert units(name, FAR, getattr(elementary, name)(FAR)) <= 1


def test_ends_of_the_ranges() -> None:
    inf, nan = np.inf, np.nan
    equal = np.testing.assert_array_equal
    equal(elementary.exp(np.array([-inf, -800, 800, inf, nan, 0])), [0, 0, inf, inf, nan, 1])
    equal(elementary.normal_cdf(np.array([-inf, -50, 0, 50, inf, nan])), [0, 0, 0.5, 1, 1, nan])
    equal(elementary.sin(np.array([inf, -inf, nan, 0])), [nan, nan, nan, 0])
    equal(elementary.cos(np.array([inf, -inf, nan, 0])), [nan, nan, nan, 1])
    assert elementary.normal_cdf(np.ones((2, 3), np.float32)).dtype == np.float32
