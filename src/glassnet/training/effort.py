"""How much to try: candidates for a cross-fitting, and which go on to all folds.

The values were chosen on the first half of the tables of `benchmarks/tables.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from glassnet.errors import one_of
from glassnet.training.cross_fitting import Candidate, Screening

Effort = Literal["quick", "normal", "thorough"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)


@dataclass(frozen=True)
class Trial:
    """What is tried: penalties, as multiples of the automatic one, and rates of dropout, each with
    every encoding; on how many folds, and how many candidates go on after the first.
    """

    folds: int
    penalties: tuple[float, ...]
    dropouts: tuple[float, ...]
    screening: Screening

    def candidates(
        self,
        features: Mapping[str, tuple[int, ...]],
        l2: float,
        *,
        given_l2: bool = False,
        given_dropout: float | tuple[float, ...] | None = None,
    ) -> list[Candidate]:
        """Return the candidates: every encoding with every penalty and dropout.

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
        penalties = (1.0,) if given_l2 or l2 == 0 else self.penalties
        dropouts = self.dropouts if given_dropout is None else (given_dropout,)
        several = len(dropouts) > 1
        return [
            Candidate(
                f"{encoding}, l2 {l2 * penalty:.3g}" + (f", dropout {rate}" if several else ""),
                taken,
                l2 * penalty,
                rate,
            )
            for encoding, taken in features.items()
            for rate in dropouts
            for penalty in penalties
        ]


TRIALS: dict[Effort, Trial] = {
    "quick": Trial(3, (3.0,), (0.2,), Screening(1, 1)),
    "normal": Trial(5, (1.0, 4.0, 16.0), (0.2,), Screening(2, 3)),
    "thorough": Trial(10, (0.3, 1.0, 3.0, 10.0, 30.0), (0.1, 0.2, 0.4), Screening(2, 10)),
}


def trial(effort: Effort, rows: int) -> Trial:
    """Return what to try for so many rows; of very many, less.

    Raises InputError for an unknown effort.
    """
    one_of("effort", effort, EFFORTS)
    found = TRIALS[effort]
    return replace(found, folds=3) if rows > MANY_ROWS and effort != "thorough" else found


MANY_ROWS = 50_000  # of which three folds are as good as five
