"""Training: an engine is run until a goal, a limit, a fault or the user stops it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import copy, deepcopy
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from glassnet import engines
from glassnet.core.class_weights import weighted_by_class
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Engine, Limits, Progress, Stop, TrainingState
from glassnet.errors import InputError, instance_of
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.penalty import Penalty
from glassnet.optim.schedules import Plateau, Schedule
from glassnet.training.checkpoint import Checkpoint, checkpoint_of, origin, resume
from glassnet.training.declaration import documenting
from glassnet.training.explanation import Ending, first_layer_not_finite
from glassnet.training.history import History
from glassnet.training.loss_watch import LossWatch, watched_losses
from glassnet.training.progress import ProgressBar
from glassnet.training.run import Run
from glassnet.training.run_folder import LARGEST_DATA
from glassnet.training.settings import (
    DEFAULT_OPTIMIZER,
    DEFAULT_SCHEDULE,
    SETTINGS,
    ClassWeight,
    Settings,
)
from glassnet.training.signals import ctrl_c_sets
from glassnet.training.stop_reason import StopKind, StopReason
from glassnet.training.validation import held_out, measured

REPORT_SECONDS = 0.1  # how often an iteration over Training comes back, about
# Data to validate on: X and y, and weights where samples count differently.
ValidationData = tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike]


class Training:
    """A training in progress. Iterate over it to let it go on and to watch it.

    Each step of the iteration trains for about a tenth of a second and yields the epochs done;
    `history` and `loss` can be looked at in between. When the iteration has ended, `run` is the
    finished run. Leaving the loop early pauses; iterating again goes on. Ctrl-C during a step
    ends the iteration after a whole number of epochs, and the run keeps all that was done;
    within `ending_on_ctrl_c` it does so between steps too.

    `checkpoint()` between steps, and `resume` of it in another Training of the same data and
    settings, equal never having stopped, bit for bit.

    Parameters
    ----------
    network : Network
        The network to train.
    X, y : arrays of shape (n_samples, n_features) and (n_samples,) or (n_samples, n_outputs)
        The inputs, and their classes or values.
    settings : Settings
        How to train.
    parameters : Parameters, optional
        The start; drawn by the seed unless given.
    sample_weight : array of shape (n_samples,), optional
        What each sample counts.
    validation : (X, y) or (X, y, sample_weight), optional
        Data to measure on after every epoch.
    engine : str or Engine
        What computes.

    Raises
    ------
    InputError
        If the data, the start or the settings do not fit one another.
    """

    watch: ClassVar[Callable[[Training], Any]]  # in a notebook: attached by `glassnet`

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        settings: Settings,
        *,
        parameters: Parameters | None = None,
        sample_weight: ArrayLike | None = None,
        validation: ValidationData | None = None,
        engine: str | Engine = "auto",
    ) -> None:
        instance_of("network", network, Network)
        instance_of("settings", settings, Settings)
        self.engine = engines.choose_for(X, engine)
        data = self.engine.take(network, X, y, sample_weight, settings.dtype)
        data, held_out = _with_validation(network, data, validation, settings, self.engine)
        # What is measured counts no class more than another, in training as in validation.
        self._measured = self.engine.hold(data)
        data = weighted_by_class(network, self._measured, settings.class_weight)
        self.validation = None if held_out is None else self.engine.hold(held_out)
        if parameters is None:
            parameters = Parameters.initial(network, seed=settings.seed)
        self.network = network
        self.settings = settings
        self.start = checked_start(network, parameters, settings.dtype)
        self.history = History(self.start, settings.record_every)
        self.samples = data
        self._batches = Batches(*data, min(settings.batch_size or len(data.X), len(data.X)))
        self.state = new_state(self.start, settings)
        self._watch = LossWatch(settings)
        self.patience = self._watch.patience
        self._run: Run | None = None
        self._bad: Parameters | None = None  # that ended it
        self._stop_asked = threading.Event()
        if not data.here:
            _ = self.origin  # while those that have the data are there

    @cached_property
    def origin(self) -> dict[str, Any]:
        """Network, settings and fingerprints of the data: see `checkpoint.origin`."""
        return origin(self)

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return self.state.epoch

    @property
    def loss(self) -> float:
        """The loss of the last epoch; not a number before the first."""
        loss = self.history.last_loss
        return math.nan if loss is None else loss

    @property
    def run(self) -> Run:
        """The finished run; RuntimeError is raised while the training still goes on."""
        if self._run is None:
            raise RuntimeError("The training has not ended: iterate over it to its end first.")
        return self._run

    def ending_on_ctrl_c(self) -> AbstractContextManager[None]:
        """Let a first Ctrl-C end the training as if by itself, and a second interrupt.

        Returns
        -------
        context manager
            Within it that holds.
        """
        return ctrl_c_sets(self._stop_asked)

    def stop(self) -> None:
        """End it after a whole number of epochs, from any thread; the run keeps what was done."""
        self._stop_asked.set()

    def checkpoint(self) -> Checkpoint:
        """Return the training without its data, as it is between two steps.

        Returns
        -------
        Checkpoint
            What `resume` continues from.
        """
        return checkpoint_of(self)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint of the same training.

        Parameters
        ----------
        checkpoint : Checkpoint
            What `checkpoint` returned, of this training or of a run.

        Raises
        ------
        InputError
            If it is of other data, another network or start, another engine, or settings that
            differ in more than `max_epochs`, `stop_below` and `patience`; nothing is changed then.
        """
        resume(self, checkpoint)
        self._watch.resume(watched_losses(self.history, validated=self.validation is not None))

    def __iter__(self) -> Iterator[int]:
        epochs = 1
        while self._run is None:
            began = time.perf_counter()
            before = self.epoch
            with self.ending_on_ctrl_c():
                self.advance(epochs)
            epochs = _next_chunk(self.epoch - before, time.perf_counter() - began)
            yield self.epoch

    @property
    def ended(self) -> bool:
        """Whether there is a finished `run`."""
        return self._run is not None

    def advance(self, epochs: int) -> Array:
        """Train some epochs, or fewer where the training ends before.

        For programs that decide for themselves how far to go at a time; else iterate.

        Parameters
        ----------
        epochs : int
            How many.

        Returns
        -------
        array of shape (n_done,)
            The losses of the epochs that were done.
        """
        goal = self.epoch + epochs
        losses: list[Array] = [np.empty(0)]
        while self._run is None and self.epoch < goal:
            limits = self._limits(goal - self.epoch)
            progress = self.engine.advance(self.state, self._batches, limits)
            self.history.extend(progress.losses, progress.snapshots)
            losses.append(progress.losses)
            self._measure(progress)
            if reason := self._reason_to_stop(progress):
                self._run = self._finished(reason, progress)
        return np.concatenate(losses)

    def so_far(self) -> Run:
        """Return the run as it would be if it were interrupted now; the training can go on.

        Returns
        -------
        Run
            A copy that later epochs do not change; once the training has ended, the run.
        """
        if self._run is not None:
            return self._run
        twin = copy(self)
        twin.history = self.history.so_far()
        twin.state = replace(self.state, generator=deepcopy(self.state.generator))
        twin.patience = copy(self.patience)
        nothing = Progress(np.empty(0), np.empty((0, 0)), Stop.ASKED)
        return twin._finished(StopReason(StopKind.INTERRUPTED), nothing)

    def explained(self, earlier: int = 0) -> str:
        """Say why the training ended, or that it has not.

        Parameters
        ----------
        earlier : int
            Epochs before it, which count along.

        Returns
        -------
        str
            A sentence.
        """
        run = self._run
        reason = StopReason(StopKind.INTERRUPTED) if run is None else run.stop_reason
        kept_epoch = self.epoch if run is None else run.kept_epoch
        return self._ending(reason, kept_epoch).explained(earlier)

    def _limits(self, epochs: int) -> Limits:
        settings = self.settings
        epochs = min(epochs, self.history.room, max(settings.max_epochs - self.epoch, 0))
        if self.validation is not None or settings.training_metrics:
            epochs = min(epochs, 1)  # something is measured after each
        epochs = self._watch.most_epochs(epochs)
        return Limits(
            epochs=epochs,
            stop_asked=self._stop_asked,
            stop_below=settings.goal,
            record_every=self.history.stride,
            rate_factors=self._watch.rate_factors(self.epoch, epochs),
        )

    def _measure(self, progress: Progress) -> None:
        """Measure after the epochs done, and let patience and schedule see their losses."""
        done = progress.stop in (Stop.EPOCHS_DONE, Stop.LOSS_BELOW) and len(progress.losses) > 0
        if done and (self.settings.training_metrics or self._incomparable):
            self._measure_on(self._measured, "training")
        if done and self.validation is not None:
            values = self._measure_on(self.validation, "validation")
            self._watch.see(values["loss"], self.epoch, self.state.parameters)
        if self.validation is None:
            self._watch.see_all(progress.losses, self.epoch - len(progress.losses) + 1)

    @property
    def _incomparable(self) -> bool:
        """Whether the loss of training counts classes otherwise than that of validation does."""
        weighted = self.settings.class_weight is not None and self.validation is not None
        return weighted and self.samples.here

    def _measure_on(self, samples: Samples, where: str) -> dict[str, float]:
        values = measured(self.engine, self.network, self.state.parameters, samples)
        self.history.measured(where, values)
        return values

    def _reason_to_stop(self, progress: Progress) -> StopReason | None:
        if progress.stop is not Stop.EPOCHS_DONE:
            return stop_reason(progress.stop, self.settings)
        if self.state.optimizer_state.get("settled", False):
            return StopReason(StopKind.SETTLED)
        if self.state.optimizer_state.get("exhausted", False):
            return StopReason(StopKind.MAX_EVALUATIONS)
        if self.patience.at_end:
            return StopReason(StopKind.NO_IMPROVEMENT)
        done = self.epoch >= self.settings.max_epochs
        return StopReason(StopKind.MAX_EPOCHS) if done else None

    def _finished(self, reason: StopReason, progress: Progress) -> Run:
        self.history.close(self.epoch, self.state.parameters)
        self._bad = progress.bad
        kept, kept_epoch = self.state.parameters, self.epoch
        if self.settings.patience is not None and self.patience.best_parameters is not None:
            kept, kept_epoch = self.patience.best_parameters, self.patience.best_epoch
        return Run(
            network=self.network,
            settings=self.settings,
            start=self.start,
            parameters=kept.copy(),
            history=self.history,
            epochs=self.epoch,
            kept_epoch=kept_epoch,
            stop_reason=reason,
            explanation=self._ending(reason, kept_epoch).explained(),
            engine=self.engine,
            samples=self.samples.kept(LARGEST_DATA),
            validation=None if self.validation is None else self.validation.kept(LARGEST_DATA),
            state=self.state,
            patience=self.patience,
            known_origin=None if self.samples.here else self.origin,
        )

    def _ending(self, reason: StopReason, kept_epoch: int) -> Ending:
        bad = self._bad
        return Ending(
            reason,
            self.settings,
            self.epoch,
            kept_epoch,
            losses=len(self.history.loss),
            best_loss=self.patience.best_loss,
            validated=self.validation is not None,
            diverged_in=None if bad is None else first_layer_not_finite(bad, self._batches.X),
        )


