"""Why a training ended, as a value."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.training.stop_reason import StopKind, StopReason

NETWORK = gn.Network((2, 3, 1))
POINTS = gn.datasets.rings()

ENDS = {
    StopKind.LOSS_BELOW: {"stop_below": 0.7},
    StopKind.MAX_EPOCHS: {"max_epochs": 2},
    StopKind.NO_IMPROVEMENT: {"patience": 2, "min_improvement": 1.0},
    StopKind.SETTLED: {"optimizer": gn.LBFGS(), "l2": 1.0},
    StopKind.DIVERGED: {"optimizer": gn.GradientDescent(1e300), "l2": 1.0},
}


@pytest.mark.parametrize("kind", ENDS, ids=str)
def test_a_run_has_the_kind_of_its_end_also_when_it_is_read_back(
    kind: StopKind, tmp_path: Path
) -> None:
    run = gn.train(NETWORK, POINTS.X, POINTS.y, seed=0, **ENDS[kind])  # type: ignore[arg-type]
    assert run.stop_reason.kind is kind
    run.save(tmp_path / "run")
    loaded = gn.load(tmp_path / "run")
    assert isinstance(loaded, gn.Run)
    assert loaded.stop_reason.kind is kind
    assert loaded.stop_reason.threshold == run.stop_reason.threshold
    assert loaded.explanation == run.explanation


def test_a_reason_reads_as_a_text_and_survives_copies() -> None:
    reason = StopReason(StopKind.LOSS_BELOW, 0.005)
    assert f"{reason}" == "loss below 0.005"
    assert json.dumps(reason) == '"loss below 0.005"'
    for twin in (copy.deepcopy(reason), pickle.loads(pickle.dumps(reason))):
        assert (twin, twin.kind, twin.threshold) == (reason, reason.kind, 0.005)


def test_another_text_is_no_reason() -> None:
    with pytest.raises(ValueError, match="bored"):
        StopReason.read("bored", None)
