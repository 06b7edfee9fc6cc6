"""Update rules on the flat parameter vector, as pairs of pure functions: init and update.

The gradient an update receives is that of the average loss. L-BFGS, which asks for gradients of
its own, is in lbfgs.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import InputError, finite_number, instance_of
from glassnet.optim.lbfgs import LBFGS, OptimizerState

__all__ = [
    "LBFGS",
    "Adam",
    "AdamW",
    "GradientDescent",
    "Optimizer",
    "OptimizerState",
    "RMSprop",
    "UpdateRule",
]


class UpdateRule(Protocol):
    """A rule that updates by one gradient; instances are frozen and hold settings only."""

    @property
    def learning_rate(self) -> float:
        """The step size, alpha."""

    def init(self, vector: Array) -> OptimizerState:
        """The state before the first update of this parameter vector."""

    def update(
        self,
        vector: Array,
        gradient: Array,
        state: OptimizerState,
        rate_factor: float = 1.0,
    ) -> tuple[Array, OptimizerState]:
        """The parameter vector and the state after one update, which a schedule may scale:
        alpha is the learning rate times `rate_factor`.
        """


Optimizer = UpdateRule | LBFGS


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent: W <- W - alpha dL/dW.

    With `momentum` mu, v <- mu v + dL/dW and W <- W - alpha v; with `nesterov` the step is
    W <- W - alpha (dL/dW + mu v). v starts at 0. PyTorch and optax define both alike; Keras keeps
    -alpha v, which is the same while alpha stays the same.

    Parameters
    ----------
    learning_rate : float
        The step size alpha, above 0.
    momentum : float
        The momentum mu, from 0 to below 1.
    nesterov : bool
        Look ahead along the momentum; needs a momentum above 0.

    Raises
    ------
    InputError
        If a setting is out of its range.

    References
    ----------
    Cauchy (1847); momentum: Polyak (1964); Nesterov (1983), in the form of Sutskever, Martens,
    Dahl and Hinton, "On the importance of initialization and momentum in deep learning" (2013).

    Examples
    --------
    >>> GradientDescent(0.4)
    GradientDescent(learning_rate=0.4, momentum=0.0, nesterov=False)
    """

    learning_rate: float
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        _check_positive("learning rate", self.learning_rate, "0.4")
        _check_decay("momentum", self.momentum)
        instance_of("nesterov", self.nesterov, bool)
        if self.nesterov and self.momentum == 0:
            raise InputError("Nesterov's step needs a momentum above 0, such as 0.9.")

    def init(self, vector: Array) -> OptimizerState:
        """Return the state before the first update: velocity 0, or nothing without momentum.

        Parameters
        ----------
        vector : array of shape (n_parameters,)
            The parameters to begin at.

        Returns
        -------
        dict of arrays
            The state, by name.
        """
        return {"velocity": np.zeros_like(vector)} if self.momentum else {}

    def update(
        self,
        vector: Array,
        gradient: Array,
        state: OptimizerState,
        rate_factor: float = 1.0,
    ) -> tuple[Array, OptimizerState]:
        """Update once: W <- W - alpha dL/dW, or with momentum W <- W - alpha v.

        Parameters
        ----------
        vector, gradient : array of shape (n_parameters,)
            The parameters, and the gradient of the average loss at them.
        state : dict of arrays
            What `init` or the last update returned.
        rate_factor : float
            What a schedule multiplies the learning rate with.

        Returns
        -------
        tuple of array and dict
            The parameters and the state after the update.
        """
        alpha = self.learning_rate * rate_factor
        if not self.momentum:
            return vector - alpha * gradient, state
        v = self.momentum * state["velocity"] + gradient
        step = gradient + self.momentum * v if self.nesterov else v
        return vector - alpha * step, {"velocity": v}


