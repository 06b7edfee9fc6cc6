"""The initial state for what `glassnet play` and `gn.play` name: a data set, a table, or a run."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from glassnet.errors import InputError, Name
from glassnet.models.model import Model
from glassnet.models.model_file import load_model
from glassnet.pipeline.source import AS_WRITTEN, TARGET, opened, target_of
from glassnet.playground.from_run import state_of_run
from glassnet.playground.initial_state import InitialState
from glassnet.playground.scenario import SETS, Scenario, Spec
from glassnet.playground.table_import import Task, points_of, proposed, remarks
from glassnet.tables.reading import Reading
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.loading import load_run
from glassnet.training.run import Run
from glassnet.training.run_folder import holds_run


def initial_state_of(
    what: Any, target: str | None = None, reading: Reading = AS_WRITTEN
) -> InitialState:
    """The initial state of the page for the name of a data set, a table, or a run or its folder.

    `target` is the column of a table to learn, where its name does not tell, and `reading` says how
    to read the table. Raises InputError if there is none of these, or more than the page can show.
    """
    if isinstance(what, Run | Model | EnsembleRun):
        _refuse_options(target, reading, "the run")
        return state_of_run(what)
    path = _path(what)
    if path is not None and _is_trained(path):
        run = load_run(path) if path.is_dir() else load_model(path)
        _refuse_options(target, reading, f"the run in {what}")
        return state_of_run(run)
    if path is not None and what in SETS and not path.exists():
        _refuse_options(target, reading, f"the data set {what}")
        return InitialState(Scenario(Spec(data=what)))
    named = target_of(what)
    task: Task | None = "classification" if named == TARGET and target in (None, TARGET) else None
    with opened(what, reading=reading) as table:
        choice = proposed(table, target or named, task)
        points, notes = points_of(table, choice)
        notes += remarks(table, choice)
    if target is None and named is None:
        notes.insert(0, f"Learned is {choice.target}: glassnet play --target names another column.")
    spec = Spec().with_columns(len(points.inputs))
    return InitialState(Scenario(spec, points=points), notes=tuple(notes))


def _path(what: object) -> Path | None:
    """What is asked for as a path, unless it is too long for one."""
    path = Path(what) if isinstance(what, str | PathLike) else None
    try:
        if path is not None:
            path.exists()
    except OSError:
        return None
    return path


def _is_trained(path: Path) -> bool:
    """Whether this is, or should be, what a training has left, and no table."""
    if path.is_dir():
        return holds_run(path) or not any(path.rglob("*.parquet"))
    return path.is_file() and path.suffix == ".safetensors"


def _refuse_options(target: str | None, reading: Reading, what: str) -> None:
    if target is not None:
        raise InputError(f"A target is chosen in a table, and {what} has its own: leave it out.")
    for name in reading.given:
        raise InputError(
            Name(name), f" says how to read a table, and {what} is none: leave it out."
        )
