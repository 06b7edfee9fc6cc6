"""Tables as their owners meant them: against pandas with explicit options, or by hand."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.tables import open_table
from glassnet.tables.conventions import Conventions
from glassnet.tables.reading import Reading
from glassnet.tables.staging import How


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "t.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def numbers(source: Any, *names: str, **options: Any) -> list[list[float]]:
    """The columns as numbers."""
    with open_table(source, **options) as table:
        chunks = list(table.chunks(dict.fromkeys(names, "number")))
    return [np.concatenate([chunk[name] for chunk in chunks]).tolist() for name in names]


def names_of(source: Any, **options: Any) -> list[str]:
    with open_table(source, **options) as table:
        return [column.name for column in table.columns]


GERMAN = "Kreis;Faelle;Inzidenz\n" + "".join(
    f"K{i};{a};{b}\n" for i, (a, b) in enumerate([("142", "23,7"), ("50.870", "43,03")] * 5)
)


def test_one_decimal_mark_is_found_for_the_table(write: Any) -> None:
    expected = pd.read_csv(io.StringIO(GERMAN), sep=";", decimal=",", thousands=".")
    found = numbers(write(GERMAN), "Faelle", "Inzidenz")
    assert found == [expected["Faelle"].tolist(), expected["Inzidenz"].tolist()]
    assert found[0][:2] == [142, 50870]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a m b\n" + "1.210,14 2 x\n845,64 8 y\n" * 2, [1210.14, 845.64] * 2),
        ("a\tb\n48,433\t1.5\n809\t2.25\n", [48433, 809]),
        ('a,b\n"0,865",x\n"1,250",y\n', [0.865, 1.25]),
        ("a;b\n1,250;x\n0,5;y\n", [1.25, 0.5]),
        ("a,b\n1.234,x\n5.678,y\n", [1.234, 5.678]),
        ("a;b\n" + "1.234;x\n12;y\n" * 3, [1234, 12] * 3),
    ],
)
def test_marks_are_read_as_the_others_show(write: Any, content: str, expected: list[float]) -> None:
    assert numbers(write(content), "a") == [expected]


def test_a_table_that_is_open_is_refused_with_both_readings(write: Any) -> None:
    path = write("a;y\n1.250;1.500\n2.300;8.000\n")
    with pytest.raises(
        gn.InputError, match=r"1\.250 in column 'a' could be 1\.25 or 1250"
    ) as caught:
        open_table(path)
    assert "--decimal" in str(caught.value)
    assert numbers(path, "a", decimal=",") == [[1250, 2300]]
    assert numbers(path, "a", decimal=".") == [[1.25, 2.3]]


LOGGER = "Temp, °C;RH, %;Dew, °C\n10,3;84,4;7,2\n29,1;73,7;23,8\n"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas_do_not_separate_fields(write: Any, delimiter: str) -> None:
    path = write(LOGGER.replace(";", delimiter))
    names = ["Temp, °C", "RH, %", "Dew, °C"]
    assert names_of(path) == names
    assert numbers(path, *names) == [[10.3, 29.1], [84.4, 73.7], [7.2, 23.8]]
    with open_table(path) as table:
        assert "commas were possible" in table.notes[0]


@pytest.mark.parametrize(
    "first",
    ["5.1,3.5,round", "true,3.5,round", "2020-01-01,3.5,round", "NA,3.5,round", "4,4,round"],
)
def test_files_without_a_header_lose_no_row(write: Any, first: str) -> None:
    path = write("".join(f"{first[: first.index(',')]},{i}.5,{t}\n" for i, t in enumerate(
        ["round", "flat", "round", "flat"]
    )))  # fmt: skip
    with open_table(path) as table:
        assert table.rows == 4
        assert [column.name for column in table.columns] == ["x1", "x2", "x3"]
        assert any("named x1 to x3" in note for note in table.notes)
    assert names_of(path, names=["a", "b", "c"]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        ("sep=;\na;b\n1;2\n3;4\n", ["a", "b"], 2),
        ("# made by a logger\na,b\n1,2\n3,4\n", ["a", "b"], 2),
        ("a,b\n# a note\n1,2\n3,4\n", ["a", "b"], 2),
        ("Report 2024,,\nArea North,,\na,b,c\n1,2,3\n4,5,6\n", ["a", "b", "c"], 2),
        ("a,b,c\nm,kg,s\n1,2,3\n4,5,6\n", ["a", "b", "c"], 2),
        ("a,b\n1,2\n3,4\nTotal,6\n", ["a", "b"], 2),
        ("2019,2020,2021\n0,0,0\n1,2,3\n2,4,6\n", ["2019", "2020", "2021"], 3),
        ("a,b\n1,2\n\ufeff3,4\n", ["a", "b"], 2),
    ],
)
def test_what_programs_write_around_a_table_is_no_part_of_it(
    write: Any, content: str, names: list[str], rows: int
) -> None:
    path = write(content)
    with open_table(path) as table:
        assert [column.name for column in table.columns] == names
        assert table.rows == rows
        assert {column.type for column in table.columns} == {"integer"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"delimiter": ";"}, r"t\.csv:1: semicolons separate nothing here"),
        ({"names": ["a", "b", "c"]}, r"t\.csv:1: names gives 3 names, and this line has 2"),
        ({"decimal": "x"}, "decimal must be one of"),
        ({"decimal": ",", "thousands": ","}, "cannot both be ','"),
        ({"types": {"z": "number"}}, "no column 'z'"),
        ({"encoding": "klingon"}, "encoding 'klingon' is unknown"),
        ({"skip": 9}, "skip leaves out 9"),
        ({"delimeter": ";"}, "no option 'delimeter'"),
    ],
)
def test_options_that_contradict_the_table_are_refused(
    write: Any, options: dict[str, Any], sentence: str
) -> None:
    path = write("a,b\n1,2\n")
    with pytest.raises(gn.InputError, match=sentence):
        open_table(path, **options)


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ("a;b\n1.5;x\n2.5;y\n", {"decimal": ","}, "'a' holds numbers with a decimal point"),
        ("a;b\n1,5;x\n2,5;y\n", {"decimal": "."}, "'a' holds numbers with a decimal comma"),
        ("d,b\n31/12/2020,1\n", {"date_order": "month-first"}, "'31/12/2020', not with the month"),
        ("a,b\n1,2\n", {"sheet": "S"}, "sheet says how to read a spreadsheet, and .* is delimited"),
        ("a,b\n1,2\n", {"key": "k"}, "key says how to read JSON"),
        (
            '[{"a": 1}]',
            {"header": "yes"},
            "header says how to read delimited text or a spreadsheet",
        ),
        ([{"a": 1}], {"delimiter": ";"}, "delimiter says how to read delimited text"),
    ],
)
def test_options_that_the_table_cannot_heed_are_refused(
    write: Any, content: Any, options: dict[str, Any], sentence: str
) -> None:
    name = "t.json" if content[0] == "[" else "t.csv"
    source = write(content, name) if isinstance(content, str) else content
    with pytest.raises(gn.InputError, match=sentence):
        open_table(source, **options)


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"missing": ["-999"]}, "No value is '-999', which missing names."),
        ({"not_missing": ["NA"]}, "No value is 'NA', which not_missing names."),
        ({"thousands": "'"}, 'No number has "\'" between its thousands, as thousands says.'),
        ({"date_order": "day-first"}, "No column holds dates in which"),
        ({"comment": "%"}, "begins with '%', the comment sign."),
    ],
)
def test_options_without_effect_are_noted(write: Any, options: dict[str, Any], note: str) -> None:
    path = write("a,b\n1,2\n3,4\n")
    with open_table(path, **options) as table:
        assert any(note in found for found in table.notes)
        assert len(table.notes) == 1
    with open_table({"a": [-999, 2.5]}, missing=["-999"]) as table:
        assert table.notes == ()


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        ("# by us, 2020\na,b\n1,2\n3,4\n", ["a", "b"], 2),
        ("#a,b\n1,2\n3,4\n", ["#a", "b"], 2),
        ("a,b\n1,2\n#3,4\n5,6\n", ["a", "b"], 2),
        ("tag,b\nx,red\n#y,blue\nz,red\n", ["tag", "b"], 3),
        ("tag,b\n# one, two\nx,red\ny,blue\n", ["tag", "b"], 2),
        ("#tag,b\nx,red\ny,blue\nz,red\n", ["#tag", "b"], 3),
        ("nr,b\n#1,5\n#2,6\n3,7\n4,8\n5,9\n6,1\n7,2\n8,3\n9,1\n", ["nr", "b"], 7),
        ("nr,b\n#1,x\n#2,y\n", ["nr", "b"], 2),
    ],
)
def test_a_line_is_a_comment_if_it_is_no_row(
    write: Any, content: str, names: list[str], rows: int
) -> None:
    with open_table(write(content)) as table:
        assert ([column.name for column in table.columns], table.rows) == (names, rows)


@pytest.mark.parametrize(
    "content",
    ['\ufeff\ufeff"a b",c\n1,2\n3,4\n', '\ufeff"a b",c\n1,2\n\ufeff"3","4"\n'],
)
def test_a_byte_order_mark_in_front_of_a_quote_changes_nothing(write: Any, content: str) -> None:
    assert numbers(write(content), "a b", "c") == [[1, 3], [2, 4]]


def test_utf_16_without_a_mark_names_the_option(write: Any) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        path = write("a,b\n1,ü\n2,x\n".encode(encoding))
        with pytest.raises(gn.InputError, match=f"--encoding {encoding}"):
            open_table(path)
        assert numbers(path, "a", encoding=encoding) == [[1, 2]]


SLEEP = "hours,disorder\n" + "7.5,None\n5.0,Apnea\n6.0,Insomnia\n" * 20


def test_a_class_may_be_called_none(write: Any) -> None:
    path = write(SLEEP)
    quick: dict[str, Any] = {"max_epochs": 3, "validation": "none"}
    for options in ({"not_missing": ["None"]}, {"missing": ()}):
        run = gn.train_table(path, "disorder", single=True, **options, **quick)
        assert run.recipe is not None
        assert run.recipe.target.classes == ("Apnea", "Insomnia", "None")
        assert run.samples is not None
        assert len(run.samples.X) == 60
    with pytest.raises(gn.InputError, match="'None' was read as missing: --not-missing"):
        gn.train_table(path, "disorder", single=True, **quick)


def test_later_tables_are_read_as_that_of_the_model(write: Any, tmp_path: Path) -> None:
    rows = [f"{1000 + 7 * i},5{i % 10}" for i in range(30)]
    content = "".join(f"{r[0]}.{r[1:]};{i};{2 * i},5\n" for i, r in enumerate(rows))
    run = gn.train_table(write("p;m;y\n" + content), "y", max_epochs=3, single=True)
    assert any("decimal comma" in note for note in run.notes)
    assert "note:" in repr(run)
    run.save(tmp_path / "run")
    model = gn.load(tmp_path / "run")
    assert isinstance(model, gn.Run)
    assert model.notes == run.notes
    cents = gn.predict_table(model, write("p;m\n1.250,00;3\n2.300,00;4\n"))
    whole = gn.predict_table(model, write("p;m\n1.250;3\n2.300;4\n"))
    assert cents["predicted y"].tolist() == whole["predicted y"].tolist()


def test_days_stay_first(write: Any) -> None:
    trained = write("d,y\n" + "".join(f"{i}/03/2020,{i}.5\n" for i in range(1, 29)))
    run = gn.train_table(trained, "y", max_epochs=3, single=True)
    assert run.recipe is not None
    assert run.recipe.reading is not None
    how = How(learned=Conventions.from_json(run.recipe.reading))
    with open_table(write("d\n03/04/2020\n05/06/2020\n"), how=how) as table:
        (chunk,) = table.chunks({"d": "date"})
    expected = pd.to_datetime(["2020-04-03", "2020-06-05"]).to_numpy("datetime64[D]").astype(int)
    assert np.asarray(chunk["d"]).tolist() == expected.tolist()


def test_conventions_are_read_back_and_others_refused() -> None:
    with open_table({"d": ["1,5"], "e": ["13/02/2020"]}) as table:
        kept = table.conventions
    assert Conventions.from_json(kept.to_json()) == kept
    for wrong in (None, {}, {**kept.to_json(), "decimal": "x"}, {**kept.to_json(), "formats": []}):
        with pytest.raises(gn.InputError):
            Conventions.from_json(wrong)


def test_a_table_shows_how_it_was_read(write: Any) -> None:
    found = gn.read_table(write(SLEEP + ",\n"), types={"hours": "category"})
    assert [(c.name, c.kind, c.missing) for c in found.columns] == [
        ("hours", "category", 1),
        ("disorder", "category", 21),
    ]
    assert found.to_dict()["columns"][0]["decided"] == "as asked"
    assert any("read as missing" in note for note in found.notes)
    assert len(repr(found).splitlines()) < 40


def test_options_have_one_declaration() -> None:
    options = {"types": {"a": "date"}, "thousands": "space", "date_order": "day-first"}
    given = Reading.of(options)
    assert given.given == {"types": {"a": "date"}, "thousands": " ", "date_order": "day first"}
    assert Reading.of(given.given) == given


def test_an_encoding_is_said(write: Any) -> None:
    path = write("city,y\nK\u00f6ln,1\nBonn,2\n".encode("windows-1252"))
    with pytest.raises(gn.InputError, match=r"t\.csv:2: the text is not UTF-8.*--encoding"):
        open_table(path)
    with open_table(path, encoding="windows-1252") as table:
        (chunk,) = table.chunks({"city": "category"})
    assert np.asarray(chunk["city"]).tolist() == ["K\u00f6ln", "Bonn"]


def test_a_column_that_a_header_would_have_named_is_asked_for_in_vain(write: Any) -> None:
    with pytest.raises(gn.InputError, match=r"no column 'k'.*holds only numbers.*--header yes"):
        gn.train_table(write("1,2\n3,4\n5,7\n"), "k")


def test_a_sentinel_is_noted_where_a_table_is_looked_at(write: Any) -> None:
    found = gn.read_table(write("x,y\n" + "1.5,2\n2.5,3\n" * 9 + "-999,4\n-999,5\n"))
    assert any("--missing=-999" in note for note in found.notes)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 50_000, '{"a":' + "[" * 50_000])
def test_json_nested_without_end_is_refused(write: Any, content: str) -> None:
    with pytest.raises(gn.InputError, match="too many levels"):
        open_table(write(content, "t.json"))


def test_a_value_that_does_not_fit_is_refused_with_how_the_column_is_read(write: Any) -> None:
    path = write("x;y\n" + "1.250,5;1\n2,5;2\n" * 9 + "1,5,5;3\n")
    with pytest.raises(gn.InputError, match=r"t\.csv:20: .*'1,5,5'.* is read so: 1\.250,5 is"):
        numbers(path, "x")
