"""Pictures that the page makes of shades: held against numpy's interpolation, pixel by pixel."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from playground.node import evaluated

CELLS = 12
# Makes pictures of these shades, one after the other on the same pixels; returns the last.
MAKES = """async ([shades, cells, size, hard]) => {
  const { Heatmaps } = await load("heatmapRaster.js");
  const { theme, classColour } = await load("colours.js");
  const pixels = new Heatmaps();
  const others = shades.map((some) => hard === null
    ? pixels.column(Uint8Array.from(some), cells, size)
    : pixels.plane(Uint8Array.from(some), cells, size, hard));
  const text = String.fromCharCode(...pixels.image.data);
  return { others, bytes: btoa(text), scale: [...(hard ? theme.ends : theme.scale)],
    colours: [0, 1, 2].map(classColour) };
}"""


def made(*shades: np.ndarray, size: int, hard: bool | None) -> tuple[np.ndarray, dict[str, Any]]:
    """(pictures, size, size, 4) and what the page says of them."""
    found = evaluated(MAKES, [[some.ravel().tolist() for some in shades], CELLS, size, hard])
    data = np.frombuffer(base64.b64decode(found["bytes"]), np.uint8)
    return data.reshape(-1, size, size, 4), found


def between(grid: np.ndarray, size: int) -> np.ndarray:
    """The values of a grid at the centres of size x size pixels, the first row the highest."""
    centres = (np.arange(size) + 0.5) * CELLS / size - 0.5
    across = np.array([np.interp(centres, np.arange(CELLS), row) for row in grid])
    whole = np.array([np.interp(centres, np.arange(CELLS), column) for column in across.T]).T
    return whole[::-1]


def colours_of(words: list[int]) -> np.ndarray:
    """(256, 4) bytes."""
    return np.array(words, np.int64).astype(np.uint32).view(np.uint8).reshape(-1, 4)


def random_grids(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, CELLS, CELLS))


@pytest.mark.parametrize("hard", [False, True])
def test_between_cells_lie_the_colours_of_the_values_between_theirs(hard: bool) -> None:
    [grid] = random_grids(1)
    [picture], found = made(grid, size=61, hard=hard)
    scale = colours_of(found["scale"])
    values = between(grid, 61) + 0.5
    clear = np.abs(values - np.round(values)) > 0.01  # of being rounded one way or the other
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(picture[clear], scale[np.floor(values).astype(int)][clear])


def test_pictures_that_are_hardly_enlarged_have_the_colours_of_their_cells() -> None:
    grids = random_grids(3)
    pictures, found = made(grids, size=CELLS, hard=None)
    np.testing.assert_array_equal(pictures, colours_of(found["scale"])[grids[:, ::-1]])


@pytest.mark.parametrize("size", [CELLS, 61])
def test_only_what_differs_is_made_and_that_as_anew(size: int) -> None:
    before = random_grids(3)
    after = before.copy()
    after[0, 5, 3] ^= 128
    after[2, 0] ^= 64
    fresh, _ = made(after, size=size, hard=None)
    again, found = made(before, before, after, size=size, hard=None)
    assert found["others"] == [[True] * 3, [False] * 3, [True, False, True]]
    np.testing.assert_array_equal(again, fresh)


def test_of_several_classes_the_largest_gives_the_colour_or_all_by_their_shares() -> None:
    grids = random_grids(3)
    [hard], found = made(grids, size=61, hard=True)
    values = np.array([between(grid, 61) for grid in grids])
    first, second = np.sort(values, axis=0)[[-1, -2]]
    clear = first - second > 0.01
    rgb = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in found["colours"]])
    ground, share = 255 * 0.45, 0.55
    certain = np.minimum(ground + share * rgb, 255)
    np.testing.assert_allclose(hard[..., :3][clear], certain[values.argmax(axis=0)][clear], atol=1)
    [soft], _ = made(grids, size=61, hard=False)
    cells = np.minimum(ground + share * np.einsum("kij,kc->cij", grids / 255, rgb), 255)
    mixed = np.stack([between(channel, 61) for channel in cells], axis=-1)
    np.testing.assert_allclose(soft[..., :3], mixed, atol=1.6)  # rounded twice
    assert (soft[..., 3] == 255).all()
