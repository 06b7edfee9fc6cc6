"""A session gives the library's own numbers, and comes back to any epoch to the same digit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground.calculation import PHASES
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.frames import unpacked
from glassnet.playground.from_argument import initial_state_of
from glassnet.playground.initial_state import InitialState
from glassnet.playground.protocol import Frame
from glassnet.playground.replay.recorder import Recorder
from glassnet.playground.scenario import Change, Scenario, Spec
from glassnet.playground.timeline import replay_to
from playground.conftest import Visitor


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
    visitor: Visitor, speed: float | None
) -> None:
    for _ in range(300):
        visitor.ask("epoch")
    visitor.ask("speed", epochs_per_second=speed)
    visitor.ask("go", epoch=0)
    visitor.ask("play")
    timeline = visitor.session.controller.a.timeline
    while visitor.session.controller.a.cursor < 300:
        assert timeline.last == 300
        visitor.send(after=0.01)
    while visitor.session.controller.a.cursor == 300:
        visitor.send(after=0.01)
    assert timeline.last == 301  # what comes first is short


def test_one_epoch_is_one_update(visitor: Visitor, tutorial_run: gn.Run) -> None:
    for epoch in (1, 2, 3):
        frame = visitor.frame("epoch")
        expected = tutorial_run.history.parameters_at(epoch).vector
        np.testing.assert_array_equal(frame["parameters"], expected)


def test_one_frame_that_was_asked_for_does_not_wait_until_the_last_was_drawn() -> None:
    visitor = Visitor(InitialState())

    def sent() -> list[int | str]:
        """The epochs of frames and the kinds of texts, with no frame acknowledged."""
        found: list[int | str] = []
        while visitor.due is not None or visitor._answers:
            answer = visitor.raw()
            if isinstance(answer, str):
                found.append(json.loads(answer)["kind"])
            else:
                found.append(unpacked(answer.data)[0]["epoch"])
        return found

    assert sent() == ["scene", "scenario", "offers", 0, "diagnosis"]
    visitor.ask("epoch")
    assert sent() == [1, "diagnosis"]
    visitor.ask("epoch")
    assert sent() == []
    visitor.ask("explain", row=0)
    assert sent() == ["explanation"]  # and no frame comes meanwhile
    visitor.ask("drawn", run="a")
    assert sent() == [2, "diagnosis"]


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
def test_the_end_is_given_in_the_epochs_of_the_page_and_of_its_replay(
    spec: dict[str, object], rate: float, says: str
) -> None:
    begun = Spec().changed(spec)
    scenario = Scenario(begun, (Change(3, spec=begun.changed({"learning_rate": rate})),))
    with np.errstate(all="ignore"):  # as in a session
        visitor = Visitor(InitialState(), resumes=True)
        visitor.ask("open", scenario=scenario.to_json(), epoch=20_000)
        header, shown = visitor.next("frame"), visitor.session.controller.a
        snapshot = Snapshot.of(shown.timeline, shown.cursor, shown.view.extent, dark=False)
        *_, last = Recorder(snapshot.source()).frames()
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
def test_a_scenario_that_is_opened_again_comes_to_the_same_digits(
    visit: Callable[..., Visitor], spec: Spec
) -> None:
    first = visit(InitialState(Scenario(spec)))
    first.next("frame")
    for _ in range(5):
        first.frame("epoch")
    first.frame("edit", values=[[2, -0.75]])
    first.frame("epoch")
    first.ask("set", spec={"learning_rate": 0.05})
    scenario = first.next("scenario")["scenario"]
    first.next("frame")
    end = first.frame("epoch")
    second = visit()
    second.ask("open", scenario=scenario, epoch=end["epoch"])
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


def test_of_a_scene_only_what_is_new_is_sent(visit: Callable[..., Visitor]) -> None:
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
    stranger = visit(InitialState(Scenario.from_json(visitor.next("scenario")["scenario"])))
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
        {"do": "open", "scenario": {"spec": {"hidden": [16] * 9}}},
        {"do": "open", "scenario": {"spec": {"data": "opened"}}},
        {"do": "watch", "row": 1e9},
    ],
)
def test_a_wrong_command_is_answered_in_a_sentence_and_changes_nothing(
    visitor: Visitor, command: dict[str, object]
) -> None:
    visitor.send(command)
    problem = visitor.next("problem")
    assert problem["sentence"].endswith(".")
    assert "fatal" not in problem
    assert visitor.frame("epoch")["epoch"] == 1


def test_of_frames_that_are_not_drawn_two_are_made_and_then_the_newest() -> None:
    visitor = Visitor(InitialState())
    for _ in range(5):
        visitor.ask("epoch")
    made = [unpacked(answer.data)[0] for answer in visitor._answers if isinstance(answer, Frame)]
    assert [header["frame"] for header in made] == [1, 2]
    visitor._answers.clear()
    visitor.ask("drawn")
    newest = visitor.raw()
    assert isinstance(newest, Frame)
    assert unpacked(newest.data)[0]["epoch"] == 5


def test_while_it_plays_one_frame_is_ahead_of_what_is_drawn() -> None:
    endless = Scenario(Spec(stop_below=None, max_epochs=5_000_000))
    visitor = Visitor(InitialState(endless))

    def made_after(what: str, **request: object) -> list[int]:
        """The numbers of the frames that are made after a command, and some epochs more."""
        visitor.ask(what, **request)
        for _ in range(8):
            visitor.send(after=0.02)
        answers = [answer for answer in visitor._answers if isinstance(answer, Frame)]
        visitor._answers.clear()
        return [unpacked(answer.data)[0]["frame"] for answer in answers]

    assert made_after("speed", epochs_per_second=None) == [1]
    assert made_after("play") == [2]
    assert made_after("drawn", frame=1) == [3]
    assert made_after("drawn", frame=2) == [4]
    assert made_after("drawn", frame=4) == [5, 6]
    assert made_after("pause") == [7]  # what is asked for does not wait
    visitor.ask("drawn", frame=99)
    assert "no frame 99 here" in visitor.next("problem")["sentence"]


def test_a_run_opens_where_it_ended(
    tmp_path: Path, visit: Callable[..., Visitor], tutorial_run: gn.Run
) -> None:
    tutorial_run.save(tmp_path / "run")
    visitor = visit(initial_state_of(str(tmp_path / "run")))
    frame = visitor.next("frame")
    assert frame["epoch"] == 5271
    assert frame["ended"] == tutorial_run.explanation
    np.testing.assert_array_equal(frame["parameters"], tutorial_run.parameters.vector)


ENDLESS = {"stop_below": None, "max_epochs": 5_000_000}


def test_a_scenario_that_takes_too_long_is_refused() -> None:
    scenario = Scenario(Spec().changed(ENDLESS)).then(Change(4_000_000))
    with pytest.raises(gn.InputError, match="takes more than"):
        replay_to(scenario, InitialState(), 0, seconds=0)


def test_a_page_that_returns_may_train_for_longer_than_a_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("glassnet.playground.session.MOST_SECONDS", -1)
    for returns in (True, False):
        visitor = Visitor(InitialState(), resumes=True, returns=returns)
        visitor.ask("open", scenario={}, epoch=3)
        first = visitor.any()
        assert ("takes more than" in first.get("sentence", "")) is not returns
        assert (first["kind"] == "scene") is returns
        assert first.get("refused", False) is not returns


def test_a_long_way_is_gone_in_short_turns_and_can_be_given_up() -> None:
    visitor = Visitor(InitialState(), returns=True)
    large = {**ENDLESS, "hidden": [16] * 8, "activation": ["tanh"] * 8}
    visitor.ask("open", scenario={"spec": large}, epoch=5_000_000)
    visitor.ask("epoch")
    for _ in range(5):  # of turns; half an hour's worth is to come
        assert visitor.due == 0
        assert visitor.session.is_occupied
        visitor.send()
    assert not visitor._answers
    visitor.session.close()


def test_what_is_asked_while_it_comes_to_an_epoch_is_done_then(visitor: Visitor) -> None:
    visitor.ask("open", scenario={"spec": ENDLESS}, epoch=2000)
    assert visitor.session.is_occupied
    visitor.ask("epoch")
    frame = visitor.next("frame")
    while frame["epoch"] != 2001:
        frame = visitor.next("frame")


def test_a_training_that_nobody_sees_is_paused() -> None:
    visitor = Visitor(InitialState(Scenario(Spec().changed(ENDLESS))), unseen_seconds=60)
    visitor.ask("play")
    visitor._answers.clear()
    for _ in range(60):
        visitor.send(after=1)
    assert visitor.session.controller.time.playback.playing
    visitor.send(after=1)
    assert not visitor.session.controller.time.playback.playing
    sentences = [a for a in visitor._answers if isinstance(a, str) and '"problem"' in a]
    assert "this page was out of sight for 1 minutes" in sentences[0]


def test_it_plays_at_the_speed_that_was_asked_for(visitor: Visitor) -> None:
    visitor.ask("set", spec=ENDLESS)
    visitor.ask("speed", epochs_per_second=100)
    visitor.ask("play")
    for _ in range(200):
        visitor.send(after=0.005)
    assert visitor.session.controller.time.cursor == 101  # the first is due at once
    assert visitor.due == pytest.approx(0.01, abs=0.006)


def test_a_start_that_diverges_at_once_is_diagnosed(visit: Callable[..., Visitor]) -> None:
    spec = Spec(data="hill", hidden=(4, 4), activation=("relu", "relu"), precision="float32")
    huge = Change(0, tuple((place, 1e6) for place in range(37)))
    visitor = visit(InitialState(Scenario(spec, (huge,))))
    assert visitor.next("diagnosis")["found"] == []  # nothing is trained yet
    assert visitor.frame("play")["loss"] is None
    diagnosis = visitor.next("diagnosis")
    while not diagnosis["found"]:
        diagnosis = visitor.next("diagnosis")
    assert (diagnosis["epoch"], diagnosis["found"][0]["name"]) == (0, "diverged")
    assert "in the first epoch" in diagnosis["found"][0]["sentence"]


@pytest.mark.parametrize("more", [{}, {"l2": 0.01}, {"batch_size": 5}])
def test_the_loss_after_an_epoch_has_one_value_wherever_it_is_shown(
    visitor: Visitor, more: dict[str, float]
) -> None:
    visitor.ask("set", spec={"max_epochs": 30, "stop_below": None, **more})
    visitor.ask("speed", epochs_per_second=None)
    visitor.ask("play")
    visitor.rest()
    shown = {}
    for epoch in (0, 1, 17, 30):
        visitor.ask("go", epoch=epoch)
        frame = [found for found in visitor.rest() if found["kind"] == "frame"][-1]
        shown[epoch] = frame["loss"]
    epochs, low, high = np.asarray(frame["curve"]).reshape(3, -1)
    assert epochs[0] == 0
    assert epochs[-1] == 30
    for epoch, loss in shown.items():
        [at] = np.flatnonzero(epochs == epoch)
        assert low[at] <= np.float32(loss) * (1 + 1e-6)
        assert high[at] >= np.float32(loss) * (1 - 1e-6)
    visitor.ask("save", what="history")
    file = visitor.next("file")
    rows = bytes(file["contents"]).decode().split()[1:]
    assert len(rows) == 31
    if not more:
        losses = dict(row.split(",") for row in rows)
        assert {epoch: float(losses[str(epoch)]) for epoch in shown} == pytest.approx(shown)
