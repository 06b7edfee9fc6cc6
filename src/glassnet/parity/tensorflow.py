"""The training in TensorFlow: a graph that loops over epochs, derivatives by GradientTape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import tensorflow as tf

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.optim.optimizers import Adam, AdamW, GradientDescent, RMSprop
from glassnet.parity.conventions import conventions
from glassnet.parity.interface import Course, Task, split

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": tf.sigmoid,
    "tanh": tf.tanh,
    "relu": tf.nn.relu,
    # tf.nn.leaky_relu and tf.nn.gelu hold their constants in single precision (2.21).
    "leaky_relu": lambda z: tf.where(z > 0, z, 0.01 * z),
    "elu": tf.nn.elu,
    "gelu": lambda z: z * (1 + tf.math.erf(z / float(np.sqrt(2)))) / 2,
    "softplus": tf.nn.softplus,
    "identity": tf.identity,
}
OUTPUTS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": tf.sigmoid,
    "softmax": tf.nn.softmax,
    "exp": tf.exp,
    "identity": tf.identity,
}


class Trainer:
    """A task in TensorFlow; see `contract.Trainer`."""

    version: str = tf.__version__
    timed = "tf.function with the loop over epochs in the graph, traced beforehand, without XLA"

    def __init__(self, task: Task) -> None:
        self.task = task
        self.conventions = conventions("tensorflow", task)
        self._X, self._Y = tf.constant(task.X), tf.constant(task.Y)
        self._weight = tf.constant(task.weight)
        self._layers = [(tf.Variable(W), tf.Variable(b)) for W, b in task.layers]
        self._parameters = [p for layer in self._layers for p in layer]
        self._memories = [
            (tf.Variable(tf.zeros_like(p)), tf.Variable(tf.zeros_like(p))) for p in self._parameters
        ]
        self._t = tf.Variable(0.0, dtype=tf.float64)
        self._train = tf.function(self._epochs)

    def begin(self) -> None:
        """Put parameters and optimizer back to the start."""
        starts = [array for layer in self.task.layers for array in layer]
        for parameter, start in zip(self._parameters, starts, strict=True):
            parameter.assign(start)
        for pair in self._memories:
            for memory in pair:
                memory.assign(tf.zeros_like(memory))
        self._t.assign(0.0)

    def advance(self, course: Course) -> tuple[Array, Array]:
        """Train up to `course.epochs` more; see `contract.Trainer`."""
        losses, vectors = self._train(*tf.nest.map_structure(tf.constant, course))
        return losses.numpy(), vectors.numpy()

    def outputs(self, vectors: Array, X: Array) -> Array:
        """The last layer's a for each parameter vector: (n_vectors, n_rows, n_outputs)."""
        z = self._logits(split(self.task.network, vectors), tf.constant(X))
        return OUTPUTS[self.task.network.output_activation](z).numpy()

    def _epochs(self, epochs: Any, orders: Any, factors: Any, kept: Any) -> Any:
        """Epochs until `epochs` are done, the loss is below the goal, or it is not finite."""
        dtype = self._X.dtype

        def go_on(done: Any, loss: Any, *_: Any) -> Any:
            going = tf.math.is_finite(loss) & (loss >= tf.cast(self.task.goal, dtype))
            return (done < epochs) & ((done == 0) | going)

        def epoch(done: Any, _: Any, losses: Any, vectors: Any) -> Any:
            rate = self.task.optimizer.learning_rate * tf.cast(factors[done], dtype)
            loss = self._epoch(rate, orders[done], [layer[done] for layer in kept])
            vector = tf.concat([tf.reshape(p, [-1]) for p in self._parameters], 0)
            return done + 1, loss, losses.write(done, loss), vectors.write(done, vector)

        empty = [tf.TensorArray(dtype, 0, dynamic_size=True) for _ in range(2)]
        _, _, losses, vectors = tf.while_loop(
            go_on, epoch, (tf.constant(0), tf.zeros((), dtype), *empty)
        )
        return losses.stack(), vectors.stack()

    def _epoch(self, rate: Any, order: Any, kept: list[Any]) -> Any:
        task = self.task
        if task.full_batch:
            loss, total = self._step(rate, self._X, self._Y, self._weight, kept)
            return loss / total

        def on_places(first: Any, last: Any) -> Any:
            # Neurons are kept by a sample's place in the order, not by its row.
            kept_here = [layer[first:last] for layer in kept]
            rows = order[first:last]
            X, Y, weight = (tf.gather(array, rows) for array in (self._X, self._Y, self._weight))
            return self._step(rate, X, Y, weight, kept_here)

        def batch(i: Any, loss_sum: Any, weight_sum: Any) -> Any:
            loss, total = on_places(i * task.batch_size, (i + 1) * task.batch_size)
            return i + 1, loss_sum + loss, weight_sum + total

        zero = tf.zeros((), self._X.dtype)
        _, loss_sum, weight_sum = tf.while_loop(
            lambda i, *_: i < task.whole_batches, batch, (tf.constant(0), zero, zero)
        )
        cut = task.whole_batches * task.batch_size
        if cut < len(task.X):
            loss, total = on_places(cut, len(task.X))
            loss_sum, weight_sum = loss_sum + loss, weight_sum + total
        return loss_sum / weight_sum

    def _step(self, rate: Any, X: Any, Y: Any, weight: Any, kept: list[Any]) -> Any:
        """One update; the sum of the batch's losses, the penalty included, and of its weights."""
        total = tf.reduce_sum(weight)

        def update() -> Any:
            with tf.GradientTape() as tape:
                loss = self._loss(X, Y, weight, kept)
            self._update(rate, tape.gradient(loss, self._parameters))
            return total * loss

        # A batch in which no row counts has no average to descend.
        return tf.cond(total > 0, update, lambda: tf.zeros_like(total)), total

    def _logits(self, layers: Any, X: Any, kept: Sequence[Any] = ()) -> Any:
        a = X
        for l, name in enumerate(self.task.network.activation):
            W, b = layers[l]
            a = ACTIVATIONS[name](tf.matmul(a, W, transpose_b=True) + b)
            if kept:
                a = tf.where(kept[l], a * self.task.kept_scales[l], 0)
        W, b = layers[-1]
        return tf.matmul(a, W, transpose_b=True) + b

    def _loss(self, X: Any, Y: Any, weight: Any, kept: list[Any]) -> Any:
        z = self._logits(self._layers, X, kept)
        if self.task.network.loss == "binary_cross_entropy":
            losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=Y, logits=z)[:, 0]
        elif self.task.network.loss == "categorical_cross_entropy":
            losses = tf.nn.softmax_cross_entropy_with_logits(labels=Y, logits=z)
        else:
            losses = tf.reduce_mean(_entries(self.task.network, z, Y), axis=1)
        loss = tf.reduce_sum(weight * losses) / tf.reduce_sum(weight)
        l1, l2 = self.task.penalty
        if l1 or l2:
            for W, _ in self._layers:
                loss += l2 / 2 * tf.reduce_sum(W * W) + l1 * tf.reduce_sum(tf.abs(W))
        return loss

    def _update(self, rate: Any, gradients: Any) -> None:
        rule = self.task.optimizer
        if self.task.clips:
            gradients, _ = tf.clip_by_global_norm(gradients, self.task.max_norm)
        self._t.assign_add(1)
        for p, g, (m, v) in zip(self._parameters, gradients, self._memories, strict=True):
            if isinstance(rule, GradientDescent):
                _descend(rule, rate, p, g, m)
            elif isinstance(rule, RMSprop):
                _rmsprop(rule, rate, p, g, m, v)
            else:
                assert isinstance(rule, Adam)
                _adam(rule, rate, self._t, p, g, m, v)