@documenting(SETTINGS)
def train(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    parameters: Parameters | None = None,
    optimizer: Optimizer = DEFAULT_OPTIMIZER,
    schedule: Schedule | Plateau = DEFAULT_SCHEDULE,
    sample_weight: ArrayLike | None = None,
    validation: float | ValidationData | None = None,
    engine: str | Engine = "auto",
    verbose: bool = True,
    seed: int | None = None,
    max_epochs: int = 1000,
    stop_below: float | None = None,
    batch_size: int | None = None,
    class_weight: ClassWeight = None,
    patience: int | None = None,
    min_improvement: float = 0.0,
    clip_norm: float | None = None,
    dropout: float | tuple[float, ...] = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    dtype: str = "float64",
    training_metrics: bool = False,
    record_every: int | None = None,
) -> Run:
    """Train a network and return the finished run.

    W <- W - alpha dL/dW for every batch of every epoch, with L the weighted average loss of the
    batch plus l2/2 sum W^2 + l1 sum |W|, until the loss of an epoch is below `stop_below`,
    `max_epochs` are done, `patience` epochs brought no improvement, a value is not finite, or
    Ctrl-C; `run.stop_reason` says which. To watch a training, iterate over a `Training` instead.

    Parameters
    ----------
    network : Network
        The network to train.
    X, y : arrays of shape (n_samples, n_features) and (n_samples,) or (n_samples, n_outputs)
        The inputs, and their classes or values.
    parameters : Parameters, optional
        The start; `Parameters.initial(network, seed=seed)` unless given.
    optimizer, schedule : Optimizer and Schedule
        The rule of the updates, and the factor of its learning rate by epoch.
    sample_weight : array of shape (n_samples,), optional
        What each sample counts.
    validation : float, (X, y) or (X, y, sample_weight), optional
        The share of the samples to hold out, or data to measure on after every epoch, for
        `run.history.validation`; with `class_weight` the training data are measured, too.
    engine : str or Engine
        What computes.
    verbose : bool
        Whether progress is shown on a terminal and in a notebook.
    seed : int, optional
        Of the start, the order of the rows, and the rows held out; one is drawn unless given.

    Returns
    -------
    Run
        The run, with its parameters and their history.

    Raises
    ------
    InputError
        If the data do not fit the network or a setting makes no sense.
    """
    given = {name: value for name, value in locals().items() if name in SETTINGS}
    if isinstance(validation, float | int):
        given["validation_fraction"], validation = validation, None
    given["seed"] = fresh_seed() if seed is None else seed
    settings = Settings(optimizer, schedule=schedule, **given)
    training = Training(
        network, X, y, settings,
        parameters=parameters, sample_weight=sample_weight, validation=validation, engine=engine,
    )  # fmt: skip
    instance_of("verbose", verbose, bool)
    with training.ending_on_ctrl_c():
        for _ in with_progress(training, verbose=verbose):
            pass
    return training.run


