"""Lessons are done with the keyboard alone, links open them, and teachers hide what they wish."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from glassnet.playground.lessons import lessons
from playground.visits import Visit, visit

__all__ = ["visit"]  # a fixture

NAME = (
    "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent)"
    ".replace(/\\s+/g, ' ').trim()"
)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate(NAME).startswith(name):
            return
    raise AssertionError(f"no Tab leads to {name}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def done(page: Page) -> None:
    expect(page.locator(".todo")).to_contain_text("Done")


def next_step(page: Page, heading: str) -> None:
    tab_to(page, "Next")
    press(page, "Enter")
    expect(page.get_by_role("heading", name=heading)).to_be_focused()


def test_the_tutorial_is_done_with_the_keyboard_alone(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.page
    tab_to(page, "Lessons")
    press(page, "Enter")
    tab_to(page, "The tutorial")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Two rings")).to_be_focused()

    next_step(page, "One update, phase by phase")
    press(page, "p", "p", "p", "p")
    done(page)
    one.shows("epoch", "1")

    next_step(page, "Thousands of them")
    tab_to(page, "Go to: Speed")
    press(page, "Enter", "End")
    expect(page.locator(".speed select:visible")).to_have_value("null")
    press(page, "Tab", "l", "Space")
    done(page)
    one.shows("epoch", "5,271")
    expect(page.get_by_role("log")).to_contain_text("Done")

    next_step(page, "The calculation of one point")
    tab_to(page, "Go to: Output")
    press(page, "Enter", "ArrowRight", "ArrowUp", "Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Every number of this place")
    press(page, "Escape", "l")
    done(page)

    next_step(page, "Change a weight")
    change_a_weight_and_take_it_back(one)

    next_step(page, "Slide through time")
    tab_to(page, "Go to: Time slider")
    press(page, "Enter")
    expect(page.locator(".time input")).to_be_focused()
    press(page, "PageDown")
    expect(page.locator("[data-test=epoch]")).not_to_have_text("5,271")
    done(page)
    press(page, "l")
    tab_to(page, "Finish")
    press(page, "Enter")
    expect(page.get_by_role("button", name="Lessons")).to_be_focused()
    expect(page.locator(".lesson")).to_have_count(0)


def change_a_weight_and_take_it_back(one: Visit) -> None:
    page = one.page
    tab_to(page, "Go to: Network")
    press(page, "Enter")
    tab_to(page, "output, neuron 1")
    press(page, "Enter", "l")
    tab_to(page, "Go to: Weights and bias")
    press(page, "Enter")
    tab_to(page, "W3[1,3]")
    press(page, "0", "Enter")
    expect(page.locator("[data-test=loss]")).to_have_text(re.compile(r"^3\.126"))
    one.shows("right", "8 of 20")
    press(page, "Escape", "l")
    done(page)

    next_step(page, "Take it back")
    press(page, "Control+z")
    one.shows("right", "20 of 20")
    done(page)


def test_lessons_are_followed_by_links_and_done_with_the_mouse(
    visit: Callable[..., Visit],
) -> None:
    one = visit()
    back_and_forward_go_through_the_steps(one)
    a_step_that_trains_again_is_not_done_by_what_was_trained_before(one)
    a_link_to_a_step_of_two_runs_brings_both(one)
    the_lesson_that_compares_is_done_step_by_step(one)
    every_step_uses_what_is_there_and_has_a_link(one)


def back_and_forward_go_through_the_steps(one: Visit) -> None:
    one.follow("lesson=straight-line")
    page = one.page
    expect(page.locator(".network .soft").first).to_contain_text("2 - 1:")
    one.button("Next")
    one.button("Next")
    one.button("Next")
    expect(page.get_by_role("heading", name="Or let it find")).to_be_focused()
    expect(page.locator(".network .soft").first).to_contain_text("2 - 3 - 1")
    for heading, sizes in (("Let it see squares", "2 - 1:"), ("Why it cannot", "2 - 1:")):
        one.rest()
        page.go_back()
        expect(page.locator("#lesson-step")).to_have_text(heading)
        expect(page.locator(".network .soft").first).to_contain_text(sizes)
    for heading in ("Let it see squares", "Or let it find its own features"):
        one.rest()
        page.go_forward()
        expect(page.locator("#lesson-step")).to_have_text(heading)
    expect(page.locator(".network .soft").first).to_contain_text("2 - 3 - 1")


def a_step_that_trains_again_is_not_done_by_what_was_trained_before(one: Visit) -> None:
    one.follow("lesson=values&step=3")
    mark = one.page.locator(".lesson .todo")
    one.play()
    expect(mark).to_contain_text("Done")
    one.button("Next")
    one.shows("epoch", "0")
    expect(mark).to_contain_text("Train until it stops")


def a_link_to_a_step_of_two_runs_brings_both(one: Visit) -> None:
    one.follow("lesson=side-by-side&step=3")
    one.shows("epoch-a", "4,576")
    one.shows("epoch-b", "560")
    expect(one.page.locator(".lesson .todo")).to_contain_text("Go back in time")


def the_lesson_that_compares_is_done_step_by_step(one: Visit) -> None:
    one.follow("lesson=side-by-side")
    page = one.page
    done_mark = page.locator(".lesson .todo")
    for choice, value in (("activation", "tanh"), ("seed", "1")):
        page.get_by_role("button", name="Compare", exact=True).click()
        page.locator("dialog select").nth(0).select_option(choice)
        page.locator("dialog select").nth(1).select_option(value)
        page.get_by_role("dialog").get_by_role("button", name="Compare", exact=True).click()
        expect(done_mark).to_contain_text("Done")
        if choice == "seed":
            break
        one.button("Next")
        expect(page.locator(".run-b .node")).to_have_count(7)  # it goes on with both
        expect(page).to_have_url(re.compile("compare="))
        one.play()
        expect(page.locator("[data-test=outcome]")).to_contain_text("8.2 times as fast")
        expect(done_mark).to_contain_text("Done")
        one.button("Next")
        page.get_by_label("Time: epoch that is shown").fill("200")
        one.shows("epoch-b", "200")
        one.shows("right-b", "20 of 20")
        one.shows("right-a", "12 of 20")
        expect(done_mark).to_contain_text("Done")
        one.button("Next")
        expect(page.locator(".run-b")).to_have_count(0)
    one.button("Play")
    expect(page.locator("[data-test=outcome]")).to_contain_text("(7,574)")


def every_step_uses_what_is_there_and_has_a_link(one: Visit) -> None:
    for lesson in lessons():
        for number, step in enumerate(lesson["steps"], 1):
            one.follow(f"lesson={lesson['name']}&step={number}")
            expect(one.page.locator("#lesson-step")).to_have_text(step["heading"])
            shown = "epoch-a" if "compare" in step else "epoch"
            one.shows(shown, f"{step.get('epoch', 0):,}")
            for name in step.get("uses", ()):
                expect(one.page.locator(f"[data-control={name}]:visible").first).to_be_visible()


def test_what_is_hidden_is_reached_by_no_key(visit: Callable[..., Visit]) -> None:
    one = visit("hide=epoch,learning_rate,data,features&learning_rate=1")
    page = one.page
    seen = set()
    for _ in range(70):
        press(page, "Tab")
        seen.add(page.evaluate("document.activeElement.closest('[data-control]')?.dataset.control"))
    assert {"optimizer", "play", "neurons"} <= seen
    assert seen.isdisjoint({"epoch", "learning_rate", "data", "data_set", "noise", "features"})
    page.evaluate("document.activeElement.blur()")  # which may be a field, where letters are typed
    press(page, "e")
    press(page, "p")  # answered after e, had that been heard
    expect(page.locator(".chip").last).to_be_visible()
    one.shows("epoch", "0")
    expect(page).to_have_url(re.compile("learning_rate=1"))
    expect(page.locator("[data-control=data]")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 1400


def test_the_teachers_panel_lists_every_control_and_gives_the_link(
    visit: Callable[..., Visit],
) -> None:
    one = visit()
    page = one.page
    named = page.evaluate(
        "[...new Set([...document.querySelectorAll('[data-control]')]"
        ".map((element) => element.dataset.control))]"
    )
    listed = page.evaluate(
        "import('/controlVisibility.js').then(({ PARTS }) =>"
        " PARTS.flatMap(({ name, controls }) => [name, ...controls.map(([control]) => control)]))"
    )
    assert len(listed) == len(set(listed))
    assert set(listed) == set(named)
    one.button("For teachers")
    page.get_by_role("checkbox", name="Optimizer").uncheck()
    page.get_by_role("checkbox", name="Predictions").uncheck()
    link = page.get_by_label("Link", exact=True).input_value()
    assert link == page.url
    other = visit(link.split("#")[1])
    expect(other.page.get_by_label("optimizer")).to_be_hidden()
    expect(other.page.get_by_role("tab", name="Predictions")).to_be_hidden()
    expect(other.page.get_by_label("learning rate")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    press(page, "Escape")
    expect(page.get_by_label("optimizer")).to_be_visible()
    assert "hide" not in page.url
    a_step_shows_what_it_needs_though_it_is_hidden(other)


def a_step_shows_what_it_needs_though_it_is_hidden(one: Visit) -> None:
    one.follow("lesson=straight-line&step=3&hide=network,run")
    expect(one.page.get_by_role("button", name="x₁²")).to_be_visible()
    expect(one.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(one.page.get_by_role("button", name="One epoch")).to_be_hidden()
    one.button("Next")
    expect(one.page.get_by_role("heading", name="Network")).to_be_hidden()


def test_keys_step_choose_and_explain_and_are_not_taken_from_who_needs_them(
    visit: Callable[..., Visit],
) -> None:
    one = visit()
    page = one.page
    press(page, "p", "p", "p", "p")
    one.shows("epoch", "1")
    press(page, "e")
    one.shows("epoch", "2")
    tab_to(page, "hidden layer 1, neuron 1")
    tab_to(page, "The answer over the plane")
    press(page, "ArrowRight", "Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Every number")
    press(page, "Escape", "b")
    one.shows("epoch", "0")
    page.get_by_label("seed", exact=True).focus()
    press(page, "e", "p", "Space", "ArrowLeft")
    page.get_by_label("optimizer").focus()
    press(page, "e")
    page.get_by_role("button", name="For teachers").focus()
    press(page, "Space")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "e", "Escape")
    one.shows("epoch", "0")
    press(page, "e")
    one.shows("epoch", "1")
    press(page, "ArrowRight", "ArrowRight")
    one.shows("epoch", "3")
    press(page, "ArrowLeft")
    one.shows("epoch", "2")
    press(page, "?")
    page.get_by_role("checkbox").uncheck()
    press(page, "Escape", "e")
    page.reload()
    page.wait_for_selector(".node")
    press(page, "e", "Control+z")
    one.shows("epoch", "2")
