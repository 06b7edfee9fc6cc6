"""Explanations: every number is the Trace's, every step can be redone from what is printed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

import glassnet as gn
from glassnet.core.network import ACTIVATIONS
from glassnet.explain import Explanation, Step, explain
from glassnet.optim.optimizers import Optimizer, OptimizerState
from oracles import html_calculator
from targets import LOSSES, random_targets

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))
OPTIMIZERS: list[Optimizer] = [
    gn.GradientDescent(0.4),
    gn.GradientDescent(0.1, momentum=0.9),
    gn.GradientDescent(0.1, momentum=0.8, nesterov=True),
    gn.Adam(0.01),
    gn.AdamW(0.01, weight_decay=0.1),
    gn.RMSprop(0.01),
    gn.RMSprop(0.01, momentum=0.5),
]


@pytest.fixture(scope="module")
def run(tutorial_run: gn.Run) -> gn.Run:
    return tutorial_run


def values_of(explanation: Explanation) -> dict[str, Any]:
    """The results by name; the last of a name."""
    return {step.equation.result.name: step.equation.result.values for step in explanation.steps}


@dataclass(frozen=True)
class Case:
    parameters: gn.Parameters
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    arguments: dict[str, Any]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    loss = draw(st.sampled_from(LOSSES))
    n_out = 1 if loss == "binary_cross_entropy" else draw(st.integers(2, 4))
    hidden = draw(st.lists(st.integers(1, 10), max_size=3))
    activation = [draw(st.sampled_from(ACTIVATIONS)) for _ in hidden]
    network = gn.Network((draw(st.integers(1, 10)), *hidden, n_out), activation, loss)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    m = draw(st.integers(1, 12))
    y = random_targets(loss, rng, m, n_out)
    return Case(
        gn.Parameters(network, rng.normal(size=network.n_parameters) * draw(st.floats(0, 3))),
        rng.normal(size=(m, network.sizes[0])),
        y,
        rng.uniform(0.1, 3, m) if draw(st.booleans()) else None,
        {
            "sample": draw(st.none() | st.integers(0, m - 1)),
            "optimizer": draw(st.none() | st.sampled_from(OPTIMIZERS)),
            "l1": draw(st.sampled_from([0.0, 0.1])),
            "l2": draw(st.sampled_from([0.0, 0.2])),
        },
    )


def explained(case: Case, **more: Any) -> Explanation:
    return explain(
        case.parameters, case.X, case.y, sample_weight=case.weight, **case.arguments, **more
    )


@given(cases())
def test_a_reader_of_the_html_alone_gets_the_result_of_every_step(case: Case) -> None:
    explanation = explained(case, full=True)
    read = html_calculator.read(explanation.html())
    assert len(read) == len(explanation.steps)
    for step, shown in zip(explanation.steps, read, strict=True):
        assert not shown.abridged
        assert shown.result.tolist() == step.equation.result.values.tolist()
        np.testing.assert_allclose(
            html_calculator.worked_out(shown), shown.result, rtol=1e-10, atol=1e-13
        )


def test_a_wrong_digit_in_the_html_is_noticed_by_the_reader(run: gn.Run) -> None:
    rng = np.random.default_rng(0)
    for step in html_calculator.read(explain(run, POINTS.X, POINTS.y, sample=0, epoch=9).html()):
        for slot in step.inputs:
            right = step.inputs[slot]
            wrong = right + 1e-6 * rng.uniform(1, 2, right.shape)
            step.inputs[slot] = wrong
            changed = html_calculator.worked_out(step) - step.result
            assert abs(changed).max() > 1e-12, (step.kind, slot)
            step.inputs[slot] = right


@given(cases())
def test_every_result_is_that_of_the_trace_and_of_the_optimizer(case: Case) -> None:
    sample, optimizer = case.arguments["sample"], case.arguments["optimizer"]
    rows = slice(None) if sample is None else slice(sample, sample + 1)
    weight = None if case.weight is None else case.weight[rows]
    network = case.parameters.network
    trace = gn.trace(network, case.parameters, case.X[rows], case.y[rows], weight)
    batch = gn.trace(network, case.parameters, case.X, case.y, case.weight)
    found = values_of(explained(case))
    for k in range(network.n_layers):
        for name in ("z", "a", "dz", "dW", "db"):
            assert (found[f"{name}{k + 1}"] == getattr(trace, name)[k]).all()
        if k < network.n_layers - 1:
            assert (found[f"da{k + 1}"] == trace.da[k]).all()
        if sample is not None:
            assert (found[f"sum dW{k + 1}"] == batch.dW[k]).all()
            assert (found[f"sum db{k + 1}"] == batch.db[k]).all()
    assert (found["loss" if len(trace.losses) == 1 else "losses"] == trace.losses).all()
    assert found["L"] == batch.loss
    if optimizer is None:
        assert not any(name.startswith("new") for name in found)
        return
    gradient = batch.gradient.vector / batch.weight_sum
    slopes = gn.Parameters(network, gradient).layers
    for (before, _), (dW, _) in zip(case.parameters.layers, slopes, strict=True):
        dW[...] += case.arguments["l2"] * before + case.arguments["l1"] * np.sign(before)
    vector, _ = optimizer.update(
        case.parameters.vector, gradient, optimizer.init(case.parameters.vector)
    )
    for k, (W, b) in enumerate(gn.Parameters(network, vector).layers, start=1):
        np.testing.assert_allclose(found[f"new W{k}"], W, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(found[f"new b{k}"], b, rtol=1e-12, atol=1e-15)


NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?(?![\w.])")


def printed_numbers(step: Step, digits: int) -> set[float]:
    """What may stand in a step's numbers: its inputs and its result, rounded."""
    assert step.entry is None or step.entry.result.values.ndim == 0
    equations = [step.equation, *([step.entry] if step.entry else [])]
    quantities = [q for e in equations for q in (e.result, *e.inputs.values())]
    return {float(f"{v:.{digits}g}") for q in quantities for v in np.ravel(q.values)}


