"""Small data sets to learn with: the tutorial's twenty points, the usual teaching shapes, and the
classic tables that scikit-learn brings along.

Every generator is seeded: the same arguments give the same numbers, bit for bit, for ever and on
every platform. `noise` is the standard deviation of a normal jitter, in the units of the axes. Rows
come in random order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glassnet.core.elementary import cos, exp, sin
from glassnet.core.parameters import Array
from glassnet.core.random_numbers import normal, uniform
from glassnet.errors import InputError, finite_number, instance_of, whole_number

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
    """Samples with their labels.

    Parameters
    ----------
    name : str
        What it is called.
    X : array of shape (n_samples, n_features)
        The inputs.
    y : array of shape (n_samples,)
        Class numbers (int), or values (float) for a regression.
    n_classes : int
        0 for a regression.
    feature_names : tuple of str
        Names of the columns of X; x1, x2, ... unless given.
    class_names : tuple of str
        Names of the classes, where they have any.
    """

    name: str
    X: Array
    y: np.ndarray
    n_classes: int
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        instance_of("X", self.X, np.ndarray)
        instance_of("feature_names", self.feature_names, tuple, list)
        if self.X.ndim != 2:
            raise InputError(f"X must have a row a sample, not {self.X.ndim} dimensions.")
        if not self.feature_names:
            names = tuple(f"x{i}" for i in range(1, self.X.shape[1] + 1))
            object.__setattr__(self, "feature_names", names)


def rings(n_samples: int | None = None, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """An inner ring, class 0, within an outer ring, class 1: the tutorial's twenty points.

    With `n_samples` as many points are drawn from two rings of radius 0.65 and 1.5 instead.

    Parameters
    ----------
    n_samples : int, optional
        How many points; the tutorial's twenty without it.
    noise : float
        Standard deviation of the normal noise on the coordinates.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    generator = _generator(20 if n_samples is None else n_samples, noise, seed)
    if n_samples is None:
        table = np.array(_TUTORIAL_POINTS)
        X, y = table[:, :2], table[:, 2].astype(np.intp)
        return Dataset("rings", _jittered(X, noise, generator), y, n_classes=2)
    y = _balanced(n_samples, 2, generator)
    angle = uniform(generator, 0, 2 * np.pi, n_samples)
    X = np.where(y == 0, 0.65, 1.5)[:, np.newaxis] * _on_circle(angle)
    return Dataset("rings", _jittered(X, noise, generator), y, n_classes=2)


