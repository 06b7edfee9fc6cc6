"""Sweeps that run: whoever trains, whatever stops them, the file holds the same bits."""

from __future__ import annotations

import os
import select
import signal
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from distributed import LocalCluster

import glassnet as gn
from children import Child
from example_sweeps import asked, content, runs_of, swept
from glassnet.cli import run as command_line
from glassnet.sweep import SweepFile, executors, orchestrator, sweep
from glassnet.sweep.plan import Point, Task
from glassnet.sweep.problem import read_problem
from glassnet.sweep.work import curve_epochs, results
from glassnet.training.many_starts import can_be_many

GRID = ("learning_rate=0.4,1", "hidden=3-3,4", "max_epochs=300")


def test_the_tutorials_own_runs_are_in_the_file(tmp_path: Path, tutorial_run: gn.Run) -> None:
    runs = swept(tmp_path / "s.duckdb", "3", keep_parameters=True)
    assert runs.epochs.tolist() == [5271, 7574, 6541]
    assert set(runs.stop_reason) == {"loss below"}
    losses = tutorial_run.history.loss
    assert runs.final_loss[0] == losses[-1]
    epochs, kept = runs.curves[0]
    assert (epochs[0], epochs[-1]) == (1, 5271)
    assert kept.tobytes() == losses[epochs - 1].tobytes()
    last, before = losses[-52:], losses[-52 - 527 : -527]
    assert runs.fall[0] == pytest.approx(1 - last.mean() / before.mean(), rel=1e-12)
    assert runs.measures["training accuracy"].tolist() == [1.0, 1.0, 1.0]
    with duckdb.connect(tmp_path / "s.duckdb", read_only=True) as connection:
        (row,) = connection.execute("SELECT parameters FROM runs WHERE seed = 0").fetchall()
    assert row[0] == tutorial_run.parameters.vector.tolist()


