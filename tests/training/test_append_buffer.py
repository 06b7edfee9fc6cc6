"""Rows that are added to are those of numpy's concatenate, whatever the pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.training import append_buffer
from glassnet.training.append_buffer import AppendBuffer

PIECES = st.lists(st.integers(0, 40), min_size=1, max_size=12)


@given(pieces=PIECES, width=st.sampled_from([None, 1, 3]), looks=st.sets(st.integers(0, 11)))
def test_rows_are_what_was_added(pieces: list[int], width: int | None, looks: set[int]) -> None:
    shape = () if width is None else (width,)
    every = np.arange(sum(pieces) * (width or 1), dtype=float).reshape(-1, *shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(append_buffer, "BLOCK_BYTES", 7 * 8)
        kept, at = AppendBuffer(every[: pieces[0]]), pieces[0]
        for number, n in enumerate(pieces[1:]):
            kept.add(every[at : at + n])
            at += n
            if number in looks:
                assert np.array_equal(kept.all, every[:at])
        n = len(every) // 2
        other = kept.upto(n)
        other.add(-every[:20])
        assert np.array_equal(other.all, np.concatenate([every[:n], -every[:20]]))
    assert len(kept) == len(every)
    assert all(np.array_equal(kept[k], every[k]) for k in range(-len(every), len(every)))
    assert np.array_equal(kept.every_second().all, every[::2])
    assert np.array_equal(kept.all, every)
    with pytest.raises(IndexError):
        kept[len(every)]
