"""Two runs side by side, in words and numbers: what differs, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glassnet.playground.protocol import Comparison
from glassnet.playground.timeline import Timeline
from glassnet.training.history import counted
from glassnet.training.stop_reason import StopKind

# What the page calls a setting where it is not by its name.
NAMES = {
    "n_samples": "number of points",
    "data_seed": "seed of the data",
    "hidden": "hidden layers",
    "initialiser": "start",
    "cosine_epochs": "rate 0 by epoch",
    "batch_size": "batch",
    "l1": "L1",
    "l2": "L2",
    "stop_below": "stop below loss",
    "max_epochs": "or at epoch",
}
# And what it calls a choice.
CHOICES = {
    "GradientDescent": "gradient descent",
    "legacy_numpy": "tutorial's",
    "opened": "the run's own",
    "float64": "64 bits",
    "float32": "32 bits",
}
ABSENT = {
    "n_samples": "the set's own",
    "batch_size": "all",
    "cosine_epochs": "never",
    "stop_below": "never",
}


@dataclass(frozen=True)
class Outcome:
    """What a training has come to, and how good it is there, in the words of a frame."""

    timeline: Timeline
    standing: dict[str, Any]

    @property
    def loss(self) -> float | None:
        """The loss of the points that are trained on; None where it is not finite."""
        return self.standing["loss"]

    @property
    def epochs(self) -> int:
        """The epochs it has trained."""
        return self.timeline.last

    @property
    def ended(self) -> bool:
        """Whether it goes no further."""
        return self.timeline.ended

    @property
    def reached(self) -> bool:
        """Whether it came to its goal."""
        return self._kind is StopKind.LOSS_BELOW

    @property
    def diverged(self) -> bool:
        """Whether its numbers became too large to go on."""
        return self._kind is StopKind.DIVERGED

    @property
    def _kind(self) -> StopKind | None:
        training = self.timeline.segments[-1].training
        return training.run.stop_reason.kind if training.ended else None

    @property
    def shown_loss(self) -> str:
        """The loss in a few digits."""
        return "not finite" if self.loss is None else f"{self.loss:.4g}"


def compared(a: Outcome, b: Outcome) -> Comparison:
    """Return how b differs from a and what came of it."""
    settings = _settings(a.timeline, b.timeline)
    return {
        "kind": "comparison",
        "start": starts(a.timeline, b.timeline),
        "differs": settings,
        "caution": _caution(settings),
        "outcome": {run: _row(outcome) for run, outcome in (("a", a), ("b", b))},
        "sentence": sentence(a, b),
    }


def starts(a: Timeline, b: Timeline) -> str:
    """How the starts of two trainings agree, in words."""
    one, other = a.parameters_at(0), b.parameters_at(0)
    if one.vector.shape == other.vector.shape and np.array_equal(one.vector, other.vector):
        return "same start"
    before, after = a.scenario.spec, b.scenario.spec
    if before.seed != after.seed:
        return "another seed"
    if before.initialiser == after.initialiser and one.network.sizes != other.network.sizes:
        return "same seed, other network"
    return "another start"


def sentence(a: Outcome, b: Outcome) -> str:
    """What came of two trainings, in one or two sentences."""
    if a.epochs == b.epochs == 0:
        return "Nothing is trained yet: play trains both in step."
    if not (a.ended and b.ended):
        done = [_end(name, run) for name, run in (("a", a), ("b", b)) if run.ended]
        return " ".join([_lower("So far the", a, b), *(f"Run {end}." for end in done)])
    if a.reached and b.reached:
        return _both_reached(a, b)
    if a.reached or b.reached or a.diverged or b.diverged:
        return f"Run {_end('a', a)}; {_end('b', b)}."
    return f"Neither stopped at a goal. {_lower('The', a, b)}"


def _both_reached(a: Outcome, b: Outcome) -> str:
    if a.timeline.scenario.now.stop_below != b.timeline.scenario.now.stop_below:
        return f"Run {_end('a', a)}; {_end('b', b)}: their goals differ."
    if a.epochs == b.epochs:
        return f"Both reached the goal after {a.epochs:,} epochs."
    (first, few), (second, many) = sorted([("a", a), ("b", b)], key=lambda pair: pair[1].epochs)
    ratio = many.epochs / few.epochs
    how = f"{ratio:.2g} times as fast as" if ratio >= 1.05 else "hardly before"
    epochs = f"{few.epochs:,} epochs"
    return f"Run {first} reached the goal after {epochs}, {how} {second} ({many.epochs:,})."


def _end(name: str, run: Outcome) -> str:
    """How a training that ended did so."""
    if run.reached:
        goal = run.timeline.scenario.now.stop_below
        return f"{name} reached a loss below {goal:g} after {counted(run.epochs, ',')}"
    if run.diverged:
        return f"{name} diverged after {counted(run.epochs, ',')}"
    return f"{name} stopped at a loss of {run.shown_loss} after {counted(run.epochs, ',')}"


def _lower(begin: str, a: Outcome, b: Outcome) -> str:
    """Which of two losses is the lower."""
    losses = (
        f"{begin} loss of a is {a.shown_loss} after {counted(a.epochs, ',')}, "
        f"that of b {b.shown_loss} after {b.epochs:,}"
    )
    if a.loss is None or b.loss is None or a.loss == b.loss:
        return f"{losses}."
    return f"{losses}: {'a' if a.loss < b.loss else 'b'} is lower."


def _row(run: Outcome) -> dict[str, Any]:
    return {
        "epochs": run.epochs,
        "ended": run.ended,
        "reached": run.reached,
        "diverged": run.diverged,
        "points": len(run.timeline.trained_on[0]),
        **run.standing,
    }


def _settings(a: Timeline, b: Timeline) -> list[dict[str, str]]:
    """The settings that differ, each with its value in both."""
    before, after = asdict(a.scenario.now), asdict(b.scenario.now)
    rows = [
        {
            "setting": name,
            "name": NAMES.get(name, name.replace("_", " ")),
            "a": _shown(name, before[name]),
            "b": _shown(name, after[name]),
        }
        for name in before
        if before[name] != after[name]
    ]
    changes = [_changes(timeline) for timeline in (a, b)]
    if changes[0] != changes[1]:
        values = dict(zip("ab", changes, strict=True))
        rows.append({"setting": "changes", "name": "changed on the way", **values})
    return rows


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ABSENT[name]
    if isinstance(value, tuple):
        joint = " - " if name == "hidden" else ", "
        return joint.join(map(str, value)).replace("_", " ") or "none"
    if isinstance(value, str):
        return CHOICES.get(value, value.replace("_", " "))
    if isinstance(value, float):
        return f"{value:.12g}"
    return f"{value:,}" if name in ("n_samples", "cosine_epochs", "max_epochs") else f"{value}"


def _changes(timeline: Timeline) -> str:
    epochs = [f"{change.epoch:,}" for change in timeline.scenario.changes]
    return f"after epoch {', '.join(epochs)}" if epochs else "no"


def _caution(settings: list[dict[str, str]]) -> str | None:
    """What keeps a comparison from telling, if anything does."""
    names = {row["setting"] for row in settings}
    if not names:
        return "Both are the same: change something in b."
    if "hidden" in names:
        names.discard("activation")  # a layer brings its own
    if len(names) > 1:
        return "More than one setting differs, so the effect cannot be attributed to one of them."
    return None
