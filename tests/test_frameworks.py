"""The same training in TensorFlow, JAX and PyTorch gives the same numbers.

Each framework is written as its own users would write it, in float64, from the same start. A test
runs where its framework is installed.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.network import ACTIVATIONS, OUTPUT_ACTIVATION

Layers = list[tuple[np.ndarray, np.ndarray]]  # (W, b) with b (n_out,)
Losses = list[float]

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))
RATE, GOAL, LIMIT = 0.4, 0.005, 20_000


def load(name: str) -> Any:
    """Import a framework, whose own warnings are not ours; skip the test where it is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(name)
        return importlib.import_module(name)


def descend(step: Callable[[], float]) -> Losses:
    """Call a step of gradient descent, which returns its loss, as the tutorial does."""
    losses: Losses = []
    while len(losses) < LIMIT and (not losses or losses[-1] >= GOAL):
        losses.append(step())
    return losses


def tensorflow_losses(layers: Layers) -> Losses:
    tf = load("tensorflow")
    variables = [(tf.Variable(W), tf.Variable(b)) for W, b in layers]
    flat = [v for pair in variables for v in pair]
    X, y = tf.constant(POINTS.X), tf.constant(POINTS.y[:, None].astype(float))

    def step() -> Any:
        with tf.GradientTape() as tape:
            a = X
            for number, (W, b) in enumerate(variables, start=1):
                z = tf.matmul(a, W, transpose_b=True) + b
                a = tf.sigmoid(z) if number < len(variables) else z
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=a))
        for variable, gradient in zip(flat, tape.gradient(loss, flat), strict=True):
            variable.assign_sub(RATE * gradient)
        return loss

    graph = tf.function(step)
    return descend(lambda: float(graph()))


