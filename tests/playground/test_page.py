"""The page in a real browser gives the library's numbers, by mouse, by touch and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

import glassnet as gn
from glassnet.explain import explain
from playground.conftest import Served
from playground.visits import Visit, visit

__all__ = ["visit"]  # a fixture

# Which share of its chart's width is to the left of the epoch that is shown.
CURSORS = """() => [...document.querySelectorAll(".cursor-line")].map((line) => {
  const [cursor, chart] = [line, line.parentElement].map((one) => one.getBoundingClientRect());
  return (cursor.left + cursor.width / 2 - chart.left) / chart.width;
})"""
PRESSED = """async () => {
  const { onFrame } = await import("/frames.js");
  const drawn = [];
  const pressed = performance.now();
  document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  const stop = onFrame(() => drawn.push(performance.now() - pressed));
  drawn.length = 0; // the newest came at once
  await new Promise((done) => setTimeout(done, 1000));
  stop();
  return drawn;
}"""


def weights(visit: Visit, layer: int, n: int) -> list[float]:
    """The numbers of each neuron of a layer, as the page shows them: its W, then its b."""
    shown: list[float] = []
    for neuron in range(n):
        visit.page.get_by_role(
            "button", name=re.compile(f"^hidden layer {layer}, neuron {neuron + 1}")
        ).click()
        shown += [float(field.input_value()) for field in visit.page.locator(".weight input").all()]
    return shown


def test_the_tutorial_gives_the_numbers_of_the_demo(
    visit: Callable[..., Visit], tutorial_run: gn.Run
) -> None:
    page = visit()
    page.train()
    page.shows("epoch", "5,271")
    page.shows("epoch-loss", f"epoch 5,271: {float(tutorial_run.history.loss[-1])!r}")
    page.shows("right", "20 of 20")
    W1, b1 = tutorial_run.parameters.layers[0]
    expected = [value for row, bias in zip(W1, b1, strict=True) for value in [*row, *bias]]
    assert weights(page, 1, 3) == expected
    answers = page.page.locator("tbody td:nth-child(5)").all_inner_texts()
    a = tutorial_run.predict_probability(tutorial_run.data[0])
    assert answers == [f"{value:.4f}" for value in a]


def test_everything_moves_together_through_time(
    visit: Callable[..., Visit], tutorial_run: gn.Run
) -> None:
    page = visit()
    page.train()
    page.page.get_by_role("button", name=re.compile("^output, neuron 1")).click()
    slider = page.page.get_by_label("Time: epoch that is shown")
    for epoch in (2600, 17):
        slider.fill(str(epoch))
        page.shows("epoch", f"{epoch:,}")
        page.shows(
            "epoch-loss", f"epoch {epoch:,}: {float(tutorial_run.history.loss[epoch - 1])!r}"
        )
        parameters = tutorial_run.history.parameters_at(epoch)
        expect(page.page.get_by_label(re.compile(r"^b3\[1\]"))).to_have_value(
            repr(float(parameters.layers[2][1][0, 0]))
        )
        assert page.page.evaluate(CURSORS) == pytest.approx([epoch / 5271] * 2, abs=3e-3)
    slider.press("ArrowRight")
    page.shows("epoch", "18")


def test_what_plays_waits_for_a_hand_that_presses_something(
    visit: Callable[..., Visit],
) -> None:
    page = visit("stop_below=none&max_epochs=5000000")
    page.play()
    page.page.wait_for_timeout(500)
    drawn = page.page.evaluate(PRESSED)  # milliseconds after the press
    assert [epoch for epoch in drawn if epoch <= 120] == []
    assert drawn, "it plays on when nothing was asked for"
    page.page.get_by_role("button", name="Pause").click()
    expect(page.page.get_by_role("status")).to_contain_text("Paused after")


def test_phases_make_one_epoch(visit: Callable[..., Visit], tutorial_run: gn.Run) -> None:
    page = visit()
    points = gn.datasets.rings()
    trace = gn.trace(tutorial_run.network, tutorial_run.start, points.X, points.y)
    chips = page.page.locator(".chip")
    page.button("Forward")
    expect(chips.last).to_have_text(f"a {trace.a[-1][0, 0]:.3g}")
    page.button("Loss")
    page.button("Backward")
    expect(chips.last).to_have_text(f"dz {trace.dz[-1][0, 0]:.3g}")
    page.shows("epoch", "0")
    page.button("Update")
    page.shows("epoch", "1")
    expect(page.page.get_by_role("status")).to_contain_text("small step against its gradient")


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


def test_a_weight_is_edited_and_the_edit_undone(visit: Callable[..., Visit]) -> None:
    page = visit()
    page.button("One epoch")
    page.shows("epoch", "1")
    page.page.get_by_role("button", name=re.compile("^hidden layer 2, neuron 1")).click()
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


def test_ctrl_z_in_the_field_of_a_changed_weight_takes_the_change_back(
    visit: Callable[..., Visit],
) -> None:
    page = visit()
    page.page.get_by_role("button", name=re.compile("^output, neuron 1")).click()
    field = page.page.get_by_label(re.compile(r"^W3\[1,3\]"))
    before = field.input_value()
    field.fill("0.25")
    field.press("Control+z")  # nothing is taken over yet: this is the browser's
    expect(page.page.get_by_role("button", name="Undo")).to_be_disabled()
    field.fill("0")
    field.press("Enter")
    expect(page.page.get_by_role("button", name="Undo")).to_be_enabled()
    field.press("Control+z")
    expect(page.page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(field).to_have_value(before)
    field.press("Tab")
    page.rest()
    expect(page.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_click_on_a_point_shows_its_whole_calculation(
    visit: Callable[..., Visit], tutorial_run: gn.Run
) -> None:
    page = visit()
    page.train()
    plane = page.page.get_by_role("application")
    box = plane.bounding_box()
    assert box is not None
    x, y = gn.datasets.rings().X[15]  # (1.5, 0)
    plane.click(position={"x": (x + 2) / 4 * box["width"], "y": (2 - y) / 4 * box["height"]})
    dialog = page.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Every number of sample 15 after 5271 epochs")
    assert dialog.locator(".gn-step").count() == len(explain(tutorial_run, sample=15).steps)
    page.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    plane.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(page.page.get_by_role("dialog")).to_contain_text("x = (0, ")


def test_the_network_is_built_on_the_page_and_the_address_brings_it_back(
    visit: Callable[..., Visit],
) -> None:
    page = visit()
    page.button("moons")
    expect(page.page.locator(".data .soft")).to_have_text("120 points")
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


def test_keys_step_choose_and_explain(visit: Callable[..., Visit]) -> None:
    page = visit()
    keys = page.page.keyboard
    for key in ("p", "p", "p", "p"):
        keys.press(key)
    page.shows("epoch", "1")
    keys.press("e")
    page.shows("epoch", "2")
    seen: list[str] = []
    for _ in range(120):
        keys.press("Tab")
        seen.append(page.page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))
        if seen[-1].startswith("The answer over the plane"):
            break
    assert any(label.startswith("hidden layer 1, neuron 1") for label in seen)
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(page.page.get_by_role("dialog")).to_contain_text("Every number")
    keys.press("Escape")
    keys.press("b")
    page.shows("epoch", "0")


def test_a_server_that_comes_back_finds_the_page_where_it_was(
    browser: Browser, serve: Callable[..., Served]
) -> None:
    first = serve()
    page = Visit(browser, first)
    page.button("One epoch")
    page.button("One epoch")
    page.shows("epoch", "2")
    loss = page.page.locator("[data-test=epoch-loss]").inner_text()
    first.stop()
    expect(page.page.get_by_role("status")).to_contain_text("glassnet was stopped")
    second = serve(port=first.page.port, token=first.page.token)
    expect(page.page.get_by_role("status")).to_contain_text("Paused after 2 epochs")
    page.shows("epoch-loss", loss)
    assert second.page.sessions == 1
    page.context.close()


def test_a_tap_plays_on_a_phone(visit: Callable[..., Visit]) -> None:
    page = visit(viewport={"width": 360, "height": 800}, has_touch=True)
    assert page.page.evaluate("document.documentElement.scrollWidth") == 360
    page.page.get_by_role("button", name="Play", exact=True).tap()
    expect(page.page.locator("[data-test=epoch]")).not_to_have_text("0")


def test_the_colours_are_those_of_the_pictures(visit: Callable[..., Visit]) -> None:
    from glassnet.pictures.colours import NEGATIVE, OKABE_ITO, POSITIVE

    page = visit(color_scheme="light")
    colours = page.page.evaluate(
        "import('/colours.js').then((c) => [c.theme.negative, c.theme.positive, c.classColour(2)])"
    )
    assert colours == [NEGATIVE, POSITIVE, OKABE_ITO[2]]


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


def test_a_calculation_that_is_closed_while_it_is_worked_out_stays_closed(
    visit: Callable[..., Visit],
) -> None:
    assert visit().page.evaluate(CLOSES) == [True, False, None]


def test_an_explanation_is_drawn_in_its_style_though_the_page_allows_none_inline(
    visit: Callable[..., Visit],
) -> None:
    page = visit()
    page.page.get_by_role("button", name="Point 3: show its calculation").click()
    dialog = page.page.get_by_role("dialog")
    bracket = dialog.locator(".gn-tall[data-rows='3']").first
    expect(bracket).to_have_css("transform", re.compile(r"matrix\(1, 0, 0, 3\.75"))


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
    expect(page.page.get_by_role("status")).to_contain_text("3000 epochs")
    slider = page.page.get_by_label("Time: epoch that is shown")
    slider.press("Home")
    page.shows("epoch", "0")
    slider.press("End")
    page.shows("epoch", "3,000")
    expect(page.page).to_have_url(re.compile("epoch=3000"))
    page.rest()
    fresh = visit(page.page.url.split("#")[1], **screen)
    fresh.shows("epoch", "3,000")
    fresh.rest()
    wires, plane = page.page.evaluate(PIXELS)
    assert [wires, plane] == fresh.page.evaluate(PIXELS)
    assert wires["last"] == [255, 255, 255]  # the ground


def test_what_is_drawn_again_keeps_no_mark_of_what_was_there(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.page
    expect(page.locator(".plane .wrong")).not_to_have_count(0)
    one.button("hill")
    expect(page.locator(".data .card-head")).to_contain_text("200 points")
    expect(page.locator(".plane .wrong")).to_have_count(0)  # a value is not wrong
    one.button("Forward")
    expect(page.locator(".chip:visible")).not_to_have_count(0)
    one.button("New start")
    expect(page.locator(".chip:visible")).to_have_count(0)


def test_all_marks_follow_the_theme(visit: Callable[..., Visit]) -> None:
    page = visit(color_scheme="light").page
    places = [".set svg path", ".plane path.point", ".predictions svg path", ".legend svg path"]

    def colours() -> list[str]:
        return [
            page.locator(place).first.evaluate("(mark) => getComputedStyle(mark).fill")
            for place in places
        ]

    assert len(set(colours())) == 1
    before = colours()[0]
    page.emulate_media(color_scheme="dark")
    for place in places:
        expect(page.locator(place).first).not_to_have_css("fill", before)
    assert len(set(colours())) == 1


def test_the_answer_at_the_cross_follows_the_training(visit: Callable[..., Visit]) -> None:
    one = visit()
    plane = one.page.locator(".plane")
    expect(plane).to_have_attribute("aria-label", re.compile("the answer is class 1"))
    one.train()
    expect(plane).to_have_attribute("aria-label", re.compile("the answer is class 0"))


def test_what_is_refused_twice_leaves_its_field_twice(visit: Callable[..., Visit]) -> None:
    one = visit()
    seed = one.page.locator("[data-control=seed] input")
    for _ in range(2):
        seed.fill("-1")
        seed.press("Enter")
        expect(seed).to_have_value("0")
    expect(one.page.locator(".state")).to_contain_text("not -1")


def test_a_calculation_that_was_closed_before_it_came_stays_closed(
    visit: Callable[..., Visit],
) -> None:
    one = visit()
    page = one.page
    sheet = page.locator("dialog.explanation")
    page.evaluate(
        """async () => {
            document.querySelectorAll("button.row")[3].click();
            await Promise.resolve();
            const { page } = await import("/state.js");
            Object.assign(page, { explanation: null, explaining: null });
        }"""
    )
    one.button("One epoch")  # its answer comes after the calculation
    one.shows("epoch", "1")
    expect(sheet).not_to_be_visible()
    page.evaluate("for (const k of [4, 5, 6]) document.querySelectorAll('button.row')[k].click()")
    expect(sheet.get_by_role("heading", name="Forward", exact=True)).to_be_visible()


def test_the_link_that_is_taken_along_follows_the_training(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.page.locator(".speed select:visible").select_option("100")
    one.button("Play")
    one.button("Take it with you")
    expect(one.page.locator("dialog.take input.mono")).to_have_value(re.compile("epoch=[1-9]"))
