"""Progress is shown where somebody looks, and nowhere else; it stops nothing and costs nothing."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from example_sweeps import swept
from glassnet.training import progress
from glassnet.training.progress import Progress, ProgressBar, duration, may_show

X = np.random.default_rng(0).normal(size=(40, 2))
Y = (X[:, 0] > 0).astype(int)
NETWORK = gn.Network((2, 4, 1))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Kernel(ModuleType):
    """IPython as a kernel has it: what its cell shows is kept."""

    def __init__(self) -> None:
        super().__init__("IPython")
        self.outputs: list[dict[str, str]] = []
        self.display = SimpleNamespace(display=self._display)

    def get_ipython(self) -> Any:
        return SimpleNamespace(kernel=self)

    def _display(self, drawn: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        self.outputs.append(drawn)
        place = len(self.outputs) - 1

        def update(drawn: dict[str, str], *, raw: bool) -> None:
            self.outputs[place] = drawn

        return SimpleNamespace(update=update)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DELAY_SECONDS", 0.0)
    monkeypatch.setattr(progress, "REDRAW_SECONDS", 0.0)


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch, at_once: None) -> Callable[[], Terminal]:
    """Makes stderr a terminal; within a test, since pytest has its own before that."""

    def begin() -> Terminal:
        screen = Terminal()
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "120")
        return screen

    return begin


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, at_once: None) -> Kernel:
    module = Kernel()
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", module.display)
    return module


def trained(**more: Any) -> gn.Run:
    return gn.train(NETWORK, X, Y, max_epochs=300, seed=0, **more)


def many(**more: Any) -> gn.ManyRuns:
    return gn.train_many(NETWORK, X, Y, seeds=range(5), max_epochs=300, engine="reference", **more)


def test_training_says_on_a_terminal_how_far_it_is(on_terminal: Callable[[], Terminal]) -> None:
    terminal = on_terminal()
    run = trained()
    shown = terminal.getvalue()
    assert "epoch 1 of at most 300, loss" in shown
    assert "left" in shown
    assert f"epoch 300 of at most 300, loss {run.history.loss[-1]:.4g}" in shown


def test_every_way_to_train_shows_progress(
    on_terminal: Callable[[], Terminal], tmp_path: Path
) -> None:
    terminal = on_terminal()
    gn.train_table({"x": X[:, 0], "y": Y}, "y", max_epochs=5, single=True)
    assert "of at most 5, loss" in terminal.getvalue()
    many()
    assert "run 4 of 5" in terminal.getvalue()
    swept(tmp_path / "out.duckdb", "3", ("max_epochs=20",))
    assert "run 3 of 3" in terminal.getvalue()


@pytest.mark.parametrize("train", [trained, many])
def test_it_can_be_turned_off(on_terminal: Callable[[], Terminal], train: Any) -> None:
    terminal = on_terminal()
    train(verbose=False)
    assert terminal.getvalue() == ""


def test_a_pipe_a_thread_and_what_is_quick_show_nothing(
    on_terminal: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = on_terminal()
    thread = threading.Thread(target=trained)
    thread.start()
    thread.join()
    monkeypatch.setattr(progress, "DELAY_SECONDS", 60.0)
    trained()
    assert terminal.getvalue() == ""
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setattr(progress, "DELAY_SECONDS", 0.0)
    trained()
    assert not may_show()
    assert pipe.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    assert not may_show()


def test_a_cell_shows_one_line_that_is_drawn_over_and_stays(kernel: Kernel) -> None:
    trained()
    [drawn] = kernel.outputs
    assert drawn["text/plain"].startswith("epoch 300 of at most 300, loss ")
    assert "<progress" not in drawn["text/html"]


def test_the_time_left_is_that_of_what_is_left(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([10.0, 14.0, 14.0, 14.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    seen: list[Progress] = []
    monkeypatch.setattr(progress, "may_show", lambda: True)
    monkeypatch.setattr(
        progress,
        "screen",
        lambda: SimpleNamespace(show=seen.append, close=seen.append),
    )
    with ProgressBar("run {} of {}", 30, first=10) as bar:
        bar.see(lambda: 12)
    # Two of twenty took four seconds: the other eighteen take thirty-six.
    assert seen[0] == seen[1] == Progress(12, 30, "run 12 of 30", 4.0, 36.0)
    assert duration(3675.4) == "1:01:15"


def test_nothing_is_computed_for_what_is_not_drawn() -> None:
    def never() -> Any:
        raise AssertionError

    with ProgressBar("run {} of {}", 9) as bar:
        bar.see(never, never)


@pytest.mark.parametrize("train", [trained, many])
def test_verbose_is_true_or_false(train: Any) -> None:
    with pytest.raises(gn.InputError, match="verbose"):
        train(verbose="no")