@pytest.mark.parametrize("digits", [3, 5, 17])
@pytest.mark.parametrize("sample", [None, 7])
def test_every_number_in_text_and_markdown_is_one_of_the_steps(
    run: gn.Run, digits: int, sample: int | None
) -> None:
    explanation = explain(
        run, POINTS.X, POINTS.y, sample=sample, epoch=1000, full=True, digits=digits
    )
    by_step = iter(explanation.steps)
    step, seen = explanation.steps[0], set[float]()
    for style, line in explanation.text_lines(100_000):
        if style == "step":
            step, seen = next(by_step), set()
        if style == "numbers":
            right = re.sub(r"[\w ]+(<-|=)", "", line, count=1).replace("exp(-", "exp(- ")
            numbers = {float(text) for text in NUMBER.findall(right)}
            constants = {0.0, 1.0, 2.0}
            assert numbers <= printed_numbers(step, digits) | constants, line
            seen |= numbers
            result = {float(f"{v:.{digits}g}") for v in step.equation.result.values.ravel()}
            complete = result <= seen
    assert complete
    markdown = explanation.markdown().split("\n### ")[1:]
    for step, part in zip(explanation.steps, markdown, strict=True):
        plugged = part.split("$$")[-4 if step.entry else -2]
        shown = plugged.rsplit("= ", 1)[-1]
        read_back = [
            float(text.replace(r" \cdot 10^{", "e").rstrip("}"))
            for text in re.findall(r"-?[\d.]+(?: \\cdot 10\^{-?\d+})?", shown)
        ]
        expected = [float(f"{v:.{digits}g}") for v in step.equation.result.values.ravel()]
        assert read_back == expected, step.name


def test_numbers_in_mathml_are_their_data_value_rounded(run: gn.Run) -> None:
    html = explain(run, POINTS.X, POINTS.y, sample=3, epoch=5).html()
    shown = re.findall(r'<mrow class="gn-n" data-value="([^"]+)">(.*?)</mrow>', html)
    assert len(shown) > 500
    for value, inner in shown:
        power = re.search(r"<msup><mn>10</mn><mn>(.*?)</mn>", inner)
        text = re.search(r"<mn>(.*?)</mn>", inner)
        assert text is not None
        digits = text.group(1) + (f"e{power.group(1)}" if power else "")
        assert float(digits.replace("\u2212", "-")) == float(f"{float(value):.5g}")


def test_the_tutorials_steps_come_in_the_tutorials_order(run: gn.Run) -> None:
    steps = explain(run, POINTS.X, POINTS.y, sample=0, epoch=0).steps
    names = [step.equation.result.name for step in steps]
    assert names == (
        ["z1", "a1", "z2", "a2", "z3", "a3", "loss"]
        + ["dz3", "dW3", "db3", "da2", "dz2", "dW2", "db2", "da1", "dz1", "dW1", "db1", "L"]
        + [f"sum {d}{k}" for k in (3, 2, 1) for d in ("dW", "db")]
        + [f"new {d}{k}" for k in (1, 2, 3) for d in ("W", "b")]
        + ["new L"]
    )
    assert all(step.why.endswith(".") for step in steps)


