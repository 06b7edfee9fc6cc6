"""Tables after training: read as that of the model was, and noted where they lie otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.pipeline.evaluate import evaluate_table
from glassnet.pipeline.predict import Predictions
from glassnet.pipeline.source import opened

ROWS = [(i / 10, ["red", "green"][i % 2], 3 * i / 10 + i % 2) for i in range(40)]


def csv(rows: Any = ROWS, delimiter: str = ",", header: str = "x,c,y") -> str:
    """A table, with decimal commas where the delimiter is a semicolon."""
    mark = "," if delimiter == ";" else "."
    lines = [header.replace(",", delimiter)] if header else []
    lines += [delimiter.join(str(v).replace(".", mark) for v in row) for row in rows]
    return "\n".join(lines) + "\n"


def notes_of(run: gn.Run, path: Path) -> list[str]:
    with opened(path, recipe=run.recipe) as table:
        predictions = Predictions(run.model, table)
        assert len(list(predictions)) == table.rows
        return list(predictions.notes)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> gn.Run:
    path = tmp_path_factory.mktemp("train") / "train.csv"
    path.write_text(csv())
    return gn.train_table(path, "y", hidden=2, max_epochs=3, single=True)


def test_the_same_layout_needs_no_word(run: gn.Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(csv())
    assert notes_of(run, tmp_path / "t.csv") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (csv(delimiter=";"), ["has semicolons between its fields, the table of the model commas"]),
        (csv(delimiter=";"), ["writes numbers with a decimal comma, otherwise than"]),
        (csv(delimiter="\t"), ["has tabs between its fields"]),
        (csv().encode("utf-16"), ["is read as utf-16, the table of the model as UTF-8"]),
        (csv([(x, 7, y) for x, _, y in ROWS]), ["'c' holds numbers", "and held texts"]),
        (csv([(x, "2020-01-31", y) for x, _, y in ROWS]), ["'c' holds dates", "and held texts"]),
    ],
)
def test_what_is_read_otherwise_is_noted(
    run: gn.Run, tmp_path: Path, content: str | bytes, said: list[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    notes = " ".join(notes_of(run, path))
    assert all(words in notes for words in said)
    _, noted = evaluate_table(run.model, path)
    assert all(words in " ".join(noted) for words in said)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_gives_the_same_predictions(
    run: gn.Run, tmp_path: Path, delimiter: str
) -> None:
    for name, content in {"a.csv": csv(), "b.csv": csv(delimiter=delimiter)}.items():
        (tmp_path / name).write_text(content)
    first, second = (gn.predict_table(run, tmp_path / name) for name in ("a.csv", "b.csv"))
    assert np.array_equal(first["predicted y"], second["predicted y"])


def test_validation_rows_may_lie_otherwise(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv())
    (tmp_path / "b.csv").write_text(csv(delimiter=";"))
    quick: dict[str, Any] = {"hidden": 2, "max_epochs": 1}
    run, same = (
        gn.train_table(tmp_path / "a.csv", "y", validation=tmp_path / other, single=True, **quick)
        for other in ("b.csv", "a.csv")
    )
    assert any("has semicolons between its fields" in note for note in run.notes)
    assert run.validation is not None
    assert same.validation is not None
    assert run.validation.X.tolist() == same.validation.X.tolist()


def test_an_option_of_one_table_is_no_mistake_for_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv())
    other = {"x": [1.0, 2.0], "c": ["red", "red"], "y": [1.0, 2.0]}
    quick: dict[str, Any] = {"hidden": 2, "max_epochs": 1, "validation": other}
    run = gn.train_table(tmp_path / "a.csv", "y", delimiter="comma", single=True, **quick)
    assert run.validation is not None
    assert len(run.validation.X) == 2


@pytest.mark.parametrize(
    ("options", "header", "later"),
    [
        ({"header": "no"}, "", "0.5,red,1.5\n0.7,green,2.5\n"),
        ({"names": ("p", "q", "r")}, "", "0.5,red,1.5\n0.7,green,2.5\n"),
        ({"names": ("p", "q", "r")}, "", "p,q,r\n0.5,red,1.5\n0.7,green,2.5\n"),
        ({"header": "yes"}, "1990,1991,1995", "1990,1991,1995\n0.5,red,1.5\n0.7,green,2.5\n"),
        ({"comment": "%"}, "x,c,y", "% a, b, c\nx,c,y\n0.5,red,1.5\n%0.6,red,1\n0.7,green,2.5\n"),
    ],
)
def test_header_names_and_comments_are_as_in_training(
    tmp_path: Path, options: dict[str, Any], header: str, later: str
) -> None:
    sign = options.get("comment", "")
    (tmp_path / "a.csv").write_text(f"{sign}\n" * bool(sign) + csv(header=header))
    (tmp_path / "b.csv").write_text(later)
    names = options.get("names") or (header.split(",") if header else ("x1", "x2", "x3"))
    run = gn.train_table(
        tmp_path / "a.csv", names[-1], hidden=2, max_epochs=1, single=True, **options
    )
    expected = gn.predict_table(run, {names[0]: [0.5, 0.7], names[1]: ["red", "green"]})
    found = gn.predict_table(run, tmp_path / "b.csv")
    key = f"predicted {names[-1]}"
    assert found[key].tolist() == expected[key].tolist()


def test_an_encoding_is_as_in_training(tmp_path: Path) -> None:
    rows = [(x, {"red": "grün", "green": "weiß"}[c], y) for x, c, y in ROWS]
    (tmp_path / "a.csv").write_bytes(csv(rows).encode("latin-1"))
    run = gn.train_table(
        tmp_path / "a.csv", "y", hidden=2, max_epochs=1, single=True, encoding="latin-1"
    )
    (tmp_path / "b.csv").write_bytes("x,c\n1.5,grün\n".encode("latin-1"))
    (tmp_path / "c.csv").write_bytes("x,c\n1.5,grün\n".encode())
    assert notes_of(run, tmp_path / "b.csv") == []
    assert (
        "is read as UTF-8, the table of the model as latin-1"
        in notes_of(run, tmp_path / "c.csv")[0]
    )
    first, second = (gn.predict_table(run, tmp_path / name) for name in ("b.csv", "c.csv"))
    assert first["predicted y"] == second["predicted y"]


def test_an_order_of_dates_that_is_not_that_of_training_is_noted_or_asked_about(
    tmp_path: Path,
) -> None:
    trained = "d,e,y\n" + "".join(f"{i}/03/2020,{i}/02/2021,{i}.5\n" for i in range(1, 29))
    (tmp_path / "a.csv").write_text(trained)
    run = gn.train_table(tmp_path / "a.csv", "y", hidden=2, max_epochs=1, single=True)
    (tmp_path / "b.csv").write_text("d,e\n03/17/2020,02/21/2021\n")
    assert any(
        "with the month first, otherwise than" in n for n in notes_of(run, tmp_path / "b.csv")
    )
    (tmp_path / "c.csv").write_text("d,e\n03/17/2020,02/03/2021\n")
    with pytest.raises(gn.InputError, match=r"'e' could be either: say which by --date-order"):
        notes_of(run, tmp_path / "c.csv")
