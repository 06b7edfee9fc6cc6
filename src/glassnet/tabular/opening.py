"""The tables that commands name: a file, a database, or one of glassnet's data sets."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from glassnet import tables
from glassnet.datasets import DATASETS, Dataset
from glassnet.errors import InputError
from glassnet.model import Model
from glassnet.tabular.prediction import recipe_of

TARGET = "label"  # the target column of a data set of classes; of a regression it is y


@contextmanager
def opened(data: str, table: str | None = None, query: str | None = None) -> Iterator[tables.Table]:
    """The table that `data` names, closed at the end: a path, or the name of a data set.

    A file that is called like a data set comes first. Raises InputError if there is neither.
    """
    if data in DATASETS and not Path(data).exists():
        with _named(DATASETS[data]()) as named:
            yield named
        return
    if not Path(data).exists() and Path(data).name == data and "." not in data:
        known = ", ".join(DATASETS)
        raise InputError(
            f"There is no file {data!r}, and no data set of that name: they are {known}."
        )
    with tables.open_table(data, table=table, query=query) as found:
        yield found


def target_of(data: str) -> str | None:
    """The target column of a data set that is named; None for a file, which has to be told."""
    if data not in DATASETS or Path(data).exists():
        return None
    return TARGET if DATASETS[data]().n_classes else "y"


def first_rows(data: str, model: Model, most: int) -> dict[str, np.ndarray]:
    """The first rows of a table, at most so many, in the columns that a model reads."""
    with opened(data) as table:
        rows = next(tables.values(table, recipe_of(model)))
    return {name: np.asarray(values[:most]) for name, values in rows.items()}


@contextmanager
def _named(dataset: Dataset) -> Iterator[tables.Table]:
    """A data set as a table, by way of a file, so that it is read like any other."""
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        path = Path(folder) / f"{dataset.name}.csv"
        target = TARGET if dataset.n_classes else "y"
        labels = dataset.y.tolist()
        if dataset.class_names:
            labels = [dataset.class_names[label] for label in labels]
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow([*dataset.feature_names, target])
            rows.writerows([*x, label] for x, label in zip(dataset.X.tolist(), labels, strict=True))
        with tables.open_table(path) as table:
            yield table
