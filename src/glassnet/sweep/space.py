"""What a sweep varies: settings by name, each with the values it takes, read from text and back.

`learning_rate=0.1,0.4,1` lists values, `learning_rate=0.01..1:log` names a range to draw from.
Sizes of layers have dashes between them, `hidden=3-3,8`, because commas part the values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glassnet.errors import InputError

Value = float | int | str
# A dash between two layers; that of 1e-3 belongs to a number.
BETWEEN_LAYERS = re.compile(r"(?<![eE])-")


@dataclass(frozen=True)
class Range:
    """Every number from `low` to `high`, both included, drawn evenly or, with `log`, evenly by
    factors; whole numbers only with `whole`.
    """

    low: float
    high: float
    log: bool
    whole: bool

    def at(self, share: float) -> Value:
        """The number that a share, from 0 to below 1, of the way from low to high comes to."""
        if self.whole:
            low, high = self.low - 0.5, self.high + 0.5
            return min(max(round(_between(low, high, share, self.log)), int(self.low)), int(high))
        return _between(self.low, self.high, share, self.log)

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}{':log' * self.log}"


Space = Mapping[str, tuple[Value, ...] | Range]


def _between(low: float, high: float, share: float, log: bool) -> float:
    if log:
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    return low + share * (high - low)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError
    return int(text)


def _layers(text: str) -> str:
    if text != "none" and not re.fullmatch(r"[0-9]+(-[0-9]+)*", text):
        raise ValueError
    return text


def _activations(text: str) -> str:
    return text.replace("leaky-relu", "leaky_relu")


def _initialiser(text: str) -> str:
    return text.replace("-", "_")


def _rule(text: str) -> str:
    return text.replace("_", "-")


def _rates(text: str) -> str:
    return "-".join(f"{_number(rate):g}" for rate in BETWEEN_LAYERS.split(text))


@dataclass(frozen=True)
class _Kind:
    """How one value of a setting is read, what `Request` is given for it, and an example."""

    read: Callable[[str], Value]
    example: str
    given: Callable[[Any], Any] = lambda value: value

    @property
    def ranges(self) -> bool:
        """Whether there can be a range of it."""
        return self.read in (_number, _whole)


KINDS: dict[str, _Kind] = {
    "hidden": _Kind(
        _layers,
        "3-3,8,none",
        lambda text: () if text == "none" else tuple(map(int, text.split("-"))),
    ),
    "activation": _Kind(_activations, "tanh,relu", lambda text: tuple(text.split("-"))),
    "initialiser": _Kind(_initialiser, "glorot_uniform,he_normal"),
    "optimizer": _Kind(_rule, "gradient-descent,adam"),
    "learning_rate": _Kind(_number, "0.1,0.4,1"),
    "momentum": _Kind(_number, "0,0.9"),
    "schedule": _Kind(str, "constant,step:100:0.5"),
    "batch_size": _Kind(_whole, "16,64"),
    "max_epochs": _Kind(_whole, "100,1000"),
    "patience": _Kind(_whole, "10,50"),
    "stop_below": _Kind(_number, "0.01,0.005"),
    "l1": _Kind(_number, "0,0.001"),
    "l2": _Kind(_number, "0,0.001"),
    "dropout": _Kind(_rates, "0,0.2", lambda text: tuple(map(float, BETWEEN_LAYERS.split(text)))),
    "clip_norm": _Kind(_number, "1,5"),
    "class_weight": _Kind(str, "balanced"),
    "dtype": _Kind(str, "float64,float32"),
}


def read_space(texts: Sequence[str]) -> dict[str, tuple[Value, ...] | Range]:
    """The space in texts such as "learning_rate=0.1,0.4" and "hidden=3-3,8".

    Raises InputError for a setting that is not in KINDS, one that is named twice, or a value
    that it cannot have.
    """
    space: dict[str, tuple[Value, ...] | Range] = {}
    for text in texts:
        name, sign, values = (part.strip() for part in text.partition("="))
        name = name.lstrip("-").replace("-", "_")
        if not sign:
            raise InputError(
                "--set takes a setting with its values such as learning_rate=0.1,0.4, not "
                f"{text!r}."
            )
        if name not in KINDS:
            raise InputError(f"Unknown setting {name!r}: --set knows {', '.join(KINDS)}.")
        if name in space:
            raise InputError(f"--set names {name} twice: give all its values at once.")
        space[name] = _range(name, values) if ".." in values else _values(name, values)
    return space


def _values(name: str, text: str) -> tuple[Value, ...]:
    kind = KINDS[name]
    values = []
    for part in text.split(","):
        try:
            if not part.strip():
                raise ValueError
            values.append(kind.read(part.strip()))
        except ValueError:
            raise InputError(
                f"{part.strip()!r} is no value of {name}: write {name}={kind.example}."
            ) from None
    if len(set(values)) < len(values):
        raise InputError(f"--set {name}={text} names a value twice: leave one out.")
    return tuple(values)


def _range(name: str, text: str) -> Range:
    kind = KINDS[name]
    if not kind.ranges:
        raise InputError(f"There is no range of {name}: list values, as in {name}={kind.example}.")
    ends, _, how = text.partition(":")
    try:
        low, high = (float(kind.read(end.strip())) for end in ends.split(".."))
        if not low < high or how not in ("", "log") or (how == "log" and low <= 0):
            raise ValueError
    except ValueError:
        raise InputError(
            f"--set {name}={text} is no range: write {name}=LOW..HIGH, with LOW below HIGH, or "
            f"{name}=LOW..HIGH:log, with LOW above 0."
        ) from None
    return Range(low, high, log=how == "log", whole=kind.read is _whole)


def given(settings: Mapping[str, Value]) -> dict[str, Any]:
    """The settings as the fields of `tabular.request.Request` take them."""
    return {name: KINDS[name].given(value) for name, value in settings.items()}


def written(value: Value) -> str:
    """A value as people read it, and as `--set` takes it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def described(space: Space) -> dict[str, str]:
    """The space as texts, by setting: to the last digit, and the same for the same space."""
    return {
        name: str(values) if isinstance(values, Range) else ",".join(map(_exactly, values))
        for name, values in space.items()
    }


def _exactly(value: Value) -> str:
    return value if isinstance(value, str) else repr(value)
