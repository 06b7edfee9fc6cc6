"""The page's controls of a training's settings, as they are declared."""

from __future__ import annotations

from typing import Any

from glassnet.training.settings import COMMON

# Of these a control is a list of usual values, or a field to type into where there are none.
CONTROLS: list[dict[str, Any]] = [
    {
        "name": one.name,
        "label": one.label or one.name.replace("_", " "),
        "help": one.help,
        "usual": [one.none, *one.usual] if one.optional and one.usual else list(one.usual),
        "none": one.none if one.optional else None,
    }
    for one in COMMON.values()
]
