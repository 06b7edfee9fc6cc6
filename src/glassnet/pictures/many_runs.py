"""Many runs in one picture: their losses as a fan, where they end, when they reach the goal, and
what each setting does to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
)
from numpy.typing import ArrayLike

from glassnet.core.parameters import Array
from glassnet.errors import InputError, instance_of, numbers_of, shown, types_checked, whole_number
from glassnet.pictures.colours import blue_and_vermilion
from glassnet.pictures.display import (
    Display,
    axes_or_new,
    caption,
    headline,
    mark_level,
    new_figure,
    tidy,
    whole_epochs,
)

FAN_EPOCHS = 240  # places along the epochs at which the quantiles are taken
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SINGLE_CURVES = 12
LABEL_WIDTH, LABEL_HEIGHT = 0.13, 0.16  # of the axes, that the name of a level takes
MOST_DOTS = 300  # of a value of a setting; of more runs so many are drawn, evenly by their rank
Curve = tuple[np.ndarray, Array]


@dataclass(eq=False)
class FanDisplay(Display):
    """A drawn fan of losses.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    epochs : array of shape (n,)
        The epochs at which the quantiles are taken.
    quantiles : array of shape (5, n)
        The losses of 5, 25, 50, 75 and 95 % of the runs.
    """

    epochs: np.ndarray
    quantiles: Array


@dataclass(eq=False)
class EndsDisplay(Display):
    """A drawn histogram of final losses.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    losses : array of shape (n,)
        The losses as drawn.
    levels : sequence of (low, high, label)
        The named stretches, as given.
    """

    losses: Array
    levels: Sequence[tuple[float, float, str]]


@dataclass(eq=False)
class ArrivalsDisplay(Display):
    """A drawn share of the runs that reached the goal.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    epochs : array of shape (n,)
        When each run that reached the goal did.
    """

    epochs: np.ndarray


@dataclass(eq=False)
class EffectsDisplay(Display):
    """Drawn effects of settings.

    Parameters
    ----------
    ax_ : Axes
        The first panel.
    panels : dict of Axes
        The axes by setting.
    """

    panels: dict[str, Axes]


@types_checked
def loss_fan(
    curves: Sequence[Curve],
    reached: ArrayLike,
    *,
    goal: float | None = None,
    title: str = "Loss of all runs",
    ax: Axes | None = None,
) -> FanDisplay:
    """Draw the quantiles of many losses by epoch, and a dozen single ones through them.

    Between its epochs a curve is interpolated; a run that has ended keeps its last loss, so that
    every quantile is of all runs.

    Parameters
    ----------
    curves : sequence of (epochs, losses)
        Of each run, both (n,), at any epochs with the last among them.
    reached : array of shape (n_runs,)
        Whether the run reached the goal.
    goal : float, optional
        A loss, drawn as a dashed line.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    FanDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If there is no curve.
    """
    good = numbers_of("reached", reached).astype(bool)
    known = [_curve(curve) for curve in curves]
    if good.shape != (len(known),):
        raise InputError(f"{len(known)} curves need as many values of reached, not {good.size}.")
    some = [(curve, ok) for curve, ok in zip(known, good, strict=True) if len(curve[0])]
    if not some:
        raise InputError("A fan of losses needs at least one run with an epoch.")
    last = max(int(epochs[-1]) for (epochs, _), _ in some)
    places = np.unique(np.linspace(1, last, FAN_EPOCHS).round().astype(int))
    losses = np.array([np.interp(places, *curve) for curve, _ in some])
    quantiles = np.nanquantile(losses, QUANTILES, axis=0)
    ax = axes_or_new(ax, 6.8, 4.2)
    tidy(ax)
    blue, vermilion = blue_and_vermilion(ax)
    ax.fill_between(places, quantiles[0], quantiles[4], color=blue, alpha=0.16, linewidth=0)
    ax.fill_between(places, quantiles[1], quantiles[3], color=blue, alpha=0.30, linewidth=0)
    for place in _spread(losses[:, -1], SINGLE_CURVES):
        (epochs, values), ok = some[place]
        colour = blue if ok or goal is None else vermilion
        ax.plot(epochs, values, color=colour, linewidth=0.7, alpha=0.8)
        ax.plot(epochs[-1], values[-1], "o", color=colour, markersize=2.6)
    ax.plot(places, quantiles[2], color=blue, linewidth=2.2)
    _goal_line(ax, goal)
    ax.set(xlabel="epoch", ylabel="loss", xlim=(0, max(last, 2)))
    _log_losses(ax)
    whole_epochs(ax)
    arrived = "" if goal is None else f", {good.mean():.1%} at the goal"
    headline(ax, f"{title}: {len(some):,} run{'s' * (len(some) != 1)}{arrived}")
    caption(
        ax,
        "Bold: the median; bands: the middle half and the middle 90% of all runs; thin: single "
        "runs, from the best to the worst"
        + ("" if goal is None else ", vermilion where the goal was not reached")
        + ". A run that has ended keeps its last loss.",
    )
    return FanDisplay(ax, places, quantiles)


def _curve(curve: Curve) -> Curve:
    """Epochs and losses of a run. Raises InputError unless they are a pair of equal length."""
    instance_of("Each of curves", curve, tuple, list)
    parts = [np.atleast_1d(numbers_of("A curve", part)) for part in curve]
    if len(parts) != 2 or parts[0].ndim != 1 or parts[0].shape != parts[1].shape:
        raise InputError("Each of curves must be epochs and losses, as many of both.")
    return parts[0], parts[1]


@types_checked
def final_losses(
    losses: ArrayLike,
    falling: ArrayLike | None = None,
    levels: Sequence[tuple[float, float, str]] = (),
    *,
    goal: float | None = None,
    title: str = "Where runs end",
    ax: Axes | None = None,
) -> EndsDisplay:
    """Draw how often runs end at which loss, as a histogram over the logarithm of the loss.

    Parameters
    ----------
    losses : array of shape (n_runs,)
        Of the runs in question; what is not finite or not above 0 is left out.
    falling : array of shape (n_runs,), optional
        Whether the loss of each still fell, drawn apart from those that are stuck.
    levels : sequence of (low, high, label)
        Stretches to be named.
    goal : float, optional
        A loss, drawn as a dashed line.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    EndsDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If there is no loss to draw.
    """
    values = np.atleast_1d(numbers_of("losses", losses)).ravel()
    for level in levels:
        if not isinstance(level, tuple | list) or len(level) != 3:
            raise InputError(f"A level is (low, high, label), not {shown(level)}.")
    if goal is not None and not 0 < goal < np.inf:
        raise InputError(f"goal must be a loss above 0, not {goal}.")
    drawn = np.isfinite(values) & (values > 0)
    if not drawn.any():
        raise InputError("A picture of final losses needs at least one run with a loss above 0.")
    ax = axes_or_new(ax, 6.8, 4.2)
    tidy(ax)
    ax.grid(visible=False, axis="x")
    blue, vermilion = blue_and_vermilion(ax)
    ends = [*values[drawn], *(() if goal is None else (goal,))]
    low, high = np.log10(min(ends)) - 0.05, np.log10(max(ends)) + 0.12
    edges = np.logspace(low, high, 81).tolist()
    if falling is None:
        counts, _, _ = ax.hist(values[drawn], edges, color=blue)
    else:
        slow = numbers_of("falling", falling).astype(bool)
        if slow.shape != values.shape:
            raise InputError(f"{len(values)} losses need as many values of falling.")
        parts = [values[drawn & ~slow], values[drawn & slow]]
        names = [f"stuck: {len(parts[0]):,}", f"still falling: {len(parts[1]):,}"]
        counts, _, _ = ax.hist(parts, edges, stacked=True, color=[vermilion, blue], label=names)
        ax.legend(loc="upper center", fontsize="small", frameon=False)
    ax.set_xscale("log")
    _plain_decades(ax)
    _goal_line(ax, goal, upright=True)
    ax.set(xlabel="loss at the end", ylabel="runs", xlim=(edges[0], edges[-1]))
    _name_levels(ax, levels, np.asarray(edges), np.atleast_2d(counts)[-1])
    ax.yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    n_drawn = int(drawn.sum())
    headline(ax, f"{title}: {n_drawn:,} run{'s' * (n_drawn != 1)}")
    return EndsDisplay(ax, values[drawn], levels)


def _name_levels(
    ax: Axes, levels: Sequence[tuple[float, float, str]], edges: Array, counts: Array
) -> None:
    """Write the name of each level above its bars, and above the names that would be in its way."""
    tallest = float(counts.max())
    placed: list[tuple[float, float]] = []  # where along the axis, as shares, and how high
    for low, high, label in levels:
        first, last = np.searchsorted(edges, (low, high))
        bars = counts[max(first - 1, 0) : last]
        place = max(first - 1, 0) + float(np.mean(np.flatnonzero(bars == bars.max()))) + 0.5
        share, half = place / len(counts), LABEL_WIDTH / 2 * len(counts)
        below = counts[max(int(place - half), 0) : int(place + half) + 1]
        height = float(below.max()) / tallest
        for other, top in sorted(placed, key=lambda each: each[1]):
            if abs(other - share) < LABEL_WIDTH and abs(top - height) < LABEL_HEIGHT:
                height = top + LABEL_HEIGHT
        placed.append((share, height))
        ax.annotate(
            label,
            (share, float(bars.max())),
            xytext=(share, height * tallest + 0.015 * tallest),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            arrowprops={"arrowstyle": "-", "color": "grey", "linewidth": 0.6, "shrinkB": 1},
            ha="center",
            va="bottom",
            fontsize=7,
            linespacing=1.2,
        )
    top = max((height for _, height in placed), default=1.0)
    ax.set_ylim(0, tallest * max(top + 1.2 * LABEL_HEIGHT, 1.05))


@types_checked
def arrivals(
    epochs: ArrayLike,
    band: tuple[Array, Array],
    runs: int,
    *,
    last_epoch: int,
    title: str = "Share at the goal",
    ax: Axes | None = None,
) -> ArrivalsDisplay:
    """Draw the share of all runs that had reached the goal by each epoch.

    Parameters
    ----------
    epochs : array of shape (n,)
        The epochs at which runs reached it, in order.
    band : tuple of two arrays of shape (n,)
        The bounds of the share after each of them.
    runs : int
        How many there are in all.
    last_epoch : int
        The right end of the axis.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    ArrivalsDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If no run reached the goal.
    """
    steps = np.atleast_1d(numbers_of("epochs", epochs))
    if not len(steps):
        raise InputError("No run reached the goal, so there is no share to draw.")
    bounds = [np.atleast_1d(numbers_of("band", bound)) for bound in band]
    if any(values.shape != (len(steps),) for values in (steps, *bounds)):
        raise InputError("Arrivals need one epoch a run and both bounds of its share.")
    whole_number("runs", runs, len(steps))
    whole_number("last_epoch", last_epoch, 1)
    ax = axes_or_new(ax, 6.8, 4.2)
    tidy(ax)
    blue, _ = blue_and_vermilion(ax)
    x = np.concatenate([[0], steps, [last_epoch]])
    share = np.concatenate([[0], np.arange(1, len(steps) + 1), [len(steps)]]) / runs
    low, high = (np.concatenate([[0], bound, bound[-1:]]) for bound in bounds)
    ax.fill_between(x, low, high, step="post", color=blue, alpha=0.28, linewidth=0)
    ax.step(x, share, where="post", color=blue, linewidth=1.8)
    for part, name in ((0.25, "a quarter"), (0.5, "half"), (0.75, "three quarters")):
        if share[-1] >= part:
            at = steps[int(np.ceil(part * runs)) - 1]
            ax.plot([at, at, 0], [0, part, part], color="grey", linewidth=0.8, dashes=(4, 3))
            ax.annotate(
                f"{name} by {at:,.0f}",
                (0, part),
                xytext=(6, 3),
                textcoords="offset points",
                fontsize="small",
                bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 0.8},
            )
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set(xlabel="epoch", ylabel="runs at the goal", xlim=(0, last_epoch), ylim=(0, 1))
    whole_epochs(ax)
    headline(ax, f"{title}: {len(steps):,} of {runs:,} runs")
    caption(ax, "The band is the 95% Wilson interval of the share.")
    return ArrivalsDisplay(ax, steps)


@types_checked
def setting_effects(
    effects: Mapping[str, Sequence[tuple[str, Array]]],
    *,
    score: str,
    log: bool = False,
    lines: Mapping[str, Sequence[tuple[float, float, float]]] | None = None,
    title: str = "What the settings do",
) -> EffectsDisplay:
    """Draw, a panel a setting, every run's score by the setting's values, and their middle.

    A thick bar is the middle half of the runs, the line across it their median, the diamond their
    mean.

    Parameters
    ----------
    effects : mapping of str to sequence of (value, scores)
        By setting, each value as text with the scores of its runs, in order.
    score : str
        What the scores are, for the axis.
    log : bool
        Use a logarithmic axis.
    lines : mapping of str to sequence of (share, low, high), optional
        By setting, and in the order of its values: a share with its bounds, written under each
        value, such as the share of runs that reached the goal.
    title : str
        The title.

    Returns
    -------
    EffectsDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If there is no setting.
    """
    for groups in effects.values():
        instance_of("What effects holds", groups, list, tuple)
    if lines is not None and not set(effects) <= set(lines):
        raise InputError("lines must have an entry for every setting in effects.")
    if not effects:
        raise InputError("There is no effect of settings to draw, for none of them varied.")
    shapes = [max(len(groups), 2) for groups in effects.values()]
    columns = min(len(effects), 2)
    rows = -(-len(effects) // columns)
    figure = new_figure(3.5 * columns + 1.2 * (max(shapes) > 5), 3.3 * rows + 0.3)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    panels = dict(zip(effects, grid.flat, strict=False))
    for empty in list(grid.flat)[len(effects) :]:
        empty.set_visible(False)
    for number, (name, ax) in enumerate(panels.items()):
        _draw_effect(ax, effects[name], () if lines is None else lines[name])
        ax.set_xlabel(name.replace("_", " "))
        if number % columns == 0:
            ax.set_ylabel(score)
        if log:
            _log_losses(ax)
    figure.suptitle(title, fontsize=12)
    figure.supxlabel(
        "A dot is a run; bar: the middle half; line: the median; diamond: the mean.",
        fontsize=7,
        color="grey",
    )
    return EffectsDisplay(next(iter(panels.values())), panels)


def _draw_effect(
    ax: Axes,
    groups: Sequence[tuple[str, Array]],
    shares: Sequence[tuple[float, float, float]],
) -> None:
    tidy(ax)
    ax.grid(visible=False, axis="x")
    blue, vermilion = blue_and_vermilion(ax)
    jitter = np.random.default_rng(0)
    for place, (_, scores) in enumerate(groups):
        values = np.sort(scores[np.isfinite(scores)])
        if not len(values):
            continue
        shown = values[_spread(values, MOST_DOTS)]
        across = place + jitter.uniform(-0.24, 0.24, len(shown))
        ax.plot(across, shown, ".", color=blue, markersize=3.5, alpha=0.6, markeredgewidth=0)
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        ax.plot([place, place], [low, high], color=blue, linewidth=5, solid_capstyle="butt")
        ax.plot([place - 0.2, place + 0.2], [middle, middle], color=blue, linewidth=2.2)
        ax.plot(place, values.mean(), "D", color=vermilion, markersize=5, zorder=4)
    labels = [
        f"{text.replace(' to ', chr(10) + 'to ')}\n$n$ = {len(scores):,}" for text, scores in groups
    ]
    for place, (share, low, high) in enumerate(shares):
        labels[place] += f"\n{share:.0%} at goal\n[{low:.0%}, {high:.0%}]"
    crowded = len(groups) > 4
    ax.set_xticks(range(len(groups)), labels, fontsize=6.5 if crowded else 8)
    ax.set_xlim(-0.6, len(groups) - 0.4)


def _spread(values: Array, wanted: int) -> np.ndarray:
    """Return so many indices of the values, evenly by rank, with the least and the greatest."""
    order = np.argsort(values, kind="stable")
    return order[np.unique(np.linspace(0, len(values) - 1, wanted).round().astype(int))]


def _goal_line(ax: Axes, goal: float | None, *, upright: bool = False) -> None:
    if goal is not None and goal > 0:
        mark_level(ax, goal, f"goal {goal:g}", upright=upright)


def _log_losses(ax: Axes) -> None:
    """A logarithmic axis of losses, where all are above 0."""
    if ax.dataLim.y0 > 0:
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        if high < 100 * low:
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())


def _plain_decades(ax: Axes) -> None:
    """Marks of a logarithmic x axis as plain numbers, at 1, 2 and 5 times the powers of ten."""
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
