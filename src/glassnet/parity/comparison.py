"""A run is repeated by glassnet and by frameworks side by side, and every epoch is compared."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from threading import Event
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.dropout import Dropout, drawn_key
from glassnet.core.network import Network, refuse_labels
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Limits, Stop
from glassnet.errors import InputError, instance_of, shown, whole_number
from glassnet.optim.optimizers import LBFGS, Adam, AdamW, GradientDescent, RMSprop
from glassnet.parity.frameworks import FRAMEWORKS
from glassnet.parity.interface import Course, Done, Ready, Task, split
from glassnet.parity.process import FrameworkError, Peer
from glassnet.training.loss_watch import rate_factors_of
from glassnet.training.run import Run
from glassnet.training.settings import Settings
from glassnet.training.stop_reason import StopKind
from glassnet.training.training import new_state

# How far two trainings that are both right drift apart, relative to the larger of 1 and the
# numbers themselves: rounding (1e-16 and 6e-8) grows along a trajectory by some powers of ten.
TOLERANCE = {"float64": 1e-10, "float32": 1e-3}
PREDICTED_ROWS = 1000  # the first so many samples are predicted after every epoch
CHUNK_BYTES = 16 * 2**20  # of parameters, predictions and row numbers that pass a pipe at once
CHUNK_WORK = 3e8  # weights times samples between two reports of progress: some tenths of a second
MOST_EPOCHS = 500  # in one chunk, so that small networks report progress too
FIRST_EPOCHS = 10  # in the first, so that it is soon seen how long it will take
REPORT_SECONDS = 1.0  # how often an iteration over Comparing comes back, about

COMPARED, MISSING, FAILED = "compared", "missing", "failed"


class Beyond(NamedTuple):
    """A difference that is too large: where it is first seen.

    Parameters
    ----------
    framework : str
        Whose it is.
    quantity : str
        What differs.
    epoch : int
        Where, counted from 1.
    difference : float
        By how much.
    tolerance : float
        What would have been accepted.
    """

    framework: str
    quantity: str
    epoch: int
    difference: float
    tolerance: float

    def __str__(self) -> str:
        if self.quantity == STOPPING:
            return f"{self.framework} stopped {self.difference:g} epochs apart, after {self.epoch}."
        return (
            f"{self.framework}: {self.quantity} differs by {self.difference:.2e} in epoch "
            f"{self.epoch}, which is more than {self.tolerance:g}."
        )


STOPPING = "stopping epoch"
REPETITION = "the repetition of the run"


@dataclass(frozen=True, eq=False)
class PeerResult:
    """The result of one framework.

    Parameters
    ----------
    framework : str
        Its name.
    status : {"compared", "missing", "failed"}
        Its status.
    quantities : tuple of str
        What was compared.
    differences : array of shape (epochs, n_quantities)
        Over the epochs that both did: max |ours - theirs| / max(1, max |ours|), so absolute for
        numbers below 1 and relative above.
    losses : array of shape (epochs,)
        Theirs.
    note : str
        How to install what is missing, or what failed.
    version : str
        Its version.
    timed : str
        What the seconds are of.
    conventions : tuple of str
        Where it defines a setting in another way, and what was done.
    seconds : float
        What training took.
    preparation : float
        What import and compilation took before.
    """

    framework: str
    status: str
    quantities: tuple[str, ...]
    differences: Array
    losses: Array
    note: str = ""
    version: str = ""
    timed: str = ""
    conventions: tuple[str, ...] = ()
    seconds: float = math.nan
    preparation: float = math.nan

    @property
    def epochs(self) -> int:
        """After how many epochs it stopped."""
        return len(self.losses)

    def largest(self, quantity: str) -> tuple[float, int]:
        """Return the largest difference of a quantity, and its epoch.

        Parameters
        ----------
        quantity : str
            Which one.

        Returns
        -------
        tuple of float and int
            The difference, and the epoch counted from 1.
        """
        column = self.differences[:, self.quantities.index(quantity)]
        if len(column) == 0:
            return math.nan, 0
        return float(column.max()), int(column.argmax()) + 1

    def beyond(self, tolerance: float) -> Beyond | None:
        """Return the first epoch with a difference above the tolerance.

        Parameters
        ----------
        tolerance : float
            The tolerance.

        Returns
        -------
        Beyond or None
            Where it is, and of which quantity.
        """
        places = np.argwhere(~(self.differences <= tolerance))
        if len(places) == 0:
            return None
        row, column = places[0]
        difference = float(self.differences[row, column])
        name = self.quantities[column]
        return Beyond(self.framework, name, int(row) + 1, difference, tolerance)


@dataclass(frozen=True, eq=False)
class Comparison:
    """One run, repeated in glassnet and in frameworks.

    Parameters
    ----------
    network : Network
        The network.
    settings : Settings
        How it was trained.
    engine : str
        The name of glassnet's engine.
    samples : int
        How many samples there are.
    run_epochs : int
        The epochs that the run did, not all of which need be compared.
    recorded : array of shape (epochs,)
        The losses of the run.
    repeated : array of shape (epochs,)
        Those of glassnet's repetition.
    losses : array of shape (n,)
        These up to the last epoch that ended with finite parameters.
    seconds : float
        What they took.
    total_seconds : float
        What the whole comparison took.
    peers : tuple of PeerResult
        The result of each framework.
    """

    network: Network
    settings: Settings
    engine: str
    samples: int
    run_epochs: int
    recorded: Array
    repeated: Array
    losses: Array
    seconds: float
    total_seconds: float
    peers: tuple[PeerResult, ...]

    @property
    def epochs(self) -> int:
        """After how many epochs glassnet stopped."""
        return len(self.losses)

    @property
    def compared(self) -> list[PeerResult]:
        """The frameworks that were there and trained."""
        return [peer for peer in self.peers if peer.status == COMPARED]

    @property
    def bit_for_bit(self) -> bool:
        """Whether the repetition has the very losses of the run."""
        return self.repeated.tobytes() == self.recorded.tobytes()

    @property
    def repetition(self) -> Array:
        """(epochs,): how far the repetition's losses are from the run's, as in `PeerResult`."""
        both = min(len(self.recorded), len(self.repeated))
        return _difference(self.recorded[:both], self.repeated[:both])

    def repeats(self, tolerance: float | None = None) -> bool:
        """Tell whether the repetition has the run's losses.

        Parameters
        ----------
        tolerance : float, optional
            The largest difference that counts as the same; that of the precision without it.

        Returns
        -------
        bool
            Whether it has.
        """
        return not self._repetition_beyond(self.tolerance(tolerance))

    def ratio(self, peer: PeerResult) -> float:
        """Return how many times as long an epoch takes in a framework as in glassnet.

        Parameters
        ----------
        peer : PeerResult
            The result of the framework.

        Returns
        -------
        float
            The ratio of the times.
        """
        ours = self.seconds / max(self.epochs, 1)
        return peer.seconds / max(peer.epochs, 1) / ours if ours > 0 else math.nan

    def tolerance(self, given: float | None = None) -> float:
        """Return the given tolerance, or that of the precision.

        Parameters
        ----------
        given : float, optional
            A tolerance.

        Returns
        -------
        float
            The tolerance that applies.
        """
        return TOLERANCE[self.settings.dtype] if given is None else given

    def beyond(self, tolerance: float | None = None) -> list[Beyond]:
        """Return where each framework first differs by more than the tolerance.

        The same of glassnet's own repetition against the run's losses. A stopping epoch must be the
        same; in float32, where the loss itself is not certain, those few epochs apart are accepted
        in which the loss is within the tolerance of the goal.

        Parameters
        ----------
        tolerance : float, optional
            That of the precision without it.

        Returns
        -------
        list of Beyond
            One entry a framework that differs.
        """
        tolerance = self.tolerance(tolerance)
        found = self._repetition_beyond(tolerance)
        for peer in self.compared:
            beyond = peer.beyond(tolerance)
            if beyond is None and not self._stopped_together(peer, tolerance):
                apart = abs(peer.epochs - self.epochs)
                beyond = Beyond(peer.framework, STOPPING, peer.epochs, apart, 0)
            if beyond is not None:
                found.append(beyond)
        return found

    def passed(self, tolerance: float | None = None) -> bool:
        """Tell whether some framework was compared, none failed, and none is beyond the tolerance.

        Parameters
        ----------
        tolerance : float, optional
            That of the precision without it.

        Returns
        -------
        bool
            Whether the numbers are the same.
        """
        failed = any(peer.status == FAILED for peer in self.peers)
        return bool(self.compared) and not failed and not self.beyond(tolerance)

    def _repetition_beyond(self, tolerance: float) -> list[Beyond]:
        places = np.flatnonzero(~(self.repetition <= tolerance))
        if len(places):
            difference = float(self.repetition[places[0]])
            return [Beyond(REPETITION, "loss", int(places[0]) + 1, difference, tolerance)]
        done = len(self.repeated)
        apart = abs(len(self.recorded) - done)
        return [Beyond(REPETITION, STOPPING, done, apart, 0)] if apart else []

    def _stopped_together(self, peer: PeerResult, tolerance: float) -> bool:
        if peer.epochs == self.epochs:
            return True
        longer = max(self.losses, peer.losses, key=len)
        apart = longer[min(peer.epochs, self.epochs) - 1 :]
        near = np.abs(apart - self.settings.goal) <= tolerance
        return self.settings.dtype == "float32" and bool(near.all())

    def to_dict(self, tolerance: float | None = None) -> dict[str, Any]:
        """Return all but the differences of every single epoch, as JSON can hold it.

        Parameters
        ----------
        tolerance : float, optional
            That of the precision without it.

        Returns
        -------
        dict
            The comparison.
        """
        tolerance = self.tolerance(tolerance)
        return {
            "passed": self.passed(tolerance),
            "tolerance": tolerance,
            "beyond": [beyond._asdict() for beyond in self.beyond(tolerance)],
            "network": {
                "sizes": list(self.network.sizes),
                "activation": list(self.network.activation),
                "loss": self.network.loss,
            },
            "samples": self.samples,
            "optimizer": repr(self.settings.optimizer),
            "dtype": self.settings.dtype,
            "difference": "max |glassnet - framework| / max(1, max |glassnet|)",
            "predicted_samples": min(self.samples, PREDICTED_ROWS),
            "run_epochs": self.run_epochs,
            "repetition": {
                "bit_for_bit": self.bit_for_bit,
                "largest_difference": float(self.repetition.max(initial=0)),
            },
            "glassnet": {
                "engine": self.engine,
                "epochs": self.epochs,
                "loss": float(self.losses[-1]) if self.epochs else None,
                "seconds": self.seconds,
            },
            "frameworks": [self._peer_dict(peer) for peer in self.peers],
            "total_seconds": self.total_seconds,
        }

    def _peer_dict(self, peer: PeerResult) -> dict[str, Any]:
        if peer.status != COMPARED:
            return {"framework": peer.framework, "status": peer.status, "note": peer.note}
        largest = {quantity: peer.largest(quantity) for quantity in peer.quantities}
        return {
            "framework": peer.framework,
            "status": peer.status,
            "version": peer.version,
            "epochs": peer.epochs,
            "largest_differences": {
                quantity: {"difference": value if epoch else None, "epoch": epoch}
                for quantity, (value, epoch) in largest.items()
            },
            "timed": peer.timed,
            "seconds": peer.seconds,
            "ratio_to_glassnet": self.ratio(peer),
            "preparation_seconds": peer.preparation,
            "conventions": list(peer.conventions),
        }


def compare(
    run: Run, frameworks: Sequence[str] = tuple(FRAMEWORKS), *, epochs: int | None = None
) -> Comparison:
    """Repeat a run in glassnet and in each framework; compare loss, W, b and predictions.

    All begin at the run's start and take the same rows in the same order with the same neurons
    left out, as the run's seed draws them, at the same learning rates: those of the schedule,
    where `Plateau`'s are the ones that the run's own losses led to. Each stops at the run's goal
    by itself. Early stopping is left out. A framework that is not installed, or fails, is in the
    result with a note. To watch it, iterate over a `Comparing` instead.

    Parameters
    ----------
    run : Run
        The run to repeat.
    frameworks : sequence of str
        Names of frameworks, see FRAMEWORKS.
    epochs : int, optional
        How many epochs are compared; all that the run did without it.

    Returns
    -------
    Comparison
        The losses, the differences and the times.

    Raises
    ------
    InputError
        For an unknown framework, an optimizer that has no counterpart there, or a run without
        samples or epochs.
    """
    with Comparing(run, frameworks, epochs=epochs) as comparing:
        for _ in comparing:
            pass
        return comparing.comparison


class Comparing:
    """A comparison in progress; iterate over it within `with`.

    Each step yields how many of at most `limit` epochs are done; when the iteration has ended,
    `comparison` is the result. Leaving the block ends the frameworks' processes.

    Parameters
    ----------
    run : Run
        The run to repeat.
    frameworks : sequence of str
        Names of frameworks, see FRAMEWORKS.
    epochs : int, optional
        How many epochs are compared; all without it.
    """

    def __init__(
        self,
        run: Run,
        frameworks: Sequence[str] = tuple(FRAMEWORKS),
        *,
        epochs: int | None = None,
    ) -> None:
        names = _checked_frameworks(frameworks)
        samples = _checked_run(run)
        self.run = run
        self.network = run.network
        self.settings = run.settings
        self.limit = _limit(run, epochs)
        self._began = time.perf_counter()
        self._batches = Batches(*samples, run.settings.batch_size or len(samples.X))
        self._predicted = samples.X[:PREDICTED_ROWS]
        self._state = new_state(run.start, run.settings)
        self._generator = new_state(run.start, run.settings).generator  # draws the same again
        factors = rate_factors_of(run, 0, self.limit)
        self._factors = np.ones(self.limit) if factors is None else factors
        self._task = self._new_task()
        self._losses: list[Array] = []
        self._repeated: list[Array] = []
        self._seconds = 0.0
        self._ended = False
        self._done = 0
        self._tracks = [_Track(name, self._task, self._predicted) for name in names]

    def __enter__(self) -> Comparing:
        return self

    def __exit__(self, *_: object) -> None:
        for track in self._tracks:
            track.close()

    @property
    def comparison(self) -> Comparison:
        """The result so far; the whole of it once the iteration has ended."""
        return Comparison(
            network=self.network,
            settings=self.settings,
            engine=self.run.engine.name,
            samples=len(self._batches.X),
            run_epochs=len(self.run.history.loss),
            recorded=self.run.history.loss[: self.limit],
            repeated=np.concatenate([np.empty(0), *self._repeated]),
            losses=np.concatenate([np.empty(0), *self._losses]),
            seconds=self._seconds,
            total_seconds=time.perf_counter() - self._began,
            peers=tuple(track.result() for track in self._tracks),
        )

    def __iter__(self) -> Iterator[int]:
        for track in self._tracks:
            track.wait()
        yield self._done
        epochs = FIRST_EPOCHS
        while self._done < self.limit:
            tracks = [track for track in self._tracks if track.going]
            if self._ended and not tracks:
                return
            began = time.perf_counter()
            epochs = min(epochs, self._task.most_epochs, self.limit - self._done)
            course = self._course(epochs)
            ours = self._advance(epochs)
            # One after the other, so that each has the processors to itself while it is timed.
            for track in tracks:
                track.advance(course, ours)
            self._done += epochs
            yield self._done
            seconds = time.perf_counter() - began
            epochs = max(1, min(10 * epochs, int(epochs * REPORT_SECONDS / seconds)))

    def _new_task(self) -> Task:
        X, Y, weight, batch_size = self._batches
        n_samples = len(X)
        n_numbers = self.network.n_parameters + self._predicted.shape[0] * self.network.sizes[-1]
        if batch_size < n_samples:
            n_numbers += n_samples  # the order of the rows
        if self._state.dropout:
            n_numbers += n_samples * sum(self.network.sizes[1:-1]) // 8  # one byte a neuron
        work = self.network.n_parameters * n_samples
        most = min(MOST_EPOCHS, CHUNK_BYTES // (8 * n_numbers), int(CHUNK_WORK / work))
        return Task(
            network=self.network,
            start=self._state.parameters.vector,
            optimizer=self.settings.optimizer,
            penalty=self._state.penalty,
            X=X,
            Y=Y,
            weight=np.ones(n_samples, X.dtype) if weight is None else weight,
            batch_size=batch_size,
            goal=self.settings.goal,
            most_epochs=max(most, 1),
            max_norm=self._state.max_norm,
            dropout=self._state.dropout,
        )

    def _course(self, epochs: int) -> Course:
        """Orders and masks as the engine draws them, and the factors of the learning rate."""
        course = Course.plain(self._task, epochs)
        course.rate_factors[:epochs] = self._factors[self._done : self._done + epochs]
        # The very draw of the engine, of numbers of rows instead of rows.
        rows = np.arange(len(self._batches.X), dtype=np.float64)
        batches = Batches(rows, rows, None, self._batches.batch_size)
        for e in range(epochs):
            if course.kept:
                masks = Dropout(self._task.dropout, drawn_key(self._generator))
                for kept, mask in zip(
                    course.kept, masks.masks(self.network, len(rows)), strict=True
                ):
                    kept[e] = mask.T != 0
            if not self._task.full_batch:
                drawn = [batch for batch, _, _ in batches.draw(self._generator)]
                course.orders[e] = np.concatenate(drawn)
        return course

    def _advance(self, epochs: int) -> Done:
        """glassnet's own losses, parameters and predictions of the next epochs."""
        if self._ended:
            return self._nothing()
        factors = self._factors[self._done : self._done + epochs]
        limits = Limits(epochs, Event(), self.settings.goal, 1, factors)
        engine = self.run.engine
        began = time.perf_counter()
        progress = engine.advance(self._state, self._batches, limits)
        seconds = time.perf_counter() - began
        self._seconds += seconds
        self._ended = progress.stop is not Stop.EPOCHS_DONE
        losses = progress.losses[: len(progress.snapshots)]
        self._losses.append(losses)
        self._repeated.append(progress.losses)
        outputs = [
            engine.outputs(self.network, Parameters(self.network, vector), self._predicted)
            for vector in progress.snapshots
        ]
        return Done(losses, progress.snapshots, np.array(outputs), seconds)

    def _nothing(self) -> Done:
        rows, n_out = len(self._predicted), self.network.sizes[-1]
        vectors = np.empty((0, self.network.n_parameters))
        return Done(np.empty(0), vectors, np.empty((0, rows, n_out)), 0.0)


