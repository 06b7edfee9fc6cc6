"""TensorFlow with the loop over batches in the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

import glassnet as gn
from benchmarks.peers import Run, flat
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Run:
    """One tf.function an epoch, or for a full batch one for all epochs."""
    rule = workload.optimizer
    X, Y = tf.constant(workload.X), tf.constant(workload.Y)
    layers = [(tf.Variable(W), tf.Variable(b)) for W, b in workload.layers]
    variables = [v for layer in layers for v in layer]
    memories = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]
    t = tf.Variable(0.0, dtype=tf.float64)
    loss_sum = tf.Variable(0.0, dtype=tf.float64)
    g = tf.nn.relu if workload.activation == "relu" else tf.sigmoid

    def step(X: Any, Y: Any) -> None:
        with tf.GradientTape() as tape:
            a = X
            for W, b in layers[:-1]:
                a = g(tf.matmul(a, W, transpose_b=True) + b)
            z = tf.matmul(a, layers[-1][0], transpose_b=True) + layers[-1][1]
            if workload.sizes[-1] == 1:
                losses = tf.nn.sigmoid_cross_entropy_with_logits(Y, z)
            else:
                losses = tf.nn.softmax_cross_entropy_with_logits(Y, z)
            loss = tf.reduce_mean(losses)
        loss_sum.assign_add(tf.cast(loss, tf.float64))
        gradients = tape.gradient(loss, variables)
        if not isinstance(rule, gn.Adam):
            for v, d in zip(variables, gradients, strict=True):
                v.assign_sub(rule.learning_rate * d)
            return
        t.assign_add(1)
        for p, d, (m, v) in zip(variables, gradients, memories, strict=True):
            m.assign(rule.beta1 * m + (1 - rule.beta1) * d)
            v.assign(rule.beta2 * v + (1 - rule.beta2) * d * d)
            m_hat = m / tf.cast(1 - rule.beta1**t, p.dtype)
            v_hat = v / tf.cast(1 - rule.beta2**t, p.dtype)
            p.assign_sub(rule.learning_rate * m_hat / (tf.sqrt(v_hat) + rule.epsilon))

    @tf.function
    def full(epochs: Any) -> None:
        for _ in tf.range(epochs):
            step(X, Y)

    size, whole = workload.batch_size, workload.rows // workload.batch_size

    @tf.function
    def one_epoch(order: Any) -> None:
        for i in tf.range(whole):
            rows = order[i * size : (i + 1) * size]
            step(tf.gather(X, rows), tf.gather(Y, rows))
        if whole * size < workload.rows:
            rows = order[whole * size :]
            step(tf.gather(X, rows), tf.gather(Y, rows))

    def run(epochs: int) -> np.ndarray:
        for (W, b), (W_start, b_start) in zip(layers, workload.layers, strict=True):
            W.assign(W_start)
            b.assign(b_start)
        for pair in memories:
            for memory in pair:
                memory.assign(tf.zeros_like(memory))
        t.assign(0.0)
        orders = workload.orders(epochs)
        if orders is None:
            full(tf.constant(epochs))
        else:
            for order in orders:
                one_epoch(tf.constant(order))
        return flat([(W.numpy(), b.numpy()) for W, b in layers])

    return run
