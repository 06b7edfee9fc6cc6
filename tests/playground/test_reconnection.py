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
from playwright.sync_api import Browser, Page, expect

from playground.conftest import PATIENCE, Served
from playground.test_page import Visit


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


def test_a_training_plays_on_at_its_speed(
    browser: Browser, served: Served, restarted: Callable[..., Served]
) -> None:
    visit = Visit(browser, served)
    speed = visit.page.locator(".speed select:visible")
    speed.select_option("100")
    visit.button("Play")
    expect(visit.page.locator("[data-test=epoch]")).not_to_have_text(re.compile("^.?$"))
    restarted(served)
    says(visit.page, "Training.")
    reached = int(visit.page.locator("[data-test=epoch]").inner_text())
    assert reached >= 10
    expect(visit.page.locator("[data-test=epoch]")).not_to_have_text(str(reached))
    expect(speed).to_have_value("100")
    visit.context.close()


def test_a_session_that_rests_is_taken_up_by_the_next_command(
    browser: Browser, serve: Callable[..., Served]
) -> None:
    visit = Visit(browser, serve(idle_seconds=0.5))
    visit.button("One epoch")
    says(visit.page, "the session rests")
    visit.button("One epoch")
    visit.shows("epoch", "2")
    visit.context.close()


def test_a_page_of_another_version_asks_to_be_loaded_anew_and_is_where_it_was(
    browser: Browser,
    served: Served,
    restarted: Callable[..., Served],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = Visit(browser, served)
    visit.page.locator(".speed select:visible").select_option("10")
    visit.button("One epoch")
    visit.shows("epoch", "1")
    from glassnet.playground import server

    newer = {**server.static_files(), "new.js": b"// a further file"}
    monkeypatch.setattr(server, "static_files", lambda: newer)
    restarted(served)
    says(visit.page, "another version")
    visit.button("Load the page anew")
    says(visit.page, "Paused after 1 epoch")
    expect(visit.page.locator(".speed select:visible")).to_have_value("10")
    visit.context.close()


def test_a_story_the_new_server_cannot_tell_stays_on_the_page(
    browser: Browser,
    served: Served,
    restarted: Callable[..., Served],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = Visit(browser, served)
    visit.button("One epoch")
    visit.shows("epoch", "1")
    before = numbers(visit.page)
    monkeypatch.setattr("glassnet.playground.session.RETURN_SECONDS", -1)
    restarted(served)
    says(visit.page, "takes more than")
    assert numbers(visit.page) == before
    assert "epoch=1" in visit.page.url
    visit.context.close()
