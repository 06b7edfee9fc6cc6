"""The compiled engine: the same equations in C++, the whole loop of training without Python.

The mathematics is in `native/`, built for several instruction sets, of which the best that this
processor has is taken. Where no compiler was at hand when the package was installed, `built`
says so and the reference engine does the work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from glassnet.core.dropout import Dropout, drawn_key
from glassnet.core.network import ACTIVATIONS, OUTPUT_ACTIVATION, Network
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.interface import (
    InThisProcess,
    Limits,
    Progress,
    Stop,
    TrainingState,
    Watch,
    advance_by_gradient,
    advance_one_by_one,
    unwatched,
)
from glassnet.errors import InputError
from glassnet.optim.optimizers import (
    Adam,
    AdamW,
    GradientDescent,
    Optimizer,
    RMSprop,
)

if TYPE_CHECKING:
    from glassnet.engines._native import Data, Done, Log, Model, Settings
    from glassnet.engines._native import Rule as NativeRule

NO_DROPOUT = Dropout((), 0)
STOPS = (Stop.EPOCHS_DONE, Stop.LOSS_BELOW, Stop.NOT_FINITE, Stop.ASKED)  # as in training.hpp


@cache
def built() -> bool:
    """Whether the engine was compiled when the package was installed."""
    try:
        _native()
    except ImportError:
        return False
    return True


def built_for_browsers() -> bool:
    """Whether the package has the engine as WebAssembly."""
    return Path(__file__).with_name("native.wasm").exists()


def instruction_sets() -> tuple[str, ...]:
    """Return the values of `CompiledEngine(instructions=...)` on this processor, best first."""
    return tuple(_native().instruction_sets()) if built() else ()


def default_threads() -> int:
    """OMP_NUM_THREADS where it is set, else the processors this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) >= 1:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Rule(NamedTuple):
    """An update rule as C++ takes it, and what it remembers, by name."""

    native: NativeRule
    memories: tuple[str, ...]

    @classmethod
    def of(cls, optimizer: Optimizer) -> Rule | None:
        """The rule of an optimizer, or None for one that C++ does not know."""
        if type(optimizer) not in (GradientDescent, Adam, AdamW, RMSprop):
            return None  # a rule of the user's own may be a subclass of ours
        native = _native()
        match optimizer:
            case GradientDescent(rate, momentum, nesterov):
                rule = native.GradientDescent(rate, momentum, bool(nesterov))
                return cls(rule, ("velocity",) if momentum else ())
            case Adam(rate, beta1, beta2, epsilon):
                decay = optimizer.weight_decay if isinstance(optimizer, AdamW) else 0.0
                return cls(native.Adam(rate, beta1, beta2, epsilon, decay), ("m", "v"))
            case RMSprop(rate, decay, epsilon, momentum):
                memories = ("square", "velocity") if momentum else ("square",)
                return cls(native.RMSprop(rate, decay, epsilon, momentum), memories)
        return None


