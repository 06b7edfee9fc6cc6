"""Tables and targets as Python has them, and predictions like the tables they are for."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import glassnet as gn
from glassnet.pipeline import train_table
from glassnet.pipeline.request import Request
from glassnet.tables.reading import Reading
from glassnet.training.declaration import declared
from glassnet.training.settings import OPTIONS

ZONES = np.tile([10, 20, 30], 20)
X = np.linspace(-1, 1, 60)
TRUE = np.where(ZONES == 20, "high", "low")
QUICK: dict[str, Any] = {"max_epochs": 300, "validation": "none"}


def trained(data: Any, target: Any = "y", **asked: Any) -> gn.Run:
    return gn.train_table(
        data, target, hidden=2, validation="none", max_epochs=2, single=True, **asked
    )


def names(run: gn.Run) -> tuple[list[str], tuple[str, ...]]:
    assert run.recipe is not None
    return [column.name for column in run.recipe.columns], run.recipe.target.names


@pytest.fixture(scope="module")
def run() -> gn.Run:
    data = {"zone": ZONES.astype(str), "x": X, "y": TRUE}
    return gn.train_table(data, "y", categories="zone", single=True, **QUICK)


def test_the_signature_names_every_field_of_a_request() -> None:
    parameters = inspect.signature(gn.train_table).parameters
    own = {field.name: field.default for field in fields(Request)}
    asked = own | {name: None if one.chosen else one.default for name, one in OPTIONS.items()}
    asked |= {name: one.parameter.default for name, one in declared(Reading).items()}
    del asked["pictures"], asked["asked"], asked["reading"]
    asked |= {"single": False, "verbose": True}
    assert set(parameters) == set(asked)
    assert {n: p.default for n, p in parameters.items() if n != "data"} == {
        n: default for n, default in asked.items() if n != "data"
    }
    assert {p.kind for p in parameters.values()} <= {
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    }


ZONE: dict[str, Callable[[], Any]] = {
    "ints": lambda: pd.Categorical(ZONES),
    "floats": lambda: pd.Categorical(ZONES / 10),
    "texts": lambda: pd.Categorical(ZONES.astype(str)),
    "intervals": lambda: pd.cut(ZONES, [0, 15, 25, 40]),
    "dictionary": lambda: pa.array(ZONES).dictionary_encode(),
    "enum": lambda: pl.Series(ZONES.astype(str), dtype=pl.Enum(["10", "20", "30"])),
    "bools": lambda: pd.Categorical(ZONES == 20),
}


@pytest.mark.parametrize("zone", ZONE)
def test_a_category_decides_whatever_it_is_made_of(zone: str) -> None:
    data = {"zone": ZONE[zone](), "x": X, "y": TRUE}
    run = gn.train_table(data, "y", single=True, **QUICK)
    assert (gn.predict_table(run, data)["predicted y"] == TRUE).all()


@pytest.mark.parametrize(
    "zone", [ZONES, pd.Categorical(ZONES), ZONES.astype(float), ZONES.astype(np.uint64)]
)
def test_a_category_of_texts_is_found_among_numbers(run: gn.Run, zone: Any) -> None:
    assert (gn.predict_table(run, {"zone": zone, "x": X})["predicted y"] == TRUE).all()


@pytest.mark.parametrize("target", [2, "2", (2,), [2], pd.Index([2])])
def test_a_target_is_named_by_its_label(target: Any) -> None:
    data = pd.DataFrame(np.c_[X, X**2, X > 0])
    assert names(trained(data, target)) == (["0", "1"], ("2",))
    assert names(trained(data.to_numpy(), target)) == (["0", "1"], ("2",))


def test_labels_of_several_levels_name_columns_too() -> None:
    labels = pd.MultiIndex.from_tuples([("f", "a"), ("f", "b"), ("t", "y")])
    data = pd.DataFrame({0: X, 1: X**2, 2: TRUE}).set_axis(labels, axis=1)
    for target in (("t", "y"), "t_y"):
        asked = {"features": [("f", "a")]}
        assert names(trained(data, target, **asked)) == (["f_a"], ("t_y",))
    assert names(trained(data, [("f", "a"), "f_b"])) == (["t_y"], ("f_a", "f_b"))


TARGETS: dict[str, tuple[Any, str]] = {
    "series": (pd.Series(TRUE, name="class"), "class"),
    "series of the frame": (pd.Series(X**2, name="b"), "b"),
    "nameless series": (pd.Series(TRUE), "target"),
    "polars": (pl.Series("class", TRUE), "class"),
    "pyarrow": (pa.chunked_array([TRUE]), "target"),
    "array": (TRUE, "target"),
    "list": (TRUE.tolist(), "target"),
    "numbers": ([1, 2, 3] * 20, "target"),
    "frame": (pd.DataFrame({"class": TRUE}), "class"),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_a_target_may_be_values(kind: str) -> None:
    target, name = TARGETS[kind]
    data = pd.DataFrame({"a": X, "b": X**2})
    features = [column for column in ("a", "b") if column != name]
    assert names(trained(data, target)) == (features, (name,))


def test_a_target_of_two_columns_is_a_regression() -> None:
    run = trained({"a": X, "b": X**2}, np.c_[X + 1, X - 1])
    assert names(run) == (["a", "b"], ("target1", "target2"))


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (pd.Series(X[:59], name="t"), "has 60 rows, but the target 59"),
        (pd.Series(X, index=range(1, 61)), "index of the target is not that of the data frame"),
        (pd.Series(X + 1, name="a"), "a column 'a' with other values than the target"),
        (3, "has no column '3'"),
        ("z", "has no column 'z'"),
        (None, "Which column of"),
        (["a", "z"], "has no column 'z'"),
        (float("nan"), "has no column 'nan'"),
        (len, "Column 'target' must be an array or a list"),
        ({"t": 3}, "Column 't' must be an array or a list"),
    ],
)
def test_a_target_that_does_not_fit_is_refused(target: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        trained(pd.DataFrame({"a": X, "b": X**2}), target)


def test_what_is_no_row_or_no_column_is_refused_in_prediction(run: gn.Run) -> None:
    data = pd.DataFrame({"zone": ZONES, "x": X})
    for wrong, sentence in (
        (data.iloc[:0], "has columns but no rows"),
        (data.set_axis([0, 1], axis=1), "has no columns 'zone', 'x': it has '0', '1'"),
        (None, "A table is"),
    ):
        with pytest.raises(gn.InputError, match=sentence):
            gn.predict_table(run, wrong)
    with pytest.raises(gn.InputError, match="has no column 'id'"):
        gn.predict_table(run, data, keep="id")
    wrong_model: Any = "run"
    with pytest.raises(gn.InputError, match="must be a Run or a Model, not 'run'"):
        gn.predict_table(wrong_model, data)


def test_predictions_of_pandas_are_pandas_with_its_index(run: gn.Run) -> None:
    data = pd.DataFrame({"zone": ZONES, "x": X, "id": ZONES * 2**40}, index=[f"r{i}" for i in X])
    found = gn.predict_table(run, data, keep=["id"])
    assert isinstance(found, pd.DataFrame)
    assert found.index.equals(data.index)
    assert list(found) == ["id", "predicted y", "P(high)", "P(low)"]
    assert found.id.equals(data.id)
    assert found["predicted y"].tolist() == TRUE.tolist()
    twice = pd.concat([data, data])
    assert gn.predict_table(run, twice, keep="id").index.equals(twice.index)


def test_predictions_are_like_the_table(run: gn.Run, tmp_path: Path) -> None:
    columns = {"zone": ZONES.astype(str), "x": X, "id": np.arange(60)}
    for made, kind in (
        (pl.DataFrame(columns), pl.DataFrame),
        (pl.DataFrame(columns).lazy(), pl.DataFrame),
        (pa.table(columns), pa.Table),
        (pa.table(columns).to_reader(), pa.Table),
        (columns, dict),
    ):
        found = gn.predict_table(run, made, keep="id")
        assert isinstance(found, kind)
        assert np.asarray(found["predicted y"]).tolist() == TRUE.tolist()
        assert np.asarray(found["id"]).tolist() == list(range(60))
    path = tmp_path / "new.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    found = gn.predict_table(run, path, keep="id")
    assert found["predicted y"].tolist() == TRUE.tolist()
    assert found["id"].tolist() == [str(i) for i in range(60)]


def test_rows_to_validate_on_may_be_another_frame() -> None:
    data = pd.DataFrame({"a": X, "y": TRUE})
    run = gn.train_table(data, "y", validation=data.iloc[:20], hidden=2, max_epochs=2, single=True)
    assert run.validation is not None
    assert len(run.validation.X) == 20


def test_optimizer_and_schedule_may_be_given_as_they_are() -> None:
    asked: dict[str, Any] = {
        "optimizer": gn.GradientDescent(0.3),
        "schedule": gn.schedules.Step(20),
        "activation": "tanh",
        "dropout": 0.1,
    }
    settings = trained({"a": X, "y": TRUE}, **asked).settings
    assert (settings.optimizer, settings.schedule) == (asked["optimizer"], asked["schedule"])


def test_class_weights_are_by_the_names_of_the_classes() -> None:
    data: dict[str, Any] = {"a": X, "y": TRUE, "n": ZONES}
    assert trained(data, class_weight={"high": 3}).settings.class_weight == {0: 3}
    assert trained(data, "n", class_weight={20: 0.5, "30": 2}).settings.class_weight == {
        1: 0.5,
        2: 2,
    }
    assert trained(data, class_weight="none").settings.class_weight is None
    for target, weights, sentence in (
        ("y", {"hihg": 3}, r"names 'hihg', but the classes are \['high', 'low'\]"),
        ("y", {1: 3}, "names 1, but the classes"),
        ("y", {"low": "x"}, "weight of class 'low' must be a finite number"),
        ("a", {"low": 1}, "class_weight is for classes, and a regression has none"),
    ):
        with pytest.raises(gn.InputError, match=sentence):
            trained(data, target, class_weight=weights)


def test_partitions_without_rows_are_predicted_for_too(run: gn.Run) -> None:
    data = pd.DataFrame({"zone": ZONES, "x": X, 7: ZONES})
    parted = dd.from_pandas(data, npartitions=4)
    expected = gn.predict_table(run, data[data.x < 0], keep=7)
    found = gn.predict_table(run, parted[parted.x < 0], keep=7)
    assert (found.dtypes == expected.dtypes).all()
    pd.testing.assert_frame_equal(found.compute(scheduler="synchronous"), expected)
    none = gn.predict_table(run, parted[parted.x > 9]).compute(scheduler="synchronous")
    assert none.shape == (0, 3)
    with pytest.raises(gn.InputError, match="has no column 'zone'"):
        gn.predict_table(run, parted[["x"]])
    with pytest.raises(gn.InputError, match="Dask data frame is needed, not Array"):
        gn.predict_table(run, da.zeros((3, 2)))


def test_the_documented_examples_are_right() -> None:
    documents = Path(__file__).parents[2] / "docs/tables.md"
    for done in (
        doctest.testfile(str(documents), module_relative=False),
        doctest.testmod(train_table),
    ):
        assert done.attempted >= 4
        assert done.failed == 0
