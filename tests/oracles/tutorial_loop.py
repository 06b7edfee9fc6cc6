"""The tutorial's training as it is told: one sample at a time, one number at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

Layers = list[tuple[list[list[float]], list[float]]]
Sample = tuple[Sequence[float], float]


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def forward(layers: Layers, x: Sequence[float]) -> list[list[float]]:
    """Activations by layer, the input first."""
    a = [list(x)]
    for W, b in layers:
        before = a[-1]
        a.append(
            [
                sigmoid(sum(w * v for w, v in zip(row, before, strict=True)) + b_i)
                for row, b_i in zip(W, b, strict=True)
            ]
        )
    return a


def cross_entropy(a: float, y: float) -> float:
    return -math.log(a) if y == 1 else -math.log(1 - a)


def backward(layers: Layers, a: list[list[float]], y: float) -> Layers:
    """(dW, db) by layer for one sample."""
    gradients: Layers = []
    dz = [a[-1][0] - y]
    for number in reversed(range(len(layers))):
        before = a[number]
        gradients.insert(0, ([[d * v for v in before] for d in dz], list(dz)))
        W = layers[number][0]
        da = [sum(W[i][j] * dz[i] for i in range(len(dz))) for j in range(len(before))]
        dz = [d * v * (1 - v) for d, v in zip(da, before, strict=True)]
    return gradients


def descend(
    layers: Layers, samples: Sequence[Sample], alpha: float, goal: float, limit: int
) -> tuple[list[float], Layers]:
    """The loss of every iteration, and the layers after the last."""
    losses: list[float] = []
    m = len(samples)
    while len(losses) < limit:
        loss = 0.0
        total: Layers | None = None
        for x, y in samples:
            a = forward(layers, x)
            loss += cross_entropy(a[-1][0], y)
            gradient = backward(layers, a, y)
            total = gradient if total is None else _sum(total, gradient)
        assert total is not None
        losses.append(loss / m)
        layers = _step(layers, total, alpha / m)
        if losses[-1] < goal:
            break
    return losses, layers


def _sum(left: Layers, right: Layers) -> Layers:
    return _step(left, right, -1)


def _step(layers: Layers, gradients: Layers, size: float) -> Layers:
    return [
        (
            [
                [w - size * g for w, g in zip(row, d_row, strict=True)]
                for row, d_row in zip(W, dW, strict=True)
            ],
            [b_i - size * d for b_i, d in zip(b, db, strict=True)],
        )
        for (W, b), (dW, db) in zip(layers, gradients, strict=True)
    ]
