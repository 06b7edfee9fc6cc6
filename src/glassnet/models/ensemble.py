"""An ensemble: networks whose outputs are averaged, each with a weight, and a temperature.

The members' logits are averaged, z = (w_1 z_1 + ... + w_n z_n)/T, and a = g(z) as in one network:
of probabilities this is their weighted geometric mean (Hinton 2002, Products of experts). It has
a consequence that makes everything simple. Members side by side are one wide network, whose last
layer adds them up; so an ensemble predicts, exports and is checked as the network that it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError, finite_number, instance_of, whole_number

MOST_MEMBERS = 10_000


@dataclass(frozen=True, eq=False)
class Member:
    """A network of an ensemble.

    Parameters
    ----------
    parameters : Parameters
        Its weights and biases.
    features : tuple of int
        The features of the ensemble that it takes, in this order, counted from 0.
    weight : float
        What it counts; the weights of all members add up to 1.
    name : str
        How it was trained, in a few words.
    fold : int
        The fold that was held out from it, from 1; 0 if none was.
    """

    parameters: Parameters
    features: tuple[int, ...]
    weight: float
    name: str = ""
    fold: int = 0

    def __post_init__(self) -> None:
        instance_of("parameters", self.parameters, Parameters)
        instance_of("name", self.name, str)
        whole_number("fold", self.fold, 0)
        finite_number("weight", self.weight, 0)
        taken = self.features
        if not isinstance(taken, tuple) or not all(type(i) is int and i >= 0 for i in taken):
            raise InputError("The features of a member must be whole numbers from 0.")
        if len(taken) != self.network.sizes[0] or len(set(taken)) < len(taken):
            raise InputError(
                f"A member of {self.network.sizes[0]} inputs must have as many different "
                f"features, not {len(taken)}."
            )

    @property
    def network(self) -> Network:
        """The network."""
        return self.parameters.network

    def inputs(self, X: Array) -> Array:
        """Return its inputs (n_samples, n_inputs), of the ensemble's X (n_samples, n_features)."""
        return X[:, list(self.features)]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Networks that predict together.

    Parameters
    ----------
    members : tuple of Member
        They have as many layers, the same activations, outputs, loss and precision.
    n_features : int
        How many features X has.
    temperature : float
        What the averaged logits are divided by: above 1 it makes probabilities less certain.

    Raises
    ------
    InputError
        If the members do not go together.
    """

    members: tuple[Member, ...]
    n_features: int
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.members, tuple) or not 1 <= len(self.members) <= MOST_MEMBERS:
            raise InputError(f"An ensemble has 1 to {MOST_MEMBERS} members.")
        for member in self.members:
            instance_of("Each of members", member, Member)
        if len({_kind(member) for member in self.members}) > 1:
            raise InputError(
                "The members of an ensemble must have as many layers, and the same activations, "
                "outputs, loss and precision."
            )
        whole_number("n_features", self.n_features, 1)
        if max(max(member.features) for member in self.members) >= self.n_features:
            raise InputError(f"A member takes a feature that is not among the {self.n_features}.")
        total = sum(member.weight for member in self.members)
        if abs(total - 1) > 1e-9:
            raise InputError(f"The weights of the members must add up to 1, not {total!r}.")
        finite_number("temperature", self.temperature, 0)
        if self.temperature == 0:
            raise InputError("The temperature of an ensemble must be above 0.")

    @property
    def folds(self) -> list[int]:
        """The folds that members did not see, ascending."""
        return sorted({member.fold for member in self.members if member.fold})

    def without(self, fold: int) -> Ensemble:
        """Return the ensemble of the members that a fold was held out from."""
        own = [member for member in self.members if member.fold == fold]
        total = sum(member.weight for member in own)
        members = tuple(replace(member, weight=member.weight / total) for member in own)
        return replace(self, members=members)

    @cached_property
    def network(self) -> Network:
        """The one network that the members are side by side."""
        first = self.members[0].network
        hidden = (
            sum(member.network.sizes[layer] for member in self.members)
            for layer in range(1, first.n_layers)
        )
        sizes = (self.n_features, *hidden, first.sizes[-1])
        return Network(sizes, first.activation, first.loss)

    @cached_property
    def parameters(self) -> Parameters:
        """Its parameters: each member's in blocks, its share of the average in the last layer."""
        dtype = self.members[0].parameters.vector.dtype
        whole = Parameters(self.network, np.zeros(self.network.n_parameters, dtype))
        last = self.network.n_layers - 1
        for number, (W, b) in enumerate(whole.layers):
            row = column = 0
            for member in self.members:
                own_W, own_b = member.parameters.layers[number]
                share = member.weight / self.temperature if number == last else 1.0
                rows = slice(None) if number == last else slice(row, row + len(own_W))
                columns = slice(column, column + own_W.shape[1])
                W[rows, list(member.features) if number == 0 else columns] += share * own_W
                b[rows] += share * own_b
                row, column = row + len(own_W), column + own_W.shape[1]
        return whole


def _kind(member: Member) -> tuple[object, ...]:
    network = member.network
    dtype = member.parameters.vector.dtype.name
    return len(network.sizes), network.activation, network.sizes[-1], network.loss, dtype
