"""How to read a table, said to commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glassnet.cli import run as command_line


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "1,-\n2,NA\n3,b\n" * 4)
    return path


def _missing(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[int]:
    assert command_line(["inspect", *map(str, arguments), "--json"]) == 0
    return [column["missing"] for column in json.loads(capsys.readouterr().out)["columns"]]


def test_a_hyphen_may_be_missing_or_not(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _missing(capsys, table) == [0, 4]
    assert _missing(capsys, table, "--missing", "-") == [0, 8]
    assert _missing(capsys, table, "--missing=-") == [0, 8]
    assert _missing(capsys, table, "--not-missing", "NA", "--missing", "-") == [0, 4]


def test_a_settings_file_says_how(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('[reading]\nnot_missing = ["NA"]\ntypes = ["x=category"]\n')
    assert _missing(capsys, table, "--config", settings) == [0, 0]
    settings.write_text('[reading]\ncolour = "red"\n')
    assert command_line(["inspect", str(table), "--config", str(settings)]) != 0
    assert "colour" in capsys.readouterr().err
