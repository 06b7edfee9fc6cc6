"""The result of every picture: axes, figure, and how to save or show them."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, YAxis
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, GridSpecBase
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator
from PIL import Image

from glassnet.storage.atomic import replacing

DATES_AT = np.array([1, 3, 5]) / 6  # of the length of an axis
DASHED = (0, (4, 3))  # style of a line
DPI = 150  # pixels per inch of figures made here


@dataclass(eq=False)
class Display:
    """A drawn picture: `ax_` and `figure_` to add to, `save` to write it; shown in notebooks."""

    ax_: Axes

    @property
    def figure_(self) -> Figure:
        """The whole figure that the axes belong to."""
        return figure_of(self.ax_)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole figure as .png, .svg or .pdf, by the name's ending."""
        with replacing(path) as temporary, whatever_the_font_lacks():
            self.figure_.savefig(temporary)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with whatever_the_font_lacks():
            self.figure_.savefig(buffer, format="png")
        return buffer.getvalue()


@contextmanager
def whatever_the_font_lacks() -> Iterator[None]:
    """Within, a letter that the font lacks is drawn as a box and no warning names our sources."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        yield


def dark_paper() -> AbstractContextManager[None]:
    """Draw new pictures light on dark, within a `with` block.

    Returns
    -------
    context manager
        Within it the style is dark.
    """
    from matplotlib import style

    return style.context("dark_background")


def as_webp(png: bytes) -> bytes:
    """A picture in a quarter of the bytes, for pages that carry their pictures within."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").save(buffer, "WEBP", quality=88, method=3)
    return buffer.getvalue()


def axes_or_new(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or those of a new figure of that many inches."""
    return new_figure(width, height).subplots() if ax is None else ax


def new_figure(width: float, height: float) -> Figure:
    """A figure of that many inches, without pyplot: no window and no list of open figures."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def figure_of(ax: Axes) -> Figure:
    """The whole figure that the axes belong to."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes are made by a figure
    return figure


def tidy(ax: Axes) -> None:
    """A light grid behind the data and no frame above and to the right."""
    ax.set_axisbelow(True)
    ax.grid(visible=True, linewidth=0.6, color=mpl.rcParams["text.color"], alpha=0.15)
    ax.spines[["top", "right"]].set_visible(False)


def split(ax: Axes, shares: Sequence[float], *, beside: bool = False) -> list[Axes]:
    """Divide the place of the axes: first `ax` itself, then new ones below it, or beside it.

    `shares` are their heights, or widths, in relation to each other.
    """
    division: dict[str, Any] = (
        {"nrows": 1, "ncols": len(shares), "width_ratios": shares}
        if beside
        else {"nrows": len(shares), "ncols": 1, "height_ratios": shares}
    )
    place = ax.get_subplotspec()
    if place is None:
        box = ax.get_position()
        sides = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        grid: GridSpecBase = GridSpec(**division, **sides)
    else:
        grid = place.subgridspec(**division)
    ax.set_subplotspec(grid[0])
    return [ax, *(ax.figure.add_subplot(grid[k]) for k in range(1, len(shares)))]


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height that the axes have before they are laid out."""
    width, height = np.array(ax.get_position().size) * figure_of(ax).get_size_inches()
    return float(width), float(height)


def caption(ax: Axes, text: str) -> None:
    """A small grey text under the label of the axes' x axis, in lines that fit their width."""
    wide = max(int(inches(ax)[0] * 18), 30)
    ax.annotate(
        textwrap.fill(text, wide),
        (0.5, 0),
        xycoords=ax.xaxis.label,
        xytext=(0, -4),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=7,
        color="grey",
        annotation_clip=False,
    )


def headline(ax: Axes, text: str) -> None:
    """The title of the axes, in letters small enough for their width."""
    ax.set_title(text, fontsize=min(max(130 * inches(ax)[0] / len(text), 7), 12))


def mark_level(ax: Axes, level: float, text: str, *, upright: bool = False) -> None:
    """A dashed grey line through the whole axes, with what it is: a goal, a tolerance."""
    line, at = (ax.axvline, (level, 1)) if upright else (ax.axhline, (0, level))
    line(level, color="grey", linewidth=1, linestyle=DASHED)
    ax.annotate(
        text,
        at,
        xycoords=("data", "axes fraction") if upright else ("axes fraction", "data"),
        xytext=(4, -4) if upright else (5, 4),
        textcoords="offset points",
        va="top" if upright else "baseline",
        color="grey",
        fontsize="small",
    )


def colour_bar(ax: Axes, drawn: ScalarMappable, label: str) -> Colorbar:
    """The scale of colours to the right of the axes."""
    bar = ax.figure.colorbar(drawn, ax=ax, fraction=0.045, pad=0.03)
    bar.set_label(label)
    bar.outline.set_visible(False)
    return bar


def legend_beside(ax: Axes, **more: Any) -> None:
    """A legend to the right of the axes."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize="small", frameon=False, **more)


def whole_epochs(ax: Axes) -> None:
    """Whole numbers along the x axis, at 1, 2 and 5 times the powers of ten."""
    ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    ax.xaxis.set_major_formatter("{x:,.0f}")


def show_dates(axis: Axis) -> None:
    """Days since 1970-01-01 as dates, few and away from the ends, for they are long."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(FixedLocator(np.floor(low + (high - low) * DATES_AT).tolist()))
    axis.set_major_formatter(
        FuncFormatter(lambda day, _: str(np.datetime64(int(np.floor(day)), "D")))
    )
    if isinstance(axis, YAxis):
        for label in axis.get_ticklabels():
            label.set(rotation=90, verticalalignment="center")
