"""Predictions for the rows of a table, some at a time, so that a table of any length passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.parameters import Array
from glassnet.data.preprocessing import Recipe, Values, unfamiliar_notes
from glassnet.engines.dask_collections import is_collection
from glassnet.errors import InputError, Name, shown
from glassnet.models.model import Model, class_probabilities, decisions
from glassnet.pipeline.source import opened
from glassnet.tables import Table, values
from glassnet.tables.frames import Frame, labels_of, names_asked
from glassnet.tables.reading import Reading
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.run import Run
from glassnet.training.trust import predict_interval


class Interval(NamedTuple):
    """The intervals of a regression's values, and how many of a hundred values lie within, by 100.

    Raises InputError for a run that has none.
    """

    run: EnsembleRun
    level: float

    @classmethod
    def of(cls, run: object, level: float) -> Interval:
        """Return the intervals of a run, which must be an ensemble's of a regression."""
        if not isinstance(run, EnsembleRun):
            raise InputError(
                "Intervals come from rows that an ensemble held out: give the run of one."
            )
        predict_interval(run, np.zeros((1, run.network.sizes[0])), level)  # refuses what is wrong
        return cls(run, level)

    def ends(self, X: Array) -> list[list[float]]:
        """Return the low and the high end for each row, output by output, in the target's units."""
        target = recipe_of(self.run.model).target
        ends = predict_interval(self.run, X, self.level)
        decoded = [target.decode(ends[:, :, side]) for side in (0, 1)]
        return [decoded[side][:, i].tolist() for i in range(ends.shape[1]) for side in (0, 1)]


class Predictions:
    """The predictions of a model for a table: iterate over it to get them row by row.

    A row holds the columns in `keep` as texts, then the predicted class and the probability of
    each class, or the predicted value of each target, with an `interval` its low and its high end.
    `columns` are their names. When the
    iteration has ended, `notes` say how the table was read, and what was found in the rows that
    the model does not know.

    Raises InputError for a model without a recipe, and for columns that the table has not.
    """

    def __init__(
        self,
        model: Model,
        table: Table,
        keep: Sequence[str] = (),
        interval: Interval | None = None,
    ) -> None:
        self.model = model
        self.interval = interval
        self.table = table
        self.keep = tuple(keep)
        self.recipe = recipe_of(model)
        self.notes = list(table.notes)
        table.require([*keep, *(column.name for column in self.recipe.columns)])

    @property
    def columns(self) -> list[str]:
        """The name of every column."""
        target = self.recipe.target
        predicted = [f"predicted {name}" for name in target.names]
        probability = [f"P({name})" for name in target.classes or ()]
        ends = [f"{end} {name}" for name in target.names for end in ("low", "high")]
        return [*self.keep, *predicted, *(ends if self.interval else probability)]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        found: Counter[tuple[str, str | None]] = Counter()
        kept = self._kept()
        for rows in values(self.table, self.recipe):
            found += self.recipe.unfamiliar(rows)
            for row in zip(*self._predicted(rows), strict=True):
                yield (*next(kept), *row)
        self.notes += unfamiliar_notes(found)

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
        X = self.model.encode(rows)
        a = self.model.outputs(X)
        decided = target.decode(decisions(network, a))
        if target.classes is None:
            ends = [] if self.interval is None else self.interval.ends(X)
            return [*decided.reshape(len(a), -1).T.tolist(), *ends]
        p = class_probabilities(network, a)
        return [decided.tolist(), *p.T.tolist()]


def predict_table(
    model: Model | Run | EnsembleRun,
    data: Any,
    keep: Any = (),
    *,
    interval: float | None = None,
    **reading: Any,
) -> Any:
    """Return the predictions for every row of a table, in its order.

    Parameters
    ----------
    model : Run, EnsembleRun or Model
        What was trained on a table.
    data : path or table in memory
        What `train_table` takes; its columns may stand in any order.
    keep : label or several labels
        Columns of the table that come first, as they are there.
    interval : float, optional
        The probability, such as 0.9, with which a value lies between the columns "low" and "high"
        that are added; for an ensemble's regression.
    **reading
        How to read the table, as `read_table` takes it; what is left out is as in training.

    Returns
    -------
    data frame, or dict of arrays
        Of a data frame one of the same library, with the same index: pandas gives pandas, polars
        polars (a lazy one computed), pyarrow, and whatever has an Arrow stream, pyarrow. Of a Dask
        data frame one of Dask, computed by its partitions when that is asked for. Of a file and of
        anything else a dictionary of arrays, kept columns of a file as texts. The columns are those
        of `Predictions`.

    Raises
    ------
    InputError
        For columns that are missing or hold other values, and a model that knows no columns.
    """
    local = model.model if isinstance(model, Run | EnsembleRun) else model
    if not isinstance(local, Model):
        raise InputError(f"model must be a Run or a Model, not {shown(model)}.")
    how = Reading.of(reading)
    ends = None if interval is None else Interval.of(model, interval)
    in_memory = not isinstance(data, str | PathLike) and not is_collection(data)
    data = Frame(data) if in_memory else data
    names = names_asked(keep, labels_of(data))
    if names is None:
        raise InputError(
            Name("keep"), f" must be the name of a column, or several, not {shown(keep)}."
        )
    if isinstance(data, Frame):
        return data.like(_columns(local, data, how, (), ends), names)
    if not is_collection(data):
        return _columns(local, data, how, names, ends)
    if ends is not None:
        raise InputError("Intervals are computed here: give a table in memory or a file.")
    if not hasattr(data, "columns"):
        raise InputError(f"A Dask data frame is needed, not {type(data).__name__}.")
    meta = _predicted_part(data._meta, local, names, how)
    return data.map_partitions(_predicted_part, local, names, how, meta=meta)


def _columns(
    model: Model,
    data: Any,
    how: Reading,
    keep: Sequence[str] = (),
    interval: Interval | None = None,
) -> dict[str, np.ndarray]:
    """The predictions for a table as columns by name."""
    with opened(data, reading=how, recipe=model.recipe) as table:
        predictions = Predictions(model, table, keep, interval)
        columns = zip(*predictions, strict=True)
        return {
            name: np.array(values)
            for name, values in zip(predictions.columns, columns, strict=True)
        }


def _predicted_part(part: Any, model: Model, keep: tuple[str, ...], how: Reading) -> Any:
    """The predictions for a partition of a Dask data frame, which may have no rows."""
    frame = Frame(part)
    if frame.rows:
        return frame.like(_columns(model, frame, how), keep)
    target = recipe_of(model).target
    frame.require([*keep, *(column.name for column in recipe_of(model).columns)])
    decided = np.array(target.classes or (0.0,))[:0]
    columns = {f"predicted {name}": decided for name in target.names}
    return frame.like(columns | {f"P({c})": np.empty(0) for c in target.classes or ()}, keep)


def first_rows(data: str, model: Model, most: int) -> dict[str, np.ndarray]:
    """The first rows of a table, at most so many, in the columns that a model reads."""
    with opened(data, recipe=model.recipe) as table:
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
