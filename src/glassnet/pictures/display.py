"""What every picture returns: axes, figure, and how to save or show them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from os import PathLike

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from glassnet.atomic import replacing

DPI = 150  # pixels per inch of figures made here


@dataclass(eq=False)
class Display:
    """A drawn picture: `ax_` and `figure_` to add to, `save` to write it; shown in notebooks."""

    ax_: Axes

    @property
    def figure_(self) -> Figure:
        """The whole figure that the axes belong to."""
        figure = self.ax_.get_figure(root=True)
        assert figure is not None  # axes are made by a figure
        return figure

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole figure as .png, .svg or .pdf, by the name's ending."""
        with replacing(path) as temporary:
            self.figure_.savefig(temporary)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.figure_.savefig(buffer, format="png")
        return buffer.getvalue()


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


def tidy(ax: Axes) -> None:
    """A light grid behind the data and no frame above and to the right."""
    ax.set_axisbelow(True)
    ax.grid(visible=True, linewidth=0.6, alpha=0.4)
    ax.spines[["top", "right"]].set_visible(False)
