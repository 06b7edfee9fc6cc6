"""The page in a notebook: what its widget and its kernel say to each other."""

from __future__ import annotations

import html
import json
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet.playground.frames import unpacked

pytest.importorskip("anywidget")

PATIENCE = 20  # seconds, after which something does not come at all


class View:
    """A view of a page in a notebook, as page.js is one."""

    def __init__(self, widget: Any, name: str = "view") -> None:
        self.widget, self.name = widget, name
        self._messages: queue.Queue[tuple[dict[str, Any], list[bytes]]] = queue.Queue()
        widget.send = lambda content, buffers=(): self._messages.put((content, list(buffers)))
        self.asked = 0

    def say(self, content: dict[str, Any]) -> None:
        self.widget._hear(self.widget, content, [])

    def ask(self, what: str, **more: Any) -> None:
        self.asked += what != "drawn"
        command = json.dumps({"do": what, **more, "asked": self.asked})
        self.say({"command": command, "view": self.name})

    def open(self, *, returns: bool = False) -> None:
        self.say({"open": self.name, "returns": returns})

    def any(self) -> dict[str, Any]:
        content, buffers = self._messages.get(timeout=PATIENCE)
        if buffers:
            header, arrays = unpacked(buffers[0])
            return {**header, **arrays, "view": content["view"]}
        text = content.get("text")
        return content if text is None else {**json.loads(text), "view": content["view"]}

    def next(self, kind: str) -> dict[str, Any]:
        while (message := self.any()).get("kind") != kind:
            pass
        return message


@pytest.fixture
def view() -> Iterator[Callable[..., View]]:
    widgets: list[Any] = []

    def begin(*what: Any, **how: Any) -> View:
        widgets.append(gn.play(*what, **how))
        return View(widgets[-1])

    yield begin
    for widget in widgets:
        widget.close()


def test_a_view_gets_the_page_which_asks_nobody_for_anything(view: Callable[..., View]) -> None:
    visitor = view()
    visitor.say({"page": "view"})
    page = visitor.any()["page"]
    assert "part-lessons.json" in page
    assert "default-src 'none'" in html.unescape(page)
    assert "<script src" not in page
    assert "stylesheet" not in page


def test_the_tutorial_is_trained_to_its_last_digit(
    view: Callable[..., View], tutorial_run: gn.Run
) -> None:
    visitor = view()
    visitor.open()
    assert visitor.next("frame")["epoch"] == 0
    visitor.ask("speed", epochs_per_second=None)
    visitor.ask("play")
    # Nothing is acknowledged, as from behind a cell that keeps the kernel busy.
    while not (frame := visitor.next("frame"))["finished"] or frame["playing"]:
        pass
    assert frame["epoch"] == tutorial_run.epochs
    assert (frame["parameters"] == tutorial_run.parameters.vector).all()


def test_a_run_and_a_table_can_be_played(view: Callable[..., View], tmp_path: Path) -> None:
    features = ["petal length (cm)", "petal width (cm)"]
    visitor = view(gn.train_table("iris", single=True, max_epochs=3, features=features))
    visitor.open()
    assert visitor.next("frame")["epoch"] == 3
    path = tmp_path / "houses.csv"
    path.write_text("size,rooms,price\n" + "".join(f"{k},{k % 5},{k * 3}\n" for k in range(30)))
    visitor = view(path, target="price")
    visitor.open()
    assert visitor.next("scene")["target"]["name"] == "price"
    visitor = view(
        {"a": [1.0, 2, 3, 4], "b": [2.0, 1, 4, 3], "y": ["u", "v", "u", "v"]}, target="y"
    )
    visitor.open()
    assert visitor.next("scene")["classes"] == ["u", "v"]


def test_a_page_that_is_loaded_again_goes_on_where_it_was(view: Callable[..., View]) -> None:
    visitor = view()
    visitor.open()
    visitor.ask("epoch")
    scenario = visitor.next("scenario")["scenario"]
    visitor.say({"left": "view"})
    assert visitor.widget._session is None
    visitor.open(returns=True)
    visitor.ask("open", scenario=scenario, epoch=7, compare=None, undo=[])
    while visitor.next("frame")["epoch"] != 7:
        pass


def test_another_view_takes_over_and_the_first_says_so(view: Callable[..., View]) -> None:
    visitor = view()
    visitor.open()
    visitor.next("frame")
    visitor.say({"open": "another", "returns": False})
    while "ended" not in (message := visitor.any()):
        pass
    assert message == {"view": "view", "ended": "moved"}
    visitor.ask("epoch")  # which is nobody's any more
    while (message := visitor.next("frame"))["view"] != "another":
        pass
    assert message["asked"] == 0


@pytest.mark.parametrize(
    "content",
    [{}, {"command": "{}"}, {"command": 3, "view": "view"}, {"open": 3}, {"left": None}, "open"],
)
def test_what_is_no_message_changes_nothing(view: Callable[..., View], content: Any) -> None:
    visitor = view()
    visitor.say(content)
    assert visitor.widget._session is None


def test_a_command_that_is_none_is_answered_by_a_sentence(view: Callable[..., View]) -> None:
    visitor = view()
    visitor.open()
    visitor.ask("dance")
    assert "dance" in visitor.next("problem")["sentence"]
    visitor.say({"command": "no JSON", "view": "view"})
    assert visitor.next("problem")["sentence"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"target": "price"}, "name the table"),
        ({"what": "rings", "height": 20}, "height"),
        ({"what": "no such.csv"}, "no such.csv"),
        ({"what": 3.5}, "not float"),
    ],
)
def test_what_cannot_be_played_is_refused_in_words(arguments: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        gn.play(**arguments)


def training(**settings: Any) -> gn.Training:
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    return gn.Training(network, points.X, points.y, gn.Settings(seed=0, **settings))


def test_a_training_that_is_watched_ends_with_the_digits_it_has_alone() -> None:
    widget = training(max_epochs=300).watch()
    run = widget.wait()
    alone = training(max_epochs=300)
    alone.advance(300)
    assert (run.parameters.vector == alone.run.parameters.vector).all()
    assert widget.ended
    assert widget.text.startswith(run.explanation)
    assert widget.picture.startswith("data:image/svg+xml")


def test_a_training_that_is_watched_can_be_stopped() -> None:
    widget = training(max_epochs=10**9).watch()
    widget._hear(widget, {"go": True}, [])
    widget._hear(widget, {"stop": True}, [])
    assert widget.wait().stop_reason == "interrupted"
