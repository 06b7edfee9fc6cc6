"""The compiled engine in a browser: what `_native.pyi` declares, on its WebAssembly module.

A browser takes no extension module of ours. There `native.wasm`, which native/build_wasm.py makes
of the same C++, is loaded into the memory of the interpreter, so that both see the same arrays. Its
functions check nothing: type, layout and size of every array are checked here, and what does not
fit is an InputError before anything is computed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import POINTER, Structure, byref, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import InputError

if TYPE_CHECKING:
    from glassnet.engines._native import Done, Drawing

INSTRUCTIONS = "baseline"
MOST_BYTES = 2**31  # that an interpreter in a browser may have
TILE, LEAST_CHUNK, MOST_CHUNK = 64, 512, 16384  # of samples, as in kernels.hpp and network.hpp
STOP_ASKED = 3  # as in training.hpp

_Draw = ctypes.CFUNCTYPE(None)
_Asked = ctypes.CFUNCTYPE(c_int)


# The structs of wasm.cpp, field by field.
class _Arrays(Structure):
    _fields_ = (("X", c_void_p), ("Y", c_void_p), ("weight", c_void_p), ("n", c_int64))


class _Plan(Structure):
    _fields_ = (
        ("rule", c_double * 5),
        *((name, c_double) for name in ("l1", "l2", "stop_below", "clip_norm")),
        *((name, c_int64) for name in ("rule_number", "batch_size", "epochs", "record_every")),
        ("n_dropout", c_int64),
        *((name, c_void_p) for name in ("dropout", "rate_factors")),
    )


class _Progress(Structure):
    _fields_ = (
        ("step", c_double),
        *((name, c_int64) for name in ("epoch", "keep_losses", "stop", "n_losses", "n_snapshots")),
        *((name, c_void_p) for name in ("values", "fallback", "losses", "bad", "snapshots")),
    )


class _Masks(Structure):
    _fields_ = (
        *((name, c_uint64) for name in ("key", "first")),
        ("n_dropout", c_int64),
        ("dropout", c_void_p),
    )


class _Calls(Structure):
    _fields_ = (("key", c_uint64), ("order", c_void_p), ("draw", _Draw), ("asked", _Asked))


def _loaded() -> ctypes.CDLL:
    """The module, with the types of its functions. Raises ImportError where it was not built."""
    file = Path(__file__).with_name("native.wasm")
    try:
        library = ctypes.CDLL(str(file))
    except OSError as error:
        raise ImportError(f"{file} cannot be loaded here: {error}") from None
    structs = (_Arrays, _Plan, _Progress, _Masks, _Calls)
    if [library.glassnet_struct_bytes(i) for i in range(len(structs))] != [
        ctypes.sizeof(struct) for struct in structs
    ]:
        raise ImportError(f"{file} was built of other sources than this package: build it again.")
    network, address, arrays = c_void_p, c_void_p, POINTER(_Arrays)
    calls = POINTER(_Calls)
    signatures: dict[str, tuple[Any, ...]] = {  # what it returns, then what it takes
        "network": (network, c_int, address, address, c_int, c_double),
        "free": (None, network),
        "outputs": (c_double, network, c_int, address, arrays, address),
        "gradient": (c_double, network, c_int, address, arrays, POINTER(_Masks), calls, address),
        "advance": (None, network, c_int, POINTER(_Plan), arrays, POINTER(_Progress), calls),
        "elementary": (None, c_int, c_int, address, c_size_t),
    }
    for name, (returned, *taken) in signatures.items():
        function = getattr(library, f"glassnet_{name}")
        function.restype, function.argtypes = returned, taken
    return library


_library = _loaded()


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise InputError(sentence)


def _whole(value: Any, least: int, sentence: str, bound: int = 2**62) -> int:
    """A whole number from `least` and below `bound`, which ctypes would not check."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    _require(is_whole and least <= value < bound, sentence)
    return int(value)


