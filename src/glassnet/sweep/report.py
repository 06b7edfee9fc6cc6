"""A sweep as one HTML page: what came of it, in pictures and tables, light and dark."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from glassnet.explain.html import html_page
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
STYLE = """
.gn p{max-width:46rem}
.gn figure{margin:1em 0}.gn figure img{max-width:100%;height:auto;display:block;
  border-radius:.4em}
.gn .scroll{overflow-x:auto}
.gn table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.6em 0}
.gn :is(th,td){padding:.3em 1em .3em 0;text-align:right;border-bottom:1px solid var(--line);
  white-space:nowrap}
.gn :is(th,td).text{text-align:left}
.gn .soft{color:var(--soft)}
.gn .big{display:flex;flex-wrap:wrap;gap:1em 2.4em;margin:1.2em 0}
.gn .big div{min-width:8rem}.gn .big b{display:block;font-size:1.7em;line-height:1.2;
  font-weight:600;font-variant-numeric:tabular-nums}
@media print{.gn figure,.gn table{break-inside:avoid}.gn h2{break-after:avoid}}
"""


def page(runs: Runs, summary: Summary, experiment: Mapping[str, Any]) -> str:
    """The page of a sweep, self-contained: nothing is loaded from elsewhere."""
    title = f"A sweep over {summary.data}: {_count(summary.runs, 'run')}"
    pictures = drawings(runs, summary)
    parts = [f"<h1>{escape(title)}</h1>", _what(summary, experiment), _headline(summary)]
    for name, (heading, alt) in PICTURES.items():
        if name in pictures:
            parts.append(f"<h2>{heading}</h2>{_figure(pictures[name], alt)}{_below(name, summary)}")
    parts.append(f"<h2>What was measured</h2>{_measures(summary)}")
    if summary.points:
        parts.append(f"<h2>Every combination</h2>{_points(summary)}")
    return html_page(title, "\n".join(parts), STYLE)


def _what(summary: Summary, experiment: Mapping[str, Any]) -> str:
    held_out = f", {summary.rows_held_out:,} held out" if summary.rows_held_out else ""
    space = experiment["space"]
    varied = ", ".join(f"{name.replace('_', ' ')} {values}" for name, values in space.items())
    unfinished = (
        f" <strong>It is not finished: {summary.planned:,} runs are planned.</strong>"
        if summary.runs < summary.planned
        else ""
    )
    return (
        f"<p>{_count(summary.rows, 'row')} to train on{held_out}; "
        + (escape(varied) if varied else "the runs differ by their seed only")
        + ". Means come with their standard deviation (±) and the number of runs, epochs as their "
        f"median with the middle half, shares with their 95% Wilson interval.{unfinished}</p>"
    )


def _headline(summary: Summary) -> str:
    cells = [(f"{share.share:.1%}", name, _interval(share)) for name, share in summary.ends.items()]
    if summary.half_way is not None:
        spread = summary.epochs
        cells.append(
            (
                f"{summary.half_way:,}",
                "epochs until half were at the goal",
                f"those that came there: middle half {spread.quartile1:,.0f} to "
                f"{spread.quartile3:,.0f}",
            )
        )
    return '<div class="big">{}</div>'.format(
        "".join(
            f'<div><b>{big}</b>{escape(name)}<br><span class="soft">{escape(small)}</span></div>'
            for big, name, small in cells
        )
    )


def _below(name: str, summary: Summary) -> str:
    """What stands below a picture, in numbers."""
    if name == "ends" and summary.levels:
        rows = [
            [
                f"{level.median:.4g}",
                f"{level.low:.4g} to {level.high:.4g}",
                f"{level.share.count:,} of {level.share.runs:,}",
                f"{level.share.share:.2%}",
                _bounds(level.share),
            ]
            for level in summary.levels
        ]
        return _table(["level of loss", "from ... to", "runs", "share", "95% interval"], rows)
    if name == "arrivals":
        return f"<p>Epochs to the goal: {escape(spread_text(summary.epochs, '{:,.0f}'))}.</p>"
    if name == "effects":
        return "".join(
            _groups(groups, [setting], summary) for setting, groups in summary.effects.items()
        )
    return ""


def _measures(summary: Summary) -> str:
    rows = [
        [measure_text(name), *_spread_cells(spread)] for name, spread in summary.measures.items()
    ]
    rows.append(["loss of the last epoch", *_spread_cells(summary.final_loss)])
    heads = ["measure", "mean", "deviation", "least", "quartile", "median", "quartile", "greatest"]
    return _table([*heads, "runs"], rows)


def _points(summary: Summary) -> str:
    shown = summary.points[:MOST_POINTS]
    left_out = len(summary.points) - len(shown)
    return (
        f"<p>The lowest mean {escape(summary.objective)} first. Of many combinations the first "
        "owes something to luck: compare the differences with the deviations.</p>"
        + _groups(shown, list(shown[0].settings), summary)
        + (f"<p>{_count(left_out, 'more combination')} in the file.</p>" if left_out else "")
    )


def _groups(groups: Sequence[Group], settings: Sequence[str], summary: Summary) -> str:
    heads = [*(name.replace("_", " ") for name in settings), "runs"]
    if summary.has_goal:
        heads += ["at the goal", "epochs to it"]
    heads += [summary.objective, measure_text(summary.score)]
    rows = []
    for group in groups:
        row = [*group.settings.values(), f"{group.runs:,}"]
        if group.reached is not None:
            row += [share_text(group.reached), epochs_text(group.epochs)]
        rows.append([*row, mean_text(group.loss), mean_text(group.score)])
    return _table(heads, rows, texts=len(settings))


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
    median, q1, q3, mean, deviation, least, greatest = (
        form.format(value)
        for value in (
            spread.median,
            spread.quartile1,
            spread.quartile3,
            spread.mean,
            spread.deviation,
            spread.least,
            spread.greatest,
        )
    )
    if not spread.runs:
        return "none"
    return (
        f"median {median}, middle half {q1} to {q3}, mean {mean} ± {deviation}, "
        f"from {least} to {greatest}, of {_count(spread.runs, 'run')}"
    )


def _spread_cells(spread: Spread) -> list[str]:
    values = (
        spread.mean,
        spread.deviation,
        spread.least,
        spread.quartile1,
        spread.median,
        spread.quartile3,
        spread.greatest,
    )
    return [*(f"{value:.4g}" for value in values), f"{spread.runs:,}"]


def _interval(share: Share) -> str:
    return f"{_bounds(share)}, {share.count:,} of {_count(share.runs, 'run')}"


def _bounds(share: Share) -> str:
    return f"{share.low:.1%} to {share.high:.1%}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    def line(cells: Sequence[str], kind: str) -> str:
        return "".join(
            f"<{kind}{' class=text' * (place < texts)}>{escape(cell)}</{kind}>"
            for place, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{line(heads, "th")}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _figure(draw: Callable[[], Display], alt: str) -> str:
    """The picture twice, for light and for dark pages; the reader's browser shows one."""
    from glassnet.pictures import dark_paper

    light = _source(draw())
    with dark_paper():
        dark = _source(draw())
    return (
        '<figure><picture><source media="(prefers-color-scheme: dark)" '
        f'srcset="{dark}"><img src="{light}" alt="{escape(alt)}"></picture></figure>'
    )


def _source(display: Display) -> str:
    from glassnet.pictures.display import as_webp

    image = as_webp(display._repr_png_())
    return f"data:image/webp;base64,{b64encode(image).decode()}"
