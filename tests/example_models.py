"""Models with a recipe of every kind of column, and rows with every kind of value."""

from __future__ import annotations

import numpy as np

import glassnet as gn
from glassnet.core.network import OUTPUT_ACTIVATION
from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Column,
    DateColumn,
    NumericColumn,
    Recipe,
    Target,
)
from glassnet.models.model import Model

COLUMNS: tuple[Column, ...] = (
    NumericColumn("length (cm)", 5.84, 0.83, 5.8, False),
    NumericColumn("double", -1200.5, 333.25, -1100.0, True),
    BooleanColumn("smokes?", 0.0, True),
    BooleanColumn("old", 0.0, False),
    CategoryColumn("colour", ("red", "grün", "b \"l' u\\e"), True),
    CategoryColumn("class", ("a", "b"), False),
    DateColumn("when", 18000.0, 700.0, 18100.0, True),
    DateColumn("seen", 10.0, 5.0, 9.5, False),
)

ROWS: dict[str, np.ndarray] = {
    "length (cm)": np.array([5.1, 6.25, np.nan, -3.5, 0.0]),
    "double": np.array([-1000.0, np.nan, -1300.5, 1e-9, np.nan]),
    "smokes?": np.array([True, False, None, True, None], object),
    "old": np.array([True, None, False, False, True], object),
    "colour": np.array(["red", "grün", None, "unseen", "b \"l' u\\e"], object),
    "class": np.array(["b", None, "a", "zz", "b"], object),
    "when": np.array([18262.5, np.nan, 20000.0, 16400.25, 18000.0]),
    "seen": np.array([np.nan, 12.0, 8.75, 365.2425, -2.5]),
}

TARGETS = {
    "binary_cross_entropy": Target(("y",), (False, True), (), ()),
    "categorical_cross_entropy": Target(("y",), ("ja", "näh", 'don\'t "know"'), (), ()),
    "mean_squared_error": Target(("weight", "größe"), None, (70.5, 1.75), (12.0, 0.1)),
    "poisson": Target(("visits",), None, (0.0,), (1.0,)),
}


# What numbers and categories may become besides; they read the ROWS, too.
FINER_COLUMNS: tuple[Column, ...] = (
    NumericColumn("length (cm)", 5.8, 0.9, 5.8, False, limit=3.0),
    NumericColumn("double", -1200.5, 333.25, -1100.0, True, 2.0, (-1300.25, -1100.0, -0.5, 3.0)),
    CategoryColumn("colour", ("red", "grün"), True, others=True),
    CategoryColumn("class", ("a", "b"), False, ordered=True),
    NumericColumn("seen", 10.0, 5.0, 9.5, True, knots=(0.0, 9.0)),
    CategoryColumn("smokes?", ("False", "True"), True, others=True, ordered=True),
)


def finer_model(loss: str = "mean_squared_error", dtype: str = "float64") -> Model:
    """A network over columns with limits, knots, rare categories and such in order."""
    recipe = Recipe(FINER_COLUMNS, TARGETS[loss])
    network = gn.Network((recipe.n_features, 4, full_model(loss).network.sizes[-1]), "tanh", loss)
    vector = gn.Parameters.initial(network, "glorot_normal", 1).vector + 0.01
    return Model(network, gn.Parameters(network, vector.astype(dtype)), recipe)


def full_model(
    loss: str = "categorical_cross_entropy",
    activation: str | tuple[str, ...] = ("tanh", "relu"),
    dtype: str = "float64",
    seed: int = 4,
) -> Model:
    """A network over every kind of column, with random parameters."""
    assert loss in OUTPUT_ACTIVATION
    target = TARGETS[loss]
    recipe = Recipe(COLUMNS, target)
    outputs = len(target.names) if target.classes is None else len(target.classes)
    n_out = 1 if loss == "binary_cross_entropy" else outputs
    network = gn.Network((recipe.n_features, 5, 4, n_out), activation, loss)
    start = gn.Parameters.initial(network, "glorot_normal", seed)
    vector = (start.vector + 0.01).astype(dtype)  # biases are not all zero
    return Model(network, gn.Parameters(network, vector), recipe, {"epochs": 12, "loss": 0.25})


def plain_model(network: gn.Network, dtype: str = "float64", seed: int = 0) -> Model:
    """A model of arrays, without a recipe."""
    vector = gn.Parameters.initial(network, "glorot_normal", seed).vector + 0.01
    return Model(network, gn.Parameters(network, vector.astype(dtype)))
