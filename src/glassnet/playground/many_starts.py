"""Many starts of one training beside it: how many learn, how fast, and which get stuck.

Each is trained by `train_many`, so that it has the very digits of the same seed on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from threading import Event
from typing import Any

import numpy as np

from glassnet.core.metrics import wilson_interval
from glassnet.core.parameters import Array
from glassnet.engines.compiled import CompiledEngine, built, default_threads
from glassnet.engines.interface import Engine
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import InputError
from glassnet.playground.jobs import Job, Jobs
from glassnet.playground.protocol import Starts, Tell
from glassnet.playground.scenario import OPENED, Scenario
from glassnet.playground.timeline import Timeline
from glassnet.training.many_starts import PartSizes, TrainedStart, train_starts
from glassnet.training.stuck import Ending, ending

MOST_SEEDS = 10_000
MOST_SECONDS = 1800.0  # that all of them may take, by the estimate below
PROGRESS_SECONDS = 0.25  # between two messages
LOSS_BYTES = 2**27  # for the losses of a chunk, every epoch of them
LARGEST = 1e30  # loss that is drawn
MARKS = 240  # epochs at which losses are kept
GAP = 1.03  # from one level at which training rests to the next
MOST_GROUPS = 12
MOST_NAMED = 12  # seeds of a group
BINS = 24
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_SORTED = 1500  # runs whose losses are sorted for the quantiles while more are trained
# How many single curves there are of each kind; those that learn get what is left of MOST_CURVES.
SHOWN = {Ending.STUCK: 20, Ending.FALLING: 12, Ending.DIVERGED: 8}
MOST_CURVES = 60


@dataclass(frozen=True)
class Trained:
    """How the training of one seed ended, and its loss at the first few of the marks."""

    seed: int
    state: Ending
    epochs: int
    loss: float  # that its last update was computed from; not a number if none was finite
    curve: Array

    @classmethod
    def of(cls, start: TrainedStart, marks: np.ndarray) -> Trained:
        """Return what is kept of a start."""
        losses, epochs = start.losses, len(start.losses)
        final = float(losses[-1]) if epochs else float("nan")
        curve = np.minimum(losses[marks[marks <= epochs] - 1], LARGEST)
        return cls(start.seed, ending(start.kind, start.fell), epochs, final, curve)


class ManyStarts:
    """Trains many starts beside the session, one batch at a time, and says how it goes."""

    def __init__(self, tell: Tell, jobs: Jobs) -> None:
        self._tell = tell
        self._jobs = jobs
        self._batch: Batch | None = None
        self._job: Job | None = None
        self._told = 0.0  # when it was said how it goes

    @property
    def is_running(self) -> bool:
        """Whether starts are being trained."""
        return self._job is not None

    def begin(self, timeline: Timeline, n: int, now: float) -> None:
        """Train the starts of the seeds 0 to n - 1 with the settings of a timeline.

        Raises InputError for more than can be done, and while others are trained.
        """
        if self._job is not None:
            raise InputError("Many starts are being trained already: stop them first.")
        self._batch = Batch(timeline, n, now)
        self._job = self._jobs.start(self._batch)
        self._told = now

    def poll(self, now: float) -> None:
        """Take up those that have been trained, and say how it goes."""
        if self._job is None or self._batch is None:
            return
        trained, is_over = self._job.poll()
        self._batch.trained += chain.from_iterable(trained)
        if is_over:
            self._job = None
        if is_over or (trained and now - self._told >= PROGRESS_SECONDS):
            self._tell(self._batch.described(now, running=not is_over))
            self._told = now

    def stop(self, now: float) -> None:
        """Train no more of them."""
        if self._job is not None and self._batch is not None:
            self.close()
            self._tell(self._batch.described(now, running=False))

    def close(self) -> None:
        """Give up those that are being trained."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def training_of(self, seed: int, theirs: Scenario | None = None) -> tuple[Scenario, int]:
        """What was trained from a seed, and for how many epochs. Raises InputError.

        `theirs` is what the starts were of, for who has them from a session that is gone.
        """
        if self._batch is not None:
            return self._batch.training_of(seed)
        if theirs is None:
            raise InputError("No starts have been trained here yet.")
        spec = theirs.now.changed({"seed": seed})
        return Scenario(spec, points=theirs.points), spec.max_epochs


