"""The description of a fully connected feed-forward network: sizes, activations, loss.

A description holds no numbers that are learned; those are `Parameters`. It is frozen and
hashable, and goes to JSON and back without loss.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from operator import index

from glassnet.errors import InputError, given, instance_of, one_of

ACTIVATIONS = (
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "softplus",
    "identity",
)

# The output activation belongs to the loss: only these pairs give the simple, stable
# gradient at the output (Bishop 2006, section 5.2: canonical link functions).
OUTPUT_ACTIVATION = {
    "binary_cross_entropy": "sigmoid",
    "categorical_cross_entropy": "softmax",
    "mean_squared_error": "identity",
    "mean_absolute_error": "identity",
    "huber": "identity",
    "poisson": "exp",
    "quantile": "identity",
}
LOSS_NAMES = tuple(name for name in OUTPUT_ACTIVATION if name != "quantile")
CLASS_LOSSES = ("binary_cross_entropy", "categorical_cross_entropy")
QUANTILE = re.compile(r"quantile\((0?\.\d+)\)")  # such as quantile(0.9)


@dataclass(frozen=True, init=False)
class Network:
    """A fully connected network: layer sizes, hidden activations and the loss.

    Parameters
    ----------
    sizes : sequence of int
        From input to output: `(2, 3, 3, 1)` has two inputs, two hidden layers of three neurons and
        one output. `(2, 1)` is logistic regression, `(2, 3)` softmax regression.
    activation : str or sequence of str
        One name for all hidden layers or one name a hidden layer: sigmoid, tanh, relu, leaky_relu,
        elu, gelu, softplus or identity. It is kept as a tuple.
    loss : str, optional
        By default binary cross-entropy for one output and categorical cross-entropy for more.
        With "binary_cross_entropy" for several outputs each is a label of its own.
        Regression asks for "mean_squared_error", or where outliers must not pull for
        "mean_absolute_error" or "huber"; for counts "poisson", whose outputs are exp(z); and for
        what a share of the targets lies below "quantile(0.9)", with any share between 0 and 1.

    Raises
    ------
    InputError
        For sizes, activations or a loss that make no network.

    Examples
    --------
    >>> Network((2, 3, 3, 1))
    Network(sizes=(2, 3, 3, 1), activation=('sigmoid', 'sigmoid'), loss='binary_cross_entropy')
    """

    sizes: tuple[int, ...]
    activation: tuple[str, ...]
    loss: str

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Sequence[str] = "sigmoid",
        loss: str | None = None,
    ) -> None:
        sizes = _checked_sizes(sizes)
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "activation", _checked_activations(activation, len(sizes) - 2))
        object.__setattr__(self, "loss", _checked_loss(loss, sizes[-1]))

    @property
    def n_layers(self) -> int:
        """Layers that have weights: hidden layers and output, L."""
        return len(self.sizes) - 1

    @property
    def output_activation(self) -> str:
        """The activation of the last layer, which the loss decides."""
        return OUTPUT_ACTIVATION[self.loss_kind]

    @property
    def loss_kind(self) -> str:
        """The loss without the level of a quantile."""
        return self.loss if self.quantile_level is None else "quantile"

    @property
    def quantile_level(self) -> float | None:
        """The share of targets below the output that a quantile loss aims at; None for others."""
        return quantile_level(self.loss)

    @property
    def is_regression(self) -> bool:
        """Whether its targets are numbers, and not classes."""
        return self.loss not in CLASS_LOSSES

    @property
    def has_labels(self) -> bool:
        """Whether its outputs are several labels, each of which may apply to a sample."""
        return self.loss == "binary_cross_entropy" and self.sizes[-1] > 1

    @property
    def shapes(self) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Shapes of (W, b) by layer: W is (n_out, n_in) and b is (n_out, 1)."""
        return [((n_out, n_in), (n_out, 1)) for n_in, n_out in pairwise(self.sizes)]

    @cached_property
    def n_parameters(self) -> int:
        """How many numbers are learned: sum over layers of n_out * (n_in + 1)."""
        return sum(n_out * (n_in + 1) for (n_out, n_in), _ in self.shapes)

    def to_json(self) -> str:
        """Return the description as a JSON object with the keys sizes, activation and loss.

        Returns
        -------
        str
            The JSON text.
        """
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Network:
        """Return the network that `to_json` described.

        Parameters
        ----------
        text : str
            What `to_json` returned.

        Returns
        -------
        Network
            The same network.

        Raises
        ------
        InputError
            If the text is not that.
        """
        instance_of("text", text, str)
        try:
            fields = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"This is not the JSON of a network: {error}.") from None
        if not isinstance(fields, dict) or set(fields) != {"sizes", "activation", "loss"}:
            raise InputError(
                "The JSON of a network is an object with the keys sizes, activation and loss."
            )
        kinds = {"sizes": (list, int), "activation": (list, str), "loss": (str, str)}
        for key, (kind, item) in kinds.items():
            # type, not isinstance: true is no layer size
            if type(fields[key]) is not kind or any(type(part) is not item for part in fields[key]):
                raise InputError(f"The {key} of a network in JSON cannot be {fields[key]!r:.60}.")
        return cls(**fields)


