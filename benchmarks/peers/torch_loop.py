"""PyTorch: eager, and with its forward and backward compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

import glassnet as gn
from benchmarks.peers import Run, flat
from benchmarks.workloads import Workload


def _logits(layers: Any, X: Any, activation: str) -> Any:
    g = torch.relu if activation == "relu" else torch.sigmoid
    for W, b in layers[:-1]:
        X = g(F.linear(X, W, b))
    return F.linear(X, *layers[-1])


def prepare(workload: Workload, compiled: bool = False) -> Run:
    """Autograd and an update under no_grad, or PyTorch's own fused Adam."""
    X, y, Y = (torch.tensor(array) for array in (workload.X, workload.y, workload.Y))
    rule = workload.optimizer

    def loss_of(layers: Any, X: Any, y: Any, Y: Any) -> Any:
        z = _logits(layers, X, workload.activation)
        if z.shape[1] == 1:
            return F.binary_cross_entropy_with_logits(z, Y)
        return F.cross_entropy(z, y)

    loss = torch.compile(loss_of, dynamic=False) if compiled else loss_of

    def run(epochs: int) -> np.ndarray:
        layers = [
            (torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True))
            for W, b in workload.layers
        ]
        parameters = [p for layer in layers for p in layer]
        adam = None
        if isinstance(rule, gn.Adam):
            adam = torch.optim.Adam(parameters, lr=rule.learning_rate, fused=True)
        orders = workload.orders(epochs)

        def step(X: Any, y: Any, Y: Any) -> Any:
            value = loss(layers, X, y, Y)
            if adam is not None:
                adam.zero_grad()
                value.backward()
                adam.step()
                return value
            gradients = torch.autograd.grad(value, parameters)
            with torch.no_grad():
                torch._foreach_add_(parameters, gradients, alpha=-rule.learning_rate)
            return value

        for epoch in range(epochs):
            if orders is None:
                if step(X, y, Y).item() < workload.stop_below:
                    break
                continue
            for rows in torch.tensor(orders[epoch]).split(workload.batch_size):
                step(X[rows], y[rows], Y[rows])
        return flat([(W.detach().numpy(), b.detach().numpy()) for W, b in layers])

    return run


def prepare_compiled(workload: Workload) -> Run:
    """With torch.compile."""
    return prepare(workload, compiled=True)


def prepare_prediction(workload: Workload) -> Any:
    """outputs(X) of the start."""
    layers = [(torch.tensor(W), torch.tensor(b)) for W, b in workload.layers]

    @torch.inference_mode()
    def outputs(X: np.ndarray) -> np.ndarray:
        z = _logits(layers, torch.from_numpy(X), workload.activation)
        return torch.softmax(z, 1).numpy()

    return outputs
