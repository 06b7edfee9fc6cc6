"""The interface of an engine, and the state of a run in progress.

An engine computes outputs, activations and gradients, and advances a run by many updates in one
call. `advance_by_gradient` is the one generic way to advance; an engine that has a faster one
must give the same numbers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from threading import Event
from typing import NamedTuple, Protocol, Self, cast

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.dropout import Dropout, drawn_key
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples, checked_data
from glassnet.engines.batches import Batches
from glassnet.errors import InputError
from glassnet.optim.gradient_clipping import clipped
from glassnet.optim.lbfgs import LBFGS, OptimizerState
from glassnet.optim.optimizers import Optimizer, UpdateRule
from glassnet.optim.penalty import NO_PENALTY, Penalty


@dataclass
class TrainingState:
    """The complete state of a run: continuing from a copy of it gives the same digits.

    `fallback` are the parameters that gave the last finite loss: what a run that diverges keeps.
    `epoch` counts the epochs done. `penalty` adds to the loss; a gradient of the average loss,
    the penalty included, that is longer than `clip_norm` is shortened to it; `dropout` holds one
    rate for each hidden layer, or nothing. `generator` draws first the key of the epoch's masks,
    where a rate is not 0, and then the order of its rows, unless there is one batch only.
    """

    parameters: Parameters
    fallback: Parameters
    optimizer: Optimizer
    optimizer_state: OptimizerState
    epoch: int
    generator: np.random.Generator
    penalty: Penalty = NO_PENALTY
    clip_norm: float | None = None
    dropout: tuple[float, ...] = ()

    @property
    def max_norm(self) -> float:
        """`clip_norm`, or a length that no gradient exceeds."""
        return math.inf if self.clip_norm is None else self.clip_norm


class Limits(NamedTuple):
    """How far to advance, and what to keep on the way.

    At most `epochs` more epochs are done, and none after one whose loss is below `stop_below`
    (its updates are applied) or once `stop_asked` is set. `rate_factors`, (epochs,), are the
    factors of the learning rate in each of these epochs, None where all are 1.
    """

    epochs: int
    stop_asked: Event
    stop_below: float = -math.inf
    record_every: int = sys.maxsize  # epochs between snapshots
    rate_factors: Array | None = None


class Stop(Enum):
    """Why `advance` returned."""

    EPOCHS_DONE = "the epochs asked for are done"
    LOSS_BELOW = "the loss of the last epoch is below the target"
    NOT_FINITE = "the loss or a parameter is not finite"
    ASKED = "it was asked to stop"


class Progress(NamedTuple):
    """The result of one call of `advance`.

    `losses` holds the loss of each epoch done: the weighted average over its samples, each from
    the parameters its batch's update started from, the penalty included. `snapshots` holds the
    parameters after every epoch whose number `record_every` divides. Where the run diverged,
    `bad` are the parameters that are not finite or gave a loss that is not, and the state holds
    the last that gave a finite loss: the one that `losses` ends with.
    """

    losses: Array  # (epochs,) float64
    snapshots: Array  # (n_snapshots, n_parameters)
    stop: Stop
    bad: Parameters | None = None


Watch = Callable[[Callable[[], int]], None]


def unwatched(done: Callable[[], int]) -> None:
    """Watch nothing."""


class Engine(Protocol):
    """A way to compute; every engine gives the reference engine's numbers."""

    @property
    def name(self) -> str:
        """The name in `train(engine=...)`."""

    def take(
        self, network: Network, X: ArrayLike, y: ArrayLike, weight: ArrayLike | None, dtype: str
    ) -> Samples:
        """X, y and weights as users give them, as samples: see `checked_data`."""

    def hold(self, samples: Samples) -> Samples:
        """The samples where this engine computes best; all else about them stays the same."""

    def to_local(self) -> Engine:
        """The engine that does the same in this process alone."""

    def outputs(self, network: Network, parameters: Parameters, X: Array) -> Array:
        """The last layer's a: (n_samples, n_outputs)."""

    def activations(self, network: Network, parameters: Parameters, X: Array) -> list[Array]:
        """Every layer's a, (n_samples, n_l) each, from one pass."""

    def gradient(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
        dropout: Dropout | None = None,
    ) -> tuple[float, float, Array]:
        """Sum of weighted losses, sum of weights, and the gradient of the former, flat.

        Sums of parts add up to the sums of the whole, so that parts can be computed anywhere;
        with dropout its `first` says where a part begins.
        """

    def evaluate(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
    ) -> tuple[float, float, Array]:
        """Sum of weighted losses, sum of weights, and the outputs (n_samples, n_outputs).

        One forward pass in bounded working memory, without dropout or penalty.
        """

    def advance(
        self,
        state: TrainingState,
        batches: Batches,
        limits: Limits,
    ) -> Progress:
        """Advance as far as the limits allow, or to a value that is not finite.

        The state moves on in place, by whole epochs only.
        """

    def advance_many(
        self,
        states: Sequence[TrainingState],
        batches: Sequence[Batches],
        limits: Limits,
        *,
        keep_losses: bool,
        watch: Watch = unwatched,
    ) -> list[Progress]:
        """Every state as far as `advance` takes it alone, to the same digits, and no snapshots.

        There are batches for each state: its own rows, weights and sizes, or the same object for
        several. The states share the network, its precision and the kind of rule. Without
        `keep_losses` each progress holds the last loss only. Now and then `watch` is called, by
        whichever thread of the engine, with a function that counts the states done.
        """


