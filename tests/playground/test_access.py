"""The page is for everyone: axe-core finds nothing serious, keys do everything, colours hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from playwright.sync_api import Page, expect

from glassnet.pictures.colours import NEGATIVE, OKABE_ITO, POSITIVE
from playground.visits import PHONE, Visit, visit

__all__ = ["visit"]  # a fixture

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
COMPARED = quote('{"spec":{"learning_rate":1.0,"max_epochs":200},"changes":[]}')


def violations(page: Page, within: str = "html") -> list[str]:
    """What axe-core calls serious or critical in an element, with the places."""
    if not page.evaluate("'axe' in window"):
        # As a tool of the browser would, past the page's own policy for scripts.
        page.evaluate(AXE.read_text(encoding="utf-8") + "; 0")
    found: list[dict[str, Any]] = page.evaluate(
        "(within) => axe.run(within).then((result) => result.violations)", within
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_axe_finds_nothing_serious(visit: Callable[..., Visit]) -> None:
    page = visit()
    assert violations(page.page) == []
    page.page.locator(".speed select:visible").select_option("10")
    page.button("Play")
    expect(page.page.get_by_role("button", name="Pause")).to_be_visible()
    assert violations(page.page) == []
    page.button("Pause")
    choose_a_neuron(page)
    assert violations(page.page) == []
    page.button("paint")
    page.button("Edit as a table")
    expect(page.page.get_by_role("heading", name="The points as a table")).to_be_visible()
    assert violations(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.button("For teachers")
    page.page.get_by_role("checkbox", name="Optimizer").uncheck()
    assert violations(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("?")
    expect(page.page.get_by_role("heading", name="Keys")).to_be_visible()
    assert violations(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.button("Lessons")
    assert violations(page.page, "dialog") == []
    begin_a_lesson(page)
    assert violations(page.page) == []
    page.page.evaluate("document.querySelector('.play').removeAttribute('aria-label')")
    page.page.evaluate("document.querySelector('.play').removeAttribute('title')")
    assert [found.split(":")[0] for found in violations(page.page)] == ["button-name"]


def in_both_schemes(page: Page, within: str = "html") -> list[str]:
    """What axe-core finds in light and in dark."""
    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += violations(page, within)
    return found


def test_everything_can_be_touched_on_a_phone_and_axe_finds_nothing_serious(
    visit: Callable[..., Visit],
) -> None:
    page = visit(**PHONE)
    a_tap_on_a_neuron_shows_its_numbers(page.page)
    page.page.get_by_role("button", name="Play", exact=True).tap()
    page.says("The loss fell below")
    page.follow("hidden=2&activation=sigmoid")
    page.shows("epoch", "0")
    choose_a_neuron(page)
    page.panel("Predictions")
    page.page.get_by_role("button", name="Point 3: show its calculation").click()
    expect(page.page.get_by_role("dialog")).to_contain_text("Every number")
    assert in_both_schemes(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.button("Lessons")
    begin_a_lesson(page)
    assert in_both_schemes(page.page) == []
    assert page.page.evaluate(SMALL) == []


# What is too small to be touched.
SMALL = """() => [...document.querySelectorAll("button, select, input, a")].filter((element) => {
  if (!element.checkVisibility()) return false;
  const box = (element.closest("label") ?? element).getBoundingClientRect();
  return box.width < 43.5 || box.height < 43.5;
}).map((element) => element.outerHTML.slice(0, 120))"""


def a_tap_on_a_neuron_shows_its_numbers(page: Page) -> None:
    page.locator(".node").nth(1).tap()
    chosen = page.locator(".inspector")
    expect(chosen).to_contain_text("hidden layer 1, neuron 2")
    expect(chosen.get_by_label("b1[2], bias")).to_have_value("0")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_axe_finds_nothing_serious_in_comparing_many_starts_and_taking_away(
    visit: Callable[..., Visit],
) -> None:
    page = visit(f"compare={COMPARED}&max_epochs=200")
    expect(page.page.locator(".node").nth(9)).to_be_visible()
    assert in_both_schemes(page.page) == []
    page.button("Compare")
    assert in_both_schemes(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.button("Save and share")
    assert in_both_schemes(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.train_many(20)
    expect(page.page.get_by_role("application", name=re.compile("20 starts"))).to_be_visible()
    assert in_both_schemes(page.page, "[data-control=seeds]") == []


def choose_a_neuron(page: Visit) -> None:
    page.page.get_by_role("button", name=re.compile("^hidden layer 1, neuron 1")).click()
    page.button("gradients")
    expect(page.page.locator(".weight")).to_have_count(3)


def begin_a_lesson(page: Visit) -> None:
    page.page.get_by_role("link", name=re.compile("^Dead relus")).click()
    expect(page.page.get_by_role("heading", name="It learns, and then it dies")).to_be_focused()


# Machado, Oliveira and Fernandes (2009): colours of linear light as those see them who lack one
# kind of cone.
SIGHTS = {
    "all cones": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])
N_SHAPES = 4  # classes whose numbers are so far apart have the same one


def light(colour: str) -> np.ndarray:
    """The linear light of "#rrggbb"."""
    c = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """The contrast of the Web Content Accessibility Guidelines."""
    dim, bright = sorted(float(light(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b))
    return (bright + 0.05) / (dim + 0.05)


def apart(a: str, b: str, sight: np.ndarray) -> float:
    """How different two colours look, in CIE L*a*b*: 2 is just seen."""
    labs = []
    for colour in (a, b):
        xyz = TO_XYZ @ np.clip(sight @ light(colour), 0, 1) / WHITE
        f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
        labs.append(np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]))
    return float(np.linalg.norm(labs[0] - labs[1]))


def test_colours_hold_for_every_sight_and_on_every_ground(visit: Callable[..., Visit]) -> None:
    page = visit(color_scheme="light").page
    colours = page.evaluate(
        "import('/colours.js').then((c) => [c.theme.negative, c.theme.positive, c.classColour(2)])"
    )
    assert colours == [NEGATIVE, POSITIVE, OKABE_ITO[2]]  # those of the pictures
    colours_hold(page)
    page.get_by_role("tab", name="Predictions").click()
    light_marks = marks(page)
    assert len(set(light_marks)) == 1
    page.emulate_media(color_scheme="dark")
    expect(page.locator(MARKS[0]).first).not_to_have_css("fill", light_marks[0])
    assert len(set(marks(page))) == 1
    colours_hold(page)


MARKS = (".set svg path", ".plane path.point", ".predictions svg path", ".legend svg path")


def marks(page: Page) -> list[str]:
    return [
        page.locator(place).first.evaluate("(mark) => getComputedStyle(mark).fill")
        for place in MARKS
    ]


def colours_hold(page: Page) -> None:
    ends, classes, edges = page.evaluate(
        "import('/colours.js').then(({ theme, classColour, markStyle }) => {"
        " const classes = [...Array(8).keys()].map(classColour);"
        " return [[theme.negative, theme.positive], classes,"
        "   classes.map((colour) => markStyle(colour)['--edge'])]; })"
    )
    for sight in SIGHTS.values():
        assert apart(ends[0], ends[1], sight) > 60
        for k, colour in enumerate(classes):
            for other in classes[:k]:
                assert apart(colour, other, sight) > 10
            for other in classes[k % N_SHAPES : k : N_SHAPES]:
                assert apart(colour, other, sight) > 17
    for colour, edge in zip(classes, edges, strict=True):
        assert contrast(colour, edge) >= 3
    ground = page.evaluate("getComputedStyle(document.body).getPropertyValue('--card').trim()")
    for end in ends:
        assert contrast(end, ground) >= 3


def test_green_and_pink_are_alike_to_who_lacks_the_cones_for_green() -> None:
    assert apart("#009e73", "#cc79a7", SIGHTS["deuteranopia"]) < 20
    assert apart("#009e73", "#cc79a7", SIGHTS["all cones"]) > 60


def test_everything_is_reached_on_any_screen(visit: Callable[..., Visit]) -> None:
    """320 by 256 is a screen of 1280 by 1024 at 400%."""
    one = visit("lesson=tutorial")
    for width, height in [(360, 740), (740, 360), (320, 256), (640, 512), (2560, 1300)]:
        one.page.set_viewport_size({"width": width, "height": height})
        everything_is_reached(one, width, height)
        one.button("Back to the same start")


def everything_is_reached(one: Visit, width: int, height: int) -> None:
    page = one.page
    page.wait_for_function("(width) => document.documentElement.scrollWidth === width", arg=width)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for name in ("Lessons", "Play", "One epoch", "Undo", "Next"):
        button = page.get_by_role("button", name=name, exact=True)
        button.scroll_into_view_if_needed()
        expect(button).to_be_in_viewport(ratio=0.95)  # pixels are cut into at 400%
    one.button("One epoch")
    one.shows("epoch", "1")
    if height < 560:  # nothing that sticks to the top covers what is below it
        assert page.evaluate("getComputedStyle(document.querySelector('.run')).position") == (
            "static"
        )


def test_what_is_spoken_is_not_every_frame(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.page
    page.evaluate(
        """() => {
          const anything = { childList: true, characterData: true, subtree: true };
          window.said = [];
          window.drawn = 0;
          for (const role of ["log", "status"]) {
            const region = document.querySelector(`[role=${role}]`);
            const hear = () => said.push(region.textContent.trim());
            new MutationObserver(hear).observe(region, anything);
          }
          const epoch = document.querySelector("[data-test=epoch]");
          new MutationObserver(() => { drawn += 1; }).observe(epoch, anything);
        }"""
    )
    page.locator(".speed select:visible").select_option("1000")
    one.button("Play")
    expect(page.get_by_role("status")).to_contain_text("The loss fell below", timeout=20_000)
    expect(page.get_by_role("log")).to_have_text("Epoch 5,271, loss 0.00500, 20 right.")
    assert page.evaluate("drawn") > 5
    assert set(page.evaluate("said")) == {
        "Training.",
        "The loss fell below 0.005 after 5271 epochs.",
        "Epoch 5,271, loss 0.00500, 20 right.",
    }
