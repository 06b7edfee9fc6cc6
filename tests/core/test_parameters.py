"""The flat vector, its views, and where training starts."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.core.parameters import INITIALISERS

TUTORIAL = gn.Network((2, 3, 3, 1))


def test_views_and_vector_are_one_memory() -> None:
    parameters = gn.Parameters(TUTORIAL, np.arange(25.0))
    (W1, b1), _, (W3, b3) = parameters.layers
    assert W1.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert b1.tolist() == [[6], [7], [8]]
    assert W3.tolist() == [[21, 22, 23]]
    b3[0, 0] = -1
    assert parameters.vector[24] == -1


def test_from_layers_puts_every_number_where_its_name_says() -> None:
    layers = gn.Parameters(TUTORIAL, np.arange(25.0)).layers
    flat_biases = [(W, b[:, 0]) for W, b in layers]
    for given in (layers, flat_biases):
        parameters = gn.Parameters.from_layers(TUTORIAL, given)
        assert parameters.vector.tolist() == list(range(25))
    assert parameters.names[:2] == ["W1[1,1]", "W1[1,2]"]
    assert parameters.names[-1] == "b3[1]"


def test_legacy_numpy_repeats_the_tutorials_draws() -> None:
    state = np.random.RandomState(7)
    W1, W2, W3 = state.rand(3, 2), state.rand(3, 3), state.rand(1, 3)
    drawn = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=7).layers
    for (W, b), expected in zip(drawn, (W1, W2, W3), strict=True):
        assert (W == expected).all()
        assert (b == 0).all()


@pytest.mark.parametrize("initialiser", INITIALISERS)
def test_same_seed_same_start_with_zero_biases(initialiser: str) -> None:
    first, second = (gn.Parameters.initial(TUTORIAL, initialiser, seed=3) for _ in range(2))
    assert (first.vector == second.vector).all()
    assert all((b == 0).all() for _, b in first.layers)


@pytest.mark.parametrize(
    ("initialiser", "spread"),
    [
        ("uniform", np.sqrt(1 / 12)),
        ("glorot_uniform", np.sqrt(2 / 500)),
        ("glorot_normal", np.sqrt(2 / 500)),
        ("he_uniform", np.sqrt(2 / 300)),
        ("he_normal", np.sqrt(2 / 300)),
        ("zeros", 0),
    ],
)
def test_spread_of_the_weights_is_the_papers(initialiser: str, spread: float) -> None:
    network = gn.Network((300, 200))
    W, _ = gn.Parameters.initial(network, initialiser, seed=0).layers[0]
    assert W.std() == pytest.approx(spread, rel=0.02)
    assert W.mean() == pytest.approx(0.5 if initialiser == "uniform" else 0, abs=0.002)


def test_wrong_parameters_are_refused_with_both_shapes() -> None:
    with pytest.raises(gn.InputError, match=r"\(25,\).*\(24,\)"):
        gn.Parameters(TUTORIAL, np.zeros(24))
    layers = gn.Parameters.initial(TUTORIAL, seed=0).layers
    with pytest.raises(gn.InputError, match=r"3 layers.*2 were given"):
        gn.Parameters.from_layers(TUTORIAL, layers[:2])
    with pytest.raises(gn.InputError, match=r"W1 must have shape \(3, 2\), but has \(2, 3\)"):
        gn.Parameters.from_layers(TUTORIAL, [(layers[0][0].T, layers[0][1]), *layers[1:]])
    with pytest.raises(gn.InputError, match="b3 holds a value that is not finite"):
        gn.Parameters.from_layers(TUTORIAL, [*layers[:2], (layers[2][0], [np.nan])])
    with pytest.raises(gn.InputError, match="array of numbers"):
        gn.Parameters.from_layers(TUTORIAL, [*layers[:2], ([["a", "b", "c"]], [0])])
    with pytest.raises(gn.InputError, match="choose one of uniform"):
        gn.Parameters.initial(TUTORIAL, "xavier")
    with pytest.raises(gn.InputError, match="seed"):
        gn.Parameters.initial(TUTORIAL, seed=-1)
    with pytest.raises(gn.InputError, match="below 2"):
        gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=2**32)
