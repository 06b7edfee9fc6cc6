"""The log of a training as plain text: decisions, progress and results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.training.auto_settings import Automatic
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.run import Run

MOST_EPOCHS = 50  # that have a line each, evenly spaced; history.csv has them all


def write_log(
    path: Path, summary: Mapping[str, Any], chosen: Automatic, run: Run | EnsembleRun
) -> None:
    """Write the log of a training that has just ended."""
    ended = datetime.now().astimezone().isoformat(timespec="seconds")
    lines = [
        f"{ended}  ended after {summary['seconds']} s of training",
        f"request  {json.dumps(summary['request'], ensure_ascii=False)}",
        f"table    {summary['table']['source']}: {summary['table']['rows']} rows",
        f"data     sha256 {summary['data_sha256']}",
        *(f"chosen   {name} = {choice.value}: {choice.reason}" for name, choice in chosen),
        *(f"note     {note}" for note in summary["notes"]),
        *(_epochs(run) if isinstance(run, Run) else _trials(run)),
        f"stopped  {summary['explanation']}",
        *(f"score    {name} = {score}" for name, score in (summary["scores"] or {}).items()),
        *(f"problem  {diagnosis}" for diagnosis in summary["diagnosis"]),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _trials(run: EnsembleRun) -> Iterator[str]:
    """What was tried, what it got and what it counts."""
    for one in run.tried:
        yield f"tried    {one.name}: loss {one.loss.value:.6g} on {one.folds} folds, weight " + (
            f"{one.weight:.3g}"
        )


def _epochs(run: Run) -> Iterator[str]:
    """Some epochs with their loss, and that on rows held out after it."""
    loss, validation = run.losses["loss"], run.history.validation.get("loss", np.empty(0))
    n = len(loss)
    for k in np.unique(np.linspace(0, n - 1, min(n, MOST_EPOCHS)).astype(int)) if n else ():
        held_out = f", held out {validation[k]:.6g}" if k < len(validation) else ""
        yield f"epoch    {k + 1}: loss {loss[k]:.6g}{held_out}"
