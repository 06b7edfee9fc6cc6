"""Whatever JSON a client sends, the answer is a frame, a text or a sentence, never a fault."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import fields as fields_of
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.core.activations import HIDDEN
from glassnet.playground.features import FEATURES
from glassnet.playground.frames import unpacked
from glassnet.playground.initial_state import InitialState
from glassnet.playground.jobs import InTurns
from glassnet.playground.protocol import COMMANDS, MESSAGES
from glassnet.playground.scenario import LARGEST_WEIGHT, RULES, STARTS, Spec
from glassnet.playground.session import Session
from glassnet.storage import strict_json

FIELDS = fields_of(Spec)
STRANGE: list[Any] = [
    *(None, True, False, -1, 10**6, 2**31, 2**63, 10**400, -(10**400)),
    *(0.5, -0.0, 1e-320, 1e308, -1e6, 1e6, 100.0),
    *("", "rings", "\ud800", "\x00", "../../etc/passwd", "a" * 5000, "__class__", "opened"),
    *([], {}, [[]], [[1]], [[0, 1e6]], [[0, True]], [[True, 1]], [[10**400, 1]], [[0, 10**400]]),
    *(
        [None],
        [10**6],
        [1.5],
        ["x1", "x1"],
        ["\ud800"],
        {"__init__": 1},
        {"spec": 1},
        {"epoch": 1, "values": [[0, 10**400]]},
    ),
]
strange = st.sampled_from(STRANGE) | st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "data": st.sampled_from(["rings", "moons", "xor", "spirals", "blobs", "opened"]) | strange,
        "n_samples": st.integers(3, 60) | strange,
        "noise": st.floats(0, 2) | strange,
        "features": st.lists(st.sampled_from(["x1", "x2", "x1x2", "x1²"]), max_size=3) | strange,
        "hidden": st.lists(st.integers(0, 17), max_size=3) | strange,
        "activation": st.lists(st.sampled_from(["relu", "elu", "identity"]), max_size=3) | strange,
        "initialiser": st.sampled_from(STARTS) | strange,
        "optimizer": st.sampled_from(["GradientDescent", "Adam", "RMSprop"]) | strange,
        "learning_rate": st.sampled_from([1e-6, 0.4, 100.0]) | strange,
        "batch_size": st.integers(0, 5) | strange,
        "cosine_epochs": st.none() | st.integers(0, 50) | strange,
        "stop_below": st.sampled_from([None, 0, 0.6, 1e6]) | strange,
        "max_epochs": st.integers(0, 50) | strange,
    }
    | dict.fromkeys(("data_seed", "seed", "momentum", "l1", "l2"), strange),
)
values = st.lists(st.tuples(st.integers(-1, 30), st.floats(-1e6, 1e6)), max_size=3) | strange
changes = st.fixed_dictionaries(
    {"epoch": st.integers(-1, 30) | strange}, optional={"values": values, "spec": fields | strange}
)
scenarios = st.fixed_dictionaries(
    {}, optional={"spec": fields | strange, "changes": st.lists(changes, max_size=3) | strange}
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "scenario": scenarios | strange,
    "spec": fields | strange,
    "values": values,
    "epoch": st.integers(0, 60) | strange,
    "row": st.integers(0, 20) | strange,
    "x": st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2) | strange,
    "label": st.integers(0, 1) | strange,
    "epochs_per_second": st.none() | strange,
    "gradient": st.booleans() | strange,
    "of": st.sampled_from(["a", "b"]) | strange,
    "run": st.sampled_from(["a", "b"]) | strange,
    "compare": scenarios | strange,
    "n": st.none() | st.integers(0, 3) | strange,
    "seed": st.integers(0, 3) | strange,
    "what": st.sampled_from(["data", "history"]) | strange,
    "name": st.sampled_from(["a.csv", "../a.json"]) | strange,
    "size": st.integers(0, 9) | strange,
    "base64": st.sampled_from(["YQ==", "YWJj"]) | strange,
    "add": st.just([[0, 0, 1]]) | strange,
    "put": st.just([[0, [1, 1, 0]]]) | strange,
    "remove": st.just("all") | st.just([0]) | strange,
    "classes": st.just(["a", "b"]) | strange,
}


@st.composite
def commands(draw: st.DrawFn) -> dict[str, Any]:
    """One of the protocol's commands, with strange values in some of its fields."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    known = {field: VALUES.get(field, strange) for field in COMMANDS[name]}
    return {"do": name, **draw(st.fixed_dictionaries({}, optional=known))}


