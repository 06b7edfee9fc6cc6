"""What tests all over share: the lanes they run in, the tutorial's own run, a real browser."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

import glassnet as gn

if TYPE_CHECKING:
    from distributed import Client, LocalCluster
    from playwright.sync_api import Browser

# One thread for each process of the tests: more would wait for one another, and spin while they do.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
# Modules are compiled once, and not by every worker and every process that a test starts.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A busy machine is no fault: speed is for benchmarks/.
hypothesis.settings.register_profile("small", deadline=None, max_examples=25)
hypothesis.settings.register_profile("large", deadline=None, max_examples=500)

# The lanes, each with the fixture that a test in it needs; a module may name its lane itself, with
# `pytestmark`. First come those that take longest, so that no worker waits for them at the end.
LANES = {
    "cluster": "cluster",
    "browser": "chromium",
    "frameworks": "",
    "process": "demo_folder",
    "unit": "",
}
ALONE = {"cluster", "browser", "frameworks"}  # one worker does all of it: what it starts is dear

LONG = 30_000  # milliseconds, for what must come
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required "
    "--allow-file-access-from-files"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="every combination, and many examples of Hypothesis"
    )


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("large" if config.getoption("--long") else "small")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put every test into its lane, and leave out what only `--long` asks for."""
    if not config.option.long:
        kept = {item for item in items if not item.get_closest_marker("long")} - unneeded(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = [item for item in items if item in kept]
    items.sort(key=lambda item: list(LANES).index(lane_of(item)))
    for item in items:
        lane = lane_of(item)
        item.add_marker(lane)
        item.add_marker(pytest.mark.xdist_group(lane if lane in ALONE else item.path.stem))


def unneeded(items: list[pytest.Item]) -> set[pytest.Item]:
    """Of tests marked `pairwise`, what is not needed for each two values to occur together."""
    by_test: dict[str, dict[pytest.Item, set[Any]]] = {}
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("pairwise"):
            values = [(name, repr(value)) for name, value in item.callspec.params.items()]
            pairs = set(itertools.combinations(values, 2))
            by_test.setdefault(item.nodeid.split("[")[0], {})[item] = pairs
    superfluous: set[pytest.Item] = set()
    for combinations in by_test.values():
        missing = set().union(*combinations.values())
        rest = dict(combinations)
        while missing:
            best = max(rest, key=lambda item: len(rest[item] & missing))
            missing -= rest.pop(best)
        superfluous |= rest.keys()
    return superfluous


def lane_of(item: pytest.Item) -> str:
    """The lane that its module names, or that a fixture puts it in, or what its module imports."""
    for lane, fixture in LANES.items():
        if item.get_closest_marker(lane) or fixture in getattr(item, "fixturenames", ()):
            return lane
    return "process" if hasattr(getattr(item, "module", None), "subprocess") else "unit"


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """Here and in child processes, also where whoever started the tests ignores Ctrl-C."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, started once; where it is not installed the test is skipped, but never in CI."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("needs Chromium, which `make browser` installs")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=LONG)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield launched
        launched.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Chromium, of which no page is left after the test."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `glassnet demo` writes; beside it, in stdout.txt, what it prints. Only to be read."""
    cwd = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-c", "from glassnet_start import main; main()", "demo"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (cwd / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return cwd / "glassnet-demo"


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    """A Dask cluster of two processes; a test that harms one starts its own."""
    pytest.importorskip("distributed")
    from clusters import new_cluster

    with new_cluster(2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def client(cluster: LocalCluster) -> Iterator[Client]:
    """A client of the cluster: while there is one, Dask computes with it unless asked otherwise."""
    from clusters import client_of

    with client_of(cluster) as client:
        yield client


@pytest.fixture(scope="session")
def tutorial_run() -> gn.Run:
    """The tutorial's run from RandomState(0): 5271 epochs."""
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 3, 1))
    return gn.train(
        network,
        points.X,
        points.y,
        parameters=gn.Parameters.initial(network, "legacy_numpy", seed=0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000,
        stop_below=0.005,
    )
