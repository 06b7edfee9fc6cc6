"""The time of a page: trainings one after another, where each change on the way begins the next."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np

from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_data
from glassnet.errors import InputError
from glassnet.playground.features import features_of
from glassnet.playground.initial_state import InitialState
from glassnet.playground.measures import Judge, Measures
from glassnet.playground.scenario import MOST_EPOCHS, Change, Scenario, Spec
from glassnet.training.training import Training
from glassnet.training.validation import held_out_rows

MOST_SECONDS = 20.0  # that coming to where a link says may take
STEP_SECONDS = 0.05  # shorter steps of a training are made twice as long
MOST_BUCKETS = 512  # points of the loss curve of one training

T = TypeVar("T")
Steps = Generator[None, None, T]  # work that can be interrupted between its steps


class Curve:
    """The loss by epoch in few enough points to draw: the least and greatest of equal stretches."""

    def __init__(self) -> None:
        self.stride = 1
        self.low: Array = np.empty(0)
        self.high: Array = np.empty(0)
        self._rest: Array = np.empty(0)

    def extend(self, losses: Array) -> None:
        """Add the losses of further epochs."""
        losses = np.concatenate([self._rest, losses])
        while len(losses) // self.stride > MOST_BUCKETS - len(self.low):
            losses = self._take(losses, MOST_BUCKETS - len(self.low))
            self.stride *= 2
            self.low = self.low.reshape(-1, 2).min(axis=1)
            self.high = self.high.reshape(-1, 2).max(axis=1)
        self._rest = self._take(losses, len(losses) // self.stride)

    def _take(self, losses: Array, n: int) -> Array:
        """Add n stretches of losses; returns what is left of these."""
        end = n * self.stride
        stretches = losses[:end].reshape(n, self.stride)
        self.low = np.concatenate([self.low, stretches.min(axis=1)])
        self.high = np.concatenate([self.high, stretches.max(axis=1)])
        return losses[end:]


@dataclass(frozen=True, eq=False)
class Segment:
    """A training that begins after epoch `first` of the page's time."""

    first: int
    training: Training
    curve: Curve
    measures: Measures

    @property
    def last(self) -> int:
        """The last epoch it has done."""
        return self.first + self.training.epoch

    def losses(self) -> tuple[Array, Array, Array]:
        """Epochs, and least and greatest loss around each: the loss after so many epochs.

        An update is computed from the loss after the epoch before, if from all points, without
        penalty and dropout. Else the loss is what was measured at some epochs.
        """
        state, size = self.training.state, self.training.settings.batch_size
        has_batches = size is not None and size < len(self.training.samples.X)
        if any(state.penalty) or any(state.dropout) or has_batches:
            epochs, *_, loss = self.measures.table()
            return self.first + epochs, loss, loss
        curve = self.curve
        epochs = self.first + curve.stride * np.arange(1, len(curve.low) + 1) - 1
        return epochs.astype(np.float64), curve.low, curve.high


