"""Links that the page draws on pixels: held against the area that a stroke covers, by sampling."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from playground.test_page import Visit, visit

__all__ = ["visit"]  # a fixture

WIDTH, HEIGHT = 70, 150
LEFT, XA, XB = 3, 3.4, 72.7  # between whole pixels, as on screens of one and a half
SAMPLES = 8  # along each side of a pixel
WHITE, BLACK = 0xFFFFFFFF, 0xFF000000
# Draws links on white paper; returns the pixels.
DRAWS = """async ([links, [width, height, left, xa, xb]]) => {
  const { Strokes } = await import("/strokes.js");
  const strokes = new Strokes(left, width, height, xa, xb);
  strokes.clear(0xffffffff);
  for (const { ya, yb, look, dashes } of links) strokes.draw(ya, yb, look, dashes);
  return btoa(String.fromCharCode(...strokes.image.data));
}"""


@pytest.fixture
def page(visit: Callable[..., Visit]) -> Any:
    return visit().page


def drawn(page: Any, *links: dict[str, Any]) -> np.ndarray:
    """(HEIGHT, WIDTH, 4) bytes."""
    found = page.evaluate(DRAWS, [links, [WIDTH, HEIGHT, LEFT, XA, XB]])
    return np.frombuffer(base64.b64decode(found), np.uint8).reshape(HEIGHT, WIDTH, 4)


def link(
    ya: float,
    yb: float,
    *,
    width: float,
    opacity: float = 1.0,
    colour: int = BLACK,
    dashes: dict[str, float] | None = None,
) -> dict[str, Any]:
    look = {"colour": colour, "opacity": opacity, "width": width}
    return {"ya": ya, "yb": yb, "look": look, "dashes": dashes}


def ink(pixels: np.ndarray) -> np.ndarray:
    """How dark each pixel is, from 0 to 1; it must be grey, and opaque."""
    assert (pixels[..., 3] == 255).all()
    assert (pixels[..., :3] == pixels[..., :1]).all()
    return np.asarray(1 - pixels[..., 0] / 255)


def covered(
    ya: float, yb: float, width: float, dashes: dict[str, float] | None = None
) -> np.ndarray:
    """The share of each pixel that lies within half a width of the curve, by many samples."""
    u = np.linspace(0, 1, 6001)
    curve = np.column_stack([XA + (XB - XA) * u, ya + (yb - ya) * (3 * u**2 - 2 * u**3)])
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES
    x = (LEFT + np.arange(WIDTH)[:, None] + offsets).ravel()
    y = (np.arange(HEIGHT)[:, None] + offsets).ravel()
    inside: np.ndarray = np.zeros((len(y), len(x)), bool)
    for column, at in enumerate(x):  # only pieces of the curve that may be near
        near = np.abs(curve[:, 0] - at) <= width / 2 + 0.1
        away = np.hypot(curve[near, 0] - at, curve[near, 1] - y[:, None])
        nearest = away.argmin(axis=1)
        hit = away[np.arange(len(y)), nearest] <= width / 2
        if dashes:
            along = (length[near][nearest] - dashes["offset"]) % dashes["period"]
            hit &= along < dashes["dash"]
        inside[:, column] = hit
    inside = inside.reshape(HEIGHT, SAMPLES, WIDTH, SAMPLES)
    return np.asarray(inside.mean(axis=(1, 3)))


# Flat, slanted, as steep as in a network of 16 neurons a layer, upwards; hairlines and bands.
LINKS = [(40.5, 40.5, 3.0), (20.0, 60.0, 1.0), (8.3, 141.2, 2.0), (140.0, 10.0, 0.6), (30, 100, 8)]


@pytest.mark.parametrize(("ya", "yb", "width"), LINKS)
def test_a_stroke_covers_the_pixels_that_it_should(
    page: Any, ya: float, yb: float, width: float
) -> None:
    found, wanted = ink(drawn(page, link(ya, yb, width=width))), covered(ya, yb, width)
    inner = slice(1, -1)  # at its ends a neuron lies over it
    assert found[:, inner].sum() == pytest.approx(wanted[:, inner].sum(), rel=0.01)
    assert np.abs(found - wanted)[:, inner].max() < 0.25
    assert np.abs(found - wanted)[:, inner].sum() < 0.08 * wanted.sum()


def test_dashes_are_as_long_along_the_curve_as_they_should_be(page: Any) -> None:
    dashes = {"dash": 9, "period": 14, "offset": 4.5}
    found = ink(drawn(page, link(20, 120, width=3, dashes=dashes)))
    wanted = covered(20, 120, 3, dashes)
    assert found.sum() == pytest.approx(wanted.sum(), rel=0.03)
    assert np.abs(found - wanted).sum() < 0.2 * wanted.sum()
    whole = ink(drawn(page, link(20, 120, width=3)))
    assert found.sum() == pytest.approx(9 / 14 * whole.sum(), rel=0.06)


def test_dashes_move_by_their_offset_and_are_the_same_a_period_later(page: Any) -> None:
    def moved(offset: float) -> np.ndarray:
        dashes = {"dash": 9, "period": 14, "offset": offset}
        return np.asarray(ink(drawn(page, link(75.5, 75.5, width=1, dashes=dashes)))[75])

    np.testing.assert_array_equal(moved(-3)[3:], moved(11)[3:])
    np.testing.assert_allclose(moved(5)[5:], moved(0)[:-5], atol=1 / 255)


def test_colours_show_through_one_another_in_their_order(page: Any) -> None:
    red, blue = 0xFF0000FF, 0xFFFF0000  # as ImageData holds them
    both = [
        link(75, 75, width=4, opacity=0.5, colour=red),
        link(75, 75, width=4, opacity=0.25, colour=blue),
    ]
    row = drawn(page, *both)[75, 30]
    np.testing.assert_allclose(row, [0.75 * 255, 0.375 * 255, 0.375 * 255 + 64, 255], atol=2)


def test_nothing_is_drawn_beyond_the_pixels(page: Any) -> None:
    found = ink(drawn(page, link(-20, HEIGHT + 30, width=6)))
    np.testing.assert_allclose(found[:, 1:-1], covered(-20, HEIGHT + 30, 6)[:, 1:-1], atol=0.3)