def _check(
    name: str,
    array: Any,
    dtype: np.dtype[Any],
    shape: tuple[int | None, ...],
    *,
    written: bool = False,
) -> None:
    """Refuse what is not an array of this type and shape, each row after the other in memory.

    A size of None may be any.
    """
    _require(isinstance(array, np.ndarray) and array.dtype == dtype, f"{name} must be of {dtype}.")
    fits = len(shape) == array.ndim and all(
        size in (None, there) for size, there in zip(shape, array.shape, strict=True)
    )
    _require(fits, f"{name} of shape {array.shape} does not fit: {shape} is needed.")
    flags = array.flags
    _require(flags.c_contiguous and flags.aligned, f"{name} must lie in memory row by row.")
    _require(flags.writeable or not written, f"{name} is written to, but is read-only.")


def _float_type(array: Any) -> np.dtype[Any]:
    dtype = getattr(array, "dtype", None)
    _require(
        dtype in (np.dtype(np.float64), np.dtype(np.float32)), "Numbers must be float64 or float32."
    )
    return np.dtype(dtype)


def _address(array: np.ndarray | None) -> int | None:
    return None if array is None else array.ctypes.data


class GradientDescent(NamedTuple):
    """The settings of gradient descent."""

    learning_rate: float
    momentum: float
    nesterov: bool

    @property
    def memories(self) -> int:
        """How many vectors it remembers from update to update."""
        return int(self.momentum != 0)


class Adam(NamedTuple):
    """The settings of Adam and AdamW."""

    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float

    @property
    def memories(self) -> int:
        """How many vectors it remembers from update to update."""
        return 2


class RMSprop(NamedTuple):
    """The settings of RMSprop."""

    learning_rate: float
    decay: float
    epsilon: float
    momentum: float

    @property
    def memories(self) -> int:
        """How many vectors it remembers from update to update."""
        return 1 + (self.momentum != 0)


RULES = (GradientDescent, Adam, RMSprop)  # by their numbers in wasm.cpp
Rule = GradientDescent | Adam | RMSprop


class Settings:
    """How to train."""

    def __init__(
        self,
        rule: Rule,
        *,
        l1: float,
        l2: float,
        batch_size: int,
        epochs: int,
        record_every: int,
        stop_below: float,
        clip_norm: float,
        dropout: Sequence[float],
    ) -> None:
        _require(isinstance(rule, RULES), "There is no such update rule.")
        count = "A count is out of its range."
        self.memories = rule.memories
        self.epochs = _whole(epochs, 0, count)
        self.batch_size = _whole(batch_size, 1, count, 2**63)
        self.record_every = _whole(record_every, 1, count, 2**63)
        _require(clip_norm > 0, "The greatest length of a gradient must be above 0.")
        self.dropout = _rates(dropout)
        self.plan = _Plan(
            rule=(c_double * 5)(*rule),
            l1=l1,
            l2=l2,
            stop_below=stop_below,
            clip_norm=clip_norm,
            rule_number=RULES.index(type(rule)),
            batch_size=self.batch_size,
            epochs=self.epochs,
            record_every=self.record_every,
            n_dropout=len(self.dropout),
            dropout=_address(self.dropout),
        )


def _rates(dropout: Sequence[float]) -> Array:
    rates: Array = np.array(dropout, np.float64).reshape(-1)
    _require(bool(((rates >= 0) & (rates < 1)).all()), "A dropout rate is out of its range.")
    return rates


class Data(NamedTuple):
    """The samples, one row each; a weight where they do not all count once."""

    X: Array
    Y: Array
    weight: Array | None


@dataclass
class Run:
    """The numbers of a run: parameters, then what the rule remembers. All are written to."""

    values: Array
    fallback: Array
    step: float
    epoch: int


class Log(NamedTuple):
    """Where a run writes what it does: losses, parameters that are not finite, snapshots.

    There is room for a loss an epoch, or for the last one only.
    """

    losses: Array
    bad: Array
    snapshots: Array | None


