"""The cost of a step on a cluster: a model, its constants measured here, and how well it holds.

    python -m benchmarks.scaling [--quick] [--out FOLDER]

A step is one gradient of all rows and one update. With n rows of a network of P parameters in p
parts on w workers of one thread each, the model says

    seconds = a + p (t + 8 P s) + ceil(p / w) (n / p) c

a  for a step with nothing to do: the client asks, the scheduler plans, the answer returns
t  of the scheduler for one more task, s a byte of the parameters that every task brings and returns
c  of a worker for a row: 6 flops a weight, as the compiled engine does them

The constants are measured first, then predictions are held against trainings. Writes scaling.json.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from benchmarks.__main__ import machine
from glassnet.core.samples import Samples
from glassnet.engines.interface import Engine

NETWORKS = {
    "tutorial": gn.Network((2, 3, 3, 1)),
    "table": gn.Network((20, 64, 32, 1), "relu"),
    "image": gn.Network((256, 256, 10), "relu"),
}
ROWS = {"tutorial": (20, 10_000, 1_000_000), "table": (10_000, 400_000), "image": (2_000, 40_000)}
PARTS = (2, 8, 32)
WORKERS = (1, 2)
MANY = (4, 64, 256)  # empty tasks, for the cost of one more
MACHINES = (1, 10, 100, 1000)
CORES = 16  # of each of those machines
BILLION = 1_000_000_000


@dataclass(frozen=True)
class Costs:
    """The constants of the model, in seconds."""

    step: float  # a
    task: float  # t
    byte: float  # s
    row: dict[str, float]  # c, by network

    def seconds(self, name: str, rows: int, parts: int, workers: int) -> float:
        """What the model says of one step."""
        bytes_a_task = 8 * NETWORKS[name].n_parameters
        talk = self.step + parts * (self.task + bytes_a_task * self.byte)
        return talk + math.ceil(parts / workers) * rows / parts * self.row[name]

    def best_parts(self, name: str, rows: int) -> float:
        """How many workers with a part each are fastest: sqrt(n c / (t + 8 P s))."""
        bytes_a_task = 8 * NETWORKS[name].n_parameters
        return math.sqrt(rows * self.row[name] / (self.task + bytes_a_task * self.byte))

    def crossover(self, name: str, workers: int) -> float:
        """The rows above which so many workers, with a part each, beat one core by itself."""
        talk = self.seconds(name, 0, workers, workers)
        return talk / (self.row[name] * (1 - 1 / workers))


def main() -> None:
    """Measure, compare, predict, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, smaller tables")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    asked = parser.parse_args()
    repetitions = 3 if asked.quick else 9
    costs = measured_costs(repetitions)
    print(json.dumps(asdict(costs), indent=2))
    for name, network in NETWORKS.items():
        flops = 6 * sum(n_in * n_out for n_in, n_out in pairwise(network.sizes))
        print(f"{name:9} {flops:8} flops a row, {flops / costs.row[name] / 1e9:6.1f} Gflop/s")
    compared = list(comparisons(costs, repetitions, quick=asked.quick))
    found = {
        "machine": machine(),
        "costs": asdict(costs),
        "compared": compared,
        "crossover": crossovers(costs),
        "billion": list(predictions(costs)),
    }
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "scaling.json").write_text(json.dumps(found, indent=2) + "\n")


def measured_costs(repetitions: int) -> Costs:
    """The constants: empty tasks give a, t and s; the engine by itself gives c."""
    with cluster(1) as client:
        engine = gn.engines.Dask(client)
        small, large = np.zeros(1), np.zeros(2**17)
        empty = {
            (n, vector.nbytes): median(repetitions, _asking(engine, n, vector))
            for n in MANY
            for vector in (small, large)
        }
    few, *_, many = MANY
    task = (empty[many, small.nbytes] - empty[few, small.nbytes]) / (many - few)
    extra = empty[many, large.nbytes] - empty[many, small.nbytes]
    byte = extra / (many * (large.nbytes - small.nbytes))
    step = empty[few, small.nbytes] - few * task
    inner = gn.engines.CompiledEngine(threads=1)
    row = {name: median(repetitions, _alone(inner, name)) / max(ROWS[name]) for name in NETWORKS}
    return Costs(step, task, byte, row)


