"""How to train: the settings of a run, checked, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass, fields
from typing import Any

from glassnet.core.activations import HIDDEN
from glassnet.core.network import Network
from glassnet.core.parameters import INITIALISERS
from glassnet.errors import InputError, Name, given, instance_of
from glassnet.optim.optimizers import LBFGS, Adam, AdamW, GradientDescent, Optimizer, RMSprop
from glassnet.optim.schedules import (
    Constant,
    Cosine,
    InverseScaling,
    Plateau,
    RestOfCosine,
    Schedule,
    Step,
)
from glassnet.training.declaration import declared, documenting, setting

DEFAULT_OPTIMIZER = GradientDescent(0.1)
DEFAULT_SCHEDULE = Constant()
RULES: dict[str, type[Any]] = {
    "gradient-descent": GradientDescent,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "lbfgs": LBFGS,
}
OPTIMIZERS = {rule.__name__: rule for rule in (GradientDescent, Adam, AdamW, RMSprop, LBFGS)}
SCHEDULES = {
    rule.__name__: rule for rule in (Constant, Step, Cosine, RestOfCosine, InverseScaling, Plateau)
}
PENALTIES = (0.0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
WHEN_TO_STOP = ("max_epochs", "patience", "stop_below")  # may differ when a training goes on
ClassWeight = str | Mapping[int, float] | None


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """The settings of a training that are the same in Python, on the command line and the page."""

    max_epochs: int = setting(
        "Passes over the rows at most.", 1000, unit="epochs", minimum=1, usual=(100, 1000),
        chosen=True,
    )  # fmt: skip
    stop_below: float | None = setting(
        "Stop after the epoch whose loss is below this.", None, usual=(0.01, 0.005), none="never"
    )
    batch_size: int | None = setting(
        "Rows per update; all if there are fewer.", None, unit="rows", minimum=1,
        usual=(1, 4, 10, 20, 50), none="all", label="batch", chosen=True,
    )  # fmt: skip
    seed: int = setting(
        "Of the start, the order of the rows, and the rows held out.", 0, minimum=0,
        where=("option",),
    )  # fmt: skip
    l1: float = setting(
        "Penalty on the sum of absolute weights.", 0.0, minimum=0, usual=PENALTIES, label="L1"
    )
    l2: float = setting(
        "Penalty on half the sum of squared weights.", 0.0, minimum=0, usual=PENALTIES, label="L2",
        chosen=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Settings(CommonSettings):
    """How to train: all that, with the data and the start, decides every digit of a run.

    Penalties are on the weights, not the biases: l2/2 sum W^2 + l1 sum |W| is added to the loss.

    Parameters
    ----------
    optimizer : Optimizer
        The rule by which parameters follow their gradient.
    schedule : Schedule or Plateau
        The factor of the learning rate by epoch, or by what the loss does.
    """

    optimizer: Optimizer = DEFAULT_OPTIMIZER
    _: KW_ONLY
    schedule: Schedule | Plateau = DEFAULT_SCHEDULE
    patience: int | None = setting(
        "Stop after so many epochs without a better loss: on the rows to validate on, and the "
        "best parameters are kept; without such rows in training.",
        None, unit="epochs", minimum=1, usual=(10, 50), none="never", chosen=True,
    )  # fmt: skip
    min_improvement: float = setting(
        "How much less a loss must be to count as better.", 0.0, minimum=0, usual=(0.0, 0.001)
    )
    dropout: float | tuple[float, ...] = setting(
        "Share of hidden neurons left out in training, one for all layers or one each: 0.2,0.1.",
        0.0, minimum=0, below=1, usual=(0.0, 0.2),
    )  # fmt: skip
    clip_norm: float | None = setting(
        "Greatest length of a gradient.", None, above=0, usual=(1.0, 5.0)
    )
    dtype: str = setting(
        "Precision: float64 keeps about 16 digits, float32 7.", "float64",
        choices=("float64", "float32"), label="precision",
    )  # fmt: skip
    class_weight: ClassWeight = setting(  # noqa: RUF009 - it is a dataclass field
        "What each class counts; balanced lets each count alike.", None, choices=("balanced",)
    )
    validation_fraction: float | None = setting(
        "Share of the samples held out to measure on, each class alike.", None, above=0, below=1,
        where=(),
    )  # fmt: skip
    record_every: int | None = setting(
        "Epochs between snapshots of the parameters; None thins them as the run grows.", None,
        unit="epochs", minimum=1, where=(),
    )  # fmt: skip
    training_metrics: bool = setting(
        "Measure on the training data, too, after every epoch.", False, where=()
    )

    @property
    def goal(self) -> float:
        """`stop_below`, or a loss that none is below."""
        return -math.inf if self.stop_below is None else self.stop_below

    @property
    def max_norm(self) -> float:
        """`clip_norm`, or a length that no gradient exceeds."""
        return math.inf if self.clip_norm is None else self.clip_norm

    def dropout_by_layer(self, network: Network) -> tuple[float, ...]:
        """Return the dropout rate of each hidden layer.

        Parameters
        ----------
        network : Network
            The network.

        Returns
        -------
        tuple of float
            One rate a hidden layer.
        """
        instance_of("network", network, Network)
        n_hidden = network.n_layers - 1
        rates = self.dropout
        if not isinstance(rates, tuple):
            rates = (rates,) * n_hidden
        if len(rates) != n_hidden:
            raise InputError(
                f"{len(rates)} dropout rates were given for {n_hidden} hidden layers: "
                "give one for all, or one for each."
            )
        return rates if any(rates) else ()

    def to_json(self) -> str:
        """Return the settings as a JSON object.

        Returns
        -------
        str
            The JSON text.
        """
        described = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("optimizer", "schedule"):
            rule = described[name]
            described[name] = {"rule": type(rule).__name__, **asdict(rule)}
        return json.dumps(described)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Return the settings that `to_json` wrote.

        Parameters
        ----------
        text : str
            What `to_json` returned.

        Returns
        -------
        Settings
            The same settings.

        Raises
        ------
        InputError
            If the text is not that.
        """
        try:
            described = json.loads(text)
            described["optimizer"] = _rule(OPTIMIZERS, described["optimizer"])
            described["schedule"] = _rule(SCHEDULES, described["schedule"])
            if isinstance(described["dropout"], list):
                described["dropout"] = tuple(described["dropout"])
            if isinstance(described["class_weight"], dict):
                weights = described["class_weight"]
                described["class_weight"] = {int(k): v for k, v in weights.items()}
            return cls(**described)
        except (TypeError, KeyError, AttributeError, ValueError, RecursionError) as error:
            raise InputError(f"This is not the JSON of settings: {error}.") from None

    def __post_init__(self) -> None:
        for one in SETTINGS.values():
            one.check(getattr(self, one.name))
        instance_of("training_metrics", self.training_metrics, bool)
        _check_rule("optimizer", self.optimizer, ("init",), "GradientDescent(0.4)")
        _check_rule("schedule", self.schedule, ("factors", "init"), "Cosine(epochs=100)")
        if isinstance(self.optimizer, LBFGS):
            self._check_lbfgs()

    def _check_lbfgs(self) -> None:
        """L-BFGS compares gradients of one and the same loss: nothing in it may be random."""
        dropout = self.dropout if isinstance(self.dropout, tuple) else (self.dropout,)
        if self.batch_size is not None or any(dropout):
            raise InputError(
                "L-BFGS needs the same loss at every step: leave out ",
                Name("batch_size"),
                " and ",
                Name("dropout"),
                ", or choose another optimizer such as Adam().",
            )
        if self.clip_norm is not None or self.schedule != DEFAULT_SCHEDULE:
            raise InputError(
                "L-BFGS finds the length of its steps itself: leave out ",
                Name("clip_norm"),
                " and ",
                Name("schedule"),
                ", or choose another optimizer such as Adam().",
            )


