"""Small data sets to learn with: the tutorial's twenty points and the usual teaching shapes.

Every generator is seeded: the same arguments give the same numbers for ever. `noise` is the
standard deviation of a normal jitter, in the units of the axes. Rows come in random order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.errors import InputError, finite_number, whole_number
from glassnet.parameters import Array

# x1, x2, label in the tutorial's order; 0 is red, the inner ring, and 1 is green, the outer.
# fmt: off
_TUTORIAL_POINTS = (
    (0.65, 0.00, 0), (0.00, -0.65, 0), (-0.75, -1.29, 1), (1.29, 0.75, 1),
    (-0.46, -0.46, 0), (-1.29, -0.75, 1), (0.00, -1.50, 1), (0.46, 0.46, 0),
    (0.46, -0.46, 0), (-1.29, 0.75, 1), (-0.46, 0.46, 0), (0.00, 0.65, 0),
    (0.75, -1.29, 1), (1.29, -0.75, 1), (-0.65, 0.00, 0), (1.50, 0.00, 1),
    (-1.50, 0.00, 1), (0.75, 1.29, 1), (-0.75, 1.29, 1), (0.00, 1.50, 1),
)
# fmt: on


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with their labels: X (n_samples, n_features) and y (n_samples,).

    `y` holds class numbers (int), or values (float) where `n_classes` is 0: a regression.
    """

    name: str
    X: Array
    y: np.ndarray
    n_classes: int


def rings(n_samples: int | None = None, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """An inner ring, class 0, within an outer ring, class 1: the tutorial's twenty points.

    With `n_samples` as many points are drawn from two rings of radius 0.65 and 1.5 instead.
    """
    generator = _generator(n_samples, noise, seed)
    if n_samples is None:
        table = np.array(_TUTORIAL_POINTS)
        X, y = table[:, :2], table[:, 2].astype(np.intp)
        return Dataset("rings", _jittered(X, noise, generator), y, n_classes=2)
    y = _balanced(n_samples, 2, generator)
    angle = generator.uniform(0, 2 * np.pi, n_samples)
    X = np.where(y == 0, 0.65, 1.5)[:, np.newaxis] * _on_circle(angle)
    return Dataset("rings", _jittered(X, noise, generator), y, n_classes=2)


def moons(n_samples: int = 200, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two half circles of radius 1, each reaching into the other."""
    generator = _generator(n_samples, noise, seed)
    y = _balanced(n_samples, 2, generator)
    angle = generator.uniform(0, np.pi, n_samples)
    upper = _on_circle(angle) - (0.5, 0.25)
    lower = (0.5, 0.25) - _on_circle(angle)
    X = np.where(y[:, np.newaxis] == 0, upper, lower)
    return Dataset("moons", _jittered(X, noise, generator), y, n_classes=2)


def blobs(
    n_samples: int = 200, *, n_classes: int = 3, noise: float = 0.3, seed: int = 0
) -> Dataset:
    """One normal cloud per class, centred evenly around a circle of radius 1.2."""
    generator = _generator(n_samples, noise, seed, n_classes)
    y = _balanced(n_samples, n_classes, generator)
    X = 1.2 * _on_circle(np.pi / 2 + 2 * np.pi * y / n_classes)
    return Dataset("blobs", _jittered(X, noise, generator), y, n_classes)


def xor(n_samples: int = 200, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """The square [-1.5, 1.5]^2: class 1 where the signs of x1 and x2 differ."""
    generator = _generator(n_samples, noise, seed)
    X = generator.uniform(-1.5, 1.5, (n_samples, 2))
    y = (X[:, 0] * X[:, 1] < 0).astype(np.intp)
    return Dataset("xor", _jittered(X, noise, generator), y, n_classes=2)


def spirals(
    n_samples: int = 200,
    *,
    n_classes: int = 2,
    noise: float = 0.05,
    turns: float = 1.0,
    seed: int = 0,
) -> Dataset:
    """One spiral arm per class, each making `turns` turns on its way from radius 0.2 to 1.8."""
    generator = _generator(n_samples, noise, seed, n_classes)
    finite_number("turns", turns)
    y = _balanced(n_samples, n_classes, generator)
    along = generator.uniform(0, 1, n_samples)
    angle = 2 * np.pi * (turns * along + y / n_classes)
    X = (0.2 + 1.6 * along)[:, np.newaxis] * _on_circle(angle)
    return Dataset("spirals", _jittered(X, noise, generator), y, n_classes)


def curve(n_samples: int = 100, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """A regression in one dimension: y = sin(2 x) + x / 2 on [-2, 2], with noise on y."""
    generator = _generator(n_samples, noise, seed)
    x = generator.uniform(-2, 2, n_samples)
    y = _jittered(np.sin(2 * x) + x / 2, noise, generator)
    return Dataset("curve", x[:, np.newaxis], y, n_classes=0)


def _generator(
    n_samples: int | None, noise: float, seed: int, n_classes: int = 2
) -> np.random.Generator:
    whole_number("n_classes", n_classes, 2)
    if n_samples is not None and whole_number("n_samples", n_samples, 1) < n_classes:
        raise InputError(f"{n_classes} classes need at least {n_classes} samples, not {n_samples}.")
    finite_number("noise", noise, 0)
    return np.random.default_rng(whole_number("seed", seed, 0))


def _balanced(n_samples: int, n_classes: int, generator: np.random.Generator) -> np.ndarray:
    """Class numbers in random order, each class as often as the others, give or take one."""
    return generator.permutation(np.arange(n_samples) % n_classes)


def _on_circle(angle: Array) -> Array:
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _jittered(values: Array, noise: float, generator: np.random.Generator) -> Array:
    return values + noise * generator.normal(size=values.shape)
