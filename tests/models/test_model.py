"""A model predicts what its run predicts, and rows of a table as its recipe says."""

from __future__ import annotations

import dataclasses

import dask.array as da
import numpy as np
import pytest

import glassnet as gn
from example_models import ROWS, TARGETS, full_model, plain_model
from glassnet.data.preprocessing import NumericColumn, Recipe, Target
from glassnet.models.model import Model


@pytest.mark.parametrize(
    ("network", "y"),
    [
        (gn.Network((2, 3, 1)), [0, 1, 1, 0]),
        (gn.Network((2, 3, 3)), [0, 1, 2, 0]),
        (gn.Network((2, 3, 1), loss="mean_squared_error"), [0.5, 1, 2, -3]),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_model_and_run_predict_the_same(network: gn.Network, y: list[float], dtype: str) -> None:
    X = np.random.default_rng(0).normal(size=(4, 2))
    run = gn.train(network, X, y, max_epochs=3, dtype=dtype, seed=0)
    model = Model(run.network, run.parameters)
    assert model.dtype == dtype
    np.testing.assert_array_equal(model.outputs(X), run.outputs(X))
    np.testing.assert_array_equal(model.predict(X), run.predict(X))
    if network.loss != "mean_squared_error":
        np.testing.assert_array_equal(model.predict_probability(X), run.predict_probability(X))


@pytest.mark.parametrize("loss", TARGETS)
def test_rows_become_classes_or_numbers_of_the_target(loss: str) -> None:
    model = full_model(loss)
    assert model.recipe is not None
    a = model.outputs(model.recipe.encode(ROWS))
    found = model.predict_rows(ROWS)
    if loss == "mean_squared_error":
        np.testing.assert_allclose(found, a * [12.0, 0.1] + [70.5, 1.75], rtol=1e-15)
        return
    if loss == "poisson":
        np.testing.assert_array_equal(found, a[:, 0])
        return
    p = model.predict_probability_rows(ROWS)
    assert p.shape == (5, len(model.classes or ()))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)
    expected = np.array(model.classes)[p.argmax(axis=1)]
    assert found.tolist() == expected.tolist()


def test_the_order_of_columns_is_of_no_account() -> None:
    model = full_model()
    reordered = dict(reversed(ROWS.items())) | {"another": np.zeros(5)}
    assert model.predict_rows(reordered).tolist() == model.predict_rows(ROWS).tolist()


def test_without_a_recipe_there_are_no_rows_by_name() -> None:
    model = plain_model(gn.Network((2, 1)))
    assert model.classes is None
    with pytest.raises(gn.InputError, match=r"use predict\(X\)"):
        model.predict_rows({"x": np.zeros(2)})


def test_a_regression_has_no_probabilities() -> None:
    with pytest.raises(gn.InputError, match="no probabilities"):
        full_model("mean_squared_error").predict_probability_rows(ROWS)


def recipe(n_columns: int, target: Target) -> Recipe:
    columns = tuple(NumericColumn(f"x{i}", 0.0, 1.0, 0.0, False) for i in range(n_columns))
    return Recipe(columns, target)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (recipe(3, Target(("y",), (0, 1), (), ())), "makes 3 features"),
        (recipe(2, Target(("y",), ("a", "b", "c"), (), ())), "3 classes or columns"),
        (recipe(2, Target(("y",), None, (0.0,), (1.0,))), "target are numbers"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(wrong: Recipe, message: str) -> None:
    with pytest.raises(gn.InputError, match=message):
        dataclasses.replace(plain_model(gn.Network((2, 3, 1))), recipe=wrong)


def test_parameters_that_do_not_fit_or_are_not_finite_are_refused() -> None:
    model = plain_model(gn.Network((2, 3, 1)))
    with pytest.raises(gn.InputError, match="parameters are those of"):
        dataclasses.replace(model, network=gn.Network((2, 3, 1), "relu"))
    vector = model.parameters.vector.copy()
    vector[7] = np.nan
    with pytest.raises(gn.InputError, match=r"b1\[2\] is not a finite number"):
        Model(model.network, gn.Parameters(model.network, vector))


def test_blocks_without_rows_are_predicted_for_too() -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    blocks = da.from_array(X, chunks=((20, 0, 20, 0, 20), (2,)))
    for sizes, loss in (((2, 3, 1), "binary_cross_entropy"), ((2, 3), "mean_squared_error")):
        network = gn.Network(sizes, "tanh", loss)
        model = gn.Model(network, gn.Parameters.initial(network, "glorot_uniform", seed=0))
        found = da.asarray(model.predict(blocks)).compute(scheduler="synchronous")
        np.testing.assert_allclose(found, model.predict(X), rtol=1e-12)
        assert found.dtype == model.predict(X).dtype
