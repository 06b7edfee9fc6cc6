"""What tests all over share: the tutorial's own run, and a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest

import glassnet as gn

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A busy machine is no fault: speed is for benchmarks/.
hypothesis.settings.register_profile("glassnet", deadline=None)
hypothesis.settings.load_profile("glassnet")

LONG = 30_000  # milliseconds, for what must come
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required "
    "--allow-file-access-from-files"
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, started once; where it is not installed the test is skipped, but never in CI."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("needs Chromium, which `make browser` installs")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=LONG)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield launched
        launched.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Chromium, of which no page is left after the test."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def tutorial_run() -> gn.Run:
    """The tutorial's run from RandomState(0): 5271 epochs."""
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    return gn.train(
        network,
        points.X,
        points.y,
        parameters=gn.Parameters.initial(network, "legacy_numpy", seed=0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000,
        stop_below=0.005,
    )
