"""Descriptions of networks: what they are, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.core.activations import HIDDEN, OUTPUT
from glassnet.core.losses import LOSSES
from glassnet.core.network import ACTIVATIONS, OUTPUT_ACTIVATION


def test_loss_follows_from_the_number_of_outputs() -> None:
    assert gn.Network((2, 3, 3, 1)).loss == "binary_cross_entropy"
    assert gn.Network((2, 3)).loss == "categorical_cross_entropy"


def test_one_activation_name_stands_for_every_hidden_layer() -> None:
    network = gn.Network((2, 3, 4, 1), "tanh")
    assert network.activation == ("tanh", "tanh")
    assert network == gn.Network((2, 3, 4, 1), ("tanh", "tanh"))
    assert gn.Network((2, 1), "tanh").activation == ()


def test_tutorial_network_has_25_parameters_in_the_tutorials_shapes() -> None:
    network = gn.Network((2, 3, 3, 1))
    assert network.shapes == [((3, 2), (3, 1)), ((3, 3), (3, 1)), ((1, 3), (1, 1))]
    assert network.n_parameters == 25


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=5),
    activation=st.sampled_from(ACTIVATIONS),
    regression=st.booleans(),
)
def test_json_round_trip(sizes: list[int], activation: str, regression: bool) -> None:
    network = gn.Network(sizes, activation, "mean_squared_error" if regression else None)
    assert gn.Network.from_json(network.to_json()) == network


def test_names_agree_with_the_functions_behind_them() -> None:
    assert tuple(HIDDEN) == ACTIVATIONS
    assert {*LOSSES, "quantile"} == OUTPUT_ACTIVATION.keys()
    assert OUTPUT.keys() == set(OUTPUT_ACTIVATION.values())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (((2, 0, 1),), "at least one neuron"),
        (((2, -3, 1),), "at least one neuron"),
        (((2, 2.5, 1),), "whole numbers"),
        ((("2", 1),), "whole numbers"),
        ((5,), "whole numbers"),
        (((2,),), "input and an output"),
        (((2, 3, 1), "relo"), "choose one of sigmoid, tanh, relu"),
        (((2, 1), "relo"), "choose one of sigmoid, tanh, relu"),
        (((2, 3, 3, 1), ("relu",)), "1 activations were given for 2 hidden layers"),
        (((2, 3, 1), "relu", "hinge"), "binary_cross_entropy (sigmoid)"),
        (((2, 3, 2), "relu", "quantile"), "quantile(0.9) (identity)"),
        (((2, 3, 2), "relu", "quantile(1.5)"), "Unknown loss 'quantile(1.5)'"),
        (((2, 3, 2), "relu", "quantile(0.0)"), "Unknown loss 'quantile(0.0)'"),
        (((2, 3, 1), "relu", "categorical_cross_entropy"), "two or more outputs"),
    ],
)
def test_bad_descriptions_are_refused_in_one_sentence(
    arguments: tuple[Any, ...], sentence: str
) -> None:
    with pytest.raises(gn.InputError) as caught:
        gn.Network(*arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"sizes": [2, 1], "loss": null}'])
def test_bad_json_is_refused(text: str) -> None:
    with pytest.raises(gn.InputError, match="JSON of a network"):
        gn.Network.from_json(text)
