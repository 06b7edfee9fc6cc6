"""Folds: parts of the rows, each predicted by networks that were trained without it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassnet.errors import InputError

USUAL = 5


class Fold(NamedTuple):
    """The numbers of the rows to train on, and of those to predict then."""

    training: np.ndarray
    held_out: np.ndarray


def shuffled_folds(
    n_rows: int, n_folds: int, seed: int, classes: np.ndarray | None = None
) -> list[Fold]:
    """Return folds of rows drawn at random, each with its share of every class.

    The rows of a class, in random order, are dealt one fold after the other, and the next class
    goes on where it ended: folds differ by one row at most, in all and of each class.

    Parameters
    ----------
    n_rows, n_folds, seed : int
        How many rows and folds, and where the random numbers start.
    classes : array of shape (n_rows,), optional
        The class number of each row.

    Returns
    -------
    list of Fold
        As many as asked for, but not more than rows.
    """
    n_folds = _checked_number(n_rows, n_folds)
    order = np.random.default_rng([seed, 2]).permutation(n_rows)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    number = np.empty(n_rows, np.intp)
    number[order] = np.arange(n_rows) % n_folds
    return _by_number(number, n_folds)


def grouped_folds(groups: np.ndarray, n_folds: int, seed: int) -> list[Fold]:
    """Return folds that keep the rows of a group together.

    Groups go, the largest first and equal ones at random, to the fold with the fewest rows.

    Parameters
    ----------
    groups : array of shape (n_rows,)
        The group of each row, whatever it is called.
    n_folds, seed : int
        How many folds, and where the random numbers start.

    Returns
    -------
    list of Fold
        As many as asked for, but not more than groups.

    Raises
    ------
    InputError
        If there is one group only.
    """
    _, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        raise InputError("All rows are of one group, so that none can be predicted by others.")
    n_folds = _checked_number(len(sizes), n_folds)
    chance = np.random.default_rng([seed, 2]).permutation(len(sizes))
    fold_of, filled = np.empty(len(sizes), np.intp), np.zeros(n_folds)
    for group in sorted(range(len(sizes)), key=lambda i: (-sizes[i], chance[i])):
        fold_of[group] = int(np.argmin(filled))
        filled[fold_of[group]] += sizes[group]
    return _by_number(fold_of[number], n_folds)


def forward_folds(times: np.ndarray, n_folds: int) -> list[Fold]:
    """Return folds in which later rows are predicted from earlier ones, never the reverse.

    The times fall into n_folds + 1 parts; fold i trains on the first i and predicts the next.
    Rows of the same time are never on both sides, and those of the first part are not predicted.

    Parameters
    ----------
    times : array of shape (n_rows,)
        When each row was, as numbers or dates.
    n_folds : int
        How many folds.

    Returns
    -------
    list of Fold
        As many as asked for, or fewer where many rows have one time.

    Raises
    ------
    InputError
        If all rows have one time.
    """
    moments, at, counts = np.unique(times, return_inverse=True, return_counts=True)
    if len(moments) < 2:
        raise InputError("All rows have the same time, so that none is later than another.")
    n_folds = _checked_number(len(moments), n_folds + 1) - 1
    before = np.concatenate([[0], np.cumsum(counts)[:-1]])  # rows earlier than each time
    part = before * (n_folds + 1) // len(times)
    part = np.unique(part, return_inverse=True)[1]  # a time of many rows may leave parts empty
    part = part[at]
    return [
        Fold(np.flatnonzero(part < i), np.flatnonzero(part == i)) for i in range(1, part.max() + 1)
    ]


def _checked_number(n: int, n_folds: int) -> int:
    if n < 2:
        raise InputError("There is only 1 sample, which no other predicts: give two or more.")
    return min(n, n_folds)


def _by_number(number: np.ndarray, n_folds: int) -> list[Fold]:
    return [Fold(np.flatnonzero(number != i), np.flatnonzero(number == i)) for i in range(n_folds)]
