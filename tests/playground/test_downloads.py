"""What is taken along: every kind of file is opened again, and holds what the page showed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import glassnet as gn
from glassnet.cli import run as command_line
from glassnet.playground.downloads import job
from glassnet.playground.downloads.formats import KINDS, file
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.frames import unpacked
from glassnet.playground.hosts.background import BackgroundJobs
from glassnet.playground.initial_state import InitialState
from glassnet.playground.protocol import Parcel
from glassnet.playground.scenario import Change, Scenario, Spec
from glassnet.playground.session import Session
from glassnet.playground.timeline import Timeline, replay_to
from glassnet.playground.view import View
from playground.conftest import PATIENCE, Served, Visitor
from playground.visits import Visit

CHANGED = Spec(
    data="moons", features=("x1", "x2", "x1*x2", "sin x2"), hidden=(4, 3),
    activation=("tanh", "relu"), optimizer="Adam", learning_rate=0.02, cosine_epochs=120,
    batch_size=16, seed=3, max_epochs=90, stop_below=None,
)  # fmt: skip
REGRESSION = Spec(
    data="hill", hidden=(5,), activation=("tanh",), test_share=0.2, precision="float32",
    max_epochs=60, stop_below=None,
)  # fmt: skip


def changed() -> Timeline:
    """Weights are set by hand after 30 epochs, the learning rate after 50."""
    slower = Change(50, (), Spec(**{**CHANGED.__dict__, "learning_rate": 0.005}))
    scenario = Scenario(CHANGED, (Change(30, ((0, 1.5), (3, -0.25))), slower))
    return replay_to(scenario, InitialState(), 90)


def regression() -> Timeline:
    return replay_to(Scenario(REGRESSION), InitialState(), 60)


def tutorial() -> Timeline:
    return replay_to(Scenario(), InitialState(), 20_000)


def snapshot(timeline: Timeline, epoch: int | None = None, extent: float = 2.5) -> Snapshot:
    return Snapshot.of(timeline, timeline.last if epoch is None else epoch, extent, dark=False)


def contents(what: str, timeline: Timeline, epoch: int | None = None) -> bytes:
    return file(what, snapshot(timeline, epoch)).contents


def rows(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode())))


@pytest.mark.parametrize(
    ("make", "epoch"), [(tutorial, None), (changed, None), (changed, 40), (regression, 31)]
)
def test_the_script_repeats_the_training_to_the_last_digit(
    make: Callable[[], Timeline], epoch: int | None
) -> None:
    timeline = make()
    epoch = timeline.last if epoch is None else epoch
    done = subprocess.run(
        [sys.executable, "-"],
        input=contents("script", timeline, epoch),
        capture_output=True,
        check=True,
    )
    loss, *parameters = done.stdout.decode().splitlines()
    assert loss == f"loss {timeline.loss_of(epoch)!r}"
    expected = timeline.parameters_at(epoch)
    values = expected.vector.tolist()
    assert parameters == [f"{n} {v!r}" for n, v in zip(expected.names, values, strict=True)]


def test_a_scenario_without_an_epoch_has_a_script_too() -> None:
    timeline = replay_to(Scenario(), InitialState(), 0)
    done = subprocess.run(
        [sys.executable, "-"],
        input=contents("script", timeline),
        capture_output=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == timeline.network.n_parameters


@pytest.mark.parametrize("make", [changed, regression])
def test_models_answer_as_the_page_does(make: Callable[[], Timeline], tmp_path: Path) -> None:
    import onnxruntime

    timeline = make()
    X = timeline.X.astype(timeline.scenario.spec.precision)
    parameters = timeline.parameters_at(timeline.last)
    a = timeline.segments[-1].training.engine.outputs(timeline.network, parameters, X)
    path = tmp_path / "model.safetensors"
    path.write_bytes(contents("model", timeline))
    model = gn.load(path)
    np.testing.assert_array_equal(model.outputs(timeline.X), a)
    assert isinstance(model, gn.Model)
    assert model.summary["inputs"] == list(timeline.scenario.spec.features)
    session = onnxruntime.InferenceSession(contents("onnx", timeline))
    feeds = {"X": X} if model.recipe is None else columns(timeline)
    *_, found = session.run(None, feeds)
    target = timeline.points.target
    answers = a[:, 0] if timeline.dataset.n_classes else target.mean + target.scale * a[:, 0]
    np.testing.assert_allclose(np.asarray(found).reshape(len(X), -1)[:, -1], answers, rtol=1e-5)


def columns(timeline: Timeline) -> dict[str, np.ndarray]:
    """The inputs by name, in their own units."""
    table = np.array([inputs for inputs, _ in timeline.points.rows])
    return {m.name: v for m, v in zip(timeline.points.inputs, table.T, strict=True)}


@pytest.mark.parametrize(
    "make",
    [tutorial, regression, lambda: replay_to(Scenario(Spec(data="blobs")), InitialState(), 40)],
)
def test_the_commands_know_the_columns_of_a_model_from_the_page(
    make: Callable[[], Timeline], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timeline = make()
    target = timeline.points.target.name
    table, model = tmp_path / "data.csv", tmp_path / "model.safetensors"
    table.write_bytes(contents("data", timeline))
    model.write_bytes(contents("model", timeline))
    with zipfile.ZipFile(io.BytesIO(contents("run", timeline))) as archive:
        archive.extractall(tmp_path)
    [folder] = [path for path in tmp_path.iterdir() if path.is_dir()]
    parameters = timeline.parameters_at(timeline.last)
    answers = gn.Model(timeline.network, parameters).predict(timeline.X)
    for source in (model, folder):
        assert command_line(["predict", str(source), str(table)]) == 0
        header, *lines = rows(capsys.readouterr().out.encode())
        found = [line[header.index(f"predicted {target}")] for line in lines]
        if timeline.dataset.n_classes:
            assert found == [timeline.points.classes[label] for label in answers]
        else:
            in_units = timeline.points.target.mean + timeline.points.target.scale * answers
            np.testing.assert_allclose([float(v) for v in found], in_units.ravel(), rtol=1e-6)
        scores = tmp_path / f"scores of {source.name}"
        asked = ["evaluate", str(source), str(table), "--json", "--out", str(scores)]
        assert command_line(asked) == 0
        assert (scores / "scores.json").exists()
        capsys.readouterr()


def test_a_model_that_sees_more_than_inputs_knows_no_columns() -> None:
    assert snapshot(changed()).recipe is None


def test_tables_read_back_to_the_digit() -> None:
    timeline = regression()
    header, *lines = rows(contents("data", timeline))
    assert header == ["x1", "x2", "value", "held out"]
    for line, (inputs, target), held_out in zip(
        lines, timeline.points.rows, timeline.held_out, strict=True
    ):
        assert [float(v) for v in line[:3]] == [*inputs, target]
        assert line[3] == ("yes" if held_out else "no")
    timeline = changed()
    header, *lines = rows(contents("history", timeline, 40))
    assert header == ["epoch", "loss"]
    assert [int(epoch) for epoch, _ in lines] == list(range(41))
    losses = [timeline.loss_of(epoch) for epoch in range(1, 41)]  # before each of these
    assert [float(loss) for _, loss in lines[:-1]] == losses
    shown = View(timeline).pictures(timeline.parameters_at(40))[1]["loss"]
    assert float(lines[-1][1]) == pytest.approx(shown)


def test_pictures_open() -> None:
    timeline = regression()
    with Image.open(io.BytesIO(contents("png", timeline))) as picture:
        assert picture.size == (1650, 1200)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 50
    svg = ElementTree.fromstring(contents("svg", changed()))
    assert svg.tag.endswith("svg")
    dark = Snapshot.of(timeline, 0, 2.5, dark=True)
    with Image.open(io.BytesIO(file("png", dark).contents)) as picture:
        assert picture.convert("L").getpixel((3, 3)) == 0


def test_films_open() -> None:
    import av

    with Image.open(io.BytesIO(contents("gif", regression(), 4))) as film:
        assert getattr(film, "n_frames", 1) == 4
    with av.open(io.BytesIO(contents("mp4", changed(), 4))) as movie:
        assert movie.streams.video[0].frames == 4


@pytest.mark.parametrize(("make", "epoch"), [(changed, 90), (changed, 60), (regression, 60)])
def test_the_run_folder_is_one(make: Callable[[], Timeline], epoch: int, tmp_path: Path) -> None:
    timeline = make()
    made = file("run", snapshot(timeline, epoch))
    with zipfile.ZipFile(io.BytesIO(made.contents)) as archive:
        archive.extractall(tmp_path)
    run = gn.load(tmp_path / made.name.removesuffix(".zip"))
    assert isinstance(run, gn.Run)
    np.testing.assert_array_equal(run.parameters.vector, timeline.parameters_at(epoch).vector)
    assert run.epochs == epoch - timeline.segment_at(epoch).first
    assert run.history.loss[-1] == timeline.loss_of(epoch)


def test_files_are_named_after_data_and_epoch() -> None:
    assert file("data", snapshot(changed(), 40)).name == "glassnet-moons-epoch-40-data.csv"


def test_a_file_is_announced_and_comes(visitor: Visitor) -> None:
    visitor.ask("epoch")
    visitor.ask("save", what="history")
    kinds = [(m["kind"], m.get("state")) for m in visitor.rest() if m["kind"] in ("taking", "file")]
    assert kinds == [("taking", "making"), ("file", None), ("taking", "made")]
    visitor.ask("save", what="data")
    file = visitor.next("file")
    assert (file["name"], file["type"]) == ("glassnet-rings-epoch-1-data.csv", "text/csv")
    assert len(rows(file["contents"].tobytes())) == 21


def test_a_server_makes_files_in_a_process_while_the_page_goes_on() -> None:
    woken = threading.Event()
    session = Session(InitialState(), BackgroundJobs(woken.set))
    session.turn([], 0)
    messages, _ = session.turn([{"do": "save", "what": w} for w in ("svg", "data")], 0)
    taking, refusal = (json.loads(text) for text in messages if isinstance(text, str))
    assert taking == {"kind": "taking", "state": "making", "what": "svg"}
    assert "wait until it is there" in refusal["sentence"]
    found: list[Any] = []
    while not any(isinstance(message, Parcel) for message in found):
        assert woken.wait(PATIENCE)
        woken.clear()
        found += session.turn([], 1)[0]
    [parcel] = [message for message in found if isinstance(message, Parcel)]
    header, arrays = unpacked(parcel.data)
    assert header["name"] == "glassnet-rings-epoch-0.svg"
    assert ElementTree.fromstring(arrays["contents"].tobytes()).tag.endswith("svg")


def test_what_cannot_be_made_is_a_sentence(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.ask("save", what="../secret")
    assert (
        "There is nothing '../secret' to take: choose model" in visitor.next("problem")["sentence"]
    )
    visitor.ask("save", what=["model"])
    assert "what of the command save must be a text" in visitor.next("problem")["sentence"]
    monkeypatch.setattr(job, "LARGEST_FILE", 10)
    visitor.ask("save", what="data")
    assert [visitor.next("taking")["state"] for _ in range(2)] == ["making", "failed"]
    assert visitor.next("problem")["sentence"] == "This file could not be made."


def test_a_session_that_ends_gives_up_its_file() -> None:
    session = Session(InitialState(), BackgroundJobs(lambda: None))
    session.turn([{"do": "save", "what": "mp4"}], 0)
    session.close()
    assert not any(thread.name == "glassnet job" for thread in threading.enumerate())


def test_files_and_links_are_taken_away(browser: Browser, served: Served, tmp_path: Path) -> None:
    visit = Visit(browser, served)
    visit.button("One epoch")
    visit.shows("epoch", "1")
    visit.button("Save and share")
    dialog = visit.page.get_by_role("dialog")
    link = dialog.get_by_label("Link to all of it")
    assert link.input_value().endswith("#epoch=1")
    files_are_saved(visit.page, tmp_path)
    loss = visit.page.locator("[data-test=loss]").get_attribute("title")
    dialog.get_by_label("with these weights as the start").check()
    fragment = link.input_value().split("#")[1]
    visit.leave()
    visit.open(fragment)
    visit.shows("epoch", "0")
    expect(visit.page.locator("[data-test=loss]")).to_have_attribute("title", str(loss))
    visit.check()
    visit.page.goto((tmp_path / "taken.html").as_uri())
    visit.shows("epoch", "1")
    assert visit.complaints == []
    visit.context.close()


def files_are_saved(page: Page, folder: Path) -> None:
    dialog = page.get_by_role("dialog")
    buttons = dialog.locator(".files button")
    assert buttons.count() == len(KINDS)
    for name, ending in (
        ("Python script", ".py"),
        ("History", "-history.csv"),
        ("Replay", ".html"),
    ):
        with page.expect_download() as waiting:
            buttons.filter(has_text=name).click()
        assert waiting.value.suggested_filename == f"glassnet-rings-epoch-1{ending}"
        waiting.value.save_as(folder / f"taken{ending}")
        expect(dialog.locator(".taking")).to_contain_text("is saved by your browser")
    assert (folder / "taken.py").read_text().startswith('"""What the page of glassnet trained')
    lines = rows((folder / "taken-history.csv").read_bytes())
    assert [epoch for epoch, _ in lines] == ["epoch", "0", "1"]
