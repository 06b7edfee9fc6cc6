"""The command `glassnet train`."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.cli import DONE, FAILED, INTERRUPTED
from glassnet.cli.options import values_of, with_options
from glassnet.cli.parameters import Switch, TableName, folder_for
from glassnet.cli.reading import with_reading
from glassnet.cli.table_options import FOLDS, request_of, with_folds, with_table
from glassnet.cli.text import plain, print_notes, printable, printer
from glassnet.errors import InputError, finite_number
from glassnet.training.cross_fitting import CrossFitting
from glassnet.training.progress import duration
from glassnet.training.run import Run
from glassnet.training.settings import OPTIONS, WHEN_TO_STOP
from glassnet.training.stop_reason import StopKind

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from glassnet.pipeline.request import Request
    from glassnet.pipeline.train import Plan, TableRun
    from glassnet.training.checkpoint import Checkpoint

NARROW = 72  # columns of a terminal: with fewer, each reason has a line of its own
WITH_RESUME = {
    "data", "resume", "cluster", "checkpoint_every", "no_pictures", "json", "quiet", "force",
    "config", "debug", *WHEN_TO_STOP,
}  # fmt: skip


@with_reading
@with_table
@with_folds
@with_options(OPTIONS.values(), group="Training")
def train(
    data: TableName | None = None,
    *,
    out: Path | None = None,
    resume: str | None = None,
    checkpoint_every: float = 30.0,
    no_pictures: Switch = False,
    json: Switch = False,
    quiet: Switch = False,
    force: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **asked: Any,
) -> int:
    """Train networks on a table that predict together, and write a folder with the model.

    Encodings and penalties are tried on folds of the rows and weighed by the rows held out, which
    tell how good the model is. What is not asked for is chosen by the number of rows, and said with
    its reason.

    Parameters
    ----------
    data
        A .csv, .tsv, .json or .parquet file, a DuckDB or SQLite database, or a data set: rings,
        moons, blobs, xor, spirals, curve, iris, wine, breast_cancer, digits, diabetes.
    out
        Folder for the results; named after the table unless given: houses-run.
    resume
        Go on with the training in this folder, where it was saved last; what else decides it is
        taken from there, but --max-epochs, --patience and --stop-below may differ.
    checkpoint_every
        Seconds between checkpoints.
    no_pictures
        Draw nothing.
    json
        Print the summary as JSON.
    quiet
        Print nothing but errors.
    force
        Write over a run that is there, finished or not, or into a folder of others.
    config
        TOML file with these settings in a table [train].
    debug
        Show the traceback of an error.
    """
    given = {k: v for k, v in locals().items() if k != "asked"} | asked
    from glassnet.pipeline import train as training

    request, checkpoint = _resumed(given) if resume is not None else (_asked(data, asked), None)
    request = replace(request, pictures=request.pictures and not no_pictures)
    finite_number("--checkpoint-every", checkpoint_every, 0)
    folder = Path(resume) if resume else out or folder_for(str(data), "run")
    try:
        done = training.train_on_table(
            request,
            folder,
            force=force,
            checkpoint=checkpoint,
            checkpoint_seconds=checkpoint_every,
            show=_shown(json=json, quiet=quiet),
            watch=iter if quiet else training.with_progress,
        )
    except KeyboardInterrupt:
        if not training.is_unfinished(folder):
            raise
        return _interrupted(folder)
    if json:
        print(json_format.dumps(done.summary, indent=2))
    elif not quiet:
        _print_result(done, folder)
    return _exit_code(done, folder)


def _asked(data: str | None, asked: Mapping[str, Any]) -> Request:
    """The request for a new training."""
    if data is None:
        raise InputError("Name a table to train on, such as houses.csv, or a data set: iris.")
    folds = {name: asked[name] for name in FOLDS if asked.get(name) is not None}
    return request_of(data, asked, asked=settings_of(asked), **{"single": False, **folds})


def _resumed(given: dict[str, Any]) -> tuple[Request, Checkpoint]:
    """The request of the training to go on with, as far as it may differ, and where it stands."""
    from glassnet.pipeline import train as training

    _refuse_with_resume(given)
    request, checkpoint = training.resumed(Path(given["resume"]))
    request = request.with_settings(settings_of(given))
    # The same table may be in another place by now, and the scheduler at another address.
    moved = {name: given[name] for name in ("data", "cluster") if given.get(name) is not None}
    return replace(request, **moved), checkpoint


def settings_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the training among the options that were given."""
    return values_of(OPTIONS, {name: given[name] for name in OPTIONS if name in given})


def _refuse_with_resume(given: dict[str, Any]) -> None:
    """Raise InputError for an option that decides what a training is: it is decided already."""
    if not given["resume"].strip():
        raise InputError("--resume takes the folder of a training, not an empty name.")
    if given["out"] is not None:
        raise InputError("--resume goes on in the folder it names: leave out --out.")
    for name, parameter in signature(train).parameters.items():
        if name not in WITH_RESUME and given.get(name, parameter.default) != parameter.default:
            raise InputError(
                f"--{name.replace('_', '-')} cannot be changed with --resume, which goes on with "
                "the same training: leave it out, or start a new training."
            )


def _exit_code(done: TableRun, folder: Path) -> int:
    run = done.run
    if not isinstance(run, Run):
        return DONE
    if run.stop_reason.kind is StopKind.DIVERGED:
        print(f"glassnet: {printable(run.explanation)}", file=sys.stderr)
        return FAILED
    return _interrupted(folder) if run.stop_reason.kind is StopKind.INTERRUPTED else DONE


