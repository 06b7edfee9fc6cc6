"""A session gives the library's own numbers, and comes back to any moment to the same digit."""

from __future__ import annotations

import queue
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InputError
from glassnet.playground.calculation import PHASES
from glassnet.playground.controller import Controller, Position
from glassnet.playground.frames import unpacked
from glassnet.playground.initial_state import opened
from glassnet.playground.replay.recorder import Recorder
from glassnet.playground.scenario import Change, Scenario, Spec
from glassnet.playground.session import Session
from glassnet.playground.timeline import InitialState, replay_to
from playground.conftest import PATIENCE, Visitor


def test_the_tutorial_gives_the_numbers_of_the_demo(visitor: Visitor, tutorial_run: gn.Run) -> None:
    frame = visitor.play_to_the_end()
    assert frame["epoch"] == tutorial_run.epochs == 5271
    assert frame["epoch_loss"] == tutorial_run.history.loss[-1]
    np.testing.assert_array_equal(frame["parameters"], tutorial_run.parameters.vector)
    np.testing.assert_array_equal(
        frame["outputs"][:, 0], tutorial_run.predict_probability(tutorial_run.data[0])
    )
    assert frame["ended"] == tutorial_run.explanation
    assert frame["right"] == 20


def test_the_score_by_epoch_is_that_of_the_parameters_then(
    visitor: Visitor, tutorial_run: gn.Run
) -> None:
    visitor.play_to_the_end()
    measures = visitor.frame("go", epoch=1000)["measures"]
    while measures.shape[1] < 60:  # what is missing comes with the next frames
        measures = visitor.next("frame")["measures"]
    X, y, _ = tutorial_run.data
    for epoch, score in measures[:2].T:
        parameters = tutorial_run.history.parameters_at(int(epoch))
        outputs = gn.trace(tutorial_run.network, parameters, X, y).a[-1]
        assert score == np.float32(np.mean((outputs[0] >= 0.5) == (y == 1)))
    assert (measures[0, 0], measures[0, -1]) == (0, 5248)


def test_the_confusion_matrix_counts_who_is_taken_for_whom(visitor: Visitor) -> None:
    frame = visitor.frame("go", epoch=0)
    decided = frame["outputs"][:, 0] >= 0.5
    y = gn.datasets.rings().y
    expected = [[int(np.sum((y == i) & (decided == j))) for j in (0, 1)] for i in (0, 1)]
    assert frame["confusion"] == expected
    np.testing.assert_array_equal(frame["decided"], decided)


def test_going_back_shows_every_epoch_as_it_was(visitor: Visitor, tutorial_run: gn.Run) -> None:
    visitor.play_to_the_end()
    for epoch in (0, 1, 2600, 5270, 5271):
        frame = visitor.frame("go", epoch=epoch)
        assert frame["epoch"] == epoch
        expected = tutorial_run.history.parameters_at(epoch).vector
        np.testing.assert_array_equal(frame["parameters"], expected)


@pytest.mark.parametrize("speed", [None, 1e5])
def test_to_play_what_is_known_trains_nothing_and_says_nothing_of_how_fast_it_would(
    speed: float | None,
) -> None:
    controller = Controller(InitialState(), lambda _: None)
    for _ in range(300):
        controller.obey("epoch", {})
    controller.obey("speed", {"epochs_per_second": speed})
    controller.obey("go", {"epoch": 0})
    controller.obey("play", {})
    while controller.a.cursor < 300:
        controller.go_on()
        assert controller.a.timeline.last == 300
    while controller.a.cursor == 300:
        controller.go_on()
    assert controller.a.timeline.last == 301  # what comes first is short


def test_one_epoch_is_one_update(visitor: Visitor, tutorial_run: gn.Run) -> None:
    for epoch in (1, 2, 3):
        frame = visitor.frame("epoch")
        expected = tutorial_run.history.parameters_at(epoch).vector
        np.testing.assert_array_equal(frame["parameters"], expected)


