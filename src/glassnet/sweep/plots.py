"""The pictures of a sweep, drawn from its runs and its summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from glassnet.core.parameters import Array
from glassnet.sweep.store import Runs
from glassnet.sweep.summary import Summary, by_value, ends, wilson

if TYPE_CHECKING:
    from glassnet.pictures.display import Display

NAMED_LEVELS = 5  # at most ...
WORTH_A_NAME = 0.08  # ... of so much of the largest, so that names have room


def drawings(runs: Runs, summary: Summary) -> dict[str, Callable[[], Display]]:
    """Return the plots by name: "fan", "ends", "arrivals" and "effects", as far as there is
    something to see.
    """
    from glassnet import pictures

    how = ends(runs, has_goal=summary.has_goal)
    reached, whole = how == "reached the goal", how != "pruned"
    missed = whole & ~reached & (how != "diverged")
    found: dict[str, Callable[[], Display]] = {}
    if any(len(epochs) for epochs, _ in runs.curves):
        found["fan"] = lambda: pictures.loss_fan(runs.curves, reached, goal=summary.goal)
    if (runs.final_loss[missed] > 0).any():
        title = "Where runs end that miss the goal" if summary.has_goal else "Where runs end"
        found["ends"] = lambda: pictures.final_losses(
            runs.final_loss[missed],
            how[missed] == "still falling" if summary.has_goal else None,
            _named(summary),
            goal=summary.goal,
            title=title,
        )
    if reached.any():
        epochs = np.sort(runs.epochs[reached])
        n, last = int(whole.sum()), int(runs.epochs.max())
        found["arrivals"] = lambda: pictures.arrivals(
            epochs, _band(len(epochs), n), n, last_epoch=last
        )
    if summary.effects:
        found["effects"] = lambda: _effects(runs, summary, whole)
    return found


def _named(summary: Summary) -> list[tuple[float, float, str]]:
    """The levels where most runs end, with their names."""
    most = sorted(summary.levels, key=lambda level: -level.share.count)[:NAMED_LEVELS]
    most = [level for level in most if level.share.count >= WORTH_A_NAME * most[0].share.count]
    return [
        (
            level.low,
            level.high,
            f"{level.median:.3g}\n{level.share.share:.1%} of all\n"
            f"[{level.share.low:.1%}, {level.share.high:.1%}]",
        )
        for level in sorted(most, key=lambda level: level.low)
    ]


def _band(n_reached: int, runs: int) -> tuple[Array, Array]:
    bounds = np.array([wilson(k, runs) for k in range(1, n_reached + 1)])
    return bounds[:, 0], bounds[:, 1]


def _effects(runs: Runs, summary: Summary, whole: np.ndarray) -> Display:
    from glassnet import pictures

    score = runs.measures[summary.objective]
    return pictures.setting_effects(
        {
            name: [(text, score[rows[whole[rows]]]) for text, rows in by_value(runs.settings[name])]
            for name in summary.effects
        },
        score=summary.objective,
        log=True,
        lines={
            name: [
                (group.reached.share, group.reached.low, group.reached.high)
                for group in groups
                if group.reached is not None
            ]
            for name, groups in summary.effects.items()
        },
    )
