"""Frameworks at work in processes of their own, so that their imports, threads and crashes do not
disturb one another: this end asks, the other end, `worker.py`, trains.

What goes through the pipes is pickled, between a process and its own child only.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any

from glassnet.core.parameters import Array
from glassnet.parity.interface import Course, Done, Ready, Task
from glassnet.parity.pipe import write

# Nothing is gained on a graphics card at these sizes, and its sums are in another order.
ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}


class FrameworkError(RuntimeError):
    """A framework could not be imported, or failed, or ended: one sentence says how."""


class Peer:
    """A framework that trains a task in a process of its own. Close it in the end."""

    def __init__(self, framework: str, task: Task, X: Array) -> None:
        self.framework = framework
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed in `close`
        # The child finds glassnet where this process found it.
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "glassnet.parity.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | ENVIRONMENT | {"PYTHONPATH": path},
        )
        self._send((framework, task, X))

    def ready(self) -> Ready:
        """Wait until it is. Raises FrameworkError if the framework does not work."""
        return self._receive()

    def advance(self, course: Course) -> Done:
        """Train; see `contract.Trainer`. Raises FrameworkError if it fails."""
        self._send(course)
        return self._receive()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
        self._errors.close()

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # a process that has ended is found when it does not answer
            write(self._process.stdin, message)

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        try:
            answer = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise FrameworkError(self._how_it_ended()) from None
        if isinstance(answer, str):
            raise FrameworkError(answer)
        return answer

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "without a word")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"its process ended with {how}: {last}"
