"""A run with its data, and what several rules of a diagnosis want to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from glassnet.core.backprop import Trace, trace
from glassnet.core.losses import loss_of
from glassnet.core.parameters import Array
from glassnet.training.run import Run
from glassnet.training.stop_reason import StopKind
from glassnet.training.stuck import STILL_FALLING, TAIL, fall, tail_of

CONSTANTS = 201  # answers that are tried where the best has no formula
LEARNED = 0.1  # of the baseline: a classifier is then right nearly always, or R2 is above 0.9
NOTHING = 0.9  # of the baseline: less than a tenth of what there is to learn was learned
LITTLE = 0.8  # of the baseline: less than a fifth, which is nothing where as few more are right
LITTLE_MORE = 0.2  # of what naming the commonest class gets wrong
FEWEST = 2 * TAIL  # epochs of which the last tenth says anything
STEADY = 0.5  # the fall of the tail over that of an average tenth: learning usually slows down
LITTLE_DONE = 0.5  # of the loss at the start that is left: the rate would have had time for more
UNREASONABLE = 100  # a learning rate of which a tenth is no advice
GENTLE = 0.005  # the learning rate to begin with then


@dataclass(frozen=True, eq=False)
class Evidence:
    """A run and its data; every answer is worked out once, when it is asked for."""

    run: Run
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    validation_loss: Array

    @cached_property
    def start(self) -> Trace:
        """The pass over the data at the start of the run."""
        return trace(self.run.network, self.run.start, self.X, self.y, self.weight)

    @cached_property
    def end(self) -> Trace:
        """The pass over the data with the parameters that the run kept."""
        return trace(self.run.network, self.run.parameters, self.X, self.y, self.weight)

    @cached_property
    def losses(self) -> Array:
        """The loss by epoch."""
        return self.run.history.loss

    @property
    def ended_by(self) -> StopKind:
        """Why the run ended."""
        return self.run.stop_reason.kind

    @cached_property
    def baseline(self) -> float:
        """The loss of the best answer that is the same for every sample."""
        Y, weight = self.end.y, self.end.weight / self.end.weight_sum  # (n_out, m) and (m,)
        mean = Y @ weight
        if self.run.network.is_regression:
            return float(np.mean([self._best_constant(y, weight) for y in Y]))
        if self.run.network.loss == "binary_cross_entropy":
            mean = np.append(mean, 1 - mean)
        share = mean[mean > 0]
        return float(-(share * np.log(share)).sum())

    def _best_constant(self, y: Array, weight: Array) -> float:
        """The least loss of one output that is the same for all; the median is one of y."""
        loss = loss_of(self.run.network)
        mean = y @ weight
        candidates = np.append(np.quantile(y, np.linspace(0, 1, CONSTANTS)), mean)
        if self.run.network.loss == "poisson":
            candidates = np.log(np.array([mean]) + np.finfo(float).tiny)
        losses = [
            loss.per_sample(np.full((1, len(y)), z), y[np.newaxis]) @ weight for z in candidates
        ]
        return float(min(losses))

    @cached_property
    def fell_short(self) -> bool:
        """Whether the run missed its goal, or has learned little where it had none."""
        if self.ended_by is StopKind.LOSS_BELOW:
            return False
        if self.run.settings.stop_below is not None or self.ended_by is StopKind.DIVERGED:
            return True
        return self.end.loss > LEARNED * self.baseline

    @property
    def is_penalised(self) -> bool:
        """Whether a penalty pulls at the weights."""
        return bool(self.run.settings.l1 or self.run.settings.l2)

    @property
    def ran_out(self) -> bool:
        """Whether the limit of epochs ended a run that fell short."""
        return self.fell_short and self.ended_by is StopKind.MAX_EPOCHS and len(self.losses) > 1

    @property
    def tail(self) -> int:
        """How many epochs are looked at to see how it goes on."""
        return tail_of(len(self.losses))

    @cached_property
    def fell(self) -> float:
        """How much the loss fell over the tail, as a share."""
        return fall(self.losses)

    @property
    def rests(self) -> bool:
        """Whether the loss has had time to fall, and falls no more."""
        return len(self.losses) >= FEWEST and self.fell <= STILL_FALLING

    @property
    def creeps(self) -> bool:
        """Whether the loss falls as steadily at the end as at the start, and little of it is gone:
        what looks like rest is slowness then.
        """
        if len(self.losses) < FEWEST:
            return False
        first, before, last = (float(self.losses[at]) for at in (0, -1 - self.tail, -1))
        average = (first - last) / TAIL
        if last < LITTLE_DONE * first or average <= 1e-12 * first:
            return False
        return STEADY <= (before - last) / average <= 1 / STEADY

    @property
    def is_linear(self) -> bool:
        """Whether no activation bends."""
        return set(self.run.network.activation) <= {"identity"}

    @cached_property
    def right(self) -> tuple[float, float]:
        """The share of a classifier's samples that is right, and that of the commonest class."""
        answers, labels = answers_and_labels(self.end)
        weight = self.end.weight / self.end.weight_sum
        return float(weight @ (answers == labels)), float(np.bincount(labels, weight).max())

    @cached_property
    def learned_nothing(self) -> bool:
        """Whether the answers are hardly better than one that is the same for every sample."""
        loss = self.end.loss
        if loss > NOTHING * self.baseline or self.run.network.is_regression:
            return loss > NOTHING * self.baseline > 0
        right, commonest = self.right
        return loss > LITTLE * self.baseline and right - commonest < LITTLE_MORE * (1 - commonest)

    @property
    def rate(self) -> float:
        """The learning rate."""
        return self.run.settings.optimizer.learning_rate

    @property
    def smaller_rate(self) -> float:
        """A tenth of the learning rate, or the usual one if even that is beyond reason."""
        return self.rate / 10 if self.rate < UNREASONABLE else GENTLE

    def class_name(self, number: int) -> str:
        """A class as the table names it, or by its number."""
        recipe = self.run.recipe
        classes = None if recipe is None else recipe.target.classes
        return str(number) if classes is None else repr(classes[number])

    @property
    def full_batch(self) -> bool:
        """Whether every update sees all samples."""
        return self.run.settings.batch_size is None


def answers_and_labels(t: Trace) -> tuple[np.ndarray, np.ndarray]:
    """The classes that are named and those that are true, (m,) each."""
    a, y = t.a[-1], t.y
    if len(y) == 1:
        return (a[0] >= 0.5).astype(int), y[0].astype(int)
    return a.argmax(axis=0), y.argmax(axis=0)
