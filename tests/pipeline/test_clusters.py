"""`glassnet train --cluster`: the workers read the table, and everything else is as without."""

from __future__ import annotations

import io
import json
import os
import re
import signal
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client

import glassnet as gn
import glassnet.pipeline.train
import glassnet.training.run_folder
from children import Child
from clusters import scheduler_and_workers
from glassnet.cli import run as command_line
from glassnet.data.preprocessing import CategoryColumn

pytestmark = pytest.mark.cluster

QUICK = ("--hidden", "8", "--no-pictures", "--quiet")


def address(client: Client) -> str:
    return str(client.scheduler_info()["address"])


def frame(rows: int = 4000, seed: int = 0) -> pd.DataFrame:
    """A table with every kind of column, some values missing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    count = rng.integers(0, 50, rows).astype(float)
    count[rng.random(rows) < 0.02] = np.nan
    return pd.DataFrame(
        {
            "id": [f"no {i}" for i in range(rows)],
            "x": x[:, 0],
            "y": x[:, 1],
            "count": count,
            "colour": rng.choice(["red", "green", "blue"], rows),
            "on": rng.random(rows) < 0.5,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
            "label": np.where(x[:, 0] * x[:, 1] > 0, "yes", "no"),
            "price": 100 * x[:, 0] + 5 * count.round() + rng.normal(size=rows),
        }
    ).assign(price=lambda table: table["price"].fillna(0.0))


def write_parts(folder: Path, table: pd.DataFrame, parts: int = 3) -> Path:
    folder.mkdir()
    bounds = np.linspace(0, len(table), parts + 1).astype(int)
    for i in range(parts):
        table.iloc[bounds[i] : bounds[i + 1]].to_parquet(folder / f"part{i}.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("parts") / "table", frame())


def said(*arguments: object) -> tuple[int, str]:
    """Exit code and stderr of a command."""
    with redirect_stderr(io.StringIO()) as errors:
        code = command_line([str(argument) for argument in arguments])
    return code, errors.getvalue()


def loaded(path: Path) -> gn.Run:
    run = gn.load(path)
    assert isinstance(run, gn.Run)
    return run


@pytest.mark.parametrize("target", ["label", "price"])
def test_a_folder_that_workers_read_trains_as_on_one_machine(
    client: Client, folder: Path, tmp_path: Path, target: str
) -> None:
    other = "price" if target == "label" else "label"
    asked = ("train", folder, "--target", target, "--exclude", other, *QUICK, "--max-epochs", 4,
             "--batch-size", 500, "--single")  # fmt: skip
    assert said(*asked, "--out", tmp_path / "here") == (0, "")
    assert said(*asked, "--out", tmp_path / "there", "--cluster", address(client)) == (0, "")
    here, there = loaded(tmp_path / "here"), loaded(tmp_path / "there")
    np.testing.assert_allclose(there.history.loss, here.history.loss, rtol=1e-12)
    for name, values in here.history.validation.items():
        np.testing.assert_allclose(there.history.validation[name], values, rtol=1e-12)
    assert there.recipe is not None
    assert here.recipe is not None
    assert there.recipe.feature_names == here.recipe.feature_names
    assert there.recipe.target.classes == here.recipe.target.classes
    summaries = [json.loads((tmp_path / name / "summary.json").read_text()) for name in
                 ("here", "there")]  # fmt: skip
    assert summaries[1]["engine"] == f"dask-{summaries[0]['engine']}"
    assert summaries[1]["table"] == summaries[0]["table"]
    assert summaries[1]["notes"] == summaries[0]["notes"]
    assert summaries[1]["samples"] == summaries[0]["samples"]
    for name, score in summaries[0]["scores"].items():
        if isinstance(score, float):
            assert summaries[1]["scores"][name] == pytest.approx(score, rel=1e-9)
    assert sorted(summaries[1]["files"]) == sorted(summaries[0]["files"])


def test_a_table_too_large_to_come_here_stays_with_the_workers(
    client: Client, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glassnet.training.run_folder, "LARGEST_DATA", 1000)
    monkeypatch.setattr(glassnet.pipeline.train, "MEASURED_ON_A_CLUSTER", 1000)
    for share in ("0.2", "none"):
        out = tmp_path / share
        asked = ("train", folder, "--target", "label", "--hidden", 5, "--max-epochs", 2, "--quiet",
                 "--validation", share, "--cluster", address(client), "--out", out)  # fmt: skip
        assert said(*asked) == (0, "")
        run = loaded(out)
        assert run.samples is None
        assert not run.history.training
        summary = json.loads((out / "summary.json").read_text())
        scores = summary["scores" if share == "0.2" else "training_scores"]
        assert scores["rows"] == (800 if share == "0.2" else 4000)
        assert len(summary["data_sha256"]) == 64


def test_any_other_table_is_sent_to_the_workers(
    client: Client, tmp_path: Path, folder: Path
) -> None:
    frame(400).to_csv(tmp_path / "table.csv", index=False)
    asked = ("train", tmp_path / "table.csv", "--target", "label", *QUICK, "--max-epochs", 3,
             "--single")  # fmt: skip
    assert said(*asked, "--out", tmp_path / "here")[0] == 0
    assert said(*asked, "--out", tmp_path / "there", "--cluster", address(client)) == (0, "")
    here, there = loaded(tmp_path / "here"), loaded(tmp_path / "there")
    np.testing.assert_allclose(there.history.loss, here.history.loss, rtol=1e-12)
    assert there.recipe == here.recipe


def test_a_cluster_of_this_machine_comes_and_goes(folder: Path, tmp_path: Path) -> None:
    asked = (
        "train",
        folder,
        "--target",
        "label",
        *QUICK,
        "--max-epochs",
        2,
        "--optimizer",
        "lbfgs",
    )
    code, errors = said(*asked, "--cluster", "local", "--out", tmp_path / "run")
    assert (code, errors) == (0, "")
    assert loaded(tmp_path / "run").epochs == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.rename(columns={"y": "z"}),
         r"part1.parquet has other columns than .*part0.parquet \(y, z\)"),
        (lambda t: t.assign(y=t["y"].astype(str)),
         r"part1.parquet: column 'y' holds values of the type text, and number in"),
        (lambda t: t.assign(label=t["label"].where(t.index != 2006)),
         r"part1.parquet, row 7: the target column 'label' has no value here"),
        (lambda t: t.assign(x=t["x"].where(t.index != 2010, np.inf)),
         r"part1.parquet, row 11: column 'x' holds inf where a number is expected"),
    ],
)  # fmt: skip
def test_a_part_that_does_not_fit_is_refused_with_file_and_row(
    client: Client, tmp_path: Path, change: Any, sentence: str
) -> None:
    folder = write_parts(tmp_path / "bad", frame(), 2)
    change(frame().iloc[2000:]).to_parquet(folder / "part1.parquet", index=False)
    code, errors = said(
        "train", folder, "--target", "label", "--cluster", address(client), "--out",
        tmp_path / "run",
    )  # fmt: skip
    assert code == 2
    assert len(errors.strip().splitlines()) == 1
    assert re.search(sentence, errors), errors
    assert not (tmp_path / "run").exists()


def test_a_missing_cluster_or_file_is_reported_in_a_sentence(
    client: Client, tmp_path: Path
) -> None:
    code, errors = said("train", "iris", "--cluster", "tcp://127.0.0.1:9", "--out", tmp_path / "r")
    assert code == 2
    assert errors.startswith("glassnet: No Dask scheduler answers at 'tcp://127.0.0.1:9'")
    assert len(errors.strip().splitlines()) == 1
    code, errors = said("train", tmp_path / "no.parquet", "--target", "y", "--cluster",
                        address(client), "--out", tmp_path / "r")  # fmt: skip
    assert (code, "There is no file" in errors) == (2, True)


def test_a_dask_data_frame_trains_and_predicts_by_its_partitions(client: Client) -> None:
    table = frame()
    parted = dd.from_pandas(table, npartitions=4)
    asked: dict[str, Any] = {"hidden": (8,), "max_epochs": 3, "batch_size": 800,
                             "exclude": ("price",)}  # fmt: skip
    run = gn.train_table(parted, "label", single=True, **asked)
    expected = gn.train_table(table, "label", single=True, **asked)
    np.testing.assert_allclose(run.history.loss, expected.history.loss, rtol=1e-12)
    lazily: Any = gn.predict_table(run, parted, keep=("id",))
    found = lazily.compute()
    here = gn.predict_table(run, table, keep=("id",))
    assert list(found.columns) == list(here)
    for name, values in here.items():
        np.testing.assert_array_equal(found[name].to_numpy(), values)


def test_partitions_of_a_dask_data_frame_may_be_empty_and_differ_in_their_objects(
    client: Client,
) -> None:
    table = pd.DataFrame(
        {
            0: np.linspace(-1, 1, 40),
            "mixed": [1] * 20 + ["b"] * 20,
            "late": [None] * 10 + [3, 4.5] * 15,
            "zone": pd.Categorical([10, 20] * 20),
            "y": [None] * 10 + ["no", "yes"] * 15,
        }
    ).astype({"mixed": object, "late": object, "y": object})
    with dask.config.set({"dataframe.convert-string": False}):
        parted = dd.from_pandas(table, npartitions=4)
    asked: dict[str, Any] = {"hidden": (2,), "max_epochs": 2, "missing_target": "skip"}
    run, expected = (gn.train_table(data, "y", single=True, **asked) for data in (parted, table))
    assert run.recipe is not None
    assert run.recipe.columns[1:] == expected.recipe.columns[1:]  # type: ignore[union-attr]
    assert run.recipe.columns[1] == CategoryColumn("mixed", ("1", "b"), False)
    run, expected = (
        gn.train_table(data[data[0] > 0], "y", hidden=(2,), max_epochs=2, single=True)
        for data in (parted, table)
    )
    assert run.recipe is not None
    assert expected.recipe is not None
    assert [column.name for column in run.recipe.columns] == ["0", "late", "zone"]
    for found, right in zip(run.recipe.columns, expected.recipe.columns, strict=True):
        assert type(found) is type(right)
        for name, value in vars(right).items():
            close = pytest.approx(value, rel=1e-14) if isinstance(value, float) else value
            assert getattr(found, name) == close
    assert run.recipe.target == expected.recipe.target


@pytest.mark.skipif(os.name != "posix", reason="processes are killed as on POSIX systems")
def test_without_the_scheduler_what_was_done_is_kept_and_resumed_exactly(
    client: Client, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ("train", folder, "--target", "label", *QUICK, "--batch-size", 2000, "--max-epochs", 25)
    with scheduler_and_workers(tmp_path) as (at, (scheduler, *_)):
        process = Child(
            *asked, "--out", "run", "--checkpoint-every", 0, "--cluster", at, cwd=tmp_path
        )
        process.wait_until_saved(3)
        scheduler.send_signal(signal.SIGKILL)
        _, errors = process.finish()
        assert process.returncode == 1
        assert f"The scheduler at {at} does not answer any more" in errors
        assert "glassnet train --resume run goes on" in errors
        assert len(errors.strip().splitlines()) == 1
    another = ("--cluster", address(client))
    assert said("train", "--resume", "run", *another, "--quiet") == (0, "")
    assert said(*asked, "--out", "whole", *another) == (0, "")
    resumed, whole = loaded(tmp_path / "run"), loaded(tmp_path / "whole")
    assert resumed.history.loss.tobytes() == whole.history.loss.tobytes()
    assert resumed.parameters.vector.tobytes() == whole.parameters.vector.tobytes()


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_in_a_terminal_saves_a_run_though_the_workers_get_it_too(
    folder: Path, tmp_path: Path
) -> None:
    process = Child(
        "train", folder, "--target", "label", *QUICK, "--max-epochs", 5000, "--batch-size", 2000,
        "--out", "run", "--checkpoint-every", 0, "--cluster", "local",
        cwd=tmp_path, start_new_session=True,
    )  # fmt: skip
    process.wait_until_saved()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.finish()
    assert process.returncode == 130
    assert "interrupted; what was done is in run, and --resume run goes on" in errors
    assert len(errors.strip().splitlines()) == 1
    assert loaded(tmp_path / "run").stop_reason == "interrupted"
