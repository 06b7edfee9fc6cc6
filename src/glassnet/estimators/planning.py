"""From the parameters of an estimator to the network and the settings of its training."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from numbers import Integral
from typing import Any, cast

import numpy as np
from sklearn.utils import check_random_state

from glassnet.core.network import Network
from glassnet.errors import InputError, finite_number, given, whole_number
from glassnet.estimators.parameters import PASSED_ON, EstimatorParameters
from glassnet.optim.optimizers import LBFGS, Adam, GradientDescent, Optimizer
from glassnet.optim.schedules import Constant, InverseScaling, Plateau, Schedule
from glassnet.training.auto_settings import Automatic, adam_rate, automatic, l2_penalty
from glassnet.training.settings import ClassWeight, Settings

SOLVERS = ("auto", "adam", "sgd", "lbfgs")
LEARNING_RATES = ("auto", "constant", "invscaling", "adaptive")
ACTIVATION_NAMES = {"logistic": "sigmoid"}
MLP_BATCH = 200  # scikit-learn's automatic batch, to which its alpha refers
MLP_ALPHA = 1e-4
# What is "auto" beside a solver that is named, so that code written for scikit-learn goes on as it
# did there.
MLP_DEFAULTS = {
    "alpha": MLP_ALPHA,
    "batch_size": MLP_BATCH,
    "learning_rate": "constant",
    "learning_rate_init": 0.001,
    "max_iter": 200,
    "n_iter_no_change": 10,
}


@dataclass(frozen=True)
class Task:
    """The task of a network: its loss, its inputs and outputs, and the size of its data.

    `rows` counts the samples by their weights; with `one_epoch` it goes on for one.
    """

    loss: str
    n_features: int
    n_outputs: int
    n_samples: int
    rows: float
    one_epoch: bool


def refuse_arrays(asked: EstimatorParameters) -> None:
    """Raise InputError for a parameter that is an array, which == does not compare."""
    for name, value in asked.get_params(deep=False).items():
        if isinstance(value, np.ndarray) and name != "hidden_layer_sizes":
            raise InputError(f"{name} must be a single value, not an array.")


def with_defaults(asked: EstimatorParameters, *, one_epoch: bool) -> EstimatorParameters:
    """Return the parameters, and for some that are "auto" scikit-learn's defaults.

    That is for all where a solver is named; and for the penalty where the rows come in parts, for
    the automatic one depends on how many rows there are.
    """
    named = isinstance(asked.solver, str) and asked.solver != "auto"
    defaults = MLP_DEFAULTS if named else {"alpha": MLP_ALPHA} if one_epoch else {}
    completed = copy(asked)
    for name, value in defaults.items():
        if _given(getattr(asked, name)) is None:
            setattr(completed, name, value)
    return completed


def planned(asked: EstimatorParameters, task: Task) -> tuple[Automatic, Network]:
    """The settings, given or chosen, and the network they make."""
    activation = _activation(asked)
    given = _given_rule(asked, task.one_epoch)
    given |= _given_numbers(asked, task, given.get("optimizer"))
    if task.one_epoch:
        given |= {"max_epochs": 1, "patience": None}
    elif asked.max_iter != "auto":
        # With the automatic learning rate fewer epochs may be enough.
        exact = "schedule" in given or isinstance(given.get("optimizer"), LBFGS)
        limit = whole_number("max_iter", asked.max_iter, 1)
        given["max_epochs" if exact else "most_epochs"] = limit
    choices = automatic(
        task.n_samples, task.loss, activation=activation, weight_sum=task.rows, **given
    )
    if asked.verbose:
        for name, choice in choices:
            print(f"{name} = {choice.value}: {choice.reason}")
    sizes = (task.n_features, *choices.hidden_layer_sizes.value, task.n_outputs)
    return choices, Network(sizes, activation, task.loss)


def _given_numbers(
    asked: EstimatorParameters, task: Task, rule: Optimizer | None
) -> dict[str, Any]:
    """The parameters that are not "auto", by the names that `automatic` has for them."""
    given: dict[str, Any] = {}
    if (sizes := _given(asked.hidden_layer_sizes)) is not None:
        given["hidden_layer_sizes"] = _sizes(sizes)
    if (initialiser := _given(asked.initialiser)) is not None:
        given["initialiser"] = initialiser
    if asked.early_stopping:
        given["validation_fraction"] = asked.validation_fraction
    if (patience := _given(asked.n_iter_no_change)) is not None:
        given["patience"] = _patience(patience)
    by_lbfgs = isinstance(rule, LBFGS)
    if (batch_size := _given(asked.batch_size)) is not None and not by_lbfgs:
        given["batch_size"] = whole_number("batch_size", batch_size, 1)
    if (alpha := _given(asked.alpha)) is not None:
        batch = task.n_samples if by_lbfgs else given.get("batch_size", MLP_BATCH)
        share = min(batch, task.n_samples) / task.n_samples
        given["l2"] = l2_penalty(alpha, share * task.rows, task.loss, task.n_outputs)
    return given


def _sizes(sizes: Any) -> tuple[int, ...]:
    """`hidden_layer_sizes` as a tuple: the size of one layer, or those of several."""
    if isinstance(sizes, Sequence | np.ndarray) and not isinstance(sizes, str):
        return tuple(whole_number("Each of hidden_layer_sizes", size, 1) for size in sizes)
    if not isinstance(sizes, Integral):
        raise InputError(
            "hidden_layer_sizes must be a whole number, several such as (100, 50), or 'auto', "
            f"not {sizes!r:.80}."
        )
    return (whole_number("hidden_layer_sizes", sizes, 1),)


def _patience(epochs: Any) -> int | None:
    """`n_iter_no_change`, None where it is infinite: then nothing ends the training early."""
    return None if epochs == math.inf else whole_number("n_iter_no_change", epochs, 1)


def _given_rule(asked: EstimatorParameters, one_epoch: bool) -> dict[str, Any]:
    """Optimizer and schedule, as far as they are not to be chosen."""
    rule: Any = asked.solver
    if isinstance(rule, str) and rule not in SOLVERS:
        raise InputError(
            f"Unknown solver {rule!r:.80}: choose one of {', '.join(SOLVERS)}, or an optimizer "
            "such as glassnet.RMSprop(0.001)."
        )
    if rule == "lbfgs" or isinstance(rule, LBFGS):
        max_fun = whole_number("max_fun", asked.max_fun, 1)
        return {"optimizer": LBFGS(max_evaluations=max_fun) if rule == "lbfgs" else rule}
    schedule = _schedule(asked, one_epoch)
    if rule == "sgd":
        rule = _sgd(asked)
    elif isinstance(rule, str):
        rule = _adam(asked, schedule)
    rules = {"optimizer": rule, "schedule": schedule}
    return {name: value for name, value in rules.items() if value is not None}


def _sgd(asked: EstimatorParameters) -> Optimizer:
    rate = cast(float, asked.learning_rate_init)
    nesterov = asked.nesterovs_momentum and asked.momentum != 0
    return GradientDescent(rate, asked.momentum, nesterov)


def _adam(asked: EstimatorParameters, schedule: Schedule | Plateau | None) -> Optimizer | None:
    """Adam with the numbers given; None where none are."""
    usual = Adam(adam_rate(schedule))
    rate = _given(asked.learning_rate_init)
    rate = usual.learning_rate if rate is None else rate
    rule = Adam(rate, asked.beta_1, asked.beta_2, asked.epsilon)
    return None if rule == usual else rule


def _schedule(asked: EstimatorParameters, one_epoch: bool) -> Schedule | Plateau | None:
    """The schedule asked for; None where it is to be chosen."""
    match asked.learning_rate:
        case "auto":
            return Constant() if one_epoch else None
        case "constant":
            return Constant()
        case "invscaling":
            return InverseScaling(asked.power_t)
        case "adaptive":
            epochs = _given(asked.n_iter_no_change)
            patience = None if epochs is None else _patience(epochs)
            return Plateau(10 if patience is None else patience, factor=0.2)
        case str(unknown):
            raise InputError(
                f"Unknown learning_rate {unknown!r:.80}: choose one of "
                f"{', '.join(LEARNING_RATES)}, or a schedule such as "
                "glassnet.schedules.Step(20)."
            )
    return asked.learning_rate


def settings_of(
    asked: EstimatorParameters, choices: Automatic, class_weight: ClassWeight
) -> Settings:
    """How to train, the chosen settings and the others."""
    finite_number("tol", asked.tol, 0)
    passed_on = {name: getattr(asked, name) for name in PASSED_ON}
    if asked.record_every is None:  # a snapshot of the start and of the end, and none in between
        passed_on["record_every"] = sys.maxsize
    return choices.settings(
        **passed_on,
        dtype="float64" if asked.dtype == "auto" else asked.dtype,
        seed=_seed(asked),
        class_weight=class_weight,
        min_improvement=asked.tol,
    )


def _seed(asked: EstimatorParameters) -> int:
    if isinstance(asked.random_state, Integral):
        return whole_number("random_state", asked.random_state, 0)
    return int(check_random_state(asked.random_state).randint(2**31))


def _activation(asked: EstimatorParameters) -> str | tuple[str, ...]:
    asked_for = asked.activation
    if isinstance(asked_for, str):
        return ACTIVATION_NAMES.get(asked_for, asked_for)
    if not isinstance(asked_for, Sequence) or not all(isinstance(n, str) for n in asked_for):
        raise InputError(
            f"activation must be the name of a function, or one a layer, not {given(asked_for)}."
        )
    return tuple(ACTIVATION_NAMES.get(name, name) for name in asked_for)


def _given(value: Any) -> Any:
    """The value, or None where it is "auto"."""
    return None if isinstance(value, str) and value == "auto" else value
