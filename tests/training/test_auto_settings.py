"""Automatic settings: what follows from what, and that each has its reason."""

from __future__ import annotations

import pytest

import glassnet as gn
from glassnet.core.network import ACTIVATIONS
from glassnet.optim.schedules import Constant, Cosine, Plateau
from glassnet.training.auto_settings import Automatic, Choice, automatic, l2_penalty
from glassnet.training.settings import Settings

SIZES = (1, 10, 63, 64, 1_000, 16_000, 100_000, 5_000_000)


def updates(settings: Automatic, n_samples: int) -> int:
    batch = settings.batch_size.value or n_samples
    return settings.max_epochs.value * -(-n_samples // batch)


@pytest.mark.parametrize("n_samples", SIZES)
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mean_squared_error"])
def test_every_setting_has_a_sentence_and_trains(n_samples: int, loss: str) -> None:
    chosen = automatic(n_samples, loss)
    for name, choice in chosen:
        assert choice.reason.endswith("."), name
        assert choice.reason[0].isupper() or choice.reason[0].isdigit() or "relu" in choice.reason
    values = {name: choice.value for name, choice in chosen}
    del values["hidden_layer_sizes"], values["initialiser"]
    Settings(**values)  # refuses what makes no training


@pytest.mark.parametrize("n_samples", SIZES)
def test_updates_are_neither_few_nor_endless(n_samples: int) -> None:
    chosen = automatic(n_samples, "binary_cross_entropy")
    assert updates(chosen, n_samples) >= 1_000
    assert chosen.max_epochs.value <= 1_000
    assert updates(chosen, n_samples) <= 110_000


def test_more_rows_mean_larger_batches_and_no_more_epochs() -> None:
    chosen = [automatic(n, "binary_cross_entropy") for n in SIZES if n >= 64]
    batches = [settings.batch_size.value or 0 for settings in chosen]
    epochs = [settings.max_epochs.value for settings in chosen]
    assert batches == sorted(batches)
    assert epochs == sorted(epochs, reverse=True)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_rectifiers_start_from_he_and_the_others_from_glorot(activation: str) -> None:
    rectifiers = {"relu", "leaky_relu", "elu", "gelu"}
    expected = "he_uniform" if activation in rectifiers else "glorot_uniform"
    for given in (activation, (activation, activation)):
        chosen = automatic(100, "binary_cross_entropy", activation=given)
        assert chosen.initialiser.value == expected


def test_what_is_given_stays_and_the_rest_follows() -> None:
    chosen = automatic(1_000, "binary_cross_entropy", batch_size=1_000)
    assert chosen.batch_size == Choice(1_000, "It was given.")
    assert updates(chosen, 1_000) == 1_000  # an epoch is one update, and there are no more epochs
    assert chosen.schedule.value == Cosine(chosen.max_epochs.value)
    assert automatic(1_000, "binary_cross_entropy", batch_size=None).batch_size.value is None


def test_a_given_cosine_says_how_many_epochs_there_are() -> None:
    assert automatic(1_000, "binary_cross_entropy", schedule=Cosine(7)).max_epochs.value == 7


def test_lbfgs_gets_what_it_goes_with() -> None:
    chosen = automatic(1_000, "binary_cross_entropy", optimizer=gn.LBFGS())
    assert chosen.batch_size.value is None
    assert chosen.schedule.value == Constant()
    assert chosen.patience.value is None


def test_patience_belongs_to_validation_and_to_a_constant_rate() -> None:
    loss = "binary_cross_entropy"
    assert automatic(1_000, loss).patience.value is None
    assert automatic(1_000, loss, schedule=Plateau()).patience.value is None
    assert automatic(1_000, loss, schedule=Constant()).patience.value == 10
    assert automatic(1_000, loss, validation_fraction=0.1).patience.value == 20


def test_the_penalty_depends_on_what_the_rows_count() -> None:
    loss = "binary_cross_entropy"
    twice = automatic(1000, loss, weight_sum=2000.0)
    assert twice.l2.value == automatic(2000, loss).l2.value == 1 / 2000


def test_the_penalty_of_few_rows_stays_small() -> None:
    assert automatic(20, "binary_cross_entropy").l2.value == pytest.approx(0.005)
    assert automatic(20, "mean_squared_error").l2.value == pytest.approx(0.01)


def test_alpha_is_that_of_half_the_squared_error_summed_over_outputs() -> None:
    assert l2_penalty(1.0, 50, "binary_cross_entropy") == 1 / 50
    assert l2_penalty(1.0, 50, "mean_squared_error") == 2 / 50
    assert l2_penalty(1.0, 50, "mean_squared_error", 4) == 0.5 / 50


def test_wrong_requests_are_refused_in_one_sentence() -> None:
    with pytest.raises(gn.InputError, match="Unknown setting 'epochs': choose from hidden"):
        automatic(100, "binary_cross_entropy", epochs=3)
    with pytest.raises(gn.InputError, match="n_samples must be a whole number from 1"):
        automatic(0, "binary_cross_entropy")
    with pytest.raises(gn.InputError, match="alpha must be a finite number from 0"):
        l2_penalty(-1.0, 10, "binary_cross_entropy")
