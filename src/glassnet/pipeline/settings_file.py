"""The settings of a training as TOML, as `glassnet train --config` takes them to repeat it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w

from glassnet.optim.schedules import Constant, Cosine, InverseScaling, Plateau, Schedule, Step
from glassnet.pipeline.request import SEARCHED, Request
from glassnet.training.auto_settings import Automatic
from glassnet.training.settings import OPTIONS, RULES

NEVER_WRITTEN = ("pictures", "reading")


def write_settings(request: Request, chosen: Automatic, path: Path) -> None:
    """Write what was asked for, and what was chosen where nothing was, in a table [train].

    How to read the table stands in a table [reading].
    """
    searched = () if request.single else SEARCHED
    found = {name: value for name, value in _chosen(chosen).items() if name not in searched}
    settings = request.to_json() | found
    written = {
        name: _option(value)
        for name, value in settings.items()
        if name not in NEVER_WRITTEN and value not in (None, (), [])
    }
    if not request.pictures:
        written["no_pictures"] = True
    tables = {"train": written}
    if reading := request.reading.given:
        pairs = [f"{name}={kind}" for name, kind in reading.pop("types", {}).items()]
        tables["reading"] = reading | ({"types": pairs} if pairs else {})
    path.write_bytes(tomli_w.dumps(tables).encode())


def _chosen(chosen: Automatic) -> dict[str, Any]:
    """The choices by the names of options."""
    rule = chosen.optimizer.value
    name = next(name for name, kind in RULES.items() if type(rule) is kind)
    hidden = ",".join(map(str, chosen.hidden_layer_sizes.value)) or "none"
    by_text = {
        "hidden_layer_sizes": hidden,
        "optimizer": name,
        **{name: value for name, value in vars(rule).items() if name in OPTIONS},
        "schedule": _schedule(chosen.schedule.value),
    }
    return {k: choice.value for k, choice in chosen if k in OPTIONS} | by_text


def _schedule(schedule: Schedule | Plateau) -> str:
    match schedule:
        case Constant():
            return "constant"
        case Step(every, factor):
            return f"step:{every}:{factor!r}"
        case Cosine(epochs, floor):
            return f"cosine:{epochs}:{floor!r}"
        case InverseScaling(power):
            return f"inverse:{power!r}"
        case Plateau(patience, factor):
            return f"plateau:{patience}:{factor!r}"
    raise TypeError(f"The schedule {schedule!r} has no name on the command line.")


def _option(value: Any) -> Any:
    """A value as its option takes it: shares and numbers with commas are texts there."""
    if isinstance(value, tuple | list) and value and isinstance(value[0], float):
        return ",".join(map(repr, value))
    return list(value) if isinstance(value, tuple) else value
