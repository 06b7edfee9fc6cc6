"""A sweep beside joblib with scikit-learn's MLPClassifier on the same grid, and 10,000 starts.

    python -m benchmarks.sweep [--quick] [--only grid,starts] [--out FOLDER]

The grid: 5 learning rates x 5 hidden layers x 4 penalties x 5 seeds = 500 fits of the breast cancer
table, 20 epochs of Adam in batches of 32 each, no early stopping. scikit-learn runs in as many
joblib processes as there are processors, one BLAS thread each, on data that are scaled already;
its processes are warmed up. glassnet's time is that of the whole sweep: reading the table, starting
processes, training, measuring, and every run with its curve in the file. They take turns, so that
a busy machine is busy for both. Accuracies are printed, for both should come to the same.

The starts: the tutorial's network from 10,000 seeds as one sweep, to the loss 0.005 or 20,000
epochs, with the share that gets there, and its interval.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, parallel_config
from sklearn.datasets import load_breast_cancer

from benchmarks.__main__ import machine
from benchmarks.peers.sklearn_fit import one_fit
from glassnet.engines.compiled import default_threads
from glassnet.pipeline.request import Request
from glassnet.sweep import SweepFile, SweepRequest, sweep
from glassnet.sweep.space import Space
from glassnet.sweep.summary import summarise

RATES = (0.001, 0.002, 0.005, 0.01, 0.02)
HIDDEN = ((8,), (16,), (32,), (16, 16), (32, 16))
PENALTIES = (0.0001, 0.001, 0.01, 0.1)
SEEDS = tuple(range(5))
EPOCHS, BATCH = 20, 32
ROUNDS = 3


def main() -> None:
    """Run what the command line asks for, print it and write everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, 1,000 starts")
    parser.add_argument("--only", default="grid,starts", help="parts, separated by commas")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    asked = parser.parse_args()
    found: dict[str, Any] = {"machine": machine()}
    print(json.dumps(found["machine"], indent=2))
    parts = [name.strip() for name in asked.only.split(",")]
    if "grid" in parts:
        found["grid"] = compared(1 if asked.quick else ROUNDS)
    if "starts" in parts:
        found["starts"] = starts(1_000 if asked.quick else 10_000)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "sweep.json").write_text(json.dumps(found, indent=2) + "\n")


def compared(rounds: int) -> dict[str, Any]:
    """Seconds and mean accuracies of the same grid, by peer, and the ratio of the medians."""
    peers = {"glassnet": by_glassnet, "joblib + scikit-learn": by_scikit_learn}
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    accuracy: dict[str, float] = {}
    with parallel_config("loky", n_jobs=default_threads(), inner_max_num_threads=1):
        Parallel()(
            delayed(one_fit)(0.01, (8,), 0.1, 0, EPOCHS, BATCH)
            for _ in range(2 * default_threads())
        )
        for _ in range(rounds):
            for name, run in peers.items():
                began = time.perf_counter()
                accuracy[name] = run()
                seconds[name].append(time.perf_counter() - began)
    fits = len(RATES) * len(HIDDEN) * len(PENALTIES) * len(SEEDS)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    ratio = medians["joblib + scikit-learn"] / medians["glassnet"]
    for name, median in medians.items():
        print(f"{name}: {fits} fits in {median:.2f} s, mean accuracy {accuracy[name]:.4f}")
    print(f"scikit-learn takes {ratio:.1f} times as long")
    return {"fits": fits, "seconds": seconds, "accuracy": accuracy, "ratio": ratio}


def by_glassnet() -> float:
    """The grid as a sweep; returns the mean accuracy on the rows that it trained on."""
    rows = len(load_breast_cancer().target)
    space: Space = {
        "learning_rate": RATES,
        "hidden": tuple("-".join(map(str, sizes)) for sizes in HIDDEN),
        # The penalties scikit-learn divides by the rows.
        "l2": tuple(alpha / rows for alpha in PENALTIES),
        "optimizer": ("adam",),
        "initialiser": ("glorot_uniform",),
        "schedule": ("constant",),
        "batch_size": (BATCH,),
        "max_epochs": (EPOCHS,),
        "patience": (EPOCHS,),  # never
    }
    request = SweepRequest(Request(data="breast_cancer", validation="none"), SEEDS, space)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.duckdb"
        sweep(request, path)
        with SweepFile.open(path, read_only=True) as file:
            return float(file.runs().measures["training accuracy"].mean())


def by_scikit_learn() -> float:
    """The grid by joblib; returns the mean accuracy on the rows that it trained on."""
    combinations = product(RATES, HIDDEN, PENALTIES, SEEDS)
    accuracies = Parallel()(delayed(one_fit)(*each, EPOCHS, BATCH) for each in combinations)
    return float(np.mean(accuracies))


def starts(seeds: int) -> dict[str, Any]:
    """The tutorial from so many seeds: seconds, and how the runs end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.duckdb"
        began = time.perf_counter()
        sweep(SweepRequest(Request(data="rings"), tuple(range(seeds)), {}), path)
        taken = time.perf_counter() - began
        with SweepFile.open(path, read_only=True) as file:
            summary = summarise(file.runs(), file.experiment)
        size = path.stat().st_size
    print(f"{seeds:,} starts of the tutorial in {taken:.1f} s, {size / 2**20:.1f} MiB")
    for name, share in summary.ends.items():
        print(f"  {name}: {share.share:.2%} (95 % interval {share.low:.2%} to {share.high:.2%})")
    for level in summary.levels:
        share = level.share
        interval = f"{share.low:.2%} to {share.high:.2%}"
        print(f"  stuck at a loss of {level.median:.4g}: {share.share:.2%} ({interval})")
    return {"seconds": taken, "summary": summary.to_json()}


if __name__ == "__main__":
    main()
