"""The options of commands that train on a table: which rows and columns, and what computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from glassnet.cli.options import with_options
from glassnet.cli.reading import reading_of
from glassnet.errors import InputError
from glassnet.tables.reading import OPTIONS as READING
from glassnet.training.declaration import declared, setting

if TYPE_CHECKING:  # imported when a command runs, so that --help is quick
    from glassnet.pipeline.request import Request


@dataclass(frozen=True)
class TableOptions:
    """What a table is to teach."""

    target: tuple[str, ...] = setting(
        "Column to predict; several for a regression with several outputs.", ()
    )
    table: str | None = setting("Table of a database.", None)
    query: str | None = setting("SQL query on a database.", None)
    features: tuple[str, ...] = setting("Columns to use; all but the target if left out.", ())
    exclude: tuple[str, ...] = setting("Columns not to use.", ())
    categories: tuple[str, ...] = setting(
        "Columns whose values are categories although they are numbers, or many.", ()
    )
    task: Literal["classification", "regression"] | None = setting(
        "What numbers in the target mean.", None
    )
    missing_target: Literal["refuse", "skip"] = setting(
        "What to do with rows that have no target.", "refuse"
    )
    validation: str | None = setting(
        "Rows to measure on: a share such as 0.2, a file, or none. Of a single network a fifth of "
        "50 rows or more unless said; an ensemble needs none.",
        None,
    )
    engine: Literal["auto", "compiled", "reference"] = setting("What computes.", "auto")
    cluster: str | None = setting(
        "Address of a Dask scheduler, such as tcp://10.0.0.1:8786, on whose workers to train, or "
        "local for processes of this machine. The workers read Parquet files themselves.",
        None,
    )


@dataclass(frozen=True)
class FoldOptions:
    """Whether several networks are trained on folds of the rows, and how."""

    single: bool = setting(
        "Train one network, whose training can be watched and explained step by step.", False
    )
    effort: Literal["quick", "normal", "thorough"] = setting(
        "How many encodings and penalties are tried.", "normal"
    )
    groups: str | None = setting(
        "Column whose equal values stay in one fold; nothing is learned from it.", None
    )
    time: str | None = setting(
        "Column by which later rows are predicted from earlier ones, never the reverse.", None
    )


OPTIONS = declared(TableOptions)
FOLDS = declared(FoldOptions)
with_table = with_options(OPTIONS.values(), group="Data")
with_folds = with_options(FOLDS.values(), group="Folds")


def request_of(data: str, given: Mapping[str, Any], **more: Any) -> Request:
    """Return the request for a training, from the options that a command was given."""
    from glassnet.pipeline.request import Request

    own: dict[str, Any] = {
        name: tuple(value) if OPTIONS[name].several else value
        for name, value in given.items()
        if name in OPTIONS and value is not None
    }
    own["validation"] = validation_of(own.get("validation"))
    reading = reading_of({name: value for name, value in given.items() if name in READING})
    return Request(data, reading=reading, **own, **more)


def validation_of(text: str | None) -> float | str | None:
    """A share where it reads as a number, or else "none" or the name of a file."""
    try:
        share = None if text is None else float(text)
    except ValueError:
        return text
    if share is not None and not 0 < share < 1:
        raise InputError(
            f"--validation takes a share between 0 and 1, a file, or none, not {text}."
        )
    return share
