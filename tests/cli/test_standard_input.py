"""A dash is standard input for every command that opens a table, and no other option."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from glassnet.cli import DONE, WRONG, run

ROWS = "x,y\n" + "".join(f"{i % 7},{i % 7 * 2 + 0.5}\n" for i in range(42))


def test_a_dash_is_the_table_that_comes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> int:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ROWS.encode())))
        return run(words)

    train = ["train", "-", "--target", "y", "--max-epochs", "3", "--no-pictures", "--out", "run"]
    assert command(*train) == DONE
    assert command("predict", "run", "-") == DONE
    assert len(capsys.readouterr().out.splitlines()) >= 42
    assert command("evaluate", "run", "-", "--json") == DONE
    assert command("train", "--typo", "3", "-") == WRONG
    assert "Unknown option: --typo." in capsys.readouterr().err
