"""Two runs side by side and many starts, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

import glassnet as gn
from playground.visits import Visit, visit

__all__ = ["visit"]  # a fixture

OUTCOME = re.compile(
    r"Run b reached the goal after [\d,]+ epochs, 2.5 times as fast as a \(5,271\)."
)


def compare(page: Visit) -> None:
    """A learning rate of 1 in run b, chosen by the keyboard and trained to the end."""
    page.page.get_by_role("button", name="Compare", exact=True).press("Enter")
    page.page.locator("dialog select").nth(1).select_option("1")
    page.page.get_by_role("dialog").get_by_role("button", name="Compare", exact=True).press("Enter")
    expect(page.page.locator(".run-b .node")).to_have_count(7)
    page.play()
    expect(page.page.locator("[data-test=outcome]")).to_have_text(OUTCOME)


def test_two_runs_are_compared_and_their_link_brings_both_back(
    visit: Callable[..., Visit],
) -> None:
    page = visit()
    compare(page)
    page.shows("epoch-a", "5,271")
    page.shows("right-b", "20 of 20")
    page.shows("start", "same start")
    row = page.page.locator("tr.differs")
    expect(row.locator("th, td")).to_have_text(["learning rate", "0.4", "1"])
    page.fits(360, 900, 1600)
    page.rest()
    fragment = unquote(page.page.url.split("#")[1])
    second = json.loads(fragment.split("compare=")[1].split("&")[0])
    assert second == {"spec": {"learning_rate": 1}, "changes": []}
    other = visit(page.page.url.split("#")[1])
    expect(other.page.locator("[data-test=outcome]")).to_have_text(OUTCOME)
    other.button("End the comparison")
    expect(other.page.locator(".run-b")).to_have_count(0)
    other.shows("epoch", "5,271")
    other.button("Back to the same start")
    run_b_is_changed_on_the_page_and_run_a_stays(other)


def run_b_is_changed_on_the_page_and_run_a_stays(page: Visit) -> None:
    page.button("Compare")
    page.button("Begin with equal runs, and change b on the page")
    page.button("Settings of run b")
    page.page.get_by_label("learning rate").select_option("1")
    expect(page.page.locator(".run-b .run-head b")).to_have_text("learning rate 1")
    page.page.locator(".run-b").get_by_role("button", name="+ layer").click()
    expect(page.page.locator(".run-b .node")).to_have_count(10)
    expect(page.page.locator(".run-a .node")).to_have_count(7)
    page.shows("start", "same seed, other network")


def test_a_run_that_diverged_is_shown_in_numbers_that_can_be_read(
    visit: Callable[..., Visit],
) -> None:
    page = visit("data=hill&hidden=4&activation=tanh&learning_rate=100&max_epochs=200")
    page.play()
    expect(page.page.get_by_role("status")).to_contain_text("It diverged in epoch 58")
    expect(page.page.locator("[data-test=loss]")).to_have_text("1.6548e305")
    expect(page.page.locator(".history")).to_contain_text("drawn up to 1e30")
    page.panel("Predictions")
    expect(page.page.locator(".predictions td").nth(3)).to_have_text("4.82e152")
    page.panel("What is going on")
    expect(page.page.locator(".diagnosis")).to_contain_text("such as 0.005,")
    page.fits(360, 1400)
    page.page.get_by_role("button", name="Compare", exact=True).click()
    page.page.locator("dialog select").nth(1).select_option("0.03")
    page.page.get_by_role("dialog").get_by_role("button", name="Compare", exact=True).click()
    page.button("Play")
    expect(page.page.locator("[data-test=outcome]")).to_contain_text(
        "Run a diverged after 56 epochs; b stopped at a loss of"
    )
    rows = page.page.locator(".comparison tbody tr")
    expect(rows.nth(1).locator("td")).to_have_text(["diverged", "not reached"])
    expect(rows.last.locator("th")).to_have_text("off by, on average")
    expect(rows.last.locator("td").first).to_have_text("3.91e152")
    page.fits(360, 1400)
    page.button("End the comparison")
    page.train_many(20)
    row = page.page.locator("tr", has_text="diverged")
    expect(row.locator("td").nth(0)).to_have_text("\u2013")
    expect(row.locator("td").nth(1)).to_have_text("20")


def test_many_starts_are_trained_marked_and_opened(visit: Callable[..., Visit]) -> None:
    page = visit()
    a_start_that_got_stuck_is_opened_with_its_very_digits(page)
    starts_that_were_trained_on_other_points_are_marked(page)


def a_start_that_got_stuck_is_opened_with_its_very_digits(page: Visit) -> None:
    page.train_many(40)
    page.shows("seeds-done", "40 of 40")
    points = gn.datasets.rings()
    runs = gn.train_many(
        gn.Network((2, 3, 3, 1)),
        points.X,
        points.y,
        seeds=[15],
        initialiser="legacy_numpy",
        optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000,
        stop_below=0.005,
    )
    page.button("Open seed 15 on the page")
    page.shows("epoch", "20,000")
    exact = page.page.locator("[data-test=loss]").get_attribute("title")
    assert float(exact or 0) == pytest.approx(runs.final_loss[0], rel=1e-4)
    expect(page.page.get_by_label("Seed", exact=True)).to_have_value("15")
    chart = page.page.get_by_role("application", name=re.compile("The loss by epoch of 40 starts"))
    chart.press("ArrowDown")
    expect(chart).to_have_accessible_name(re.compile(r"seed \d+: got stuck, loss"))
    seed = re.findall(r"seed (\d+):", chart.get_attribute("aria-label") or "")[0]
    chart.press("Enter")
    expect(page.page.get_by_label("Seed", exact=True)).to_have_value(seed)


def starts_that_were_trained_on_other_points_are_marked(page: Visit) -> None:
    page.follow("max_epochs=20")
    page.shows("epoch", "0")
    seeds = page.page.locator(".strip .seeds")
    page.button("rings")
    page.page.keyboard.press("Escape")
    page.button("Edit as a table")
    page.page.locator("dialog input").first.fill("0.25")
    page.page.keyboard.press("Enter")
    page.page.keyboard.press("Escape")
    expect(page.page.locator(".data")).to_contain_text("own points")
    page.train_many(5)
    page.shows("seeds-done", "5 of 5")
    expect(seeds).not_to_contain_text("other settings")
    page.button("Edit as a table")
    page.page.locator("dialog input").first.fill("0.5")
    page.page.keyboard.press("Enter")
    page.page.keyboard.press("Escape")
    expect(seeds).to_contain_text("other settings")
    page.button("Undo")
    expect(seeds).not_to_contain_text("other settings")
