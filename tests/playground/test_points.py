"""Points come from links and from painting: they say exactly what they say, or are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.explain import explain
from glassnet.playground.initial_state import InitialState
from glassnet.playground.points import LARGEST, MOST_SAMPLES, Measure, Points
from glassnet.playground.scenario import SETS, Scenario, Spec
from glassnet.playground.timeline import Timeline
from playground.conftest import Visitor

NAMES = st.text(min_size=1, max_size=80)
NUMBERS = st.floats(-LARGEST, LARGEST)


@st.composite
def described(draw: st.DrawFn) -> dict[str, Any]:
    """Points as JSON, of every size and kind that the page takes."""
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique=True))
    inputs = [
        {"name": name, "mean": draw(NUMBERS), "scale": draw(st.floats(LARGEST / 1e5, LARGEST))}
        for name in names
    ]
    classes = draw(st.none() | st.lists(NAMES, min_size=2, max_size=8, unique=True))
    if classes is None:
        target: dict[str, Any] = {"name": draw(NAMES), "mean": 0.5, "scale": 2.0}
        goal: st.SearchStrategy[Any] = NUMBERS
    else:
        target = {"name": draw(NAMES), "classes": classes}
        goal = st.integers(0, len(classes) - 1)
    row = st.tuples(*[NUMBERS] * len(names), goal).map(list)
    return {"inputs": inputs, "target": target, "rows": draw(st.lists(row, min_size=1, max_size=9))}


@given(described())
def test_points_come_back_from_json_to_the_digit(points: dict[str, Any]) -> None:
    read = Points.from_json(json.loads(json.dumps(points)))
    written = read.to_json()
    target = {name: value for name, value in written["target"].items() if name in points["target"]}
    assert {**written, "target": target} == points
    assert Points.from_json(written) == read
    scenario = Scenario(Spec(data="own"), points=read)
    assert Scenario.from_json(json.loads(json.dumps(scenario.to_json()))) == scenario


@pytest.mark.parametrize("name", SETS)
def test_a_built_in_set_keeps_every_digit_as_own_data(name: str) -> None:
    dataset = Spec(data=name).dataset()
    own = Points.from_json(Points.of(dataset).to_json()).dataset
    np.testing.assert_array_equal(own.X, dataset.X)
    np.testing.assert_array_equal(own.y, dataset.y)
    assert own.n_classes == dataset.n_classes


def test_a_table_is_seen_standardised_as_the_recipe_of_the_library_does() -> None:
    X = np.array([[1.0, 200.0], [2.0, 300.0], [4.0, 700.0]])
    points = Points.standardised(("a", "b"), X, "y", np.array([5.0, 6.0, 10.0]))
    np.testing.assert_array_equal(points.dataset.X, (X - X.mean(axis=0)) / X.std(axis=0))
    assert points.target == Measure("y", 7.0, float(np.std([5, 6, 10])))


GOOD: dict[str, Any] = {
    "inputs": [{"name": "a"}, {"name": "b"}],
    "target": {"name": "kind", "classes": ["x", "y"]},
    "rows": [[0, 1, 0], [2.5, -1, 1]],
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": []},
        {"rows": [[0, 1, 0]] * (MOST_SAMPLES + 1)},
        {"rows": [[0, 1]]},
        {"rows": [[0, 1, 2]]},
        {"rows": [[0, 1, 0.5]]},
        {"rows": [[0, True, 0]]},
        {"rows": [[0, "1", 0]]},
        {"rows": [[0, float("nan"), 0]]},
        {"rows": [[0, 1e13, 0]]},
        {"rows": [[0, 2e6, 0]]},
        {"rows": "0,1,0"},
        {"rows": [7]},
        {"inputs": [{"name": "a"}]},
        {"inputs": [{"name": "a"}, {"name": "a"}]},
        {"inputs": [{"name": str(k)} for k in range(7)], "rows": [[0] * 8]},
        {"inputs": [{"name": "a"}, {"name": ""}]},
        {"inputs": [{"name": "a"}, {"name": "b", "scale": 0}]},
        {"inputs": [{"name": "a"}, {"name": "b", "mean": "0"}]},
        {"inputs": [{"name": "a"}, {"name": "b", "mean": None}]},
        {"inputs": [{"name": "a"}, {"name": "b" * 81}]},
        {"inputs": [{"name": "a"}, {"name": "b", "path": "/etc/passwd"}]},
        {"target": {"name": "kind", "classes": ["x"]}},
        {"target": {"name": "kind", "classes": ["x", "x"]}},
        {"target": {"name": "kind", "classes": [1, 2]}},
        {"target": {"name": "kind", "classes": list("abcdefghi")}},
        {"target": "kind"},
        {"more": 1},
    ],
)
def test_what_is_no_set_of_points_is_refused(wrong: dict[str, Any]) -> None:
    Points.from_json(GOOD)
    with pytest.raises(gn.InputError) as refusal:
        Points.from_json({**GOOD, **wrong})
    assert len(str(refusal.value)) < 300


def test_a_link_without_its_own_data_says_so() -> None:
    with pytest.raises(gn.InputError, match="own data that it does not hold"):
        Scenario.from_json({"spec": {"data": "own"}})
    with pytest.raises(gn.InputError, match="brings no points"):
        Scenario.from_json({"spec": {"data": "moons"}, "points": GOOD})


def test_the_first_touch_makes_own_data_of_the_same_points(visitor: Visitor) -> None:
    visitor.frame("epoch")
    visitor.ask("paint", add=[[0.1, 0.2, 1]])
    scene = visitor.next("scene")
    scenario = visitor.next("scenario")
    frame = visitor.next("frame")
    rings = gn.datasets.rings()
    assert scene["points"] == [*rings.X.tolist(), [0.1, 0.2]]
    assert scene["labels"] == [*rings.y.tolist(), 1]
    assert scenario["spec"]["data"] == "own"
    assert frame["epoch"] == 0
    network = gn.Network((2, 3, 3, 1))
    run = gn.train(
        network,
        [*rings.X.tolist(), [0.1, 0.2]],
        [*rings.y.tolist(), 1],
        parameters=gn.Parameters.initial(network, "legacy_numpy", 0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=3,
    )
    for _ in range(3):
        frame = visitor.frame("epoch")
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)


def test_an_edit_puts_removes_and_adds_in_one_step_and_is_undone(visitor: Visitor) -> None:
    visitor.ask("paint", put=[[0, [9, 8, 0]]], remove=[1, 2], add=[[1, 2, 1], [3, 4, 0]])
    rows = visitor.next("scene")["rows"]
    assert len(rows) == 20
    assert rows[0] == [9, 8]
    assert rows[-2:] == [[1, 2], [3, 4]]
    assert rows[1] == gn.datasets.rings().X[3].tolist()
    visitor.ask("undo")
    assert visitor.next("scene")["rows"] == gn.datasets.rings().X.tolist()
    assert visitor.next("scenario")["has_own"]
    visitor.ask("set", spec={"data": "own"})
    assert visitor.next("scene")["rows"] == rows


def test_a_third_class_is_painted(visitor: Visitor) -> None:
    visitor.ask("paint", classes=["0", "1", "sun"], add=[[0, 0, 2]])
    scene = visitor.next("scene")
    assert scene["classes"] == ["0", "1", "sun"]
    assert scene["sizes"] == [2, 3, 3, 3]
    visitor.ask("paint", classes=["0", "1"])
    assert "taken away" in visitor.next("problem")["sentence"]


@pytest.mark.parametrize(
    "edit",
    [
        {"remove": "all"},
        {"remove": [20]},
        {"remove": 0},
        {"put": [[0, [1, 2]]]},
        {"put": [[20, [1, 2, 0]]]},
        {"put": [[1, 2, 0]]},
        {"add": [[1, 2, 2]]},
        {"add": [[1, None, 0]]},
        {"add": [[1, 2, 0]] * MOST_SAMPLES},
        {"classes": ["a"]},
        {"classes": "ab"},
    ],
)
def test_a_wrong_edit_changes_nothing(visitor: Visitor, edit: dict[str, Any]) -> None:
    visitor.ask("paint", **edit)
    assert visitor.next("problem")["sentence"].endswith(".")
    assert visitor.frame("epoch")["epoch"] == 1


def test_points_to_test_on_are_not_trained_on(visit: Callable[..., Visitor]) -> None:
    spec = Spec(data="moons", n_samples=80, noise=0.2, test_share=0.25, data_seed=3)
    visitor = visit(InitialState(Scenario(spec)))
    scene = visitor.next("scene")
    held_out = np.array(scene["held_out"])
    assert held_out.sum() == 20
    points = gn.datasets.moons(80, noise=0.2, seed=3)
    assert held_out[points.y == 0].sum() == held_out[points.y == 1].sum()
    network = gn.Network((2, 3, 3, 1))
    run = gn.train(
        network,
        points.X[~held_out],
        points.y[~held_out],
        parameters=gn.Parameters.initial(network, "legacy_numpy", 0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=4,
    )
    visitor.next("frame")
    for _ in range(4):
        frame = visitor.frame("epoch")
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)
    np.testing.assert_array_equal(frame["outputs"][:, 0], run.predict_probability(points.X))
    right = run.predict(points.X) == points.y
    assert (frame["right"], frame["test_right"]) == (
        int(right[~held_out].sum()),
        int(right[held_out].sum()),
    )
    a = run.predict_probability(points.X[held_out])
    log_loss = -np.log(np.where(points.y[held_out] == 1, a, 1 - a)).mean()
    assert frame["test_loss"] == pytest.approx(log_loss, rel=1e-12)


def test_the_split_is_the_same_every_time_and_another_by_seed() -> None:
    spec = Spec(data="moons", test_share=0.3)
    first, again, other = (
        Timeline(Scenario(one), InitialState()).held_out
        for one in (spec, spec, spec.changed({"data_seed": 1}))
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_points_too_few_to_hold_one_out_are_all_trained_on(visit: Callable[..., Visitor]) -> None:
    visitor = visit(InitialState(Scenario(Spec(test_share=0.3))))
    visitor.next("frame")
    visitor.ask("paint", remove="all", add=[[0.5, 0.5, 1]])
    scene = visitor.next("scene")
    while len(scene["rows"]) > 1:
        scene = visitor.next("scene")
    assert scene["held_out"] == [False]
    visitor.ask("epoch")
    while visitor.next("frame")["epoch"] < 1:
        pass


def test_of_two_runs_with_the_same_points_both_get_those_that_are_painted(
    visitor: Visitor,
) -> None:
    visitor.ask("compare", spec={"learning_rate": 1.0})
    visitor.next("scene")
    visitor.ask("paint", add=[[0.1, 0.1, 0]], of="a")
    scenes = [visitor.next("scene") for _ in range(2)]
    assert [scene["run"] for scene in scenes] == ["a", "b"]
    assert scenes[0]["rows"] == scenes[1]["rows"]
    assert len(scenes[0]["rows"]) == 21


def test_a_point_that_is_held_out_is_watched_and_explained(visit: Callable[..., Visitor]) -> None:
    visitor = visit(InitialState(Scenario(Spec(test_share=0.3))))
    held_out = visitor.next("scene")["held_out"]
    visitor.next("frame")
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    start = gn.Parameters.initial(network, "legacy_numpy", 0)
    for row in (held_out.index(True), len(held_out) - 1 - held_out[::-1].index(False)):
        visitor.frame("watch", row=row)
        activity = visitor.frame("phase")["activity"]
        trace = gn.trace(network, start, points.X[[row]], points.y[[row]])
        np.testing.assert_allclose(activity, np.concatenate(trace.a)[:, 0], rtol=1e-14)
        visitor.frame("go", epoch=0)
        visitor.ask("explain", row=row)
        explanation = visitor.next("explanation")
        assert f"Every number of point {row}" in explanation["title"]
        x = f"({points.X[row, 0]:g}, ".replace("-", "\N{MINUS SIGN}")
        assert x in explanation["html"].replace("-", "\N{MINUS SIGN}")


@pytest.mark.parametrize("name", ["hill", "saddle", "slope"])
def test_a_regression_is_trained_to_the_librarys_digits(
    visit: Callable[..., Visitor], name: str
) -> None:
    spec = Spec(data=name, n_samples=60, activation=("tanh", "tanh"), learning_rate=0.1)
    visitor = visit(InitialState(Scenario(spec)))
    scene = visitor.next("scene")
    dataset = spec.dataset()
    assert scene["n_classes"] == 0
    assert scene["loss"] == "mean_squared_error"
    assert scene["answers"] == [dataset.y.min(), dataset.y.max()]
    visitor.next("frame")
    frame = visitor.frame("epoch")
    network = gn.Network((2, 3, 3, 1), "tanh", "mean_squared_error")
    run = gn.train(
        network,
        dataset.X,
        dataset.y,
        parameters=gn.Parameters.initial(network, "legacy_numpy", 0),
        optimizer=gn.GradientDescent(0.1),
        max_epochs=1,
    )
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)
    assert frame["off"] == np.abs(run.predict(dataset.X) - dataset.y).mean()
    assert "right" not in frame


def test_a_place_of_a_regression_is_explained_in_its_own_units(
    visit: Callable[..., Visitor],
) -> None:
    X = np.array([[10.0, 1.0], [20.0, 3.0], [60.0, 2.0]])
    points = Points.standardised(("width", "age"), X, "price", np.array([100.0, 300.0, 800.0]))
    visitor = visit(InitialState(Scenario(Spec(data="own"), points=points)))
    visitor.next("frame")
    visitor.ask("explain", x=[30, 2], target=400)
    found = visitor.next("explanation")
    assert found["title"].endswith("of this place, as if it were price = 400")
    assert "width = 30, age = 2; price = 400" in found["html"]
    network = gn.Network((2, 3, 3, 1), loss="mean_squared_error")
    start = gn.Parameters.initial(network, "legacy_numpy", 0)
    expected = explain(start, [[0, 0]], [0], sample=0)  # the means of all columns
    assert expected.facts["answer"] in found["html"].replace("\N{MINUS SIGN}", "-")


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_the_precision_is_that_of_the_training(
    visit: Callable[..., Visitor], precision: str
) -> None:
    visitor = visit(InitialState(Scenario(Spec(precision=precision))))
    visitor.next("frame")
    for _ in range(5):
        frame = visitor.frame("epoch")
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    run = gn.train(
        network,
        points.X,
        points.y,
        parameters=gn.Parameters.initial(network, "legacy_numpy", 0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=5,
        dtype=precision,
    )
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)
    assert frame["parameters"].dtype == precision
    visitor.ask("explain", row=3)
    assert visitor.next("explanation")["html"]


def test_further_inputs_are_features_and_stand_at_their_mean_in_pictures(
    visit: Callable[..., Visitor],
) -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(5, 2, (30, 4))
    y = (X[:, 2] > X[:, 3]).astype(int)
    points = Points.standardised(("a", "b", "c", "d"), X, "t", y, ("no", "yes"))
    spec = Spec(data="own", features=("x1", "x2", "x3", "x4"))
    visitor = visit(InitialState(Scenario(spec, points=points)))
    scene = visitor.next("scene")
    frame = visitor.next("frame")
    assert [feature["name"] for feature in scene["features"]][-2:] == ["x3", "x4"]
    assert [measure["name"] for measure in scene["inputs"]] == ["a", "b", "c", "d"]
    assert scene["sizes"] == [4, 3, 3, 1]
    network = gn.Network((4, 3, 3, 1))
    start = gn.Parameters.initial(network, "legacy_numpy", 0)
    expected = gn.trace(network, start, (X - X.mean(0)) / X.std(0), y).a[-1][0]
    np.testing.assert_allclose(frame["outputs"][:, 0], expected, rtol=1e-13)
    visitor.ask("set", spec={"data": "moons"})
    assert visitor.next("scene")["sizes"] == [2, 3, 3, 1]
    visitor.ask("open", scenario={"spec": {"data": "moons", "features": ["x3"]}})
    assert "no x3" in visitor.next("problem")["sentence"]
