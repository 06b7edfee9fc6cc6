"""The compiled engine: the same equations in C++, the whole loop of training without Python.

The mathematics is in `native/`, built for several instruction sets, of which the best that this
processor has is taken. Where no compiler was at hand when the package was installed, `built`
says so and the reference engine does the work.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.core.dropout import Dropout, drawn_key
from glassnet.core.network import ACTIVATIONS, OUTPUT_ACTIVATION, Network
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.interface import (
    Batches,
    InThisProcess,
    Limits,
    Progress,
    Stop,
    TrainingState,
    advance_by_gradient,
    advance_one_by_one,
)
from glassnet.errors import InputError
from glassnet.optim.optimizers import (
    Adam,
    AdamW,
    GradientDescent,
    Optimizer,
    OptimizerState,
    RMSprop,
)

if TYPE_CHECKING:
    from glassnet.engines._native import Model, Settings

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


def instruction_sets() -> tuple[str, ...]:
    """What `CompiledEngine(instructions=...)` may be on this processor, the best first."""
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
    """An update rule as C++ takes it: its number, its settings, and what it remembers, by name."""

    number: int
    settings: list[float]
    memories: list[str]

    @classmethod
    def of(cls, optimizer: Optimizer) -> Rule | None:
        """The rule of an optimizer, or None for one that C++ does not know."""
        kind = type(optimizer)
        if isinstance(optimizer, GradientDescent) and kind is GradientDescent:
            settings = [optimizer.learning_rate, optimizer.momentum, float(optimizer.nesterov)]
            return cls(0, settings, ["velocity"] if optimizer.momentum else [])
        if isinstance(optimizer, Adam) and kind in (Adam, AdamW):
            decay = optimizer.weight_decay if isinstance(optimizer, AdamW) else 0.0
            betas = [optimizer.beta1, optimizer.beta2]
            settings = [optimizer.learning_rate, *betas, optimizer.epsilon, decay]
            return cls(1, settings, ["m", "v"])
        if isinstance(optimizer, RMSprop) and kind is RMSprop:
            settings = [optimizer.learning_rate, optimizer.decay, optimizer.epsilon]
            memories = ["square", "velocity"] if optimizer.momentum else ["square"]
            return cls(2, [*settings, optimizer.momentum], memories)
        return None

    def values(self, vector: Array, state: OptimizerState) -> Array:
        """The parameters and what the rule remembers, one after the other."""
        return np.concatenate([vector, *(state[name] for name in self.memories)])

    def give_back(self, state: TrainingState, values: Array, fallback: Array, step: float) -> None:
        """The numbers of a run as C++ leaves them, into its state, which owns them from now on."""
        network = state.parameters.network
        n = len(fallback)
        state.parameters = Parameters(network, values[:n])
        state.fallback = Parameters(network, fallback)
        state.optimizer_state = {
            name: values[i * n : (i + 1) * n] for i, name in enumerate(self.memories, 1)
        }
        if isinstance(state.optimizer, Adam):
            state.optimizer_state["t"] = np.array(step)


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
                f"This processor has no instructions {self.instructions!r}: "
                f"choose one of {', '.join(known)}."
            )
        if self.threads is not None and not (isinstance(self.threads, int) and self.threads >= 1):
            raise InputError(f"threads must be a whole number from 1, not {self.threads!r}.")

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
        X, Y, weight = _samples(network, X, Y, weight, vector.dtype)
        out = np.zeros_like(vector)
        model = self._model(network)
        if len(X) == 0:
            return 0.0, 0.0, out
        masks = dropout or NO_DROPOUT
        loss = model.gradient(vector, X, Y, weight, out, masks.rates, masks.key, masks.first, bool)
        return loss, float(len(X) if weight is None else weight.sum()), out

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
        X, Y, weight = _samples(network, X, Y, weight, vector.dtype)
        outputs = np.empty((len(X), network.sizes[-1]), vector.dtype)
        model = self._model(network)
        loss = model.evaluate(vector, X, Y, weight, outputs) if len(X) else 0.0
        return loss, float(len(X) if weight is None else weight.sum()), outputs

    def advance(self, state: TrainingState, batches: Batches, limits: Limits) -> Progress:
        """As far as the limits allow, in one call of C++.

        Asked to stop within an epoch, it gives that epoch up: the state is that of its start.
        """
        rule = Rule.of(state.optimizer)
        if rule is None:
            return advance_by_gradient(self, state, batches, limits)
        network = state.parameters.network
        n = network.n_parameters
        dtype = state.parameters.vector.dtype
        X, Y, weight = _samples(network, batches.X, batches.Y, batches.weight, dtype)
        losses = np.empty(limits.epochs)
        every = limits.record_every
        recorded = (state.epoch + limits.epochs) // every - state.epoch // every
        snapshots = np.empty((recorded, n), dtype)
        if limits.stop_asked.is_set():
            return Progress(losses[:0], snapshots[:0], Stop.ASKED)
        values = rule.values(state.parameters.vector, state.optimizer_state)
        fallback = _contiguous(state.fallback.vector, dtype).copy()
        bad = np.empty(n, dtype)
        draws = _Draws(state, batches)
        settings = _settings(rule, state, batches.batch_size, limits)
        number, n_losses, n_snapshots, step, state.epoch = self._model(network).advance(
            settings,
            values,
            fallback,
            float(state.optimizer_state.get("t", 0)),
            state.epoch,
            X,
            Y,
            weight,
            _factors(limits),
            losses,
            snapshots,
            bad,
            draws.draw,
            limits.stop_asked.is_set,
        )
        stop = STOPS[number]
        rule.give_back(state, values, fallback, step)
        if stop is Stop.ASKED:
            draws.undo()
        diverged = Parameters(network, bad) if stop is Stop.NOT_FINITE else None
        return Progress(losses[:n_losses], snapshots[:n_snapshots], stop, diverged)

    def advance_many(
        self,
        states: Sequence[TrainingState],
        batches: Batches,
        limits: Limits,
        *,
        keep_losses: bool,
    ) -> list[Progress]:
        """Every state as far as `advance` takes it alone, by threads, in one call of C++."""
        first = states[0]
        rule = Rule.of(first.optimizer)
        if rule is None:
            return advance_one_by_one(self, states, batches, limits, keep_losses=keep_losses)
        network = first.parameters.network
        dtype = first.parameters.vector.dtype
        X, Y, weight = _samples(network, batches.X, batches.Y, batches.weight, dtype)
        values = np.stack([rule.values(s.parameters.vector, s.optimizer_state) for s in states])
        fallback = np.stack([state.fallback.vector for state in states])
        losses = np.empty((len(states), limits.epochs if keep_losses else 1))
        draws = [_Draws(state, batches) for state in states]
        outcomes = self._model(network).advance_many(
            _settings(rule, first, batches.batch_size, limits),
            values,
            fallback,
            [float(state.optimizer_state.get("t", 0)) for state in states],
            [state.epoch for state in states],
            X,
            Y,
            weight,
            _factors(limits),
            losses,
            [each.draw for each in draws],
            limits.stop_asked.is_set,
        )
        done = []
        for i, (number, n_losses, step, epoch) in enumerate(outcomes):
            stop = STOPS[number]
            rule.give_back(states[i], values[i].copy(), fallback[i].copy(), step)
            states[i].epoch = epoch
            if stop is Stop.ASKED:
                draws[i].undo()
            kept = losses[i, : n_losses if keep_losses else min(n_losses, 1)]
            done.append(Progress(kept, np.empty((0, network.n_parameters), dtype), stop))
        return done

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
    settings: Settings = _native().Settings(
        rule.number,
        rule.settings,
        len(rule.memories),
        state.penalty.l1,
        state.penalty.l2,
        batch_size,
        limits.epochs,
        limits.record_every,
        limits.stop_below,
        math.inf if state.clip_norm is None else state.clip_norm,
        state.dropout,
    )
    return settings


def _factors(limits: Limits) -> Array | None:
    factors = limits.rate_factors
    return None if factors is None else np.ascontiguousarray(factors, np.float64)


@cache
def _native() -> ModuleType:
    from glassnet.engines import _native

    module: ModuleType = _native
    return module


@cache
def _model(network: Network, instructions: str, threads: int) -> Model:
    numbers = [ACTIVATIONS.index(name) for name in network.activation]
    loss = list(OUTPUT_ACTIVATION).index(network.loss)
    model: Model = _native().Model(network.sizes, numbers, loss, instructions, threads)
    return model


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


def _samples(
    network: Network, X: Array, Y: Array, weight: Array | None, dtype: np.dtype[Any]
) -> tuple[Array, Array, Array | None]:
    X = _rows(X, network.sizes[0], "X", dtype)
    Y = _rows(Y, network.sizes[-1], "Y", dtype)
    if weight is not None:
        weight = _contiguous(weight, dtype)
    if len(Y) != len(X) or (weight is not None and weight.shape != (len(X),)):
        raise InputError("X, Y and the weights must have one row per sample each.")
    return X, Y, weight
