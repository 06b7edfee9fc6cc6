"""The training in JAX: whole runs of epochs compiled into one program, derivatives by jax.grad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.optim.optimizers import Adam, AdamW, GradientDescent, RMSprop
from glassnet.parity.conventions import conventions
from glassnet.parity.interface import Course, Task, split

jax.config.update("jax_enable_x64", True)  # else JAX computes in float32 whatever it is given

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "softplus": jax.nn.softplus,
    "identity": lambda z: z,
}
OUTPUTS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": jax.nn.sigmoid,
    "softmax": jax.nn.softmax,
    "exp": jnp.exp,
    "identity": lambda z: z,
}


class Trainer:
    """A task in JAX; see `contract.Trainer`."""

    version: str = jax.__version__
    timed = "jax.jit over runs of epochs in a while_loop, compiled beforehand"

    def __init__(self, task: Task) -> None:
        self.task = task
        self.conventions = conventions("jax", task)
        self._X, self._Y = jnp.asarray(task.X), jnp.asarray(task.Y)
        self._weight = jnp.asarray(task.weight)
        self._train = jax.jit(self._epochs)
        self._outputs = jax.jit(lambda layers, X: _activate(task, _logits(task, layers, X)))
        self.begin()

    def begin(self) -> None:
        """Put parameters and optimizer back to the start."""
        layers = [(jnp.asarray(W), jnp.asarray(b)) for W, b in self.task.layers]
        zeros = jax.tree.map(jnp.zeros_like, layers)
        self._state: Any = (layers, zeros, zeros, jnp.float64(0))

    def advance(self, course: Course) -> tuple[Array, Array]:
        """Train up to `course.epochs` more; see `contract.Trainer`."""
        self._state, done, losses, vectors = jax.block_until_ready(self._train(self._state, course))
        return np.asarray(losses)[: int(done)], np.asarray(vectors)[: int(done)]

    def outputs(self, vectors: Array, X: Array) -> Array:
        """The last layer's a for each parameter vector: (n_vectors, n_rows, n_outputs)."""
        return np.asarray(self._outputs(split(self.task.network, vectors), X))

    def _epochs(self, state: Any, course: Any) -> Any:
        """Epochs until all are done, the loss is below the goal, or it is not finite."""
        epochs, *by_epoch = course
        most, n_parameters = self.task.most_epochs, self.task.network.n_parameters
        dtype = self._X.dtype

        def go_on(carry: Any) -> Any:
            _, done, loss, _, _ = carry
            return (done < epochs) & ((done == 0) | (jnp.isfinite(loss) & (loss >= self.task.goal)))

        def epoch(carry: Any) -> Any:
            state, done, _, losses, vectors = carry
            state, loss = self._epoch(state, *jax.tree.map(lambda rows: rows[done], by_epoch))
            vector, _ = ravel_pytree(state[0])
            return state, done + 1, loss, losses.at[done].set(loss), vectors.at[done].set(vector)

        nothing = (jnp.zeros(most, dtype), jnp.zeros((most, n_parameters), dtype))
        state, done, _, losses, vectors = jax.lax.while_loop(
            go_on, epoch, (state, 0, jnp.zeros((), dtype), *nothing)
        )
        return state, done, losses, vectors

    def _epoch(self, state: Any, order: Any, factor: Any, kept: Any) -> Any:
        task, step = self.task, partial(self._step, factor.astype(self._X.dtype))
        if task.full_batch:
            state, (loss, total) = step(state, (self._X, self._Y, self._weight, kept))
            return state, loss / total

        def on_rows(state: Any, here: Any) -> Any:
            rows, kept = here
            return step(state, (self._X[rows], self._Y[rows], self._weight[rows], kept))

        cut = task.whole_batches * task.batch_size
        by_place = (order, kept)  # neurons are kept by a sample's place, not by its row
        whole = jax.tree.map(
            lambda a: a[:cut].reshape(task.whole_batches, task.batch_size, *a.shape[1:]), by_place
        )
        state, (losses, totals) = jax.lax.scan(on_rows, state, whole)
        loss, total = losses.sum(), totals.sum()
        if cut < len(task.X):
            last = jax.tree.map(lambda a: a[cut:], by_place)
            state, (last_loss, last_total) = on_rows(state, last)
            loss, total = loss + last_loss, total + last_total
        return state, loss / total

    def _step(self, factor: Any, state: Any, batch: Any) -> Any:
        """One update; the sum of the batch's losses, the penalty included, and of its weights."""
        total = batch[2].sum()
        loss, gradient = jax.value_and_grad(partial(_loss, self.task))(state[0], *batch)
        if self.task.clips:
            gradient = _clipped(gradient, self.task.max_norm)
        rate = self.task.optimizer.learning_rate * factor
        after = _update(self.task.optimizer, rate, state, gradient)
        # A batch in which no row counts has no average to descend.
        counts = total > 0
        state = jax.tree.map(lambda new, old: jnp.where(counts, new, old), after, state)
        return state, (jnp.where(counts, total * loss, 0), total)