def _interrupted(folder: Path) -> int:
    print(
        f"glassnet: interrupted; what was done is in {printable(folder)}, and --resume "
        f"{printable(folder)} goes on",
        file=sys.stderr,
    )
    return INTERRUPTED


def _shown(*, json: bool, quiet: bool) -> Callable[[Plan], None]:
    """Return how to print the plan: all, notes only beside JSON, or nothing."""
    if quiet:
        return lambda plan: None
    return (lambda plan: print_notes(plan.notes)) if json else _print_plan


def _print_plan(plan: Plan) -> None:
    """Print the plan, every choice with its reason, to stderr."""
    from rich.table import Table

    console = printer(stderr=True)
    table = plan.table
    console.print(
        f"[bold]glassnet train[/]  {plain(table['source'])}: {table['rows']:,} rows, "
        f"{plan.recipe.n_features} features of {len(plan.recipe.columns)} columns\n",
        soft_wrap=True,
    )
    narrow = console.width < NARROW
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True)
    for name, value, reason in _choices(plan):
        shown = f"[bold]{plain(value)}[/]"
        if narrow:  # the reason below, over the whole width
            console.print(f"{name}  {shown}" + f"\n  {reason}" * bool(reason))
        else:
            rows.add_row(name, shown, reason)
    console.print(rows)
    for note in plan.notes:
        console.print(f"[yellow]note[/]  {plain(note)}", soft_wrap=True)
    console.print()


def _choices(plan: Plan) -> list[tuple[str, str, str]]:
    """Name, value and reason of everything that was chosen, as people read it."""
    network = plan.training.network
    rows = [("network", "-".join(map(str, network.sizes)), f"{network.n_parameters:,} parameters")]
    if isinstance(plan.training, CrossFitting):
        rows = _folds(plan.training)
    for name, choice in plan.chosen:
        value = choice.value
        if name == "hidden_layer_sizes":
            value = ",".join(map(str, value)) or "none"
        elif name == "validation_fraction":
            held_out = plan.held_out
            rows.append(
                ("validation", "none" if held_out is None else f"{len(held_out.X):,} rows", "")
            )
            continue
        elif isinstance(value, float):
            value = f"{value:.3g}"
        reason = "" if choice.reason == "It was given." else choice.reason
        rows.append((name.replace("_", " "), _short(name, value), reason))
    return rows


def _folds(fitting: CrossFitting) -> list[tuple[str, str, str]]:
    """What an ensemble tries, as people read it."""
    first, most = fitting.screening.folds, fitting.screening.survivors
    n, folds = len(fitting.candidates), len(fitting.folds)
    rest = f"all on {first} folds, the best {most} on the rest" if most < n else "each on all folds"
    return [
        ("candidates", f"{n}", "; ".join(one.name for one in fitting.candidates)),
        ("folds", f"{folds}", f"{rest}: {fitting.total} trainings, {_about(fitting)}"),
    ]


def _about(fitting: CrossFitting) -> str:
    """How long it will take, as a short trial tells."""
    seconds = fitting.seconds_expected()
    return "a second or two" if seconds < 2 else f"about {duration(seconds)} on this machine"


def _short(name: str, value: Any) -> str:
    """A value in few words: of a rule its name, and what of it is not as usual."""
    if value is None:
        return "all rows" if name == "batch_size" else "none"
    if not is_dataclass(value):
        return str(value)
    told = {f.name: getattr(value, f.name) for f in fields(value)}
    unusual = [
        f"{f.name.replace('_', ' ')} {told[f.name]:g}"
        for f in fields(value)
        if f.default is MISSING or told[f.name] != f.default
    ]
    return ", ".join([type(value).__name__, *unusual])


def _print_result(done: TableRun, folder: Path) -> None:
    from rich.table import Table

    from glassnet.cli.scores import print_diagnoses, print_scores, print_trials
    from glassnet.training.ensemble_run import EnsembleRun

    run = done.run
    console = printer()
    facts = Table.grid(padding=(0, 2))
    if isinstance(run, Run):
        facts.add_row("stopped", plain(run.explanation))
        for name, values in run.losses.items():
            if len(values):
                facts.add_row(name, f"{values[0]:.6g} -> {values[-1]:.6g}")
    else:
        print_trials(console, run)
    facts.add_row("seconds", f"{done.summary['seconds']:.2f}")
    console.print(facts)
    if done.evaluation is not None:
        console.print(f"\n[bold]on the {len(done.evaluation.y):,} rows held out[/]")
        print_scores(console, done.evaluation)
    elif isinstance(run, EnsembleRun) and done.out_of_fold is not None:
        rows = len(done.out_of_fold.y)
        console.print(f"\n[bold]on {rows:,} rows, each by networks that had not seen it[/]")
        print_scores(console, done.out_of_fold, run.scores)
    elif done.evaluation_of_training is not None:
        rows = len(done.evaluation_of_training.y)
        console.print(
            f"\n[bold]on the {rows:,} rows it was trained on[/] (none were held out; "
            "--validation 0.2 holds some out)",
            soft_wrap=True,
        )
        print_scores(console, done.evaluation_of_training)
    print_diagnoses(console, done.diagnoses)
    console.print(
        f"\nthe model is in {printable(folder)}: glassnet predict {printable(folder)} NEW.csv",
        markup=False,
        soft_wrap=True,
    )
