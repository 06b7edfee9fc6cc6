"""Schedules give the factors of their formulas, whole or in parts, and those of the frameworks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.optim.schedules import (
    Constant,
    Cosine,
    InverseScaling,
    Plateau,
    RestOfCosine,
    Schedule,
    Step,
)

SCHEDULES: dict[str, tuple[Schedule, Any]] = {
    "constant": (Constant(), lambda t: 1.0),
    "step": (Step(7, 0.3), lambda t: 0.3 ** (t // 7)),
    "cosine": (
        Cosine(20, 0.1),
        lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * t / 20)) / 2 if t < 20 else 0.1,
    ),
    "rest of a cosine": (
        RestOfCosine(20, 7),
        lambda t: (1 + math.cos(math.pi * (t + 7) / 20)) / 2 if t < 13 else 0.0,
    ),
    "inverse scaling": (InverseScaling(0.7), lambda t: 1 / (t + 1) ** 0.7),
}


@pytest.mark.parametrize(("schedule", "formula"), SCHEDULES.values(), ids=SCHEDULES)
def test_factors_are_those_of_the_formula_and_whole_or_in_parts_the_same(
    schedule: Schedule, formula: Any
) -> None:
    whole = schedule.factors(0, 50)
    assert whole.dtype == "float64"
    np.testing.assert_allclose(whole, [formula(t) for t in range(50)], rtol=1e-15)
    parts = [schedule.factors(first, n) for first, n in ((0, 1), (1, 0), (1, 30), (31, 19))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about itself
@pytest.mark.parametrize(
    ("schedule", "name", "settings"),
    [
        (Step(7, 0.3), "StepLR", {"step_size": 7, "gamma": 0.3}),
        (Cosine(20, 0.1), "CosineAnnealingLR", {"T_max": 20, "eta_min": 0.05}),
    ],
    ids=["step", "cosine"],
)
def test_factors_are_those_of_pytorch(
    schedule: Schedule, name: str, settings: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch")
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = getattr(torch.optim.lr_scheduler, name)(rule, **settings)
    for factor in schedule.factors(0, 20):
        assert rule.param_groups[0]["lr"] == pytest.approx(0.5 * factor, rel=1e-12)
        rule.step()
        theirs.step()


def test_inverse_scaling_is_scikit_learns_by_epoch() -> None:
    module = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    theirs = module.SGDOptimizer([np.zeros(1)], 0.5, "invscaling", power_t=0.6)
    for t, factor in enumerate(InverseScaling(0.6).factors(1, 20), start=1):
        theirs.iteration_ends(t)
        assert theirs.learning_rate == pytest.approx(0.5 * factor, rel=1e-14)


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about itself
def test_a_plateau_lowers_the_rate_where_pytorch_does() -> None:
    torch = pytest.importorskip("torch")
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        # PyTorch waits for one epoch more than its patience
        rule, factor=0.4, patience=2, threshold=0, min_lr=0.01, eps=0
    )  # fmt: skip
    ours = Plateau(patience=3, factor=0.4, floor=0.01)
    state = ours.init()
    factors = set()
    for loss in np.random.default_rng(0).exponential(size=80):
        state = ours.update(state, loss)
        theirs.step(loss)
        assert state.factor == pytest.approx(rule.param_groups[0]["lr"], rel=1e-12)
        factors.add(state.factor)
    assert len(factors) == 7  # 1, 0.4, 0.16, ..., 0.01


def test_the_factors_of_a_plateau_follow_from_the_losses_alone() -> None:
    ours = Plateau(patience=2, factor=0.5)
    losses = np.array([3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0])
    # Two epochs without a better loss than 2 end with the fourth, than 1 with the seventh.
    assert ours.factors_by(losses).tolist() == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_a_plateau_leaves_its_state_alone_and_counts_what_is_no_number_as_no_better() -> None:
    ours = Plateau(patience=1, factor=0.5)
    first = ours.update(ours.init(), 1.0)
    assert first.factor == 1
    assert ours.update(first, math.nan).factor == 0.5
    assert ours.update(first, 1.0).factor == 0.5
    assert ours.update(first, 0.9).factor == 1
    assert first == (1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Step(0), "every must be a whole number from 1"),
        (lambda: Step(2.5), "every must be a whole number from 1"),  # type: ignore[arg-type]
        (lambda: Step(3, 0), "factor of a schedule must be a number above 0"),
        (lambda: Step(3, 1.5), "factor of a schedule must be a number above 0 and at most 1"),
        (lambda: Cosine(0), "epochs must be a whole number from 1"),
        (lambda: Cosine(5, -0.1), "floor of a schedule must be a number from 0 to 1"),
        (lambda: RestOfCosine(0, 1), "epochs must be a whole number from 1"),
        (lambda: RestOfCosine(9, 0), "done must be a whole number from 1"),
        (lambda: InverseScaling(-1), "power must be a finite number from 0"),
        (lambda: InverseScaling(math.nan), "power must be a finite number"),
        (lambda: Plateau(0), "patience must be a whole number from 1"),
        (lambda: Plateau(factor=math.nan), "factor of a schedule"),
        (lambda: Plateau(floor=2), "floor of a schedule"),
    ],
)
def test_settings_that_make_no_schedule_are_refused(make: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        make()