def _logits(task: Task, layers: Any, X: Any, kept: Sequence[Any] = ()) -> Any:
    a = X
    for l, name in enumerate(task.network.activation):
        W, b = layers[l]
        a = ACTIVATIONS[name](a @ W.mT + b)
        if kept:
            a = jnp.where(kept[l], a * task.kept_scales[l], 0)
    W, b = layers[-1]
    return a @ W.mT + b


def _activate(task: Task, z: Any) -> Any:
    return OUTPUTS[task.network.output_activation](z)


def _loss(task: Task, layers: Any, X: Any, Y: Any, weight: Any, kept: Any) -> Any:
    z = _logits(task, layers, X, kept)
    if task.network.loss == "binary_cross_entropy":
        losses = (jnp.logaddexp(0, z) - Y * z)[:, 0]
    elif task.network.loss == "categorical_cross_entropy":
        losses = -jnp.sum(Y * jax.nn.log_softmax(z), axis=1)
    else:
        losses = jnp.mean(_entries(task.network, z, Y), axis=1)
    l1, l2 = task.penalty
    penalty = sum(l2 / 2 * jnp.sum(W * W) + l1 * jnp.sum(jnp.abs(W)) for W, _ in layers)
    return jnp.sum(weight * losses) / jnp.sum(weight) + penalty


def _entries(network: Network, z: Any, Y: Any) -> Any:
    """The loss of each output of a regression."""
    d = z - Y
    match network.loss:
        case "mean_squared_error":
            return d**2
        case "mean_absolute_error":
            return jnp.abs(d)
        case "huber":
            return jnp.where(jnp.abs(d) <= 1, d * d / 2, jnp.abs(d) - 0.5)
        case "poisson":
            return jnp.exp(z) - Y * z + jax.scipy.special.xlogy(Y, Y) - Y
    level = cast(float, network.quantile_level)
    return jnp.maximum((1 - level) * d, -level * d)


def _clipped(gradient: Any, max_norm: float) -> Any:
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradient)))
    too_long = jnp.isfinite(norm) & (norm > max_norm)
    return jax.tree.map(lambda g: jnp.where(too_long, g * (max_norm / norm), g), gradient)


def _update(rule: Any, rate: Any, state: Any, gradient: Any) -> Any:
    if isinstance(rule, GradientDescent):
        return _descend(rule, rate, state, gradient)
    if isinstance(rule, RMSprop):
        return _rmsprop(rule, rate, state, gradient)
    assert isinstance(rule, Adam)
    layers, m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: rule.beta1 * m + (1 - rule.beta1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: rule.beta2 * v + (1 - rule.beta2) * g * g, v, gradient)
    decay = rate * rule.weight_decay if isinstance(rule, AdamW) else 0.0

    def step(p: Any, m: Any, v: Any) -> Any:
        m_hat = m / (1 - rule.beta1**t).astype(p.dtype)
        v_hat = v / (1 - rule.beta2**t).astype(p.dtype)
        return p * (1 - decay) - rate * m_hat / (jnp.sqrt(v_hat) + rule.epsilon)

    return jax.tree.map(step, layers, m, v), m, v, t


def _descend(rule: GradientDescent, rate: Any, state: Any, gradient: Any) -> Any:
    layers, velocity, unused, t = state
    velocity = jax.tree.map(lambda v, g: rule.momentum * v + g, velocity, gradient)
    step = velocity
    if rule.nesterov:
        step = jax.tree.map(lambda g, v: g + rule.momentum * v, gradient, velocity)
    layers = jax.tree.map(lambda p, s: p - rate * s, layers, step)
    return layers, velocity, unused, t


def _rmsprop(rule: RMSprop, rate: Any, state: Any, gradient: Any) -> Any:
    layers, velocity, square, t = state
    square = jax.tree.map(lambda s, g: rule.decay * s + (1 - rule.decay) * g * g, square, gradient)
    velocity = jax.tree.map(
        lambda v, g, s: rule.momentum * v + g / (jnp.sqrt(s) + rule.epsilon),
        velocity,
        gradient,
        square,
    )
    layers = jax.tree.map(lambda p, v: p - rate * v, layers, velocity)
    return layers, velocity, square, t
