"""What a replay is of: a training from its start to its end, its data, and how they are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.explain import Explanation, diagnose, explain
from glassnet.playground.calculation import PHASES
from glassnet.training.history import counted
from glassnet.training.run import Run

EXPLAINED_AGAIN = 3e7  # products that training again for one explanation may take
MOST_DIAGNOSED = 2e7  # rows times parameters; more would take seconds


@dataclass(frozen=True, eq=False)
class Leg:
    """A run, and the epochs of the whole training, `first` to `last`, that are its own.

    `ended` says why it ended, in epochs of the whole.
    """

    first: int
    last: int
    run: Run
    ended: str


@dataclass(frozen=True, eq=False)
class Window:
    """The plane on which a network is drawn.

    `points` (n_samples, 2) are where the samples lie, in the units of the axes; `inputs` makes
    inputs (m, n_features) of points (m, 2); `held` says where the other features are held. With
    a single input the second axis is the target, and `is_line` holds.
    """

    points: Array
    low: Array
    high: Array
    names: tuple[str, str]
    inputs: Callable[[Array], Array]
    held: tuple[str, ...] = ()
    dates: tuple[bool, bool] = (False, False)
    is_line: bool = False

    def squared(self, points: Array) -> Array:
        """Points (m, 2) as parts of the window, from -1 to 1."""
        return 2 * (points - self.low) / (self.high - self.low) - 1

    def centres(self, cells: int) -> Array:
        """The centres of cells x cells cells, row by row from the lowest up: (cells^2, 2)."""
        along = (np.arange(cells) + 0.5) / cells
        parts = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
        return self.low + parts * (self.high - self.low)


@dataclass(frozen=True, eq=False)
class ReplaySource:
    """A training in one or several legs, seen through a window if there is one.

    `inputs` are the names of the network's inputs, `outputs` those of the classes of the `target`,
    or of the outputs of a regression, whose `values` turns outputs into the target's own units.
    Where inputs are called x1, x2 and so on, `letters` are what these stand for.
    """

    legs: tuple[Leg, ...]
    window: Window | None
    inputs: tuple[str, ...]
    target: str
    outputs: tuple[str, ...]
    values: Callable[[Array], Array]
    letters: tuple[str, ...] = ()

    @property
    def run(self) -> Run:
        """The run of the last leg."""
        return self.legs[-1].run

    @property
    def network(self) -> Network:
        """What is trained."""
        return self.run.network

    @property
    def samples(self) -> Samples | None:
        """What it is trained on."""
        return self.run.samples

    @property
    def is_regression(self) -> bool:
        """Whether the samples have values, and no classes."""
        return self.network.is_regression

    @cached_property
    def answers(self) -> tuple[float, float]:
        """The answers at the ends of the scale: 0 and 1, or the targets of a regression."""
        if not self.is_regression or self.samples is None:
            return 0.0, 1.0
        y = self.samples.Y[:, 0]
        return float(y.min()), float(y.max())

    def in_units(self, outputs: Array) -> Array:
        """Outputs (n, n_outputs) in the units of the target."""
        values = self.values(outputs) if self.is_regression else outputs
        return values.reshape(len(outputs), -1)

    @property
    def last(self) -> int:
        """The last epoch."""
        return self.legs[-1].last

    @property
    def is_at_end(self) -> bool:
        """Whether the last leg is told to the end of its run."""
        return self.last == self.legs[-1].first + self.run.epochs

    @cached_property
    def losses(self) -> Array:
        """(last,): the loss that each epoch's update was computed from."""
        return np.concatenate([leg.run.history.loss[: leg.last - leg.first] for leg in self.legs])

    @property
    def validation(self) -> dict[str, Array]:
        """What was measured after each epoch on samples held out, by name, (last,) each."""
        if len(self.legs) > 1:
            return {}
        return {name: v[: self.last] for name, v in self.run.history.validation.items()}

    @cached_property
    def epochs(self) -> np.ndarray:
        """The epochs whose parameters are kept, the start and the end among them."""
        kept = [leg.first + leg.run.history.snapshot_epochs for leg in self.legs]
        ends = [b.first for _, b in pairwise(self.legs)] + [self.last + 1]
        return np.concatenate([e[e < end] for e, end in zip(kept, ends, strict=True)])

    def parameters_at(self, epoch: int) -> Parameters:
        """The parameters after one of these epochs."""
        leg = self._leg(epoch)
        return leg.run.history.parameters_at(epoch - leg.first)

    def _leg(self, epoch: int) -> Leg:
        return next(leg for leg in reversed(self.legs) if leg.first <= epoch)

    def explanation(self, row: int, epoch: int) -> Explanation:
        """Every number of a sample after `epoch` epochs.

        The update is left out where it could be had only by training again for long, and with
        dropout, of which no explanation can be given; the sums over all samples, of many.
        """
        leg = self._leg(epoch)
        run, at = leg.run, epoch - leg.first
        if at < run.epochs and _can_be_trained_again(run, at):
            found = explain(run, sample=row, epoch=at)
        else:
            found = _alone(run.history.parameters_at(at), *run.data[:2], row)
        return replace(found, title=f"Every number of sample {row} after {counted(epoch)}")

    def diagnosis(self, most_work: float = MOST_DIAGNOSED) -> list[dict[str, str]]:
        """What is wrong at its end, in words; nothing where it would take more products."""
        run = self.run
        if run.samples is None or not self.is_at_end or not run.epochs:
            return []
        if len(run.samples.X) * run.network.n_parameters > most_work:
            return []
        return [{"name": d.name, "sentence": d.sentence, "advice": d.advice} for d in diagnose(run)]


def _alone(parameters: Parameters, X: Array, y: np.ndarray, row: int) -> Explanation:
    """The calculation of one sample, without what it adds to."""
    found = explain(parameters, X[[row]], y[[row]], sample=0)
    return replace(found, steps=tuple(step for step in found.steps if step.phase in PHASES))


def _can_be_trained_again(run: Run, epoch: int) -> bool:
    """Whether the update after `epoch` can be explained, and soon."""
    if run.samples is None or any(run.settings.dropout_by_layer(run.network)):
        return False
    optimizer = run.settings.optimizer
    batched = run.settings.batch_size is not None
    again = max(epoch, 1) if optimizer.init(run.start.vector) or batched else 1
    return 3 * len(run.samples.X) * run.network.n_parameters * again < EXPLAINED_AGAIN
