"""No call from Python crashes the process: it is converted or refused with a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.core.network import ACTIVATIONS
from glassnet.core.parameters import Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.interface import Limits, TrainingState
from glassnet.engines.reference import ReferenceEngine

pytestmark = pytest.mark.skipif(not built(), reason="the compiled engine was not built")

DTYPES = ["float64", "float32", "float16", "int64", "int8", "bool", "complex128", ">f8"]


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "contiguous": lambda array: array,
    "fortran": np.asfortranarray,
    "strided": lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
    "reversed": lambda array: array[::-1].copy()[::-1],
    "read only": _read_only,
    "transposed": lambda array: array.T.copy().T,
    "broadcast": lambda array: np.broadcast_to(array[:1], array.shape),
}


def _array(data: st.DataObject, shape: tuple[int, ...]) -> Any:
    values = np.random.default_rng(0).normal(size=shape)
    with np.errstate(invalid="ignore"):
        array = values.astype(data.draw(st.sampled_from(DTYPES)))
    return VIEWS[data.draw(st.sampled_from(sorted(VIEWS)))](array)


# The class of each rule, its settings, and how many vectors it remembers.
RULES: dict[str, tuple[str, tuple[float, ...], int]] = {
    "gradient descent": ("GradientDescent", (0.1, 0.0, False), 0),
    "momentum": ("GradientDescent", (0.1, 0.9, True), 1),
    "adam": ("Adam", (0.1, 0.9, 0.9, 0.1, 0.0), 2),
    "rmsprop": ("RMSprop", (0.1, 0.9, 0.1, 0.0), 1),
    "rmsprop with momentum": ("RMSprop", (0.1, 0.9, 0.1, 0.9), 2),
    "too few settings": ("Adam", (0.1, 0.9), 0),
}
SMALL = st.integers(0, 5)
ROWS = st.sampled_from([0, 1, 2, 7, 63, 64, 65, 513, 1025])


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@given(data=st.data(), sizes=st.lists(st.integers(1, 70), min_size=2, max_size=4), rows=ROWS)
def test_any_arrays_are_computed_with_or_refused_in_a_sentence(
    data: st.DataObject, sizes: list[int], rows: int
) -> None:
    network = gn.Network(sizes, data.draw(st.sampled_from(ACTIVATIONS)))
    dtype = data.draw(st.sampled_from(["float64", "float32", "int32"]))
    start = Parameters(network, np.ones(network.n_parameters, dtype))
    columns = data.draw(st.sampled_from([sizes[0], sizes[0] + 1]))
    X = _array(data, (rows, columns))
    Y = _array(data, (data.draw(st.sampled_from([rows, rows + 1])), sizes[-1]))
    weight = data.draw(st.sampled_from([None, np.ones(rows), np.ones(rows + 1)]))
    engine = CompiledEngine()
    try:
        loss, total, gradient = engine.gradient(network, start, X, Y, weight)
        outputs = engine.outputs(network, start, X)
    except gn.InputError:
        return
    assert gradient.shape == start.vector.shape
    assert outputs.shape == (rows, sizes[-1])
    assert total == rows
    assert isinstance(loss, float)
    X, Y = np.asarray(X, dtype), np.asarray(Y, dtype)
    with np.errstate(all="ignore"):
        expected = ReferenceEngine().gradient(network, start, X, Y, None)[0] if rows else 0.0
    if np.isfinite(loss) and np.isfinite(expected):
        assert loss == pytest.approx(expected, rel=1e-2, abs=1e-2)


@given(
    n_values=st.integers(0, 60),
    n_fallback=st.integers(0, 60),
    n_losses=SMALL,
    n_snapshots=SMALL,
    rows=SMALL,
    rule=st.sampled_from(sorted(RULES)),
    batch_size=st.sampled_from([1, 2, 2**62]),
    epoch=st.sampled_from([0, 3, -1]),
    order=st.sampled_from(["right", "short", "beyond", "floats", "nothing"]),
    key=st.sampled_from([0, 2**64 - 1, 2**64, -1, 0.5, None]),
    rates=st.sampled_from([[], [0.5], [0.0], [1.0], [0.1, 0.1]]),
    n_factors=st.sampled_from([None, 0, 2, 3]),
)
def test_the_binding_itself_never_writes_out_of_bounds(
    n_values: int,
    n_fallback: int,
    n_losses: int,
    n_snapshots: int,
    rows: int,
    rule: str,
    batch_size: int,
    epoch: int,
    order: str,
    key: Any,
    rates: list[float],
    n_factors: int | None,
) -> None:
    from glassnet.engines import _native

    orders: dict[str, Any] = {
        "right": np.arange(rows),
        "short": np.arange(max(rows - 1, 0)),
        "beyond": np.arange(rows) + 1,
        "floats": np.arange(rows) / 1,
        "nothing": None,
    }
    model = _native.Model([2, 3, 1], [0], 0, 0.5, _native.instruction_sets()[0], 1)  # 13 parameters
    sizes = n_values if n_values % 13 else 13 * (n_values // 13)
    try:
        make, numbers, memories = RULES[rule]
        training = _native.Settings(
            getattr(_native, make)(*numbers),
            l1=0.0,
            l2=0.0,
            batch_size=batch_size,
            epochs=3,
            record_every=1,
            stop_below=0.0,
            clip_norm=1.0,
            dropout=rates,
        )
        outcome = model.advance(
            training,
            _native.data(np.ones((rows, 2)), np.ones((rows, 1)), None),
            None if n_factors is None else np.ones(n_factors),
            _native.run(np.zeros(sizes), np.zeros(n_fallback), 0.0, epoch),
            _native.log(np.empty(n_losses), np.empty(13), np.empty((n_snapshots, 13))),
            lambda: (key, orders[order]),
            bool,
        )
    except (ValueError, TypeError, RuntimeError):
        pass
    else:
        assert n_values == 13 * (1 + memories)
        assert n_fallback == 13
        assert outcome[1] <= max(n_losses, 3 * (n_losses == 1))
        assert rates in ([], [0.5], [0.0])
        assert n_factors in (None, 3)


@pytest.mark.parametrize("sizes", [(2**31, 1), (2**40, 2**40), (1, 2**31 - 1, 2**31 - 1)])
def test_networks_too_large_for_memory_are_refused(sizes: tuple[int, ...]) -> None:
    from glassnet.engines import _native

    with pytest.raises((TypeError, ValueError, MemoryError)):
        _native.Model(list(sizes), [0] * (len(sizes) - 2), 0, 0.5, "baseline", 1).gradient(
            np.ones(3),
            _native.data(np.ones((1, 1)), np.ones((1, 1)), None),
            np.ones(3),
            (),
            0,
            0,
            bool,
        )


def test_an_error_in_python_comes_out_as_itself() -> None:
    class Broken(threading.Event):
        def is_set(self) -> bool:
            if self.looked:
                raise ZeroDivisionError("the flag is broken")
            self.looked = True
            return False

        looked = False

    network = gn.Network((50, 100, 100, 2))
    start = Parameters.initial(network, seed=0)
    rng = np.random.default_rng(0)
    batches = Batches(rng.normal(size=(500, 50)), np.eye(2)[rng.integers(0, 2, 500)], None, 50)
    optimizer = gn.GradientDescent(0.1)
    state = TrainingState(start, start, optimizer, {}, 0, rng)
    with pytest.raises(ZeroDivisionError, match="the flag is broken"):
        CompiledEngine().advance(state, batches, Limits(100_000, Broken()))
