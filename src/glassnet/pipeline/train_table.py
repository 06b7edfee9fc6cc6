"""Training on a table from Python, where tables and targets are often values in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from glassnet.engines.dask_collections import is_collection
from glassnet.engines.interface import Engine
from glassnet.errors import InputError, shown
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.schedules import Plateau, Schedule
from glassnet.pipeline.request import Request
from glassnet.pipeline.train import planned
from glassnet.tables.fitting import Task
from glassnet.tables.frames import Frame, labels_of, names_asked, names_of
from glassnet.tables.rows import MissingTarget
from glassnet.training.run import Run

TARGET = "target"  # the name of a target that is given as values without one


def train_table(
    data: Any,
    target: Any = (),
    *,
    table: str | None = None,
    query: str | None = None,
    features: Any = (),
    exclude: Any = (),
    categories: Any = (),
    task: Task | None = None,
    missing_target: MissingTarget = "refuse",
    validation: Any = None,
    hidden: int | Sequence[int] | None = None,
    activation: str | Sequence[str] = (),
    initialiser: str | None = None,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
    momentum: float | None = None,
    schedule: str | Schedule | Plateau | None = None,
    batch_size: int | None = None,
    max_epochs: int | None = None,
    patience: int | None = None,
    stop_below: float | None = None,
    l1: float = 0.0,
    l2: float | None = None,
    dropout: float | Sequence[float] = (),
    clip_norm: float | None = None,
    class_weight: str | None = None,
    seed: int = 0,
    dtype: Literal["float32", "float64"] = "float64",
    engine: str | Engine = "auto",
    cluster: str | None = None,
) -> Run:
    """Train a network on a table and return the run, which predicts and can be saved.

    Parameters
    ----------
    data : path, name of a data set, or table in memory
        A table in memory is a data frame of any library, a lazy one, a relation of DuckDB, whatever
        has an Arrow stream, a dictionary of columns, a list of dictionaries, or an array of two
        dimensions or of records. A column with the label 2 is named "2", one with
        ("sepal", "width") "sepal_width".
    target : label, several labels, or values
        The columns to predict; or their values, one a row, as a series, an array or a data frame.
    table, query : str, optional
        The table of a database, or a query on it.
    features, exclude, categories : labels, optional
        The columns to learn from, those not to, and those whose values are categories.
    task : {"classification", "regression"}, optional
        What whole numbers in the target mean.
    missing_target : {"refuse", "skip"}
        What becomes of rows without a target.
    validation : float, "none" or a table, optional
        The share of the rows to hold out, or a table like `data` that holds other rows.
    engine, cluster : str, optional
        What computes, and the Dask scheduler on whose workers it does.
    hidden to dtype : optional
        How to train; what is left out is chosen by the number of rows.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        For a table, a column or a setting that will not do.

    Examples
    --------
    >>> import glassnet as gn
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": ["low", "low", "high", "high"]}
    >>> run = gn.train_table(data, "y", hidden=4)
    >>> gn.predict_table(run, {"x": [0.5, 2.5]})["predicted y"].tolist()
    ['low', 'high']
    """
    data, targets = _with_target(data, target)
    labels = labels_of(data)
    request = Request(
        data,
        targets,
        table=table,
        query=query,
        features=_names("features", features, labels),
        exclude=_names("exclude", exclude, labels),
        categories=_names("categories", categories, labels),
        task=task,
        missing_target=missing_target,
        validation=validation,
        hidden=None if hidden is None else _several(hidden),
        activation=_several(activation),
        initialiser=initialiser,
        optimizer=optimizer,
        learning_rate=learning_rate,
        momentum=momentum,
        schedule=schedule,
        batch_size=batch_size,
        max_epochs=max_epochs,
        patience=patience,
        stop_below=stop_below,
        l1=l1,
        l2=l2,
        dropout=_several(dropout),
        clip_norm=clip_norm,
        class_weight=class_weight,
        seed=seed,
        dtype=dtype,
        engine=engine,
        cluster=cluster,
    )
    with (
        tempfile.TemporaryDirectory(prefix="glassnet-") as place,
        planned(request, Path(place)) as plan,
    ):
        with plan.training.ending_on_ctrl_c():
            for _ in plan.training:
                pass
        return replace(plan.training.run, recipe=plan.recipe)


def _with_target(data: Any, target: Any) -> tuple[Any, tuple[str, ...]]:
    """The table with the values of the target in it, and the names of the target's columns."""
    if isinstance(data, str | PathLike):
        return data, _names("target", target, [])
    if is_collection(data):
        return _dask_with_target(data, target)
    frame = Frame(data)
    names = names_asked(target, frame.labels, frame.rows)
    if names is not None:
        return frame, names
    added = _target_frame(target)
    return frame.with_columns(added), tuple(added.names)


def _dask_with_target(data: Any, target: Any) -> tuple[Any, tuple[str, ...]]:
    names = names_asked(target, list(data.columns))
    if names is not None:
        return data, names
    if not is_collection(target) or not hasattr(target, "name"):
        raise InputError(
            "The target of a Dask data frame is a column of it, or another column of Dask, not "
            f"{shown(target)}."
        )
    name = TARGET if target.name is None else str(target.name)
    if name in names_of(data.columns):
        return data, (name,)
    return data.assign(**{name: target}), (name,)


def _target_frame(target: Any) -> Frame:
    """The values of a target, as the columns they are."""
    if hasattr(target, "columns") or isinstance(target, dict):
        return Frame(target)
    if getattr(target, "ndim", 1) == 2:
        n_columns = target.shape[1]
        names = [f"{TARGET}{i}" if n_columns > 1 else TARGET for i in range(1, n_columns + 1)]
        return Frame({name: target[:, i] for i, name in enumerate(names)})
    if hasattr(target, "to_frame") and not hasattr(target, "columns"):
        return Frame(target.to_frame(getattr(target, "name", None) or TARGET))
    return Frame({TARGET: target})


def _names(what: str, asked: Any, labels: Sequence[Any]) -> tuple[str, ...]:
    """The names of the columns that labels ask for."""
    names = names_asked(asked, labels)
    if names is None:
        raise InputError(f"{what} must be the name of a column, or several, not {shown(asked)}.")
    return names


def _several(values: Any) -> tuple[Any, ...]:
    """Values in a tuple; one alone may come without."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        return (values,)
    return tuple(values)
