"""A sweep as one HTML page: its results in pictures and tables, light and dark.

The words of the page are in templates/report.html.j2; those that the terminal shows as well, here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.explain.render.html import document
from glassnet.sweep.plots import drawings
from glassnet.sweep.store import Runs
from glassnet.sweep.summary import Group, Share, Spread, Summary

if TYPE_CHECKING:
    from glassnet.pictures.display import Display

MOST_POINTS = 200  # rows of the table of combinations
PICTURES = {
    "fan": ("How the loss fell", "The loss of all runs by epoch."),
    "arrivals": ("How soon the goal was reached", "The share of all runs at the goal by epoch."),
    "ends": ("Where it ends", "How many runs end at which loss."),
    "effects": ("What the settings do", "Every run by the values of each setting."),
}
SPREAD = ("mean", "deviation", "least", "quartile1", "median", "quartile3", "greatest")


def page(runs: Runs, summary: Summary, experiment: Mapping[str, Any]) -> str:
    """Return the page of a sweep, self-contained: nothing is loaded from elsewhere."""
    drawn = drawings(runs, summary)
    space = experiment["space"].items()
    return document(
        Path(__file__).with_name("templates"),
        "report.html.j2",
        title=f"A sweep over {summary.data}: {count_text(summary.runs, 'run')}",
        count_of=count_text,
        effects=[_groups(groups, [name], summary) for name, groups in summary.effects.items()],
        headline=list(_headline(summary)),
        levels=_levels(summary),
        measures=_measures(summary),
        pictures={name: _picture(name, drawn.get(name)) for name in PICTURES},
        points=_points(summary),
        spread_text=spread_text,
        summary=summary,
        varied=", ".join(f"{name.replace('_', ' ')} {values}" for name, values in space),
    )


def _headline(summary: Summary) -> Iterator[tuple[str, str, str]]:
    """A figure in large type, its label, and a remark in small type."""
    for name, share in summary.ends.items():
        of = f"{share.count:,} of {count_text(share.runs, 'run')}"
        yield f"{share.share:.1%}", name, f"{_bounds(share)}, {of}"
    if summary.half_way is not None:
        first, third = summary.epochs.quartile1, summary.epochs.quartile3
        came = f"those that came there: middle half {first:,.0f} to {third:,.0f}"
        yield f"{summary.half_way:,}", "epochs until half were at the goal", came


def _levels(summary: Summary) -> list[list[str]]:
    return [
        [
            f"{level.median:.4g}",
            f"{level.low:.4g} to {level.high:.4g}",
            f"{level.share.count:,} of {level.share.runs:,}",
            f"{level.share.share:.2%}",
            _bounds(level.share),
        ]
        for level in summary.levels
    ]


def _measures(summary: Summary) -> list[list[str]]:
    named = {measure_text(name): spread for name, spread in summary.measures.items()}
    named["loss of the last epoch"] = summary.final_loss
    return [
        [name, *(f"{getattr(spread, key):.4g}" for key in SPREAD), f"{spread.runs:,}"]
        for name, spread in named.items()
    ]


def _points(summary: Summary) -> dict[str, Any] | None:
    if not summary.points:
        return None
    shown = summary.points[:MOST_POINTS]
    settings = list(shown[0].settings)
    left_out = len(summary.points) - len(shown)
    return _groups(shown, settings, summary) | {"texts": len(settings), "left_out": left_out}


def group_table(
    groups: Sequence[Group], settings: Sequence[str], summary: Summary
) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of a table of settings and their results."""
    heads = [*(name.replace("_", " ") for name in settings), "runs"]
    if summary.has_goal:
        heads += ["at the goal", "epochs to it"]
    rows = []
    for group in groups:
        row = [*group.settings.values(), f"{group.runs:,}"]
        if group.reached is not None:
            row += [share_text(group.reached), epochs_text(group.epochs)]
        rows.append([*row, mean_text(group.loss), mean_text(group.score)])
    return [*heads, summary.objective, measure_text(summary.score)], rows


def _groups(groups: Sequence[Group], settings: Sequence[str], summary: Summary) -> dict[str, Any]:
    return dict(zip(("heads", "rows"), group_table(groups, settings, summary), strict=True))


def measure_text(name: str) -> str:
    """The name of a measure as people write it, such as "held out ROC AUC"."""
    spelt = {"roc_auc": "ROC AUC", "r2": "R2", "mae": "mean absolute error"}
    return " ".join(spelt.get(word, word) for word in name.split())


def share_text(share: Share) -> str:
    """A share with its interval, such as "92.5% [84.6%, 96.5%]"."""
    return f"{share.share:.1%} [{share.low:.1%}, {share.high:.1%}]"


def mean_text(spread: Spread) -> str:
    """Mean and standard deviation, such as "0.912 ± 0.013"; a dash where there is no run."""
    if not spread.runs:
        return "-"
    return f"{spread.mean:.4g}" + (f" ± {spread.deviation:.2g}" if spread.runs > 1 else "")


def epochs_text(spread: Spread) -> str:
    """Median and middle half of epochs, such as "6,109 (5,400 to 7,448)"."""
    if not spread.runs:
        return "-"
    return f"{spread.median:,.0f} ({spread.quartile1:,.0f} to {spread.quartile3:,.0f})"


def spread_text(spread: Spread, form: str = "{:.4g}") -> str:
    """A spread in words: median, middle half, mean with deviation, range, and of how many."""
    if not spread.runs:
        return "none"
    mean, deviation, least, q1, median, q3, greatest = (
        form.format(getattr(spread, key)) for key in SPREAD
    )
    return (
        f"median {median}, middle half {q1} to {q3}, mean {mean} ± {deviation}, "
        f"from {least} to {greatest}, of {count_text(spread.runs, 'run')}"
    )


def count_text(number: int, what: str) -> str:
    """How many of a thing, such as "1 run" or "1,000 runs"."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def _bounds(share: Share) -> str:
    return f"{share.low:.1%} to {share.high:.1%}"


def _picture(name: str, draw: Callable[[], Display] | None) -> dict[str, str] | None:
    """A picture with its words, drawn on light and on dark paper; None where it is not drawn."""
    from glassnet.pictures import dark_paper

    if draw is None:
        return None
    heading, alt = PICTURES[name]
    light = _source(draw())
    with dark_paper():
        return {"heading": heading, "alt": alt, "light": light, "dark": _source(draw())}


def _source(display: Display) -> str:
    from glassnet.pictures.display import as_webp

    image = as_webp(display._repr_png_())
    return f"data:image/webp;base64,{b64encode(image).decode()}"
