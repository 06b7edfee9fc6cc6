"""Saved runs and models, read back."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path

from glassnet import engines
from glassnet.core.parameters import Parameters
from glassnet.engines.interface import Engine
from glassnet.errors import InputError, path_of
from glassnet.models.model import Model
from glassnet.models.model_file import load_model
from glassnet.optim.early_stopping import Patience
from glassnet.training import checkpoint
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.history import History
from glassnet.training.run import Run
from glassnet.training.run_folder import MODEL, STATE, checked_folder, load_data, load_state
from glassnet.training.settings import Settings
from glassnet.training.stop_reason import StopReason
from glassnet.training.training import new_state


def load(path: str | PathLike[str]) -> Run | EnsembleRun | Model:
    """Return the run whose folder this is, or the model whose file.

    A run is all that it was, but for its samples if they were too large to be saved.

    Parameters
    ----------
    path : path
        The folder of a run, or a model file.

    Returns
    -------
    Run, EnsembleRun or Model
        What was saved there.

    Raises
    ------
    InputError
        If there is no such file or folder, or it is not whole.
    """
    where = path_of("path", path)
    return load_any_run(where) if where.is_dir() else load_model(where)


def load_any_model(path: str | PathLike[str]) -> Model:
    """The model in a file, or in the folder of a run. Raises InputError if there is none."""
    return load_model(model_path(path))


def model_path(path: str | PathLike[str]) -> Path:
    """Where the model is: in this file, or within the folder of a run."""
    return checked_folder(path) / MODEL if Path(path).is_dir() else Path(path)


def load_run(path: str | PathLike[str]) -> Run:
    """The run of one network in a folder.

    Raises InputError if the folder is not that of a finished run, or that of an ensemble.
    """
    run = load_any_run(path)
    if isinstance(run, EnsembleRun):
        raise InputError(
            f"The run in {str(path)!r:.200} is an ensemble of {len(run.ensemble.members)} "
            "networks, and this is about one: train one with --single, single=True in Python."
        )
    return run


def load_any_run(path: str | PathLike[str]) -> Run | EnsembleRun:
    """The run in a folder. Raises InputError if the folder is not that of a finished run."""
    folder = checked_folder(path)
    model = load_model(folder / MODEL)
    saved, facts = load_state(folder / STATE)
    samples, validation = load_data(folder)
    summary = facts["summary"]
    try:
        if "tried" in saved.facts:
            return EnsembleRun.restored(model, saved, summary, samples)
        settings = Settings.from_json(json.dumps(saved.facts["settings"]))
        start = Parameters(model.network, saved.arrays["start"])
        state = new_state(start, settings)
        history = History(start, settings.record_every)
        patience = Patience(settings.patience, settings.min_improvement)
        checkpoint.restore(saved, state, history, patience)
        history.close(state.epoch, state.parameters)
        return Run(
            network=model.network,
            settings=settings,
            start=start,
            parameters=model.parameters,
            history=history,
            epochs=summary["epochs"],
            kept_epoch=summary["kept_epoch"],
            stop_reason=StopReason.read(summary["stop_reason"], settings.stop_below),
            explanation=summary["explanation"],
            engine=_engine(summary["engine"]),
            samples=samples,
            validation=validation,
            state=state,
            patience=patience,
            recipe=model.recipe,
            notes=tuple(map(str, summary.get("notes", ()))),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"The files in {str(path)!r:.200} do not fit together ({error!r:.80}): train again."
        ) from None


def _engine(name: str) -> Engine:
    """The engine of that name, or where it is not available the best there is."""
    try:
        return engines.choose(name)
    except InputError:
        return engines.choose("auto")
