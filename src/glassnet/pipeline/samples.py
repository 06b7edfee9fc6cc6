"""The rows of a table as samples: in memory where they fit, in files that are mapped, or
in the workers of a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from glassnet.data.preprocessing import Recipe
from glassnet.pipeline.request import Request
from glassnet.pipeline.source import opened
from glassnet.tables import EncodedRows, Streamed, Table, load, stream
from glassnet.tables.partitioned import PartedLayout, encode_parted
from glassnet.tables.rows import MissingTarget, kept_rows, present_rows

IN_MEMORY = 2**28  # bytes of X that are held in memory; more is mapped from files


def read_samples(
    table: Table,
    recipe: Recipe,
    folder: Path,
    *,
    validation: float = 0.0,
    seed: int = 0,
    dtype: Literal["float32", "float64"] = "float64",
    missing_target: MissingTarget = "refuse",
) -> Streamed:
    """X and y of all rows, the share `validation` of them apart, of every class alike.

    `folder` is where files go if there must be any; it has to outlive the samples. Raises
    InputError, with file, line and column, for values that are not what they should be.
    """
    if isinstance(table.layout, PartedLayout):
        return _parted(table, recipe, validation, seed, dtype, missing_target)
    if 8 * table.rows * recipe.n_features > IN_MEMORY:
        return stream(
            table,
            recipe,
            folder,
            validation=validation,
            seed=seed,
            dtype=dtype,
            missing_target=missing_target,
        )
    whole = load(table, recipe, missing_target=missing_target)
    assert whole.y is not None
    if not validation:
        return Streamed(whole, None, whole.notes)
    present = present_rows(table, recipe.target, missing_target)
    kept = kept_rows(table, recipe.target, missing_target, validation, seed)[present]
    training, held_out = (EncodedRows(whole.X[rows], whole.y[rows]) for rows in (kept, ~kept))
    return Streamed(training, held_out, whole.notes)


def with_validation_table(
    request: Request, recipe: Recipe, place: Path, read: Streamed, known: Sequence[str]
) -> Streamed:
    """The samples with those of the table that a request names to validate on, if it does.

    Of its notes those are added that are not `known`.
    """
    if not request.holds_validation:
        return read
    with opened(request.validation, reading=request.reading, recipe=recipe, shared=True) as other:
        folder = place / "validation"
        folder.mkdir()
        held_out = read_samples(
            other,
            recipe,
            folder,
            dtype=request["dtype"],
            missing_target=request.missing_target,
        )
    new = [note for note in other.notes if note not in known]
    return Streamed(read.training, held_out.training, (*read.notes, *new, *held_out.notes))


def _parted(
    table: Table,
    recipe: Recipe,
    validation: float,
    seed: int,
    dtype: str,
    missing_target: MissingTarget,
) -> Streamed:
    """The rows of a table that workers read, encoded by them; they stay there."""
    present = present_rows(table, recipe.target, missing_target)
    kept = kept_rows(table, recipe.target, missing_target, validation, seed)
    training = encode_parted(table, recipe, kept, dtype)
    assert training is not None
    return Streamed(training, encode_parted(table, recipe, present & ~kept, dtype), ())
