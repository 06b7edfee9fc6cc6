"""The pictures of a frame, all made at once, are those that one neuron after another gives."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground.boundary import boundary
from glassnet.playground.initial_state import InitialState
from glassnet.playground.scenario import Scenario, Spec
from glassnet.playground.timeline import Timeline
from glassnet.playground.view import View

CELLS = 72


def centres(cells: int) -> np.ndarray:
    return (np.arange(cells) + 0.5) / cells


def view_of(**spec: object) -> View:
    return View(Timeline(Scenario(Spec(**spec)), InitialState()))  # type: ignore[arg-type]


@pytest.mark.parametrize("hidden", [(3, 3), (16,) * 8])
def test_each_neuron_has_its_own_scale(hidden: tuple[int, ...]) -> None:
    view = view_of(hidden=hidden, activation=("relu", "tanh", *["elu"] * (len(hidden) - 2)))
    parameters = view.timeline.parameters_at(0)
    arrays, _ = view.pictures(parameters)
    n = sum(hidden) + 1
    assert arrays["neurons"].shape == (n, view.cells**2)
    along = view.extent * (2 * centres(view.cells) - 1)
    at = [[x1, x2] for x2 in along for x1 in along]
    a = gn.trace(view.network, parameters, at, np.zeros(len(at), int)).a
    neurons = np.concatenate(a if len(a) == len(hidden) + 1 else a[1:])
    for values, shades, (low, high) in zip(
        neurons, arrays["neurons"], arrays["ranges"], strict=True
    ):
        share = (np.clip(values, low, high) - low) / (high - low)
        assert np.abs(shades - 255 * share).max() <= 0.5 + 1e-3  # of float32
    most = np.abs(neurons[: hidden[0]]).max(axis=1)
    np.testing.assert_allclose(arrays["ranges"][: hidden[0]], np.stack([-most, most], axis=1), 1e-5)


def test_large_networks_have_coarser_pictures() -> None:
    assert view_of(hidden=(16,) * 8, activation=("tanh",) * 8).cells < view_of().cells


def test_the_boundary_of_a_round_hill_is_a_circle() -> None:
    x, y = np.meshgrid(centres(CELLS), centres(CELLS))
    away = np.hypot(x - 0.4, y - 0.55)
    pieces = boundary(0.5 + 0.3 - away)
    from_centre = np.hypot(pieces[..., 0] - 0.4, pieces[..., 1] - 0.55)
    assert np.abs(from_centre - 0.3).max() < 0.1 / CELLS
    length = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T).sum()
    assert length == pytest.approx(2 * np.pi * 0.3, rel=1e-2)
    ends, counts = np.unique(pieces.reshape(-1, 2).round(5), axis=0, return_counts=True)
    assert set(counts) == {2}  # it is closed: each piece goes on where another ends
    assert len(ends) == len(pieces)


def test_the_boundary_lies_where_a_plane_passes_one_half() -> None:
    x, y = np.meshgrid(centres(CELLS), centres(CELLS))
    pieces = boundary(0.5 + 2 * (x - 0.3) + 3 * (y - 0.6)).astype(np.float64)
    assert len(pieces) > CELLS / 2
    assert np.abs(2 * (pieces[..., 0] - 0.3) + 3 * (pieces[..., 1] - 0.6)).max() < 1e-6


def test_a_saddle_has_two_pieces_and_what_is_not_finite_none() -> None:
    assert len(boundary(np.array([[1.0, 0.0], [0.0, 1.0]]))) == 2
    assert len(boundary(np.full((3, 3), np.nan))) == 0


def test_there_is_no_boundary_between_three_classes() -> None:
    view = view_of(data="blobs")
    arrays, _ = view.pictures(view.timeline.parameters_at(0))
    assert arrays["boundary"].shape == (0, 2, 2)
