"""Searches that learn: the same points and bits wherever they were stopped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

import glassnet as gn
from example_sweeps import asked, content, swept
from glassnet.sweep import SweepFile, orchestrator, sweep
from glassnet.sweep.search import GENERATION, Search, judged, rung
from glassnet.sweep.space import read_space
from glassnet.sweep.summary import summarise

SETS = ("learning_rate=0.01..3:log", "hidden=3-3,8", "max_epochs=300")


class Stopped(Exception):
    """In the place of whatever ends a process."""


@pytest.mark.parametrize("pruning", [True, False])
def test_a_search_that_was_stopped_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pruning: bool
) -> None:
    how = {"search": "tpe", "points": 20, "pruning": pruning}
    runs = swept(tmp_path / "whole", "2", SETS, **how)
    assert len(runs) == 40
    assert ("pruned" in set(runs.stop_reason)) is pruning
    add, left = SweepFile.add, [0]

    def until_stopped(self: Any, results: Any, points: Any) -> None:
        if not left[0]:
            raise Stopped
        left[0] -= 1
        add(self, results, points)

    with monkeypatch.context() as patched:
        patched.setattr(SweepFile, "add", until_stopped)
        patched.setattr(orchestrator, "WRITE_SECONDS", -1)  # every task on its own
        for writes in (5, 7):
            left[0] = writes
            with pytest.raises(Stopped):
                sweep(asked("2", SETS, **how), tmp_path / "stopped")
    assert 0 < len(content(tmp_path / "stopped")) < 40
    swept(tmp_path / "stopped", "2", SETS, **how)
    assert content(tmp_path / "stopped") == content(tmp_path / "whole")


def test_more_points_begin_with_the_same(tmp_path: Path) -> None:
    how = {"search": "tpe", "pruning": False}
    swept(tmp_path / "grown", "1", SETS, points=10, **how)
    swept(tmp_path / "grown", "1", SETS, points=20, **how)
    swept(tmp_path / "whole", "1", SETS, points=20, **how)
    assert content(tmp_path / "grown") == content(tmp_path / "whole")
    with pytest.raises(gn.InputError, match="whose seeds is"):
        sweep(asked("2", SETS, points=20, **how), tmp_path / "whole")


def test_a_search_finds_what_draws_do_not() -> None:
    """The smallest of (log10 rate)^2, where each point is told as soon as its generation is."""

    def best(name: str) -> float:
        search = Search(read_space(["learning_rate=1e-6..1e6:log"]), name, 1, pruning=False)
        losses = []
        for points in search.generations(64):
            values = [np.log10(float(p.settings["learning_rate"])) ** 2 for p in points]
            search.tell(
                points,
                {p.number: [("max_epochs", v, ())] for p, v in zip(points, values, strict=True)},
            )
            losses += values
        return float(np.mean(losses[32:]))

    assert best("tpe") < 0.5 * best("qmc")


def test_a_point_is_its_mean_over_the_seeds() -> None:
    runs = [("max_epochs", 1.0, (5.0, 4.0, 3.0)), ("max_epochs", 2.0, (7.0, 8.0))]
    assert judged(runs) == (1.5, [6.0, 6.0], False)
    value, _, given_up = judged([("pruned", np.nan, ())])
    assert np.isnan(value)
    assert given_up
    assert [rung(k) for k in range(3)] == [16, 32, 64]


def test_pruning_is_that_of_optuna(tmp_path: Path) -> None:
    """What was given up is what Optuna's rule gives up in a study told the same by hand."""
    runs = swept(tmp_path / "s", "2", SETS, search="tpe", points=24)
    with SweepFile.open(tmp_path / "s", read_only=True) as file:
        seen = file.seen([_point(number) for number in range(24)])
    pruner = optuna.pruners.MedianPruner(n_startup_trials=GENERATION)
    study = optuna.create_study()
    for first in range(0, 24, GENERATION):
        told = []
        for number in range(first, first + GENERATION):
            value, way, given_up = judged(seen[number])
            steps = {rung(k): loss for k, loss in enumerate(way)}
            asks = [
                pruner.prune(
                    study,
                    optuna.trial.create_trial(
                        state=optuna.trial.TrialState.RUNNING,
                        intermediate_values=dict(list(steps.items())[:k]),
                    ),
                )
                for k in range(1, len(steps) + 1)
            ]
            assert asks == [False] * (len(asks) - given_up) + [True] * given_up
            state = optuna.trial.TrialState.PRUNED if given_up else None
            told.append(
                optuna.trial.create_trial(
                    value=value,
                    intermediate_values=steps,
                    state=state or optuna.trial.TrialState.COMPLETE,
                )
            )
        study.add_trials(told)
    assert "pruned" in set(runs.stop_reason)


def _point(number: int) -> Any:
    from glassnet.sweep.plan import Point

    return Point(number, {})


def test_a_summary_counts_what_was_given_up(tmp_path: Path) -> None:
    runs = swept(tmp_path / "s", "1", SETS, search="tpe", points=24)
    with SweepFile.open(tmp_path / "s", read_only=True) as file:
        summary = summarise(runs, file.experiment)
    pruned = int((runs.stop_reason == "pruned").sum())
    assert summary.ends["pruned"].count == pruned > 0
    assert summary.final_loss.runs == 24 - pruned


def test_without_optuna_a_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(gn.InputError, match=r"pip install 'glassnet\[sweep\]'"):
        sweep(asked("1", SETS, search="tpe"), tmp_path / "s")
    swept(tmp_path / "random", "1", SETS, search="random", points=3)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(gn.InputError, match=r"pip install 'glassnet\[dask\]'"):
        sweep(asked("1", where="local"), tmp_path / "d")
