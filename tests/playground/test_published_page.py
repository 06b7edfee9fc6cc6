"""A published page in a real browser: it trains to the native digits, and asks nobody else."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

import glassnet as gn
from glassnet.cli import DONE, run
from glassnet.engines import CompiledEngine
from glassnet.engines.compiled import built_for_browsers

RUNTIME = Path(__file__).parents[2] / "build" / "runtime"
PATIENCE = 120_000  # milliseconds, on a machine that is busy
PARAMETERS = """async () => {
  const file = document.querySelector('link[rel=modulepreload][href$="/frames.js"]');
  const { frameOf } = await import(file ? file.href : "glassnet/frames.js");
  return [...frameOf().parameters];
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of a folder below a path of a server, and of one file on the disk."""
    if not (RUNTIME / "pyodide.mjs").exists() or not built_for_browsers():
        pytest.skip("needs the browser's Python and engine: make runtime wasm")
    root = tmp_path_factory.mktemp("published")
    options = ["--runtime", str(RUNTIME)]
    assert run(["publish", str(root / "some" / "path"), *options]) == DONE
    assert run(["publish", "--single", str(root / "page.html"), *options]) == DONE
    handler = partial(Quiet, directory=root)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        folder = f"http://127.0.0.1:{server.server_port}/some/path/"
        yield {"folder": folder, "single": (root / "page.html").as_uri()}
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["folder", "single"])
def test_the_tutorial_ends_with_the_native_digits_and_nobody_else_is_asked(
    host: str, published: dict[str, str], browser: Browser
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page = browser.new_context(offline=host == "single").new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(published[host])
    page.locator("[data-control=speed] select:visible").first.select_option("null")
    page.get_by_role("button", name="Play", exact=True).click()
    ended = page.get_by_text("The loss fell below 0.005 after 5271 epochs.").first
    expect(ended).to_be_visible(timeout=PATIENCE)
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    native = gn.train(
        network,
        points.X,
        points.y,
        parameters=gn.Parameters.initial(network, "legacy_numpy", seed=0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000,
        stop_below=0.005,
        engine=CompiledEngine(instructions="baseline"),
    )
    np.testing.assert_array_equal(page.evaluate(PARAMETERS), native.parameters.vector)
    assert complaints == []
    own = published[host] if host == "folder" else ("file:", "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
