"""Many starts in the background: every one of them is the page's own run of that seed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from example_sweeps import swept
from glassnet.playground.hosts.background import BackgroundJobs
from glassnet.playground.initial_state import InitialState
from glassnet.playground.many_starts import Batch, Trained
from glassnet.playground.scenario import Scenario, Spec
from glassnet.playground.session import Session
from glassnet.playground.timeline import Timeline
from glassnet.sweep.summary import ends
from glassnet.training.many_starts import TrainedStart
from glassnet.training.stop_reason import StopKind
from playground.conftest import PATIENCE, Visitor

SPECS = [
    Spec(),
    Spec(data="moons", n_samples=40, optimizer="Adam", learning_rate=0.03, batch_size=8, l2=1e-4,
         activation=("tanh", "relu"), initialiser="glorot_uniform", stop_below=0.2, max_epochs=300),
    Spec(data="hill", n_samples=50, test_share=0.2, stop_below=0.05, max_epochs=200,
         precision="float32"),
]  # fmt: skip


def timeline(spec: Spec) -> Timeline:
    return Timeline(Scenario(spec), InitialState())


def trained(timeline: Timeline, n: int) -> Batch:
    """All starts of a batch, at once."""
    batch = Batch(timeline, n)
    batch.trained += chain.from_iterable(batch.pieces(threading.Event(), 0.1))
    return batch


def finished(visitor: Visitor, n: int) -> dict[str, Any]:
    visitor.ask("seeds", n=n)
    summary = visitor.next("seeds")
    while summary["running"]:
        summary = visitor.next("seeds")
    return summary


@pytest.mark.parametrize("spec", SPECS)
def test_each_is_the_pages_run_of_that_seed_to_the_last_digit(
    visit: Callable[..., Visitor], spec: Spec
) -> None:
    visitor = visit(InitialState(Scenario(spec)))
    visitor.next("frame")
    summary = finished(visitor, 4)
    assert (summary["done"], summary["running"], summary["spec"]["max_epochs"]) == (
        4,
        False,
        spec.max_epochs,
    )
    curves = {curve["seed"]: curve for curve in summary["curves"]}
    for seed in range(4):
        visitor.ask("seed", seed=seed)
        visitor.next("scenario")
        shown = visitor.next("frame")
        assert shown["epoch"] == curves[seed]["epochs"]
        assert shown["epoch_loss"] == curves[seed]["loss"]
        assert shown["finished"]
    visitor.ask("undo")
    assert visitor.next("scenario")["spec"]["seed"] == 2


def test_the_counts_are_those_of_train_many(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.next("frame")
    summary = finished(visitor, 40)
    points = gn.datasets.rings()
    runs = gn.train_many(
        gn.Network((2, 3, 3, 1)),
        points.X,
        points.y,
        seeds=range(40),
        initialiser="legacy_numpy",
        optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000,
        stop_below=0.005,
    )
    reached = np.array(runs.stop_reason) == "loss below 0.005"
    states = summary["states"]
    assert states["reached"] == reached.sum() > 20
    assert states["stuck"] + states["falling"] == 40 - reached.sum()
    histogram = summary["histogram"]
    expected, _ = np.histogram(runs.epochs[reached], bins=histogram["edges"])
    assert histogram["counts"] == expected.tolist()
    fastest, _, slowest = histogram["named"]
    assert fastest["epochs"] == runs.epochs[reached].min() == runs.epochs[fastest["seed"]]
    assert slowest["epochs"] == runs.epochs[reached].max()
    low, high = summary["share"][1:]
    assert low < summary["share"][0] == reached.mean() < high
    stuck = [group for group in summary["groups"] if group["state"] == "stuck"]
    assert sum(group["n"] for group in stuck) == states["stuck"]
    for group in stuck:
        assert runs.final_loss[group["seeds"]].max() < 1.04 * group["loss"]
    middle = summary["bands"][2]
    assert len(middle) == len(summary["epochs"])
    assert middle[0] > middle[-1]


def test_input_is_answered_while_they_are_trained(visit: Callable[..., Visitor]) -> None:
    visitor = visit(InitialState(Scenario(Spec(stop_below=0.0))))
    visitor.next("frame")
    visitor.ask("seeds", n=2000)
    assert visitor.frame("epoch")["epoch"] == 1
    visitor.ask("seeds", n=10)
    assert "being trained already" in visitor.next("problem")["sentence"]
    visitor.ask("seeds", n=None)
    summary = visitor.next("seeds")
    while summary["running"]:
        summary = visitor.next("seeds")
    assert summary["done"] < 2000
    assert visitor.frame("epoch")["epoch"] == 2


def test_progress_is_sent_four_times_a_second_at_most(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glassnet.playground.jobs.PIECE_SECONDS", 0)
    visitor.ask("set", spec={"max_epochs": 5})
    visitor.rest()
    visitor.ask("seeds", n=60)
    turns = 0
    while visitor.due == 0:
        visitor.send(after=0.05)
        turns += 1
    summary = [message for message in visitor.rest() if message["kind"] == "seeds"]
    done = [message["done"] for message in summary]
    assert done == sorted(done)
    assert done[-1] == 60
    assert 3 < len(summary) <= turns * 0.05 / 0.25 + 2


def test_a_server_trains_them_in_a_thread_that_ends_with_its_session() -> None:
    wakes = threading.Semaphore(0)
    session = Session(InitialState(), BackgroundJobs(wakes.release))
    session.turn([{"do": "set", "spec": {"stop_below": 0.0}}, {"do": "seeds", "n": 5000}], 0)
    assert wakes.acquire(timeout=PATIENCE)
    messages, _ = session.turn([], 1)
    assert any('"kind": "seeds"' in message for message in messages if isinstance(message, str))
    session.close()
    assert not any(thread.name == "glassnet job" for thread in threading.enumerate())


def test_of_a_curve_the_losses_at_marks_are_kept() -> None:
    losses, marks = np.linspace(0.2542, 0.2541, 100), np.array([1, 10, 100, 1000])
    one = Trained.of(TrainedStart(3, StopKind.MAX_EPOCHS, losses, None), marks)
    assert one.curve.tolist() == [losses[0], losses[9], losses[99]]
    none = Trained.of(TrainedStart(3, StopKind.DIVERGED, np.empty(0), None), marks)
    assert (none.epochs, none.curve.tolist()) == (0, [])
    assert np.isnan(none.loss)


def test_the_page_and_a_sweep_call_the_same_runs_stuck(tmp_path: Path) -> None:
    batch = trained(timeline(Spec(max_epochs=3000)), 60)
    runs = swept(tmp_path / "s.duckdb", "60", ("max_epochs=3000",))
    assert runs.seed.tolist() == [one.seed for one in batch.trained]
    names = {"reached": "reached the goal", "falling": "still falling", "stuck": "stuck"}
    states = [names[one.state] for one in batch.trained]
    assert set(states) >= {"still falling", "stuck"}
    assert states == ends(runs, has_goal=True).tolist()


def test_starts_that_diverge_are_counted_and_drawn_as_far_as_they_went() -> None:
    spec = Spec(data="blobs", noise=2, hidden=(3,), activation=("relu",), learning_rate=100)
    summary = trained(timeline(spec), 6).described(1.0, running=False)
    assert summary["states"]["diverged"] > 0
    assert {group["state"] for group in summary["groups"]} >= {"diverged"}
    json.dumps(summary, allow_nan=False)


@pytest.mark.parametrize(
    ("spec", "n", "sentence"),
    [
        (Spec(), 0, "Ask for 1 to 10,000 starts, not 0"),
        (Spec(), 10_001, "Ask for 1 to 10,000 starts"),
        (Spec(initialiser="zeros"), 10, "same weights here"),
        (Spec(cosine_epochs=9), 10, "empty the field rate 0 by epoch"),
        (Spec(stop_below=None), 10, "set a loss to stop below"),
        (Spec(max_epochs=5_000_000), 10_000, "minutes: ask for fewer starts"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(spec: Spec, n: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        Batch(timeline(spec), n)


def test_a_new_server_trains_a_seed_as_the_one_before_it_did(
    visit: Callable[..., Visitor],
) -> None:
    before, after = visit(), visit()
    for one in (before, after):
        one.next("frame")
    before.ask("paint", add=[[1.9, 1.9, 0]])
    points = before.next("scenario")["scenario"]["points"]
    summary = finished(before, 3)
    scenario = {"spec": summary["spec"], "changes": [], "points": points}
    before.ask("set", spec={"hidden": [2], "activation": ["tanh"]})
    shown = [one.frame("seed", seed=2, scenario=scenario) for one in (before, after)]
    assert shown[0]["epoch"] == shown[1]["epoch"] > 0
    np.testing.assert_array_equal(shown[0]["parameters"], shown[1]["parameters"])
    after.ask("seeds", n=3, scenario=scenario)
    again = after.next("seeds")
    while again["running"]:
        again = after.next("seeds")
    assert (again["spec"], again["curves"]) == (summary["spec"], summary["curves"])
    visitor = visit()
    visitor.ask("seed", seed=-1, scenario=scenario)
    assert "-1" in visitor.next("problem")["sentence"]


def test_a_seed_that_was_not_trained_is_refused(visitor: Visitor) -> None:
    visitor.ask("seed", seed=3)
    assert "No starts have been trained" in visitor.next("problem")["sentence"]
    finished(visitor, 2)
    for seed in (2, -1, None, "0", True):
        visitor.ask("seed", seed=seed)
        assert visitor.next("problem")["sentence"].endswith(".")
