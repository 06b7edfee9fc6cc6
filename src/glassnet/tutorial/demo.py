"""The whole tutorial as one folder: data, training, tables, pictures and the film."""

from __future__ import annotations

import csv
import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

import glassnet as gn
from glassnet.explain.diagnosis import diagnose
from glassnet.explain.diagnosis_words import Finding
from glassnet.storage.atomic import replacing
from glassnet.storage.output_folder import SUMMARY, output_folder
from glassnet.training.stop_reason import StopKind
from glassnet.tutorial.chapter import Material, chapter
from glassnet.tutorial.demo_settings import DATA, DemoSettings

if TYPE_CHECKING:
    from glassnet.pictures import Film

PROGRAM = "glassnet demo"
FRAME_EVERY = 50  # epochs, as in the tutorial
MOST_FRAMES = 400  # of a longer run's film, which then takes larger steps


class Demo:
    """The demo's folder in the making: train, then write; `summary` has the results."""

    def __init__(self, settings: DemoSettings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.began = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.files: dict[str, str] = {}
        self.interrupted = False

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the seconds the block takes to those of that part."""
        began = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - began
            self.seconds[part] = self.seconds.get(part, 0) + taken

    def write(self, run: gn.Run) -> None:
        """Write every file; Ctrl-C leaves out the pictures that were not drawn yet."""
        with self.timed("tables"):
            self._write_tables(run)
        try:
            with self.timed("imports"):
                from glassnet import pictures  # noqa: F401  the heaviest of all imports
            # The film is encoded outside of Python, while the pictures are drawn.
            with ThreadPoolExecutor(1) as aside:
                film = self._film(run)
                written = aside.submit(self._write_film, film)
                with self.timed("pictures"):
                    self._write_pictures(run)
                with self.timed("chapter"):
                    self._write_chapter(run, film)
                with self.timed("replay"):
                    self._write_replay(run)
                written.result()
        except KeyboardInterrupt:
            self.interrupted = True
        self.interrupted = self.interrupted or run.stop_reason.kind is StopKind.INTERRUPTED

    def _write_tables(self, run: gn.Run) -> None:
        name = f"a{run.network.n_layers}"
        a, decision = run.predict_probability(DATA.X), run.predict(DATA.X)
        self._csv(
            "predictions.csv",
            "each point with its label, output, decision, and whether it is right",
            ["x1", "x2", "label", name, "decision", "right"],
            (
                [*x, y, a_i, d, bool(d == y)]
                for x, y, a_i, d in zip(
                    DATA.X.tolist(), DATA.y.tolist(), a.tolist(), decision.tolist(), strict=True
                )
            ),
        )
        self._csv(
            "history.csv",
            "the loss that each epoch's update was computed from",
            ["epoch", "loss"],
            enumerate(run.history.loss.tolist(), start=1),
        )
        self._csv(
            "parameters.csv",
            "every weight and bias at the start and at the end",
            ["name", "start", "end"],
            zip(
                run.start.names,
                run.start.vector.tolist(),
                run.parameters.vector.tolist(),
                strict=True,
            ),
        )
        with self._file("settings.toml", "the settings; repeat with --config") as path:
            table = {"demo": self.settings.to_toml()}
            path.write_text(tomli_w.dumps(table), encoding="utf-8")

    def _write_pictures(self, run: gn.Run) -> None:
        from glassnet import pictures

        network, parameters = run.network, run.parameters
        with self._file("points.png", "the twenty points") as path:
            pictures.points(DATA.X, DATA.y).save(path)
        with self._file("network.png", "the network: forward, with the loss, gradients") as path:
            trace = gn.trace(network, parameters, DATA.X, DATA.y)
            pictures.three_faces(network, trace=trace)[0].save(path)
        if len(run.history.loss):
            with self._file("loss.png", "the loss by epoch") as path:
                goal = self.settings.stop_below
                pictures.loss_curve(run.history.loss, stop_below=goal).save(path)
        with self._file("boundary.png", "what the network answers over the plane") as path:
            pictures.decision_boundary(network, parameters, DATA.X, DATA.y).save(path)

    def _write_chapter(self, run: gn.Run, film: Film) -> None:
        drawn = {path.stem: path.read_bytes() for path in self.folder.glob("*.png")}
        material = Material(
            run=run,
            X=DATA.X,
            y=DATA.y,
            film=film,
            film_file=self._film_name,
            pictures=drawn,
            advice=advice(run),
        )
        with self._file("tutorial.html", "the tutorial with this run's numbers") as path:
            path.write_text(chapter(material), encoding="utf-8")

    def _write_replay(self, run: gn.Run) -> None:
        from glassnet.playground.replay import write_replay

        with self._file("replay.html", "the training, to go through in a browser") as path:
            write_replay(run, path)

    @property
    def _film_name(self) -> str:
        return f"training.{self.settings.format}"

    def _film(self, run: gn.Run) -> Film:
        from glassnet import pictures

        steps = -(-run.epochs // (FRAME_EVERY * MOST_FRAMES))  # rounded up
        with self.timed("film"):
            return pictures.training_film(
                run.history, DATA.X, DATA.y, every=FRAME_EVERY * max(steps, 1)
            )

    def _write_film(self, film: Film) -> None:
        with self.timed("film"), self._file(self._film_name, "the film of the training") as path:
            film.save(path)

    def write_summary(self, run: gn.Run) -> dict[str, Any]:
        """Write summary.json and return what it says."""
        self.seconds["total"] = time.perf_counter() - self.began  # film and pictures overlap
        self.files[SUMMARY] = "the results in numbers"
        right = int((run.predict(DATA.X) == DATA.y).sum())
        loss = run.history.loss
        summary = {
            "program": PROGRAM,
            "network": list(run.network.sizes),
            "n_parameters": run.network.n_parameters,
            "stop_reason": run.stop_reason,
            "explanation": run.explanation,
            "advice": advice(run),
            "epochs": run.epochs,
            "loss_at_start": float(loss[0]) if len(loss) else None,
            "loss": float(loss[-1]) if len(loss) else None,
            "right": right,
            "samples": len(DATA.y),
            "accuracy": right / len(DATA.y),
            "seconds": {part: round(taken, 4) for part, taken in self.seconds.items()},
            "engine": run.engine.name,
            "versions": _versions(),
            "files": self.files,
        }
        with replacing(self.folder / SUMMARY) as path:
            path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
        return summary

    @contextmanager
    def _file(self, name: str, caption: str) -> Iterator[Path]:
        with replacing(self.folder / name) as path:
            yield path
        self.files[name] = caption

    def _csv(
        self, name: str, caption: str, header: Sequence[str], rows: Iterable[Iterable[Any]]
    ) -> None:
        # csv writes numbers by repr: every digit, so that they read back as they were.
        with (
            self._file(name, caption) as path,
            path.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)


def demo(
    settings: DemoSettings,
    out: Path,
    *,
    force: bool = False,
    watch: Callable[[gn.Training], Iterable[int]] = iter,
) -> tuple[gn.Run, dict[str, Any], bool]:
    """Train on the twenty points and write everything into the folder `out`.

    `watch` wraps the iteration over the training, to show its progress. Returns the run, the
    summary that was written, and whether Ctrl-C cut something short.

    Raises InputError, with nothing written, if a setting or the folder will not do.
    """
    training = settings.training()
    with output_folder(out, PROGRAM, force=force) as folder:
        making = Demo(settings, folder)
        with making.timed("training"), training.ending_on_ctrl_c():
            for _ in watch(training):
                pass
        making.write(training.run)
        summary = making.write_summary(training.run)
    return training.run, summary, making.interrupted


def advice(run: gn.Run) -> str | None:
    """Return why the run missed its goal and what to try; None if it reached it."""
    if run.stop_reason.kind is not StopKind.MAX_EPOCHS:
        return None
    hints = _hints(run.settings)
    found = diagnose(run, DATA.X, DATA.y)
    return " ".join(f"{d.sentence} {hints.get(d.kind, d.advice)}" for d in found) or None


def _hints(settings: gn.Settings) -> dict[Finding, str]:
    """Return what to try, in the demo's own options, by the kind of the diagnosis."""
    rate = settings.optimizer.learning_rate
    more, other = f"--max-epochs {5 * settings.max_epochs}", f"--seed {settings.seed + 1}"
    return {
        Finding.LINEAR_NETWORK: "Try --hidden 3,3 --activation sigmoid.",
        Finding.SYMMETRIC_START: "Try a random start, such as --start glorot-uniform.",
        Finding.LEARNING_RATE_TOO_LARGE: f"Try a smaller one, --learning-rate {rate / 10:g}.",
        Finding.LEARNING_RATE_TOO_SMALL: f"Try a larger one, --learning-rate {10 * rate:g}.",
        Finding.VANISHING_GRADIENTS: "Try fewer layers, --hidden 3,3, or --activation tanh.",
        Finding.DEAD_RELUS: f"Try --activation leaky-relu, or --learning-rate {rate / 10:g}.",
        Finding.STILL_LEARNING: f"So allow more, such as {more}, or try another start, "
        f"such as {other}.",
        Finding.STUCK: f"Try another start, such as {other}, more neurons, such as "
        f"--hidden 5,5, or more epochs, such as {more}.",
    }


def _versions() -> dict[str, str]:
    libraries = ("numpy", "scipy", "matplotlib", "av", "pillow")
    return {
        "glassnet": gn.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in libraries},
        "platform": platform.platform(),
    }
