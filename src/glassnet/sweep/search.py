"""Searches that learn from what they have seen: Optuna's samplers, with its median pruning.

The search suggests a generation of points at a time, and gets a generation's results in the order
of its points. So its suggestions depend on the seed and the results only, never on the number of
workers or their speed; and a search resumes by replaying the results in its file.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import InputError
from glassnet.sweep.plan import Point
from glassnet.sweep.space import Range, Space
from glassnet.training.stop_reason import StopKind

if TYPE_CHECKING:
    import optuna

GENERATION = 8  # points that are asked for before the results of any of them are known
FIRST_RUNG = 16  # the epoch at which a run is first compared; the next are twice as far each
SAMPLERS = ("tpe", "qmc")
# What a search learns of one run: its stop reason, its loss, and the losses on the way.
Seen = tuple[str, float, Sequence[float]]


class Judge:
    """Compares the losses of one point on the way with those of the points before it.

    `search` is what `Search.so_far` gave.
    """

    def __init__(self, search: bytes) -> None:
        import optuna

        self._study: optuna.Study = pickle.loads(search)  # of this very program
        self._trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING, params={}, distributions={}
        )

    def has_seen_enough(self, epoch: int, loss: float) -> bool:
        """Whether the point is to be given up, whose mean loss over the seeds is `loss` now."""
        if not np.isfinite(loss):
            return True
        self._trial.intermediate_values[epoch] = loss
        return self._study.pruner.prune(self._study, self._trial)


class Search:
    """Asks one of Optuna's samplers for points, and reports their results to it."""

    def __init__(self, space: Space, sampler: str, seed: int, *, pruning: bool) -> None:
        optuna = _optuna()
        self._space = {name: _distribution(values) for name, values in space.items()}
        self._trials: dict[int, Any] = {}
        self._study = optuna.create_study(
            sampler=_sampler(sampler, seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=GENERATION),
        )
        self._prunes = pruning

    def generations(self, n_points: int) -> Iterator[list[Point]]:
        """Yield points to train; `tell` the results of each generation before taking the next."""
        for first in range(0, n_points, GENERATION):
            size = min(GENERATION, n_points - first)
            trials = [self._study.ask(self._space) for _ in range(size)]
            self._trials = {trial.number: trial for trial in trials}
            yield [Point(trial.number, trial.params) for trial in trials]

    def so_far(self) -> bytes | None:
        """The judge of this generation's tasks; None without pruning."""
        return pickle.dumps(self._study) if self._prunes else None

    def tell(self, points: Sequence[Point], seen: Mapping[int, Sequence[Seen]]) -> None:
        """Report the results of each point's runs, by its number."""
        from optuna.trial import TrialState

        for point in points:
            value, on_the_way, given_up = judged(seen[point.number])
            for k, loss in enumerate(on_the_way):
                self._trials[point.number].report(loss, rung(k))
            if given_up:
                self._study.tell(point.number, state=TrialState.PRUNED)
            elif np.isfinite(value):
                self._study.tell(point.number, value)
            else:
                self._study.tell(point.number, state=TrialState.FAIL)


def judged(runs: Sequence[Seen]) -> tuple[float, list[float], bool]:
    """Return a point's mean loss over its runs, the means on the way, and whether it was pruned.

    The means on the way end where the first run did, for then there are not all to compare.
    """
    value = float(np.mean([loss for _, loss, _ in runs]))
    shortest = min(len(rungs) for _, _, rungs in runs)
    on_the_way = [float(np.mean([rungs[k] for _, _, rungs in runs])) for k in range(shortest)]
    return value, on_the_way, any(reason == StopKind.PRUNED for reason, _, _ in runs)


def rung(k: int) -> int:
    """The epoch of the k-th comparison, counted from 0."""
    return FIRST_RUNG << k


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise InputError(
            f"--search {' and '.join(SAMPLERS)} need Optuna, which is not installed: pip install "
            "'glassnet[sweep]', or use --search grid or random."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    from optuna import samplers
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # so Optuna calls what is years old
        if name == "tpe":
            return samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
        return samplers.QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False)


def _distribution(values: Any) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if not isinstance(values, Range):
        return CategoricalDistribution(values)
    if values.whole:
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)