def test_one_frame_that_was_asked_for_does_not_wait_until_the_last_was_drawn() -> None:
    answers: queue.Queue[str | bytes] = queue.Queue()
    session = Session(InitialState(), answers.put)
    session.start()

    def next_one(kind: type) -> str | bytes:
        while not isinstance(answer := answers.get(timeout=PATIENCE), kind):
            pass
        return answer

    def told() -> str:
        session.ask({"do": "explain", "row": 0})
        while "explanation" not in (text := str(answers.get(timeout=PATIENCE))):
            assert "GNF1" not in text  # no frame comes meanwhile
        return text

    def epoch_drawn() -> int:
        frame = next_one(bytes)
        assert isinstance(frame, bytes)
        return int(unpacked(frame)[0]["epoch"])

    try:
        assert epoch_drawn() == 0
        session.ask({"do": "epoch"})
        assert epoch_drawn() == 1
        session.ask({"do": "epoch"})
        assert told()
        assert told()
        session.ask({"do": "drawn", "run": "a"})
        assert epoch_drawn() == 2
    finally:
        session.end()


@pytest.mark.parametrize(("goal", "epochs"), [({"max_epochs": 137}, 137), ({"stop_below": 0.3}, 0)])
@pytest.mark.parametrize("way", ["start", "go"])
def test_goals_that_were_set_later_are_heeded_when_it_plays_again(
    visitor: Visitor, tutorial_run: gn.Run, goal: dict[str, float], epochs: int, way: str
) -> None:
    visitor.play_to_the_end()
    visitor.frame("set", spec=goal)
    visitor.frame(way, **({} if way == "start" else {"epoch": 100}))
    frame = visitor.play_to_the_end()
    reached = epochs or 1 + int(np.argmax(tutorial_run.history.loss < 0.3))
    assert frame["epoch"] == frame["last"] == reached
    expected = tutorial_run.history.parameters_at(reached).vector
    np.testing.assert_array_equal(frame["parameters"], expected)


def test_four_phases_are_one_epoch_with_the_numbers_of_its_trace(visitor: Visitor) -> None:
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    start = gn.Parameters.initial(network, "legacy_numpy", 0)
    trace = gn.trace(network, start, points.X, points.y)
    visitor.frame("watch", row=7)
    phases = [visitor.frame("phase") for _ in range(4)]
    assert [frame["phase"] for frame in phases] == ["forward", "loss", "backward", "update"]
    assert [frame["epoch"] for frame in phases] == [0, 0, 0, 1]
    np.testing.assert_array_equal(phases[0]["activity"], np.concatenate([a[:, 7] for a in trace.a]))
    assert phases[1]["losses"] == trace.losses[7]
    np.testing.assert_array_equal(
        phases[2]["deltas"], np.concatenate([dz[:, 7] for dz in trace.dz])
    )
    np.testing.assert_allclose(phases[2]["gradient"], trace.gradient.vector / 20, rtol=1e-15)
    np.testing.assert_array_equal(phases[3]["before"], start.vector)
    np.testing.assert_allclose(
        phases[3]["parameters"], start.vector - 0.4 * phases[2]["gradient"], rtol=1e-14
    )
    assert visitor.frame("phase")["phase"] == "forward"


def test_an_edit_is_trained_on_and_undone(visitor: Visitor) -> None:
    before = visitor.play_to_the_end()
    visitor.frame("go", epoch=100)
    edited = visitor.frame("edit", values=[[3, 1.25]])
    assert edited["parameters"][3] == 1.25
    assert edited["epoch"] == edited["last"] == 100
    assert visitor.frame("epoch")["parameters"][3] != 1.25
    undone = visitor.frame("undo")
    assert (undone["epoch"], undone["last"]) == (100, 5271)
    after = visitor.frame("go", epoch=5271)
    np.testing.assert_array_equal(after["parameters"], before["parameters"])


def test_another_learning_rate_goes_on_from_the_same_weights(visitor: Visitor) -> None:
    before = visitor.frame("epoch")
    changed = visitor.frame("set", spec={"learning_rate": 1.0})
    np.testing.assert_array_equal(changed["parameters"], before["parameters"])
    network = gn.Network((2, 3, 3, 1))
    points = gn.datasets.rings()
    expected = gn.train(
        network,
        points.X,
        points.y,
        parameters=gn.Parameters(network, before["parameters"].copy()),
        optimizer=gn.GradientDescent(1.0),
        max_epochs=1,
    )
    np.testing.assert_array_equal(visitor.frame("epoch")["parameters"], expected.parameters.vector)


