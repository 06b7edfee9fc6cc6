"""The command `glassnet verify`."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import Parameter

from glassnet.cli import DONE, FAILED
from glassnet.cli.parameters import Switch
from glassnet.errors import InputError, finite_number

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    import numpy as np
    from rich.console import Console

    from glassnet import GradientCheck, GradientReport, Network, Parameters, Settings
    from glassnet.parity import Comparison, PeerResult


class Subject(NamedTuple):
    """A training to verify: all that decides its numbers."""

    network: Network
    X: np.ndarray
    y: np.ndarray
    settings: Settings
    start: Parameters
    sample_weight: np.ndarray | None = None


def verify(
    run: str,
    /,
    *,
    with_: Annotated[str | None, Parameter(name="--with")] = None,
    gradients: Switch = False,
    tolerance: float | None = None,
    json: Switch = False,
    out: Path | None = None,
    quiet: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Train the same network in other frameworks and compare every number.

    Loss, every W and b, and predictions are compared after every epoch. Exit code 1 says that
    something differs by more than the tolerance, failed, or could not be compared at all.

    Parameters
    ----------
    run
        What to verify: demo, the tutorial's own training.
    with_
        Frameworks with commas between them; without it tensorflow,torch,jax.
    gradients
        Compare backpropagation with central differences and complex steps; alone unless --with
        is given too.
    tolerance
        Largest difference to accept; without it 1e-10, or 1e-3 in float32.
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
    subject = _subject(run)
    comparing = with_ is not None or not gradients
    _check_requests(tolerance, out, comparing)
    report: dict[str, Any] = {"run": run}
    passed = True
    if gradients:
        reports = _gradient_reports(subject)
        report["gradients"] = {name: _gradient_dict(r) for name, r in reports.items()}
        passed = all(r.passed() for r in reports.values())
        if not (json or quiet):
            _print_gradients(reports)
    if comparing:
        comparison = _compared(subject, with_, quiet)
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


def _check_requests(tolerance: float | None, out: Path | None, comparing: bool) -> None:
    """Raise InputError, before the work and not after it, for what cannot be done."""
    if tolerance is not None:
        finite_number("--tolerance", tolerance, 0)
    if out is None:
        return
    if not comparing:
        raise InputError("--out is a picture of frameworks' differences: add --with.")
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise InputError(f"--out must end in .png, .svg or .pdf, not be {str(out)!r}.")
    if not out.absolute().parent.is_dir():
        raise InputError(f"There is no folder {str(out.parent)!r} to write {out.name!r} to.")


def _subject(run: str) -> Subject:
    if run == "demo":
        return _demo()
    raise InputError(f"There is nothing to verify at {run!r}: give demo.")


def _demo() -> Subject:
    from glassnet.demo import DATA, DemoSettings

    training = DemoSettings().training()
    return Subject(training.network, DATA.X, DATA.y, training.settings, training.start)


def _compared(subject: Subject, frameworks: str | None, quiet: bool) -> Comparison:
    from glassnet import parity

    names = tuple(parity.FRAMEWORKS)
    if frameworks is not None:
        names = tuple(name.strip().lower() for name in frameworks.split(",") if name.strip())
    network, X, y, settings, start, weight = subject
    with parity.Comparing(network, X, y, settings, start, names, weight) as comparing:
        limit = settings.max_epochs
        for _ in comparing if quiet else _with_progress(comparing, limit):
            pass
        return comparing.comparison


def _with_progress(epochs: Iterable[int], limit: int) -> Iterator[int]:
    """Show on a terminal's stderr how far it is."""
    if not sys.stderr.isatty():
        yield from epochs
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("epoch {task.completed} of at most {task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting the frameworks", total=limit)
        for epoch in epochs:
            progress.update(task, description="training in each", completed=epoch)
            yield epoch


def _gradient_reports(subject: Subject) -> dict[str, GradientReport]:
    """At the start, and at the parameters that training ends with."""
    from glassnet import Training, gradient_report

    network, X, y, settings, start, weight = subject
    training = Training(network, X, y, settings, parameters=start, sample_weight=weight)
    with training.ending_on_ctrl_c():
        for _ in training:
            pass
    places = {"start": start, "end": training.run.parameters}
    return {name: gradient_report(network, p, X, y) for name, p in places.items()}


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
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for heading in ("gradient at", "checked by", "largest relative error", "at"):
        table.add_column(heading)
    for name, report in reports.items():
        table.add_row(
            name, "central differences", f"{report.differences.error:.1e}", report.differences.where
        )
        table.add_row(
            "", "complex steps", f"{report.complex_steps.error:.1e}", report.complex_steps.where
        )
    console = Console(highlight=False)
    console.print(table)
    console.print()


def _print_comparison(comparison: Comparison, tolerance: float | None) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    sizes = "-".join(map(str, comparison.network.sizes))
    console.print(
        f"[bold]glassnet verify[/]  a {sizes} network on {comparison.samples} samples, "
        f"{comparison.settings.dtype}\n"
    )
    if comparison.compared:
        _print_differences(console, comparison)
        _print_times(console, comparison)
    for peer in comparison.peers:
        for convention in peer.conventions:
            console.print(f"{peer.framework}: {convention}", markup=False)
    missing = [peer for peer in comparison.peers if peer.status == "missing"]
    for peer in missing:
        console.print(peer.note, markup=False)
    verdict = "[bold red]not the same[/]"
    if comparison.passed(tolerance):
        names = ", ".join(peer.framework for peer in comparison.compared)
        verdict = (
            f"[bold green]the same[/]  Every number of every epoch agrees to "
            f"{comparison.tolerance(tolerance):g} with {names}."
        )
    console.print(f"\n{verdict}  It took {comparison.total_seconds:.1f} s in all.")


def _print_differences(console: Console, comparison: Comparison) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("largest difference")
    for peer in comparison.compared:
        table.add_column(peer.framework, justify="right")
        table.add_column("epoch", justify="right", style="dim")
    for quantity in comparison.compared[0].quantities:
        row = [quantity]
        for peer in comparison.compared:
            value, epoch = peer.largest(quantity)
            row += [f"{value:.1e}", str(epoch)]
        table.add_row(*row)
    console.print(table)
    console.print()


def _print_times(console: Console, comparison: Comparison) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("")
    for heading in ("epochs", "seconds", "ratio"):
        table.add_column(heading, justify="right")
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
