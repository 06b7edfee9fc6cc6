"""A recipe encodes by its formulas, goes through JSON unchanged, and refuses all else."""

from __future__ import annotations

import datetime
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Column,
    DateColumn,
    NumericColumn,
    Recipe,
    Target,
    unfamiliar_notes,
)

HOUSES = Recipe(
    (
        NumericColumn("rooms", 3.0, 2.0, 3.0, True),
        BooleanColumn("garden", 0.0, False),
        CategoryColumn("city", ("Bonn", "Rome"), True),
        DateColumn("sold", 100.0, 50.0, 100.0, False),
    ),
    Target(("price", "rent"), None, (10.0, 1.0), (5.0, 0.5)),
)
ROWS: dict[str, np.ndarray] = {
    "sold": np.array([0.0, 365.2425, np.nan]),
    "rooms": np.array([5.0, np.nan, 3.0]),
    "city": np.array(["Rome", None, "Oslo"], object),
    "garden": np.array([True, False, None], object),
    "price": np.array([10, 15, 20]),
    "rent": np.array([1.0, 1.5, 0.5]),
}
CLASSES = Target(("kind",), ("cat", "dog"), (), ())


def columns_of_one(target: Target) -> Recipe:
    return Recipe((NumericColumn("x", 0.0, 1.0, 0.0, False),), target)


def test_rows_are_encoded_by_the_formulas() -> None:
    week = 2 * math.pi * 365.2425 / 7
    at_fill = [f(2 * math.pi * 100 / p) for p in (365.2425, 7) for f in (math.sin, math.cos)]
    expected: list[list[float]] = [
        [1, 0, 1, 0, 1, 0, -2, 0, 1, 0, 1],
        [0, 1, -1, 0, 0, 1, 265.2425 / 50, 0, 1, math.sin(week), math.cos(week)],
        [0, 0, 0, 0, 0, 0, 0, *at_fill],
    ]
    assert HOUSES.feature_names == [
        "rooms", "rooms is missing", "garden", "city = Bonn", "city = Rome", "city is missing",
        "sold", "sold, sin of year", "sold, cos of year", "sold, sin of week", "sold, cos of week",
    ]  # fmt: skip
    assert HOUSES.n_features == 11
    np.testing.assert_allclose(HOUSES.encode(ROWS), expected, rtol=0, atol=1e-13)


def test_encoding_in_parts_equals_encoding_at_once() -> None:
    parts = [HOUSES.encode({k: v[i : i + 1] for k, v in ROWS.items()}) for i in range(3)]
    assert (np.concatenate(parts) == HOUSES.encode(ROWS)).all()
    assert HOUSES.encode({k: v[:0] for k, v in ROWS.items()}).shape == (0, 11)


def test_dates_may_be_numpy_dates() -> None:
    dates = np.array(["1970-01-02T12:00", "NaT"], "datetime64[s]")
    days = np.array([1.5, np.nan])
    column = DateColumn("d", 0.0, 1.0, 7.0, True)
    assert (column.encode(dates) == column.encode(days)).all()
    exact = datetime.date(2026, 11, 23).toordinal() - datetime.date(1970, 1, 1).toordinal()
    assert column.encode(np.array(["2026-11-23"], "datetime64[D]"))[0, 0] == exact


def test_targets_are_encoded_and_decoded() -> None:
    y = HOUSES.encode_target(ROWS)
    assert y.tolist() == [[0, 0], [1, 1], [2, -1]]
    assert HOUSES.target.decode(y).tolist() == [[10, 1], [15, 1.5], [20, 0.5]]
    kinds = columns_of_one(CLASSES).encode_target({"kind": np.array(["dog", "cat"], object)})
    assert kinds.tolist() == [1, 0]
    assert CLASSES.decode(kinds).tolist() == ["dog", "cat"]


@pytest.mark.parametrize("classes", [(False, True), (0, 1), (0.0, 1.0)])
@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32, object])
def test_numbers_of_any_type_find_their_class(classes: Any, dtype: Any) -> None:
    target = Target(("t",), classes, (), ())
    assert target.encode([np.array([1, 0], dtype)]).tolist() == [1, 0]
    assert target.decode(np.array([1])).tolist() == [classes[1]]


