"""Data of one's own on the page: dropped, painted, typed; regressions, and points held out."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import glassnet as gn
from glassnet.playground.from_argument import initial_state_of
from glassnet.playground.hosts.background import _Thread
from glassnet.playground.jobs import Answer
from glassnet.playground.protocol import Frame
from glassnet.playground.run_frames import RunFrames
from glassnet.playground.table_import import TableWork
from playground.conftest import PATIENCE
from playground.test_access import in_both_schemes
from playground.visits import DROP, PHONE, Visit, number, visit

__all__ = ["visit"]  # a fixture

PLANTS = "length,width,age,species\n" + "".join(
    f"{1 + k % 7 / 4},{10 + k % 5},{k * 7 % 60},{'fern' if (k % 7) * 2 > k % 5 + 5 else 'moss'}\n"
    for k in range(60)
)
FOLDER = """() => {
  const folder = new File([], "my folder.csv");
  folder.arrayBuffer = () => Promise.reject(new DOMException("it is a folder", "NotFoundError"));
  const drop = new Event("drop", { bubbles: true, cancelable: true });
  drop.dataTransfer = { types: ["Files"], files: [folder] };
  document.querySelector("main").dispatchEvent(drop);
}"""
DROP_ZEROS = f"([size, name]) => ({DROP})([btoa('\\0'.repeat(size)), name])"


def test_tables_that_are_dropped_become_points(visit: Callable[..., Visit]) -> None:
    page = visit()
    what_cannot_be_read_is_said_and_nothing_changes(page)
    the_plane_keeps_two_axes_whatever_is_learned(page)
    of_two_tables_the_later_arrives_whole_whatever_their_sizes(page)
    a_dropped_table_is_learned_to_the_goal(page)


def what_cannot_be_read_is_said_and_nothing_changes(page: Visit) -> None:
    state = page.page.locator(".state").first
    page.drop(b"a,b,c\n1,2,x\n3,4\n", "broken.csv")
    expect(state).to_contain_text("broken.csv:3: this row has 2 fields")
    page.page.evaluate(DROP_ZEROS, [17 * 2**20, "huge.csv"])
    expect(state).to_contain_text("huge.csv has 17 MiB, and the page takes 16")
    page.drop(b"MZ", "program.exe")
    expect(state).to_contain_text("program.exe is no table")
    page.page.evaluate(FOLDER)
    expect(state).to_contain_text("my folder.csv cannot be read")
    page.points("20 points")


def the_plane_keeps_two_axes_whatever_is_learned(page: Visit) -> None:
    rows = "".join(f"{k % 7},{k % 5},{'ab'[k % 2]},2024-01-01\n" for k in range(30))
    dialog = page.drop(("m,n,kind,day\n" + rows).encode(), "three.csv")
    expect(dialog).to_contain_text("Only numbers can be inputs here; day cannot.")
    learn = dialog.get_by_role("button", name="Learn from these columns")
    dialog.get_by_label("Predict").select_option("m")
    expect(dialog).to_contain_text("The plane needs two columns of numbers beside m")
    expect(learn).to_be_disabled()
    dialog.get_by_label("Predict").select_option("kind")
    expect(learn).to_be_enabled()
    numbers = "".join(f"{k % 7},{k % 5},{k * 1.5}\n" for k in range(30))
    dialog = page.drop(("m,n,o\n" + numbers).encode(), "o.csv")
    for name in ("m", "n", "o"):
        dialog.get_by_label("Predict").select_option(name)
        axes = [
            dialog.get_by_label(axis).input_value() for axis in ("Horizontal axis", "Vertical axis")
        ]
        assert sorted([name, *axes]) == ["m", "n", "o"]
    dialog.get_by_role("button", name="Learn from these columns").click()
    page.points("30 points")


def of_two_tables_the_later_arrives_whole_whatever_their_sizes(page: Visit) -> None:
    large = ("a,b,odd\n" + "".join(f"{k},{k % 89},{k % 2}\n" for k in range(100_000))).encode()
    page.drop(large, "table.csv")
    dialog = page.drop(PLANTS.encode(), "table.csv")
    expect(dialog).to_contain_text("60 rows")
    page.drop(large, "table.csv")
    page.drop(large, "table.csv")
    expect(dialog).to_contain_text("100,000 rows")
    dialog.get_by_role("button", name="Learn from these columns").click()
    page.points("1000 points")
    expect(page.page.locator(".data")).to_contain_text("a sample of 1000 is taken")


def a_dropped_table_is_learned_to_the_goal(page: Visit) -> None:
    page.follow("stop_below=0.1&optimizer=Adam&learning_rate=0.1")
    page.points("20 points")
    dialog = page.drop(PLANTS.encode(), "my plants.csv")
    expect(dialog).to_contain_text("60 rows")
    dialog.get_by_label("Predict").select_option("species")
    dialog.get_by_label("Horizontal axis").select_option("length")
    dialog.get_by_label("Vertical axis").select_option("width")
    dialog.get_by_role("checkbox", name="age").uncheck()
    dialog.get_by_role("button", name="Learn from these columns").click()
    page.points("60 points")
    expect(dialog).to_have_count(0)
    expect(page.page.locator(".axis-x")).to_contain_text("length")
    expect(page.page.locator(".legend")).to_contain_text("moss")
    page.train()
    page.shows("right", "60 of 60")
    table = [line.split(",") for line in PLANTS.splitlines()[1:]]
    assert page.rows()[:9] == [[float(v) for v in row[:2]] for row in table[:9]]


def test_a_table_is_said_to_be_read_until_its_points_are_drawn(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"read": threading.Event(), "drawn": threading.Event()}
    pieces, make = TableWork.pieces, RunFrames.make

    def read_later(work: TableWork, *given: object) -> Iterator[Answer]:
        if work.choice is not None:
            assert held["read"].wait(PATIENCE)
            monkeypatch.setattr(RunFrames, "make", make_later)
        yield from pieces(work, *given)

    def make_later(frames: RunFrames, asked: int = 0) -> Frame:
        assert held["drawn"].wait(PATIENCE)
        return make(frames, asked)

    monkeypatch.setattr(TableWork, "pieces", read_later)
    monkeypatch.setattr("glassnet.playground.hosts.background._Process", _Thread)
    page = visit()
    dialog = page.drop(PLANTS.encode(), "plants.csv")
    dialog.get_by_role("button", name="Learn from these columns").click()
    expect(dialog.get_by_role("status")).to_have_text("Reading 60 rows of plants.csv…")
    held["read"].set()
    page.points("60 points")
    expect(dialog).to_have_count(0)
    expect(page.page.locator(".state")).to_have_text("Reading plants.csv…")
    held["drawn"].set()
    expect(page.page.locator(".state")).to_contain_text("Press play.")


def test_points_are_painted_and_moved_with_the_mouse(visit: Callable[..., Visit]) -> None:
    page = visit()
    a_line_is_painted_and_undone_at_once(page)
    page.follow("seed=1")
    a_point_is_dragged_to_another_place(page)
    painting_begins_with_an_empty_plane_and_a_third_class(page)
    values_of_a_regression_are_painted(page)


def a_line_is_painted_and_undone_at_once(page: Visit) -> None:
    page.button("paint")
    page.page.get_by_role("button", name="Paint class 1").click()
    found, at = page.plane()
    box = found.bounding_box()
    assert box is not None
    mouse = page.page.mouse
    for k, x in enumerate(np.linspace(-1.8, -0.6, 9)):
        place = at(x, 1.7)
        mouse.move(box["x"] + place["x"], box["y"] + place["y"])
        if k == 0:
            mouse.down()
    mouse.up()
    count = page.page.locator(".data .card-head .soft")
    expect(count).not_to_have_text("20 points")
    n = int(count.inner_text().split()[0])
    assert 24 <= n <= 29
    expect(page.page).to_have_url(re.compile("data=own"))
    assert page.rows()[:20] == gn.datasets.rings().X.tolist()
    assert page.rows()[20] == [-1.8, 1.7]
    page.button("Undo")
    page.points("20 points")
    page.button("own points")
    page.points(f"{n} points")


def a_point_is_dragged_to_another_place(page: Visit) -> None:
    page.points("20 points")
    page.button("move")
    found, at = page.plane()
    found.drag_to(found, source_position=at(1.5, 0), target_position=at(1.7, 1.2))
    page.panel("Predictions")
    expect(page.page.locator(".predictions tbody tr").nth(15)).to_contain_text("1.7")
    expected = gn.datasets.rings().X.tolist()
    assert page.rows()[:15] + page.rows()[16:] == expected[:15] + expected[16:]
    assert [round(v, 1) for v in page.rows()[15]] == [1.7, 1.2]


def painting_begins_with_an_empty_plane_and_a_third_class(page: Visit) -> None:
    page.button("paint")
    page.button("+ class")
    expect(page.page.get_by_role("button", name="Paint class 2")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.button("start empty")
    found, at = page.plane()
    found.click(position=at(1, 1))
    page.points("1 point")
    page.page.get_by_role("button", name="Paint class 0").click()
    found.click(position=at(-1, 1))
    page.points("2 points")
    expect(page.page.locator(".network .soft").first).to_contain_text("2 - 3 - 3 - 3")
    page.panel("Predictions")
    classes = page.page.locator(".predictions tbody tr td:nth-child(4)")
    expect(classes).to_have_text(["2", "0"])


def values_of_a_regression_are_painted(page: Visit) -> None:
    page.follow("data=slope&n_samples=20")
    page.points("20 points")
    page.button("paint")
    value = page.page.locator(".brushes input")
    value.fill("-0.75")
    value.press("Enter")
    found, at = page.plane()
    found.click(position=at(0, 1.9))
    page.points("21 points")
    page.panel("Predictions")
    added = page.page.locator(".predictions tbody tr").nth(20)
    expect(added.locator("td").nth(2)).to_have_text("\N{MINUS SIGN}0.7500")


def test_a_finger_scrolls_and_paints_and_two_paint_nothing(visit: Callable[..., Visit]) -> None:
    page = visit(**PHONE)
    a_finger_on_a_sheet_paints_nothing_below_it(page)
    page.page.keyboard.press("Escape")
    a_tap_paints_and_erases(page)
    page.button("Undo")
    page.button("Undo")
    page.button("explore")
    a_finger_on_the_plane_scrolls_or_paints(page)


class Fingers:
    """Fingers on the screen of a phone; where they are is measured from the plane's middle."""

    def __init__(self, page: Visit) -> None:
        self.page = page.page
        self.line = page.page.context.new_cdp_session(page.page)
        found = self.page.get_by_role("application")
        found.evaluate("(plane) => plane.scrollIntoView({ block: 'center' })")
        box = found.bounding_box()
        assert box is not None
        self.middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def __call__(self, what: str, *places: tuple[float, float]) -> None:
        x, y = self.middle
        points = [{"x": x + right, "y": y + down} for right, down in places]
        self.line.send("Input.dispatchTouchEvent", {"type": f"touch{what}", "touchPoints": points})

    def drag(self, up: int) -> None:
        self("Start", (0, 0))
        for k in range(10):
            self("Move", (0, -up * (k + 1) / 10))
        self("End")

    def scrolled(self) -> float:
        """How far the page is scrolled once it has come to rest."""
        rests = """() => new Promise((done) => {
          let [before, still] = [null, 0];
          const look = () => {
            still = before === scrollY ? still + 1 : 0;
            before = scrollY;
            if (still > 10) done(before); else requestAnimationFrame(look);
          };
          look();
        })"""
        return float(self.page.evaluate(rests))