def _rule(table: Mapping[str, type], described: dict[str, Any]) -> Any:
    return table[described.pop("rule")](**described)


def _check_rule(name: str, value: object, methods: tuple[str, ...], example: str) -> None:
    """Raise InputError unless it is an object, no class, that has one of the methods."""
    if isinstance(value, type) or not any(hasattr(value, method) for method in methods):
        raise InputError(Name(name), f" must be a rule such as {example}, not {given(value)}.")


SETTINGS = declared(Settings)
COMMON = declared(CommonSettings)
documenting(SETTINGS)(Settings)


@dataclass(frozen=True, kw_only=True)
class NamedSettings:
    """Settings that people give by a name or a number, and that make network, start and rule."""

    hidden_layer_sizes: tuple[int, ...] = setting(
        "Sizes of the hidden layers such as 32,16, or none.", (), minimum=1, usual=("3-3", 8),
        alias="hidden", chosen=True,
    )  # fmt: skip
    activation: str | tuple[str, ...] = setting(
        "Activation of the hidden layers, one for all or one each: relu,tanh.", "relu",
        choices=tuple(HIDDEN), usual=("tanh", "relu"),
    )  # fmt: skip
    initialiser: str = setting(
        "How the starting weights are drawn.", "glorot_uniform", choices=tuple(INITIALISERS),
        label="start", chosen=True,
    )  # fmt: skip
    optimizer: str = setting("Rule of the updates.", "adam", choices=tuple(RULES), chosen=True)
    learning_rate: float = setting(
        "Step size.", 0.1, above=0, usual=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.4, 1.0, 3.0, 10.0),
        chosen=True,
    )  # fmt: skip
    momentum: float = setting(
        "Of gradient descent or rmsprop.", 0.0, minimum=0, below=1, usual=(0.0, 0.5, 0.9, 0.99),
        chosen=True,
    )  # fmt: skip
    schedule: str = setting(
        "How the learning rate changes: constant, cosine, step:100:0.5, inverse:0.5 or "
        "plateau:10:0.5.",
        "cosine", usual=("constant", "step:100:0.5"), chosen=True,
    )  # fmt: skip


# What people give by name on the command line, in a settings file and for a table.
OPTIONS = declared(NamedSettings) | {
    name: one for name, one in SETTINGS.items() if "option" in one.where
}
AXES = {name: one for name, one in OPTIONS.items() if "axis" in one.where}
ALIASES = {one.alias: name for name, one in OPTIONS.items() if one.alias}
