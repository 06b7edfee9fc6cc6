"""A visit to the page in a real browser: what visitors do on it and where they look."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Position, expect

from glassnet.playground.initial_state import InitialState
from playground.conftest import Served

# Nothing is kept for when the page is loaded again, as it would be where its session is open.
FORGET = """async () => {
  const { page } = await import("/state.js");
  page.link = "ended";
  localStorage.clear();
  sessionStorage.clear();
}"""
# A reader who keeps the drawer of settings open, or closed.
SETTINGS = "try { localStorage.setItem('glassnet-settings', '%s'); } catch {}"
WIDE = {"width": 1400, "height": 1000}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DROP = """([content, name]) => {
  const text = atob(content);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  for (const type of ["dragover", "drop"]) {
    document.querySelector("main").dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
  }
}"""


class Visit:
    """A page in the browser, with all that it asked for and complained of."""

    def __init__(
        self,
        browser: Browser,
        served: Served,
        fragment: str = "",
        settings: object = "open",
        **context: object,
    ):
        self.served = served
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.options: dict[str, object] = {"viewport": WIDE, "reduced_motion": "reduce", **context}
        self.context = browser.new_context(**self.options)  # type: ignore[arg-type]
        self.context.add_init_script(SETTINGS % settings)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda line: self.requests.append(line.url))
        self.open(fragment)

    def open(self, fragment: str = "") -> None:
        """Open the page at an address, as if nobody had been here before."""
        self.page.goto(self.served.page.address + (f"#{fragment}" if fragment else ""))
        self.page.wait_for_selector(".node")

    def follow(self, fragment: str) -> None:
        """Follow a link within the page that is open."""
        self.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)

    def fits(self, *widths: int) -> None:
        """Nothing is wider than the screen, whatever its width."""
        size = self.page.viewport_size
        assert size is not None
        for width in widths:
            self.page.set_viewport_size({**size, "width": width})
            self.page.wait_for_function(
                "(width) => document.documentElement.scrollWidth === width", arg=width
            )
        self.page.set_viewport_size(size)

    def leave(self) -> None:
        """Let another visit take over the tab, with nothing open and nothing running."""
        self.page.set_viewport_size(self.options["viewport"])  # type: ignore[arg-type]
        scheme = self.options.get("color_scheme", "light")
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        self.page.evaluate(FORGET)
        self.page.goto("about:blank")
        self.requests.clear()

    def check(self) -> None:
        """Nothing went wrong, and nothing was asked of anybody else."""
        assert self.complaints == [], self.complaints
        hosts = {re.split("[/?#]", url)[2] for url in self.requests if "//" in url}
        assert hosts <= {f"127.0.0.1:{self.served.page.port}"}

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def shows(self, what: str, text: str) -> None:
        expect(self.page.locator(f"[data-test={what}]")).to_have_text(text)

    def says(self, text: str) -> None:
        expect(self.page.get_by_role("status")).to_contain_text(text)

    def speed(self) -> Locator:
        return self.page.locator(".speed select:visible")

    def play(self) -> None:
        """As fast as it goes."""
        self.speed().select_option("null")
        self.button("Play")

    def train(self) -> None:
        self.play()
        self.says("The loss fell below")

    def choose(self, neuron: str) -> None:
        self.page.get_by_role("button", name=re.compile("^" + neuron)).click()

    def panel(self, name: str) -> None:
        """Show one of the panels beside the plane, such as "Predictions"."""
        self.page.get_by_role("tab", name=name, exact=True).click()

    def train_many(self, n: int) -> None:
        self.panel("Many starts")
        field = self.page.get_by_label("number of starts")
        field.fill(str(n))
        field.press("Enter")
        self.button(f"Train {n} starts")

    def points(self, text: str) -> None:
        """Wait until the page has so many points."""
        expect(self.page.locator(".data .card-head .soft")).to_have_text(text)

    def drop(self, content: bytes, name: str) -> Locator:
        """Drop a file on the page; the dialog on its columns, if it is a table."""
        self.page.evaluate(DROP, [base64.b64encode(content).decode(), name])
        return self.page.get_by_role("dialog", name=name)

    def plane(self) -> tuple[Locator, Callable[[float, float], Position]]:
        """The plane, and where a place of it is on it."""
        found = self.page.get_by_role("application")
        found.scroll_into_view_if_needed()
        box = found.bounding_box()
        assert box is not None
        size = box["width"]
        return found, lambda x, y: {"x": (x + 2) / 4 * size, "y": (2 - y) / 4 * size}

    def rows(self) -> list[list[float]]:
        """The inputs in the table of predictions, which is shown unless it is already."""
        rows = self.page.locator(".predictions tbody [aria-rowindex]")
        if not rows.count():
            self.panel("Predictions")
            rows.first.wait_for()
        return [
            [number(cell.text_content() or "") for cell in row.locator("td").all()[:2]]
            for row in rows.all()
        ]

    def rest(self) -> None:
        """Wait until the address tells what is shown, which is written once that is drawn."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        )

    def weight(self, name: str) -> str:
        return self.page.get_by_label(re.compile("^" + re.escape(name))).input_value()


def number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


@pytest.fixture
def visit(
    chromium: Browser, site: Served, tabs: dict[str, Visit]
) -> Iterator[Callable[..., Visit]]:
    """Open the page at a fragment of its address, in a tab that nobody uses in this test."""
    visits: list[Visit] = []
    likes: list[str] = []

    def begin(fragment: str = "", initial: InitialState | None = None, **context: object) -> Visit:
        site.page.initial = initial or InitialState()
        like = repr(sorted(context.items()))
        if like in tabs and not tabs[like].page.is_closed():
            visits.append(tabs.pop(like))
            visits[-1].open(fragment)
        else:
            visits.append(Visit(chromium, site, fragment, **context))
        likes.append(like)
        return visits[-1]

    yield begin
    for one, like in zip(visits, likes, strict=True):
        one.check()
        one.leave()
        tabs.setdefault(like, one)
