"""glassnet in a process of its own that says when it saves something, and does not run away."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

AHEAD = 10  # times that a child may save before anybody has seen it

# A byte through the socket allows the child to save once more; by another it says that it did.
CODE = """
import socket, sys
from glassnet.cli import main
from glassnet.pipeline import train
from glassnet.sweep import orchestrator, store
from glassnet.training import training

parent = socket.socket(fileno=int(sys.argv[1]))

def telling(save):
    def save_and_tell(*arguments):
        allowed = parent.recv(1)
        save(*arguments)
        if allowed:
            parent.send(allowed)
    return save_and_tell

create = store._create

def tell_and_create(*arguments):
    parent.send(parent.recv(1))
    create(*arguments)

store._create = tell_and_create
orchestrator.WRITE_SECONDS = -1.0
training._next_chunk = lambda *_: 1  # epoch, however fast this machine is
train._save_checkpoint = telling(train._save_checkpoint)
store.SweepFile.add = telling(store.SweepFile.add)
main(sys.argv[2:])
"""


class Child(subprocess.Popen[str]):
    """A command that saves checkpoints or the runs of a sweep, as far as it is allowed to.

    A sweep that begins to make its file counts as having saved, too.
    """

    def __init__(self, *arguments: object, cwd: Path, **more: Any) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.send(b"." * AHEAD)
        command = [sys.executable, "-c", CODE, str(theirs.fileno()), *map(str, arguments)]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        super().__init__(command, cwd=cwd, text=True, pass_fds=[theirs.fileno()], **pipes, **more)
        theirs.close()

    def wait_until_saved(self, times: int = 1) -> None:
        """Until it has saved this many times more."""
        for _ in range(times):
            try:
                self._socket.recv(1)
                self._socket.send(b".")
            except OSError:  # nobody is at the other end
                self._socket.close()
                raise AssertionError(f"it ended before: {self.communicate()}") from None

    def end(self) -> tuple[str, str]:
        """Kill it. What it printed, and what it complained of."""
        self.kill()
        return self.finish()

    def finish(self) -> tuple[str, str]:
        """Let it run to its end. What it printed, and what it complained of."""
        self._socket.shutdown(socket.SHUT_WR)
        printed = self.communicate()
        self._socket.close()
        return printed
