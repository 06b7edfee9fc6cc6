"""Sweeps that the tests make, and what is in their files to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from glassnet.pipeline.request import Request
from glassnet.sweep import SweepFile, SweepRequest, sweep
from glassnet.sweep.plan import read_seeds
from glassnet.sweep.space import read_space
from glassnet.sweep.store import Runs


def asked(seeds: str = "6", sets: Sequence[str] = (), data: Any = "rings", **more: Any) -> Any:
    return SweepRequest(Request(data=data), read_seeds(seeds), read_space(sets), **more)


def swept(out: Path, *arguments: Any, **more: Any) -> Runs:
    assert sweep(asked(*arguments, **more), out)
    return runs_of(out)


def runs_of(path: Path) -> Runs:
    with SweepFile.open(path, read_only=True) as file:
        return file.runs()


def content(path: Path) -> list[str]:
    """Every run with every digit, as Python writes them."""
    with duckdb.connect(path, read_only=True) as connection:
        return [repr(row) for row in connection.execute("FROM runs ORDER BY ALL").fetchall()]
