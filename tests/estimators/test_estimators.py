"""scikit-learn's contract, its own networks as oracle, and what the estimators add."""

from __future__ import annotations

import doctest
import inspect
import pickle
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import glassnet as gn
from glassnet.estimators import NetworkClassifier, NetworkRegressor, classifier, regressor
from glassnet.explain import explain
from glassnet.optim.schedules import Step

X, NUMBERS = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
NAMES = np.array(["setosa", "versicolor", "virginica"])[NUMBERS]
TWO = NUMBERS < 2
LENGTH = 3.0 * X[:, 2] + np.sin(X[:, 0])
FAST: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 60, "random_state": 0}
UNFINISHED = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def relu(z: np.ndarray) -> np.ndarray:
    return z * (z > 0)


def by_hand(model: Any, X: np.ndarray, g: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What comes out of the last layer before its activation."""
    for l, (W, b) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), start=2):
        X = X @ W + b
        X = X if l == model.n_layers_ else g(X)
    return X


@parametrize_with_checks([NetworkClassifier(), NetworkRegressor()])  # type: ignore[untyped-decorator]
def test_scikit_learns_checks_pass(estimator: Any, check: Any) -> None:
    check(estimator)


@UNFINISHED
@pytest.mark.parametrize(
    ("ours", "theirs"), [(NetworkClassifier, MLPClassifier), (NetworkRegressor, MLPRegressor)]
)
def test_every_parameter_of_scikit_learns_network_is_taken(ours: Any, theirs: Any) -> None:
    # Its classifier has one loss only, and so no parameter of that name.
    known = inspect.signature(theirs).parameters
    assert set(known) <= set(inspect.signature(ours).parameters)
    defaults = theirs().get_params()
    defaults.pop("loss", None)
    ours(**defaults).set_params(max_iter=1).fit(X, NUMBERS)


CONVEX: dict[str, Any] = {
    "hidden_layer_sizes": (),
    "solver": "lbfgs",
    "alpha": 2.0,
    "tol": 1e-9,
    "max_iter": 2000,
    "random_state": 0,
}


@pytest.mark.parametrize("y", [NUMBERS, TWO], ids=["three", "two"])
def test_a_convex_problem_has_scikit_learns_solution(y: np.ndarray) -> None:
    # With one weight vector too many, softmax has its solution through the penalty alone.
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    ours = NetworkClassifier(**CONVEX).fit(X, y, weight)
    theirs = MLPClassifier(**CONVEX).fit(X, y, weight)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4)
    other = ours.set_params(alpha=2.2).fit(X, y, weight).predict_proba(X)
    assert np.abs(other - theirs.predict_proba(X)).max() > 1e-3


def test_a_linear_regression_has_scikit_learns_solution() -> None:
    y = (LENGTH - LENGTH.mean()) / LENGTH.std()
    ours = NetworkRegressor(**CONVEX).fit(X, y)
    theirs = MLPRegressor(**CONVEX).fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-5)


def test_alpha_refers_to_the_rows_of_a_batch_as_there() -> None:
    many = np.random.default_rng(0).normal(size=(500, 4))
    y = many[:, 0] > 0
    for batch_size, rows in (("auto", 200), (50, 50), (1000, 500)):
        model = NetworkClassifier(alpha=0.1, batch_size=batch_size, **FAST).fit(many, y)
        assert model.run_.settings.l2 == pytest.approx(0.1 / rows)


def test_probabilities_add_up_and_decide() -> None:
    for y in (NAMES, TWO):
        model = NetworkClassifier(random_state=0).fit(X, y)
        probability = model.predict_proba(X)
        np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-12)
        assert (model.predict(X) == model.classes_[probability.argmax(axis=1)]).all()
        np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), probability, rtol=1e-12)
        assert model.score(X, y) > 0.95


def test_coefficients_give_the_predictions() -> None:
    of_classes = NetworkClassifier(**FAST).fit(X, NAMES)
    assert (NAMES.dtype, of_classes.out_activation_) == (of_classes.classes_.dtype, "softmax")
    assert (
        of_classes.classes_[by_hand(of_classes, X, relu).argmax(1)] == of_classes.predict(X)
    ).all()
    y = np.column_stack([LENGTH, 1000 * X[:, 1] + 5])
    of_numbers = NetworkRegressor(**FAST).fit(X, y)
    np.testing.assert_allclose(by_hand(of_numbers, X, relu), of_numbers.predict(X), rtol=1e-9)
    assert of_numbers.predict(X).shape == y.shape
    assert of_numbers.n_outputs_ == 2


def test_units_of_the_target_do_not_matter() -> None:
    scores = [
        NetworkRegressor(**FAST).fit(X, y).score(X, y)
        for y in (LENGTH, 1e-9 * LENGTH, 1e9 * LENGTH + 1e9)
    ]
    np.testing.assert_allclose(scores, scores[0], rtol=1e-4)


def test_a_constant_target_is_predicted() -> None:
    model = NetworkRegressor(random_state=0).fit(X, np.full(len(X), 1e-6))
    np.testing.assert_allclose(model.predict(X), 1e-6, rtol=0.02)


def test_partial_fit_five_times_equals_five_epochs_bit_for_bit() -> None:
    settings: dict[str, Any] = FAST | {"max_iter": 5, "solver": "adam", "dropout": 0.2}
    with pytest.warns(ConvergenceWarning, match="limit of 5 epochs"):
        whole = NetworkClassifier(**settings).fit(X, NAMES)
    parts = NetworkClassifier(**settings)
    for _ in range(5):
        parts.partial_fit(X, NAMES, classes=np.unique(NAMES))
    assert (parts.run_.parameters.vector == whole.run_.parameters.vector).all()
    assert parts.loss_curve_ == whole.loss_curve_
    assert (parts.n_iter_, parts.t_) == (whole.n_iter_, whole.t_) == (5, 5 * len(X))


def test_partial_fit_meets_classes_one_after_the_other() -> None:
    model = NetworkClassifier(random_state=0)
    for _ in range(30):
        for name in np.unique(NAMES):
            chosen = np.flatnonzero(NAMES == name)[:20]
            model.partial_fit(X[chosen], NAMES[chosen], classes=np.unique(NAMES))
    assert model.predict(X).shape == NAMES.shape
    with pytest.raises(gn.InputError, match="'rose', which is not among the classes"):
        model.partial_fit(X[:2], ["rose", "setosa"])
    with pytest.raises(gn.InputError, match="leave them out, or fit a new estimator"):
        model.partial_fit(X, NAMES, classes=["setosa", "rose"])


def test_partial_fit_of_a_regressor_keeps_the_first_units() -> None:
    model = NetworkRegressor(random_state=0)
    for _ in range(100):
        for part in np.array_split(np.random.default_rng(0).permutation(len(X)), 2):
            model.partial_fit(X[part], LENGTH[part])
    assert model.score(X, LENGTH) > 0.9


def test_lbfgs_has_no_partial_fit_and_early_stopping_none_either() -> None:
    assert not hasattr(NetworkClassifier(solver="lbfgs"), "partial_fit")
    assert not hasattr(NetworkRegressor(solver=gn.LBFGS()), "partial_fit")
    with pytest.raises(gn.InputError, match="does not support early_stopping"):
        NetworkRegressor(early_stopping=True).partial_fit(X, LENGTH)
    with pytest.raises(gn.InputError, match="classes must be passed on the first call"):
        NetworkClassifier().partial_fit(X, NAMES)


def test_warm_start_goes_on_from_the_last_parameters() -> None:
    model = NetworkClassifier(warm_start=True, **FAST).fit(X, NAMES)
    before = model.run_.parameters.vector
    model.fit(X, NAMES)
    assert (model.run_.start.vector == before).all()
    with pytest.raises(gn.InputError, match="Training goes on with"):
        model.set_params(hidden_layer_sizes=(9,)).fit(X, NAMES)
    fresh = clone(model).set_params(hidden_layer_sizes=(8,)).fit(X, NAMES)
    assert (fresh.run_.start.vector != before).any()


def test_pickled_it_predicts_the_same_and_leaves_the_data_at_home() -> None:
    many = np.tile(X, (100, 1))
    model = NetworkRegressor(**FAST).fit(many, np.tile(LENGTH, 100))
    stored = pickle.dumps(model)
    assert len(stored) < many.nbytes / 20
    assert (pickle.loads(stored).predict(X) == model.predict(X)).all()


def test_the_run_is_there_to_be_looked_at() -> None:
    model = NetworkClassifier(record_every=20, **FAST).fit(X, NAMES)
    assert model.run_.history.snapshot_epochs.tolist() == [0, 20, 40, 60]
    assert model.run_.settings.seed == 0
    few = NetworkClassifier(**FAST).fit(X, NAMES)
    assert few.run_.history.snapshot_epochs.tolist() == [0, 60]


def test_early_stopping_measures_and_keeps_the_best() -> None:
    model = NetworkClassifier(
        early_stopping=True, validation_fraction=0.3, n_iter_no_change=5, random_state=0
    ).fit(X, NAMES)
    scores = model.validation_scores_
    assert scores is not None
    assert len(scores) == model.n_iter_ == len(model.loss_curve_)
    assert model.best_validation_score_ == max(scores)
    assert model.run_.kept_epoch == model.validation_curve_["loss"].argmin() + 1
    assert model.best_loss_ is None
    assert NetworkRegressor(**FAST).fit(X, LENGTH).best_validation_score_ is None


def test_without_shuffling_the_order_is_that_of_the_rows() -> None:
    def fitted(seed: int, shuffle: bool) -> np.ndarray:
        model = NetworkClassifier((), initialiser="zeros", shuffle=shuffle, max_iter=3)
        found: np.ndarray = model.set_params(random_state=seed).fit(X, NAMES).coefs_[0]
        return found

    assert (fitted(0, shuffle=False) == fitted(1, shuffle=False)).all()
    assert (fitted(0, shuffle=True) != fitted(1, shuffle=True)).any()


def test_class_weights_go_by_label() -> None:
    rare = np.concatenate([np.flatnonzero(TWO), np.flatnonzero(~TWO)[:8]])
    y = np.where(TWO, "often", "rare")[rare]
    noisy = X[rare][:, 1:2]  # one feature that tells them apart badly

    def share(class_weight: Any) -> float:
        model = NetworkClassifier(class_weight=class_weight, **FAST).fit(noisy, y)
        return float((model.predict(noisy) == "rare").mean())

    assert share(None) < share("balanced")
    assert share(None) < share({"rare": 100})
    with pytest.raises(gn.InputError, match="class_weight names 'raer'"):
        share({"raer": 100})


@UNFINISHED
@pytest.mark.parametrize(
    "more",
    [
        {"activation": ("tanh", "logistic"), "hidden_layer_sizes": (6, 5)},
        {"activation": "gelu", "dropout": 0.3, "clip_norm": 1.0},
        {
            "dtype": "float32",
            "solver": "sgd",
            "learning_rate": "invscaling",
            "learning_rate_init": 0.1,
        },
        {"solver": gn.RMSprop(0.01), "learning_rate": Step(5)},
        {"learning_rate": "adaptive", "beta_1": 0.8, "engine": "reference"},
        {"solver": "lbfgs", "early_stopping": True, "max_iter": 200},
        {"loss": "categorical_cross_entropy", "hidden_layer_sizes": 7, "random_state": 1},
    ],
)
def test_settings_of_all_kinds_learn(more: dict[str, Any]) -> None:
    model = NetworkClassifier(**({"max_iter": 60, "random_state": 0} | more)).fit(X, TWO)
    assert model.score(X, TWO) > 0.9
    assert clone(model).get_params()["activation"] == model.activation


def test_float32_is_the_precision_of_everything() -> None:
    model = NetworkRegressor(dtype="float32", **FAST).fit(X, LENGTH)
    assert model.run_.parameters.vector.dtype == np.float32


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"solver": "adagrad"}, "Unknown solver 'adagrad': choose one of auto, adam"),
        ({"learning_rate": "fast"}, "Unknown learning_rate 'fast'"),
        ({"loss": "hinge"}, "Unknown loss 'hinge': choose log_loss"),
        ({"loss": "binary_cross_entropy"}, "but y holds 3"),
        ({"activation": "swish"}, "Unknown activation 'swish'"),
        ({"dtype": "float16"}, "Unknown dtype 'float16'"),
        ({"max_iter": 0}, "max_iter must be a whole number from 1"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"alpha": -1}, "alpha must be a finite number from 0"),
        ({"hidden_layer_sizes": (0,)}, "Each of hidden_layer_sizes must be a whole number from 1"),
        ({"hidden_layer_sizes": 3.5}, "hidden_layer_sizes must be a whole number, several such"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be a whole number from 1, not 0"),
        ({"tol": -1}, "tol must be a finite number from 0, not -1"),
        ({"random_state": -1}, "random_state must be a whole number from 0"),
        ({"early_stopping": True, "validation_fraction": 0.0}, "above 0 and below 1"),
        ({"engine": "quantum"}, "Unknown engine 'quantum'"),
    ],
)
def test_wrong_parameters_are_refused_in_one_sentence(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        NetworkClassifier(**settings).fit(X, NAMES)


def test_wrong_targets_are_refused_in_one_sentence() -> None:
    labels = np.eye(3, dtype=int)[NUMBERS] | [1, 0, 0]
    with pytest.raises(gn.InputError, match="Several labels a sample need log_loss"):
        NetworkClassifier(loss="categorical_cross_entropy").fit(X, labels)
    with pytest.raises(gn.InputError, match="the fit before did not"):
        NetworkClassifier(**FAST).fit(X, NUMBERS).partial_fit(X, labels)
    with pytest.raises(gn.InputError, match="The loss 'binary_cross_entropy' is for classes"):
        NetworkRegressor(loss="binary_cross_entropy").fit(X, LENGTH)
    with pytest.raises(gn.InputError, match="for counts from 0, but y holds -1 in row 2"):
        NetworkRegressor(loss="poisson").fit(X, np.where(np.arange(len(X)) == 2, -1, 3))
    model = NetworkRegressor().partial_fit(X, LENGTH)
    with pytest.raises(gn.InputError, match="y has 2 columns"):
        model.partial_fit(X, np.column_stack([LENGTH, LENGTH]))


def test_a_run_that_diverges_warns_and_one_that_does_so_at_once_is_refused() -> None:
    model = NetworkRegressor(solver="sgd", learning_rate_init=20.0, random_state=0)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        model.fit(X, LENGTH)
    with pytest.raises(gn.InputError, match="diverged in epoch 2"):
        model.set_params(learning_rate_init=1e200).fit(X, LENGTH)
    with pytest.raises(gn.InputError, match="diverged in epoch 1"):
        NetworkRegressor(random_state=0).fit(1e300 * X, LENGTH)


def test_max_iter_is_a_limit() -> None:
    assert NetworkClassifier(max_iter=10**6, random_state=0).fit(X, NAMES).n_iter_ == 600
    assert NetworkClassifier(max_iter=7, random_state=0).fit(X, NAMES).n_iter_ == 7


def test_choices_are_kept_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    model = NetworkClassifier(verbose=True, **FAST).fit(X, NAMES)
    printed = capsys.readouterr().out
    assert model.choices_.batch_size.reason in printed
    assert f"Iteration 60, loss = {model.loss_:.8f}" in printed


def test_model_selection_and_calibration_work() -> None:
    pipeline = make_pipeline(StandardScaler(), NetworkClassifier(**FAST))
    search = GridSearchCV(pipeline, {"networkclassifier__alpha": [0.01, 1.0]}, cv=2, n_jobs=2)
    with joblib.parallel_config("threading"):  # scikit-learn's checks pickle them
        assert search.fit(X, NAMES).best_score_ > 0.5
    assert cross_val_score(NetworkRegressor(**FAST), X, LENGTH, cv=2).shape == (2,)
    calibrated = CalibratedClassifierCV(NetworkClassifier(**FAST), cv=2).fit(X, NAMES)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)


def test_data_frames_and_weights_pass_through_a_pipeline() -> None:
    from pandas import DataFrame

    frame = DataFrame(X, columns=["a", "b", "c", "d"])
    weight = np.where(NAMES == "setosa", 1.0, 0.0) + (NAMES == "virginica")
    with sklearn.config_context(enable_metadata_routing=True):
        network = NetworkClassifier(**FAST).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, network).set_output(transform="pandas")
        pipeline.fit(frame, NAMES, sample_weight=weight)
    assert "versicolor" not in pipeline.predict(frame)
    assert pipeline[-1].feature_names_in_.tolist() == ["a", "b", "c", "d"]


def test_the_boundary_can_be_drawn() -> None:
    from matplotlib.figure import Figure

    model = NetworkClassifier(**FAST).fit(X[:, :2], NAMES)
    axes = Figure().subplots()
    display = DecisionBoundaryDisplay.from_estimator(model, X[:, :2], ax=axes, grid_resolution=20)
    assert display.response.shape[:2] == (20, 20)


@pytest.mark.parametrize("module", [classifier, regressor])
def test_examples_in_docstrings_are_right(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0


def test_repr_and_html_show_what_was_set() -> None:
    model = NetworkClassifier((5, 5), activation=("tanh", "relu"))
    assert repr(model) == (
        "NetworkClassifier(activation=('tanh', 'relu'), hidden_layer_sizes=(5, 5))"
    )
    html = model._repr_html_()
    assert "NetworkClassifier" in html
    assert "hidden_layer_sizes" in html


def test_a_warm_start_goes_on_with_curve_and_samples_seen() -> None:
    model = NetworkClassifier((3,), max_iter=4, warm_start=True, random_state=0).fit(X, NAMES)
    first = list(model.loss_curve_)
    model.set_params(max_iter=6).fit(X, NAMES)
    assert model.loss_curve_[:4] == first
    assert len(model.loss_curve_) == 10
    assert model.t_ == 10 * len(X)


@pytest.mark.parametrize("power", [-670, 515, 1000])
def test_targets_of_any_size_are_learned_alike(power: int) -> None:
    y = X[:, 0]
    model = NetworkRegressor((4,), max_iter=5, random_state=0)
    expected = clone(model).fit(X, y).predict(X)
    np.testing.assert_array_equal(
        model.fit(X, np.ldexp(y, power)).predict(X), np.ldexp(expected, power)
    )


def test_targets_that_cannot_be_distinguished_are_refused() -> None:
    y = np.r_[-1.7e308, np.full(len(X) - 1, 1.7e308)]
    with pytest.raises(gn.InputError, match="y holds numbers too large"):
        NetworkRegressor((4,), max_iter=5).fit(X, y)


@pytest.mark.parametrize("weighing", [1, 2, 4, 8, 40])
def test_early_stopping_holds_out_rows_that_weigh_something_or_says_why_not(weighing: int) -> None:
    weight = np.zeros(len(X))
    weight[np.linspace(0, len(X) - 1, weighing).astype(int)] = 1
    model = NetworkRegressor(
        (3,), max_iter=3, early_stopping=True, random_state=0, n_iter_no_change=np.inf
    )
    if weighing < 2:
        with pytest.raises(gn.InputError, match="not 1 that weighs something"):
            model.fit(X, X[:, 0], weight)
    else:
        assert len(model.fit(X, X[:, 0], weight).loss_curve_) == 3


def test_bags_of_six_rows_train_with_early_stopping() -> None:
    points = gn.datasets.moons(60, noise=0.2)
    member = NetworkClassifier((3,), max_iter=3, early_stopping=True)
    bags = BaggingClassifier(member, n_estimators=20, max_samples=6, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        bags.fit(points.X, points.y)
    for one in bags.estimators_:
        assert len(one.validation_scores_) == one.n_iter_


def test_one_class_alone_is_predicted_for_every_row() -> None:
    model = NetworkClassifier(**FAST).fit(X, ["only"] * len(X))
    assert set(model.predict(X)) == {"only"}
    assert (model.predict_proba(X) == np.ones((len(X), 1))).all()


def test_a_warm_start_needs_the_same_classes() -> None:
    model = NetworkClassifier(warm_start=True, **FAST).fit(X, NAMES)
    with pytest.raises(gn.InputError, match="With warm_start, fit goes on with the classes"):
        model.fit(X[TWO], NAMES[TWO])


@UNFINISHED
def test_a_named_solver_brings_scikit_learns_defaults() -> None:
    for solver in ("sgd", "adam", "lbfgs"):
        theirs = MLPClassifier(solver=solver, random_state=0).get_params()
        settings = NetworkClassifier(solver=solver, random_state=0).fit(X, NAMES).run_.settings
        assert settings.max_epochs == theirs["max_iter"]
        assert settings.l2 == pytest.approx(theirs["alpha"] / len(X))
        assert settings.patience == theirs["n_iter_no_change"]
        if solver != "lbfgs":
            assert settings.optimizer.learning_rate == theirs["learning_rate_init"]


def test_lbfgs_stops_when_it_may_evaluate_no_more() -> None:
    before = 0
    for max_fun in (5, 15):
        model = NetworkClassifier((8,), solver="lbfgs", max_fun=max_fun, random_state=0)
        with pytest.warns(ConvergenceWarning, match="evaluated the loss as often as it may"):
            model.fit(X, NAMES)
        assert before < model.n_iter_ <= max_fun
        before = model.n_iter_


def test_sparse_rows_are_those_of_the_dense_ones() -> None:
    from scipy.sparse import coo_array, csr_matrix

    sparse = np.where(np.abs(X) > 0.5, X, 0.0)
    dense = NetworkClassifier(**FAST).fit(sparse, NAMES)
    kinds: list[Any] = [coo_array, csr_matrix]
    for kind in kinds:
        model = NetworkClassifier(**FAST).fit(kind(sparse), NAMES)
        np.testing.assert_array_equal(
            model.predict_proba(kind(sparse)), dense.predict_proba(sparse)
        )


@pytest.mark.parametrize("network", [NetworkClassifier, NetworkRegressor])
def test_float32_rows_are_answered_in_float32_and_computed_in_float64(network: Any) -> None:
    single, double = (network(**FAST).fit(X.astype(k), NUMBERS) for k in (np.float32, np.float64))
    for ours, theirs in zip(single.coefs_, double.coefs_, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    of_rows = "predict" if network is NetworkRegressor else "predict_proba"
    assert getattr(single, of_rows)(X.astype(np.float32)).dtype == np.float32


def test_weights_that_are_set_are_those_that_predict() -> None:
    y = np.column_stack([LENGTH, 1000 * X[:, 1] + 5])
    first = NetworkRegressor(**FAST).fit(X, y)
    second = NetworkRegressor(**FAST).fit(X, y[::-1])
    second.coefs_, second.intercepts_ = first.coefs_, first.intercepts_
    np.testing.assert_allclose(second.predict(X), first.predict(X), rtol=1e-9)
    with pytest.raises(ValueError, match="read-only"):
        first.coefs_[0][:] = 0
    third = NetworkRegressor((8,), solver="sgd", learning_rate_init=1e-300)
    third.coefs_, third.intercepts_ = list(first.coefs_), list(first.intercepts_)
    np.testing.assert_allclose(third.partial_fit(X, y).predict(X), first.predict(X), rtol=1e-9)
    fourth = NetworkRegressor(**FAST)
    with pytest.raises(AttributeError, match="once it is fitted"):
        _ = fourth.intercepts_
    fourth.coefs_ = first.coefs_
    with pytest.raises(gn.InputError, match="Set both coefs_ and intercepts_"):
        fourth.fit(X, y)


def test_a_quantile_has_its_share_below_and_the_median_heeds_no_outlier() -> None:
    rng = np.random.default_rng(0)
    many = rng.uniform(-2, 2, (2000, 1))
    y = many[:, 0] ** 2 + (0.2 + np.abs(many[:, 0])) * rng.normal(size=2000)
    settings: dict[str, Any] = {"hidden_layer_sizes": (16,), "max_iter": 60, "random_state": 0}
    for level in (0.1, 0.9):
        model = NetworkRegressor(loss=f"quantile({level})", **settings).fit(many, y)
        assert abs((y < model.predict(many)).mean() - level) < 0.03
    y[::20] += 100
    for loss in ("absolute_error", "huber"):
        model = NetworkRegressor(loss=loss, **settings).fit(many, y)
        assert np.abs(model.predict(many) - many[:, 0] ** 2).mean() < 0.5
    squared = NetworkRegressor(**settings).fit(many, y)
    assert np.abs(squared.predict(many) - many[:, 0] ** 2).mean() > 2


@UNFINISHED
def test_labels_are_learned_each_by_itself() -> None:
    labels = np.column_stack([TWO, X[:, 0] > 0, NUMBERS == 1])
    model = NetworkClassifier(random_state=0).fit(X, labels)
    assert model.predict_proba(X).shape == labels.shape
    assert model.score(X, labels) > 0.8  # all three right
    with pytest.raises(gn.InputError, match="gives 3 labels"):
        explain(model.run_.parameters, X, labels)
