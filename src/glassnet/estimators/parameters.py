"""The parameters of the estimators: scikit-learn's, and other settings of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields, make_dataclass
from inspect import cleandoc
from typing import Any, TypeVar

import numpy as np

from glassnet.engines.interface import Engine
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.schedules import Plateau, Schedule
from glassnet.training.settings import SETTINGS

# What scikit-learn has, by another name or with "auto": the rest is passed on as it is.
BY_SCIKIT_LEARN = {
    "max_epochs": "max_iter",
    "batch_size": "batch_size",
    "seed": "random_state",
    "l2": "alpha",
    "patience": "n_iter_no_change",
    "min_improvement": "tol",
    "validation_fraction": "validation_fraction",
    "class_weight": "class_weight",
}
PASSED_ON = tuple(name for name in SETTINGS if name not in {*BY_SCIKIT_LEARN, "dtype"})

Estimator = TypeVar("Estimator", bound=type)


def parameter(default: Any, help: str) -> Any:
    """Return a dataclass field with what the documentation says of it."""
    return field(default=default, metadata={"help": help})


_PassedOn: Any = make_dataclass(
    "_PassedOn",
    [
        (name, SETTINGS[name].type, parameter(SETTINGS[name].default, SETTINGS[name].help))
        for name in PASSED_ON
    ],
    kw_only=True, eq=False, repr=False,
)  # fmt: skip


@dataclass(eq=False, repr=False)
class EstimatorParameters(_PassedOn):  # type: ignore[misc]
    """The parameters of classifier and regressor."""

    hidden_layer_sizes: int | Sequence[int] | str = parameter(
        "auto", "Neurons of each hidden layer."
    )
    activation: str | tuple[str, ...] = parameter(
        "relu", "Of the hidden layers; a tuple has one for each."
    )
    _: KW_ONLY
    loss: str = parameter("auto", "The loss, of those that fit the task.")
    solver: str | Optimizer = parameter("auto", '"lbfgs", "sgd", "adam", or an optimizer.')
    alpha: float | str = parameter("auto", "The penalty alpha / (2 rows) sum W^2 on the weights.")
    batch_size: int | str = parameter("auto", "Rows of each update.")
    learning_rate: str | Schedule | Plateau = parameter(
        "auto", '"constant", "invscaling", "adaptive", or a schedule.'
    )
    learning_rate_init: float | str = parameter("auto", "The learning rate at the start.")
    power_t: float = parameter(0.5, 'The exponent of "invscaling".')
    max_iter: int | str = parameter("auto", "The most epochs there are.")
    shuffle: bool = parameter(True, "Draw the order of the rows for each epoch.")
    random_state: int | np.random.RandomState | None = parameter(
        None, "Where the random numbers start."
    )
    tol: float = parameter(1e-4, "The least fall of the loss that counts as an improvement.")
    verbose: bool = parameter(False, "Print the loss as training goes on.")
    warm_start: bool = parameter(False, "Go on from the last fit instead of a new start.")
    momentum: float = parameter(0.9, 'The momentum of "sgd".')
    nesterovs_momentum: bool = parameter(True, 'Let "sgd" take Nesterov\'s step.')
    early_stopping: bool = parameter(
        False, "Hold rows out, stop when their loss no longer falls, keep the best."
    )
    validation_fraction: float = parameter(0.1, "The share of rows that are held out.")
    beta_1: float = parameter(0.9, 'How slowly "adam" forgets the mean of the gradient.')
    beta_2: float = parameter(0.999, 'How slowly "adam" forgets the mean square of the gradient.')
    epsilon: float = parameter(1e-8, 'What keeps the division of "adam" finite.')
    n_iter_no_change: float | str = parameter(
        "auto", "Epochs without an improvement before training stops."
    )
    max_fun: int = parameter(15000, 'How often "lbfgs" may evaluate the loss.')
    initialiser: str = parameter("auto", "How the first weights are drawn.")
    ensemble: str = parameter(
        "none",
        '"auto" trains networks on folds, of several penalties, that predict together; "quick" '
        'and "thorough" try less or more.',
    )
    encoding: str = parameter(
        "none",
        '"auto" tries the columns in pieces between their quantiles, too; "pieces" these alone.',
    )
    dtype: str = parameter(
        "auto", '"float64" or "float32"; "auto" computes in float64 and answers in X\'s.'
    )
    engine: str | Engine = parameter("auto", 'What computes: "compiled", "reference" or an engine.')


@dataclass(kw_only=True, eq=False, repr=False)
class ClassifierParameters(EstimatorParameters):
    """The further parameters of a classifier."""

    class_weight: Mapping[Any, float] | str | None = parameter(
        None, '"balanced", or what each class counts; one that is left out counts 1.'
    )


def with_documented_parameters(estimator: Estimator) -> Estimator:
    """Put the section "Parameters" of an estimator before the examples of its docstring."""
    lines = ["Parameters", "----------"]
    for each in sorted(fields(estimator), key=lambda one: one.kw_only is True):
        kind = each.type if isinstance(each.type, str) else each.type.__name__
        lines += [f"{each.name} : {kind.replace('np.', 'numpy.')}", f"    {each.metadata['help']}"]
    text, examples = cleandoc(estimator.__doc__ or "").split("Examples\n")
    section = "\n".join(lines)
    estimator.__doc__ = f"{text}{section}\n\nExamples\n{examples}\n"
    return estimator
