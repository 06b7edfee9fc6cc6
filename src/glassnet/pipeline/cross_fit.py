"""A table for an ensemble: its columns finely encoded, its rows in folds, candidates to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.core.class_weights import weighted_by_class
from glassnet.core.network import Network
from glassnet.core.samples import Samples
from glassnet.data.encodings import feature_sets, with_knots, with_rare_together
from glassnet.data.preprocessing import Coded, NumericColumn, Recipe, Values
from glassnet.engines import choose_for
from glassnet.errors import InputError
from glassnet.optim.lbfgs import LBFGS
from glassnet.pipeline.request import Request
from glassnet.pipeline.samples import read_samples, with_validation_table
from glassnet.tables import EncodedRows, Table, fit_recipe
from glassnet.tables.columns import Kind
from glassnet.tables.rows import feature_kinds, kept_rows
from glassnet.training.auto_settings import Automatic
from glassnet.training.cross_fitting import CrossFitting
from glassnet.training.effort import trial
from glassnet.training.folds import Fold, forward_folds, grouped_folds, shuffled_folds

FEWEST_ROWS = 10
LARGEST = 2**29  # bytes of X with the features of all encodings


@dataclass(frozen=True, eq=False)
class FoldedSamples:
    """The rows of a table with the features of all encodings, those held out, and the folds."""

    recipe: Recipe
    training: EncodedRows
    validation: EncodedRows | None
    folds: list[Fold]
    notes: tuple[str, ...]


def folded_samples(
    request: Request, table: Table, target: tuple[str, ...], place: Path
) -> FoldedSamples | str:
    """Return the rows of a table for an ensemble, or in a sentence why it cannot be one.

    Raises InputError for a table or a column that will not do.
    """
    share = request.share_held_out(table.rows)
    fixed: dict[str, Any] = {
        "missing_target": request.missing_target,
        "validation": share,
        "seed": request["seed"],
    }
    if table.rows < FEWEST_ROWS:
        return f"{table.rows} rows are too few to hold some out: one network is trained on all."
    groups = () if request.groups is None else (request.groups,)
    table.require(groups)
    recipe, notes = fit_recipe(
        table,
        target,
        features=request.features or None,
        exclude=(*request.exclude, *groups),
        categories=request.categories,
        task=request.task,
        **fixed,
    )
    numbers = sum(isinstance(column, NumericColumn) for column in recipe.columns)
    if 8 * table.rows * (recipe.n_features + 8 * numbers) > LARGEST:
        return "The table is too large for an ensemble in memory: one network is trained."
    kept = kept_rows(table, recipe.target, request.missing_target, share, request["seed"])
    columns = {name: v[kept] for name, v in collected(table, feature_kinds(recipe)).items()}
    recipe = with_rare_together(with_knots(recipe, columns), columns)
    read = with_validation_table(
        request,
        recipe,
        place,
        read_samples(table, recipe, place, dtype=request["dtype"], **fixed),
        table.notes,
    )
    folds = _folds(request, table, recipe, read.training, kept)
    return FoldedSamples(
        recipe, read.training, read.validation, folds, (*table.notes, *notes, *read.notes)
    )


def collected(table: Table, kinds: Mapping[str, Kind]) -> dict[str, Values]:
    """Return whole columns of a table in memory, as values of these kinds."""
    chunks = list(table.chunks(kinds))
    return {name: _joined([chunk[name] for chunk in chunks]) for name in kinds}


def _joined(parts: list[Values]) -> Values:
    if not isinstance(parts[0], Coded):
        return np.concatenate(parts)
    number: dict[str, int] = {}
    codes = []
    for part in parts:
        assert isinstance(part, Coded)
        new = [number.setdefault(text, len(number)) for text in part.texts]
        codes.append(np.array([*new, -1], np.intp)[part.codes])
    return Coded(tuple(number), np.concatenate(codes))


def _folds(
    request: Request, table: Table, recipe: Recipe, training: EncodedRows, kept: np.ndarray
) -> list[Fold]:
    n_folds = trial(request.effort, len(training.X)).folds
    if request.groups is not None:
        (column,) = collected(table, {request.groups: "category"}).values()
        assert isinstance(column, Coded)
        codes = column.codes.copy()
        alone = codes < 0  # whose group is not known is a group of its own
        codes[alone] = len(column.texts) + np.arange(int(alone.sum()))
        return grouped_folds(codes[kept], n_folds, request["seed"])
    if request.time is not None:
        return forward_folds(_times(table, request.time)[kept], n_folds)
    y = training.y if recipe.target.classes is not None else None
    return shuffled_folds(len(training.X), n_folds, request["seed"], y)


def _times(table: Table, name: str) -> np.ndarray:
    kind: Kind = "date" if table.column(name).type == "date" else "number"
    (times,) = collected(table, {name: kind}).values()
    missing = np.flatnonzero(np.isnan(np.asarray(times, float)))
    if len(missing):
        raise InputError(
            f"{table.place(int(missing[0]))}: the column {name!r:.80} of the time has no value "
            "here: fill it in, or leave that row out."
        )
    return np.asarray(times, float)


def fitting_of(
    request: Request, samples: FoldedSamples, network: Network, chosen: Automatic
) -> CrossFitting:
    """Return the trainings of all candidates, ready to begin."""
    engine = choose_for(request.data, request.engine)
    settings = request.settings(chosen, samples.recipe.target.classes, training_metrics=False)
    assert samples.training.y is not None
    data: Samples = engine.take(
        network, samples.training.X, samples.training.y, None, settings.dtype
    )
    data = weighted_by_class(network, data, settings.class_weight)
    rows = len(samples.training.X)
    tried = trial(request.effort, rows)
    candidates = tried.candidates(
        feature_sets(samples.recipe),
        settings.l2,
        given_l2="l2" in request.asked or "l1" in request.asked,
        given_dropout=_dropout(request, network, by_lbfgs=isinstance(settings.optimizer, LBFGS)),
    )
    return CrossFitting(
        data,
        network,
        candidates,
        samples.folds,
        settings,
        chosen.initialiser.value,
        tried.screening,
        engine,
    )


def _dropout(
    request: Request, network: Network, *, by_lbfgs: bool
) -> float | tuple[float, ...] | None:
    """The dropout that was asked for; none where there are no neurons to leave out, or L-BFGS."""
    none = network.n_layers == 1 or by_lbfgs
    return 0.0 if none else request.asked.get("dropout")
