"""Each diagnosis is made of a run that has the fault and not of another, and its advice helps."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.data.preprocessing import NumericColumn, Recipe, Target
from glassnet.explain import Diagnosis, Finding, diagnose
from glassnet.tutorial.demo import advice
from glassnet.tutorial.demo_settings import DATA, DemoSettings

MOONS = gn.datasets.moons(100, seed=0)
CURVE = gn.datasets.curve(60, seed=0)
BLOBS = gn.datasets.blobs(90, seed=0)


def names(run: gn.Run, X: Any, y: Any, **more: Any) -> list[str]:
    diagnoses = diagnose(run, X, y, **more)
    assert not any("{" in str(diagnosis) for diagnosis in diagnoses)  # every number is filled in
    return [diagnosis.name for diagnosis in diagnoses]


def found(name: str, run: gn.Run, X: Any, y: Any, **more: Any) -> Diagnosis:
    by_name = {diagnosis.name: diagnosis for diagnosis in diagnose(run, X, y, **more)}
    assert name in by_name, by_name
    assert "{" not in str(by_name[name])
    return by_name[name]


def train(
    sizes: tuple[int, ...],
    X: Any,
    y: Any,
    activation: str = "tanh",
    loss: str | None = None,
    start: str = "glorot_uniform",
    scale: float = 1.0,
    **settings: Any,
) -> gn.Run:
    """Gradient descent at a rate of 0.1 over 500 epochs unless the settings say otherwise."""
    network = gn.Network(sizes, activation, loss)
    parameters = gn.Parameters.initial(network, start, seed=0)
    parameters.vector[...] *= scale
    usual: dict[str, Any] = {"optimizer": gn.GradientDescent(0.1), "max_epochs": 500, "seed": 0}
    return gn.train(network, X, y, parameters=parameters, **(usual | settings))


def paused(sizes: tuple[int, ...], X: Any, y: Any, epochs: int, **settings: Any) -> gn.Run:
    """A run of tanh as it is after some of its epochs, when the training waits."""
    optimizer = gn.GradientDescent(settings.pop("rate", 0.4))
    network = gn.Network(sizes, "tanh", settings.pop("loss", None))
    training = gn.Training(network, X, y, gn.Settings(optimizer=optimizer, seed=0, **settings))
    training.advance(epochs)
    return training.so_far()


def demo(**settings: Any) -> gn.Run:
    training = DemoSettings(**settings).training()
    for _ in training:
        pass
    return training.run


def test_unscaled_input_and_scaling_it_helps() -> None:
    X = MOONS.X * (1, 2000) + (0, 5000)
    run = train((2, 8, 1), X, MOONS.y)
    diagnosis = found("unscaled input", run, X, MOONS.y)
    assert diagnosis.numbers["feature"] == 1
    scaled = (X - X.mean(0)) / X.std(0)
    better = train((2, 8, 1), scaled, MOONS.y)
    assert better.history.loss[-1] < 0.6 * run.history.loss[-1]
    assert "unscaled input" not in names(better, scaled, MOONS.y)


def test_a_diagnosis_is_a_value_and_becomes_words_at_the_edge() -> None:
    X = MOONS.X * (1, 2000)
    (diagnosis,) = diagnose(train((2, 8, 1), X, MOONS.y, max_epochs=100), X, MOONS.y)
    assert diagnosis.kind is Finding.UNSCALED_INPUT
    assert diagnosis.name == "unscaled input"
    size = np.sqrt(np.mean(X[:, 1] ** 2))
    assert diagnosis.values == {"feature": 1, "root mean square": pytest.approx(size)}
    assert f"feature x[2] has a root mean square of {size:.3g}" in diagnosis.sentence
    moved = Diagnosis(diagnosis.kind, {"feature": 0, "root mean square": 0.01})
    assert "feature x[1] has a root mean square of 0.01, which leaves all" in str(moved)


def test_input_that_is_much_too_small() -> None:
    X = MOONS.X / 1000
    run = train((2, 8, 1), X, MOONS.y)
    assert "nearly the same" in found("unscaled input", run, X, MOONS.y).sentence


def test_a_linear_network_and_a_hidden_layer_helps() -> None:
    run = demo(hidden=(), max_epochs=500)
    assert "straight line" in found("linear network", run, DATA.X, DATA.y).sentence
    better = demo(hidden=(3, 3))
    assert better.history.loss[-1] < 0.1 * run.history.loss[-1]
    assert names(better, DATA.X, DATA.y) == []


def test_a_linear_network_is_no_fault_where_it_fits() -> None:
    run = train((2, 3), BLOBS.X, BLOBS.y)
    assert names(run, BLOBS.X, BLOBS.y) == []


def test_a_linear_network_is_no_fault_before_its_loss_rests() -> None:
    settings: dict[str, Any] = {"stop_below": 1e-4, "max_epochs": 100}
    fits = train((2, 3), BLOBS.X, BLOBS.y, optimizer=gn.GradientDescent(1.0), **settings)
    assert names(fits, BLOBS.X, BLOBS.y) == ["still learning"]
    slow = train((2, 3), BLOBS.X, BLOBS.y, optimizer=gn.GradientDescent(1e-5), **settings)
    assert names(slow, BLOBS.X, BLOBS.y) == ["learning rate too small"]


@pytest.mark.parametrize("goal", [None, 0.005])
def test_a_linear_network_is_seen_where_it_is_paused(goal: float | None) -> None:
    rings = gn.datasets.rings(200)
    run = paused((2, 1), rings.X, rings.y, 60, stop_below=goal)
    assert run.stop_reason == "interrupted"
    assert names(run, rings.X, rings.y) == ["linear network"]


def test_a_symmetric_start_and_a_random_one_helps() -> None:
    network = gn.Network((2, 4, 1), "tanh")
    start = gn.Parameters(network, np.full(network.n_parameters, 0.3))
    settings: dict[str, Any] = {"optimizer": gn.GradientDescent(0.5), "max_epochs": 2000}
    run = gn.train(network, DATA.X, DATA.y, parameters=start, **settings)
    diagnosis = found("symmetric start", run, DATA.X, DATA.y)
    assert diagnosis.numbers == {"layer": 1, "units": 4, "of": 4}
    better = gn.train(network, DATA.X, DATA.y, seed=0, **settings)
    assert better.history.loss[-1] < 0.5 * run.history.loss[-1]
    assert "symmetric start" not in names(better, DATA.X, DATA.y)


def test_two_twins_among_others_are_found() -> None:
    network = gn.Network((2, 5, 1), "tanh")
    start = gn.Parameters.initial(network, seed=0)
    (W, _), (W_next, _) = start.layers
    W[3], W_next[:, 3] = W[1], W_next[:, 1]
    run = gn.train(network, MOONS.X, MOONS.y, parameters=start, max_epochs=50)
    assert found("symmetric start", run, MOONS.X, MOONS.y).numbers["units"] == 2


def test_dead_relus_and_a_smaller_rate_helps() -> None:
    run = train((2, 8, 1), MOONS.X, MOONS.y, "relu", optimizer=gn.GradientDescent(10.0))
    diagnosis = found("dead relus", run, MOONS.X, MOONS.y)
    dead = (gn.trace(run.network, run.parameters, MOONS.X, MOONS.y).a[0] == 0).all(axis=1).sum()
    assert diagnosis.numbers == {"layer": 1, "dead": dead, "of": 8}
    assert "such as 1," in diagnosis.advice
    better = train((2, 8, 1), MOONS.X, MOONS.y, "relu", optimizer=gn.GradientDescent(1.0))
    assert better.history.loss[-1] < 0.1 * run.history.loss[-1]
    assert "dead relus" not in names(better, MOONS.X, MOONS.y)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units_and_smaller_weights_help(activation: str) -> None:
    run = train((2, 8, 8, 1), MOONS.X, MOONS.y, activation, scale=100)
    diagnosis = found("saturated units", run, MOONS.X, MOONS.y)
    assert "from the start" in diagnosis.sentence
    assert diagnosis.numbers["share at the start"] > 0.5
    optimizer = gn.GradientDescent(1.0)  # which is too large where weights are
    better = train((2, 8, 8, 1), MOONS.X, MOONS.y, activation, optimizer=optimizer, max_epochs=2000)
    assert better.history.loss[-1] < run.history.loss[-1]
    assert "saturated units" not in names(better, MOONS.X, MOONS.y)


def test_vanishing_gradients_by_layer_and_another_activation_helps() -> None:
    sizes = (2, *(4,) * 9, 1)
    run = train(sizes, MOONS.X, MOONS.y, "sigmoid", max_epochs=2000)
    numbers = found("vanishing gradients", run, MOONS.X, MOONS.y).numbers
    assert list(numbers) == [f"dW{l}" for l in range(1, 11)]
    assert numbers["dW1"] < 1e-4 * numbers["dW10"]
    better = train(sizes, MOONS.X, MOONS.y, "tanh", max_epochs=2000)
    assert better.history.loss[-1] < 0.6 * run.history.loss[-1]
    assert "vanishing gradients" not in names(better, MOONS.X, MOONS.y)


def test_exploding_gradients_and_smaller_weights_help() -> None:
    sizes = (2, *(10,) * 6, 1)
    settings: dict[str, Any] = {"activation": "relu", "start": "he_uniform", "max_epochs": 1000}
    run = train(sizes, MOONS.X, MOONS.y, scale=6, **settings)
    numbers = found("exploding gradients", run, MOONS.X, MOONS.y).numbers
    assert max(numbers.values()) > 100
    better = train(sizes, MOONS.X, MOONS.y, **settings)
    assert better.history.loss[-1] < 0.5 * run.history.loss[-1]
    assert names(better, MOONS.X, MOONS.y) == []


def test_a_learning_rate_too_large_and_a_smaller_one_helps() -> None:
    run = train((2, 8, 1), MOONS.X, MOONS.y, "relu", optimizer=gn.GradientDescent(20.0))
    diagnosis = found("learning rate too large", run, MOONS.X, MOONS.y)
    assert "larger than at the start" in diagnosis.sentence
    assert "such as 2." in diagnosis.advice
    better = train((2, 8, 1), MOONS.X, MOONS.y, "relu", optimizer=gn.GradientDescent(2.0))
    assert better.history.loss[-1] < 0.01 * run.history.loss[-1]
    assert names(better, MOONS.X, MOONS.y) == []


def test_a_loss_that_jumps_and_a_smaller_rate_helps() -> None:
    def run_at(rate: float) -> gn.Run:
        optimizer = gn.GradientDescent(rate)
        return train((1, 8, 1), CURVE.X, CURVE.y, loss="mean_squared_error", optimizer=optimizer)

    run = run_at(0.3)  # it swings between the same losses; at 0.5 each rounding leads elsewhere
    assert "jumps by" in found("learning rate too large", run, CURVE.X, CURVE.y).sentence
    better = run_at(0.05)
    assert better.history.loss[-1] < 0.5 * run.history.loss[-1]
    assert "learning rate too large" not in names(better, CURVE.X, CURVE.y)


def test_a_divergence_and_a_smaller_rate_helps() -> None:
    def run_at(rate: float) -> gn.Run:
        optimizer = gn.GradientDescent(rate)
        return train((1, 8, 1), CURVE.X, CURVE.y, "relu", "mean_squared_error", optimizer=optimizer)

    run = run_at(1.0)
    assert run.stop_reason == "diverged"
    assert found("diverged", run, CURVE.X, CURVE.y).advice.startswith("Try a smaller learning rate")
    better = run_at(0.1)
    assert better.history.loss[-1] < 0.2 * better.history.loss[0]
    assert "diverged" not in names(better, CURVE.X, CURVE.y)


def test_a_learning_rate_too_small_and_a_larger_one_helps() -> None:
    run = train((2, 8, 1), MOONS.X, MOONS.y, optimizer=gn.GradientDescent(1e-4))
    diagnosis = found("learning rate too small", run, MOONS.X, MOONS.y)
    assert "0.001" in diagnosis.advice
    larger = train((2, 8, 1), MOONS.X, MOONS.y, optimizer=gn.GradientDescent(1e-3))
    gained, before = (r.history.loss[0] - r.history.loss[-1] for r in (larger, run))
    assert gained > 5 * before
    usual = train((2, 8, 1), MOONS.X, MOONS.y)
    assert "learning rate too small" not in names(usual, MOONS.X, MOONS.y)


def test_a_run_that_still_learns_and_more_epochs_help() -> None:
    run = demo(seed=4)
    assert "100000" in found("still learning", run, DATA.X, DATA.y).advice
    assert "stuck" not in names(run, DATA.X, DATA.y)
    assert demo(seed=4, max_epochs=100_000).stop_reason == "loss below 0.005"


def test_a_local_minimum_and_another_start_helps() -> None:
    run = demo(activation="tanh")
    assert "local minimum" in found("stuck", run, DATA.X, DATA.y).sentence
    others = [demo(activation="tanh", seed=seed) for seed in (1, 2, 3)]
    assert any(names(other, DATA.X, DATA.y) == [] for other in others)


def test_a_plateau_is_distinguished_from_a_minimum() -> None:
    run = demo(start="zeros", max_epochs=1000)
    diagnosis = found("stuck", run, DATA.X, DATA.y)
    assert "on a plateau: the loss" in diagnosis.sentence
    assert diagnosis.numbers["loss"] == pytest.approx(diagnosis.numbers["baseline"], rel=1e-3)
    assert "symmetric start" in names(run, DATA.X, DATA.y)


SPIRALS = gn.datasets.spirals()


def test_too_narrow_a_layer_learns_nothing_and_a_wider_one_helps() -> None:
    settings: dict[str, Any] = {"optimizer": gn.GradientDescent(0.4), "max_epochs": 2000}
    run = train((2, 1, 1), SPIRALS.X, SPIRALS.y, **settings)
    diagnosis = found("nothing learned", run, SPIRALS.X, SPIRALS.y)
    right = (run.predict(SPIRALS.X) == SPIRALS.y).mean()
    assert diagnosis.numbers["right"] == pytest.approx(right)
    assert diagnosis.numbers["commonest"] == pytest.approx(0.5)
    assert diagnosis.numbers["baseline"] == pytest.approx(np.log(2))
    assert f"{diagnosis.numbers['right']:.0%} of the samples are right" in diagnosis.sentence
    assert "alone gives 0.6931" in diagnosis.sentence
    assert "a layer of 1 unit," in diagnosis.sentence
    better = train((2, 8, 1), SPIRALS.X, SPIRALS.y, **settings)
    assert (better.predict(SPIRALS.X) == SPIRALS.y).mean() > 0.9
    assert "nothing learned" not in names(better, SPIRALS.X, SPIRALS.y)


@pytest.mark.parametrize("goal", [None, 0.005])
def test_a_pause_on_a_flat_place_says_that_nothing_is_learned_yet(
    goal: float | None,
) -> None:
    run = paused((2, 8, 1), SPIRALS.X, SPIRALS.y, 50, stop_below=goal)
    diagnosis = found("nothing learned", run, SPIRALS.X, SPIRALS.y)
    assert "so far: after 50 epochs" in diagnosis.sentence
    assert "Train on, for 1000 epochs in all" in diagnosis.advice
    later = paused((2, 8, 1), SPIRALS.X, SPIRALS.y, 5000, stop_below=goal)
    assert "nothing learned" not in names(later, SPIRALS.X, SPIRALS.y)
    barely_begun = paused((2, 8, 1), SPIRALS.X, SPIRALS.y, 3, stop_below=goal)
    assert names(barely_begun, SPIRALS.X, SPIRALS.y) == []


def test_a_pause_where_the_loss_rests_for_long_says_so() -> None:
    settings: dict[str, Any] = {"stop_below": 0.005, "max_epochs": 20_000}
    run = paused((2, 1, 1), SPIRALS.X, SPIRALS.y, 2000, **settings)
    assert names(run, SPIRALS.X, SPIRALS.y) == ["stuck"]


def test_some_epochs_are_too_few_to_be_stuck_after() -> None:
    run = train((2, 8, 1), SPIRALS.X, SPIRALS.y, max_epochs=5, stop_below=0.005)
    diagnosis = found("nothing learned", run, SPIRALS.X, SPIRALS.y)
    assert "too early to tell" in diagnosis.sentence
    assert "stuck" not in names(run, SPIRALS.X, SPIRALS.y)


def test_a_regression_that_learned_nothing_is_compared_with_the_mean() -> None:
    hill = gn.datasets.hill()
    run = paused((2, 1, 1), hill.X, hill.y, 12, loss="mean_squared_error", rate=0.003)
    diagnosis = found("nothing learned", run, hill.X, hill.y)
    loss = np.mean((run.predict(hill.X) - hill.y) ** 2)
    r2 = 1 - loss / hill.y.var()
    assert r2 < 0.1
    assert diagnosis.numbers["R2"] == pytest.approx(r2)
    assert f"R2 is {r2:.2f}." in diagnosis.sentence
    assert diagnosis.numbers["baseline"] == pytest.approx(hill.y.var())


def test_a_goal_that_guessing_reaches_is_called_that() -> None:
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    run = train((2, 1), X, y, stop_below=0.7)
    assert run.stop_reason == "loss below 0.7"
    assert "asked for no more" in found("nothing learned", run, X, y).sentence


def test_many_classes_of_which_nothing_is_learned() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(500, 2)), np.arange(500) % 5
    diagnosis = found("nothing learned", paused((2, 8, 5), X, y, 50), X, y)
    assert diagnosis.numbers["commonest"] == pytest.approx(0.2)
    assert diagnosis.numbers["baseline"] == pytest.approx(np.log(5))


def test_where_nothing_else_is_known_both_reasons_are_given() -> None:
    run = train((2, 8, 1), SPIRALS.X, SPIRALS.y, optimizer=gn.GradientDescent(0.4), max_epochs=50)
    assert "features say little" in found("nothing learned", run, SPIRALS.X, SPIRALS.y).sentence


def test_weights_count_in_what_guessing_gets() -> None:
    X, y = np.zeros((40, 1)), np.r_[np.zeros(30, int), np.ones(10, int)]
    weight = np.where(y == 1, 9.0, 1.0)  # 30 and 90
    run = train((1, 4, 1), X, y, sample_weight=weight, max_epochs=15)
    numbers = found("nothing learned", run, X, y, sample_weight=weight).numbers
    assert numbers["commonest"] == pytest.approx(0.75)
    assert numbers["right"] == pytest.approx(0.75)


def rare_class() -> tuple[np.ndarray, np.ndarray]:
    """Two clouds that reach into each other; one sample in twenty is of class 1."""
    generator = np.random.default_rng(0)
    y = np.r_[np.zeros(380, int), np.ones(20, int)]
    return generator.normal(size=(400, 2)) + 1.5 * y[:, np.newaxis], y


def test_class_imbalance_and_weighing_the_rare_class_helps() -> None:
    X, y = rare_class()
    run = train((2, 4, 1), X, y)
    numbers = found("class imbalance", run, X, y).numbers
    assert numbers["class"] == 1
    assert numbers["share"] == 0.05
    assert numbers["recall"] == (run.predict(X)[y == 1] == 1).mean() < 0.5
    weight = np.where(y == 1, 19.0, 1.0)
    better = train((2, 4, 1), X, y, sample_weight=weight)
    assert (better.predict(X)[y == 1] == 1).mean() > 0.7
    assert "class imbalance" not in names(better, X, y, sample_weight=weight)


def test_overfitting_and_stopping_early_helps() -> None:
    generator = np.random.default_rng(0)
    X, held_X = generator.normal(size=(2, 30, 4))
    y, held_y = ((x[:, 0] + generator.normal(size=30) > 0).astype(int) for x in (X, held_X))
    run = train((4, 16, 1), X, y, optimizer=gn.Adam(0.01), record_every=1)

    def held_loss(vector: np.ndarray) -> float:
        parameters = gn.Parameters(run.network, vector)
        return gn.trace(run.network, parameters, held_X, held_y).loss

    validation = np.array([held_loss(vector) for vector in run.history.snapshots[1:]])
    diagnosis = found("overfitting", run, X, y, validation_loss=validation)
    best = int(diagnosis.numbers["best epoch"])
    assert str(best) in diagnosis.advice
    stopped = train((4, 16, 1), X, y, optimizer=gn.Adam(0.01), max_epochs=best)
    assert held_loss(stopped.parameters.vector) < 0.9 * validation[-1]
    assert "overfitting" not in names(stopped, X, y, validation_loss=validation[:best])
    assert "overfitting" not in names(run, X, y)  # nothing is known of held back samples


def test_an_idle_unit_and_leaving_it_out_changes_nothing() -> None:
    run = train((2, 4, 1), MOONS.X, MOONS.y, max_epochs=20)
    (W1, b1), (W2, b2) = run.parameters.layers
    W2[:, 1] = 0  # nobody listens to this unit
    W1[3], b1[3] = 0, 0  # and this one listens to nobody: it always answers 0
    diagnosis = found("idle unit", run, MOONS.X, MOONS.y)
    assert diagnosis.numbers == {"layer": 1, "idle": 2, "of": 4}
    assert "number 2, 4" in diagnosis.sentence
    smaller, rest = gn.Network((2, 2, 1), "tanh"), [0, 2]
    without = gn.Parameters.from_layers(smaller, [(W1[rest], b1[rest]), (W2[:, rest], b2)])
    before = gn.trace(run.network, run.parameters, MOONS.X, MOONS.y)
    after = gn.trace(smaller, without, MOONS.X, MOONS.y)
    np.testing.assert_allclose(after.a[-1], before.a[-1], rtol=1e-12)
    healthy = train((2, 4, 1), MOONS.X, MOONS.y, max_epochs=20)
    assert "idle unit" not in names(healthy, MOONS.X, MOONS.y)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_tutorials_runs_are_in_good_health(seed: int) -> None:
    run = demo(seed=seed)
    assert diagnose(run, DATA.X, DATA.y) == []
    assert advice(run) is None


@pytest.mark.parametrize("seed", range(4))
def test_xor_is_in_good_health(seed: int) -> None:
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    run = gn.train(
        gn.Network((2, 4, 1), "tanh"), X, y, seed=seed,
        optimizer=gn.GradientDescent(0.5), max_epochs=5000, stop_below=0.01,
    )  # fmt: skip
    assert diagnose(run, X, y) == []


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("table", ["iris", "wine", "breast_cancer", "digits"])
def test_good_runs_on_tables_are_in_good_health(table: str, activation: str) -> None:
    X, y = getattr(import_module("sklearn.datasets"), f"load_{table}")(return_X_y=True)
    X = (X - X.mean(0)) / np.maximum(X.std(0), 1e-9)
    n_classes = y.max() + 1
    network = gn.Network((X.shape[1], 16, 1 if n_classes == 2 else n_classes), activation)
    run = gn.train(network, X, y, optimizer=gn.Adam(0.005), batch_size=32, max_epochs=120, seed=0)
    assert (run.predict(X) == y).mean() > 0.95
    assert diagnose(run, X, y) == []


@pytest.mark.parametrize("loss", ["mean_squared_error", "categorical_cross_entropy"])
def test_the_baseline_is_the_loss_of_the_best_constant_answer(loss: str) -> None:
    regression = loss == "mean_squared_error"
    X = np.zeros((60, 1))  # nothing can be known of y
    y = CURVE.y if regression else BLOBS.y[:60]
    sizes = (1, 3, 1 if regression else 3)
    run = train(sizes, X, y, loss=loss, max_epochs=3000)
    diagnosis = found("stuck", run, X, y)
    assert diagnosis.numbers["loss"] == pytest.approx(diagnosis.numbers["baseline"], rel=1e-3)


def test_a_diagnosis_reads_as_sentences_and_wrong_data_are_refused() -> None:
    run = demo(start="zeros", max_epochs=1000)
    for diagnosis in diagnose(run, DATA.X, DATA.y):
        assert str(diagnosis) == f"{diagnosis.sentence} {diagnosis.advice}"
        assert diagnosis.sentence.endswith(".")
        assert diagnosis.advice.endswith(".")
        assert diagnosis.numbers
    with pytest.raises(gn.InputError, match="X must have shape"):
        diagnose(run, DATA.X[:, :1], DATA.y)
    with pytest.raises(gn.InputError, match="one row per sample"):
        diagnose(run, DATA.X, DATA.y[:5])
    with pytest.raises(gn.InputError, match="validation_loss"):
        diagnose(run, DATA.X, DATA.y, validation_loss=[[1.0]])


def test_a_large_table_is_looked_at_in_part() -> None:
    X, y = np.tile(MOONS.X, (200, 1)), np.tile(MOONS.y, 200)
    network = gn.Network((2, 8, 1), "tanh")
    run = gn.train(network, X, y, max_epochs=3, seed=0, sample_weight=np.ones(len(X)))
    assert isinstance(diagnose(run, X, y, sample_weight=np.ones(len(X))), list)


def test_a_rare_class_is_called_by_its_name() -> None:
    X, y = rare_class()
    run = train((2, 4, 1), X, y)
    columns = tuple(NumericColumn(name, 0.0, 1.0, 0.0, False) for name in ("a", "b"))
    named = replace(run, recipe=Recipe(columns, Target(("y",), ("well", "ill"), (), ())))
    diagnosis = found("class imbalance", named, X, y)
    assert diagnosis.sentence.startswith("Class 'ill' is rare, 5.0% of the samples")
    assert "--class-weight balanced" in diagnosis.advice
    assert "a sample of 'ill' then weighs 19 times as much as one of 'well'" in diagnosis.advice


def test_a_learning_rate_beyond_reason_leads_to_a_sane_one() -> None:
    run = train((2, 4, 1), MOONS.X, MOONS.y, optimizer=gn.Adam(1e9), max_epochs=50)
    diagnosis = found("learning rate too large", run, MOONS.X, MOONS.y)
    assert "such as 0.005." in diagnosis.advice


def test_some_idle_units_of_many_are_no_fault() -> None:
    run = train((2, 100, 1), MOONS.X, MOONS.y, "relu", start="he_uniform", max_epochs=5)
    W2 = run.parameters.layers[1][0]
    W2[:, :18] = 0
    assert "idle unit" not in names(run, MOONS.X, MOONS.y)
    W2[:, :40] = 0
    assert "idle unit" in names(run, MOONS.X, MOONS.y)


def test_a_tenth_of_a_learning_rate_far_too_large_is_no_advice() -> None:
    run = train((1, 8, 1), CURVE.X, CURVE.y, "relu", loss="mean_squared_error",
                optimizer=gn.GradientDescent(100.0))  # fmt: skip
    assert "such as 0.005," in found("diverged", run, CURVE.X, CURVE.y).advice
