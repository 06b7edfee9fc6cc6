"""Two runs from the same start go through time in lockstep, each with the library's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground.initial_state import InitialState
from glassnet.playground.scenario import Change, Scenario, Spec
from playground.conftest import Visitor

Frames = dict[str, dict[str, Any]]


def both(visitor: Visitor, done: Callable[[Frames], bool]) -> Frames:
    """Read frames until the newest of both runs are as they should be."""
    newest: Frames = {}
    while not (len(newest) == 2 and done(newest)):
        frame = visitor.next("frame")
        newest[frame["run"]] = frame
    return newest


def at(epoch: int) -> Callable[[Frames], bool]:
    return lambda newest: all(frame["epoch"] == epoch for frame in newest.values())


def compare(visitor: Visitor, **spec: Any) -> Frames:
    visitor.ask("compare", spec=spec)
    return both(visitor, at(0))


def play_to_the_end(visitor: Visitor) -> Frames:
    visitor.ask("speed", epochs_per_second=None)
    visitor.ask("play")
    return both(
        visitor, lambda newest: all(f["ended"] and not f["playing"] for f in newest.values())
    )


def outcome(visitor: Visitor) -> dict[str, Any]:
    """The comparison once something has been trained."""
    comparison = visitor.next("comparison")
    while "Nothing is trained" in comparison["sentence"]:
        comparison = visitor.next("comparison")
    return comparison


def library_run(learning_rate: float) -> gn.Run:
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    return gn.train(
        network,
        points.X,
        points.y,
        parameters=gn.Parameters.initial(network, "legacy_numpy", 0),
        optimizer=gn.GradientDescent(learning_rate),
        max_epochs=20_000,
        stop_below=0.005,
    )


def test_both_begin_with_the_same_weights_and_end_with_the_numbers_of_the_library(
    visitor: Visitor, tutorial_run: gn.Run
) -> None:
    start = compare(visitor, learning_rate=1.0)
    np.testing.assert_array_equal(start["a"]["parameters"], start["b"]["parameters"])
    end = play_to_the_end(visitor)
    other = library_run(1.0)
    for frame, run in ((end["a"], tutorial_run), (end["b"], other)):
        assert frame["epoch"] == run.epochs
        np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)
    comparison = outcome(visitor)
    assert comparison["start"] == "same start"
    rate = {"setting": "learning_rate", "name": "learning rate", "a": "0.4", "b": "1"}
    assert comparison["differs"] == [rate]
    assert comparison["caution"] is None
    assert comparison["outcome"]["a"]["epochs"] == 5271
    assert comparison["outcome"]["b"]["right"] == 20
    assert comparison["sentence"] == (
        f"Run b reached the goal after {other.epochs:,} epochs, "
        f"{5271 / other.epochs:.2g} times as fast as a (5,271)."
    )


def test_time_moves_both(visitor: Visitor) -> None:
    compare(visitor, learning_rate=1.0)
    for epoch in (1, 2):
        visitor.ask("epoch")
        both(visitor, at(epoch))
    visitor.ask("phase")
    frames = both(visitor, lambda newest: all(f["phase"] == "forward" for f in newest.values()))
    assert len(frames["b"]["activity"]) == 7
    visitor.ask("go", epoch=1)
    both(visitor, at(1))
    end = play_to_the_end(visitor)
    assert end["a"]["epoch"] == 5271 > end["b"]["epoch"]
    visitor.ask("go", epoch=3000)
    middle = both(visitor, lambda newest: newest["a"]["epoch"] == 3000)
    assert middle["b"]["epoch"] == min(end["b"]["epoch"], 3000)
    visitor.ask("start")
    both(visitor, at(0))


def test_one_that_has_ended_waits_for_the_other(visitor: Visitor) -> None:
    compare(visitor, max_epochs=3)
    for _ in range(5):
        visitor.ask("epoch")
    frames = both(visitor, lambda newest: [newest[run]["epoch"] for run in "ab"] == [5, 3])
    assert frames["b"]["finished"]
    visitor.ask("phase")
    shown = both(visitor, lambda newest: newest["a"]["phase"] == "forward")
    assert shown["b"]["phase"] is None


def test_another_network_has_the_same_seed(visitor: Visitor) -> None:
    frames = compare(visitor, hidden=[4, 3])
    assert len(frames["b"]["parameters"]) == 4 * 3 + 3 * 5 + 4
    comparison = visitor.next("comparison")
    assert comparison["start"] == "same seed, other network"
    assert comparison["sentence"] == "Nothing is trained yet: play trains both in step."


def test_a_start_made_by_hand_is_the_start_of_both(visitor: Visitor) -> None:
    visitor.frame("edit", values=[[0, 1.5], [24, -2.0]])
    start = compare(visitor, learning_rate=1.0)
    np.testing.assert_array_equal(start["a"]["parameters"], start["b"]["parameters"])
    assert start["b"]["parameters"][24] == -2.0
    assert visitor.next("comparison")["start"] == "same start"


def test_settings_of_b_count_from_the_start_and_leave_a_as_it_is(visitor: Visitor) -> None:
    compare(visitor)
    assert "change something in b" in visitor.next("comparison")["caution"]
    visitor.ask("epoch")
    both(visitor, at(1))
    visitor.ask("set", spec={"learning_rate": 2.0}, of="b")
    assert visitor.next("scenario", "b")["scenario"]["spec"] == {"learning_rate": 2.0}
    both(visitor, at(0))
    visitor.ask("set", spec={"l2": 0.01}, of="b")
    comparison = visitor.next("comparison")
    while len(comparison["differs"]) < 2:
        comparison = visitor.next("comparison")
    assert {row["name"] for row in comparison["differs"]} == {"learning rate", "L2"}
    assert "More than one setting differs" in comparison["caution"]
    visitor.ask("undo")
    assert visitor.next("scenario", "b")["scenario"]["spec"] == {"learning_rate": 2.0}


def test_data_are_changed_in_both_unless_one_is_meant(visitor: Visitor) -> None:
    compare(visitor, learning_rate=1.0)
    visitor.ask("set", spec={"data": "moons"})
    for run in "ab":
        assert visitor.next("scenario", run)["spec"]["data"] == "moons"
    visitor.ask("set", spec={"noise": 0.3}, of="b")
    assert visitor.next("scenario")["run"] == "b"


def test_a_new_start_is_one_for_both(visitor: Visitor) -> None:
    compare(visitor, learning_rate=1.0)
    visitor.ask("fresh")
    seeds = [visitor.next("scenario", run)["spec"]["seed"] for run in "ab"]
    assert seeds[0] == seeds[1]
    compare(visitor, seed=seeds[0] + 1)
    visitor.ask("fresh", of="b")
    assert visitor.next("scenario")["run"] == "b"


def test_a_link_brings_both_back(visit: Callable[..., Visitor], tutorial_run: gn.Run) -> None:
    visitor = visit()
    scenario = Scenario(Spec(learning_rate=1.0)).then(Change(5, values=((0, 0.5),)))
    visitor.ask("open", scenario={}, compare=scenario.to_json(), epoch=12)
    frames = both(visitor, at(12))
    expected = tutorial_run.history.parameters_at(12).vector
    np.testing.assert_array_equal(frames["a"]["parameters"], expected)
    differs = visitor.next("comparison")["differs"]
    assert [row["b"] for row in differs] == ["1", "after epoch 5"]
    visitor.ask("open", scenario={}, epoch=3)
    assert visitor.next("alone") == {"kind": "alone"}
    while visitor.next("frame", "a")["epoch"] != 3:
        pass


def test_a_visitor_who_comes_back_finds_both() -> None:
    visitor = Visitor(InitialState(), resumes=True)
    visitor.ask("open", compare={"spec": {"learning_rate": 1.0}}, epoch=7)
    both(visitor, at(7))


def test_when_it_ends_there_is_one_run_again(visitor: Visitor) -> None:
    compare(visitor, learning_rate=1.0)
    visitor.ask("compare", spec=None)
    visitor.next("alone")
    assert visitor.frame("epoch")["run"] == "a"
    visitor.ask("epoch", of="b")
    assert "epoch has no field 'of'" in visitor.next("problem")["sentence"]
    visitor.ask("set", spec={}, of="b")
    assert "There is no run 'b' here" in visitor.next("problem")["sentence"]


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ({}, {"max_epochs": 2}, "Run a reached a loss below 0.005 after 5,271 epochs; b stopped"),
        ({"max_epochs": 9}, {"learning_rate": 1.0, "max_epochs": 9}, "Neither stopped at a goal."),
        ({"stop_below": 0.5}, {"stop_below": 0.4}, "their goals differ."),
        ({}, {"l1": 0.0}, "Both reached the goal after 5,271 epochs."),
        (
            {"data": "blobs", "noise": 2, "hidden": [3], "activation": ["relu"], "max_epochs": 500},
            {"learning_rate": 100},
            "b diverged after",
        ),
    ],
)
def test_what_came_of_it_is_said_in_a_sentence(
    visitor: Visitor, a: dict[str, Any], b: dict[str, Any], sentence: str
) -> None:
    visitor.ask("set", spec=a)
    compare(visitor, **b)
    play_to_the_end(visitor)
    assert sentence in outcome(visitor)["sentence"]


@pytest.mark.parametrize(
    "command",
    [
        {"do": "compare", "spec": 7},
        {"do": "compare", "spec": {"nothing": 1}},
        {"do": "compare", "spec": {"initialiser": "opened"}},
        {"do": "set", "spec": {"seed": 1}, "of": "c"},
        {"do": "open", "scenario": {}, "compare": []},
        {"do": "drawn", "run": "x"},
        {"do": "explain", "row": 0, "of": ["b"]},
    ],
)
def test_a_wrong_command_is_answered_in_a_sentence(
    visitor: Visitor, command: dict[str, Any]
) -> None:
    visitor.send(command)
    problem = visitor.next("problem")
    assert problem["sentence"].endswith(".")
    assert "fatal" not in problem
    visitor.ask("epoch")
    while visitor.next("frame")["epoch"] != 1:
        pass


def test_one_epoch_is_one(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    compare(visitor, learning_rate=1.0)
    visitor.ask("epoch")
    assert "after 1 epoch, that of b" in outcome(visitor)["sentence"]


def test_a_setting_is_called_as_the_page_calls_it(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    compare(visitor, optimizer="Adam", initialiser="he_uniform", precision="float32")
    rows = visitor.next("comparison")["differs"]
    assert [(row["a"], row["b"]) for row in rows] == [
        ("tutorial's", "he uniform"),
        ("gradient descent", "Adam"),
        ("64 bits", "32 bits"),
    ]
