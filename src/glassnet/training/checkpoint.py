"""Checkpoints: a training as arrays and JSON, to be resumed without a digit changing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.core.samples import Samples
from glassnet.engines.interface import Engine, TrainingState
from glassnet.errors import InputError
from glassnet.optim.early_stopping import Patience
from glassnet.training.history import History
from glassnet.training.settings import WHEN_TO_STOP, Settings

PATIENCE = ("best_loss", "best_epoch", "waited")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training without its data: arrays by name, and facts that go into JSON.

    The facts say what is trained, how, and on which data by their fingerprints, so that it is
    only resumed on the data it was made from.
    """

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


class _Resumable(Protocol):
    """A training in progress, or its run."""

    @property
    def network(self) -> Network: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def start(self) -> Parameters: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def samples(self) -> Samples | None: ...
    @property
    def validation(self) -> Samples | None: ...
    @property
    def state(self) -> TrainingState: ...
    @property
    def history(self) -> History: ...
    @property
    def patience(self) -> Patience: ...
    @property
    def origin(self) -> dict[str, Any]: ...


def checkpoint_of(training: _Resumable) -> Checkpoint:
    """Return the checkpoint of a training, between two of its steps or at its end."""
    state, patience = training.state, training.patience
    arrays = {
        "start": training.start.vector,
        **state_arrays(state),
        **{f"history.{name}": array for name, array in training.history.arrays().items()},
    }
    if patience.best_parameters is not None:
        arrays["best"] = patience.best_parameters.vector
    facts = {
        "origin": training.origin,
        "settings": json.loads(training.settings.to_json()),
        **state_facts(state),
        "patience": {name: getattr(patience, name) for name in PATIENCE},
    }
    return Checkpoint({name: array.copy() for name, array in arrays.items()}, facts)


def state_arrays(state: TrainingState) -> dict[str, np.ndarray]:
    """Return the arrays of a state by name, as `restore_state` takes them."""
    return {
        "parameters": state.parameters.vector,
        "fallback": state.fallback.vector,
        **{f"optimizer.{name}": array for name, array in state.optimizer_state.items()},
    }


def state_facts(state: TrainingState) -> dict[str, Any]:
    """Return what else there is to a state, as JSON values."""
    return {"epoch": state.epoch, "generator": state.generator.bit_generator.state}


def restore_state(
    state: TrainingState, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> None:
    """Set a state to what `state_arrays` and `state_facts` hold."""
    network = state.parameters.network
    state.parameters = Parameters(network, arrays["parameters"].copy())
    state.fallback = Parameters(network, arrays["fallback"].copy())
    state.optimizer_state = part(arrays, "optimizer.")
    state.epoch = facts["epoch"]
    state.generator.bit_generator.state = facts["generator"]


def resume(training: _Resumable, checkpoint: Checkpoint) -> None:
    """Set a training that has not begun to the state of the checkpoint.

    Raises InputError, and changes nothing, if the checkpoint is of other data, another network or
    start, another engine, or settings that differ in more than when to stop.
    """
    for what, value in training.origin.items():
        if checkpoint.facts["origin"].get(what) != value:
            raise InputError(
                f"The checkpoint is of another training, its {what} differ: resume with the same "
                "network, data and settings, or start a new training."
            )
    restore(checkpoint, training.state, training.history, training.patience)


def restore(
    checkpoint: Checkpoint, state: TrainingState, history: History, patience: Patience
) -> None:
    """Set a state, a history and a patience to what the checkpoint holds."""
    arrays, facts = checkpoint.arrays, checkpoint.facts
    restore_state(state, arrays, facts)
    history.restore(part(arrays, "history."))
    for name in PATIENCE:
        setattr(patience, name, facts["patience"][name])
    if "best" in arrays:
        network = state.parameters.network
        patience.best_parameters = Parameters(network, arrays["best"].copy())


def origin(training: _Resumable) -> dict[str, Any]:
    """Return what must be the same when a training is resumed, in words and fingerprints.

    This reads all data: use a training's `origin`, which caches it.
    """
    settings = json.loads(training.settings.to_json())
    return {
        "network": json.loads(training.network.to_json()),
        "settings": {k: v for k, v in settings.items() if k not in WHEN_TO_STOP},
        "start values": hashlib.sha256(training.start.vector.tobytes()).hexdigest(),
        "data": _fingerprint(training.samples),
        "validation data": _fingerprint(training.validation),
        "engine": training.engine.name,
    }


def _fingerprint(samples: Samples | None) -> str | None:
    return None if samples is None else samples.fingerprint()


def part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return copies of the arrays whose names begin so, by the rest of the name."""
    return {
        name.removeprefix(prefix): array.copy()
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
