"""A reader who has only the HTML of an explanation, and a calculator.

Reads the steps with the standard library's parser and works each of them out from the digits of
its inputs by the definition of its kind. Nothing of glassnet is used.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = dict[str, Array]


@dataclass
class ReadStep:
    """One step as it stands in the page: its inputs by slot, and what it says comes out."""

    kind: str
    function: str
    inputs: Values = field(default_factory=dict)
    name: str = ""
    result: Array = field(default_factory=lambda: np.empty(0))
    abridged: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.steps: list[ReadStep] = []
        self.slot: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "section" and "data-kind" in given:
            self.steps.append(ReadStep(given["data-kind"], given["data-function"]))
        if tag == "code" and "data-slot" in given:
            self.slot = (given["data-slot"], given["data-name"])
            self.steps[-1].abridged |= "data-rows" in given

    def handle_data(self, data: str) -> None:
        if self.slot is None:
            return
        slot, name = self.slot
        values = np.array(json.loads(data), dtype=float)
        if slot == "result":
            self.steps[-1].name, self.steps[-1].result = name, values
        else:
            self.steps[-1].inputs[slot] = values
        self.slot = None


def read(html: str) -> list[ReadStep]:
    """The steps in a page, in its order."""
    reader = _Reader()
    reader.feed(html)
    return reader.steps


def worked_out(step: ReadStep) -> Array:
    """The result of a step, from its inputs."""
    return np.asarray(RULES[step.kind](step.inputs, step.function), dtype=float)


def _elementwise(function: Callable[[float], float]) -> Callable[[Array], Array]:
    return np.vectorize(function, otypes=[float])


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def _cdf(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2  # 1 + erf would lose all digits far below 0


G: dict[str, Callable[[float], float]] = {
    "sigmoid": _logistic,
    "tanh": math.tanh,
    "relu": lambda z: z if z > 0 else 0.0,
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "gelu": lambda z: z * _cdf(z),
    "softplus": lambda z: math.log(1 + math.exp(z)) if z < 30 else z,
    "identity": lambda z: z,
    "exp": math.exp,
}
SLOPE: dict[str, Callable[[float], float]] = {
    "relu": lambda z: float(z > 0),
    "leaky_relu": lambda z: 1.0 if z > 0 else 0.01,
    "elu": lambda z: 1.0 if z > 0 else math.exp(z),
    "gelu": lambda z: _cdf(z) + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    "softplus": _logistic,
    "identity": lambda z: 1.0,
}
SLOPE_FROM_A: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
}


def _activation(q: Values, function: str) -> Array:
    if function != "softmax":
        return _elementwise(G[function])(q["z"])
    columns = []
    for z in q["z"].T:
        powers = [math.exp(z_k - max(z)) for z_k in z]
        columns.append([power / sum(powers) for power in powers])
    return np.array(columns).T


def _loss(q: Values, function: str) -> list[list[float]]:
    samples = zip(q["z"].T, q["y"].T, strict=True)
    if function in LOSS:
        return [[LOSS[function](z, y) for z, y in samples]]
    if function == "quantile":
        level = float(q["q"])
        return [[float(np.mean([_pinball(d, level) for d in z - y])) for z, y in samples]]
    of_one = np.vectorize(OF_ONE_OUTPUT[function], otypes=[float])
    return [[float(np.mean(of_one(z, y))) for z, y in samples]]


def _pinball(d: float, level: float) -> float:
    return (1 - level) * d if d > 0 else -level * d


def _poisson(z: float, y: float) -> float:
    return math.exp(z) - y * z + (y * math.log(y) - y if y > 0 else 0.0)


OF_ONE_OUTPUT: dict[str, Callable[[float, float], float]] = {
    "mean_absolute_error": lambda z, y: abs(z - y),
    "huber": lambda z, y: (z - y) ** 2 / 2 if abs(z - y) <= 1 else abs(z - y) - 0.5,
    "poisson": _poisson,
}


def _binary(z: Array, y: Array) -> float:
    return float(max(z[0], 0) - y[0] * z[0] + math.log(1 + math.exp(-abs(z[0]))))


def _categorical(z: Array, y: Array) -> float:
    powers = [math.exp(z_k - max(z)) for z_k in z]
    return math.log(sum(powers)) - float(z[list(y).index(1)] - max(z))


def _squared(z: Array, y: Array) -> float:
    return float(sum((z_k - y_k) ** 2 for z_k, y_k in zip(z, y, strict=True))) / len(z)


LOSS: dict[str, Callable[[np.ndarray, Array], float]] = {
    "binary_cross_entropy": _binary,
    "categorical_cross_entropy": _categorical,
    "mean_squared_error": _squared,
}


def _delta(q: Values, function: str) -> Array:
    if "da" not in q:
        dz: Array = q["a"] - q["y"]
        if function == "mean_squared_error":
            dz = 2 * dz
        elif function == "mean_absolute_error":
            dz = np.sign(dz)
        elif function == "huber":
            dz = np.minimum(np.maximum(dz, -1), 1)
        elif function == "quantile":
            dz = np.where(dz > 0, 1 - q["q"], -q["q"])
        dz = dz / q.get("n", np.array(1.0))
        return dz * q.get("w", np.array(1.0))
    if "a" in q:
        return q["da"] * _elementwise(SLOPE_FROM_A[function])(q["a"])
    return q["da"] * _elementwise(SLOPE[function])(q["z"])


def _average_gradient(q: Values, function: str) -> Array:
    g: Array = q["total"] / q["m"]
    if "l2" in q:
        g = g + q["l2"] * q["W"]
    if "l1" in q:
        g = g + q["l1"] * np.sign(q["W"])
    return g


def _update(q: Values, function: str) -> Array:
    W, alpha = q["W"], q["alpha"]
    if function == "RMSprop" and "s" in q:
        return W - alpha * q["g"] / (np.sqrt(q["s"]) + q["epsilon"])
    if function in ("Adam", "AdamW"):
        step = q["m"] / (1 - q["beta1"] ** q["t"])
        step = step / (np.sqrt(q["v"] / (1 - q["beta2"] ** q["t"])) + q["epsilon"])
        return W * (1 - alpha * q.get("lambda", np.array(0.0))) - alpha * step
    if "v" in q:
        return W - alpha * (q["g"] + q["mu"] * q["v"] if "mu" in q else q["v"])
    return W - alpha * (q["g"] if "g" in q else q["total"] / q["m"])


def _penalty(q: Values, function: str) -> float:
    weights = [values for slot, values in q.items() if slot.startswith("W")]
    squares = sum(float((W * W).sum()) for W in weights)
    return float(q["l2"]) / 2 * squares + float(q["l1"]) * sum(float(abs(W).sum()) for W in weights)


RULES: dict[str, Callable[[Values, str], object]] = {
    "z": lambda q, _: q["W"] @ q["a"] + q["b"],
    "a": _activation,
    "loss": _loss,
    "dz": _delta,
    "dW": lambda q, _: q["dz"] @ q["a"].T,
    "sum dW": lambda q, _: q["dz"] @ q["a"].T,
    "db": lambda q, _: q["dz"].sum(axis=1, keepdims=True),
    "sum db": lambda q, _: q["dz"].sum(axis=1, keepdims=True),
    "da": lambda q, _: q["W"].T @ q["dz"],
    "average loss": lambda q, _: (q["losses"] * q.get("w", np.array(1.0))).sum() / q["m"],
    "penalty": _penalty,
    "total loss": lambda q, _: q["L"] + q["P"],
    "average gradient": _average_gradient,
    "velocity": lambda q, _: q["mu"] * q["v"] + q["g"],
    "moment m": lambda q, _: q["beta1"] * q["m"] + (1 - q["beta1"]) * q["g"],
    "moment v": lambda q, _: q["beta2"] * q["v"] + (1 - q["beta2"]) * q["g"] ** 2,
    "square": lambda q, _: q["rho"] * q["s"] + (1 - q["rho"]) * q["g"] ** 2,
    "scaled velocity": lambda q, _: q["mu"] * q["v"] + q["g"] / (np.sqrt(q["s"]) + q["epsilon"]),
    "clipped gradient": lambda q, _: q["g"] * q["c"] / q["norm"],
    "update": _update,
}
