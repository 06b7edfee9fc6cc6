"""Links and neurons that the page draws on pixels: held against areas found by sampling."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from playground.node import evaluated

WIDTH, HEIGHT = 70, 150
LEFT, XA, XB = 3, 3.4, 72.7  # between whole pixels, as on screens of one and a half
SAMPLES = 8  # along each side of a pixel
WHITE, BLACK = 0xFFFFFFFF, 0xFF000000
# Lets a white stripe be drawn on; returns its pixels.
DRAWS = """async ([place, drawings]) => {
  const { LayerRaster, rounded } = await load("layerRaster.js");
  const { width, height, ...where } = place;
  const stripe = new LayerRaster(new ImageData(width, height), where, 0xffffffff);
  const picture = ({ left, top, size, radius }) => stripe.picture(
    left, top, new Int32Array(size ** 2).fill(0xff000000), rounded(size, radius));
  const kinds = {
    link: ({ ya, yb, look, dashes }) => stripe.link(ya, yb, look, dashes), picture,
    disc: ({ x, y, radius }) => stripe.disc(x, y, radius, 0xff000000),
    clear: ({ left, top, size }) => stripe.clear(left, top, size),
    clearLinks: () => stripe.clearLinks(),
  };
  for (const { kind, ...what } of drawings) kinds[kind](what);
  return btoa(String.fromCharCode(...stripe.image.data));
}"""
PLACE = {"left": LEFT, "width": WIDTH, "height": HEIGHT, "xa": XA, "xb": XB}


def drawn(*drawings: dict[str, Any]) -> np.ndarray:
    """(HEIGHT, WIDTH, 4) bytes."""
    found = evaluated(DRAWS, [PLACE, drawings])
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
    return {"kind": "link", "ya": ya, "yb": yb, "look": look, "dashes": dashes}


def ink(pixels: np.ndarray) -> np.ndarray:
    """How dark each pixel is, from 0 to 1; it must be grey, and opaque."""
    assert (pixels[..., 3] == 255).all()
    assert (pixels[..., :3] == pixels[..., :1]).all()
    return np.asarray(1 - pixels[..., 0] / 255)


def samples(first: int, n: int) -> np.ndarray:
    """The places of the samples along one side of n pixels."""
    offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES
    return np.asarray((first + np.arange(n)[:, None] + offsets).ravel())


def share(inside: np.ndarray) -> np.ndarray:
    """Of each pixel's samples those that are inside."""
    pixels = inside.reshape(HEIGHT, SAMPLES, WIDTH, SAMPLES)
    return np.asarray(pixels.mean(axis=(1, 3)))


def covered(
    ya: float, yb: float, width: float, dashes: dict[str, float] | None = None
) -> np.ndarray:
    """The share of each pixel that lies within half a width of the curve, by many samples."""
    u = np.linspace(0, 1, 3001)
    curve = np.column_stack([XA + (XB - XA) * u, ya + (yb - ya) * (3 * u**2 - 2 * u**3)])
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    x, y = samples(LEFT, WIDTH), samples(0, HEIGHT)
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
    return share(inside)


# Flat, slanted, as steep as in a network of 16 neurons a layer, upwards; hairlines and bands.
LINKS = [(40.5, 40.5, 3.0), (20.0, 60.0, 1.0), (8.3, 141.2, 2.0), (140.0, 10.0, 0.6), (30, 100, 8)]


@pytest.mark.parametrize(("ya", "yb", "width"), LINKS)
def test_a_stroke_covers_the_pixels_that_it_should(ya: float, yb: float, width: float) -> None:
    found, wanted = ink(drawn(link(ya, yb, width=width))), covered(ya, yb, width)
    inner = slice(1, -1)  # at its ends a neuron lies over it
    assert found[:, inner].sum() == pytest.approx(wanted[:, inner].sum(), rel=0.01)
    assert np.abs(found - wanted)[:, inner].max() < 0.25
    assert np.abs(found - wanted)[:, inner].sum() < 0.08 * wanted.sum()


def test_dashes_are_as_long_along_the_curve_as_they_should_be() -> None:
    dashes = {"dash": 9, "period": 14, "offset": 4.5}
    found = ink(drawn(link(20, 120, width=3, dashes=dashes)))
    wanted = covered(20, 120, 3, dashes)
    assert found.sum() == pytest.approx(wanted.sum(), rel=0.03)
    assert np.abs(found - wanted).sum() < 0.2 * wanted.sum()
    whole = ink(drawn(link(20, 120, width=3)))
    assert found.sum() == pytest.approx(9 / 14 * whole.sum(), rel=0.06)


def test_dashes_move_by_their_offset_and_are_the_same_a_period_later() -> None:
    def moved(offset: float) -> np.ndarray:
        dashes = {"dash": 9, "period": 14, "offset": offset}
        return np.asarray(ink(drawn(link(75.5, 75.5, width=1, dashes=dashes)))[75])

    np.testing.assert_array_equal(moved(-3)[3:], moved(11)[3:])
    np.testing.assert_allclose(moved(5)[5:], moved(0)[:-5], atol=1 / 255)


def test_colours_show_through_one_another_in_their_order() -> None:
    red, blue = 0xFF0000FF, 0xFFFF0000  # as ImageData holds them
    both = [
        link(75, 75, width=4, opacity=0.5, colour=red),
        link(75, 75, width=4, opacity=0.25, colour=blue),
    ]
    row = drawn(*both)[75, 30]
    np.testing.assert_allclose(row, [0.75 * 255, 0.375 * 255, 0.375 * 255 + 64, 255], atol=2)


def test_discs_and_pictures_with_round_corners_cover_what_they_should() -> None:
    x, y = samples(LEFT, WIDTH), samples(0, HEIGHT)[:, None]
    disc = np.hypot(x - 30.3, y - 80.6) <= 5.2
    found = ink(drawn({"kind": "disc", "x": 30.3, "y": 80.6, "radius": 5.2}))
    np.testing.assert_allclose(found, share(disc), atol=0.1)
    beyond = np.hypot(np.maximum(np.abs(x - 40) - 8, 0), np.maximum(np.abs(y - 60) - 8, 0))
    picture = {"kind": "picture", "left": 26, "top": 46, "size": 28, "radius": 6}
    np.testing.assert_allclose(ink(drawn(picture)), share(beyond <= 6), atol=0.1)


def test_what_is_cleared_is_paper_again() -> None:
    band = link(75.5, 75.5, width=9)
    cleared = ink(drawn(band, {"kind": "clear", "left": LEFT + 20, "top": 60, "size": 30}))
    assert cleared[:, 20:50].max() == 0
    untouched = ink(drawn(band))
    np.testing.assert_array_equal(cleared[:, :20], untouched[:, :20])
    np.testing.assert_array_equal(cleared[:, 50:], untouched[:, 50:])
    corner = {"kind": "clear", "left": LEFT - 10, "top": -10, "size": 500}
    assert ink(drawn(band, corner)).max() == 0
    assert ink(drawn(band, {"kind": "clearLinks"})).max() == 0


def test_nothing_is_drawn_beyond_the_pixels() -> None:
    found = ink(drawn(link(-20, HEIGHT + 30, width=6)))
    np.testing.assert_allclose(found[:, 1:-1], covered(-20, HEIGHT + 30, 6)[:, 1:-1], atol=0.3)
