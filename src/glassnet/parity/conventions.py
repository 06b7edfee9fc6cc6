"""Where a framework means something else by a name than glassnet does: conventions.toml, read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from glassnet.optim.optimizers import Adam, RMSprop
from glassnet.parity.interface import Task


def conventions(framework: str, task: Task) -> list[str]:
    """Return what a framework states of a task."""
    text = Path(__file__).with_name("conventions.toml").read_text(encoding="utf-8")
    here = set(_features(task))
    stated = tomllib.loads(text)[framework].items()
    return [" ".join(sentence.split()) for feature, sentence in stated if feature in here]


def _features(task: Task) -> Iterator[str]:
    """What of a training frameworks differ in."""
    yield from (task.X.dtype.name, *task.network.activation)
    found = {
        "adam": isinstance(task.optimizer, Adam),
        "rmsprop": isinstance(task.optimizer, RMSprop),
        "momentum": getattr(task.optimizer, "momentum", 0) > 0,
        "clipping": task.clips,
        "dropout": bool(task.dropout),
        "penalty": any(task.penalty),
    }
    yield from (feature for feature, is_there in found.items() if is_there)
