"""Samples as users give them, checked and turned into the arrays the mathematics runs on.

Public X is (n_samples, n_features) and y is (n_samples,) or (n_samples, n_outputs): one row a
sample. Targets Y are always (n_samples, n_outputs): 0/1 for two classes, one-hot for more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.errors import InputError, instance_of

ROWS_AT_ONCE = 2**16


class Samples(NamedTuple):
    """Checked samples: X (n_samples, n_features), Y (n_samples, n_outputs) and what each counts,
    (n_samples,), or None where each counts once.
    """

    X: Array
    Y: Array
    weight: Array | None

    def chosen(self, rows: np.ndarray | slice) -> Samples:
        """Only these rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Samples(self.X[rows], self.Y[rows], weight)

    @property
    def labels(self) -> np.ndarray:
        """The class number of each sample, (n_samples,): 0/1 for a single output."""
        Y = self.Y
        return Y.argmax(axis=1) if Y.shape[1] > 1 else Y[:, 0].astype(np.intp)

    def targets(self, network: Network) -> np.ndarray:
        """y as `train` takes it for this network: class numbers, or the values of a regression."""
        return np.asarray(self.Y) if network.is_regression else self.labels

    def class_sums(self, n_classes: int) -> Array:
        """The sum of the weights of each class, (n_classes,)."""
        weight = np.ones(len(self.X), self.X.dtype) if self.weight is None else self.weight
        return np.bincount(self.labels, weight, n_classes).astype(np.float64)

    def times_class(self, by_class: Array) -> Samples:
        """The samples with each weight times that of its class."""
        factor = by_class[self.labels].astype(self.X.dtype)
        return self._replace(weight=factor if self.weight is None else self.weight * factor)

    def some(self, most: int) -> Samples:
        """Return at most so many of the samples, evenly spaced."""
        return self.chosen(slice(None, None, -(-len(self.X) // most)))

    @property
    def here(self) -> bool:
        """Whether they are in this process."""
        return True

    def kept(self, most_bytes: int) -> Samples | None:
        """The samples, in the memory of this process whatever their size."""
        return self

    def fingerprint(self) -> str:
        """A SHA-256 of shapes, types and every value: equal for equal data only."""
        digest = hashlib.sha256()
        for array in (self.X, self.Y, self.weight):
            if array is None:
                digest.update(b"none")
                continue
            digest.update(f"{array.dtype} {array.shape}".encode())
            for _, part in parts(array):
                digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()


def checked_data(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    dtype: str,
) -> Samples:
    """X, the targets Y and the weights, each as below. Raises InputError unless all fit."""
    samples = checked_samples(network, X, dtype)
    targets = checked_targets(network, samples, y)
    return Samples(samples, targets, checked_weight(samples, sample_weight))


def checked_samples(network: Network, X: ArrayLike, dtype: str = "float64") -> Array:
    """X as a finite (n_samples, n_features) array of the network's input size.

    Raises InputError for another shape, no rows, or a value that is not a finite number.
    """
    instance_of("network", network, Network)
    array = _numbers(X, "X", dtype)
    if array.ndim != 2 or array.shape[1] != network.sizes[0]:
        raise InputError(
            f"X must have shape (n_samples, {network.sizes[0]}) for a network of sizes "
            f"{network.sizes}, but has {array.shape}."
        )
    if len(array) == 0:
        raise InputError("X has no rows: give at least one sample.")
    _refuse_not_finite(array, "X")
    return array


def checked_targets(network: Network, X: Array, y: ArrayLike) -> Array:
    """y as the (n_samples, n_outputs) targets Y that the network's loss compares with.

    Raises InputError if the shape differs from X's rows or the labels do not fit the loss.
    """
    array = _numbers(y, "y", X.dtype.name)
    if array.ndim == 0 or len(array) != len(X):
        raise InputError(
            "X and y must have one row per sample each, "
            f"but X has shape {X.shape} and y has shape {array.shape}."
        )
    _refuse_not_finite(array, "y")
    n_out = network.sizes[-1]
    if network.loss == "categorical_cross_entropy":
        return _one_hot(array, n_out, _folder_of(y))
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.shape != (len(X), n_out):
        raise InputError(
            f"y must have shape {(len(X), n_out)} for a network with {n_out} outputs, "
            f"but has {array.shape}."
        )
    if network.loss == "poisson" and (array < 0).any():
        row = int(np.argmax((array < 0).any(axis=1)))
        raise InputError(
            f"The poisson loss is for counts from 0, but y holds {array[row].min():g} in row {row}."
        )
    if network.loss == "binary_cross_entropy":
        for first, part in parts(array):
            _refuse_labels(part, (part == 0) | (part == 1), "0 or 1", network.loss, first)
    return array


def checked_weight(
    X: Array, sample_weight: ArrayLike | None, *, whole: bool = True
) -> Array | None:
    """Sample weights as (n_samples,), or None where every sample counts once.

    Raises InputError unless there is one finite weight from 0 for each row, and if these are the
    `whole` of the samples, not all of them 0.
    """
    if sample_weight is None:
        return None
    weight = _numbers(sample_weight, "sample_weight", X.dtype.name)
    if weight.shape != (len(X),):
        raise InputError(
            f"sample_weight must have shape {(len(X),)}, one per row of X, but has {weight.shape}."
        )
    _refuse_not_finite(weight, "sample_weight")
    with np.errstate(over="ignore"):
        total = weight.sum()
    if whole or weight.min() < 0:
        checked_total(float(total) if weight.min() >= 0 else -1.0)
    return weight


def checked_total(weight_sum: float) -> None:
    """Raise InputError unless so much is what all samples together can count."""
    if not 0 < weight_sum < np.inf:
        raise InputError(
            "Sample weights must not be negative or all zero, and their sum must be finite."
        )


def _numbers(values: ArrayLike, name: str, dtype: str) -> Array:
    try:
        array = np.asarray(values)
        # numpy would read dates, texts and complex numbers as numbers of some kind, silently
        if array.dtype.kind not in "biufO":
            raise TypeError(f"these are of type {array.dtype}")
        if np.ma.is_masked(values):
            raise TypeError("some are masked")
        # Overflow to infinity in float32 is refused below with its place, so no warning here.
        with np.errstate(over="ignore"):
            return array.astype(dtype, copy=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be an array of real numbers ({error}).") from None


def _refuse_not_finite(array: Array, name: str) -> None:
    for first, part in parts(array):
        wrong = np.argwhere(~np.isfinite(part))
        if len(wrong):
            value = part[tuple(wrong[0])]
            place = [first + int(wrong[0][0]), *wrong[0][1:]]
            words = " and ".join(
                f"{axis} {i}" for axis, i in zip(("row", "column"), place, strict=False)
            )
            raise InputError(
                f"{name} must be finite, but holds {value} at {words} (counted from 0): "
                "remove or replace that value."
            )


def parts(array: Array) -> Iterator[tuple[int, Array]]:
    """Some rows at a time, with the number of the first: a check then needs little memory."""
    for first in range(0, len(array), ROWS_AT_ONCE):
        yield first, array[first : first + ROWS_AT_ONCE]


def _folder_of(values: ArrayLike) -> Path | None:
    """Where the file is that an array is mapped from, if it is."""
    if not isinstance(values, np.memmap) or values.filename is None:
        return None
    return Path(values.filename).parent


def _one_hot(labels: Array, n_classes: int, folder: Path | None) -> Array:
    """Class numbers (n,) as (n, n_classes), mapped from a nameless file if there is a folder."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InputError(f"y must hold one class number per sample, but has shape {labels.shape}.")
    fits = (labels >= 0) & (labels < n_classes) & (labels == np.floor(labels))
    known = f"a class number from 0 to {n_classes - 1}"
    _refuse_labels(labels, fits, known, "categorical_cross_entropy")
    shape = (len(labels), n_classes)
    if folder is None:
        Y = np.zeros(shape, labels.dtype)
    else:  # labels that came from a file are many, and this is several times as much
        with TemporaryFile(dir=folder) as file:
            Y = np.asarray(np.memmap(file, labels.dtype, "w+", shape=shape))
    for first, part in parts(labels):
        Y[np.arange(first, first + len(part)), part.astype(np.intp)] = 1
    return Y


def _refuse_labels(
    labels: Array, fits: np.ndarray, expected: str, loss: str, first: int = 0
) -> None:
    if fits.all():
        return
    row = int(np.argwhere(~fits)[0][0])
    raise InputError(
        f"With {loss} every label must be {expected}, "
        f"but y holds {labels[row].item():g} at row {first + row} (counted from 0)."
    )
