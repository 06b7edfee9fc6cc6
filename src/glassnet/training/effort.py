"""How much to try: candidates for a cross-fitting, and which go on to all folds.

The values were chosen on the first half of the tables of `benchmarks/tables.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from glassnet.errors import one_of
from glassnet.optim.schedules import Cosine
from glassnet.training.auto_settings import Automatic, Choice
from glassnet.training.cross_fitting import Candidate, Screening

Effort = Literal["quick", "normal", "thorough"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)


@dataclass(frozen=True)
class Trial:
    """What is tried: multiples of the automatic penalty, each with a rate of dropout, and with
    every encoding; on how many folds, how many candidates go on after the first, and the share of
    the usual epochs that each training has: several networks together need fewer.
    """

    folds: int
    variants: tuple[tuple[float, float], ...]
    screening: Screening
    share_of_epochs: float

    def candidates(
        self,
        features: Mapping[str, tuple[int, ...]],
        l2: float,
        *,
        given_l2: bool = False,
        given_dropout: float | tuple[float, ...] | None = None,
    ) -> list[Candidate]:
        """Return the candidates: every encoding with every penalty and its dropout.

        Parameters
        ----------
        features : mapping of str to tuple of int
            The features of each encoding.
        l2 : float
            The automatic penalty, or the one that was given, which then is the only one.
        given_l2, given_dropout
            Whether the penalty was given, and the dropout if it was.

        Returns
        -------
        list of Candidate
        """
        variants = dict.fromkeys(
            (
                1.0 if given_l2 or l2 == 0 else penalty,
                rate if given_dropout is None else given_dropout,
            )
            for penalty, rate in self.variants
        )
        return [
            Candidate(
                f"{encoding}, l2 {l2 * penalty:.3g}" + (f", dropout {rate}" if rate else ""),
                taken,
                l2 * penalty,
                rate,
            )
            for encoding, taken in features.items()
            for penalty, rate in variants
        ]

    def shortened(self, chosen: Automatic) -> Automatic:
        """Return the choices with fewer epochs, and the schedule that goes with them."""
        epochs = max(1, round(self.share_of_epochs * chosen.max_epochs.value))
        reason = "Several networks together need fewer passes than one alone."
        schedule = chosen.schedule
        if isinstance(schedule.value, Cosine):
            schedule = replace(schedule, value=replace(schedule.value, epochs=epochs))
        return replace(chosen, max_epochs=Choice(epochs, reason), schedule=schedule)


CLEAN_AND_NOISY = ((1.0, 0.0), (1.0, 0.2), (16.0, 0.2))
MANY_WAYS = tuple((p, rate) for p in (0.3, 1.0, 4.0, 16.0) for rate in (0.0, 0.2, 0.4))
TRIALS: dict[Effort, Trial] = {
    "quick": Trial(3, ((1.0, 0.2),), Screening(3, 2), 0.5),
    "normal": Trial(5, CLEAN_AND_NOISY, Screening(2, 3), 0.6),
    "thorough": Trial(10, MANY_WAYS, Screening(2, 8), 1.0),
}
MANY_ROWS = 50_000  # of which three folds are as good as five


def trial(effort: Effort, rows: int) -> Trial:
    """Return what to try for so many rows; of very many, less.

    Raises InputError for an unknown effort.
    """
    one_of("effort", effort, EFFORTS)
    found = TRIALS[effort]
    return replace(found, folds=3) if rows > MANY_ROWS and effort != "thorough" else found
