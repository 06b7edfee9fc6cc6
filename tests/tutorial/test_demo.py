"""glassnet demo: what it writes, prints, refuses, and how it ends.

Once it is run as its users run it, in a process of its own: the fixture `demo_folder`.
"""

from __future__ import annotations

import csv
import json
import pkgutil
import signal
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

import glassnet as gn
from glassnet.cli import run as command_line
from glassnet.tutorial import demo
from glassnet.tutorial.demo_settings import DATA, DemoSettings

FILES = {
    "points.png",
    "network.png",
    "loss.png",
    "boundary.png",
    "training.mp4",
    "replay.html",
    "tutorial.html",
    "predictions.csv",
    "history.csv",
    "parameters.csv",
    "settings.toml",
    "summary.json",
}


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def glassnet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command line in an empty folder: arguments, and variables of the environment."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environment: str) -> Done:
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            code = command_line(list(arguments))
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def quick(glassnet: Command) -> Command:
    """A demo of fifty epochs at most, in the folder out."""

    def run(*arguments: str, **environment: str) -> Done:
        return glassnet("demo", "--out", "out", "--max-epochs", "50", *arguments, **environment)

    return run


@pytest.fixture
def _without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures, film and pages are empty files: other tests look at them."""
    for name in ("pictures.display.Display.save", "pictures.film.Film.save"):
        monkeypatch.setattr(f"glassnet.{name}", lambda self, path, *_: path.touch())
    monkeypatch.setattr("glassnet.playground.replay.write_replay", lambda run, path: path.touch())
    monkeypatch.setattr(demo, "chapter", lambda material: "")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_writes_every_file_and_says_which_to_open_first(demo_folder: Path) -> None:
    assert {path.name for path in demo_folder.iterdir()} == FILES
    printed = (demo_folder.parent / "stdout.txt").read_text(encoding="utf-8")
    assert "20 of 20 right" in printed
    assert "after 5271 epochs" in printed
    assert "open first glassnet-demo/tutorial.html" in printed
    assert printed.count("yes") == 20
    for name in ("points", "network", "loss", "boundary"):
        with Image.open(demo_folder / f"{name}.png") as image:
            image.load()
            assert min(image.size) > 500


def test_its_tables_hold_the_runs_numbers_to_the_last_digit(demo_folder: Path) -> None:
    run = DemoSettings().training()
    for _ in run:
        pass
    losses = [float(row["loss"]) for row in rows(demo_folder / "history.csv")]
    assert losses == run.run.history.loss.tolist()
    ends = [float(row["end"]) for row in rows(demo_folder / "parameters.csv")]
    assert ends == run.run.parameters.vector.tolist()
    table = rows(demo_folder / "predictions.csv")
    assert list(table[0]) == ["x1", "x2", "label", "a3", "decision", "right"]
    a3 = run.run.predict_probability(DATA.X)
    assert [float(row["a3"]) for row in table] == a3.tolist()
    assert [int(row["label"]) for row in table] == DATA.y.tolist()
    assert all(row["right"] == "True" and row["decision"] == row["label"] for row in table)


def test_its_summary_says_what_happened(demo_folder: Path) -> None:
    summary = json.loads((demo_folder / "summary.json").read_text())
    assert summary["stop_reason"] == "loss below 0.005"
    assert summary["epochs"] == 5271
    assert summary["accuracy"] == 1
    assert summary["loss"] < 0.005
    assert set(summary["files"]) == FILES
    assert {"training", "pictures", "film", "total"} <= summary["seconds"].keys()
    assert summary["versions"]["numpy"] == np.__version__
    assert summary["advice"] is None


@pytest.mark.usefixtures("_without_pictures")
def test_its_settings_repeat_it(demo_folder: Path, glassnet: Command, tmp_path: Path) -> None:
    settings = tomllib.loads((demo_folder / "settings.toml").read_text())
    assert settings["demo"]["hidden"] == "3,3"
    config = str(demo_folder / "settings.toml")
    assert glassnet("demo", "--config", config, "--out", "again", "--quiet") == (0, "", "")
    for name in ("history.csv", "parameters.csv", "predictions.csv", "settings.toml"):
        assert (demo_folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.usefixtures("_without_pictures")
def test_command_line_over_environment_over_file(quick: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        '[demo]\nseed = 1\nlearning-rate = 0.1\nactivation = "tanh"\n'
    )
    done = quick(
        "--config", "mine.toml", "--seed", "3", "--quiet",
        GLASSNET_DEMO_SEED="2", GLASSNET_DEMO_LEARNING_RATE="0.2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    settings = tomllib.loads((tmp_path / "out/settings.toml").read_text())["demo"]
    assert (settings["seed"], settings["learning-rate"], settings["activation"]) == (3, 0.2, "tanh")


def test_json_goes_to_stdout_and_is_the_summary_and_no_network_is_used(
    quick: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    done = quick("--json", "--hidden", "none", "--format", "gif")
    assert json.loads(done.stdout) == json.loads((tmp_path / "out/summary.json").read_text())
    assert (tmp_path / "out/training.gif").exists()
    assert "straight line" in json.loads(done.stdout)["advice"]


@pytest.mark.usefixtures("_without_pictures")
def test_a_run_that_is_stuck_says_so_and_what_to_try(glassnet: Command) -> None:
    done = glassnet("demo", "--start", "zeros", "--max-epochs", "1000")
    words = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert "12 of 20 right" in words
    assert "It is stuck" in words
    assert "--seed 1" in words


@pytest.mark.usefixtures("_without_pictures")
def test_a_slow_run_is_advised_to_allow_more_and_then_reaches_the_goal(glassnet: Command) -> None:
    done = glassnet("demo", "--seed", "4", "--json")
    summary = json.loads(done.stdout)
    assert done.returncode == 0
    assert summary["right"] == 19
    assert summary["loss"] == pytest.approx(0.105, abs=5e-4)
    assert "allow more, such as --max-epochs 100000" in summary["advice"]
    longer = DemoSettings(seed=4, max_epochs=100_000).training()
    for _ in longer:
        pass
    assert longer.run.stop_reason == "loss below 0.005"


def test_divergence_fails_with_epoch_and_layer_and_keeps_the_history(
    glassnet: Command, tmp_path: Path
) -> None:
    done = glassnet("demo", "--out", "out", "--activation", "relu", "--learning-rate", "1e308")
    assert done.returncode == 1
    assert "diverged in epoch 3, first in layer 3" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    assert len(rows(tmp_path / "out/history.csv")) == 2
    ends = [float(row["end"]) for row in rows(tmp_path / "out/parameters.csv")]
    assert np.isfinite(ends).all()


@pytest.mark.parametrize(
    ("where", "missing"),
    [
        ("glassnet.training.training.Limits", {"loss.png"}),  # before any epoch
        (
            "glassnet.pictures.loss_curve",
            {"loss.png", "boundary.png", "tutorial.html", "replay.html"},
        ),
    ],
)
def test_ctrl_c_saves_what_there_is_and_exits_with_130(
    where: str,
    missing: set[str],
    glassnet: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = pkgutil.resolve_name(where)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return original(*args, **kwargs)

    monkeypatch.setattr(where, interrupted)
    done = glassnet("demo", "--out", "out", "--quiet")
    assert done.returncode == 130, done.stderr
    assert "what was done is in out" in done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES - missing
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert set(summary["files"]) == FILES - missing
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--activation", "relo"], "--activation takes values such as tanh or relu, not 'relo'"),
        (["--hidden", "0"], "at least one neuron"),
        (["--hidden=-3,3"], "at least one neuron"),
        (["--hidden", "3;3"], "--hidden takes values such as 3,3 or 8"),
        (["--learning-rate", "0"], "positive, finite"),
        (["--learning-rate", "inf"], "positive, finite"),
        (["--learning-rate", "fast"], "--learning-rate"),
        (["--max-epochs", "0"], "whole number from 1"),
        (["--stop-below", "nan"], "finite number"),
        (["--stop-below=-1"], "no loss is below that, not -1"),
        (["--seed", "-1"], "whole number from 0"),
        (["--seed", "1.5"], "not a whole number"),
        (["--max-epochs", "20.7"], "not a whole number"),
        (["--hidden", "1_0"], "--hidden takes values such as 3,3 or 8"),
        (["--hidden", "99999999999,99999999999"], "do not fit into memory"),
        (["--start", "xavier"], "legacy-numpy"),
        (["--format", "avi"], "mp4"),
        (["--lerning-rate", "1"], "--learning-rate"),
        (["extra"], "extra"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--config", "broken.toml"], "line 2"),
        (["--config", "unknown.toml"], "sead"),
        (["--config", "wrong.toml"], "seed"),
        (["--config", "flat.toml"], "below a line [demo]"),
        (["--config", "empty.toml"], "has no table [demo]"),
        (["--out", "a-file"], "is a file"),
        (["--out", "loop"], "Cannot write"),
        (["--out", "x" * 300], "Cannot write"),
        (["--out", "foreign"], "--force"),
        (["--out", "a-file/below"], "Cannot write"),
    ],
)
def test_bad_requests_end_with_one_sentence_and_nothing_written(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").write_text("mine")
    Path("foreign").mkdir()
    Path("foreign/letter.txt").write_text("mine")
    Path("broken.toml").write_text("[demo]\nseed =\n")
    Path("unknown.toml").write_text("[demo]\nsead = 1\n")
    Path("wrong.toml").write_text('[demo]\nseed = "one"\n')
    Path("flat.toml").write_text("seed = 1\n")
    Path("empty.toml").write_text("")
    Path("loop").symlink_to("loop")
    before = sorted(tmp_path.rglob("*"))
    assert command_line(["demo", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert printed.err.startswith("glassnet: ")
    assert printed.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_an_unwritable_folder_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(
        "tempfile.mkdtemp", refuse
    )  # root may write anywhere, so chmod proves nothing
    assert command_line(["demo", "--out", str(tmp_path / "out")]) == 2
    assert "Permission denied" in capsys.readouterr().err


@pytest.mark.usefixtures("_without_pictures")
def test_its_own_folder_is_replaced_and_a_foreign_one_only_with_force(
    quick: Command, tmp_path: Path
) -> None:
    assert quick("--quiet", "--format", "gif").returncode == 0
    (tmp_path / "out/notes.txt").write_text("mine")
    assert quick("--quiet", "--format", "webp").returncode == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == FILES - {"training.mp4"} | {"training.webp", "notes.txt"}
    (tmp_path / "out/summary.json").write_text('{"program": "another"}')
    refused = quick()
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert quick("--force", "--quiet").returncode == 0
    assert (tmp_path / "out/notes.txt").read_text() == "mine"


@pytest.mark.usefixtures("_without_pictures")
def test_a_tampered_summary_reaches_no_file_outside(quick: Command, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/summary.json").write_text(
        '{"program": "glassnet demo", "files": {"../precious": "", "/etc/hostname": ""}}'
    )
    assert quick("--quiet").returncode == 0
    assert (tmp_path / "precious").read_text() == "mine"


def test_help_and_version_name_what_there_is(glassnet: Command) -> None:
    shown = glassnet("--help")
    assert shown.returncode == 0
    assert "demo" in shown.stdout
    listed = glassnet("demo", "--help").stdout
    for option in (
        "out", "seed", "start", "hidden", "activation", "learning-rate", "max-epochs",
        "stop-below", "format", "json", "quiet", "force", "config", "debug",
    ):  # fmt: skip
        assert f"--{option} " in listed
    version = glassnet("--version").stdout
    assert (
        version.strip() == f"glassnet {gn.__version__} (engine: {gn.engines.choose('auto').name})"
    )


def test_debug_shows_where_an_error_comes_from(quick: Command) -> None:
    with pytest.raises(gn.InputError):  # which Python prints with its traceback
        quick("--hidden", "0", "--debug")


@pytest.mark.usefixtures("_without_pictures")
def test_a_markup_like_folder_name_is_printed_as_it_is(glassnet: Command, tmp_path: Path) -> None:
    done = glassnet("demo", "--max-epochs", "20", "--out", "[bold]x")
    assert done.returncode == 0, done.stderr
    assert "[bold]x" in done.stdout
    assert (tmp_path / "[bold]x/summary.json").exists()


@pytest.mark.usefixtures("_without_pictures")
def test_a_linked_folder_is_written_through(quick: Command, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    assert quick("--quiet").returncode == 0
    assert {path.name for path in (tmp_path / "real").iterdir()} == FILES
    assert (tmp_path / "out").is_symlink()


@pytest.mark.usefixtures("_without_pictures")
def test_its_folder_is_the_tutorials_and_no_run(glassnet: Command) -> None:
    done = glassnet("demo", "--out", "demo", "--max-epochs", "20", "--quiet")
    assert done.returncode == 0, done.stderr
    for arguments in (("show", "demo"), ("export", "demo", "c"), ("explain", "./demo")):
        refused = glassnet(*arguments)
        assert refused.returncode == 2
        assert "tutorial's folder, not the folder of a run of glassnet train" in refused.stderr
    meant = glassnet("explain", "demo")
    assert meant.returncode == 0, meant.stderr
    assert "5271" in meant.stdout


def test_a_folder_called_demo_that_is_a_run_is_explained(glassnet: Command) -> None:
    asked = ("moons", "--hidden", "7", "--max-epochs", "3", "--quiet", "--no-pictures", "--single")
    assert glassnet("train", *asked, "--out", "demo").returncode == 0
    assert "2-7-1" in glassnet("explain", "demo").stdout


@pytest.mark.parametrize(
    "options",
    [
        ("--json", "--markdown"),
        ("--batch", "--sample", "0"),
        ("--out", "e.html", "--json"),
        ("--out", "e.html", "--markdown"),
    ],
)
def test_an_explanation_of_two_kinds_at_once_is_refused(
    options: tuple[str, ...], glassnet: Command, tmp_path: Path
) -> None:
    refused = glassnet("explain", "demo", *options)
    assert refused.returncode == 2
    assert "There cannot be both" in refused.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("_without_pictures")
def test_a_narrow_terminal_shows_every_number(quick: Command) -> None:
    done = quick(COLUMNS="40")
    assert "…" not in done.stdout
    assert "-0.46" in done.stdout


def test_a_misspelt_environment_variable_is_refused(quick: Command) -> None:
    done = quick(GLASSNET_DEMO_SED="5")
    assert done.returncode == 2
    assert "GLASSNET_DEMO_SED" in done.stderr


def test_a_loss_that_rises_is_not_advised_to_go_on(tmp_path: Path) -> None:
    run = DemoSettings(activation="relu", learning_rate=1e6, max_epochs=200).training()
    for _ in run:
        pass
    assert "smaller one" in str(demo.advice(run.run))
    linear = DemoSettings(activation="identity", max_epochs=50).training()
    for _ in linear:
        pass
    assert "straight line" in str(demo.advice(linear.run))
