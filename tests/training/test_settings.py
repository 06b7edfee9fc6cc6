"""Settings are refused where they make no sense, and survive JSON."""

from __future__ import annotations

from typing import Any

import pytest

import glassnet as gn
from glassnet.optim.schedules import Cosine, InverseScaling, Plateau, RestOfCosine, Step
from glassnet.training.settings import Settings


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(gn.AdamW(0.01, weight_decay=0.1), batch_size=7, seed=2**40, dtype="float32"),
        Settings(gn.LBFGS(memory=3), l1=1e-3, l2=1e-300, stop_below=0.005),
        Settings(gn.RMSprop(0.02), schedule=Plateau(3, 0.1), dropout=(0.1, 0.2)),
        Settings(gn.GradientDescent(0.1, 0.9, nesterov=True), schedule=Step(4), clip_norm=0.1),
        Settings(class_weight={0: 1.0, 3: 2.5}, validation_fraction=0.25, patience=4),
        Settings(class_weight="balanced", schedule=InverseScaling(0.3), training_metrics=True),
        Settings(schedule=RestOfCosine(10, 3), batch_size=2),
        Settings(schedule=Cosine(10, 0.1), min_improvement=1e-9, record_every=5),
    ],
    ids=repr,
)
def test_json_gives_equal_settings_back(settings: Settings) -> None:
    assert Settings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"optimizer": {"rule": "Magic"}}', "null"])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(gn.InputError, match="not the JSON of settings"):
        Settings.from_json(text)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "patience must be a whole number from 1"),
        (
            {"validation_fraction": 1.0},
            "validation_fraction must be a finite number above 0",
        ),
        ({"validation_fraction": 0.0}, "above 0 and below 1, or None, not 0.0"),
        ({"dropout": 1.0}, "dropout must be a finite number from 0 to below 1"),
        ({"dropout": (0.1, -0.1)}, "dropout must be a finite number"),
        ({"clip_norm": 0.0}, "clip_norm must be a finite number above 0, or None"),
        ({"min_improvement": -1.0}, "min_improvement must be a finite number from 0"),
        ({"class_weight": "fair"}, "Unknown class_weight 'fair': choose balanced or None"),
        ({"class_weight": {0: -1.0}}, "The weight of class 0 must be a finite number from 0"),
        ({"class_weight": {"a": 1.0}}, "Each class in class_weight must be a whole number"),
        ({"optimizer": "adam"}, "optimizer must be a rule"),
        ({"optimizer": gn.Adam}, "optimizer must be a rule"),
        ({"schedule": "cosine"}, "schedule must be a rule"),
        ({"optimizer": gn.LBFGS(), "batch_size": 5}, "L-BFGS needs the same loss"),
        ({"optimizer": gn.LBFGS(), "dropout": 0.1}, "L-BFGS needs the same loss"),
        ({"optimizer": gn.LBFGS(), "schedule": Step(3)}, "L-BFGS finds the length"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(gn.InputError, match=message):
        Settings(**settings)


def test_dropout_is_one_rate_for_all_layers_or_one_each() -> None:
    network = gn.Network((2, 3, 4, 1))
    assert Settings(dropout=0.5).dropout_by_layer(network) == (0.5, 0.5)
    assert Settings(dropout=(0.0, 0.5)).dropout_by_layer(network) == (0.0, 0.5)
    assert Settings().dropout_by_layer(network) == ()
    with pytest.raises(gn.InputError, match="1 dropout rates were given for 2 hidden layers"):
        Settings(dropout=(0.5,)).dropout_by_layer(network)
