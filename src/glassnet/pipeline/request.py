"""What the command `train` is asked for, and what becomes of what it is not told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from glassnet.engines.interface import Engine
from glassnet.errors import InputError, whole_number
from glassnet.optim.optimizers import LBFGS, Adam, AdamW, GradientDescent, Optimizer, RMSprop
from glassnet.optim.schedules import Constant, Cosine, InverseScaling, Plateau, Schedule, Step
from glassnet.tables.fitting import Task
from glassnet.tables.rows import MissingTarget
from glassnet.training.auto_settings import Automatic, adam_rate, automatic
from glassnet.training.settings import Settings

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "gradient-descent": GradientDescent,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "lbfgs": LBFGS,
}
# By name: the schedule, the types of its numbers, and an example.
SCHEDULES: dict[str, tuple[Callable[..., Schedule | Plateau], tuple[type, ...], str]] = {
    "constant": (Constant, (), "constant"),
    "step": (Step, (int, float), "step:100:0.5"),
    "cosine": (Cosine, (int, float), "cosine"),
    "inverse": (InverseScaling, (float,), "inverse:0.5"),
    "plateau": (Plateau, (int, float), "plateau:10:0.5"),
}
VALIDATION = 0.2  # the share held out unless something else is asked for
FEWEST_TO_HOLD_OUT = 50  # rows; of fewer, a fifth says little and is missed in training


@dataclass(frozen=True)
class Request:
    """What to train on, and how; None is what glassnet is to choose.

    `data` is a file, the name of a data set, or a data frame in memory. `validation` is a share
    of the rows, "none", or a table like `data`. `schedule` is one, or a name with numbers after
    colons, as in "step:100:0.5", "cosine", "inverse:0.5" or "plateau:10:0.5". `cluster` is the
    address of a Dask scheduler on whose workers `engine` computes, or "local" for processes of
    this machine.
    """

    data: Any
    target: tuple[str, ...] = ()
    table: str | None = None
    query: str | None = None
    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    task: Task | None = None
    missing_target: MissingTarget = "refuse"
    validation: Any = None
    hidden: tuple[int, ...] | None = None
    activation: tuple[str, ...] = ()
    initialiser: str | None = None
    optimizer: str | Optimizer | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    schedule: str | Schedule | Plateau | None = None
    batch_size: int | None = None
    max_epochs: int | None = None
    patience: int | None = None
    stop_below: float | None = None
    l1: float = 0.0
    l2: float | None = None
    dropout: tuple[float, ...] = ()
    clip_norm: float | None = None
    class_weight: str | None = None
    seed: int = 0
    dtype: Literal["float32", "float64"] = "float64"
    engine: str | Engine = "auto"
    cluster: str | None = None
    pictures: bool = True

    def __post_init__(self) -> None:
        whole_number("seed", self.seed, 0)
        for name in ("batch_size", "max_epochs", "patience"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), 1)

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values; paths are absolute, so that it means the same anywhere."""
        described = asdict(replace(self, engine=getattr(self.engine, "name", self.engine)))
        for name in ("data", "validation"):
            value = described[name]
            if isinstance(value, str) and Path(value).exists():
                described[name] = str(Path(value).resolve())
        return described

    @classmethod
    def from_json(cls, described: Any) -> Request:
        """The request that `to_json` described. Raises InputError if it is not that."""
        names = {field.name for field in fields(cls)}
        if not isinstance(described, dict) or not set(described) <= names:
            raise InputError("This training was not begun by glassnet train: it holds no request.")
        tuples = {k: tuple(v) for k, v in described.items() if isinstance(v, list)}
        return cls(**(described | tuples))

    def automatic(
        self, n_samples: int, loss: str, share_held_out: float, *, distributed: bool = False
    ) -> Automatic:
        """Every setting that can be chosen, as asked for or else chosen for so many samples, which
        may be `distributed` over a cluster.
        """
        asked: dict[str, Any] = {
            "hidden_layer_sizes": self.hidden,
            "initialiser": self.initialiser,
            "batch_size": self.batch_size,
            "max_epochs": self.max_epochs,
            "schedule": _schedule(self.schedule, self.max_epochs),
            "l2": self.l2,
            "patience": self.patience,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        activation = self.activation or ("relu",)
        fixed: dict[str, Any] = {"activation": activation, "distributed": distributed}
        first = automatic(n_samples, loss, **fixed, **given)
        optimizer = self._optimizer(first.schedule.value)
        if optimizer is not None:
            given["optimizer"] = optimizer
        given["validation_fraction"] = share_held_out or None
        return automatic(n_samples, loss, **fixed, **given)

    def settings(self, chosen: Automatic, *, training_metrics: bool = True) -> Settings:
        """The settings to train by; validation data are given apart."""
        return Settings(
            optimizer=chosen.optimizer.value,
            max_epochs=chosen.max_epochs.value,
            stop_below=self.stop_below,
            batch_size=chosen.batch_size.value,
            seed=self.seed,
            dtype=self.dtype,
            l1=self.l1,
            l2=chosen.l2.value,
            schedule=chosen.schedule.value,
            clip_norm=self.clip_norm,
            dropout=self.dropout[0] if len(self.dropout) == 1 else self.dropout or 0.0,
            class_weight=self.class_weight,
            patience=chosen.patience.value,
            training_metrics=training_metrics,
        )

    @property
    def hidden_activation(self) -> str | tuple[str, ...]:
        """The activation of all hidden layers, or one each."""
        if not self.activation:
            return "relu"
        return self.activation[0] if len(self.activation) == 1 else self.activation

    @property
    def holds_validation(self) -> bool:
        """Whether it gives a table of its own to validate on."""
        share = self.validation is None or isinstance(self.validation, int | float)
        return not share and not (isinstance(self.validation, str) and self.validation == "none")

    def share_held_out(self, rows: int) -> float:
        """The share of the rows to validate on; 0 for none, or where a file holds them."""
        if isinstance(self.validation, int | float):
            return self.validation
        if self.validation is None:
            return VALIDATION if rows >= FEWEST_TO_HOLD_OUT else 0.0
        return 0.0

    def _optimizer(self, schedule: Schedule | Plateau) -> Optimizer | None:
        if self.optimizer is None:
            if self.learning_rate is None and self.momentum is None:
                return None
            if self.momentum is not None:
                raise InputError(
                    "--momentum belongs to --optimizer gradient-descent or rmsprop: name one."
                )
        if not isinstance(self.optimizer, str | None):
            return self.optimizer
        name = self.optimizer or "adam"
        if name not in OPTIMIZERS:
            raise InputError(f"Unknown optimizer {name!r}: choose one of {', '.join(OPTIMIZERS)}.")
        settings: dict[str, float] = {}
        if self.learning_rate is not None:
            settings["learning_rate"] = self.learning_rate
        elif name == "gradient-descent":
            settings["learning_rate"] = 0.1
        elif name in ("adam", "adamw"):
            settings["learning_rate"] = adam_rate(schedule)
        if self.momentum is not None:
            settings["momentum"] = self.momentum
        try:
            return OPTIMIZERS[name](**settings)
        except TypeError:
            what = " and no ".join(s.replace("_", " ") for s in settings)
            raise InputError(f"The optimizer {name} takes no {what}: leave it out.") from None


def _schedule(
    text: str | Schedule | Plateau | None, max_epochs: int | None
) -> Schedule | Plateau | None:
    """The schedule that a text such as "step:100:0.5" names; None where it is to be chosen."""
    if not isinstance(text, str):
        return text
    name, *numbers = text.split(":")
    if name not in SCHEDULES:
        examples = ", ".join(example for _, _, example in SCHEDULES.values())
        raise InputError(f"--schedule takes one of {examples}, not {text!r}.")
    make, types, example = SCHEDULES[name]
    if name == "cosine" and not numbers:
        return None if max_epochs is None else Cosine(max_epochs)
    try:
        values = [kind(number) for kind, number in zip(types, numbers, strict=False)]
        if len(numbers) > len(types):
            raise ValueError
        return make(*values)
    except (ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"--schedule {text} is not understood: write {example}.") from None
