"""The tutorial as a chapter: true to the run whatever came of it, and fit for a phone."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

import glassnet as gn
from glassnet import pictures
from glassnet.tutorial import demo
from glassnet.tutorial.chapter import Material, chapter
from glassnet.tutorial.demo_settings import DATA, DemoSettings
from oracles import html_calculator


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(buffer, "PNG")
    return buffer.getvalue()


def material(settings: DemoSettings) -> Material:
    training = settings.training()
    for _ in training:
        pass
    X, y = DATA.X, DATA.y
    names = ["points", "network", "boundary"] + ["loss"] * bool(len(training.run.history.loss))
    return Material(
        run=training.run,
        X=X,
        y=y,
        film=pictures.training_film(training.run.history, X, y),
        film_file="training.mp4",
        pictures=dict.fromkeys(names, picture()),
        advice=demo.advice(training.run),
    )


@pytest.fixture(scope="module")
def tutorial() -> Material:
    return material(DemoSettings())


@pytest.fixture(scope="module")
def page(tutorial: Material) -> str:
    return chapter(tutorial)


def words(html: str) -> str:
    """What a reader sees, in one line."""
    plain = re.sub(r"<(style|script|math|code).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def test_it_describes_the_tutorials_run(page: str) -> None:
    text = words(page)
    assert "A 2-3-3-1 network learns 20 points" in text
    assert "20 of the 20 points are on the right side" in text
    assert "8 of class 0" in text
    assert "The loss fell below 0.005 after 5271 epochs." in text
    assert "the average loss fell from 0.681092 to 0.67799" in text
    assert "The loss around the run's way" in text
    for heading in (
        "The data", "The network", "Why hidden layers?", "Forward", "The loss", "Backward",
        "The update", "Training", "What the network learnt", "How it came about", "The answers",
        "An exercise",
    ):  # fmt: skip
        assert re.search(rf"\d+\. {re.escape(heading)}", text), heading


def test_its_calculation_is_that_of_the_run_and_can_be_redone(
    page: str, tutorial: Material
) -> None:
    steps = html_calculator.read(page)
    assert len(steps) == 32
    start = tutorial.run.start
    trace = gn.trace(start.network, start, tutorial.X[:1], tutorial.y[:1])
    by_name = {step.name: step.result for step in steps}
    assert (by_name["a3"] == trace.a[-1]).all()
    assert (by_name["dW1"] == trace.dW[0]).all()
    for step in steps:
        np.testing.assert_allclose(html_calculator.worked_out(step), step.result, rtol=1e-12)
    after = tutorial.run.history.parameters_at(1).layers
    np.testing.assert_allclose(by_name["new W2"], after[1][0], rtol=1e-12)


def test_its_table_holds_every_point(page: str, tutorial: Material) -> None:
    (table,) = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in table.split("</tr>")[:-1]]
    a3 = tutorial.run.predict_probability(tutorial.X)
    assert [row[3] for row in rows] == [f"{a:.4f}" for a in a3]
    assert [[float(row[0]), float(row[1])] for row in rows] == tutorial.X.tolist()
    assert all(row[5] == "yes" for row in rows)


def test_it_asks_nothing_of_the_network_and_stays_small(page: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"#]+)"|url\(([^)]+)\)', page)
    outside = {a or b for a, b in addresses if not (a or b).startswith("data:image/")}
    assert outside == {"training.mp4"}
    assert "http" not in page
    assert len(page) < 3_000_000


@pytest.mark.parametrize(
    ("settings", "said", "not_said"),
    [
        (
            DemoSettings(hidden=(), max_epochs=200),
            ["no hidden layer with a bent function", "12 of the 20"],
            ["need no longer be straight", "then da of the layer before"],
        ),
        (
            DemoSettings(activation="identity", hidden=(2,), max_epochs=50),
            ["no hidden layer with a bent function"],
            ["need no longer be straight"],
        ),
        (
            DemoSettings(activation="relu", hidden=(3,), learning_rate=1e308),
            ["It diverged in epoch 3", "the average loss rose from"],
            ["20 of the 20"],
        ),
        (
            DemoSettings(activation="leaky_relu", hidden=(20, 9), max_epochs=1),
            ["here leaky relu,", "after 1 epoch:", "are not shown; they are below"],
            ["1 epochs:"],
        ),
    ],
)
def test_its_words_fit_what_was_run(
    settings: DemoSettings, said: list[str], not_said: list[str]
) -> None:
    text = words(chapter(material(settings)))
    for sentence in said:
        assert sentence in text, sentence
    for sentence in not_said:
        assert sentence not in text, sentence


def test_a_run_that_diverges_at_once_has_no_loss_curve() -> None:
    settings = DemoSettings(hidden=(3,), learning_rate=1.0, max_epochs=9)
    network = settings.network
    huge = gn.Parameters(network, np.full(network.n_parameters, 1e308))
    run = gn.train(network, DATA.X, DATA.y, parameters=huge, max_epochs=9)
    assert (run.stop_reason, run.epochs, len(run.history.loss)) == ("diverged", 0, 0)
    film = pictures.training_film(run.history, DATA.X, DATA.y)
    drawn = dict.fromkeys(["points", "network", "boundary"], picture())
    page = chapter(Material(run, DATA.X, DATA.y, film, "training.mp4", drawn, None))
    assert "It diverged in epoch 1" in words(page)
    assert "The average loss by epoch" not in page
    assert "The loss around" not in page


def test_a_picture_becomes_a_smaller_one_of_the_same_size() -> None:
    from glassnet.pictures.display import as_webp

    display = pictures.points(DATA.X, DATA.y)
    png = display._repr_png_()
    webp = as_webp(png)
    assert len(webp) < len(png)
    with Image.open(io.BytesIO(png)) as before, Image.open(io.BytesIO(webp)) as after:
        assert after.format == "WEBP"
        assert after.size == before.size
        difference = np.asarray(before.convert("RGB"), int) - np.asarray(after.convert("RGB"), int)
    assert np.abs(difference).mean() < 2


def test_it_fits_a_phone_and_its_slider_moves_through_the_training(
    page: str, tmp_path: Path, browser: Browser
) -> None:
    path = tmp_path / "tutorial.html"
    path.write_text(page, encoding="utf-8")
    complaints: list[str] = []
    tab = browser.new_page(viewport={"width": 360, "height": 800})
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(path.as_uri())
    width = tab.evaluate("document.documentElement.scrollWidth")
    at_end = tab.inner_text(".player output")
    tab.focus(".player input")
    tab.keyboard.press("Home")
    at_start = tab.inner_text(".player output")
    place = tab.evaluate("document.querySelector('.player .cells').style.backgroundPositionY")
    assert complaints == []
    assert width == 360
    assert at_end.startswith("after 5250 epochs, loss 0.005")
    assert at_start.startswith("after 50 epochs, loss 0.67")
    assert place == "0%"
