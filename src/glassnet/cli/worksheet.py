"""The command `glassnet worksheet`."""

from __future__ import annotations

import json as json_format
import re
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch, WholeNumber
from glassnet.cli.text import columns, printable, printer
from glassnet.errors import InputError, finite_number, whole_number
from glassnet.storage.output_folder import SUMMARY, output_folder

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from rich.console import Console

    from glassnet.worksheets.marking import Graded, Mark
    from glassnet.worksheets.worksheet import Exercise, Worksheet

PROGRAM = "glassnet worksheet"
ANSWERS = "answers.csv"
MOST_SHEETS = 1000


def worksheet(
    *,
    seed: WholeNumber | None = None,
    network: str | None = None,
    activation: str | None = None,
    regression: Switch = False,
    samples: WholeNumber | None = None,
    digits: WholeNumber | None = None,
    count: WholeNumber | None = None,
    format: Literal["html", "markdown"] = "html",
    separate: Switch = False,
    out: Path = Path("glassnet-worksheet"),
    grade: Path | None = None,
    tolerance: float | None = None,
    carried: float = 1.0,
    marks: Path | None = None,
    json: Switch = False,
    quiet: Switch = False,
    force: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Make an exercise to do by hand with its answer key, or mark the answers of a class.

    Parameters
    ----------
    seed
        Which sheet: the same seed gives the same sheet for ever. 0 unless said.
    network
        Sizes of the layers, 2-2-1 unless said; one output is binary, more are softmax.
    activation
        Activation of the hidden layers, sigmoid unless said; with commas one for each.
    regression
        Identity output and mean squared error.
    samples
        How many samples the update is calculated from, 1 unless said.
    digits
        Decimals to round to, from 2 to 8; 3 unless said.
    count
        Sheets for a class: this many, with the seeds from --seed on.
    format
        Format of sheets and keys; HTML prints on A4 and Letter.
    separate
        A file for each sheet and key, instead of one for all sheets and one for all keys.
    out
        Folder for the sheets, their keys, and answers.csv to fill in.
    grade
        Mark the answers in this CSV file, a line a student; nothing is made.
    tolerance
        Right is what is this near, plus rounding; half a unit of the last decimal unless said.
    carried
        What a step counts that was calculated rightly from earlier wrong numbers: 0 to 1.
    marks
        Where the marks of each student go as CSV; beside the answers unless said.
    json
        Print what was made, or every mark, as JSON.
    quiet
        Print nothing but errors.
    force
        Write into a folder that this command did not make.
    config
        TOML file with these settings in a table [worksheet].
    debug
        Show the traceback of an error.
    """
    wanted = (seed, network, activation, samples, digits, count)
    exercises = _exercises(*wanted, regression=regression)
    if grade is None:
        summary = _make(exercises, out, format, separate=separate, force=force)
        show = partial(print, _made(summary, out))
    else:
        asked_for = regression or any(value is not None for value in wanted)
        ids = [exercise.id for exercise in exercises] if asked_for else None
        graded, marks = _marked(grade, ids, tolerance, carried, marks)
        summary, show = _as_json(graded, marks), partial(_print_marks, graded, marks)
    if json:
        print(json_format.dumps(summary, indent=2))
    elif not quiet:
        show()
    return DONE


def _marked(
    grade: Path, ids: list[str] | None, tolerance: float | None, carried: float, marks: Path | None
) -> tuple[list[Graded], Path]:
    """Mark the answers and write the marks; both, and where they are."""
    graded = _grade(grade, ids, tolerance, carried)
    marks = marks or grade.with_name(f"{grade.stem}-marks.csv")
    _write_marks(graded, marks, grade)
    return graded, marks


def _exercises(
    seed: int | None,
    network: str | None,
    activation: str | None,
    samples: int | None,
    digits: int | None,
    count: int | None,
    *,
    regression: bool,
) -> list[Exercise]:
    """One exercise for each sheet of the class. Raises InputError for options that make none."""
    from glassnet import Network
    from glassnet.worksheets.worksheet import Exercise

    names = (activation or "sigmoid").replace("-", "_").split(",")
    described = Network(
        _sizes(network or "2-2-1"),
        names[0] if len(names) == 1 else names,
        "mean_squared_error" if regression else None,
    )
    first = whole_number("seed", seed or 0, 0)
    n = 1 if count is None else whole_number("count", count, 1)
    if n > MOST_SHEETS:
        raise InputError(f"--count makes at most {MOST_SHEETS} sheets at once, not {n}.")
    m, d = (1 if samples is None else samples), (3 if digits is None else digits)
    return [Exercise(described, number, m, d) for number in range(first, first + n)]


def _sizes(text: str) -> list[int]:
    if not re.fullmatch(r"[0-9]{1,6}(-[0-9]{1,6})+", text):
        raise InputError(
            f"--network takes sizes with hyphens between such as 2-2-1, not {text!r:.80}."
        )
    return [int(size) for size in text.split("-")]


def _make(
    exercises: Sequence[Exercise], out: Path, format: str, *, separate: bool, force: bool
) -> dict[str, Any]:
    """Write the folder: sheets, keys, answers.csv; what is in it as a dictionary."""
    from glassnet.worksheets import answer_files, sheets_and_keys
    from glassnet.worksheets.worksheet import worksheet as drawn

    earlier = out / ANSWERS
    if not force and earlier.is_file() and answer_files.filled_in(earlier):
        raise InputError(
            f"{str(earlier)!r:.200} holds answers, which a new file would replace: name another "
            "folder "
            "with --out, move the file, or add --force."
        )
    with output_folder(out, PROGRAM, force=force) as folder:
        sheets = [drawn(exercise) for exercise in exercises]
        page = sheets_and_keys.html if format == "html" else sheets_and_keys.markdown
        ending = "html" if format == "html" else "md"
        files = {ANSWERS: answer_files.blank_answers(sheets)}
        for name, some in _grouped(sheets, separate).items():
            files[f"worksheet{name}.{ending}"] = page(some)
            files[f"key{name}.{ending}"] = page(some, key=True)
        summary = {
            "program": PROGRAM,
            "sheets": [exercise.id for exercise in exercises],
            "blanks": len(sheets[0].answers),
            "files": sorted([*files, SUMMARY]),
        }
        files[SUMMARY] = json_format.dumps(summary, indent=2) + "\n"
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return summary


def _grouped(sheets: Sequence[Worksheet], separate: bool) -> dict[str, list[Worksheet]]:
    """The sheets of each file by what its name ends with."""
    if separate:
        return {f"-s{sheet.exercise.seed}": [sheet] for sheet in sheets}
    return {"s" if len(sheets) > 1 else "": list(sheets)}


def _made(summary: dict[str, Any], out: Path) -> str:
    first, *others = summary["sheets"]
    sheets = f"{len(others) + 1} sheets, {first} to {others[-1]}," if others else f"sheet {first}"
    page = next(name for name in summary["files"] if name.startswith("worksheet"))
    return (
        f"{sheets} with {summary['blanks']} numbers to calculate{' each' if others else ''}\n"
        f"{len(summary['files'])} files are in {out}; open first {out / page}\n"
        f"mark what was filled in with: glassnet worksheet --grade {out / ANSWERS}"
    )


def _grade(
    path: Path, ids: list[str] | None, tolerance: float | None, carried: float
) -> list[Graded]:
    from glassnet.worksheets.answer_files import read_answers
    from glassnet.worksheets.marking import grade

    if tolerance is not None and not (tolerance > 0 and isfinite(tolerance)):
        raise InputError(f"--tolerance must be a positive, finite number, not {tolerance:g}.")
    finite_number("--carried", carried, 0)
    if carried > 1:
        raise InputError(f"--carried must be a number from 0 to 1, not {carried:g}.")
    return [
        grade(
            answers.sheet,
            answers.numbers,
            student=answers.student,
            tolerance=tolerance,
            carried_counts=carried,
        )
        for answers in read_answers(path, ids)
    ]


def _write_marks(graded: Sequence[Graded], marks: Path, answers: Path) -> None:
    from glassnet.storage.atomic import replacing
    from glassnet.worksheets.answer_files import summary

    if marks.resolve() == answers.resolve():
        raise InputError(
            f"--marks {str(marks)!r:.200} would overwrite the answers: name another file."
        )
    with replacing(marks) as temporary:
        temporary.write_text(summary(graded), encoding="utf-8", newline="\n")


def _as_json(graded: Sequence[Graded], marks: Path) -> dict[str, Any]:
    return {
        "students": [
            {
                "sheet": one.sheet,
                "student": one.student,
                "score": one.score,
                "of": len(one.marks),
                "first_wrong": one.first_wrong.step if one.first_wrong else None,
                "marks": [_mark_as_json(mark) for mark in one.marks],
            }
            for one in graded
        ],
        "carried_forward_counts": graded[0].carried_counts,
        "mean_score": sum(one.score for one in graded) / len(graded),
        "marks_file": str(marks),
    }


def _mark_as_json(mark: Mark) -> dict[str, Any]:
    """A mark's fields; what has no value, such as the logarithm of a negative a, is null."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in asdict(mark).items()
    }