@dataclass(frozen=True)
class Adam:
    """Adam: gradient descent with a step of its own for each parameter.

        m <- beta1 m + (1 - beta1) g          v <- beta2 v + (1 - beta2) g^2       with g = dL/dW
        W <- W - alpha m^ / (sqrt(v^) + epsilon)
        m^ = m / (1 - beta1^t)                v^ = v / (1 - beta2^t)               at update t

    `epsilon` is added to the root of the corrected v^, as in the paper's algorithm, in PyTorch
    and in optax. TensorFlow and Keras add theirs to the root of v before it is corrected, so that
    their epsilon is this one times sqrt(1 - beta2^t); their default is 1e-7.

    Parameters
    ----------
    learning_rate : float
        The step size alpha, above 0.
    beta1, beta2 : float
        How slowly the running means of g and g^2 forget, from 0 to below 1.
    epsilon : float
        What keeps the division finite, above 0.

    Raises
    ------
    InputError
        If a setting is out of its range.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_positive("learning rate", self.learning_rate, "0.4")
        _check_decay("beta1", self.beta1)
        _check_decay("beta2", self.beta2)
        _check_positive("epsilon", self.epsilon, "1e-8")

    def init(self, vector: Array) -> OptimizerState:
        """Return the state before the first update: m = v = 0 and t = 0.

        Parameters
        ----------
        vector : array of shape (n_parameters,)
            The parameters to begin at.

        Returns
        -------
        dict of arrays
            The state, by name.
        """
        return {"m": np.zeros_like(vector), "v": np.zeros_like(vector), "t": np.zeros(())}

    def update(
        self,
        vector: Array,
        gradient: Array,
        state: OptimizerState,
        rate_factor: float = 1.0,
    ) -> tuple[Array, OptimizerState]:
        """Update once: W <- W - alpha m^ / (sqrt(v^) + epsilon).

        Parameters
        ----------
        vector, gradient : array of shape (n_parameters,)
            The parameters, and the gradient of the average loss at them.
        state : dict of arrays
            What `init` or the last update returned.
        rate_factor : float
            What a schedule multiplies the learning rate with.

        Returns
        -------
        tuple of array and dict
            The parameters and the state after the update.
        """
        t = float(state["t"]) + 1
        m = self.beta1 * state["m"] + (1 - self.beta1) * gradient
        v = self.beta2 * state["v"] + (1 - self.beta2) * (gradient * gradient)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        alpha = self.learning_rate * rate_factor
        vector = vector - alpha * m_hat / (np.sqrt(v_hat) + self.epsilon)
        return vector, {"m": m, "v": v, "t": np.array(t)}


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with weight decay apart from the gradient.

        W <- W - alpha lambda W, then Adam's step

    The decay shrinks every parameter, biases too, as `torch.optim.AdamW` does with all the
    parameters it is given.

    Parameters
    ----------
    learning_rate, beta1, beta2, epsilon : float
        As for `Adam`.
    weight_decay : float
        The decay lambda, from 0.

    Raises
    ------
    InputError
        If a setting is out of its range.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
    """

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        finite_number("weight_decay", self.weight_decay, 0)

    def update(
        self,
        vector: Array,
        gradient: Array,
        state: OptimizerState,
        rate_factor: float = 1.0,
    ) -> tuple[Array, OptimizerState]:
        """Update once: W <- (1 - alpha lambda) W - alpha m^ / (sqrt(v^) + epsilon).

        Parameters
        ----------
        vector, gradient : array of shape (n_parameters,)
            The parameters, and the gradient of the average loss at them.
        state : dict of arrays
            What `init` or the last update returned.
        rate_factor : float
            What a schedule multiplies the learning rate with.

        Returns
        -------
        tuple of array and dict
            The parameters and the state after the update.
        """
        alpha = self.learning_rate * rate_factor
        shrunk = vector * (1 - alpha * self.weight_decay)
        return super().update(shrunk, gradient, state, rate_factor)


@dataclass(frozen=True)
class RMSprop:
    """RMSprop: gradients divided by a running root of their mean square.

        s <- rho s + (1 - rho) g^2                                                 with g = dL/dW
        W <- W - alpha g / (sqrt(s) + epsilon)
        v <- mu v + g / (sqrt(s) + epsilon)  and  W <- W - alpha v                 with momentum mu

    s and v start at 0. `epsilon` is added to the root, as in PyTorch, whose alpha is this rho.
    Keras adds its epsilon, 1e-7, to s under the root, and its velocity holds alpha v, which is the
    same while alpha stays the same.

    Parameters
    ----------
    learning_rate : float
        The step size alpha, above 0.
    decay : float
        How slowly the mean square forgets, rho, from 0 to below 1.
    epsilon : float
        What keeps the division finite, above 0.
    momentum : float
        The momentum mu, from 0 to below 1.

    Raises
    ------
    InputError
        If a setting is out of its range.

    References
    ----------
    Tieleman and Hinton, "Lecture 6.5 - RMSProp", Coursera (2012).
    """

    learning_rate: float = 0.001
    decay: float = 0.9
    epsilon: float = 1e-8
    momentum: float = 0.0

    def __post_init__(self) -> None:
        _check_positive("learning rate", self.learning_rate, "0.4")
        _check_decay("decay", self.decay)
        _check_positive("epsilon", self.epsilon, "1e-8")
        _check_decay("momentum", self.momentum)

    def init(self, vector: Array) -> OptimizerState:
        """Return the state before the first update: s = 0, and with momentum v = 0.

        Parameters
        ----------
        vector : array of shape (n_parameters,)
            The parameters to begin at.

        Returns
        -------
        dict of arrays
            The state, by name.
        """
        names = ("square", "velocity") if self.momentum else ("square",)
        return {name: np.zeros_like(vector) for name in names}

    def update(
        self,
        vector: Array,
        gradient: Array,
        state: OptimizerState,
        rate_factor: float = 1.0,
    ) -> tuple[Array, OptimizerState]:
        """Update once: W <- W - alpha g / (sqrt(s) + epsilon), or with momentum W <- W - alpha v.

        Parameters
        ----------
        vector, gradient : array of shape (n_parameters,)
            The parameters, and the gradient of the average loss at them.
        state : dict of arrays
            What `init` or the last update returned.
        rate_factor : float
            What a schedule multiplies the learning rate with.

        Returns
        -------
        tuple of array and dict
            The parameters and the state after the update.
        """
        alpha = self.learning_rate * rate_factor
        s = self.decay * state["square"] + (1 - self.decay) * (gradient * gradient)
        step = gradient / (np.sqrt(s) + self.epsilon)
        if not self.momentum:
            return vector - alpha * step, {"square": s}
        v = self.momentum * state["velocity"] + step
        return vector - alpha * v, {"square": s, "velocity": v}


def _check_positive(name: str, value: float, example: str) -> None:
    if not (isinstance(value, Real) and value > 0 and math.isfinite(value)):
        raise InputError(
            f"The {name} must be a positive, finite number such as {example}, not {value!r:.80}."
        )


def _check_decay(name: str, value: float) -> None:
    if not (isinstance(value, Real) and 0 <= value < 1):
        raise InputError(
            f"{name} must be a number from 0 to below 1, such as 0.9, not {value!r:.80}."
        )
