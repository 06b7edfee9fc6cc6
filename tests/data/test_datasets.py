"""The data sets: the tutorial's points to the digit, the others seeded and in shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import datasets

GENERATORS: dict[str, Callable[..., datasets.Dataset]] = {
    "rings": datasets.rings,
    "moons": datasets.moons,
    "blobs": datasets.blobs,
    "xor": datasets.xor,
    "spirals": datasets.spirals,
    "curve": datasets.curve,
}


def test_the_tutorials_points_are_the_tutorials() -> None:
    points = datasets.rings()
    assert points.X.shape == (20, 2)
    assert points.X[2].tolist() == [-0.75, -1.29]
    assert points.y.tolist() == [0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1]
    radius = np.hypot(*points.X.T)
    np.testing.assert_allclose(radius, np.where(points.y == 0, 0.65, 1.5), atol=0.01)


@pytest.mark.parametrize("name", GENERATORS)
def test_same_seed_same_data_and_another_seed_other_data(name: str) -> None:
    first, again, other = (GENERATORS[name](50, noise=0.1, seed=seed) for seed in (1, 1, 2))
    assert (first.X == again.X).all()
    assert (first.y == again.y).all()
    assert (first.X != other.X).any()
    assert first.name == name
    assert len(first.X) == len(first.y) == 50


@pytest.mark.parametrize("name", ["rings", "moons", "blobs", "spirals"])
def test_classes_are_balanced(name: str) -> None:
    data = GENERATORS[name](91)
    counts = np.bincount(data.y, minlength=data.n_classes)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("generator", [datasets.blobs, datasets.spirals])
def test_as_many_classes_as_asked_for(generator: Callable[..., datasets.Dataset]) -> None:
    data = generator(100, n_classes=5)
    assert data.n_classes == 5
    assert set(data.y) == set(range(5))


def test_shapes_without_noise_obey_their_equations() -> None:
    rings = datasets.rings(100)
    np.testing.assert_allclose(np.hypot(*rings.X.T), np.where(rings.y == 0, 0.65, 1.5))
    xor = datasets.xor(100)
    assert ((xor.X[:, 0] * xor.X[:, 1] < 0) == xor.y).all()
    curve = datasets.curve(100, noise=0)
    np.testing.assert_allclose(curve.y, np.sin(2 * curve.X[:, 0]) + curve.X[:, 0] / 2)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"n_samples": 1}, "at least 3 samples"),
        ({"n_samples": 0}, "n_samples must be a whole number from 1"),
        ({"n_samples": 5.5}, "n_samples must be a whole number from 1"),
        ({"noise": -1}, "noise"),
        ({"noise": float("nan")}, "noise"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed must be a whole number from 0"),
        ({"noise": "a"}, "noise"),
        ({"n_classes": 1}, "n_classes must be a whole number from 2"),
    ],
)
def test_senseless_choices_are_refused(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        datasets.blobs(**choices)


@pytest.mark.parametrize(
    ("name", "shape", "n_classes", "first_feature", "classes"),
    [
        ("iris", (150, 4), 3, "sepal length (cm)", ("setosa", "versicolor", "virginica")),
        ("wine", (178, 13), 3, "alcohol", ("class_0", "class_1", "class_2")),
        ("breast_cancer", (569, 30), 2, "mean radius", ("malignant", "benign")),
        ("digits", (1797, 64), 10, "pixel_0_0", tuple("0123456789")),
        ("diabetes", (442, 10), 0, "age", ()),
    ],
)
def test_the_classic_tables_have_their_names(
    name: str, shape: tuple[int, int], n_classes: int, first_feature: str, classes: tuple[str, ...]
) -> None:
    data = gn.datasets.DATASETS[name]()
    assert (data.name, data.X.shape, data.n_classes) == (name, shape, n_classes)
    assert (data.feature_names[0], data.class_names) == (first_feature, classes)
    assert set(data.y) == set(range(n_classes)) if n_classes else data.y.dtype == np.float64


def test_columns_without_names_are_numbered() -> None:
    assert gn.datasets.moons().feature_names == ("x1", "x2")
