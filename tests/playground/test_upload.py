"""Tables that a visitor sends are read in bounded memory, or refused with a sentence."""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.pipeline.source import opened as opened_table
from glassnet.playground import uploads
from glassnet.playground.from_argument import initial_state_of
from glassnet.playground.hosts.background import BackgroundJobs
from glassnet.playground.initial_state import InitialState
from glassnet.playground.jobs import Answer, Work
from glassnet.playground.points import MOST_SAMPLES
from glassnet.playground.table_import import Choice, TableWork
from glassnet.tables import fit_recipe, load
from playground.conftest import PATIENCE, Visitor
from playground.test_server import wait_until

PIECE = 20_000  # bytes
PLANTS = """length,width,garden,species
1.5,10,north,fern
2.5,20,south,moss
,30,north,fern
3.5,5,south,moss
4.0,7.5,north,fern
"""


def send(visitor: Visitor, content: str | bytes, name: str = "plants.csv", **more: Any) -> None:
    """Upload something as the page does: in pieces."""
    data = content.encode() if isinstance(content, str) else content
    request = {"name": name, "size": len(data), **more}
    visitor.ask("upload", **request)
    for first in range(0, len(data), PIECE):
        visitor.ask("piece", base64=base64.b64encode(data[first : first + PIECE]).decode())


def test_a_table_is_shown_with_a_proposal_before_anything_is_taken(visitor: Visitor) -> None:
    send(visitor, PLANTS)
    table = visitor.next("table")
    assert (table["name"], table["rows"]) == ("plants.csv", 5)
    assert [(c["name"], c["numbers"], c["few"]) for c in table["columns"]] == [
        ("length", True, False),
        ("width", True, False),
        ("garden", False, True),
        ("species", False, True),
    ]
    assert table["first"][2] == [None, "30", "north", "fern"]
    assert table["target"] == "species"
    assert sorted(table["inputs"]) == ["length", "width"]
    assert visitor.frame("epoch")["epoch"] == 1


OPEN = "a;b;c\n" + "1.000;2,5;x\n2.000;7,5;y\n3.000;1,5;x\n".replace(",5", "")


def test_a_table_that_is_open_is_asked_about_and_read_as_chosen(visitor: Visitor) -> None:
    send(visitor, OPEN)
    problem = visitor.next("problem")
    assert "could be 1 or 1000, and no other number shows the decimal mark" in problem["sentence"]
    assert problem["unread"] == "plants.csv"
    for decimal, first in ((",", 1000), (".", 1)):
        visitor.ask("read", reading={"decimal": decimal})
        table = visitor.next("table")
        assert table["columns"][0]["numbers"]
        visitor.ask("take", target="c", inputs=["a", "b"])
        assert visitor.next("scene")["rows"][0] == [first, 2]
    visitor.ask("read", reading={"decimal": "x"})
    assert "decimal must be one of" in visitor.next("problem")["sentence"]


def test_options_may_come_with_the_table(visitor: Visitor) -> None:
    send(visitor, OPEN, reading={"decimal": ","})
    assert visitor.next("table")["rows"] == 3
    send(visitor, '[{"a": 1}', name="t.json")
    assert "unread" not in visitor.next("problem")


