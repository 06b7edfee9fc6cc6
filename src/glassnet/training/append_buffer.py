"""Rows of numbers that are added to piece by piece, for as long as a training goes on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 256 * 2**10


class AppendBuffer:
    """Rows that are added to: (n, ...). To add some, or to look at one, does not copy the others.

    They lie in blocks of equal size behind those that were joined; asking for `all` joins them.
    """

    def __init__(self, first: np.ndarray) -> None:
        self._joined = first
        self._blocks: list[np.ndarray] = []
        self._n = len(first)
        row_bytes = first.dtype.itemsize * int(np.prod(first.shape[1:]))
        self._size = max(BLOCK_BYTES // max(row_bytes, 1), 1)

    def __len__(self) -> int:
        return self._n

    def __reduce__(self) -> tuple[type[AppendBuffer], tuple[np.ndarray]]:
        return AppendBuffer, (self.all,)  # without the room for more

    def __getitem__(self, k: int) -> np.ndarray:
        """Row k; of negative ones from the end."""
        if not -self._n <= k < self._n:
            raise IndexError(f"there is no row {k}: there are {self._n}")
        block, within = divmod(k % self._n - len(self._joined), self._size)
        return self._joined[k % self._n] if block < 0 else self._blocks[block][within]

    @property
    def all(self) -> np.ndarray:
        """Every row so far, (n, ...), which later ones do not change."""
        if self._blocks:
            self._joined = np.concatenate(list(self._pieces()))
            self._blocks = []
        return self._joined

    def add(self, rows: np.ndarray) -> None:
        """Add further rows at the end."""
        while len(rows):
            used = (self._n - len(self._joined)) % self._size
            if used == 0:
                shape = (self._size, *self._joined.shape[1:])
                self._blocks.append(np.empty(shape, self._joined.dtype))
            part, rows = rows[: self._size - used], rows[self._size - used :]
            self._blocks[-1][used : used + len(part)] = part
            self._n += len(part)

    def upto(self, n: int) -> AppendBuffer:
        """The first n of these rows, to be added to by themselves; full blocks are shared."""
        left = n - len(self._joined)
        first = AppendBuffer(self._joined[:n])
        first._blocks = self._blocks[: max(-(-left // self._size), 0)]
        if first._blocks:
            first._blocks[-1] = first._blocks[-1].copy()
        first._n = n
        return first

    def every_second(self) -> AppendBuffer:
        """The first of these rows, the third, and so on."""
        chosen = AppendBuffer(self._joined[:0])
        at = 0
        for piece in self._pieces():
            chosen.add(piece[at % 2 :: 2])
            at += len(piece)
        return chosen

    def _pieces(self) -> Iterator[np.ndarray]:
        """The rows in arrays that follow each other."""
        yield self._joined
        left = self._n - len(self._joined)
        for block in self._blocks:
            yield block[:left]
            left -= len(block)
