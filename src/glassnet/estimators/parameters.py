"""The parameters of the estimators: scikit-learn's, and other settings of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, make_dataclass
from typing import Any

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
PASSED_ON = tuple(name for name in SETTINGS if name not in BY_SCIKIT_LEARN)

_PassedOn: Any = make_dataclass(
    "_PassedOn",
    [(name, Any, field(default=SETTINGS[name].default)) for name in PASSED_ON],
    kw_only=True, eq=False, repr=False,
)  # fmt: skip


@dataclass(eq=False, repr=False)
class EstimatorParameters(_PassedOn):  # type: ignore[misc]
    """What classifier and regressor are given."""

    hidden_layer_sizes: int | Sequence[int] | str = "auto"
    activation: str | tuple[str, ...] = "relu"
    _: KW_ONLY
    loss: str = "auto"
    solver: str | Optimizer = "auto"
    alpha: float | str = "auto"
    batch_size: int | str = "auto"
    learning_rate: str | Schedule | Plateau = "auto"
    learning_rate_init: float | str = "auto"
    power_t: float = 0.5
    max_iter: int | str = "auto"
    shuffle: bool = True
    random_state: int | np.random.RandomState | None = None
    tol: float = 1e-4
    verbose: bool = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float | str = "auto"
    max_fun: int = 15000
    initialiser: str = "auto"
    engine: str | Engine = "auto"


@dataclass(kw_only=True, eq=False, repr=False)
class ClassifierParameters(EstimatorParameters):
    """What a classifier is given besides."""

    class_weight: Mapping[Any, float] | str | None = None
