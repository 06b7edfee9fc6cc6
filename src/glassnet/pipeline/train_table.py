"""Training on a table from Python, where tables and targets are often values in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any, Literal, overload

from glassnet.engines.dask_collections import is_collection
from glassnet.engines.interface import Engine
from glassnet.errors import InputError, Name, instance_of, shown
from glassnet.pipeline.request import Request
from glassnet.pipeline.train import planned, with_progress
from glassnet.tables.fitting import Task
from glassnet.tables.frames import Frame, labels_of, names_asked, names_of
from glassnet.tables.reading import OPTIONS as READING_OPTIONS
from glassnet.tables.reading import Reading
from glassnet.tables.rows import MissingTarget
from glassnet.training.cross_fitting import CrossFitting
from glassnet.training.declaration import declared, documenting, with_parameters
from glassnet.training.effort import Effort
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.run import Run
from glassnet.training.settings import OPTIONS

SETTINGS_OF_TABLES = OPTIONS | declared(Reading)
# What a training on a table is asked beside its data, its target and its settings.
ASKED = {field.name for field in fields(Request)} - {"data", "target", "asked", "reading"}
TARGET = "target"  # the name of a target that is given as values without one


@overload
def train_table(data: Any, target: Any = (), *, single: Literal[True], **more: Any) -> Run: ...
@overload
def train_table(
    data: Any, target: Any = (), *, single: bool = False, **more: Any
) -> Run | EnsembleRun: ...
@documenting(SETTINGS_OF_TABLES)
@with_parameters(one.parameter for one in SETTINGS_OF_TABLES.values())
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
    effort: Effort = "normal",
    single: bool = False,
    groups: Any = None,
    time: Any = None,
    engine: str | Engine = "auto",
    cluster: str | None = None,
    verbose: bool = True,
    **settings: Any,
) -> Run | EnsembleRun:
    """Train networks on a table that predict together, or one, and return the run.

    Encodings of the columns and penalties are tried on folds of the rows, and weighed by the rows
    that were held out, which are the estimate of how good the ensemble is as well.

    What is left out is found out from the table, or chosen by the number of rows. `optimizer` and
    `schedule` may be rules such as glassnet.Adam(0.01), `class_weight` such as {"yes": 5}.

    Parameters
    ----------
    data : path, name of a data set, or table in memory
        A table in memory is a data frame of any library, a lazy one, a relation of DuckDB, whatever
        has an Arrow stream, a dictionary of columns, a list of dictionaries, or an array of two
        dimensions or of records. The label ("sepal", "width") of a column becomes "sepal_width".
    target : label, several labels, or values
        The columns to predict; or their values, one a row, as a series, an array or a data frame.
    table, query, features, exclude, categories : str or labels, optional
        The table of a database, or a query on it; the columns to learn from, those not to, and
        those whose values are categories.
    task : {"classification", "regression"}, optional
        What whole numbers in the target mean.
    missing_target : {"refuse", "skip"}
        What becomes of rows without a target.
    validation : float, "none" or a table, optional
        The share of the rows to hold out, or a table with others; an ensemble needs none.
    effort : {"quick", "normal", "thorough"}
        How much is tried.
    single : bool
        Train one network, whose training can be watched and explained step by step.
    groups, time : label, optional
        A column whose equal values stay in one fold, and that is not learned from; or one by which
        later rows are predicted from earlier ones.
    engine, cluster : str, optional
        What computes, and the Dask scheduler on whose workers it does.
    verbose : bool
        Whether to show progress on a terminal and in a notebook.

    Returns
    -------
    EnsembleRun or Run
        Of the ensemble, or of one network: if it is asked for, or the table or a setting allows no
        folds, which a note then says. It has the recipe that makes inputs of the table's columns.

    Raises
    ------
    InputError
        For a table, a column or a setting that will not do.

    Examples
    --------
    >>> import glassnet as gn
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": ["low", "low", "high", "high"]}
    >>> run = gn.train_table(data, "y", hidden_layer_sizes=4)
    >>> gn.predict_table(run, {"x": [0.5, 2.5]})["predicted y"].tolist()
    ['low', 'high']
    """
    asked = {name: value for name, value in locals().items() if name in ASKED}
    instance_of("verbose", verbose, bool)
    return _trained(_request(data, target, **asked, **settings), verbose=verbose)


def _request(data: Any, target: Any, **asked: Any) -> Request:
    """The request for a training, with columns by their names."""
    reading = {name: asked.pop(name) for name in READING_OPTIONS if name in asked}
    data, targets = _with_target(data, target)
    labels = labels_of(data)
    columns = {name: asked.pop(name) for name in ("features", "exclude", "categories")}
    one = {name: _name(name, asked.pop(name), labels) for name in ("groups", "time")}
    by_name = _columns(labels, **columns)
    return Request.of(data, target=targets, reading=Reading.of(reading), **by_name, **one, **asked)


def _trained(request: Request, *, verbose: bool) -> Run | EnsembleRun:
    """The run of a request, which knows how its table was read."""
    with (
        tempfile.TemporaryDirectory(prefix="glassnet-") as place,
        planned(request, Path(place)) as plan,
    ):
        with plan.training.ending_on_ctrl_c():
            for _ in with_progress(plan.training, verbose=verbose):
                pass
        if isinstance(plan.training, CrossFitting) and plan.training.interrupted:
            raise KeyboardInterrupt
        return plan.run()


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


def _columns(labels: Sequence[Any], **asked: Any) -> dict[str, tuple[str, ...]]:
    """The names of the columns that each argument asks for."""
    return {what: _names(what, one, labels) for what, one in asked.items()}


def _name(what: str, asked: Any, labels: Sequence[Any]) -> str | None:
    """The name of the one column that a label asks for."""
    if asked is None:
        return None
    names = _names(what, asked, labels)
    if len(names) != 1:
        raise InputError(Name(what), f" must be the name of one column, not {shown(asked)}.")
    return names[0]


def _names(what: str, asked: Any, labels: Sequence[Any]) -> tuple[str, ...]:
    """The names of the columns that labels ask for."""
    names = names_asked(asked, labels)
    if names is None:
        raise InputError(
            Name(what), f" must be the name of a column, or several, not {shown(asked)}."
        )
    return names