def test_what_training_never_saw_is_counted() -> None:
    found = HOUSES.unfamiliar(ROWS) + HOUSES.unfamiliar(ROWS)
    assert found == {("city", "Oslo"): 2, ("garden", None): 2, ("sold", None): 2}
    notes = unfamiliar_notes(found)
    assert "Column 'garden': 2 values are missing" in notes[0]
    assert "Column 'city' holds 'Oslo' 2 times" in notes[1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rooms": None, "city": None}, "no column 'rooms', 'city'"),
        ({"rooms": ["1", "abc", "3"]}, "'rooms' holds '1' at row 0"),
        ({"rooms": [1.0, math.inf, 2.0]}, "'rooms' holds inf at row 1"),
        ({"rooms": [1, 10**400, 2]}, "'rooms' holds inf at row 1"),
        ({"garden": [0, 1, 2]}, "'garden' holds 2 at row 2"),
        ({"rooms": [1.0]}, "with one n"),
    ],
)
def test_wrong_values_are_refused(change: dict[str, Any], sentence: str) -> None:
    rows: dict[str, Any] = {**ROWS, **change}
    given_rows = {k: np.array(v) for k, v in rows.items() if v is not None}
    with pytest.raises(gn.InputError) as caught:
        HOUSES.encode(given_rows)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["cat", "cow"], "holds 'cow' at row 1"),
        (["cat", None], "has no value at row 1"),
        ([math.nan, "cow"], "has no value at row 0"),
    ],
)
def test_wrong_classes_are_refused(values: list[Any], sentence: str) -> None:
    with pytest.raises(gn.InputError) as caught:
        CLASSES.encode([np.array(values, object)])
    assert sentence in str(caught.value)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
scales = st.floats(min_value=1e-300, max_value=1e300)
columns = st.one_of(
    st.builds(NumericColumn, names, numbers, scales, numbers, st.booleans()),
    st.builds(BooleanColumn, names, numbers, st.booleans()),
    st.builds(
        CategoryColumn,
        names,
        st.lists(names, min_size=1, max_size=4, unique=True).map(tuple),
        st.booleans(),
    ),
    st.builds(DateColumn, names, numbers, scales, numbers, st.booleans()),
)
one_kind = st.one_of(
    *(
        st.lists(kind, min_size=2, max_size=4, unique=True).map(tuple)
        for kind in (names, st.integers(-(2**62), 2**62), numbers.filter(lambda v: abs(v) < 1e18))
    ),
    st.just((False, True)),
)


@given(st.lists(columns, min_size=1, max_size=5, unique_by=lambda c: c.name), one_kind)
def test_json_gives_the_same_recipe_back(parts: list[Column], classes: Any) -> None:
    target = Target(("".join(c.name for c in parts) + "!",), classes, (), ())
    recipe = Recipe(tuple(parts), target)
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.target.classes is not None
    assert [type(c) for c in again.target.classes] == [type(c) for c in classes]


GOOD = json.loads(HOUSES.to_json())


def changed(path: list[Any], value: Any) -> str:
    data = json.loads(HOUSES.to_json())
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(data)


