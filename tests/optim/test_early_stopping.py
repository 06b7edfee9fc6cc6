"""Patience ends a training that no longer improves, and knows the best."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.optim.early_stopping import Patience


def ended_after(losses: list[float], patience: Patience) -> int | None:
    for epoch, loss in enumerate(losses, start=1):
        patience.see(loss, epoch)
        if patience.at_end:
            return epoch
    return None


def test_ends_after_as_many_epochs_without_improvement() -> None:
    assert ended_after([3, 2, 2, 2, 1], Patience(2, 0.0)) == 4
    assert ended_after([3, 2, 2, 1, 1], Patience(2, 0.0)) is None


def test_a_small_improvement_does_not_count_but_is_the_best() -> None:
    patience = Patience(2, min_improvement=0.5)
    assert ended_after([3, 2.9, 2.8, 2.7], patience) == 3
    assert (patience.best_loss, patience.best_epoch) == (2.8, 3)


def test_slow_steps_add_up_to_no_improvement() -> None:
    # Each is compared with the best so far, as in scikit-learn: a crawl is not an improvement.
    assert ended_after([1 - 0.01 * k for k in range(50)], Patience(10, 0.1)) == 11


def test_a_loss_that_is_not_a_number_is_no_improvement() -> None:
    patience = Patience(3, 0.0)
    assert ended_after([1.0, float("nan"), float("nan"), float("nan")], patience) == 4
    assert patience.best_epoch == 1


def test_the_best_parameters_are_a_copy() -> None:
    patience = Patience(2, 0.0)
    parameters = gn.Parameters(gn.Network((1, 1)), np.array([1.0, 2.0]))
    patience.see(1.0, 1, parameters)
    parameters.vector[0] = 9
    assert patience.best_parameters is not None
    assert patience.best_parameters.vector.tolist() == [1, 2]


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=60),
    st.integers(1, 10),
    st.sampled_from([0.0, 0.3]),
)
def test_agrees_with_the_definition(losses: list[float], epochs: int, tolerance: float) -> None:
    def improved(k: int) -> bool:
        return losses[k] < min([np.inf, *losses[:k]]) - tolerance

    expected = next(
        (
            k + 1
            for k in range(epochs - 1, len(losses))
            if not any(improved(j) for j in range(k - epochs + 1, k + 1))
        ),
        None,
    )
    assert ended_after(losses, Patience(epochs, tolerance)) == expected
