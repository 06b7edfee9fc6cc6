"""Scores of an evaluation, and what is wrong with a run, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from glassnet.cli.text import columns, plain

if TYPE_CHECKING:
    from glassnet.explain import Diagnosis
    from glassnet.pipeline.evaluate import Evaluation
    from glassnet.training.ensemble_run import EnsembleRun
    from glassnet.training.selection import Score

NAMES = {
    "accuracy": "accuracy",
    "log_loss": "log loss",
    "roc_auc": "ROC AUC",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
    "r2": "R2",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
}
MOST_CLASSES = 12  # of which the matrix is printed


def print_scores(
    console: Console, evaluation: Evaluation, intervals: Mapping[str, Score] = {}
) -> None:
    """Print every score, then those of each class or output, and the confusion matrix."""
    scores = evaluation.scores
    grid = Table.grid(padding=(0, 2))
    for key, name in NAMES.items():
        if key in scores:
            known = intervals.get(key)
            between = f"95 %: {known.low:.4g} to {known.high:.4g}" if known is not None else ""
            grid.add_row(name, _number(scores[key]), between)
    console.print(grid)
    if "outputs" in scores:
        console.print(_by_name(scores["outputs"], "output"))
    if "classes" in scores:
        console.print(_by_name(scores["classes"], "class"))
        if len(evaluation.names) <= MOST_CLASSES:
            console.print(_matrix(evaluation))


def print_trials(console: Console, run: EnsembleRun) -> None:
    """Print what was tried, what it got, and what was chosen."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("tried")
    for name in ("folds", "loss held out", "95 %", "weight"):
        table.add_column(name, justify="right")
    for one in sorted(run.tried, key=lambda one: (-one.folds, one.loss.value)):
        weight = f"[bold]{one.weight:.0%}[/]" if one.weight else "."
        low, high = (f"{end:.4g}" for end in one.loss[1:])
        table.add_row(
            plain(one.name), str(one.folds), f"{one.loss.value:.4g}", f"{low} to {high}", weight
        )
    console.print(table)
    temperature = run.ensemble.temperature
    calibrated = "" if temperature == 1 else f", at a temperature of {temperature:.3g}"
    console.print(
        f"\n{len(run.ensemble.members)} networks predict together{calibrated}", soft_wrap=True
    )


def print_importance(console: Console, worth: Mapping[str, Score]) -> None:
    """Print by how much the loss grows without what each column says."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("\nwithout this column's values")
    table.add_column("\nthe loss grows by", justify="right")
    table.add_column("\n95 %", justify="right")
    for name, score in worth.items():
        ends = f"{score.low:.3g} to {score.high:.3g}"
        table.add_row(plain(name), f"{score.value:.3g}", ends)
    console.print(table)


def print_diagnoses(console: Console, diagnoses: Iterable[Diagnosis]) -> None:
    """Print what is wrong with a run, why, and what to do."""
    for diagnosis in diagnoses:
        console.print(f"\n[bold yellow]{diagnosis.name}[/]  {plain(diagnosis.sentence)}")
        console.print(plain(diagnosis.advice))


def _by_name(scores: dict[str, dict[str, Any]], what: str) -> Table:
    table = columns([what], [NAMES.get(key, key) for key in next(iter(scores.values()))])
    for name, values in scores.items():
        table.add_row(plain(name), *(_number(value) for value in values.values()))
    return table


def _matrix(evaluation: Evaluation) -> Table:
    names = [plain(str(name)) for name in evaluation.names]
    table = columns(["true \\ predicted"], names)
    for k, (name, counts) in enumerate(zip(names, evaluation.confusion, strict=True)):
        cells = [
            f"[bold]{count}[/]" if j == k else f"[red]{count}[/]" if count else "."
            for j, count in enumerate(counts)
        ]
        table.add_row(name, *cells)
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "undefined"
    return f"{value:,}" if isinstance(value, int) else f"{value:.5g}"
