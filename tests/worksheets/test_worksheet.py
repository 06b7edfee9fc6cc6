"""Worksheets: the same for ever, friendly, and with the numbers of the Trace in their keys."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from playwright.sync_api import Browser

import glassnet as gn
from glassnet.core.network import ACTIVATIONS
from glassnet.worksheets.equations import calculation, written
from glassnet.worksheets.questions import questions
from glassnet.worksheets.sheets_and_keys import html, markdown
from glassnet.worksheets.worksheet import Exercise, Worksheet, worksheet
from oracles.definitions import average_loss, central_differences
from oracles.worksheet_by_hand import by_hand

GOLDEN = Path(__file__).with_name("worksheets_v2.json")


@st.composite
def exercises(draw: st.DrawFn) -> Exercise:
    sizes = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(2, 4)))]
    names = [draw(st.sampled_from(ACTIVATIONS)) for _ in sizes[2:]]
    loss = "mean_squared_error" if draw(st.booleans()) else None
    network = gn.Network(sizes, names, loss)
    seed, samples = draw(st.integers(0, 10**6)), draw(st.integers(1, 3))
    return Exercise(network, seed, samples, draw(st.integers(2, 6)))


def described(sheet: Worksheet) -> dict[str, object]:
    digits = sheet.exercise.digits
    return {
        "X": sheet.X.tolist(),
        "y": sheet.y.tolist(),
        "parameters": sheet.parameters.vector.tolist(),
        "learning_rate": sheet.optimizer.learning_rate,
        "answers": {step: written(value, digits) for step, value in sheet.answers.items()},
    }


@pytest.mark.parametrize("identity", json.loads(GOLDEN.read_text(encoding="utf-8")))
def test_a_sheet_stays_the_same_for_ever(identity: str) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert described(worksheet(Exercise.from_id(identity))) == golden[identity]


def test_each_seed_has_a_sheet_of_its_own() -> None:
    network = gn.Network((2, 2, 1))
    starts = {worksheet(Exercise(network, seed)).parameters.vector.tobytes() for seed in range(50)}
    assert len(starts) == 50


@given(exercises())
def test_an_id_says_all_of_an_exercise(exercise: Exercise) -> None:
    assert Exercise.from_id(exercise.id) == exercise


@pytest.mark.parametrize(
    "text",
    [
        "", "2-2-1", "2-2-1/sigmoid/s7/v1", "2-2-1/sigmoid/s07/v2", "2-2-1/sigmoid/m1/s7/v2",
        "2-2-1/sigmoid+sigmoid/s7/v2", "2-2-1/sigmoid/s7/v2 ", "2-2-1/magic/s7/v2",
        "2-2-1/none/s7/v2", "02-2-1/sigmoid/s7/v2", "2-2-1/sigmoid/d9/s7/v2", "2-0-1/tanh/s7/v2",
        "2-2-1/sigmoid/m0/s7/v2", "99999-99999-9/sigmoid/s7/v2", "2-2-1/sigmoid/s\u0667/v2",
        "2-2-1/sigmoid/s10000000000000000/v2",
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(gn.InputError):
        Exercise.from_id(text)


def test_exercises_that_nobody_can_do_are_refused() -> None:
    with pytest.raises(gn.InputError, match="408,115 numbers to fill in, too many to do by hand"):
        Exercise(gn.Network((784, 256, 10)))
    for wrong in ({"seed": -1}, {"samples": 0}, {"digits": 1}, {"digits": 9}):
        with pytest.raises(gn.InputError, match="must be a whole number from"):
            Exercise(gn.Network((2, 2, 1)), **wrong)


@given(exercises())
def test_answers_are_those_of_plain_loops(exercise: Exercise) -> None:
    sheet = worksheet(exercise)
    assert len(sheet.answers) == len(set(sheet.answers))
    assert sheet.answers == pytest.approx(by_hand(sheet), rel=1e-12, abs=1e-14)
    assert list(sheet.answers) == list(by_hand(sheet))


@given(exercises())
def test_printed_numbers_of_a_key_are_those_of_the_trace(exercise: Exercise) -> None:
    sheet = worksheet(exercise)
    trace = gn.trace(sheet.network, sheet.parameters, sheet.X, sheet.y)
    rule = gn.GradientDescent(sheet.optimizer.learning_rate)
    updated, _ = rule.update(sheet.parameters.vector, trace.gradient.vector / trace.weight_sum, {})
    after = gn.Parameters(sheet.network, updated)
    expected = {"loss": trace.loss} | {f"loss[{i + 1}]": v for i, v in enumerate(trace.losses)}
    for letter, arrays in {
        "z": trace.z, "a": trace.a, "dz": trace.dz, "da": trace.da, "dW": trace.dW,
        "db": trace.db, "W": [W for W, _ in after.layers], "b": [b for _, b in after.layers],
    }.items():  # fmt: skip
        new = " new" if letter in "Wb" else ""
        for l, array in enumerate(arrays, start=1):
            for (k, j), value in np.ndenumerate(array):
                expected[f"{letter}{l}[{k + 1},{j + 1}]{new}"] = value
                expected.setdefault(f"{letter}{l}[{k + 1}]{new}", value)
    for printed in (numbers_in_html(html([sheet], key=True)), numbers_in_markdown(sheet)):
        assert list(printed) == list(sheet.answers)
        for step, text in printed.items():
            assert len(text.partition(".")[2]) == exercise.digits
            assert abs(float(text) - expected[step]) <= 0.5 * 10.0**-exercise.digits + 1e-12


def numbers_in_html(page: str) -> dict[str, str]:
    found = re.findall(r'<strong data-step="([^"]+)">([^<]+)</strong>', page)
    return {step: text.replace("\N{MINUS SIGN}", "-") for step, text in found}


def numbers_in_markdown(sheet: Worksheet) -> dict[str, str]:
    page = markdown([sheet], key=True)
    return dict(re.findall(r"^- `([^`]+)` = \$.*\$ = \*\*(\S+)\*\*$", page, re.MULTILINE))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(2, 2, 1), (2, 3, 3), (1, 2, 2, 1)])
@pytest.mark.parametrize("loss", [None, "mean_squared_error"])
def test_calculations_of_a_key_give_their_results(
    name: str, sizes: tuple[int, ...], loss: str | None
) -> None:
    """Each line is evaluated as it stands, with eight decimals so that rounding hides nothing."""
    for samples in (1, 2):
        sheet = worksheet(Exercise(gn.Network(sizes, name, loss), 5, samples, 8))
        for q in sheet.quantities:
            for step, index in zip(q.entries, q.indices, strict=True):
                value = evaluated(calculation(sheet, q, index), sheet)
                assert value == pytest.approx(sheet.answers[step], abs=1e-6), step


def evaluated(latex: str, sheet: Worksheet) -> float:
    """The value of a calculation in LaTeX; a reference such as dz_2[0] is looked up."""
    text = re.sub(
        r"(d?z)_(\d)(\[[\d,]+\])", lambda m: repr(sheet.answers["".join(m.groups())]), latex
    )
    text = text.replace(r"\cdot", "*").replace(r"\,", " ").replace("^2", "**2")
    text = re.sub(r"\\ln (-?[\d.]+)", r"log(\1)", text)
    text = text.replace(r"\frac", "frac").replace("}{", "},{").replace("e^", "exp")
    text = re.sub(r"(?<=[\d)]) ?(?=\(|\\varphi)", "*", text.replace(r"\ln", "log"))
    text = text.replace("\\", "").replace("{", "(").replace("}", ")")
    text = re.sub(r"frac\((.*)\),\((.*)\)", fraction, text)
    names = {
        "exp": math.exp, "log": math.log, "tanh": math.tanh, "max": max,
        "Phi": lambda z: (1 + math.erf(z / math.sqrt(2))) / 2,
        "varphi": lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    }  # fmt: skip
    return float(eval(text, {"__builtins__": {}}, names))


def fraction(found: re.Match[str]) -> str:
    return f"({found[1]})/({found[2]})"


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus"])
@pytest.mark.parametrize("sizes", [(2, 2, 1), (2, 2, 3)])
def test_sheets_have_friendly_numbers(name: str, sizes: tuple[int, ...]) -> None:
    for seed in range(20):
        sheet = worksheet(Exercise(gn.Network(sizes, name), seed))
        assert all((10 * p).is_integer() for p in sheet.parameters.vector.round(9).tolist())
        assert all((2 * x).is_integer() for x in sheet.X.ravel().tolist())
        assert max(map(abs, sheet.answers.values())) < 10
        for step, value in sheet.answers.items():
            if step.startswith("d"):
                assert value == 0 or abs(value) >= 0.01, (seed, step)
        z, a = sheet.trace.z[0], sheet.trace.a[-1]
        if name == "relu":
            assert (z > 0).any()
        if name in {"sigmoid", "tanh"}:
            assert abs(z).max() <= 2.5
        assert a.min() >= 0.2 / 3
        assert a.max() <= 1 - 0.2 / 3
        assert len(set(sheet.parameters.layers[0][0].ravel().tolist())) > 1


@given(exercises())
def test_predictions_are_answered_as_the_definition_of_the_loss_answers_them(
    exercise: Exercise,
) -> None:
    sheet = worksheet(exercise)
    # At a kink of relu a difference is no derivative.
    assume(all((abs(z) > 1e-3).all() for z in sheet.trace.z[:-1]))
    answers = {q.text: q.answer for q in questions(sheet)}
    network, alpha = sheet.network, sheet.optimizer.learning_rate
    vector, Y = sheet.parameters.vector, sheet.trace.y.T

    def loss(at: np.ndarray) -> float:
        arguments = network.sizes, network.activation, network.loss
        return float(average_loss(*arguments, at, sheet.X, Y))

    gradient = dict(
        zip(sheet.parameters.names, sheet.trace.gradient.vector / exercise.samples, strict=True)
    )
    numeric = central_differences(loss, vector)
    assert list(gradient.values()) == pytest.approx(numeric, abs=1e-6)

    most = answers["Which weight or bias will the update change most?"].partition(":")[0]
    assert abs(gradient[most]) >= abs(numeric).max() - 1e-6
    ((text, way),) = ((t, a) for t, a in answers.items() if t.endswith("go up or down?"))
    sign = np.sign(gradient[text.split()[1]])
    assert way.startswith({-1: "It goes up", 0: "It stays", 1: "It goes down"}[sign])
    (doubled,) = (a for t, a in answers.items() if t.startswith("Suppose"))
    told = re.search(
        r"loss is (\S+) before the update; after it (\S+) with \S+ and (\S+) with", doubled
    )
    assert told
    for number, step in zip(told.groups(), (0, alpha, 2 * alpha), strict=True):
        # Larger than the rounding: the gradient here is that of differences.
        error = 0.51 * 10.0**-exercise.digits + 1e-5
        assert float(number) == pytest.approx(loss(vector - step * numeric), abs=error)


def test_a_dead_neuron_is_named() -> None:
    sheets = (worksheet(Exercise(gn.Network((2, 2, 1), "relu"), seed)) for seed in range(20))
    seen = set()
    for sheet in sheets:
        dead = np.flatnonzero(sheet.trace.z[0][:, 0] <= 0).tolist()
        (answer,) = (q.answer for q in questions(sheet) if q.text.startswith("Does any hidden"))
        assert re.findall(r"a1\[(\d)\] \(its slope is 0", answer) == [str(k + 1) for k in dead]
        seen.add(len(dead))
    assert seen == {0, 1}  # or the test has looked at one kind only


def test_pages_are_complete_and_need_nothing_from_elsewhere() -> None:
    sheets = [worksheet(Exercise(gn.Network((2, 2, 3), "elu"), seed, 2)) for seed in (1, 2)]
    for key in (False, True):
        page = html(sheets, key=key)
        assert page.count("<article") == 2
        assert not re.findall(r"(?:src|href)=|url\(|@import|<script", page)
        assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/1998/Math/MathML"}
        for sheet in sheets:
            assert sheet.exercise.id in page
            for step in sheet.answers:
                assert f"<code>{step}</code>" in page
        assert page.count('<span class="box">') == (0 if key else 2 * len(sheets[0].answers))
    text = markdown(sheets)
    assert text.count("# Backpropagation by hand\n") == 2
    assert all(f"- `{step}` = \\_" in text for step in sheets[0].answers)


def test_a_sheet_does_not_tell_its_answers() -> None:
    sheet = worksheet(Exercise(gn.Network((2, 2, 1)), 7, 1, 6))
    for page in (html([sheet]), markdown([sheet])):
        assert "data-step" not in page
        for value in sheet.answers.values():
            if value != round(value, 2):
                assert written(abs(value), 6) not in page
        assert all(question.answer not in page for question in questions(sheet))


def test_a_sheet_prints_on_two_pages_and_fits_a_phone(tmp_path: Path, browser: Browser) -> None:
    exercises = [Exercise(gn.Network((2, 2, 1), "relu"), seed) for seed in range(3)]
    for key in (False, True):
        path = tmp_path / "page.html"
        path.write_text(html([worksheet(e) for e in exercises], key=key), encoding="utf-8")
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        for paper in ("A4", "Letter"):
            printed = page.pdf(format=paper)
            assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 6