def test_who_trains_makes_no_difference(
    tmp_path: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here with all threads, in processes, and on a Dask cluster over TCP."""
    with monkeypatch.context() as patched:
        patched.setattr(orchestrator, "MANY_SEEDS", 1)
        swept(tmp_path / "here", "5", GRID)
    swept(tmp_path / "one", "5", GRID)
    monkeypatch.setattr(orchestrator, "Processes", executors.Processes)
    swept(tmp_path / "processes", "5", GRID, where="processes")
    swept(tmp_path / "cluster", "5", GRID, where=cluster.scheduler_address)
    expected = content(tmp_path / "here")
    assert len(expected) == 20
    assert content(tmp_path / "one") == expected
    assert content(tmp_path / "processes") == expected
    assert content(tmp_path / "cluster") == expected


@pytest.mark.cluster
def test_a_new_local_cluster_gives_the_same_too(tmp_path: Path) -> None:
    swept(tmp_path / "here", "4")
    swept(tmp_path / "local", "4", where="local")
    assert content(tmp_path / "local") == content(tmp_path / "here")


@pytest.mark.parametrize(
    "settings",
    [
        {"patience": 5},
        {"schedule": "step:100:0.5"},
        {"dropout": "0.2"},
        {"optimizer": "lbfgs"},
        {"clip_norm": 0.1, "batch_size": 8},
        {"optimizer": "adam", "l2": 0.001, "batch_size": 5},
    ],
)
def test_each_run_is_that_of_train_alone(tmp_path: Path, settings: dict[str, object]) -> None:
    problem = read_problem(asked().request, tmp_path)
    point = Point(0, {"max_epochs": 200, **settings})  # type: ignore[dict-item]
    setup = problem.setup(point.settings)
    found = results(problem, Task(point, (3, 1)), threads=1, keep=True)
    assert can_be_many(setup.settings) is ("l2" in settings)
    for result in found:
        training = gn.Training(
            setup.network,
            problem.training.X,
            problem.training.labels,
            replace(setup.settings, seed=result.seed),
            parameters=gn.Parameters.initial(setup.network, setup.initialiser, result.seed),
        )
        for _ in training:
            pass
        run = training.run
        assert (result.stop_reason, result.epochs) == (run.stop_reason.kind, run.epochs)
        assert result.final_loss == run.history.loss[-1]
        assert result.parameters is not None
        assert result.parameters.tobytes() == run.parameters.vector.tobytes()
    assert [result.seed for result in found] == [3, 1]


def test_a_table_is_swept_with_rows_held_out(tmp_path: Path) -> None:
    runs = swept(tmp_path / "s", "2", ["hidden=4", "max_epochs=20"], data="iris")
    assert set(runs.measures) == {
        f"{where} {what}"
        for where in ("training", "held out")
        for what in ("loss", "accuracy", "roc_auc")
    }
    with SweepFile.open(tmp_path / "s", read_only=True) as file:
        assert (file.experiment["rows"], file.experiment["rows_held_out"]) == (120, 30)
        assert file.experiment["recipe"]["target"]["names"] == ["label"]
    run = gn.train_table(
        "iris", hidden_layer_sizes=(4,), max_epochs=20, single=True
    )  # from seed 0, as the first
    assert run.history.loss[-1] == runs.final_loss[0]
    assert run.measures["validation"]["loss"] == pytest.approx(
        runs.measures["held out loss"][0], rel=1e-12
    )


def test_a_regression_and_a_training_that_diverges_are_swept(tmp_path: Path) -> None:
    sets = ["learning_rate=0.01,1e200", "optimizer=gradient-descent", "max_epochs=5"]
    runs = swept(tmp_path / "s", "2", sets, data="curve")
    assert runs.stop_reason.tolist() == ["max_epochs"] * 2 + ["diverged"] * 2
    assert "held out r2" in runs.measures


def test_curves_are_exact_at_their_ends_and_alike_between() -> None:
    whole, part = curve_epochs(20_000, 20_000), curve_epochs(5271, 20_000)
    assert part[-1] == 5271
    assert set(part[:-1]) <= set(whole)
    assert (part[0], whole[-1]) == (1, 20_000)
    assert len(whole) < 210
    assert curve_epochs(7, 7).tolist() == list(range(1, 8))
    assert curve_epochs(0, 7).tolist() == []


def test_more_seeds_are_added_and_nothing_is_trained_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept(tmp_path / "s", "3", GRID[1:])
    first = content(tmp_path / "s")
    added: list[int] = []
    add = SweepFile.add

    def counted(self, results, points) -> None:  # type: ignore[no-untyped-def]
        added.extend(result.seed for result in results)
        add(self, results, points)

    monkeypatch.setattr(SweepFile, "add", counted)
    swept(tmp_path / "s", "5", GRID[1:])
    assert sorted(added) == [3, 3, 4, 4]
    assert set(first) <= set(content(tmp_path / "s"))
    swept(tmp_path / "s", "2", GRID[1:])
    assert len(added) == 4
    swept(tmp_path / "whole", "5", GRID[1:])
    assert content(tmp_path / "s") == content(tmp_path / "whole")


KILLED = ("--seeds", "40", "--set", "max_epochs=3000", "--set", "hidden=3-3,6-6")


def child(*arguments: str, cwd: Path) -> Child:
    return Child("sweep", *arguments, cwd=cwd)


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes in /proc")
def test_killed_at_any_time_a_sweep_goes_on_without_losing_or_repeating_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "killed"
    held: list[int] = []
    for saved in (1, 2, 12):  # the first while the file is made
        process = child(*KILLED, "--out", "killed", "--quiet", cwd=tmp_path)
        process.wait_until_saved(saved)
        task = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        children = [os.pidfd_open(int(number)) for number in task.read_text().split()]
        process.end()
        if out.exists():
            held.append(len(runs_of(out)))
        for number in children:  # they end with their parent, or this never does
            select.select([number], [], [])
            os.close(number)
    assert held == sorted(set(held))
    assert 0 < held[-1] < 80
    for name in ("killed", "whole"):
        assert command_line(["sweep", *KILLED, "--out", name, "--quiet"]) == 0
    assert content(out) == content(tmp_path / "whole")
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".wal")]


@pytest.mark.process
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
@pytest.mark.parametrize("sets", [(), ("--set", "hidden=6-6,3-3")], ids=["here", "processes"])
def test_ctrl_c_keeps_what_is_done(tmp_path: Path, sets: tuple[str, ...]) -> None:
    process = child("--seeds", "30000", "--out", "s", *sets, cwd=tmp_path)
    process.wait_until_saved(2)
    process.send_signal(signal.SIGINT)
    said, warned = process.finish()
    assert process.returncode == 130
    assert said == ""
    assert warned.splitlines() == [
        f"glassnet: {30000 * (1 + bool(sets)):,} runs",
        "glassnet: interrupted; what was done is in s, and the same command goes on",
    ]
    runs = runs_of(tmp_path / "s")
    assert 0 < len(runs) < 30000
    assert set(runs.stop_reason) <= {"loss below", "max_epochs"}


def test_a_file_of_another_experiment_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s"
    swept(path, "2", ["max_epochs=50"])
    before = path.read_bytes()
    for other, said in [
        (asked("2", ["max_epochs=60"]), "whose setting max epochs is 50 there and 60 here"),
        (
            asked("2", ["max_epochs=50", "hidden=4"]),
            "setting hidden layer sizes is not set there",
        ),
        (asked("2"), "whose setting max epochs is 50 there and not set here"),
        (asked("2", ["max_epochs=50"], data="moons"), "whose data differ"),
        (asked("2", ["max_epochs=50"], keep_parameters=True), "parameters kept is False there"),
        (asked("2", ["max_epochs=50"], search="random"), "search is grid there and random here"),
    ]:
        with pytest.raises(gn.InputError, match=said):
            sweep(other, path)
    assert path.read_bytes() == before


def test_what_is_no_file_of_a_sweep_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x" * 9999)
    with pytest.raises(gn.InputError, match="is no DuckDB database: name another"):
        sweep(asked(), tmp_path / "text")
    duckdb.connect(tmp_path / "other").close()
    with pytest.raises(gn.InputError, match="is a database, but not one that glassnet sweep made"):
        sweep(asked(), tmp_path / "other")
    with pytest.raises(gn.InputError, match="is a folder: name a file"):
        sweep(asked(), tmp_path)
    with pytest.raises(gn.InputError, match="there is no folder"):
        sweep(asked(), tmp_path / "none" / "s")
    with pytest.raises(gn.InputError, match="There is no file"):
        SweepFile.open(tmp_path / "none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "text"]


@pytest.mark.process
def test_a_file_that_is_open_elsewhere_is_refused(tmp_path: Path) -> None:
    process = child("--seeds", "100000", "--out", "s", "--quiet", cwd=tmp_path)
    process.wait_until_saved(2)
    try:
        for open_it in (lambda: sweep(asked(), tmp_path / "s"), lambda: runs_of(tmp_path / "s")):
            with pytest.raises(gn.InputError, match="is open in another program"):
                open_it()
        assert process.poll() is None
    finally:
        process.end()


def test_what_cannot_be_trained_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    for other, said in [
        (asked("2", ["optimizer=adam", "momentum=0.9"]), "does not go with the optimizer adam"),
        (asked("2", ["dropout=0.1-0.2-0.3"]), "3 dropout rates were given for 2 hidden layers"),
        (
            asked("2", where="tcp://127.0.0.1:1"),
            "No Dask scheduler answers at 'tcp://127.0.0.1:1'",
        ),
        (asked("2", data="no.csv"), "no.csv"),
    ]:
        with pytest.raises(gn.InputError, match=said):
            sweep(other, tmp_path / "s")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(gn.InputError, match="'foo' is no value of activation"):
        asked("2", ["activation=tanh,foo"])
    with pytest.raises(gn.InputError, match="learning_rate must be"):
        asked("2", ["learning_rate=-1"])
    with pytest.raises(gn.InputError, match="Unknown search 'best'"):
        asked(search="best")
    with pytest.raises(gn.InputError, match="leave out --points"):
        asked(points=5)
    with pytest.raises(gn.InputError, match="needs settings to draw"):
        asked(search="tpe")


def test_the_file_can_be_asked_in_sql(tmp_path: Path) -> None:
    swept(tmp_path / "s", "4", ["learning_rate=0.4,1", "max_epochs=300"])
    with duckdb.connect(tmp_path / "s", read_only=True) as connection:
        rows = connection.execute(
            "SELECT learning_rate, count(*), avg(final_loss) FROM runs GROUP BY ALL ORDER BY 1"
        ).fetchall()
    assert [row[:2] for row in rows] == [(0.4, 4), (1.0, 4)]
    assert np.isfinite([row[2] for row in rows]).all()


def test_runs_that_cannot_be_written_end_the_sweep_with_what_is_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept(tmp_path / "s", "2", ["max_epochs=50"])
    before = content(tmp_path / "s")

    monkeypatch.setattr(executors, "results", lambda *a, **k: 2 * results(*a, **k))
    with pytest.raises(OSError, match=r"could not be written to .*; those before are kept"):
        sweep(asked("4", ["max_epochs=50"]), tmp_path / "s")
    assert content(tmp_path / "s") == before
