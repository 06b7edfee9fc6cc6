"""The tables that commands name: a file, a database, or one of glassnet's data sets."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from glassnet import tables
from glassnet.data.datasets import DATASETS, Dataset
from glassnet.data.preprocessing import Recipe
from glassnet.engines.cluster import Cluster
from glassnet.engines.dask_collections import is_collection
from glassnet.errors import InputError, path_of
from glassnet.tables.changed_columns import changed_columns
from glassnet.tables.conventions import Conventions
from glassnet.tables.partitioned import names_parquet, open_frame_parted, open_parquet_parted
from glassnet.tables.reading import Reading
from glassnet.tables.staging import How

AS_WRITTEN = Reading()
TARGET = "label"  # the target column of a data set of classes; of a regression it is y


@contextmanager
def opened(
    data: Any,
    table: str | None = None,
    query: str | None = None,
    cluster: Cluster | None = None,
    *,
    reading: Reading | Mapping[str, Any] = AS_WRITTEN,
    recipe: Recipe | None = None,
    shared: bool = False,
) -> Iterator[tables.Table]:
    """The table that `data` names, closed at the end: a path, the name of a data set, or a data
    frame itself.

    `reading` says how to read it, and what it leaves open is read as the table of the `recipe` was;
    what is read otherwise is noted. With `shared` the options are those of another table, too.
    With a cluster Parquet files are read by its workers, and a Dask data frame stays there. A file
    that is called like a data set comes first. Raises InputError if there is neither.
    """
    learned = Conventions()
    if recipe is not None and recipe.reading is not None:
        learned = Conventions.from_json(recipe.reading)
    how = How(Reading.of(reading), learned, shared)
    if cluster is not None and (names_parquet(data) or is_collection(data)):
        if table is not None or query is not None:
            raise InputError("A table or a query can be chosen in a database only.")
        parted = open_frame_parted if is_collection(data) else open_parquet_parted
        yield parted(cluster, data, how)
        return
    if isinstance(data, str | PathLike):
        path_of("The table", data)
        data = fspath(data)
        if data in DATASETS and not Path(data).exists():
            how.check_applies(data, "frame")
            with _named(DATASETS[data](), how) as named:
                yield named
            return
        _refuse_unknown(data)
    with tables.open_table(data, table=table, query=query, how=how) as found:
        if recipe is not None:
            found.notes += tuple(changed_columns(found, recipe))
        yield found


def _refuse_unknown(data: str) -> None:
    """Raise InputError for what names neither a file nor a data set."""
    if not Path(data).exists() and Path(data).name == data and "." not in data and data != "-":
        known = ", ".join(DATASETS)
        raise InputError(
            f"There is no file {data!r:.80}, and no data set of that name: they are {known}."
        )


def target_of(data: Any) -> str | None:
    """Return the target column of a built-in data set; None for a file."""
    if not isinstance(data, str) or data not in DATASETS or Path(data).exists():
        return None
    return TARGET if DATASETS[data]().n_classes else "y"


@contextmanager
def _named(dataset: Dataset, how: How) -> Iterator[tables.Table]:
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
        with tables.open_table(path, how=how) as table:
            table.source = dataset.name  # not the temporary file's path
            yield table
