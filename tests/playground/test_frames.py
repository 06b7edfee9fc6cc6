"""Frames come back as they were packed, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.playground.frames import packed, shades, unpacked


def test_arrays_come_back_bit_for_bit() -> None:
    arrays: dict[str, np.ndarray] = {
        "none": np.empty((0, 3)),
        "numbers": np.random.default_rng(0).normal(size=(3, 5)),
        "single": np.arange(3, dtype=np.float32),
        "shades": np.arange(7, dtype=np.uint8),
        "view": np.arange(12.0).reshape(3, 4).T,
    }
    header, back = unpacked(packed({"epoch": 3, "name": "ä"}, arrays))
    assert header == {"epoch": 3, "name": "ä"}
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


def test_every_array_begins_where_a_browser_can_read_it() -> None:
    message = packed({"a": "x"}, {"s": np.zeros(3, np.uint8), "d": np.array([1.0])})
    assert len(message) % 8 == 0
    assert message[-8:] == np.array([1.0]).tobytes()


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        unpacked(b"GNF2" + packed({}, {})[4:])


def test_shades_run_from_end_to_end() -> None:
    values = np.array([-9.0, 0, 0.5, 1, 9, np.nan])
    assert shades(values, 0, 1).tolist() == [0, 0, 128, 255, 255, 128]