@dataclass(frozen=True)
class CompiledEngine(InThisProcess):
    """C++ with the numbers of the reference engine, to rounding; any network, any loss.

    `threads` at most are used, and only where the work is worth it; the numbers do not depend on
    how many. `instructions` is "avx512", "avx2" or "baseline", None for the best there is. The
    same instructions give the same digits every time; others round differently.

    Raises InputError where the engine was not built or the processor lacks the instructions.
    """

    threads: int | None = None
    instructions: str | None = None

    name = "compiled"

    def __post_init__(self) -> None:
        if not built():
            raise InputError(
                "The compiled engine was not built when glassnet was installed: install a C++ "
                'compiler and glassnet again, or use engine="reference".'
            )
        known = instruction_sets()
        if self.instructions is not None and self.instructions not in known:
            raise InputError(
                f"This processor has no instructions {self.instructions!r:.80}: "
                f"choose one of {', '.join(known)}."
            )
        if self.threads is not None and not (isinstance(self.threads, int) and self.threads >= 1):
            raise InputError(f"threads must be a whole number from 1, not {self.threads!r:.80}.")

    def outputs(self, network: Network, parameters: Parameters, X: Array) -> Array:
        """The last layer's a: (n_samples, n_outputs)."""
        dtype = parameters.vector.dtype
        output = np.empty((len(X), network.sizes[-1]), dtype)
        wanted = [None] * (network.n_layers - 1) + [output]
        self._activations(network, parameters, X, wanted)
        return output

    def activations(self, network: Network, parameters: Parameters, X: Array) -> list[Array]:
        """Every layer's a, (n_samples, n_l) each, from one pass."""
        dtype = parameters.vector.dtype
        outputs = [np.empty((len(X), n), dtype) for n in network.sizes[1:]]
        self._activations(network, parameters, X, outputs)
        return outputs

    def gradient(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
        dropout: Dropout | None = None,
    ) -> tuple[float, float, Array]:
        """Sum of weighted losses, sum of weights, and the gradient of the former, flat."""
        vector = _contiguous(parameters.vector, parameters.vector.dtype)
        data, total = _data(network, X, Y, weight, vector.dtype)
        out = np.zeros_like(vector)
        if len(X) == 0:
            return 0.0, 0.0, out
        masks = dropout or NO_DROPOUT
        model = self._model(network)
        loss = model.gradient(vector, data, out, masks.rates, masks.key, masks.first, bool)
        return loss, total, out

    def evaluate(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
    ) -> tuple[float, float, Array]:
        """Sum of weighted losses, sum of weights, and the outputs, from one forward pass."""
        vector = _contiguous(parameters.vector, parameters.vector.dtype)
        data, total = _data(network, X, Y, weight, vector.dtype)
        outputs = np.empty((len(X), network.sizes[-1]), vector.dtype)
        loss = self._model(network).evaluate(vector, data, outputs) if len(X) else 0.0
        return loss, total, outputs

    def advance(self, state: TrainingState, batches: Batches, limits: Limits) -> Progress:
        """Advance as far as the limits allow, in one call of C++.

        Asked to stop within an epoch, it gives that epoch up: the state is that of its start.
        """
        rule = Rule.of(state.optimizer)
        if rule is None:
            return advance_by_gradient(self, state, batches, limits)
        network = state.parameters.network
        log = _Log.of(state, limits, limits.epochs, snapshots=True)
        if limits.stop_asked.is_set():
            return log.progress((STOPS.index(Stop.ASKED), 0, 0))
        run = _Run(rule, state, batches)
        done = self._model(network).advance(
            _settings(rule, state, batches.batch_size, limits),
            _data(network, batches.X, batches.Y, batches.weight, state.parameters.vector.dtype)[0],
            _factors(limits),
            run.native,
            log.native,
            run.draws.draw,
            limits.stop_asked.is_set,
        )
        run.give_back(state, done)
        return log.progress(done)

    def advance_many(
        self,
        states: Sequence[TrainingState],
        batches: Sequence[Batches],
        limits: Limits,
        *,
        keep_losses: bool,
        watch: Watch = unwatched,
    ) -> list[Progress]:
        """Every state as far as `advance` takes it alone, by threads, in one call of C++."""
        rules = [Rule.of(state.optimizer) for state in states]
        if None in rules:
            return advance_one_by_one(
                self, states, batches, limits, keep_losses=keep_losses, watch=watch
            )
        network, dtype = states[0].parameters.network, states[0].parameters.vector.dtype
        room = limits.epochs if keep_losses else 1
        logs = [_Log.of(state, limits, room, snapshots=False) for state in states]
        each = list(zip(cast(list[Rule], rules), states, batches, strict=True))
        runs = [_Run(*one) for one in each]
        data = {id(own): _data(network, own.X, own.Y, own.weight, dtype)[0] for own in batches}

        def done() -> int:
            return sum(r.native.epoch > s.epoch for r, s in zip(runs, states, strict=True))

        def asked() -> bool:
            watch(done)
            return limits.stop_asked.is_set()

        outcomes = self._model(network).advance_many(
            [_settings(rule, state, own.batch_size, limits) for rule, state, own in each],
            [data[id(own)] for own in batches],
            _factors(limits),
            [run.native for run in runs],
            [log.native for log in logs],
            [run.draws.draw for run in runs],
            asked,
        )
        for run, state, outcome in zip(runs, states, outcomes, strict=True):
            run.give_back(state, outcome)
        return [log.progress(outcome) for log, outcome in zip(logs, outcomes, strict=True)]

    def _activations(
        self, network: Network, parameters: Parameters, X: Array, outputs: list[Any]
    ) -> None:
        vector = _contiguous(parameters.vector, parameters.vector.dtype)
        rows = _rows(X, network.sizes[0], "X", vector.dtype)
        model = self._model(network)
        if len(rows):
            model.activations(vector, rows, outputs)

    def _model(self, network: Network) -> Model:
        instructions = self.instructions or instruction_sets()[0]
        return _model(network, instructions, self._threads)

    @cached_property
    def _threads(self) -> int:
        return self.threads or default_threads()


class _Run:
    """The numbers of one run while C++ has them, and what it draws."""

    def __init__(self, rule: Rule, state: TrainingState, batches: Batches) -> None:
        memories = [state.optimizer_state[name] for name in rule.memories]
        self._memories = rule.memories
        self._values = np.concatenate([state.parameters.vector, *memories])
        self._fallback = _contiguous(state.fallback.vector, self._values.dtype).copy()
        step = float(state.optimizer_state.get("t", 0))
        self.native = _native().run(self._values, self._fallback, step, state.epoch)
        self.draws = _Draws(state, batches)

    def give_back(self, state: TrainingState, done: Done) -> None:
        """Put the numbers as C++ leaves them into the state, which owns them from now on."""
        network, n = state.parameters.network, len(self._fallback)
        state.parameters = Parameters(network, self._values[:n])
        state.fallback = Parameters(network, self._fallback)
        state.optimizer_state = {
            name: self._values[i * n : (i + 1) * n] for i, name in enumerate(self._memories, 1)
        }
        if isinstance(state.optimizer, Adam):
            state.optimizer_state["t"] = np.array(self.native.step)
        state.epoch = self.native.epoch
        if STOPS[done[0]] is Stop.ASKED:
            self.draws.undo()


