"""Time glassnet and its peers on the same work, in one run.

    python -m benchmarks [--quick] [--only tutorial,wide] [--out FOLDER]

Each peer lives in a process of its own, so that nobody's threads stand in another's way. Before
a peer is timed, its parameters after a few epochs must agree with the reference
engine's. Then all take turns, so that a busy machine is busy for everybody, and the medians are
compared. Writes results.json and sizes.png.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from benchmarks.worker import Worker
from benchmarks.workloads import WORKLOADS, Workload

PEERS = {
    "glassnet": ("glassnet_engine", "prepare"),
    "JAX, whole loop": ("jax_loop", "prepare"),
    "numpy, out=": ("numpy_loop", "prepare"),
    "PyTorch": ("torch_loop", "prepare"),
    "PyTorch compiled": ("torch_loop", "prepare_compiled"),
    "TensorFlow, graph loop": ("tensorflow_loop", "prepare"),
    "scikit-learn": ("sklearn_loop", "prepare"),
}
SECONDS = 1.5  # a peer that needs longer for the epochs of a workload is timed over fewer
BREATH = 0.3  # seconds until the idle threads of the one before have stopped spinning
TOLERANCE = {"float64": 1e-9, "float32": 1e-2}  # of the parameters, relative to the largest
CHECKED_EPOCHS = {"float64": 20, "float32": 1}


def main() -> None:
    """Run what the command line asks for, print it and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and peers")
    parser.add_argument("--only", default="", help="workloads by name, separated by commas")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    asked = parser.parse_args()
    chosen = [name.strip() for name in asked.only.split(",") if name.strip()]
    repetitions = 3 if asked.quick else 7
    results: dict[str, Any] = {"machine": machine(), "workloads": {}}
    print(json.dumps(results["machine"], indent=2))
    for workload in WORKLOADS:
        if not chosen or workload.name in chosen:
            times = compare(workload, repetitions, asked.quick)
            results["workloads"][workload.name] = times
            report(f"{workload.name}: us/step", times)
    for name, measure in {
        "thousand seeds": thousand_seeds,
        "prediction": prediction,
        "rows": rows_from_a_file,
        "whole process": whole_process,
    }.items():
        if not chosen or name in chosen:
            results[name] = measure(asked.quick)
            report(name, results[name])
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    picture(results["workloads"], results.get("rows", {}), asked.out / "sizes.png")
    print(f"Written to {asked.out}.")


def machine() -> dict[str, Any]:
    """The processor, its cores, and the versions of everybody."""
    names = {}
    for package in ("numpy", "scipy", "jax", "torch", "tensorflow-cpu", "scikit-learn"):
        try:
            names[package] = version(package)
        except PackageNotFoundError:
            names[package] = "not installed"
    from glassnet.engines import _native

    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "instructions": _native.instruction_sets()[0],
        "python": platform.python_version(),
        "glassnet": gn.__version__,
        **names,
    }


def processor() -> str:
    """Its name, as the system has it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def compare(workload: Workload, repetitions: int, quick: bool) -> dict[str, float]:
    """Median microseconds an update, by peer; the first is glassnet."""
    expected = reference(workload)
    seconds: dict[str, list[float]] = {}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        epochs: dict[str, int] = {}
        for name, (module, function) in PEERS.items():
            if quick and name in ("PyTorch compiled", "scikit-learn"):
                continue
            worker = stack.enter_context(Worker(module, function, workload))
            try:
                found = worker.ask("result", CHECKED_EPOCHS[workload.dtype])
            except RuntimeError as error:
                print(f"  {name} cannot: {error}")
                continue
            difference = disagreement(found, expected)
            if difference > TOLERANCE[workload.dtype]:
                print(f"  {name} computes something else: {difference:.1e}; it is not timed")
                continue
            workers[name], seconds[name] = worker, []
            epochs[name] = affordable(worker, workload)
        for _ in range(repetitions):
            for name, worker in workers.items():
                time.sleep(BREATH)
                time_of_all = worker.ask("seconds", epochs[name])
                seconds[name].append(time_of_all / (epochs[name] * workload.steps))
    return {name: 1e6 * statistics.median(times) for name, times in seconds.items()}


def reference(workload: Workload) -> np.ndarray:
    """The parameters after a few epochs of the reference engine, in float64."""
    run = gn.train(
        workload.network,
        workload.X,
        workload.y,
        parameters=workload.start,
        optimizer=workload.optimizer,
        max_epochs=CHECKED_EPOCHS[workload.dtype],
        batch_size=workload.batch_size,
        seed=0,
        engine="reference",
    )
    return run.parameters.vector


def disagreement(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest parameter."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def affordable(worker: Worker, workload: Workload) -> int:
    """How many epochs to time: the workload's, or as many as fit into SECONDS."""
    worker.ask("seconds", 1)
    one = worker.ask("seconds", 1)
    epochs = max(1, min(workload.epochs, int(SECONDS / one)))
    worker.ask("seconds", epochs)  # whoever compiles for a number of epochs does it here
    return epochs


