"""The run that a command is about: the one in a folder, or the tutorial's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, overload

from glassnet.errors import InputError
from glassnet.training.stop_reason import StopKind

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from glassnet import Run
    from glassnet.training.ensemble_run import EnsembleRun


@overload
def run_or_demo(name: str, purpose: str) -> Run: ...
@overload
def run_or_demo(name: str, purpose: str, *, ensembles: bool) -> Run | EnsembleRun: ...
def run_or_demo(name: str, purpose: str, *, ensembles: bool = False) -> Run | EnsembleRun:
    """The run in a folder; demo is the tutorial's training, unless a folder of that name is a
    run. Raises InputError if there is none, to be used for the `purpose`, or it is an ensemble and
    these are not meant, too.
    """
    from glassnet.training.loading import load_any_run, load_run
    from glassnet.training.run_folder import holds_run

    if name == "demo" and not holds_run(Path(name)):
        return _demo()
    if not Path(name).is_dir():
        raise InputError(
            f"There is no run to {purpose} at {name!r:.80}: give the folder of a run, as glassnet "
            "train writes it, or demo."
        )
    return load_any_run(name) if ensembles else load_run(name)


def _demo() -> Run:
    from glassnet.tutorial.demo_settings import DemoSettings

    training = DemoSettings().training()
    for _ in training:
        pass
    if training.run.stop_reason.kind is StopKind.INTERRUPTED:
        raise KeyboardInterrupt
    return training.run