class InThisProcess:
    """Base of engines that compute in this process: arrays stay as they are."""

    def take(
        self, network: Network, X: ArrayLike, y: ArrayLike, weight: ArrayLike | None, dtype: str
    ) -> Samples:
        """X, y and weights as users give them, as samples: see `checked_data`."""
        return checked_data(network, X, y, weight, dtype)

    def hold(self, samples: Samples) -> Samples:
        """The samples themselves."""
        return samples

    def to_local(self) -> Self:
        """The engine itself."""
        return self


def advance_one_by_one(
    engine: Engine,
    states: Sequence[TrainingState],
    batches: Sequence[Batches],
    limits: Limits,
    *,
    keep_losses: bool,
    watch: Watch = unwatched,
) -> list[Progress]:
    """Advance many states with one `advance` each."""
    done: list[Progress] = []
    for state, own in zip(states, batches, strict=True):
        watch(done.__len__)
        progress = engine.advance(state, own, limits)
        losses = progress.losses if keep_losses else progress.losses[-1:]
        done.append(progress._replace(losses=losses))
    return done


def advance_by_gradient(
    engine: Engine,
    state: TrainingState,
    batches: Batches,
    limits: Limits,
) -> Progress:
    """Advance with one `gradient` and one `update` a batch, or with L-BFGS's line searches."""
    check_optimizer(state, batches, scheduled=limits.rate_factors is not None)
    losses: list[float] = []
    snapshots: list[Array] = []

    def progress(stop: Stop, bad: Parameters | None = None) -> Progress:
        n_parameters = state.parameters.network.n_parameters
        recorded = np.array(snapshots).reshape(len(snapshots), n_parameters)
        return Progress(np.array(losses), recorded, stop, bad)

    for i in range(limits.epochs):
        if limits.stop_asked.is_set():
            return progress(Stop.ASKED)
        factor = None if limits.rate_factors is None else float(limits.rate_factors[i])
        try:
            if isinstance(state.optimizer, LBFGS):
                epoch = _one_iteration(engine, state, state.optimizer, batches, limits)
            else:
                epoch = _one_epoch(engine, state, batches, factor)
        except AskedToStop:
            return progress(Stop.ASKED)
        if not math.isnan(epoch.loss):
            losses.append(epoch.loss)
            state.fallback = state.parameters
        if epoch.bad is not None:
            if math.isnan(epoch.loss):  # not even this epoch's start was good
                state.epoch = max(state.epoch - 1, 0)
            state.parameters = state.fallback
            return progress(Stop.NOT_FINITE, epoch.bad)
        state.parameters = epoch.parameters
        state.optimizer_state = epoch.optimizer_state
        state.epoch += 1
        if state.epoch % limits.record_every == 0:
            snapshots.append(state.parameters.vector)
        if epoch.loss < limits.stop_below:
            return progress(Stop.LOSS_BELOW)
        if any(state.optimizer_state.get(name) for name in ("settled", "exhausted")):
            break  # more epochs would change nothing
    return progress(Stop.EPOCHS_DONE)


