"""What a sweep varies, read from text, and the runs that follow from it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies

import glassnet as gn
from glassnet.pipeline.request import Request
from glassnet.sweep.plan import drawn, grid, read_seeds, tasks
from glassnet.sweep.problem import DEMO, read_problem
from glassnet.sweep.space import Range, described, read_space
from glassnet.sweep.space import given as asked


def test_values_are_read_as_what_they_are() -> None:
    space = read_space(
        ["learning-rate=0.1, 1", "hidden=3-3,8,none", "batch_size=16", "dropout=0-1e-3"]
    )
    assert space == {
        "learning_rate": (0.1, 1.0),
        "hidden_layer_sizes": ("3-3", "8", "none"),
        "batch_size": (16,),
        "dropout": ("0-0.001",),
    }
    assert asked({"hidden_layer_sizes": "3-3"}) == {"hidden_layer_sizes": (3, 3)}
    assert asked({"hidden_layer_sizes": "none"}) == {"hidden_layer_sizes": ()}
    assert asked({"dropout": "0-0.001", "l2": 0.5}) == {"dropout": (0.0, 0.001), "l2": 0.5}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["foo=1"], "Unknown setting 'foo': --set knows hidden_layer_sizes, activation,"),
        (["learning_rate"], "takes a setting with its values such as learning_rate=0.1,0.4"),
        (
            ["learning_rate=0.1,x"],
            "'x' is no value of learning_rate: write learning_rate=0.001,0.003",
        ),
        (["learning_rate=nan"], "'nan' is no value"),
        (["learning_rate=0.1,,1"], "'' is no value"),
        (["class_weight="], "'' is no value"),
        (["batch_size=1.5"], "'1.5' is no value of batch_size"),
        (["hidden=3,3"], "names a value twice"),
        (["hidden=3x3"], "'3x3' is no value of hidden_layer_sizes: write hidden_layer_sizes=3-3,8"),
        (["l2=1", "l2=2"], "names l2 twice"),
        (["hidden=3..8"], "There is no range of hidden_layer_sizes"),
        (["l2=1..0"], "with LOW below HIGH"),
        (["l2=0..1:log"], "with LOW above 0"),
        (["l2=0..1:lin"], "is no range"),
        (["batch_size=1.5..8"], "is no range"),
    ],
)
def test_what_is_no_setting_or_no_value_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(gn.InputError, match=said):
        read_space(texts)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", (0, 1, 2)), ("5..7", (5, 6, 7)), ("4,2", (4, 2)), ("9,", (9,)), (" 2 ", (0, 1))],
)
def test_seeds_are_a_number_a_range_or_a_list(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["0", "-3", "7..5", "1,1", "x", "", "1.5", "3,,4"])
def test_what_names_no_seeds_is_refused(text: str) -> None:
    with pytest.raises(gn.InputError, match="--seeds takes how many"):
        read_seeds(text)


def test_a_grid_holds_every_combination_once_in_a_fixed_order() -> None:
    points = grid(read_space(["learning_rate=1,2", "hidden=3,4,5"]))
    assert [point.number for point in points] == list(range(6))
    assert [tuple(point.settings.values()) for point in points] == [
        (rate, hidden) for rate in (1.0, 2.0) for hidden in ("3", "4", "5")
    ]
    assert [dict(point.settings) for point in grid({})] == [{}]
    with pytest.raises(gn.InputError, match=r"needs values of l2 and not the range 0..1"):
        grid(read_space(["l2=0..1"]))
    with pytest.raises(gn.InputError, match="1,000,000 combinations"):
        grid({name: tuple(range(100)) for name in ("a", "b", "c")})


def test_more_draws_begin_with_the_same_and_cover_the_space() -> None:
    space = read_space(["l2=0.001..10:log", "batch_size=1..3", "hidden=3,4"])
    few, many = drawn(space, 5, seed=1), drawn(space, 400, seed=1)
    assert many[:5] == few
    assert drawn(space, 5, seed=2) != few
    l2 = np.array([float(point.settings["l2"]) for point in many])
    assert 0.001 <= l2.min() <= l2.max() <= 10
    assert abs(np.log10(l2).mean() + 1) < 0.2  # the middle of -3 and 1
    sizes = [point.settings["batch_size"] for point in many]
    assert {sizes.count(size) > 100 for size in (1, 2, 3)} == {True}
    assert {point.settings["hidden_layer_sizes"] for point in many} == {"3", "4"}


@given(strategies.floats(0, 1, exclude_max=True), strategies.booleans(), strategies.booleans())
def test_a_share_of_a_range_lies_within_it(share: float, log: bool, whole: bool) -> None:
    number = Range(2, 7, log=log, whole=whole).at(share)
    assert 2 <= float(number) <= 7 or math.isclose(float(number), 7)
    assert isinstance(number, int if whole else float)


def test_a_stopped_sweep_has_seen_all_points_and_what_is_done_is_left_out() -> None:
    points = grid(read_space(["hidden=3,4"]))
    done = {(0, 0), (1, 0), (1, 1), (0, 4)}
    order = [(task.point.number, task.seeds) for task in tasks(points, range(5), done, 2)]
    assert order == [(0, (1,)), (0, (2, 3)), (1, (2, 3)), (1, (4,))]


def test_a_space_is_described_so_that_it_reads_back(tmp_path: object) -> None:
    texts = ["learning_rate=0.1,0.30000000000000004", "l2=0..1", "hidden=3-3,none"]
    space = read_space(texts)
    again = read_space([f"{name}={text}" for name, text in described(space).items()])
    assert again == space


def test_the_tutorial_is_trained_as_the_demo_does(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from glassnet.tutorial.demo_settings import DemoSettings

    problem = read_problem(Request(data="rings"), tmp_path)
    setup, demo = problem.setup({}), DemoSettings()
    theirs = demo.training().settings
    assert setup.network == demo.network
    assert setup.initialiser == demo.start
    assert setup.settings == theirs
    assert problem.request.data == DEMO.data
    assert problem.setup({"optimizer": "adam"}).settings.optimizer == gn.Adam(0.003)
    assert problem.setup({"patience": 7}).settings.patience == 7
    assert problem.setup({"hidden_layer_sizes": "4-2"}).network.sizes == (2, 4, 2, 1)
    with pytest.raises(gn.InputError, match="on all twenty points"):
        read_problem(Request(data="rings", target=("label",)), tmp_path)
