"""JAX with the whole training compiled into one program."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import glassnet as gn
from benchmarks.peers import Run, flat
from benchmarks.workloads import Workload

jax.config.update("jax_enable_x64", True)


def logits(layers: Any, X: Any, activation: str) -> Any:
    """z of the last layer, (m, n_out)."""
    g = jax.nn.relu if activation == "relu" else jax.nn.sigmoid
    for W, b in layers[:-1]:
        X = g(X @ W.T + b)
    W, b = layers[-1]
    return X @ W.T + b


def loss(layers: Any, X: Any, Y: Any, activation: str) -> Any:
    """The average cross-entropy from the logits."""
    z = logits(layers, X, activation)
    if z.shape[1] == 1:
        return jnp.mean(jax.nn.softplus(z) - Y * z)
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.sum(Y * z, axis=1))


def step_of(workload: Workload) -> Any:
    """step((layers, m, v, t), X, Y) -> the same after one update, and the loss before it."""
    rule = workload.optimizer
    gradient = jax.value_and_grad(loss)

    def descend(state: Any, X: Any, Y: Any) -> Any:
        layers, m, v, t = state
        value, g = gradient(layers, X, Y, workload.activation)
        layers = jax.tree.map(lambda p, d: p - rule.learning_rate * d, layers, g)
        return (layers, m, v, t), value

    def adam(state: Any, X: Any, Y: Any) -> Any:
        assert isinstance(rule, gn.Adam)
        layers, m, v, t = state
        value, g = gradient(layers, X, Y, workload.activation)
        t = t + 1
        m = jax.tree.map(lambda m, d: rule.beta1 * m + (1 - rule.beta1) * d, m, g)
        v = jax.tree.map(lambda v, d: rule.beta2 * v + (1 - rule.beta2) * d * d, v, g)
        m_scale, v_scale = 1 / (1 - rule.beta1**t), 1 / (1 - rule.beta2**t)
        layers = jax.tree.map(
            lambda p, m, v: (
                p
                - (rule.learning_rate * m_scale).astype(p.dtype)
                * m
                / (jnp.sqrt(v * v_scale.astype(p.dtype)) + rule.epsilon)
            ),
            layers,
            m,
            v,
        )
        return (layers, m, v, t), value

    return adam if isinstance(rule, gn.Adam) else descend


def prepare(workload: Workload) -> Run:
    """One jitted program: a scan over epochs, and in it a scan over batches."""
    step = step_of(workload)
    X, Y = jnp.asarray(workload.X), jnp.asarray(workload.Y)
    layers = [(jnp.asarray(W), jnp.asarray(b)) for W, b in workload.layers]
    zeros = jax.tree.map(jnp.zeros_like, layers)
    size, whole = workload.batch_size, workload.rows // workload.batch_size

    @jax.jit
    def batches(state: Any, orders: Any) -> Any:
        def on_rows(state: Any, rows: Any) -> Any:
            return step(state, X[rows], Y[rows])

        def epoch(state: Any, order: Any) -> Any:
            order_of_batches = order[: whole * size].reshape(whole, size)
            state, losses = jax.lax.scan(on_rows, state, order_of_batches)
            total = losses.sum() * size
            if whole * size < workload.rows:
                state, value = on_rows(state, order[whole * size :])
                total += value * (workload.rows - whole * size)
            return state, total / workload.rows

        return jax.lax.scan(epoch, state, orders)

    @partial(jax.jit, static_argnums=1)
    def full(state: Any, epochs: int) -> Any:
        def go_on(carry: Any) -> Any:
            _, done, value, _ = carry
            return (done < epochs) & (value >= workload.stop_below)

        def epoch(carry: Any) -> Any:
            state, done, _, losses = carry
            state, value = step(state, X, Y)
            return state, done + 1, value, losses.at[done].set(value)

        start = (state, 0, jnp.asarray(jnp.inf, X.dtype), jnp.zeros(epochs, X.dtype))
        state, _, _, losses = jax.lax.while_loop(go_on, epoch, start)
        return state, losses

    def run(epochs: int) -> np.ndarray:
        state = (layers, zeros, zeros, jnp.float64(0))
        orders = workload.orders(epochs)
        done = full(state, epochs) if orders is None else batches(state, jnp.asarray(orders))
        state, _losses = jax.block_until_ready(done)
        return flat(state[0])

    return run


def prepare_many(workload: Workload, starts: np.ndarray) -> Run:
    """The same for many starts, (runs, n_parameters), by vmap."""
    step = step_of(workload)
    X, Y = jnp.asarray(workload.X), jnp.asarray(workload.Y)
    vectors = [gn.Parameters(workload.network, start).layers for start in starts]
    layers = [
        (jnp.stack([v[l][0] for v in vectors]), jnp.stack([v[l][1][:, 0] for v in vectors]))
        for l in range(len(workload.sizes) - 1)
    ]

    @jax.jit
    def train(layers: Any, epochs: Any) -> Any:
        def one(layers: Any) -> Any:
            def epoch(_: Any, carry: Any) -> Any:
                return step(carry[0], X, Y)

            start = ((layers, None, None, 0), jnp.float64(0))
            (layers, *_), last_loss = jax.lax.fori_loop(0, epochs, epoch, start)
            return layers, last_loss

        return jax.vmap(one)(layers)

    def run(epochs: int) -> np.ndarray:
        done, _last_losses = jax.block_until_ready(train(layers, epochs))
        runs = len(starts)
        pieces = [np.asarray(array).reshape(runs, -1) for layer in done for array in layer]
        return np.concatenate(pieces, axis=1)

    return run


def prepare_prediction(workload: Workload) -> Any:
    """outputs(X) of the start, compiled."""
    layers = [(jnp.asarray(W), jnp.asarray(b)) for W, b in workload.layers]

    @jax.jit
    def outputs(X: Any) -> Any:
        return jax.nn.softmax(logits(layers, X, workload.activation))

    return lambda X: np.asarray(outputs(X))
