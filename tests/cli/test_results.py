"""Where commands put results, and how they print them where nobody sits at a terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from glassnet.cli import run as command_line

QUICK = ("--max-epochs", "2", "--hidden", "2", "--no-pictures")


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    rows = "".join(f"{i / 8},{i % 5},{i / 4}\n" for i in range(60))
    Path("homes.2024.csv").write_text(f"area,rooms,price\n{rows}")
    return "homes.2024.csv"


def test_folders_are_named_after_the_table_and_never_overwritten(
    homes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train = ["train", homes, "--target", "price", *QUICK, "--quiet"]
    assert command_line(train) == 0
    model = Path("homes-run/model.safetensors")
    before = model.read_bytes()
    assert command_line([*train, "--seed", "5"]) == 2
    assert "'homes-run' holds a finished run: name another with --out" in capsys.readouterr().err
    assert model.read_bytes() == before
    assert command_line([*train, "--seed", "5", "--force"]) == 0
    assert model.read_bytes() != before
    assert command_line(["evaluate", "homes-run", homes, "--quiet"]) == 0
    assert command_line(["evaluate", "homes-run", "--quiet"]) == 0
    assert {path.name for path in Path().iterdir() if path.is_dir()} == {
        "homes-run", "homes-evaluation", "homes-run-evaluation"
    }  # fmt: skip


def test_nothing_is_wrapped_in_a_pipe(homes: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["train", homes, "--target", "price", *QUICK]) == 0
    printed = capsys.readouterr()
    reason = next(line for line in printed.err.splitlines() if line.startswith("schedule"))
    assert reason.rstrip().endswith("settle.")
    assert len(reason) > 80
    assert not any(line.startswith(" ") for line in (printed.err + printed.out).splitlines())


def test_a_table_of_another_style_comes_with_a_word(
    homes: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command_line(["train", homes, "--target", "price", *QUICK, "--quiet"]) == 0
    Path("new.csv").write_text(Path(homes).read_text().replace(",", ";").replace(".", ","))
    assert command_line(["predict", "homes-run", homes]) == 0
    expected = capsys.readouterr().out
    for source in ("new.csv", "-"):
        stream = io.TextIOWrapper(io.BytesIO(Path("new.csv").read_bytes()))
        monkeypatch.setattr(sys, "stdin", stream)
        assert command_line(["predict", "homes-run", source]) == 0
        printed = capsys.readouterr()
        assert printed.out == expected
        assert "writes numbers with a decimal comma, otherwise than the one" in printed.err
        assert "has semicolons between its fields, the table of the model commas" in printed.err
    assert command_line(["evaluate", "homes-run", "new.csv", "--no-pictures"]) == 0
    scores = capsys.readouterr()
    assert "a decimal comma, otherwise than" in scores.err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(homes).read_bytes())))
    assert command_line(["evaluate", "homes-run", "-", "--no-pictures"]) == 0
    assert capsys.readouterr().out == scores.out
