"""The replay: opened from a file in a browser without a network, it gives the run's numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

import glassnet as gn
from glassnet.explain import explain
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.frames import unpacked
from glassnet.playground.initial_state import InitialState
from glassnet.playground.points import Points
from glassnet.playground.replay import replay, write_replay
from glassnet.playground.replay.from_run import of_run
from glassnet.playground.replay.in_notebook import MOST_CHARACTERS
from glassnet.playground.replay.recorder import Recorder, chosen_epochs, condensed
from glassnet.playground.scenario import Scenario, Spec
from glassnet.playground.timeline import replay_to

Open = Callable[..., Page]
WIDE = {"width": 1400, "height": 1000}


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens a file; at the end nothing was asked for from elsewhere, and nothing went wrong."""
    complaints: list[str] = []
    requests: list[str] = []
    pages: list[Page] = []

    def begin(path: Path, **options: object) -> Page:
        settings: dict[str, object] = {"viewport": WIDE, "offline": True, **options}
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield begin
    for page in pages:
        page.context.close()
    assert complaints == []
    assert {url.split(":")[0] for url in requests} <= {"file", "data"}
    assert len([url for url in requests if url.startswith("file:")]) == len(pages)


@pytest.fixture(scope="module")
def tutorial_file(tutorial_run: gn.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "replay.html"
    write_replay(tutorial_run, path)
    return path


def shows(page: Page, what: str, text: str) -> None:
    expect(page.locator(f"[data-test={what}]")).to_have_text(text)


def test_a_file_alone_gives_the_digits_of_the_run(
    opened: Open, tutorial_file: Path, tutorial_run: gn.Run
) -> None:
    page = opened(tutorial_file)
    page.get_by_role("tab", name="Predictions").click()
    expect(page.locator(".predictions thead th").nth(3)).to_have_text("class")
    it_shows_the_digits_of_the_run(page, tutorial_run)
    a_point_shows_its_whole_calculation(page, tutorial_run)
    it_plays_to_the_end_by_keyboard(page)
    it_fits_every_screen(page)


def it_shows_the_digits_of_the_run(page: Page, tutorial_run: gn.Run) -> None:
    shows(page, "epoch", "5,271")
    shows(page, "right", "20 of 20")
    expect(page.locator("[data-test=epoch-loss]")).to_contain_text("epoch 5,271: 0.0049975194304")
    expect(page.get_by_role("status")).to_contain_text("The loss fell below 0.005")
    a = tutorial_run.predict_probability(tutorial_run.data[0])
    page.get_by_role("tab", name="Predictions").click()
    answers = page.locator(".predictions tbody td:nth-child(5)")
    expect(answers).to_have_text([f"{value:.4f}" for value in a])  # those out of sight come last
    page.get_by_role("button", name=re.compile("^output, neuron 1")).click()
    bias = page.get_by_label(re.compile(r"^b3\[1\]"))
    time = page.get_by_label("Time: epoch that is shown")
    recorded = Recorder(of_run(tutorial_run)).epochs
    for wanted in (2600, 0):
        time.fill(str(wanted))
        epoch = int(recorded[np.abs(recorded - wanted).argmin()])
        shows(page, "epoch", f"{epoch:,}")
        parameters = tutorial_run.history.parameters_at(epoch)
        value = float(parameters.layers[2][1][0, 0])
        expect(bias).to_have_value(repr(value).removesuffix(".0"))
    shows(page, "epoch-loss", f"epoch 0: {float(tutorial_run.history.loss[0])!r}")
    assert bias.get_attribute("readonly") is not None


def it_plays_to_the_end_by_keyboard(page: Page) -> None:
    page.keyboard.press("b")
    shows(page, "epoch", "0")
    page.keyboard.press("e")
    shows(page, "epoch", "1")
    page.get_by_label("Time: epoch that is shown").focus()
    page.keyboard.press("ArrowRight")
    shows(page, "epoch", "2")
    page.keyboard.press("ArrowLeft")
    shows(page, "epoch", "1")
    page.get_by_label("Time: epoch that is shown").fill("4900")
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Playing.")
    shows(page, "epoch", "5,271")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def a_point_shows_its_whole_calculation(page: Page, run: gn.Run) -> None:
    dialog = page.get_by_role("dialog")
    page.get_by_role("tab", name="Predictions").click()
    for key, epoch in (("End", 5271), ("Home", 0)):
        page.get_by_label("Time: epoch that is shown").press(key)
        shows(page, "epoch", f"{epoch:,}")
        page.get_by_role("button", name="Point 15: show its calculation").click()
        expect(dialog).to_contain_text(f"Every number of sample 15 after {epoch} epochs")
        shown = dialog.locator(".gn-step").count()
        first = dialog.locator('code[data-slot="result"]').first.text_content()
        page.keyboard.press("Escape")
    expected = explain(run, sample=15, epoch=0)
    assert (shown, first) == (
        len(expected.steps),
        str(expected.steps[0].equation.result.values.tolist()),
    )


def it_fits_every_screen(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (360, 900, 1600):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(
                "(width) => document.documentElement.scrollWidth === width", arg=width
            )
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", ground))) < 200) == (scheme == "dark")


def test_a_notebook_shows_it_in_a_frame_of_its_own(
    opened: Open, tutorial_run: gn.Run, tmp_path: Path
) -> None:
    html = tutorial_run._repr_html_()
    assert len(html) <= MOST_CHARACTERS
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><p>a cell</p>{html}", encoding="utf-8")
    page = opened(path)
    expect(page.locator("pre")).to_contain_text("Run(2-3-3-1, 5271 epochs")
    frame = page.frame_locator("iframe")
    expect(frame.locator("[data-test=epoch]")).to_have_text("5,271")
    frame.get_by_role("button", name="To the start (b)").click()
    expect(frame.locator("[data-test=epoch]")).to_have_text("0")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_show_writes_it_beside_the_pictures(
    tutorial_run: gn.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from glassnet.cli import run

    tutorial_run.save(tmp_path / "run")
    path = tmp_path / "replay.html"
    folder = str(tmp_path / "pictures")
    arguments = [str(tmp_path / "run"), "--out", folder, "--only", "weights", "--replay", str(path)]
    assert run(["show", *arguments]) == 0
    assert "wrote the replay to" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def curve() -> gn.Run:
    data = gn.datasets.curve(30)
    network = gn.Network((1, 4, 1), "tanh", "mean_squared_error")
    return gn.train(network, data.X, data.y, optimizer=gn.Adam(0.03), max_epochs=200, seed=1)


def sliced() -> gn.Run:
    """Four features, three classes, held-out rows, batches, and class weights."""
    data = gn.datasets.iris()
    return gn.train(
        gn.Network((4, 5, 3), "tanh"), data.X - 3, data.y, optimizer=gn.Adam(0.02), max_epochs=40,
        batch_size=16, seed=1, validation=0.2, class_weight="balanced",
    )  # fmt: skip


def large() -> gn.Run:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 30))
    network = gn.Network((30, 70, 20, 1), "relu")
    return gn.train(network, X, X[:, 0] > 0, max_epochs=20, dropout=0.2, dtype="float32", seed=1)


def diverged() -> gn.Run:
    hill = gn.datasets.hill()
    network = gn.Network((2, 4, 1), "tanh", "mean_squared_error")
    return gn.train(network, hill.X, hill.y, optimizer=gn.GradientDescent(100.0), seed=0)


def regression_of_two() -> gn.Run:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    Y = np.column_stack([2 * X[:, 0], X[:, 1] - X[:, 2]])
    network = gn.Network((3, 4, 2), "tanh", "mean_squared_error")
    return gn.train(network, X, Y, optimizer=gn.GradientDescent(0.05, 0.9), max_epochs=60, seed=1)


def of_a_table() -> gn.Run:
    plants = pd.DataFrame(
        {"length": [1.0, 2.0] * 10, "width": range(20), "species": ["a", "b"] * 10}
    )
    return gn.train_table(plants, "species", hidden=(2,), max_epochs=1, single=True)


def untrained() -> gn.Run:
    data = gn.datasets.rings()
    return gn.Training(gn.Network((2, 3, 1)), data.X, data.y, gn.Settings()).so_far()


def without_samples() -> gn.Run:
    return replace(sliced(), samples=None)


@pytest.mark.parametrize(
    ("make", "says", "explains"),
    [
        (curve, "It reached the limit of 200 epochs", True),
        (sliced, "It reached the limit of 40 epochs", True),
        (large, "It reached the limit of 20 epochs", True),
        (diverged, "It diverged", True),
        (regression_of_two, "It reached the limit", True),
        (of_a_table, "It reached the limit of 1 epoch.", True),
        (untrained, "It was interrupted after 0 epochs", True),
        (without_samples, "It reached the limit", False),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_any_run_can_be_replayed(
    opened: Open, tmp_path: Path, make: Callable[[], gn.Run], says: str, explains: bool
) -> None:
    run = make()
    path = tmp_path / "replay.html"
    write_replay(run, path)
    assert path.stat().st_size < 2_500_000
    page = opened(path)
    shows(page, "epoch", f"{run.epochs:,}")
    expect(page.get_by_role("status")).to_contain_text(says)
    page.get_by_role("button", name="To the start (b)").click()
    shows(page, "epoch", "0")
    predictions = page.get_by_role("tab", name="Predictions")
    points = page.get_by_role("button", name=re.compile("show its calculation"))
    if explains:
        predictions.click()
        points.first.click()
        expect(page.get_by_role("dialog")).to_contain_text("after 0 epochs")
        page.keyboard.press("Escape")
    else:
        expect(page.get_by_role("tab")).not_to_have_count(0)
        expect(predictions).to_have_count(0)
        expect(points).to_have_count(0)
    if make is diverged:
        numbers_of_any_length_fit_a_phone(page)
        assert f"network diverges in {run.epochs} epochs" in path.read_text(encoding="utf-8")
    if make is of_a_table:
        expect(page.locator(".predictions thead th").nth(3)).to_have_text("species")
    if make is sliced:
        network = page.locator(".network")
        expect(network).to_contain_text("numbers to learn")
        expect(network).not_to_contain_text(" = ")  # its columns have no names


def numbers_of_any_length_fit_a_phone(page: Page) -> None:
    page.get_by_label("Time: epoch that is shown").press("End")
    expect(page.locator("[data-test=off]")).to_contain_text("e1")
    page.set_viewport_size({"width": 360, "height": 780})
    page.wait_for_function("document.documentElement.scrollWidth === 360")


def test_frames_hold_what_the_run_answers() -> None:
    run = sliced()
    recorder = Recorder(of_run(run))
    header, arrays = unpacked(list(recorder.frames())[-1])
    X, y, _ = run.data
    np.testing.assert_array_equal(arrays["outputs"], run.outputs(X))
    assert header["right"] == int((run.predict(X) == y).sum())
    assert header["epoch"] == run.epochs
    np.testing.assert_array_equal(arrays["parameters"], run.parameters.vector)
    _, curves = unpacked(recorder.curves())
    _, score, held_out, _ = curves["measures"]
    assert score[-1] == np.float32(header["right"] / len(y))
    assert held_out[-1] == np.float32(run.history.validation["accuracy"][-1])


def test_what_the_letters_stand_for_is_said_where_there_are_letters(
    opened: Open, tmp_path: Path
) -> None:
    X = np.array([(k % 7, k % 5, k % 3) for k in range(20)], np.float64)
    y = np.arange(20) % 2
    points = Points.standardised(("length", "width", "age"), X, "kind", y, ("a", "b"))
    scenario = Scenario(Spec(data="own", features=("x1", "x2", "x3")), points=points)
    snapshot = Snapshot.of(replay_to(scenario, InitialState(), 2), 2, 2.0, dark=False)
    (tmp_path / "page.html").write_text(replay(snapshot.source()), encoding="utf-8")
    network = opened(tmp_path / "page.html").locator(".network")
    expect(network).to_contain_text("x₁ = length, x₂ = width, x₃ = age.")


def test_a_table_is_seen_in_its_own_units() -> None:
    rng = np.random.default_rng(0)
    area = rng.uniform(30, 200, 60)
    table = pd.DataFrame({"area": area, "rooms": rng.uniform(1, 9, 60), "price": 5 * area})
    run = gn.train_table(table, "price", hidden=(4,), max_epochs=20, seed=1, single=True)
    recorder = Recorder(of_run(run))
    scene = recorder.scene()
    window = recorder.source.window
    assert window is not None
    assert scene["axes"] == ("area", "rooms")
    assert window.low[0] < area.min() < area.max() < window.high[0]
    prices = {round(float(v), 6) for v in 5 * area}
    assert {round(v, 6) for v in scene["labels"]} <= prices
    _, arrays = unpacked(next(recorder.frames()))
    values = of_run(run).values(run.engine.outputs(run.network, run.start, run.data[0]))
    np.testing.assert_allclose(arrays["outputs"][:, 0], values.ravel()[recorder.rows])


def test_epochs_lie_close_where_the_loss_falls() -> None:
    loss = np.concatenate([np.full(5000, 1.0), np.geomspace(1, 0.01, 100), np.full(4900, 0.01)])
    epochs = chosen_epochs(np.arange(10_001), loss, 90)
    assert epochs[0] == 0
    assert epochs[-1] == 10_000
    assert 60 <= len(epochs) <= 92
    assert ((epochs > 5000) & (epochs <= 5100)).sum() >= 25
    few = np.array([0, 3, 9])
    assert chosen_epochs(few, np.ones(9), 90) is few


def test_a_curve_keeps_its_highest_and_lowest() -> None:
    loss = np.random.default_rng(0).random(10_000)
    loss[1234] = 7.0
    epochs, low, high = condensed(loss)
    assert len(epochs) <= 512
    assert epochs[-1] == 9_999  # the first is of epoch 0
    assert high.max() == 7
    assert low.min() == np.float32(loss.min())
    assert (low <= high).all()
