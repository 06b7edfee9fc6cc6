"""A cross-fitting gives what its trainings give alone, stopped and taken up or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import engines
from glassnet.core.samples import checked_data
from glassnet.training.cross_fitting import Candidate, CrossFitting, Screening
from glassnet.training.folds import shuffled_folds
from glassnet.training.settings import Settings

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 3))
Y = (X[:, 0] + X[:, 1] ** 2 + GENERATOR.normal(size=60) > 1).astype(int)
NETWORK = gn.Network((3, 4, 1), "relu", "binary_cross_entropy")
FOLDS = shuffled_folds(60, 3, 0, Y)
SETTINGS = Settings(
    optimizer=gn.Adam(0.02), schedule=gn.schedules.Cosine(40), max_epochs=40, batch_size=16, seed=5
)
CANDIDATES = (
    Candidate("all", (0, 1, 2), 0.001, 0.2),
    Candidate("all, more", (0, 1, 2), 0.1),
    Candidate("two", (1, 0), 0.01),
    Candidate("none of use", (2,), 3.0),
)


def fitting(**changed: Any) -> CrossFitting:
    arguments: dict[str, Any] = {
        "samples": checked_data(NETWORK, X, Y, None, "float64"),
        "network": NETWORK,
        "candidates": CANDIDATES,
        "folds": FOLDS,
        "settings": SETTINGS,
        "initialiser": "he_uniform",
        "screening": Screening(1, 2),
        "engine": engines.choose("auto"),
    }
    return CrossFitting(**(arguments | changed))


def finished(one: CrossFitting) -> CrossFitting:
    for _ in one:
        pass
    return one


def test_members_are_the_trainings_alone_and_predict_what_they_had_not_seen() -> None:
    selection = finished(fitting()).selection
    assert [one.folds for one in selection.tried].count(3) == 2
    assert selection.tried[3].folds == 1
    assert selection.tried[3].weight == 0
    alone = {}
    for one in CANDIDATES:
        for k, fold in enumerate(FOLDS):
            sizes = (len(one.features), 4, 1)
            network = gn.Network(sizes, "relu", "binary_cross_entropy")
            run = gn.train(
                network,
                X[fold.training][:, one.features],
                Y[fold.training],
                parameters=gn.Parameters.initial(network, "he_uniform", 5 + k),
                optimizer=gn.Adam(0.02),
                schedule=gn.schedules.Cosine(40),
                max_epochs=40,
                batch_size=16,
                seed=5 + k,
                l2=one.l2,
                dropout=one.dropout,
            )
            alone[f"{one.name}, fold {k + 1}"] = run
    logits = np.zeros(60)
    for member in selection.ensemble.members:
        run = alone[member.name]
        np.testing.assert_array_equal(member.parameters.vector, run.parameters.vector)
        rows = FOLDS[int(member.name[-1]) - 1].held_out
        p = run.predict_probability(X[rows][:, member.features])
        logits[rows] += 3 * member.weight * np.log(p / (1 - p))
    expected = logits / selection.ensemble.temperature
    np.testing.assert_allclose(selection.logits[:, 0], expected, rtol=1e-9)
    for one, tried in zip(CANDIDATES, selection.tried, strict=True):
        if tried.folds == 3:
            losses = [
                gn.core.metrics.log_loss(
                    Y[f.held_out],
                    alone[f"{one.name}, fold {k + 1}"].predict_probability(
                        X[f.held_out][:, one.features]
                    ),
                )
                for k, f in enumerate(FOLDS)
            ]
            assert tried.loss.value == pytest.approx(np.mean(losses), rel=1e-9)


@pytest.mark.parametrize("after", [1, 3, 5])
def test_stopped_and_taken_up_it_has_the_same_digits(
    after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glassnet.training.cross_fitting.REPORT_SECONDS", 0.0)  # an epoch a step
    whole = finished(fitting()).selection
    first = fitting()
    steps = iter(first)
    for _ in range(7 * after):
        next(steps)
    second = fitting()
    second.resume(first.checkpoint())
    assert second.share_done == first.share_done
    found = finished(second).selection
    np.testing.assert_array_equal(found.logits, whole.logits)
    np.testing.assert_array_equal(
        found.ensemble.parameters.vector, whole.ensemble.parameters.vector
    )


def test_it_is_taken_up_on_the_same_data_and_settings_only() -> None:
    saved = finished(fitting()).checkpoint()
    for changed in (
        {"samples": checked_data(NETWORK, X + 1, Y, None, "float64")},
        {"settings": replace(SETTINGS, seed=1)},
        {"candidates": CANDIDATES[:3]},
        {"folds": shuffled_folds(60, 3, 1, Y)},
        {"screening": Screening(3, 4)},
    ):
        with pytest.raises(gn.InputError, match="another training"):
            fitting(**changed).resume(saved)


def test_the_share_that_is_done_grows_to_the_whole() -> None:
    one = fitting()
    shares = list(one)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert one.total == 4 + 2 * 2


def test_asked_to_stop_it_says_so_and_goes_on() -> None:
    one = fitting()
    one.asked_to_stop.set()
    assert list(one) == []
    assert one.interrupted
    one.asked_to_stop.clear()
    assert finished(one).selection.ensemble.members