class Timeline:
    """The trainings of a scenario so far.

    Timelines of scenarios that begin alike share their trainings; only the last one goes on. `X`
    and `samples` are all points as the network sees them; those `held_out` are not trained on.
    """

    def __init__(self, scenario: Scenario, initial: InitialState) -> None:
        self.initial = initial
        self.scenario = replace(scenario, changes=())
        self.points = initial.points_of(scenario)
        self.dataset = self.points.dataset
        self.X = features_of(self.dataset.X, scenario.spec.features)
        self.network = scenario.spec.network(self.dataset.n_classes)
        self.samples = checked_data(
            self.network, self.X, self.dataset.y, None, scenario.spec.precision
        )
        self.held_out = self._held_out(scenario.spec)
        start = initial.start_of(scenario.spec, self.network)
        self.segments: list[Segment] = [self._begun(0, scenario.spec, start)]

    def _held_out(self, spec: Spec) -> np.ndarray:
        """True for the points to test on, (n,); of too few points there are none."""
        own = self.initial.held_out_of(spec, len(self.X))
        if own is not None:
            return own
        try:
            if spec.test_share:
                return held_out_rows(self.network, self.samples, spec.test_share, spec.data_seed)
        except InputError:
            pass
        return np.zeros(len(self.X), bool)

    @property
    def trained_on(self) -> tuple[Array, np.ndarray]:
        """X and y of the points that are trained on."""
        return self.X[~self.held_out], self.dataset.y[~self.held_out]

    def place_in_training(self, row: int) -> int:
        """The number of a point that is trained on, among those that are."""
        return row - int(self.held_out[:row].sum())

    def _begun(self, first: int, spec: Spec, start: Parameters) -> Segment:
        settings = spec.settings(first)
        training = Training(self.network, *self.trained_on, settings, parameters=start)
        return Segment(first, training, Curve(), Measures())

    @property
    def last(self) -> int:
        """The last epoch that was reached."""
        return self.segments[-1].last

    @property
    def ended(self) -> bool:
        """Whether the training has come to its end."""
        return self.segments[-1].training.ended

    @property
    def is_beyond_goals(self) -> bool:
        """Whether it was trained further than the goals of now allow, before they were set."""
        goals, segment = self.scenario.now, self.segments[-1]
        losses = segment.training.history.loss[:-1]
        reached = goals.stop_below is not None and bool((losses < goals.stop_below).any())
        return reached or segment.last > max(goals.max_epochs, segment.first)

    def advance(self, epochs: int) -> None:
        """Train so many epochs more, or up to the end."""
        segment = self.segments[-1]
        losses = segment.training.advance(epochs)
        segment.curve.extend(losses)

    def advance_to(self, epoch: int) -> None:
        """Train up to this epoch, or up to the end, unless it has been reached already."""
        if epoch > self.last:
            self.advance(epoch - self.last)

    def segment_at(self, epoch: int) -> Segment:
        """The training whose parameters those after `epoch` epochs are."""
        return next(s for s in reversed(self.segments) if s.first <= epoch)

    def nearest(self, epoch: int) -> int:
        """The last epoch up to this one whose parameters are kept."""
        epoch = min(max(epoch, 0), self.last)
        if epoch == self.last:
            return epoch
        segment = self.segment_at(epoch)
        kept = segment.training.history.snapshot_epochs
        return segment.first + int(kept[np.searchsorted(kept, epoch - segment.first, "right") - 1])

    def parameters_at(self, epoch: int) -> Parameters:
        """The parameters after `epoch` epochs, of those that are kept."""
        segment = self.segment_at(epoch)
        if epoch == segment.last:
            return segment.training.state.parameters
        return segment.training.history.parameters_at(epoch - segment.first)

    def loss_of(self, epoch: int) -> float | None:
        """The loss that the update of this epoch was computed from; None for the start."""
        before = [segment for segment in self.segments if segment.first < epoch]
        if not before or epoch > before[-1].last:
            return None
        return before[-1].training.history.loss_of(epoch - before[-1].first)

    def curve(self) -> tuple[Array, Array, Array]:
        """Epochs, least and greatest loss around each."""
        parts: list[tuple[Array, ...]] = []
        for segment, end in zip(self.segments, self._ends(), strict=True):
            losses = segment.losses()
            parts.append(tuple(values[losses[0] < end] for values in losses))
        epochs, low, high = (np.concatenate(values) for values in zip(*parts, strict=True))
        return epochs, low, high

    def measure(self, judge: Judge, until: float) -> bool:
        """Measure what is missing, until the clock says `until`; whether nothing is."""
        return all(s.measures.fill(s.training.history, judge, until) for s in self.segments)

    def held_out_losses(self, judge: Judge) -> Array | None:
        """The loss of the points held out after each epoch of the last training, (epochs,).

        Between the epochs at which it is measured it is taken to go straight.
        """
        segment = self.segments[-1]
        if not self.held_out.any() or segment.training.epoch == 0:
            return None
        segment.measures.fill(segment.training.history, judge, math.inf)
        epochs, _, _, losses, _ = segment.measures.table()
        return np.interp(np.arange(1, segment.training.epoch + 1), epochs, losses)

    def measured(self) -> Array:
        """(1 + n_measures, n_measured): epochs, and what was measured after each of them."""
        parts = []
        for segment, end in zip(self.segments, self._ends(), strict=True):
            table = segment.measures.table()
            table[0] += segment.first
            parts.append(table[:, table[0] <= end])
        return np.concatenate(parts, axis=1)

    def _ends(self) -> list[int]:
        """The last epoch of each training that counts: there the next begins."""
        return [b.first for _, b in pairwise(self.segments)] + [self.last]

    def changed(self, change: Change) -> Timeline:
        """The timeline in which this comes next, and nothing that came after its epoch.

        Raises InputError for a parameter that is not there.
        """
        parameters = self.parameters_at(change.epoch).copy()
        for place, value in change.values:
            if place >= len(parameters.vector):
                raise InputError(
                    f"There is no parameter {place}: the network has {len(parameters.vector)}."
                )
            parameters.vector[place] = value
        scenario = self.scenario.then(change)
        kept = [segment for segment in self.segments if segment.first < change.epoch]
        return self._with(scenario, [*kept, self._begun(change.epoch, scenario.now, parameters)])

    def with_goals(self, goals: Spec) -> Timeline:
        """The same trainings, but the last stops where this spec says."""
        scenario = self.scenario.with_goals(goals)
        old = self.segments[-1]
        new = self._begun(old.first, scenario.now, old.training.start)
        new.training.resume(old.training.checkpoint())
        return self._with(
            scenario, [*self.segments[:-1], replace(new, curve=old.curve, measures=old.measures)]
        )

    def _with(self, scenario: Scenario, segments: list[Segment]) -> Timeline:
        twin = copy(self)
        twin.scenario, twin.segments = scenario, segments
        return twin