class _Track:
    """One framework training in step with glassnet."""

    def __init__(self, framework: str, task: Task, X: Array) -> None:
        self.framework = framework
        self._network = task.network
        self._goal = task.goal
        self._about: Ready | None = None
        self._seconds = 0.0
        self._losses: list[Array] = []
        self._differences: list[Array] = []
        self._failure = ""
        installed = find_spec(FRAMEWORKS[framework].module) is not None
        self._peer = Peer(framework, task, X) if installed else None
        self.going = installed

    def wait(self) -> None:
        """Wait until the framework is ready."""
        if self._peer is not None:
            try:
                self._about = self._peer.ready()
            except FrameworkError as error:
                self._fail(error)

    def advance(self, course: Course, ours: Done) -> None:
        """Let it train some epochs and compare them with ours."""
        assert self._peer is not None
        try:
            theirs = _finite(self._peer.advance(course))
        except FrameworkError as error:
            self._fail(error)
            return
        self._seconds += theirs.seconds
        self._losses.append(theirs.losses)
        self._differences.append(_differences(self._network, ours, theirs))
        n_done = len(theirs.losses)
        self.going = n_done == course.epochs and not theirs.losses[-1] < self._goal

    def close(self) -> None:
        """End its process."""
        if self._peer is not None:
            self._peer.close()

    def result(self) -> PeerResult:
        """Return its result."""
        quantities = _quantities(self._network)
        return PeerResult(
            framework=self.framework,
            status=self._status,
            quantities=quantities,
            differences=np.concatenate([np.empty((0, len(quantities))), *self._differences]),
            losses=np.concatenate([np.empty(0), *self._losses]),
            note=self._note,
            seconds=self._seconds,
            **({} if self._about is None else self._about._asdict()),
        )

    @property
    def _status(self) -> str:
        if self._peer is None:
            return MISSING
        return FAILED if self._failure else COMPARED

    @property
    def _note(self) -> str:
        if self._peer is None:
            package = FRAMEWORKS[self.framework].package
            return f"{self.framework} is not installed: pip install {package}"
        return self._failure

    def _fail(self, error: FrameworkError) -> None:
        self._failure = f"{self.framework} failed: {error}"
        self.going = False


