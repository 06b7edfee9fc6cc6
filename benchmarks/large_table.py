"""A table larger than the memory it is given: what the commands take to train on it and predict.

    python -m benchmarks.large_table [--rows 5000000] [--columns 30] [--limit-mb 1000]

A Parquet file is generated, and then `glassnet train` and `predict` run on it, each in
a process of its own whose private memory is limited by the operating system (RLIMIT_DATA: all
but mapped files, which it may drop at will; reserved memory counts as if it were used). The table
that is printed says what each took: the most private memory in use, seen every 20 ms, and the
most memory altogether, with the mapped files that were in memory since nothing else needed it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

SEED = 1
WATCH_SECONDS = 0.02


def generate(path: Path, rows: int, columns: int) -> None:
    """Numbers, a category and a target of two classes that depends on them, part by part."""
    import duckdb

    numbers = ", ".join(
        f"(hash(range + {SEED + i} * 1000003) % 2000003 / 1000001.5 - 1)::DOUBLE AS x{i}"
        for i in range(columns)
    )
    with duckdb.connect(config={"memory_limit": "500MB"}) as connection:
        connection.execute(
            "COPY (SELECT *, ['red', 'green', 'blue'][1 + floor((x0 + 1) * 1.49)::BIGINT] "
            f"AS colour, x0 * x1 > 0 AS label FROM (SELECT {numbers} FROM range({rows}))) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)"
        )


def commands(folder: Path, epochs: int) -> dict[str, list[str]]:
    """The arguments of each command, by its name."""
    table, run = str(folder / "large.parquet"), str(folder / "run")
    return {
        "train": [
            "train", table, "--target", "label", "--max-epochs", str(epochs), "--out", run, "--json"
        ],
        "predict": ["predict", run, table, "--out", str(folder / "predictions.csv")],
    }  # fmt: skip


def main() -> None:
    """Run every command in a process of its own and print the table, or run the one named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--limit-mb", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the files go; gone at the end if not")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    settings = parser.parse_args()
    if settings.step:
        print(json.dumps(_step(settings)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        settings.folder = settings.folder or Path(temporary)
        _all_steps(settings)


def _all_steps(settings: argparse.Namespace) -> None:
    table = settings.folder / "large.parquet"
    generate(table, settings.rows, settings.columns)
    size = table.stat().st_size / 2**20
    print(
        f"{settings.rows:,} rows, {size:.0f} MB; private memory limited to {settings.limit_mb} MB"
    )
    print(f"{'':10}{'seconds':>8}{'private MB':>12}{'with mapped files':>19}", flush=True)
    for step in commands(settings.folder, settings.epochs):
        arguments = ["--folder", str(settings.folder), "--step", step]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.large_table", *sys.argv[1:], *arguments],
            check=True,
            stdout=subprocess.PIPE,
        )
        took = json.loads(done.stdout.splitlines()[-1])
        print(f"{step:10}{took['seconds']:8.1f}{took['private']:12.0f}{took['all']:19.0f}")
    predictions = settings.folder / "predictions.csv"
    with predictions.open(encoding="utf-8") as file:
        rows = sum(1 for _ in file) - 1
    print(f"{rows:,} rows predicted, {predictions.stat().st_size / 2**20:.0f} MB")
    if rows != settings.rows:
        sys.exit("Some rows were not predicted.")


def _step(settings: argparse.Namespace) -> dict[str, Any]:
    """Run one command under the limit; returns what it took."""
    limit = settings.limit_mb * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    peak = _Peak()
    peak.start()
    began = time.perf_counter()

    from glassnet.cli import run

    code = run(commands(settings.folder, settings.epochs)[settings.step])
    seconds = time.perf_counter() - began
    if code:
        sys.exit(code)
    everything = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "private": peak.megabytes, "all": everything}


class _Peak(threading.Thread):
    """Watches how much memory that is no mapped file is in use."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0

    def run(self) -> None:
        status = Path("/proc/self/status")
        while True:
            for line in status.read_text(encoding="utf-8").splitlines():
                if line.startswith("RssAnon"):
                    self.megabytes = max(self.megabytes, int(line.split()[1]) / 1024)
            time.sleep(WATCH_SECONDS)


if __name__ == "__main__":
    main()
