"""A Dask cluster: reached, checked, and asked to compute where the data lie.

What is asked comes back in the order of the parts, never in that of their arrival, so that no
sum depends on which worker was fast, slow or died. Only here is Dask's own interface used.
"""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any
from uuid import uuid4

import numpy as np

from glassnet.engines.compiled import default_threads, instruction_sets
from glassnet.engines.interface import AskedToStop
from glassnet.errors import InputError, instance_of

Client = Any  # distributed.Client
Future = Any  # distributed.Future, of something in a worker

CONNECT_SECONDS = 5.0  # in which a scheduler answers ...
WORKER_SECONDS = 30.0  # ... and has a worker
LOOK_SECONDS = 1.0  # how often to look for new workers ...
WAIT_SECONDS = 1.0  # ... and, while waiting, for workers that are left and a request to stop
WORKERLESS_SECONDS = 60.0  # that a cluster may be without any worker before it is given up
SUMMED_AT_ONCE = 16  # parts that one task adds up, a power of two
LOCAL = "local"
Facts = dict[str, Any]


def facts() -> Facts:
    """Return the versions and instructions that decide the digits of this process."""
    from importlib.metadata import version  # takes as long to import as a third of numpy

    return {
        "glassnet": version("glassnet"),
        "numpy": np.__version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "instructions": instruction_sets(),
    }


def worker_memory() -> int:
    """The bytes that this worker of a cluster may use, or all there are."""
    from distributed import get_worker

    try:
        limit = get_worker().memory_manager.memory_limit
    except ValueError:  # it is not one
        limit = None
    return int(limit) if limit else 2**63 - 1