def test_the_update_of_an_epoch_leads_to_the_next_snapshot(run: gn.Run) -> None:
    for epoch in (0, 1, 2635, 5270):
        found = values_of(explain(run, POINTS.X, POINTS.y, sample=4, epoch=epoch))
        after = run.history.parameters_at(epoch + 1).layers
        for k, (W, b) in enumerate(after, start=1):
            np.testing.assert_allclose(found[f"new W{k}"], W, rtol=1e-12)
            np.testing.assert_allclose(found[f"new b{k}"], b, rtol=1e-12)
        assert found["L"] == pytest.approx(run.history.loss[epoch], rel=1e-12)


@pytest.mark.pairwise
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_epochs_without_a_snapshot_are_trained_again_to_the_same_digits(
    optimizer: Optimizer, batch_size: int | None, engine: str
) -> None:
    def trained(record_every: int) -> gn.Run:
        return gn.train(
            TUTORIAL, POINTS.X, POINTS.y, seed=3, optimizer=optimizer, batch_size=batch_size,
            max_epochs=30, record_every=record_every, engine=engine, l2=0.01,
        )  # fmt: skip

    every, few = trained(1), trained(12)
    assert few.history.snapshot_epochs.tolist() == [0, 12, 24, 30]
    for epoch in (5, 12, 17, 29, 30):
        first = explain(few, POINTS.X, POINTS.y, epoch=epoch)
        W1, _ = every.history.parameters_at(epoch).layers[0]
        assert (first.steps[0].equation.inputs["W"].values == W1).all()
        assert first.json() == explain(every, POINTS.X, POINTS.y, epoch=epoch).json()
    last = np.random.default_rng([3, 1])
    for _ in range(18):
        order = last.permutation(20)
    in_last_batch = 0 if batch_size is None else int(order[-1])
    found = values_of(explain(few, POINTS.X, POINTS.y, epoch=17, sample=in_last_batch))
    for k, (W, b) in enumerate(every.history.parameters_at(18).layers, start=1):
        np.testing.assert_allclose(found[f"new W{k}"], W, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(found[f"new b{k}"], b, rtol=1e-11, atol=1e-14)


def test_float32_runs_and_weighted_samples_are_explained() -> None:
    weight = np.linspace(0, 2, 20)
    run = gn.train(
        TUTORIAL, POINTS.X, POINTS.y, seed=1, max_epochs=40, record_every=9,
        dtype="float32", sample_weight=weight,
    )  # fmt: skip
    found = explain(run, POINTS.X, POINTS.y, sample=0, epoch=31, sample_weight=weight)
    assert (values_of(found)["dW1"] == 0).all()  # the first sample counts nothing
    assert values_of(found)["L"] == pytest.approx(run.history.loss[31], rel=1e-5)


def test_long_layers_are_abridged_and_full_shows_all() -> None:
    network = gn.Network((30, 20, 3), "relu")
    parameters = gn.Parameters.initial(network, seed=0)
    X, y = np.random.default_rng(0).normal(size=(9, 30)), np.arange(9) % 3
    short, whole = (explain(parameters, X, y, full=full) for full in (False, True))
    first = short.text(200).split("\n\n")[2]
    assert "⎢" in first
    assert first.count("...") > 5
    hidden = (600 - 25) + (270 - 25) + (20 - 5) + (180 - 25)
    assert f"{hidden:,} numbers are not shown" in first
    assert "numbers are not shown" in short.html()
    for face in (whole.text(200), whole.html(), whole.markdown()):
        assert "not shown" not in face
        assert "more" not in face.split("Loss")[0].replace("could do more", "").replace(
            "can do more", ""
        )
    large = gn.Network((784, 256, 10), "relu")
    X = np.random.default_rng(0).normal(size=(4, 784))
    html = explain(gn.Parameters.initial(large, seed=0), X, [0, 1, 2, 3]).html()
    assert any(step.abridged for step in html_calculator.read(html))
    assert len(html) < 2**20
    record = json.loads(explain(gn.Parameters.initial(large, seed=0), X, [0, 1, 2, 3]).json())
    W = record["steps"][0]["inputs"]["W"]
    assert W["shape"] == [256, 784]
    assert W["rows"] == [0, 1, 2, 3, 255]
    expected = gn.Parameters.initial(large, seed=0).layers[0][0][np.ix_(W["rows"], W["columns"])]
    assert (np.array(W["values"]) == expected).all()


def test_json_holds_every_digit_and_both_forms_of_the_rule(run: gn.Run) -> None:
    explanation = explain(run, POINTS.X, POINTS.y, sample=2, epoch=77)
    record = json.loads(explanation.json())
    assert record["title"] == "Every number of sample 2 after 77 epochs"
    assert len(record["steps"]) == len(explanation.steps)
    for fields, step in zip(record["steps"], explanation.steps, strict=True):
        assert fields["result"]["values"] == step.equation.result.values.tolist()
        for slot, quantity in step.equation.inputs.items():
            assert fields["inputs"][slot]["values"] == quantity.values.tolist()
    assert record["steps"][0]["rule"] == {"latex": r"W_{1}\, x + b_{1}", "text": "W1 x + b1"}
    assert record["steps"][1]["derivation"]["text"] == "g(z) = 1 / (1 + exp(-z))"


def test_numbers_that_are_not_finite_are_written_and_read() -> None:
    network = gn.Network((1, 1), loss="mean_squared_error")
    explanation = explain(
        gn.Parameters(network, np.array([1e200, 0.0])), [[1e200]], [0.0],
        optimizer=gn.GradientDescent(1.0),
    )  # fmt: skip
    assert json.loads(explanation.json())["steps"][0]["result"]["values"] == [["inf"]]
    assert html_calculator.read(explanation.html())[0].result == np.inf
    assert r"\infty" in explanation.markdown()
    assert "inf" in explanation.text()


@pytest.mark.parametrize(
    "schedule", [gn.schedules.Step(5, 0.5), gn.schedules.Cosine(30), gn.schedules.Plateau(2, 0.5)]
)
def test_schedules_clipping_held_out_samples_and_class_weights_are_those_of_the_run(
    schedule: Any,
) -> None:
    run = gn.train(
        TUTORIAL, POINTS.X, POINTS.y, seed=3, optimizer=gn.GradientDescent(2.0, momentum=0.5),
        max_epochs=30, schedule=schedule, clip_norm=1e-4, class_weight="balanced",
        validation=0.2, record_every=1,
    )  # fmt: skip
    for epoch in (0, 11, 29):
        explanation = explain(run, POINTS.X, POINTS.y, epoch=epoch)
        found = values_of(explanation)
        for k, (W, b) in enumerate(run.history.parameters_at(epoch + 1).layers, start=1):
            np.testing.assert_allclose(found[f"new W{k}"], W, rtol=1e-11, atol=1e-14)
            np.testing.assert_allclose(found[f"new b{k}"], b, rtol=1e-11, atol=1e-14)
        steps = html_calculator.read(explanation.html())
        assert any(step.kind == "clipped gradient" for step in steps)
        for step in steps:
            np.testing.assert_allclose(
                html_calculator.worked_out(step), step.result, rtol=1e-10, atol=1e-13
            )


def test_an_iteration_of_lbfgs_is_shown_by_what_goes_in_and_comes_out() -> None:
    run = gn.train(
        TUTORIAL, POINTS.X, POINTS.y, seed=3, optimizer=gn.LBFGS(), max_epochs=9, record_every=4
    )
    found = values_of(explain(run, POINTS.X, POINTS.y, epoch=7))
    np.testing.assert_allclose(
        found["new W1"], run.history.parameters_at(8).layers[0][0], rtol=1e-9
    )


def test_a_run_with_dropout_is_refused_with_what_can_be_shown() -> None:
    run = gn.train(TUTORIAL, POINTS.X, POINTS.y, seed=3, dropout=0.5, max_epochs=9)
    with pytest.raises(gn.InputError, match=r"explain\(run.parameters, X, y\)"):
        explain(run, POINTS.X, POINTS.y)


class Drift:
    """A rule that no explanation knows."""

    learning_rate = 0.5

    def init(self, vector: np.ndarray) -> OptimizerState:
        return {}

    def update(
        self,
        vector: np.ndarray,
        gradient: np.ndarray,
        state: OptimizerState,
        rate_factor: float = 1.0,
    ) -> tuple[np.ndarray, OptimizerState]:
        return vector - 0.5 * rate_factor * np.sign(gradient), state


def test_an_unknown_optimizer_is_shown_by_what_goes_in_and_comes_out() -> None:
    start = gn.Parameters.initial(TUTORIAL, seed=0)
    explanation = explain(start, POINTS.X, POINTS.y, optimizer=Drift())
    found = values_of(explanation)
    expected = start.layers[0][0] - 0.5 * np.sign(found["g_W1"])
    assert (found["new W1"] == expected).all()
    assert "W1 <- Drift(W1, g_W1)" in explanation.text()
    assert "not shown" in explanation.steps[-2].why


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"sample": 20}, "no sample 20: choose one from 0 to 19"),
        ({"sample": -1}, "sample must be a whole number from 0"),
        ({"sample": 1.5}, "sample must be a whole number from 0"),
        (
            {"epoch": 31},
            r"no epoch 31: this run has 0 \(its start\) to 30, with 4 snapshots, every",
        ),
        ({"epoch": -1}, "epoch must be a whole number from 0"),
        ({"optimizer": gn.Adam()}, "A run has an optimizer"),
        ({"digits": 0}, "digits must be a whole number from 1"),
        ({"l1": -1.0}, "l1 must be a finite number from 0"),
    ],
)
def test_wrong_requests_are_refused(arguments: dict[str, Any], sentence: str) -> None:
    run = gn.train(TUTORIAL, POINTS.X, POINTS.y, seed=0, max_epochs=30, record_every=12)
    with pytest.raises(gn.InputError, match=sentence):
        explain(run, POINTS.X, POINTS.y, **arguments)


