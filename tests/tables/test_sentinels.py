"""A number that stands for a missing value is noticed, named, and not removed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from glassnet.tables import open_table
from glassnet.tables.fitting import fit_recipe
from glassnet.tables.sentinels import sentinel_notes

VALUES = [10.5 + i / 7 for i in range(40)]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ([*VALUES, -999, -999], "-999 2 times"),
        ([*VALUES, 9999, 9999, 9999], "9999 3 times"),
        ([*VALUES, -999], None),  # once only
        ([*range(5, 100), 99, 99], None),  # an age
        ([*VALUES, -998, -998], None),
        ([0, 1, 1, 0, -9, -9], "-9 2 times"),
        ([-999, -999, -999, 5], None),
        ([None, *VALUES], None),
    ],
)
def test_a_sentinel_is_noticed_far_from_all_others(
    values: Sequence[float | None], named: str | None
) -> None:
    with open_table({"x": values, "y": [i % 2 for i in range(len(values))]}) as table:
        notes = sentinel_notes(table, ["x"])
        assert [str(named) in note for note in notes] == ([True] if named else [])
        recipe, given = fit_recipe(table, "y")
        assert set(notes) <= set(given)
        assert [column.name for column in recipe.columns] == ["x"]
