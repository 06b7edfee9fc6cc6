"""Colours that say what a network answers: for two classes, for many, and for a regression.

The scale "tutorial" is the tutorial's, red (1 - a, a, 0) green. The scale "safe" is made for
readers who cannot tell these apart: it runs from vermilion over near-white to blue, two colours
of Okabe and Ito (2008), whose palette also serves more than two classes in either scale.
"""

from __future__ import annotations

from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core.network import CLASS_LOSSES
from glassnet.core.parameters import Array
from glassnet.errors import InputError

Scale = Literal["tutorial", "safe"]
SCALES: tuple[Scale, ...] = ("tutorial", "safe")

TUTORIAL = ("#d00000", "#009000")
OKABE_ITO = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#555555")
MARKERS = "osD^vP*X"
POSITIVE, NEGATIVE = "#0072b2", "#d55e00"  # of weights and gradients
PALE = np.array([0.97, 0.97, 0.97])


def check_scale(scale: str) -> None:
    """Raise InputError unless it is the name of a scale."""
    if scale not in SCALES:
        raise InputError(f"Unknown colour scale {scale!r:.80}: choose one of {', '.join(SCALES)}.")


def class_colour(number: int, n_classes: int, scale: Scale) -> str:
    """The colour of points of a class: red and green only where there are but two."""
    if scale == "tutorial" and n_classes == len(TUTORIAL):
        return TUTORIAL[number]
    darker = 0.55 ** (number // len(OKABE_ITO))  # where the palette begins again
    red, green, blue = mpl.colors.to_rgb(OKABE_ITO[number % len(OKABE_ITO)])
    return mpl.colors.to_hex((darker * red, darker * green, darker * blue))


def class_marker(number: int, scale: Scale) -> str:
    """The marker of points of a class: dots in the tutorial's scale, else a shape of its own.

    From the ninth class on the palette begins again, darker and with other shapes.
    """
    again = number // len(MARKERS)  # classes of like colours have unlike shapes
    return MARKERS[(again if scale == "tutorial" else number + again) % len(MARKERS)]


def answer_colours(loss: str, a: Array, scale: Scale, limits: tuple[float, float]) -> Array:
    """The colour (..., 3) of outputs a (..., n_outputs) of a network of that loss, each in 0..1.

    Two classes: the scale at a. More: the classes' colours mixed in the shares a. A regression:
    matplotlib's viridis of the first output, from limits[0] to limits[1].
    """
    if loss == "binary_cross_entropy":
        return _two_classes(a[..., 0], scale)
    if loss == "categorical_cross_entropy":
        n_classes = a.shape[-1]
        palette = np.array(
            [mpl.colors.to_rgb(class_colour(k, n_classes, scale)) for k in range(n_classes)]
        )
        # Half way to white, so that points of the same colour stand out.
        return 0.45 + 0.55 * (a @ palette)
    low, high = limits
    share = (a[..., 0] - low) / (high - low) if high > low else np.full(a.shape[:-1], 0.5)
    return mpl.colormaps["viridis"](np.clip(share, 0, 1))[..., :3]


def _two_classes(a: Array, scale: Scale) -> Array:
    if scale == "tutorial":
        return np.stack([1 - a, a, np.zeros_like(a)], axis=-1)
    ends = np.array([mpl.colors.to_rgb(OKABE_ITO[k]) for k in (0, 1)])
    distance = np.abs(2 * a - 1)[..., np.newaxis]  # from the undecided middle
    end = np.where(a[..., np.newaxis] < 0.5, ends[0], ends[1])
    return PALE + distance * 0.8 * (end - PALE)


def answer_colormap(loss: str, scale: Scale) -> mpl.colors.Colormap:
    """The same colours as a matplotlib colormap, for a colour bar of a single output."""
    if loss not in CLASS_LOSSES:
        return mpl.colormaps["viridis"]
    return mpl.colors.ListedColormap(_two_classes(np.linspace(0, 1, 256), scale))


def blue_and_vermilion(ax: Axes) -> tuple[str, str]:
    """The colours of training and validation, right and wrong; brighter on dark paper."""
    return ("#4aa8e0", "#f08a3c") if is_dark(ax) else (POSITIVE, NEGATIVE)


def is_dark(ax: Axes) -> bool:
    """Whether the axes' paper is darker than middle grey."""
    return luminance(mpl.colors.to_rgb(ax.get_facecolor())) < 0.5


def luminance(colour: ArrayLike) -> float:
    """How light a colour (red, green, blue) looks, from 0 to 1 (ITU-R BT.601)."""
    return float(np.asarray(colour) @ (0.299, 0.587, 0.114))


def diverging(ax: Axes) -> mpl.colors.Colormap:
    """Vermilion below zero over the colour of the paper to blue above: weights and gradients."""
    blue, vermilion = blue_and_vermilion(ax)
    paper = mpl.colors.to_hex(ax.get_facecolor())
    return mpl.colors.LinearSegmentedColormap.from_list("weights", [vermilion, paper, blue])
