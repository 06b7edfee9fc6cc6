"""Predictions for the rows of a table, some at a time, so that a table of any length passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from glassnet.data.preprocessing import Recipe, Values, unfamiliar_notes
from glassnet.engines.dask_collections import is_collection
from glassnet.errors import InputError
from glassnet.models.model import Model, class_probabilities, decisions
from glassnet.pipeline.source import opened
from glassnet.tables import Table, values
from glassnet.training.run import Run


class Predictions:
    """The predictions of a model for a table: iterate over it to get them row by row.

    A row holds the columns in `keep` as texts, then the predicted class and the probability of
    each class, or the predicted value of each target. `columns` are their names. When the
    iteration has ended, `notes` say what was found in the rows that the model does not know.

    Raises InputError for a model without a recipe, and for columns that the table has not.
    """

    def __init__(self, model: Model, table: Table, keep: Sequence[str] = ()) -> None:
        self.model = model
        self.table = table
        self.keep = tuple(keep)
        self.recipe = recipe_of(model)
        self.notes: list[str] = []
        table.require([*keep, *(column.name for column in self.recipe.columns)])

    @property
    def columns(self) -> list[str]:
        """The name of every column."""
        target = self.recipe.target
        predicted = [f"predicted {name}" for name in target.names]
        probability = [f"P({name})" for name in target.classes or ()]
        return [*self.keep, *predicted, *probability]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        found: Counter[tuple[str, str | None]] = Counter()
        kept = self._kept()
        for rows in values(self.table, self.recipe):
            found += self.recipe.unfamiliar(rows)
            for row in zip(*self._predicted(rows), strict=True):
                yield (*next(kept), *row)
        self.notes = unfamiliar_notes(found)

    def _kept(self) -> Iterator[tuple[Any, ...]]:
        """The kept columns row by row; without any, as many empty rows as are asked for."""
        if not self.keep:
            return iter(lambda: (), None)
        kept = self.table.chunks(dict.fromkeys(self.keep, "category"))
        columns = ([np.asarray(values).tolist() for values in chunk.values()] for chunk in kept)
        return chain.from_iterable(zip(*some, strict=True) for some in columns)

    def _predicted(self, rows: dict[str, Values]) -> list[list[Any]]:
        """One list for each column that is predicted."""
        network, target = self.model.network, self.recipe.target
        a = self.model.outputs(self.model.encode(rows))
        decided = target.decode(decisions(network, a))
        if target.classes is None:
            by_output: list[list[Any]] = decided.reshape(len(a), -1).T.tolist()
            return by_output
        p = class_probabilities(network, a)
        return [decided.tolist(), *p.T.tolist()]


def predict_table(model: Model | Run, data: Any, keep: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The predictions for every row of a table, in its order, as columns by name.

    `data` is what `train_table` takes; its columns may stand in any order. The columns are those
    of `Predictions`. Of a Dask data frame they come as one, computed by its partitions when that
    is asked for. Raises InputError for columns that are missing or hold other values.
    """
    if is_collection(data):
        local = model.model if isinstance(model, Run) else model
        return _by_partitions(local, data, tuple(keep))  # type: ignore[no-any-return]
    with opened(data) as table:
        predictions = Predictions(model.model if isinstance(model, Run) else model, table, keep)
        rows = list(predictions)
        columns = zip(*rows, strict=True) if rows else ([] for _ in predictions.columns)
        return {
            name: np.array(values)
            for name, values in zip(predictions.columns, columns, strict=True)
        }


def _by_partitions(model: Model, data: Any, keep: tuple[str, ...]) -> Any:
    """A Dask data frame of predictions; its meta is what two rows of no matter what give."""
    like = data._meta_nonempty
    meta = type(like)(_predicted_part(like, model, keep)).iloc[:0]
    return data.map_partitions(_predicted_part, model, keep, meta=meta)


def _predicted_part(part: Any, model: Model, keep: tuple[str, ...]) -> Any:
    """The predictions for a partition as a data frame of its kind."""
    return type(part)(predict_table(model, part, keep), index=part.index)


def first_rows(data: str, model: Model, most: int) -> dict[str, np.ndarray]:
    """The first rows of a table, at most so many, in the columns that a model reads."""
    with opened(data) as table:
        rows = next(values(table, recipe_of(model)))
    return {name: np.asarray(column[:most]) for name, column in rows.items()}


def recipe_of(model: Model) -> Recipe:
    """How the model reads a table. Raises InputError if it was not trained on one."""
    if model.recipe is None:
        raise InputError(
            "This model was trained on arrays in Python and knows no columns by name: use its "
            "predict(X) in Python, or train it on a table."
        )
    return model.recipe
