"""The command `glassnet show`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.cli import DONE
from glassnet.cli.parameters import Names, Switch
from glassnet.cli.text import plain, printable, printer
from glassnet.errors import InputError

if TYPE_CHECKING:
    from glassnet import Run
    from glassnet.training.ensemble_run import EnsembleRun


def show(
    run: Path,
    *,
    out: Path | None = None,
    features: Names = None,
    held: str = "median",
    at: Names = None,
    only: Names = None,
    replay: Path | None = None,
    dark: Switch = False,
    quiet: Switch = False,
    force: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Draw the pictures of a run, and say in words what is going on in it.

    Learning curves, the boundary over two features, weights, the network, and for small tables
    the loss around the end of the training with the way there.

    Parameters
    ----------
    run
        Folder of a run.
    out
        Folder for the pictures; glassnet-pictures unless named.
    features
        Feature along an axis of the boundary, given twice; the two that weigh most if left out.
    held
        Where the other features are held: median, mean, or the number of a sample.
    at
        A feature or column that is held elsewhere: age=40, city=Zug, built=2001-02-03.
    only
        Name of a picture to draw, such as boundary; all if left out.
    replay
        HTML file to write as well: the whole training, to go through in a browser.
    dark
        Light on dark.
    quiet
        Print nothing but errors.
    force
        Write into a folder of others.
    config
        TOML file with these settings in a table [show].
    debug
        Show the traceback of an error.
    """
    from glassnet.pictures.run_pictures import Slice, write_run_pictures
    from glassnet.playground.replay import write_replay
    from glassnet.training.ensemble_run import EnsembleRun
    from glassnet.training.loading import load_any_run

    plane = Slice(tuple(features or ()), held_at(held), dict(map(_moved, at or ())))
    folder = out or Path("glassnet-pictures")
    shown = load_any_run(run)
    if isinstance(shown, EnsembleRun):
        return _show_ensemble(shown, folder, replay, quiet=quiet, force=force)
    names = write_run_pictures(shown, folder, plane, only=only or (), dark=dark, force=force)
    if replay is not None:
        write_replay(shown, replay)
    if not quiet:
        _print(shown)
        print(f"wrote {', '.join(names)} to {printable(folder)}", file=sys.stderr)
        if replay is not None:
            print(f"wrote the replay to {printable(replay)}", file=sys.stderr)
    return DONE


def _show_ensemble(
    run: EnsembleRun, folder: Path, replay: Path | None, *, quiet: bool, force: bool
) -> int:
    """Draw how good it is on rows held out, and print what was tried."""
    from glassnet.cli.scores import print_importance, print_scores, print_trials
    from glassnet.pipeline.evaluate import evaluate_out_of_fold, write_evaluation
    from glassnet.training.trust import column_importance

    if replay is not None:
        raise InputError(
            "A replay shows the training of one network, and this run is an ensemble: train one "
            "with --single."
        )
    evaluation = evaluate_out_of_fold(run)
    write_evaluation(evaluation, folder, force=force)
    if not quiet:
        console = printer()
        print_trials(console, run)
        console.print(f"\n[bold]on {len(evaluation.y):,} rows, none seen by its networks[/]")
        print_scores(console, evaluation, run.scores)
        if run.samples is not None:
            print_importance(console, column_importance(run))
        print(f"wrote its pictures to {printable(folder)}", file=sys.stderr)
    return DONE


def _print(run: Run) -> None:
    """How the run ended, and what is wrong with it."""
    from glassnet.cli.scores import print_diagnoses
    from glassnet.explain import diagnose

    console = printer()
    console.print(plain(run.explanation))
    if run.samples is not None:
        print_diagnoses(console, diagnose(run))


def held_at(text: str) -> str | int:
    """The number of a sample where it is one, or else the word."""
    return int(text) if text.isdigit() else text


def _moved(text: str) -> tuple[str, str]:
    """The feature or column and the value in a text such as age=40; a name may hold = itself."""
    name, sign, value = text.rpartition("=")
    if not sign or not name.strip():
        raise InputError(f"--at takes a feature and a value such as age=40, not {text!r:.80}.")
    return name.strip(), value.strip()
