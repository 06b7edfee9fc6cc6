"""Snapshots: the training of a page up to the epoch on screen, from which files are made."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from glassnet.core.backprop import trace
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.data.preprocessing import NumericColumn, Recipe, Target
from glassnet.playground.features import INPUTS, features_of
from glassnet.playground.points import Points
from glassnet.playground.replay.source import Leg, ReplaySource, Window
from glassnet.playground.scenario import Scenario, Spec
from glassnet.playground.timeline import Segment, Timeline
from glassnet.training.history import History
from glassnet.training.run import Run
from glassnet.training.training import Training


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A scenario up to `epoch`, with the runs its trainings have come to, and what they train on.

    It is made quickly, and goes to another process, in which the files are made.
    """

    scenario: Scenario
    epoch: int
    points: Points
    held_out: np.ndarray
    extent: float
    parameters: Parameters
    legs: tuple[Leg, ...]
    dark: bool = False

    @classmethod
    def of(cls, timeline: Timeline, epoch: int, extent: float, *, dark: bool) -> Snapshot:
        """The snapshot of a timeline at one of the epochs whose parameters are kept."""
        begun = [segment for segment in timeline.segments if segment.first <= epoch]
        ends = [later.first for _, later in pairwise(begun)] + [epoch]
        changes = tuple(change for change in timeline.scenario.changes if change.epoch <= epoch)
        return cls(
            replace(timeline.scenario, changes=changes),
            epoch,
            timeline.points,
            timeline.held_out,
            extent,
            timeline.parameters_at(epoch).copy(),
            tuple(_leg(segment, last) for segment, last in zip(begun, ends, strict=True)),
            dark,
        )

    @property
    def spec(self) -> Spec:
        """What is trained in the end."""
        return self.scenario.now

    @property
    def network(self) -> Network:
        """The network."""
        return self.parameters.network

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the network sees, by the names of the page's features."""
        return self.scenario.spec.features

    @property
    def recipe(self) -> Recipe | None:
        """How a table with these columns becomes what the network sees.

        None if it sees more than inputs as they are, or two columns have one name.
        """
        points, target = self.points, self.points.target
        names = [*(measure.name for measure in points.inputs), target.name]
        if not set(self.inputs) <= set(INPUTS) or len(set(names)) < len(names):
            return None
        seen = [points.inputs[INPUTS.index(name)] for name in self.inputs]
        columns = [NumericColumn(m.name, m.mean, m.scale, m.mean, has_missing=False) for m in seen]
        if not points.classes:
            values = Target((target.name,), None, (target.mean,), (target.scale,))
            return Recipe(tuple(columns), values)
        numbers = all(re.fullmatch("0|[1-9][0-9]{0,9}", name) for name in points.classes)
        classes = tuple(map(int, points.classes)) if numbers else points.classes
        return Recipe(tuple(columns), Target((target.name,), classes, (), ()))

    @property
    def name(self) -> str:
        """What files of it are called, without an ending."""
        return f"glassnet-{self.scenario.spec.data}-epoch-{self.epoch}"

    @property
    def losses(self) -> Array:
        """(epoch,): the loss that each epoch's update was computed from."""
        return np.concatenate([leg.run.history.loss[: leg.last - leg.first] for leg in self.legs])

    @property
    def loss(self) -> float:
        """The loss of the parameters as they are."""
        X, y, _ = self.legs[-1].run.data
        return trace(self.network, self.parameters, X, y).loss

    @property
    def trained(self) -> Array:
        """The points trained on as places in the plane, in their own units: (n, 2)."""
        rows = np.array([inputs for inputs, _ in self.points.rows])
        return rows[~self.held_out, :2]

    def seen(self, places: Array) -> Array:
        """What the network sees of places (m, 2) in the plane, other inputs at their means."""
        measures = self.points.inputs
        columns = [m.seen(v) for m, v in zip(measures, places.T, strict=False)]
        columns += [np.zeros(len(places))] * (len(measures) - 2)
        return features_of(np.column_stack(columns), self.inputs)

    def history(self) -> History:
        """One history of all legs, as if they were a single training."""
        source = self.source()
        snapshots = [source.parameters_at(int(epoch)).vector for epoch in source.epochs]
        joined = History(self.legs[0].run.start)
        joined.restore(
            {
                "loss": self.losses,
                "snapshots": np.stack(snapshots),
                "snapshot_epochs": source.epochs,
                "stride": np.array(1),
            }
        )
        return joined

    def source(self) -> ReplaySource:
        """What a replay of it is of."""
        points, (along, up) = self.points, self.points.inputs[:2]
        middle = np.array([along.mean, up.mean])
        reach = self.extent * np.array([along.scale, up.scale])
        held = tuple(f"{m.name} = {m.mean:.4g}" for m in points.inputs[2:])
        names = (along.name, up.name)
        window = Window(self.trained, middle - reach, middle + reach, names, self.seen, held)
        target = points.target
        return ReplaySource(
            self.legs,
            window,
            self.inputs,
            target.name,
            points.classes or (target.name,),
            lambda a: target.mean + target.scale * a,
            tuple(measure.name for measure in points.inputs),
        )

    def run(self) -> Run:
        """The run of the last training up to the epoch, trained again if it went on further."""
        leg = self.legs[-1]
        ends_here = leg.run.epochs == leg.last - leg.first
        return replace(leg.run if ends_here else self._trained_again(leg), recipe=self.recipe)

    def _trained_again(self, leg: Leg) -> Run:
        settings = replace(leg.run.settings, max_epochs=leg.last - leg.first, stop_below=None)
        X, y, _ = leg.run.data
        training = Training(self.network, X, y, settings, parameters=leg.run.start)
        training.advance(leg.last - leg.first)
        return training.so_far()


def _leg(segment: Segment, last: int) -> Leg:
    training = segment.training
    return Leg(segment.first, last, training.so_far(), training.explained(segment.first))
