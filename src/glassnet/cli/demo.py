"""The command `glassnet demo`."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.cli import DONE, FAILED, INTERRUPTED
from glassnet.cli.options import values_of, with_options
from glassnet.cli.parameters import Switch
from glassnet.cli.text import columns, printable, printer
from glassnet.storage.output_folder import SUMMARY
from glassnet.training.stop_reason import StopKind
from glassnet.training.training import with_progress
from glassnet.tutorial.demo_settings import DATA, DEMO, DemoSettings

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from rich.console import Console

    from glassnet import Run

CHAPTER = "tutorial.html"
WIDE = 72  # characters that two columns of points take


@with_options(DEMO.values(), group="Training")
def demo(
    *,
    out: Path = Path("glassnet-demo"),
    json: Switch = False,
    quiet: Switch = False,
    force: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **asked: Any,
) -> int:
    """Run the whole tutorial: train on twenty points, show and film it.

    Parameters
    ----------
    out
        Folder for the results.
    json
        Print the summary as JSON.
    quiet
        Print nothing but errors.
    force
        Write into a folder that this command did not make.
    config
        TOML file with these settings in a table [demo].
    debug
        Show the traceback of an error.
    """
    from glassnet.tutorial import demo as tutorial

    given = {name: value for name, value in asked.items() if value is not None}
    settings = DemoSettings(**values_of(DEMO, given))
    run, summary, interrupted = tutorial.demo(
        settings, out, force=force, watch=iter if quiet else with_progress
    )
    if json:
        print(json_format.dumps(summary, indent=2))
    elif not quiet:
        _print_summary(run, summary, out)
    if run.stop_reason.kind is StopKind.DIVERGED:
        print(f"glassnet: {run.explanation}", file=sys.stderr)
        return FAILED
    if interrupted:
        print(f"glassnet: interrupted; what was done is in {printable(out)}", file=sys.stderr)
        return INTERRUPTED
    return DONE


def _print_summary(run: Run, summary: dict[str, Any], out: Path) -> None:
    from rich.table import Table

    console = printer()
    sizes = "-".join(map(str, summary["network"]))
    console.print(
        f"[bold]glassnet demo[/]  a {sizes} network of {summary['n_parameters']} parameters "
        f"learns {summary['samples']} points\n"
    )
    facts = Table.grid(padding=(0, 2))
    facts.add_row("result", f"{summary['right']} of {summary['samples']} right")
    facts.add_row("stopped", summary["explanation"])
    if summary["loss"] is not None:
        facts.add_row("loss", f"{summary['loss_at_start']:.6g} -> {summary['loss']:.6g}")
    parts = ", ".join(
        f"{part} {taken:.2f}" for part, taken in summary["seconds"].items() if part != "total"
    )
    facts.add_row("seconds", f"{summary['seconds']['total']:.2f}: {parts}")
    if summary["advice"]:
        facts.add_row("[bold yellow]advice[/]", summary["advice"])
    console.print(facts)
    console.print()
    _print_predictions(console, run)
    first = CHAPTER if CHAPTER in summary["files"] else SUMMARY
    console.print(
        f"\n{len(summary['files'])} files are in {printable(out)}; "
        f"open first {printable(out / first)}",
        markup=False,
        soft_wrap=True,
    )


def _print_predictions(console: Console, run: Run) -> None:
    """The points in two columns, read downwards, or in one where the terminal is narrow."""
    name = f"a{run.network.n_layers}"
    n_columns = 2 if console.width >= WIDE else 1
    numbers = ("x1", "x2", "label", name, "right")
    table = columns([], [*numbers, *["    ", *numbers] * (n_columns - 1)], padding=1)
    rows = [
        [f"{x1:.2f}", f"{x2:.2f}", _label(y), f"{a:.4f}", "yes" if d == y else "[bold red]NO[/]"]
        for (x1, x2), y, a, d in zip(
            DATA.X, DATA.y, run.predict_probability(DATA.X), run.predict(DATA.X), strict=True
        )
    ]
    height = len(rows) // n_columns
    for k in range(height):
        row = list(rows[k])
        for other in rows[k + height :: height]:
            row += ["", *other]
        table.add_row(*row)
    console.print(table)


def _label(y: int) -> str:
    return f"[{'green' if y else 'red'}]{y}[/]"
