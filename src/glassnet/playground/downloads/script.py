"""A Python script that repeats a training of the page, to the same digits."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.replay.source import Leg
from glassnet.playground.scenario import OPENED, Change
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
    return "\n".join(
        [*_head(snapshot), *_data(snapshot), *_start(snapshot), *_legs(snapshot), *_end(snapshot)]
    )


def _head(snapshot: Snapshot) -> Iterator[str]:
    yield f'"""What the page of glassnet trained, up to epoch {snapshot.epoch}, to the digit."""'
    yield from ("", "import numpy as np", "", "import glassnet as gn")
    if any(name.startswith("sin ") for name in snapshot.inputs):
        yield "from glassnet.core.elementary import sin"
    yield ""


def _data(snapshot: Snapshot) -> Iterator[str]:
    points = snapshot.points
    yield f"# {', '.join(measure.name for measure in points.inputs)}"
    yield "rows = np.array(["
    yield from (f"    {list(inputs)!r}," for inputs, _ in points.rows)
    yield "])"
    for k, measure in enumerate(points.inputs):
        column = f"rows[:, {k}]"
        seen = f"({column} - {measure.mean!r}) / {measure.scale!r}"
        yield f"x{k + 1} = {column if (measure.mean, measure.scale) == (0, 1) else seen}"
    yield f"X = np.column_stack([{', '.join(EXPRESSIONS.get(n, n) for n in snapshot.inputs)}])"
    values = [target for _, target in points.rows]
    if points.classes:
        yield f"y = np.array({[int(value) for value in values]!r})"
    else:
        measure = points.target
        yield f"y = (np.array({values!r}) - {measure.mean!r}) / {measure.scale!r}"
    if snapshot.held_out.any():
        yield f"held_out = {snapshot.held_out.nonzero()[0].tolist()!r}"
        yield "X, y = np.delete(X, held_out, axis=0), np.delete(y, held_out)"
    yield ""


def _start(snapshot: Snapshot) -> Iterator[str]:
    network, spec = snapshot.network, snapshot.scenario.spec
    yield f"network = gn.{network!r}"
    if spec.initialiser == OPENED:
        vector = snapshot.legs[0].run.start.vector.tolist()
        yield f"parameters = gn.Parameters(network, np.array({vector!r}))"
    else:
        yield (
            f"parameters = gn.Parameters.initial(network, {spec.initialiser!r}, seed={spec.seed})"
        )
    yield "losses = []"
    yield ""


def _legs(snapshot: Snapshot) -> Iterator[str]:
    changes = {change.epoch: change for change in snapshot.scenario.changes}
    for leg in snapshot.legs:
        yield from _changed(changes.get(leg.first))
        if leg.last > leg.first:
            yield from _trained(leg)


def _changed(change: Change | None) -> Iterator[str]:
    if change is None:
        return
    yield f"# After {counted(change.epoch)} something was changed by hand."
    yield "parameters = parameters.copy()"
    yield from (f"parameters.vector[{place}] = {value!r}" for place, value in change.values)
    yield ""


def _trained(leg: Leg) -> Iterator[str]:
    settings = leg.run.settings
    yield "run = gn.train("
    yield "    network,"
    yield "    X,"
    yield "    y,"
    yield "    parameters=parameters,"
    yield f"    optimizer=gn.{settings.optimizer!r},"
    yield f"    max_epochs={leg.last - leg.first},"
    if settings.schedule != DEFAULT_SCHEDULE:
        yield f"    schedule=gn.schedules.{settings.schedule!r},"
    for name in ("batch_size", "seed", "dtype", "l1", "l2"):
        yield f"    {name}={getattr(settings, name)!r},"
    yield ")"
    yield "parameters = run.parameters"
    yield "losses += run.history.loss.tolist()"
    yield ""


def _end(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.epoch:
        yield 'print("loss", losses[-1])'
    yield "for name, value in zip(parameters.names, parameters.vector.tolist()):"
    yield "    print(name, value)"
    yield ""
