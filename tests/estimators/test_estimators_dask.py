"""Estimators that are fitted in Dask's workers, and searches that run there."""

from __future__ import annotations

import pickle

import dask.array as da
import dask.dataframe as dd
import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import glassnet as gn
from clusters import samples
from glassnet.estimators import NetworkClassifier, NetworkRegressor

X, Y = samples(2500)
NAMES = np.where(Y == 1, "yes", "no")


def test_a_classifier_fits_and_predicts_dask_arrays(client: Client) -> None:
    chunked, labels = da.from_array(X, chunks=(600, 3)), da.from_array(NAMES, chunks=700)
    model = NetworkClassifier((8,), max_iter=5, batch_size=500, random_state=0)
    there = clone(model).set_params(engine=gn.engines.Dask(client))
    there = clone(there).fit(chunked, labels)
    here = clone(model).fit(X, NAMES)
    np.testing.assert_allclose(there.loss_curve_, here.loss_curve_, rtol=1e-12)
    assert there.classes_.tolist() == ["no", "yes"]
    lazily = there.predict(chunked)
    assert isinstance(lazily, da.Array)
    assert (lazily.compute() == here.predict(X)).all()
    np.testing.assert_allclose(there.predict_proba(chunked).compute(), here.predict_proba(X))
    local = pickle.loads(pickle.dumps(there.to_local()))
    np.testing.assert_array_equal(local.predict(X), there.predict(X))
    assert local.run_.engine.name == "compiled" or not gn.engines.built()


def test_a_regressor_fits_a_dask_data_frame_with_the_current_client(client: Client) -> None:
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(6)]).assign(y=100 * X[:, 0] + X[:, 1])
    parted = dd.from_pandas(table, npartitions=3)
    features = [f"x{i}" for i in range(6)]
    model = NetworkRegressor((8,), max_iter=5, batch_size=500, random_state=0)
    there = clone(model).fit(parted[features], parted["y"], sample_weight=np.ones(len(X)))
    here = clone(model).fit(table[features], table["y"])
    np.testing.assert_allclose(there.loss_curve_, here.loss_curve_, rtol=1e-12)
    assert list(there.feature_names_in_) == features
    found = there.predict(parted[features].to_dask_array(lengths=True)).compute()
    np.testing.assert_allclose(found, here.predict(table[features]), rtol=1e-9)


def test_a_data_frame_is_scored_and_its_columns_are_looked_at(client: Client) -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(60, 2)), columns=["a", "b"])
    labels = (frame.a > 0).map({True: "yes", False: "no"})
    parted, parted_labels = (
        dd.from_pandas(frame, npartitions=3),
        dd.from_pandas(labels, npartitions=3),
    )
    model = NetworkClassifier((3,), max_iter=5, random_state=0).fit(parted, parted_labels)
    assert model.score(parted, parted_labels) == model.to_local().score(frame, labels)
    assert np.asarray(model.predict(parted)).tolist() == model.to_local().predict(frame).tolist()
    with pytest.raises(gn.InputError, match=r"columns \['b', 'a'\]"):
        model.predict(parted[["b", "a"]])


def test_a_grid_search_under_the_dask_backend_finds_what_it_finds_here(client: Client) -> None:
    grid = {"hidden_layer_sizes": [(4,), (8,)], "alpha": [0.1, 10.0]}
    model = NetworkClassifier(max_iter=3, random_state=0, engine="reference")
    search = GridSearchCV(model, grid, cv=2)
    here = clone(search).fit(X[:600], NAMES[:600])
    with joblib.parallel_config(backend="dask"):
        there = clone(search).fit(X[:600], NAMES[:600])
    assert there.best_params_ == here.best_params_
    np.testing.assert_array_equal(
        there.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"]
    )
