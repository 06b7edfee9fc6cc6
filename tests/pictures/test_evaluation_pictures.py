"""Pictures of how good a model is show the very numbers. (How they look was looked at.)"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import glassnet as gn
from glassnet import pictures
from glassnet.core import metrics
from glassnet.core.parameters import Array
from glassnet.pictures.display import Display
from glassnet.pictures.inputs import shown_name

NAMES = ["a name that is far too long for any axis", "$cost in $", "_hidden"]


def answers(n: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, Array]:
    """Class numbers, and probabilities that are right more often than not."""
    draw = np.random.default_rng(seed)
    y = draw.integers(n_classes, size=n)
    z = draw.normal(size=(n, n_classes))
    z[np.arange(n), y] += 1.5
    e = np.exp(z)
    return y, e / e.sum(axis=1, keepdims=True)


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def xy(line: object) -> Array:
    assert isinstance(line, mpl.lines.Line2D)
    return np.asarray(line.get_xydata(), dtype=np.float64)


def cells_of(image: mpl.image.AxesImage) -> Array:
    return np.asarray(np.ma.filled(np.ma.asarray(image.get_array()), np.nan))


def counted(histogram: Axes) -> float:
    (stairs,) = histogram.patches
    assert isinstance(stairs, mpl.patches.StepPatch)
    counts, *_ = stairs.get_data()
    return float(counts.sum())


def label_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def test_confusion_matrix_writes_every_count_and_its_share_where_it_belongs() -> None:
    matrix = np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]])
    display = pictures.confusion_matrix(matrix, NAMES)
    written = {text.get_position(): text.get_text() for text in display.ax_.texts[:-1]}
    assert written.keys() == {(0, 0), (1, 0), (0, 1), (1, 1)}  # (predicted, true)
    assert written[(1, 0)].split() == ["2", "20%"]
    assert written[(1, 1)].split() == ["9", "90%"]
    assert np.isnan(display.shares[2]).all()
    assert display.ax_.yaxis_inverted()  # the first class on top
    assert display.ax_.get_title() == "85% of 20 right"


def test_confusion_matrix_is_blue_where_it_is_right_and_vermilion_where_not() -> None:
    display = pictures.confusion_matrix([[8, 2], [1, 9]])
    (image,) = display.ax_.images
    red, _, blue = np.moveaxis(np.asarray(image.get_array()), -1, 0)
    assert (np.diag(blue - red) > 0.3).all()
    assert (red - blue)[0, 1] > (red - blue)[1, 0] > 0


def test_a_share_says_all_or_nothing_only_where_it_is() -> None:
    matrix = np.array([[99_999, 1], [0, 5]])
    written = " ".join(texts(pictures.confusion_matrix(matrix).ax_))
    assert ">99.9%" in written
    assert "<0.1%" in written
    assert "100%" in written  # of the five


@pytest.mark.parametrize("n_classes", [2, 10, 30])
def test_confusion_matrix_can_be_read_for_few_and_many_classes(n_classes: int) -> None:
    y, p = answers(40 * n_classes, n_classes)
    matrix = metrics.confusion_matrix(y, p.argmax(axis=1), n_classes)
    names = [f"a rather long name of class {k}" for k in range(n_classes)]
    display = pictures.confusion_matrix(matrix, names)
    ax = display.ax_
    assert len(ax.texts) == (matrix > 0).sum() + 1
    assert min(float(text.get_fontsize()) for text in ax.texts) >= 6
    figure = display.figure_
    figure.draw_without_rendering()  # lays it out
    for label in [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.title]:
        box = label.get_window_extent()
        assert figure.bbox.contains(box.x0, box.y0)
        assert figure.bbox.contains(box.x1, box.y1)


def test_roc_of_two_classes_is_one_curve_through_its_points() -> None:
    y, p = answers(60, 2)
    display = pictures.roc_curve(y, p[:, 1])
    expected = metrics.roc_points(y == 1, p[:, 1])
    drawn = xy(display.ax_.lines[1])
    assert {tuple(point) for point in drawn} == set(
        zip(expected.false_positive_rate, expected.true_positive_rate, strict=True)
    )
    assert display.areas == pytest.approx([metrics.roc_auc(y, p)])
    assert f"{display.areas[0]:.4f}" in display.ax_.get_title()
    assert display.ax_.get_legend() is None


def test_roc_of_several_classes_names_every_curve_with_its_area() -> None:
    y, p = answers(200, 3)
    display = pictures.roc_curve(y, p, NAMES)
    areas = [metrics.roc_auc((y == k).astype(int), p[:, k]) for k in range(3)]
    assert display.areas == pytest.approx(areas)
    shown = " ".join(label_texts(display.ax_))
    for name, area in zip(NAMES, areas, strict=True):
        assert f"{shown_name(name)}  {area:.4f}" in shown


def test_roc_of_many_classes_colours_the_worst_and_says_how_many_are_grey() -> None:
    y, p = answers(600, 12)
    display = pictures.roc_curve(y, p)
    worst = np.argsort(display.areas)[:5]
    labels = label_texts(display.ax_)
    assert [f"class {k}" for k in worst[::-1]] == [label.split("  ")[0] for label in labels[:5]]
    assert labels[5] == "7 better ones"


def test_roc_of_a_class_without_rows_is_not_defined() -> None:
    y, p = answers(60, 4)
    display = pictures.roc_curve(np.where(y == 3, 0, y), p)
    assert np.isnan(display.areas[3])
    assert label_texts(display.ax_)[-1] == "class 3  not defined"
    alone = pictures.roc_curve(np.zeros(9, dtype=int), p[:9, 0])
    assert "not defined" in alone.ax_.get_title()


def test_roc_of_a_million_rows_draws_what_can_be_distinguished() -> None:
    y, p = answers(200_000, 2)
    display = pictures.roc_curve(y, p[:, 1])
    assert len(display.points[0].threshold) > 100_000
    drawn = xy(display.ax_.lines[1])
    assert len(drawn) < 2100
    area = np.trapezoid(drawn[:, 1], drawn[:, 0])
    assert area == pytest.approx(display.areas[0], abs=1e-3)


def test_calibration_draws_its_bins_intervals_and_all_rows() -> None:
    y, p = answers(400, 2)
    display = pictures.calibration(y, p[:, 1])
    expected = metrics.calibration(y == 1, p[:, 1])
    full = expected.weight > 0
    drawn = xy(display.ax_.lines[1])
    assert (drawn == np.column_stack([expected.probability, expected.fraction])[full]).all()
    (bars,) = display.ax_.collections
    ends = np.array([path.vertices for path in bars.get_paths()])[:, :, 1]
    low, high = metrics.wilson_interval(expected.fraction[full], expected.rows[full])
    assert (ends == np.column_stack([low, high])).all()
    assert (ends[:, 0] <= drawn[:, 1]).all()
    assert counted(display.ax_histogram_) == 400
    assert f"{expected.error:.4f}" in display.ax_.get_title()


def test_calibration_of_many_classes_is_that_of_the_predicted_one() -> None:
    y, p = answers(300, 4)
    display = pictures.calibration(y, p, weight=np.full(300, 2.0), n_bins=5, bins="count")
    expected = metrics.calibration(p.argmax(axis=1) == y, p.max(axis=1), None, 5, "count")
    assert display.bins.error == pytest.approx(expected.error)
    assert display.bins.weight == pytest.approx(2 * expected.weight)
    assert display.brier == pytest.approx(metrics.brier_score(y, p))
    assert display.ax_histogram_.get_xlabel() == "probability of the predicted class"


def test_residuals_of_few_rows_are_points_and_of_many_are_counted() -> None:
    draw = np.random.default_rng(0)
    y = draw.normal(size=100)
    display = pictures.residuals(y, y + 0.1)
    (points,) = display.ax_.collections
    assert (np.asarray(points.get_offsets()) == np.column_stack([y, y + 0.1])).all()
    np.testing.assert_allclose(display.residuals, -0.1)
    y = draw.normal(size=20_000)
    display = pictures.residuals(y, 0.9 * y[:, np.newaxis])
    (image,) = display.ax_.images
    counts = np.asarray(image.get_array())
    assert np.nansum(counts) == 20_000
    assert "20,000 rows, each row counted" in texts(display.ax_histogram_)[0]
    # The largest value of y lies to the right, and above the middle.
    row, column = np.argwhere(np.nan_to_num(counts) > 0).max(axis=0)
    assert column > len(counts) * 0.9
    assert len(counts) / 2 < row < column


def test_residual_histograms_hold_every_row_also_far_outliers() -> None:
    y = np.append(np.random.default_rng(0).normal(size=4000), 1e6)
    display = pictures.residuals(y, np.zeros(4001))
    assert counted(display.ax_histogram_) == 4001
    assert display.ax_histogram_.get_xlim()[1] < 100


def test_learning_curves_have_a_panel_a_metric_and_mark_the_best_epoch() -> None:
    loss = 1 / np.arange(1, 41)
    validation = {"loss": loss + 0.1, "accuracy": 1 - loss, "roc_auc": np.full(40, np.nan)}
    display = pictures.learning_curves(loss, validation, {"accuracy": 1 - loss / 2}, best_epoch=7)
    assert list(display.panels) == ["loss", "accuracy", "roc_auc"]
    assert display.panels["loss"] is display.ax_
    epochs = np.arange(1, 41)
    training, held_out, best, mark = display.ax_.lines
    assert (xy(training) == np.column_stack([epochs, loss])).all()
    assert (xy(held_out) == np.column_stack([epochs, loss + 0.1])).all()
    assert (xy(best)[:, 0] == 7).all()
    assert (xy(mark) == [[7, loss[6] + 0.1]]).all()
    assert label_texts(display.ax_) == ["training", "validation"]
    assert texts(display.panels["accuracy"]) == [f"{1 - loss[6]:.4g}"]
    assert texts(display.panels["roc_auc"]) == []
    heights = [panel.get_position().y0 for panel in display.panels.values()]
    assert heights == sorted(heights, reverse=True)


def test_learning_curves_of_a_long_run_keep_their_range() -> None:
    loss = np.full(100_000, 0.5)
    loss[70_000], loss[30_000] = 3, 0.01
    display = pictures.learning_curves(loss)
    (band,) = display.ax_.collections
    heights = np.concatenate([np.asarray(path.vertices)[:, 1] for path in band.get_paths()])
    assert (heights.min(), heights.max()) == (0.01, 3)
    (line,) = display.ax_.lines
    assert len(xy(line)) == 400
    assert xy(line)[:, 1].mean() == pytest.approx(loss.mean())
    assert xy(line)[:, 0].mean() == pytest.approx(50_000.5, abs=1)


def test_weights_show_every_number_of_a_small_network_on_one_scale() -> None:
    network = gn.Network((2, 3, 1))
    parameters = gn.Parameters.initial(network, "glorot_normal", seed=0)
    parameters.layers[0][1][:, 0] = [1.5, -0.5, 0]
    display = pictures.weights(parameters, ["height", "weight"], ["sick"])
    for ax, (W, b) in zip(display.layers, parameters.layers, strict=True):
        (image,) = ax.images
        cells = cells_of(image)
        assert (cells[:, :-2] == W).all()
        assert np.isnan(cells[:, -2]).all()
        assert (cells[:, -1:] == b).all()
        assert image.get_clim() == (-display.limit, display.limit)
    assert display.limit == np.abs(parameters.vector).max()
    assert "1.5" in texts(display.layers[0])
    first, last = display.layers
    assert [label.get_text() for label in first.get_xticklabels()] == ["height", "weight", "b"]
    assert [label.get_text() for label in last.get_yticklabels()] == ["sick"]


def test_large_layers_show_the_rows_and_columns_of_the_largest_weights() -> None:
    network = gn.Network((784, 100, 10))
    parameters = gn.Parameters.initial(network, "glorot_normal", seed=0)
    W = parameters.layers[0][0]
    W[:, :30] *= 3
    W[70] *= 4
    display = pictures.weights(parameters)
    assert set(range(30)) <= set(display.columns[0])
    assert 70 in display.rows[0]
    (image,) = display.layers[0].images
    cells = cells_of(image)
    assert (cells[:, :-2] == W[np.ix_(display.rows[0], display.columns[0])]).all()
    assert "48 of 784 inputs" in display.layers[0].get_title()
    assert len(display.rows[1]) == 10


def test_first_layers_of_pixels_are_images_the_right_way_up() -> None:
    network = gn.Network((9, 5, 2))
    parameters = gn.Parameters(network, np.arange(float(network.n_parameters)))
    display = pictures.weights(parameters, images=True)
    (image,) = display.layers[0].images
    cells = cells_of(image)
    W = parameters.layers[0][0]
    assert cells.shape == (7, 11)  # three across, two down, lines between
    assert (cells[:3, 4:7] == W[1].reshape(3, 3)).all()
    assert (cells[4:, :3] == W[3].reshape(3, 3)).all()
    assert np.isnan(cells[:, 3]).all()
    assert np.isnan(cells[4:, 8:]).all()
    assert display.layers[0].yaxis_inverted()
    with pytest.raises(gn.InputError, match="10 inputs are not the pixels of a square"):
        pictures.weights(gn.Parameters.initial(gn.Network((10, 2)), seed=0), images=True)


def test_a_few_huge_weights_do_not_bleach_all_others() -> None:
    network = gn.Network((30, 30, 1))
    parameters = gn.Parameters.initial(network, seed=0)
    parameters.vector[5] = 1000
    display = pictures.weights(parameters)
    assert display.limit < 1
    zero = gn.Parameters(network, np.zeros(network.n_parameters))
    assert pictures.weights(zero).limit == 1


def plane(rows: Array) -> Array:
    """Probability that is sure beyond x3 = 0.5 x1, whatever the second and fourth feature."""
    sure: Array = 1 / (1 + np.exp(-50 * (rows[:, 2] - 0.5 * rows[:, 0])))
    return sure


def cloud(n: int = 200) -> Array:
    return np.random.default_rng(0).normal(size=(n, 4)) * [1, 5, 1, 0.1] + [0, 7, 0, 0]


def test_a_slice_answers_for_its_two_features_and_holds_the_others() -> None:
    seen = []

    def outputs(rows: Array) -> Array:
        seen.append(rows)
        return plane(rows)

    X = cloud()
    display = pictures.boundary_slice(
        outputs, X, features=(2, 0), held=[9, 8, 9, 3], names=["a", "b", "c", "d"], resolution=20
    )
    (rows,) = seen
    assert (rows[:, [1, 3]] == [8, 3]).all()
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("c", "a")
    expected = plane(np.array([[display.x2[4], 8, display.x1[11], 3]]))[0]
    assert display.a[4, 11, 0] == expected
    assert "held at b = 8, d = 3" in texts(display.ax_)[0]


@pytest.mark.parametrize("held", ["median", "mean"])
def test_a_slice_goes_through_the_middle_unless_asked_otherwise(held: str) -> None:
    X = cloud()
    display = pictures.boundary_slice(plane, X, held=held)
    np.testing.assert_allclose(display.held, getattr(np, held)(X, axis=0))


def test_points_of_a_slice_fade_with_their_distance_in_standard_deviations() -> None:
    X = cloud()
    y = (plane(X) > 0.5).astype(int)
    display = pictures.boundary_slice(plane, X, y, features=(0, 2), classes=NAMES[:2])
    others = X[:, [1, 3]]
    distance = np.sqrt(
        np.square((others - np.median(others, axis=0)) / others.std(axis=0)).mean(axis=1)
    )
    np.testing.assert_allclose(display.opacity, np.maximum(np.exp(-(distance**2) / 2), 0.12))
    drawn = {}
    for points in display.ax_.collections:
        if isinstance(points, mpl.collections.PathCollection):
            for place, colour in zip(
                np.asarray(points.get_offsets()), np.asarray(points.get_facecolor()), strict=True
            ):
                drawn[tuple(place)] = colour
    assert len(drawn) == 200
    for row, label, opacity in zip(X, y, display.opacity, strict=True):
        colour = drawn[tuple(row[[0, 2]])]
        assert colour[3] == pytest.approx(opacity)
        assert (colour[2] > colour[0]) == (label == 1)  # blue is class 1


def test_a_slice_of_two_features_is_the_boundary_picture() -> None:
    moons = gn.datasets.moons(60)
    network = gn.Network((2, 4, 1), "tanh")
    run = gn.train(network, moons.X, moons.y, seed=0, max_epochs=50)
    whole = pictures.decision_boundary(network, run.parameters, moons.X, moons.y, scale="safe")
    display = pictures.boundary_slice(run.outputs, moons.X, moons.y, resolution=40)
    np.testing.assert_allclose(display.colours, whole.colours, atol=1e-12)
    assert (display.opacity == 1).all()


def test_slices_of_many_classes_and_of_regressions() -> None:
    X = cloud()
    three = pictures.boundary_slice(
        lambda rows: np.eye(3)[np.clip(np.rint(rows[:, 0]) + 1, 0, 2).astype(int)],
        X,
        np.clip(np.rint(X[:, 0]) + 1, 0, 2),
        classes=NAMES,
    )
    assert label_texts(three.ax_) == [shown_name(name) for name in NAMES]
    assert three.a.shape == (100, 100, 3)
    values = pictures.boundary_slice(
        lambda rows: rows[:, :2] * 10,
        X,
        X[:, :2] * 10,
        features=(0, 1),
        classes=["first", "second"],
        regression=True,
        output=1,
    )
    np.testing.assert_allclose(values.a[:, 0, 0], 10 * values.x2)
    bar = values.figure_.axes[-1]
    assert bar.get_ylabel() == "second"
    assert bar.get_ylim()[1] >= 10 * X[:, 1].max()


def test_a_slice_through_many_samples_draws_some_and_says_so() -> None:
    display = pictures.boundary_slice(plane, cloud(5000), note="colour held at red")
    assert len(display.shown) == len(np.unique(display.shown)) == 1000
    said = texts(display.ax_)[0].replace("\n", " ")
    assert "1,000 of 5,000 samples" in said
    assert said.endswith("colour held at red")


def test_more_than_eight_classes_still_differ_in_colour_and_shape() -> None:
    from glassnet.pictures.colours import class_colour, class_marker

    for scale in ("tutorial", "safe"):
        looks = {(class_colour(k, 30, scale), class_marker(k, scale)) for k in range(30)}
        assert len(looks) == 30
        assert len({class_colour(k, 30, scale) for k in range(24)}) == 24


Y, P = answers(50, 3)
NETWORK = gn.Network((2, 3, 3))
DRAWINGS: list[Callable[[Axes | None], Display]] = [
    lambda ax: pictures.confusion_matrix([[5, 1], [2, 7]], ax=ax),
    lambda ax: pictures.roc_curve(Y, P, ax=ax),
    lambda ax: pictures.calibration(Y, P, ax=ax),
    lambda ax: pictures.residuals(P[:, 0], P[:, 1], ax=ax),
    lambda ax: pictures.learning_curves([2, 1], {"loss": [2, 1.5], "mae": [1, 0.5]}, ax=ax),
    lambda ax: pictures.weights(gn.Parameters.initial(NETWORK, seed=0), ax=ax),
    lambda ax: pictures.boundary_slice(lambda rows: rows[:, 0] > 0, P, ax=ax),
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_each_picture_goes_into_axes_of_ones_own_and_stays_in_their_place(
    draw: Callable[[Axes | None], Display], tmp_path: Path
) -> None:
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    display = draw(right)
    assert display.ax_ is right
    assert display.figure_ is figure
    display.save(tmp_path / "picture.png")
    edge = left.get_position().x1
    for ax in figure.axes:
        assert ax is left or ax.get_position().x0 >= edge
    placed = Figure(figsize=(6, 6))
    ax = placed.add_axes((0.5, 0.5, 0.4, 0.4))
    draw(ax)
    for part in placed.axes:
        assert part.get_position().x0 >= 0.49
        assert part.get_position().y0 >= 0.49


@pytest.mark.parametrize("draw", DRAWINGS)
def test_each_picture_takes_paper_and_ink_from_the_style(
    draw: Callable[[Axes | None], Display], tmp_path: Path
) -> None:
    with mpl.style.context("dark_background"):
        display = draw(None)
        display.save(tmp_path / "dark.svg")
    assert mpl.colors.to_rgb(display.ax_.title.get_color()) == (1, 1, 1)
    assert mpl.colors.to_rgb(display.ax_.get_facecolor()) == (0, 0, 0)
    assert (tmp_path / "dark.svg").stat().st_size > 1000


def test_diagrams_name_the_features_and_outputs_that_they_show() -> None:
    network = gn.Network((12, 3, 2))
    names = [f"feature number {k}" for k in range(12)]
    display = pictures.network_diagram(network, names=names, outputs=["sick", "well"])
    written = {text.get_text(): text.get_position() for text in display.ax_.texts}
    assert {"feature number 0", "feature number 11", "sick", "well"} <= written.keys()
    assert "feature number 5" not in written  # abridged
    for i, (x, y) in display.positions[0].items():
        assert written[names[i]][0] < x
        assert written[names[i]][1] == y
    assert written["well"][0] > display.positions[-1][1][0]
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.ax_.texts]
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= display.figure_.bbox.width
    with pytest.raises(gn.InputError, match="12 of features, so give 12 names, not 1"):
        pictures.network_diagram(network, names=["one"])


def test_what_holds_nothing_to_see_is_still_a_picture() -> None:
    empty = pictures.confusion_matrix(np.zeros((2, 2)))
    assert empty.ax_.get_title() == "Nothing was counted"
    assert pictures.learning_curves([0.0, 0.0], log=True).ax_.get_yscale() == "linear"
    assert pictures.residuals([1, 1], [1, 1]).ax_.get_xlim()[0] < 1
    assert pictures.residuals(np.ones(5000), np.ones(5000)).residuals.any() is np.False_
    certain = pictures.calibration([1], [1.0])
    assert certain.bins.error == 0
    same = pictures.boundary_slice(lambda rows: np.full(len(rows), 0.5), np.ones((4, 3)))
    assert (same.a == 0.5).all()


def test_names_are_shortened_and_never_read_as_mathematics() -> None:
    assert shown_name("x" * 24) == "x" * 24
    assert shown_name("x" * 25) == "x" * 23 + "…"
    assert shown_name("$a$") == r"\$a\$"
    assert shown_name("two\n lines") == "two lines"
    assert shown_name(7) == "7"
    assert shown_name("a\x1bb") == "a\ufffdb"


def test_wrong_requests_are_refused() -> None:
    y, p = answers(20, 3)
    X = cloud()
    parameters = gn.Parameters.initial(NETWORK, seed=0)
    wrong: list[tuple[str, Callable[[], object]]] = [
        ("square", lambda: pictures.confusion_matrix([[1, 2, 3], [4, 5, 6]])),
        ("square", lambda: pictures.confusion_matrix([[1, -2], [4, 5]])),
        ("give 2 names, not 3", lambda: pictures.confusion_matrix([[1, 2], [3, 4]], NAMES)),
        ("must be finite", lambda: pictures.roc_curve(y, np.full_like(p, np.nan))),
        ("from 0 to 1", lambda: pictures.roc_curve(y, 2 * p)),
        ("class numbers from 0 to 1", lambda: pictures.roc_curve(y, p[:, 0])),
        ("class numbers from 0 to 2", lambda: pictures.calibration(y + 0.5, p)),
        ("one class number per row", lambda: pictures.calibration(y[:5], p)),
        ("one weight from 0", lambda: pictures.calibration(y, p, weight=[1, 2])),
        ("one weight from 0", lambda: pictures.roc_curve(y, p, weight=np.full(20, -1.0))),
        ("n_bins", lambda: pictures.calibration(y, p, n_bins=0)),
        ("one value per row", lambda: pictures.residuals([1, 2], [1])),
        ("not empty", lambda: pictures.residuals([], [])),
        ("array of numbers", lambda: pictures.residuals(["a"], ["b"])),
        ("training loss of at least one", lambda: pictures.learning_curves([])),
        ("validation mae", lambda: pictures.learning_curves([1], {"mae": [[1]]})),
        ("best_epoch", lambda: pictures.learning_curves([1], best_epoch=0)),
        ("give 2 names", lambda: pictures.weights(parameters, ["only one"])),
        ("two different", lambda: pictures.boundary_slice(plane, X, features=(1, 1))),
        ("0 to 3", lambda: pictures.boundary_slice(plane, X, features=(0, 4))),
        ("each of 4", lambda: pictures.boundary_slice(plane, X, held=[1, 2])),
        ('"median", "mean"', lambda: pictures.boundary_slice(plane, X, held="mode")),
        ("one row each", lambda: pictures.boundary_slice(plane, X, [1, 0])),
        ("0 to 1", lambda: pictures.boundary_slice(plane, X, np.full(200, 2))),
        ("outputs 0 to 0", lambda: pictures.boundary_slice(plane, X, regression=True, output=1)),
        ("answer each of 10000", lambda: pictures.boundary_slice(lambda rows: [1, 0], X)),
        ("answers must be finite", lambda: pictures.boundary_slice(lambda r: r * np.nan, X)),
        ("resolution", lambda: pictures.boundary_slice(plane, X, resolution=1)),
    ]
    for sentence, request in wrong:
        with pytest.raises(gn.InputError, match=sentence):
            request()
