"""Dask: the gradient of all rows as the sum of the gradients of its parts, on many machines.

There is no second algorithm here: every part is given to another engine, in the worker where it
lies, and the sums are added in the order of the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.dropout import Dropout
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples, checked_data
from glassnet.engines.batches import Batches
from glassnet.engines.cluster import Client, Cluster
from glassnet.engines.compiled import CompiledEngine
from glassnet.engines.dask_collections import is_collection, taken
from glassnet.engines.interface import (
    Engine,
    Limits,
    Progress,
    Stop,
    TrainingState,
    Watch,
    advance_by_gradient,
    advance_one_by_one,
    check_optimizer,
    unwatched,
)
from glassnet.engines.partitioned import PartedArray, PartedSamples, scattered
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import InputError, whole_number

Sums = tuple[float, float, Array]  # of losses, of weights, and the gradient


class Dask:
    """An engine that computes on the workers of a Dask cluster, each part of the rows by `inner`.

    sum_i dL_i/dW = sum_p (sum_{i in p} dL_i/dW): the gradient of the whole is that of the parts p,
    added pairwise in the order of the parts. So the numbers do not depend on how many workers
    there are, which of them computes what, is slow, or dies; they are those of `inner` alone but
    for the order in which they are added up.

    `client` is a `distributed.Client`, or None for the current one. `inner` is "auto", "compiled",
    "reference" or an engine; the compiled one uses the instructions that all workers have.
    `partitions` says in how many parts data of this process are cut: else in parts of 32 MB, and
    in at least 8 where there are 1024 rows for each. Dask collections and folders of Parquet files
    are taken as they are parted. Copies for other processes compute by `inner`, without a cluster.

    Raises InputError if Dask is not installed, no worker answers, or a worker has other versions
    of glassnet, numpy or Python than this process.
    """

    def __init__(
        self,
        client: Client | None = None,
        inner: str | Engine = "auto",
        *,
        partitions: int | None = None,
    ) -> None:
        if partitions is not None:
            whole_number("partitions", partitions, 1)
        self.cluster = Cluster(client)
        self.partitions = partitions
        self.inner = _inner(inner, self.cluster.instructions)
        self._stop_asked: Event | None = None

    def __repr__(self) -> str:
        return f"Dask({self.cluster.address!r}, inner={self.inner.name!r})"

    def __copy__(self) -> Dask:
        twin = object.__new__(Dask)
        twin.__dict__ |= self.__dict__
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Dask:
        return self  # it holds nothing that a training changes

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy that is sent elsewhere has no cluster: it is the inner engine."""
        return copy, (self.to_local(),)

    @property
    def name(self) -> str:
        """The name in a run's summary."""
        return f"dask-{self.inner.name}"

    def to_local(self) -> Engine:
        """The inner engine, which computes in this process, with as many threads as it likes."""
        if isinstance(self.inner, CompiledEngine):
            return replace(self.inner, threads=None)
        return self.inner

    def take(
        self, network: Network, X: ArrayLike, y: ArrayLike, weight: ArrayLike | None, dtype: str
    ) -> Samples:
        """X, y and weights as checked samples: see `checked_data`.

        Dask arrays, data frames and parted arrays are checked in the workers, where they stay.
        Raises InputError, with the partition, for what does not fit.
        """
        if is_collection(X) or isinstance(X, PartedArray):
            return taken(self.cluster, network, X, y, weight, dtype)
        return checked_data(network, X, y, weight, dtype)

    def hold(self, samples: Samples) -> Samples:
        """The samples in the memories of the workers."""
        if isinstance(samples, PartedSamples):
            return samples
        return scattered(self.cluster, samples, self.partitions)

    def outputs(self, network: Network, parameters: Parameters, X: Array) -> Array:
        """The last layer's a: (n_samples, n_outputs)."""
        return self.activations(network, parameters, X)[-1]

    def activations(self, network: Network, parameters: Parameters, X: Array) -> list[Array]:
        """Every layer's a, (n_samples, n_l) each, from one pass."""
        if not isinstance(X, PartedArray):
            return self.to_local().activations(network, parameters, X)
        found = self._everywhere(X, _activations, network, parameters)
        return [_in_order(X, layers) for layers in zip(*found, strict=True)]

    def gradient(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
        dropout: Dropout | None = None,
    ) -> Sums:
        """Sum of weighted losses, sum of weights, and the gradient of the former, flat.

        One task a part. A batch with dropout is put together in this process instead, because a
        mask depends on the place of a row in the order of the epoch.
        """
        if not isinstance(X, PartedArray):
            return self.to_local().gradient(network, parameters, X, Y, weight, dropout)
        partitions = X.partitions
        if dropout is not None and X.rows is not None:
            batch = Samples(*(None if a is None else np.asarray(a) for a in (X, Y, weight)))
            return self.to_local().gradient(network, parameters, *batch, dropout)
        fixed = (network, parameters.vector, self.inner)
        if X.rows is None:
            masks = [_shifted(dropout, int(start)) for start in partitions.starts]
            each: list[Any] = [(None, *fixed, mask) for mask in masks]
            only = None
        else:
            parts = list(partitions.split(X.rows))
            each = [(rows, *fixed, None) for _, rows, _ in parts]
            only = [number for number, _, _ in parts]
        sums = partitions.ask(_gradient, each, only=only, total=added, stop_asked=self._stop_asked)
        return added(sums)

    def evaluate(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
    ) -> Sums:
        """Sum of weighted losses, sum of weights, and the outputs (n_samples, n_outputs)."""
        if not isinstance(X, PartedArray):
            return self.to_local().evaluate(network, parameters, X, Y, weight)
        found = self._everywhere(X, _evaluation, network, parameters)
        losses, totals, outputs = zip(*found, strict=True)
        loss, total, _ = added([(a, b, np.zeros(0)) for a, b in zip(losses, totals, strict=True)])
        return loss, total, _in_order(X, outputs)

    def advance(self, state: TrainingState, batches: Batches, limits: Limits) -> Progress:
        """Advance as far as the limits allow, by one gradient and one update a batch.

        Where the cluster is lost the epochs that were done are returned as if no more had been
        asked for, and the next call raises ConnectionError: the state is always of a whole epoch.
        """
        if not isinstance(batches.X, PartedArray):
            held = self.hold(Samples(batches.X, batches.Y, batches.weight))
            batches = Batches(*held, batches.batch_size)
        check_optimizer(state, batches, scheduled=limits.rate_factors is not None)
        watching = copy(self)
        watching._stop_asked = limits.stop_asked
        done: list[Progress] = []
        for i in range(limits.epochs):
            factors = None if limits.rate_factors is None else limits.rate_factors[i : i + 1]
            once = limits._replace(epochs=1, rate_factors=factors)
            before = state.generator.bit_generator.state
            try:
                done.append(advance_by_gradient(watching, state, batches, once))
            except ConnectionError:
                state.generator.bit_generator.state = before
                if not done:
                    raise
                break
            if done[-1].stop is Stop.ASKED:
                state.generator.bit_generator.state = before
            if done[-1].stop is not Stop.EPOCHS_DONE:
                break
        return _joined(state, done)

    def advance_many(
        self,
        states: Sequence[TrainingState],
        batches: Sequence[Batches],
        limits: Limits,
        *,
        keep_losses: bool,
        watch: Watch = unwatched,
    ) -> list[Progress]:
        """Every state as far as `advance` takes it, one after the other."""
        held = {
            id(own): Batches(*self.hold(Samples(own.X, own.Y, own.weight)), own.batch_size)
            for own in batches
        }
        there = [held[id(own)] for own in batches]
        return advance_one_by_one(self, states, there, limits, keep_losses=keep_losses, watch=watch)

    def _everywhere(
        self, X: PartedArray, function: Any, network: Network, parameters: Parameters
    ) -> list[Any]:
        """Return the function's result for every part with rows of X, in the parts' order."""
        fixed = (network, parameters.vector, self.inner)
        if X.rows is None:
            each: list[Any] = [(None, *fixed)] * len(X.partitions)
            return X.partitions.ask(function, each, stop_asked=self._stop_asked)
        parts = list(X.partitions.split(X.rows))
        each = [(rows, *fixed) for _, rows, _ in parts]
        return X.partitions.ask(
            function, each, only=[i for i, _, _ in parts], stop_asked=self._stop_asked
        )