def test_other_data_than_the_runs_are_refused_and_parameters_take_any(run: gn.Run) -> None:
    with pytest.raises(gn.InputError, match="not the data this run was trained on"):
        explain(run, POINTS.X, 1 - POINTS.y, epoch=3)
    stirred = gn.train(
        TUTORIAL, POINTS.X, POINTS.y, seed=0, optimizer=gn.Adam(), batch_size=5, max_epochs=9
    )
    with pytest.raises(gn.InputError, match="not the data this run was trained on"):
        explain(stirred, POINTS.X + 1, POINTS.y)
    assert explain(run.parameters, POINTS.X[:3], POINTS.y[:3]).steps
    with pytest.raises(gn.InputError, match="no epochs"):
        explain(run.parameters, POINTS.X, POINTS.y, epoch=3)


def test_a_model_without_history_is_refused_with_what_to_do(run: gn.Run) -> None:
    from types import SimpleNamespace

    model: Any = SimpleNamespace(network=run.network, parameters=run.parameters)
    with pytest.raises(gn.InputError, match="no history"):
        explain(model, POINTS.X, POINTS.y)


def test_it_is_saved_by_the_names_ending(run: gn.Run, tmp_path: Path) -> None:
    explanation = explain(run, POINTS.X, POINTS.y, sample=0)
    for ending in ("html", "md", "txt", "json"):
        explanation.save(tmp_path / f"e.{ending}")
    assert (tmp_path / "e.html").read_text(encoding="utf-8") == explanation.html()
    assert (tmp_path / "e.md").read_text(encoding="utf-8") == explanation.markdown()
    assert (tmp_path / "e.txt").read_text(encoding="utf-8") == explanation.text()
    assert (tmp_path / "e.json").read_text(encoding="utf-8") == explanation.json()
    with pytest.raises(gn.InputError, match=r"\.html, \.md"):
        explanation.save(tmp_path / "e.pdf")
    assert explanation._repr_html_().count('class="gn-step"') == len(explanation.steps)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_words_and_numbers_of_a_small_network_keep_within_the_terminal(
    run: gn.Run, width: int
) -> None:
    explanation = explain(run, POINTS.X, POINTS.y, sample=0, epoch=3, digits=3)
    styles = dict.fromkeys(style for style, _ in explanation.text_lines(width))
    assert set(styles) <= {"title", "fact", "phase", "step", "why", "rule", "numbers", ""}
    for style, line in explanation.text_lines(width):
        if style != "numbers" or width >= 80:
            assert len(line) <= width, line


def test_the_page_fits_a_phone_and_loads_nothing_from_elsewhere(
    run: gn.Run, tmp_path: Path, browser: Browser
) -> None:
    path = tmp_path / "e.html"
    explain(run, POINTS.X, POINTS.y, epoch=40).save(path)
    asked, complaints = [], []
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    width = page.evaluate("document.documentElement.scrollWidth")
    page.click("summary >> nth=0")
    page.click("button >> nth=0")
    page.wait_for_selector("button:has-text('copied')")
    assert width == 360
    assert asked == [path.as_uri()]
    assert complaints == []
