"""Finer encodings of the columns of a recipe: knots at quantiles, rare categories together.

A network of few neurons bends a standardised number with difficulty. In pieces between knots,
where the data are dense, it bends where they do. Which of both suits a table shows only when rows
are held out, so that a recipe may make the features of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from glassnet.core.parameters import Array
from glassnet.data.preprocessing import (
    CategoryColumn,
    Coded,
    Column,
    NumericColumn,
    Recipe,
    Values,
)

PIECES = 8  # of a column, if there are not many columns
MOST_PIECES = 200  # of all columns together, but two of each
RARE = 5  # rows: categories with fewer have one feature together


def with_knots(recipe: Recipe, values: Mapping[str, Values]) -> Recipe:
    """Return the recipe with knots for its numbers, at quantiles of the values.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    values : mapping of str to array of shape (n_samples,)
        The columns to learn from; those that are left out stay as they are.

    Returns
    -------
    Recipe
        Each number with more than two different values has a feature for each piece besides.
    """
    numbers = [c.name for c in recipe.columns if isinstance(c, NumericColumn)]
    pieces = min(PIECES, max(2, MOST_PIECES // max(1, len(numbers))))
    columns = (
        replace(column, knots=quantile_knots(np.asarray(values[column.name], float), pieces))
        if isinstance(column, NumericColumn) and column.name in values
        else column
        for column in recipe.columns
    )
    return replace(recipe, columns=tuple(columns))


def quantile_knots(values: Array, pieces: int) -> tuple[float, ...]:
    """Return the ends of pieces with about as many of the values each, NaN left out.

    Parameters
    ----------
    values : array of shape (n_samples,)
        The values.
    pieces : int
        How many pieces at most: of few different values there are fewer.

    Returns
    -------
    tuple of float
        The ends, ascending; none for two different values or less.
    """
    present = values[~np.isnan(values)]
    different = np.unique(present)
    if len(different) <= 2:
        return ()
    ends = np.quantile(present, np.linspace(0, 1, pieces + 1), method="inverted_cdf")
    knots = np.unique(ends)
    if len(knots) < 3:  # nearly all are the same: the others have a piece on either side
        knots = np.unique([different[0], *knots, different[-1]])
    # Neighbours so near that their distance is nothing in 64 bits would be divided by.
    return tuple(float(k) for k in knots) if np.all(np.isfinite(1 / np.diff(knots))) else ()


def with_rare_together(recipe: Recipe, values: Mapping[str, Values]) -> Recipe:
    """Return the recipe with one feature for all rare categories of a column.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    values : mapping of str to array of shape (n_samples,)
        The columns to learn from.

    Returns
    -------
    Recipe
        Where several categories have fewer than RARE rows each, they are "another", and so is
        whatever the column holds later.
    """
    return replace(
        recipe, columns=tuple(_rare_together(c, values.get(c.name)) for c in recipe.columns)
    )


def _rare_together(column: Column, values: Values | None) -> Column:
    if not isinstance(column, CategoryColumn) or not isinstance(values, Coded) or column.ordered:
        return column
    counts = dict(zip(values.texts, np.bincount(values.codes + 1)[1:].tolist(), strict=False))
    common = tuple(c for c in column.categories if counts.get(c, 0) >= RARE)
    if len(column.categories) - len(common) < 2 or not common:
        return column
    return replace(column, categories=common, others=True)


def feature_sets(recipe: Recipe) -> dict[str, tuple[int, ...]]:
    """Return the features that networks may take, by what becomes of a number.

    Parameters
    ----------
    recipe : Recipe
        A recipe, with knots or without.

    Returns
    -------
    dict of str to tuple of int
        "standardised" has all features but the pieces; "pieces", if there are any, all but the
        standardised numbers that have pieces.
    """
    standardised, pieces = [], []
    first = 0
    for column in recipe.columns:
        features = list(range(first, first + len(column.feature_names)))
        n = len(column.intervals) if isinstance(column, NumericColumn) else 0
        standardised += [features[0], *features[1 + n :]] if n else features
        pieces += features[1:] if n else features
        first += len(features)
    sets = {"standardised": tuple(standardised)}
    return sets | {"pieces": tuple(pieces)} if len(pieces) > len(standardised) else sets


def without_knots(recipe: Recipe) -> Recipe:
    """Return the recipe whose features are the standardised ones alone.

    Parameters
    ----------
    recipe : Recipe
        A recipe with knots.

    Returns
    -------
    Recipe
        Its features are `feature_sets(recipe)["standardised"]`, in that order.
    """
    columns = (replace(c, knots=()) if isinstance(c, NumericColumn) else c for c in recipe.columns)
    return replace(recipe, columns=tuple(columns))
