"""The page is for everyone: axe-core finds nothing serious, keys do everything, colours hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playground.test_page import Visit, visit

__all__ = ["visit"]  # a fixture
AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


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


@pytest.mark.parametrize("context", [PHONE, {"color_scheme": "dark"}])
def test_axe_finds_nothing_serious_on_a_phone_or_in_the_dark(
    visit: Callable[..., Visit], context: dict[str, Any]
) -> None:
    page = visit("hidden=2&activation=sigmoid", **context)
    choose_a_neuron(page)
    page.page.get_by_role("button", name="Point 3: show its calculation").click()
    expect(page.page.get_by_role("dialog")).to_contain_text("Every number")
    assert violations(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.button("Lessons")
    begin_a_lesson(page)
    assert violations(page.page) == []


def choose_a_neuron(page: Visit) -> None:
    page.page.get_by_role("button", name=re.compile("^hidden layer 1, neuron 1")).click()
    page.button("gradients")
    expect(page.page.locator(".weight")).to_have_count(3)


def begin_a_lesson(page: Visit) -> None:
    page.page.get_by_role("link", name=re.compile("^Dead relus")).click()
    expect(page.page.get_by_role("heading", name="It learns, and then it dies")).to_be_focused()


def test_axe_does_find_what_is_wrong(visit: Callable[..., Visit]) -> None:
    page = visit().page
    page.evaluate("document.querySelector('.play').removeAttribute('aria-label')")
    page.evaluate("document.querySelector('.play').removeAttribute('title')")
    assert [found.split(":")[0] for found in violations(page)] == ["button-name"]
