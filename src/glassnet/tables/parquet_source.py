"""Parquet files, which are read in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.errors import InputError
from glassnet.tables.columns import TableColumn
from glassnet.tables.sql_text import literal, quoted
from glassnet.tables.staging import column_of, describe

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def describe_parquet(
    connection: DuckDBPyConnection, safe: Sequence[str], files: Sequence[Path]
) -> tuple[list[int], list[TableColumn]]:
    """How many rows each file has, and the columns that all have."""
    counts, described = [], []
    for source, path in zip(safe, files, strict=True):
        read = f"read_parquet({literal(source)})"
        described.append(describe(connection, f"SELECT * FROM {read}", str(path)))
        found = connection.execute(f"SELECT count(*) FROM {read}").fetchone()
        assert found is not None
        counts.append(int(found[0]))
        if described[-1] != described[0]:
            raise InputError(
                f"{path} has other columns or types than {files[0].name}: all files of one "
                "table must have the same."
            )
    return counts, [replace(column_of(0, n, t), sql=quoted(n)) for n, t in described[0]]