def a_tap_paints_and_erases(page: Visit) -> None:
    found, at = page.plane()
    page.page.get_by_role("button", name="paint", exact=True).tap()
    found, at = page.plane()
    found.tap(position=at(1.5, 1.5))
    page.points("21 points")
    page.page.get_by_role("button", name="erase", exact=True).tap()
    found, at = page.plane()
    found.tap(position=at(0.65, 0))
    page.points("20 points")
    assert page.rows()[0] == [0, -0.65]
    assert page.page.evaluate("document.documentElement.scrollWidth") == 360


def a_finger_on_the_plane_scrolls_or_paints(page: Visit) -> None:
    fingers = Fingers(page)
    before = fingers.scrolled()
    fingers.drag(up=150)
    assert fingers.scrolled() > before + 50
    expect(page.page.get_by_role("dialog")).to_have_count(0)
    page.page.get_by_role("button", name="paint", exact=True).tap()
    fingers = Fingers(page)
    fingers.scrolled()
    there = page.page.get_by_role("application").bounding_box()
    fingers.drag(up=150)
    painted = page.page.locator(".plane .point")
    expect(painted).not_to_have_count(20)
    fingers.scrolled()
    assert page.page.get_by_role("application").bounding_box() == pytest.approx(there, abs=1)
    n = painted.count()
    fingers("Start", (-40, 0))
    fingers("Start", (-40, 0), (40, 0))
    for k in range(8):
        fingers("Move", (-40 - 5 * k, 30), (40 + 5 * k, -30))
    fingers("End")
    page.button("One epoch")
    page.shows("epoch", "1")
    expect(painted).to_have_count(n)


