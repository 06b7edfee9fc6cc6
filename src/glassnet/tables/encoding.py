"""Making the numbers that a recipe describes from a table: in memory, or in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from glassnet.core.parameters import Array
from glassnet.data.preprocessing import Recipe, Values, unfamiliar_notes
from glassnet.errors import InputError
from glassnet.storage import atomic
from glassnet.tables.rows import (
    MissingTarget,
    feature_kinds,
    kept_rows,
    present_rows,
    target_kinds,
)
from glassnet.tables.table import Table


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """X (n, n_features) and y (n,) or (n, n_targets), None where there is no target.

    `notes` say what was found in the rows that the recipe does not know.
    """

    X: Array
    y: np.ndarray | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Streamed:
    """Rows in files, mapped into memory for reading; `validation` is None if none are kept."""

    training: EncodedRows
    validation: EncodedRows | None
    notes: tuple[str, ...]


def load(
    table: Table,
    recipe: Recipe,
    *,
    target: bool = True,
    missing_target: MissingTarget = "refuse",
) -> EncodedRows:
    """All rows of a table, in order, as float64 in memory; without `target` X only.

    Raises InputError, with file, line and column, for columns that are missing, values that are
    not of their column's kind, and targets that are missing or of an unknown class.
    """
    keep = present_rows(table, recipe.target, missing_target) if target else None
    X = np.empty((table.rows if keep is None else int(keep.sum()), recipe.n_features))
    y: list[np.ndarray] = []
    found: Counter[tuple[str, str | None]] = Counter()
    done = 0
    for rows, mask in _chunks(table, recipe, target, keep):
        part = recipe.encode(rows)
        part = part if mask.all() else part[mask]
        X[done : done + len(part)] = part
        done += len(part)
        found += recipe.unfamiliar(rows)
        if target:
            y.append(_target(recipe, rows, mask))
    return EncodedRows(X, np.concatenate(y) if target else None, tuple(unfamiliar_notes(found)))


def values(table: Table, recipe: Recipe) -> Iterator[dict[str, Values]]:
    """The columns that the recipe needs to predict, some rows at a time and in order.

    Each is as `Recipe.encode` takes it. Raises InputError like `load`.
    """
    return table.chunks(feature_kinds(recipe))


def stream(
    table: Table,
    recipe: Recipe,
    folder: str | PathLike[str],
    *,
    validation: float = 0.0,
    seed: int = 0,
    dtype: Literal["float32", "float64"] = "float32",
    missing_target: MissingTarget = "refuse",
) -> Streamed:
    """All rows of a table into X.npy and y.npy in a folder, in memory that does not grow with X.

    The rows stay in the order of the table; training shuffles by itself. The fraction
    `validation` of them, of every class alike, goes to validation_X.npy and validation_y.npy:
    see `validation_rows`. `y` is of the same `dtype`, so that training copies nothing.
    Raises InputError like `load`; no file then appears.
    """
    present = present_rows(table, recipe.target, missing_target)
    _refuse_unknown_classes(table, recipe, present)
    keep = kept_rows(table, recipe.target, missing_target, validation, seed)
    held = present & ~keep
    found: Counter[tuple[str, str | None]] = Counter()
    names = ["", "validation_"] if validation else [""]
    masks = [keep, held][: len(names)]
    with ExitStack() as files:
        sinks = [
            _Sink(files, Path(folder), name, int(mask.sum()), recipe, dtype)
            for name, mask in zip(names, masks, strict=True)
        ]
        first = 0
        for rows, _ in _chunks(table, recipe, True, None):
            n = len(next(iter(rows.values())))
            X = recipe.encode(rows).astype(dtype)
            for sink, mask in zip(sinks, masks, strict=True):
                here = mask[first : first + n]
                sink.write(X[here], _target(recipe, rows, here))
            found += recipe.unfamiliar(rows)
            first += n
    training, *rest = (_mapped(Path(folder), name) for name in names)
    notes = tuple(unfamiliar_notes(found))
    return Streamed(training, rest[0] if rest else None, notes)


class _Sink:
    """Two .npy files that grow by rows. A memory map would count as memory while written."""

    def __init__(
        self, files: ExitStack, folder: Path, name: str, rows: int, recipe: Recipe, dtype: str
    ) -> None:
        outputs = () if len(recipe.target.names) == 1 else (len(recipe.target.names),)
        self.dtype = dtype
        self._X = _begun(files, folder / f"{name}X.npy", (rows, recipe.n_features), dtype)
        self._y = _begun(files, folder / f"{name}y.npy", (rows, *outputs), dtype)

    def write(self, X: Array, y: np.ndarray) -> None:
        self._X.write(np.ascontiguousarray(X).data)
        self._y.write(np.ascontiguousarray(y.astype(self.dtype)).data)


def _begun(files: ExitStack, path: Path, shape: tuple[int, ...], dtype: str) -> BinaryIO:
    temporary = files.enter_context(atomic.replacing(path))
    file = files.enter_context(temporary.open("wb"))
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file


def _mapped(folder: Path, name: str) -> EncodedRows:
    X, y = (np.load(folder / f"{name}{part}.npy", mmap_mode="r") for part in "Xy")
    return EncodedRows(X, y)


def _chunks(
    table: Table, recipe: Recipe, target: bool, keep: np.ndarray | None
) -> Iterator[tuple[dict[str, Values], np.ndarray]]:
    """The columns some rows at a time, with the rows among them to keep."""
    names = [column.name for column in recipe.columns]
    table.require([*names, *recipe.target.names] if target else names)
    kinds = feature_kinds(recipe) | (target_kinds(recipe.target) if target else {})
    if target and keep is not None:
        _refuse_unknown_classes(table, recipe, keep)
    first = 0
    for rows in table.chunks(kinds):
        n = len(next(iter(rows.values())))
        yield rows, np.ones(n, bool) if keep is None else keep[first : first + n]
        first += n


def _target(recipe: Recipe, rows: dict[str, Values], mask: np.ndarray) -> np.ndarray:
    return recipe.encode_target({name: rows[name][mask] for name in recipe.target.names})


def _refuse_unknown_classes(table: Table, recipe: Recipe, present: np.ndarray) -> None:
    target = recipe.target
    if target.classes is None:
        return
    first = 0
    for chunk in table.chunks(target_kinds(target)):
        values = chunk[target.names[0]]
        unknown = target.class_numbers(values) < 0
        wrong = np.flatnonzero(unknown & present[first : first + len(values)])
        if len(wrong):
            value = np.asarray(values[wrong[:1]]).tolist()[0]
            raise InputError(
                f"{table.place(first + int(wrong[0]))}: the target column {target.names[0]!r:.80} "
                f"holds {value!r:.80}, which is none of the {len(target.classes)} classes of the "
                f"model: {', '.join(map(repr, target.classes[:10]))}."
            )
        first += len(values)