def _entries(network: Network, z: Any, Y: Any) -> Any:
    """The loss of each output of a regression."""
    d = z - Y
    match network.loss:
        case "mean_squared_error":
            return d**2
        case "mean_absolute_error":
            return tf.abs(d)
        case "huber":
            return tf.where(tf.abs(d) <= 1, d * d / 2, tf.abs(d) - 0.5)
        case "poisson":
            return tf.nn.log_poisson_loss(Y, z) + tf.math.xlogy(Y, Y) - Y
    level = cast(float, network.quantile_level)
    return tf.maximum((1 - level) * d, -level * d)


def _descend(rule: GradientDescent, rate: Any, p: Any, g: Any, velocity: Any) -> None:
    if not rule.momentum:
        p.assign_sub(rate * g)
        return
    velocity.assign(rule.momentum * velocity + g)
    step = g + rule.momentum * velocity if rule.nesterov else velocity
    p.assign_sub(rate * step)


def _rmsprop(rule: RMSprop, rate: Any, p: Any, g: Any, velocity: Any, square: Any) -> None:
    square.assign(rule.decay * square + (1 - rule.decay) * g * g)
    velocity.assign(rule.momentum * velocity + g / (tf.sqrt(square) + rule.epsilon))
    p.assign_sub(rate * velocity)


def _adam(rule: Adam, rate: Any, t: Any, p: Any, g: Any, m: Any, v: Any) -> None:
    m.assign(rule.beta1 * m + (1 - rule.beta1) * g)
    v.assign(rule.beta2 * v + (1 - rule.beta2) * g * g)
    m_hat = m / tf.cast(1 - rule.beta1**t, p.dtype)
    v_hat = v / tf.cast(1 - rule.beta2**t, p.dtype)
    if isinstance(rule, AdamW):
        p.assign(p * (1 - rate * rule.weight_decay))
    p.assign_sub(rate * m_hat / (tf.sqrt(v_hat) + rule.epsilon))
