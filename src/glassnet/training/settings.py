"""How to train: the settings of a run, checked, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from glassnet.core.network import Network
from glassnet.errors import InputError, finite_number, whole_number
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

DEFAULT_OPTIMIZER = GradientDescent(0.1)
DEFAULT_SCHEDULE = Constant()
OPTIMIZERS = {rule.__name__: rule for rule in (GradientDescent, Adam, AdamW, RMSprop, LBFGS)}
SCHEDULES = {
    rule.__name__: rule for rule in (Constant, Step, Cosine, RestOfCosine, InverseScaling, Plateau)
}
ClassWeight = str | Mapping[int, float] | None


@dataclass(frozen=True)
class Settings:
    """How to train: all that, with the data and the start, decides every digit of a run.

    `max_epochs`           passes over the data at most
    `stop_below`           stop after the epoch whose loss is below this
    `batch_size`           rows per update; None, or more than there are, for all of them
    `seed`                 of the order of the rows (and of the start, where none is given)
    `dtype`                "float64" or "float32"
    `record_every`         epochs between snapshots of the parameters; None thins them as the run
                           grows
    `l1`, `l2`             add l2/2 sum W^2 + l1 sum |W| to the loss, over the weights, not the
                           biases
    `schedule`             how the learning rate changes by epoch
    `clip_norm`            the gradient is never longer than this
    `dropout`              the share of neurons left out in training, one for all hidden layers or
                           one each
    `class_weight`         "balanced" counts each class alike; or what a sample of each class counts
    `validation_fraction`  the share of the samples held out to measure on, each class alike
    `patience`             stop when this many epochs brought no better loss: on the validation
                           data, whose best parameters are then kept, or else in training
    `min_improvement`      how much less a loss must be to count as better
    `training_metrics`     measure on the training data, too, after every epoch

    Raises InputError for values that make no training.
    """

    optimizer: Optimizer = DEFAULT_OPTIMIZER
    max_epochs: int = 1000
    stop_below: float | None = None
    batch_size: int | None = None
    seed: int = 0
    dtype: str = "float64"
    record_every: int | None = None
    l1: float = 0.0
    l2: float = 0.0
    schedule: Schedule | Plateau = DEFAULT_SCHEDULE
    clip_norm: float | None = None
    dropout: float | tuple[float, ...] = 0.0
    class_weight: ClassWeight = None
    validation_fraction: float | None = None
    patience: int | None = None
    min_improvement: float = 0.0
    training_metrics: bool = False

    @property
    def goal(self) -> float:
        """`stop_below`, or a loss that none is below."""
        return -math.inf if self.stop_below is None else self.stop_below

    def dropout_by_layer(self, network: Network) -> tuple[float, ...]:
        """The rate of each hidden layer; empty where nothing is left out.

        Raises InputError unless there is one rate for each hidden layer.
        """
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
        """The settings as a JSON object; rules are objects that name themselves in "rule"."""
        described = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("optimizer", "schedule"):
            rule = described[name]
            described[name] = {"rule": type(rule).__name__, **asdict(rule)}
        return json.dumps(described)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """The settings that `to_json` described. Raises InputError if the text is not that."""
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
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise InputError(f"This is not the JSON of settings: {error}.") from None

    def __post_init__(self) -> None:
        whole_number("max_epochs", self.max_epochs, 1)
        whole_number("seed", self.seed, 0)
        for name in ("batch_size", "record_every", "patience"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), 1)
        if self.stop_below is not None:
            finite_number("stop_below", self.stop_below)
        _check_rule("optimizer", self.optimizer, ("init",), "GradientDescent(0.4)")
        _check_rule("schedule", self.schedule, ("factors", "init"), "Cosine(epochs=100)")
        if self.dtype not in ("float64", "float32"):
            raise InputError(f"Unknown dtype {self.dtype!r}: choose float64 or float32.")
        for name in ("l1", "l2", "min_improvement"):
            finite_number(name, getattr(self, name), 0)
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise InputError(f"clip_norm must be a positive number or None, not {self.clip_norm}.")
        for rate in self.dropout if isinstance(self.dropout, tuple) else (self.dropout,):
            _check_share("A dropout rate", rate, least=0)
        if self.validation_fraction is not None:
            _check_share("validation", self.validation_fraction)
        _check_class_weight(self.class_weight)
        if isinstance(self.optimizer, LBFGS):
            self._check_lbfgs()

    def _check_lbfgs(self) -> None:
        """L-BFGS compares gradients of one and the same loss: nothing in it may be random."""
        dropout = self.dropout if isinstance(self.dropout, tuple) else (self.dropout,)
        if self.batch_size is not None or any(dropout):
            raise InputError(
                "L-BFGS needs the same loss at every step: leave out batch_size and dropout, or "
                "choose another optimizer such as Adam()."
            )
        if self.clip_norm is not None or self.schedule != DEFAULT_SCHEDULE:
            raise InputError(
                "L-BFGS finds the length of its steps itself: leave out clip_norm and schedule, "
                "or choose another optimizer such as Adam()."
            )


def _rule(table: Mapping[str, type], described: dict[str, Any]) -> Any:
    return table[described.pop("rule")](**described)


def _check_rule(name: str, value: object, methods: tuple[str, ...], example: str) -> None:
    """Raise InputError unless it is an object, no class, that has one of the methods."""
    if isinstance(value, type) or not any(hasattr(value, method) for method in methods):
        raise InputError(f"{name} must be a rule such as {example}, not {value!r}.")


def _check_share(name: str, value: float, least: float = math.ulp(0.0)) -> None:
    finite_number(name, value)
    if not least <= value < 1:
        bound = "from 0 to" if least == 0 else "between 0 and"
        raise InputError(f"{name} must be a share {bound} below 1, such as 0.2, not {value!r}.")


def _check_class_weight(class_weight: ClassWeight) -> None:
    if class_weight is None or class_weight == "balanced":
        return
    if not isinstance(class_weight, Mapping):
        raise InputError(
            'class_weight must be None, "balanced", or what each class counts, such as '
            f"{{0: 1, 1: 5}}, not {class_weight!r}."
        )
    for label, weight in class_weight.items():
        whole_number("Each class in class_weight", label, 0)
        finite_number(f"The weight of class {label}", weight, 0)
