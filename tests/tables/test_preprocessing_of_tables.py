"""Recipes fitted to tables, and tables encoded by them, against plain NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

import glassnet as gn
from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Coded,
    NumericColumn,
    Recipe,
    Target,
)
from glassnet.tables import (
    fit_recipe,
    load,
    open_table,
    opening,
    stream,
    validation_rows,
    values,
)

TRAINING = "rooms,city,garden,id,same,y\n" + "".join(
    f"{i % 7},{'Rome' if i % 3 else 'Bonn'},{'true' if i % 2 else 'false'},n{i},1,{i % 3}\n"
    for i in range(60)
)


@pytest.fixture
def csv(tmp_path: Path) -> Any:
    def write(content: str, name: str = "t.csv") -> Path:
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return write


def fitted(path: Path, target: Any = "y", **options: Any) -> Any:
    with open_table(path) as table:
        return fit_recipe(table, target, **options)


def test_columns_become_what_they_hold(csv: Any) -> None:
    recipe, notes = fitted(csv(TRAINING))
    rooms = np.arange(60) % 7
    number, city, garden = recipe.columns
    assert isinstance(number, NumericColumn)
    assert number.mean == pytest.approx(rooms.mean(), abs=1e-12)
    assert number.scale == pytest.approx(rooms.std(), abs=1e-12)
    assert city == CategoryColumn("city", ("Bonn", "Rome"), False)
    assert garden == BooleanColumn("garden", 0.0, False)
    assert recipe.target.classes == (0, 1, 2)
    assert any("'id' is left out: it holds 60 different texts in 60 rows" in n for n in notes)
    assert any("'same' is left out: it holds 1 in every row" in n for n in notes)
    assert any("holds 3 different whole numbers, so they are classes" in n for n in notes)


def test_means_and_deviations_agree_with_numpy_on_hard_numbers(tmp_path: Path) -> None:
    v = 1e6 + np.random.default_rng(0).normal(size=200_000)
    v.astype("<f8").tofile(tmp_path / "v")
    import pandas as pd

    v[:3] = np.nan
    with open_table(pd.DataFrame({"v": v, "y": v > 1e6})) as table:
        recipe, _ = fit_recipe(table, "y")
    (column,) = recipe.columns
    assert isinstance(column, NumericColumn)
    assert column.mean == pytest.approx(np.nanmean(v), rel=1e-12)
    assert column.scale == pytest.approx(np.nanstd(v), rel=1e-12)
    assert column.has_missing


@pytest.mark.parametrize(
    ("target", "options", "classes"),
    [
        (["a", "b"] * 15, {}, ("a", "b")),
        (["true", "FALSE"] * 15, {}, (False, True)),
        ([3, 1] * 15, {}, (1, 3)),
        ([3, 1] * 15, {"task": "regression"}, None),
        ([3, 1] * 15, {"categories": ["y"]}, ("1", "3")),
        (list(range(30)), {}, None),
        (list(range(30)), {"task": "classification"}, tuple(range(30))),
        ([0.5, 1.5] * 15, {}, None),
        ([0.5, 1.5] * 15, {"task": "classification"}, (0.5, 1.5)),
    ],
)
def test_targets_become_classes_or_numbers(
    csv: Any, target: list[Any], options: Any, classes: Any
) -> None:
    path = csv("x,y\n" + "".join(f"{i},{v}\n" for i, v in enumerate(target)))
    recipe, _ = fitted(path, **options)
    assert recipe.target.classes == classes
    with open_table(path) as table:
        y = load(table, recipe).y
    decoded = recipe.target.decode(y).tolist()
    if classes is None:
        np.testing.assert_allclose(decoded, target, rtol=1e-12)
        assert recipe.target.mean[0] == pytest.approx(np.mean(target))
    else:
        assert [str(v).lower() for v in decoded] == [str(v).lower() for v in target]


def test_several_targets_are_a_regression(csv: Any) -> None:
    path = csv("a,b,c\n1,2,3\n2,3,5\n3,1,1\n")
    recipe, _ = fitted(path, ["c", "b"])
    with open_table(path) as table:
        samples = load(table, recipe)
    assert samples.y is not None
    np.testing.assert_allclose(recipe.target.decode(samples.y), [[3, 2], [5, 3], [1, 1]])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": "z"}, "has no column 'z'"),
        ({"features": ["y"]}, "is the target, so it cannot be a feature"),
        ({"features": ["id"]}, "column 'id' holds 60 different texts in 60 rows"),
        ({"exclude": ["nothing"]}, "no column 'nothing'"),
        ({"target": "city", "task": "regression"}, "a regression needs numbers"),
        ({"target": "same"}, "one class only"),
        ({"target": ["rooms", "rooms"]}, "several different ones"),
        ({"validation": 1.5}, "a fraction from 0 and below 1"),
    ],
)
def test_wrong_requests_are_refused(csv: Any, options: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError) as caught:
        fitted(csv(TRAINING), **options)
    assert sentence in str(caught.value)


def test_columns_can_be_chosen(csv: Any) -> None:
    recipe, _ = fitted(csv(TRAINING), features=["city", "rooms"], categories=["rooms"])
    assert [type(c) for c in recipe.columns] == [CategoryColumn, CategoryColumn]
    recipe, _ = fitted(csv(TRAINING), exclude=["city"], categories=["id"])
    assert [c.name for c in recipe.columns] == ["rooms", "garden", "id"]


def test_prediction_takes_columns_in_any_order_and_notes_what_is_new(csv: Any) -> None:
    recipe, _ = fitted(csv(TRAINING))
    path = csv("more,garden,city,rooms\n1,true,Oslo,3\n2,false,Bonn,\n3,true,Oslo,3\n", "new.csv")
    with open_table(path) as table:
        samples = load(table, recipe, target=False)
        rows = {name: column for part in values(table, recipe) for name, column in part.items()}
    assert samples.y is None
    assert samples.X[:, 1:].tolist() == [[0, 0, 1], [1, 0, -1], [0, 0, 1]]
    assert samples.X[1, 0] == 0
    assert len(samples.notes) == 2
    assert "'city' holds 'Oslo' 2 times" in samples.notes[0]
    assert (recipe.encode(rows) == samples.X).all()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("rooms\n1\n", "has no columns 'city', 'garden'"),
        ("rooms,city,garden\n1,Rome,true\nabc,,\n", "new.csv:3: column 'rooms' holds 'abc' where"),
        ("rooms,city,garden\n1,Rome,2\n", "new.csv:2: column 'garden' holds '2' where true"),
        ("rooms,city,garden,y\n1,Rome,true,1\n1,Rome,true,7\n", "new.csv:3: the target column 'y'"),
    ],
)  # fmt: skip
def test_wrong_data_to_predict_are_refused(csv: Any, content: str, sentence: str) -> None:
    recipe, _ = fitted(csv(TRAINING))
    with open_table(csv(content, "new.csv")) as table, pytest.raises(gn.InputError) as caught:
        load(table, recipe, target=",y\n" in content)
    assert sentence in str(caught.value)


def test_rows_without_a_target_are_skipped_on_demand(csv: Any) -> None:
    path = csv("x,y\n1,a\n2,\n3,b\n100,\n5,a\n")
    recipe, _ = fitted(path, missing_target="skip")
    (column,) = recipe.columns
    assert isinstance(column, NumericColumn)
    assert column.mean == pytest.approx(3)
    with open_table(path) as table:
        samples = load(table, recipe, missing_target="skip")
        assert samples.y is not None
        assert samples.y.tolist() == [0, 1, 0]
        with pytest.raises(gn.InputError, match=r"t\.csv:3: the target column 'y' has no value"):
            load(table, recipe)


def test_streaming_gives_what_loading_gives(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.execute(
        "COPY (SELECT range % 1000 / 7 AS a, ['u', 'v', NULL][range % 3 + 1] AS b, "
        "range % 5 = 0 AS y "
        f"FROM range(200000)) TO '{path}' (FORMAT parquet)"
    )
    with open_table(path) as table:
        recipe, _ = fit_recipe(table, "y", validation=0.25, seed=3)
        whole = load(table, recipe)
        streamed = stream(table, recipe, tmp_path, validation=0.25, seed=3, dtype="float64")
        again = stream(table, recipe, tmp_path)
    assert whole.y is not None
    assert streamed.validation is not None
    held = validation_rows(200_000, 0.25, 3, whole.y)
    assert (streamed.training.X == whole.X[~held]).all()
    assert (streamed.validation.X == whole.X[held]).all()
    assert (streamed.validation.y == whole.y[held]).all()
    assert (again.training.X == whole.X.astype("float32")).all()
    column = recipe.columns[0]
    assert isinstance(column, NumericColumn)
    a = (np.arange(200_000) % 1000 / 7)[~held]
    assert column.mean == pytest.approx(a.mean(), rel=1e-12)
    assert column.scale == pytest.approx(a.std(), rel=1e-12)


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_the_split_is_stratified_seeded_and_without_pattern(fraction: float) -> None:
    classes = np.random.default_rng(0).choice(3, 10_000, p=[0.9, 0.09, 0.01])
    held = validation_rows(10_000, fraction, 1, classes)
    for number in range(3):
        assert held[classes == number].sum() == round(fraction * (classes == number).sum())
    assert (held == validation_rows(10_000, fraction, 1, classes)).all()
    assert (held != validation_rows(10_000, fraction, 2, classes)).any()
    halves = held[:5000].mean() / held[5000:].mean()
    assert 0.8 < halves < 1.25
    assert not validation_rows(3, fraction, 0, np.arange(3)).any()


def test_a_run_trains_on_streamed_rows_without_copying_them(tmp_path: Path, csv: Any) -> None:
    path = csv(TRAINING)
    with open_table(path) as table:
        recipe, _ = fit_recipe(table, "y")
        streamed = stream(table, recipe, tmp_path, validation=0.2)
    X, y = streamed.training.X, streamed.training.y
    assert y is not None
    assert np.asarray(X).astype("float32", copy=False).base is not None
    network = gn.Network((recipe.n_features, 4, 3))
    run = gn.train(network, X, y, dtype="float32", max_epochs=20, batch_size=8, seed=0)
    assert run.history.loss[-1] < run.history.loss[0]
    assert streamed.validation is not None
    assert len(run.predict(streamed.validation.X)) == len(streamed.validation.X) == 12


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_and_recipe_do_not_depend_on_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = tmp_path / f"t.{ending}"
    options = "(ROW_GROUP_SIZE 20000)" if ending == "parquet" else ""
    duckdb.execute(
        "COPY (SELECT hash(range) % 1000003 / 7 AS a, 'k' || hash(range + 1) % 50 AS b, "
        f"range % 3 = 0 AS y FROM range(300000)) TO '{path}' {options}"
    )
    found = []
    for threads in (1, 8):
        monkeypatch.setattr(opening, "MOST_THREADS", threads)
        monkeypatch.setattr("os.cpu_count", lambda: 8)
        with open_table(path) as table:
            recipe, _ = fit_recipe(table, "y", validation=0.2, seed=1)
            samples = load(table, recipe)
        assert samples.y is not None
        found.append((recipe.to_json(), samples.X.tobytes(), samples.y.tobytes()))
    assert found[0] == found[1]
    assert (samples.y == (np.arange(300_000) % 3 == 0)).all()


def test_names_are_said_to_be_as_many_as_rows_and_never_more(tmp_path: Path) -> None:
    for rows in (500, 2000, 7000):
        path = tmp_path / f"{rows}.csv"
        lines = [f"person {i * i},{i % 2},{i / 3}" for i in range(rows)]
        path.write_text("\n".join(["name,y,x", *lines]))
        with open_table(path) as table:
            _, notes = fit_recipe(table, "y")
        assert f"it holds nearly as many different texts as rows, {rows}, more like" in notes[1]


def test_texts_by_their_numbers_are_encoded_like_texts(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.execute(
        "COPY (SELECT ['a', 'b''c', '', NULL, 'é\n'][1 + range % 5] AS t, 'n' || range AS many, "
        f"range % 2 AS y FROM range(40000)) TO '{path}' (FORMAT parquet)"
    )
    with open_table(path) as table:
        chunks = list(table.chunks({"t": "category", "many": "category"}))
    texts = [chunk["t"] for chunk in chunks]
    assert all(isinstance(t, Coded) and len(t.texts) == 4 for t in texts)
    expected = np.array(["a", "b'c", "", None, "é\n"], object)[np.arange(40_000) % 5]
    assert np.concatenate([np.asarray(t) for t in texts]).tolist() == expected.tolist()
    many = np.concatenate([np.asarray(chunk["many"]) for chunk in chunks])
    assert many.tolist() == [f"n{i}" for i in range(40_000)]
    recipe = Recipe(
        (CategoryColumn("t", ("b'c", "a"), True),), Target(("t2",), ("a", "b'c"), (), ())
    )
    for t in texts:
        assert (recipe.encode({"t": t}) == recipe.encode({"t": np.asarray(t)})).all()
        assert recipe.unfamiliar({"t": t}) == recipe.unfamiliar({"t": np.asarray(t)})
        numbers = recipe.target.class_numbers(t)
        assert (numbers == recipe.target.class_numbers(np.asarray(t))).all()
        assert numbers[:5].tolist() != [0] * 5


def test_an_underscore_makes_no_number_and_no_sign_a_missing_one(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for wrong in ("1_0", "-nan", "1_000.5"):
        path.write_text("\n".join(["a,y", *(f"{i},{i % 2}" for i in range(20)), f"{wrong},1"]))
        with (
            open_table(path) as table,
            pytest.raises(gn.InputError, match=f"t.csv:22: column 'a' holds '{wrong}' where a num"),
        ):
            fit_recipe(table, "y")


def test_texts_that_name_the_rows_are_left_out_of_small_tables_too(csv: Any) -> None:
    content = "name,city,y\n" + "".join(f"n{i},{'AB'[i % 2]},{i / 3}\n" for i in range(20))
    recipe, notes = fitted(csv(content))
    assert [column.name for column in recipe.columns] == ["city"]
    assert any("'name' is left out: it holds 20 different texts in 20 rows" in n for n in notes)
    forced, _ = fitted(csv(content), categories=["name"])
    assert [column.name for column in forced.columns] == ["name", "city"]


def test_a_target_that_names_the_rows_is_refused(csv: Any) -> None:
    content = "name,x\n" + "".join(f"n{i},{i % 7}\n" for i in range(40))
    with pytest.raises(gn.InputError, match=r"'name' has 40 classes in 40 rows, more like names"):
        fitted(csv(content), "name")
    pairs = "name,x\n" + "".join(f"n{i % 25},{i % 7}\n" for i in range(40))
    _, notes = fitted(csv(pairs), "name")
    assert any("'name' has 25 classes in 40 rows: too few rows" in n for n in notes)


def test_a_running_number_is_noted_and_others_are_not(csv: Any) -> None:
    rows = "".join(f"{i + 5},{40 - i},{i * i % 41},{i / 3}\n" for i in range(41))
    _, notes = fitted(csv("id,down,mixed,y\n" + rows))
    said = [note for note in notes if "running number" in note]
    assert len(said) == 1
    assert said[0].startswith("Column 'id' looks like a running number: exclude it")
