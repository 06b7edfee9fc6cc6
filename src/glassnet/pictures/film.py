"""The film of a training: how the answer over the plane changes, epoch by epoch.

Matplotlib draws once, what stays the same: axes, labels, points. Each frame is composed from it
as an array, with the cells painted under it and the epoch written above.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import av
import matplotlib as mpl
import numpy as np
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc, VideoReformatter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from glassnet import engines
from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError, types_checked, whole_number
from glassnet.pictures.boundary import WHOLE, Grid, samples_in_the_plane, value_limits
from glassnet.pictures.colours import Scale, answer_colours, check_scale
from glassnet.pictures.display import show_dates, whatever_the_font_lacks
from glassnet.pictures.plane import Plane
from glassnet.pictures.scatter import Extent, draw_points, surroundings
from glassnet.storage.atomic import replacing
from glassnet.training.history import History

WIDTH, HEIGHT = 640, 680  # pixels, even as H.264 with yuv420p demands
FORMATS = ("mp4", "gif", "webp")

Pixels = np.ndarray  # (height, width, 3) uint8, the first row at the top


@dataclass(frozen=True, eq=False)
class Film:
    """A film ready to be saved: frame k shows the parameters after `epochs[k]` epochs.

    Parameters
    ----------
    epochs : array of shape (n_frames,)
        The epochs that are shown.
    losses : array of shape (n_frames,)
        The losses that the epochs' updates were computed from.
    colours : array of shape (n_frames, resolution, resolution, 3)
        The cells as uint8, rows rising with x2.
    rate : int
        Frames a second.
    _canvas : object
        What the frames are drawn on.
    """

    epochs: np.ndarray
    losses: Array
    colours: np.ndarray
    rate: int
    _canvas: _Canvas

    def frames(self) -> Iterator[Pixels]:
        """The composed frames, one by one."""
        for epoch, loss, colours in zip(self.epochs, self.losses, self.colours, strict=True):
            note = "" if np.isnan(loss) else f"loss {loss:.5f}"
            yield self._canvas.frame(colours, f"Iteration: {epoch}", note)

    def sprite(self) -> bytes:
        """Return the cells alone as one PNG, a pixel each, frame below frame.

        Returns
        -------
        bytes
            The picture; the largest x2 is on top of each frame.
        """
        n_frames, rows, columns, _ = self.colours.shape
        upright = self.colours[:, ::-1].reshape(n_frames * rows, columns, 3)
        buffer = io.BytesIO()
        Image.fromarray(upright).save(buffer, "PNG")
        return buffer.getvalue()

    def save(self, path: str | PathLike[str]) -> None:
        """Write the film as .mp4 (H.264), .gif or .webp.

        Parameters
        ----------
        path : str or path
            Where to; the ending says what.

        Raises
        ------
        InputError
            For another ending.
        """
        ending = Path(path).suffix.removeprefix(".").lower()
        if ending not in FORMATS:
            raise InputError(
                f"A film cannot be written as {Path(path).name!r:.80}: end the name in "
                f".{', .'.join(FORMATS)}."
            )
        with replacing(path) as temporary:
            if ending == "mp4":
                _write_mp4(temporary, self.frames(), self.rate)
            else:
                _write_animated_image(temporary, ending, list(self.frames()), self.rate)


@types_checked
def training_film(
    history: History,
    X: ArrayLike,
    y: ArrayLike,
    *,
    every: int = 50,
    rate: int = 6,
    scale: Scale = "tutorial",
    extent: Extent | None = None,
    resolution: int = 40,
    output: int = 0,
    plane: Plane = WHOLE,
) -> Film:
    """Film the training of a network of two features.

    There are floor(epochs / every) frames, at least one. Where snapshots were thinned, a frame
    shows the last one before its epoch, and says which epoch that is.

    Parameters
    ----------
    history : History
        The history with its snapshots.
    X : array of shape (n_samples, n_features)
        Samples drawn over it.
    y : array of shape (n_samples,)
        Their classes or values.
    every : int
        Epochs from frame to frame.
    rate : int
        Frames a second.
    scale, extent, resolution, output : optional
        As for `decision_boundary`.
    plane : Plane
        Where the inputs of a network of more features lie.

    Returns
    -------
    Film
        The film, to be saved.

    Raises
    ------
    InputError
        Unless the plane leads to the network's inputs, X and y fit it, and `every` and `rate` are
        at least 1.
    """
    network = history.network
    check_scale(scale)
    whole_number("every", every, 1)
    whole_number("rate", rate, 1)
    samples, labels = samples_in_the_plane(network, X, y, output, plane)
    if samples is None or labels is None:
        raise InputError("A film needs the samples, X and y: give both.")
    extent = extent or surroundings(samples)
    end = int(history.snapshot_epochs[-1])
    wanted = every * np.arange(1, max(end // every, 1) + 1)
    chosen = np.searchsorted(history.snapshot_epochs, wanted, side="right") - 1
    epochs = history.snapshot_epochs[chosen]

    grid = Grid.of(extent, resolution)
    engine = engines.choose("auto")
    a = np.stack(
        [
            grid.outputs(engine, network, Parameters(network, history.snapshots[k]), plane)
            for k in chosen
        ]
    )
    if network.is_regression:
        a = a[..., [output]]
    limits = value_limits(network.loss, a[-1], labels)
    return Film(
        epochs=epochs,
        losses=np.concatenate([[np.nan], history.loss])[epochs],  # none before the first epoch
        colours=np.rint(255 * answer_colours(network.loss, a, scale, limits or (0, 1))).astype(
            np.uint8
        ),
        rate=rate,
        _canvas=_Canvas(samples, labels, scale, limits, extent, resolution, plane),
    )


class _Canvas:
    """The background of all frames: axes and points, drawn once, with room for the cells."""

    def __init__(
        self,
        X: Array,
        y: Array,
        scale: Scale,
        values: tuple[float, float] | None,
        extent: Extent,
        resolution: int,
        plane: Plane,
    ) -> None:
        figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
        canvas: Any = FigureCanvasAgg(figure)  # untyped in matplotlib
        ax = figure.add_axes((0.10, 0.08, 0.87, 0.87 * WIDTH / HEIGHT))
        draw_points(ax, X, y, scale, values, size=55)
        along, up = plane.names
        ax.set(xlim=extent[0], ylim=extent[1], xlabel=along, ylabel=up)
        for axis, is_date in zip((ax.xaxis, ax.yaxis), plane.dates, strict=True):
            if is_date:
                show_dates(axis)
        figure.patch.set_alpha(0)
        ax.patch.set_alpha(0)
        with whatever_the_font_lacks():
            canvas.draw()
        drawn = np.asarray(canvas.buffer_rgba()).astype(np.uint16)
        alpha = drawn[..., 3:]
        paper = np.array(mpl.colors.to_rgb(mpl.rcParams["figure.facecolor"]))
        self._ground = _blend(drawn[..., :3], alpha, np.rint(255 * paper).astype(np.uint16))

        box = ax.get_window_extent()
        left, right = round(box.x0), round(box.x1)
        top, bottom = HEIGHT - round(box.y1), HEIGHT - round(box.y0)
        self._box = np.s_[top:bottom, left:right]
        # The cell that each pixel shows; cells count up with x2, pixels count down.
        self._rows = resolution - 1 - np.arange(bottom - top) * resolution // (bottom - top)
        self._columns = np.arange(right - left) * resolution // (right - left)
        # The few pixels within the box that points and axes cover.
        self._covered = np.nonzero(alpha[self._box][..., 0])
        self._cover = drawn[self._box][..., :3][self._covered]
        self._cover_alpha = alpha[self._box][self._covered]

        self._ink = tuple(round(255 * c) for c in mpl.colors.to_rgb(mpl.rcParams["text.color"]))
        self._font = ImageFont.truetype(
            str(Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans.ttf")), 21
        )
        self._strip = top - 6  # rows above the axes, clear of points that reach over the edge
        self._text_at = (left, right, top - 12)

    def frame(self, colours: np.ndarray, left_text: str, right_text: str) -> Pixels:
        """One frame of cells (resolution, resolution, 3) with a text above on either side."""
        pixels = self._ground.copy()
        cells = pixels[self._box]
        cells[...] = colours[:, self._columns][self._rows]
        cells[self._covered] = _blend(self._cover, self._cover_alpha, cells[self._covered])
        strip = Image.fromarray(pixels[: self._strip])
        pen = ImageDraw.Draw(strip)
        left, right, base = self._text_at
        pen.text((left, base), left_text, self._ink, self._font, anchor="ls")
        pen.text((right, base), right_text, self._ink, self._font, anchor="rs")
        pixels[: self._strip] = strip
        return pixels


def _blend(over: np.ndarray, alpha: np.ndarray, under: np.ndarray) -> Pixels:
    """Source-over blending (Porter and Duff 1984) in whole numbers, alpha in 0..255."""
    return ((over * alpha + under * (255 - alpha) + 127) // 255).astype(np.uint8)


def _write_mp4(path: Path, frames: Iterator[Pixels], rate: int) -> None:
    """H.264 in yuv420p with its index first, which every browser plays while it loads."""
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "18", "preset": "superfast", "tune": "animation"}
        # Say which colours the numbers mean, or players guess.
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        reformatter = VideoReformatter()
        for number, pixels in enumerate(frames):
            frame = reformatter.reformat(
                av.VideoFrame.from_ndarray(pixels, format="rgb24"),
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
            )
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _write_animated_image(path: Path, kind: str, frames: list[Pixels], rate: int) -> None:
    images = [Image.fromarray(pixels) for pixels in frames]
    unit = 10 if kind == "gif" else 1  # milliseconds; GIF counts hundredths of a second
    ends = np.rint(np.arange(len(images) + 1) * 1000 / rate / unit).astype(int) * unit
    if kind == "gif":
        images = _with_one_palette(images)
    options = {"optimize": False} if kind == "gif" else {"quality": 80, "method": 2}
    images[0].save(
        path,
        format=kind.upper(),
        save_all=True,
        append_images=images[1:],
        duration=np.diff(ends).tolist(),
        loop=0,
        **options,
    )


def _with_one_palette(images: list[Image.Image]) -> list[Image.Image]:
    """The images in 256 colours, chosen from frames throughout the film, without dithering.

    Paper, black and white are exact, so that the ground does not shimmer.
    """
    sample = [images[k] for k in np.linspace(0, len(images) - 1, 8).astype(int)]
    sheet = Image.new("RGB", (WIDTH * len(sample), HEIGHT))
    for k, image in enumerate(sample):
        sheet.paste(image, (k * WIDTH, 0))
    found = sheet.quantize(253, dither=Image.Dither.NONE).getpalette() or []
    chosen = np.array(found).reshape(-1, 3)
    exact = np.array([images[0].getpixel((0, 0)), (0, 0, 0), (255, 255, 255)])
    # Pillow takes a colour for its near neighbour, so none may be next to an exact one.
    distance = np.abs(chosen[:, np.newaxis] - exact).max(axis=2).min(axis=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([chosen[distance > 8], exact]).ravel().tolist())
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
