"""Cross-fitting: candidates trained on folds, chosen and weighed by the rows they had not seen.

Every row is predicted by networks that were trained without it. These predictions choose among
the candidates, say how certain to be, and are the estimate of how good the ensemble is; and no
row is given away, for each network of each fold is a member of it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Event
from typing import Any

import numpy as np

from glassnet import engines
from glassnet.core.losses import loss_of
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.engines.interface import Engine, Stop
from glassnet.errors import InputError
from glassnet.models.ensemble import Ensemble, Member
from glassnet.training.checkpoint import (
    Checkpoint,
    part,
    restore_state,
    state_arrays,
    state_facts,
)
from glassnet.training.folds import Fold
from glassnet.training.progress import ProgressBar
from glassnet.training.selection import (
    Score,
    best_temperature,
    greedy_weights,
    mean_loss,
    mean_score,
)
from glassnet.training.settings import Settings
from glassnet.training.signals import ctrl_c_sets
from glassnet.training.train_many import ManyTrainings

REPORT_SECONDS = 0.3  # how often an iteration comes back, about
Pair = tuple[int, int]  # of a candidate and a fold


@dataclass(frozen=True)
class Candidate:
    """A way to train: the features that are taken, and what differs in the settings."""

    name: str
    features: tuple[int, ...]
    l2: float
    dropout: float | tuple[float, ...] = 0.0


@dataclass(frozen=True)
class Screening:
    """How many folds all candidates are trained on first, and how many of them go on to the rest.

    With as many folds as there are, all candidates are trained on all.
    """

    folds: int
    survivors: int


@dataclass(frozen=True)
class Tried:
    """What a candidate got: its loss on rows held out, and what it counts in the ensemble."""

    candidate: Candidate
    loss: Score
    folds: int
    weight: float


@dataclass(frozen=True, eq=False)
class Selection:
    """The result: the ensemble, what was tried, and the logits of rows held out.

    `logits` (n_samples, n_outputs) are averaged and divided by the temperature as the ensemble
    does it, but only over networks that had not seen the row; nan where there are none.
    """

    ensemble: Ensemble
    tried: tuple[Tried, ...]
    logits: Array

    @property
    def rows(self) -> np.ndarray:
        """The rows that were predicted by networks that had not seen them."""
        return np.flatnonzero(~np.isnan(self.logits[:, 0]))


class CrossFitting:
    """Trainings of all candidates on all folds. Iterate over it to let them go on.

    Each step trains for a few tenths of a second and yields the share that is done, from 0 to 1.
    Then `selection` is what came of it. `checkpoint()` between steps, and `resume` of it in
    another of the same data and settings, equal never having stopped, bit for bit.

    Parameters
    ----------
    samples : Samples
        X with the features of all candidates, the targets, and what each row counts.
    network : Network
        The network of a candidate that takes all features; others have fewer inputs.
    candidates : sequence of Candidate
        The candidates.
    folds : sequence of Fold
        The rows to train on and to hold out.
    settings : Settings
        How to train, but for what a candidate says; fold i draws from seed + i.
    initialiser : str
        How the starts are drawn.
    screening : Screening
        Which candidates are trained on which folds.
    engine : Engine
        What computes.
    """

    def __init__(
        self,
        samples: Samples,
        network: Network,
        candidates: Sequence[Candidate],
        folds: Sequence[Fold],
        settings: Settings,
        initialiser: str,
        screening: Screening,
        engine: Engine,
    ) -> None:
        self.samples, self.network, self.settings = samples, network, settings
        self.candidates, self.folds = tuple(candidates), tuple(folds)
        self.initialiser, self.screening, self.engine = initialiser, screening, engine
        self.asked_to_stop = Event()
        self._done: dict[Pair, Parameters] = {}
        self._logits: dict[Pair, Array] = {}  # of the rows that the fold holds out
        self._running: tuple[list[Pair], ManyTrainings] | None = None
        self.diverged = 0  # trainings that were ended by a number that is not finite

    def __iter__(self) -> Iterator[float]:
        epochs = 1
        while (running := self._next()) is not None:
            pairs, trainings = running
            began = time.perf_counter()
            first = min(state.epoch for state in trainings.states)
            trainings.advance_to(min(first + epochs, self.settings.max_epochs), self.asked_to_stop)
            if self.asked_to_stop.is_set():
                return
            seconds = max(time.perf_counter() - began, 1e-6)
            epochs = max(1, min(8 * epochs, int(epochs * REPORT_SECONDS / seconds)))
            if all(trainings.states[i].epoch >= self.settings.max_epochs for i in trainings.live):
                self._finish(pairs, trainings)
                self._running, epochs = None, 1
            yield self.share_done

    def seconds_expected(self) -> float:
        """Return about how long it takes: an epoch of each kind of network is tried.

        Nothing of it is kept, and what is tried differs from what is trained in nothing.
        """
        seconds = 0.0
        for features in dict.fromkeys(one.features for one in self.candidates):
            same = [i for i, one in enumerate(self.candidates) if one.features == features]
            trainings = self._begin([(i, 0) for i in same])
            began = time.perf_counter()
            trainings.advance_to(1, Event())
            once = (time.perf_counter() - began) / len(same)
            seconds += (
                once * self.settings.max_epochs * self.total * len(same) / len(self.candidates)
            )
        return seconds

    def ending_on_ctrl_c(self) -> AbstractContextManager[None]:
        """Let Ctrl-C end the iteration, which `interrupted` then says."""
        return ctrl_c_sets(self.asked_to_stop)

    @property
    def interrupted(self) -> bool:
        """Whether it was asked to stop before the end."""
        return self.asked_to_stop.is_set()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the trainings went."""
        if not self.diverged:
            return ()
        return (
            f"{self.diverged} of {self.total} trainings diverged, and the last numbers that were "
            "finite were kept: lower the learning rate, or set clip_norm (--clip-norm 1).",
        )

    @property
    def epoch(self) -> int:
        """How many epochs of all trainings are done, about."""
        return round(self.share_done * self.total * self.settings.max_epochs)

    @property
    def total(self) -> int:
        """How many trainings there are in all."""
        n, first = len(self.candidates), min(self.screening.folds, len(self.folds))
        survivors = min(n, self.screening.survivors)
        return n * first + survivors * (len(self.folds) - first)

    @property
    def share_done(self) -> float:
        """How much of it is done, from 0 to 1."""
        running = 0.0
        if self._running is not None:
            pairs, trainings = self._running
            epochs = sum(state.epoch for state in trainings.states)
            running = min(len(pairs), epochs / self.settings.max_epochs)
        return min(1.0, (len(self._done) + running) / self.total)

    @property
    def survivors(self) -> list[int]:
        """The candidates with the least loss on the folds that all are trained on, best first."""
        losses = [self._loss(number)[0] for number in range(len(self.candidates))]
        best = np.argsort(losses, kind="stable")[: self.screening.survivors]
        return [int(number) for number in best]

    @cached_property
    def selection(self) -> Selection:
        """The ensemble, and what was tried."""
        chosen = [i for i in range(len(self.candidates)) if self._folds_of(i) == len(self.folds)]
        held_out = np.concatenate([fold.held_out for fold in self.folds])
        z = np.stack(
            [np.concatenate([self._logits[i, k] for k in range(len(self.folds))]) for i in chosen]
        ).astype(np.float64)
        own = self.samples.chosen(held_out)
        loss, Y = self.network.loss, np.asarray(own.Y, np.float64)
        weights = dict(zip(chosen, greedy_weights(loss, z, Y, own.weight), strict=True))
        average = np.tensordot([weights[i] for i in chosen], z, 1)
        temperature = best_temperature(loss, average, Y, own.weight)
        logits = np.full((len(self.samples.X), z.shape[2]), np.nan)
        logits[held_out] = average / temperature
        members = [
            Member(
                self._done[i, k],
                self.candidates[i].features,
                float(weights[i]) / len(self.folds),
                f"{self.candidates[i].name}, fold {k + 1}",
                k + 1,
            )
            for i in chosen
            for k in range(len(self.folds))
            if weights[i] > 0
        ]
        return Selection(
            Ensemble(tuple(members), self.samples.X.shape[1], temperature),
            tuple(
                Tried(
                    candidate,
                    mean_score(self._loss(i)[1]),
                    self._folds_of(i),
                    float(weights.get(i, 0.0)),
                )
                for i, candidate in enumerate(self.candidates)
            ),
            logits,
        )

    # Trainings, one network's at a time

    def _next(self) -> tuple[list[Pair], ManyTrainings] | None:
        """The trainings that go on, or those to begin; None when all are done."""
        if self._running is None:
            pairs = self._missing()
            if not pairs:
                return None
            features = self.candidates[pairs[0][0]].features
            pairs = [pair for pair in pairs if self.candidates[pair[0]].features == features]
            self._running = pairs, self._begin(pairs)
        return self._running

    def _missing(self) -> list[Pair]:
        """The pairs of the first round that are not done, or else those of the second."""
        n = min(self.screening.folds, len(self.folds))
        first = [(i, k) for i in range(len(self.candidates)) for k in range(n)]
        missing = [pair for pair in first if pair not in self._done]
        if missing:
            return missing
        second = [(i, k) for i in sorted(self.survivors) for k in range(n, len(self.folds))]
        return [pair for pair in second if pair not in self._done]

    def _begin(self, pairs: list[Pair]) -> ManyTrainings:
        features = list(self.candidates[pairs[0][0]].features)
        network = self._network(features)
        samples = self.samples
        if len(features) < samples.X.shape[1]:
            samples = samples._replace(X=np.ascontiguousarray(samples.X[:, features]))
        settings = [
            replace(
                self.settings,
                l2=self.candidates[i].l2,
                dropout=self.candidates[i].dropout,
                seed=self.settings.seed + k,
            )
            for i, k in pairs
        ]
        starts = [Parameters.initial(network, self.initialiser, own.seed) for own in settings]
        starts = [Parameters(network, p.vector.astype(self.settings.dtype)) for p in starts]
        rows = [self.folds[k].training for _, k in pairs]
        return ManyTrainings.of(samples, starts, settings, rows, self.engine)

    def _network(self, features: Sequence[int]) -> Network:
        whole = self.network
        return Network((len(features), *whole.sizes[1:]), whole.activation, whole.loss)

    def _finish(self, pairs: list[Pair], trainings: ManyTrainings) -> None:
        """Keep the parameters, and let each network predict the rows that it has not seen."""
        self.diverged += sum(stop is Stop.NOT_FINITE for stop in trainings.stops)
        for pair, state in zip(pairs, trainings.states, strict=True):
            self._keep(pair, state.parameters)

    def _keep(self, pair: Pair, parameters: Parameters) -> None:
        i, k = pair
        features = list(self.candidates[i].features)
        X = np.ascontiguousarray(self.samples.X[self.folds[k].held_out][:, features])
        self._done[pair] = parameters
        self._logits[pair] = logits_of(parameters, X, self.engine)

    def _folds_of(self, candidate: int) -> int:
        return sum((candidate, k) in self._done for k in range(len(self.folds)))

    def _loss(self, candidate: int) -> tuple[float, Array]:
        """The average loss on the rows held out so far, and that of each of these rows."""
        folds = [k for k in range(len(self.folds)) if (candidate, k) in self._done]
        own = self.samples.chosen(np.concatenate([self.folds[k].held_out for k in folds]))
        z = np.concatenate([self._logits[candidate, k] for k in folds]).astype(np.float64)
        Y = np.asarray(own.Y, np.float64)
        with np.errstate(over="ignore", invalid="ignore"):  # of networks that diverged
            losses = loss_of(self.network).per_sample(z.T, Y.T)
        return mean_loss(self.network.loss, z, Y, own.weight), losses

    # To be stopped and taken up

    @cached_property
    def origin(self) -> dict[str, Any]:
        """What must be the same when it is resumed, in words and fingerprints."""
        folds = hashlib.sha256()
        for fold in self.folds:
            for rows in fold:
                folds.update(np.ascontiguousarray(rows, np.int64).tobytes() + b";")
        return {
            "network": json.loads(self.network.to_json()),
            "settings": json.loads(self.settings.to_json()),
            "candidates": [
                [one.name, list(one.features), one.l2, one.dropout] for one in self.candidates
            ],
            "screening": [self.screening.folds, self.screening.survivors],
            "folds": folds.hexdigest(),
            "data": self.samples.fingerprint(),
            "engine": self.engine.name,
        }

    def checkpoint(self) -> Checkpoint:
        """Return all that was done without the data, for `resume`."""
        done = list(self._done)
        arrays = {f"done.{n}": self._done[pair].vector for n, pair in enumerate(done)}
        running = []
        for n, (pair, state, stop) in enumerate(self._states()):
            arrays |= {f"run.{n}.{name}": a for name, a in state_arrays(state).items()}
            running.append({"pair": list(pair), "stop": stop.name, **state_facts(state)})
        facts: dict[str, Any] = {
            "origin": self.origin,
            "done": [list(p) for p in done],
            "running": running,
            "diverged": self.diverged,
        }
        return Checkpoint({name: array.copy() for name, array in arrays.items()}, facts)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises InputError, and changes nothing, if it is of other data, candidates or settings.
        """
        arrays, facts = checkpoint.arrays, checkpoint.facts
        origin = facts.get("origin", {})
        for what, value in self.origin.items():
            if origin.get(what) != value:
                raise InputError(
                    f"The checkpoint is of another training, its {what} differ: resume with the "
                    "same data and settings, or start a new training."
                )
        for n, (i, k) in enumerate(facts["done"]):
            network = self._network(self.candidates[i].features)
            self._keep((i, k), Parameters(network, arrays[f"done.{n}"]))
        self.diverged = facts["diverged"]
        if facts["running"]:
            pairs = [(i, k) for i, k in (one["pair"] for one in facts["running"])]
            trainings = self._begin(pairs)
            for n, one in enumerate(facts["running"]):
                restore_state(trainings.states[n], part(arrays, f"run.{n}."), one)
                trainings.stops[n] = Stop[one["stop"]]
            self._running = pairs, trainings

    def _states(self) -> Iterator[tuple[Pair, Any, Stop]]:
        if self._running is not None:
            pairs, trainings = self._running
            yield from zip(pairs, trainings.states, trainings.stops, strict=True)


def logits_of(parameters: Parameters, X: Array, engine: Engine | None = None) -> Array:
    """Return the logits z (n_samples, n_outputs) of the last layer, before its activation."""
    network = parameters.network
    raw = Network(network.sizes, network.activation, "mean_squared_error")  # its outputs are z
    computing = engine or engines.choose("auto")
    return computing.outputs(raw, Parameters(raw, parameters.vector), X)


def with_folds_progress(fitting: CrossFitting, *, verbose: bool = True) -> Iterator[float]:
    """Iterate over a cross-fitting and show where somebody looks how far it is."""
    words, total = "training {:,} of {:,}", fitting.total
    with ProgressBar(words, total, int(fitting.share_done * total), verbose=verbose) as bar:
        for share in fitting:
            bar.see(lambda: int(fitting.share_done * total))
            yield share