def moons(n_samples: int = 200, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two half circles of radius 1, each reaching into the other.

    Parameters
    ----------
    n_samples : int
        How many points.
    noise : float
        Standard deviation of the normal noise on the coordinates.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    generator = _generator(n_samples, noise, seed)
    y = _balanced(n_samples, 2, generator)
    angle = uniform(generator, 0, np.pi, n_samples)
    upper = _on_circle(angle) - (0.5, 0.25)
    lower = (0.5, 0.25) - _on_circle(angle)
    X = np.where(y[:, np.newaxis] == 0, upper, lower)
    return Dataset("moons", _jittered(X, noise, generator), y, n_classes=2)


def blobs(
    n_samples: int = 200, *, n_classes: int = 3, noise: float = 0.3, seed: int = 0
) -> Dataset:
    """One normal cloud a class, centred evenly around a circle of radius 1.2.

    Parameters
    ----------
    n_samples : int
        How many points.
    n_classes : int
        How many classes.
    noise : float
        Standard deviation of the normal noise on the coordinates.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    generator = _generator(n_samples, noise, seed, n_classes)
    y = _balanced(n_samples, n_classes, generator)
    X = 1.2 * _on_circle(np.pi / 2 + 2 * np.pi * y / n_classes)
    return Dataset("blobs", _jittered(X, noise, generator), y, n_classes)


def xor(n_samples: int = 200, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """The square [-1.5, 1.5]^2: class 1 where the signs of x1 and x2 differ.

    Parameters
    ----------
    n_samples : int
        How many points.
    noise : float
        Standard deviation of the normal noise on the coordinates.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    generator = _generator(n_samples, noise, seed)
    X = uniform(generator, -1.5, 1.5, (n_samples, 2))
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
    """One spiral arm a class, on its way from radius 0.2 to 1.8.

    Parameters
    ----------
    n_samples : int
        How many points.
    n_classes : int
        How many classes.
    noise : float
        Standard deviation of the normal noise on the coordinates.
    turns : float
        How often an arm goes around.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    generator = _generator(n_samples, noise, seed, n_classes)
    finite_number("turns", turns)
    y = _balanced(n_samples, n_classes, generator)
    along = uniform(generator, 0, 1, n_samples)
    angle = 2 * np.pi * (turns * along + y / n_classes)
    X = (0.2 + 1.6 * along)[:, np.newaxis] * _on_circle(angle)
    return Dataset("spirals", _jittered(X, noise, generator), y, n_classes)


def curve(n_samples: int = 100, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """A regression in one dimension: y = sin(2 x) + x / 2 on [-2, 2].

    Parameters
    ----------
    n_samples : int
        How many points.
    noise : float
        Standard deviation of the normal noise on y.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    generator = _generator(n_samples, noise, seed)
    x = uniform(generator, -2, 2, n_samples)
    y = _jittered(sin(2 * x) + x / 2, noise, generator)
    return Dataset("curve", x[:, np.newaxis], y, n_classes=0)


def hill(n_samples: int = 200, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """A regression over the square [-1.5, 1.5]^2: a hill and a hollow.

        y = exp(-2 |x - c|^2) - exp(-2 |x + c|^2),  c = (0.7, 0.7)

    Parameters
    ----------
    n_samples : int
        How many points.
    noise : float
        Standard deviation of the normal noise on y.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """

    def height(X: Array) -> Array:
        up, down = (((X - centre) ** 2).sum(axis=1) for centre in (0.7, -0.7))
        return exp(-2 * up) - exp(-2 * down)

    return _surface("hill", height, n_samples, noise, seed)


def slope(n_samples: int = 200, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """A regression over the square [-1.5, 1.5]^2: y = (x1 + x2)/3.

    Parameters
    ----------
    n_samples : int
        How many points.
    noise : float
        Standard deviation of the normal noise on y.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    return _surface("slope", lambda X: (X[:, 0] + X[:, 1]) / 3, n_samples, noise, seed)


def saddle(n_samples: int = 200, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """A regression over the square [-1.5, 1.5]^2: y = x1 x2 / 2.

    Parameters
    ----------
    n_samples : int
        How many points.
    noise : float
        Standard deviation of the normal noise on y.
    seed : int
        Where the random numbers start.

    Returns
    -------
    Dataset
        The samples.
    """
    return _surface("saddle", lambda X: X[:, 0] * X[:, 1] / 2, n_samples, noise, seed)


def iris() -> Dataset:
    """150 irises of three species by four lengths in cm.

    Returns
    -------
    Dataset
        The samples.

    References
    ----------
    Anderson (1935); Fisher, "The use of multiple measurements in taxonomic problems" (1936).
    """
    return _from_scikit_learn("iris")


def wine() -> Dataset:
    """178 wines of three growers by thirteen chemical measures.

    Returns
    -------
    Dataset
        The samples.

    References
    ----------
    Forina et al., PARVUS (1988).
    """
    return _from_scikit_learn("wine")


def breast_cancer() -> Dataset:
    """569 tumours, malignant or benign, by thirty measures of cell nuclei.

    Returns
    -------
    Dataset
        The samples.

    References
    ----------
    Street, Wolberg and Mangasarian, "Nuclear feature extraction for breast tumor diagnosis"
    (1993).
    """
    return _from_scikit_learn("breast_cancer")


def digits() -> Dataset:
    """1797 handwritten digits as 8 by 8 grey values from 0 to 16.

    Returns
    -------
    Dataset
        The samples.

    References
    ----------
    Alpaydin and Kaynak, "Cascading classifiers" (1998).
    """
    return _from_scikit_learn("digits")


def diabetes() -> Dataset:
    """442 patients by ten measures, and how their diabetes went on in a year: a regression.

    Returns
    -------
    Dataset
        The samples.

    References
    ----------
    Efron, Hastie, Johnstone and Tibshirani, "Least angle regression" (2004).
    """
    return _from_scikit_learn("diabetes")


# By the names that the command line takes.
DATASETS: dict[str, Callable[[], Dataset]] = {
    "rings": rings,
    "moons": moons,
    "blobs": blobs,
    "xor": xor,
    "spirals": spirals,
    "curve": curve,
    "hill": hill,
    "slope": slope,
    "saddle": saddle,
    "iris": iris,
    "wine": wine,
    "breast_cancer": breast_cancer,
    "digits": digits,
    "diabetes": diabetes,
}


def _surface(
    name: str, height: Callable[[Array], Array], n_samples: int, noise: float, seed: int
) -> Dataset:
    """Heights (n,) over points of the square [-1.5, 1.5]^2."""
    generator = _generator(n_samples, noise, seed)
    X = uniform(generator, -1.5, 1.5, (n_samples, 2))
    return Dataset(name, X, _jittered(height(X), noise, generator), n_classes=0)


def _from_scikit_learn(name: str) -> Dataset:
    """One of the tables that are installed along with scikit-learn."""
    from sklearn import datasets

    table = getattr(datasets, f"load_{name}")()
    classes = () if name == "diabetes" else tuple(str(name) for name in table.target_names)
    y = table.target.astype(np.intp if classes else np.float64)
    X = table.data.astype(np.float64)
    return Dataset(name, X, y, len(classes), tuple(map(str, table.feature_names)), classes)


def _generator(n_samples: int, noise: float, seed: int, n_classes: int = 2) -> np.random.Generator:
    whole_number("n_classes", n_classes, 2)
    if whole_number("n_samples", n_samples, 1) < n_classes:
        raise InputError(f"{n_classes} classes need at least {n_classes} samples, not {n_samples}.")
    finite_number("noise", noise, 0)
    return np.random.default_rng(whole_number("seed", seed, 0))


def _balanced(n_samples: int, n_classes: int, generator: np.random.Generator) -> np.ndarray:
    """Class numbers in random order, each class as often as the others, give or take one."""
    return generator.permutation(np.arange(n_samples) % n_classes)


def _on_circle(angle: Array) -> Array:
    return np.column_stack([cos(angle), sin(angle)])


def _jittered(values: Array, noise: float, generator: np.random.Generator) -> Array:
    return values + noise * normal(generator, values.shape)
