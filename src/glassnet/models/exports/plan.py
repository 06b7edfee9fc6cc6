"""The plan of an export: columns, layers, and a few rows with the model's outputs for them.

A model without a recipe gets a plain one, x1, x2, ... as they are, so that every format knows one
kind of model only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glassnet.core.network import Network, refuse_labels
from glassnet.core.parameters import Array
from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Class,
    Column,
    NumericColumn,
    Recipe,
    Target,
)
from glassnet.models.model import Model

Value = float | str | None


@dataclass(frozen=True)
class Plan:
    """A model as an export sees it, with sample rows and the outputs they must give.

    `rows` holds plain values by column: numbers, 0.0 and 1.0, texts, days, None where missing.
    `outputs` is (n_rows, n_classes), or (n_rows, n_targets) in the units of the target.
    """

    model: Model
    recipe: Recipe
    rows: dict[str, list[Value]]
    outputs: Array
    by_name: bool  # False for a model without a recipe

    @property
    def network(self) -> Network:
        """The network that is exported."""
        return self.model.network

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of a row."""
        return self.recipe.columns

    @property
    def classes(self) -> tuple[Class, ...] | None:
        """The classes in the order of the outputs; None for a regression."""
        return self.recipe.target.classes

    @property
    def layers(self) -> list[tuple[Array, Array]]:
        """[(W1, b1), ...] with W (n_out, n_in) and b (n_out,)."""
        return [(W, b[:, 0]) for W, b in self.model.parameters.layers]

    @property
    def functions(self) -> list[str]:
        """The name of each layer's activation, the output's included."""
        return [*self.network.activation, self.network.output_activation]

    @property
    def hidden_functions(self) -> list[str]:
        """The function of each layer where the last gives z, before the output's activation."""
        return [*self.network.activation, "identity"]

    @property
    def scalar_functions(self) -> list[str]:
        """The functions of one number that a source without libraries needs."""
        output = self.network.output_activation
        last = [output] if output in ("sigmoid", "exp") else []
        return list(dict.fromkeys([*self.hidden_functions, *last]))

    @property
    def kinds(self) -> set[str]:
        """The kinds of columns there are."""
        return {kind(column) for column in self.columns}

    @property
    def answer(self) -> str:
        """The name of the numbers that a prediction holds."""
        return "values" if self.classes is None else "probabilities"

    @property
    def slack(self) -> str:
        """How far the self-test of a source may be off, where another library rounds otherwise."""
        return "1e-10" if self.model.dtype == "float64" else "1e-4"


def kind(column: Column) -> str:
    """Return the name of the function that encodes such a column."""
    if isinstance(column, NumericColumn):
        return "number"
    if isinstance(column, BooleanColumn):
        return "boolean"
    return "category" if isinstance(column, CategoryColumn) else "date"


def plan(model: Model, rows: Mapping[str, np.ndarray] | None = None) -> Plan:
    """Return the plan of an export. Without `rows`, some are generated that touch every case.

    Raises InputError if the rows do not fit the model's recipe.
    """
    refuse_labels(model.network)
    recipe = model.recipe or _plain_recipe(model.network)
    by_name = model.recipe is not None
    model = dataclasses.replace(model, recipe=recipe)
    if rows is None:
        plain = {column.name: _made_up(column) for column in recipe.columns}
    else:
        model.encode(rows)  # refuses what the recipe does not take
        plain = {column.name: _plain(column, rows[column.name]) for column in recipe.columns}
    arrays = {name: np.array(values, object) for name, values in plain.items()}
    if recipe.target.classes is None:
        outputs = model.predict_rows(arrays).reshape(-1, len(recipe.target.names))
    else:
        outputs = model.predict_probability_rows(arrays)
    return Plan(model, recipe, plain, outputs, by_name)


def _plain_recipe(network: Network) -> Recipe:
    columns = tuple(
        NumericColumn(f"x{i}", 0.0, 1.0, 0.0, False) for i in range(1, network.sizes[0] + 1)
    )
    n_out = network.sizes[-1]
    if network.is_regression:
        names = ("y",) if n_out == 1 else tuple(f"y{i}" for i in range(1, n_out + 1))
        return Recipe(columns, Target(names, None, (0.0,) * n_out, (1.0,) * n_out))
    return Recipe(columns, Target(("y",), tuple(range(max(n_out, 2))), (), ()))


def _made_up(column: Column) -> list[Value]:
    """Two different values, one that is missing, and one that training never saw."""
    if isinstance(column, BooleanColumn):
        return [1.0, 0.0, None, 1.0]
    if isinstance(column, CategoryColumn):
        unseen = "x" * (1 + max(len(category) for category in column.categories))
        return [column.categories[0], column.categories[-1], None, unseen]
    return [column.mean, column.mean + column.scale, None, column.mean - 2 * column.scale]


def _plain(column: Column, values: np.ndarray) -> list[Value]:
    array = np.asarray(values)
    if array.dtype.kind == "M":
        days = array.astype("datetime64[us]").astype(np.float64) / 86_400e6
        array = np.where(np.isnat(array), np.nan, days)
    kind = str if isinstance(column, CategoryColumn) else float
    return [None if v is None or v != v else kind(v) for v in array.tolist()]  # noqa: PLR0124
