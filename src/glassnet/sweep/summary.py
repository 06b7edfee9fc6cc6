"""The summary of a sweep's runs: shares with their uncertainty, means with their spread.

Every number comes with how many runs it is of. A share's interval is Wilson's, which is right for
few runs and for shares near 0 and 1, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np

from glassnet.core.metrics import wilson_interval
from glassnet.core.parameters import Array
from glassnet.errors import InputError
from glassnet.sweep.space import Value, written
from glassnet.sweep.store import Runs
from glassnet.training.stop_reason import StopKind
from glassnet.training.stuck import Ending, ending

CONFIDENCE = 0.95
BANDWIDTH = 0.01  # of the kernel that finds levels of loss, by factors: about 1 %
VALLEY = 0.5  # of the lower of two peaks: where less lies between them, there are two levels
FEWEST = 0.02  # of the runs in question, from which on a level is one
MOST_VALUES = 8  # of a setting, beyond which its numbers are put into groups of like size
GROUPS = 4
_IN_WORDS = {
    Ending.REACHED: "reached the goal",
    Ending.FALLING: "still falling",
    Ending.STUCK: "stuck",
    Ending.DIVERGED: "diverged",
}
# How a run can end, from good to bad; "ended" is for sweeps without a goal.
ENDS = ("reached the goal", "ended", "still falling", "stuck", "diverged", "pruned")


@dataclass(frozen=True)
class Share:
    """`count` of `runs`, and the Wilson interval of the share from `low` to `high`."""

    count: int
    runs: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, runs: int) -> Share:
        """Return the share of `count` in `runs`; nan if there are none."""
        low, high = wilson(count, runs)
        return cls(count, runs, count / runs if runs else math.nan, low, high)


@dataclass(frozen=True)
class Spread:
    """Mean, standard deviation (n - 1) and quartiles of the finite values among `runs`."""

    runs: int
    mean: float
    deviation: float
    least: float
    quartile1: float
    median: float
    quartile3: float
    greatest: float

    @classmethod
    def of(cls, values: Array) -> Spread:
        """Return the spread of the values; all nan where none is finite, no deviation of one."""
        values = np.asarray(values, np.float64)
        finite = values[np.isfinite(values)]
        if not len(finite):
            return cls(0, *[math.nan] * 7)
        least, q1, median, q3, greatest = np.quantile(finite, (0, 0.25, 0.5, 0.75, 1)).tolist()
        largest = max(float(np.abs(finite).max()), 1e-300)  # whose square may not be a number
        deviation = largest * float((finite / largest).std(ddof=1)) if len(finite) > 1 else math.nan
        mean = largest * float((finite / largest).mean())
        return cls(len(finite), mean, deviation, least, q1, median, q3, greatest)


@dataclass(frozen=True)
class Level:
    """A stretch of losses where many runs end: its bounds, median, and share of all runs."""

    low: float
    median: float
    high: float
    share: Share


@dataclass(frozen=True)
class Group:
    """The runs that have some settings alike: how they ended, and how good they are.

    `reached` is the share that reached the goal, None where there is no goal; `epochs` are those
    to the goal, of the runs that reached it; `score` is the sweep's objective.
    """

    settings: Mapping[str, str]
    runs: int
    reached: Share | None
    epochs: Spread
    loss: Spread
    score: Spread


@dataclass(frozen=True)
class Summary:
    """Everything a sweep says, for a table, a page or a program.

    `ends` counts how the runs ended, `levels` at which losses those are that are stuck. `epochs`
    are those to the goal, of the runs that reached it, and `half_way` is the epoch by which half of
    all runs had, None if fewer did. `measures` are of all runs but the pruned, `effects` by setting
    and value over everything else, and `points` by combination of settings, the lowest mean loss
    first.
    """

    data: str
    rows: int
    rows_held_out: int
    runs: int
    planned: int
    goal: float | None
    has_goal: bool
    score: str
    objective: str
    ends: Mapping[str, Share]
    levels: Sequence[Level]
    epochs: Spread
    half_way: int | None
    final_loss: Spread
    measures: Mapping[str, Spread]
    effects: Mapping[str, Sequence[Group]]
    points: Sequence[Group]

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON values; what is not a number is null."""
        return _without_nan(asdict(self))