def _print_marks(graded: Sequence[Graded], marks: Path) -> None:
    console = printer()
    console.soft_wrap = True
    _print_class(console, graded)
    n = len(graded)
    total, of = sum(one.score for one in graded), len(graded[0].marks)
    if n > 1:
        console.print(f"\n{n} students, on average {total / n:.3g} of {of}")
        _print_hardest(console, graded)
    else:
        _print_faults(console, graded[0])
    counts = graded[0].carried_counts
    console.print(
        f"\na step carried forward was calculated rightly from earlier wrong numbers and counts "
        f"{counts:g}\nthe marks are in {printable(marks)}",
        markup=False,
    )


def _print_class(console: Console, graded: Sequence[Graded]) -> None:
    from rich.markup import escape

    numbers = ("score", "right", "carried", "wrong", "blank")
    table = columns(("sheet", "student"), numbers, padding=1)
    table.add_column("first wrong")
    for one in graded:
        counts = [one.count(v) for v in ("right", "carried forward", "wrong", "unanswered")]
        first = one.first_wrong.step if one.first_wrong else "-"
        cells = [
            one.sheet,
            one.student,
            f"{one.score:g}/{len(one.marks)}",
            *map(str, counts),
            first,
        ]
        table.add_row(*map(escape, cells))
    console.print(table)


def _print_hardest(console: Console, graded: Sequence[Graded]) -> None:
    """The steps that most students got wrong, in the order of the calculation."""
    wrong = {
        step: sum(one.marks[k].verdict == "wrong" for one in graded)
        for k, step in enumerate(mark.step for mark in graded[0].marks)
    }
    most = sorted((step for step in wrong if wrong[step]), key=wrong.__getitem__, reverse=True)[:5]
    if most:
        listed = ", ".join(f"{step} ({wrong[step]})" for step in most)
        console.print(f"most often wrong: {listed}", markup=False)


def _print_faults(console: Console, one: Graded) -> None:
    """Each wrong step of a single student with what was expected."""
    for mark in one.marks:
        if mark.verdict == "wrong":
            own = ""
            if isfinite(mark.from_own) and abs(mark.from_own - mark.expected) > mark.tolerance:
                own = f", {mark.from_own:.6g} from the numbers before it"
            console.print(
                f"{mark.step}: {mark.answer:g} is wrong; right is {mark.expected:.6g}{own}",
                markup=False,
            )
