"""The command `glassnet predict`."""

from __future__ import annotations

import csv
import json as json_format
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from glassnet.cli import DONE
from glassnet.cli.parameters import Names, Switch, TableName
from glassnet.cli.reading import reading_of, with_reading
from glassnet.cli.text import print_notes
from glassnet.errors import InputError

Row = tuple[Any, ...]


@with_reading
def predict(
    run: Path,
    data: TableName,
    *,
    out: Path | None = None,
    keep: Names = None,
    interval: float | None = None,
    table: str | None = None,
    query: str | None = None,
    json: Switch = False,
    quiet: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **reading: Any,
) -> int:
    """Predict for every row of a table.

    The result has a row for each row of the table, in its order: the prediction and, for classes,
    the probability of each.

    Parameters
    ----------
    run
        Folder of a run, or a model file.
    data
        A table as `glassnet train` takes it; its columns may stand in any order.
    out
        File for the result, CSV, or JSON lines with --json; stdout unless named.
    keep
        Column of the table to copy into the result, such as one that names the rows.
    interval
        Probability such as 0.9: columns are added between which a value lies with it; for the run
        of an ensemble of a regression.
    table
        Table of a database.
    query
        SQL query on a database.
    json
        Write JSON, an object a line.
    quiet
        Say nothing about how the table was read and what the model does not know.
    config
        TOML file with these settings in a table [predict].
    debug
        Show the traceback of an error.
    """
    from glassnet.pipeline.predict import Interval, Predictions
    from glassnet.pipeline.source import opened
    from glassnet.training.loading import load, load_any_model

    _refuse_overwriting(out, run, Path(data))
    ends = None if interval is None else Interval.of(load(run), interval)
    model = load_any_model(run)
    how = reading_of(reading)
    with opened(data, table, query, reading=how, recipe=model.recipe) as rows:
        predictions = Predictions(model, rows, keep or (), ends)
        found = _begun(predictions)
        with _writing(out) as file:
            if json:
                for row in found:
                    values = dict(zip(predictions.columns, row, strict=True))
                    file.write(json_format.dumps(values, ensure_ascii=False) + "\n")
            else:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(predictions.columns)
                writer.writerows(found)
    if not quiet:
        print_notes(predictions.notes)
    return DONE


def _refuse_overwriting(out: Path | None, *read: Path) -> None:
    for path in read:
        if out is not None and out.exists() and path.is_file() and out.samefile(path):
            raise InputError(
                f"--out {str(out)!r:.200} would overwrite what is read: name another file."
            )


def _begun(predictions: Iterable[Row]) -> Iterator[Row]:
    """The rows, once the first is known: what cannot be read has no result, not even a heading."""
    rows = iter(predictions)
    return chain([*islice(rows, 1)], rows)


@contextmanager
def _writing(out: Path | None) -> Iterator[TextIO]:
    """Stdout, or a file that appears whole or not at all."""
    from glassnet.storage.atomic import replacing

    if out is None:
        yield sys.stdout
        return
    with replacing(out) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        yield file
