"""What a student with a calculator writes on a sheet: number after number, in plain loops.

Every number is calculated from those already written, so that a slip stays in all that follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from glassnet.worksheets.worksheet import Worksheet

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "identity": lambda z: z,
}
SLOPES: dict[str, Callable[[float, float], float]] = {
    "sigmoid": lambda z, a: a * (1 - a),
    "tanh": lambda z, a: 1 - a**2,
    "relu": lambda z, a: float(z > 0),
    "leaky_relu": lambda z, a: 1 if z > 0 else 0.01,
    "elu": lambda z, a: 1 if z > 0 else a + 1,
    "gelu": lambda z, a: (
        (1 + math.erf(z / math.sqrt(2))) / 2 + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    ),
    "softplus": lambda z, a: 1 / (1 + math.exp(-z)),
    "identity": lambda z, a: 1,
}


def by_hand(
    sheet: Worksheet, slips: Mapping[str, float] | None = None, digits: int | None = None
) -> dict[str, float]:
    """Every step of a sheet; a slip is added to its step, `digits` rounds every number written."""
    paper = Paper(sheet, slips or {}, digits)
    last = sheet.network.n_layers
    for l in range(1, last + 1):
        paper.forward(l)
    paper.loss()
    for l in range(last, 0, -1):
        paper.backward(l)
    for l in range(1, last + 1):
        paper.update(l)
    return paper.written


class Paper:
    """What is written so far."""

    def __init__(self, sheet: Worksheet, slips: Mapping[str, float], digits: int | None) -> None:
        self.network, self.slips, self.digits = sheet.network, slips, digits
        self.X, self.Y = sheet.X.tolist(), sheet.trace.y.T.tolist()
        self.layers = [(W.tolist(), b.ravel().tolist()) for W, b in sheet.parameters.layers]
        self.alpha = sheet.optimizer.learning_rate
        self.sizes, self.last, self.m = self.network.sizes, self.network.n_layers, len(self.X)
        self.written: dict[str, float] = {}

    def write(self, step: str, number: float) -> None:
        number += self.slips.get(step, 0)
        self.written[step] = number if self.digits is None else round(number, self.digits)

    def at(self, letter: str, l: int, k: int, i: int) -> str:
        return f"{letter}{l}[{k + 1}]" if self.m == 1 else f"{letter}{l}[{k + 1},{i + 1}]"

    def read(self, letter: str, l: int, k: int, i: int) -> float:
        return self.written[self.at(letter, l, k, i)]

    def into(self, l: int, j: int, i: int) -> float:
        return float(self.X[i][j]) if l == 1 else self.read("a", l - 1, j, i)

    def neurons(self, l: int) -> list[tuple[int, int]]:
        return [(k, i) for k in range(self.sizes[l]) for i in range(self.m)]

    def forward(self, l: int) -> None:
        W, b = self.layers[l - 1]
        for k, i in self.neurons(l):
            z = b[k]
            for j in range(self.sizes[l - 1]):
                z += W[k][j] * self.into(l, j, i)
            self.write(self.at("z", l, k, i), z)
        for k, i in self.neurons(l):
            self.write(self.at("a", l, k, i), self.activation(l, k, i))

    def activation(self, l: int, k: int, i: int) -> float:
        z = self.read("z", l, k, i)
        if l < self.last:
            return FUNCTIONS[self.network.activation[l - 1]](z)
        if self.network.output_activation == "softmax":
            total = sum(math.exp(self.read("z", l, n, i)) for n in range(self.sizes[l]))
            return math.exp(z) / total
        return FUNCTIONS[self.network.output_activation](z)

    def loss(self) -> None:
        for i, y in enumerate(self.Y):
            a = [self.read("a", self.last, k, i) for k in range(self.sizes[-1])]
            loss = one_loss(self.network.loss, a, y)
            self.write("loss" if self.m == 1 else f"loss[{i + 1}]", loss)
        if self.m > 1:
            self.write("loss", sum(self.written[f"loss[{i + 1}]"] for i in range(self.m)) / self.m)

    def backward(self, l: int) -> None:
        for k, i in self.neurons(l) if l < self.last else []:
            W, above = self.layers[l][0], range(self.sizes[l + 1])
            da = sum(W[n][k] * self.read("dz", l + 1, n, i) for n in above)
            self.write(self.at("da", l, k, i), da)
        for k, i in self.neurons(l):
            self.write(self.at("dz", l, k, i), self.dz(l, k, i))
        for k in range(self.sizes[l]):
            for j in range(self.sizes[l - 1]):
                dW = sum(self.read("dz", l, k, i) * self.into(l, j, i) for i in range(self.m))
                self.write(f"dW{l}[{k + 1},{j + 1}]", dW)
        for k in range(self.sizes[l]):
            self.write(f"db{l}[{k + 1}]", sum(self.read("dz", l, k, i) for i in range(self.m)))

    def dz(self, l: int, k: int, i: int) -> float:
        a = self.read("a", l, k, i)
        if l < self.last:
            slope = SLOPES[self.network.activation[l - 1]](self.read("z", l, k, i), a)
            return self.read("da", l, k, i) * slope
        factor = 2 / self.sizes[l] if self.network.loss == "mean_squared_error" else 1.0
        return factor * (a - float(self.Y[i][k]))

    def update(self, l: int) -> None:
        W, b = self.layers[l - 1]
        rate = self.alpha / self.m
        for k in range(self.sizes[l]):
            for j in range(self.sizes[l - 1]):
                new = W[k][j] - rate * self.written[f"dW{l}[{k + 1},{j + 1}]"]
                self.write(f"W{l}[{k + 1},{j + 1}] new", new)
        for k in range(self.sizes[l]):
            self.write(f"b{l}[{k + 1}] new", b[k] - rate * self.written[f"db{l}[{k + 1}]"])


def one_loss(name: str, a: list[float], y: list[float]) -> float:
    if name == "mean_squared_error":
        return sum((a_k - y_k) ** 2 for a_k, y_k in zip(a, y, strict=True)) / len(a)
    if name == "binary_cross_entropy":
        return -math.log(a[0] if y[0] == 1 else 1 - a[0])
    return -math.log(a[y.index(1)])
