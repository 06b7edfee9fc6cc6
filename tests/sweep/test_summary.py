"""What a sweep says, against closed forms and other libraries' numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies
from scipy.stats import binomtest

import glassnet as gn
from glassnet.sweep.store import Runs
from glassnet.sweep.summary import Share, Spread, by_value, ends, levels, summarise, wilson


@given(strategies.integers(1, 20_000), strategies.floats(0, 1), strategies.floats(0.5, 0.999))
def test_the_wilson_interval_is_scipys(runs: int, share: float, confidence: float) -> None:
    count = round(share * runs)
    expected = binomtest(count, runs).proportion_ci(confidence, method="wilson")
    assert wilson(count, runs, confidence) == pytest.approx(
        (expected.low, expected.high), rel=1e-9, abs=1e-12
    )


def test_the_wilson_interval_solves_its_equation() -> None:
    """Its bounds are where |p - x| = z sqrt(x (1 - x) / n)."""
    low, high = wilson(7, 40)
    for bound in (low, high):
        z = abs(7 / 40 - bound) / math.sqrt(bound * (1 - bound) / 40)
        assert z == pytest.approx(1.959963984540054, rel=1e-12)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 9)[0] == 0.0
    assert wilson(9, 9)[1] == 1.0
    with pytest.raises(gn.InputError, match="a count from 0 to 3, not 4"):
        wilson(4, 3)


@given(strategies.lists(strategies.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_a_spread_is_numpys_and_leaves_out_what_is_not_finite(values: list[float]) -> None:
    spread = Spread.of(np.array([*values, math.nan, math.inf]))
    assert spread.runs == len(values)
    expected = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    found = (spread.least, spread.quartile1, spread.median, spread.quartile3, spread.greatest)
    assert found == tuple(expected)
    assert spread.mean == pytest.approx(math.fsum(values) / len(values), abs=1e-6)
    variance = math.fsum((v - spread.mean) ** 2 for v in values) / (len(values) - 1)
    assert spread.deviation == pytest.approx(math.sqrt(variance), abs=1e-6, rel=1e-9)


def test_a_spread_of_one_has_no_deviation_and_of_none_nothing() -> None:
    assert math.isnan(Spread.of(np.array([3.0])).deviation)
    nothing = Spread.of(np.array([math.nan]))
    assert nothing.runs == 0
    assert math.isnan(nothing.mean)


def test_levels_are_where_losses_were_put() -> None:
    rng = np.random.default_rng(3)
    places, sizes = (0.02, 0.158, 0.254), (300, 80, 500)
    losses = np.concatenate(
        [place * np.exp(rng.normal(0, 0.004, n)) for place, n in zip(places, sizes, strict=True)]
    )
    found = levels(rng.permutation(losses), runs=10_000)
    assert [level.share.count for level in found] == list(sizes)
    assert [level.median for level in found] == pytest.approx(places, rel=2e-3)
    assert found[0].share == Share.of(300, 10_000)
    assert all(level.low <= level.median <= level.high for level in found)


def test_losses_that_are_spread_evenly_have_no_levels_but_stretches() -> None:
    assert levels(np.array([]), 5) == []
    assert levels(np.array([0.3, 0.3]), 5) == []
    assert [level.share.count for level in levels(np.full(9, 0.3), 20)] == [9]
    few = np.concatenate([np.full(97, 0.3), [0.01, 0.02, math.nan, 0.0]])
    assert [level.share.count for level in levels(few, 101)] == [97]


def some_runs() -> Runs:
    """Four learning rates by three seeds: of 8 that had time 5 reach the goal."""
    reasons = ["loss below"] * 5 + ["max_epochs"] * 3 + ["diverged"] * 2 + ["pruned"] * 2
    n = len(reasons)
    return Runs(
        point=np.arange(n) // 3,
        seed=np.arange(n) % 3,
        settings={"learning_rate": np.repeat([0.1, 0.2, 0.3, 0.4], 3), "l2": np.zeros(n)},
        stop_reason=np.array(reasons, object),
        epochs=np.array([10, 40, 20, 30, 50, 99, 99, 99, 2, 3, 16, 16]),
        final_loss=np.array([0.09] * 5 + [0.5, 0.5, 0.5, math.nan, 7.0, 0.6, 0.6]),
        fall=np.array([0.5] * 5 + [0.001, 0.01, 0.02, 0.0, 0.0, 0.0, 0.0]),
        measures={
            "training loss": np.array([0.08] * 5 + [0.5] * 3 + [9.0, 8.0, 0.6, 0.6]),
            "training accuracy": np.linspace(0, 1, n),
        },
        curves=[(np.array([1]), np.array([0.7]))] * n,
    )


EXPERIMENT = {
    "data": "rings",
    "rows": 20,
    "rows_held_out": 0,
    "planned": 12,
    "goal": 0.1,
    "has_goal": True,
    "score": "training accuracy",
    "objective": "training loss",
}


def test_runs_end_as_they_did() -> None:
    counts = {name: share.count for name, share in summarise(some_runs(), EXPERIMENT).ends.items()}
    assert counts == {
        "reached the goal": 5,
        "still falling": 1,
        "stuck": 2,
        "diverged": 2,
        "pruned": 2,
    }
    assert set(ends(some_runs(), has_goal=False)[5:8]) == {"ended"}


def test_a_summary_counts_by_hand() -> None:
    summary = summarise(some_runs(), EXPERIMENT)
    assert summary.epochs.median == 30  # of 10, 20, 30, 40, 50
    assert summary.half_way == 50  # the fifth of ten that were not given up
    assert summary.final_loss.runs == 9  # one is not finite, two were pruned
    (groups,) = summary.effects.values()
    assert list(summary.effects) == ["learning_rate"]  # the other does not vary
    assert [group.settings["learning_rate"] for group in groups] == ["0.1", "0.2", "0.3", "0.4"]
    shares = [(group.reached.count, group.reached.runs) for group in groups if group.reached]
    assert shares == [(3, 3), (2, 3), (0, 3), (0, 1)]
    assert groups[3].runs == 3
    assert [point.settings["learning_rate"] for point in summary.points] == [
        "0.1", "0.2", "0.3", "0.4",
    ]  # fmt: skip
    assert summary.points[0].loss.mean == pytest.approx(0.08)
    described = summary.to_json()
    assert described["effects"]["learning_rate"][0]["score"]["runs"] == 3
    assert described["points"][3]["loss"]["deviation"] is None  # of a single run


def test_a_sweep_without_runs_has_nothing_to_say() -> None:
    empty = replace(some_runs(), point=np.array([]))
    with pytest.raises(gn.InputError, match="no runs yet"):
        summarise(empty, EXPERIMENT)


def test_numbers_that_are_many_are_grouped_evenly_and_none_is_lost() -> None:
    values = np.random.default_rng(1).permutation(np.arange(100.0))
    groups = by_value(values)
    assert [text for text, _ in groups] == ["0 to 24", "25 to 49", "50 to 74", "75 to 99"]
    assert sorted(np.concatenate([rows for _, rows in groups]).tolist()) == list(range(100))
    layers = np.array(["16", "8", "3-3"], object)
    assert [text for text, _ in by_value(layers)] == ["3-3", "8", "16"]
