"""The command `glassnet sweep`."""

from __future__ import annotations

import json as json_format
import math
import sys
from collections.abc import Iterable, Sequence
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from glassnet.cli import DONE, INTERRUPTED
from glassnet.cli.parameters import Switch, TableName, WholeNumber
from glassnet.cli.reading import with_reading
from glassnet.cli.table_options import request_of, with_table
from glassnet.cli.text import columns, plain, printable, printer
from glassnet.errors import InputError
from glassnet.storage.atomic import checked_target, replacing
from glassnet.training.settings import AXES

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from rich.console import Console
    from rich.table import Table

    from glassnet.sweep.orchestrator import SweepRequest, Watched
    from glassnet.sweep.summary import Group, Share, Summary

Axes = Annotated[
    list[str] | None,
    Parameter(
        negative="",
        help="A setting with its values, learning_rate=0.1,0.4 or hidden=3-3,8,none, or with a "
        "range to draw from, learning_rate=0.01..1:log; may be given several times. One value is "
        f"set for all runs. Settings: {', '.join(AXES)}.",
    ),
]
OUT = Path("glassnet-sweep.duckdb")
WITH_SHOW = {"show", "html", "json", "quiet", "config", "debug"}
BAR = 30  # characters of the longest bar
MOST_POINTS = 10  # combinations that are printed


@with_reading
@with_table
def sweep(
    data: TableName | None = None,
    *,
    seeds: str = "20",
    set: Axes = None,
    search: Literal["grid", "random", "tpe", "qmc"] = "grid",
    points: WholeNumber | None = None,
    search_seed: WholeNumber = 0,
    no_pruning: Switch = False,
    out: Path = OUT,
    keep_parameters: Switch = False,
    show: Path | None = None,
    html: Path | None = None,
    json: Switch = False,
    quiet: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **asked: Any,
) -> int:
    """Train from many seeds and with many settings, and tell what comes of it: how often it
    works, how fast, where it gets stuck, and what each setting does.

    Every run goes into one DuckDB file as soon as it is done. The same command goes on where it
    was stopped, and more seeds or points are added to what is there. What is not set is chosen as
    glassnet train does; the tutorial's rings are trained as glassnet demo does. The rows held out
    are the same for all runs.

    Parameters
    ----------
    data
        A table or a data set, as glassnet train takes it; rings, the tutorial, unless named.
    seeds
        How many, such as 1000, or which: 500..999 or 3,5,8. Each combination of settings is
        trained from every seed.
    search
        grid takes every combination; random draws; tpe and qmc are Optuna's.
    points
        Combinations to draw, 50 unless given; not for a grid.
    search_seed
        Seed of the draws.
    no_pruning
        Train to the end what Optuna's median rule would give up on the way.
    out
        File of the sweep.
    keep_parameters
        Keep the parameters of every run.
    show
        Train nothing, but tell what is in this file of a sweep.
    html
        Page to write, with tables and pictures.
    json
        Print the summary as JSON.
    quiet
        Print nothing but errors.
    config
        TOML file with these settings in a table [sweep].
    debug
        Show the traceback of an error.
    """
    given: dict[str, Any] = {**locals(), **asked}
    if html is not None:
        checked_target(html)  # before hours of training
    if show is not None:
        _refuse_with_show(given)
        _tell(show, html, json=json, quiet=quiet)
        return DONE
    from glassnet.sweep.orchestrator import sweep as conduct

    told = {} if quiet else {"begins": _announce}
    finished = conduct(_asked(given), out, verbose=not quiet, **told)
    if not finished:
        print(
            f"glassnet: interrupted; what was done is in {printable(out)}, and the same command "
            "goes on",
            file=sys.stderr,
        )
        return INTERRUPTED
    _tell(out, html, json=json, quiet=quiet)
    return DONE


def _refuse_with_show(given: dict[str, Any]) -> None:
    """Raise InputError for an option of a training: there is none."""
    for name, parameter in signature(sweep).parameters.items():
        if name not in WITH_SHOW and given.get(name, parameter.default) != parameter.default:
            raise InputError(
                f"--show tells what is in a file and trains nothing: leave out "
                f"{'the data' if name == 'data' else '--' + name.replace('_', '-')}."
            )


