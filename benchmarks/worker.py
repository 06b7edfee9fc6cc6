"""A peer in a process of its own, that does one run when it is asked."""

from __future__ import annotations

import importlib
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.peers import Run
from benchmarks.workloads import Workload


class Worker:
    """Starts the process on entry and ends it on exit."""

    def __init__(self, module: str, function: str, workload: Workload) -> None:
        self._arguments = (module, function, workload)

    def __enter__(self) -> Worker:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, *self._arguments), daemon=True)
        self._process.start()
        there.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._here.close()
        self._process.join()

    def ask(self, what: str, epochs: int) -> Any:
        """The "result" of a run of so many epochs, or the "seconds" it takes."""
        self._here.send((what, epochs))
        try:
            answer = self._here.recv()
        except EOFError:
            raise RuntimeError("its process ended") from None
        if isinstance(answer, Exception):
            raise RuntimeError(f"{type(answer).__name__}: {answer}"[:200])
        return answer


def _serve(there: Connection, module: str, function: str, workload: Workload) -> None:
    run: Run | None = None
    while True:
        try:
            what, epochs = there.recv()
        except EOFError:
            return
        try:
            if run is None:
                peer = importlib.import_module(f"benchmarks.peers.{module}")
                run = getattr(peer, function)(workload)
            there.send(_seconds(run, epochs) if what == "seconds" else run(epochs))
        except Exception as error:  # whatever it is, the comparison goes on without this peer
            there.send(RuntimeError(f"{type(error).__name__}: {error}"))


def _seconds(run: Run, epochs: int) -> float:
    """The average over as many runs as fit into a fifth of a second, and at least one.

    A processor that was asleep needs some milliseconds to come to its speed: one short run would
    measure that.
    """
    runs = 0
    began = time.perf_counter()
    while (spent := time.perf_counter() - began) < 0.2 or runs == 0:
        run(epochs)
        runs += 1
    return spent / runs
