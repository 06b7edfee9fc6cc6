"""The engine in WebAssembly gives the bits of the native one, and refuses what does not fit.

Python in Node computes both sides' tasks with the package's own files; see wasm_tasks.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from engines import wasm_tasks
from engines.tasks import OPTIMIZERS
from glassnet.core.network import ACTIVATIONS, CLASS_LOSSES, OUTPUT_ACTIVATION
from glassnet.engines.compiled import built

pytestmark = pytest.mark.skipif(not built(), reason="the compiled engine was not built")

TESTS = Path(__file__).parents[1]
SOURCE = Path(gn.__file__).parents[1]
RUNTIME = TESTS.parent / "build" / "runtime"
NEEDED = {
    "Node, which `make node` installs": lambda: shutil.which("node"),
    "`make runtime`": (RUNTIME / "pyodide.mjs").exists,
    "`make wasm`": (SOURCE / "glassnet" / "engines" / "native.wasm").exists,
}
LOSSES = ["cross entropy", "quantile(0.3)"]
LOSSES += [loss for loss in OUTPUT_ACTIVATION if loss not in ("quantile", *CLASS_LOSSES)]
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def in_browser_python() -> Iterator[Ask]:
    """Has the tasks done by Python for browsers, in one process of Node for all tests."""
    missing = [name for name, there in NEEDED.items() if not there()]
    if missing and "CI" not in os.environ:
        pytest.skip(f"needs {' and '.join(missing)}")
    command = ["node", str(TESTS / "engines" / "wasm_in_node.mjs"), str(RUNTIME), str(SOURCE)]
    with subprocess.Popen(
        [*command, str(TESTS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        assert node.stdin
        assert node.stdout
        stdin, stdout = node.stdin, node.stdout

        def ask(name: str, **arguments: Any) -> dict[str, Any]:
            stdin.write(json.dumps([name, arguments]) + "\n")
            stdin.flush()
            answer: dict[str, Any] = json.loads(stdout.readline())
            assert "failed" not in answer, answer["failed"]
            return answer

        yield ask
    assert node.returncode == 0


def here(name: str, **arguments: Any) -> dict[str, Any]:
    """The same with the native engine on its baseline instruction set."""
    answer: dict[str, Any] = json.loads(wasm_tasks.answer(json.dumps([name, arguments])))
    return answer


def test_the_tutorial_comes_to_epoch_5271_with_the_native_digits(in_browser_python: Ask) -> None:
    found = in_browser_python("tutorial")
    assert found["epochs"] == 5271
    assert found == here("tutorial")


# Twice, for all combinations of all settings would take an hour.
@pytest.mark.pairwise
@pytest.mark.parametrize("size", wasm_tasks.SIZES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_networks_and_losses_give_the_native_bits(
    in_browser_python: Ask, size: str, activation: str, loss: str, dtype: str
) -> None:
    if loss == "cross entropy":
        one = wasm_tasks.SIZES[size][-1] == 1
        loss = ("binary" if one else "categorical") + "_cross_entropy"
    settings: dict[str, Any] = {
        "size": size,
        "activation": activation,
        "loss": loss,
        "dtype": dtype,
    }
    settings |= {"rule": "adam", "batch_size": 32, "rate": 0.4, "extras": True}
    assert in_browser_python("training", **settings) == here("training", **settings)


@pytest.mark.pairwise
@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("batch_size", [1, 32, 150])
@pytest.mark.parametrize("rate", [0.0, 0.4])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("extras", [False, True])
def test_ways_to_train_give_the_native_bits(
    in_browser_python: Ask,
    rule: str,
    activation: str,
    batch_size: int,
    rate: float,
    dtype: str,
    extras: bool,
) -> None:
    settings: dict[str, Any] = {
        "size": "small",
        "activation": activation,
        "loss": "binary_cross_entropy",
    }
    settings |= {"rule": rule, "batch_size": batch_size, "rate": rate}
    settings |= {"dtype": dtype, "extras": extras}
    assert in_browser_python("training", **settings) == here("training", **settings)


def test_data_sets_and_start_values_are_the_same_bits(in_browser_python: Ask) -> None:
    assert in_browser_python("portable_numbers") == here("portable_numbers")


@pytest.mark.parametrize("keep_losses", [False, True])
def test_many_runs_give_the_native_bits(in_browser_python: Ask, keep_losses: bool) -> None:
    found = in_browser_python("many", keep_losses=keep_losses)
    assert found["stops"][2] == "the loss or a parameter is not finite"
    assert found == here("many", keep_losses=keep_losses)


def test_wrong_types_layouts_and_sizes_are_refused(in_browser_python: Ask) -> None:
    found = in_browser_python("refusals")
    right = {name: raised for name, raised in found.items() if "as it should" in name}
    assert list(right.values()) == ["nothing"] * 4
    accepted = {
        name: raised
        for name, raised in found.items()
        if name not in right and not raised.startswith("InputError: ")
    }
    assert accepted == {}
    assert len(found) > 300


def test_what_no_browser_has_memory_for_is_refused(in_browser_python: Ask) -> None:
    for raised in in_browser_python("too_large").values():
        assert raised.startswith("InputError: ")


def test_an_error_in_python_comes_out_as_itself(in_browser_python: Ask) -> None:
    assert in_browser_python("failures") == {
        "draw": "ZeroDivisionError: integer division or modulo by zero",
        "asked": "ZeroDivisionError: the flag is broken",
    }
