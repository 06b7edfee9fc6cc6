"""Training: an engine is run until a goal, a limit, a fault or the user stops it."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import engines
from glassnet.backprop import forward
from glassnet.engines.contract import (
    Batches,
    Engine,
    Limits,
    Penalty,
    Progress,
    Stop,
    TrainingState,
)
from glassnet.errors import InputError, finite_number, whole_number
from glassnet.history import History
from glassnet.model import decisions, probabilities
from glassnet.network import Network
from glassnet.optimizers import GradientDescent, Optimizer
from glassnet.parameters import Array, Parameters
from glassnet.samples import checked_data, checked_samples

DEFAULT_OPTIMIZER = GradientDescent(0.1)
REPORT_SECONDS = 0.1  # how often an iteration over Training comes back, about


@dataclass(frozen=True)
class Settings:
    """How to train: all that, with the data and the start, decides every digit of a run.

    `max_epochs`    passes over the data at most
    `stop_below`    stop after the epoch whose loss is below this
    `batch_size`    rows per update; None for all of them
    `seed`          of the order of the rows (and of the start, where none is given)
    `dtype`         "float64" or "float32"
    `record_every`  epochs between snapshots of the parameters; None thins them as the run grows
    `l1`, `l2`      add l2/2 sum W^2 + l1 sum |W| to the loss, over the weights, not the biases

    Raises InputError for values that make no training.
    """

    optimizer: Optimizer = DEFAULT_OPTIMIZER
    max_epochs: int = 1000
    stop_below: float | None = None
    batch_size: int | None = None
    seed: int = 0
    dtype: str = "float64"
    record_every: int | None = None
    l1: float = 0.0
    l2: float = 0.0

    @property
    def goal(self) -> float:
        """`stop_below`, or a loss that none is below."""
        return -math.inf if self.stop_below is None else self.stop_below

    def __post_init__(self) -> None:
        whole_number("max_epochs", self.max_epochs, 1)
        whole_number("seed", self.seed, 0)
        for name in ("batch_size", "record_every"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), 1)
        if self.stop_below is not None:
            finite_number("stop_below", self.stop_below)
        if not hasattr(self.optimizer, "update"):
            raise InputError(
                f"optimizer must be a rule such as GradientDescent(0.4), not {self.optimizer!r}."
            )
        if self.dtype not in ("float64", "float32"):
            raise InputError(f"Unknown dtype {self.dtype!r}: choose float64 or float32.")
        finite_number("l1", self.l1, 0)
        finite_number("l2", self.l2, 0)


@dataclass(frozen=True, eq=False)
class Run:
    """A finished training: the network with its parameters, and how it came to them.

    `stop_reason` is "loss below ...", "max_epochs", "interrupted" or "diverged"; `explanation`
    says it in a sentence. After a divergence `parameters` are those that gave the last finite
    loss. `epochs` counts the epochs whose updates `parameters` have seen.
    """

    network: Network
    settings: Settings
    start: Parameters
    parameters: Parameters
    history: History
    epochs: int
    stop_reason: str
    explanation: str
    engine: Engine

    def outputs(self, X: ArrayLike) -> Array:
        """The last layer's a for each row of X: (n_samples, n_outputs)."""
        samples = checked_samples(self.network, X, self.settings.dtype)
        return self.engine.outputs(self.network, self.parameters, samples)

    def predict_probability(self, X: ArrayLike) -> Array:
        """P(class 1) as (n_samples,) for two classes; (n_samples, n_classes) for more.

        Raises InputError for a regression, which has no probabilities.
        """
        return probabilities(self.network, self.outputs(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The class number of each row, (n_samples,); for a regression the values themselves,
        (n_samples,), or (n_samples, n_outputs) with several outputs.

        With two classes the decision is a >= 0.5, with more the largest a.
        """
        return decisions(self.network, self.outputs(X))


class Training:
    """A training in progress. Iterate over it to let it go on and to watch it.

    Each step of the iteration trains for about a tenth of a second and yields the epochs done;
    `history` and `loss` can be looked at in between. When the iteration has ended, `run` is the
    finished run. Leaving the loop early pauses; iterating again goes on. Ctrl-C during a step
    ends the iteration after a whole number of epochs, and the run keeps all that was done;
    within `ending_on_ctrl_c` it does so between steps too.
    """

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        settings: Settings,
        *,
        parameters: Parameters | None = None,
        sample_weight: ArrayLike | None = None,
        engine: str | Engine = "auto",
    ) -> None:
        data = checked_data(network, X, y, sample_weight, settings.dtype)
        if parameters is None:
            parameters = Parameters.initial(network, seed=settings.seed)
        self.network = network
        self.settings = settings
        self.engine = engines.choose(engine)
        self.start = checked_start(network, parameters, settings.dtype)
        self.history = History(self.start, settings.record_every)
        self._batches = Batches(*data, settings.batch_size or len(data[0]))
        self._state = new_state(self.start, settings)
        self._run: Run | None = None
        self._stop_asked = threading.Event()

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return self._state.epoch

    @property
    def loss(self) -> float:
        """The loss of the last epoch; not a number before the first."""
        return float(self.history.loss[-1]) if len(self.history.loss) else math.nan

    @property
    def run(self) -> Run:
        """The finished run. Raises RuntimeError while the training still goes on."""
        if self._run is None:
            raise RuntimeError("The training has not ended: iterate over it to its end first.")
        return self._run

    def ending_on_ctrl_c(self) -> AbstractContextManager[None]:
        """Within, a first Ctrl-C ends the training as if by itself; a second interrupts."""
        return ctrl_c_sets(self._stop_asked)

    def __iter__(self) -> Iterator[int]:
        epochs = 1
        while self._run is None:
            began = time.perf_counter()
            with self.ending_on_ctrl_c():
                progress = self._advance(epochs)
            epochs = _next_chunk(len(progress.losses), time.perf_counter() - began)
            yield self.epoch

    def _advance(self, epochs: int) -> Progress:
        settings = self.settings
        left = settings.max_epochs - self.epoch
        progress = self.engine.advance(
            self._state,
            self._batches,
            Limits(
                epochs=min(epochs, left, self.history.room),
                stop_asked=self._stop_asked,
                stop_below=settings.goal,
                record_every=self.history.stride,
            ),
        )
        self.history.extend(progress.losses, progress.snapshots)
        if progress.stop is not Stop.EPOCHS_DONE or self.epoch >= settings.max_epochs:
            self._finish(progress)
        return progress

    def _finish(self, progress: Progress) -> None:
        self.history.close(self.epoch, self._state.parameters)
        self._run = Run(
            network=self.network,
            settings=self.settings,
            start=self.start,
            parameters=self._state.parameters.copy(),
            history=self.history,
            epochs=self.epoch,
            stop_reason=stop_reason(progress.stop, self.settings),
            explanation=self._explanation(progress),
            engine=self.engine,
        )

    def _explanation(self, progress: Progress) -> str:
        match progress.stop:
            case Stop.LOSS_BELOW:
                return f"The loss fell below {self.settings.goal:g} after {self.epoch} epochs."
            case Stop.EPOCHS_DONE:
                return f"It reached the limit of {self.settings.max_epochs} epochs."
            case Stop.ASKED:
                return f"It was interrupted after {self.epoch} epochs."
        assert progress.bad is not None
        return self._divergence(progress.bad)

    def _divergence(self, bad: Parameters) -> str:
        where = f"first in layer {_first_layer_not_finite(bad, self._batches.X)}"
        failed = len(self.history.loss) + 1
        if failed == 1:
            return (
                f"It diverged in epoch 1, {where}, so the start is kept; try a smaller learning "
                "rate or smaller starting weights, or scale the data."
            )
        return (
            f"It diverged in epoch {failed}, {where}: numbers grew until they were no longer "
            f"finite. The parameters after epoch {self.epoch}, the last that gave a finite loss, "
            "are kept; try a smaller learning rate, or scale the data."
        )


def train(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    parameters: Parameters | None = None,
    optimizer: Optimizer = DEFAULT_OPTIMIZER,
    max_epochs: int = 1000,
    stop_below: float | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    sample_weight: ArrayLike | None = None,
    engine: str | Engine = "auto",
    dtype: str = "float64",
    record_every: int | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
) -> Run:
    """Train a network on X (n_samples, n_features) and y and return the finished run.

    W <- W - alpha dL/dW for every batch of every epoch, with L the weighted average loss of the
    batch plus l2/2 sum W^2 + l1 sum |W|, until the loss of an epoch is below `stop_below`,
    `max_epochs` are done, a value is not finite, or Ctrl-C. A run that diverges or is interrupted
    is returned like any other, with its `stop_reason`. The settings are described at `Settings`.

    Without `parameters` the start is `Parameters.initial(network, seed=seed)`; without `seed`
    one is drawn and kept in `run.settings`, so that every run can be repeated. To watch a run
    while it trains, iterate over a `Training` instead.

    Raises InputError if the data do not fit the network or a setting makes no sense.
    """
    settings = Settings(
        optimizer=optimizer,
        max_epochs=max_epochs,
        stop_below=stop_below,
        batch_size=batch_size,
        seed=fresh_seed() if seed is None else seed,
        dtype=dtype,
        record_every=record_every,
        l1=l1,
        l2=l2,
    )
    training = Training(
        network,
        X,
        y,
        settings,
        parameters=parameters,
        sample_weight=sample_weight,
        engine=engine,
    )
    with training.ending_on_ctrl_c():
        for _ in training:
            pass
    return training.run


def checked_start(network: Network, parameters: Parameters, dtype: str) -> Parameters:
    """A copy of the parameters in that precision. Raises InputError unless they fit the network."""
    if not isinstance(parameters, Parameters):
        raise InputError(
            "parameters must be Parameters, such as Parameters.from_layers(network, [(W1, b1), "
            f"...]) makes, not {type(parameters).__name__}."
        )
    if parameters.network != network:
        raise InputError(
            f"The parameters are those of {parameters.network}, but {network} is to be trained."
        )
    return Parameters(network, parameters.vector.astype(dtype))


def new_state(start: Parameters, settings: Settings) -> TrainingState:
    """A run that has not begun."""
    return TrainingState(
        parameters=start,
        fallback=start,
        optimizer=settings.optimizer,
        optimizer_state=settings.optimizer.init(start.vector),
        epoch=0,
        # A stream apart from the one that draws the start.
        generator=np.random.default_rng([settings.seed, 1]),
        penalty=Penalty(settings.l1, settings.l2),
    )


def stop_reason(stop: Stop, settings: Settings) -> str:
    """Why a run ended, in the words of `Run`."""
    return {
        Stop.EPOCHS_DONE: "max_epochs",
        Stop.LOSS_BELOW: f"loss below {settings.goal:g}",
        Stop.NOT_FINITE: "diverged",
        Stop.ASKED: "interrupted",
    }[stop]


def fresh_seed() -> int:
    """A seed from the operating system's entropy, below 2**32."""
    return int(np.random.SeedSequence().generate_state(1)[0])


def _next_chunk(epochs: int, seconds: float) -> int:
    """How many epochs take about REPORT_SECONDS, going by the last chunk; at most tenfold."""
    return max(1, min(10 * epochs, int(epochs * REPORT_SECONDS / max(seconds, 1e-9))))


def _first_layer_not_finite(parameters: Parameters, X: Array) -> int:
    """The first layer, counted from 1, with a weight or a z that is not finite; else the last."""
    z, _ = forward(parameters.network, parameters, X.T)
    for number, ((W, b), z_l) in enumerate(zip(parameters.layers, z, strict=True), start=1):
        if not all(np.isfinite(array).all() for array in (W, b, z_l)):
            return number
    return parameters.network.n_layers


@contextmanager
def ctrl_c_sets(event: threading.Event) -> Iterator[None]:
    """Within, a first Ctrl-C sets the event; a second interrupts as usual.

    Signals reach the main thread only; elsewhere the event is simply never set. One within
    another for the same event changes nothing.
    """
    usual = signal.getsignal(signal.SIGINT)
    outer = isinstance(usual, _SetsEvent) and usual.event is event
    if outer or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _SetsEvent(event, usual))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


@dataclass(frozen=True)
class _SetsEvent:
    """A handler of Ctrl-C that sets the event and puts the usual handler back."""

    event: threading.Event
    usual: Any

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.event.set()
        signal.signal(signal.SIGINT, self.usual)
