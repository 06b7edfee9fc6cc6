"""What the lessons say is true: each of their presets is trained, and the text held against it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.explain import diagnose
from glassnet.models.model import decisions
from glassnet.playground.initial_state import InitialState
from glassnet.playground.lessons import lesson_link, lessons
from glassnet.playground.scenario import Scenario, Spec, difference
from glassnet.playground.timeline import Timeline
from glassnet.playground.view import View

LESSONS = {lesson["name"]: lesson for lesson in lessons()}
STEPS = [
    pytest.param(name, number, id=f"{name}-{number + 1}")
    for name, lesson in LESSONS.items()
    for number in range(len(lesson["steps"]))
]
BY_HAND = {"phase", "explained", "chosen", "edited", "undone", "went_back", "gradients", "compares"}


@dataclass(frozen=True, eq=False)
class Trained:
    """A preset after its training, and what a reader sees of it."""

    run: gn.Run
    X: np.ndarray
    y: np.ndarray
    start: gn.Parameters
    held_out: tuple[np.ndarray, np.ndarray]

    def right(self, parameters: gn.Parameters) -> int:
        outputs = gn.trace(self.run.network, parameters, self.X, self.y).a[-1].T
        return int((decisions(self.run.network, outputs) == self.y).sum())

    def loss(self, parameters: gn.Parameters) -> float:
        return gn.trace(self.run.network, parameters, self.X, self.y).loss

    def slopes(self, parameters: gn.Parameters) -> list[float]:
        """The largest gradient of a weight in each layer."""
        trace = gn.trace(self.run.network, parameters, self.X, self.y)
        return [float(np.abs(dW).max()) for dW in trace.dW]

    @property
    def found(self) -> list[str]:
        return [finding.name for finding in diagnose(self.run, self.X, self.y)]


def spec_of(name: str, number: int) -> Spec:
    """What is trained in a step: what it sets itself, or the last before it that sets anything."""
    set_so_far = [step["spec"] for step in LESSONS[name]["steps"][: number + 1] if "spec" in step]
    return Spec.from_json(set_so_far[-1])


@cache
def trained(spec: Spec) -> Trained:
    timeline = Timeline(Scenario(spec), InitialState())
    timeline.advance(spec.max_epochs)
    training = timeline.segments[0].training
    X, y = timeline.trained_on
    held_out = timeline.X[timeline.held_out], timeline.dataset.y[timeline.held_out]
    return Trained(training.so_far(), X, y, training.start, held_out)


def step(name: str, number: int) -> tuple[str, Trained]:
    """The text of a step, counted from 1 as the page does, and its preset after training."""
    text = " ".join(LESSONS[name]["steps"][number - 1]["text"])
    return text, trained(spec_of(name, number - 1))


def says_when(text: str, after: Trained) -> None:
    """The step reaches its goal after the number of epochs that its text gives."""
    assert after.run.stop_reason.startswith("loss below")
    assert f"{after.run.epochs:,} epochs" in text
    if "points are right" in text:
        assert after.right(after.run.parameters) == len(after.y)


def falls_short(text: str, after: Trained, loss: float) -> None:
    assert after.run.stop_reason == "max_epochs"
    assert f"{after.run.epochs:,} epochs" in text or after.run.epochs == 1000
    assert after.loss(after.run.parameters) == pytest.approx(loss, abs=6e-4)


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_a_step_is_well_formed(name: str, number: int) -> None:
    steps = LESSONS[name]["steps"]
    one: dict[str, Any] = steps[number]
    assert set(one) <= {"heading", "text", "spec", "compare", "epoch", "uses", "done", "todo"}
    sentences = re.findall(r"[.:?!](?= |$)", " ".join(one["text"]))
    assert 2 <= len(sentences) <= 8
    assert ("done" in one) == bool(one.get("todo"))
    assert number > 0 or "spec" in one
    if "spec" in one:  # as the server writes it back, or opening it would change the address
        assert difference(Spec.from_json(one["spec"]), Spec()) == one["spec"]


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_a_step_can_be_done_and_begins_where_it_says(name: str, number: int) -> None:
    one = LESSONS[name]["steps"][number]
    [(condition, value)] = one.get("done", {"phase": "update"}).items()
    spec = spec_of(name, number)
    if "features" in one.get("uses", ()):
        spec = spec.changed({"features": ["x1", "x2", "x1^2", "x2^2"]})
    after = trained(spec)
    match condition:
        case "reached":
            assert after.run.stop_reason.startswith("loss below")
        case "ended":
            assert after.run.stop_reason == "max_epochs"
        case "found":
            assert value in after.found
        case _:
            assert condition in BY_HAND
    assert one.get("epoch", 0) in (0, after.run.epochs)


def the_tutorial_says_what_happens() -> None:
    text, after = step("tutorial", 1)
    along = np.linspace(-2, 2, 72)
    plane = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    answers = gn.Model(after.run.network, after.start).predict_probability(plane)
    assert f"between {answers.min():.2f} and {answers.max():.2f}" in text
    assert f"right for {after.right(after.start)}" in text
    text, after = step("tutorial", 2)
    assert f"{len(after.start.vector)} numbers" in text
    text, after = step("tutorial", 3)
    says_when(text, after)
    assert after.right(after.run.parameters) == 20
    assert after.loss(after.run.history.parameters_at(1000)) > 0.98 * after.loss(after.start)
    assert after.right(after.run.history.parameters_at(1000)) == 12
    text, after = step("tutorial", 5)
    edited = after.run.parameters.copy()
    edited.vector[edited.names.index("W3[1,3]")] = 0
    assert f"jumps to {after.loss(edited):.2f} and only {after.right(edited)} of 20" in text
    text, after = step("tutorial", 7)
    right = [after.right(after.run.history.parameters_at(k)) for k in range(2400, 3100, 10)]
    assert right[:11] != [20] * 11
    assert max(right[:10]) < 20 == right[60]
    assert "between 2,500 and 3,000" in text


def logistic_regression_cannot() -> None:
    text, after = step("straight-line", 1)
    falls_short(text.replace("Press play.", "2,000 epochs"), after, 0.673)
    share = after.y.mean()
    assert f"always answers {share:.1f}" in text
    assert after.loss(after.run.parameters) == pytest.approx(
        -share * np.log(share) - (1 - share) * np.log(1 - share), abs=1e-4
    )
    assert after.right(after.run.parameters) == 12 == (after.y == 1).sum()
    assert "linear network" in after.found
    text, alone = step("straight-line", 3)
    assert alone.found == ["linear network"]
    spec = spec_of("straight-line", 2).changed({"features": ["x1", "x2", "x1^2", "x2^2"]})
    says_when(text, trained(spec))
    says_when(*step("straight-line", 4))


def neurons_that_begin_alike_stay_alike() -> None:
    text, after = step("symmetric-start", 1)
    falls_short(text, after, 0.673)
    assert after.right(after.run.parameters) == 12 == (after.y == 1).sum()
    for W, b in after.run.parameters.layers[:2]:
        assert (W == W[0]).all()
        assert (b == b[0]).all()
    says_when(*step("symmetric-start", 3))


def steps_overshoot() -> None:
    says_when(*step("step-size", 1))
    assert trained(Spec()).run.epochs == 5271
    text, after = step("step-size", 2)
    assert after.run.stop_reason.startswith("loss below")
    assert f"some {round(after.run.epochs, -1):,} epochs" in text
    losses = after.run.history.loss
    assert f"up to {losses.max():.2f} on its way, far above the {losses[0]:.2f}" in text
    assert after.run.epochs > 2 * step("step-size", 1)[1].run.epochs
    text, after = step("step-size", 3)
    assert after.run.epochs == 5000
    assert after.loss(after.run.parameters) > after.loss(after.start)
    text, after = step("step-size", 4)
    falls_short(text, after, 0.6726)
    assert after.right(after.run.parameters) == 12


def relus_die() -> None:
    text, after = step("dead-relus", 1)
    falls_short(text, after, np.log(2))
    early = after.run.history.loss[:100]
    assert f"falls to {early.min():.2f}" in text
    trace = gn.trace(after.run.network, after.run.parameters, after.X, after.y)
    assert (trace.z[1] <= 0).all()
    assert len(trace.z[1]) == 6
    hundredth = after.run.history.parameters_at(100)
    assert (gn.trace(after.run.network, hundredth, after.X, after.y).z[1] <= 0).all()
    assert not trace.dW[1].any()
    for number in (3, 4):
        text, after = step("dead-relus", number)
        says_when(text, after)
        assert "dead relus" not in after.found


def a_network_learns_by_heart() -> None:
    text, after = step("overfitting", 1)
    says_when(text, after)
    end = after.run.parameters
    unseen = replace(after, X=after.held_out[0], y=after.held_out[1])
    assert len(after.y) == len(unseen.y) == 30
    assert after.right(end) == 30
    assert f"{unseen.loss(end):.2f}, nearly 200 times as large" in text
    assert 180 < unseen.loss(end) / after.loss(end) < 200
    assert f"{30 - unseen.right(end)} of them are wrong" in text
    text, _ = step("overfitting", 2)
    epochs = range(0, after.run.epochs, 2)
    losses = [unseen.loss(after.run.history.parameters_at(k)) for k in epochs]
    best = epochs[int(np.argmin(losses))]
    assert f"already after {best} epochs" in text
    assert unseen.right(after.run.history.parameters_at(best)) == 26
    text, pulled = step("overfitting", 3)
    unseen = replace(pulled, X=pulled.held_out[0], y=pulled.held_out[1])
    assert pulled.run.epochs == 1000
    for points in (pulled, unseen):
        assert points.loss(pulled.run.parameters) == pytest.approx(0.33, abs=0.01)
    assert unseen.right(pulled.run.parameters) == 26


def gradients_vanish() -> None:
    text, after = step("vanishing-gradients", 1)
    falls_short(text, after, 0.673)
    assert after.right(after.start) >= after.right(after.run.parameters) == 12
    slopes = after.slopes(after.start)
    assert slopes[-1] > 100_000 * slopes[0]
    assert all(before < later for before, later in pairwise(slopes[:6]))
    text, steeper = step("vanishing-gradients", 3)
    says_when(text, steeper)
    slopes = steeper.slopes(steeper.start)
    assert slopes[0] > 0.01 * slopes[-1]


def momentum_and_adam_are_faster() -> None:
    says_when(*step("momentum", 1))
    text, after = step("momentum", 2)
    falls_short(text, after, 0.157)
    assert after.right(after.run.parameters) == 19
    assert "saturated units" in after.found
    text, after = step("momentum", 3)
    says_when(text, after)
    assert round(5271 / after.run.epochs) == 17


def three_classes_have_three_outputs() -> None:
    text, after = step("many-classes", 1)
    says_when(text, after)
    assert after.run.network.sizes == (2, 3)
    np.testing.assert_allclose(after.run.predict_probability(after.X).sum(axis=1), 1, rtol=1e-12)


def off(after: Trained) -> float:
    return float(np.abs(after.run.predict(after.X) - after.y).mean())


def surfaces_are_fitted() -> None:
    text, flat = step("values", 1)
    says_when(text, flat)
    assert f"{off(flat):.2f} on average" in text
    text, saddle = step("values", 2)
    falls_short(text, saddle, 0.148)
    loss, mean = saddle.loss(saddle.run.parameters), float(saddle.y.var())
    assert f"would give {mean:.3f}, so that R² is {1 - loss / mean:.2f}" in text
    assert saddle.found == ["linear network"]
    text, product = step("values", 3)
    says_when(text, product)
    W, b = product.run.parameters.layers[0]
    np.testing.assert_allclose(np.append(W[0], b), [0, 0, 0.5, 0], atol=0.07)
    says_when(*step("values", 4))


def two_runs_differ_by_what_was_changed() -> None:
    _, a = step("side-by-side", 2)
    b = trained(spec_of("side-by-side", 1).changed({"activation": ["tanh", "tanh"]}))
    np.testing.assert_array_equal(a.start.vector, b.start.vector)
    text, _ = step("side-by-side", 2)
    assert f"b comes below 0.005 after {b.run.epochs} epochs, run a after {a.run.epochs:,}" in text
    assert f"{a.run.epochs / b.run.epochs:.2g} times as fast" in text
    text, _ = step("side-by-side", 3)
    early = {run: run.run.history.parameters_at(200) for run in (a, b)}
    assert f"loss of b is {b.loss(early[b]):.2f} by then" in text
    assert f"with {a.loss(early[a]):.2f} and {a.right(early[a])}" in text
    assert b.right(early[b]) == 20
    assert b.slopes(b.start)[0] > 10 * a.slopes(a.start)[0]
    text, zero = step("side-by-side", 4)
    one = trained(spec_of("side-by-side", 3).changed({"seed": 1}))
    assert (
        f"seed 0 it takes {zero.run.epochs:,} epochs, from seed 1 it takes {one.run.epochs:,}"
        in text
    )


CLAIMS: dict[str, Callable[[], None]] = {
    "tutorial": the_tutorial_says_what_happens,
    "straight-line": logistic_regression_cannot,
    "symmetric-start": neurons_that_begin_alike_stay_alike,
    "step-size": steps_overshoot,
    "dead-relus": relus_die,
    "overfitting": a_network_learns_by_heart,
    "vanishing-gradients": gradients_vanish,
    "momentum": momentum_and_adam_are_faster,
    "many-classes": three_classes_have_three_outputs,
    "values": surfaces_are_fitted,
    "side-by-side": two_runs_differ_by_what_was_changed,
}


@pytest.mark.parametrize(("name", "number"), STEPS)
@pytest.mark.parametrize("shift", [1e-15, -1e-13, 1e-11])
def test_a_step_ends_alike_where_sums_are_rounded_otherwise(
    name: str, number: int, shift: float
) -> None:
    """As on processors of another kind: each weight of the start differs by so much of itself."""
    spec = spec_of(name, number)
    here = trained(spec).run
    timeline = Timeline(Scenario(spec), InitialState())
    start = timeline.segments[0].training.start.copy()
    start.vector[:] *= 1 + shift * np.resize([1, -1, 1], len(start.vector))
    there = gn.Training(timeline.network, *timeline.trained_on, spec.settings(0), parameters=start)
    there.advance(spec.max_epochs)
    assert there.so_far().stop_reason == here.stop_reason
    wild = (name, number + 1) == ("step-size", 2)  # which its text says
    assert there.epoch == pytest.approx(here.epochs, rel=0.02 if wild else 0)


@pytest.mark.parametrize("name", LESSONS)
def test_what_a_lesson_says_is_true(name: str) -> None:
    CLAIMS[name]()


def test_an_unknown_lesson_is_refused() -> None:
    assert lesson_link("dead-relus") == "#lesson=dead-relus"
    with pytest.raises(gn.InputError, match="choose one of tutorial"):
        lesson_link("magic")


# What the page says of each training of a lesson, where that is something.
FINDINGS = {
    ("straight-line", 1): ["linear network"],
    ("symmetric-start", 1): ["symmetric start", "stuck"],
    ("step-size", 3): ["learning rate too large"],
    ("step-size", 4): ["stuck"],
    ("dead-relus", 1): ["dead relus"],
    ("overfitting", 1): ["overfitting"],
    ("vanishing-gradients", 1): ["vanishing gradients"],
    ("momentum", 2): ["saturated units", "stuck"],
    ("values", 2): ["linear network"],
}


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_what_the_page_says_of_a_step_agrees_with_its_lesson(name: str, number: int) -> None:
    spec, one = spec_of(name, number), LESSONS[name]["steps"][number]
    if "spec" not in one:
        return  # it goes on with the training of the step before
    if "features" in one.get("uses", ()):
        spec = spec.changed({"features": ["x1", "x2", "x1^2", "x2^2"]})
    timeline = Timeline(Scenario(spec), InitialState())
    timeline.advance(spec.max_epochs)
    training = timeline.segments[0].training
    held_out = timeline.held_out_losses(View(timeline).judge)
    found = diagnose(training.so_far(), *timeline.trained_on, validation_loss=held_out)
    assert [one.name for one in found] == FINDINGS.get((name, number + 1), [])
