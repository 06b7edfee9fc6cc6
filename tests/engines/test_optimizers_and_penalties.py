"""The rules do what their papers and the frameworks do, and refuse settings that make no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.core.parameters import Array
from glassnet.optim.optimizers import UpdateRule

CASES: list[tuple[UpdateRule, str, dict[str, Any]]] = [
    (gn.GradientDescent(0.1), "SGD", {"lr": 0.1}),
    (gn.GradientDescent(0.1, 0.9), "SGD", {"lr": 0.1, "momentum": 0.9}),
    (gn.GradientDescent(0.1, 0.9, True), "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (gn.Adam(0.01), "Adam", {"lr": 0.01}),
    (gn.Adam(0.01, 0.8, 0.95, 1e-3), "Adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3}),
    (gn.AdamW(0.01, weight_decay=0.2), "AdamW", {"lr": 0.01, "weight_decay": 0.2}),
    (gn.RMSprop(0.01), "RMSprop", {"lr": 0.01, "alpha": 0.9, "eps": 1e-8}),
    (
        gn.RMSprop(0.01, 0.8, 1e-3, 0.7),
        "RMSprop",
        {"lr": 0.01, "alpha": 0.8, "eps": 1e-3, "momentum": 0.7},
    ),
]


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about itself
@pytest.mark.parametrize(("optimizer", "name", "settings"), CASES, ids=str)
def test_a_rule_takes_the_steps_that_pytorch_takes(
    optimizer: UpdateRule, name: str, settings: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    vector: Array = rng.normal(size=7)
    theirs = torch.nn.Parameter(torch.tensor(vector))
    rule = getattr(torch.optim, name)([theirs], **settings)
    state = optimizer.init(vector)
    for _ in range(20):
        gradient = rng.normal(size=7)
        theirs.grad = torch.tensor(gradient)
        rule.step()
        vector, state = optimizer.update(vector, gradient, state)
        np.testing.assert_allclose(vector, theirs.detach().numpy(), rtol=1e-13, atol=1e-15)


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about itself
@pytest.mark.parametrize(("optimizer", "name", "settings"), CASES, ids=str)
def test_a_rule_follows_a_schedule_as_pytorch_does(
    optimizer: UpdateRule, name: str, settings: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    vector: Array = rng.normal(size=7)
    theirs = torch.nn.Parameter(torch.tensor(vector))
    rule = getattr(torch.optim, name)([theirs], **settings)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(rule, 20)
    state = optimizer.init(vector)
    for factor in gn.schedules.Cosine(20).factors(0, 20):
        gradient = rng.normal(size=7)
        theirs.grad = torch.tensor(gradient)
        rule.step()
        schedule.step()
        vector, state = optimizer.update(vector, gradient, state, factor)
        np.testing.assert_allclose(vector, theirs.detach().numpy(), rtol=1e-13, atol=1e-15)


def test_without_momentum_it_is_plain_gradient_descent_to_the_digit() -> None:
    rng = np.random.default_rng(0)
    vector, gradient = rng.normal(size=(2, 9))
    moved, state = gn.GradientDescent(0.3).update(vector, gradient, {})
    np.testing.assert_array_equal(moved, vector - 0.3 * gradient)
    assert state == {}


@pytest.mark.parametrize("optimizer", [case[0] for case in CASES], ids=str)
def test_an_update_leaves_its_arguments_alone_and_keeps_float32(optimizer: UpdateRule) -> None:
    vector = np.ones(3, "float32")
    state = optimizer.init(vector)
    first, after = optimizer.update(vector, vector, state)
    second, _ = optimizer.update(vector, vector, state)
    assert first.dtype == "float32"
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(vector, 1)
    assert after.keys() == state.keys()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: gn.GradientDescent(0), "learning rate must be a positive, finite number"),
        (lambda: gn.GradientDescent(0.1, momentum=1), "momentum must be a number from 0"),
        (lambda: gn.GradientDescent(0.1, nesterov=True), "needs a momentum above 0"),
        (lambda: gn.Adam(float("nan")), "learning rate must be"),
        (lambda: gn.Adam(beta1=1.0), "beta1 must be"),
        (lambda: gn.Adam(beta2=-0.1), "beta2 must be"),
        (lambda: gn.Adam(epsilon=0), "epsilon must be"),
        (lambda: gn.AdamW(weight_decay=-1), "weight_decay must be"),
        (lambda: gn.RMSprop(0), "learning rate must be"),
        (lambda: gn.RMSprop(decay=1), "decay must be"),
        (lambda: gn.RMSprop(epsilon=-1), "epsilon must be"),
        (lambda: gn.RMSprop(momentum=1), "momentum must be"),
        (lambda: gn.LBFGS(memory=0), "memory must be a whole number from 1"),
    ],
)
def test_settings_that_make_no_rule_are_refused(make: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        make()


@pytest.mark.parametrize("name", ["l1", "l2"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_penalty_that_is_negative_or_not_finite_is_refused(name: str, value: float) -> None:
    points = gn.datasets.rings()
    with pytest.raises(gn.InputError, match=f"{name} must be a finite number from 0"):
        gn.train(gn.Network((2, 1)), points.X, points.y, **{name: value})  # type: ignore[arg-type]


def test_the_reported_loss_includes_the_penalty() -> None:
    points = gn.datasets.rings()
    network = gn.Network((2, 3, 1))
    start = gn.Parameters.initial(network, seed=1)
    (W1, _), (W2, _) = start.layers
    free = gn.train(network, points.X, points.y, parameters=start, max_epochs=1)
    bound = gn.train(network, points.X, points.y, parameters=start, max_epochs=1, l1=0.1, l2=0.2)
    penalty = sum(0.1 * np.sum(W**2) + 0.1 * np.sum(np.abs(W)) for W in (W1, W2))
    assert bound.history.loss[0] == pytest.approx(free.history.loss[0] + penalty, rel=1e-12)
