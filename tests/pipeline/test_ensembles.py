"""A table becomes an ensemble: selected on folds, scored on rows held out, saved, resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli import run as command_line
from glassnet.models.exports import export
from glassnet.pipeline.evaluate import evaluate_table
from glassnet.training import cross_fitting
from glassnet.training.ensemble_run import EnsembleRun

QUICK: dict[str, Any] = {"max_epochs": 30, "effort": "quick"}


def houses(n: int = 120) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    size, age = generator.gamma(4, 30, n), generator.integers(0, 90, n).astype(float)
    age[::17] = np.nan
    city = generator.choice(["Bern", "Genf", "Zug"], n)
    noise = generator.normal(0, 10, n)
    price = size * np.where(city == "Zug", 3, 2) + np.where(age > 50, 80, 0) + noise
    return {
        "size": size, "age": age, "city": city, "price": price.round(2),
        "dear": np.where(price > 300, "yes", "no"),
        "street": [f"street {i}" for i in generator.integers(0, 12, n)],
        "year": np.sort(generator.integers(2000, 2020, n)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def run() -> EnsembleRun:
    found = gn.train_table(houses(), "price", exclude=["dear", "street"], max_epochs=60)
    assert isinstance(found, EnsembleRun)
    return found


def test_no_row_is_given_away_and_the_estimate_has_an_interval(run: EnsembleRun) -> None:
    assert len(run.rows) == 120
    assert len(run.tried) == 6
    assert sum(one.weight for one in run.tried) == pytest.approx(1)
    low, high = run.scores["rmse"].low, run.scores["rmse"].high
    assert 0 < low < run.scores["rmse"].value < high
    assert run.scores["r2"].value > 0.9
    assert "R2" in repr(run)
    later = houses(400)
    predicted = gn.predict_table(run, later)["predicted price"]
    assert np.corrcoef(predicted, later["price"])[0, 1] > 0.95


def test_a_folder_gives_the_same_run_back(run: EnsembleRun, tmp_path: Path) -> None:
    run.save(tmp_path / "run")
    found = gn.load(tmp_path / "run")
    assert isinstance(found, EnsembleRun)
    assert repr(found) == repr(run)
    assert found.tried == run.tried
    assert found.summary == run.summary
    np.testing.assert_array_equal(found.parameters.vector, run.parameters.vector)
    rows = {name: values for name, values in houses().items() if name != "price"}
    for name, values in gn.predict_table(run, rows).items():
        np.testing.assert_array_equal(gn.predict_table(found, rows)[name], values)


def test_it_is_exported_and_checked_like_one_network(run: EnsembleRun, tmp_path: Path) -> None:
    export(run.model, "python", tmp_path / "model.py")
    source: dict[str, Any] = {"__name__": "exported"}
    exec((tmp_path / "model.py").read_text(), source)
    row = {"size": 100.0, "age": None, "city": "Zug", "year": 2003.0}
    whole = {name: np.array([value], object) for name, value in row.items()}
    expected = run.model.predict_rows(whole)
    np.testing.assert_allclose(source["predict"](row)["values"], expected, rtol=1e-10)


def test_the_recipe_has_pieces_only_if_a_member_takes_them(run: EnsembleRun) -> None:
    assert run.recipe is not None
    pieces = any(getattr(column, "knots", ()) for column in run.recipe.columns)
    taken = {one.name.split(",")[0] for one in run.tried if one.weight > 0}
    assert pieces == ("pieces" in taken)
    assert run.recipe.n_features == run.network.sizes[0]
    assert run.samples is not None
    assert run.samples.X.shape[1] == run.network.sizes[0]


def test_groups_stay_together_and_are_not_learned_from() -> None:
    found = gn.train_table(houses(), "dear", exclude="price", groups="street", **QUICK)
    assert isinstance(found, EnsembleRun)
    assert found.recipe is not None
    assert "street" not in [column.name for column in found.recipe.columns]
    assert set(found.scores) == {"accuracy", "log_loss"}


def test_time_is_followed_forwards() -> None:
    found = gn.train_table(houses(), "price", exclude=["dear", "street"], time="year", **QUICK)
    assert isinstance(found, EnsembleRun)
    years = houses()["year"]
    assert len(found.rows) < 120  # the first are predicted by nobody
    assert years[found.rows].min() > years[np.setdiff1d(np.arange(120), found.rows)].max()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"groups": "street", "time": "year"}, "leave one out"),
        ({"groups": "street", "single": True}, "single network has none"),
        ({"groups": "street", "validation": 0.2}, "neither groups nor time"),
        ({"groups": "nowhere"}, "nowhere"),
        ({"time": "city"}, "city"),
        ({"time": "age"}, "no value here"),
        ({"effort": "great"}, "effort"),
    ],
)
def test_folds_that_cannot_be_are_refused(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        gn.train_table(houses(), "price", max_epochs=2, **asked)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"patience": 3}, "patience"),
        ({"stop_below": 0.1}, "stop-below"),
        ({"schedule": "plateau:3:0.5"}, "follows the loss"),
    ],
)
def test_what_one_network_alone_can_do_says_that_it_is_one(asked: dict[str, Any], why: str) -> None:
    found = gn.train_table(houses(), "price", max_epochs=2, **asked)
    assert isinstance(found, gn.Run)
    assert any(why in note for note in found.notes)


def test_rare_classes_and_few_rows_are_no_trouble() -> None:
    one_alone = {"x": np.arange(12.0), "y": ["a"] * 11 + ["b"]}
    found = gn.train_table(one_alone, "y", **QUICK)
    assert isinstance(found, EnsembleRun)
    assert found.model.classes == ("a", "b")
    few = gn.train_table({"x": np.arange(4.0), "y": list("aabb")}, "y", max_epochs=2)
    assert isinstance(few, gn.Run)
    assert any("too few" in note for note in few.notes)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


TRAIN = ("train", "iris", "--max-epochs", "40", "--hidden", "6", "--out")


def test_the_command_prints_what_was_tried_and_scores_with_intervals(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line([*TRAIN, "run"]) == 0
    shown = capsys.readouterr()
    assert "candidates" in shown.err
    assert "trainings" in shown.err
    assert "pieces, l2" in shown.out
    assert "95 %:" in shown.out
    assert "each by networks that had not seen it" in shown.out
    summary = json.loads((here / "run/summary.json").read_text())
    assert summary["out_of_fold"]["rows"] == 150
    assert {"calibration.png", "model.safetensors"} < set(summary["files"])
    assert sorted(summary["files"]) == sorted(f.name for f in (here / "run").iterdir())
    assert "tried    pieces" in (here / "run/training.log").read_text()
    assert command_line(["evaluate", "run", "iris"]) == 0
    assert command_line(["predict", "run", "iris", "--out", "p.csv"]) == 0
    again = ["train", "--config", "run/settings.toml", "--quiet", "--out", "again"]
    assert command_line(again) == 0
    one, other = (gn.load(here / name) for name in ("run", "again"))
    np.testing.assert_array_equal(one.parameters.vector, other.parameters.vector)
    capsys.readouterr()
    assert command_line(["evaluate", "run", "--json", "--no-pictures"]) == 0
    assert json.loads(capsys.readouterr().out) == summary["scores"]
    assert command_line(["show", "run"]) == 0
    assert "pieces, l2" in capsys.readouterr().out
    assert (here / "glassnet-pictures/calibration.png").exists()
    assert command_line(["play", "run"]) == 2
    assert "--single" in capsys.readouterr().err


def test_interrupted_it_goes_on_to_the_same_digits(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line([*TRAIN, "whole", "--quiet"]) == 0
    monkeypatch.setattr(cross_fitting, "REPORT_SECONDS", 0.0)
    steps = cross_fitting.CrossFitting.__iter__

    def interrupted(self: Any) -> Any:
        for n, share in enumerate(steps(self)):
            yield share
            if n == 50:
                self.asked_to_stop.set()

    with monkeypatch.context() as patch:
        patch.setattr(cross_fitting.CrossFitting, "__iter__", interrupted)
        assert command_line([*TRAIN, "stopped", "--quiet"]) == 130
    assert "--resume stopped goes on" in capsys.readouterr().err
    assert command_line(["train", "--resume", "stopped", "--quiet"]) == 0
    assert command_line(["train", "--resume", "stopped", "--quiet"]) == 2
    assert "is finished" in capsys.readouterr().err
    one, other = (gn.load(here / name) for name in ("whole", "stopped"))
    np.testing.assert_array_equal(one.parameters.vector, other.parameters.vector)


def test_rows_held_out_besides_are_scored_by_the_ensemble(here: Path) -> None:
    assert command_line([*TRAIN, "run", "--validation", "0.2", "--quiet"]) == 0
    summary = json.loads((here / "run/summary.json").read_text())
    assert summary["scores"]["rows"] == 30
    assert summary["out_of_fold"]["rows"] == 120


def test_evaluating_rows_that_were_trained_on_beats_the_estimate(run: EnsembleRun) -> None:
    evaluation, _ = evaluate_table(run.model, houses())
    assert evaluation.scores["rmse"] < run.scores["rmse"].value


def test_an_explanation_is_the_average_with_its_numbers_and_any_members_calculation(
    run: EnsembleRun,
) -> None:
    from glassnet.explain import explain

    assert run.samples is not None
    found = explain(run, sample=7)
    *members, average, output, loss = found.steps
    assert len(members) == len(run.ensemble.members)
    total = sum(
        member.weight * step.equation.result.values[0, 0]
        for member, step in zip(run.ensemble.members, members, strict=True)
    )
    expected = run.outputs(run.samples.X[7:8])[0, 0]
    assert total / run.ensemble.temperature == pytest.approx(expected, rel=1e-9)
    assert average.equation.result.values[0, 0] == pytest.approx(expected, rel=1e-9)
    assert output.equation.result.values[0, 0] == pytest.approx(expected, rel=1e-9)
    y = run.samples.Y[7, 0]
    assert np.ravel(loss.equation.result.values)[0] == pytest.approx((expected - y) ** 2)
    for text in (found.text(), found.markdown(), found.html(), found.json()):
        assert "member" in text
    one = explain(run, sample=7, member=2)
    final = [step for step in one.steps if step.kind == "z" and step.phase == "forward"][-1]
    assert final.equation.result.values[0, 0] == members[1].equation.result.values[0, 0]
    for wrong in ({"member": 99}, {"member": 0}, {"epoch": 3}, {"sample": 120}, {"l2": 0.1}):
        with pytest.raises(gn.InputError):
            explain(run, **wrong)


@pytest.mark.parametrize("target", ["dear", "city"])
def test_classes_are_explained_and_predicted_alike(target: str, here: Path) -> None:
    frame = {name: values for name, values in houses().items() if name != "street"}
    found = gn.train_table(frame, target, **QUICK)
    assert isinstance(found, EnsembleRun)
    found.save("run")
    assert command_line(["explain", "run", "--sample", "3", "--out", "e.json"]) == 0
    assert command_line(["explain", "run", "--member", "1", "--out", "m.html"]) == 0
    explained = json.loads(Path("e.json").read_text())
    assert found.samples is not None
    p = np.ravel(found.outputs(found.samples.X[3:4]))
    shown = [step for step in explained["steps"] if step["kind"] == "a"][-1]
    np.testing.assert_allclose(np.ravel(shown["result"]["values"]), p, rtol=1e-9)


def test_predictions_have_intervals_in_the_units_of_the_target(
    run: EnsembleRun, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = houses(500)
    found = gn.predict_table(run, new, interval=0.9)
    inside = (found["low price"] <= new["price"]) & (new["price"] <= found["high price"])
    assert 0.8 < inside.mean() < 0.99
    assert (found["low price"] < found["predicted price"]).mean() > 0.95
    run.save("run")
    rows = [",".join(map(str, row)) for row in zip(*new.values(), strict=True)]
    Path("new.csv").write_text("\n".join([",".join(new), *rows]).replace("nan", ""))
    assert command_line(["predict", "run", "new.csv", "--interval", "0.9"]) == 0
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header == "predicted price,low price,high price"
    assert float(first.split(",")[1]) == pytest.approx(found["low price"][0])
    assert command_line(["predict", "run/model.safetensors", "new.csv", "--interval", "0.9"]) == 2
    assert "give the run of one" in capsys.readouterr().err


def test_trainings_that_diverge_are_noted_and_other_rules_go_with_folds() -> None:
    data = {"x": np.linspace(-1, 1, 40), "y": np.linspace(-1, 1, 40) ** 2}
    wild = gn.train_table(data, "y", optimizer=gn.GradientDescent(1e9), **QUICK)
    assert isinstance(wild, EnsembleRun)
    assert any("trainings diverged" in note for note in wild.notes)
    settled = gn.train_table(data, "y", optimizer="lbfgs", effort="quick", max_epochs=30)
    assert isinstance(settled, EnsembleRun)
    assert settled.scores["r2"].value > 0.9