def _asked(given: dict[str, Any]) -> SweepRequest:
    """The options as a request for a sweep."""
    from glassnet.sweep.orchestrator import SweepRequest
    from glassnet.sweep.plan import read_seeds
    from glassnet.sweep.space import read_space

    table = {name: value for name, value in given["asked"].items() if name != "cluster"}
    return SweepRequest(
        request_of("rings" if given["data"] is None else given["data"], table),
        read_seeds(given["seeds"]),
        read_space(given["set"] or ()),
        search=given["search"],
        points=given["points"],
        search_seed=given["search_seed"],
        pruning=not given["no_pruning"],
        keep_parameters=given["keep_parameters"],
        where=given["asked"].get("cluster") or "auto",
    )


def _announce(watched: Watched) -> None:
    before = f", {watched.done:,} of them are done already" if watched.done else ""
    print(f"glassnet: {watched.total:,} runs{before}", file=sys.stderr)


def _tell(path: Path, html: Path | None, *, json: bool, quiet: bool) -> None:
    """Print what is in the file of a sweep, and write the page if there is to be one."""
    from glassnet.sweep.store import SweepFile
    from glassnet.sweep.summary import summarise

    with SweepFile.open(path, read_only=True) as file:
        runs, experiment = file.runs(), file.experiment
    summary = summarise(runs, experiment)
    if html is not None:
        from glassnet.sweep.report import page

        with replacing(html) as temporary:
            temporary.write_text(page(runs, summary, experiment), encoding="utf-8")
    if json:
        print(json_format.dumps(summary.to_json(), indent=2))
    elif not quiet:
        _print(summary)
        written = "" if html is None else f"; the page is {printable(html)}"
        print(f"\nall runs are in {printable(path)}{written}")


def _print(summary: Summary) -> None:
    from glassnet.sweep.report import spread_text

    console = printer()
    held_out = f", {summary.rows_held_out:,} held out" if summary.rows_held_out else ""
    planned = f" of {summary.planned:,}" if summary.runs < summary.planned else ""
    console.print(
        f"[bold]glassnet sweep[/]  {summary.runs:,}{planned} runs on {plain(summary.data)}, "
        f"{summary.rows:,} rows{held_out}\n",
        soft_wrap=True,
    )
    _print_ends(console, summary)
    if summary.epochs.runs:
        console.print(f"\nepochs to the goal: {spread_text(summary.epochs, '{:,.0f}')}")
        half = summary.half_way
        console.print(
            "fewer than half of all runs came to it"
            if half is None
            else f"half of all runs had come to it by epoch {half:,}"
        )
    console.print()
    _print_measures(console, summary)
    for name, groups in summary.effects.items():
        console.print()
        console.print(_groups(groups, [name], summary))
    if len(summary.effects) > 1:
        shown = summary.points[:MOST_POINTS]
        more = f", the first {len(shown)} of {len(summary.points):,}" * (
            len(shown) < len(summary.points)
        )
        console.print(f"\n[bold]combinations[/], the lowest mean {summary.objective} first{more}")
        console.print(_groups(shown, list(summary.effects), summary))


def _print_ends(console: Console, summary: Summary) -> None:
    """How the runs ended, and at which losses."""
    console.print(_bars(list(summary.ends.items())))
    if summary.levels:
        console.print("\n[dim]stuck at a loss of[/]")
        console.print(_bars([(f"{level.median:.3g}", level.share) for level in summary.levels]))
    console.print("[dim]shares are of all runs, in brackets their 95% Wilson intervals[/]")


def _bars(rows: Iterable[tuple[str, Share]]) -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=16)
    for _ in range(3):
        grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    for name, share in rows:
        interval = plain(f"[{share.low:.1%}, {share.high:.1%}]")
        bar = "█" * round(BAR * share.share) or "▏"
        grid.add_row(name, f"{share.share:.1%}", interval, f"{share.count:,}", f"[cyan]{bar}[/]")
    return grid


def _print_measures(console: Console, summary: Summary) -> None:
    from glassnet.sweep.report import measure_text

    numbers = ("mean", "spread", "least", "median", "most", "runs")
    table = columns(["measure"], numbers, padding=1)
    for name, spread in (*summary.measures.items(), ("last loss", summary.final_loss)):
        values = (spread.mean, spread.deviation, spread.least, spread.median, spread.greatest)
        table.add_row(measure_text(name), *(_number(value) for value in values), f"{spread.runs:,}")
    console.print(table)


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _groups(groups: Sequence[Group], settings: list[str], summary: Summary) -> Table:
    """Groups of runs as a table: by one setting, or by combination."""
    from glassnet.sweep.report import group_table

    heads, rows = group_table(groups, settings, summary)
    texts, numbers = heads[: len(settings)], heads[len(settings) :]
    table = columns([f"[bold]{head}[/]" for head in texts], numbers)
    for row in rows:
        table.add_row(*map(plain, row))
    return table
