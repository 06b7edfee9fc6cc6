"""The folder of a run: its model, its history and state, its data if small, and a summary."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from glassnet.core.samples import Samples
from glassnet.errors import InputError, path_of
from glassnet.models.model import Model
from glassnet.models.model_file import save_model
from glassnet.storage.arrays_file import load_arrays, save_arrays
from glassnet.storage.atomic import replacing
from glassnet.storage.output_folder import SUMMARY, output_folder, program_of
from glassnet.training.checkpoint import Checkpoint

PROGRAM = "glassnet train"  # writes such folders, and may replace what is in them
MODEL = "model.safetensors"
STATE = "state.safetensors"
DATA = "data.safetensors"
CHECKPOINT = "checkpoint.safetensors"  # there while a training is not finished
STATE_KIND = "glassnet training state"
DATA_KIND = "glassnet training data"
LARGEST_DATA = 64 * 2**20  # bytes of samples that are saved along with a run


class _Run(Protocol):
    """The attributes of a run that are written: see `glassnet.training.run.Run`."""

    @property
    def model(self) -> Model: ...
    @property
    def summary(self) -> dict[str, Any]: ...
    @property
    def samples(self) -> Samples | None: ...
    @property
    def validation(self) -> Samples | None: ...
    def checkpoint(self) -> Checkpoint: ...


def write_run(run: _Run, folder: str | PathLike[str], *, force: bool = False) -> None:
    """Write the folder of a run; what an earlier run left there is replaced, whole.

    Raises InputError, with nothing written, if the folder holds files of others (unless `force`)
    or cannot be written to.
    """
    with output_folder(path_of("folder", folder), PROGRAM, force=force) as temporary:
        files = write_run_files(run, temporary)
        write_summary(temporary, run.summary, files)


def write_run_files(
    run: _Run, folder: Path, request: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Write model, state and data into a folder; returns what each file is by its name.

    `request` says in JSON values what was asked for; it is kept with the state.
    """
    checkpoint = run.checkpoint()
    save_model(run.model, folder / MODEL)
    save_state(checkpoint, folder / STATE, request, run.summary)
    files = {
        MODEL: "the model, for predict and export",
        STATE: "every loss, the parameters by epoch, and all that resuming needs",
    }
    arrays = _data_arrays(run)
    if 0 < sum(array.nbytes for array in arrays.values()) <= LARGEST_DATA:
        save_arrays(folder / DATA, DATA_KIND, arrays, {})
        files[DATA] = "the samples as the network sees them"
    return files


def write_summary(folder: Path, summary: Mapping[str, Any], files: Mapping[str, str]) -> None:
    """Write the summary.json of a folder: what came of the run, versions, and the files."""
    whole = {
        "program": PROGRAM,
        **summary,
        "versions": versions(),
        "files": {**files, SUMMARY: "this summary"},
    }
    with replacing(folder / SUMMARY) as temporary:
        temporary.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def save_state(
    checkpoint: Checkpoint,
    path: Path,
    request: Mapping[str, Any] | None = None,
    summary: Mapping[str, Any] | None = None,
) -> None:
    """Write a checkpoint to one file, whole or not at all."""
    facts = {"checkpoint": checkpoint.facts, "request": request, "summary": summary}
    save_arrays(path, STATE_KIND, checkpoint.arrays, facts)


def load_state(path: Path) -> tuple[Checkpoint, dict[str, Any]]:
    """The checkpoint, and the facts "request" and "summary" that were saved along.

    Raises InputError unless the file is a whole one.
    """
    arrays, facts = load_arrays(path, STATE_KIND)
    return Checkpoint(arrays, facts.pop("checkpoint")), facts


def load_data(folder: Path) -> tuple[Samples | None, Samples | None]:
    """The samples of a run and those it was measured on, each None if it was not saved."""
    if not (folder / DATA).exists():
        return None, None
    arrays, _ = load_arrays(folder / DATA, DATA_KIND)
    return _samples(arrays, "training."), _samples(arrays, "validation.")


def versions() -> dict[str, str]:
    """The versions that decide a run's digits."""
    from importlib.metadata import version  # takes as long to import as a third of numpy

    return {
        "glassnet": version("glassnet"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
    }


def holds_run(folder: Path) -> bool:
    """Whether the folder is that of a finished run."""
    return (folder / STATE).exists()


def checked_folder(path: str | PathLike[str]) -> Path:
    """The path of a run's folder. Raises InputError if it is not one."""
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"There is no folder {str(path)!r:.200}: name the folder of a run.")
    if not holds_run(folder):
        if (folder / CHECKPOINT).exists():
            raise InputError(
                f"The training in {str(path)!r:.200} is not finished: go on with it by "
                f"glassnet train --resume {path}."
            )
        program = program_of(folder)
        if program not in (None, PROGRAM):
            kind = "the tutorial's folder" if program == "glassnet demo" else f"one of {program}"
            raise InputError(
                f"{str(path)!r:.200} is {kind}, not the folder of a run of glassnet train."
            )
        raise InputError(f"The folder {str(path)!r:.200} is not that of a run: it has no {STATE}.")
    return folder


def _data_arrays(run: _Run) -> dict[str, np.ndarray]:
    parts = {"training.": run.samples, "validation.": run.validation}
    return {
        prefix + name: array
        for prefix, samples in parts.items()
        if samples is not None
        for name, array in samples._asdict().items()
        if array is not None
    }


def _samples(arrays: Mapping[str, np.ndarray], prefix: str) -> Samples | None:
    if prefix + "X" not in arrays:
        return None
    return Samples(arrays[prefix + "X"], arrays[prefix + "Y"], arrays.get(prefix + "weight"))
