"""Work for the engine in WebAssembly, which Python in Node does and Python here does again."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

import glassnet as gn
from engines.tasks import OPTIMIZERS, advance
from glassnet.core.dropout import Dropout
from glassnet.core.parameters import INITIALISERS, Array, Parameters
from glassnet.data.preprocessing import DateColumn
from glassnet.engines.batches import Batches
from glassnet.engines.compiled import CompiledEngine
from glassnet.engines.interface import Limits
from glassnet.optim.penalty import Penalty
from glassnet.playground.features import PLANE, features_of

ENGINE = CompiledEngine(instructions="baseline")
SIZES = {"small": (2, 3, 3, 1), "classes": (10, 32, 17, 3), "flat": (4, 2)}


def answer(request: str) -> str:
    """Do a task by its name; arrays come as the bytes they consist of."""
    name, arguments = json.loads(request)
    try:
        found = TASKS[name](**arguments)
    except Exception:
        found = {"failed": traceback.format_exc()}
    return json.dumps({key: _plain(value) for key, value in found.items()})


def _plain(value: Any) -> Any:
    return value.tobytes().hex() if isinstance(value, np.ndarray) else value


def tutorial() -> dict[str, Any]:
    """The tutorial's own run, to epoch 5271."""
    points = gn.datasets.rings()
    network = gn.Network(SIZES["small"])
    run = gn.train(
        network,
        points.X,
        points.y,
        parameters=Parameters.initial(network, "legacy_numpy", seed=0),
        optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000,
        stop_below=0.005,
        engine=ENGINE,
    )
    losses = np.array(run.history.loss)
    return {"epochs": run.epochs, "losses": losses, "parameters": run.parameters.vector}


def samples(
    size: str, activation: str, loss: str, dtype: str, *, weighted: bool
) -> tuple[Parameters, Array, Array, Array | None]:
    """A start and samples of numbers that no C library has a part in."""
    sizes = SIZES[size]
    rng = np.random.default_rng(7)
    network = gn.Network(sizes, activation, loss)
    start = Parameters(network, rng.uniform(-1, 1, network.n_parameters).astype(dtype))
    n_rows, n_out = 150, sizes[-1]
    X: Array = rng.uniform(-2, 2, (n_rows, sizes[0]))
    Y: Array = rng.uniform(-1, 1, (n_rows, n_out))
    if loss == "binary_cross_entropy":
        Y = (Y > 0) + 0.0
    elif loss == "categorical_cross_entropy":
        Y = np.eye(n_out)[rng.integers(0, n_out, n_rows)]
    elif loss == "poisson":
        Y = np.floor(3 * np.abs(Y))
    weight = rng.uniform(0.5, 2, n_rows).astype(dtype) if weighted else None
    return start, X.astype(dtype), Y.astype(dtype), weight


def training(
    size: str,
    activation: str,
    loss: str,
    rule: str,
    batch_size: int,
    rate: float,
    dtype: str,
    extras: bool,
) -> dict[str, Any]:
    """All that there is after some epochs, with penalty, clipping and weights as `extras`."""
    start, X, Y, weight = samples(size, activation, loss, dtype, weighted=extras)
    dropout = (rate,) * (len(SIZES[size]) - 2) if rate else ()
    state, progress = advance(
        ENGINE,
        start,
        Batches(X, Y, weight, batch_size),
        OPTIMIZERS[rule],
        epochs=6,
        record_every=2,
        penalty=Penalty(0.001, 0.01) if extras else Penalty(),
        clip_norm=0.7 if extras else None,
        dropout=dropout,
        rate_factors=np.linspace(1, 0.3, 6) if extras else None,
    )
    masks = Dropout(dropout, 12345678901234567890, 3) if dropout else None
    loss_sum, total, gradient = ENGINE.gradient(start.network, start, X, Y, weight, masks)
    evaluated, _, outputs = ENGINE.evaluate(start.network, start, X, Y, weight)
    activations = ENGINE.activations(start.network, start, X)
    return {
        "stop": progress.stop.value,
        "losses": np.asarray(progress.losses),
        "snapshots": np.asarray(progress.snapshots),
        "parameters": state.parameters.vector,
        "memory": np.concatenate([np.zeros(0), *map(np.ravel, state.optimizer_state.values())]),
        "loss": [loss_sum.hex(), float(total).hex(), evaluated.hex()],
        "gradient": gradient,
        "outputs": outputs,
        "activations": np.concatenate([a.ravel() for a in activations]),
        "next random number": float(state.generator.random()).hex(),
    }


def many(keep_losses: bool) -> dict[str, Any]:
    """Several runs in one call, of which one diverges."""
    from engines.tasks import new_state

    start, X, Y, _ = samples("small", "tanh", "binary_cross_entropy", "float64", weighted=False)
    states = [new_state(start.copy(), OPTIMIZERS["momentum"], seed=seed) for seed in range(4)]
    states[2].parameters.vector[:] = 1e308
    limits = Limits(20, threading.Event())
    batches = [Batches(X[i:], Y[i:], None, 40 + i) for i in range(4)]
    progress = ENGINE.advance_many(states, batches, limits, keep_losses=keep_losses)
    return {
        "stops": [p.stop.value for p in progress],
        "losses": np.concatenate([p.losses for p in progress]),
        "parameters": np.concatenate([state.parameters.vector for state in states]),
    }


