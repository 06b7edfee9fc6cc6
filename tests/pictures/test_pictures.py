"""Pictures show what was computed, the right way up. (How they look was looked at.)"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import glassnet as gn
from glassnet import pictures
from glassnet.pictures.colours import SCALES, Scale

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))
START = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)

# Logistic regressions whose answer is sure: 1 where x2 > 0, and 1 where x1 > 0.
LOGISTIC = gn.Network((2, 1))
UP = gn.Parameters(LOGISTIC, np.array([0.0, 50.0, 0.0]))
RIGHT = gn.Parameters(LOGISTIC, np.array([50.0, 0.0, 0.0]))


def pixels(display: pictures.BoundaryDisplay, path: Path) -> np.ndarray:
    """The pixels inside the axes of the saved picture, the first row at the top."""
    figure = display.figure_
    display.save(path)
    image = np.asarray(Image.open(path).convert("RGB"))
    box = display.ax_.get_window_extent().transformed(
        mpl.transforms.Affine2D().scale(image.shape[1] / figure.bbox.width)
    )
    top, bottom = image.shape[0] - box.y1, image.shape[0] - box.y0
    return image[round(top) + 4 : round(bottom) - 4, round(box.x0) + 4 : round(box.x1) - 4]


def test_upper_half_of_a_boundary_picture_belongs_to_larger_x2(tmp_path: Path) -> None:
    display = pictures.decision_boundary(LOGISTIC, UP, line=False)
    image = pixels(display, tmp_path / "up.png")
    quarter = len(image) // 4
    assert (image[:quarter].reshape(-1, 3).mean(axis=0) == [0, 255, 0]).all()
    assert (image[-quarter:].reshape(-1, 3).mean(axis=0) == [255, 0, 0]).all()
    assert (display.a[-1] > 0.99).all()
    assert display.x2[-1] > display.x2[0]


def test_right_half_of_a_boundary_picture_belongs_to_larger_x1(tmp_path: Path) -> None:
    image = pixels(pictures.decision_boundary(LOGISTIC, RIGHT, line=False), tmp_path / "right.png")
    quarter = image.shape[1] // 4
    assert (image[:, -quarter:].reshape(-1, 3).mean(axis=0) == [0, 255, 0]).all()
    assert (image[:, :quarter].reshape(-1, 3).mean(axis=0) == [255, 0, 0]).all()


def test_boundary_cells_are_forty_by_forty_in_the_tutorials_colours() -> None:
    display = pictures.decision_boundary(TUTORIAL, START, POINTS.X, POINTS.y)
    assert display.colours.shape == (40, 40, 3)
    a = display.a[..., 0]
    assert (display.colours == np.stack([1 - a, a, 0 * a], axis=-1)).all()
    np.testing.assert_allclose(display.x1, np.arange(-1.95, 2, 0.1))
    corner = np.array([[display.x1[3], display.x2[31]]])
    trace = gn.trace(TUTORIAL, START, corner, [0])
    assert a[31, 3] == pytest.approx(trace.a[-1][0, 0], rel=1e-14)
    assert display.ax_.get_xlim() == display.ax_.get_ylim() == (-2, 2)


def test_the_safe_scale_runs_from_vermilion_over_pale_to_blue() -> None:
    display = pictures.decision_boundary(LOGISTIC, UP, scale="safe")
    bottom, top = display.colours[0, 0], display.colours[-1, 0]
    assert bottom[0] > bottom[2] + 0.4
    assert top[2] > top[0] + 0.4


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_many_classes_have_cells_lines_and_points_of_their_colours(
    n_classes: int, scale: Scale
) -> None:
    blobs = gn.datasets.blobs(60, n_classes=n_classes)
    network = gn.Network((2, 4, n_classes), "tanh")
    run = gn.train(network, blobs.X, blobs.y, seed=0, max_epochs=200)
    display = pictures.decision_boundary(network, run.parameters, blobs.X, blobs.y, scale=scale)
    assert display.a.shape == (40, 40, n_classes)
    assert ((display.colours >= 0) & (display.colours <= 1)).all()
    legend = display.ax_.get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == n_classes


def test_regression_over_the_plane_and_along_a_line() -> None:
    moons, curve = gn.datasets.moons(40), gn.datasets.curve(40)
    plane = gn.Network((2, 4, 1), "tanh", "mean_squared_error")
    display = pictures.decision_boundary(
        plane, gn.Parameters.initial(plane, seed=0), moons.X, moons.X[:, 0] * 1.5
    )
    assert display.colours.shape == (40, 40, 3)
    line = gn.Network((1, 4, 1), "tanh", "mean_squared_error")
    parameters = gn.Parameters.initial(line, seed=0)
    fitted = pictures.fitted_curve(line, parameters, curve.X, curve.y)
    drawn = fitted.ax_.lines[0].get_xydata()
    assert (np.asarray(drawn) == np.column_stack([fitted.x, fitted.a[:, 0]])).all()


def test_regression_with_several_outputs_shows_the_one_asked_for() -> None:
    moons = gn.datasets.moons(40)
    network = gn.Network((2, 4, 2), "tanh", "mean_squared_error")
    run = gn.train(network, moons.X, moons.X, seed=0, max_epochs=30)
    for output in (0, 1):
        display = pictures.decision_boundary(
            network, run.parameters, moons.X, moons.X, output=output
        )
        expected = run.outputs([[display.x1[3], display.x2[7]]])[0, output]
        assert display.a[7, 3, 0] == pytest.approx(expected)
    film = pictures.training_film(run.history, moons.X, moons.X, every=10, output=1)
    assert film.colours.shape == (3, 40, 40, 3)
    with pytest.raises(gn.InputError, match="outputs 0 to 1"):
        pictures.decision_boundary(network, run.parameters, output=2)


def test_points_and_plane_of_a_regression_share_their_colours() -> None:
    network = gn.Network((2, 1), loss="mean_squared_error")
    parameters = gn.Parameters(network, np.array([1.0, 0.0, 0.0]))  # the output is x1
    X = np.array([[-1.95, 0.0], [1.95, 0.0]])
    display = pictures.decision_boundary(network, parameters, X, X[:, 0], extent=((-2, 2), (-2, 2)))
    (drawn,) = display.ax_.collections
    drawn.update_scalarmappable()
    np.testing.assert_allclose(
        np.asarray(drawn.get_facecolor())[:, :3], display.colours[20, [0, -1]], atol=0.01
    )


def test_scatter_shows_every_point_at_its_place() -> None:
    display = pictures.points(POINTS.X, POINTS.y)
    drawn = np.concatenate([np.asarray(c.get_offsets()) for c in display.ax_.collections])
    assert {tuple(p) for p in drawn} == {tuple(p) for p in POINTS.X}
    assert display.ax_.get_title() == "Input 2D points"
    assert display.ax_.get_xlim() == display.ax_.get_ylim() == (-2, 2)


@pytest.mark.parametrize("log", [True, False])
def test_the_loss_of_a_run_that_diverged_is_drawn_to_its_end(log: bool) -> None:
    losses = np.geomspace(1.3, 1.7e308, 56)
    display = pictures.loss_curve(losses, log=log)
    display.figure_.canvas.draw()
    low, high = display.ax_.get_ylim()
    assert low <= 1.3
    assert high >= 1.7e308


def test_loss_curve_starts_at_epoch_one_and_can_be_logarithmic() -> None:
    loss = 1 / np.arange(1, 101)
    display = pictures.loss_curve(loss, log=True, stop_below=0.02)
    assert display.ax_.get_yscale() == "log"
    drawn = np.asarray(display.ax_.lines[0].get_xydata())
    assert (drawn == np.column_stack([np.arange(1, 101), loss])).all()
    assert pictures.loss_curve(loss).ax_.get_yscale() == "linear"


def texts(display: pictures.DiagramDisplay) -> set[str]:
    return {text.get_text() for text in display.ax_.texts}


def test_diagram_has_every_neuron_from_left_to_right_and_three_faces() -> None:
    for face, letter in zip(pictures.FACES, ("a", "a", "dz"), strict=True):
        display = pictures.network_diagram(TUTORIAL, face=face)
        assert [len(column) for column in display.positions] == [2, 3, 3, 1]
        assert all(
            p[0] < q[0]
            for p, q in zip(
                display.positions[0].values(), display.positions[1].values(), strict=False
            )
        )
        assert {f"${letter}_{{2,3}}$", f"${letter}_{{3}}$", "$x_{1}$"} <= texts(display)
        assert ("$L$" in texts(display)) == (face != "forward")


def test_numbers_on_request_are_those_of_the_trace() -> None:
    trace = gn.trace(TUTORIAL, START, POINTS.X[:1], POINTS.y[:1])
    forward = texts(pictures.network_diagram(TUTORIAL, trace=trace, face="loss", numbers=True))
    for value in (*START.vector[:6], trace.a[1][2, 0], trace.loss, *POINTS.X[0]):
        assert f"{value:.3g}" in forward
    gradients = pictures.network_diagram(TUTORIAL, trace=trace, face="gradients", numbers=True)
    assert gradients.links is not None
    for drawn, dW in zip(gradients.links, trace.dW, strict=True):
        assert (drawn == dW).all()
    assert f"{trace.dz[2][0, 0]:.3g}" in texts(gradients)


def test_gradients_of_many_samples_are_averaged() -> None:
    trace = gn.trace(TUTORIAL, START, POINTS.X, POINTS.y)
    display = pictures.network_diagram(TUTORIAL, trace=trace, face="gradients")
    assert display.links is not None
    np.testing.assert_allclose(display.links[2], trace.dW[2] / 20)


def test_large_layers_are_abridged() -> None:
    network = gn.Network((30, 100, 3))
    display = pictures.network_diagram(network)
    assert [len(column) for column in display.positions] == [8, 8, 3]
    assert list(display.positions[1])[-1] == 99
    assert any("92 more" in text for text in texts(display))


def test_pictures_go_into_axes_of_ones_own(tmp_path: Path) -> None:
    figure = Figure()
    axes = figure.subplots(2, 2).ravel()
    displays = (
        pictures.points(POINTS.X, POINTS.y, ax=axes[0]),
        pictures.loss_curve([0.5, 0.4], ax=axes[1]),
        pictures.decision_boundary(TUTORIAL, START, ax=axes[2]),
        pictures.network_diagram(TUTORIAL, ax=axes[3]),
    )
    for display, ax in zip(displays, axes, strict=True):
        assert display.ax_ is ax
        assert display.figure_ is figure
    displays[0].save(tmp_path / "all.svg")
    assert displays[0]._repr_png_().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    display = pictures.loss_curve([0.5, 0.4])
    with pytest.raises(ValueError, match="not supported"):
        display.save(tmp_path / "loss.nonsense")
    assert list(tmp_path.iterdir()) == []


def test_wrong_requests_are_refused() -> None:
    line = gn.Network((1, 3, 1))
    with pytest.raises(gn.InputError, match="two inputs, not of 1"):
        pictures.decision_boundary(line, gn.Parameters.initial(line, seed=0))
    with pytest.raises(gn.InputError, match=r"\(n_samples, 2\)"):
        pictures.points([[1.0]], [0])
    with pytest.raises(gn.InputError, match="one row per sample"):
        pictures.decision_boundary(TUTORIAL, START, POINTS.X, POINTS.y[:5])
    with pytest.raises(gn.InputError, match="label must be 0 or 1"):
        pictures.decision_boundary(TUTORIAL, START, POINTS.X, POINTS.y + 1)
    with pytest.raises(gn.InputError, match="parameters are those of"):
        pictures.decision_boundary(LOGISTIC, START)
    with pytest.raises(gn.InputError, match="resolution"):
        pictures.decision_boundary(TUTORIAL, START, resolution=0)
    with pytest.raises(gn.InputError, match="one row per sample"):
        pictures.points([[1.0, 2.0]], [0, 1])
    with pytest.raises(gn.InputError, match="choose one of tutorial, safe"):
        pictures.points([[1.0, 2.0]], [0], scale="rainbow")  # type: ignore[arg-type]
    with pytest.raises(gn.InputError, match="at least one epoch"):
        pictures.loss_curve([])
    with pytest.raises(gn.InputError, match="choose one of forward, loss, gradients"):
        pictures.network_diagram(TUTORIAL, face="sideways")  # type: ignore[arg-type]
    with pytest.raises(gn.InputError, match="without a trace"):
        pictures.network_diagram(TUTORIAL, START, face="gradients", numbers=True)
    with pytest.raises(gn.InputError, match="not of"):
        pictures.network_diagram(LOGISTIC, START)
    with pytest.raises(gn.InputError, match="one input"):
        pictures.fitted_curve(TUTORIAL, START, POINTS.X, POINTS.y)