def check_optimizer(state: TrainingState, batches: Batches, *, scheduled: bool) -> None:
    """Raise InputError for settings that make no sense with the optimizer of the run.

    L-BFGS compares losses and gradients from step to step, so that each must be that of all the
    data; and its line search sets the length of a step by itself.
    """
    if not isinstance(state.optimizer, LBFGS):
        return
    wrong = {
        "a batch_size smaller than the data": batches.batch_size < len(batches.X),
        "dropout": any(state.dropout),
        "clip_norm": state.clip_norm is not None,
        "a learning-rate schedule": scheduled,
    }
    for name, present in wrong.items():
        if present:
            raise InputError(
                f"L-BFGS does not go with {name}: leave it out, or choose another optimizer "
                "such as Adam."
            )


class AskedToStop(Exception):
    """It was asked to stop in the middle of an epoch, which is given up."""


class _Epoch(NamedTuple):
    loss: float
    parameters: Parameters
    optimizer_state: OptimizerState
    bad: Parameters | None


def _one_epoch(
    engine: Engine, state: TrainingState, batches: Batches, rate_factor: float | None
) -> _Epoch:
    parameters, optimizer_state = state.parameters, state.optimizer_state
    network = parameters.network
    loss_sum = weight_sum = 0.0
    masks = Dropout(state.dropout, drawn_key(state.generator)) if any(state.dropout) else None
    # A value that is not finite is found and reported, so numpy need not warn of it.
    with np.errstate(over="ignore", invalid="ignore"):
        for X, Y, weight in batches.draw(state.generator):
            loss, total, gradient = engine.gradient(network, parameters, X, Y, weight, masks)
            if any(state.penalty):
                penalty, slope = state.penalty.loss_and_gradient(parameters)
                loss, gradient = loss + total * penalty, gradient + total * slope
            loss_sum += loss
            weight_sum += total
            if not math.isfinite(loss):
                return _Epoch(math.nan, parameters, optimizer_state, bad=parameters)
            if masks is not None:
                masks = replace(masks, first=masks.first + len(X))
            if total == 0:  # a batch in which no row counts has no average to descend
                continue
            vector, optimizer_state = _updated(
                state, parameters.vector, gradient / total, optimizer_state, rate_factor
            )
            parameters = Parameters(network, vector)
    bad = None if np.isfinite(parameters.vector).all() else parameters
    return _Epoch(loss_sum / weight_sum, parameters, optimizer_state, bad)


def _one_iteration(
    engine: Engine, state: TrainingState, optimizer: LBFGS, batches: Batches, limits: Limits
) -> _Epoch:
    network = state.parameters.network

    def evaluate(vector: Array) -> tuple[float, Array]:
        if limits.stop_asked.is_set():
            raise AskedToStop
        parameters = Parameters(network, vector)
        loss, total, gradient = engine.gradient(
            network, parameters, batches.X, batches.Y, batches.weight
        )
        penalty, slope = state.penalty.loss_and_gradient(parameters)
        return loss / total + penalty, gradient.astype(np.float64) / total + slope

    with np.errstate(over="ignore", invalid="ignore"):
        loss, vector, optimizer_state = optimizer.iterate(
            evaluate, state.parameters.vector, state.optimizer_state
        )
    bad = None if math.isfinite(loss) else state.parameters
    loss = loss if bad is None else math.nan
    return _Epoch(loss, Parameters(network, vector), optimizer_state, bad)


def _updated(
    state: TrainingState,
    vector: Array,
    gradient: Array,
    optimizer_state: OptimizerState,
    rate_factor: float | None,
) -> tuple[Array, OptimizerState]:
    rule = cast(UpdateRule, state.optimizer)
    if state.clip_norm is not None:
        gradient = clipped(gradient, state.max_norm)
    if rate_factor is None:
        return rule.update(vector, gradient, optimizer_state)
    return rule.update(vector, gradient, optimizer_state, rate_factor)