def replaying_to(
    scenario: Scenario, initial: InitialState, epoch: int, seconds: float = MOST_SECONDS
) -> Steps[Timeline]:
    """Train a scenario up to its last change, and to `epoch` if that is later, in short steps.

    Raises InputError if the training ends before its last change, or takes more than `seconds`.
    """
    until = time.monotonic() + seconds
    goals = scenario.spec
    if not scenario.changes:
        timeline = Timeline(scenario, initial)
        yield from _advancing(timeline, epoch, seconds, until)
        return timeline
    endless = replace(goals, stop_below=None, max_epochs=MOST_EPOCHS)
    timeline = Timeline(replace(scenario, spec=endless, changes=()), initial)
    for change in scenario.changes:
        yield from _advancing(timeline, change.epoch, seconds, until)
        if timeline.last < change.epoch:
            raise InputError(
                f"This changes something after epoch {change.epoch}, but the training ended after "
                f"epoch {timeline.last}."
            )
        timeline = timeline.changed(change)
    timeline = timeline.with_goals(goals)
    yield from _advancing(timeline, epoch, seconds, until)
    return timeline


def replay_to(
    scenario: Scenario, initial: InitialState, epoch: int, seconds: float = MOST_SECONDS
) -> Timeline:
    """Do all of `replaying_to` at once."""
    return completed(replaying_to(scenario, initial, epoch, seconds))


def completed(steps: Steps[T]) -> T:
    """Take all steps, and return what they come to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _advancing(timeline: Timeline, epoch: int, seconds: float, until: float) -> Steps[None]:
    epochs = 1
    while timeline.last < epoch and not timeline.ended:
        began = time.monotonic()
        timeline.advance(min(epochs, epoch - timeline.last))
        epochs = 2 * epochs if time.monotonic() - began < STEP_SECONDS else epochs
        if began > until:
            raise InputError(
                f"To come to epoch {epoch} takes more than {seconds:g} seconds: train it in "
                "Python, and open the run."
            )
        yield
