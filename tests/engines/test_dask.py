"""The Dask engine on clusters of processes over TCP: one machine's numbers, whatever happens."""

from __future__ import annotations

import copy
import importlib
import os
import pickle
import signal
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client

import glassnet as gn
from clusters import SlowInOneWorker, local_cluster, pids, samples
from glassnet.core.parameters import Array
from glassnet.engines import cluster as glassnet_cluster
from glassnet.engines.dask import added
from glassnet.engines.partitioned import PartedSamples, usual_parts

pytestmark = pytest.mark.cluster

NETWORK = gn.Network((6, 8, 8, 1), "tanh")
X, Y = samples()
WAYS: dict[str, dict[str, Any]] = {
    "full batch": {"optimizer": gn.GradientDescent(0.5), "max_epochs": 6},
    "adam in batches": {"optimizer": gn.Adam(0.01), "max_epochs": 2, "batch_size": 700},
    "lbfgs": {"optimizer": gn.LBFGS(), "max_epochs": 5},
    "held out and patient": {
        "optimizer": gn.Adam(0.01),
        "max_epochs": 5,
        "validation": 0.2,
        "patience": 2,
        "class_weight": "balanced",
        "training_metrics": True,
    },
    "dropout": {"optimizer": gn.Adam(0.01), "max_epochs": 3, "dropout": 0.3},
    "dropout in batches": {"max_epochs": 1, "batch_size": 1100, "dropout": 0.3, "l2": 0.01},
    "single precision": {"optimizer": gn.Adam(0.01), "max_epochs": 3, "dtype": "float32"},
    "weights": {"max_epochs": 3, "sample_weight": np.linspace(0, 2, len(X))},
}


def trained(engine: object = "auto", **asked: Any) -> gn.Run:
    return gn.train(NETWORK, X, Y, seed=1, engine=engine, **asked)  # type: ignore[arg-type]


def bits(run: gn.Run) -> bytes:
    return run.history.loss.tobytes() + run.parameters.vector.tobytes()


