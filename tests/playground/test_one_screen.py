"""Everything that is needed at once is in sight at once, and what a lesson's step is about, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from glassnet.playground.lessons import lessons
from playground.visits import Visit, visit

__all__ = ["visit"]  # a fixture

DESKTOPS = ((1366, 768), (1440, 900))
TOGETHER = ("play", "counters", "network", "plane", "loss", "time", "data")
ON_A_PHONE = ("play", "counters", "plane", "loss", "time")
STEPS = [(lesson["name"], k, step) for lesson in lessons() for k, step in
         enumerate(lesson["steps"], 1)]  # fmt: skip

# Of some selectors those of which nothing is whole on the screen, without scrolling anything.
OUT_OF_SIGHT = """(selectors) => selectors.filter((selector) => (
  ![...document.querySelectorAll(selector)].some((element) => {
    if (!element.checkVisibility()) return false;
    const { left, top, right, bottom } = element.getBoundingClientRect();
    if (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1) return false;
    const within = (share) => [left + share * (right - left), top + share * (bottom - top)];
    return [0.1, 0.5, 0.9].some((share) => {
      const found = document.elementFromPoint(...within(share));
      return found && (element.contains(found) || found.contains(element));
    });
  })))"""


def out_of_sight(page: Page, selectors: list[str]) -> list[str]:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    found: list[str] = page.evaluate(OUT_OF_SIGHT, selectors)
    return found


def parts(names: tuple[str, ...]) -> list[str]:
    return [f"[data-part={name}]" for name in names]


def test_the_first_screen_holds_what_belongs_together(visit: Callable[..., Visit]) -> None:
    one = visit(settings="closed")
    for width, height in DESKTOPS:
        one.page.set_viewport_size({"width": width, "height": height})
        assert out_of_sight(one.page, parts(TOGETHER)) == [], (width, height)
        assert one.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    one.page.set_viewport_size({"width": 360, "height": 740})
    assert out_of_sight(one.page, parts(ON_A_PHONE)) == []
    network = one.page.locator("[data-part=network]").bounding_box()
    assert network is not None
    assert network["y"] < 2 * 740, "it is one swipe away"
    one.page.set_viewport_size({"width": 1366, "height": 768})
    one.button("Settings")
    together = ("settings", *TOGETHER)
    assert out_of_sight(one.page, parts(together)) == []


def test_what_a_step_of_a_lesson_is_about_is_in_sight(visit: Callable[..., Visit]) -> None:
    one = visit(settings="closed")
    missing = {}
    for name, number, step in STEPS:
        one.follow(f"lesson={name}&step={number}")
        expect(one.page.locator("#lesson-step")).to_have_text(step["heading"])
        shown = "epoch-a" if "compare" in step else "epoch"
        one.shows(shown, f"{step.get('epoch', 0):,}")
        controls = [f"[data-control={control}]" for control in step.get("uses", ())]
        for width, height in DESKTOPS:
            one.page.set_viewport_size({"width": width, "height": height})
            figure = [] if "compare" in step else parts(("network", "plane"))
            wanted = [*controls, *figure, *parts(("play", "loss", "time", "lesson"))]
            lost = out_of_sight(one.page, [*wanted, ".lesson .row-of-buttons:last-child"])
            if lost:
                missing[name, number, width] = lost
    assert missing == {}


@pytest.mark.parametrize("size", DESKTOPS)
def test_eight_layers_of_sixteen_fit(visit: Callable[..., Visit], size: tuple[int, int]) -> None:
    eights = f"hidden={','.join(['16'] * 8)}&activation={','.join(['tanh'] * 8)}"
    page = visit(eights, settings="closed").page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    box = page.locator(".net-scroll")
    assert box.evaluate("(box) => box.scrollHeight <= box.clientHeight + 1")
    assert out_of_sight(page, parts(TOGETHER)) == []


def test_a_neuron_that_is_pointed_at_is_seen_large_and_a_link_is_changed_where_it_is(
    visit: Callable[..., Visit],
) -> None:
    one = visit(settings="closed")
    page = one.page
    page.get_by_role("button", name="hidden layer 1, neuron 2").hover()
    title = page.locator("[data-part=plane] h2")
    expect(title).to_have_text("hidden layer 1, neuron 2")
    page.mouse.move(700, 3)
    expect(title).to_have_text("Output")
    output = page.locator(".node").last.bounding_box()
    assert output is not None
    page.mouse.click(output["x"] - 6, output["y"] + output["height"] / 2)
    card = page.locator(".weight-card")
    field = card.locator("input.mono")
    expect(card).to_contain_text("Gradient")
    before = field.input_value()
    field.fill("2.5")
    field.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert out_of_sight(page, parts(("plane", "network"))) == []
    one.button("Undo")
    expect(field).to_have_value(before)
    card.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)


def test_labels_on_the_figure_go_at_the_first_use_and_come_back_through_help(
    visit: Callable[..., Visit],
) -> None:
    one = visit(settings="closed")
    labels = one.page.locator(".callout")
    expect(labels).to_have_count(4)
    expect(one.page.get_by_role("status")).to_contain_text("Press play")
    one.button("Play")
    expect(labels).to_have_count(0)
    one.page.keyboard.press("?")
    one.button("Show the labels on the figure")
    expect(labels).to_have_count(4)