def a_finger_on_a_sheet_paints_nothing_below_it(page: Visit) -> None:
    page.page.get_by_role("button", name="paint", exact=True).tap()
    page.page.get_by_role("button", name="Compare", exact=True).tap()
    fingers = Fingers(page)
    before = fingers.scrolled()
    fingers.drag(up=150)
    assert fingers.scrolled() == before
    expect(page.page.locator(".plane .point")).to_have_count(20)


def test_points_are_made_with_keys_alone(visit: Callable[..., Visit]) -> None:
    page = visit()
    points_are_painted_moved_and_deleted_with_keys(page)
    page.follow("seed=1")
    page.points("20 points")
    a_point_that_is_held_by_keys_goes_back_when_something_else_is_done(page)


def points_are_painted_moved_and_deleted_with_keys(page: Visit) -> None:
    page.panel("Predictions")
    page.page.get_by_role("button", name="paint", exact=True).focus()
    keys = page.page.keyboard
    keys.press("Enter")
    found, _ = page.plane()
    found.focus()
    keys.press("2")
    expect(page.page.get_by_role("button", name="Paint class 1")).to_have_attribute(
        "aria-pressed", "true"
    )
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        keys.press(key)
    page.points("21 points")
    assert page.rows()[20] == [0.2, 0.2]
    page.page.get_by_role("button", name="move", exact=True).focus()
    keys.press("Enter")
    found.focus()
    for key in ("Enter", "ArrowRight", "ArrowRight", "Enter"):
        keys.press(key)
    moved = page.page.locator(".predictions tbody tr").nth(20).locator("td").first
    expect(moved).to_have_text("0.60")
    assert page.rows()[20] == [0.6, 0.2]
    keys.press("Delete")
    page.points("20 points")
    keys.press("Control+z")
    page.points("21 points")