class _Log(NamedTuple):
    """Where C++ writes what a run does."""

    network: Network
    losses: Array
    snapshots: Array
    bad: Array
    native: Log

    @classmethod
    def of(cls, state: TrainingState, limits: Limits, room: int, *, snapshots: bool) -> _Log:
        """Room for so many losses: all of them, or 1 for the last one only."""
        network, dtype = state.parameters.network, state.parameters.vector.dtype
        every = limits.record_every
        recorded = (state.epoch + limits.epochs) // every - state.epoch // every
        rows = np.empty((recorded if snapshots else 0, network.n_parameters), dtype)
        losses, bad = np.empty(room), np.empty(network.n_parameters, dtype)
        native = _native().log(losses, bad, rows if snapshots else None)
        return cls(network, losses, rows, bad, native)

    def progress(self, done: Done) -> Progress:
        number, n_losses, n_snapshots = done
        stop = STOPS[number]
        return Progress(
            self.losses[: min(n_losses, len(self.losses))],
            self.snapshots[:n_snapshots],
            stop,
            Parameters(self.network, self.bad) if stop is Stop.NOT_FINITE else None,
        )


class _Draws:
    """The keys of the masks and the orders of the rows, epoch by epoch, as `advance_by_gradient`
    draws them; the last can be given back undrawn.
    """

    def __init__(self, state: TrainingState, batches: Batches) -> None:
        self.generator = state.generator
        self.keyed = any(state.dropout)
        self.n_samples = len(batches.X) if batches.batch_size < len(batches.X) else 0
        # Looking at the state takes longer than to draw some keys again.
        self.looks_every = 1 if self.n_samples else 64
        self.before: Any = None
        self.drawn = 0  # since `before`

    def draw(self) -> tuple[int, np.ndarray | None]:
        """The key of the next epoch, 0 without dropout, and its order, None for one batch only."""
        if self.before is None or self.drawn == self.looks_every:
            self.before, self.drawn = self.generator.bit_generator.state, 0
        self.drawn += 1
        return self._next()

    def _next(self) -> tuple[int, np.ndarray | None]:
        key = drawn_key(self.generator) if self.keyed else 0
        return key, self.generator.permutation(self.n_samples) if self.n_samples else None

    def undo(self) -> None:
        """An epoch that was given up will draw its key and its order again."""
        if self.before is None:
            return
        self.generator.bit_generator.state = self.before
        for _ in range(self.drawn - 1):
            self._next()


def _settings(rule: Rule, state: TrainingState, batch_size: int, limits: Limits) -> Settings:
    """How to train, as C++ takes it."""
    return _native().Settings(
        rule.native,
        l1=state.penalty.l1,
        l2=state.penalty.l2,
        batch_size=batch_size,
        epochs=limits.epochs,
        record_every=limits.record_every,
        stop_below=limits.stop_below,
        clip_norm=state.max_norm,
        dropout=state.dropout,
    )


def _factors(limits: Limits) -> Array | None:
    factors = limits.rate_factors
    return None if factors is None else np.ascontiguousarray(factors, np.float64)


@cache
def _native() -> ModuleType:
    """The engine as this platform has it: an extension module, or one of WebAssembly."""
    name = "webassembly" if sys.platform == "emscripten" else "_native"
    return import_module(f"glassnet.engines.{name}")


@cache
def _model(network: Network, instructions: str, threads: int) -> Model:
    numbers = [ACTIVATIONS.index(name) for name in network.activation]
    loss, level = list(OUTPUT_ACTIVATION).index(network.loss_kind), network.quantile_level or 0.5
    return _native().Model(network.sizes, numbers, loss, level, instructions, threads)


def _contiguous(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype not in (np.float64, np.float32):
        raise InputError(f"The compiled engine takes float64 or float32, not {dtype}.")
    return np.ascontiguousarray(values, dtype)


def _rows(values: Array, n_columns: int, name: str, dtype: np.dtype[Any]) -> Array:
    values = _contiguous(values, dtype)
    if values.ndim != 2 or values.shape[1] != n_columns:
        raise InputError(
            f"{name} must have shape (n_samples, {n_columns}), but has {values.shape}."
        )
    return values


def _data(
    network: Network, X: Array, Y: Array, weight: Array | None, dtype: np.dtype[Any]
) -> tuple[Data, float]:
    """The samples as C++ takes them, and the sum of their weights."""
    X = _rows(X, network.sizes[0], "X", dtype)
    Y = _rows(Y, network.sizes[-1], "Y", dtype)
    if weight is not None:
        weight = _contiguous(weight, dtype)
    if len(Y) != len(X) or (weight is not None and weight.shape != (len(X),)):
        raise InputError("X, Y and the weights must have one row per sample each.")
    data: Data = _native().data(X, Y, weight)
    return data, float(len(X) if weight is None else weight.sum())