def _checked_frameworks(frameworks: Sequence[str]) -> tuple[str, ...]:
    instance_of("frameworks", frameworks, str, list, tuple)
    names = (frameworks,) if isinstance(frameworks, str) else tuple(frameworks)
    known = ", ".join(FRAMEWORKS)
    if not names:
        raise InputError(f"There is no framework to compare with: choose from {known}.")
    for name in names:
        if not (isinstance(name, str) and name in FRAMEWORKS):
            raise InputError(f"Unknown framework {shown(name)}: choose from {known}.")
    return tuple(dict.fromkeys(names))


def _checked_run(run: Run) -> Samples:
    """The samples of a run that can be repeated elsewhere. Raises InputError if it cannot."""
    instance_of("run", run, Run)
    refuse_labels(run.network)
    if isinstance(run.settings.optimizer, LBFGS):
        raise InputError(
            "A run with L-BFGS cannot be compared: every framework's line search takes steps of "
            "other lengths, so that their numbers differ though none is wrong."
        )
    if type(run.settings.optimizer) not in (GradientDescent, Adam, AdamW, RMSprop):
        raise InputError(
            "Only gradient descent, Adam, AdamW and RMSprop can be compared with frameworks, not "
            f"{type(run.settings.optimizer).__name__}."
        )
    if len(run.history.loss) == 0:
        raise InputError(f"This run has no epochs to compare. {run.explanation}")
    return samples_of(run)


