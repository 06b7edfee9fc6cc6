"""A training that is watched in a notebook: it goes on in a thread while later cells run."""

from __future__ import annotations

import threading
import time
from typing import Any

import traitlets

from glassnet.playground.embedded_modules import static_text
from glassnet.playground.hosts.still_widget import StillWidget
from glassnet.playground.replay.from_run import of_run
from glassnet.playground.replay.still import address, still
from glassnet.training.run import Run
from glassnet.training.training import Training

REDRAW_SECONDS = 0.25
DRAWING_SHARE = 0.1  # of the time, at most


class TrainingWidget(StillWidget):
    """Boundary, loss, epochs a second and a stop button of a training, which it lets go on."""

    _esm = static_text("notebook/training.js")
    picture = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    ended = traitlets.Bool(False).tag(sync=True)

    def __init__(self, training: Training) -> None:
        super().__init__("A training that was watched: run this cell again to train.")
        self.training = training
        self._began, self._first = time.perf_counter(), training.epoch
        self.on_msg(self._hear)
        self._thread = threading.Thread(target=self._train, name="glassnet training", daemon=True)
        self._thread.start()

    def wait(self) -> Run:
        """Wait until the training has ended, and return its run. Ctrl-C ends it."""
        with self.training.ending_on_ctrl_c():
            self._thread.join()
        return self.training.run

    def _hear(self, _: Any, content: Any, __: Any) -> None:
        if content == {"stop": True}:
            self.training.stop()

    def _train(self) -> None:
        drawn = 0.0
        try:
            for _ in self.training:
                if time.perf_counter() < drawn:
                    continue
                began = time.perf_counter()
                self._draw(self.training.so_far())
                ended = time.perf_counter()
                drawn = ended + max(REDRAW_SECONDS, (ended - began) / DRAWING_SHARE)
        except Exception as error:
            self.text, self.ended = f"{type(error).__name__}: {error}", True
            raise
        run = self.training.run
        self._draw(run)
        self.text, self.ended = f"{run.explanation} {self._speed()}", True
        self.draw_still(of_run(run))

    def _draw(self, run: Run) -> None:
        self.picture = address(still(of_run(run)))
        most = self.training.settings.max_epochs
        self.text = f"Epoch {run.epochs:,} of at most {most:,}. {self._speed()}"

    def _speed(self) -> str:
        seconds = max(time.perf_counter() - self._began, 1e-9)
        return f"{(self.training.epoch - self._first) / seconds:,.0f} epochs a second."
