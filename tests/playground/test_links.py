"""A link that was cut or mistyped: the page says what is wrong with it, and goes on without."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from playwright.sync_api import expect

from playground.visits import Visit, visit

__all__ = ["visit"]  # a fixture

CHANGES = quote('[{"epoch":1,"values":[[0,0.5]]}]')
CUT = CHANGES[:-12]
SECOND = quote('{"spec":{"learning_rate":1},"changes":[]}')
POINTS = quote('{"inputs":[{"name":"a","mean":0,"scale":1},{"name":"b","mean":0,"scale":1}],"ta')


CUT_LINKS = [
    (f"learning_rate=0.1&epoch=2&compare={SECOND}&changes={CUT}", "without the changes", 2),
    (f"learning_rate=0.1&epoch=2&compare={SECOND[:-9]}", "without the second run,", 0),
    (f"learning_rate=0.1&epoch=2&changes={CUT}", "without the changes on the way,", 0),
    (f"learning_rate=0.1&compare=&changes={CUT}", "the changes on the way and the second run", 0),
    (f"data=own&learning_rate=0.1&features=x1,x3&points={POINTS}", "without its points and", 0),
    ("learning_rate=0.1&lesson=strai", "without the lesson “strai”", 0),
]
WRONG_LINKS = [
    ("learning_rate=abc", "The learning rate must be a number from 1e-06 to 100, not 'abc'."),
    ("seed=none", "The seed must be a whole number from 0 to 4294967295, not none."),
    ("hidden=3,x", "hidden layer must be a whole number from 1 to 128, not 'x'."),
    ("epoch=abc", "must be a whole number from 0 to 5000000, not 'abc'."),
    ("learnin_rate=1", "no setting 'learnin_rate' on the page: perhaps learning_rate is meant"),
]


def test_a_link_that_was_cut_begins_with_what_can_be_read_and_says_so(
    visit: Callable[..., Visit],
) -> None:
    page = visit(CUT_LINKS[0][0])  # some come by the link, and then follow others
    rate = page.page.get_by_label("learning rate")
    state = page.page.locator(".state")
    for number, (fragment, missing, n_panels) in enumerate(CUT_LINKS):
        if number:
            page.follow(fragment)
        expect(state).to_contain_text(missing)
        expect(rate).to_have_value("0.1")
        expect(page.page.locator(".run-panel")).to_have_count(n_panels)
        page.button("Back to the same start")
        page.page.get_by_role("button", name="One epoch").click()
        expect(state).not_to_contain_text("damaged")
    page.leave()
    page.open(CUT_LINKS[-1][0])
    expect(state).to_contain_text(CUT_LINKS[-1][1])


def test_what_a_link_has_wrong_is_said_as_it_was_written(visit: Callable[..., Visit]) -> None:
    page = visit(WRONG_LINKS[0][0])
    state = page.page.locator(".state")
    expect(state).to_contain_text(WRONG_LINKS[0][1])
    page.button("One epoch")
    page.shows("epoch", "1")
    expect(state).to_have_text("Paused after 1 epoch.")
    for fragment, sentence in WRONG_LINKS[1:]:
        page.follow(fragment)
        expect(state).to_contain_text(sentence)
    page.follow("learning_rate=0.1")
    page.shows("epoch", "0")
    a_wrong_link_leaves_page_and_address_as_they_are(page)
    a_wrong_link_closes_no_lesson_and_hides_nothing(page)


def a_wrong_link_leaves_page_and_address_as_they_are(page: Visit) -> None:
    page.button("One epoch")
    page.shows("epoch", "1")
    expect(page.page).to_have_url(re.compile("epoch=1"))
    before = page.page.url
    page.follow("learning_rate=abc&momentum=0.5")
    expect(page.page.locator(".state")).to_contain_text("not 'abc'")
    expect(page.page).to_have_url(before)
    page.button("One epoch")
    page.shows("epoch", "2")
    expect(page.page).to_have_url(re.compile("epoch=2"))
    assert "learning_rate=0.1" in unquote(page.page.url)
    assert "momentum" not in page.page.url
    page.page.go_back()
    page.shows("epoch", "1")
    page.follow(CUT_LINKS[0][0])
    page.shows("epoch-b", "2")
    expect(page.page.locator(".state")).to_contain_text("without the changes on the way")
    page.rest()
    page.page.go_back()
    expect(page.page.locator(".run-panel")).to_have_count(0)
    expect(page.page.locator(".state")).not_to_contain_text("damaged")


def a_wrong_link_closes_no_lesson_and_hides_nothing(page: Visit) -> None:
    page.follow("lesson=momentum")
    expect(page.page.locator("#lesson-step")).to_be_visible()
    page.follow("learning_rate=abc&hide=seeds")
    expect(page.page.locator(".state")).to_contain_text("not 'abc'")
    expect(page.page.locator("#lesson-step")).to_be_visible()
    expect(page.page.get_by_role("tab", name="Many starts")).to_be_visible()
    expect(page.page).to_have_url(re.compile("lesson=momentum"))
