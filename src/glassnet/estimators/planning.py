"""From the parameters of an estimator to the network and the settings of its training."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.core.network import Network
from glassnet.errors import InputError, finite_number, whole_number
from glassnet.optim.optimizers import LBFGS, Adam, GradientDescent, Optimizer
from glassnet.optim.schedules import Constant, InverseScaling, Plateau, Schedule
from glassnet.training.auto_settings import Automatic, adam_rate, automatic, l2_penalty
from glassnet.training.settings import Settings

if TYPE_CHECKING:
    from glassnet.estimators.base import NetworkEstimator

SOLVERS = ("auto", "adam", "sgd", "lbfgs")
LEARNING_RATES = ("auto", "constant", "invscaling", "adaptive")
ACTIVATION_NAMES = {"logistic": "sigmoid"}
SGD_RATE = 0.01
MLP_BATCH = 200  # scikit-learn's automatic batch, to which its alpha refers


def planned(
    asked: NetworkEstimator, n_samples: int, rows: float, n_features: int, *, one_epoch: bool
) -> tuple[Automatic, Network]:
    """The settings, given or chosen, and the network they make."""
    loss, n_outputs = asked._loss_and_outputs()
    activation = _activation(asked)
    given = _given_rule(asked, one_epoch)
    given |= _given_numbers(asked, n_samples, rows, loss, n_outputs, given.get("optimizer"))
    if one_epoch:
        given |= {"max_epochs": 1, "patience": None}
    elif asked.max_iter != "auto":
        given["max_epochs"] = _epochs_at_most(asked, n_samples, given)
    choices = automatic(n_samples, loss, activation=activation, weight_sum=rows, **given)
    if asked.verbose:
        for name, choice in choices:
            print(f"{name} = {choice.value}: {choice.reason}")
    sizes = (n_features, *choices.hidden_layer_sizes.value, n_outputs)
    return choices, Network(sizes, activation, loss)


def _epochs_at_most(asked: NetworkEstimator, n_samples: int, given: dict[str, Any]) -> int:
    """`max_iter`; or fewer, where fewer are enough for the automatic learning rate."""
    limit = whole_number("max_iter", asked.max_iter, 1)
    if "schedule" in given or isinstance(given.get("optimizer"), LBFGS):
        return limit
    planned = automatic(n_samples, asked._loss_and_outputs()[0], **given).max_epochs.value
    return min(limit, planned)


def _given_numbers(
    asked: NetworkEstimator,
    n_samples: int,
    rows: float,
    loss: str,
    n_outputs: int,
    rule: Optimizer | None,
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
        batch = n_samples if by_lbfgs else given.get("batch_size", MLP_BATCH)
        share = min(batch, n_samples) / n_samples
        given["l2"] = l2_penalty(alpha, share * rows, loss, n_outputs)
    return given


def _sizes(sizes: Any) -> tuple[int, ...]:
    """`hidden_layer_sizes` as a tuple: the size of one layer, or those of several."""
    if isinstance(sizes, Sequence | np.ndarray) and not isinstance(sizes, str):
        return tuple(whole_number("Each of hidden_layer_sizes", size, 1) for size in sizes)
    if not isinstance(sizes, Integral):
        raise InputError(
            "hidden_layer_sizes must be a whole number, several such as (100, 50), or 'auto', "
            f"not {sizes!r}."
        )
    return (whole_number("hidden_layer_sizes", sizes, 1),)


def _patience(epochs: Any) -> int | None:
    """`n_iter_no_change`, None where it is infinite: then nothing ends the training early."""
    return None if epochs == math.inf else whole_number("n_iter_no_change", epochs, 1)


def _given_rule(asked: NetworkEstimator, one_epoch: bool) -> dict[str, Any]:
    """Optimizer and schedule, as far as they are not to be chosen."""
    rule: Any = asked.solver
    if isinstance(rule, str) and rule not in SOLVERS:
        raise InputError(
            f"Unknown solver {rule!r}: choose one of {', '.join(SOLVERS)}, or an optimizer "
            "such as glassnet.RMSprop(0.001)."
        )
    if rule == "lbfgs" or isinstance(rule, LBFGS):
        return {"optimizer": LBFGS() if rule == "lbfgs" else rule}
    schedule = _schedule(asked, one_epoch)
    if rule == "sgd":
        rule = _sgd(asked)
    elif isinstance(rule, str):
        rule = _adam(asked, schedule)
    rules = {"optimizer": rule, "schedule": schedule}
    return {name: value for name, value in rules.items() if value is not None}


def _sgd(asked: NetworkEstimator) -> Optimizer:
    rate = _given(asked.learning_rate_init)
    nesterov = asked.nesterovs_momentum and asked.momentum != 0
    return GradientDescent(SGD_RATE if rate is None else rate, asked.momentum, nesterov)


def _adam(asked: NetworkEstimator, schedule: Schedule | Plateau | None) -> Optimizer | None:
    """Adam with the numbers given; None where none are."""
    usual = Adam(adam_rate(schedule))
    rate = _given(asked.learning_rate_init)
    rate = usual.learning_rate if rate is None else rate
    rule = Adam(rate, asked.beta_1, asked.beta_2, asked.epsilon)
    return None if rule == usual else rule


def _schedule(asked: NetworkEstimator, one_epoch: bool) -> Schedule | Plateau | None:
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
                f"Unknown learning_rate {unknown!r}: choose one of "
                f"{', '.join(LEARNING_RATES)}, or a schedule such as "
                "glassnet.schedules.Step(20)."
            )
    return asked.learning_rate


def settings_of(asked: NetworkEstimator, choices: Automatic) -> Settings:
    """How to train, the chosen settings and the others."""
    finite_number("tol", asked.tol, 0)
    chosen = {name: choice.value for name, choice in choices}
    del chosen["hidden_layer_sizes"], chosen["initialiser"]
    return Settings(
        **chosen,
        seed=_seed(asked),
        dtype=asked.dtype,
        # By default a snapshot of the start and of the end, and none in between.
        record_every=sys.maxsize if asked.record_every is None else asked.record_every,
        clip_norm=asked.clip_norm,
        dropout=asked.dropout,
        class_weight=asked._class_weights(),
        min_improvement=asked.tol,
    )


def _seed(asked: NetworkEstimator) -> int:
    if isinstance(asked.random_state, Integral):
        return whole_number("random_state", asked.random_state, 0)
    return int(check_random_state(asked.random_state).randint(2**31))


def _activation(asked: NetworkEstimator) -> str | tuple[str, ...]:
    if isinstance(asked.activation, str):
        return ACTIVATION_NAMES.get(asked.activation, asked.activation)
    return tuple(ACTIVATION_NAMES.get(name, name) for name in asked.activation)


def _given(value: Any) -> Any:
    """The value, or None where it is "auto"."""
    return None if isinstance(value, str) and value == "auto" else value
