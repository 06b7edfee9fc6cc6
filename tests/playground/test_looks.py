"""Nothing on the page is cut, sticks out or moves by itself, whatever it shows at any width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from playground.visits import Visit, visit

__all__ = ["visit"]  # a fixture

WIDTHS = (360, 700, 800, 900, 1180, 1600)
STEADY_WIDTHS = (800, 900, 1280, 1480, 1600, 1720, 1920)
DEEP: dict[str, object] = {
    "hidden": ",".join(["16"] * 8),
    "activation": ",".join(["tanh"] * 8),
    "max_epochs": 0,
}
DIVERGES: dict[str, object] = {
    "data": "hill",
    "activation": "relu,relu",
    "learning_rate": 10,
    "max_epochs": 1000,
}
VALUES: dict[str, object] = {"data": "hill", "test_share": 0.3}
CLASSES: dict[str, object] = {"data": "blobs", "hidden": "", "activation": ""}
COMPARED: dict[str, object] = {
    "compare": '{"spec":{"learning_rate":1.0},"changes":[]}',
    "max_epochs": 200,
}
HIDDEN: dict[str, object] = {"hide": "output,diagnosis"}

# What sticks out of its card, and fields and selects whose text is cut. Tables, charts and the
# network may be wider than their boxes, which scroll.
FAULTS = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const faults = [];
  const shown = (element) => element.checkVisibility() && !element.closest(".hidden, svg");
  const text = (element) => `${element.tagName} ${element.className} ${element.textContent}`;
  for (const card of document.querySelectorAll(".card, .settings, .top, .run")) {
    const { left, right, width } = card.getBoundingClientRect();
    for (const element of width ? card.querySelectorAll("*") : []) {
      if (!shown(element) || element.closest(".net, table, .u-over")) continue;
      const box = element.getBoundingClientRect();
      if (box.width && (box.right > right + 1 || box.left < left - 1)) faults.push(text(element));
    }
  }
  for (const field of document.querySelectorAll("input:not([type=range])")) {
    if (shown(field) && field.scrollWidth > field.clientWidth + 1) faults.push(field.value);
  }
  for (const select of document.querySelectorAll("select")) {
    if (!shown(select)) continue;
    const { font, paddingLeft } = getComputedStyle(select);
    pen.font = font;
    const text = select.selectedOptions[0].textContent.trim();
    const arrow = 18;
    if (pen.measureText(text).width > select.clientWidth - parseFloat(paddingLeft) - arrow) {
      faults.push(text);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
  return faults.map((fault) => fault.slice(0, 80));
}"""


def trained(one: Visit) -> None:
    """To the end, with a neuron chosen that has numbers of many digits."""
    one.play()
    page = one.page
    expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(0)
    expect(page.locator("[data-test^=epoch]").first).not_to_have_text("0")
    page.locator(".node").nth(-2).click()


@pytest.mark.parametrize("widths", [(), pytest.param(WIDTHS, marks=pytest.mark.long)], ids=len)
def test_nothing_sticks_out_or_is_cut(visit: Callable[..., Visit], widths: Iterable[int]) -> None:
    one = visit(viewport={"width": 1600, "height": 1000})
    scenarios: list[dict[str, object]] = [{}, VALUES, CLASSES, DEEP, DIVERGES, COMPARED, HIDDEN]
    for k, scenario in enumerate(scenarios):
        one.page.set_viewport_size({"width": 1600, "height": 1000})
        one.open(urlencode(scenario))
        if scenario.get("max_epochs") != 0:
            trained(one)
        if scenario is DEEP:
            eight_layers_fit(one.page)
        if scenario is DIVERGES:
            the_score_of_a_run_that_diverged_is_drawn(one.page)
        nothing_sticks_out(one.page, widths or (360, *WIDTHS[1 + k % 5 :: 3]))
    one.open("hide=settings")
    expect(one.page.locator(".settings")).to_be_hidden()
    one.page.set_viewport_size({"width": 360, "height": 800})
    one.speed().select_option("null")  # it is at hand though the settings are not
    nothing_sticks_out(one.page, (360,))


def nothing_sticks_out(page: Page, widths: Iterable[int]) -> None:
    for width in widths:
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_function("innerWidth === document.documentElement.clientWidth")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert page.evaluate(FAULTS) == [], width


def eight_layers_fit(page: Page) -> None:
    scroll = page.locator(".net-scroll")
    assert scroll.evaluate("(box) => box.scrollWidth <= box.clientWidth")


def the_score_of_a_run_that_diverged_is_drawn(page: Page) -> None:
    drawn = page.locator(".charts .chart").last.locator("canvas")
    accent = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"
    )
    colour = [int(accent[k : k + 2], 16) for k in (1, 3, 5)]
    count = """(canvas, [r, g, b]) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let n = 0;
      for (let k = 0; k < data.length; k += 4) {
        n += data[k] === r && data[k + 1] === g && data[k + 2] === b;
      }
      return n;
    }"""
    page.wait_for_function(
        f"([canvas, colour]) => ({count})(canvas, colour) > 100",
        arg=[drawn.element_handle(), colour],
    )