def failures() -> dict[str, Any]:
    """What Python's functions raise while C calls them comes out as itself."""
    return {name: _raised(act) for name, act in (("draw", _bad_draw), ("asked", _bad_flag))}


def _raised(act: Callable[[], object]) -> str:
    try:
        act()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def _bad_flag() -> None:
    class Broken(threading.Event):
        looked = False

        def is_set(self) -> bool:
            if self.looked:
                raise ZeroDivisionError("the flag is broken")
            self.looked = True
            return False

    start, X, Y, _ = samples("classes", "tanh", "mean_squared_error", "float64", weighted=False)
    batches = Batches(X, Y, None, 50)
    advance(ENGINE, start, batches, OPTIMIZERS["plain"], epochs=100_000, stop_asked=Broken())


def _bad_draw() -> None:
    start, X, Y, _ = samples("small", "tanh", "mean_squared_error", "float64", weighted=False)
    call = Call(native(), start.vector.copy(), X, Y)
    call.advance(draw=lambda: 1 // 0)


def native() -> ModuleType:
    from glassnet.engines.compiled import _native

    return _native()


class Call:
    """One call of each function of the module, of whose arguments any can be another."""

    def __init__(self, module: ModuleType, values: Array, X: Array, Y: Array) -> None:
        self.module, n = module, values.size
        self.model = module.Model([2, 3, 3, 1], [0, 0], 2, 0.5, "baseline", 1)
        self.arguments: dict[str, Any] = {
            "values": values,
            "fallback": values.copy(),
            "X": X,
            "Y": Y,
            "weight": np.ones(len(X)),
            "losses": np.empty(3),
            "bad": np.empty(n),
            "snapshots": np.empty((3, n)),
            "rate_factors": np.ones(3),
            "gradient": np.empty(n),
            "outputs": np.empty((len(X), 1)),
            "hidden": np.empty((len(X), 3)),
            "order": np.arange(len(X)),
            "dropout": [0.5, 0.0],
            "key": 3,
            "first": 0,
            "epoch": 0,
            "epochs": 3,
            "batch_size": 50,
            "record_every": 1,
            "clip_norm": 1.0,
            "rule": module.GradientDescent(0.1, 0.0, False),
        }

    def advance(self, draw: Callable[[], Any] | None = None, **others: Any) -> None:
        a = self.arguments | others
        m = self.module
        settings = m.Settings(
            a["rule"],
            l1=0.0,
            l2=0.0,
            batch_size=a["batch_size"],
            epochs=a["epochs"],
            record_every=a["record_every"],
            stop_below=0.0,
            clip_norm=a["clip_norm"],
            dropout=a["dropout"],
        )
        self.model.advance(
            settings,
            m.data(a["X"], a["Y"], a["weight"]),
            a["rate_factors"],
            m.run(a["values"], a["fallback"], 0.0, a["epoch"]),
            m.log(a["losses"], a["bad"], a["snapshots"]),
            draw or (lambda: (a["key"], a["order"])),
            bool,
        )

    def gradient(self, **others: Any) -> None:
        a = self.arguments | others
        data = self.module.data(a["X"], a["Y"], a["weight"])
        masks = (a["dropout"], a["key"], a["first"])
        self.model.gradient(a["values"], data, a["gradient"], *masks, bool)

    def evaluate(self, **others: Any) -> None:
        a = self.arguments | others
        data = self.module.data(a["X"], a["Y"], a["weight"])
        self.model.evaluate(a["values"], data, a["outputs"])

    def activations(self, **others: Any) -> None:
        a = self.arguments | others
        self.model.activations(a["values"], a["X"], [a["hidden"], None, a["outputs"]])


# The arguments that each function has, and those of them that it writes to.
ARRAYS = {
    "advance": "values fallback X Y weight losses bad snapshots rate_factors order",
    "gradient": "values X Y weight gradient",
    "evaluate": "values X Y weight outputs",
    "activations": "values X hidden outputs",
}
WRITTEN = {
    "advance": {"values", "fallback", "losses", "bad", "snapshots"},
    "gradient": {"gradient"},
    "evaluate": {"outputs"},
    "activations": {"hidden", "outputs"},
}
# Other values of what is no array.
NUMBERS: dict[str, list[Any]] = {
    "dropout": [[0.5], [0.5, 1.0], [0.1, -0.1], [0.0, float("nan")], [0.5] * 3],
    "key": [-1, 2**64, 0.5, None, True],
    "first": [-1, 2**64, 1.5],
    "epoch": [-1, 0.5, 2**63],
    "epochs": [-1, 4, 2.0, 2**63],
    "batch_size": [0, -1, 2**63, 2.5],
    "record_every": [0, -5],
    "clip_norm": [0.0, -1.0, float("nan")],
    "rule": [None, (0.1, 0.9, 0.9, 0.1, 0.0)],
}
OF = {"advance": set(NUMBERS) - {"first"}, "gradient": {"dropout", "key", "first"}}


def wrong_arrays(right: Array, *, written: bool) -> Iterator[tuple[str, Any]]:
    """What is not the array that is needed, each with its name."""
    yield "a list", right.tolist()
    yield "nothing of it", right[:0]
    yield "one less", right[:-1].copy()
    yield "one more", np.concatenate([right, right[:1]])
    yield "another dimension", right[np.newaxis].copy()
    yield "too few dimensions", right[0]
    if right.ndim == 2:
        yield "another width", np.repeat(right, 2, axis=1)
    if right.ndim == 2 and right.shape[1] > 1:
        yield "by columns", np.asfortranarray(right)
    yield "with gaps", np.repeat(right, 2, axis=0)[::2]
    yield "backwards", right[::-1]
    yield "repeated", np.broadcast_to(right[:1], right.shape)
    for dtype in ("float32", "float16", ">f8", "complex128", "object", "bool"):
        with np.errstate(invalid="ignore"):
            yield dtype, right.astype(dtype)
    if right.dtype.kind == "f":
        yield "int64", right.astype(np.int64)
        memory = np.empty(right.nbytes + 1, np.uint8)[1:]
        yield "not aligned", memory.view(np.float64).reshape(right.shape)
    else:
        yield "negative", right - 1
        yield "beyond", right + 1
        yield "floats", right / 1
    if written:
        frozen = right.copy()
        frozen.flags.writeable = False
        yield "read only", frozen


FITTING = {  # more of these than there need be, and orders of whole numbers however they lie
    ("losses", "one more"),
    ("snapshots", "one more"),
    ("rate_factors", "one more"),
    *(("order", name) for name in ("with gaps", "backwards", "repeated")),
}


def refusals() -> dict[str, Any]:
    """What each wrong argument raises, by function, argument and what is wrong with it."""
    rng = np.random.default_rng(0)
    X, Y = rng.uniform(-1, 1, (150, 2)), rng.uniform(-1, 1, (150, 1))
    call = Call(native(), rng.uniform(-1, 1, 25), X, Y)
    found = {}
    for function, names in ARRAYS.items():
        act = getattr(call, function)
        found[f"{function} as it should be"] = _raised(act)
        for name in names.split():
            right, written = call.arguments[name], name in WRITTEN[function]
            for what, wrong in wrong_arrays(right, written=written):
                if (name, what) not in FITTING:
                    others = {name: wrong}
                    found[f"{function} {name} {what}"] = _raised(lambda: act(**others))  # noqa: B023
        for name in OF.get(function, ()):
            for value in NUMBERS[name]:
                others = {name: value}
                found[f"{function} {name} {value}"] = _raised(lambda: act(**others))  # noqa: B023
    return found


def too_large() -> dict[str, Any]:
    """Networks and batches that no browser has memory for, which it must outlive."""
    module = native()

    def batch() -> None:
        model = module.Model([1, 4_000_000, 1], [0], 2, 0.5, "baseline", 1)
        X = np.zeros((1000, 1))
        model.gradient(
            np.zeros(12_000_001), module.data(X, X, None), np.empty(12_000_001), [], 0, 0, bool
        )

    def network(*sizes: int) -> Callable[[], None]:
        return lambda: module.Model(list(sizes), [0] * (len(sizes) - 2), 0, 0.5, "baseline", 1)

    return {
        "a batch": _raised(batch),
        "a network": _raised(network(2, 2**15, 2**15, 1)),
        "a network that overflows": _raised(network(2**16, 2**16)),
        "a layer that overflows": _raised(network(2**31, 1)),
    }


def portable_numbers() -> dict[str, Any]:
    """Data sets, features, start values and factors of the learning rate."""
    found: dict[str, Any] = {}
    for name, make in list(gn.datasets.DATASETS.items())[:9]:
        noise = {} if name == "slope" else {"noise": 0.2}
        points = make(4000, **noise, seed=1)  # type: ignore[call-arg]
        found[name] = np.column_stack([points.X, points.y])
    found["far"] = gn.datasets.spirals(50, turns=1e12).X
    found["features"] = features_of(found["xor"][:, :2], tuple(PLANE))
    for name in INITIALISERS:
        found[name] = Parameters.initial(gn.Network((60, 100, 3)), name, seed=2).vector
    found["cosine"] = gn.schedules.Cosine(1000).factors(0, 1000)
    dates = DateColumn("d", 0.0, 1.0, 0.0, False)
    found["dates"] = dates.encode(np.arange(-3e6, 3e6, 1234.5))
    return found


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "tutorial": tutorial,
    "training": training,
    "portable_numbers": portable_numbers,
    "many": many,
    "failures": failures,
    "refusals": refusals,
    "too_large": too_large,
}
