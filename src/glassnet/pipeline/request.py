"""The request of the command `train`, and how what it leaves open is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from glassnet.core.class_weights import by_class_number
from glassnet.engines.dask_collections import is_collection
from glassnet.engines.interface import Engine
from glassnet.errors import InputError, Name, instance_of, one_of
from glassnet.optim.optimizers import LBFGS, Optimizer
from glassnet.optim.schedules import Constant, Cosine, InverseScaling, Plateau, Schedule, Step
from glassnet.pipeline.source import AS_WRITTEN
from glassnet.tables.fitting import Task
from glassnet.tables.reading import Reading
from glassnet.tables.rows import MissingTarget
from glassnet.training.auto_settings import NAMES, Automatic, adam_rate, automatic
from glassnet.training.effort import EFFORTS, Effort
from glassnet.training.settings import (
    ALIASES,
    DEFAULT_OPTIMIZER,
    OPTIONS,
    RULES,
    SETTINGS,
    Settings,
)

# By name: the schedule, the types of its numbers, and an example.
SCHEDULES: dict[str, tuple[Callable[..., Schedule | Plateau], tuple[type, ...], str]] = {
    "constant": (Constant, (), "constant"),
    "step": (Step, (int, float), "step:100:0.5"),
    "cosine": (Cosine, (int, float), "cosine"),
    "inverse": (InverseScaling, (float,), "inverse:0.5"),
    "plateau": (Plateau, (int, float), "plateau:10:0.5"),
}
SEARCHED = ("l1", "l2", "dropout")  # what an ensemble tries, where it is not asked for
VALIDATION = 0.2  # the share held out unless something else is asked for
FEWEST_TO_HOLD_OUT = 50  # rows; of fewer, a fifth says little and is missed in training


@dataclass(frozen=True)
class Request:
    """Data and settings of a training; None is for glassnet to choose.

    `data` is a file, the name of a data set, or a data frame in memory. `validation` is a share
    of the rows, "none", or a table like `data`. `cluster` is the address of a Dask scheduler on
    whose workers `engine` computes, or "local" for processes of this machine. It is for a `single`
    network, or for an ensemble with so much `effort`, whose folds keep the `groups` in a column
    together or follow the `time` in one. `asked` holds the training's settings that were asked
    for, by the names of OPTIONS; optimizer and schedule may be rules themselves.
    """

    data: Any
    target: tuple[str, ...] = ()
    table: str | None = None
    query: str | None = None
    reading: Reading = AS_WRITTEN
    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    task: Task | None = None
    missing_target: MissingTarget = "refuse"
    validation: Any = None
    engine: str | Engine = "auto"
    cluster: str | None = None
    single: bool = True
    effort: Effort = "normal"
    groups: str | None = None
    time: str | None = None
    pictures: bool = True
    asked: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.task is not None:
            one_of("task", self.task, get_args(Task))
        one_of("missing_target", self.missing_target, get_args(MissingTarget))
        one_of("effort", self.effort, EFFORTS)
        instance_of("single", self.single, bool)
        for name in ("table", "query", "cluster", "groups", "time"):
            instance_of(name, getattr(self, name), str, NoneType)
        self._check_folds()
        for name, value in self.asked.items():
            if name not in OPTIONS:
                near = get_close_matches(name, OPTIONS, 1)
                hint = f"perhaps {near[0]} is meant" if near else f"choose {', '.join(OPTIONS)}"
                raise InputError(f"Unknown setting {name!r:.40}: {hint}.")
            if name == "class_weight" and isinstance(value, Mapping):
                continue  # by classes that only the table knows
            if isinstance(value, str) or name not in ("optimizer", "schedule"):
                OPTIONS[name].check(value)

    @classmethod
    def of(cls, data: Any, **asked: Any) -> Request:
        """The request with settings among its fields; None is what glassnet is to choose."""
        own = {f.name: asked.pop(f.name) for f in fields(cls) if f.name in asked}
        if isinstance(asked.get("class_weight"), str) and asked["class_weight"] == "none":
            del asked["class_weight"]
        named = {ALIASES.get(k, k): _plain(k, v) for k, v in asked.items() if v is not None}
        return cls(data, asked=named, **own)

    def __getitem__(self, name: str) -> Any:
        """The setting that was asked for, or else its default: None if it is to be chosen."""
        one = OPTIONS[name]
        return self.asked.get(name, None if one.chosen else one.default)

    def with_settings(self, asked: Mapping[str, Any]) -> Request:
        """The request with some settings changed."""
        return replace(self, asked={**self.asked, **asked})

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values; paths are absolute, so that it means the same anywhere."""
        described = asdict(replace(self, engine=getattr(self.engine, "name", self.engine)))
        described |= {name: self[name] for name in OPTIONS if name not in SEARCHED}
        described |= described.pop("asked")
        described["reading"] = self.reading.given
        for name in ("data", "validation"):
            value = described[name]
            if isinstance(value, str) and Path(value).exists():
                described[name] = str(Path(value).resolve())
        return described

    @classmethod
    def from_json(cls, described: Any) -> Request:
        """The request that `to_json` described. Raises InputError if it is not that."""
        names = {field.name for field in fields(cls)} | set(OPTIONS)
        if not isinstance(described, dict) or not set(described) <= names:
            raise InputError("This training was not begun by glassnet train: it holds no request.")
        described = {**described, "reading": Reading.of(described.get("reading", {}))}
        tuples = {k: tuple(v) for k, v in described.items() if isinstance(v, list)}
        return cls.of(**(described | tuples))

    def automatic(
        self, n_samples: int, loss: str, share_held_out: float, *, distributed: bool = False
    ) -> Automatic:
        """Every setting that can be chosen, as asked for or else chosen for so many samples, which
        may be `distributed` over a cluster.
        """
        by_text = {"schedule": _schedule(self["schedule"], self["max_epochs"])}
        given = {name: self.asked[name] for name in NAMES if name in self.asked} | by_text
        given.pop("optimizer", None)
        return automatic(
            n_samples,
            loss,
            activation=self["activation"],
            distributed=distributed,
            validation_fraction=share_held_out or None,
            **{name: value for name, value in given.items() if value is not None},
            **self._rule(),
        )

    def settings(
        self,
        chosen: Automatic,
        classes: Sequence[Any] | None = None,
        *,
        training_metrics: bool = True,
    ) -> Settings:
        """The settings to train by; validation data are given apart, and the classes by name."""
        others = {k: v for k, v in self.asked.items() if k in SETTINGS and k not in NAMES}
        if isinstance(weights := others.get("class_weight"), Mapping):
            # A regression refuses weights whatever they are.
            others["class_weight"] = {} if classes is None else by_class_number(weights, classes)
        return chosen.settings(
            **others, validation_fraction=None, training_metrics=training_metrics
        )

    def _check_folds(self) -> None:
        """Raise InputError for columns that decide the folds where there are none, or no such."""
        named = {"groups": self.groups, "time": self.time}
        for name, column in named.items():
            if column is not None and self.single:
                raise InputError(
                    Name(name), " decides the folds of an ensemble, and a single network has none."
                )
        if self.groups is not None and self.time is not None:
            raise InputError("Folds keep groups together, or follow the time: leave one out.")
        share = isinstance(self.validation, int | float)
        if share and (self.groups is not None or self.time is not None):
            raise InputError(
                "A share of the rows held out heeds neither groups nor time: leave it out, as all "
                "rows are predicted by networks that had not seen them, or give a table."
            )

    @property
    def why_single(self) -> str | None:
        """Why it asks for one network although it does not say so; None for an ensemble."""
        one = {
            "patience stops one network by its loss": self["patience"] is not None,
            "stop-below stops one network by its loss": self["stop_below"] is not None,
            "a schedule that follows the loss is for one network": isinstance(
                _schedule(self["schedule"], None), Plateau
            ),
            "a cluster trains one network": self.cluster is not None
            or not isinstance(self.engine, str),
            "a table of Dask is for one network": is_collection(self.data),
        }
        return next((why for why, holds in one.items() if holds), None)

    @property
    def holds_validation(self) -> bool:
        """Whether it gives a table of its own to validate on."""
        share = self.validation is None or isinstance(self.validation, int | float)
        return not share and not (isinstance(self.validation, str) and self.validation == "none")

    def share_held_out(self, rows: int) -> float:
        """The share of the rows to validate on; 0 for none, or where a file holds them."""
        if isinstance(self.validation, int | float):
            return self.validation
        if self.validation is None and self.single:
            return VALIDATION if rows >= FEWEST_TO_HOLD_OUT else 0.0
        return 0.0

    def _rule(self) -> dict[str, Any]:
        """The optimizer, or how it follows from the schedule; empty where it is to be chosen."""
        numbers = {k: self.asked[k] for k in ("learning_rate", "momentum") if k in self.asked}
        if not isinstance(self["optimizer"], str | None):
            return {"optimizer": self["optimizer"]}
        name = self["optimizer"] or ("adam" if numbers else None)
        if name is None:
            return {}
        make = RULES[name]
        for number in numbers:
            if number not in {field.name for field in fields(make)}:
                raise InputError(
                    Name(number),
                    f" does not go with the optimizer {name}: leave it out, or name "
                    "another optimizer such as gradient-descent.",
                )
        if make is LBFGS:
            return {"optimizer": LBFGS()}

        def by_schedule(schedule: Schedule | Plateau) -> Optimizer:
            usual = {
                "gradient-descent": {"learning_rate": DEFAULT_OPTIMIZER.learning_rate},
                "adam": {"learning_rate": adam_rate(schedule)},
                "adamw": {"learning_rate": adam_rate(schedule)},
            }
            return make(**usual.get(name, {}) | numbers)

        return {"optimizer_for": by_schedule}


def _plain(name: str, value: Any) -> Any:
    """A value as settings have it: several in a tuple, also one alone where several are meant."""
    one = OPTIONS.get(ALIASES.get(name, name))
    if one is None or not one.several or isinstance(value, tuple):
        return value
    if isinstance(value, str | type | dict) or not hasattr(value, "__iter__"):
        return value if one.alone else (value,)
    return tuple(value)


def _schedule(
    text: str | Schedule | Plateau | None, max_epochs: int | None
) -> Schedule | Plateau | None:
    """The schedule that a text such as "step:100:0.5" names; None where it is to be chosen."""
    if not isinstance(text, str):
        return text
    name, *numbers = text.split(":")
    if name not in SCHEDULES:
        examples = ", ".join(example for _, _, example in SCHEDULES.values())
        raise InputError(f"--schedule takes one of {examples}, not {text!r:.80}.")
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
