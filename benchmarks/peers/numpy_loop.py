"""numpy as one writes it for speed: whole batches, every array allocated once."""

from __future__ import annotations

import numpy as np

import glassnet as gn
from benchmarks.peers import Run, flat
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Run:
    """A loop with `out=` everywhere."""

    def run(epochs: int) -> np.ndarray:
        layers = [(W.copy(), b.copy()) for W, b in workload.layers]
        orders = workload.orders(epochs)
        step = _Step(workload, layers)
        for epoch in range(epochs):
            if orders is None:
                step(workload.X, workload.Y)
                if step.losses[-1] < workload.stop_below:
                    break
                continue
            for start in range(0, workload.rows, workload.batch_size):
                rows = orders[epoch, start : start + workload.batch_size]
                step(workload.X[rows], workload.Y[rows])
        return flat(layers)

    return run


class _Step:
    def __init__(self, workload: Workload, layers: list[tuple[np.ndarray, np.ndarray]]) -> None:
        sizes, m, dtype = workload.sizes, workload.batch_size, workload.dtype
        self.workload, self.layers = workload, layers
        self.a = [np.empty((m, n), dtype) for n in sizes[1:]]
        self.dz = [np.empty((m, n), dtype) for n in sizes[1:]]
        self.slope = [np.empty((m, n), dtype) for n in sizes[1:]]
        self.dW = [np.empty_like(W) for W, _ in layers]
        self.db = [np.empty_like(b) for _, b in layers]
        if isinstance(workload.optimizer, gn.Adam):
            self.memory = [[(np.zeros_like(p), np.zeros_like(p)) for p in pair] for pair in layers]
        self.t = 0
        self.losses: list[float] = []

    def __call__(self, X: np.ndarray, Y: np.ndarray) -> None:
        m, last = len(X), len(self.layers) - 1
        a = [array[:m] for array in self.a]
        dz = [array[:m] for array in self.dz]
        for l, (W, b) in enumerate(self.layers):
            np.matmul(a[l - 1] if l else X, W.T, out=a[l])
            a[l] += b
            if l < last:
                self._activate(a[l])
        self.losses.append(self._loss(a[last], Y))
        self._output(a[last])
        np.subtract(a[last], Y, out=dz[last])
        dz[last] *= 1 / m
        for l in range(last, -1, -1):
            np.matmul(dz[l].T, a[l - 1] if l else X, out=self.dW[l])
            np.sum(dz[l], axis=0, out=self.db[l])
            if l:
                np.matmul(dz[l], self.layers[l][0], out=dz[l - 1])
                self._scale(dz[l - 1], a[l - 1], self.slope[l - 1][:m])
        self.t += 1
        for l, (W, b) in enumerate(self.layers):
            self._update(l, 0, W, self.dW[l])
            self._update(l, 1, b, self.db[l])

    def _activate(self, z: np.ndarray) -> None:
        if self.workload.activation == "relu":
            np.maximum(z, 0, out=z)
        else:
            _sigmoid(z)

    def _scale(self, da: np.ndarray, a: np.ndarray, slope: np.ndarray) -> None:
        if self.workload.activation == "relu":
            np.greater(a, 0, out=slope, casting="unsafe")
        else:
            np.subtract(1, a, out=slope)
            slope *= a
        da *= slope

    def _loss(self, z: np.ndarray, Y: np.ndarray) -> float:
        if z.shape[1] == 1:
            return float(np.mean(np.logaddexp(0, z) - Y * z))
        top = z.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(z - top).sum(axis=1)) - np.sum(Y * (z - top), axis=1)))

    def _output(self, z: np.ndarray) -> None:
        if z.shape[1] == 1:
            return _sigmoid(z)
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)
        return None

    def _update(self, l: int, which: int, p: np.ndarray, g: np.ndarray) -> None:
        rule = self.workload.optimizer
        if not isinstance(rule, gn.Adam):
            g *= rule.learning_rate
            p -= g
            return
        m, v = self.memory[l][which]
        m *= rule.beta1
        m += (1 - rule.beta1) * g
        v *= rule.beta2
        g *= g
        g *= 1 - rule.beta2
        v += g
        root = np.sqrt(v / (1 - rule.beta2**self.t))
        root += rule.epsilon
        p -= rule.learning_rate / (1 - rule.beta1**self.t) * m / root


def _sigmoid(z: np.ndarray) -> None:
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1
    np.reciprocal(z, out=z)
