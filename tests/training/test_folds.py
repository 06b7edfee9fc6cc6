"""Folds hold each row out once, keep what belongs together, and never look back from the future."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.folds import Fold, forward_folds, grouped_folds, shuffled_folds


def held_out_once(folds: list[Fold], n: int) -> None:
    """Each row is held out by one fold, which trains on all others."""
    assert sorted(np.concatenate([fold.held_out for fold in folds])) == list(range(n))
    for fold in folds:
        assert sorted([*fold.training, *fold.held_out]) == list(range(n))


@pytest.mark.parametrize(("n", "k"), [(23, 5), (10, 10), (3, 5), (2, 2)])
def test_every_row_is_held_out_once_and_each_class_alike(n: int, k: int) -> None:
    classes = np.random.default_rng(1).integers(0, 3, n)
    folds = shuffled_folds(n, k, 7, classes)
    held_out_once(folds, n)
    assert len(folds) == min(n, k)
    sizes = [len(fold.held_out) for fold in folds]
    assert max(sizes) - min(sizes) <= 1
    for label in range(3):
        counts = [int((classes[fold.held_out] == label).sum()) for fold in folds]
        assert max(counts) - min(counts) <= 1
    again = shuffled_folds(n, k, 7, classes)
    assert all(np.array_equal(a.held_out, b.held_out) for a, b in zip(folds, again, strict=True))


def test_equal_groups_are_never_on_both_sides() -> None:
    groups = np.random.default_rng(0).choice(["a", "b", "c", "d", "e", "f"], 60)
    folds = grouped_folds(groups, 4, 0)
    held_out_once(folds, 60)
    for fold in folds:
        assert not set(groups[fold.training]) & set(groups[fold.held_out])
    assert len(grouped_folds(np.array([1, 1, 2]), 5, 0)) == 2
    with pytest.raises(gn.InputError, match="one group"):
        grouped_folds(np.ones(9), 5, 0)


def test_later_rows_are_predicted_from_earlier_ones() -> None:
    times = np.random.default_rng(0).integers(0, 40, 100)
    folds = forward_folds(times, 5)
    assert len(folds) == 5
    for fold, later in zip(folds, [*folds[1:], None], strict=True):
        assert times[fold.training].max() < times[fold.held_out].min()
        if later is not None:
            assert sorted(later.training) == sorted([*fold.training, *fold.held_out])
    assert len(forward_folds(np.array([1, 1, 1, 2, 2]), 5)) == 1
    with pytest.raises(gn.InputError, match="same time"):
        forward_folds(np.zeros(9), 5)


def test_one_row_alone_has_no_folds() -> None:
    with pytest.raises(gn.InputError, match="only 1 sample"):
        shuffled_folds(1, 5, 0)