def timed(call: Callable[..., Any], *arguments: Any) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - began


def take_turns(calls: dict[str, Callable[[], Any]], repetitions: int) -> dict[str, float]:
    """Median seconds of each call, all of them in turn."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repetitions):
        for name, call in calls.items():
            times[name].append(timed(call))
    return {name: statistics.median(values) for name, values in times.items()}


def thousand_seeds(quick: bool) -> dict[str, float]:
    """Microseconds per seed and epoch: 1000 starts, 1000 epochs of the tutorial's network."""
    from benchmarks.peers import jax_loop

    workload = WORKLOADS[0]
    epochs = 100 if quick else 1000
    starts = [gn.Parameters.initial(workload.network, "uniform", seed) for seed in range(1000)]

    def ours() -> np.ndarray:
        done = gn.train_many(
            workload.network,
            workload.X,
            workload.y,
            seeds=range(1000),
            parameters=starts,
            optimizer=workload.optimizer,
            max_epochs=epochs,
        )
        assert done.parameters is not None
        return np.stack([parameters.vector for parameters in done.parameters])

    train = jax_loop.prepare_many(workload, np.stack([start.vector for start in starts]))
    assert disagreement(ours(), train(epochs)) < 1e-6
    times = take_turns({"glassnet": ours, "JAX, vmap": lambda: train(epochs)}, 3 if quick else 5)
    return {name: seconds / 1000 / epochs * 1e6 for name, seconds in times.items()}


def prediction(quick: bool) -> dict[str, float]:
    """Milliseconds to predict a million rows through 10-32-32-2 in float32."""
    from glassnet.engines.compiled import CompiledEngine
    from glassnet.engines.reference import ReferenceEngine

    workload = next(w for w in WORKLOADS if w.name == "tabular")
    rows = 100_000 if quick else 1_000_000
    X = np.random.default_rng(0).standard_normal((rows, 10), np.float32)
    start = gn.Parameters(workload.network, workload.start.vector.astype("float32"))
    calls: dict[str, Callable[[], np.ndarray]] = {
        "glassnet": lambda: CompiledEngine().outputs(workload.network, start, X),
        "numpy": lambda: ReferenceEngine().outputs(workload.network, start, X),
    }
    for name, module in (("JAX", "jax_loop"), ("PyTorch", "torch_loop")):
        try:
            peer = import_module(f"benchmarks.peers.{module}")
        except ImportError as error:
            print(f"  {name} cannot: {error}")
            continue
        outputs = peer.prepare_prediction(workload)
        calls[name] = partial(outputs, X)
    for call in calls.values():
        assert np.abs(call() - calls["numpy"]()).max() < 1e-5
    return {name: 1e3 * seconds for name, seconds in take_turns(calls, 5).items()}


