"""How far a training is, shown on a terminal's stderr and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glassnet import Training


def with_progress(training: Training) -> Iterable[int]:
    """Iterate over the training and show on a terminal's stderr how far it is."""
    if not sys.stderr.isatty():
        return training
    return _progress_bar(training)


def _progress_bar(training: Training) -> Iterator[int]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("training"),
        BarColumn(),
        TextColumn("epoch {task.completed} of at most {task.total}{task.fields[losses]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(
            "", total=training.settings.max_epochs, completed=training.epoch, losses=""
        )
        for epoch in training:
            progress.update(task, completed=epoch, losses=_losses(training))
            yield epoch


def _losses(training: Training) -> str:
    validation = training.history.validation.get("loss")
    held_out = (
        "" if validation is None or not len(validation) else f", {validation[-1]:.4g} held out"
    )
    return f", loss {training.loss:.4g}{held_out}"