def test_columns_that_are_taken_are_trained_on_to_the_librarys_digits(visitor: Visitor) -> None:
    send(visitor, PLANTS)
    visitor.next("table")
    visitor.ask("take", target="species", inputs=["length", "width"])
    scene = visitor.next("scene")
    notes = visitor.next("notes")["notes"]
    assert notes == ["One row is left out: a value is missing."]
    assert scene["rows"] == [[1.5, 10], [2.5, 20], [3.5, 5], [4, 7.5]]
    assert scene["labels"] == [0, 1, 1, 0]
    assert scene["classes"] == ["fern", "moss"]
    assert scene["axes"] == ["length", "width"]
    X = np.array(scene["rows"])
    network = gn.Network((2, 3, 3, 1))
    run = gn.train(
        network,
        (X - X.mean(axis=0)) / X.std(axis=0),
        scene["labels"],
        parameters=gn.Parameters.initial(network, "legacy_numpy", 0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=1,
    )
    visitor.next("frame")
    np.testing.assert_array_equal(visitor.frame("epoch")["parameters"], run.parameters.vector)


def test_numbers_are_a_regression_unless_they_are_said_to_be_classes(visitor: Visitor) -> None:
    send(visitor, "a,b,n\n1,2,1\n2,4,2\n3,1,1\n4,0,2\n")
    visitor.next("table")
    visitor.ask("take", target="n", inputs=["a", "b"])
    assert visitor.next("scene")["classes"] == ["1", "2"]
    visitor.ask("take", target="n", inputs=["a", "b"], task="regression")
    scene = visitor.next("scene")
    assert (scene["n_classes"], scene["labels"]) == (0, [1, 2, 1, 2])
    assert scene["target"] == {"name": "n", "mean": 1.5, "scale": 0.5}


def test_of_many_rows_a_sample_is_taken_that_is_always_the_same(
    visit: Callable[..., Visitor],
) -> None:
    lines = "".join(f"{k},{k * k % 97},{k % 3}\n" for k in range(1500))
    scenes = []
    for _ in range(2):
        visitor = visit()
        visitor.next("frame")
        send(visitor, "a,b,c\n" + lines)
        visitor.next("table")
        visitor.ask("take", target="c", inputs=["a", "b"])
        scenes.append(visitor.next("scene"))
        assert visitor.next("notes")["notes"] == [
            "Of 1500 rows a sample of 1000 is taken, always the same."
        ]
    assert scenes[0]["rows"] == scenes[1]["rows"]
    assert len({row[0] for row in scenes[0]["rows"]}) == MOST_SAMPLES


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"target": "species", "inputs": ["length"]}, "2 to 6 different inputs"),
        ({"target": "species", "inputs": ["length", "length"]}, "2 to 6 different inputs"),
        ({"target": "species", "inputs": ["length", "garden"]}, "'garden' holds no numbers"),
        ({"target": "species", "inputs": ["length", "height"]}, "plants.csv has no column"),
        ({"target": "length", "inputs": ["length", "width"]}, "as well"),
        ({"target": "species", "inputs": "length"}, "inputs of the command take must be a JSON"),
        ({"target": "species", "inputs": ["length", 7]}, "names of columns"),
        ({"target": "species", "inputs": ["length", "width"], "task": "regression"}, "no numbers"),
        ({"target": "species", "inputs": ["length", "width"], "task": 1}, "one of classification"),
        ({}, "The command take needs target"),
    ],
)
def test_columns_that_make_no_points_are_refused(
    visitor: Visitor, choice: dict[str, Any], sentence: str
) -> None:
    send(visitor, PLANTS)
    visitor.next("table")
    visitor.ask("take", **choice)
    assert sentence in visitor.next("problem")["sentence"]
    assert visitor.frame("epoch")["epoch"] == 1


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        ("a,b\n1,2\n", "../../etc/passwd", "passwd is no table that the page reads"),
        ("a,b\n1,2\n", "x.xlsx", "is no table that the page reads"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "x.csv", "x.csv is packed"),
        ("a,b,c\n1,2,3\n1,2\n", "C:\\my\\x.csv", "x.csv:3: this row has 2 fields"),
        ("a,b,c\n", "x.csv", "no rows"),
        ("a\nfern\n", "x.csv", "a target"),
        ("a,b\n1,fern\n2,moss\n", "x.csv", "one column of different numbers beside 'b'"),
        ("a,b,c\n1,2\xff,x\n".encode("latin-1"), "x.csv", "UTF-8"),
        ("[" * 50_000, "x.json", "x.json"),
        ("," * 300_000 + "\n1\n", "x.csv", "x.csv"),
    ],
)
def test_what_is_no_table_is_refused_with_the_name_it_came_with(
    visitor: Visitor, content: str | bytes, name: str, sentence: str
) -> None:
    send(visitor, content, name)
    problem = visitor.next("problem")["sentence"]
    assert sentence in problem
    assert "glassnet-" not in problem
    assert visitor.frame("epoch")["epoch"] == 1


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"size": uploads.LARGEST + 1}, "the page takes 16"),
        ({"size": 2**53}, "the page takes 16"),
        ({"size": 0}, "is empty"),
        ({"size": "7"}, "size of the command upload must be a whole number"),
        ({"name": 7}, "name of the command upload must be a text"),
    ],
)
def test_an_upload_that_cannot_be_is_refused_before_it_begins(
    visitor: Visitor, request_: dict[str, Any], sentence: str
) -> None:
    visitor.ask("upload", **{"name": "x.csv", "size": 10, **request_})
    assert sentence in visitor.next("problem")["sentence"]


def test_more_than_was_announced_is_refused(visitor: Visitor) -> None:
    send(visitor, PLANTS, size=20)
    assert "More of plants.csv came than was announced" in visitor.next("problem")["sentence"]
    visitor.ask("piece", base64="no base64")
    assert "base64" in visitor.next("problem")["sentence"]
    visitor.ask("take", target="species", inputs=["length", "width"])
    assert "Drop a file first" in visitor.next("problem")["sentence"]


