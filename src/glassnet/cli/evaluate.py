"""The command `glassnet evaluate`."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch, TableName, folder_for
from glassnet.cli.reading import reading_of, refuse_reading, with_reading
from glassnet.cli.text import print_notes, printable, printer
from glassnet.errors import InputError

if TYPE_CHECKING:
    from glassnet.pipeline.evaluate import Evaluation


@with_reading
def evaluate(
    run: Path,
    data: TableName | None = None,
    *,
    out: Path | None = None,
    table: str | None = None,
    query: str | None = None,
    missing_target: Literal["refuse", "skip"] = "refuse",
    no_pictures: Switch = False,
    json: Switch = False,
    quiet: Switch = False,
    force: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **reading: Any,
) -> int:
    """Score a model on rows whose target is known.

    Classes: accuracy, log loss, ROC AUC, Brier score, calibration, precision, recall and F1 of
    each class and the confusion matrix; a regression: R2 and the usual errors. With pictures.

    Parameters
    ----------
    run
        Folder of a run, or a model file.
    data
        A table with the target; the rows that the run held out unless named.
    out
        Folder for the pictures and scores.json; named after the table, or else the run, unless
        given: houses-evaluation.
    table
        Table of a database.
    query
        SQL query on a database.
    missing_target
        What to do with rows that have no target.
    no_pictures
        Write nothing, only print.
    json
        Print the scores as JSON.
    quiet
        Print nothing but errors.
    force
        Write into a folder of others.
    config
        TOML file with these settings in a table [evaluate].
    debug
        Show the traceback of an error.
    """
    from glassnet.pipeline.evaluate import evaluate_table, write_evaluation
    from glassnet.training.loading import load_any_model

    if data is None:
        refuse_reading(reading, "what a run held out")
    evaluation, notes = (
        _held_out(run)
        if data is None
        else evaluate_table(
            load_any_model(run),
            data,
            table,
            query,
            missing_target=missing_target,
            reading=reading_of(reading),
        )
    )
    folder = out or folder_for(data or run.absolute().name, "evaluation")
    if not no_pictures:
        write_evaluation(evaluation, folder, force=force)
    if json:
        print(json_format.dumps(evaluation.scores, indent=2))
    elif not quiet:
        _print(evaluation, None if no_pictures else folder)
    print_notes(() if quiet else notes)
    return DONE


def _held_out(path: Path) -> tuple[Evaluation, tuple[str, ...]]:
    """On the rows that the training held out, if they were saved; of an ensemble, on all rows."""
    from glassnet.pipeline.evaluate import evaluate_out_of_fold, evaluate_samples
    from glassnet.training.ensemble_run import EnsembleRun
    from glassnet.training.loading import load_any_run

    run = load_any_run(path)
    if isinstance(run, EnsembleRun):
        return evaluate_out_of_fold(run), ()
    if run.validation is None:
        raise InputError(
            f"The run in {str(path)!r:.200} has no rows held out: name a table to evaluate it on."
        )
    return evaluate_samples(run.model, run.validation), ()


def _print(evaluation: Evaluation, folder: Path | None) -> None:
    from glassnet.cli.scores import print_scores

    console = printer()
    console.print(f"[bold]on {len(evaluation.y):,} rows[/]")
    print_scores(console, evaluation)
    if folder is not None:
        console.print(
            f"\npictures and scores.json are in {printable(folder)}", markup=False, soft_wrap=True
        )