def with_progress(training: Training, *, verbose: bool = True) -> Iterator[int]:
    """Iterate over a training and show where somebody looks how far it is."""

    def losses() -> str:
        held_out = training.history.validation.get("loss")
        more = f", {held_out[-1]:.4g} held out" if held_out is not None and len(held_out) else ""
        return f", loss {training.loss:.4g}{more}"

    most = training.settings.max_epochs
    with ProgressBar("epoch {:,} of at most {:,}", most, training.epoch, verbose=verbose) as bar:
        for epoch in training:
            bar.see(lambda: training.epoch, losses)
            yield epoch


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


def _with_validation(
    network: Network,
    samples: Samples,
    given: ValidationData | None,
    settings: Settings,
    engine: Engine,
) -> tuple[Samples, Samples | None]:
    """The samples to train on, and those to validate on if there are any."""
    fraction = settings.validation_fraction
    if given is None:
        if fraction is None:
            return samples, None
        return held_out(network, samples, fraction, settings.seed)
    if fraction is not None:
        raise InputError("Give validation data or a validation_fraction, not both.")
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        raise InputError(
            "validation must be a share such as 0.2, or a tuple (X, y) or (X, y, sample_weight), "
            f"not {type(given).__name__}."
        )
    X, y, *weight = given
    try:
        return samples, engine.take(network, X, y, weight[0] if weight else None, settings.dtype)
    except InputError as error:
        raise InputError(f"The validation data do not fit: {error}") from None


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
        clip_norm=settings.clip_norm,
        dropout=settings.dropout_by_layer(start.network),
    )


def stop_reason(stop: Stop, settings: Settings) -> StopReason:
    """Return why a run ended, from why its engine came back."""
    kinds = {
        Stop.EPOCHS_DONE: StopKind.MAX_EPOCHS,
        Stop.LOSS_BELOW: StopKind.LOSS_BELOW,
        Stop.NOT_FINITE: StopKind.DIVERGED,
        Stop.ASKED: StopKind.INTERRUPTED,
    }
    return StopReason.of(kinds[stop], settings.stop_below)


def fresh_seed() -> int:
    """A seed from the operating system's entropy, below 2**32."""
    return int(np.random.SeedSequence().generate_state(1)[0])


def _next_chunk(epochs: int, seconds: float) -> int:
    """How many epochs take about REPORT_SECONDS, going by the last chunk; at most tenfold."""
    return max(1, min(10 * epochs, int(epochs * REPORT_SECONDS / max(seconds, 1e-9))))
