"""A table larger than the memory it is given: generated, streamed to files, and trained on.

    python -m benchmarks.large_table [--rows 5000000] [--columns 20] [--limit-mb 700]

Each step runs in a process of its own whose private memory is limited by the operating system
(RLIMIT_DATA: everything but mapped files, which it may drop at will), and says its peak.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEED = 1


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


def streamed(path: Path, folder: Path, memory: str) -> None:
    """Fit the recipe and write X and y to files."""
    from glassnet.tables import fit_recipe, open_table, stream

    with open_table(path, memory=memory) as table:
        recipe, notes = fit_recipe(table, "label", validation=0.1)
        stream(table, recipe, folder, validation=0.1)
    (folder / "recipe.json").write_text(recipe.to_json(), encoding="utf-8")
    print(*notes, sep="\n")


def trained(folder: Path) -> None:
    """Train on the files for two epochs and predict for all rows of the validation."""
    import numpy as np

    import glassnet as gn

    X, y, X_new, y_new = (
        np.load(folder / f"{name}.npy", mmap_mode="r")
        for name in ("X", "y", "validation_X", "validation_y")
    )
    run = gn.train(
        gn.Network((X.shape[1], 16, 1), activation="relu"),
        X,
        y,
        optimizer=gn.Adam(0.01),
        dtype="float32",
        batch_size=1024,
        max_epochs=2,
        seed=0,
    )
    print(f"loss {run.history.loss.tolist()}, accuracy {(run.predict(X_new) == y_new).mean():.4f}")


def main() -> None:
    """Run the steps one after another, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--limit-mb", type=int, default=700)
    parser.add_argument("--memory", default="300MB", help="what DuckDB may use of it")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--step", choices=["generate", "stream", "train"])
    settings = parser.parse_args()
    if settings.step:
        _step(settings)
        return
    with tempfile.TemporaryDirectory() as folder:
        for step in ("generate", "stream", "train"):
            subprocess.run(
                [sys.executable, "-m", "benchmarks.large_table", *sys.argv[1:],
                 "--folder", folder, "--step", step],
                check=True,
            )  # fmt: skip


def _step(settings: argparse.Namespace) -> None:
    folder, path = settings.folder, settings.folder / "large.parquet"
    if settings.step != "generate":
        limit = settings.limit_mb * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    began = time.perf_counter()
    if settings.step == "generate":
        generate(path, settings.rows, settings.columns)
    elif settings.step == "stream":
        streamed(path, folder, settings.memory)
    else:
        trained(folder)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sizes = {p.name: f"{p.stat().st_size / 2**20:.0f} MB" for p in sorted(folder.iterdir())}
    print(
        f"{settings.step}: {seconds:.1f} s, peak {peak:.0f} MB, of it private "
        f"{_private_peak():.0f} MB now; {sizes}",
        flush=True,
    )


def _private_peak() -> float:
    """Megabytes that are no mapped file, at the end."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    main()
