"""The compiled engine's face, as binding.cpp makes it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.core.parameters import Array

Drawing = Callable[[], tuple[int, np.ndarray | None]]
Done = tuple[int, int, int]

def instruction_sets() -> list[str]: ...
def elementary(instructions: str, function: int, values: Array) -> None: ...

class GradientDescent:
    def __init__(self, learning_rate: float, momentum: float, nesterov: bool) -> None: ...

class Adam:
    def __init__(
        self,
        learning_rate: float,
        beta1: float,
        beta2: float,
        epsilon: float,
        weight_decay: float,
    ) -> None: ...

class RMSprop:
    def __init__(
        self, learning_rate: float, decay: float, epsilon: float, momentum: float
    ) -> None: ...

Rule = GradientDescent | Adam | RMSprop

class Settings:
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
    ) -> None: ...

# Data, Run and Log come in two classes each, for float64 and float32.
class Data: ...

class Run:
    step: float
    epoch: int

class Log: ...

def data(X: Array, Y: Array, weight: Array | None) -> Data: ...
def run(values: Array, fallback: Array, step: float, epoch: int) -> Run: ...
def log(losses: Array, bad: Array, snapshots: Array | None) -> Log: ...

class Model:
    def __init__(
        self,
        sizes: Sequence[int],
        activations: Sequence[int],
        loss: int,
        level: float,
        instructions: str,
        threads: int,
    ) -> None: ...
    def activations(self, parameters: Array, X: Array, outputs: Sequence[Array | None]) -> None: ...
    def gradient(
        self,
        parameters: Array,
        data: Data,
        out: Array,
        dropout: Sequence[float],
        key: int,
        first: int,
        asked: Callable[[], Any],
    ) -> float: ...
    def evaluate(self, parameters: Array, data: Data, outputs: Array) -> float: ...
    def advance(
        self,
        settings: Settings,
        data: Data,
        rate_factors: Array | None,
        run: Run,
        log: Log,
        draw: Drawing,
        asked: Callable[[], bool],
    ) -> Done: ...
    def advance_many(
        self,
        settings: Sequence[Settings],
        data: Sequence[Data],
        rate_factors: Array | None,
        runs: Sequence[Run],
        logs: Sequence[Log],
        draws: Sequence[Drawing],
        asked: Callable[[], bool],
    ) -> list[Done]: ...
