"""The compiled engine's face, as binding.cpp makes it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.core.parameters import Array

def instruction_sets() -> list[str]: ...
def elementary(instructions: str, function: int, values: Array) -> None: ...

class Settings:
    def __init__(
        self,
        rule: int,
        numbers: Sequence[float],
        memories: int,
        l1: float,
        l2: float,
        batch_size: int,
        epochs: int,
        record_every: int,
        stop_below: float,
        clip_norm: float,
        dropout: Sequence[float],
    ) -> None: ...

class Model:
    def __init__(
        self,
        sizes: Sequence[int],
        activations: Sequence[int],
        loss: int,
        instructions: str,
        threads: int,
    ) -> None: ...
    def activations(self, parameters: Array, X: Array, outputs: Sequence[Array | None]) -> None: ...
    def gradient(
        self,
        parameters: Array,
        X: Array,
        Y: Array,
        weight: Array | None,
        out: Array,
        dropout: Sequence[float],
        key: int,
        first: int,
        asked: Callable[[], Any],
    ) -> float: ...
    def evaluate(
        self, parameters: Array, X: Array, Y: Array, weight: Array | None, outputs: Array
    ) -> float: ...
    def advance(
        self,
        settings: Settings,
        values: Array,
        fallback: Array,
        step: float,
        epoch: int,
        X: Array,
        Y: Array,
        weight: Array | None,
        rate_factors: Array | None,
        losses: Array,
        snapshots: Array,
        bad: Array,
        draw: Callable[[], tuple[int, np.ndarray | None]],
        asked: Callable[[], bool],
    ) -> tuple[int, int, int, float, int]: ...
    def advance_many(
        self,
        settings: Settings,
        values: Array,
        fallback: Array,
        steps: Sequence[float],
        epochs: Sequence[int],
        X: Array,
        Y: Array,
        weight: Array | None,
        rate_factors: Array | None,
        losses: Array,
        draws: Sequence[Callable[[], tuple[int, np.ndarray | None]]],
        asked: Callable[[], bool],
    ) -> list[tuple[int, int, float, int]]: ...
