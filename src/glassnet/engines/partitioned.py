"""Samples cut by rows into parts that lie in the memories of a cluster's workers.

`PartedSamples` takes the place of `Samples`: its X, Y and weight know their shapes, are cut by
row numbers, and come to this process only where somebody asks for their values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Event
from typing import Any, NamedTuple, cast

import numpy as np

from glassnet.core.parameters import Array
from glassnet.core.samples import Samples, checked_total
from glassnet.engines.cluster import Cluster, Future
from glassnet.errors import InputError

LARGEST_PART = 2**25  # bytes: several fit into any worker, and with one worker little is lost
FEWEST_PARTS = 8  # of data that are worth it, so that several workers have something to do;
WORTH_A_PART = 1024  # these are so many rows each
ATTEMPTS = 3  # at asking again where Dask gave up without saying what it lost


class _Facts(NamedTuple):
    """Sizes and types of a part, known without its data; shapes are those of a row."""

    rows: int
    shapes: tuple[tuple[int, ...] | None, ...]
    dtype: str
    weight_sum: float


class Partitions:
    """Parts of samples in the workers of a cluster, in the order of the rows.

    `local` are the samples that they were cut from, where these are in this process: a part that
    is lost with its worker is then sent again. Others know how they were made, and are made again.
    """

    def __init__(
        self,
        cluster: Cluster,
        futures: Sequence[Future],
        found: Sequence[_Facts],
        local: Samples | None = None,
    ) -> None:
        self.cluster = cluster
        self.local = local
        self.counts = np.array([facts.rows for facts in found])
        self.starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        self.rows = int(self.counts.sum())
        self.shapes = found[0].shapes
        self.dtype = np.dtype(found[0].dtype)
        self._futures = list(futures)
        self._fetched: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self._futures)

    def ask(
        self,
        function: Callable[..., Any],
        each: Sequence[tuple[Any, ...]] | None = None,
        *,
        only: Sequence[int] | None = None,
        total: Callable[[Sequence[Any]], Any] | None = None,
        stop_asked: Event | None = None,
    ) -> list[Any]:
        """`Cluster.ask` of these parts, or `only` of some by their numbers; lost ones come back."""
        chosen = range(len(self)) if only is None else only
        for _ in range(ATTEMPTS):
            while True:
                futures = [self._futures[i] for i in chosen]
                try:
                    return self.cluster.ask(
                        function, futures, each, total=total, stop_asked=stop_asked
                    )
                except CancelledError:
                    if not self._restored():
                        break
        raise ConnectionError(
            f"The cluster at {self.cluster.address} gave up {ATTEMPTS} times for reasons of its "
            "own: look at the log of its scheduler"
        )

    def derived(
        self, function: Callable[..., Samples], each: Sequence[tuple[Any, ...]]
    ) -> PartedSamples:
        """Return the function's samples of every part; they stay in the workers."""
        return computed(self.cluster, self.cluster.keep(function, self._futures, each))

    def split(self, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Row numbers by part: its number, the rows within it, and their places among `rows`."""
        part = np.searchsorted(self.starts, rows, side="right") - 1
        order = np.argsort(part, kind="stable")
        ends = np.flatnonzero(np.diff(part[order])) + 1
        for places in np.split(order, ends):
            number = int(part[places[0]])
            yield number, rows[places] - self.starts[number], places

    def gathered(self, field: int, rows: np.ndarray | None) -> Array:
        """The values of X, Y or the weights, by their number, in this process."""
        if self.local is not None:
            whole = cast(Array, self.local[field])
            return whole if rows is None else whole[rows]
        if rows is None:
            if field not in self._fetched:
                found = self.ask(_values, [(field, None)] * len(self))
                self._fetched[field] = np.concatenate(found)
            return self._fetched[field]
        values = np.empty((len(rows), *cast(tuple[int, ...], self.shapes[field])), self.dtype)
        if len(rows):
            parts = list(self.split(rows))
            found = self.ask(
                _values, [(field, mine) for _, mine, _ in parts], only=[i for i, _, _ in parts]
            )
            for (_, _, places), here in zip(parts, found, strict=True):
                values[places] = here
        return values

    def fingerprint(self) -> str:
        """A SHA-256 of every value and of where the parts begin."""
        local = self.local
        marks: list[str] = self.ask(_fingerprint) if local is None else [local.fingerprint()]
        whole = f"{marks} in parts of {self.counts.tolist()}"
        return hashlib.sha256(whole.encode()).hexdigest()

    def slices(self) -> list[slice]:
        """The rows of each part."""
        ends = (self.starts + self.counts).tolist()
        return [slice(first, end) for first, end in zip(self.starts.tolist(), ends, strict=True)]

    def _restored(self) -> bool:
        """Send lost parts again; return whether there were any."""
        if self.local is None:
            return False
        lost = [i for i, f in enumerate(self._futures) if f.status in ("cancelled", "lost")]
        for i in lost:
            self._futures[i] = self.cluster.put(self.local.chosen(self.slices()[i]))
        return bool(lost)


@dataclass(frozen=True, eq=False)
class PartedArray:
    """One of X, Y and weight of parted samples: all rows, or those numbered `rows`, in order.

    It has the length, shape and type of the array that it stands for; `array[rows]` moves no
    value, and `np.asarray` brings them all here.
    """

    partitions: Partitions
    field: int  # 0 for X, 1 for Y, 2 for the weights
    rows: np.ndarray | None = None

    def __len__(self) -> int:
        return self.partitions.rows if self.rows is None else len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (len(self), *cast(tuple[int, ...], self.partitions.shapes[self.field]))

    @property
    def ndim(self) -> int:
        """As of an array."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array."""
        return self.partitions.dtype

    @property
    def nbytes(self) -> int:
        """As of an array."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __getitem__(self, rows: np.ndarray | slice) -> PartedArray:
        mine: Any = self.rows
        if mine is None and isinstance(rows, slice):
            mine = np.arange(*rows.indices(len(self)))
        elif mine is None:
            mine = np.asarray(rows)
            mine = np.flatnonzero(mine) if mine.dtype == bool else mine
        else:
            mine = mine[rows]
        return PartedArray(self.partitions, self.field, mine)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The values, in this process."""
        values = self.partitions.gathered(self.field, self.rows)
        return values if dtype is None else values.astype(dtype, copy=False)


class PartedSamples(Samples):
    """Samples whose X, Y and weight are `PartedArray`s of the same parts."""

    __slots__ = ()

    @classmethod
    def of(cls, partitions: Partitions) -> PartedSamples:
        """All the samples of these parts."""
        fields = [
            None if shape is None else cast(Array, PartedArray(partitions, i))
            for i, shape in enumerate(partitions.shapes)
        ]
        return cls(*fields)  # type: ignore[arg-type]

    @property
    def partitions(self) -> Partitions:
        """Where they lie."""
        return cast(PartedArray, self.X).partitions

    @property
    def labels(self) -> np.ndarray:
        """The class number of each sample, (n_samples,), in this process."""
        return np.concatenate(self.partitions.ask(_labels))

    def chosen(self, rows: np.ndarray | slice) -> PartedSamples:
        """Only the rows where the mask (n_samples,) is True, in parts as before."""
        partitions = self.partitions
        if isinstance(rows, slice) or rows.dtype != bool:
            raise TypeError("parted samples are chosen by a mask")
        masks = [(np.packbits(rows[part]),) for part in partitions.slices()]
        return partitions.derived(_chosen, masks)

    def class_sums(self, n_classes: int) -> Array:
        """The sum of the weights of each class, (n_classes,)."""
        by_part = self.partitions.ask(_class_sums, [(n_classes,)] * len(self.partitions))
        return np.sum(by_part, axis=0)

    def times_class(self, by_class: Array) -> PartedSamples:
        """The samples with each weight times that of its class."""
        partitions = self.partitions
        return partitions.derived(_times_class, [(by_class,)] * len(partitions))

    def fingerprint(self) -> str:
        """A SHA-256 of every value and of where the parts begin."""
        return self.partitions.fingerprint()

    def some(self, most: int) -> Samples:
        """Return at most so many of the samples, evenly spaced, in this process."""
        rows = slice(None, None, -(-len(self.X) // most))
        fields = (None if array is None else np.asarray(array[rows]) for array in self)
        return Samples(*fields)  # type: ignore[arg-type]

    @property
    def here(self) -> bool:
        """Whether they are in this process: no, they are in the workers."""
        return False

    def kept(self, most_bytes: int) -> Samples | None:
        """The samples in this process; None if it takes more bytes than that to fetch them, or
        they are gone with their cluster.
        """
        if self.partitions.local is not None:
            return self.partitions.local
        if sum(array.nbytes for array in self if array is not None) > most_bytes:
            return None
        try:
            return Samples(*(None if array is None else np.asarray(array) for array in self))  # type: ignore[arg-type]
        except ConnectionError:
            return None


def scattered(cluster: Cluster, samples: Samples, partitions: int | None) -> PartedSamples:
    """Samples of this process, sent in parts to the workers in turn.

    How they are cut depends on the samples alone, and not on how many workers there are.
    """
    n = len(samples.X)
    count = partitions or usual_parts(n, sum(a.nbytes for a in samples if a is not None))
    bounds = np.linspace(0, n, min(count, n) + 1).astype(int).tolist()
    parts = [samples.chosen(slice(*bounds[i : i + 2])) for i in range(len(bounds) - 1)]
    facts = [_facts(part) for part in parts]
    futures = [cluster.put(part) for part in parts]
    return PartedSamples.of(Partitions(cluster, futures, facts, samples))


def computed(cluster: Cluster, futures: Sequence[Future]) -> PartedSamples:
    """The samples that tasks of a cluster make, some in each; those without rows are left out.

    Raises InputError if there are none at all, or their rows do not fit together.
    """
    found: list[_Facts] = cluster.ask(_facts, futures)
    filled = [(f, facts) for f, facts in zip(futures, found, strict=True) if facts.rows]
    if not filled:
        raise InputError("X has no rows: give at least one sample.")
    if filled[0][1].shapes[2] is not None:
        checked_total(sum(facts.weight_sum for _, facts in filled))
    partitions = Partitions(cluster, [f for f, _ in filled], [facts for _, facts in filled])
    return PartedSamples.of(partitions)


def usual_parts(rows: int, nbytes: int) -> int:
    """In how many parts so many rows are cut."""
    few = max(1, min(FEWEST_PARTS, rows // WORTH_A_PART))
    return max(few, -(-nbytes // LARGEST_PART))


# Tasks that run in the workers


def _facts(part: Samples) -> _Facts:
    shapes = tuple(None if array is None else array.shape[1:] for array in part)
    total = len(part.X) if part.weight is None else float(part.weight.sum())
    return _Facts(len(part.X), shapes, part.X.dtype.name, total)


def _fingerprint(part: Samples) -> str:
    return part.fingerprint()


def _values(part: Samples, field: int, rows: np.ndarray | None) -> Array:
    array = cast(Array, part[field])
    return array if rows is None else array[rows]


def _labels(part: Samples) -> np.ndarray:
    return part.labels


def _chosen(part: Samples, mask: np.ndarray) -> Samples:
    return part.chosen(np.unpackbits(mask, count=len(part.X)).astype(bool))


def _class_sums(part: Samples, n_classes: int) -> Array:
    return part.class_sums(n_classes)


def _times_class(part: Samples, by_class: Array) -> Samples:
    return part.times_class(by_class)