def rows_from_a_file(quick: bool) -> dict[str, float]:
    """Seconds an epoch of training on ever more rows of a memory map; memory beyond the data.

    Full batches, checks of the data included. The memory is the process's own pages, those of
    the map not counted, at their most, looked at every few milliseconds.
    """
    program = """
import sys, threading, time, numpy as np, glassnet as gn
rows = int(sys.argv[2])
X = np.load(sys.argv[1] + "/X.npy", mmap_mode="r")[:rows]
y = np.load(sys.argv[1] + "/y.npy", mmap_mode="r")[:rows]
def train(rows, epochs):
    network = gn.Network((10, 32, 32, 1), "relu")
    gn.train(network, X[:rows], y[:rows], seed=0, max_epochs=epochs, dtype="float32")
def own_memory():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
def watch():
    while not done.is_set():
        most.append(own_memory())
        done.wait(0.003)
train(1000, 1)
before, most, done = own_memory(), [0], threading.Event()
watcher = threading.Thread(target=watch)
watcher.start()
times = []
for epochs in (1, 4):
    began = time.perf_counter()
    train(rows, epochs)
    times.append(time.perf_counter() - began)
done.set()
watcher.join()
print((times[1] - times[0]) / 3, max(most) - before)
"""
    largest = 10**6 if quick else 10**7
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        X = np.lib.format.open_memmap(f"{folder}/X.npy", "w+", np.float32, (largest, 10))
        y = np.lib.format.open_memmap(f"{folder}/y.npy", "w+", np.float32, (largest,))
        for start in range(0, largest, 10**6):
            part = slice(start, start + 10**6)
            X[part] = rng.standard_normal((len(X[part]), 10), np.float32)
            y[part] = X[part, 0] > 0
        del X, y
        rows = 10**4
        while rows <= largest:
            command = [sys.executable, "-c", program, folder, str(rows)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, megabytes = map(float, done.stdout.split())
            results[f"{rows} rows, s"] = seconds
            results[f"{rows} rows, MiB more"] = megabytes
            rows *= 10
    return results


SCRIPTS = {
    "glassnet": """
import glassnet as gn
points = gn.datasets.rings()
network = gn.Network((2, 3, 3, 1))
start = gn.Parameters.initial(network, "legacy_numpy", seed=0)
run = gn.train(network, points.X, points.y, parameters=start, optimizer=gn.GradientDescent(0.4),
               max_epochs=20_000, stop_below=0.005)
assert run.epochs == 5271
""",
    "numpy script": """
import numpy as np
from benchmarks.workloads import WORKLOADS
from benchmarks.peers.numpy_loop import prepare
prepare(WORKLOADS[0])(5271)
""",
    "JAX": """
from benchmarks.workloads import WORKLOADS
from benchmarks.peers.jax_loop import prepare
prepare(WORKLOADS[0])(5271)
""",
    "TensorFlow": """
from benchmarks.workloads import WORKLOADS
from benchmarks.peers.tensorflow_loop import prepare
prepare(WORKLOADS[0])(5271)
""",
}


def whole_process(quick: bool) -> dict[str, float]:
    """Milliseconds from starting Python to its end: import, train the tutorial's network, exit."""

    def start(script: str) -> Callable[[], Any]:
        command = [sys.executable, "-c", script]
        return lambda: subprocess.run(command, check=True, capture_output=True)

    scripts = {name: s for name, s in SCRIPTS.items() if not (quick and name == "TensorFlow")}
    times = take_turns({name: start(s) for name, s in scripts.items()}, 3)
    return {name: 1e3 * seconds for name, seconds in times.items()}


def report(title: str, numbers: dict[str, float]) -> None:
    """The numbers, and each as a multiple of the first."""
    print(f"\n{title}")
    first = next(iter(numbers.values()))
    for name, value in numbers.items():
        print(f"  {name:26} {value:12.3f} {value / first if first else 0:9.2f} x")
    sys.stdout.flush()


def picture(workloads: dict[str, dict[str, float]], rows: dict[str, float], path: Path) -> None:
    """Time of an update against its size, a line a peer; and of an epoch against its rows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 5), layout="constrained")
    sizes_axes, rows_axes = figure.subplots(1, 2)
    sizes = {w.name: w.multiplications for w in WORKLOADS if "Adam" not in w.name}
    for peer in PEERS:
        points = sorted(
            (sizes[name], times[peer])
            for name, times in workloads.items()
            if name in sizes and peer in times
        )
        if points:
            width = 3 if peer == "glassnet" else 1.3
            sizes_axes.loglog(*zip(*points, strict=True), "o-", linewidth=width, label=peer)
    sizes_axes.set(
        xlabel="multiplications in the forward pass of a batch",
        ylabel="microseconds an update",
        title="Training: time against size",
    )
    if workloads:
        sizes_axes.legend(frameon=False)
    for name in [name for name in rows if name.endswith(", s")]:
        n = int(name.split()[0])
        rows_axes.loglog(n, rows[name], "o", color="tab:blue")
        more = rows[f"{n} rows, MiB more"]
        rows_axes.annotate(
            f"+{more:.0f} MiB", (n, rows[name]), (6, -12), textcoords="offset points"
        )
    rows_axes.set(
        xlabel="rows of a memory map",
        ylabel="seconds an epoch",
        title="10-32-32-1 on ever more rows, and memory beyond the data",
    )
    for axes in (sizes_axes, rows_axes):
        axes.grid(visible=True, alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
