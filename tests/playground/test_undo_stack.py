"""What undo leads back to is kept by the page too: a server that was started again goes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

import glassnet as gn
from glassnet.playground.initial_state import InitialState
from glassnet.playground.points import Points
from glassnet.playground.position import Position
from glassnet.playground.protocol import parsed
from glassnet.playground.undo_stack import MOST_UNDONE, undo_entries
from playground.conftest import Visitor


class Editor:
    """A visitor, and of each run the positions that were sent and have not been taken back."""

    def __init__(self, **position: Any) -> None:
        self.entries: list[dict[str, Any]] = []
        self.newest: dict[str, Any] = {}
        self.counts: dict[str, int] = {}
        self.visitor = Visitor(InitialState(), resumes=True)
        self.ask("open", **position)

    def ask(self, what: str, **more: Any) -> str | None:
        """Ask; returns a problem if there is one."""
        self.visitor.ask(what, **more)
        sentence = None
        for message in self.visitor.rest():
            sentence = message.get("sentence") if message["kind"] == "problem" else sentence
            if message["kind"] == "scenario":
                self.newest[message["run"]] = message["scenario"]
                self.counts[message["run"]] = message["undo"]
                if message["before"]:
                    self.entries.append({"run": message["run"], **message["before"]})
        return sentence

    def numbers(self) -> tuple[int, list[list[float]]]:
        """The epoch and every parameter of each run."""
        controller = self.visitor.session.controller
        return controller.time.cursor, [run.parameters.vector.tolist() for run in controller.runs]

    def started_again(self) -> Editor:
        """What a new session comes to that is opened where this one is."""
        position = {
            "scenario": self.newest["a"],
            "compare": self.newest.get("b"),
            "epoch": self.visitor.session.controller.time.cursor,
            "undo": self.entries[::-1],
        }
        return Editor(**json.loads(json.dumps(position)))


def epochs(editor: Editor, n: int) -> None:
    for _ in range(n):
        editor.ask("epoch")


def taken_back(editor: Editor, n: int) -> list[Any]:
    """The scenarios and numbers that undo comes to, time after time."""
    found = []
    for _ in range(n):
        editor.ask("undo")
        found.append((dict(editor.newest), editor.numbers()))
    return found


def changed() -> Editor:
    editor = Editor()
    epochs(editor, 3)
    editor.ask("set", spec={"optimizer": "Adam"})
    epochs(editor, 2)
    editor.ask("edit", values=[[0, 0.25]])
    editor.ask("paint", add=[[0.5, 0.5, 1]])
    epochs(editor, 2)
    editor.ask("set", spec={"learning_rate": 0.01})
    editor.ask("set", spec={"hidden": [2], "activation": ["tanh"]})
    return editor


def test_a_server_that_was_started_again_goes_back_to_the_same_digits() -> None:
    editor = changed()
    again = editor.started_again()
    assert again.counts == {"a": 5}
    assert taken_back(again, 5) == taken_back(editor, 5)
    assert again.counts == {"a": 0}
    assert again.ask("undo") == "There is nothing to undo."


def test_what_is_changed_after_it_is_undone_first() -> None:
    again = changed().started_again()
    before = again.numbers()
    again.ask("set", spec={"seed": 5})
    assert (again.counts, again.entries[-1]["epoch"]) == ({"a": 6}, 0)
    assert taken_back(again, 1)[0][1] == before


def test_changes_of_two_runs_are_undone_in_their_order() -> None:
    editor = Editor()
    editor.ask("set", spec={"seed": 3})
    editor.ask("compare", spec={"learning_rate": 1.0})
    editor.ask("set", spec={"momentum": 0.5}, of="b")
    editor.ask("set", spec={"momentum": 0.9}, of="a")
    again = editor.started_again()
    assert again.counts == {"a": 2, "b": 1}
    scenarios = taken_back(again, 3)
    assert scenarios == taken_back(editor, 3)
    assert [scenario["b"]["spec"].get("momentum") for scenario, _ in scenarios] == [0.5, None, None]


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("set", {"spec": {"hidden": [2], "activation": ["tanh"]}}),
        ("paint", {"add": [[0.5, 0.5, 1]]}),
        ("fresh", {}),
    ],
)
def test_what_was_changed_in_two_runs_at_once_is_one_step(what: str, more: dict[str, Any]) -> None:
    editor = Editor()
    editor.ask("compare", spec={"learning_rate": 1.0})
    editor.ask("edit", values=[[0, 0.25]], of="b")
    before = dict(editor.newest)
    editor.ask(what, **more)
    assert editor.newest["a"] != before["a"]
    assert editor.newest["b"] != before["b"]
    again = editor.started_again()
    scenarios = taken_back(again, 2)
    assert scenarios == taken_back(editor, 2)
    assert scenarios[0][0] == before
    assert again.counts == {"a": 0, "b": 0}


def test_two_entries_of_which_one_cannot_be_trained_again_both_stay() -> None:
    opened = {"spec": {"data": "opened"}}
    entries = [
        {"run": run, "epoch": 0, "step": 4, "scenario": scenario}
        for run, scenario in (("a", {"spec": {"seed": 1}}), ("b", opened))
    ]
    editor = Editor(compare={}, undo=entries)
    before = editor.numbers()
    for _ in range(2):
        assert "a run that is not open here" in str(editor.ask("undo"))
    assert editor.numbers() == before


def test_own_points_come_back_as_a_choice_too() -> None:
    editor = Editor()
    editor.ask("paint", add=[[0.5, 0.5, 1]])
    editor.ask("set", spec={"data": "moons"})
    again = editor.started_again()
    again.ask("set", spec={"data": "own"})
    assert len(again.newest["a"]["points"]["rows"]) == 21


def test_own_points_that_are_left_out_are_those_of_what_came_after() -> None:
    now, older = (Points.of(gn.datasets.rings(n)) for n in (20, 30))
    own: dict[str, Any] = {"spec": {"data": "own"}}
    scenarios: list[dict[str, Any]] = [own, {}, {**own, "points": older.to_json()}, own]
    entries = [{"run": "a", "epoch": 0, "step": 1, "scenario": scenario} for scenario in scenarios]
    assert [entry.scenario.points for entry in undo_entries(entries, now)] == [
        older,
        older,
        None,
        now,
    ]


@pytest.mark.parametrize(
    "entries",
    [
        7,
        [7],
        [{"run": "c", "epoch": 0, "step": 1, "scenario": {}}],
        [{"run": "a", "epoch": -1, "step": 1, "scenario": {}}],
        [{"run": "a", "epoch": 0, "step": 1}],
        [{"run": "a", "epoch": 0, "scenario": {}}],
        [{"run": "a", "epoch": 0, "step": 1, "scenario": {"spec": {"data": "own"}}}],
        [{"run": "a", "epoch": 0, "step": 1, "scenario": {}}] * (2 * MOST_UNDONE + 1),
    ],
)
def test_what_is_no_entry_is_refused(entries: Any) -> None:
    with pytest.raises(gn.InputError):
        Position.of(parsed({"do": "open", "undo": entries})[1])


def test_what_cannot_be_trained_again_is_said_and_stays() -> None:
    entries = [{"run": "a", "epoch": 0, "step": 1, "scenario": {"spec": {"data": "opened"}}}]
    editor = Editor(undo=entries)
    before = editor.numbers()
    for _ in range(2):
        assert "a run that is not open here" in str(editor.ask("undo"))
    assert editor.numbers() == before