data, run, log = Data, Run, Log  # which are checked where they are used


class _Callbacks:
    """Python's functions as C calls them. What they raise is raised again after C has returned."""

    def __init__(
        self, asked: Callable[[], Any], draw: Drawing | None = None, n_ordered: int = 0
    ) -> None:
        self.asked, self.draw = asked, draw
        self.failure: BaseException | None = None
        self.order = np.zeros(n_ordered, np.int64)
        order = _address(self.order) if n_ordered else None
        self.struct = _Calls(order=order, draw=_Draw(self._drawn), asked=_Asked(self._asked))

    def _drawn(self) -> None:
        try:
            assert self.draw is not None
            key, order = self.draw()
            self.struct.key = _whole(key, 0, "A key has 64 bits.", 2**64)
            if len(self.order):
                self.order[:] = self._checked(order)
        except BaseException as failure:
            self.failure = self.failure or failure

    def _checked(self, order: Any) -> np.ndarray:
        """An order, of any whole numbers: those of numpy have 32 bits here."""
        n = len(self.order)
        whole = isinstance(order, np.ndarray) and order.dtype.kind in "iu"
        _require(whole and order.shape == (n,), "An order must name each row once.")
        _require(0 <= order.min() <= order.max() < n, "An order names a row that is not there.")
        rows: np.ndarray = order
        return rows

    def _asked(self) -> int:
        try:
            return int(self.failure is not None or bool(self.asked()))
        except BaseException as failure:
            self.failure = failure
            return 1

    def raise_failure(self) -> None:
        if self.failure is not None:
            raise self.failure


