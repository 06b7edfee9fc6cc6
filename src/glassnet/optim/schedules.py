"""Learning-rate schedules: by which factor the learning rate of each epoch is multiplied.

Epochs are counted from 0: the first epoch of a run has the factor of epoch 0. A schedule that
depends on the epoch alone gives the factors of any stretch of epochs at once; `Plateau` follows
the loss, as a pair of pure functions, init and update.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple, Protocol

import numpy as np

from glassnet.core.elementary import cos
from glassnet.core.parameters import Array
from glassnet.errors import InputError, finite_number, instance_of, numbers_of, shown, whole_number


class Schedule(Protocol):
    """A schedule that depends on the epoch alone."""

    def factors(self, first_epoch: int, n: int) -> Array:
        """Return the factors of some epochs.

        Parameters
        ----------
        first_epoch : int
            The first epoch t, counted from 0.
        n : int
            How many.

        Returns
        -------
        array of shape (n,)
            The factors of epochs first_epoch, first_epoch + 1, ...
        """


@dataclass(frozen=True)
class Constant:
    """The learning rate stays as it is: factor 1."""

    def factors(self, first_epoch: int, n: int) -> Array:
        """Return the factors of some epochs, as `Schedule.factors` describes.

        Parameters
        ----------
        first_epoch : int
            The first epoch t, counted from 0.
        n : int
            How many.

        Returns
        -------
        array of shape (n,)
            The factors.
        """
        return np.ones(len(_epochs(first_epoch, n)))


@dataclass(frozen=True)
class Step:
    """Multiply the learning rate by a factor after every so many epochs.

        factor(t) = factor^floor(t / every)

    Parameters
    ----------
    every : int
        Epochs from one step to the next, from 1.
    factor : float
        Above 0 and at most 1.

    Raises
    ------
    InputError
        If a setting is out of its range.
    """

    every: int
    factor: float = 0.5

    def __post_init__(self) -> None:
        whole_number("every", self.every, 1)
        _check_factor("factor", self.factor)

    def factors(self, first_epoch: int, n: int) -> Array:
        """Return the factors of some epochs, as `Schedule.factors` describes.

        Parameters
        ----------
        first_epoch : int
            The first epoch t, counted from 0.
        n : int
            How many.

        Returns
        -------
        array of shape (n,)
            The factors.
        """
        return float(self.factor) ** (_epochs(first_epoch, n) // self.every)


@dataclass(frozen=True)
class Cosine:
    """Lower the learning rate along half a cosine.

        factor(t) = floor + (1 - floor) (1 + cos(pi t / epochs)) / 2, and floor from then on

    Parameters
    ----------
    epochs : int
        How many epochs it takes, from 1.
    floor : float
        The factor it ends at, from 0 to 1.

    Raises
    ------
    InputError
        If a setting is out of its range.

    References
    ----------
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), without
    the restarts.
    """

    epochs: int
    floor: float = 0.0

    def __post_init__(self) -> None:
        whole_number("epochs", self.epochs, 1)
        _check_floor(self.floor)

    def factors(self, first_epoch: int, n: int) -> Array:
        """Return the factors of some epochs, as `Schedule.factors` describes.

        Parameters
        ----------
        first_epoch : int
            The first epoch t, counted from 0.
        n : int
            How many.

        Returns
        -------
        array of shape (n,)
            The factors.
        """
        angle = math.pi * np.minimum(_epochs(first_epoch, n) / self.epochs, 1)
        return self.floor + (1 - self.floor) * (1 + cos(angle)) / 2


@dataclass(frozen=True)
class RestOfCosine:
    """Go on with a cosine of which some epochs are done: factor(t) = Cosine(epochs)(done + t).

    Parameters
    ----------
    epochs, done : int
        The length of the cosine, and how much of it is done; both from 1.

    Raises
    ------
    InputError
        If a setting is out of its range.
    """

    epochs: int
    done: int

    def __post_init__(self) -> None:
        whole_number("epochs", self.epochs, 1)
        whole_number("done", self.done, 1)

    def factors(self, first_epoch: int, n: int) -> Array:
        """Return the factors of some epochs, as `Schedule.factors` describes.

        Parameters
        ----------
        first_epoch : int
            The first epoch t, counted from 0.
        n : int
            How many.

        Returns
        -------
        array of shape (n,)
            The factors.
        """
        return Cosine(self.epochs).factors(
            self.done + whole_number("first_epoch", first_epoch, 0), n
        )


@dataclass(frozen=True)
class InverseScaling:
    """Lower the learning rate like a power of the epoch: factor(t) = 1 / (t + 1)^power.

    scikit-learn's "invscaling" is the same with t counting samples, not epochs.

    Parameters
    ----------
    power : float
        From 0.

    Raises
    ------
    InputError
        If the power is out of its range.
    """

    power: float = 0.5

    def __post_init__(self) -> None:
        finite_number("power", self.power, 0)

    def factors(self, first_epoch: int, n: int) -> Array:
        """Return the factors of some epochs, as `Schedule.factors` describes.

        Parameters
        ----------
        first_epoch : int
            The first epoch t, counted from 0.
        n : int
            How many.

        Returns
        -------
        array of shape (n,)
            The factors.
        """
        return (_epochs(first_epoch, n) + 1) ** -float(self.power)


class PlateauState(NamedTuple):
    """The state of `Plateau` between epochs.

    Parameters
    ----------
    factor : float
        The factor of now.
    best : float
        The best loss so far.
    waited : int
        For how many epochs there was no better.
    """

    factor: float = 1.0
    best: float = math.inf
    waited: int = 0


@dataclass(frozen=True)
class Plateau:
    """Multiply the learning rate by a factor whenever the loss has not improved for some epochs.

    Parameters
    ----------
    patience : int
        Epochs without a better loss before a step, from 1.
    factor : float
        Above 0 and at most 1.
    floor : float
        The product of all factors never falls below this, from 0 to 1.

    Raises
    ------
    InputError
        If a setting is out of its range.
    """

    patience: int = 10
    factor: float = 0.5
    floor: float = 0.0

    def __post_init__(self) -> None:
        whole_number("patience", self.patience, 1)
        _check_factor("factor", self.factor)
        _check_floor(self.floor)

    def init(self) -> PlateauState:
        """Return the state before the first epoch: factor 1.

        Returns
        -------
        PlateauState
            The state.
        """
        return PlateauState()

    def update(self, state: PlateauState, loss: float) -> PlateauState:
        """Return the state after an epoch; its `factor` is that of the next epoch.

        Parameters
        ----------
        state : PlateauState
            The state before the epoch.
        loss : float
            The loss of the epoch.

        Returns
        -------
        PlateauState
            The state after it.
        """
        instance_of("state", state, PlateauState)
        instance_of("loss", loss, Real)
        if loss < state.best:
            return state._replace(best=loss, waited=0)
        if state.waited + 1 < self.patience:
            return state._replace(waited=state.waited + 1)
        return state._replace(factor=max(state.factor * self.factor, self.floor), waited=0)

    def factors_by(self, losses: Array) -> Array:
        """Return the factors of epochs that had these losses, and of the next.

        Parameters
        ----------
        losses : array of shape (n,)
            The losses.

        Returns
        -------
        array of shape (n + 1,)
            The factors.
        """
        state = self.init()
        factors = [state.factor]
        for loss in numbers_of("losses", losses).ravel().tolist():
            state = self.update(state, loss)
            factors.append(state.factor)
        return np.array(factors)


def _epochs(first_epoch: int, n: int) -> Array:
    first = whole_number("first_epoch", first_epoch, 0)
    return np.arange(first, first + whole_number("n", n, 0), dtype=np.float64)


def _check_factor(name: str, value: float) -> None:
    if not (isinstance(value, Real) and 0 < float(value) <= 1):
        raise InputError(
            f"The {name} of a schedule must be a number above 0 and at most 1, such as 0.5, "
            f"not {shown(value)}."
        )


def _check_floor(value: float) -> None:
    if not (isinstance(value, Real) and 0 <= float(value) <= 1):
        raise InputError(
            f"The floor of a schedule must be a number from 0 to 1, such as 0.01, "
            f"not {shown(value)}."
        )
