"""A trained network, ready for use: all that predicts, and nothing of how it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import engines
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_samples
from glassnet.data.preprocessing import Class, Recipe, Values
from glassnet.engines.dask_collections import by_rows, is_collection
from glassnet.errors import InputError, instance_of
from glassnet.models.ensemble import Ensemble


@dataclass(frozen=True, eq=False)
class Model:
    """A network, its parameters, and the preprocessing that turns rows of a table into its inputs.

    Parameters
    ----------
    network : Network
        The network.
    parameters : Parameters
        Its weights and biases.
    recipe : Recipe, optional
        The preprocessing; without it the model takes arrays X only.
    summary : mapping
        How it was trained. Any JSON may stand in it, and nothing is computed from it.
    ensemble : Ensemble, optional
        What the network consists of, where it is several that predict together: see `of_ensemble`.

    Raises
    ------
    InputError
        If the parameters or the preprocessing do not fit the network, or a parameter is not finite.
    """

    network: Network
    parameters: Parameters
    recipe: Recipe | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    ensemble: Ensemble | None = None

    @classmethod
    def of_ensemble(
        cls, ensemble: Ensemble, recipe: Recipe | None = None, summary: Mapping[str, Any] = {}
    ) -> Model:
        """Return the model of networks that predict together.

        Parameters
        ----------
        ensemble : Ensemble
            The networks, their weights and the temperature.
        recipe : Recipe, optional
            The preprocessing that makes all features that any of them takes.
        summary : mapping
            How they were trained.

        Returns
        -------
        Model
            The model, whose network is the members side by side.
        """
        return cls(ensemble.network, ensemble.parameters, recipe, summary, ensemble)

    def __post_init__(self) -> None:
        instance_of("network", self.network, Network)
        instance_of("parameters", self.parameters, Parameters)
        instance_of("recipe", self.recipe, Recipe, NoneType)
        if self.parameters.network != self.network:
            raise InputError(
                f"The parameters are those of {self.parameters.network}, not of {self.network}."
            )
        _refuse_not_finite(self.parameters)
        if self.recipe is not None:
            _check_fit(self.network, self.recipe)
        instance_of("ensemble", self.ensemble, Ensemble, NoneType)
        if self.ensemble is not None and self.ensemble.network != self.network:
            raise InputError("The members of the ensemble are not those of the network.")

    @property
    def dtype(self) -> str:
        """The precision it computes in: "float64" or "float32"."""
        return self.parameters.vector.dtype.name

    @property
    def classes(self) -> tuple[Class, ...] | None:
        """The classes by number; None for a regression, and without a recipe."""
        return None if self.recipe is None else self.recipe.target.classes

    def outputs(self, X: ArrayLike) -> Array:
        """Return the last layer's a for each row.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The inputs; also a Dask array or data frame, of which the outputs are a Dask array.

        Returns
        -------
        array of shape (n_samples, n_outputs)
            The outputs.

        Raises
        ------
        InputError
            If X does not fit the network.
        """
        if is_collection(X):
            return by_rows(self.outputs, X, self.network.sizes[-1], self.dtype)
        samples = checked_samples(self.network, X, self.dtype)
        return engines.choose("auto").outputs(self.network, self.parameters, samples)

    def predict_probability(self, X: ArrayLike) -> Array:
        """Return the probability of each class for each row.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_classes)
            P(class 1) for two classes, else P of each class.

        Raises
        ------
        InputError
            For a regression, which has no probabilities.
        """
        n_out = self.network.sizes[-1]
        if is_collection(X) and not self.network.is_regression:
            n_columns = n_out if n_out > 1 else None
            return by_rows(self.predict_probability, X, n_columns, self.dtype)
        return probabilities(self.network, self.outputs(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the class number of each row, or the values of a regression as it was trained.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            Class numbers (int) or values.

        Raises
        ------
        InputError
            If X does not fit the network.
        """
        if is_collection(X):
            regression = self.network.is_regression
            n_columns = (
                self.network.sizes[-1] if regression and self.network.sizes[-1] > 1 else None
            )
            dtype = self.dtype if regression else np.intp
            return by_rows(self.predict, X, n_columns, dtype)
        return decisions(self.network, self.outputs(X))

    def encode(self, values: Mapping[str, Values]) -> Array:
        """Turn columns of a table into the network's inputs.

        Parameters
        ----------
        values : mapping of str to array of shape (n_samples,)
            The columns by name.

        Returns
        -------
        array of shape (n_samples, n_features)
            The inputs.

        Raises
        ------
        InputError
            Without preprocessing, for an absent column or a value of the wrong kind.
        """
        return self._recipe.encode(values)

    def predict_rows(self, values: Mapping[str, Values]) -> np.ndarray:
        """Return the class of each row of a table, or its numbers in the target's own units.

        Parameters
        ----------
        values : mapping of str to array of shape (n_samples,)
            The columns by name, in any order.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            The predictions; two-dimensional for a regression with several outputs.

        Raises
        ------
        InputError
            As `encode` does.
        """
        return self._recipe.target.decode(self.predict(self.encode(values)))

    def predict_probability_rows(self, values: Mapping[str, Values]) -> Array:
        """Return the probability of each of the `classes`, two included, for rows of a table.

        Parameters
        ----------
        values : mapping of str to array of shape (n_samples,)
            The columns by name, in any order.

        Returns
        -------
        array of shape (n_samples, n_classes)
            The probabilities.

        Raises
        ------
        InputError
            For a regression, and as `encode` does.
        """
        return class_probabilities(self.network, self.outputs(self.encode(values)))

    @property
    def _recipe(self) -> Recipe:
        if self.recipe is None:
            raise InputError(
                "This model was trained on arrays and knows no columns by name: "
                "use predict(X) with the features in their order."
            )
        return self.recipe


