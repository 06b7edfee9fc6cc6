"""How a start ended is said by one rule; all are trained to the digits that they have alone."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.core.samples import checked_data
from glassnet.training.many_starts import PartSizes, TrainedStart, train_starts
from glassnet.training.stop_reason import StopKind
from glassnet.training.stuck import Ending, ending

RESTS, FALLS = np.linspace(0.2542, 0.2541, 100), np.geomspace(1, 0.1, 100)


@pytest.mark.parametrize(
    ("kind", "losses", "expected"),
    [
        (StopKind.MAX_EPOCHS, RESTS, Ending.STUCK),
        (StopKind.MAX_EPOCHS, FALLS, Ending.FALLING),
        (StopKind.NO_IMPROVEMENT, RESTS, Ending.STUCK),
        (StopKind.MAX_EPOCHS, np.empty(0), Ending.STUCK),
        (StopKind.MAX_EPOCHS, np.array([1.0] * 90 + [0.991] * 10), Ending.STUCK),
        (StopKind.MAX_EPOCHS, np.array([1.0] * 90 + [0.989] * 10), Ending.FALLING),
        (StopKind.LOSS_BELOW, RESTS, Ending.REACHED),
        (StopKind.DIVERGED, np.empty(0), Ending.DIVERGED),
    ],
)
def test_one_that_rests_is_stuck_and_one_that_falls_is_not(
    kind: StopKind, losses: np.ndarray, expected: Ending
) -> None:
    assert ending(kind, TrainedStart(0, kind, losses, None).fell) is expected


@pytest.mark.parametrize("data", ["rings", "hill"])
def test_each_start_is_the_run_that_it_is_alone(data: str) -> None:
    points = getattr(gn.datasets, data)()
    loss = None if points.n_classes else "mean_squared_error"
    network = gn.Network((2, 3, 1), "tanh", loss)
    settings = gn.Settings(optimizer=gn.Adam(0.02), max_epochs=40, batch_size=7, l2=1e-3)
    samples = checked_data(network, points.X, points.y, None, "float64")
    for start in train_starts(network, samples, settings, (3, 5)):
        run = gn.train(
            network,
            points.X,
            points.y,
            parameters=gn.Parameters.initial(network, "glorot_uniform", start.seed),
            optimizer=gn.Adam(0.02),
            max_epochs=40,
            batch_size=7,
            l2=1e-3,
            seed=start.seed,
        )
        np.testing.assert_array_equal(start.losses, run.history.loss)
        assert start.parameters is not None
        np.testing.assert_array_equal(start.parameters.vector, run.parameters.vector)


def test_parts_grow_to_the_time_they_may_take_and_leave_none_out() -> None:
    quick = list(PartSizes(2, 1e9, 50).parts(range(200)))
    assert [len(part) for part in quick] == [2, 8, 32, 50, 50, 50, 8]
    assert [seed for part in quick for seed in part] == list(range(200))
    slow = list(PartSizes(8, 0.0, 50).parts(range(12)))
    assert [len(part) for part in slow] == [8, 1, 1, 1, 1]
