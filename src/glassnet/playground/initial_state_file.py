"""An initial state as a file, as a published page holds it: JSON, and the weights of a run."""

from __future__ import annotations

from typing import Any

from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.playground.frames import packed, unpacked
from glassnet.playground.initial_state import InitialState
from glassnet.playground.points import Points
from glassnet.playground.scenario import Scenario


def written(initial: InitialState) -> bytes:
    """The initial state as bytes."""
    points, start = initial.points, initial.start
    head: dict[str, Any] = {
        "scenario": initial.scenario.to_json(),
        "epoch": initial.epoch,
        "points": None if points is None else points.to_json(),
        "notes": initial.notes,
        "last": initial.last,
        "held_out": initial.held_out,
    }
    if start is None:
        return packed(head, {})
    network = start.network
    head["network"] = [network.sizes, network.activation, network.loss]
    return packed(head, {"start": start.vector})


def read(content: bytes) -> InitialState:
    """The initial state that was written."""
    head, arrays = unpacked(content)
    start = None
    if "network" in head:
        sizes, activation, loss = head["network"]
        network = Network(tuple(sizes), tuple(activation), loss)
        start = Parameters(network, arrays["start"].copy())
    points = None if head["points"] is None else Points.from_json(head["points"])
    return InitialState(
        Scenario.from_json(head["scenario"]),
        head["epoch"],
        points,
        start,
        tuple(head["notes"]),
        head["last"],
        head["held_out"],
    )
