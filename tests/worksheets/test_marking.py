"""Grading: what is right, what went wrong first, what was carried forward; files of answers."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.cli import run as command_line
from glassnet.worksheets.answer_files import blank_answers, read_answers, summary
from glassnet.worksheets.marking import Graded, grade
from glassnet.worksheets.worksheet import Exercise, Worksheet, worksheet
from oracles.worksheet_by_hand import by_hand

IDS = [
    "2-2-1/sigmoid/s7/v2",
    "2-2-1/relu/s4/v2",
    "2-2-3/tanh/m2/s2/v2",
    "1-2-1/softplus/regression/s3/v2",
    "1-2-2/elu/regression/m2/s1/v2",
    "1-2-2-1/leaky_relu+gelu/d4/s1/v2",
    "2-3/none/s1/v2",
]
CHOSEN = [worksheet(Exercise.from_id(identity)) for identity in IDS]
of_every_kind = pytest.mark.parametrize("sheet", CHOSEN, ids=IDS)


def verdicts(graded: Graded) -> dict[str, str]:
    return {mark.step: mark.verdict for mark in graded.marks}


@of_every_kind
def test_right_answers_are_right_however_they_were_rounded(sheet: Worksheet) -> None:
    digits = sheet.exercise.digits
    exact = by_hand(sheet)
    at_the_end = {step: round(value, digits) for step, value in exact.items()}
    for answers in (exact, at_the_end, by_hand(sheet, digits=digits)):
        graded = grade(sheet, answers)
        assert set(verdicts(graded).values()) == {"right"}
        assert graded.score == len(exact)
        assert graded.first_wrong is None


@of_every_kind
def test_one_slip_anywhere_is_found_and_what_follows_is_carried_forward(sheet: Worksheet) -> None:
    unit, digits = sheet.exercise.unit, sheet.exercise.digits
    right = by_hand(sheet)
    for slip in right:
        answers = by_hand(sheet, {slip: 0.1}, digits)
        graded = grade(sheet, answers)
        found = verdicts(graded)
        assert [step for step, verdict in found.items() if verdict == "wrong"] == [slip]
        assert graded.first_wrong is not None
        assert graded.first_wrong.step == slip
        for step, verdict in found.items():
            if step == slip:
                continue
            moved = abs(answers[step] - right[step])
            if moved > 30 * unit:  # more than rounding alone can do
                assert verdict == "carried forward", (slip, step)
            if moved == 0 or list(right).index(step) < list(right).index(slip):
                assert verdict == "right", (slip, step)
        assert graded.score == len(right) - 1


@of_every_kind
def test_a_slip_just_beyond_the_tolerance_is_wrong_in_every_step(sheet: Worksheet) -> None:
    right = by_hand(sheet)
    tolerance = {mark.step: mark.tolerance for mark in grade(sheet, right).marks}
    for slip in right:
        near = grade(sheet, right | {slip: right[slip] + 0.99 * tolerance[slip]})
        assert verdicts(near)[slip] == "right"
        far = grade(sheet, right | {slip: right[slip] + 1.01 * tolerance[slip]})
        assert verdicts(far)[slip] == "wrong"
        assert tolerance[slip] < 30 * sheet.exercise.unit, slip


def test_the_tolerance_is_what_rounding_can_do() -> None:
    """z1 is calculated from what is given; db2 is dz2, so its source may be rounded as well."""
    tolerance = {mark.step: mark.tolerance for mark in grade(CHOSEN[0], {}).marks}
    W2 = CHOSEN[0].parameters.layers[1][0]
    assert tolerance["z1[1]"] == pytest.approx(0.0005, abs=1e-8)
    assert tolerance["db2[1]"] == pytest.approx(0.001, abs=1e-8)
    assert tolerance["z2[1]"] == pytest.approx(0.0005 * (1 + abs(W2).sum()), abs=1e-8)


def test_of_two_slips_the_first_is_named_and_both_are_wrong() -> None:
    sheet = CHOSEN[0]
    graded = grade(sheet, by_hand(sheet, {"a1[2]": 0.2, "dW2[1,2]": -0.3}, 3))
    assert [mark.step for mark in graded.marks if mark.verdict == "wrong"] == ["a1[2]", "dW2[1,2]"]
    assert graded.first_wrong is not None
    assert graded.first_wrong.step == "a1[2]"
    assert verdicts(graded)["W2[1,2] new"] == "carried forward"


def test_a_slip_that_the_student_repaired_does_not_stay() -> None:
    sheet = CHOSEN[0]
    graded = grade(sheet, by_hand(sheet) | {"z1[1]": 5.0})
    assert [mark.step for mark in graded.marks if mark.verdict != "right"] == ["z1[1]"]


def test_blanks_are_unanswered_and_bridged_by_the_rule() -> None:
    sheet = CHOSEN[0]
    empty = grade(sheet, {})
    assert set(verdicts(empty).values()) == {"unanswered"}
    assert empty.score == 0
    assert empty.first_wrong is None
    answers: dict[str, float | None] = dict(by_hand(sheet, {"z1[1]": 1.0}, 3))
    found = verdicts(grade(sheet, answers | {"a1[1]": None, "dz2[1]": None}))
    assert found["a1[1]"] == found["dz2[1]"] == "unanswered"
    assert found["z2[1]"] == found["dW2[1,1]"] == "carried forward"
    assert found["z1[2]"] == "right"


def test_what_an_error_carried_forward_counts_can_be_chosen() -> None:
    sheet = CHOSEN[0]
    answers = by_hand(sheet, {"z1[1]": 1.0}, 3)
    full, half = grade(sheet, answers), grade(sheet, answers, carried_counts=0.5)
    carried = full.count("carried forward")
    assert carried > 5
    assert full.score == len(answers) - 1
    assert half.score == len(answers) - 1 - carried / 2


def test_an_impossible_output_has_no_loss_to_compare_with() -> None:
    sheet = CHOSEN[0]
    graded = grade(sheet, by_hand(sheet) | {"a2[1]": 1.2})
    by_step = {mark.step: mark for mark in graded.marks}
    assert by_step["a2[1]"].verdict == "wrong"
    assert math.isnan(grade(sheet, {"a2[1]": -0.2}).marks[6].from_own)
    assert by_step["loss"].verdict == "right"


def test_a_tolerance_of_ones_own_takes_the_place_of_half_a_unit() -> None:
    sheet = CHOSEN[0]
    answers = by_hand(sheet) | {"z1[1]": by_hand(sheet)["z1[1]"] + 0.04}
    assert verdicts(grade(sheet, answers))["z1[1]"] == "wrong"
    assert verdicts(grade(sheet, answers, tolerance=0.05))["z1[1]"] == "right"


# ---- files ------------------------------------------------------------------------------------

SEVEN = CHOSEN[0]
STEPS = list(SEVEN.answers)


def line_of(sheet: Worksheet, student: str, answers: dict[str, float]) -> list[str]:
    return [sheet.exercise.id, student, *(f"{answers[step]:.3f}" for step in sheet.answers)]


def file_of(path: Path, *lines: list[str], delimiter: str = ",", header: list[str] = STEPS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["sheet", "student", *header], *lines])
    return path


def test_the_blank_file_reads_as_nothing_answered(tmp_path: Path) -> None:
    sheets = [worksheet(Exercise(gn.Network((2, 2, 1)), seed)) for seed in range(3)]
    path = tmp_path / "answers.csv"
    path.write_text(blank_answers(sheets), encoding="utf-8")
    answers = read_answers(path)
    assert [one.sheet for one in answers] == sheets
    assert all(list(one.numbers) == STEPS for one in answers)
    assert all(value is None for one in answers for value in one.numbers.values())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5), ("0,5", 0.5), (" -1,25 ", -1.25), (".5", 0.5), ("5.", 5), ("+2", 2),
        ("\N{MINUS SIGN}0,5", -0.5), ("\N{EN DASH}3", -3), ("5e-1", 0.5), ("1,2E+1", 12),
        ("1/2", 0.5), ("-3 / 4", -0.75), ("1,5/3", 0.5), ("", None), ("  ", None),
    ],
)  # fmt: skip
def test_numbers_may_be_written_as_people_write_them(
    text: str, value: float | None, tmp_path: Path
) -> None:
    cells = [SEVEN.exercise.id, "Ada", *([""] * (len(STEPS) - 1)), text]
    for delimiter in ",;\t":
        (answers,) = read_answers(file_of(tmp_path / "a.csv", cells, delimiter=delimiter))
        assert answers.student == "Ada"
        assert answers.numbers[STEPS[-1]] == value


def test_columns_may_stand_in_any_order_and_student_may_be_left_out(tmp_path: Path) -> None:
    right = by_hand(SEVEN)
    header = ["sheet", *(step.replace(",", ", ") for step in reversed(STEPS))]
    lines = [header, [SEVEN.exercise.id, *(f"{right[step]:.3f}" for step in reversed(STEPS))]]
    text = "\ufeff\r\n" + "\r\n".join(";".join(line) for line in lines) + "\r\n;" + ";" * len(STEPS)
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    (answers,) = read_answers(path)
    assert grade(answers.sheet, answers.numbers).score == len(STEPS)


def with_cell(step: str, text: str) -> list[str]:
    cells = line_of(SEVEN, "Ada", by_hand(SEVEN))
    cells[2 + STEPS.index(step)] = text
    return cells


BLANK = [SEVEN.exercise.id, "Bo", *([""] * len(STEPS))]
GOOD = line_of(SEVEN, "Ada", by_hand(SEVEN))


@pytest.mark.parametrize(
    "text", ["half", "1/0", "0.5 0.6", "1,234.5", "nan", "inf", "1e999", "1//2"]
)
def test_a_cell_that_is_no_number_is_named_with_its_line_and_column(
    text: str, tmp_path: Path
) -> None:
    path = file_of(tmp_path / "a.csv", BLANK, with_cell("dW2[1,2]", text))
    message = re.escape(f"a.csv:3: {text!r} in the column 'dW2[1,2]' is not a number")
    with pytest.raises(gn.InputError, match=message):
        read_answers(path)


def refused(path: Path, *parts: str, expected: list[str] | None = None) -> None:
    with pytest.raises(gn.InputError) as caught:
        read_answers(path, expected)
    for part in parts:
        assert part in str(caught.value)


def test_faults_of_a_file_are_reported_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    refused(tmp_path / "none.csv", "Cannot read the answers", "No such file")
    refused(file_of(path, GOOD[:-2], header=STEPS[:-2]), ":1:", "2 steps are missing", STEPS[-1])
    refused(
        file_of(path, [*GOOD, "1"], header=[*STEPS, "dw2[1,2]"]),
        ":1: 'dw2[1,2]' is not a step of the sheet: did you mean 'dW2[1,2]'?",
    )
    refused(file_of(path, [*GOOD, "1"], header=[*STEPS, "loss"]), ":1:", "'loss' is there twice")
    refused(file_of(path, GOOD, GOOD), ":3:", "Ada has answers to 2-2-1/sigmoid/s7/v2 at line 2")
    refused(file_of(path, GOOD[:-1]), ":2:", "31 cells under 32 column names")
    refused(file_of(path, ["my sheet", *GOOD[1:]]), ":2: 'my sheet' is not the id of a sheet")
    refused(file_of(path), ":1: there are no answers")
    refused(file_of(path, GOOD), ":2:", "is another sheet than", expected=["2-2-1/tanh/s7/v2"])
    other = ["2-2-2/sigmoid/s7/v2", *GOOD[1:]]
    refused(file_of(path, GOOD, other), ":3:", "has other steps than 2-2-1/sigmoid/s7/v2")
    path.write_text("name\nAda\n")
    refused(path, ":1: the column 'sheet' is missing")
    path.write_text("")
    refused(path, ":1: there are no answers")
    path.write_bytes(path.read_bytes() + "sheet\n\n\xe4\n".encode("latin-1"))
    refused(path, ":3: this is not UTF-8")
    path.write_text('sheet\n"never closed\n')
    refused(path, ":2: this is not a line of CSV")


def test_students_without_a_name_may_have_different_sheets(tmp_path: Path) -> None:
    eight = worksheet(Exercise(gn.Network((2, 2, 1)), 8))
    lines = line_of(SEVEN, "", by_hand(SEVEN)), line_of(eight, "", by_hand(eight))
    answers = read_answers(file_of(tmp_path / "a.csv", *lines))
    assert [grade(one.sheet, one.numbers).score for one in answers] == [len(STEPS)] * 2


def test_the_summary_has_a_line_a_student_and_runs_no_formula() -> None:
    graded = [
        grade(SEVEN, by_hand(SEVEN, {"z1[1]": 1.0}, 3), student="Ada", carried_counts=0.5),
        grade(SEVEN, {}, student="=1+1"),
    ]
    first, second = csv.DictReader(summary(graded).splitlines())
    assert first["student"] == "Ada"
    assert first["first_wrong"] == "z1[1]"
    assert float(first["score"]) == graded[0].score
    counts = [int(first[name]) for name in ("right", "carried_forward", "wrong", "unanswered")]
    assert sum(counts) == int(first["of"]) == len(STEPS)
    assert counts[2:] == [1, 0]
    assert second["student"] == "'=1+1"
    assert second["first_wrong"] == ""
    assert second["unanswered"] == str(len(STEPS))


# ---- the command ------------------------------------------------------------------------------


def test_a_class_gets_its_sheets_and_its_marks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "class")
    assert command_line(["worksheet", "--count", "3", "--seed", "7", "--out", out]) == 0
    assert "3 sheets, 2-2-1/sigmoid/s7/v2 to 2-2-1/sigmoid/s9/v2," in capsys.readouterr().out
    names = {path.name for path in Path(out).iterdir()}
    assert names == {"worksheets.html", "keys.html", "answers.csv", "summary.json"}

    seven = line_of(SEVEN, "Ada", by_hand(SEVEN, {"z1[2]": 0.5}, 3))
    eight = worksheet(Exercise.from_id("2-2-1/sigmoid/s8/v2"))
    answers = str(file_of(Path(out) / "answers.csv", seven, line_of(eight, "Bo", by_hand(eight))))
    assert command_line(["worksheet", "--grade", answers]) == 0
    printed = capsys.readouterr().out
    assert "2 students, on average 29.5 of 30" in printed
    assert "most often wrong: z1[2] (1)" in printed
    marks = (Path(out) / "answers-marks.csv").read_text(encoding="utf-8")
    assert [row["score"] for row in csv.DictReader(marks.splitlines())] == ["29", "30"]

    again = ["worksheet", "--count", "3", "--seed", "7", "--out", out]
    assert command_line(again) == 2  # the answers are not replaced by blank ones
    assert "holds answers, which a new file would replace" in capsys.readouterr().err
    assert Path(answers).read_text(encoding="utf-8").count("Ada") == 1
    assert command_line([*again, "--force"]) == 0
    assert Path(answers).read_text(encoding="utf-8").count("Ada") == 0


def test_marks_as_json_are_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file_of(tmp_path / "a.csv", with_cell("a2[1]", "-0,2"))
    marks = tmp_path / "m.csv"
    arguments = ["worksheet", "--grade", str(path), "--json", "--marks", str(marks)]
    assert command_line([*arguments, "--seed", "7", "--carried", "0.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    (student,) = told["students"]
    assert student["student"] == "Ada"
    assert student["first_wrong"] == "a2[1]"
    by_step = {mark["step"]: mark for mark in student["marks"]}
    assert list(by_step) == STEPS
    assert by_step["a2[1]"]["verdict"] == "wrong"
    assert by_step["loss"]["from_own"] is None
    assert by_step["loss"]["verdict"] == "right"
    assert told["carried_forward_counts"] == 0.5
    assert marks.exists()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--network", "2,2,1"], "--network takes sizes with hyphens"),
        (["--network", "784-256-10"], "too many to do by hand"),
        (["--activation", "magic"], "Unknown activation 'magic'"),
        (["--seed", "-1"], "seed must be a whole number from 0"),
        (["--seed", "1.5"], "is not a whole number"),
        (["--count", "0"], "count must be a whole number from 1"),
        (["--count", "1001"], "at most 1000 sheets"),
        (["--digits", "9"], "digits must be a whole number from 2 to 8"),
        (["--format", "pdf"], "html"),
        (["--grade", "none.csv"], "Cannot read the answers in 'none.csv'"),
        (["--grade", "good.csv", "--tolerance", "0"], "--tolerance must be a positive"),
        (["--grade", "good.csv", "--carried", "1.5"], "--carried must be a number from 0 to 1"),
        (["--grade", "good.csv", "--seed", "8"], "good.csv:2: 2-2-1/sigmoid/s7/v2 is another"),
        (["--grade", "good.csv", "--marks", "good.csv"], "would overwrite the answers"),
        (["--grade", "good.csv", "--marks", "no/m.csv"], "'no/m.csv': there is no folder 'no'"),
    ],
)
def test_wrong_requests_are_refused_in_one_sentence_and_write_nothing(
    options: list[str],
    part: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    good = file_of(tmp_path / "good.csv", GOOD).read_bytes()
    assert command_line(["worksheet", *options]) == 2
    shown = capsys.readouterr()
    assert part in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["good.csv"]
    assert (tmp_path / "good.csv").read_bytes() == good


def test_markdown_sheets_can_have_a_file_each(tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--format", "markdown", "--separate", "--count", "2", "--network", "1-2-1"]
    more = ["--regression", "--activation", "leaky-relu", "--samples", "2", "--digits", "2"]
    assert command_line(["worksheet", *options, *more, "--out", str(out), "--quiet"]) == 0
    identity = "1-2-1/leaky_relu/regression/m2/d2/s1/v2"
    assert identity in (out / "worksheet-s1.md").read_text(encoding="utf-8")
    assert identity in (out / "key-s1.md").read_text(encoding="utf-8")
    assert json.loads((out / "summary.json").read_text())["sheets"][1] == identity