def added(sums: Sequence[Sums]) -> Sums:
    """The sum of all, added pairwise: (s0 + s1) + (s2 + s3), and so on.

    Where to divide depends on their number alone, and so that sums of 2^k neighbours each add up
    to the same digits. Pairwise sums are also more exact (Higham 1993).
    """
    if len(sums) == 1:
        return sums[0]
    half = 1 << (len(sums) - 1).bit_length() - 1
    (a, v, g), (b, w, h) = added(sums[:half]), added(sums[half:])
    with np.errstate(over="ignore", invalid="ignore"):
        return a + b, v + w, g + h


def _inner(inner: str | Engine, instructions: str | None) -> Engine:
    """The engine for the workers: one thread a task, and instructions that all have."""
    if inner == "auto":
        inner = "reference" if instructions is None else "compiled"
    if inner == "reference":
        return ReferenceEngine()
    if inner == "compiled":
        inner = CompiledEngine(threads=1)
    if isinstance(inner, str | Dask) or not hasattr(inner, "gradient"):
        raise InputError(
            f"inner must be auto, compiled, reference, or an engine that does not distribute, "
            f"not {inner!r:.80}."
        )
    if isinstance(inner, CompiledEngine):
        if instructions is None:
            raise InputError(
                "The compiled engine was not built on every worker: install a C++ compiler and "
                'glassnet again there, or use inner="reference".'
            )
        return replace(inner, instructions=inner.instructions or instructions)
    return inner