UNDONE = {"run": "a", "epoch": 0, "step": 1, "scenario": {}}
ARGUMENTS: list[tuple[str, Callable[[Any], dict[str, Any]]]] = [
    *((field.name, lambda v, n=field.name: {"do": "set", "spec": {n: v}}) for field in FIELDS),
    ("spec", lambda v: {"do": "set", "spec": v}),
    ("values", lambda v: {"do": "edit", "values": v}),
    ("pair", lambda v: {"do": "edit", "values": [v]}),
    ("place", lambda v: {"do": "edit", "values": [[v, 1]]}),
    ("value", lambda v: {"do": "edit", "values": [[0, v]]}),
    ("epoch", lambda v: {"do": "go", "epoch": v}),
    ("row", lambda v: {"do": "watch", "row": v}),
    ("sample", lambda v: {"do": "explain", "row": v}),
    ("x", lambda v: {"do": "explain", "x": v, "label": 0}),
    ("coordinate", lambda v: {"do": "explain", "x": [v, 0], "label": 0}),
    ("label", lambda v: {"do": "explain", "x": [0, 0], "label": v}),
    ("compared", lambda v: {"do": "compare", "spec": v}),
    ("compared field", lambda v: {"do": "compare", "spec": {"hidden": v}}),
    ("second scenario", lambda v: {"do": "open", "compare": v}),
    ("run", lambda v: {"do": "set", "spec": {"seed": 1}, "of": v}),
    ("drawn", lambda v: {"do": "drawn", "run": v}),
    ("speed", lambda v: {"do": "speed", "epochs_per_second": v}),
    ("points", lambda v: {"do": "open", "scenario": {"spec": {"data": "own"}, "points": v}}),
    *((n, lambda v, n=n: {"do": "paint", n: v}) for n in ("add", "put", "remove", "classes")),
    ("added", lambda v: {"do": "paint", "add": [v]}),
    ("added number", lambda v: {"do": "paint", "add": [[v, 0, 1]]}),
    ("added class", lambda v: {"do": "paint", "add": [[0, 0, v]]}),
    ("name of a class", lambda v: {"do": "paint", "classes": ["a", v]}),
    *(
        (f"{name} {field}", lambda v, name=name, field=field: {"do": name, field: v})
        for name, fields_ in COMMANDS.items()
        for field in [*fields_, "asked", "unknown"]
    ),
    ("command", lambda v: {"do": v}),
    ("gradient", lambda v: {"do": "gradient", "gradient": v}),
    ("scenario", lambda v: {"do": "open", "scenario": v}),
    ("changes", lambda v: {"do": "open", "scenario": {"changes": v}}),
    ("change", lambda v: {"do": "open", "scenario": {"changes": [v]}}),
    ("when", lambda v: {"do": "open", "scenario": {"changes": [{"epoch": v}]}}),
    ("undone", lambda v: {"do": "open", "undo": v}),
    ("moment", lambda v: {"do": "open", "undo": [v]}),
    *(
        (f"undone {name}", lambda v, name=name: {"do": "open", "undo": [{**UNDONE, name: v}]})
        for name in UNDONE
    ),
    ("opened epoch", lambda v: {"do": "open", "scenario": {"spec": {"max_epochs": 9}}, "epoch": v}),
]


@pytest.mark.parametrize(("_", "command"), ARGUMENTS, ids=[name for name, _ in ARGUMENTS])
def test_a_strange_value_anywhere_is_no_fault(
    _: str, command: Callable[[Any], dict[str, Any]]
) -> None:
    session = Session(InitialState(), InTurns())
    session.turn([], 0)
    for value in STRANGE:
        obey(session, command(value))
    session.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(commands(), max_size=12))
def test_strange_commands_after_one_another_are_no_fault(asked: list[dict[str, Any]]) -> None:
    session = Session(InitialState(), InTurns())
    for command in asked:
        obey(session, command)
    session.close()


def obey(session: Session, command: dict[str, Any]) -> None:
    """Take turns until a command is obeyed, and what it began is seen; a fault comes out."""
    commands = [strict_json.loads(json.dumps(command)), {"do": "drawn"}]
    now = time.perf_counter()
    messages, due = session.turn(commands, now)
    for _ in range(4):
        now += due or 1.0
        more, due = session.turn([], now)
        messages += more
    while session.is_occupied:
        session.turn([], now)
    for message in messages:
        if isinstance(message, str):
            assert strict_json.loads(message)["kind"] in MESSAGES
            continue
        header, arrays = unpacked(message.data)
        assert header["kind"] in ("frame", "file")
        assert header["kind"] == "file" or arrays["parameters"].size


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("rule", RULES)
def test_the_largest_weights_and_steps_are_drawn(rule: str, activation: str) -> None:
    session = Session(InitialState(), InTurns())
    extreme = {
        "optimizer": rule,
        "learning_rate": 100.0,
        "l1": 10.0,
        "l2": 10.0,
        "hidden": [16, 16],
        "activation": [activation] * 2,
        "features": list(FEATURES),
        "initialiser": "he_normal",
        "stop_below": None,
    }
    obey(session, {"do": "set", "spec": extreme})
    timeline = session.controller.a.timeline
    n = len(timeline.parameters_at(0).vector)
    obey(session, {"do": "edit", "values": [[k, LARGEST_WEIGHT * (-1) ** k] for k in range(n)]})
    place = {"do": "explain", "x": [1e6, -1e6], "label": 0}
    steps: list[dict[str, Any]] = [{"do": do} for do in ["epoch", *["phase"] * 5, "play"]]
    for command in [*steps, place]:
        obey(session, command)
    obey(session, {"do": "pause"})
    for epoch in (0, session.controller.a.timeline.last):
        obey(session, {"do": "go", "epoch": epoch})
        obey(session, {"do": "explain", "row": 0})
