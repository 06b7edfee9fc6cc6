"""Random numbers are numpy's, but for bits that depend on processor and C library."""

from __future__ import annotations

import numpy as np

from glassnet.core.random_numbers import TAIL, normal, uniform


def test_normal_numbers_are_numpys_but_in_the_tails() -> None:
    found = normal(np.random.default_rng(0), (500, 200))
    numpys = np.random.default_rng(0).normal(size=(500, 200))
    tail = np.abs(numpys) > TAIL
    assert 10 < tail.sum() < 60
    np.testing.assert_array_equal(found[~tail], numpys[~tail])
    np.testing.assert_allclose(found[tail], numpys[tail], rtol=0, atol=2.0**-33)
    np.testing.assert_array_equal(found[tail] * 2.0**32 % 1, 0)
    # Another logarithm, a few units away, changes nothing.
    np.testing.assert_array_equal(
        np.rint(numpys[tail] * (1 + 1e-15) * 2.0**32) / 2.0**32, found[tail]
    )


def test_uniform_numbers_are_numpys() -> None:
    found = uniform(np.random.default_rng(0), -1.5, 1.5, (100, 2))
    numpys = np.random.default_rng(0).uniform(-1.5, 1.5, (100, 2))
    np.testing.assert_allclose(found, numpys, rtol=0, atol=2.0**-52)