def _shifted(dropout: Dropout | None, rows: int) -> Dropout | None:
    return None if dropout is None else replace(dropout, first=dropout.first + rows)


def _in_order(X: PartedArray, found: Sequence[Array]) -> Array:
    """Return the results of the parts, one row a sample, in the order of the rows of X."""
    if X.rows is None or not len(found):
        return np.concatenate(found)
    whole = np.empty((len(X), *found[0].shape[1:]), found[0].dtype)
    for (_, _, places), here in zip(X.partitions.split(X.rows), found, strict=True):
        whole[places] = here
    return whole


def _joined(state: TrainingState, done: Sequence[Progress]) -> Progress:
    """Return several advances as one."""
    losses = np.concatenate([np.empty(0), *(progress.losses for progress in done)])
    none = np.empty((0, state.parameters.network.n_parameters))
    snapshots = np.concatenate([none, *(progress.snapshots for progress in done)])
    stop = done[-1].stop if done else Stop.EPOCHS_DONE
    return Progress(losses, snapshots, stop, done[-1].bad if done else None)


# Tasks that run in the workers


def _rows(part: Samples, rows: np.ndarray | None) -> Samples:
    return part if rows is None else part.chosen(rows)


def _gradient(
    part: Samples,
    rows: np.ndarray | None,
    network: Network,
    vector: Array,
    engine: Engine,
    dropout: Dropout | None,
) -> Sums:
    with np.errstate(over="ignore", invalid="ignore"):
        return engine.gradient(network, Parameters(network, vector), *_rows(part, rows), dropout)


def _evaluation(
    part: Samples, rows: np.ndarray | None, network: Network, vector: Array, engine: Engine
) -> Sums:
    with np.errstate(over="ignore", invalid="ignore"):
        return engine.evaluate(network, Parameters(network, vector), *_rows(part, rows))


def _activations(
    part: Samples, rows: np.ndarray | None, network: Network, vector: Array, engine: Engine
) -> list[Array]:
    with np.errstate(over="ignore", invalid="ignore"):
        return engine.activations(network, Parameters(network, vector), _rows(part, rows).X)
