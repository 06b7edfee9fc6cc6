"""The protocol lists every command and message; both sides say these, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NotRequired, get_origin, get_type_hints

import numpy as np
import pytest

import glassnet as gn
from glassnet import playground
from glassnet.playground.frames import unpacked
from glassnet.playground.initial_state import InitialState
from glassnet.playground.protocol import (
    ARRAYS,
    COMMANDS,
    MESSAGES,
    FrameHeader,
    RecordedScene,
    parsed,
)
from glassnet.playground.replay.from_run import of_run
from glassnet.playground.replay.recorder import Recorder
from glassnet.playground.scenario import Scenario, Spec
from glassnet.playground.session import HANDLERS
from playground.conftest import Visitor
from playground.test_upload import PLANTS, send

STATIC = Path(playground.__file__).parent / "static"
SCRIPTS = {
    path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")
}  # those of the replay ask its recording
CALLS = re.compile(r'\bask\(\s*"(\w+)"(?:,\s*(\{[^{}]*\}))?')
CONNECTED = "connected"  # which the page says to itself


def test_every_command_has_its_handler_and_its_place_on_the_page() -> None:
    asked = {call[1] for text in SCRIPTS.values() for call in CALLS.finditer(text)}
    assert asked == COMMANDS.keys() == HANDLERS.keys()


def test_the_page_gives_commands_only_fields_that_they_have() -> None:
    n_fields = 0
    for text in SCRIPTS.values():
        for call in CALLS.finditer(text):
            given = call[2] or ""
            for _ in range(3):  # what stands in brackets are values
                given = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", given)
            for field in re.findall(r"[{,]\s*(\w+)\b", given):
                assert field in COMMANDS[call[1]], call[0]
                n_fields += 1
    assert n_fields > 15


def test_every_message_has_its_handlers_on_the_page() -> None:
    text = "\n".join(SCRIPTS.values())
    handled = set(re.findall(r'\bonMessage\("(\w+)"', text)) | {"frame"}
    assert handled - {CONNECTED} == MESSAGES.keys()


def fields_of(kind: Any) -> set[str]:
    return set(get_type_hints(kind))


def required(kind: Any) -> set[str]:
    hints = get_type_hints(kind, include_extras=True).items()
    return {n for n, hint in hints if kind.__total__ and get_origin(hint) is not NotRequired}


def test_every_message_of_a_visit_holds_the_fields_of_its_kind(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit(InitialState(Scenario(Spec(test_share=0.3))))
    said = [visitor.next("offers")]
    visitor.frame("epoch")
    said += [visitor.frame("phase") for _ in range(4)]
    visitor.ask("gradient", gradient=True)
    visitor.ask("explain", row=0)
    visitor.ask("compare", spec={"data": "hill"})
    said += visitor.rest()
    visitor.ask("compare", spec=None)
    visitor.ask("save", what="history")
    visitor.ask("seeds", n=2)
    send(visitor, PLANTS)
    said += visitor.rest()
    visitor.ask("take", target="species", inputs=["length", "width"])
    visitor.ask("undo", of="b")
    said += visitor.rest()
    assert {message["kind"] for message in said} == MESSAGES.keys() - {"idle"}
    for message in said:
        kind = MESSAGES[message["kind"]]
        names = message.keys() - (ARRAYS if kind is FrameHeader else {"contents"})
        assert names <= fields_of(kind)
        assert required(kind) <= names
    frames = [message for message in said if message["kind"] == "frame"]
    assert set().union(*frames) >= ARRAYS.keys()


def test_a_replay_holds_the_same_scene_and_frames() -> None:
    data = gn.datasets.iris()
    run = gn.train(gn.Network((4, 3, 3)), data.X, data.y, max_epochs=3, validation=0.2)
    recorder = Recorder(of_run(run))
    assert recorder.scene().keys() <= fields_of(RecordedScene)
    *_, last = recorder.frames()
    header, arrays = unpacked(last)
    assert header.keys() <= fields_of(FrameHeader)
    assert arrays.keys() <= ARRAYS.keys()
    live = Visitor(InitialState(Scenario(Spec(data="blobs")))).next("frame")
    for name in arrays.keys() & live.keys():
        assert np.asarray(live[name]).ndim == arrays[name].ndim, name


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ({"do": "plya"}, "The page cannot do 'plya': perhaps play is meant."),
        ({}, "The page cannot do None."),
        ({"do": ["play"]}, "The page cannot do ['play']."),
        ({"do": "play", "speed": 3}, "The command play has no field 'speed': it takes no fields."),
        ({"do": "go"}, "The command go needs epoch: a whole number from 0 to 5000000."),
        ({"do": "go", "epoch": "3"}, "epoch of the command go must be a whole number from 0"),
        ({"do": "go", "epoch": True}, "epoch of the command go must be a whole number from 0"),
        ({"do": "set", "spec": {}, "of": "c"}, "of of the command set must be one of a, b, not"),
        ({"do": "speed", "epochs_per_second": 0}, "must be a number from 0.1 to 1e+06, or null"),
        ({"do": "save", "what": "data", "dark": 1}, "dark of the command save must be true or"),
    ],
)
def test_what_is_no_command_is_refused_in_a_sentence(
    command: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(gn.InputError) as refusal:
        parsed(command)
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_what_is_left_out_has_its_default() -> None:
    assert parsed({"do": "drawn", "asked": 7}) == ("drawn", {"run": "a", "frame": None})
    assert parsed({"do": "set", "spec": {}})[1] == {"spec": {}, "of": None}


def test_a_session_loads_no_heavy_library_and_no_server() -> None:
    heavy = {"duckdb", "matplotlib", "av", "PIL", "scipy", "starlette", "uvicorn", "websockets"}
    script = (
        "import sys, glassnet.playground.session; print(*{n.split('.')[0] for n in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()).isdisjoint(heavy)
