"""A Python script that repeats a training of the page, to the same digits."""

from __future__ import annotations

from pathlib import Path

from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.scenario import OPENED
from glassnet.storage.templates import templates
from glassnet.training.history import counted
from glassnet.training.settings import DEFAULT_SCHEDULE

# What the page's features are, of the inputs x1, x2, ...
EXPRESSIONS = {
    "x1^2": "x1 * x1",
    "x2^2": "x2 * x2",
    "x1*x2": "x1 * x2",
    "sin x1": "sin(np.pi * x1 / 2)",
    "sin x2": "sin(np.pi * x2 / 2)",
}


def script(snapshot: Snapshot) -> str:
    """The source of the script; it needs glassnet and nothing else."""
    made = templates(Path(__file__).with_name("templates"))
    made.filters |= {"repr": repr, "counted": counted}
    spec, points = snapshot.scenario.spec, snapshot.points
    start = snapshot.legs[0].run.start.vector.tolist() if spec.initialiser == OPENED else None
    return made.get_template("script.py.j2").render(
        changes={change.epoch: change for change in snapshot.scenario.changes},
        epoch=snapshot.epoch,
        features=[EXPRESSIONS.get(name, name) for name in snapshot.inputs],
        held_out=snapshot.held_out.nonzero()[0].tolist(),
        legs=snapshot.legs,
        network=snapshot.network,
        points=points,
        spec=spec,
        start=start,
        targets=[target for _, target in points.rows],
        usual_schedule=DEFAULT_SCHEDULE,
    )
