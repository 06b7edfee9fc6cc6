"""Reading a table for the page: what its columns are, and the points of the columns chosen.

Where a host has processes, a table that a visitor sends is read in one of its own, which may take
so much memory and time and no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from glassnet.core.parameters import Array
from glassnet.data.preprocessing import Class, Coded, Target
from glassnet.errors import InputError
from glassnet.playground.jobs import Answer
from glassnet.playground.points import LEAST_INPUTS, MOST_CLASSES, MOST_INPUTS, MOST_SAMPLES, Points

if TYPE_CHECKING:  # a page that reads no table loads no database
    from glassnet.tables import Table, TableColumn
    from glassnet.tables.columns import Kind

Task = Literal["classification", "regression"]
MOST_COLUMNS = 200
FIRST_ROWS = 5
MOST_NAMED = 8  # of the columns that are left out
MEMORY = "256MB"  # for DuckDB, which goes on in files beyond
MOST_SECONDS = 30  # that reading may take
USUAL_TARGETS = ("target", "label", "class", "species", "y", "outcome", "quality")
NUMBERS = ("integer", "number")


@dataclass(frozen=True)
class Choice:
    """The columns that a visitor chose; `task` says what a target of numbers is."""

    target: str
    inputs: tuple[str, ...]
    task: Task | None = None

    @classmethod
    def of(cls, target: str, inputs: Sequence[Any], task: Task | None = None) -> Choice:
        """The choice that a command makes. Raises InputError for inputs that are no names."""
        if not all(isinstance(name, str) for name in inputs):
            raise InputError("The inputs are names of columns.")
        return cls(target, tuple(inputs), task)


def preview(table: Table) -> dict[str, Any]:
    """Columns with their types and what they can be, the first rows, and a proposal, as JSON."""
    if len(table.columns) > MOST_COLUMNS:
        raise InputError(
            f"{table.source} has {len(table.columns)} columns: keep {MOST_COLUMNS} at most."
        )
    columns = [column for column in table.columns if column.type != "other"]
    shown: dict[str, Kind] = {column.name: "category" for column in columns[:MOST_COLUMNS]}
    first = next(table.chunks(shown))
    rows = zip(*(np.asarray(v[:FIRST_ROWS]).tolist() for v in first.values()), strict=True)
    proposal = proposed(table)
    return {
        "rows": table.rows,
        "columns": [
            {"name": c.name, "type": c.type, "numbers": c.type in NUMBERS, "few": _few(table, c)}
            for c in columns
        ],
        "first": [list(row) for row in rows],
        "notes": list(table.notes),
        "target": proposal.target,
        "inputs": proposal.inputs,
    }


def proposed(table: Table, target: str | None = None, task: Task | None = None) -> Choice:
    """The target, if it is not given, and the inputs that say most about it, best first.

    Raises InputError where there are no two columns of numbers beside a target.
    """
    column = _target(table) if target is None else table.column(target)
    names = [c.name for c in table.columns if c.type in NUMBERS and c.name != column.name]
    _check_number_of_inputs(table, column, len(names))
    classes = _classes(table, column, task)
    X, y = next(_values(table, names, column.name, classes))
    varies = np.array([len(np.unique(values[~np.isnan(values)])) > 1 for values in X.T])
    _check_number_of_inputs(table, column, int(varies.sum()))
    said = _share_explained(X, y, bool(classes))
    # What counts the rows says nothing, however well it fits rows that are sorted.
    said[[_counts_rows(values) for values in X.T]] = -1
    said[~varies] = -2
    best = np.argsort(-said, kind="stable")[:MOST_INPUTS]
    n_useful = max(int((said > 0).sum()), LEAST_INPUTS)
    return Choice(column.name, tuple(names[k] for k in best[:n_useful]), task)


def _check_number_of_inputs(table: Table, target: TableColumn, n: int) -> None:
    if n < LEAST_INPUTS:
        raise InputError(
            f"{table.source} has {('no column', 'one column')[n]} of different numbers beside "
            f"{target.name!r:.80}, which would be learned, and the plane needs {LEAST_INPUTS}: "
            "give a "
            f"table with more, or a target of 2 to {MOST_CLASSES} classes."
        )


def remarks(table: Table, choice: Choice) -> list[str]:
    """What was decided of a table for who named nothing but it."""
    found = []
    numbers = [column.name for column in table.columns if _is_number(column.name)]
    if numbers:
        found.append(
            f"The first line of {table.source} is taken for the names of columns, and "
            f"{numbers[0]!r} is a number: if it is data, put a line of names above it."
        )
    used = (choice.target, *choice.inputs)
    left = [column.name for column in table.columns if column.name not in used]
    if left:
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        found.append(
            f"Left out: {', '.join(left[:MOST_NAMED])}{more}. The page takes up to {MOST_INPUTS} "
            f"columns of numbers, those that say most about {choice.target}; glassnet train takes "
            "all kinds."
        )
    return found


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def points_of(table: Table, choice: Choice) -> tuple[Points, list[str]]:
    """The points of the columns chosen, standardised, and notes on what was left out.

    Rows in which one of the columns has no value are left out; of more rows than the page takes
    a sample is drawn, always the same. Raises InputError for columns that cannot be used so.
    """
    _check(table, choice)
    classes = _classes(table, table.column(choice.target), choice.task)
    parts = _values(table, choice.inputs, choice.target, classes)
    whole = np.concatenate([~np.isnan(np.column_stack([X, y])).any(axis=1) for X, y in parts])
    rows = np.flatnonzero(whole)
    if not len(rows):
        raise InputError(f"{table.source} has no row with a value in each of these columns.")
    notes = list(table.notes)
    if len(rows) < len(whole):
        n = len(whole) - len(rows)
        which = (
            "One row is left out: a value is" if n == 1 else f"{n} rows are left out: values are"
        )
        notes.append(f"{which} missing.")
    if len(rows) > MOST_SAMPLES:
        notes.append(f"Of {len(rows)} rows a sample of {MOST_SAMPLES} is taken, always the same.")
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST_SAMPLES, replace=False))
    X, y = _chosen(table, choice, classes, rows)
    for name, values in zip(choice.inputs, X.T, strict=True):
        if values.min() == values.max():
            raise InputError(
                f"Column {name!r:.80} holds {values[0]:g} in every row: choose another."
            )
    names = tuple(map(_text, classes))
    return Points.standardised(choice.inputs, X, choice.target, y, names), notes


def _chosen(
    table: Table, choice: Choice, classes: tuple[Class, ...], rows: np.ndarray
) -> tuple[Array, np.ndarray]:
    """X and y of these rows, in order."""
    found: list[tuple[Array, np.ndarray]] = []
    first = 0
    for X, y in _values(table, choice.inputs, choice.target, classes):
        here = rows[(rows >= first) & (rows < first + len(y))] - first
        found.append((X[here], y[here]))
        first += len(y)
    X, y = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return X, y.astype(np.intp) if classes else y


def _check(table: Table, choice: Choice) -> None:
    table.require([choice.target, *choice.inputs])
    n = len(set(choice.inputs))
    if not LEAST_INPUTS <= n <= MOST_INPUTS or n < len(choice.inputs):
        raise InputError(f"Choose {LEAST_INPUTS} to {MOST_INPUTS} different inputs, not {n}.")
    if choice.target in choice.inputs:
        raise InputError(f"Column {choice.target!r:.80} cannot be an input and the target as well.")
    for name in choice.inputs:
        if table.column(name).type not in NUMBERS:
            raise InputError(
                f"Column {name!r:.80} holds no numbers, and the page takes only those as inputs: "
                "glassnet train takes every kind."
            )


def _values(
    table: Table, inputs: Sequence[str], target: str, classes: tuple[Class, ...]
) -> Iterator[tuple[Array, Array]]:
    """X (n, n_inputs) and y (n,) some rows at a time; NaN where a value is missing."""
    kinds: dict[str, Kind] = dict.fromkeys(inputs, "number")
    kinds[target] = _kind(table.column(target)) if classes else "number"
    for rows in table.chunks(kinds):
        X = np.column_stack([np.asarray(rows[name]) for name in inputs])
        y = rows[target]
        if classes:
            numbers = Target((target,), classes, (), ()).class_numbers(y).astype(np.float64)
            numbers[numbers < 0] = np.nan
            y = numbers
        assert not isinstance(y, Coded)
        yield X, y


def _target(table: Table) -> TableColumn:
    """The column that is likely the target: by its name, or else the last that could be one."""
    usable = [c for c in table.columns if c.type in NUMBERS or _few(table, c)]
    if not usable:
        raise InputError(
            f"{table.source} has no column that could be a target: it needs one of numbers, or of "
            f"2 to {MOST_CLASSES} classes."
        )
    by_name = [c for c in usable if c.name.strip().lower() in USUAL_TARGETS]
    likely = [*reversed(by_name), *reversed(usable)]
    n_numbers = sum(c.type in NUMBERS for c in table.columns)
    left = (c for c in likely if n_numbers - (c.type in NUMBERS) >= LEAST_INPUTS)
    return next(left, likely[0])


def _few(table: Table, column: TableColumn) -> bool:
    """Whether a column has few enough different values to be classes."""
    if column.type in ("other", "date", "number"):
        return False
    values = table.distinct(column.name, _kind(column), MOST_CLASSES)
    return values is not None and len(values) > 1


def _kind(column: TableColumn) -> Kind:
    if column.type in NUMBERS:
        return "number"
    return "boolean" if column.type == "boolean" else "category"


def _classes(table: Table, column: TableColumn, task: Task | None) -> tuple[Class, ...]:
    """The classes of a target in their order; none for a regression."""
    is_number = column.type in NUMBERS
    if task == "regression" and not is_number:
        raise InputError(f"Column {column.name!r:.80} holds no numbers, which a regression needs.")
    if task == "regression" or (is_number and task is None and not _few(table, column)):
        return ()
    values = table.distinct(column.name, _kind(column), MOST_CLASSES)
    if values is None or len(values) < 2:
        many = "more" if values is None else "fewer"
        raise InputError(
            f"Column {column.name!r:.80} has {many} different values than the page shows classes, "
            f"which are 2 to {MOST_CLASSES}: choose another target."
        )
    return (False, True) if column.type == "boolean" else tuple(values)


def _text(value: Class) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)[:80]


def _share_explained(X: Array, y: Array, is_classes: bool) -> Array:
    """The share of the variance of each column that the target explains, (n_columns,).

    For classes that between them, eta^2; for a regression the squared correlation.
    """
    there = ~np.isnan(y)
    shares = np.zeros(X.shape[1])
    for k, values in enumerate(X.T):
        known = there & ~np.isnan(values)
        v, t = values[known], y[known]
        if len(v) < 2 or v.std() == 0 or t.std() == 0:
            continue
        if is_classes:
            means = np.array([v[t == label].mean() for label in np.unique(t)])[
                np.unique(t, return_inverse=True)[1]
            ]
            shares[k] = means.var() / v.var()
        else:
            shares[k] = np.corrcoef(v, t)[0, 1] ** 2
    return shares


def _counts_rows(values: Array) -> bool:
    """Whether a column counts its rows."""
    return len(values) > FIRST_ROWS and bool((np.diff(values) == 1).all())


@dataclass(frozen=True)
class TableWork:
    """The preview of a table in a file, or with a choice its points; `name` is the visitor's.

    `reading` holds options of how to read it, by name.
    """

    path: Path
    name: str
    choice: Choice | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)
    seconds: ClassVar[float | None] = MOST_SECONDS
    is_bounded: ClassVar[bool] = True

    @property
    def too_long(self) -> str:
        """The sentence where reading takes longer than it may."""
        return f"{self.name} takes more than {MOST_SECONDS} seconds to read: give a part of it."

    @property
    def broken(self) -> str:
        """The sentence where reading was ended."""
        return (
            f"{self.name} takes more memory to read than is allowed, or is damaged: give a part of "
            "it."
        )

    @property
    def not_here(self) -> str:
        """The sentence where nothing that reads tables is."""
        return (
            f"This page cannot read {self.name}, since it runs without a database: open it with "
            "glassnet play FILE, or let glassnet publish --data FILE make a page of it."
        )

    def pieces(self, *_: object) -> Iterator[Answer]:
        """Read it. Raises InputError for what is no table, or columns that make no points."""
        try:
            from glassnet.tables import open_table

            with open_table(self.path, memory=MEMORY, **self.reading) as table:
                table.source = self.name
                table.notes = tuple(map(self._named, table.notes))
                yield Answer(self._found(table))
        except InputError as error:
            raise InputError(self._named(str(error))) from None
        except RecursionError:  # of JSON that is nested without end
            raise InputError(self.broken) from None
        except ModuleNotFoundError:  # in a browser there is no DuckDB
            raise InputError(self.not_here) from None

    def _found(self, table: Table) -> dict[str, Any]:
        if self.choice is None:
            return preview(table)
        points, notes = points_of(table, self.choice)
        return {"points": points.to_json(), "notes": notes}

    def _named(self, sentence: str) -> str:
        """A sentence with the visitor's name of the file, and not where it lies here."""
        return sentence.replace(str(self.path), self.name).replace(self.path.name, self.name)