def quantile_level(loss: str) -> float | None:
    """Return the level of a loss such as "quantile(0.9)"; None for other losses."""
    level = QUANTILE.fullmatch(loss)
    return float(level[1]) if level else None


def refuse_labels(network: Network) -> None:
    """Raise InputError for a network whose outputs are several labels a sample."""
    if network.has_labels:
        raise InputError(
            "This shows networks that give one class or number a sample, and this one gives "
            f"{network.sizes[-1]} labels: use its predictions."
        )


def _checked_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    try:
        # `index` takes every kind of whole number and refuses 2.5, "2" and None.
        checked = tuple(index(size) for size in sizes)
    except TypeError:
        raise InputError(
            f"Layer sizes must be whole numbers such as (2, 3, 3, 1), not {sizes!r:.80}."
        ) from None
    if len(checked) < 2:
        raise InputError(
            f"A network needs at least an input and an output size such as (2, 1), not {checked}."
        )
    if min(checked) < 1:
        raise InputError(
            f"Every layer needs at least one neuron, but the sizes are {checked!r:.80}."
        )
    return checked


def _checked_activations(activation: str | Sequence[str], n_hidden: int) -> tuple[str, ...]:
    if not isinstance(activation, str):
        instance_of("activation", activation, str, Sequence)
    names = (activation,) * max(n_hidden, 1) if isinstance(activation, str) else tuple(activation)
    for name in names:
        one_of("activation", name, ACTIVATIONS)
    if isinstance(activation, str):
        return names[:n_hidden]
    if len(names) != n_hidden:
        raise InputError(
            f"{len(names)} activations were given for {n_hidden} hidden layers: "
            "give one name for all, or one for each."
        )
    return names


def _checked_loss(loss: str | None, n_out: int) -> str:
    if loss is None:
        return "binary_cross_entropy" if n_out == 1 else "categorical_cross_entropy"
    known = isinstance(loss, str) and quantile_level(loss)  # a level of 0 is none
    if not isinstance(loss, str) or (not known and loss not in LOSS_NAMES):
        pairs = ", ".join(f"{name} ({output})" for name, output in OUTPUT_ACTIVATION.items())
        pairs = pairs.replace("quantile", "quantile(0.9)")
        raise InputError(f"Unknown loss {given(loss)}: choose one of {pairs}.")
    if loss == "categorical_cross_entropy" and n_out < 2:
        raise InputError(
            "categorical_cross_entropy needs two or more outputs, one per class, but the network "
            "has 1: use binary_cross_entropy."
        )
    return loss
