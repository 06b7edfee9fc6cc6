"""The history keeps every loss, and snapshots within bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.training import history
from glassnet.training.stuck import STILL_FALLING, fall

NETWORK = gn.Network((2, 1))
START = gn.Parameters(NETWORK, np.zeros(3))


def vectors(epochs: np.ndarray) -> np.ndarray:
    """A recognisable parameter vector for each epoch."""
    return np.repeat(epochs[:, np.newaxis].astype(float), 3, axis=1)


def record(kept: gn.History, epochs: int, chunk: int) -> None:
    """Hand over epochs in chunks, as a training does."""
    done = 0
    while done < epochs:
        size = min(chunk, epochs - done, kept.room)
        numbers = np.arange(done + 1, done + size + 1)
        kept.extend(1 / numbers, vectors(numbers[numbers % kept.stride == 0]))
        done += size


def check(kept: gn.History) -> None:
    assert (kept.snapshots == vectors(kept.snapshot_epochs)).all()
    assert (np.diff(kept.snapshot_epochs) > 0).all()


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_short_run_keeps_every_epoch(chunk: int) -> None:
    kept = gn.History(START)
    record(kept, 500, chunk)
    assert kept.snapshot_epochs.tolist() == list(range(501))
    assert len(kept.loss) == 500
    check(kept)


@pytest.mark.parametrize("chunk", [1, 13, 10_000])
def test_long_run_is_thinned_evenly_and_stays_bounded(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SNAPSHOT_BYTES", 100 * START.vector.nbytes)
    kept = gn.History(START)
    record(kept, 5000, chunk)
    assert 50 <= len(kept.snapshots) <= 100
    assert set(np.diff(kept.snapshot_epochs)) == {kept.stride}
    assert len(kept.loss) == 5000
    check(kept)


def test_record_every_is_obeyed_and_the_end_is_kept() -> None:
    kept = gn.History(START, record_every=30)
    record(kept, 100, 100)
    kept.close(100, gn.Parameters(NETWORK, vectors(np.array([100]))[0]))
    assert kept.snapshot_epochs.tolist() == [0, 30, 60, 90, 100]
    check(kept)


def test_parameters_at_an_epoch_without_snapshot_names_the_nearest() -> None:
    kept = gn.History(START, record_every=30)
    record(kept, 100, 100)
    assert kept.parameters_at(60).vector[0] == 60
    with pytest.raises(gn.InputError, match="one every 30 epochs from 0 to 90, the nearest at 60"):
        kept.parameters_at(61)


def test_going_on_and_looking_at_one_epoch_copy_nothing_that_is_there() -> None:
    kept = gn.History(START)
    record(kept, 100_000, 100)
    blocks = [block for rows in (kept._losses, kept._snapshots) for block in rows._blocks]
    record_more = np.arange(100_001, 100_101)
    kept.extend(1 / record_more, vectors(record_more))
    assert kept.parameters_at(77_777).vector[0] == 77_777
    assert kept.loss_of(77_777) == 1 / 77_777
    after = [block for rows in (kept._losses, kept._snapshots) for block in rows._blocks]
    assert len(blocks) > 5
    assert {id(block) for block in blocks} <= {id(block) for block in after}
    check(kept)


def test_what_was_looked_at_does_not_change() -> None:
    kept = gn.History(START)
    record(kept, 1000, 10)
    snapshots, loss = kept.snapshots, kept.loss
    before = snapshots.copy(), loss.copy()
    record_more = np.arange(1001, 60_001)
    kept.extend(1 / record_more, vectors(record_more))
    check(kept)
    assert (snapshots == before[0]).all()
    assert (loss == before[1]).all()


def test_loss_of_an_epoch_that_was_not_done_is_none() -> None:
    kept = gn.History(START)
    assert kept.last_loss is None
    record(kept, 3, 1)
    assert [kept.loss_of(epoch) for epoch in range(5)] == [None, 1, 1 / 2, 1 / 3, None]
    assert kept.last_loss == 1 / 3


def test_the_fall_is_that_of_the_last_tenth() -> None:
    losses = np.concatenate([np.geomspace(1, 0.5, 61), np.linspace(0.4, 0.3, 11)[1:]])
    assert fall(losses) == 1 - losses[-1] / losses[-8]
    assert fall(np.array([0.5, 0.4])) == pytest.approx(0.2)
    assert fall(np.array([0.5])) == fall(np.empty(0)) == fall(np.zeros(30)) == 0.0
    assert fall(np.linspace(1, 2, 50)) < 0


def test_the_fall_of_small_batches_is_not_their_noise() -> None:
    generator = np.random.default_rng(0)
    rests = 0.25 * (1 + generator.normal(0, 0.03, (100, 20_000)))
    assert max(abs(fall(losses)) for losses in rests) <= STILL_FALLING
    falls = rests * np.geomspace(1, 0.8, 20_000)  # 2.2 percent in a tenth of the epochs
    assert min(fall(losses) for losses in falls) > STILL_FALLING
