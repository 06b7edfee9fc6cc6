"""`glassnet play` prints the address of the page, serves it, and ends with Ctrl-C."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest

from glassnet.cli import WRONG, run
from playground.conftest import Visitor


def test_the_page_is_at_the_address_until_ctrl_c() -> None:
    options = ["play", "moons", "--no-open", "--port", "0", "--lesson", "dead-relus"]
    command = f"from glassnet.cli import main; main({options})"
    with subprocess.Popen(
        [sys.executable, "-c", command], stdout=subprocess.PIPE, text=True
    ) as play:
        assert play.stdout is not None
        address = play.stdout.readline().strip()
        assert address.endswith("#lesson=dead-relus")
        with httpx.Client(follow_redirects=True) as browser:
            assert "glassnet" in browser.get(address).text
        play.send_signal(signal.SIGINT)
        assert play.wait(20) == 0


def test_what_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["play", "no-such-set", "--no-open"]) == WRONG
    assert "no data set of that name" in capsys.readouterr().err


def test_links_lead_to_a_published_page_if_it_has_an_address(
    visit: Callable[..., Visitor], capsys: pytest.CaptureFixture[str]
) -> None:
    address = "https://school.example/glassnet/"
    assert visit(public=address).next("offers")["address"] == address
    assert visit().next("offers")["address"] is None
    assert run(["play", "--no-open", "--public", "school"]) == WRONG
    assert "--public takes the address of a published page" in capsys.readouterr().err


def test_a_port_that_cannot_be_had_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["play", "--no-open", "--port", port]) == WRONG
    assert f"Port {port} cannot be used (another program uses it)" in capsys.readouterr().err
    assert run(["play", "--no-open", "--port", "65536"]) == WRONG
    assert "There is no port 65536" in capsys.readouterr().err