# The middle of each, because the button under the mouse grows.
PLACES = """() => [".run :is(button, select)", ".standing dt", ".node", ".settings"]
  .flatMap((selector) => [...document.querySelectorAll(selector)])
  .filter((element) => element.checkVisibility())
  .map((element) => element.getBoundingClientRect())
  .map(({ x, y, width, height }) => [Math.round(x + width / 2), Math.round(y + height / 2)])"""


DESELECTS = """async () => {
  const { page } = await import("/state.js");
  page.selected = null;
  scrollTo(0, 0);
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}"""


@pytest.mark.parametrize(
    "widths", [STEADY_WIDTHS[::2], pytest.param(STEADY_WIDTHS, marks=pytest.mark.long)], ids=len
)
def test_nothing_moves_when_numbers_and_names_change(
    visit: Callable[..., Visit], widths: Iterable[int]
) -> None:
    one = visit()
    for width in widths:
        one.page.set_viewport_size({"width": width, "height": 1000})
        one.button("Back to the same start")
        one.shows("epoch", "0")
        one.page.evaluate(DESELECTS)
        nothing_moves(one)


def nothing_moves(one: Visit) -> None:
    before = one.page.evaluate(PLACES)
    for k, phase in enumerate(("forward", "loss", "backward", "update")):
        one.button(f"Next phase: {phase} ({k + 1} of 4)")
        assert one.page.evaluate(PLACES) == before, phase
    one.train()
    assert one.page.evaluate(PLACES) == before
    one.page.locator(".node").first.click()
    one.page.evaluate("scrollTo(0, 0)")
    assert one.page.evaluate(PLACES) == before


def test_tables_of_any_length_are_read_and_walked_through(visit: Callable[..., Visit]) -> None:
    one = visit("data=hill")
    one.panel("Predictions")
    predictions_show_every_input_with_aligned_decimals(one.page)
    one.follow(urlencode({"data": "spirals", "n_samples": 60}))
    one.points("60 points")
    the_focus_goes_from_row_to_row_as_far_as_they_go(one.page)
    one.follow(urlencode({"data": "spirals", "n_samples": 160}))
    one.points("160 points")
    those_rows_are_there_that_are_scrolled_to(one.page)


def those_rows_are_there_that_are_scrolled_to(page: Page) -> None:
    rows = page.locator(".predictions tbody [aria-rowindex]")
    expect(rows).to_have_count(40)
    expect(page.locator(".predictions table")).to_have_attribute("aria-rowcount", "161")
    box = page.locator(".predictions .table-scroll")
    height = box.evaluate("(box) => box.scrollHeight")
    assert height == pytest.approx(160 * rows.first.evaluate("(row) => row.offsetHeight"), rel=0.02)
    box.evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    expect(rows.last.get_by_role("button")).to_have_text("159")
    expect(rows).to_have_count(40)
    answer = rows.last.locator("td").nth(3)
    expect(answer).to_have_text(re.compile(r"^0\.\d{4}$"))
    assert box.evaluate("(box) => box.scrollHeight") == pytest.approx(height, abs=2)


def the_focus_goes_from_row_to_row_as_far_as_they_go(page: Page) -> None:
    page.get_by_label("Point 0: show its calculation").focus()
    for row in range(1, 60):
        page.keyboard.press("Tab")
        expect(page.get_by_label(f"Point {row}: show its calculation")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("Point 58: show its calculation")).to_be_focused()


def predictions_show_every_input_with_aligned_decimals(page: Page) -> None:
    cells = page.locator(".predictions tbody tr td")
    expect(cells.nth(49)).to_have_text(re.compile(r"\.\d+$"))
    texts = cells.all_text_contents()[:50]
    decimals = [{len(text.partition(".")[2]) for text in texts[k::5]} for k in range(5)]
    assert decimals == [{3}, {3}, {4}, {4}, {4}]


def test_the_tip_of_a_link_is_within_the_network(visit: Callable[..., Visit]) -> None:
    one = visit(settings="closed")  # open, the drawer covers a phone
    one.button("gradients")
    for width in (360, 1280):
        one.page.set_viewport_size({"width": width, "height": 1000})
        one.rest()
        the_tip_is_within(one.page)


def the_tip_is_within(page: Page) -> None:
    scroll = page.locator(".net-scroll")
    scroll.evaluate("(box) => { box.scrollIntoView({ block: 'center' }); box.scrollLeft = 1e4; }")
    output = page.locator(".node").last.bounding_box()
    assert output is not None
    page.mouse.move(output["x"] - 8, output["y"] + output["height"] / 2)
    tip = page.locator(".tip")
    expect(tip).to_contain_text("gradient")
    inner, outer = tip.bounding_box(), scroll.bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["x"] <= inner["x"]
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