def test_every_part_of_a_recipe_is_checked() -> None:
    """Any value anywhere, replaced by one of another type or out of range, is refused."""

    def paths(data: Any, path: list[Any]) -> Any:
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            yield [*path, key]
            if isinstance(value, dict | list):
                yield from paths(value, [*path, key])

    for path in paths(GOOD, []):
        wrong: Any
        for wrong in ({}, [[]], math.inf, math.nan, 10**400, None if path[-1] != "classes" else 0):
            with pytest.raises(gn.InputError):
                Recipe.from_json(changed(path, wrong))


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "[" * 100_000, '{"columns": [], "target": {}}', "1" * 10_000,
        HOUSES.to_json() + "x", HOUSES.to_json()[:-1] + ', "more": 1}',
        HOUSES.to_json()[:-1] + ', "columns": []}',
        changed(["columns"], []),
        changed(["columns", 0, "scale"], 0), changed(["columns", 0, "scale"], -1.0),
        changed(["columns", 0, "scale"], True), changed(["columns", 0, "has_missing"], 1),
        changed(["columns", 0, "name"], "price"), changed(["columns", 0, "name"], "city"),
        changed(["columns", 0, "name"], ""), changed(["columns", 0, "name"], "\ud800"),
        changed(["columns", 0, "kind"], "text"), changed(["columns", 2, "categories"], []),
        changed(["columns", 2, "categories"], ["a", "a"]),
        changed(["columns", 2, "categories"], [1]),
        changed(["target", "classes"], ["a", "b"]), changed(["target", "names"], []),
        changed(["target", "mean"], [1.0]), changed(["target", "scale"], [1.0, 0.0]),
    ],
)  # fmt: skip
def test_anything_else_is_no_recipe(text: str) -> None:
    with pytest.raises(gn.InputError):
        Recipe.from_json(text)


@pytest.mark.parametrize(
    "classes", [("a",), (), ("a", "a"), ("a", 1), (1, True), (0.5, math.nan), (0, 2**63)]
)
def test_classes_must_make_sense(classes: Any) -> None:
    with pytest.raises(gn.InputError):
        Target(("t",), classes, (), ())


def test_a_number_has_its_place_between_knots_and_stays_within_its_limit() -> None:
    column = NumericColumn("v", 1.0, 2.0, 4.0, True, limit=3.0, knots=(0.0, 2.0, 10.0))
    assert column.feature_names == ["v", "v, 0 to 2", "v, 2 to 10", "v is missing"]
    expected = []
    for v, missing in ((-5.0, 0), (1.0, 0), (4.0, 1), (8.0, 0), (1e300, 0)):
        u = (v - 1) / 2
        limited = u / math.hypot(1, u / 3)
        pieces = [
            sum(lo + (hi - lo) * k / 1000 < v for k in range(1000)) / 1000
            for lo, hi in ((0, 2), (2, 10))
        ]
        expected.append([limited, *pieces, missing])
    x = column.encode(np.array([-5.0, 1.0, np.nan, 8.0, 1e300]))
    np.testing.assert_allclose(x[:4], expected[:4], atol=1e-3)
    np.testing.assert_allclose(x[4], [3.0, 1, 1, 0])
    assert Recipe.from_json(Recipe((column,), HOUSES.target).to_json()).columns == (column,)


def test_rare_categories_share_a_feature_and_ordered_ones_have_all_below() -> None:
    size = CategoryColumn("size", ("S", "M", "L"), True, others=True, ordered=True)
    assert size.feature_names == [
        "size >= S",
        "size >= M",
        "size >= L",
        "size is another",
        "size is missing",
    ]
    values = np.array(["S", "L", None, "XL", "M"], object)
    expected = [[1, 0, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [1, 1, 0, 0, 0]]
    assert size.encode(values).tolist() == expected
    plain = CategoryColumn("size", ("S", "M"), False, others=True)
    assert plain.encode(values).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 1], [0, 1, 0]]
    recipe = Recipe((size, NumericColumn("x", 0.0, 1.0, 0.0, False)), HOUSES.target)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert not recipe.unfamiliar({"size": values, "x": np.zeros(5)})
    assert "knots" not in recipe.to_json()
    assert "ordered" not in HOUSES.to_json()  # a file of old keeps its bytes


@pytest.mark.parametrize(
    "wrong", [{"limit": -1.0}, {"limit": math.inf}, {"knots": (1.0,)}, {"knots": (2.0, 1.0)},
              {"knots": (1.0, 1.0)}, {"knots": [0.0, 1.0]}],
)  # fmt: skip
def test_limits_and_knots_that_make_no_features_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(gn.InputError):
        NumericColumn("v", 0.0, 1.0, 0.0, False, **wrong)