def a_point_that_is_held_by_keys_goes_back_when_something_else_is_done(page: Visit) -> None:
    keys, held = page.page.keyboard, page.page.locator(".plane path.point[transform]")
    found, _ = page.plane()

    def hold() -> None:
        page.button("move")
        found.focus()
        for key in ("Enter", "ArrowUp", "ArrowUp"):
            keys.press(key)
        expect(held).to_have_count(1)

    hold()
    page.button("explore")
    expect(held).to_have_count(0)
    hold()
    keys.press("Tab")
    expect(held).to_have_count(0)
    hold()
    page.page.evaluate("document.querySelectorAll('.set')[1].click()")
    page.points("120 points")
    expect(held).to_have_count(0)
    there = page.rows()
    for key in ("ArrowUp", "Enter", "ArrowUp"):  # it takes another
        keys.press(key)
    expect(held).to_have_count(1)
    assert page.rows() == there


def test_points_are_edited_in_a_table(visit: Callable[..., Visit]) -> None:
    page = visit()
    numbers_are_typed_and_rows_removed_with_keys(page)
    a_table_of_a_thousand_rows_has_pages(page)


def numbers_are_typed_and_rows_removed_with_keys(page: Visit) -> None:
    page.button("Edit as a table")
    dialog = page.page.get_by_role("dialog", name="The points as a table")
    cell = dialog.get_by_label("x1 of point 0", exact=True)
    cell.fill("nearly one")
    cell.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("is no number: type one such as 1.5.")
    expect(cell).to_have_value("nearly one")
    cell.fill("-1.25")
    cell.press("Enter")
    expect(dialog.get_by_label("x1 of point 1", exact=True)).to_be_focused()
    expect(dialog.get_by_role("alert")).to_have_count(0)
    page.page.keyboard.press("ArrowUp")
    expect(cell).to_be_focused()
    dialog.get_by_label("class of point 0", exact=True).select_option("1")
    dialog.get_by_role("button", name="Remove point 19").click()
    page.points("19 points")
    dialog.get_by_role("button", name="Add a row").click()
    page.points("20 points")
    expect(dialog.get_by_label("x1 of point 19", exact=True)).to_be_focused()
    page.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.panel("Predictions")
    first = page.page.locator(".predictions tbody tr").first
    expect(first).to_contain_text("1.25")
    assert first.locator("td").nth(2).inner_text() == "1"
    page.button("Edit as a table")
    for row, n in ((0, 19), (18, 18)):
        dialog.get_by_role("button", name=f"Remove point {row}", exact=True).focus()
        page.page.keyboard.press("Enter")
        page.points(f"{n} points")
    last = dialog.get_by_role("button", name="Remove point 17", exact=True)
    expect(last).to_be_focused()


