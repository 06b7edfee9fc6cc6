"""Ctrl-C is answered at once, however long an epoch takes, and keeps what was done."""

from __future__ import annotations

import subprocess
import sys

import pytest

from glassnet.engines.compiled import built

pytestmark = [
    pytest.mark.skipif(not built(), reason="the compiled engine was not built"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there"),
]

SCRIPT = """
import threading, signal
import numpy as np
import glassnet as gn
X = np.random.default_rng(0).normal(size=({rows}, 50))
network = gn.Network((50, 200, 200, 1))
threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
run = gn.{call}
print(run.stop_reason)
"""
CALLS = {
    "one run": (100_000, "train(network, X, (X[:, 0] > 0) * 1, max_epochs=10**9)"),
    "many runs": (
        2_000,
        "train_many(network, X, (X[:, 0] > 0) * 1, seeds=range(9), max_epochs=10**9)",
    ),
}


@pytest.mark.parametrize(("rows", "call"), CALLS.values(), ids=CALLS)
def test_ctrl_c_ends_the_run_within_its_epoch(rows: int, call: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(rows=rows, call=call)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "interrupted" in done.stdout
