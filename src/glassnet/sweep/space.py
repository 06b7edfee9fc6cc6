"""The search space of a sweep: settings by name with their values, read from text and back.

`learning_rate=0.1,0.4,1` lists values, `learning_rate=0.01..1:log` names a range to draw from.
Sizes of layers have dashes between them, `hidden=3-3,8`, because commas part the values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glassnet.errors import InputError
from glassnet.training.settings import ALIASES, AXES

Value = float | int | str


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


def read_space(texts: Sequence[str]) -> dict[str, tuple[Value, ...] | Range]:
    """The space in texts such as "learning_rate=0.1,0.4" and "hidden=3-3,8".

    Raises InputError for a setting that is not in AXES, one that is named twice, or a value
    that it cannot have.
    """
    space: dict[str, tuple[Value, ...] | Range] = {}
    for text in texts:
        name, sign, values = (part.strip() for part in text.partition("="))
        name = name.lstrip("-").replace("-", "_")
        name = ALIASES.get(name, name)
        if not sign:
            raise InputError(
                "--set takes a setting with its values such as learning_rate=0.1,0.4, not "
                f"{text!r:.80}."
            )
        if name not in AXES:
            raise InputError(f"Unknown setting {name!r:.80}: --set knows {', '.join(AXES)}.")
        if name in space:
            raise InputError(f"--set names {name} twice: give all its values at once.")
        space[name] = _range(name, values) if ".." in values else _values(name, values)
    return space


def _values(name: str, text: str) -> tuple[Value, ...]:
    values = []
    for part in (part.strip() for part in text.split(",")):
        try:
            value = AXES[name].read(part, "-")
        except ValueError:
            raise InputError(
                f"{part!r:.80} is no value of {name}: write {_example(name)}."
            ) from None
        AXES[name].check(value)
        values.append(_text(value) if AXES[name].several else value)
    if len(set(values)) < len(values):
        raise InputError(f"--set {name}={text} names a value twice: leave one out.")
    return tuple(values)


def _example(name: str) -> str:
    """How the values of a setting are written."""
    axis = AXES[name]
    return f"{name}={','.join(str(value) for value in (axis.usual or axis.choices)[:3])}"


def _text(value: Any) -> str:
    """Several values with dashes between them."""
    if value == ():
        return "none"
    return "-".join(written(one) for one in (value if isinstance(value, tuple) else (value,)))


def _range(name: str, text: str) -> Range:
    axis = AXES[name]
    if axis.several or axis.choices or axis.type not in (int, float):
        raise InputError(f"There is no range of {name}: list values, as in {_example(name)}.")
    ends, _, how = text.partition(":")
    try:
        low, high = (axis.read(end) for end in ends.split(".."))
        if not low < high or how not in ("", "log") or (how == "log" and low <= 0):
            raise ValueError
    except ValueError:
        raise InputError(
            f"--set {name}={text} is no range: write {name}=LOW..HIGH, with LOW below HIGH, or "
            f"{name}=LOW..HIGH:log, with LOW above 0."
        ) from None
    for end in (low, high):
        axis.check(end)
    return Range(float(low), float(high), log=how == "log", whole=axis.type is int)


def given(settings: Mapping[str, Value]) -> dict[str, Any]:
    """The settings as a request takes them: several values in a tuple."""
    return {
        name: AXES[name].read(str(value), "-") if AXES[name].several else value
        for name, value in settings.items()
    }


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
