"""How to read a table, said to commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glassnet.cli import run as command_line
from glassnet.errors import InputError
from glassnet.playground.from_argument import initial_state_of
from glassnet.tables.reading import Reading


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
    for types in ('types = {x = "category"}', '[reading.types]\nx = "category"'):
        settings.write_text(f'[reading]\nnot_missing = ["NA"]\n{types}\n')
        assert _missing(capsys, table, "--config", settings) == [0, 0]
    settings.write_text('[reading]\ncolour = "red"\n')
    assert command_line(["inspect", str(table), "--config", str(settings)]) != 0
    assert "colour" in capsys.readouterr().err


def test_an_option_is_no_text(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["inspect", str(table), "--missing", "--json"]) == 2
    assert "A text is needed in front of --json." in capsys.readouterr().err
    assert _missing(capsys, table, "--missing", "---", "--missing", "-1") == [0, 4]


def test_types_that_the_values_contradict_are_refused(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["inspect", str(table), "--types", "x=date"]) == 2
    assert "t.csv:2: column 'x' holds '1' where a date such as" in capsys.readouterr().err
    assert command_line(["inspect", str(table), "--types", "x=dat"]) == 2
    assert "not x=dat" in capsys.readouterr().err.replace("'", "")


def test_a_mistake_in_a_column_leaves_the_kinds_of_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i},{['a', 'b'][i % 2]}\n" for i in range(30))
    (tmp_path / "t.csv").write_text(f"x,c\n{rows}oops,a\n")
    assert command_line(["inspect", str(tmp_path / "t.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[1:3]] == ["text", "category"]
    assert "holds 'oops' where a number is expected" in lines[3]


def test_a_table_is_printed_as_it_was_read(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["inspect", str(table)]) == 0
    name, x, y, *notes = capsys.readouterr().out.splitlines()
    assert name == f"{table}: 12 rows"
    assert x.split() == ["x", "number", "all", "12", "values", "are", "numbers:", "1,", "2,", "3"]
    assert y == "  y  category  its values are texts, 4 missing: -, b"
    assert notes[0].startswith("note: Column 'y': 'NA' 4 times are read as missing (--not-missing")


def test_the_page_takes_the_options(table: Path) -> None:
    rows = "".join(f"{i},{i * i % 7},{i % 2}\n" for i in range(30)).replace(",", "|")
    table.write_text("titel\n" + "a|b|c\n" + rows)
    asked = {"delimiter": "bar", "skip": 1, "types": ("c=category",)}
    state = initial_state_of(str(table), "c", Reading.of(asked))
    assert state.scenario.points is not None
    assert {measure.name for measure in state.scenario.points.inputs} == {"a", "b"}
    with pytest.raises(InputError, match="delimiter says how to read a table, and the data set"):
        initial_state_of("rings", None, Reading.of({"delimiter": ";"}))


@pytest.mark.parametrize(
    "arguments",
    [["inspect", "m.safetensors", "--skip", "1"], ["evaluate", "m.safetensors", "--skip", "1"]],
)
def test_where_no_table_is_read_the_options_are_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.safetensors").write_bytes(b"")
    assert command_line(arguments) == 2
    assert "--skip says how to read a table, and" in capsys.readouterr().err
