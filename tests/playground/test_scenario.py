"""Scenarios come from links that anyone can write: each means exactly itself, or is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.playground.scenario import MOST_CHANGES, Change, Scenario, Spec
from glassnet.tutorial.demo_settings import DemoSettings


def test_the_default_is_the_training_of_the_demo() -> None:
    training = DemoSettings().training()
    assert Spec().settings() == training.settings
    assert Spec().network(2) == training.network
    assert (Spec().dataset().X == training.samples.X).all()


@given(
    hidden=st.lists(st.integers(1, 16), max_size=8),
    seed=st.integers(0, 2**32 - 1),
    rate=st.floats(1e-6, 100),
    stop=st.none() | st.floats(0, 1),
    edits=st.lists(st.tuples(st.integers(0, 50), st.floats(-1e6, 1e6)), max_size=5),
)
def test_a_scenario_comes_back_from_json(
    hidden: list[int], seed: int, rate: float, stop: float | None, edits: list[tuple[int, float]]
) -> None:
    spec = Spec(
        hidden=tuple(hidden),
        activation=("tanh",) * len(hidden),
        seed=seed,
        learning_rate=rate,
        stop_below=stop,
    )
    scenario = Scenario(spec)
    for epoch, (place, value) in enumerate(edits):
        scenario = scenario.then(Change(epoch, ((place, value),)))
    scenario = scenario.then(Change(99, spec=spec.changed({"optimizer": "Adam"})))
    assert Scenario.from_json(scenario.to_json()) == scenario


@pytest.mark.parametrize(
    "spec",
    [
        {"hidden": [1_000_000]},
        {"hidden": [4] * 9, "activation": ["tanh"] * 9},
        {"hidden": [3.5]},
        {"hidden": "3,3"},
        {"hidden": [True]},
        {"activation": ["sigmoid"]},
        {"data": "../../etc/passwd"},
        {"n_samples": 10**9},
        {"noise": -1},
        {"noise": float("nan")},
        {"features": []},
        {"features": ["x1", "x1"]},
        {"learning_rate": 0},
        {"learning_rate": "0.1"},
        {"seed": -1},
        {"max_epochs": 10**12},
        {"batch_size": 0},
        {"cosine_epochs": 0},
        {"hidden": [65, 64], "activation": ["tanh", "tanh"]},
        {"unknown": 1},
        {"optimizer": "__class__"},
        {"seed": None},
        [],
        None,
    ],
)
def test_what_makes_no_training_is_refused(spec: Any) -> None:
    with pytest.raises(gn.InputError) as refusal:
        Scenario.from_json({"spec": spec})
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": -1},
        {"epoch": 1.5},
        {},
        {"epoch": 1, "values": [[0, float("inf")]]},
        {"epoch": 1, "values": [["a", 1]]},
        {"epoch": 1, "values": [[-1, 1]]},
        {"epoch": 1, "values": {"0": 1}},
        {"epoch": 1, "spec": {"hidden": [2]}},
        {"epoch": 1, "spec": {"data": "moons"}},
        "change",
    ],
)
def test_a_change_that_cannot_be_made_on_the_way_is_refused(change: Any) -> None:
    with pytest.raises(gn.InputError):
        Scenario.from_json({"changes": [change]})


def test_a_change_takes_back_those_that_came_after_its_epoch() -> None:
    scenario = Scenario().then(Change(5, ((0, 1.0),))).then(Change(9, ((1, 2.0),)))
    assert [change.epoch for change in scenario.then(Change(7, ((2, 3.0),))).changes] == [5, 7]


def test_changes_after_the_same_epoch_are_one() -> None:
    scenario = Scenario().then(Change(5, ((0, 1.0), (1, 1.0)))).then(Change(5, ((0, 2.0),)))
    assert scenario.changes == (Change(5, ((0, 2.0), (1, 1.0))),)


def test_changes_without_end_are_refused() -> None:
    changes = [{"epoch": epoch} for epoch in range(MOST_CHANGES + 1)]
    with pytest.raises(gn.InputError, match="changes on the way"):
        Scenario.from_json({"changes": changes})


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"learning_rate": "abc"}, "The learning rate must be a number from 1e-06 to 100, not "),
        ({"noise": "much"}, "The noise must be a number from 0 to 2, not 'much'."),
        ({"test_share": "half"}, "The share held out to test must be a number from 0 to 0.5, not"),
        ({"momentum": None}, "The momentum must be a number from 0 to 0.999, not none."),
        ({"l2": True}, "L2 must be a number from 0 to 10, not True."),
        ({"stop_below": "x"}, "to stop below must be a number from 0 to 1e+06, or none, not 'x'."),
        ({"batch_size": "x"}, "The batch must be a whole number from 1 to 1000, or none, not 'x'."),
        ({"n_samples": 2.5}, "number of points must be a whole number from 4 to 1000, or none, n"),
        ({"data_seed": ""}, "The seed that the data are drawn with must be a whole number from 0"),
        ({"max_epochs": "x"}, "The epoch to stop at must be a whole number from 1 to 5000000, not"),
        ({"hidden": [3, "x"]}, "in a hidden layer must be a whole number from 1 to 128, not 'x'."),
        ({"hidden": [3]}, "1 hidden layers and 2 activations do not fit: name one activation for"),
        ({"activation": ["tanh", "x"]}, "Unknown activation 'x': choose one of sigmoid, tanh,"),
        ({"features": ["x1", "y"]}, "Unknown feature 'y': choose one of x1, x2,"),
        ({"precision": None}, "Unknown precision none: choose one of float64, float32."),
        ({"learnin_rate": 1}, "'learnin_rate' on the page: perhaps learning_rate is meant."),
        ({"zzz": 1}, "There is no setting 'zzz' on the page: choose from max_epochs, stop_below,"),
    ],
)
def test_what_is_wrong_is_named_as_on_the_page_with_what_is_allowed(
    spec: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(gn.InputError) as refusal:
        Spec.from_json(spec)
    assert sentence in str(refusal.value)
