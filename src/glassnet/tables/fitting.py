"""Deciding how the columns of a table become numbers: the recipe that training data give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Class,
    Column,
    DateColumn,
    NumericColumn,
    Recipe,
    Target,
)
from glassnet.errors import InputError
from glassnet.tables.columns import Kind, TableColumn
from glassnet.tables.number_formats import LARGEST_EXACT
from glassnet.tables.rows import MissingTarget, kept_rows, target_kinds
from glassnet.tables.sentinels import sentinel_notes
from glassnet.tables.table import Summary, Table

Task = Literal["classification", "regression"]

MOST_CATEGORIES = 100
NEARLY = 0.9  # of the rows; the estimate of how many texts differ is off by some percent
FEW_CATEGORIES = 20  # below, texts may differ in more than half of the rows
FEW_ROWS = 10  # below, it says nothing that every value is another
MOST_CLASSES = 1000
MOST_INTEGER_CLASSES = 20


def fit_recipe(
    table: Table,
    target: str | Sequence[str],
    *,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    categories: Sequence[str] = (),
    task: Task | None = None,
    missing_target: MissingTarget = "refuse",
    validation: float = 0.0,
    seed: int = 0,
) -> tuple[Recipe, list[str]]:
    """The recipe that the rows of a table give, and notes on what was decided, one sentence each.

    Numbers and dates: mean and population standard deviation, sqrt(sum (v - mean)^2 / n), of the
    values that are there; missing ones become the mean. With `validation` and `seed` only the
    rows that `stream` and `load` then use for training count. Texts: their categories in order;
    a column with too many is left out. Columns with one value only are left out.

    `features` are the columns to use (all but the target if left out), `exclude` those not to
    use, `categories` those whose values are categories even if they are numbers, or many.
    `task` decides what whole numbers and fractions in the target mean. Several targets are a
    regression. Rows without a target are refused, or skipped with `missing_target="skip"`.

    Raises InputError for columns that are not there, no usable feature, a target of one class
    only, and for values that are not what their column holds otherwise, with file, line, column.
    """
    targets = [target] if isinstance(target, str) else list(target)
    table.require([*targets, *(features or ()), *exclude, *categories])
    asked = [column.name for column in table.columns if column.asked == "category"]
    fitting = _Fitting(table, frozenset((*categories, *asked)), features is not None)
    classes = fitting.classes(targets, task)
    # The spread of the target comes with that of the columns below, in one scan.
    blank = Target(
        tuple(targets), classes, *((0.0,) * len(targets), (1.0,) * len(targets)) if classes is None
        else ((), ())
    )  # fmt: skip
    keep = kept_rows(table, blank, missing_target, validation, seed)
    kinds = fitting.kinds(_chosen(table, targets, features, exclude))
    measured = [name for name, kind in kinds.items() if kind in ("number", "date")]
    numbers = {name: kinds[name] for name in measured}
    if classes is None:
        numbers |= target_kinds(blank)
    spread = _spread(table, numbers, keep)
    fitting.notes += sentinel_notes(table, [n for n, kind in numbers.items() if kind == "number"])
    columns = fitting.columns(kinds, spread)
    used = [*(column.name for column in columns), *targets]
    reading = table.conventions.of(used)
    return Recipe(columns, fitting.target(blank, spread), reading), fitting.notes


def usable_kinds(table: Table) -> tuple[dict[str, Kind], list[str]]:
    """The kind of each column that can be learned from, and notes on those that are left out."""
    asked = [column.name for column in table.columns if column.asked == "category"]
    fitting = _Fitting(table, frozenset(asked), False)
    try:
        return fitting.kinds(table.columns), fitting.notes
    except InputError:  # a value that is not of its column's kind
        fitting.notes.clear()
    kinds: dict[str, Kind] = {}
    for column in table.columns:
        try:
            kinds |= fitting.kinds([column])
        except InputError as error:
            if column.asked:  # it is as the user said
                raise
            fitting.notes.append(str(error))
    return kinds, fitting.notes


@dataclass
class _Fitting:
    """What is decided for one table, and the notes on it."""

    table: Table
    forced: frozenset[str]
    asked: bool  # whether the features were named
    notes: list[str] = field(default_factory=list)

    def classes(self, targets: Sequence[str], task: Task | None) -> tuple[Class, ...] | None:
        """The classes of the target, or None for a regression."""
        if not targets or len(set(targets)) < len(targets):
            raise InputError("Name one target column, or several different ones.")
        if len(targets) > 1:
            if task == "classification":
                raise InputError("Several target columns are a regression: name one for classes.")
            return None
        column = self.table.column(targets[0])
        if column.type == "other" or (column.type == "date" and column.name not in self.forced):
            raise InputError(
                f"{self.table.source}: the target column {column.name!r:.80} holds "
                f"{column.holds or f'values of the type {column.type}'}: a target is numbers, "
                "texts or booleans."
            )
        kind = self._target_kind(column)
        if kind == "number" and task is None and column.categorical:
            task = "classification"
        if kind == "number" and task != "classification":
            return self._classes_of_numbers(column, task)
        if task == "regression":
            raise InputError(
                f"{self.table.source}: the target column {column.name!r:.80} holds {column.type} "
                "values, and a regression needs numbers."
            )
        classes = self._distinct_classes(column, kind, MOST_CLASSES)
        if kind == "category" and column.name not in self.forced:
            self._refuse_names(column, kind, len(classes))
        return classes

    def kinds(self, columns: Sequence[TableColumn]) -> dict[str, Kind]:
        """How each column is read that can be used at all."""
        kinds: dict[str, Kind] = {}
        for column in columns:
            kind = self._kind(column)
            if kind is not None:
                kinds[column.name] = kind
        summaries = self.table.summaries(kinds)
        return {name: k for name, k in kinds.items() if self._varies(name, k, summaries[name])}

    def columns(
        self, kinds: Mapping[str, Kind], spread: Mapping[str, tuple[float, float]]
    ) -> tuple[Column, ...]:
        """The columns of the recipe."""
        made = [self._column(name, kind, spread.get(name)) for name, kind in kinds.items()]
        columns = tuple(column for column in made if column is not None)
        if not columns:
            raise InputError(
                f"{self.table.source} has no column left to learn from. {' '.join(self.notes)}"
            )
        return columns

    def target(self, blank: Target, spread: Mapping[str, tuple[float, float]]) -> Target:
        """The target, with its means and scales if it is a regression."""
        if blank.classes is not None:
            return blank
        for name in blank.names:
            if spread[name][1] == 0:
                raise InputError(
                    f"{self.table.source}: the target column {name!r:.80} has the same value in "
                    "every "
                    "row, so there is nothing to learn."
                )
        means, scales = zip(*(spread[name] for name in blank.names), strict=True)
        return Target(blank.names, None, means, scales)

    def _target_kind(self, column: TableColumn) -> Kind:
        if column.name in self.forced or column.type in ("text", "date"):
            return "category"
        return "boolean" if column.type == "boolean" else "number"

    def _refuse_names(self, column: TableColumn, kind: Kind, n_classes: int) -> None:
        """Refuse a target with nearly a class for each row: one row teaches no class."""
        rows = self.table.summaries({column.name: kind})[column.name].present
        if rows < FEW_ROWS or n_classes <= rows / 2:
            return
        what = f"has {n_classes} classes in {rows} rows"
        if n_classes >= NEARLY * rows:
            raise InputError(
                f"{self.table.source}: the target column {column.name!r:.80} {what}, more like "
                "names "
                "than classes, of which nothing can be learned: choose another column."
            )
        self.notes.append(
            f"The target {column.name!r} {what}: too few rows of each to learn what it is."
        )

    def _classes_of_numbers(
        self, column: TableColumn, task: Task | None
    ) -> tuple[Class, ...] | None:
        if task == "regression":
            self._note_rounding(column)
            return None
        values = self.table.distinct(column.name, "number", MOST_INTEGER_CLASSES)
        few = values is not None and len(values) <= max(2, self.table.rows / 2)
        if column.type != "integer" and not (few and all(v == int(v) for v in values or ())):
            self.notes.append(
                f"The target {column.name!r} holds numbers with fractions, so this is a "
                "regression; choose task classification otherwise."
            )
            return None
        if not few:
            self._note_rounding(column)
            self.notes.append(
                f"The target {column.name!r} holds many different whole numbers, so this is a "
                "regression; choose task classification otherwise."
            )
            return None
        classes = self._distinct_classes(column, "number", MOST_INTEGER_CLASSES)
        self.notes.append(
            f"The target {column.name!r} holds {len(classes)} different whole numbers, so they are "
            "classes; choose task regression otherwise."
        )
        return classes

    def _distinct_classes(self, column: TableColumn, kind: Kind, most: int) -> tuple[Class, ...]:
        where = f"{self.table.source}: the target column {column.name!r}"
        if kind == "number" and self._beyond_exact(column):
            kind = "category"
        values = self.table.distinct(column.name, kind, most)
        if values is None:
            raise InputError(
                f"{where} holds more than {most} different values, too many for classes: choose "
                "another column, or a regression if they are numbers."
            )
        if not values:
            raise InputError(f"{where} is empty: choose another column.")
        if len(values) == 1:
            raise InputError(
                f"{where} has one class only, {_plain(values[0])!r:.80}: give rows of at least two."
            )
        if kind == "boolean":
            return (False, True)
        return tuple(_plain(value) for value in values)

    def _beyond_exact(self, column: TableColumn) -> bool:
        """Whether it holds whole numbers that numbers of 64 bits would merge with others."""
        if column.type != "integer":
            return False
        found = self.table.summaries({column.name: "number"})[column.name]
        return bool(found.present) and max(-found.least, found.greatest) > LARGEST_EXACT

    def _note_rounding(self, column: TableColumn) -> None:
        if self._beyond_exact(column):
            self.notes.append(
                f"Column {column.name!r} holds whole numbers beyond 2^53, which are rounded to 16 "
                "digits as numbers: name it among the categories to keep them exactly."
            )

    def _kind(self, column: TableColumn) -> Kind | None:
        if column.type == "other":
            what = column.holds or "values"
            self._leave_out(column.name, f"holds {what}, which are no numbers, texts or dates")
            return None
        if not column.named and not self.asked:
            self._leave_out(column.name, "has no name, as a column of row numbers has none")
            return None
        if column.name in self.forced or column.categorical or column.type == "text":
            return "category"
        if column.type in ("boolean", "date"):
            return "boolean" if column.type == "boolean" else "date"
        return "category" if self._is_of_ids(column) else "number"

    def _is_of_ids(self, column: TableColumn) -> bool:
        """Whether it holds a few whole numbers that 64-bit floats would merge; notes it."""
        if column.asked == "number" or not self._beyond_exact(column):
            return False
        if self.table.distinct(column.name, "category", FEW_CATEGORIES) is None:
            return False
        self.notes.append(
            f"Column {column.name!r} holds a few whole numbers beyond 2^53, so it is taken as "
            f"categories, exactly (--types {column.name}=number rounds them to 16 digits)."
        )
        return True

    def _varies(self, name: str, kind: Kind, summary: Summary) -> bool:
        same = summary.least == summary.greatest and summary.present == self.table.rows
        if summary.present and not same:
            self._note_running_number(name, kind, summary)
            if kind == "number":
                self._note_rounding(self.table.column(name))
            return not self._has_too_many(name, kind, summary)
        value = summary.least if summary.present else None
        what = f"holds {_plain(value)!r} in every row" if summary.present else "is empty"
        self._leave_out(name, what)
        return False

    def _note_running_number(self, name: str, kind: Kind, summary: Summary) -> None:
        rows = self.table.rows
        if kind != "number" or self.table.column(name).type != "integer" or rows < FEW_ROWS:
            return
        if summary.present < rows or summary.greatest - summary.least != rows - 1:
            return
        expected = summary.least
        for chunk in self.table.chunks({name: kind}):
            values = np.asarray(chunk[name])
            if not np.array_equal(values, expected + np.arange(len(values))):
                return
            expected += len(values)
        self.notes.append(
            f"Column {name!r} looks like a running number: exclude it (--exclude) if it says "
            "nothing about new rows."
        )

    def _has_too_many(self, name: str, kind: Kind, summary: Summary) -> bool:
        if kind != "category" or name in self.forced:
            return False
        values = self.table.distinct(name, kind, MOST_CATEGORIES)
        count = summary.distinct if values is None else len(values)
        names = summary.present >= FEW_ROWS and count >= NEARLY * summary.present
        few = count <= FEW_CATEGORIES or count <= summary.present / 2
        if values is not None and few and not names:
            return False
        what = f"holds {_how_many(count, values is None, summary.present)}"
        what += ", more like names than categories"
        if self.asked:
            raise InputError(
                f"{self.table.source}: column {name!r:.80} {what}: leave it out of the features, "
                "or "
                "name it among the categories to keep it."
            )
        self._leave_out(name, f"{what} (name it among the categories to keep it)")
        return True

    def _leave_out(self, name: str, why: str) -> None:
        self.notes.append(f"Column {name!r} is left out: it {why}.")

    def _column(self, name: str, kind: Kind, spread: tuple[float, float] | None) -> Column | None:
        missing = self.table.summaries({name: kind})[name].present < self.table.rows
        if kind == "boolean":
            return BooleanColumn(name, 0.0, missing)
        if kind == "category":
            values = self.table.distinct(name, kind, self.table.rows)
            assert values is not None
            return CategoryColumn(name, tuple(values), missing)
        assert spread is not None
        mean, scale = spread
        if not scale and not missing:
            self._leave_out(name, "holds the same value in every row that is used")
            return None
        made = NumericColumn if kind == "number" else DateColumn
        return made(name, mean, scale or 1.0, mean, missing)


def _chosen(
    table: Table, targets: Sequence[str], features: Sequence[str] | None, exclude: Sequence[str]
) -> list[TableColumn]:
    names = [column.name for column in table.columns] if features is None else list(features)
    both = [name for name in names if name in targets]
    if features is not None and both:
        raise InputError(
            f"Column {both[0]!r:.80} is the target, so it cannot be a feature as well."
        )
    if len(set(names)) < len(names):
        raise InputError("The features name a column twice.")
    return [table.column(n) for n in names if n not in targets and n not in exclude]


def _how_many(count: int, about: bool, rows: int) -> str:
    """How many texts differ, of so many rows; `about` says that they were estimated."""
    if about and count >= NEARLY * rows:
        return f"nearly as many different texts as rows, {rows}"
    return f"{'about ' if about else ''}{count} different texts in {rows} rows"


def _plain(value: object) -> Class:
    """A value as DuckDB gives it as a class: a whole number stays whole."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float) else str(value)


def _spread(
    table: Table, kinds: Mapping[str, Kind], keep: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Mean and population standard deviation of each column, over the rows to keep."""
    n, mean, squares = table.moments(kinds, keep)
    with np.errstate(invalid="ignore", over="ignore"):
        scale = np.sqrt(squares / np.maximum(n, 1))
    for i, name in enumerate(kinds):
        if not np.isfinite(mean[i] + scale[i]):
            raise InputError(
                f"{table.source}: column {name!r:.80} holds numbers too large to work with: divide "
                "them by a power of ten."
            )
    return {name: (float(mean[i]), float(scale[i])) for i, name in enumerate(kinds)}