def probabilities(network: Network, a: Array) -> Array:
    """Return the probabilities of outputs (n_samples, n_outputs): `Model.predict_probability`."""
    if network.is_regression:
        raise InputError("A regression has no probabilities: use predict.")
    return a[:, 0] if a.shape[1] == 1 else a


def class_probabilities(network: Network, a: Array) -> Array:
    """The same with a column for each class, two included: (n_samples, n_classes)."""
    p = probabilities(network, a)
    return np.stack([1 - p, p], axis=1) if p.ndim == 1 else p


def decisions(network: Network, a: Array) -> np.ndarray:
    """The class numbers, (n_samples,), that outputs a (n_samples, n_outputs) decide for.

    With two classes the decision is a >= 0.5, with more the largest a, the first of equals; of
    several labels, (n_samples, n_outputs), 1 for each that applies. For
    a regression the values themselves, (n_samples,), or as they are with several outputs.
    """
    if network.loss == "binary_cross_entropy":
        found = (a >= 0.5).astype(np.intp)
        return found if network.has_labels else found[:, 0]
    if network.loss == "categorical_cross_entropy":
        return a.argmax(axis=1)
    return a[:, 0] if a.shape[1] == 1 else a


def _refuse_not_finite(parameters: Parameters) -> None:
    finite = np.isfinite(parameters.vector)
    if not finite.all():
        name = parameters.names[int(np.argmin(finite))]
        raise InputError(f"The parameter {name} is not a finite number: train the model again.")


def _check_fit(network: Network, recipe: Recipe) -> None:
    if recipe.n_features != network.sizes[0]:
        raise InputError(
            f"The recipe makes {recipe.n_features} features of a row, but the network has "
            f"{network.sizes[0]} inputs."
        )
    target = recipe.target
    if (target.classes is None) != network.is_regression:
        kind = "numbers" if target.classes is None else "classes"
        raise InputError(f"The recipe's target are {kind}, but the network's loss {network.loss}.")
    n_out = len(target.names) if target.classes is None else len(target.classes)
    fitting = 2 if network.loss == "binary_cross_entropy" else network.sizes[-1]
    if n_out != fitting:
        raise InputError(
            f"The recipe's target has {n_out} classes or columns, but the network is for {fitting}."
        )
