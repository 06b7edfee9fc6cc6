"""Tables in parts are read as the options say and as that of the model was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import dask.dataframe as dd
import numpy as np
import pandas as pd

from glassnet.engines.cluster import Cluster
from glassnet.tables.partitioned import open_frame_parted, open_parquet_parted
from glassnet.tables.reading import Reading
from glassnet.tables.staging import How
from glassnet.tables.table import Table

TEXTS = pd.DataFrame({"x": ["1.250", "2.300", "8.000"] * 4, "zip": ["01", "02", "-"] * 4})


class _Here:
    """The part of a cluster that tables need, in this process."""

    def ask(
        self, function: Callable[..., Any], parts: Sequence[Any], each: Sequence[Any] = ()
    ) -> list[Any]:
        return [
            function(part, *more)
            for part, more in zip(parts, each or [()] * len(parts), strict=True)
        ]

    def compute(self, delayed: Sequence[Any]) -> list[Any]:
        return [part.compute() for part in delayed]


def _check(open: Callable[[How], Table]) -> None:
    reading = Reading(decimal=",", types=(("zip", "category"),), missing=("02",))
    with open(How(reading)) as table:
        (*chunks,) = table.chunks({"x": "number", "zip": "category"})
        assert table.conventions.reading.decimal == ","
    x = np.concatenate([chunk["x"] for chunk in chunks])
    assert x.tolist() == [1250.0, 2300.0, 8000.0] * 4
    zips = np.concatenate([np.asarray(chunk["zip"]) for chunk in chunks])
    assert set(zips.tolist()) - {None, "nan"} == {"01", "-"}
    with open(How(Reading(), table.conventions)) as later:
        (*chunks,) = later.chunks({"x": "number"})
    assert np.concatenate([chunk["x"] for chunk in chunks]).tolist() == x.tolist()


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    TEXTS.to_parquet(path, index=False)
    _check(lambda how: open_parquet_parted(cast(Cluster, _Here()), path, how))


def test_a_dask_frame() -> None:
    frame = dd.from_pandas(TEXTS, npartitions=3)
    _check(lambda how: open_frame_parted(cast(Cluster, _Here()), frame, how))
