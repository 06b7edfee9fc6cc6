"""Dask clusters of real processes over TCP, and what the tests ask of them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dask
import numpy as np
from distributed import Client, LocalCluster, get_worker

import glassnet as gn
from glassnet.core.dropout import Dropout
from glassnet.core.parameters import Array
from glassnet.engines.reference import ReferenceEngine

TESTS = Path(__file__).parent
START = "from {0} import main; main()"  # of a command of Dask
SCHEDULER = START.format("distributed.cli.dask_scheduler")
WORKER = START.format("distributed.cli.dask_worker")


# Nobody looks at what a cluster measures of itself, and it costs more than what is tested.
dask.config.set(
    {
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "1s",
        "distributed.admin.system-monitor.interval": "5s",
    }
)


def new_cluster(workers: int, **options: Any) -> LocalCluster:
    """A cluster of processes with a thread each."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # any: two clusters may be up at once
        silence_logs=logging.CRITICAL,
        **options,
    )


@contextmanager
def client_of(cluster: LocalCluster) -> Iterator[Client]:
    """A client of all its workers."""
    with Client(cluster) as client:
        client.wait_for_workers(len(cluster.worker_spec))
        yield client


@contextmanager
def local_cluster(workers: int, **options: Any) -> Iterator[Client]:
    """A client of a cluster of its own, for a test that harms it."""
    with new_cluster(workers, **options) as cluster, client_of(cluster) as client:
        yield client


@contextmanager
def scheduler_and_workers(
    folder: Path, workers: int = 1, within: Sequence[Sequence[str]] = ((),), host: str = "127.0.0.1"
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and its workers as commands of their own: its address, and all processes.

    `within` are the commands that each of them runs in, the scheduler's first.
    """
    file = folder / "scheduler.json"
    with ExitStack() as stack:

        def start(prefix: Sequence[str], code: str, *arguments: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [*prefix, sys.executable, "-c", code, *arguments],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=folder,
            )
            stack.callback(ended, process)
            return process

        scheduler = start(
            within[0], SCHEDULER, "--host", host, "--port", "0", "--dashboard-address", f"{host}:0",
            "--scheduler-file", str(file),
        )  # fmt: skip
        address = json.loads(read_when_there(file, scheduler))["address"]
        started = [
            start(
                within[1 + i] if len(within) > 1 else (), WORKER, address, "--nthreads", "1",
                "--no-dashboard", "--local-directory", str(folder), "--death-timeout", "20",
            )
            for i in range(workers)
        ]  # fmt: skip
        yield address, [scheduler, *started]
    file.unlink()


def ended(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def read_when_there(path: Path, process: subprocess.Popen[bytes]) -> str:
    """The file's text once it is whole JSON; fails if the process that writes it has ended."""
    while True:
        assert process.poll() is None, "the scheduler ended before it had begun"
        try:
            text = path.read_text()
            json.loads(text)
            return text
        except (OSError, ValueError):
            continue


def pids(client: Client) -> dict[str, int]:
    """The process of every worker by its address."""
    found: dict[str, int] = client.run(os.getpid)
    return found


def samples(rows: int = 3000, features: int = 6, seed: int = 0) -> tuple[Array, Array]:
    """Two classes with a curved boundary between them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, features))
    return X, (X[:, 0] * X[:, 1] + 0.3 * X[:, 2] > 0).astype(float)


class SlowInOneWorker(ReferenceEngine):
    """The worker called 0 does everything thirty times."""

    def gradient(
        self,
        network: gn.Network,
        parameters: gn.Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
        dropout: Dropout | None = None,
    ) -> tuple[float, float, Array]:
        for _ in range(29 if get_worker().name == 0 else 0):
            super().gradient(network, parameters, X, Y, weight, dropout)
        return super().gradient(network, parameters, X, Y, weight, dropout)
