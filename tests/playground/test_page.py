"""The page in a real browser gives the library's numbers, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

import glassnet as gn
from glassnet.explain import explain
from playground.visits import Visit, visit

__all__ = ["visit"]  # a fixture

# Which share of its chart's width is to the left of the epoch that is shown.
CURSORS = """() => [...document.querySelectorAll(".cursor-line")].map((line) => {
  const [cursor, chart] = [line, line.parentElement].map((one) => one.getBoundingClientRect());
  return (cursor.left + cursor.width / 2 - chart.left) / chart.width;
})"""


def test_the_tutorial_gives_the_numbers_of_the_demo(
    visit: Callable[..., Visit], tutorial_run: gn.Run
) -> None:
    page = visit()
    phases_make_one_epoch(page, tutorial_run)
    page.button("Back to the same start")
    plane = page.page.locator(".plane")
    expect(plane).to_have_attribute("aria-label", re.compile("the answer is class 1"))
    page.train()
    expect(plane).to_have_attribute("aria-label", re.compile("the answer is class 0"))
    the_end_is_that_of_the_demo(page, tutorial_run)
    a_click_shows_the_whole_calculation(page, tutorial_run)
    everything_moves_together_through_time(page, tutorial_run)


def phases_make_one_epoch(page: Visit, run: gn.Run) -> None:
    points = gn.datasets.rings()
    trace = gn.trace(run.network, run.start, points.X, points.y)
    chips = page.page.locator(".chip")
    page.button("Next phase: forward (1 of 4)")
    expect(chips.last).to_have_text(f"a {trace.a[-1][0, 0]:.3g}")
    page.button("Next phase: loss (2 of 4)")
    page.button("Next phase: backward (3 of 4)")
    expect(chips.last).to_have_text(f"dz {trace.dz[-1][0, 0]:.3g}")
    page.shows("epoch", "0")
    page.button("Next phase: update (4 of 4)")
    page.shows("epoch", "1")
    page.says("small step against its gradient")


def the_end_is_that_of_the_demo(page: Visit, run: gn.Run) -> None:
    page.shows("epoch", "5,271")
    end = float(page.page.locator("[data-test=loss]").get_attribute("title") or 0)
    assert end == pytest.approx(gn.trace(run.network, run.parameters, *run.data[:2]).loss)
    page.shows("epoch-loss", f"epoch 5,271: {end!r}")
    page.shows("right", "20 of 20")
    W1, b1 = run.parameters.layers[0]
    expected = [value for row, bias in zip(W1, b1, strict=True) for value in [*row, *bias]]
    shown: list[float] = []
    for neuron in (1, 2, 3):
        page.choose(f"hidden layer 1, neuron {neuron}")
        shown += [float(field.input_value()) for field in page.page.locator(".weight input").all()]
    assert shown == expected
    page.panel("Predictions")
    answers = page.page.locator("tbody td:nth-child(5)").all_inner_texts()
    assert answers == [f"{value:.4f}" for value in run.predict_probability(run.data[0])]


def a_click_shows_the_whole_calculation(page: Visit, run: gn.Run) -> None:
    plane, at = page.plane()
    dialog = page.page.get_by_role("dialog")
    plane.click(position=at(*gn.datasets.rings().X[15]))
    expect(dialog).to_contain_text("Every number of sample 15 after 5271 epochs")
    assert dialog.locator(".gn-step").count() == len(explain(run, sample=15).steps)
    bracket = dialog.locator(".gn-tall[data-rows='3']").first  # in its style, though none is inline
    expect(bracket).to_have_css("transform", re.compile(r"matrix\(1, 0, 0, 3\.75"))
    page.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    plane.click(position=at(0, 0))
    expect(dialog).to_contain_text("x = (0, ")
    page.page.keyboard.press("Escape")


def everything_moves_together_through_time(page: Visit, run: gn.Run) -> None:
    page.choose("output, neuron 1")
    slider = page.page.get_by_label("Time: epoch that is shown")
    for epoch in (2600, 17):
        slider.fill(str(epoch))
        page.shows("epoch", f"{epoch:,}")
        page.shows("loss", f"{run.history.loss[epoch]:.6f}")
        parameters = run.history.parameters_at(epoch)
        expect(page.page.get_by_label(re.compile(r"^b3\[1\]"))).to_have_value(
            repr(float(parameters.layers[2][1][0, 0]))
        )
        assert page.page.evaluate(CURSORS) == pytest.approx([epoch / 5271] * 2, abs=1e-2)
    slider.press("ArrowRight")
    page.shows("epoch", "18")


ASKS = """async () => {
  const { onFrame } = await import("/frames.js");
  const { ask } = await import("/connection.js");
  const drawn = [];
  let asked = 0, heard = () => {};
  onFrame((frame) => { drawn.push([asked, frame.asked]); heard(frame); });
  const next = () => new Promise((done) => { heard = done; });
  while (!(await next()).playing); // the answer to “play” has been drawn
  for (let k = 0; k < 30; k++) {
    const answer = next();
    asked = ask("gradient", { gradient: k % 2 === 0 });
    await answer;
  }
  return drawn;
}"""


def test_what_was_made_before_something_was_asked_for_is_not_drawn(
    visit: Callable[..., Visit],
) -> None:
    page = visit("stop_below=none&max_epochs=5000000")
    page.play()
    drawn = page.page.evaluate(ASKS)
    assert len(drawn) > 30
    assert all(answers >= asked for asked, answers in drawn)
    page.button("Save and share")
    link = page.page.locator("dialog.take input.mono")
    before = re.compile(f"^{re.escape(link.input_value())}$")
    expect(link).not_to_have_value(before)  # it follows the training
    expect(link).to_have_value(re.compile("epoch=[1-9]"))
    page.page.keyboard.press("Escape")
    page.button("Pause")
    page.says("Paused after")


def test_what_is_typed_is_taken_over_taken_back_and_refused(
    visit: Callable[..., Visit], tutorial_run: gn.Run
) -> None:
    page = visit()
    a_weight_is_edited_and_the_edit_undone(page)
    ctrl_z_in_the_field_takes_the_change_back(page)
    seed = page.page.locator("[data-control=seed] input")
    for _ in range(2):
        seed.fill("-1")
        seed.press("Enter")
        expect(seed).to_have_value("0")
    expect(page.page.locator(".state")).to_contain_text("not -1")
    the_precision_is_chosen(page, tutorial_run)
    what_is_drawn_again_keeps_no_mark_of_what_was_there(page)


def a_weight_is_edited_and_the_edit_undone(page: Visit) -> None:
    page.button("One epoch")
    page.shows("epoch", "1")
    page.choose("hidden layer 2, neuron 1")
    before = page.weight("W2[1,2]")
    field = page.page.get_by_label(re.compile(r"^W2\[1,2\]"))
    field.fill("-2.5")
    field.press("Enter")
    expect(page.page.get_by_role("button", name="Undo")).to_be_enabled()
    expect(page.page).to_have_url(re.compile("changes="))
    page.page.keyboard.press("Escape")
    page.button("Undo")
    expect(page.page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(field).to_have_value(before)


def ctrl_z_in_the_field_takes_the_change_back(page: Visit) -> None:
    page.choose("output, neuron 1")
    undo = page.page.get_by_role("button", name="Undo")
    field = page.page.get_by_label(re.compile(r"^W3\[1,3\]"))
    before = field.input_value()
    field.fill("0.25")
    field.press("Control+z")  # nothing is taken over yet: this is the browser's
    expect(undo).to_be_disabled()
    field.fill("0")
    field.press("Enter")
    expect(undo).to_be_enabled()
    field.press("Control+z")
    expect(undo).to_be_disabled()
    expect(field).to_have_value(before)
    field.press("Tab")
    page.rest()
    expect(undo).to_be_disabled()


def the_precision_is_chosen(page: Visit, run: gn.Run) -> None:
    page.button("Back to the same start")
    page.page.get_by_label("precision").select_option("float32")
    page.button("One epoch")
    page.shows("epoch", "1")
    page.choose("hidden layer 1, neuron 1")
    shown = np.float64(page.weight("W1[1,1]"))
    assert shown == np.float32(shown)
    exact = run.history.parameters_at(1).layers[0][0][0, 0]
    assert shown == pytest.approx(exact, rel=1e-6)
    assert shown != exact


def what_is_drawn_again_keeps_no_mark_of_what_was_there(page: Visit) -> None:
    expect(page.page.locator(".plane .wrong")).not_to_have_count(0)
    page.button("hill")
    page.points("200 points")
    expect(page.page.locator(".plane .wrong")).to_have_count(0)  # a value is not wrong
    page.button("Next phase: forward (1 of 4)")
    expect(page.page.locator(".chip:visible")).not_to_have_count(0)
    page.button("New start")
    expect(page.page.locator(".chip:visible")).to_have_count(0)


def test_the_network_is_built_on_the_page_and_the_address_brings_it_back(
    visit: Callable[..., Visit],
) -> None:
    page = visit()
    page.button("moons")
    page.points("120 points")
    page.button("+ layer")
    page.button("One neuron more in hidden layer 3")
    page.page.get_by_label("Activation of hidden layer 3").select_option("tanh")
    page.page.get_by_role("button", name="x₁x₂").click()
    page.page.get_by_label("learning rate").select_option("0.1")
    page.page.get_by_label("optimizer").select_option("Adam")
    expect(page.page.locator(".network .soft").first).to_contain_text("3 - 3 - 3 - 4 - 1")
    expect(page.page).to_have_url(re.compile("optimizer=Adam"))
    other = visit(page.page.url.split("#")[1])
    expect(other.page.locator(".network .soft").first).to_contain_text("3 - 3 - 3 - 4 - 1")
    expect(other.page.get_by_label("Activation of hidden layer 3")).to_have_value("tanh")
    expect(other.page.get_by_label("optimizer")).to_have_value("Adam")
    page.page.go_back()
    expect(page.page.get_by_label("optimizer")).to_have_value("GradientDescent")


CLOSES = """async () => {
  const { explain } = await import("/CalculationDialog.js");
  const { ask } = await import("/connection.js");
  const { onFrame } = await import("/frames.js");
  const { page } = await import("/state.js");
  explain({ row: 0 });
  await new Promise((done) => setTimeout(done)); // the sheet opens
  const sheet = document.querySelector(".explanation");
  const opened = sheet.open;
  sheet.close();
  const asked = ask("gradient", { gradient: true });
  await new Promise((done) => onFrame((frame) => { if (frame.asked >= asked) done(); }));
  return [opened, sheet.open, page.explanation];
}"""
CLOSES_BEFORE_IT_CAME = """async () => {
  document.querySelectorAll("button.row")[3].click();
  await Promise.resolve();
  const { page } = await import("/state.js");
  Object.assign(page, { explanation: null, explaining: null });
}"""


def test_a_calculation_that_is_closed_while_it_is_worked_out_stays_closed(
    visit: Callable[..., Visit],
) -> None:
    page = visit()
    sheet = page.page.locator("dialog.explanation")
    page.panel("Predictions")
    assert page.page.evaluate(CLOSES) == [True, False, None]
    page.page.evaluate(CLOSES_BEFORE_IT_CAME)
    page.button("One epoch")  # its answer comes after the calculation
    page.shows("epoch", "1")
    expect(sheet).not_to_be_visible()
    page.page.evaluate(
        "for (const k of [4, 5, 6]) document.querySelectorAll('button.row')[k].click()"
    )
    expect(sheet.get_by_role("heading", name="Forward", exact=True)).to_be_visible()


PIXELS = """() => [".wires", ".plane canvas"].map((name) => {
  const canvas = document.querySelector(name);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const end = 4 * (canvas.width - 1);
  return { all: Array.from(data).join(), last: Array.from(data.slice(end, end + 3)) };
})"""


@pytest.mark.parametrize(
    "scale", [1.5, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)]
)
def test_what_was_drawn_in_between_leaves_no_trace_on_any_screen(
    visit: Callable[..., Visit], scale: float
) -> None:
    screen = {"device_scale_factor": scale, "viewport": {"width": 1213, "height": 900}}
    page = visit("max_epochs=3000&stop_below=none", **screen)
    page.play()
    page.says("3000 epochs")
    slider = page.page.get_by_label("Time: epoch that is shown")
    slider.press("Home")
    page.shows("epoch", "0")
    slider.press("End")
    page.shows("epoch", "3,000")
    expect(page.page).to_have_url(re.compile("epoch=3000"))
    page.rest()
    wires, plane = page.page.evaluate(PIXELS)
    fragment = page.page.url.split("#")[1]
    page.leave()
    page.open(fragment)
    page.shows("epoch", "3,000")
    page.rest()
    assert [wires, plane] == page.page.evaluate(PIXELS)
    assert wires["last"] == [255, 255, 255]  # the ground