def samples_of(run: Run) -> Samples:
    """Return the samples that a run was trained on.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    Samples
        Its samples.

    Raises
    ------
    InputError
        If they were not saved with it.
    """
    instance_of("run", run, Run)
    if run.samples is None:
        raise InputError(
            "The samples of this run were not saved with it, because they take more than 64 MiB, "
            "so that it cannot be repeated: train on fewer rows, or in Python give "
            "glassnet.parity.compare the run that glassnet.train returns."
        )
    return run.samples


def _limit(run: Run, epochs: int | None) -> int:
    """How many epochs to compare. Where the run stopped by itself one more, not to miss who does
    not.
    """
    by_itself = run.stop_reason.kind in (StopKind.LOSS_BELOW, StopKind.DIVERGED)
    limit = len(run.history.loss) + by_itself
    return limit if epochs is None else min(whole_number("epochs", epochs, 1), limit)


def _quantities(network: Network) -> tuple[str, ...]:
    layers = range(1, network.n_layers + 1)
    return ("loss", *(f"{letter}{l}" for l in layers for letter in "Wb"), "predictions")


def _finite(done: Done) -> Done:
    """The epochs before the first with a loss or a parameter that is not finite."""
    bad = ~(np.isfinite(done.losses) & np.isfinite(done.vectors).all(axis=1))
    n_good = int(bad.argmax()) if bad.any() else len(bad)
    good = slice(n_good)
    return Done(done.losses[good], done.vectors[good], done.outputs[good], done.seconds)


def _differences(network: Network, ours: Done, theirs: Done) -> Array:
    """(epochs, n_quantities) of the epochs that both did; see `PeerResult`."""
    both = slice(min(len(ours.losses), len(theirs.losses)))
    mine, other = (
        [
            done.losses[both, np.newaxis],
            *(array for layer in split(network, done.vectors[both]) for array in layer),
            done.outputs[both],
        ]
        for done in (ours, theirs)
    )
    return np.stack([_difference(a, b) for a, b in zip(mine, other, strict=True)], axis=1)


def _difference(ours: Array, theirs: Array) -> Array:
    """(epochs,): max |ours - theirs| / max(1, max |ours|), in float64."""
    if len(ours) == 0:  # one of them did not come through a single epoch
        return np.empty(0)
    ours, theirs = (array.reshape(len(array), -1).astype(np.float64) for array in (ours, theirs))
    scale = np.maximum(1, np.abs(ours).max(axis=1))
    return np.abs(ours - theirs).max(axis=1) / scale
