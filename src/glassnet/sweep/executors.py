"""Executors of a sweep's tasks: this process, several on this machine, or a Dask cluster.

Each is a context that hands tasks out and yields the results of each as it is done, in any order;
every run has the same digits whoever did it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol, Self

from glassnet.engines.cluster import Cluster as Workers
from glassnet.engines.cluster import connected
from glassnet.engines.compiled import default_threads
from glassnet.sweep.plan import Task
from glassnet.sweep.problem import Problem
from glassnet.sweep.work import Result, results
from glassnet.training.many_starts import PartSizes

IN_FLIGHT = 3  # tasks a worker that are handed out at a time, so that none waits for work
PART_SECONDS = 1.0  # that a part of a task takes, about
LOOKS = 0.2  # seconds between looks whether Ctrl-C was pressed


class Runner(Protocol):
    """An executor of tasks."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def done(self, tasks: Iterable[Task]) -> Iterator[list[Result]]:
        """The results of each task, as they come; ends early once it is asked to stop."""
        ...


class Here:
    """The process itself, with all its threads at the runs of one task."""

    def __init__(self, problem: Problem, stop: threading.Event, *, keep: bool) -> None:
        self._problem, self._stop, self._keep = problem, stop, keep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def done(self, tasks: Iterable[Task]) -> Iterator[list[Result]]:
        """The results of each task in turn, in parts that take about a second each."""
        sizes = PartSizes(2 * default_threads(), PART_SECONDS, sys.maxsize)
        for task in tasks:
            for seeds in sizes.parts(task.seeds):
                part = replace(task, seeds=tuple(seeds))
                found = results(self._problem, part, threads=None, keep=self._keep)
                if len(found) < len(seeds):  # Ctrl-C came while it trained
                    self._stop.set()
                yield found
                if self._stop.is_set():
                    return


class Processes:
    """Execute in as many processes as there are processors, with one thread each."""

    def __init__(self, problem: Problem, stop: threading.Event, *, keep: bool) -> None:
        self._stop = stop
        self._workers = default_threads()
        self._pool = ProcessPoolExecutor(
            self._workers,
            multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(problem, keep),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop.is_set():  # what is being trained is not waited for
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
        self._pool.shutdown(cancel_futures=True)

    def done(self, tasks: Iterable[Task]) -> Iterator[list[Result]]:
        """The results of each task, in the order in which they are done."""
        yield from _pumped(
            lambda task: self._pool.submit(_do, task), tasks, self._workers, self._stop
        )


def _pumped(
    submit: Callable[[Task], Future[list[Result]]],
    tasks: Iterable[Task],
    workers: int,
    stop: threading.Event,
) -> Iterator[list[Result]]:
    """Hand out tasks, a few a worker at a time, and yield the results of each that is done."""
    left = iter(tasks)
    running: set[Future[list[Result]]] = set()
    while not stop.is_set():
        for task in islice(left, IN_FLIGHT * workers - len(running)):
            running.add(submit(task))
        if not running:
            return
        ended, running = wait(running, LOOKS, FIRST_COMPLETED)
        for future in ended:
            try:
                yield future.result()
            except (BrokenExecutor, CancelledError):
                raise OSError(
                    "What trained the runs was ended from outside, perhaps for want of memory; "
                    "what was done is kept, and the same command goes on"
                ) from None


_mine: dict[str, Any] = {}  # of a process that does tasks: what it was begun with


def _begin(problem: Problem, keep: bool) -> None:
    """Make this process one that does tasks: Ctrl-C is for its parent, whose end is its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _mine.update(problem=problem, keep=keep)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(task: Task) -> list[Result]:
    return results(_mine["problem"], task, threads=1, keep=_mine["keep"])


class Cluster:
    """The workers of a Dask cluster, with one thread a task."""

    def __init__(
        self, address: str, problem: Problem, stop: threading.Event, *, keep: bool
    ) -> None:
        self._address, self._problem = address, problem
        self._stop, self._keep = stop, keep
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        self._client: Any = self._resources.enter_context(connected(self._address))
        Workers(self._client)  # which refuses those that would not compute the same digits
        self._scattered = self._client.scatter(self._problem, broadcast=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def done(self, tasks: Iterable[Task]) -> Iterator[list[Result]]:
        """The results of each task, in the order in which they are done."""
        from distributed import KilledWorker

        executor = self._client.get_executor(pure=False)

        def submit(task: Task) -> Future[list[Result]]:
            return executor.submit(results, self._scattered, task, threads=1, keep=self._keep)

        workers = max(sum(self._client.nthreads().values()), 1)
        try:
            yield from _pumped(submit, tasks, workers, self._stop)
        except KilledWorker:
            raise OSError(
                "The cluster's workers end while they train, perhaps for want of memory; what was "
                "done is kept, and the same command goes on"
            ) from None
        finally:
            executor.shutdown(wait=False)