def jax_losses(layers: Layers) -> Losses:
    jax = load("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    y = POINTS.y.astype(float)

    def loss(parameters: Any) -> Any:
        a = POINTS.X
        for W, b in parameters[:-1]:
            a = jax.nn.sigmoid(a @ W.T + b)
        W, b = parameters[-1]
        z = (a @ W.T + b)[:, 0]
        return jnp.mean(jnp.logaddexp(0, z) - y * z)

    def step(parameters: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(parameters)
        return value, jax.tree.map(lambda p, g: p - RATE * g, parameters, gradient)

    compiled = jax.jit(step)
    parameters: Any = [(jnp.array(W), jnp.array(b)) for W, b in layers]

    def advance() -> float:
        nonlocal parameters
        value, parameters = compiled(parameters)
        return float(value)

    return descend(advance)


def torch_losses(layers: Layers) -> Losses:
    torch = load("torch")
    variables = [tuple(torch.tensor(v, requires_grad=True) for v in pair) for pair in layers]
    optimizer = torch.optim.SGD([v for pair in variables for v in pair], lr=RATE)
    X, y = torch.tensor(POINTS.X), torch.tensor(POINTS.y[:, None].astype(float))

    def step() -> float:
        optimizer.zero_grad()
        a = X
        for number, (W, b) in enumerate(variables, start=1):
            z = a @ W.T + b
            a = torch.sigmoid(z) if number < len(variables) else z
        loss = torch.nn.functional.binary_cross_entropy_with_logits(a, y)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return descend(step)


def as_layers(parameters: gn.Parameters) -> Layers:
    return [(W.copy(), b[:, 0].copy()) for W, b in parameters.layers]


@pytest.mark.parametrize("framework", [tensorflow_losses, jax_losses, torch_losses])
def test_tutorial_has_the_same_loss_at_every_epoch_and_stops_at_the_same(
    framework: Callable[[Layers], Losses],
) -> None:
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    losses = framework(as_layers(start))
    run = gn.train(
        TUTORIAL,
        POINTS.X,
        POINTS.y,
        parameters=start,
        optimizer=gn.GradientDescent(RATE),
        max_epochs=LIMIT,
        stop_below=GOAL,
    )
    assert len(losses) == run.epochs == 5271
    np.testing.assert_allclose(run.history.loss, losses, rtol=0, atol=1e-10)


Gradients = Callable[[gn.Network, Layers, np.ndarray, np.ndarray], np.ndarray]


def jax_gradient(network: gn.Network, layers: Layers, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    jax = load("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    functions = {name: getattr(jax.nn, name) for name in ACTIVATIONS} | {
        "gelu": lambda z: jax.nn.gelu(z, approximate=False)
    }

    def loss(parameters: Any) -> Any:
        a = X
        for name, (W, b) in zip(network.activation, parameters, strict=False):
            a = functions[name](a @ W.T + b)
        W, b = parameters[-1]
        z = a @ W.T + b
        if network.loss == "binary_cross_entropy":
            return jnp.mean(jnp.logaddexp(0, z) - Y * z)
        if network.loss == "categorical_cross_entropy":
            return -jnp.mean(jnp.sum(Y * jax.nn.log_softmax(z), axis=1))
        return jnp.mean((z - Y) ** 2)

    gradient = jax.grad(loss)([(jnp.array(W), jnp.array(b)) for W, b in layers])
    return np.concatenate([np.ravel(v) for pair in gradient for v in pair])


def tensorflow_gradient(
    network: gn.Network, layers: Layers, X: np.ndarray, Y: np.ndarray
) -> np.ndarray:
    tf = load("tensorflow")
    functions: dict[str, Callable[[Any], Any]] = {
        "sigmoid": tf.sigmoid,
        "tanh": tf.tanh,
        "relu": tf.nn.relu,
        # tf.nn.leaky_relu and tf.nn.gelu hold their constants in single precision (2.21).
        "leaky_relu": lambda z: tf.where(z > 0, z, 0.01 * z),
        "elu": tf.nn.elu,
        "gelu": lambda z: z * (1 + tf.math.erf(z / np.sqrt(2))) / 2,
        "softplus": tf.nn.softplus,
        "identity": tf.identity,
    }
    variables = [(tf.Variable(W), tf.Variable(b)) for W, b in layers]
    flat = [v for pair in variables for v in pair]
    with tf.GradientTape() as tape:
        a = tf.constant(X)
        for name, (W, b) in zip(network.activation, variables, strict=False):
            a = functions[name](tf.matmul(a, W, transpose_b=True) + b)
        z = tf.matmul(a, variables[-1][0], transpose_b=True) + variables[-1][1]
        if network.loss == "binary_cross_entropy":
            losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=Y, logits=z)
        elif network.loss == "categorical_cross_entropy":
            losses = tf.nn.softmax_cross_entropy_with_logits(labels=Y, logits=z)
        else:
            losses = (z - Y) ** 2
        loss = tf.reduce_mean(losses)
    return np.concatenate([np.ravel(g.numpy()) for g in tape.gradient(loss, flat)])


def torch_gradient(network: gn.Network, layers: Layers, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    torch = load("torch")
    functional = torch.nn.functional
    functions: dict[str, Any] = {n: getattr(functional, n, None) for n in ACTIVATIONS} | {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "identity": lambda z: z,
    }
    variables = [tuple(torch.tensor(v, requires_grad=True) for v in pair) for pair in layers]
    flat = [v for pair in variables for v in pair]
    a, target = torch.tensor(X), torch.tensor(Y)
    for name, (W, b) in zip(network.activation, variables, strict=False):
        a = functions[name](a @ W.T + b)
    z = a @ variables[-1][0].T + variables[-1][1]
    if network.loss == "binary_cross_entropy":
        loss = functional.binary_cross_entropy_with_logits(z, target)
    elif network.loss == "categorical_cross_entropy":
        loss = functional.cross_entropy(z, target)
    else:
        loss = functional.mse_loss(z, target)
    return np.concatenate([np.ravel(g.numpy()) for g in torch.autograd.grad(loss, flat)])


@pytest.mark.parametrize("framework", [tensorflow_gradient, jax_gradient, torch_gradient])
@pytest.mark.parametrize("loss", OUTPUT_ACTIVATION)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_equals_automatic_differentiation(
    activation: str, loss: str, framework: Gradients
) -> None:
    generator = np.random.default_rng(0)
    n_out = 1 if loss == "binary_cross_entropy" else 3
    network = gn.Network((2, 4, 3, n_out), activation, loss)
    parameters = gn.Parameters(network, generator.normal(size=network.n_parameters))
    X = generator.normal(size=(8, 2))
    y = (
        generator.normal(size=(8, 3))
        if loss == "mean_squared_error"
        else np.arange(8) % max(n_out, 2)
    )
    trace = gn.trace(network, parameters, X, y)
    expected = framework(network, as_layers(parameters), X, trace.y.T.copy())
    gradient = trace.gradient.vector / trace.weight_sum
    assert np.abs(gradient - expected).max() <= 1e-12 * np.abs(expected).max()
