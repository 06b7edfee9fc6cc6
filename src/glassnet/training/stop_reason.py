"""Why a training ended, as a value that code compares and people can read."""

from __future__ import annotations

from enum import StrEnum


class StopKind(StrEnum):
    """The kinds of ends that a training comes to."""

    MAX_EPOCHS = "max_epochs"
    LOSS_BELOW = "loss below"
    NO_IMPROVEMENT = "no improvement"  # for as many epochs as early stopping waits
    SETTLED = "settled"  # in a minimum: L-BFGS found no step that leads further down
    MAX_EVALUATIONS = "max_evaluations"  # of loss and gradient, by L-BFGS
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"
    PRUNED = "pruned"  # by a sweep that had seen better


class StopReason(str):
    """Why a training ended; as a text it is the kind and the threshold, if there is one.

    Parameters
    ----------
    kind
        What ended it.
    threshold
        The loss that it fell below, for LOSS_BELOW.

    Examples
    --------
    >>> reason = StopReason(StopKind.LOSS_BELOW, 0.005)
    >>> reason, reason.kind is StopKind.LOSS_BELOW, reason.threshold
    ('loss below 0.005', True, 0.005)
    """

    kind: StopKind
    threshold: float | None

    def __new__(cls, kind: StopKind, threshold: float | None = None) -> StopReason:
        """Return the reason of this kind, whose text is as people read it."""
        reason = super().__new__(cls, kind if threshold is None else f"{kind} {threshold:g}")
        reason.kind, reason.threshold = StopKind(kind), threshold
        return reason

    def __getnewargs__(self) -> tuple[StopKind, float | None]:  # type: ignore[override]
        return self.kind, self.threshold

    @classmethod
    def of(cls, kind: StopKind, stop_below: float | None) -> StopReason:
        """Return the reason of a training whose goal was a loss below `stop_below`."""
        return cls(kind, stop_below if kind is StopKind.LOSS_BELOW else None)

    @classmethod
    def read(cls, text: str, stop_below: float | None) -> StopReason:
        """Return the reason with this text; raise ValueError if there is none."""
        for reason in (cls.of(kind, stop_below) for kind in StopKind):
            if reason == text:
                return reason
        raise ValueError(f"no training stops for the reason {text!r}")
