"""The training in PyTorch: eager, with its own optimizers and automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.optim.optimizers import Adam, AdamW, GradientDescent, RMSprop
from glassnet.parity.conventions import conventions
from glassnet.parity.interface import Course, Task, split

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "gelu": functional.gelu,
    "softplus": functional.softplus,
    "identity": lambda z: z,
}
OUTPUTS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": torch.sigmoid,
    "softmax": lambda z: torch.softmax(z, -1),
    "exp": torch.exp,
    "identity": lambda z: z,
}


SMALL = 1_000_000  # weights times rows of a batch: below, threads cost more than they bring


class Trainer:
    """A task in PyTorch; see `contract.Trainer`."""

    version: str = str(torch.__version__)

    def __init__(self, task: Task) -> None:
        self.task = task
        self.conventions = conventions("torch", task)
        self.timed = "eager mode with torch.optim, a Python loop over updates"
        if task.network.n_parameters * min(task.batch_size, len(task.X)) < SMALL:
            torch.set_num_threads(1)
            self.timed += ", one thread"
        self._data = tuple(torch.tensor(array) for array in (task.X, task.Y, task.weight))
        self.begin()

    def begin(self) -> None:
        """Put parameters and optimizer back to the start."""
        self._layers = [
            (torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True))
            for W, b in self.task.layers
        ]
        self._parameters = [p for layer in self._layers for p in layer]
        self._optimizer = _optimizer(self.task.optimizer, self._parameters)

    def advance(self, course: Course) -> tuple[Array, Array]:
        """Train up to `course.epochs` more; see `contract.Trainer`."""
        losses: list[float] = []
        vectors: list[Any] = []
        for e in range(course.epochs):
            for group in self._optimizer.param_groups:
                group["lr"] = self.task.optimizer.learning_rate * float(course.rate_factors[e])
            kept = [torch.from_numpy(layer[e]) for layer in course.kept]
            losses.append(self._epoch(course.orders[e], kept))
            vectors.append(torch.nn.utils.parameters_to_vector(self._parameters).detach())
            if not np.isfinite(losses[-1]) or losses[-1] < self.task.goal:
                break
        return np.array(losses), torch.stack(vectors).numpy()

    def outputs(self, vectors: Array, X: Array) -> Array:
        """The last layer's a for each parameter vector: (n_vectors, n_rows, n_outputs)."""
        layers = [(torch.tensor(W), torch.tensor(b)) for W, b in split(self.task.network, vectors)]
        z = self._logits(layers, torch.tensor(X))
        return OUTPUTS[self.task.network.output_activation](z).numpy()

    def _epoch(self, order: np.ndarray, kept: list[Any]) -> float:
        loss_sum = weight_sum = 0.0
        for X, Y, weight, kept_here in self._batches(order, kept):
            total = float(weight.sum())
            if total == 0:  # a batch in which no row counts has no average to descend
                continue
            self._optimizer.zero_grad()
            loss = self._loss(X, Y, weight, total, kept_here)
            loss.backward()
            if self.task.clips:
                _clip(self._parameters, self.task.max_norm)
            self._optimizer.step()
            loss_sum += total * float(loss.detach())
            weight_sum += total
        return loss_sum / weight_sum

    def _batches(self, order: np.ndarray, kept: list[Any]) -> Iterator[Any]:
        if self.task.full_batch:
            yield *self._data, kept
            return
        first = 0
        for rows in torch.tensor(order).split(self.task.batch_size):
            # Neurons are kept by a sample's place in the order, not by its row.
            places = slice(first, first + len(rows))
            yield *(array[rows] for array in self._data), [layer[places] for layer in kept]
            first += len(rows)

    def _logits(self, layers: Any, X: Any, kept: Sequence[Any] = ()) -> Any:
        a = X
        for l, name in enumerate(self.task.network.activation):
            W, b = layers[l]
            a = ACTIVATIONS[name](a @ W.mT + b)
            if kept:
                a = a * kept[l].to(a.dtype) * self.task.kept_scales[l]
        W, b = layers[-1]
        return a @ W.mT + b

    def _loss(self, X: Any, Y: Any, weight: Any, total: float, kept: list[Any]) -> Any:
        z = self._logits(self._layers, X, kept)
        if self.task.network.loss == "binary_cross_entropy":
            losses = functional.binary_cross_entropy_with_logits(z, Y, reduction="none")[:, 0]
        elif self.task.network.loss == "categorical_cross_entropy":
            losses = functional.cross_entropy(z, Y, reduction="none")
        else:
            losses = _entries(self.task.network, z, Y).mean(dim=1)
        loss = weight @ losses / total
        l1, l2 = self.task.penalty
        if l1 or l2:
            loss = loss + sum(l2 / 2 * (W * W).sum() + l1 * W.abs().sum() for W, _ in self._layers)
        return loss


def _entries(network: Network, z: Any, Y: Any) -> Any:
    """The loss of each output of a regression."""
    match network.loss:
        case "mean_squared_error":
            return (z - Y) ** 2
        case "mean_absolute_error":
            return functional.l1_loss(z, Y, reduction="none")
        case "huber":
            return functional.huber_loss(z, Y, reduction="none")
        case "poisson":
            return functional.poisson_nll_loss(z, Y, reduction="none") + torch.xlogy(Y, Y) - Y
    level = cast(float, network.quantile_level)
    return torch.maximum((1 - level) * (z - Y), level * (Y - z))


def _optimizer(rule: Any, parameters: list[Any]) -> Any:
    if isinstance(rule, GradientDescent):
        return torch.optim.SGD(
            parameters, lr=rule.learning_rate, momentum=rule.momentum, nesterov=rule.nesterov
        )
    if isinstance(rule, RMSprop):
        return torch.optim.RMSprop(
            parameters,
            lr=rule.learning_rate,
            alpha=rule.decay,
            eps=rule.epsilon,
            momentum=rule.momentum,
        )
    assert isinstance(rule, Adam)
    settings = {"lr": rule.learning_rate, "betas": (rule.beta1, rule.beta2), "eps": rule.epsilon}
    if isinstance(rule, AdamW):
        return torch.optim.AdamW(parameters, weight_decay=rule.weight_decay, **settings)
    return torch.optim.Adam(parameters, **settings)


def _clip(parameters: list[Any], max_norm: float) -> None:
    norm = torch.cat([p.grad.flatten() for p in parameters]).norm()
    if norm.isfinite() and norm > max_norm:
        for p in parameters:
            p.grad *= max_norm / norm
