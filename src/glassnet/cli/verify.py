"""The command `glassnet verify`."""

from __future__ import annotations

import json as json_format
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter

from glassnet.cli import DONE, FAILED
from glassnet.cli.parameters import Switch, WholeNumber
from glassnet.cli.subject import run_or_demo
from glassnet.cli.text import columns, printer
from glassnet.errors import InputError, finite_number, whole_number
from glassnet.storage.atomic import checked_target

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from rich.console import Console

    from glassnet import GradientCheck, GradientReport, Run
    from glassnet.parity import Comparing, Comparison, PeerResult


NARROW = 72  # columns of a terminal: with fewer, the table leaves out the epochs
MOST_LAYERS = 4  # that have a row each for W and b; of more layers W and b share one
MOST_ROWS = 12  # of layers; of more those that differ most
LONG = 60  # seconds: what takes longer is announced
ENOUGH = 3  # seconds of training to estimate from
GRADIENT_ROWS = 100  # samples that gradients are checked on: every parameter needs some passes


def verify(
    run: str,
    /,
    *,
    with_: Annotated[str | None, Parameter(name="--with")] = None,
    gradients: Switch = False,
    epochs: WholeNumber | None = None,
    tolerance: float | None = None,
    json: Switch = False,
    out: Path | None = None,
    quiet: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Train the same network in other frameworks and compare every number.

    Loss, every W and b, and predictions are compared after every epoch, from the same start with
    the same batches, masks and learning rates; and glassnet, trained again, is held to the losses
    of the run. Exit code 1 says that something differs by more than the tolerance, failed, or
    could not be compared at all.

    Parameters
    ----------
    run
        What to verify: the folder of a run, or demo, the tutorial's own training.
    with_
        Frameworks with commas between them; without it tensorflow,torch,jax.
    gradients
        Compare backpropagation with central differences and complex steps; alone unless --with
        is given too.
    epochs
        Compare the first so many epochs only.
    tolerance
        Largest difference from frameworks to accept; without it 1e-10, or 1e-3 in float32.
    json
        Print the result as JSON.
    out
        Picture to write of the differences by epoch, such as differences.png.
    quiet
        Print nothing but errors.
    config
        TOML file with these settings in a table [verify].
    debug
        Show the traceback of an error.
    """
    comparing = with_ is not None or not gradients
    _check_requests(tolerance, epochs, out, comparing)
    subject = run_or_demo(run, "verify")
    report: dict[str, Any] = {"run": run}
    passed = True
    if gradients:
        reports = _gradient_reports(subject)
        report["gradients"] = {name: _gradient_dict(r) for name, r in reports.items()}
        passed = all(r.passed() for r in reports.values())
        if not (json or quiet):
            _print_gradients(reports)
    if comparing:
        comparison = _compared(subject, with_, epochs, quiet)
        report["comparison"] = comparison.to_dict(tolerance)
        passed = passed and comparison.passed(tolerance)
        if out is not None:
            _save_picture(comparison, tolerance, out)
        if not (json or quiet):
            _print_comparison(comparison, tolerance)
        _print_faults(comparison, tolerance)
    if json:
        print(json_format.dumps(report | {"passed": passed}, indent=2))
    return DONE if passed else FAILED


def _check_requests(
    tolerance: float | None, epochs: int | None, out: Path | None, comparing: bool
) -> None:
    """Raise InputError, before the work and not after it, for what cannot be done."""
    if tolerance is not None:
        finite_number("--tolerance", tolerance, 0)
        if not comparing:
            raise InputError("--tolerance is for the differences from frameworks: add --with.")
    if epochs is not None:
        whole_number("--epochs", epochs, 1)
    if out is None:
        return
    if not comparing:
        raise InputError("--out is a picture of frameworks' differences: add --with.")
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise InputError(f"--out must end in .png, .svg or .pdf, not be {str(out)!r:.200}.")
    checked_target(out)


def _compared(run: Run, frameworks: str | None, epochs: int | None, quiet: bool) -> Comparison:
    from glassnet import parity

    names = tuple(parity.FRAMEWORKS)
    if frameworks is not None:
        names = tuple(name.strip().lower() for name in frameworks.split(",") if name.strip())
    with parity.Comparing(run, names, epochs=epochs) as comparing:
        for _ in comparing if quiet else _with_progress(comparing):
            pass
        return comparing.comparison


def _with_progress(comparing: Comparing) -> Iterator[int]:
    """Show on a terminal's stderr how far it is, and say anywhere if it will take long."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("epoch {task.completed} of at most {task.total}"),
        TimeRemainingColumn(),
    )
    console = printer(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("starting the frameworks", total=comparing.limit)
        began = 0.0
        announced = False
        for epoch in comparing:
            progress.update(task, description="training in each", completed=epoch)
            began = began or time.perf_counter()  # the frameworks are ready
            seconds = time.perf_counter() - began
            if epoch and not announced and seconds > ENOUGH:
                announced = True
                if note := _long(epoch, comparing.limit, seconds):
                    console.print(note, soft_wrap=True)
            yield epoch


def _long(done: int, limit: int, seconds: float) -> str | None:
    """Return a warning for a comparison that will take long, judged by its first epochs."""
    left = (limit - done) * seconds / done
    if left <= LONG:
        return None
    some = max(int(LONG * done / seconds / 2), done)
    return (
        f"glassnet: this will take about {left / 60:.0f} more minutes; --epochs {some} compares "
        "the first epochs only"
    )


def _gradient_reports(run: Run) -> dict[str, GradientReport]:
    """At the start, and at the parameters that training ended with."""
    from glassnet import gradient_report
    from glassnet.parity import samples_of

    samples = samples_of(run)
    samples = samples.chosen(np.arange(len(samples.X))[:GRADIENT_ROWS])
    y = samples.labels if run.network.loss == "categorical_cross_entropy" else samples.Y
    places = {"start": run.start, "end": run.parameters}
    return {name: gradient_report(run.network, p, samples.X, y) for name, p in places.items()}


def _gradient_dict(report: GradientReport) -> dict[str, Any]:
    def fields(check: GradientCheck) -> dict[str, Any]:
        return {"largest_relative_error": check.error, "where": check.where}

    return {
        "passed": report.passed(),
        "parameters": len(report.differences.backprop),
        "central_differences": fields(report.differences),
        "complex_steps": fields(report.complex_steps),
    }


def _save_picture(comparison: Comparison, tolerance: float | None, out: Path) -> None:
    from glassnet import pictures

    if not comparison.compared:
        return
    pictures.difference_curves(
        {peer.framework: peer.differences for peer in comparison.compared},
        comparison.compared[0].quantities,
        tolerance=comparison.tolerance(tolerance),
    ).save(out)


def _print_gradients(reports: dict[str, GradientReport]) -> None:

    table = columns(("gradient at", "checked by", "largest relative error", "at"))
    for name, report in reports.items():
        by_differences, by_steps = report.differences, report.complex_steps
        row = f"{by_differences.error:.1e}", by_differences.where
        table.add_row(name, "central differences", *row)
        table.add_row("", "complex steps", f"{by_steps.error:.1e}", by_steps.where)
    console = printer()
    console.print(table)
    console.print()


def _print_comparison(comparison: Comparison, tolerance: float | None) -> None:
    console = printer()
    sizes = "-".join(map(str, comparison.network.sizes))
    console.print(
        f"[bold]glassnet verify[/]  a {sizes} network on {comparison.samples:,} samples, "
        f"{_epochs(comparison)}, {comparison.settings.dtype}\n"
    )
    if comparison.compared:
        _print_differences(console, comparison)
        _print_times(console, comparison)
    for convention, stating in _conventions(comparison).items():
        console.print(f"{', '.join(stating)}: {convention}", markup=False)
    missing = [peer for peer in comparison.peers if peer.status == "missing"]
    for peer in missing:
        console.print(peer.note, markup=False)
    console.print(f"\n{_repetition(comparison, tolerance)}")
    verdict = "[bold red]not the same[/]"
    if comparison.passed(tolerance):
        names = ", ".join(peer.framework for peer in comparison.compared)
        verdict = (
            f"[bold green]the same[/]  Every number of every epoch agrees to "
            f"{comparison.tolerance(tolerance):g} with {names}."
        )
    console.print(f"{verdict}  It took {comparison.total_seconds:.1f} s in all.")


def _conventions(comparison: Comparison) -> dict[str, list[str]]:
    """Return the statements, each with the frameworks that make it."""
    stated: dict[str, list[str]] = {}
    for peer in comparison.peers:
        for convention in peer.conventions:
            stated.setdefault(convention, []).append(peer.framework)
    return stated


def _epochs(comparison: Comparison) -> str:
    """How many epochs were compared."""
    done, whole = len(comparison.repeated), comparison.run_epochs
    return f"{whole:,} epochs" if done >= whole else f"the first {done:,} of {whole:,} epochs"


def _repetition(comparison: Comparison, tolerance: float | None) -> str:
    """Whether glassnet, trained again, had the losses of the run."""
    if comparison.bit_for_bit:
        return "glassnet again has the very losses of the run, bit for bit."
    if comparison.repeats(tolerance):
        return (
            f"glassnet again has the losses of the run to {comparison.repetition.max():.1e}, not "
            "bit for bit: another engine, processor or version rounds differently."
        )
    return "glassnet again has other losses than the run."


def _print_differences(console: Console, comparison: Comparison) -> None:

    wide = console.width >= NARROW
    table = columns(["largest difference"], padding=1)
    for peer in comparison.compared:
        table.add_column(peer.framework, justify="right")
        if wide:
            table.add_column("epoch", justify="right", style="dim")
    rows, left_out = _rows(comparison)
    for quantities in rows:
        row = [", ".join(quantities)]
        for peer in comparison.compared:
            value, epoch = max(peer.largest(quantity) for quantity in quantities)
            row += [f"{value:.1e}", str(epoch)] if wide else [f"{value:.1e}"]
        table.add_row(*row)
    console.print(table)
    if left_out:
        console.print(f"{left_out} more layers differ less; --json has them all.")
    console.print()


def _rows(comparison: Comparison) -> tuple[list[tuple[str, ...]], int]:
    """The quantities of each row, and how many layers have none."""
    first, *layers, last = comparison.compared[0].quantities
    if len(layers) <= 2 * MOST_LAYERS:
        return [(quantity,) for quantity in (first, *layers, last)], 0

    def difference(pair: tuple[str, ...]) -> float:
        return max(peer.largest(name)[0] for peer in comparison.compared for name in pair)

    pairs: list[tuple[str, ...]] = list(zip(layers[::2], layers[1::2], strict=True))
    worst = sorted(pairs, key=difference, reverse=True)[:MOST_ROWS]
    shown = [pair for pair in pairs if pair in worst]
    return [(first,), *shown, (last,)], len(pairs) - len(shown)


def _print_times(console: Console, comparison: Comparison) -> None:

    table = columns([""], ("epochs", "seconds", "ratio"), padding=1)
    table.add_column("version")
    table.add_row("glassnet", str(comparison.epochs), f"{comparison.seconds:.3f}", "1", "")
    for peer in comparison.compared:
        table.add_row(*_time_row(comparison, peer))
    console.print(table)
    console.print()
    console.print("Timed is the training alone, after imports and compilation; ratio is by epoch.")
    for peer in comparison.compared:
        console.print(f"{peer.framework}: {peer.timed}", markup=False)


def _time_row(comparison: Comparison, peer: PeerResult) -> list[str]:
    ratio = f"{comparison.ratio(peer):.3g}"
    return [peer.framework, str(peer.epochs), f"{peer.seconds:.3f}", ratio, peer.version]


def _print_faults(comparison: Comparison, tolerance: float | None) -> None:
    for beyond in comparison.beyond(tolerance):
        print(f"glassnet: {beyond}", file=sys.stderr)
    for peer in comparison.peers:
        if peer.status == "failed":
            print(f"glassnet: {peer.note}", file=sys.stderr)
    if not comparison.compared:
        notes = "; ".join(peer.note for peer in comparison.peers if peer.status == "missing")
        print(f"glassnet: there was nothing to compare with. {notes}".strip(), file=sys.stderr)