class Cluster:
    """A client of a cluster whose workers compute the same digits as this process.

    Raises InputError if no worker answers, or one has other versions than are here.
    """

    def __init__(self, client: Client | None) -> None:
        self.client = _client(client)
        self.address = str(self.client.scheduler_info()["address"])
        _await_workers(self.client, self.address)
        found = self.client.run(facts, on_error="return")
        self.instructions = _common_instructions(found)
        self._known = set(found)
        self._looked = time.monotonic()

    def ask(
        self,
        function: Callable[..., Any],
        parts: Sequence[Any],
        each: Sequence[tuple[Any, ...]] | None = None,
        *,
        total: Callable[[Sequence[Any]], Any] | None = None,
        stop_asked: Event | None = None,
    ) -> list[Any]:
        """`function(part, *each)` of every part, computed where it lies, in the parts' order.

        With `total`, of which the total of totals must be the total of all, some parts' values
        are added up by tasks of their own, and these totals come back.

        Raises what a task raises; ConnectionError where the cluster is gone or keeps dying, and
        `AskedToStop` when the event is set before the end.
        """
        self._use_new_workers(parts)
        graph, keys = _graph(function, parts, each)
        if total is not None and len(keys) > SUMMED_AT_ONCE:
            graph, keys = _with_totals(graph, keys, total)
        futures = self._submitted(graph, keys)
        try:
            self._await(futures, stop_asked)
            return list(self._gathered(futures))
        finally:
            del futures

    def keep(
        self,
        function: Callable[..., Any],
        parts: Sequence[Any],
        each: Sequence[tuple[Any, ...]] | None = None,
    ) -> list[Future]:
        """Start the same, with results in the workers' memories; lost ones are recomputed."""
        graph, keys = _graph(function, parts, each)
        return self._submitted(graph, keys)

    def compute(self, tasks: Sequence[Any]) -> list[Future]:
        """Compute Dask's delayed tasks; the results stay in the workers' memories."""
        with _as_connection_error(self):
            futures: list[Future] = self.client.compute(list(tasks))
        return futures

    def put(self, value: Any) -> Future:
        """A value of this process, sent to one of the workers in turn."""
        with _as_connection_error(self):
            future: Future = self.client.scatter([value], hash=False)[0]
        return future

    @property
    def alive(self) -> bool:
        """Whether the scheduler still answers."""
        return str(self.client.status) == "running"

    def gone(self) -> ConnectionError:
        """Return the error for a scheduler that does not answer."""
        return ConnectionError(
            f"The scheduler at {self.address} does not answer any more: look at its log, and start "
            "it again"
        )

    def _submitted(self, graph: dict[Any, Any], keys: list[Any]) -> list[Future]:
        with _as_connection_error(self):
            futures: list[Future] = self.client.get(graph, keys, sync=False)
        return futures

    def _await(self, futures: Sequence[Future], stop_asked: Event | None) -> None:
        """Until all are done; look now and then whether there still are workers to do it."""
        wait = _distributed().wait
        workerless = 0.0
        while True:
            try:
                with _as_connection_error(self):
                    wait(futures, timeout=WAIT_SECONDS)
                return
            except TimeoutError:
                if stop_asked is not None and stop_asked.is_set():
                    raise AskedToStop from None
                workerless = 0.0 if self._workers() else workerless + WAIT_SECONDS
                if workerless >= WORKERLESS_SECONDS:
                    raise ConnectionError(
                        f"The cluster at {self.address} has had no worker for "
                        f"{WORKERLESS_SECONDS:g} s: start some"
                    ) from None

    def _gathered(self, futures: Sequence[Future]) -> Sequence[Any]:
        try:
            with _as_connection_error(self):
                values: Sequence[Any] = self.client.gather(futures)
            return values
        except _distributed().KilledWorker as error:
            raise ConnectionError(
                "Workers died again and again over one part of the data, the last was "
                f"{error.last_worker.address}, mostly for lack of memory: give them more of it, "
                "or cut the data into more partitions"
            ) from None

    def _workers(self) -> dict[str, Any]:
        with _as_connection_error(self):
            info: dict[str, Any] = self.client.scheduler_info()["workers"]
        return info

    def _use_new_workers(self, parts: Sequence[Any]) -> None:
        """Give workers that came since the last look their share of the parts, and check them."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        workers = sorted(self._workers())
        new = [address for address in workers if address not in self._known]
        if not new:
            return
        with _as_connection_error(self):
            found = self.client.run(facts, workers=new, on_error="return")
        if self.instructions not in (None, *_common(found)):
            raise InputError(
                f"The worker {new[0]} has no instructions {self.instructions!r:.80}, with which "
                "the "
                "others compute: stop it, so that all digits stay the same."
            )
        self._known |= set(new)
        kept = [part for part in parts if hasattr(part, "key")]
        share = -(-len(kept) // len(workers))
        for i, address in enumerate(workers):
            if address in new:
                with _as_connection_error(self):
                    self.client.replicate(kept[i * share : (i + 1) * share], workers=[address])


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A client of the cluster at that address, or of one of processes here for "local".

    It is closed at the end, and so is a local cluster. Raises InputError if Dask is not installed,
    or no scheduler answers within some seconds.
    """
    instance_of("cluster", address, str)
    distributed = _distributed()
    with _quiet():
        if address == LOCAL:
            with (
                distributed.LocalCluster(
                    n_workers=default_threads(),
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    preload=["glassnet.engines.local_worker"],
                ) as local,
                distributed.Client(local) as client,
            ):
                yield client
            return
        try:
            client = distributed.Client(address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise InputError(
                f"No Dask scheduler answers at {address!r:.80} ({_first_line(error):.80}): give "
                "the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786, or local."
            ) from None
        with client:
            yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own log is for those who run the cluster; what matters is said in a sentence."""
    known = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = {log: log.level for log in map(logging.getLogger, known)}
    for log in levels:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for log, level in levels.items():
            log.setLevel(level)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError(
            "Training on a cluster needs Dask: install it with pip install 'glassnet[dask]'."
        ) from None
    return distributed


def _client(client: Any) -> Client:
    distributed = _distributed()
    if client is None:
        try:
            client = distributed.get_client()
        except ValueError:
            raise InputError(
                "There is no Dask client to compute with: make one, distributed.Client(address), "
                "and give it to glassnet.engines.Dask(client)."
            ) from None
    if not isinstance(client, distributed.Client) or client.asynchronous:
        raise InputError(
            f"client must be a distributed.Client that is not asynchronous, not {client!r:.80}."
        )
    if str(client.status) != "running":
        raise InputError("The Dask client is closed: make a new one.")
    return client


def _await_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise InputError(
            f"The scheduler at {address} has no workers: start some with dask worker {address}."
        ) from None


def _common_instructions(found: dict[str, Any]) -> str | None:
    """The best instructions that all processors have; None where an engine is not compiled."""
    return next(iter(_common(found)), None)


def _common(found: dict[str, Any]) -> list[str]:
    """The instructions that all have. Raises InputError for the first worker that differs."""
    here = facts()
    common = list(here["instructions"])
    for address, there in sorted(found.items()):
        if isinstance(there, OSError):  # it has just died, and others will do its work
            continue
        if isinstance(there, BaseException):
            raise InputError(
                f"The worker {address} cannot compute with glassnet {here['glassnet']} "
                f"({_first_line(there)}): install the same version there as here."
            )
        for name in ("glassnet", "numpy", "Python"):
            if there[name] != here[name]:
                raise InputError(
                    f"The worker {address} has {name} {there[name]}, and here it is {here[name]}: "
                    "install the same versions everywhere, so that all compute the same digits."
                )
        common = [name for name in common if name in there["instructions"]]
    return common


def _graph(
    function: Callable[..., Any], parts: Sequence[Any], each: Sequence[tuple[Any, ...]] | None
) -> tuple[dict[Any, Any], list[Any]]:
    """Dask's description of one task a part, and the keys of the results."""
    name = f"{_name(function)}-{uuid4().hex}"
    keys = [(name, i) for i in range(len(parts))]
    if each is None:
        return {key: (function, part) for key, part in zip(keys, parts, strict=True)}, keys
    # Bound, so that Dask does not look for tasks within the arguments.
    graph = {
        key: (partial(_called, function, mine), part)
        for key, part, mine in zip(keys, parts, each, strict=True)
    }
    return graph, keys


def _called(function: Callable[..., Any], arguments: tuple[Any, ...], part: Any) -> Any:
    return function(part, *arguments)


def _name(function: Callable[..., Any]) -> str:
    while isinstance(function, partial):
        function = function.func
    return function.__name__.strip("_").replace("_", "-")


def _with_totals(
    graph: dict[Any, Any], keys: list[Any], total: Callable[[Sequence[Any]], Any]
) -> tuple[dict[Any, Any], list[Any]]:
    """The graph with tasks that add up the values of neighbours, level by level."""
    level = 0
    while len(keys) > SUMMED_AT_ONCE:
        level += 1
        name = f"total-{level}-{keys[0][0]}"
        groups = [keys[i : i + SUMMED_AT_ONCE] for i in range(0, len(keys), SUMMED_AT_ONCE)]
        keys = [(name, i) for i in range(len(groups))]
        graph |= {key: (total, group) for key, group in zip(keys, groups, strict=True)}
    return graph, keys


@contextmanager
def _as_connection_error(cluster: Cluster) -> Iterator[None]:
    """Dask says in many ways that its scheduler is gone; here it is one."""
    from concurrent.futures import CancelledError

    from distributed.client import ClosedClientError

    try:
        yield
    except TimeoutError:
        raise
    except (OSError, CancelledError, RuntimeError, ClosedClientError):
        if cluster.alive:
            raise
        raise cluster.gone() from None


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