class Model:
    """A network in the engine's own form."""

    def __init__(
        self,
        sizes: Sequence[int],
        activations: Sequence[int],
        loss: int,
        level: float,
        instructions: str,
        threads: int,
    ) -> None:
        self._network = None
        _require(len(sizes) >= 2 and len(activations) == len(sizes) - 2, "Sizes do not fit.")
        _require(instructions == INSTRUCTIONS, "WebAssembly has the baseline instructions only.")
        _require(0 < level < 1, "The level of a quantile lies between 0 and 1.")
        layer = "There is no such layer."
        self.sizes = [_whole(size, 1, layer, 2**31) for size in sizes]
        functions = [_whole(number, 0, layer, 8) for number in activations]
        self.n_parameters = sum(
            (n_in + 1) * n_out for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False)
        )
        _require_memory(8 * self.n_parameters)
        identity = 7
        self._network = _library.glassnet_network(
            len(self.sizes) - 1,
            (c_int * len(self.sizes))(*self.sizes),
            (c_int * len(self.sizes))(*functions, identity),
            _whole(loss, 0, "There is no such loss.", 7),
            level,
        )

    def __del__(self) -> None:
        if self._network is not None:
            _library.glassnet_free(self._network)

    def activations(self, parameters: Array, X: Array, outputs: Sequence[Array | None]) -> None:
        """Compute every layer's a for which there is room in `outputs`."""
        dtype = self._parameters_type(parameters)
        _check("X", X, dtype, (None, self.sizes[0]))
        _require(len(outputs) == len(self.sizes) - 1, "There must be one output a layer.")
        for output, n_out in zip(outputs, self.sizes[1:], strict=True):
            if output is not None:
                _check("An output", output, dtype, (len(X), n_out), written=True)
        self._outputs(parameters, _Arrays(X=_address(X), n=len(X)), outputs)

    def evaluate(self, parameters: Array, data: Data, outputs: Array) -> float:
        """The sum of weighted losses; the outputs are written to."""
        dtype = self._parameters_type(parameters)
        arrays = self._arrays(data, dtype)
        _check("The outputs", outputs, dtype, (len(data.X), self.sizes[-1]), written=True)
        hidden = [None] * (len(self.sizes) - 2)
        return self._outputs(parameters, arrays, [*hidden, outputs])

    def _outputs(
        self, parameters: Array, arrays: _Arrays, outputs: Sequence[Array | None]
    ) -> float:
        self._require_room(min(arrays.n, TILE), 0)
        to = (c_void_p * len(outputs))(*map(_address, outputs))
        size, at = parameters.itemsize, _address(parameters)
        loss: float = _library.glassnet_outputs(self._network, size, at, byref(arrays), to)
        return loss

    def gradient(
        self,
        parameters: Array,
        data: Data,
        out: Array,
        dropout: Sequence[float],
        key: int,
        first: int,
        asked: Callable[[], Any],
    ) -> float:
        """The sum of weighted losses; its gradient is written to `out`.

        The key of the epoch and the place of the first sample in it decide the masks of dropout.
        """
        dtype = self._parameters_type(parameters)
        arrays = self._arrays(data, dtype)
        _check("The gradient", out, dtype, parameters.shape, written=True)
        rates = self._checked_rates(_rates(dropout))
        number = "A key and a place have 64 bits."
        masks = _Masks(
            key=_whole(key, 0, number, 2**64),
            first=_whole(first, 0, number, 2**64),
            n_dropout=len(rates),
            dropout=_address(rates),
        )
        calls = _Callbacks(asked)
        self._require_room(len(data.X), self.n_parameters)
        loss: float = _library.glassnet_gradient(
            self._network,
            parameters.itemsize,
            _address(parameters),
            byref(arrays),
            byref(masks),
            byref(calls.struct),
            _address(out),
        )
        calls.raise_failure()
        return loss

    def advance(
        self,
        settings: Settings,
        data: Data,
        rate_factors: Array | None,
        run: Run,
        log: Log,
        draw: Drawing,
        asked: Callable[[], bool],
    ) -> Done:
        """Train; why it ended, and how many losses and snapshots there are."""
        self._check_run(settings, data, rate_factors, run, log)
        return self._advance(settings, data, rate_factors, run, log, draw, asked)

    def advance_many(
        self,
        settings: Sequence[Settings],
        data: Sequence[Data],
        rate_factors: Array | None,
        runs: Sequence[Run],
        logs: Sequence[Log],
        draws: Sequence[Drawing],
        asked: Callable[[], bool],
    ) -> list[Done]:
        """Train many, each as `advance` leaves it; asked to stop, none is begun any more."""
        sizes = {len(each) for each in (settings, data, runs, logs, draws)}
        _require(len(sizes) == 1, "Each run must have settings, data, a log and a drawing.")
        each = list(zip(settings, data, [rate_factors] * len(runs), runs, logs, strict=True))
        for one in each:
            self._check_run(*one)
        done: list[Done] = []
        for one, draw in zip(each, draws, strict=True):
            if done and done[-1][0] == STOP_ASKED:
                done.append((STOP_ASKED, 0, 0))
            else:
                done.append(self._advance(*one, draw, asked))
        return done

    def _advance(
        self,
        settings: Settings,
        data: Data,
        rate_factors: Array | None,
        run: Run,
        log: Log,
        draw: Drawing,
        asked: Callable[[], bool],
    ) -> Done:
        n_samples = len(data.X)
        rows = min(settings.batch_size, n_samples)
        calls = _Callbacks(asked, draw, n_samples if rows < n_samples else 0)
        progress = _Progress(
            step=run.step,
            epoch=run.epoch,
            keep_losses=len(log.losses) >= settings.epochs,
            values=_address(run.values),
            fallback=_address(run.fallback),
            losses=_address(log.losses),
            bad=_address(log.bad),
            snapshots=_address(log.snapshots),
        )
        settings.plan.rate_factors = _address(rate_factors)
        self._require_room(rows, len(run.values))
        _library.glassnet_advance(
            self._network,
            run.values.itemsize,
            byref(settings.plan),
            byref(self._arrays(data, run.values.dtype)),
            byref(progress),
            byref(calls.struct),
        )
        calls.raise_failure()
        run.step, run.epoch = progress.step, progress.epoch
        return progress.stop, progress.n_losses, progress.n_snapshots

    def _check_run(
        self, settings: Settings, data: Data, rate_factors: Array | None, run: Run, log: Log
    ) -> None:
        dtype, n = _float_type(run.values), self.n_parameters
        self._arrays(data, dtype)
        epoch = _whole(run.epoch, 0, "An epoch is a count.")
        self._checked_rates(settings.dropout)
        if rate_factors is not None:
            _check("The rate factors", rate_factors, np.dtype(np.float64), (None,))
            _require(
                len(rate_factors) >= settings.epochs, "There must be one rate factor an epoch."
            )
        _check("The state", run.values, dtype, (n * (1 + settings.memories),), written=True)
        _check("The last good parameters", run.fallback, dtype, (n,), written=True)
        _check("The bad parameters", log.bad, dtype, (n,), written=True)
        _check("The losses", log.losses, np.dtype(np.float64), (None,), written=True)
        room = len(log.losses)
        _require(room >= settings.epochs or room == 1, "There is no room for the losses.")
        if log.snapshots is not None:
            _check("The snapshots", log.snapshots, dtype, (None, n), written=True)
            last = (epoch + settings.epochs) // settings.record_every
            recorded = last - epoch // settings.record_every
            _require(len(log.snapshots) >= recorded, "There is no room for the snapshots.")

    def _parameters_type(self, parameters: Array) -> np.dtype[Any]:
        dtype = _float_type(parameters)
        _check("The parameters", parameters, dtype, (self.n_parameters,))
        return dtype

    def _checked_rates(self, rates: Array) -> Array:
        _require(
            len(rates) in (0, len(self.sizes) - 2),
            "There must be one dropout rate for each hidden layer.",
        )
        return rates

    def _arrays(self, data: Data, dtype: np.dtype[Any]) -> _Arrays:
        X, Y, weight = data
        _check("X", X, dtype, (None, self.sizes[0]))
        _check("Y", Y, dtype, (len(X), self.sizes[-1]))
        if weight is not None:
            _check("The weights", weight, dtype, (len(X),))
        _require(len(X) >= 1, "There are no samples.")
        return _Arrays(X=_address(X), Y=_address(Y), weight=_address(weight), n=len(X))

    def _require_room(self, rows: int, n_values: int) -> None:
        """Refuse what C would find no memory for, where it can only end the interpreter.

        What it takes is at most this: see Workspace in network.hpp and Trainer in training.hpp.
        """
        cost = self.n_parameters + 20 * sum(self.sizes[1:])
        chunk = max(LEAST_CHUNK, min(4_000_000 // cost, MOST_CHUNK))
        per_row = 5 * sum(size + 16 for size in self.sizes)  # each is padded to whole vectors
        numbers = (min(rows, chunk) + 2 * TILE) * per_row + 4 * (n_values + self.n_parameters)
        _require_memory(8 * numbers)


def _require_memory(n_bytes: int) -> None:
    sentence = "This takes more memory than a browser has: choose smaller layers or batches."
    _require(n_bytes < MOST_BYTES, sentence)
    try:
        np.empty(n_bytes, np.uint8)
    except MemoryError:
        raise InputError(sentence) from None


def instruction_sets() -> list[str]:
    """Return the one instruction set that there is."""
    return [INSTRUCTIONS]


def elementary(instructions: str, function: int, values: Array) -> None:
    """Apply a function by its number, see kernels.cpp, to whole vectors."""
    _check("The values", values, _float_type(values), (None,), written=True)
    function = _whole(function, 0, "There is no such function.", 11)
    _require(values.size % 16 == 0, "Give whole vectors.")
    _library.glassnet_elementary(values.itemsize, function, _address(values), values.size)
