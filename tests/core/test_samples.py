"""What is refused as data, and that the sentence says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.core.samples import checked_targets

BINARY = gn.Network((2, 1))
THREE_CLASSES = gn.Network((2, 3))
REGRESSION = gn.Network((2, 1), loss="mean_squared_error")
TWO_VALUES = gn.Network((2, 2), loss="mean_squared_error")
X = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]


def trace(network: gn.Network, X: Any, y: Any, weight: Any = None) -> gn.Trace:
    return gn.trace(network, gn.Parameters.initial(network, seed=0), X, y, weight)


@pytest.mark.parametrize(
    ("network", "X", "y", "sentence"),
    [
        (BINARY, X, [0, 1], r"X has shape (3, 2) and y has shape (2,)"),
        (BINARY, [[0.0], [1.0]], [0, 1], "must have shape (n_samples, 2)"),
        (BINARY, [0.0, 1.0], [0, 1], "must have shape (n_samples, 2)"),
        (BINARY, np.empty((0, 2)), [], "no rows"),
        (BINARY, [[0, 1], [2, np.nan], [4, 5]], [0, 1, 0], "holds nan at row 1 and column 1"),
        (BINARY, [[0, 1], [2, 3], [-np.inf, 5]], [0, 1, 0], "holds -inf at row 2 and column 0"),
        (BINARY, [["a", "b"]], [0], "X must be an array of real numbers"),
        (BINARY, [[1, 2], [3]], [0, 1], "X must be an array of real numbers"),
        (BINARY, [[1j, 2]], [0], "complex"),
        (BINARY, [["1", "2"]], [0], "X must be an array of real numbers"),
        (BINARY, np.array([["2026-01-01", "2026-01-02"]], "datetime64[D]"), [0], "datetime64"),
        (BINARY, np.ma.masked_invalid([[1, np.nan]]), [0], "masked"),
        (BINARY, X, [0, 1, 2], "label must be 0 or 1, but y holds 2 at row 2"),
        (BINARY, X, [0, 0.5, 1], "y holds 0.5 at row 1"),
        (BINARY, X, [0, np.nan, 1], "y must be finite, but holds nan at row 1"),
        (BINARY, X, 1, "one row per sample"),
        (THREE_CLASSES, X, [0, 1, 3], "class number from 0 to 2, but y holds 3 at row 2"),
        (THREE_CLASSES, X, [0, -1, 2], "y holds -1 at row 1"),
        (THREE_CLASSES, X, np.eye(3), "one class number per sample"),
        (TWO_VALUES, X, [0, 1, 2], "must have shape (3, 2)"),
    ],
)
def test_bad_samples_are_refused_in_one_sentence(
    network: gn.Network, X: Any, y: Any, sentence: str
) -> None:
    with pytest.raises(gn.InputError) as caught:
        trace(network, X, y)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        ([1, 2], "must have shape (3,)"),
        ([1, -1, 1], "must not be negative"),
        ([0, 0, 0], "or all zero"),
        ([1e308, 1e308, 1e308], "their sum must be finite"),
        ([1, np.inf, 1], "holds inf at row 1"),
    ],
)
def test_bad_weights_are_refused(weight: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError) as caught:
        trace(BINARY, X, [0, 1, 0], weight)
    assert sentence in str(caught.value)


def test_labels_of_any_kind_and_shape_mean_the_same() -> None:
    expected = trace(BINARY, X, [0, 1, 0]).loss
    for y in (
        [False, True, False],
        [0.0, 1.0, 0.0],
        [[0], [1], [0]],
        np.array([0, 1, 0], np.uint8),
    ):
        assert trace(BINARY, X, y).loss == expected
    assert (trace(THREE_CLASSES, X, [2, 0, 1]).y == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]).all()
    assert trace(REGRESSION, X, [1.5, 2, -3]).y.tolist() == [[1.5, 2, -3]]


def test_targets_of_labels_in_a_file_are_mapped_from_a_file(tmp_path: Path) -> None:
    labels = np.arange(200_000) % 3
    np.save(tmp_path / "y.npy", labels.astype("float32"))
    y = np.load(tmp_path / "y.npy", mmap_mode="r")
    network = gn.Network((1, 3))
    Y = checked_targets(network, np.zeros((200_000, 1), "float32"), y)
    assert isinstance(Y.base, np.memmap)
    assert Y.dtype == "float32"
    assert (Y == np.eye(3)[labels]).all()
    assert list(tmp_path.iterdir()) == [tmp_path / "y.npy"]
