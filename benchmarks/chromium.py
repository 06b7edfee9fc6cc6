"""A headless Chromium that is steered by nothing but what a benchmark asks for.

Browser drivers listen to all that a page does: each frame that a server sends would be copied,
encoded and sent on to them, on the page's own thread and two processors. This one speaks
Chromium's DevTools protocol and switches nothing on.
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-port=0",
)
PATIENCE = 30.0  # seconds for the browser to start, or for something to be on the page
PRESS = 0.08  # seconds that a hand takes for a click
LARGEST = 2**26  # bytes of an answer
# The middle of what can be clicked, in sight and at rest; or null.
MIDDLE = """async (selector) => {
  const all = [...document.querySelectorAll(selector)];
  const element = all.find((one) => one.checkVisibility() && !one.disabled);
  if (!element) return null;
  const middle = () => {
    const box = element.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  if (!element.contains(document.elementFromPoint(...middle()))) {
    element.scrollIntoView({ block: "center", behavior: "instant" });
    for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
  }
  return middle();
}"""
KEYS = {" ": ("Space", 32), "Escape": ("Escape", 27)}


class Line:
    """Commands to one target of the browser, and their results."""

    def __init__(self, address: str) -> None:
        self._socket: ClientConnection = connect(
            address, max_size=LARGEST, proxy=None, compression=None
        )
        self._numbers = itertools.count(1)

    def send(self, method: str, **parameters: Any) -> Any:
        """The result of a command. Raises RuntimeError if it is refused."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("id") == number:
                break
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def close(self) -> None:
        """Send no more."""
        self._socket.close()


class Page(Line):
    """The page of a browser: what it holds, and its keys and clicks."""

    def go(self, address: str, until: str) -> None:
        """Open an address and wait until it has such an element."""
        self.send("Page.navigate", url=address)
        found = json.dumps(until)
        _wait(lambda: self.evaluate(f"Boolean(document.querySelector({found}))"), until)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression; of a promise what it comes to. Raises RuntimeError."""
        found = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description"))
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key: a letter, " " or "Escape"."""
        code, number = KEYS.get(key, (f"Key{key.upper()}", ord(key.upper()[0])))
        text = {} if key == "Escape" else {"text": key}
        known = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.send("Input.dispatchKeyEvent", type="keyDown", **known, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **known)

    def click(self, selector: str) -> None:
        """Click the middle of the first such element that is shown, as soon as it can be."""
        middle = f"({MIDDLE})({json.dumps(selector)})"
        x, y = _wait(lambda: self.evaluate(middle), selector)
        place = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.send("Input.dispatchMouseEvent", type="mousePressed", **place)
        time.sleep(PRESS)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", **place)


class Browser:
    """A Chromium with one page, whose profile is in a folder."""

    def __init__(self, folder: Path, screen: tuple[int, int]) -> None:
        port = folder / "DevToolsActivePort"
        _wait(lambda: port.exists() and len(port.read_text().split("\n")) > 1, "Chromium")
        number, path = port.read_text().split("\n")[:2]
        self._line = Line(f"ws://127.0.0.1:{number}{path}")
        targets = self._line.send("Target.getTargets")["targetInfos"]
        [target] = [found["targetId"] for found in targets if found["type"] == "page"]
        self.page = Page(f"ws://127.0.0.1:{number}/devtools/page/{target}")
        self.page.send(
            "Emulation.setDeviceMetricsOverride",
            width=screen[0],
            height=screen[1],
            deviceScaleFactor=1,
            mobile=False,
        )

    def processes(self, kind: str) -> list[int]:
        """The numbers of its processes of a kind, such as "renderer"."""
        listed = self._line.send("SystemInfo.getProcessInfo")["processInfo"]
        return [process["id"] for process in listed if process["type"] == kind]

    def close(self) -> None:
        """Talk to it no more."""
        self.page.close()
        self._line.close()


@contextmanager
def browser(screen: tuple[int, int]) -> Iterator[Browser]:
    """A browser with a profile of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = _started(folder, screen)
        try:
            with closing(Browser(Path(folder), screen)) as opened:
                yield opened
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _started(folder: str, screen: tuple[int, int]) -> subprocess.Popen[bytes]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("Chromium is not installed.")
    return subprocess.Popen(
        [
            program,
            *FLAGS,
            f"--window-size={screen[0]},{screen[1]}",
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(look: Callable[[], Any], what: str) -> Any:
    """What a look finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was not there after {PATIENCE:.0f} seconds.")
        time.sleep(0.05)
    return found
