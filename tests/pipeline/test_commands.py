"""The commands on tables, run as their users run them: what they write, print and refuse."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as oracle

import glassnet as gn
from glassnet.cli import run as command_line

QUICK = ("--max-epochs", "40", "--no-pictures", "--hidden", "8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with every kind of column, some values missing."""
    generator = random.Random(1)
    path = tmp_path_factory.mktemp("tables") / "homes.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "rooms", "area", "city", "garden", "built", "price"])
        for number in range(300):
            rooms, city = generator.randint(1, 8), generator.choice(["Bern", "Zug", "Genf"])
            size = round(22 * rooms + generator.gauss(0, 8), 1)
            area = "" if number % 50 == 7 else size
            garden = generator.choice(["true", "false"])
            price = 2000 * size * (1.5 if city == "Zug" else 1) + generator.gauss(0, 5000)
            built = f"{generator.randint(1950, 2020)}-0{generator.randint(1, 9)}-12"
            rows.writerow([f"h{number}", rooms, area, city, garden, built, round(price, 1)])
    return path


def glassnet(*arguments: object) -> int:
    """Run a command; a training is of one network, into glassnet-run by default."""
    words = [str(argument) for argument in arguments]
    if words[0] == "train" and not {"--resume", "--effort"} & set(words):
        words += ["--single"]
    if words[0] == "train" and not {"--out", "--resume"} & set(words):
        words += ["--out", "glassnet-run", "--force"]
    return command_line(words)


