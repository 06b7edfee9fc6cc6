"""A framework at work: what `process.Peer` runs as `python -m glassnet.parity.worker`."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import time
import traceback
import warnings
from typing import IO

from glassnet.parity.frameworks import FRAMEWORKS
from glassnet.parity.interface import Course, Done, Ready, Task, Trainer
from glassnet.parity.pipe import write


def load(framework: str, task: Task) -> Trainer:
    """The framework's trainer for the task, in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a framework's own warnings on import are not ours
        module = importlib.import_module(FRAMEWORKS[framework].trainer)
    return module.Trainer(task)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The other end: make ready, then answer until no more is asked."""
    began = time.perf_counter()
    framework, task, X = pickle.load(requests)
    trainer = load(framework, task)
    # One epoch to compile, and back to the start.
    _, vectors = trainer.advance(Course.plain(task, 1))
    trainer.outputs(vectors, X)
    trainer.begin()
    preparation = time.perf_counter() - began
    write(answers, Ready(trainer.version, trainer.timed, trainer.conventions, preparation))
    while True:
        try:
            course = pickle.load(requests)
        except EOFError:
            return
        began = time.perf_counter()
        losses, vectors = trainer.advance(course)
        seconds = time.perf_counter() - began
        write(answers, Done(losses, vectors, trainer.outputs(vectors, X), seconds))


def main() -> None:
    """Serve on stdin and stdout; whatever a framework prints goes to stderr instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, answers)
    except Exception as error:  # whatever it is, the other end reports it
        traceback.print_exc()
        write(answers, f"{type(error).__name__}: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