def test_pieces_without_an_upload_are_refused(visitor: Visitor) -> None:
    visitor.ask("piece", base64="")
    assert "drop a file first" in visitor.next("problem")["sentence"]
    visitor.ask("take", target="species", inputs=["length", "width"])
    assert "drop a file first" in visitor.next("problem")["sentence"]
    visitor.ask("adopt", points={"rows": [[0, 0, 0]]}, notes=[])
    assert "The page cannot do 'adopt'" in visitor.next("problem")["sentence"]


def test_of_two_tables_that_come_at_once_the_later_is_shown(visitor: Visitor) -> None:
    for _ in range(3):
        send(visitor, PLANTS)
        send(visitor, PLANTS.replace("width", "height"))
        *earlier, table = [message for message in visitor.rest() if message["kind"] == "table"]
        assert [c["name"] for c in table["columns"]][1] == "height"
        assert isinstance(table["upload"], int)
        assert all(message["upload"] < table["upload"] for message in earlier)


def test_while_a_table_is_read_another_can_be_sent_but_nothing_taken() -> None:
    visitor = Visitor(InitialState())
    visitor.session.uploads._jobs = Waiting()
    send(visitor, PLANTS)
    visitor.ask("take", target="species", inputs=["length", "width"])
    assert "plants.csv is being read" in visitor.next("problem")["sentence"]
    assert visitor.frame("epoch")["epoch"] == 1
    send(visitor, PLANTS, "others.csv")
    assert Waiting.cancelled == 1
    visitor.session.close()


class Waiting:
    """A host whose jobs never end."""

    in_turns = False
    cancelled = 0

    def start(self, _: Work) -> Waiting:
        return self

    def poll(self) -> tuple[list[Any], bool]:
        return [], False

    def cancel(self) -> None:
        Waiting.cancelled += 1


@pytest.fixture
def read_apart(tmp_path: Path) -> Callable[..., Answer]:
    """Read a table in a process of its own, as a server does, and wait for what comes of it."""
    path = tmp_path / "table.csv"

    def read(content: str = PLANTS, choice: Choice | None = None) -> Answer:
        path.write_text(content)
        woken = threading.Event()
        job = BackgroundJobs(woken.set).start(TableWork(path, "plants.csv", choice))
        answers: list[Answer] = []
        is_over = False
        while not is_over:
            assert woken.wait(PATIENCE)
            woken.clear()
            found, is_over = job.poll()
            answers += found
        [answer] = answers
        return answer

    return read


def test_a_process_reads_a_table_as_this_one_does(
    read_apart: Callable[..., Answer], tmp_path: Path
) -> None:
    choice = Choice("species", ("length", "width"))
    for chosen in (None, choice):
        answer = read_apart(PLANTS, chosen)
        [here] = TableWork(tmp_path / "table.csv", "plants.csv", chosen).pieces()
        assert answer.values == json.loads(json.dumps(here.values))


def test_what_a_process_refuses_is_named_as_the_visitor_does(
    read_apart: Callable[..., Answer],
) -> None:
    with pytest.raises(gn.InputError, match=r"plants\.csv:3: this row has 2 fields"):
        read_apart("a,b,c\n1,2,3\n1,2\n")


def test_a_table_that_takes_too_long_is_refused(
    read_apart: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableWork, "seconds", 1e-3)
    with pytest.raises(gn.InputError, match="seconds to read"):
        read_apart()


def test_a_process_that_may_not_take_the_memory_it_needs_is_ended_with_a_sentence(
    read_apart: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "reader").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "reader").chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "reader"))
    with pytest.raises(gn.InputError, match=r"plants\.csv takes more memory to read than is"):
        read_apart()


