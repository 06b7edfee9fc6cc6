"""A run is shown on the page as it was trained, to the digit; or else as it was left, and why."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

import glassnet as gn
from glassnet.errors import InputError
from glassnet.playground.from_argument import initial_state_of
from glassnet.playground.from_run import state_of_run
from glassnet.playground.timeline import replay_to
from playground.conftest import Served, Visitor
from playground.visits import Visit

HEAD = "height,weight,colour,price,kind"
COLOURS = ("red", "green", "blue")


def garden(folder: Path, n_rows: int = 120) -> Path:
    """A table of two numbers, a colour, a price and a kind."""
    random = np.random.default_rng(4)
    lines = [HEAD]
    for height, weight in random.normal((170, 65), (15, 4), (n_rows, 2)).round(1).tolist():
        colour = COLOURS[int(height) % 3]
        price = round(3 * height - weight + 10 * COLOURS.index(colour), 2)
        kind = "tall" if (height - 170) * (weight - 65) > 0 else "small"
        lines.append(f"{height},{weight},{colour},{price},{kind}")
    path = folder / "garden.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def trained(folder: Path, target: str = "kind", n_rows: int = 120, **asked: Any) -> gn.Run:
    """A run of the table, whose columns are the two numbers unless others are asked for."""
    asked = {"features": ("height", "weight"), **asked}
    return gn.train_table(garden(folder, n_rows), target, single=True, **asked)


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("kind", {}),
        ("price", {"features": ("height", "weight", "colour")}),
        ("colour", {"hidden": (5, 4), "activation": ("tanh", "tanh"), "dtype": "float32"}),
        ("kind", {"schedule": "constant", "stop_below": 0.2}),
        ("kind", {"hidden": (), "optimizer": "gradient-descent", "momentum": 0.9, "l1": 0.001}),
        ("kind", {"validation": "none"}),
    ],
)
def test_a_run_of_a_table_is_repeated_to_the_digit(
    tmp_path: Path, visit: Callable[..., Visitor], target: str, asked: dict[str, Any]
) -> None:
    run = trained(tmp_path, target, **asked)
    run.save(tmp_path / "run")
    visitor = visit(initial_state_of(str(tmp_path / "run")))
    frame = visitor.next("frame")
    assert (frame["epoch"], frame["last"]) == (run.kept_epoch, run.epochs)
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)
    if run.validation is not None:
        assert frame["test_loss"] == pytest.approx(run.measures["validation"]["loss"], rel=1e-12)
    for epoch in (1, run.epochs // 2, run.epochs):
        frame = visitor.frame("go", epoch=epoch)
        assert frame["epoch_loss"] == run.history.loss[epoch - 1]
    np.testing.assert_array_equal(frame["parameters"], run.state.parameters.vector)
    assert frame["finished"]


def test_the_points_are_those_of_the_table_in_its_own_units(
    tmp_path: Path, visit: Callable[..., Visitor]
) -> None:
    run = trained(tmp_path, features=("height", "weight", "colour"))
    assert run.validation is not None
    scene = visit(state_of_run(run)).next("scene")
    assert [measure["name"] for measure in scene["inputs"]] == [
        "height", "weight", "colour = blue", "colour = green", "colour = red",
    ]  # fmt: skip
    table = [line.split(",") for line in garden(tmp_path).read_text().splitlines()[1:]]
    expected = {(float(height), float(weight), kind) for height, weight, _, _, kind in table}
    found = {
        (height, weight, scene["classes"][label])
        for (height, weight, *_), label in zip(scene["rows"], scene["labels"], strict=True)
    }
    assert found == expected
    assert sum(scene["held_out"]) == len(run.validation.X)


def test_the_rows_held_out_are_those_that_the_run_was_measured_on(
    tmp_path: Path, visit: Callable[..., Visitor]
) -> None:
    run = trained(tmp_path)
    assert run.samples is not None
    visitor = visit(state_of_run(run))
    scene = visitor.next("scene")
    held_out = np.array(scene["held_out"])
    np.testing.assert_array_equal(np.array(scene["points"])[~held_out], run.samples.X)
    share = visitor.next("scenario")["spec"]["test_share"]
    assert share == 24 / 120

    def after(spec: dict[str, Any]) -> list[bool]:
        visitor.ask("set", spec=spec)
        found: list[bool] = visitor.next("scene")["held_out"]
        return found

    assert not any(after({"test_share": 0.0}))
    assert after({"test_share": share}) == held_out.tolist()
    other = after({"data_seed": 1})
    assert sum(other) == pytest.approx(24, abs=1)
    assert other != held_out.tolist()


def test_who_comes_back_to_it_sees_what_came_after_its_place_too(
    tmp_path: Path, visit: Callable[..., Visitor]
) -> None:
    run = trained(tmp_path)
    visitor = visit(state_of_run(run))
    scenario = visitor.next("scenario")["scenario"]
    visitor.frame("set", spec={"data": "moons"})
    frame = visitor.frame("open", scenario=scenario, epoch=run.kept_epoch)
    assert (frame["epoch"], frame["last"]) == (run.kept_epoch, run.epochs)
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)


def test_another_network_than_the_run_s_begins_with_weights_that_are_drawn(
    tmp_path: Path, visit: Callable[..., Visitor]
) -> None:
    run = trained(tmp_path, hidden=(4,), max_epochs=5, schedule="constant")
    visitor = visit(state_of_run(run))
    visitor.next("frame")
    visitor.ask("set", spec={"hidden": [5]})
    assert visitor.next("scene")["sizes"] == [2, 5, 1]
    assert visitor.next("scenario")["spec"]["initialiser"] == "glorot_uniform"
    visitor.ask("set", spec={"initialiser": "opened"})
    assert "fits its own network only" in visitor.next("problem")["sentence"]
    visitor.ask("set", spec={"hidden": [4]})
    visitor.frame("set", spec={"initialiser": "opened"})
    again = visitor.play_to_the_end()
    np.testing.assert_array_equal(again["parameters"], run.state.parameters.vector)


def test_a_new_start_of_it_draws_its_weights(tmp_path: Path, visit: Callable[..., Visitor]) -> None:
    visitor = visit(state_of_run(trained(tmp_path, hidden=(4,), max_epochs=5, schedule="constant")))
    before = visitor.frame("start")["parameters"]
    after = visitor.frame("fresh")["parameters"]
    assert not np.isin(after[after != 0], before).any()
    np.testing.assert_array_equal(visitor.frame("undo")["parameters"], before)


def test_it_can_be_had_again_after_other_data(
    tmp_path: Path, visit: Callable[..., Visitor]
) -> None:
    initial = state_of_run(trained(tmp_path, features=("height", "weight", "colour")))
    visitor = visit(initial)
    notes, first = visitor.next("notes"), visitor.next("frame")
    visitor.frame("set", spec={"data": "rings"})
    visitor.ask("reopen")
    assert visitor.next("notes") == notes
    again = visitor.next("frame")
    assert (again["epoch"], again["last"]) == (first["epoch"], first["last"])
    np.testing.assert_array_equal(again["parameters"], first["parameters"])
    assert visitor.frame("undo")["parameters"].size != first["parameters"].size


def test_why_it_stands_where_it_stands_is_said(
    tmp_path: Path, visit: Callable[..., Visitor]
) -> None:
    run = trained(tmp_path)
    assert run.kept_epoch < run.epochs
    assert visit(state_of_run(run)).next("notes")["notes"] == [
        run.explanation,
        "The rows held out are the 24 that the run was measured on.",
    ]


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ({"dropout": (0.2,)}, "its dropout:"),
        ({"class_weight": "balanced"}, "the weights of its rows:"),
        ({"clip_norm": 1.0}, "its clipped gradients:"),
        ({"schedule": "step:50:0.5"}, "its learning rate schedule:"),
        ({"schedule": "cosine:50:0.1"}, "its learning rate schedule:"),
        ({"schedule": "plateau:5:0.5"}, "its learning rate schedule:"),
        ({"optimizer": "lbfgs"}, "its optimizer LBFGS:"),
        ({"optimizer": "adamw", "dropout": (0.2,)}, "its optimizer AdamW and its dropout:"),
    ],
)
def test_what_cannot_be_repeated_is_shown_as_the_run_left_it(
    tmp_path: Path, visit: Callable[..., Visitor], asked: dict[str, Any], cause: str
) -> None:
    run = trained(tmp_path, max_epochs=20, hidden=(6,), **asked)
    visitor = visit(state_of_run(run))
    note, _ = visitor.next("notes")["notes"]
    assert f"cannot repeat this training, because of {cause}" in note
    frame = visitor.next("frame")
    assert frame["epoch"] == frame["last"] == 0
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)
    rows = np.array(visitor.session.controller.a.timeline.X)
    np.testing.assert_array_equal(frame["outputs"][:, 0], run.predict_probability(rows))
    assert visitor.frame("epoch")["epoch"] == 1


def test_of_many_rows_a_sample_is_shown(tmp_path: Path, visit: Callable[..., Visitor]) -> None:
    run = trained(tmp_path, n_rows=2000, max_epochs=3)
    visitor = visit(state_of_run(run))
    scene = visitor.next("scene")
    assert (len(scene["rows"]), sum(scene["held_out"])) == (1000, 200)
    cause, held_out, others = visitor.next("notes")["notes"]
    assert "because of its 1,600 rows:" in cause
    assert held_out == "The rows held out are 200 of the 400 that the run was measured on."
    assert others == "The others are a sample of the 1,600 that it was trained on."
    np.testing.assert_array_equal(visitor.next("frame")["parameters"], run.parameters.vector)


def test_of_more_rows_to_measure_on_than_fit_some_are_shown(tmp_path: Path) -> None:
    points = gn.datasets.moons(900, noise=0.2, seed=1)
    others = gn.datasets.moons(1200, noise=0.2, seed=2)
    run = gn.train(
        gn.Network((2, 3, 1)), points.X, points.y, validation=(others.X, others.y), max_epochs=5
    )
    initial = state_of_run(run)
    timeline = replay_to(initial.scenario, initial, 5)
    assert int(timeline.held_out.sum()) == 100
    np.testing.assert_array_equal(timeline.trained_on[0], points.X)
    np.testing.assert_array_equal(timeline.parameters_at(5).vector, run.parameters.vector)


def test_a_run_that_diverged_is_opened_where_it_did(tmp_path: Path) -> None:
    points = gn.datasets.hill(50)
    run = gn.train(
        gn.Network((2, 3, 1), "relu", "mean_squared_error"),
        points.X,
        points.y,
        optimizer=gn.GradientDescent(30.0),
        seed=0,
    )
    assert run.stop_reason == "diverged"
    initial = state_of_run(run)
    assert initial.start is run.start
    assert Visitor(initial).next("frame")["epoch"] == run.epochs


def test_a_run_that_another_machine_would_not_give_is_shown_as_it_was_left(tmp_path: Path) -> None:
    run = trained(tmp_path, max_epochs=5)
    run.state.parameters.vector[0] += 0.01
    initial = state_of_run(run)
    assert "what differs between its machine and this one" in initial.notes[0]
    assert initial.start is run.parameters


def test_a_run_that_takes_too_long_to_repeat_is_shown_as_it_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(tmp_path, max_epochs=50)
    monkeypatch.setattr("glassnet.playground.from_run.MOST_SECONDS", -math.inf)
    assert f"its {run.epochs} epochs, which take too long" in state_of_run(run).notes[0]


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ((1, 3, 1), "2 to 6 features, and the columns of this run make 1: train .* on more"),
        ((7, 3, 1), "2 to 6 features, and the columns of this run make 7: train .* on fewer"),
        ((2, 3, 9), "8 classes at most, and this run has 9"),
        ((2, 100, 29, 1), r"128 neurons together, and this run has 100 \+ 29"),
        ((2, *[2] * 9, 1), "8 hidden layers"),
    ],
)
def test_what_the_page_cannot_show_is_refused(sizes: tuple[int, ...], says: str) -> None:
    X = np.random.default_rng(0).normal(size=(20, sizes[0]))
    y = np.arange(20) % max(sizes[-1], 2)
    run = gn.train(gn.Network(sizes), X, y, max_epochs=1, seed=0)
    with pytest.raises(InputError, match=says):
        state_of_run(run)


def test_rows_that_were_not_saved_are_missed(tmp_path: Path) -> None:
    trained(tmp_path, max_epochs=1).save(tmp_path / "run")
    (tmp_path / "run" / "data.safetensors").unlink()
    with pytest.raises(InputError, match="no points to show: glassnet play TABLE"):
        initial_state_of(str(tmp_path / "run"))
    with pytest.raises(InputError, match="no data set of that name"):
        initial_state_of("no-such-set")


def test_the_page_draws_a_hundred_neurons_and_says_what_it_shows(
    tmp_path: Path, browser: Browser, served: Served
) -> None:
    run = trained(tmp_path)
    served.page.initial = state_of_run(run)
    visit = Visit(browser, served)
    page = visit.page
    expect(page.locator(".node")).to_have_count(101)
    expect(page.locator(".data")).to_contain_text(run.explanation)
    expect(page.locator(".data")).to_contain_text("The rows held out are the 24")
    for width in (360, 1600):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        visit.rest()
        tops = {node["y"] for node in page.locator(".node").evaluate_all(BOXES)}
        assert len(tops) <= 17  # abreast, not one above the other
    page.get_by_role("button", name="hidden layer 1, neuron 100: ").click()
    expect(page.locator(".weight input").first).to_have_value(
        repr(float(run.parameters.layers[0][0][99, 0]))
    )
    visit.button("rings")
    expect(page.locator(".data")).not_to_contain_text(run.explanation)
    visit.button("the run")
    expect(page.locator(".data")).to_contain_text(run.explanation)
    visit.context.close()
    assert visit.complaints == []


BOXES = "(nodes) => nodes.map((node) => ({ y: node.offsetTop }))"
