"""Pictures of many runs draw what they are given, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

import glassnet as gn
from glassnet import pictures


def curves(n: int, epochs: int = 50) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    every = np.arange(1, epochs + 1)
    return [(every, np.exp(-every * rng.uniform(0.01, 0.1))) for _ in range(n)]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_fan_holds_the_quantiles_of_all_runs() -> None:
    runs = curves(40)
    display = pictures.loss_fan(runs, [True] * 30 + [False] * 10, goal=0.1)
    assert display.epochs.tolist() == list(range(1, 51))
    expected = np.quantile([loss for _, loss in runs], (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    assert np.allclose(display.quantiles, expected, rtol=1e-12)
    assert display.ax_.get_title() == "Loss of all runs: 40 runs, 75.0% at the goal"
    assert display.ax_.get_yscale() == "log"


def test_a_run_that_has_ended_keeps_its_last_loss() -> None:
    short = (np.array([1, 4]), np.array([1.0, 0.25]))
    long = (np.array([1, 8]), np.array([1.0, 0.5]))
    display = pictures.loss_fan([short, long, (np.array([]), np.array([]))], [True, False, False])
    middle = dict(zip(display.epochs.tolist(), display.quantiles[2], strict=True))
    assert middle[8] == (0.25 + 0.5) / 2
    assert middle[2] == pytest.approx((0.75 + (1 - 0.5 / 7)) / 2)
    with pytest.raises(gn.InputError, match="at least one run with an epoch"):
        pictures.loss_fan([], [])


def test_final_losses_are_all_counted_once_and_levels_named_apart() -> None:
    losses = np.concatenate([np.full(50, 0.25), np.full(20, 0.24), np.geomspace(0.01, 0.2, 30)])
    levels = [(0.239, 0.241, "low"), (0.249, 0.251, "high")]
    falling = np.arange(100) >= 70
    display = pictures.final_losses(
        np.append(losses, [np.nan, 0]), [*falling, True, True], levels, goal=0.005
    )
    ax = display.ax_
    assert len(display.losses) == 100
    stuck, slow = ax.containers
    assert sum(bar.get_height() for bar in stuck) == 70
    assert sum(bar.get_height() for bar in slow) == 30
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["stuck: 70", "still falling: 30"]
    placed = {text.get_text(): text.get_position() for text in ax.texts}
    assert {"low", "high", "goal 0.005"} <= set(placed)
    (_, low), (_, high) = placed["low"], placed["high"]
    assert abs(low - high) > 0.1 * max(low, high)
    with pytest.raises(gn.InputError, match="a loss above 0"):
        pictures.final_losses([np.nan, 0.0])


def test_arrivals_step_up_by_one_run_each() -> None:
    epochs = np.array([10, 20, 30])
    band = (np.array([0.1, 0.2, 0.3]), np.array([0.6, 0.7, 0.8]))
    display = pictures.arrivals(epochs, band, 4, last_epoch=100)
    line = display.ax_.lines[0]
    assert np.asarray(line.get_xdata()).tolist() == [0, 10, 20, 30, 100]
    assert np.asarray(line.get_ydata()).tolist() == [0, 0.25, 0.5, 0.75, 0.75]
    assert texts(display.ax_)[:3] == ["a quarter by 10", "half by 20", "three quarters by 30"]
    with pytest.raises(gn.InputError, match="No run reached the goal"):
        pictures.arrivals([], band, 4, last_epoch=100)


def test_effects_have_a_panel_a_setting_with_sizes_and_shares() -> None:
    values = np.geomspace(0.01, 1, 9)
    display = pictures.setting_effects(
        {"l2": [("0", values), ("1", values[:4])], "hidden": [("8", np.append(values, np.nan))]},
        score="loss",
        log=True,
        lines={"l2": [(0.5, 0.25, 0.75), (1.0, 0.51, 1.0)], "hidden": []},
    )
    assert list(display.panels) == ["l2", "hidden"]
    labels = [label.get_text() for label in display.panels["l2"].get_xticklabels()]
    assert labels[0] == "0\n$n$ = 9\n50% at goal\n[25%, 75%]"
    means = [line for line in display.panels["l2"].lines if line.get_marker() == "D"]
    assert [float(np.asarray(line.get_ydata())[0]) for line in means] == pytest.approx(
        [values.mean(), values[:4].mean()]
    )
    with pytest.raises(gn.InputError, match="none of them varied"):
        pictures.setting_effects({}, score="loss")


def test_they_draw_on_dark_paper_and_into_given_axes() -> None:
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert pictures.loss_fan(curves(3), [True] * 3, ax=ax).ax_ is ax
    with pictures.dark_paper():
        dark = pictures.loss_fan(curves(3), [True] * 3)
    assert dark.ax_.get_facecolor()[:3] == (0, 0, 0)