def _asking(engine: Any, n: int, vector: np.ndarray) -> Callable[[], object]:
    """A step in which every one of n parts does nothing with a vector but return it."""
    cluster = engine.cluster
    parts = [cluster.put(i) for i in range(n)]
    each = [(vector,)] * n
    return lambda: cluster.ask(_returned, parts, each, total=_last)


def _returned(part: int, vector: np.ndarray) -> np.ndarray:
    return vector


def _last(vectors: list[np.ndarray]) -> np.ndarray:
    return vectors[-1]


def _alone(engine: Engine, name: str) -> Callable[[], object]:
    network, samples = NETWORKS[name], table(name, max(ROWS[name]))
    parameters = gn.Parameters.initial(network, "glorot_uniform", 0)
    return lambda: engine.gradient(network, parameters, *samples)


def comparisons(costs: Costs, repetitions: int, *, quick: bool) -> Iterator[dict[str, Any]]:
    """Measured steps beside predicted ones, and beside one core by itself."""
    print("network        rows parts workers   seconds     model ratio")
    for workers in WORKERS:
        with cluster(workers) as client:
            for name, sizes in ROWS.items():
                for rows in sizes[:-1] if quick else sizes:
                    for parts in (p for p in PARTS if workers <= p <= rows):
                        seconds = _step(client, name, rows, parts, repetitions)
                        model = costs.seconds(name, rows, parts, workers)
                        print(
                            f"{name:9} {rows:9} {parts:5} {workers:7} {seconds:9.4f} {model:9.4f} "
                            f"{seconds / model:5.2f}"
                        )
                        yield {
                            "network": name,
                            "rows": rows,
                            "parts": parts,
                            "workers": workers,
                            "seconds": seconds,
                            "model": model,
                            "one core": rows * costs.row[name],
                        }


def _step(client: Any, name: str, rows: int, parts: int, repetitions: int) -> float:
    """Seconds of one gradient of all rows on the cluster, its data in place."""
    network = NETWORKS[name]
    parameters = gn.Parameters.initial(network, "glorot_uniform", 0)
    engine = gn.engines.Dask(client, partitions=parts)
    held = engine.hold(table(name, rows))
    return median(repetitions, lambda: engine.gradient(network, parameters, *held))


def crossovers(costs: Costs) -> dict[str, dict[int, float]]:
    """Rows above which workers beat one core, by network and number of workers."""
    found = {name: {w: costs.crossover(name, w) for w in (2, 16, 160)} for name in NETWORKS}
    for name, by_workers in found.items():
        said = ", ".join(f"{w} workers: {rows:,.0f} rows" for w, rows in by_workers.items())
        print(f"crossover of {name}: {said}")
    return found


def predictions(costs: Costs) -> Iterator[dict[str, Any]]:
    """A step over a billion rows on machines of 16 cores, a part for each core."""
    for name in NETWORKS:
        best = round(costs.best_parts(name, BILLION))
        seconds = costs.seconds(name, BILLION, best, best)
        print(f"{name:9} is fastest on {best} cores: {seconds:9.3f} s a step")
        for machines in MACHINES:
            workers = CORES * machines
            seconds = costs.seconds(name, BILLION, workers, workers)
            alone = BILLION * costs.row[name]
            print(
                f"{name:9} {machines:5} machines: {seconds:9.3f} s a step, "
                f"{alone / seconds:8.1f} times one core, {alone / seconds / workers:6.1%} of ideal"
            )
            yield {"network": name, "machines": machines, "seconds": seconds, "one core": alone}


def table(name: str, rows: int) -> Samples:
    """Rows of random numbers that fit a network."""
    network = NETWORKS[name]
    generator = np.random.default_rng(0)
    X = generator.normal(size=(rows, network.sizes[0]))
    Y = np.zeros((rows, network.sizes[-1]))
    Y[np.arange(rows), generator.integers(network.sizes[-1], size=rows)] = 1.0
    return Samples(X, Y, None)


def median(repetitions: int, step: Callable[[], object]) -> float:
    """The median of the seconds that a step takes, after one that is not counted."""
    step()
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


@contextmanager
def cluster(workers: int) -> Iterator[Any]:
    """Processes of one thread each on this machine, over TCP."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        Client(local) as client,
    ):
        yield client


if __name__ == "__main__":
    main()