def test_a_rate_that_falls_goes_on_falling_after_a_change(visit: Callable[..., Visitor]) -> None:
    spec = Spec(cosine_epochs=50, max_epochs=50, stop_below=None)
    visitor = visit(InitialState(Scenario(spec)))
    visitor.next("frame")
    straight = visitor.play_to_the_end()["parameters"]
    before = visitor.frame("go", epoch=30)["parameters"]
    visitor.frame("edit", values=[[3, float(before[3])]])  # which changes nothing
    points = gn.datasets.rings()
    start = gn.Parameters.initial(gn.Network((2, 3, 3, 1)), "legacy_numpy", 0)
    run = gn.train(
        start.network,
        points.X,
        points.y,
        parameters=start,
        optimizer=gn.GradientDescent(0.4),
        schedule=gn.schedules.Cosine(50),
        max_epochs=50,
    )
    np.testing.assert_array_equal(straight, run.parameters.vector)
    np.testing.assert_array_equal(visitor.play_to_the_end()["parameters"], straight)


@pytest.mark.parametrize(
    ("spec", "rate", "says"),
    [
        ({}, 1.0, "The loss fell below 0.005 after {epoch} epochs."),
        ({"stop_below": None, "max_epochs": 50}, 1.0, "It reached the limit of {epoch} epochs."),
        ({"data": "hill"}, 100.0, "The parameters after epoch {epoch}, the last"),
    ],
)
def test_the_end_is_told_in_the_epochs_of_the_page_and_of_its_replay(
    spec: dict[str, object], rate: float, says: str
) -> None:
    begun = Spec().changed(spec)
    story = Scenario(begun, (Change(3, spec=begun.changed({"learning_rate": rate})),))
    with np.errstate(all="ignore"):  # as in a session
        shown = Controller(InitialState(), lambda _: None, Position(story, None, 20_000)).a
        header, _ = unpacked(shown.frame())
        *_, last = Recorder(shown.snapshot(dark=False).source()).frames()
    assert says.format(epoch=shown.timeline.last) in header["ended"]
    assert unpacked(last)[0]["ended"] == header["ended"]


