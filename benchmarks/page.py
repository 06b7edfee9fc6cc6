"""How fast the page draws while its network trains as fast as it goes, and how soon it answers.

    python -m benchmarks.page [--repetitions 7] [--seconds 2.5] [--minutes 0] [--out FOLDER]

The server (`glassnet play`) and a headless Chromium run in processes of their own, on whatever
cores there are; nothing listens to what they tell each other (see chromium.py). Counted are the
frames that the page drew, each after a new one had come from the server; the epochs that were
trained meanwhile; and the milliseconds from a key or a click to the end of drawing what it led
to: in the network and on the plane, and ("all") in the curves and tables that follow a frame later.
As a hand does, it presses for 80 ms and takes a quarter of a second from one thing to the next.
With --minutes the tutorial's network trains for so long, with a new start wherever it ends, and
the memory of server and page is watched. Writes page.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chromium import Browser, browser

SCREEN = (1920, 1080)  # on which all neurons of both networks are seen
ENDLESS = "stop_below=none&max_epochs=5000000"
NETWORKS = {
    "tutorial": ENDLESS,
    "8 layers x 16": f"{ENDLESS}&data=spirals&n_samples=160&noise=0.03&initialiser=glorot_uniform"
    f"&hidden={','.join(8 * ['16'])}&activation={','.join(8 * ['tanh'])}&learning_rate=0.03",
}
GOALS = {"tutorial": 60, "8 layers x 16": 30}  # frames a second
EPOCHS_GOAL = 100_000  # a second, on the tutorial's network
ANSWER_GOAL = 100  # milliseconds
WARM = 0.7  # seconds
REACH = (0.25, 0.35)  # seconds
LOOKS = 5.0  # seconds between two looks at the memory
STEADY = 0.05  # of the memory, by which it may seem to grow in the watched time
Answer = tuple[float, ...]  # milliseconds until it was drawn, and until all was
# Listens to the page's own frames, after its components have drawn them.
RECORDER = """async () => {
  const { onFrame } = await import("/frames.js");
  const recorder = { drawn: [], waiting: [] };
  // The end of drawing this frame: the first task after it, of those that wait for nothing else,
  // or the next frame, which may come before that.
  const painted = () => new Promise((done) => {
    const now = () => done(performance.now());
    scheduler.postTask(now, { priority: "user-blocking" });
    requestAnimationFrame(now);
  });
  const matches = {
    start: (frame) => frame.epoch === 0 && !frame.playing,
    pause: (frame) => !frame.playing,
    play: (frame) => frame.playing,
    gradient: (frame) => Boolean(frame.gradient),
    weights: (frame) => !frame.gradient,
  };
  onFrame((frame) => {
    recorder.frame = frame;
    recorder.drawn.push([performance.now(), frame.epoch]);
    recorder.waiting = recorder.waiting.filter((wait) => {
      if (wait.began === null || !matches[wait.what](frame)) return true;
      painted().then((first) => requestAnimationFrame(() => painted().then((all) => (
        wait.done([first - wait.began, all - wait.began])))));
      return false;
    });
  });
  // Milliseconds from the next event of a kind, or from now, until such a frame is drawn, and all.
  recorder.until = (what, kind) => {
    recorder.answer = new Promise((done, fail) => {
      setTimeout(() => fail(new Error(`no answer: ${what}`)), 20000);
      const wait = { what, done, began: kind ? null : performance.now() };
      const begin = (event) => { wait.began = event.timeStamp; };
      if (kind) addEventListener(kind, begin, { capture: true, once: true });
      recorder.waiting.push(wait);
    });
  };
  // Milliseconds from the next click until the sheet of a calculation is open.
  recorder.untilSheet = () => {
    recorder.answer = new Promise((done) => {
      let began = null;
      const begin = (event) => { began = event.timeStamp; };
      addEventListener("click", begin, { capture: true, once: true });
      const watch = new MutationObserver(() => {
        if (!document.querySelector(".explanation[open]")) return;
        watch.disconnect();
        requestAnimationFrame(() => painted().then((now) => done([now - began, now - began])));
      });
      watch.observe(document.body, { attributes: true, childList: true, subtree: true });
    });
  };
  window.recorder = recorder;
}"""
FASTEST = """() => {
  const shown = (element) => element.checkVisibility();
  const speed = [...document.querySelectorAll(".speed select")].find(shown);
  speed.value = "null"; // as fast as it goes
  speed.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def main() -> None:
    """Run what the command line asks for, print it and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.5, help="of each repetition")
    parser.add_argument("--minutes", type=float, default=0.0, help="of watching the memory")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    asked = parser.parse_args()
    results: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()}
    print(f"{results['cores']} cores, load before: {results['load'][0]:.1f}")
    for name in NETWORKS:
        with visited(name) as visit:
            results[name] = speed(visit, asked.repetitions, asked.seconds)
        report(name, results[name])
    if asked.minutes:
        with visited("tutorial") as visit:
            results["memory"] = memory(visit, asked.minutes)
        report_memory(results["memory"])
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "page.json").write_text(json.dumps(results, indent=2) + "\n")


class Visit:
    """A page in the browser, its server, and ways to ask both how they are."""

    def __init__(self, server: subprocess.Popen[str], browser: Browser, address: str) -> None:
        self.server = server
        self.browser = browser
        self.page = browser.page
        self.page.go(address, ".node")
        self.page.evaluate(f"({RECORDER})()")
        self.page.evaluate(f"({FASTEST})()")
        self.page.send("Performance.enable")

    def play_from_start(self) -> None:
        """Train from a new start."""
        for key, frame in (("n", "start"), (" ", "play")):
            self.answer(None, frame, partial(self.press, key))

    def press(self, key: str) -> None:
        """Press a key that works anywhere but in a field."""
        self.page.evaluate("document.activeElement.blur()")
        self.page.press(key)

    def sheet(self) -> Answer:
        """Milliseconds from a click on the plane until the sheet of its calculation is open."""
        reach()
        self.page.evaluate("recorder.untilSheet()")
        self.page.click(".plane")
        taken = tuple(self.page.evaluate("recorder.answer"))
        self.page.press("Escape")
        return taken

    def answer(self, event: str | None, frame: str, act: Callable[[], None]) -> Answer:
        """Milliseconds from an event that `act` brings about to the end of drawing such a frame,
        and of drawing all that follows from it.
        """
        reach()
        self.page.evaluate(f"recorder.until({json.dumps(frame)}, {json.dumps(event)})")
        act()
        return tuple(self.page.evaluate("recorder.answer"))


@contextmanager
def visited(network: str) -> Iterator[Visit]:
    """A visit of the page on a network, with a server and a browser of its own."""
    play = "from glassnet.cli import main; main(['play', '--no-open', '--port', '0'])"
    server = subprocess.Popen(
        [sys.executable, "-c", play], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    try:
        address = server.stdout.readline().strip()
        with browser(SCREEN) as opened:
            yield Visit(server, opened, f"{address}#{NETWORKS[network]}")
    finally:
        server.terminate()
        server.wait()


def speed(visit: Visit, repetitions: int, seconds: float) -> dict[str, Any]:
    """Frames and epochs a second, and the time until answers, of several stretches of training."""
    rates: list[dict[str, float]] = []
    answers: dict[str, list[Answer]] = {}
    for _ in range(repetitions):
        visit.play_from_start()
        time.sleep(WARM)
        rates.append(stretch(visit, seconds))
        visit.play_from_start()  # so that it does not come to its end meanwhile
        for name, milliseconds in inputs(visit).items():
            answers.setdefault(name, []).extend(milliseconds)
    found: dict[str, Any] = {
        name: statistics.median(rate[name] for rate in rates) for name in rates[0]
    }
    return {**found, "answers": {name: spread(values) for name, values in answers.items()}}


def stretch(visit: Visit, seconds: float) -> dict[str, float]:
    """What was drawn and trained in so many seconds of playing."""
    before = metrics(visit)
    visit.page.evaluate("recorder.drawn.length = 0")
    time.sleep(seconds)
    drawn = np.array(visit.page.evaluate("recorder.drawn"))
    after = metrics(visit)
    spent = (drawn[-1, 0] - drawn[0, 0]) / 1000
    gaps = np.diff(drawn[:, 0])

    def per_frame(metric: str) -> float:
        return 1000 * (after[metric] - before[metric]) / len(gaps)

    return {
        "frames a second": len(gaps) / spent,
        "95 % of frames within, ms": float(np.quantile(gaps, 0.95)),
        "epochs a second": float(drawn[-1, 1] - drawn[0, 1]) / spent,
        "script a frame, ms": per_frame("ScriptDuration"),
        "main thread a frame, ms": per_frame("TaskDuration"),
    }


def inputs(visit: Visit) -> dict[str, list[Answer]]:
    """Milliseconds until the answer to keys and clicks while it trains, each several times."""
    slider = ".time input"
    names = ("pause", "play", "gradients", "calculation", "slider", "new start", "neurons")
    found: dict[str, list[Answer]] = {name: [] for name in names}
    for _ in range(4):
        found["pause"].append(visit.answer("keydown", "pause", lambda: visit.press(" ")))
        found["play"].append(visit.answer("keydown", "play", lambda: visit.press(" ")))
    for child, answer in ((2, "gradient"), (1, "weights")) * 2:
        button = f"[data-control=links] button:nth-child({child})"
        found["gradients"].append(visit.answer("click", answer, clicking(visit, button)))
    found["calculation"].append(visit.sheet())
    found["slider"].append(visit.answer("pointerdown", "pause", clicking(visit, slider)))
    visit.answer(None, "play", lambda: visit.press(" "))
    found["new start"].append(visit.answer("keydown", "start", lambda: visit.press("n")))
    for change in ("less", "more"):
        visit.answer(None, "play", lambda: visit.press(" "))
        button = f"[aria-label='One neuron {change} in hidden layer 1']"
        found["neurons"].append(visit.answer("click", "start", clicking(visit, button)))
    return found


def reach() -> None:
    """Wait as long as a hand takes between two actions."""
    time.sleep(random.uniform(*REACH))


def clicking(visit: Visit, selector: str) -> Callable[[], None]:
    """How to click such an element."""
    return lambda: visit.page.click(selector)


def spread(answers: list[Answer]) -> dict[str, float]:
    """Median, 95th percentile and the longest, and the first two of drawing all."""
    first, whole = np.array(answers).T
    quantiles = [*np.quantile(first, (0.5, 0.95, 1.0)), *np.quantile(whole, (0.5, 0.95))]
    names = ("p50", "p95", "max", "all p50", "all p95")
    return {"n": len(answers), **dict(zip(names, map(float, quantiles), strict=True))}


def metrics(visit: Visit) -> dict[str, float]:
    """What Chromium counts of a page."""
    found = visit.page.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] for metric in found}


def memory(visit: Visit, minutes: float) -> dict[str, Any]:
    """MiB of server and page over time while it trains, and how they grew in the second half."""
    looks: dict[str, list[float]] = {}
    began = time.monotonic()
    visit.play_from_start()
    while time.monotonic() - began < 60 * minutes:
        time.sleep(LOOKS)
        if not visit.page.evaluate("recorder.frame.playing"):
            visit.play_from_start()
        visit.page.evaluate("recorder.drawn.length = 0")
        visit.page.send("HeapProfiler.collectGarbage")
        for name, value in memory_now(visit).items():
            looks.setdefault(name, []).append(value)
        looks.setdefault("minute", []).append((time.monotonic() - began) / 60)
    growths = {name: growth(looks["minute"], looks[name]) for name in looks if name != "minute"}
    return {"looks": looks, "growths": growths}


def memory_now(visit: Visit) -> dict[str, float]:
    """MiB of the server and of the page's process, of its objects after a collection; nodes."""
    page = metrics(visit)
    return {
        "server, MiB": resident(visit.server.pid),
        "page, MiB": max(map(resident, visit.browser.processes("renderer"))),
        "page's objects, MiB": page["JSHeapUsedSize"] / 2**20,
        "page's nodes": page["Nodes"],
        "page's listeners": page["JSEventListeners"],
    }


def resident(process: int) -> float:
    """MiB of a process's own pages that are in memory."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {process} does not tell its memory")


def growth(minutes: list[float], values: list[float]) -> dict[str, float]:
    """The line through the second half: its middle, and what it gains over that time."""
    half = len(minutes) // 2
    late, held = np.array(minutes[half:]), np.array(values[half:])
    slope, _ = np.polyfit(late, held, 1)
    gained = float(slope * (late[-1] - late[0]))
    return {"median": float(np.median(held)), "gained": gained, "a minute": float(slope)}


def report(name: str, found: dict[str, Any]) -> None:
    """The medians against what is aimed at."""
    print(f"\n{name} (aims: {GOALS[name]} frames a second, answers within {ANSWER_GOAL} ms"
          + (f", {EPOCHS_GOAL:,} epochs a second)" if name == "tutorial" else ")"))  # fmt: skip
    for what, value in found.items():
        if what != "answers":
            print(f"  {what:36} {value:12,.1f}")
    for what, times in found["answers"].items():
        print(f"  {what + ', ms until the answer':36}", end="")
        print("  ".join(f"{key} {value:6.1f}" for key, value in times.items() if key != "n"))
    sys.stdout.flush()


def report_memory(found: dict[str, Any]) -> None:
    """How each grew in the second half of the time, and whether that is growth."""
    print(f"\nmemory over {found['looks']['minute'][-1]:.1f} minutes, its second half")
    for name, line in found["growths"].items():
        steady = line["gained"] <= STEADY * line["median"]
        print(f"  {name:22} {line['median']:10,.1f}  gained {line['gained']:8.2f}"
              f"  {'steady' if steady else 'GROWS'}")  # fmt: skip


if __name__ == "__main__":
    main()