def run_losses(here: Path) -> np.ndarray:
    run = gn.load(here / "glassnet-run")
    assert isinstance(run, gn.Run)
    return run.history.loss


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_table_becomes_a_folder_with_everything(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert glassnet("train", homes, "--target", "price", "--max-epochs", 60) == 0
    shown = capsys.readouterr()
    assert "R2" in shown.out
    assert "glassnet predict glassnet-run NEW.csv" in shown.out
    assert "Column 'id' is left out" in shown.err
    summary = json.loads((here / "glassnet-run/summary.json").read_text())
    assert sorted(summary["files"]) == sorted(f.name for f in (here / "glassnet-run").iterdir())
    assert {"learning_curves.png", "boundary.png", "residuals.png"} < set(summary["files"])
    assert summary["scores"]["r2"] > 0.9
    assert summary["seed"] == 0
    assert len(summary["data_sha256"]) == 64
    assert summary["table"]["rows"] == 300
    log = (here / "glassnet-run/training.log").read_text()
    assert "chosen   batch_size = 32: Small batches" in log
    assert "note     Column 'id' is left out" in log
    assert f"epoch    1: loss {run_losses(here)[0]:.6g}, held out " in log
    assert f"stopped  {summary['explanation']}" in log
    assert set(summary["versions"]) >= {"glassnet", "python", "numpy"}
    run = gn.load(here / "glassnet-run")
    assert isinstance(run, gn.Run)
    assert run.recipe is not None
    assert len(table((here / "glassnet-run/history.csv").read_text())) == run.epochs


def test_json_is_the_summary_and_quiet_says_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert glassnet("train", "iris", *QUICK, "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["table"]["source"] == "iris"
    assert json.loads(shown.out)["scores"]["classes"].keys() == {
        "setosa",
        "versicolor",
        "virginica",
    }
    assert shown.err == ""
    assert glassnet("train", "iris", *QUICK, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_the_same_command_gives_the_same_model(here: Path) -> None:
    for out in ("a", "b"):
        assert glassnet("train", "moons", *QUICK, "--out", out, "--quiet", "--seed", 3) == 0
    assert (here / "a/model.safetensors").read_bytes() == (
        here / "b/model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--hidden", "none", "--optimizer", "lbfgs", "--l2", "0.01"), {"sizes": [4, 3]}),
        (
            ("--activation", "tanh", "--activation", "leaky-relu", "--hidden", "5,4"),
            {"activation": ["tanh", "leaky_relu"]},
        ),
        (("--optimizer", "gradient-descent", "--momentum", "0.9", "--learning-rate", "0.05"), {}),
        (("--optimizer", "rmsprop", "--schedule", "step:10:0.5", "--dropout", "0.1"), {}),
        (("--schedule", "plateau:3", "--clip-norm", "0.5", "--class-weight", "balanced"), {}),
        (("--schedule", "inverse:0.5", "--dtype", "float32", "--batch-size", "16"), {}),
        (("--validation", "none", "--engine", "reference", "--initialiser", "he-normal"), {}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_every_setting_can_be_asked_for(
    here: Path, arguments: tuple[str, ...], expected: dict[str, Any]
) -> None:
    start = ("train", "iris", "--max-epochs", "30", "--no-pictures", "--quiet")
    assert glassnet(*start, *arguments) == 0
    run = gn.load(here / "glassnet-run")
    assert isinstance(run, gn.Run)
    network = json.loads(run.network.to_json())
    assert {key: network[key] for key in expected} == expected
    assert run.history.loss[-1] < run.history.loss[0]


def test_what_predict_says_is_what_the_model_says(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", homes, "--target", "city", *QUICK, "--exclude", "id", "--quiet")
    assert glassnet("predict", "glassnet-run", homes, "--keep", "id", "--keep", "rooms") == 0
    rows = table(capsys.readouterr().out)
    assert list(rows[0]) == ["id", "rooms", "predicted city", "P(Bern)", "P(Genf)", "P(Zug)"]
    assert [row["id"] for row in rows] == [f"h{number}" for number in range(300)]
    for row in rows:
        p = {name: float(row[f"P({name})"]) for name in ("Bern", "Genf", "Zug")}
        assert sum(p.values()) == pytest.approx(1, abs=1e-12)
        assert max(p, key=p.__getitem__) == row["predicted city"]
    assert glassnet("predict", "glassnet-run", homes, "--json", "--out", "p.jsonl") == 0
    lines = [json.loads(line) for line in (here / "p.jsonl").read_text().splitlines()]
    assert [line["predicted city"] for line in lines] == [row["predicted city"] for row in rows]


def test_columns_may_come_in_another_order_with_others_among_them(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", homes, "--target", "price", *QUICK, "--exclude", "id", "--quiet")
    glassnet("predict", "glassnet-run", homes)
    straight = capsys.readouterr().out
    rows = table(homes.read_text())
    with (here / "other.csv").open("w", newline="") as file:
        names = ["built", "nonsense", "city", "area", "garden", "rooms"]
        writer = csv.DictWriter(file, names, extrasaction="ignore", restval="x")
        writer.writeheader()
        writer.writerows(rows)
    assert glassnet("predict", "glassnet-run", "other.csv") == 0
    assert capsys.readouterr().out == straight


def test_rows_that_the_model_does_not_know_are_noted(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", homes, "--target", "price", *QUICK, "--exclude", "id", "--quiet")
    (here / "new.csv").write_text(
        "rooms,area,city,garden,built\n3,70,Basel,true,1999-01-01\n,60,Zug,,\n"
    )
    assert glassnet("predict", "glassnet-run", "new.csv") == 0
    shown = capsys.readouterr()
    assert len(table(shown.out)) == 2
    assert "'Basel'" in shown.err
    assert "'rooms'" in shown.err


def test_scores_of_evaluate_are_those_of_scikit_learn(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", homes, "--target", "garden", *QUICK, "--exclude", "id", "--quiet")
    assert glassnet("evaluate", "glassnet-run", homes, "--json") == 0
    scores = json.loads(capsys.readouterr().out)
    glassnet("predict", "glassnet-run", homes)
    predicted = table(capsys.readouterr().out)
    y = [row["garden"] == "true" for row in table(homes.read_text())]
    p = [float(row["P(True)"]) for row in predicted]
    decided = [row["predicted garden"] == "True" for row in predicted]
    expected = {
        "rows": 300,
        "accuracy": oracle.accuracy_score(y, decided),
        "log_loss": oracle.log_loss(y, p),
        "roc_auc": oracle.roc_auc_score(y, p),
        "brier_score": oracle.brier_score_loss(y, p),
    }
    assert {key: scores[key] for key in expected} == pytest.approx(expected, abs=1e-12)
    assert scores["confusion_matrix"] == oracle.confusion_matrix(y, decided).tolist()
    written = sorted(file.name for file in (here / "homes-evaluation").iterdir())
    pictures = ["calibration.png", "confusion_matrix.png", "roc.png"]
    assert written == [*pictures, "scores.json", "summary.json"]


def test_evaluate_goes_by_the_rows_held_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    glassnet("train", "diabetes", *QUICK, "--json")
    trained = json.loads(capsys.readouterr().out)["scores"]
    assert glassnet("evaluate", "glassnet-run", "--no-pictures", "--json") == 0
    assert json.loads(capsys.readouterr().out) == pytest.approx(trained, abs=1e-12)
    glassnet("train", "diabetes", *QUICK, "--validation", "none", "--quiet")
    assert glassnet("evaluate", "glassnet-run") == 2
    assert "has no rows held out: name a table" in capsys.readouterr().err


def test_a_regression_with_several_outputs(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = ("--target", "price", "--target", "rooms")
    assert glassnet("train", homes, *targets, *QUICK, "--exclude", "id", "--quiet") == 0
    glassnet("predict", "glassnet-run", homes)
    assert list(table(capsys.readouterr().out)[0]) == ["predicted price", "predicted rooms"]
    glassnet("evaluate", "glassnet-run", homes, "--json")
    assert json.loads(capsys.readouterr().out)["outputs"].keys() == {"price", "rooms"}


def test_validation_rows_of_a_file(here: Path, homes: Path) -> None:
    lines = homes.read_text().splitlines(keepends=True)
    (here / "train.csv").write_text("".join(lines[:201]))
    (here / "test.csv").write_text("".join([lines[0], *lines[201:]]))
    asked = ("--target", "price", "--exclude", "id", "--validation", "test.csv")
    assert glassnet("train", "train.csv", *asked, *QUICK, "--quiet") == 0
    run = gn.load(here / "glassnet-run")
    assert isinstance(run, gn.Run)
    assert run.validation is not None
    assert len(run.validation.X) == 100
    assert run.samples is not None
    assert len(run.samples.X) == 200


def test_show_draws_what_is_asked_for(here: Path, homes: Path) -> None:
    glassnet("train", homes, "--target", "price", *QUICK, "--exclude", "id", "--quiet")
    asked = ("--features", "area", "--features", "rooms", "--at", "city = Zug=1", "--held", "3")
    assert glassnet("show", "glassnet-run", *asked, "--dark", "--quiet") == 0
    written = {file.name for file in (here / "glassnet-pictures").iterdir()}
    pictures = {"boundary", "landscape", "learning_curves", "network", "weights"}
    assert written == {f"{name}.png" for name in pictures} | {"summary.json"}
    assert glassnet("show", "glassnet-run", "--only", "weights", "--out", "one", "--quiet") == 0
    assert {file.name for file in (here / "one").iterdir()} == {"weights.png", "summary.json"}


@pytest.mark.parametrize("data", ["moons", "iris", "diabetes"])
def test_any_run_can_be_filmed(here: Path, data: str) -> None:
    import av

    glassnet("train", data, "--max-epochs", 8, "--no-pictures", "--hidden", 8, "--quiet")
    assert glassnet("animate", "glassnet-run", "--out", "film.mp4", "--quiet") == 0
    run = gn.load("glassnet-run")
    assert isinstance(run, gn.Run)
    with av.open(str(here / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == run.epochs


def test_inspect_and_export_take_the_folder_or_the_model(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", "wine", *QUICK, "--quiet")
    for path in ("glassnet-run", "glassnet-run/model.safetensors"):
        assert glassnet("inspect", path, "--json") == 0
        described = json.loads(capsys.readouterr().out)
        assert described["network"]["sizes"] == [13, 8, 3]
        assert described["classes"] == ["class_0", "class_1", "class_2"]
        assert glassnet("export", path, "python", "--rows", "wine", "--quiet") == 0
    code = """
import csv, json, model
rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(open("w.csv"))]
print(json.dumps([model.predict(row) for row in rows]))
"""
    wine = gn.datasets.wine()
    with (here / "w.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(wine.feature_names)
        writer.writerows(wine.X.tolist())
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=True
    )
    elsewhere = [row["label"] for row in json.loads(done.stdout)]
    glassnet("predict", "glassnet-run", "wine")
    assert [row["predicted label"] for row in table(capsys.readouterr().out)] == elsewhere


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train",), "Name a table to train on"),
        (("train", "nowhere.csv", "--target", "y"), "nowhere.csv"),
        (("train", "iri"), "There is no file 'iri', and no data set of that name"),
        (("train", "t.csv"), "Which column of t.csv is to be predicted?"),
        (("train", "t.csv", "--target", "z"), "has no column 'z'"),
        (("train", "t.csv", "--target", "y", "--schedule", "fast"), "--schedule takes one of"),
        (("train", "t.csv", "--target", "y", "--schedule", "step:x"), "write step:100:0.5"),
        (("train", "t.csv", "--target", "y", "--validation", "1.5"), "--validation takes a share"),
        (("train", "t.csv", "--target", "y", "--validation", "no.csv"), "no.csv"),
        (("train", "t.csv", "--target", "y", "--dropout", "a"), "--dropout takes values such as"),
        (("train", "t.csv", "--target", "y", "--hidden", "x"), "--hidden takes values such as"),
        (
            ("train", "t.csv", "--target", "y", "--momentum", "0.9"),
            "--momentum does not go with",
        ),
        (
            ("train", "t.csv", "--target", "y", "--optimizer", "adam", "--momentum", "0.9"),
            "--momentum does not go with",
        ),
        (("train", "--resume", "r", "--out", "s"), "--resume goes on in the folder it names"),
        (("train", "--resume", "r", "--target", "y"), "--target cannot be changed with --resume"),
        (("train", "--resume", "nowhere"), "There is no training to go on with in 'nowhere'"),
        (("train", "t.csv", "--target", "y", "--seed", "-1"), "--seed must be a whole number from"),
        (("train", "t.csv", "--target", "y", "--max-epochs", "0"), "--max-epochs must be a whole"),
        (("train", "t.csv", "--target", "y", "--batch-size", "0"), "--batch-size must be a whole"),
        (
            ("train", "t.csv", "--target", "y", "--clip-norm", "0"),
            "--clip-norm must be a finite",
        ),
        (
            ("train", "t.csv", "--target", "y", "--optimizer", "lbfgs", "--batch-size", "4"),
            "leave out --batch-size and --dropout",
        ),
        (("train", "t.csv", "--target", "y", "--checkpoint-every", "nan"), "--checkpoint-every"),
        (("train", "t.csv", "--target", "y", "--checkpoint-every", "-1"), "--checkpoint-every"),
        (("train", "t.csv", "extra"), "There is one word too many: 'extra'."),
        (("train", "--resume", ""), "--resume takes the folder of a training"),
        (("train", "--resume", "r", "--seed", "1"), "--seed cannot be changed with --resume"),
        (
            ("train", "--resume", "r", "--hidden", "8"),
            "--hidden-layer-sizes cannot be changed",
        ),
        (("predict", "nowhere", "t.csv"), "nowhere"),
        (("evaluate", "nowhere"), "There is no folder 'nowhere'"),
        (("show", "nowhere"), "There is no folder 'nowhere'"),
        (("export", "t.csv", "c"), "t.csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_request_is_refused_in_one_sentence_and_writes_nothing(
    here: Path, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "t.csv").write_text("x,y\n" + "".join(f"{k},{k % 2}\n" for k in range(60)))
    assert glassnet(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert sentence in shown.err
    assert shown.err.count("\n") == 1
    assert [file.name for file in here.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("seed = -1", "--seed must be a whole number from 0, not -1"),
        ('seed = "one"', "'seed' in the settings file '"),
        ("batch-size = 1.5", "'batch-size' in the settings file '"),
        ("max-epoch = 5", "Unknown setting 'max-epoch' in the settings file '"),
        ('learning-rate = "fast"', "'learning-rate' in the settings file '"),
    ],
)
def test_a_wrong_setting_in_a_file_is_refused_by_its_name(
    here: Path, line: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "s.toml").write_text(f"[train]\n{line}\n")
    assert glassnet("train", "moons", "--config", "s.toml") == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "s.toml" in said or "-1" in said
    assert said.count("\n") == 1


def test_a_wrong_setting_in_the_environment_is_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GLASSNET_TRAIN_SEED", "-1")
    assert glassnet("train", "moons") == 2
    assert "--seed must be a whole number from 0" in capsys.readouterr().err


def test_a_batch_of_more_rows_than_there_are_is_all_of_them(here: Path) -> None:
    for size in (100_000, 99_999_999_999_999_999_999):
        asked = ("--batch-size", size, "--out", f"b{size}", "--quiet")
        assert glassnet("train", "moons", *QUICK, *asked) == 0
    one, other = (gn.load(folder) for folder in here.iterdir())
    assert isinstance(one, gn.Run)
    assert isinstance(other, gn.Run)
    assert np.array_equal(one.history.loss, other.history.loss)


def test_layers_may_stand_in_a_list_of_toml_or_between_commas(here: Path) -> None:
    (here / "s.toml").write_text('[train]\nhidden = [5, 4]\nactivation = ["relu", "tanh"]\n')
    quick = ("train", "iris", "--max-epochs", 3, "--no-pictures", "--quiet")
    assert glassnet(*quick, "--config", "s.toml", "--out", "a") == 0
    assert glassnet(*quick, "--hidden", "5,4", "--activation", "relu,tanh", "--out", "b") == 0
    one, other = gn.load(here / "a"), gn.load(here / "b")
    assert one.network == other.network
    assert one.network.sizes == (4, 5, 4, 3)


def test_rows_without_a_target_are_skipped_by_an_option(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "t.csv").write_text("x,y\n1,\n" + "".join(f"{k},{k % 2}\n" for k in range(60)))
    assert glassnet("train", "t.csv", "--target", "y", *QUICK, "--quiet") == 2
    assert "skip such rows (--missing-target skip)" in capsys.readouterr().err
    skipping = ("--missing-target", "skip")
    assert glassnet("train", "t.csv", "--target", "y", *QUICK, "--quiet", *skipping) == 0


def test_a_training_cannot_end_before_where_it_is(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", "moons", *QUICK, "--quiet")
    before = {file.name: file.read_bytes() for file in (here / "glassnet-run").iterdir()}
    assert glassnet("train", "--resume", "glassnet-run", "--max-epochs", 39, "--quiet") == 2
    assert "it has already done 40 epochs" in capsys.readouterr().err
    assert {f.name: f.read_bytes() for f in (here / "glassnet-run").iterdir()} == before


def test_a_run_without_that_feature_or_picture(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", "iris", *QUICK, "--quiet")
    for asked, sentence in {
        (
            "--only",
            "boundary",
            "--features",
            "sepal",
        ): "A boundary needs two features, but 1 are named",
        ("--only", "boundary", "--features", "a", "--features", "b"): "There is no feature 'a'",
        ("--only", "boundary", "--held", "999"): "There is no sample 999",
        ("--only", "boundary", "--held", "middle"): "not 'middle'",
        ("--only", "boundary", "--at", "petal"): "--at takes a feature and a value",
        ("--only", "loss"): "There is no picture 'loss'",
    }.items():
        assert glassnet("show", "glassnet-run", *asked) == 2
        assert sentence in capsys.readouterr().err
    assert not (here / "glassnet-pictures").exists()


def test_other_data_are_refused_when_resuming(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = here / "t.csv"
    data.write_text("x,y\n" + "".join(f"{k},{k % 2}\n" for k in range(60)))
    glassnet("train", data, "--target", "y", *QUICK, "--quiet")
    data.write_text("x,y\n" + "".join(f"{k * k},{k % 2}\n" for k in range(60)))
    assert glassnet("train", "--resume", "glassnet-run", "--quiet") == 2
    assert "The checkpoint is of another training, its data differ" in capsys.readouterr().err


def test_a_schedule_that_has_run_out_is_said(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", "moons", *QUICK, "--quiet")
    assert glassnet("train", "--resume", "glassnet-run", "--max-epochs", 80, "--quiet") == 2
    assert "The learning rate of this training runs out after 40 epochs" in capsys.readouterr().err


def test_a_finished_training_goes_on_as_if_it_had_been_asked_at_once(here: Path) -> None:
    asked = (
        "train",
        "moons",
        "--no-pictures",
        "--hidden",
        "8",
        "--quiet",
        "--schedule",
        "constant",
    )
    glassnet(*asked, "--max-epochs", 30, "--patience", 1000, "--out", "short")
    glassnet("train", "--resume", "short", "--max-epochs", 70, "--quiet")
    glassnet(*asked, "--max-epochs", 70, "--patience", 1000, "--out", "long")
    short, long = gn.load(here / "short"), gn.load(here / "long")
    assert isinstance(short, gn.Run)
    assert isinstance(long, gn.Run)
    assert np.array_equal(short.history.loss, long.history.loss)
    assert np.array_equal(short.state.parameters.vector, long.state.parameters.vector)


@pytest.mark.parametrize(
    "asked",
    [
        ("iris",),
        ("homes.csv", "--target", "price", "--target", "rooms", "--exclude", "id"),
        ("moons", "--hidden", "5,4", "--activation", "tanh", "--activation", "elu", "--seed", "5"),
        ("moons", "--optimizer", "lbfgs", "--l1", "0.001", "--hidden", "none"),
        ("moons", "--schedule", "step:5:0.5", "--dropout", "0.1", "--validation", "0.3"),
        ("moons", "--optimizer", "gradient-descent", "--momentum", "0.5", "--batch-size", "16"),
        ("moons", "--schedule", "plateau:4", "--patience", "9", "--class-weight", "balanced"),
    ],
    ids=" ".join,
)
def test_the_settings_that_are_written_repeat_the_training(
    here: Path, homes: Path, asked: tuple[str, ...]
) -> None:
    (here / "homes.csv").write_bytes(homes.read_bytes())
    fixed = ("--max-epochs", "20", "--no-pictures", "--quiet")
    assert glassnet("train", *asked, *fixed, "--out", "first") == 0
    assert glassnet("train", "--config", "first/settings.toml", "--quiet", "--out", "again") == 0
    first, again = (here / name / "model.safetensors" for name in ("first", "again"))
    assert first.read_bytes() == again.read_bytes()


def test_an_earlier_model_is_inspected_without_moving_the_cursor(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "odd.csv").write_text(
        '"a\x1b[31m[bold]",y\n' + "".join(f"{k},{k % 2}\n" for k in range(60))
    )
    assert glassnet("train", "odd.csv", "--target", "y", *QUICK) == 0
    assert glassnet("inspect", "glassnet-run") == 0
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out
    assert "[bold]" in shown.out


def test_a_table_of_a_thousand_columns_is_trained_on_and_predicted_for(here: Path) -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(100, 1000)).round(3)
    wanted = ["yes" if row[0] > 0 else "no" for row in X]
    names = ",".join(f"x{i}" for i in range(1000))
    rows = [",".join(map(str, row.tolist())) for row in X]
    lines = [f"{names},y", *(f"{row},{y}" for row, y in zip(rows, wanted, strict=True))]
    (here / "wide.csv").write_text("\n".join(lines))
    options = ("--validation", "none", *QUICK)
    assert glassnet("train", "wide.csv", "--target", "y", *options) == 0
    assert glassnet("predict", "glassnet-run", "wide.csv", "--out", "p.csv") == 0
    predicted = [row["predicted y"] for row in table((here / "p.csv").read_text())]
    assert np.mean(np.array(predicted) == np.array(wanted)) > 0.95
    assert gn.load(here / "glassnet-run/model.safetensors").network.sizes[0] == 1000


def test_samples_in_files_give_the_run_that_samples_in_memory_give(
    here: Path, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("memory", 2**28), ("files", 0)):
        monkeypatch.setattr("glassnet.pipeline.samples.IN_MEMORY", most)
        assert glassnet("train", homes, "--target", "city", "--out", name, *QUICK) == 0
    in_memory, in_files = (gn.load(here / name) for name in ("memory", "files"))
    assert isinstance(in_memory, gn.Run)
    assert isinstance(in_files, gn.Run)
    assert (in_memory.parameters.vector == in_files.parameters.vector).all()
    assert (in_memory.history.loss == in_files.history.loss).all()
    for metric, values in in_memory.history.validation.items():
        assert (values == in_files.history.validation[metric]).all()
    left = {path.name for path in here.iterdir()}
    assert left == {"memory", "files"}


def test_a_file_that_is_read_is_not_overwritten(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "t.csv").write_text("x,y\n" + "".join(f"{k},{k % 2}\n" for k in range(60)))
    (here / "link.csv").symlink_to("t.csv")
    before = (here / "t.csv").read_bytes()
    assert glassnet("train", "t.csv", "--target", "y", *QUICK, "--quiet") == 0
    for out in ("t.csv", "link.csv"):
        assert glassnet("predict", "glassnet-run", "t.csv", "--out", out) == 2
        assert "would overwrite what is read" in capsys.readouterr().err
    assert (here / "t.csv").read_bytes() == before


def test_rows_that_cannot_be_read_have_no_heading(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "t.csv").write_text("x,y\n" + "".join(f"{k},{k % 2}\n" for k in range(60)))
    assert glassnet("train", "t.csv", "--target", "y", *QUICK, "--quiet") == 0
    (here / "new.csv").write_text("x\nblue\n")
    assert glassnet("predict", "glassnet-run", "new.csv") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "'x'" in shown.err


def test_exports_have_names_of_their_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert glassnet("train", "moons", *QUICK, "--quiet") == 0
    for format in ("pytorch", "keras", "python", "c", "javascript"):
        assert glassnet("export", "glassnet-run", format, "--quiet") == 0
    written = {file.name for file in here.iterdir() if file.suffix in (".py", ".c", ".mjs")}
    assert written == {"model_pytorch.py", "model_keras.py", "model.py", "model.c", "model.mjs"}
    assert glassnet("export", "glassnet-run", "c", "--out", "model.txt") == 2
    assert "An export to c cannot be written as 'model.txt'" in capsys.readouterr().err
    assert not (here / "model.txt").exists()


def test_a_narrow_terminal_shows_plan_and_digest_whole(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert glassnet("train", "iris", "--max-epochs", "3", "--no-pictures") == 0
    plan = capsys.readouterr().err
    assert "batch size  " in plan
    assert all(len(line) <= 40 for line in plan.split("note")[0].splitlines()[2:])
    assert "optimizer  Adam" in plan
    assert glassnet("inspect", "glassnet-run") == 0
    shown = capsys.readouterr().out
    digest = sha256((here / "glassnet-run/model.safetensors").read_bytes()).hexdigest()
    assert digest in "".join(shown.split())
    assert "…" not in shown


ESCAPE = "\x1b[31m"


def test_control_characters_never_reach_the_terminal(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i % 9},{ESCAPE + 'a' if i % 2 else 'b'},{i}\n" for i in range(60))
    name = f"bad{ESCAPE}.csv"
    Path(name).write_text(f'"x{ESCAPE}","c{ESCAPE}",z\n{rows}')
    out = f"run{ESCAPE}"
    assert glassnet("train", name, "--target", f"c{ESCAPE}", "--out", out, *QUICK) == 0
    assert glassnet("predict", out, name, "--out", f"p{ESCAPE}.csv") == 0
    assert glassnet("evaluate", out, name, "--no-pictures") == 0
    assert glassnet("show", out) == 0
    assert glassnet("inspect", out) == 0
    assert glassnet("export", out, "--format", "json", "--out", f"m{ESCAPE}.json") in (0, 2)
    assert glassnet("train", f"none{ESCAPE}.csv", "--target", "y") == 2
    assert glassnet("train", name, "--target", "y", f"--no{ESCAPE}") == 2
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert r"\x1b[31ma" in printed.out


def test_a_class_of_two_lines_stays_in_its_row(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f'{i % 9},"{"one" if i % 2 else "two"}\nline"\n' for i in range(60))
    Path("t.csv").write_text("x,c\n" + rows)
    assert glassnet("train", "t.csv", "--target", "c", *QUICK) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(r"one\nline") for line in lines)


def test_names_that_the_font_lacks_are_drawn_without_a_warning(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i % 9},{i * i % 11},{i % 3}\n" for i in range(60))
    Path("t.csv").write_text(f"面積,\x07高さ,y\n{rows}", encoding="utf-8")
    assert glassnet("train", "t.csv", "--target", "y", "--max-epochs", 20) == 0
    assert glassnet("animate", "glassnet-run", "--out", "film.gif") == 0
    printed = capfd.readouterr()
    assert "Glyph" not in printed.err + printed.out
    assert Path("glassnet-run/weights.png").stat().st_size > 0


@pytest.mark.parametrize(("target", "score"), [("c", "accuracy"), ("z", "R2")])
def test_without_rows_held_out_the_training_rows_are_scored_and_said_so(
    here: Path, capsys: pytest.CaptureFixture[str], target: str, score: str
) -> None:
    rows = "".join(f"{i % 9},{'ab'[i % 9 > 4]},{(i % 9) / 4}\n" for i in range(30))
    Path("t.csv").write_text("x,c,z\n" + rows)
    assert glassnet("train", "t.csv", "--target", target, *QUICK) == 0
    printed = capsys.readouterr().out
    assert "on the 30 rows it was trained on (none were held out; --validation 0.2" in printed
    summary = json.loads(Path("glassnet-run/summary.json").read_text())
    assert summary["scores"] is None
    found = summary["training_scores"]["accuracy" if target == "c" else "r2"]
    assert f"{score}  " in printed
    if target == "c":
        run = gn.load("glassnet-run")
        assert isinstance(run, gn.Run)
        X, y, _ = run.data
        assert found == (run.predict(X) == y).mean()


def test_a_picture_that_fails_costs_no_training(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    asked = ("train", "moons", "--hidden", "4", "--max-epochs", "30", "--quiet")
    with monkeypatch.context() as patched:
        patched.setattr("glassnet.pictures.display.Display.save", full_disk)
        assert glassnet(*asked) == 1
    said = capsys.readouterr().err
    assert "(No space left on device), but the training is kept" in said
    assert "glassnet train --resume glassnet-run writes them." in said
    assert glassnet("train", "--resume", "glassnet-run", "--quiet") == 0
    assert glassnet(*asked, "--no-pictures", "--out", "whole") == 0
    first, whole = (here / name / "model.safetensors" for name in ("glassnet-run", "whole"))
    assert first.read_bytes() == whole.read_bytes()


def test_what_is_held_is_said_in_the_tables_own_words(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", homes, "--target", "price", *QUICK, "--exclude", "id", "--quiet")
    asked = (
        "show",
        "glassnet-run",
        "--only",
        "boundary",
        "--features",
        "area",
        "--features",
        "rooms",
    )
    good = ("--at", "city=Zug", "--at", "built=2001-02-03", "--at", "garden=true")
    assert glassnet(*asked, *good, "--quiet") == 0
    for held, sentence in {
        "city=Basel": "Column 'city' has no category 'Basel': it has Bern, Genf, Zug",
        "built=nan": "built cannot be held at nan: give a date such as 2001-02-03",
        "built=1e300": "built cannot be held at 1e300",
        "city = Zug=inf": "city = Zug cannot be held at inf: give a number",
        "area=40": "A feature along an axis is not held",
        "garden": "--at takes a feature and a value",
    }.items():
        assert glassnet(*asked, "--at", held) == 2
        assert sentence in capsys.readouterr().err


def test_a_table_that_has_moved_is_named_when_resuming(here: Path, homes: Path) -> None:
    (here / "old.csv").write_bytes(homes.read_bytes())
    asked = ("--target", "price", "--exclude", "id", "--schedule", "constant", "--patience", "99")
    fixed = ("--hidden", "8", "--no-pictures", "--quiet")
    glassnet("train", "old.csv", *asked, *fixed, "--max-epochs", 10)
    (here / "old.csv").rename(here / "new.csv")
    assert glassnet("train", "--resume", "glassnet-run", "--max-epochs", 20) == 2
    assert glassnet("train", "new.csv", "--resume", "glassnet-run", "--max-epochs", 20) == 0


def test_rows_without_a_target_are_left_out_of_an_evaluation(
    here: Path, homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glassnet("train", homes, "--target", "city", *QUICK, "--exclude", "id", "--quiet")
    (here / "some.csv").write_text(homes.read_text().replace(",Zug,", ",,"))
    asked = ("evaluate", "glassnet-run", "some.csv", "--no-pictures", "--json")
    assert glassnet(*asked) == 2
    assert "--missing-target skip" in capsys.readouterr().err
    assert glassnet(*asked, "--missing-target", "skip") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert 0 < rows < 300


def test_a_run_prints_in_a_line() -> None:
    moons = gn.datasets.moons(20)
    run = gn.train(gn.Network((2, 1)), moons.X, moons.y, max_epochs=3, seed=0)
    assert repr(run).startswith("Run(2-1, 3 epochs, max_epochs, loss 0.")
