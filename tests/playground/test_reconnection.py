"""A server that is stopped and started again finds the page where it was, to the same digit."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from glassnet.playground.downloads.job import DownloadJob
from glassnet.playground.hosts import server
from playground.conftest import PATIENCE, Served
from playground.test_page_data import PLANTS
from playground.test_server import wait_until
from playground.visits import Visit


class Process:
    """`glassnet play` in a process of its own, which can be killed."""

    def __init__(self, port: int, what: str = "rings") -> None:
        options = ["play", what, "--no-open", "--port", str(port)]
        command = f"from glassnet.cli import main; main({options})"
        self._running = subprocess.Popen(
            [sys.executable, "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._running.stdout is not None
        self.address = self._running.stdout.readline().strip()

    def kill(self) -> None:
        os.kill(self._running.pid, signal.SIGKILL)
        self._running.wait(PATIENCE)
        assert self._running.stdout is not None
        self._running.stdout.close()


@pytest.fixture
def play() -> Iterator[Callable[..., Process]]:
    running: list[Process] = []

    def begin(port: int, what: str = "rings") -> Process:
        running.append(Process(port, what))
        return running[-1]

    yield begin
    running[-1].kill()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text, timeout=1000 * PATIENCE)


def numbers(page: Page) -> tuple[list[str], list[str]]:
    """Epoch, loss and right; and every number of the neuron that is selected."""
    inputs = [field.input_value() for field in page.locator(".weight input").all()]
    return page.locator(".standing dd").all_inner_texts(), inputs


def test_a_killed_server_that_is_started_again_goes_on_where_the_page_was(
    browser: Browser, play: Callable[..., Process], port: int
) -> None:
    first = play(port)
    page = browser.new_context().new_page()
    page.goto(first.address)
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_label("optimizer").select_option("Adam")
    for epoch in ("1", "2", "3"):
        page.get_by_role("button", name="One epoch").click()
        expect(page.locator("[data-test=epoch]")).to_have_text(epoch)
    page.get_by_role("button", name=re.compile("^hidden layer 2, neuron 1")).click()
    before = numbers(page)
    first.kill()
    says(page, "glassnet was stopped. All that is shown here is kept")
    assert numbers(page) == before
    second = play(port, "moons")
    says(page, "as soon as the address that glassnet play printed is opened in this browser")
    assert numbers(page) == before
    tab = page.context.new_page()
    tab.goto(second.address)
    tab.close()
    says(page, "Paused after 3 epochs")
    assert numbers(page) == before
    page.get_by_role("button", name="One epoch").click()
    expect(page.locator("[data-test=epoch]")).to_have_text("4")


@pytest.fixture
def restarted(serve: Callable[..., Served]) -> Callable[..., Served]:
    """Stop a server, and start another with the same token at the same port."""

    def again(old: Served, **limits: float) -> Served:
        old.stop()
        new: Served = serve(port=old.page.port, token=old.page.token, **limits)
        return new

    return again


def test_a_training_plays_on_also_when_the_page_is_of_another_version(
    browser: Browser,
    served: Served,
    restarted: Callable[..., Served],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = Visit(browser, served)
    visit.speed().select_option("100")
    visit.button("Play")
    expect(visit.page.locator("[data-test=epoch]")).not_to_have_text(re.compile("^.?$"))
    served = restarted(served)
    says(visit.page, "Training.")
    reached = int(visit.page.locator("[data-test=epoch]").inner_text())
    assert reached >= 10
    expect(visit.page.locator("[data-test=epoch]")).not_to_have_text(str(reached))
    expect(visit.speed()).to_have_value("100")
    visit.button("Pause")
    says(visit.page, "Paused after")
    before = numbers(visit.page)
    newer = {**server.static_files(), "new.js": b"// a further file"}
    monkeypatch.setattr(server, "static_files", lambda: newer)
    served = restarted(served)
    says(visit.page, "another version")
    visit.button("Load the page again")
    says(visit.page, "Paused after")
    assert numbers(visit.page) == before
    expect(visit.speed()).to_have_value("100")
    monkeypatch.setattr("glassnet.playground.session.RETURN_SECONDS", -1)
    restarted(served)  # it cannot train so long to come back
    says(visit.page, "takes more than")
    assert numbers(visit.page) == before
    assert "epoch=" in visit.page.url
    visit.context.close()


def changed(visit: Visit) -> Callable[[], None]:
    """Two changes and a painted point; and what undoes them, one after the other."""
    page = visit.page
    points, rate = page.locator(".data .card-head .soft"), page.get_by_label("learning rate")
    visit.button("One epoch")
    visit.shows("epoch", "1")
    rate.select_option("0.1")
    expect(page).to_have_url(re.compile("changes="))
    page.get_by_role("button", name="moons", exact=True).click()
    expect(points).to_have_text("120 points")
    page.get_by_role("button", name="Edit as a table").click()
    page.get_by_role("button", name="Add a row").click()
    expect(points).to_have_text("121 points")
    page.keyboard.press("Escape")

    def undo() -> None:
        visit.button("Undo")
        expect(points).to_have_text("120 points")
        visit.button("Undo")
        expect(points).to_have_text("20 points")
        visit.shows("epoch", "1")
        expect(rate).to_have_value("0.1")
        visit.button("Undo")
        expect(rate).to_have_value("0.4")
        visit.shows("epoch", "1")
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()

    return undo


def test_what_was_done_before_the_server_was_started_and_the_page_loaded_again_is_undone(
    browser: Browser, served: Served, restarted: Callable[..., Served]
) -> None:
    visit = Visit(browser, served)
    undo = changed(visit)
    for _ in range(2):
        served = restarted(served)
        wait_until(lambda new=served: new.page.sessions == 1)  # type: ignore[misc]
        says(visit.page, "A small neural network learns")
    visit.rest()
    visit.page.reload()
    says(visit.page, "A small neural network learns")
    undo()
    visit.context.close()


def test_a_table_whose_columns_are_being_chosen_is_sent_again(
    browser: Browser, served: Served, serve: Callable[..., Served]
) -> None:
    visit = Visit(browser, served)
    page = visit.page
    dialog = visit.drop(PLANTS.encode(), "plants.csv")
    dialog.get_by_label("Predict").select_option("age")
    served.stop()
    expect(dialog.get_by_role("alert")).to_contain_text("glassnet was stopped")
    dialog.get_by_role("button", name="Learn from these columns").click()
    served = serve(port=served.page.port, token=served.page.token)
    expect(page.locator(".data .card-head .soft")).to_have_text("60 points")
    expect(page.locator(".scale-ends").last).to_contain_text("age")
    says(page, "A small neural network learns")
    served.stop()
    says(page, "glassnet was stopped")
    dialog = visit.drop(PLANTS.encode(), "other.csv")
    serve(port=served.page.port, token=served.page.token)
    expect(dialog).to_contain_text("60 rows")
    visit.context.close()


def test_a_file_that_was_being_made_is_made_by_the_new_server(
    browser: Browser,
    served: Served,
    serve: Callable[..., Served],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = Visit(browser, served)
    page = visit.page
    dialog = page.get_by_role("dialog", name="Save and share")
    said = dialog.locator(".taking")
    visit.button("Save and share")
    with monkeypatch.context() as for_now:  # the first server never comes to an end with it
        for_now.setattr(DownloadJob, "poll", lambda _: None)
        dialog.get_by_role("button", name="History (.csv)").click()
        expect(said).to_have_text("Making: History (.csv)…")
        page.keyboard.press("Escape")
        visit.button("Save and share")
        expect(said).to_have_text("Making: History (.csv)…")
        served.stop()
        expect(said).to_contain_text("glassnet was stopped")
    with page.expect_download(timeout=1000 * PATIENCE) as download:
        serve(port=served.page.port, token=served.page.token)
    assert download.value.suggested_filename.endswith("history.csv")
    expect(said).to_have_text("History (.csv) is saved by your browser.")
    visit.context.close()


def test_what_is_asked_of_a_server_that_is_gone_is_not_shown_as_done(
    browser: Browser, served: Served, serve: Callable[..., Served]
) -> None:
    visit = Visit(browser, served)
    page = visit.page
    page.get_by_role("button", name=re.compile("^hidden layer 2, neuron 1")).click()
    weight = page.locator(".weight input").first
    seed = page.locator("[data-control=seed] input")
    rate, optimizer = page.get_by_label("learning rate"), page.get_by_label("optimizer")
    share = page.get_by_label("Keep back for testing")
    before = weight.input_value()
    served.stop()
    says(page, "glassnet was stopped")
    visit.button("paint")
    page.get_by_role("application").click(position={"x": 40, "y": 40})
    for field, text in ((seed, "7"), (weight, "12.5")):
        field.fill(text)
        field.press("Enter")
    rate.select_option("0.1")
    optimizer.select_option("Adam")
    share.fill("0.25")
    for _ in range(2):
        expect(page.locator(".plane path.point")).to_have_count(20)
        expect(seed).to_have_value("0")
        expect(weight).to_have_value(before)
        expect(rate).to_have_value("0.4")
        expect(optimizer).to_have_value("GradientDescent")
        expect(share).to_have_value("0")
        if page.get_by_role("status").inner_text().startswith("glassnet was stopped"):
            serve(port=served.page.port, token=served.page.token)
            says(page, "A small neural network learns")
    visit.button("Edit as a table")
    cell = page.get_by_label("x1 of point 0", exact=True)
    cell.fill("1e300")
    cell.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1e+300")
    expect(cell).to_have_value("0.65")
    visit.context.close()


def test_many_starts_that_are_shown_can_be_opened_after_the_server_was_started_again(
    browser: Browser, served: Served, restarted: Callable[..., Served]
) -> None:
    visit = Visit(browser, served)
    page = visit.page
    visit.panel("Many starts")
    starts = page.get_by_label("number of starts")
    starts.fill("8")
    starts.press("Enter")
    visit.button("Train 8 starts")
    expect(page.locator("[data-test=seeds-done]")).to_have_text("8 of 8")
    visit.button("moons")
    says(page, "A small neural network learns")
    with page.expect_event("websocket"):  # else it may not have noticed yet
        restarted(served)
    says(page, "A small neural network learns")
    fastest = page.locator(".histogram .row").first
    epochs = page.locator(".histogram p > span").first
    fastest.click()
    says(page, "The loss fell below 0.005")
    expect(epochs).to_contain_text(page.locator("[data-test=epoch]").inner_text())
    expect(page.locator(".data .card-head .soft")).to_have_text("20 points")
    visit.context.close()


def test_a_session_that_rests_is_taken_up_by_the_next_command(
    browser: Browser, serve: Callable[..., Served]
) -> None:
    visit = Visit(browser, serve(idle_seconds=0.5))
    visit.button("One epoch")
    says(visit.page, "the session rests")
    visit.button("One epoch")
    visit.shows("epoch", "2")
    visit.page.route_web_socket("**/session*", hold_until_idle)
    visit.page.reload()
    visit.shows("epoch", "2")
    visit.button("One epoch")  # it arrives just when the session would rest
    visit.shows("epoch", "3")
    visit.context.close()


def hold_until_idle(page: WebSocketRoute) -> None:
    """Let an epoch that is asked for arrive when the server has said that it is idle."""
    server = page.connect_to_server()
    held: list[str] = []
    page.on_message(lambda m: held.append(str(m)) if '"do":"epoch"' in m else server.send(m))

    def from_server(message: str | bytes) -> None:
        page.send(message)
        if isinstance(message, str) and '"idle"' in message:
            while held:
                server.send(held.pop())

    server.on_message(from_server)
