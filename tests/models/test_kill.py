"""kill -9 at any moment of a save or an export leaves the old files or the new ones, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from example_models import full_model
from glassnet.models.exports import SUFFIXES, export
from glassnet.models.model_file import save_model

TESTS = Path(__file__).parent.parent
OLD, NEW = full_model(seed=1), full_model(seed=2)

# Every step that Python can see the operating system take raises an audit event; in one child
# after another the next of them is the last.
KILLED_AT_EVERY_STEP = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_kill import NEW, WAYS, put_old
write, path = WAYS[sys.argv[2]], Path(sys.argv[3])
put_old(sys.argv[2], path)  # and everything is imported

def last_step(number):
    left = [number]
    def count(event, arguments):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)

for number in range(1, 1000):
    put_old(sys.argv[2], path)
    child = os.fork()
    if child == 0:
        last_step(number)
        write(NEW, path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(number, os.WIFSIGNALED(status), flush=True)
    sys.stdin.readline()
    if not os.WIFSIGNALED(status):
        break
"""

SAVING = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_kill import NEW, OLD, WAYS
write, path = WAYS[sys.argv[2]], Path(sys.argv[3])
while True:
    for model in (OLD, NEW):
        write(model, path)
        print("written", flush=True)
"""

WAYS: dict[str, Callable[..., object]] = {
    "model": save_model,
    "python": lambda model, path: export(model, "python", path),
    "pytorch": lambda model, path: export(model, "pytorch", path),
}


def put_old(way: str, path: Path) -> None:
    for left in path.parent.iterdir():
        left.unlink()
    WAYS[way](OLD, path)


def possible(way: str, folder: Path) -> list[dict[str, bytes]]:
    """The files of OLD and those of NEW, as they are when nothing interrupts."""
    states = []
    for model in (OLD, NEW):
        folder.mkdir(exist_ok=True)
        for left in folder.iterdir():
            left.unlink()
        WAYS[way](model, folder / file_name(way))
        states.append({file.name: file.read_bytes() for file in folder.iterdir()})
    return states


def file_name(way: str) -> str:
    return "m" + SUFFIXES.get(way, ".safetensors")


def is_whole(way: str, path: Path, states: list[dict[str, bytes]]) -> bool:
    """All files of one of the states are there; a temporary one of the killed may be left too."""
    there = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    return any(
        there[path.name] == state[path.name] and state.items() <= there.items() for state in states
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("way", WAYS)
def test_killed_at_any_step_the_files_are_whole(way: str, tmp_path: Path) -> None:
    states = possible(way, tmp_path / "states")
    path = tmp_path / "files" / file_name(way)
    path.parent.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED_AT_EVERY_STEP, TESTS / "models", way, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    assert child.stdin
    assert child.stdout
    killed = 0
    for line in child.stdout:
        assert is_whole(way, path, states), line
        killed += "True" in line
        child.stdin.write("\n")
        child.stdin.flush()
    child.stdin.close()
    child.stdout.close()
    assert child.wait() == 0
    assert killed >= 5


@pytest.mark.parametrize("way", WAYS)
def test_killed_at_random_the_files_are_whole(way: str, tmp_path: Path) -> None:
    states = possible(way, tmp_path / "states")
    path = tmp_path / "files" / file_name(way)
    path.parent.mkdir()
    for saves in (1, 6):
        child = subprocess.Popen(
            [sys.executable, "-c", SAVING, TESTS / "models", way, path],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(TESTS)},
        )  # fmt: skip
        assert child.stdout
        for _ in range(saves):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert is_whole(way, path, states)