class Batch:
    """The starts of one training by their seeds; `trained` are those that have come to an end.

    Raises InputError where all starts are the same, there is no goal, or there is too much to do.
    """

    def __init__(self, timeline: Timeline, n: int, now: float = 0.0) -> None:
        if not 1 <= n <= MOST_SEEDS:
            raise InputError(f"Ask for 1 to {MOST_SEEDS:,} starts, not {n!r:.40}.")
        self.n = n
        self.spec = timeline.scenario.now
        self.trained: list[Trained] = []
        self._timeline = timeline
        self._engine, self._threads = _background_engine()
        self._began = now
        self._check()
        # Closer in the beginning, where most happens.
        marks = np.geomspace(1, self.spec.max_epochs, MARKS)
        self._marks = np.unique(np.rint(marks).astype(np.int64))

    def _check(self) -> None:
        spec, n_samples = self.spec, len(self._timeline.trained_on[0])
        batch = min(spec.batch_size or n_samples, n_samples)
        if spec.initialiser in ("zeros", OPENED) and batch == n_samples:
            raise InputError("Every seed begins with the same weights here: choose another start.")
        if spec.stop_below is None:
            raise InputError("Only a goal tells who gets stuck: set a loss to stop below.")
        if spec.cosine_epochs is not None:
            raise InputError(
                "Many starts are trained at a rate that stays: empty the field rate 0 by epoch."
            )
        updates = -(-n_samples // batch)
        epoch = self._timeline.network.n_parameters * (n_samples + 8 * updates)
        rate = 1e9 if built() else 1e7  # of these a second; most networks are faster
        seconds = self.n * spec.max_epochs * epoch / rate / self._threads
        if seconds > MOST_SECONDS:
            raise InputError(
                f"These {self.n:,} starts of up to {spec.max_epochs:,} epochs may take "
                f"{seconds / 60:,.0f} minutes: ask for fewer starts, or for fewer epochs."
            )

    def pieces(self, stop: Event, seconds: float) -> Iterator[list[Trained]]:
        """Train a few at a time. What is stopped halfway does not count."""
        most = max(LOSS_BYTES // (8 * self.spec.max_epochs), 1)
        sizes = PartSizes(2 * self._threads, seconds, most)
        for seeds in sizes.parts(range(self.n)):
            with np.errstate(all="ignore"):  # one that diverges says so itself
                starts = self._train(seeds, stop)
            if stop.is_set():
                return
            yield [Trained.of(start, self._marks) for start in starts]

    def _train(self, seeds: Sequence[int], stop: Event) -> list[TrainedStart]:
        timeline, spec = self._timeline, self.spec
        initial = timeline.initial
        return train_starts(
            timeline.network,
            timeline.samples.chosen(~timeline.held_out),
            spec.settings(),
            seeds,
            engine=self._engine,
            parameters=[
                initial.start_of(replace(spec, seed=seed), timeline.network) for seed in seeds
            ],
            stop=stop,
            keep_parameters=False,
        )

    def training_of(self, seed: int) -> tuple[Scenario, int]:
        """What was trained from a seed, and for how many epochs. Raises InputError."""
        if not 0 <= seed < len(self.trained):
            raise InputError(f"Seed {seed} is not among those that have been trained.")
        scenario = Scenario(replace(self.spec, seed=seed), points=self._timeline.scenario.points)
        return scenario, self.trained[seed].epochs

    # --- what came of them

    def described(self, now: float, *, running: bool) -> Starts:
        """Return what has come of all that have been trained."""
        done = len(self.trained)
        seconds = now - self._began
        return {
            "kind": "seeds",
            "running": running,
            "n": self.n,
            "done": done,
            "seconds_left": seconds / done * (self.n - done) if done else None,
            "spec": asdict(self.spec),
            "states": {state: len(self._of(state)) for state in Ending},
            "share": self._share(),
            "groups": self._groups(),
            "histogram": self._histogram(),
            "epochs": self._marks.tolist(),
            "bands": self._bands(),
            "curves": [_curve(one) for one in self._shown()],
        }

    def _of(self, state: Ending) -> list[Trained]:
        return [one for one in self.trained if one.state == state]

    def _share(self) -> list[float] | None:
        """The share that reached the goal, and between which the true one lies (95 percent)."""
        if not self.trained:
            return None
        done = np.array([float(len(self.trained))])
        share = np.array([float(len(self._of(Ending.REACHED)))]) / done
        low, high = wilson_interval(share, done)
        return [share.item(), low.item(), high.item()]

    def _groups(self) -> list[dict[str, Any]]:
        """Who did not learn: by the level at which the loss rests, and those that rest nowhere."""
        stuck = sorted(self._of(Ending.STUCK), key=lambda one: one.loss)
        levels: list[list[Trained]] = []
        for one in stuck:
            if levels and one.loss <= GAP * levels[-1][-1].loss:
                levels[-1].append(one)
            else:
                levels.append([one])
        levels = sorted(levels, key=len, reverse=True)[:MOST_GROUPS]
        groups = [(Ending.STUCK, level) for level in levels]
        groups += [(state, self._of(state)) for state in (Ending.FALLING, Ending.DIVERGED)]
        return [_group(state, members) for state, members in groups if members]

    def _histogram(self) -> dict[str, Any]:
        """How many reached the goal in each of equal stretches of epochs."""
        epochs = [one.epochs for one in self._of(Ending.REACHED)]
        counts, edges = np.histogram(epochs, bins=BINS, range=(0, max(epochs, default=1)))
        fastest = sorted(self._of(Ending.REACHED), key=lambda one: one.epochs)
        named = {"fastest": fastest[:1], "median": fastest[len(fastest) // 2 :][:1]}
        named["slowest"] = fastest[-1:]
        return {
            "counts": counts.tolist(),
            "edges": edges.tolist(),
            "named": [
                {"name": name, "seed": one.seed, "epochs": one.epochs}
                for name, (one,) in named.items()
            ]
            if fastest
            else [],
        }

    def _bands(self) -> list[list[float]]:
        """Quantiles over all runs, a row each, at the marks; who has ended keeps the last loss."""
        some = [one for one in self.trained if len(one.curve)]
        if not some:
            return []
        if len(some) < self.n:
            some = some[:: -(-len(some) // MOST_SORTED)]
        losses = np.empty((len(some), len(self._marks)), np.float32)
        for row, one in zip(losses, some, strict=True):
            row[: len(one.curve)] = one.curve
            row[len(one.curve) :] = min(one.loss, LARGEST)
        longest = int(np.searchsorted(self._marks, max(one.epochs for one in some), "right"))
        bands = np.quantile(losses[:, :longest], QUANTILES, axis=0)
        return [_short(band) for band in bands]

    def _shown(self) -> list[Trained]:
        """Some runs of each kind; of those that learned, from the fastest to the slowest."""
        chosen = [one for state, most in SHOWN.items() for one in self._of(state)[:most]]
        reached = sorted(self._of(Ending.REACHED), key=lambda one: one.epochs)
        room = min(MOST_CURVES - len(chosen), len(reached))
        return chosen + [reached[place * len(reached) // room] for place in range(room)]


def _background_engine() -> tuple[Engine, int]:
    """An engine that leaves a processor to the rest of the page, and its threads."""
    if not built():
        return ReferenceEngine(), 1
    threads = max(default_threads() - 1, 1)
    return CompiledEngine(threads=threads), threads


def _group(state: Ending, members: list[Trained]) -> dict[str, Any]:
    finite = [one.loss for one in members if np.isfinite(one.loss)]
    return {
        "state": state,
        "n": len(members),
        "loss": float(np.median(finite)) if finite else None,
        "seeds": sorted(one.seed for one in members)[:MOST_NAMED],
    }


def _curve(one: Trained) -> dict[str, Any]:
    return {
        "seed": one.seed,
        "state": one.state,
        "epochs": one.epochs,
        "loss": one.loss if np.isfinite(one.loss) else None,
        "at": _short(one.curve),
    }


def _short(values: Array) -> list[float]:
    """Values in four digits, which are enough to draw."""
    return [float(f"{value:.4g}") for value in values]