def assert_close(run: gn.Run, expected: gn.Run, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(run.history.loss, expected.history.loss, rtol=tolerance)
    for name, values in expected.history.validation.items():
        np.testing.assert_allclose(run.history.validation[name], values, rtol=tolerance)
    assert run.stop_reason == expected.stop_reason
    assert run.kept_epoch == expected.kept_epoch


@pytest.mark.parametrize(
    ("way", "inner"),
    [(way, "auto") for way in WAYS]
    + [("lbfgs", "reference"), ("dropout in batches", "reference")]
    + [pytest.param(way, "reference", marks=pytest.mark.long) for way in WAYS],
)
def test_a_cluster_gives_the_losses_of_one_machine(client: Client, way: str, inner: str) -> None:
    run = trained(gn.engines.Dask(client, inner), **WAYS[way])
    assert_close(run, trained(inner, **WAYS[way]), 1e-5 if "single" in way else 1e-12)


def test_any_number_of_workers_gives_the_same_bits() -> None:
    with local_cluster(1) as client:
        found = []
        for workers in (1, 2, 4):
            client.cluster.scale(workers)
            client.wait_for_workers(workers)
            engine = gn.engines.Dask(client)
            found.append([bits(trained(engine, **WAYS[way])) for way in list(WAYS)[:4]])
        assert found[0] == found[1] == found[2]


def test_more_parts_than_one_task_adds_up_give_the_sum_in_the_same_order(client: Client) -> None:
    rng = np.random.default_rng(2)
    sums = [(rng.random(), 1.0, rng.normal(size=5)) for _ in range(150)]
    tasks = [added(sums[i : i + 16]) for i in range(0, 150, 16)]
    assert added(tasks)[0] == added(sums)[0]
    assert np.array_equal(added(tasks)[2], added(sums)[2])
    run = trained(gn.engines.Dask(client, partitions=40), max_epochs=3)
    assert_close(run, trained(max_epochs=3))


def test_a_worker_that_is_killed_changes_no_bit_and_the_next_one_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(glassnet_cluster, "LOOK_SECONDS", 0.0)
    parted = da.from_array(X, chunks=(400, 6)), da.from_array(Y, chunks=400)
    settings = gn.Settings(gn.Adam(0.01), max_epochs=12, seed=1)
    with local_cluster(2) as client:
        engine = gn.engines.Dask(client)
        for a, b in ((X, Y), parted):
            whole = gn.Training(NETWORK, a, b, settings, engine=engine)
            whole.advance(12)
            training = gn.Training(NETWORK, a, b, settings, engine=engine)
            training.advance(3)
            killed = min(pids(client).items())
            os.kill(killed[1], signal.SIGKILL)
            training.advance(5)
            client.wait_for_workers(2)  # the nanny has started another
            training.advance(12)
            assert bits(training.run) == bits(whole.run)
            parts = {f.key for f in training.samples.partitions._futures}  # type: ignore[attr-defined]
            held = client.has_what()
            assert all(parts & set(keys) for keys in held.values()), "a worker has nothing to do"


def test_a_slow_worker_changes_no_bit(client: Client) -> None:
    runs = [
        trained(gn.engines.Dask(client, inner), max_epochs=3)
        for inner in ("reference", SlowInOneWorker())
    ]
    assert bits(runs[0]) == bits(runs[1])


@pytest.mark.parametrize("way", ["adam in batches", "lbfgs", "held out and patient"])
def test_resume_equals_uninterrupted(client: Client, way: str) -> None:
    asked = {**WAYS[way], "max_epochs": 8}
    validation = asked.pop("validation", None)
    settings = gn.Settings(seed=1, validation_fraction=validation, **asked)
    engine = gn.engines.Dask(client)

    def training() -> gn.Training:
        return gn.Training(NETWORK, X, Y, settings, engine=engine)

    whole, first, second = training(), training(), training()
    whole.advance(8)
    first.advance(3)
    second.resume(first.checkpoint())
    second.advance(8)
    assert bits(second.run) == bits(whole.run)
    engine = gn.engines.Dask(client, partitions=3)
    other = training()
    with pytest.raises(gn.InputError, match=r"its data differ"):
        other.resume(first.checkpoint())


def test_asked_to_stop_within_an_epoch_it_gives_that_epoch_up(client: Client) -> None:
    settings = gn.Settings(gn.Adam(0.01), max_epochs=4, seed=1, batch_size=500)
    training = gn.Training(NETWORK, X, Y, settings, engine=gn.engines.Dask(client))
    training.advance(1)
    before = copy.deepcopy(training.state.generator.bit_generator.state)
    training._stop_asked.set()
    training.advance(1)
    assert training.run.stop_reason == "interrupted"
    assert training.state.generator.bit_generator.state == before
    assert training.epoch == 1


def test_dask_arrays_train_as_the_arrays_that_they_are(client: Client) -> None:
    chunked = da.from_array(X, chunks=(1000, 2))
    labels = da.from_array(Y, chunks=750)
    weight = da.from_array(np.linspace(0, 2, len(X)), chunks=750)
    asked: dict[str, Any] = {"seed": 1, "max_epochs": 3, "validation": 0.2, "patience": 5}
    run = gn.train(NETWORK, chunked, labels, sample_weight=weight, class_weight="balanced", **asked)
    expected = gn.train(
        NETWORK, X, Y, sample_weight=np.linspace(0, 2, len(X)), class_weight="balanced", **asked
    )
    assert_close(run, expected)
    assert run.engine.name.startswith("dask-")
    np.testing.assert_array_equal(run.data[0], expected.data[0])
    unknown = chunked[da.from_array(X[:, 0], chunks=1000) > 0]
    with pytest.raises(gn.InputError, match=r"X has 3 partitions and y 4, of lengths that are not"):
        gn.train(NETWORK, unknown, labels)
    some = labels.rechunk(1000)[da.from_array(X[:, 0], chunks=1000) > 0]
    chosen = X[:, 0] > 0
    run = gn.train(NETWORK, unknown, some, max_epochs=2, seed=1)
    assert_close(run, gn.train(NETWORK, X[chosen], Y[chosen], max_epochs=2, seed=1))


def test_predictions_for_dask_arrays_stay_in_dask(client: Client) -> None:
    run = trained(gn.engines.Dask(client), max_epochs=2)
    chunked = da.from_array(X, chunks=(800, 3))
    for ask in ("predict", "predict_probability", "outputs"):
        lazily = getattr(run, ask)(chunked)
        assert isinstance(lazily, da.Array)
        here = getattr(run, ask)(X)
        np.testing.assert_array_equal(lazily.compute(), here)
        assert lazily.shape == here.shape
        np.testing.assert_array_equal(getattr(run.model, ask)(chunked).compute(), here)


def test_a_run_outlives_its_cluster() -> None:
    with local_cluster(1) as client:
        run = trained(gn.engines.Dask(client), max_epochs=2)
        local = run.to_local()
    np.testing.assert_array_equal(run.predict(X), local.predict(X))
    assert local.engine.name in ("compiled", "reference")
    np.testing.assert_array_equal(run.data[0], X)
    assert run.origin == run.checkpoint().facts["origin"]
    engine = pickle.loads(pickle.dumps(run.engine))
    assert engine.name == local.engine.name


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("nan", r"Partition 2 \(counted from 0\) does not fit: X must be finite, but holds nan at "
                r"row 5 and column 1"),
        ("label", r"Partition 1 .* every label must be 0 or 1, but y holds 7 at row 3"),
        ("width", r"X must have shape \(n_samples, 6\)"),
        ("rows", r"X and y must have one row per sample each"),
        ("negative", r"Partition 0 .* Sample weights must not be negative"),
        ("kind", r"y must be a Dask array or data frame, like X, not list"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_partition(
    client: Client, wrong: str, sentence: str
) -> None:
    bad, labels, weight = X.copy(), Y.copy(), np.ones(len(X))
    bad[2005, 1] = np.nan if wrong == "nan" else 0
    labels[1003] = 7 if wrong == "label" else 0
    weight[4] = -1 if wrong == "negative" else 1
    features = 5 if wrong == "width" else 6
    rows = 2000 if wrong == "rows" else 3000
    data: list[Any] = [
        da.from_array(bad[:, :features], chunks=(1000, features)),
        da.from_array(labels[:rows], chunks=1000),
    ]
    if wrong == "kind":
        data[1] = [0, 1]
    with pytest.raises(gn.InputError, match=sentence):
        gn.train(NETWORK, *data, sample_weight=da.from_array(weight, chunks=1000), max_epochs=1)


def test_a_divergence_is_reported_as_on_one_machine(client: Client) -> None:
    wide = gn.Network((6, 4, 1), "relu", "mean_squared_error")
    asked: dict[str, Any] = {"optimizer": gn.GradientDescent(1e80), "max_epochs": 9, "seed": 1}
    run = gn.train(wide, X, Y, engine=gn.engines.Dask(client), **asked)
    expected = gn.train(wide, X, Y, engine="reference", **asked)
    assert (run.stop_reason, run.explanation) == (expected.stop_reason, expected.explanation)


def test_the_number_of_parts_depends_on_the_rows_alone() -> None:
    assert [usual_parts(n, 80 * n) for n in (1, 1023, 2048, 10_000, 10**7)] == [1, 1, 2, 8, 24]


def test_parted_arrays_are_cut_like_arrays(client: Client) -> None:
    engine = gn.engines.Dask(client, partitions=7)
    for a, b in ((X, Y), (da.from_array(X, chunks=(450, 6)), da.from_array(Y, chunks=450))):
        held = engine.hold(engine.take(NETWORK, a, b, None, "float64"))
        assert isinstance(held, PartedSamples)
        rows = np.random.default_rng(0).permutation(len(X))[:100]
        np.testing.assert_array_equal(np.asarray(held.X[rows]), X[rows])
        np.testing.assert_array_equal(np.asarray(held.X[rows][3:9]), X[rows][3:9])
        np.testing.assert_array_equal(np.asarray(held.Y[-5:]), Y[-5:, np.newaxis])
        np.testing.assert_array_equal(held.labels, Y.astype(int))
        parameters = gn.Parameters.initial(NETWORK, seed=0)
        for some in (held.X, held.X[rows]):
            found = engine.activations(NETWORK, parameters, some)
            expected = gn.engines.choose("auto").activations(NETWORK, parameters, np.asarray(some))
            for layer, same in zip(found, expected, strict=True):
                np.testing.assert_array_equal(layer, same)


def pretend(told: dict[str, Any] | None) -> None:
    """Let this process say of itself what is told, or what is true again."""
    if told is None:
        importlib.reload(glassnet_cluster)
    else:
        true = glassnet_cluster.facts()
        glassnet_cluster.facts = lambda: {**true, **told}


@pytest.mark.parametrize("there", [{"numpy": "1.0.0"}, {"glassnet": "9.9"}, {"Python": "3.99"}])
def test_other_versions_are_refused_before_training(client: Client, there: dict[str, str]) -> None:
    one = min(pids(client))
    ((name, version),) = there.items()
    client.run(pretend, there, workers=[one])
    sentence = rf"The worker {one} has {name} {version}, and here it is .*: install the same"
    try:
        with pytest.raises(gn.InputError, match=sentence):
            gn.engines.Dask(client)
    finally:
        client.run(pretend, None, workers=[one])


def test_workers_compute_with_the_instructions_that_all_have(client: Client) -> None:
    one = min(pids(client))
    client.run(pretend, {"instructions": ("baseline",)}, workers=[one])
    try:
        engine = gn.engines.Dask(client)
    finally:
        client.run(pretend, None, workers=[one])
    if gn.engines.built():
        assert engine.inner == gn.engines.CompiledEngine(threads=1, instructions="baseline")


def test_a_client_that_is_none_is_refused(client: Client) -> None:
    with pytest.raises(gn.InputError, match=r"client must be a distributed\.Client"):
        gn.engines.Dask("tcp://127.0.0.1:8786")
    with pytest.raises(gn.InputError, match=r"inner must be auto, compiled, reference"):
        gn.engines.Dask(client, "fast")
    with pytest.raises(gn.InputError, match=r"partitions must be a whole number from 1"):
        gn.engines.Dask(client, partitions=0)
    with (
        pytest.raises(gn.InputError, match=r"No Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"),
        glassnet_cluster.connected("tcp://127.0.0.1:9"),
    ):
        pass


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(gn.InputError, match=r"pip install 'glassnet\[dask\]'"):
        gn.engines.Dask()


def spilled(dask_worker: Any) -> int:
    """The bytes of a worker's data that are on its disk."""
    return int(dask_worker.data.spilled_total.disk)


def test_data_beyond_the_memory_of_the_workers_are_kept_on_disk_and_train_the_same(
    client: Client,
) -> None:
    rows, labels = samples(40_000, 40)
    network = gn.Network((40, 5, 1))

    def run(client: Client) -> gn.Run:
        engine = gn.engines.Dask(client, partitions=16)
        return gn.train(network, rows, labels, engine=engine, seed=1, max_epochs=2)

    with (
        dask.config.set({"distributed.worker.memory.target": 0.002}),  # 2 MB
        local_cluster(1, memory_limit="1GB") as small,
    ):
        there = run(small)
        assert sum(small.run(spilled).values()) > rows.nbytes / 2
    assert bits(there) == bits(run(client))


def test_lost_clusters_leave_a_whole_state() -> None:
    settings = gn.Settings(gn.Adam(0.01), max_epochs=9, seed=1, batch_size=900)
    with local_cluster(1) as client:
        engine = gn.engines.Dask(client)
        training = gn.Training(NETWORK, X, Y, settings, engine=engine)
        training.advance(2)
        whole = gn.Training(NETWORK, X, Y, settings, engine=engine)
        whole.advance(9)
    with pytest.raises(
        ConnectionError, match=r"The scheduler at tcp://.* does not answer any more"
    ):
        training.advance(3)
    checkpoint = training.checkpoint()
    assert checkpoint.facts["epoch"] == training.so_far().epochs == 2
    with local_cluster(1) as client:
        again = gn.Training(NETWORK, X, Y, settings, engine=gn.engines.Dask(client))
        again.resume(checkpoint)
        again.advance(9)
    assert bits(again.run) == bits(whole.run)


def test_a_float_array_stays_an_array(client: Client) -> None:
    engine = gn.engines.Dask(client)
    parameters = gn.Parameters.initial(NETWORK, seed=0)
    local: Array = gn.engines.choose("auto").outputs(NETWORK, parameters, X)
    np.testing.assert_array_equal(engine.outputs(NETWORK, parameters, X), local)