def test_what_was_sent_is_gone_with_the_session(
    visit: Callable[..., Visitor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    visitor = visit()
    visitor.next("frame")
    send(visitor, PLANTS)
    visitor.next("table")
    assert [path.name for path in tmp_path.glob("*/*")] == ["table.csv"]
    visitor.session.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="the reader is a shell script here")
def test_what_a_reader_leaves_that_is_killed_is_gone_with_its_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = tmp_path / "reader"
    reader.write_text('#!/bin/sh\nmkdir "$TMPDIR/its own" && exec sleep 60\n')
    reader.chmod(0o700)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr(sys, "executable", str(reader))
    job = BackgroundJobs(lambda: None).start(TableWork(tmp_path / "table.csv", "plants.csv"))
    wait_until(lambda: list(folder.rglob("its own")) != [])
    job.cancel()
    assert list(folder.iterdir()) == []


def test_iris_opens_with_the_best_inputs_on_the_axes() -> None:
    initial = initial_state_of("iris")
    points = initial.scenario.points
    assert points is not None
    assert [measure.name[:12] for measure in points.inputs[:2]] == ["petal length", "petal width "]
    assert len(points.inputs) == 4
    assert points.classes == ("setosa", "versicolor", "virginica")
    assert initial.scenario.spec.features == ("x1", "x2", "x3", "x4")


def test_wine_opens_with_six_of_its_inputs_and_diabetes_as_a_regression() -> None:
    wine, diabetes = (
        initial_state_of("wine").scenario.points,
        initial_state_of("diabetes").scenario.points,
    )
    assert wine is not None
    assert diabetes is not None
    assert len(wine.inputs) == 6
    assert diabetes.classes == ()
    assert {m.name for m in diabetes.inputs[:2]} == {"bmi", "s5"}


def test_a_file_opens_by_its_target(tmp_path: Path) -> None:
    path = tmp_path / "plants.csv"
    path.write_text(PLANTS)
    points = initial_state_of(str(path), "garden").scenario.points
    assert points is not None
    assert points.target.name == "garden"
    with pytest.raises(gn.InputError, match="did you mean 'width'"):
        initial_state_of(str(path), "widht")
    with pytest.raises(gn.InputError, match="leave it out"):
        initial_state_of("moons", "label")
    for name, sentence in {"digits": "2 to 8", "curve": "one column of different numbers"}.items():
        with pytest.raises(gn.InputError, match=sentence):
            initial_state_of(name)


def test_what_was_decided_of_a_table_is_said(tmp_path: Path) -> None:
    path = tmp_path / "garden.csv"
    lines = [f"2024-01-{k + 1:02},{k * 7 % 5},3,{k * 3 % 7},{'ab'[k % 2]}" for k in range(20)]
    path.write_text("\n".join(["day,width,same,height,kind", *lines]))
    learned, left = initial_state_of(str(path)).notes
    assert learned == "Learned is kind: glassnet play --target names another column."
    assert left.startswith("Left out: day, same. The page takes up to 6 columns of numbers")
    assert initial_state_of(str(path), "kind").notes == (left,)
    path.write_text(
        "\n".join(["0.1,0.2,a", *(f"{k / 10},{k % 3},{'ab'[k % 2]}" for k in range(9))])
    )
    assert any("is taken as data" in note for note in initial_state_of(str(path)).notes)


def test_columns_that_never_vary_are_no_inputs(tmp_path: Path) -> None:
    path = tmp_path / "garden.csv"
    path.write_text("a,same,kind\n" + "".join(f"{k},7,{'ab'[k % 2]}\n" for k in range(9)))
    with pytest.raises(gn.InputError, match="one column of different numbers beside 'kind'"):
        initial_state_of(str(path))


def test_a_folder_or_a_model_that_is_no_run_is_refused(tmp_path: Path) -> None:
    points = gn.datasets.rings()
    gn.train(gn.Network((2, 2, 1)), points.X, points.y, max_epochs=1).save(tmp_path / "run")
    with pytest.raises(gn.InputError, match="this is a model alone: name the folder of its run"):
        initial_state_of(str(tmp_path / "run" / "model.safetensors"))
    with pytest.raises(gn.InputError, match="is not that of a run"):
        initial_state_of(str(tmp_path))


@pytest.mark.parametrize("name", ["iris", "hill"])
def test_a_run_on_a_table_opens_in_its_units_to_the_same_digits(
    name: str, visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    with opened_table(name) as table:
        recipe, _ = fit_recipe(table, "label" if name == "iris" else "y")
        samples = load(table, recipe)
    assert samples.y is not None
    n_classes = len(recipe.target.classes or ())
    network = gn.Network(
        (recipe.n_features, 4, n_classes or 1), loss=None if n_classes else "mean_squared_error"
    )
    run = gn.train(network, samples.X, samples.y, max_epochs=30, batch_size=20, seed=1)
    run = replace(run, recipe=recipe)
    run.save(tmp_path / "run")
    initial = initial_state_of(str(tmp_path / "run"))
    visitor = visit(initial)
    scene = visitor.next("scene")
    frame = visitor.next("frame")
    np.testing.assert_array_equal(frame["parameters"], run.parameters.vector)
    dataset = gn.datasets.DATASETS[name]()
    if name == "hill":
        np.testing.assert_allclose(scene["rows"], dataset.X, rtol=1e-12)
        np.testing.assert_allclose(scene["labels"], dataset.y, rtol=1e-12)
    else:
        assert scene["rows"] == dataset.X.tolist()
        assert scene["classes"] == list(dataset.class_names)
    assert initial.points is not None
    np.testing.assert_array_equal(initial.points.dataset.X, run.data[0])
