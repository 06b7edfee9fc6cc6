"""The words of a diagnosis: a sentence on the fault and its cause, and advice.

A diagnosis travels as its `Finding` with values; here, at the edge, it becomes words, which stand
in diagnosis.toml.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from glassnet.explain.word_tables import word_table
from glassnet.training.history import counted

FILE = "diagnosis.toml"
LAST = {"sentence", "advice", "explains"}  # the other texts are parts of these


class Finding(StrEnum):
    """The kinds of faults of a run, causes before their consequences."""

    DIVERGED = "diverged"
    UNSCALED_INPUT = "unscaled input"
    LINEAR_NETWORK = "linear network"
    SYMMETRIC_START = "symmetric start"
    EXPLODING_GRADIENTS = "exploding gradients"
    LEARNING_RATE_TOO_LARGE = "learning rate too large"
    DEAD_RELUS = "dead relus"
    SATURATED_UNITS = "saturated units"
    VANISHING_GRADIENTS = "vanishing gradients"
    LEARNING_RATE_TOO_SMALL = "learning rate too small"
    CLASS_IMBALANCE = "class imbalance"
    OVERFITTING = "overfitting"
    STILL_LEARNING = "still learning"
    STUCK = "stuck"
    NOTHING_LEARNED = "nothing learned"
    IDLE_UNIT = "idle unit"


class Reason(StrEnum):
    """Why nothing may have been learned; what is surest first."""

    GOAL_TOO_EASY = "goal too easy"
    TOO_EARLY = "too early"
    TOO_NARROW = "too narrow"
    UNKNOWN = "unknown"


class Words(NamedTuple):
    """The fault with its cause, and the remedy."""

    sentence: str
    advice: str


Values = Mapping[str, Any]


def words(kind: Finding, values: Values) -> Words:
    """Return the words for a diagnosis of that kind with these values."""
    texts = word_table(FILE, kind, _variants(values))
    known = dict(values)
    if kind in _WORKED_OUT:
        known |= _WORKED_OUT[kind](values)
    parts = {name: text.format(**known) for name, text in texts.items() if name not in LAST}
    return Words(*(texts[name].format(**known, **parts) for name in Words._fields))


def explained_by(kind: Finding) -> set[Finding]:
    """Return the findings that only follow from this one, and need not be said as well."""
    return set(map(Finding, word_table(FILE, kind, ()).get("explains", ())))


def _variants(v: Values) -> Iterator[str]:
    """What is true of the run: the values that are, the reason, and what follows from others."""
    yield from (name for name, value in v.items() if value is True)
    yield from filter(None, [v.get("reason")])
    further = {
        "at once": v.get("epochs") == 0,
        "large": v.get("root mean square", 0) > 1,
        "worse": v.get("loss", 0) > v.get("loss at the start", math.inf),
        "regression": "R2" in v,
    }
    yield from (name for name, true in further.items() if true)


# What the words of some kinds say that follows from the values.
_WORKED_OUT: dict[Finding, Callable[[Values], Values]] = {
    Finding.DIVERGED: lambda v: {"counted epochs": counted(v["epochs"])},
    Finding.UNSCALED_INPUT: lambda v: {"number": v["feature"] + 1},
    Finding.LEARNING_RATE_TOO_LARGE: lambda v: {"jump": v["change"] / v["loss"]},
    Finding.VANISHING_GRADIENTS: lambda v: {
        "layer": len(v),
        "gradient": v[f"dW{len(v)}"],
    },
    Finding.CLASS_IMBALANCE: lambda v: {"weight": v["common share"] / v["share"]},
    Finding.STUCK: lambda v: {"descent": max(v["fall"], 0)},
    Finding.NOTHING_LEARNED: lambda v: {
        "counted epochs": counted(v["epochs"]),
        "counted units": f"{v['narrowest']} unit{'s' * (v['narrowest'] > 1)}",
    },
    Finding.IDLE_UNIT: lambda v: {"numbers": ", ".join(map(str, v["units"]))},
}