def wilson(count: int, runs: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of a share count / runs: `metrics.wilson_interval` of one share.

    Its z is the normal quantile of (1 + confidence) / 2. Of no runs it is from 0 to 1. Raises
    InputError for a count that is not from 0 to `runs`.
    """
    if not 0 <= count <= runs:
        raise InputError(f"A share of {runs} runs has a count from 0 to {runs}, not {count}.")
    if runs == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    low, high = wilson_interval(np.array(count / runs), np.array(runs), z)
    # Rounding must not keep the ends from where they are exactly.
    return (0.0 if count == 0 else float(low)), (1.0 if count == runs else float(high))


def ends(runs: Runs, *, has_goal: bool) -> np.ndarray:
    """How each run ended, in the words of ENDS: (n_runs,).

    A run that used up its epochs is still falling or stuck as `ending` says; without a goal
    it has ended.
    """
    kinds = map(StopKind, runs.stop_reason)
    return np.array(
        [_end(kind, fell, has_goal) for kind, fell in zip(kinds, runs.fall, strict=True)]
    )


def _end(kind: StopKind, fell: float, has_goal: bool) -> str:
    if kind is StopKind.PRUNED:
        return "pruned"
    how = ending(kind, fell)
    return "ended" if not has_goal and how in (Ending.FALLING, Ending.STUCK) else _IN_WORDS[how]


def levels(losses: Array, runs: int) -> list[Level]:
    """Where losses gather, from low to high: peaks of a Gaussian kernel over log loss.

    Two peaks are one level unless less than half of the lower lies between them, and a level has
    2 % of the losses at least, and three. Shares are of so many `runs`.
    """
    losses = np.sort(losses[np.isfinite(losses) & (losses > 0)])
    if not len(losses):
        return []
    bounds = [0, *_cuts(np.log(losses)), len(losses)]
    found = []
    for first, last in pairwise(bounds):
        part = losses[first:last]
        if len(part) >= max(FEWEST * len(losses), 3):
            share = Share.of(len(part), runs)
            found.append(Level(float(part[0]), float(np.median(part)), float(part[-1]), share))
    return found


def _cuts(logs: Array) -> list[int]:
    """Where sorted logarithms of losses are parted: at the valleys of their density."""
    step = BANDWIDTH / 2
    cells = np.floor((logs - logs[0]) / step).astype(int)
    counts = np.bincount(cells, minlength=cells[-1] + 1).astype(float)
    reach = np.arange(-8, 9) * step
    kernel = np.exp(-0.5 * (reach / BANDWIDTH) ** 2)
    density = np.convolve(np.pad(counts, 8), kernel / kernel.sum(), "same")[8:-8]
    valleys = _valleys(density)
    return sorted({int(np.searchsorted(cells, valley)) for valley in valleys} - {0, len(logs)})


def _valleys(density: Array) -> list[int]:
    """The lowest places between neighbouring peaks that are two: see `levels`."""
    found: list[int] = []
    peak = valley = 0  # the last peak's place, and the lowest since
    for place, height in enumerate(density):
        if height < density[valley]:
            valley = place
        if height > density[peak] and density[valley] >= VALLEY * density[peak]:
            peak = valley = place  # still on the way up
        elif density[valley] < VALLEY * min(density[peak], height):
            found.append(valley)
            peak = valley = place
    return found


def summarise(runs: Runs, experiment: Mapping[str, Any]) -> Summary:
    """The summary of the runs of an experiment, as its file tells of both.

    Raises InputError if there are no runs yet.
    """
    if not len(runs):
        raise InputError("This sweep has no runs yet: begin it, and show it then.")
    goal, has_goal = experiment["goal"], experiment["has_goal"]
    how = ends(runs, has_goal=has_goal)
    whole = how != "pruned"
    reached = how == "reached the goal"
    score = experiment["score"]
    columns = _Columns(runs, how, score, experiment["objective"], has_goal=has_goal)
    return Summary(
        data=experiment["data"],
        rows=experiment["rows"],
        rows_held_out=experiment["rows_held_out"],
        runs=len(runs),
        planned=experiment["planned"],
        goal=goal,
        has_goal=has_goal,
        score=score,
        objective=experiment["objective"],
        ends={
            name: Share.of(int((how == name).sum()), len(runs))
            for name in ENDS
            if (how == name).any()
        },
        levels=levels(runs.final_loss[how == "stuck"], int(whole.sum())),
        epochs=Spread.of(runs.epochs[reached]),
        half_way=_half_way(runs.epochs[reached], int(whole.sum())),
        final_loss=Spread.of(runs.final_loss[whole]),
        measures={name: Spread.of(values[whole]) for name, values in runs.measures.items()},
        effects={name: columns.effects(name) for name in columns.varied},
        points=columns.points() if columns.varied else (),
    )


def _half_way(epochs: np.ndarray, runs: int) -> int | None:
    """The epoch by which half of so many runs had reached the goal."""
    half = -(-runs // 2)
    return int(np.sort(epochs)[half - 1]) if len(epochs) >= half > 0 else None


class _Columns:
    """Runs with how they ended, to be looked at by settings."""

    def __init__(
        self, runs: Runs, how: np.ndarray, score: str, objective: str, *, has_goal: bool
    ) -> None:
        self._runs, self._how, self._has_goal = runs, how, has_goal
        self._score, self._objective = runs.measures[score], runs.measures[objective]
        self.varied = [name for name, v in runs.settings.items() if len(set(v.tolist())) > 1]

    def effects(self, name: str) -> list[Group]:
        """The runs by the values of one setting, whatever the others are."""
        return [
            self._group({name: text}, rows) for text, rows in by_value(self._runs.settings[name])
        ]

    def points(self) -> list[Group]:
        """The runs by combination of settings, the lowest mean loss first."""
        runs = self._runs
        order = np.argsort(runs.point, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(runs.point[order])) + 1)
        groups = []
        for rows in parts:
            settings = {name: written(runs.settings[name][rows[0]]) for name in self.varied}
            groups.append(self._group(settings, rows))
        return sorted(groups, key=lambda group: (math.isnan(group.loss.mean), group.loss.mean))

    def _group(self, settings: Mapping[str, str], rows: np.ndarray) -> Group:
        how = self._how[rows]
        rows = rows[how != "pruned"]
        reached = rows[self._how[rows] == "reached the goal"]
        return Group(
            settings=settings,
            runs=len(how),
            reached=Share.of(len(reached), len(rows)) if self._has_goal else None,
            epochs=Spread.of(self._runs.epochs[reached]),
            loss=Spread.of(self._objective[rows]),
            score=Spread.of(self._score[rows]),
        )


def by_value(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The rows of each value of a setting, in order; many numbers in groups of about one size."""
    found = _ordered(set(values.tolist()))
    if len(found) <= MOST_VALUES or isinstance(found[0], str):
        return [(written(value), np.flatnonzero(values == value)) for value in found]
    edges = np.quantile(values, np.linspace(0, 1, GROUPS + 1))
    number = np.searchsorted(edges[1:-1], values, side="right")
    groups = [np.flatnonzero(number == k) for k in range(GROUPS)]
    return [
        (f"{values[rows].min():.3g} to {values[rows].max():.3g}", rows)
        for rows in groups
        if len(rows)
    ]


def _ordered(values: set[Value]) -> list[Any]:
    """Numbers by size, and layers such as "16-16" by the sizes in them."""

    def key(value: Value) -> tuple[bool, list[float], str]:
        if not isinstance(value, str):
            return False, [value], ""
        return True, [float(size) for size in re.findall(r"[0-9]+", value)], value

    return sorted(values, key=key)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
