"""`glassnet sweep` as its users meet it: what it prints, writes, refuses, and shows later."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from example_sweeps import asked, content, swept
from glassnet.cli import run
from glassnet.sweep import sweep

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUICK = ("--seeds", "4", "--set", "learning_rate=0.4,1", "--set", "max_epochs=7000")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight runs of the tutorial with two learning rates."""
    path = tmp_path_factory.mktemp("sweep") / "s.duckdb"
    assert sweep(asked("4", ["learning_rate=0.4,1", "max_epochs=7000"]), path)
    return path


def test_a_sweep_says_what_came_of_it_and_goes_on_with_more_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["sweep", "--seeds", "3", "--set", "max_epochs=6000"]) == 0
    said, warned = capsys.readouterr()
    assert warned == "glassnet: 3 runs\n"
    assert "reached the goal 33.3% [6.1%, 79.2%] 1" in " ".join(said.split())
    assert "epochs to the goal: median 5,271" in said
    assert "all runs are in glassnet-sweep.duckdb" in said
    assert run(["sweep", "--seeds", "5", "--set", "max_epochs=6000"]) == 0
    assert capsys.readouterr().err == "glassnet: 5 runs, 3 of them are done already\n"
    assert [path.name for path in tmp_path.iterdir()] == ["glassnet-sweep.duckdb"]


def test_every_share_and_mean_comes_with_its_number_of_runs(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert run(["sweep", "--show", str(file)]) == 0
    said = capsys.readouterr().out
    assert "8 runs on rings, 20 rows" in said
    (line,) = re.findall(r"^0\.4 .*$", said, re.MULTILINE)
    words = re.split(r"  +", line.strip())
    assert words[:3] == ["0.4", "4", "50.0% [15.0%, 85.0%]"]
    assert re.fullmatch(r"5,906 \(5,588 to 6,224\)", words[3])  # of 5,271 and 6,541
    assert re.fullmatch(r"[\d.e-]+ ± [\d.e-]+", words[4])
    assert "95% Wilson intervals" in said


def test_json_is_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "--show", str(file), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["runs"] == summary["planned"] == 8
    assert [group["settings"] for group in summary["effects"]["learning_rate"]] == [
        {"learning_rate": "0.4"},
        {"learning_rate": "1"},
    ]
    shares = [group["reached"]["share"] for group in summary["effects"]["learning_rate"]]
    assert shares[0] == 0.5
    assert summary["ends"]["reached the goal"]["runs"] == 8


def requests_of(page: Page) -> list[str]:
    """What the page will have asked for."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    return urls


def test_the_page_needs_nothing_else_and_is_for_light_and_dark(
    file: Path, tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    html = tmp_path / "page.html"
    assert run(["sweep", "--show", str(file), "--html", str(html), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    text = html.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href|srcset)=\"(?!data:)[^\"]*\"", text)
    shown = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme, viewport={"width": 360, "height": 700})
        asked_for = requests_of(page)
        page.goto(html.as_uri())
        assert all(url.startswith(("file:", "data:")) for url in asked_for)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        images = "[...document.images]"
        assert page.evaluate(f"{images}.every(i => i.complete && i.naturalWidth > 500 && i.alt)")
        shown[scheme] = page.evaluate(f"{images}.map(i => i.currentSrc)")
        assert page.inner_text("h1") == "A sweep over rings: 8 runs"
        page.close()
    assert len(shown["light"]) == 4
    assert not set(shown["light"]) & set(shown["dark"])


def test_a_settings_file_and_the_environment_set_what_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.toml").write_text(
        '[sweep]\nseeds = "4"\nset = ["learning_rate=0.4,1", "max_epochs=300"]\nquiet = true\n'
    )
    monkeypatch.setenv("GLASSNET_SWEEP_SEEDS", "2")
    out = tmp_path / "s.duckdb"
    assert run(["sweep", "--config", str(tmp_path / "s.toml"), "--out", str(out)]) == 0
    swept(tmp_path / "by-hand", "2", ["learning_rate=0.4,1", "max_epochs=300"])
    assert content(out) == content(tmp_path / "by-hand")


def test_a_table_of_ones_own_is_swept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{i},{i % 7},{'yes' if i % 7 > 3 else 'no'}" for i in range(80)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,bought", *lines]))
    table = ("sweep", str(tmp_path / "t.csv"), "--out", str(tmp_path / "s"), "--seeds", "2")
    assert run([*table]) == 2
    assert "Which column of" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()
    small = ("--set", "hidden=4", "--set", "max_epochs=10")
    assert run([*table, "--target", "bought", *small]) == 0
    said = capsys.readouterr().out
    assert "2 runs on t.csv, 64 rows, 16 held out" in said
    assert "held out accuracy" in said
    assert "ended 100.0% [34.2%, 100.0%] 2" in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "foo=1"], "Unknown setting 'foo': --set knows hidden_layer_sizes"),
        (["--set", "hidden=x"], "'x' is no value of hidden_layer_sizes"),
        (["--seeds", "many"], "--seeds takes how many, such as 1000"),
        (["--search", "best"], "--search"),
        (["--search", "random"], "--search random needs settings to draw"),
        (["--points", "3"], "leave out --points"),
        (["--cluster", "tcp://127.0.0.1:1"], "No Dask scheduler answers at 'tcp://127.0.0.1:1'"),
        (["no.csv"], "no.csv"),
        (["--out", "none/s.duckdb"], "there is no folder 'none'"),
        (["--html", "none/s.html"], "there is no folder 'none'"),
        (["--show", "none.duckdb"], "There is no file 'none.duckdb'"),
        (["--show", "s", "--seeds", "3"], "trains nothing: leave out --seeds"),
        (["iris", "--show", "s"], "trains nothing: leave out the data"),
        (["--target", "label"], "on all twenty points"),
    ],
)
def test_a_wrong_request_is_answered_in_one_sentence_and_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["sweep", *arguments]) == 2
    out, warned = capsys.readouterr()
    assert out == ""
    assert said in warned
    assert warned.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
@pytest.mark.process
def test_progress_with_the_time_left_is_for_terminals(tmp_path: Path) -> None:
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    at_once = (
        "from glassnet.training import progress\n"
        "progress.DELAY_SECONDS = progress.REDRAW_SECONDS = 0.0\n"
        "from glassnet.cli import main\nmain()"
    )
    command = [sys.executable, "-c", at_once, "sweep"]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    process = subprocess.Popen(
        [*command, "--seeds", "40", "--out", "s"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs, env=environment,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the other side has ended
            break
    os.close(ours)
    assert process.wait() == 0
    assert re.search(rb"run [0-9]+ of 40 .*[0-9]:[0-9]{2}:[0-9]{2}", seen)
