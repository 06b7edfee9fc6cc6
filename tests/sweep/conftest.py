"""Sweeps train in this process, because new ones cost seconds of the processor to start."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Self

import pytest

from glassnet.sweep import orchestrator
from glassnet.sweep.plan import Task
from glassnet.sweep.problem import Problem
from glassnet.sweep.work import Result, results


class OneAfterAnother:
    """Executes tasks as each of several processes does."""

    def __init__(self, problem: Problem, stop: threading.Event, *, keep: bool) -> None:
        self._problem, self._keep = problem, keep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def done(self, tasks: Iterable[Task]) -> Iterator[list[Result]]:
        for task in tasks:
            yield results(self._problem, task, threads=1, keep=self._keep)


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(orchestrator, "Processes", OneAfterAnother)
        yield
