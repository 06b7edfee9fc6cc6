"""Which rows are kept for validation: decided by a hash of the row's number and the seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


def validation_rows(n: int, fraction: float, seed: int, classes: np.ndarray | None) -> np.ndarray:
    """True for the rows, (n,), that are kept for validation: about `fraction` of them.

    With class numbers (n,) each class gives its share, rounded to whole rows, so that a class of
    one row stays in training. The rows are those with the smallest hash, so that the same rows
    and seed always give the same split. The hash is SplitMix64 (Steele, Lea and Flood 2014).
    """
    chosen = np.zeros(n, bool)
    order = _hashes(n, seed)
    groups: Iterable[np.ndarray] = [np.ones(n, bool)] if classes is None else _members(classes)
    for member in groups:
        hashes = order[member]
        count = min(round(fraction * len(hashes)), len(hashes) - 1)
        if count > 0:
            hashes.partition(count - 1)  # no two are the same, so that these are exactly `count`
            chosen |= member & (order <= hashes[count - 1])
    return chosen


def _members(classes: np.ndarray) -> Iterator[np.ndarray]:
    return (classes == number for number in np.unique(classes))


def _hashes(n: int, seed: int) -> np.ndarray:
    """A whole number for each row; no two rows have the same."""
    start = np.random.SeedSequence(seed).generate_state(1, np.uint64)
    z: np.ndarray = start + np.arange(1, n + 1, dtype=np.uint64) * _GOLDEN
    for shift, factor in _MIX:
        z ^= z >> shift  # in place, for the rows may be many
        z *= factor
    z ^= z >> np.uint64(31)
    return z
