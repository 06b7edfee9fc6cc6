"""Dask's arrays and data frames as samples and as rows to predict for, without fetching them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from glassnet.core.network import Network
from glassnet.core.samples import Samples, checked_samples, checked_targets, checked_weight
from glassnet.engines.cluster import Cluster, Future
from glassnet.engines.partitioned import PartedArray, PartedSamples, computed
from glassnet.errors import InputError


def is_collection(values: Any) -> bool:
    """Whether it is a Dask array or data frame, or a column of one."""
    return hasattr(values, "__dask_graph__")


def taken(
    cluster: Cluster, network: Network, X: Any, y: Any, weight: Any, dtype: str
) -> PartedSamples:
    """X (n_samples, n_features), y and weights in parts, checked where they lie.

    Raises InputError, with the partition, for what does not fit the network.
    """
    if isinstance(X, PartedArray):
        partitions = X.partitions
        each = [(i, network, dtype) for i in range(len(partitions))]
        return partitions.derived(_checked, each)
    blocks = _blocks(X, y, weight, network.sizes[0])
    return computed(cluster, _submitted(cluster, blocks, network, dtype))


def array_of(values: Any, name: str) -> Any:
    """A Dask array of a collection. Raises InputError for a bag or what else has no rows."""
    if hasattr(values, "to_dask_array"):
        values = values.to_dask_array()
    if not hasattr(values, "chunks"):
        raise InputError(
            f"{name} must be a Dask array or data frame, like X, not {type(values).__name__}."
        )
    return values


def by_rows(
    function: Callable[[Any], np.ndarray], X: Any, outputs: int | None, dtype: Any
) -> np.ndarray:
    """`function` of the rows of a Dask array or data frame, as a Dask array not yet computed.

    It gives (n,) for (n, n_features), or (n, outputs).
    """
    X = array_of(X, "X")
    if X.ndim != 2:
        raise InputError(f"X must have shape (n_samples, n_features), but has {X.shape}.")
    X = X.rechunk({1: -1})
    shape: dict[str, Any] = {"drop_axis": 1, "meta": np.empty(0, dtype)}
    if outputs is not None:
        shape = {"chunks": (X.chunks[0], (outputs,)), "meta": np.empty((0, 0), dtype)}
    return X.map_blocks(_of_block, function, outputs, dtype, dtype=dtype, **shape)


def _blocks(X: Any, y: Any, weight: Any, n_features: int) -> list[tuple[Any, Any, Any]]:
    """X, y and weight, None where there are none, of each block, not yet computed."""
    X = array_of(X, "X")
    y = _cut_like(X, y, "y")
    weight = None if weight is None else _cut_like(X, weight, "sample_weight")
    if X.ndim != 2 or X.shape[1] != n_features:
        raise InputError(f"X must have shape (n_samples, {n_features}), but has {X.shape}.")
    X = X.rechunk({1: -1})
    columns = [_along(X, values, name) for values, name in ((y, "y"), (weight, "sample_weight"))]
    rows = [array.to_delayed().ravel().tolist() for array in (X, *columns) if array is not None]
    if weight is None:
        rows.append([None] * len(rows[0]))
    return cast(list[tuple[Any, Any, Any]], list(zip(*rows, strict=True)))


def _cut_like(X: Any, values: Any, name: str) -> Any:
    """A Dask array of a collection, or of an array of this process, cut where X is."""
    if not isinstance(values, np.ndarray):
        return array_of(values, name)
    from dask.array import from_array

    if len(values) != len(X):
        raise InputError(
            f"X and {name} must have one row per sample each, but X has shape {X.shape} and "
            f"{name} has shape {values.shape}."
        )
    return from_array(values, chunks=(X.chunks[0], *((n,) for n in values.shape[1:])))


def with_known_rows(X: Any) -> Any:
    """A Dask array of a collection whose number of rows is known, which may be to be counted."""
    X = array_of(X, "X")
    return X.compute_chunk_sizes() if np.isnan(X.chunks[0]).any() else X


def _along(X: Any, values: Any, name: str) -> Any:
    """The values cut where X is cut."""
    if values is None:
        return None
    if values.ndim == 2:
        values = values.rechunk({1: -1})
    unknown = np.isnan([*X.chunks[0], *values.chunks[0]]).any()
    if unknown and len(X.chunks[0]) != len(values.chunks[0]):
        raise InputError(
            f"X has {len(X.chunks[0])} partitions and {name} {len(values.chunks[0])}, of lengths "
            "that are not known: give both the same, or call compute_chunk_sizes() on them."
        )
    if unknown or X.chunks[0] == values.chunks[0]:
        return values
    if len(X) != len(values):
        raise InputError(
            f"X and {name} must have one row per sample each, but X has shape {X.shape} and "
            f"{name} has shape {values.shape}."
        )
    return values.rechunk({0: X.chunks[0]})


def _submitted(
    cluster: Cluster, blocks: Sequence[tuple[Any, Any, Any]], network: Network, dtype: str
) -> list[Future]:
    from dask.delayed import delayed

    check: Any = delayed(_checked_block, pure=False)
    tasks = [check(*block, i, network, dtype) for i, block in enumerate(blocks)]
    return cluster.compute(tasks)


# Tasks that run in the workers


def _of_block(
    X: np.ndarray, function: Callable[[Any], np.ndarray], outputs: int | None, kept: Any
) -> np.ndarray:
    """`function` of a block, which may have no rows."""
    return function(X) if len(X) else np.empty((0,) if outputs is None else (0, outputs), kept)


def _checked(part: Samples, number: int, network: Network, dtype: str) -> Samples:
    return _checked_block(*part, number, network, dtype)


def _checked_block(
    X: Any, y: Any, weight: Any, number: int, network: Network, dtype: str
) -> Samples:
    """One part's samples, and in an error which part it is. It may have no rows."""
    X, y = np.asarray(X), np.asarray(y)
    if not len(X) and not len(y):
        empty = np.empty((0, network.sizes[0]), dtype), np.empty((0, network.sizes[-1]), dtype)
        return Samples(*empty, None if weight is None else np.empty(0, dtype))
    try:
        rows = checked_samples(network, X, dtype)
        targets = checked_targets(network, rows, y)
        return Samples(rows, targets, checked_weight(rows, weight, whole=False))
    except InputError as error:
        raise InputError(f"Partition {number} (counted from 0) does not fit: {error}") from None
