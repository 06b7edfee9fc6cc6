"""The loss landscape shows the loss of the very run, and its path at the right place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import pictures

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))


def train(**settings: Any) -> gn.Run:
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    usual: dict[str, Any] = {"optimizer": gn.GradientDescent(0.4), "max_epochs": 3000}
    return gn.train(TUTORIAL, POINTS.X, POINTS.y, parameters=start, **(usual | settings))


RUN = train()


def loss_at(vector: np.ndarray) -> float:
    return gn.trace(TUTORIAL, gn.Parameters(TUTORIAL, vector), POINTS.X, POINTS.y).loss


def draw(run: gn.Run = RUN, **options: Any) -> pictures.LandscapeDisplay:
    usual: dict[str, Any] = {"resolution": 9}
    return pictures.loss_landscape(run, POINTS.X, POINTS.y, **(usual | options))


def test_every_point_is_the_loss_of_the_parameters_it_stands_for() -> None:
    display = draw()
    assert display.losses.shape == (9, 9)
    for row, column in ((0, 0), (2, 7), (8, 8)):
        s, t = display.s[column], display.t[row]
        vector = RUN.parameters.vector + s * display.directions[0] + t * display.directions[1]
        assert display.losses[row, column] == pytest.approx(loss_at(vector), rel=1e-12)


def test_the_centre_of_a_random_slice_is_the_end_of_the_run() -> None:
    display = draw(directions="random")
    assert display.s[4] == display.t[4] == 0
    assert display.losses[4, 4] == pytest.approx(loss_at(RUN.parameters.vector), rel=1e-12)
    assert display.losses[4, 4] == display.losses.min()
    assert display.explained is None


def test_the_path_leads_from_the_start_to_the_end_at_the_origin() -> None:
    display = draw()
    np.testing.assert_allclose(display.path[-1], 0, atol=1e-12)
    offset = RUN.start.vector - RUN.parameters.vector
    np.testing.assert_allclose(display.path[0], display.directions @ offset, rtol=1e-9)
    assert display.path[0, 0] < 0  # it comes from the left
    low, high = display.path.min(axis=0), display.path.max(axis=0)
    assert display.s[0] < low[0] < high[0] < display.s[-1]
    assert display.t[0] < low[1] < high[1] < display.t[-1]


def test_principal_directions_are_those_of_the_largest_variance() -> None:
    display = draw()
    assert display.explained is not None
    np.testing.assert_allclose(display.directions @ display.directions.T, np.eye(2), atol=1e-12)
    steps = RUN.history.snapshots[np.linspace(0, 3000, 200).astype(int)]
    values = np.linalg.eigvalsh(np.cov(steps.T))[::-1]
    np.testing.assert_allclose(display.explained, values[:2] / values.sum(), rtol=1e-9)
    assert f"{display.explained[0]:.0%}" in display.ax_.get_xlabel()
    assert f"{display.explained[1]:.0%}" in display.ax_.get_ylabel()


def test_random_directions_are_as_long_as_the_neurons_they_change() -> None:
    display = draw(directions="random", seed=3)
    for direction in display.directions:
        for (W, b), (dW, db) in zip(
            RUN.parameters.layers, gn.Parameters(TUTORIAL, direction).layers, strict=True
        ):
            for own, drawn in zip(np.hstack([W, b]), np.hstack([dW, db]), strict=True):
                assert np.linalg.norm(drawn) == pytest.approx(np.linalg.norm(own))
    again = draw(directions="random", seed=3)
    assert (again.directions == display.directions).all()
    assert (draw(directions="random", seed=4).directions != display.directions).any()


def test_chosen_directions_and_extent_are_used() -> None:
    chosen = np.zeros((2, TUTORIAL.n_parameters))
    chosen[0, 3] = chosen[1, 20] = 1
    display = draw(directions=chosen, extent=((-1, 2), (-3, 4)))
    assert (display.directions == chosen).all()
    assert display.s[[0, -1]].tolist() == [-1, 2]
    assert display.t[[0, -1]].tolist() == [-3, 4]
    np.testing.assert_allclose(
        display.path[0], (RUN.start.vector - RUN.parameters.vector)[[3, 20]], rtol=1e-9
    )


def test_a_penalty_and_weights_are_part_of_the_loss() -> None:
    weight = np.linspace(0.5, 2, 20)
    run = train(l1=0.001, l2=0.01, sample_weight=weight, max_epochs=50, record_every=1)
    display = draw(run, sample_weight=weight, extent=((-1, 1), (-1, 1)))
    trace = gn.trace(TUTORIAL, run.parameters, POINTS.X, POINTS.y, weight)
    W = np.concatenate([W.ravel() for W, _ in run.parameters.layers])
    expected = trace.loss + 0.005 * (W @ W) + 0.001 * np.abs(W).sum()
    assert display.losses[4, 4] == pytest.approx(expected, rel=1e-12)


def test_float32_runs_and_losses_that_overflow_are_drawn(tmp_path: Path) -> None:
    run = train(dtype="float32", max_epochs=50)
    draw(run).save(tmp_path / "single.png")
    huge = draw(run, extent=((-1e38, 1e38), (-1e38, 1e38)))
    assert np.isnan(huge.losses).any()
    huge.save(tmp_path / "huge.png")


def test_a_surface_is_drawn_in_three_dimensions(tmp_path: Path) -> None:
    display = draw(surface=True)
    assert display.ax_.name == "3d"
    assert "\n" in display.ax_.get_xlabel()
    display.save(tmp_path / "surface.png")
    assert (tmp_path / "surface.png").stat().st_size > 10_000


def test_what_cannot_be_drawn_is_refused_in_a_sentence() -> None:
    short = train(max_epochs=1)
    with pytest.raises(gn.InputError, match="no two directions"):
        draw(short)
    assert draw(short, directions="random").losses.shape == (9, 9)
    with pytest.raises(gn.InputError, match="Unknown directions 'up'"):
        draw(directions="up")
    same = np.ones((2, TUTORIAL.n_parameters))
    for wrong in (same, same[:1], same[:, :3]):
        with pytest.raises(gn.InputError, match="two different vectors"):
            draw(directions=wrong)
    with pytest.raises(gn.InputError, match="resolution"):
        draw(resolution=1)
    with pytest.raises(gn.InputError, match="X must have shape"):
        pictures.loss_landscape(RUN, POINTS.X[:, :1], POINTS.y)