def test_a_later_goal_goes_on_and_changes_no_digit(visitor: Visitor) -> None:
    visitor.play_to_the_end()
    visitor.frame("set", spec={"stop_below": 0.004})
    end = visitor.play_to_the_end()
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    run = gn.train(
        network,
        points.X,
        points.y,
        parameters=gn.Parameters.initial(network, "legacy_numpy", 0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000,
        stop_below=0.004,
    )
    assert end["epoch"] == run.epochs
    np.testing.assert_array_equal(end["parameters"], run.parameters.vector)


@pytest.mark.parametrize(
    "spec",
    [
        Spec(),
        Spec(data="moons", n_samples=60, optimizer="Adam", learning_rate=0.01, batch_size=10),
        Spec(data="blobs", features=("x1", "x2", "x1*x2"), l2=0.01, momentum=0.5),
    ],
)
def test_a_story_told_again_comes_to_the_same_digits(
    visit: Callable[..., Visitor], spec: Spec
) -> None:
    first = visit(InitialState(Scenario(spec)))
    first.next("frame")
    for _ in range(5):
        first.frame("epoch")
    first.frame("edit", values=[[2, -0.75]])
    first.frame("epoch")
    first.ask("set", spec={"learning_rate": 0.05})
    story = first.next("story")["story"]
    first.next("frame")
    end = first.frame("epoch")
    second = visit()
    second.ask("open", story=story, epoch=end["epoch"])
    second.next("scene")
    second.next("scene")
    again = second.next("frame")
    while again["epoch"] != end["epoch"]:
        again = second.next("frame")
    np.testing.assert_array_equal(again["parameters"], end["parameters"])


def test_the_explanation_is_the_librarys_own(visitor: Visitor, tutorial_run: gn.Run) -> None:
    from glassnet.explain import explain
    from glassnet.explain.render.html import fragment

    visitor.play_to_the_end()
    visitor.frame("go", epoch=50)
    visitor.ask("explain", row=3)
    expected = explain(tutorial_run, sample=3, epoch=50)
    html = visitor.next("explanation")["html"]
    assert html.count('<section class="gn-step"') == len(expected.steps)
    digits = re.compile('<code data-slot="result"[^>]*>([^<]*)')
    assert digits.findall(html) == digits.findall(fragment(expected))
    parameters = tutorial_run.history.parameters_at(50)
    visitor.ask("explain", x=[0.25, -1], label=1)
    expected = explain(parameters, [[0.25, -1]], [1], sample=0)
    html = visitor.next("explanation")["html"]
    shown = digits.findall(html)
    assert shown == digits.findall(fragment(expected))[: len(shown)]
    assert len(shown) == sum(step.phase in PHASES for step in expected.steps)


def test_of_a_scene_only_what_is_new_is_told(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    known = visitor.next("scene")

    def told_after(what: str, **more: object) -> set[str]:
        visitor.ask(what, **more)
        news = visitor.next("scene")
        known.update(news)
        return set(news) - {"kind", "run", "scene"}

    assert told_after("fresh") == set()
    assert told_after("set", spec={"hidden": [4, 3]}) == {"sizes", "names"}
    assert told_after("set", spec={"activation": ["tanh", "relu"]}) == {"activation"}
    assert {"points", "rows", "labels"} <= told_after("set", spec={"data": "moons"})
    assert told_after("set", spec={"test_share": 0.5}) == {"held_out"}
    assert told_after("undo") == {"held_out"}
    assert {"points", "rows", "labels"} <= told_after("undo")
    stranger = visit(InitialState(Scenario.from_json(visitor.next("story")["story"])))
    assert {**stranger.next("scene"), "scene": known["scene"]} == known


def test_the_diagnosis_comes_when_the_training_rests(visit: Callable[..., Visitor]) -> None:
    visitor = visit(InitialState(Scenario(Spec(initialiser="zeros", max_epochs=300))))
    visitor.next("frame")
    visitor.play_to_the_end()
    found = visitor.next("diagnosis")["found"]
    assert found[0]["name"] == "symmetric start"


def test_a_divergence_is_said_and_survived(visit: Callable[..., Visitor]) -> None:
    spec = Spec(hidden=(3,), activation=("relu",), learning_rate=100, data="blobs", noise=2)
    visitor = visit(InitialState(Scenario(spec)))
    visitor.next("frame")
    end = visitor.play_to_the_end()
    assert np.isfinite(end["parameters"]).all()
    assert visitor.frame("set", spec={"learning_rate": 0.01})["epoch"] == end["epoch"]


@pytest.mark.parametrize(
    "command",
    [
        {"do": "no such thing"},
        {},
        {"do": "set", "spec": {"hidden": [1_000_000]}},
        {"do": "edit", "values": [[25, 1.0]]},
        {"do": "edit", "values": 7},
        {"do": "go", "epoch": -1},
        {"do": "go"},
        {"do": "undo"},
        {"do": "explain", "row": 20},
        {"do": "explain", "x": [1, "2"], "label": 0},
        {"do": "explain", "x": [1, 2], "label": 2},
        {"do": "speed", "epochs_per_second": -1},
        {"do": "open", "story": {"spec": {"hidden": [16] * 9}}},
        {"do": "open", "story": {"spec": {"data": "opened"}}},
        {"do": "watch", "row": 1e9},
    ],
)
def test_a_wrong_command_is_answered_in_a_sentence_and_changes_nothing(
    visitor: Visitor, command: dict[str, object]
) -> None:
    visitor.session.ask(command)
    problem = visitor.next("problem")
    assert problem["sentence"].endswith(".")
    assert "fatal" not in problem
    assert visitor.frame("epoch")["epoch"] == 1


def test_no_frame_is_made_before_the_last_was_drawn() -> None:
    answers: queue.Queue[str | bytes] = queue.Queue()
    session = Session(InitialState(), answers.put)
    session.start()
    for _ in range(5):
        session.ask({"do": "epoch"})
    session.ask({"do": "explain", "row": 0})
    seen: list[str | bytes] = []
    while not seen or '"explanation"' not in str(seen[-1])[:40]:
        seen.append(answers.get(timeout=PATIENCE))
    session.ask({"do": "drawn"})
    newest = answers.get(timeout=PATIENCE)
    session.end()
    assert sum(isinstance(answer, bytes) for answer in seen) <= 1
    assert isinstance(newest, bytes)
    assert unpacked(newest)[0]["epoch"] == 5


def test_while_it_plays_one_frame_is_ahead_of_what_is_drawn() -> None:
    endless = Scenario(Spec(stop_below=None, max_epochs=5_000_000))
    controller = Controller(InitialState(endless), lambda _: None)

    def made_after(what: str, **request: object) -> list[int]:
        """The numbers of the frames that are made after a command, and some epochs more."""
        controller.obey(what, request)
        if what != "drawn":
            controller.hurry()
        made = []
        for _ in range(4):
            made += [unpacked(frame)[0]["frame"] for frame in controller.frames()]
            if controller.playing:
                controller.go_on()
        return made

    assert made_after("speed", epochs_per_second=None) == [1]
    assert made_after("play") == [2]
    assert made_after("drawn", frame=1) == [3]
    assert made_after("drawn", frame=2) == [4]
    assert made_after("drawn", frame=4) == [5, 6]
    assert made_after("pause") == [7]  # what is asked for does not wait
    with pytest.raises(InputError, match="no frame 99 here"):
        controller.obey("drawn", {"frame": 99})


def test_a_run_opens_where_it_ended(
    tmp_path: Path, visit: Callable[..., Visitor], tutorial_run: gn.Run
) -> None:
    tutorial_run.save(tmp_path / "run")
    visitor = visit(opened(str(tmp_path / "run")))
    frame = visitor.next("frame")
    assert frame["epoch"] == 5271
    assert frame["ended"] == tutorial_run.explanation
    np.testing.assert_array_equal(frame["parameters"], tutorial_run.parameters.vector)


def test_a_story_that_takes_too_long_is_refused() -> None:
    story = Scenario(Spec(stop_below=None, max_epochs=5_000_000)).then(Change(4_000_000))
    with pytest.raises(gn.InputError, match="takes more than"):
        replay_to(story, InitialState(patience=0), 0)


def test_a_page_that_returns_may_train_for_longer_than_a_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("glassnet.playground.session.MOST_SECONDS", -1)
    told: queue.Queue[str | bytes] = queue.Queue()
    for returns in (True, False):
        session = Session(InitialState(), told.put, resumes=True, returns=returns)
        session.start()
        session.ask({"do": "open", "story": {}, "epoch": 3})
        text = str(told.get(timeout=PATIENCE))
        assert ("takes more than" in text) is not returns
        assert ('"kind": "scene"' in text) is returns
        session.end()
        while not told.empty():
            told.get()


def test_a_session_that_ends_gives_up_a_long_training() -> None:
    told: queue.Queue[str | bytes] = queue.Queue()
    session = Session(InitialState(), told.put, returns=True)
    session.start()
    endless = {"stop_below": None, "max_epochs": 5_000_000, "hidden": [16] * 8}
    story = {"spec": {**endless, "activation": ["tanh"] * 8}}
    session.ask({"do": "open", "story": story, "epoch": 5_000_000})
    session.end()  # which would else take half an hour
    texts = [message for message in told.queue if isinstance(message, str)]
    assert not any('"fatal"' in text for text in texts)


def test_a_start_that_diverges_at_once_is_told_so(visit: Callable[..., Visitor]) -> None:
    spec = Spec(data="hill", hidden=(4, 4), activation=("relu", "relu"), precision="float32")
    huge = Change(0, tuple((place, 1e6) for place in range(37)))
    visitor = visit(InitialState(Scenario(spec, (huge,))))
    assert visitor.next("diagnosis")["found"] == []  # nothing is trained yet
    assert visitor.frame("play")["loss"] is None
    told = visitor.next("diagnosis")
    while not told["found"]:
        told = visitor.next("diagnosis")
    assert (told["epoch"], told["found"][0]["name"]) == (0, "diverged")
    assert "in the first epoch" in told["found"][0]["sentence"]
