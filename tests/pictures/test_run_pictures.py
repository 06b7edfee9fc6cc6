"""Pictures of runs on tables say what they show in the table's own words and units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axis import Axis, XAxis
from matplotlib.text import Text

import glassnet as gn
from glassnet import pictures
from glassnet.pictures.run_pictures import Slice, boundary, film, held_values, run_pictures
from glassnet.pipeline.evaluate import Evaluation, write_pictures
from glassnet.pipeline.train_table import train_table


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> gn.Run:
    """On numbers, dates, categories and booleans; every tenth area is missing."""
    path = tmp_path_factory.mktemp("tables") / "homes.csv"
    rows = [
        f"2020-0{i % 9 + 1}-15,{'' if i % 10 == 3 else 1000.25 + 7 * i},{i % 7},"
        f"{'Rome' if i % 3 else 'Bonn'},{'true' if i % 4 else 'false'},{i * 250.5}"
        for i in range(60)
    ]
    path.write_text("\n".join(["sold,area,rooms,city,garden,price", *rows]) + "\n")
    return train_table(path, "price", max_epochs=3, hidden=(4,), validation="none", single=True)


def words(run: gn.Run, plane: Slice) -> list[str]:
    axes = boundary(run, plane).ax_
    return [" ".join(text.get_text().split()) for text in axes.findobj(Text)]


def test_the_boundary_of_a_table_is_said_in_its_units(run: gn.Run) -> None:
    shown = words(run, Slice(("area", "rooms"), held=1))
    assert "price over area and rooms" in shown
    caption = next(text for text in shown if text.startswith("held at"))
    assert caption.startswith("held at sold = 2020-02-15, city = Rome, garden = true; points fade")
    assert caption.endswith(
        "6 samples lack a value along the axes and are drawn where it was filled in"
    )


def test_dates_along_an_axis_are_dates(run: gn.Run) -> None:
    display = boundary(run, Slice(("sold", "rooms"), held=1))
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels
    assert all(np.datetime64(label) < np.datetime64("2021-06") for label in labels)
    shown = words(run, Slice(("sold", "rooms"), held=1))
    assert any("season and weekday of 2020-02-15, area = 1,007," in text for text in shown)


def test_a_date_is_held_with_its_season(run: gn.Run) -> None:
    days = float((np.datetime64("2020-07-01") - np.datetime64("1970-01-01")).astype(int))
    display = boundary(run, Slice(("area", "rooms"), at={"sold": days}))
    held = vars(display)["held"]
    assert run.recipe is not None
    start = run.recipe.feature_names.index("sold")
    angle = 2 * np.pi * days / 365.2425
    np.testing.assert_allclose(held[start + 1 : start + 3], [np.sin(angle), np.cos(angle)])


def test_what_is_between_categories_and_answers_is_not_named(run: gn.Run) -> None:
    assert run.recipe is not None
    point = np.zeros(run.recipe.n_features)
    said = held_values(run.recipe, point, (run.recipe.feature_names.index("rooms"),))
    assert said == ["sold = 1970-01-01", "area = 0", "garden = unknown"]


def test_the_diagram_names_what_goes_in_and_comes_out(run: gn.Run) -> None:
    display = run_pictures(run)["network.png"]()
    shown = {text.get_text() for text in display.ax_.findobj(Text)}
    assert {"sold", "city = Rome", "price"} <= shown


def test_a_layer_of_one_neuron_is_no_hair(tmp_path: Path) -> None:
    network = gn.Network((2, 48, 1), "relu", "mean_squared_error")
    parameters = gn.Parameters.initial(network, "he_uniform", seed=0)
    display = pictures.weights(parameters)
    display.save(tmp_path / "weights.png")
    last = display.layers[1].get_window_extent()
    assert last.height / display.figure_.dpi > 0.2


def test_a_film_over_dates_shows_them(run: gn.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled: list[Axis] = []
    monkeypatch.setattr("glassnet.pictures.film.show_dates", labelled.append)
    film(run, Slice(("sold", "rooms")))
    assert [type(axis) for axis in labelled] == [XAxis]
    film(run, Slice(("area", "rooms")))
    assert len(labelled) == 1


def test_a_target_with_signs_of_mathematics_is_a_title_all_the_same(tmp_path: Path) -> None:
    y = np.array([[1.0], [2.0], [4.0]])
    evaluation = Evaluation(y, y + 0.5, None, (r"$\price$",))
    write_pictures(evaluation, tmp_path)
    assert (tmp_path / "residuals.png").stat().st_size > 0