def a_table_of_a_thousand_rows_has_pages(page: Visit) -> None:
    page.page.keyboard.press("Escape")
    page.follow("data=moons&n_samples=1000")
    page.points("1000 points")
    page.button("Edit as a table")
    dialog = page.page.get_by_role("dialog", name="The points as a table")
    expect(dialog.locator("tbody tr")).to_have_count(100)
    for _ in range(9):
        dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_label("x1 of point 999", exact=True)).to_be_visible()
    expect(dialog.get_by_role("button", name="Next")).to_be_disabled()


def test_points_held_out_values_and_iris_are_shown(visit: Callable[..., Visit]) -> None:
    page = visit(initial=initial_state_of("iris"))
    iris_opens_with_its_units(page)
    page.page.keyboard.press("Escape")
    points_held_out_are_hollow_and_counted_apart(page)
    a_regression_shows_values_and_errors(page)


def iris_opens_with_its_units(page: Visit) -> None:
    page.points("150 points")
    expect(page.page.locator(".axis-x")).to_contain_text("petal length (cm)")
    expect(page.page.locator(".network")).to_contain_text("sepal length (cm)")
    expect(page.page.locator(".network .soft").first).to_contain_text("4 - 3 - 3 - 3")
    page.panel("Predictions")
    page.page.locator(".predictions tbody tr button").first.click()
    expect(page.page.get_by_role("dialog")).to_contain_text("petal length (cm) = 1.4")


def points_held_out_are_hollow_and_counted_apart(page: Visit) -> None:
    page.button("moons")
    page.points("120 points")
    page.page.get_by_label("Keep back for testing").fill("0.25")
    expect(page.page.locator(".legend")).to_contain_text("kept back for testing")
    expect(page.page.locator("[data-test=right]")).to_contain_text("of 90")
    holes = page.page.evaluate(
        "[...document.querySelectorAll('.plane .point')]"
        ".filter((mark) => mark.getAttribute('d').match(/M/g).length === 2).length"
    )
    assert holes == 30
    expect(page.page).to_have_url(re.compile(r"test_share=0\.25"))


def a_regression_shows_values_and_errors(page: Visit) -> None:
    page.follow("data=rings")
    page.points("20 points")
    page.button("slope")
    page.points("100 points")
    expect(page.page.locator(".scale-ends")).to_contain_text("value")
    expect(page.page.locator(".network")).to_contain_text("identity")
    page.page.get_by_label("learning rate").select_option("0.1")
    page.train()
    off = float(page.page.locator("[data-test=off]").inner_text())
    assert 0 < off < 0.1
    page.panel("Predictions")
    cells = page.page.locator(".predictions tbody tr").first.locator("td")
    expect(cells.last).to_have_text(re.compile(r"\d\.\d"))
    value, answer, error = (number(text) for text in cells.all_text_contents()[-3:])
    assert answer - value == pytest.approx(error, abs=1e-3)
    found, at = page.plane()
    found.click(position=at(0.1, 1.9))
    expect(page.page.get_by_role("dialog")).to_contain_text("as if it were value = ")


def test_own_points_come_back_with_the_page_and_with_a_link_that_holds_them(
    visit: Callable[..., Visit], tmp_path: Path
) -> None:
    page = visit()
    page.button("paint")
    found, at = page.plane()
    found.click(position=at(0.1, 0.1))
    page.points("21 points")
    link = page.page.evaluate("import('/urlState.js').then((a) => a.link({ points: true }))")
    page.rest()
    page.page.reload()
    page.points("21 points")
    page.button("moons")
    page.points("120 points")
    page.rest()
    page.page.go_back()
    page.points("21 points")
    other = visit(link.split("#")[1])
    other.points("21 points")
    other.leave()
    other.open("data=own")
    expect(other.page.locator(".state").first).to_contain_text("own data that it does not hold")


def test_axe_finds_nothing_serious_where_data_are_made(visit: Callable[..., Visit]) -> None:
    page = visit("data=hill&test_share=0.2")
    page.button("paint")
    assert in_both_schemes(page.page) == []
    page.button("moons")
    page.points("120 points")
    assert in_both_schemes(page.page) == []
    page.button("Edit as a table")
    cell = page.page.get_by_label("x1 of point 0", exact=True)
    cell.fill("one")
    cell.press("Enter")
    expect(page.page.get_by_role("alert")).to_contain_text("is no number")
    assert in_both_schemes(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Escape")
    expect(page.drop(PLANTS.encode(), "plants.csv")).to_contain_text("60 rows")
    assert in_both_schemes(page.page, "dialog") == []
