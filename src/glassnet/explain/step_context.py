"""The context of one training step: parameters, the samples of its update, and the optimizer.

A run keeps its parameters at some epochs only, and the optimizer's memory at none. What is
missing is trained again, by the run's own engine with the run's own settings and data, which
gives the same digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.backprop import Trace, full_pass
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples, checked_data
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Limits, TrainingState
from glassnet.errors import InputError, whole_number
from glassnet.optim.optimizers import Optimizer, OptimizerState
from glassnet.optim.penalty import NO_PENALTY, Penalty
from glassnet.training.history import History
from glassnet.training.loss_watch import rate_factors_of
from glassnet.training.run import NOT_SAVED, Run
from glassnet.training.training import Training, new_state

# How far apart two computations of one loss may be and still be of the same data.
SAME_LOSS = {"float64": 1e-9, "float32": 1e-4}


@dataclass(frozen=True, eq=False)
class StepContext:
    """The parameters before an update, the rows it uses, and the rule it follows.

    `rows` are the row numbers in the data of the batch's samples, in the batch's order; with
    mini-batches, it is batch `batch` of `n_batches`, counted from 0. `optimizer` is None where
    no update follows; a schedule multiplies its learning rate by `rate_factor`. `epoch` and
    `epochs` are None outside of a run.
    """

    parameters: Parameters
    X: Array
    Y: Array
    weight: Array | None
    rows: np.ndarray
    optimizer: Optimizer | None
    optimizer_state: OptimizerState
    penalty: Penalty = NO_PENALTY
    max_norm: float = math.inf
    rate_factor: float = 1.0
    epoch: int | None = None
    epochs: int | None = None
    batch: int = 0
    n_batches: int = 1

    def trace(self, parameters: Parameters | None = None) -> Trace:
        """The whole batch's forward and backward pass, at these parameters or at others."""
        return full_pass(
            self.parameters.network, parameters or self.parameters, self.X, self.Y, self.weight
        )

    def trace_of(self, row: int) -> Trace:
        """The pass of the one sample that is row `row` of the data."""
        place = [int(np.flatnonzero(self.rows == row)[0])]
        weight = None if self.weight is None else self.weight[place]
        return full_pass(
            self.parameters.network, self.parameters, self.X[place], self.Y[place], weight
        )


def checked_sample(sample: int | None, n_samples: int) -> int | None:
    """The sample's row number. Raises InputError unless there is such a row."""
    if sample is None:
        return None
    number = whole_number("sample", sample, 0)
    if number >= n_samples:
        raise InputError(
            f"There is no sample {number}: choose one from 0 to {n_samples - 1}, which are the "
            "rows of the data."
        )
    return number


def of_parameters(
    parameters: Parameters,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    optimizer: Optimizer | None,
    penalty: Penalty,
) -> StepContext:
    """Return the context of these parameters: one batch of all samples, a fresh optimizer."""
    data = checked_data(parameters.network, X, y, sample_weight, parameters.vector.dtype.name)
    return StepContext(
        parameters,
        *data,
        rows=np.arange(len(data[0])),
        optimizer=optimizer,
        optimizer_state=optimizer.init(parameters.vector) if optimizer else {},
        penalty=penalty,
    )


def of_run(
    run: Run,
    given: tuple[ArrayLike, ArrayLike, ArrayLike | None] | None,
    sample: int | None,
    epoch: int | None,
) -> StepContext:
    """Return the context after `epoch` epochs of a run, 0 for its start and None for its end.

    `given` are X, y and the weights it was trained on, None for those that it holds. With
    mini-batches it is that of the next epoch's batch which holds `sample`, or of its first.
    Raises InputError if the run has no such epoch, no history, or was trained on other data.
    """
    history = _history(run)
    epoch = _checked_epoch(run, history, epoch)
    settings = run.settings
    if any(settings.dropout_by_layer(run.network)):
        raise InputError(
            "Dropout leaves out other neurons in every update, which cannot be explained: "
            "explain(run.parameters, X, y) shows the whole network without it."
        )
    data = _own_samples(run) if given is None else _as_trained_on(run, *given)
    sample = checked_sample(sample, len(data.X))
    batches = Batches(*data, settings.batch_size or len(data.X))
    state = _replayed(run, history, batches, epoch)
    factors = rate_factors_of(run, epoch, 1)
    batch, n_batches, rows = _advance_to_batch(run, state, batches, sample, factors)
    context = StepContext(
        parameters=state.parameters,
        X=batches.X[rows],
        Y=batches.Y[rows],
        weight=None if batches.weight is None else batches.weight[rows],
        rows=rows,
        optimizer=settings.optimizer,
        optimizer_state=state.optimizer_state,
        penalty=state.penalty,
        max_norm=state.max_norm,
        rate_factor=1.0 if factors is None else float(factors[0]),
        epoch=epoch,
        epochs=run.epochs,
        batch=batch,
        n_batches=n_batches,
    )
    if n_batches == 1:
        _check_loss(context, history, settings.dtype)
    return context


def _own_samples(run: Run) -> Samples:
    """Return the training data. Raises InputError where they were not saved."""
    if run.samples is None:
        raise InputError(NOT_SAVED)
    return run.samples


def _as_trained_on(
    run: Run, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
) -> Samples:
    """Shares that are held out, and weights of classes, are taken as the run took them."""
    return Training(
        run.network, X, y, run.settings, parameters=run.start, sample_weight=sample_weight
    ).samples


def _history(run: Run) -> History:
    history: History | None = getattr(run, "history", None)
    if history is None:
        raise InputError(
            "This model has no history, so its training cannot be explained: explain its "
            "parameters, explain(model.parameters, X, y), or train it again and keep the run."
        )
    return history


def _checked_epoch(run: Run, history: History, epoch: int | None) -> int:
    if epoch is None:
        return run.kept_epoch
    number = whole_number("epoch", epoch, 0)
    if number > run.epochs:
        kept = history.snapshot_epochs
        stride = "each epoch" if history.stride == 1 else f"every {history.stride} epochs"
        raise InputError(
            f"There is no epoch {number}: this run has 0 (its start) to {run.epochs}, with "
            f"{len(kept)} snapshots, {stride}; what lies between them is trained again."
        )
    return number


def _replayed(run: Run, history: History, batches: Batches, epoch: int) -> TrainingState:
    """The state of the run after `epoch` epochs."""
    state = new_state(run.start, run.settings)
    if not state.optimizer_state:  # else only the start knows what the optimizer remembers
        _skip_to_snapshot(state, history, batches, epoch)
    if state.epoch < epoch:
        factors = rate_factors_of(run, state.epoch, epoch - state.epoch)
        limits = Limits(epoch - state.epoch, Event(), rate_factors=factors)
        run.engine.advance(state, batches, limits)
    _check_snapshot(state, history, epoch)
    return state


def _skip_to_snapshot(state: TrainingState, history: History, batches: Batches, epoch: int) -> None:
    nearest = int(np.searchsorted(history.snapshot_epochs, epoch, side="right")) - 1
    vector = history.snapshots[nearest].copy()
    state.parameters = state.fallback = Parameters(history.network, vector)
    state.epoch = int(history.snapshot_epochs[nearest])
    if batches.batch_size < len(batches.X):
        for _ in range(state.epoch):  # the orders of the rows that these epochs drew
            state.generator.permutation(len(batches.X))


def _check_snapshot(state: TrainingState, history: History, epoch: int) -> None:
    at = np.flatnonzero(history.snapshot_epochs == epoch)
    if len(at) and not np.allclose(
        state.parameters.vector, history.snapshots[at[0]], rtol=1e-5, atol=1e-8
    ):
        raise _other_data(f"trained again, it has other parameters after epoch {epoch}")


def _check_loss(context: StepContext, history: History, dtype: str) -> None:
    """The loss of the data must be the one that the run wrote down for the next epoch."""
    assert context.epoch is not None
    if context.epoch >= len(history.loss):
        return
    penalty, _ = context.penalty.loss_and_gradient(context.parameters)
    loss, recorded = context.trace().loss + penalty, float(history.loss[context.epoch])
    if abs(loss - recorded) > SAME_LOSS[dtype] * max(1, abs(recorded)):
        raise _other_data(
            f"their loss in epoch {context.epoch + 1} is {loss:g}, the run's was {recorded:g}"
        )


def _other_data(difference: str) -> InputError:
    return InputError(
        f"These are not the data this run was trained on: {difference}; give the same X, y and "
        "sample_weight, or explain(run.parameters, X, y) for other data."
    )


def _indices(batches: Batches) -> Batches:
    """Batches of row numbers, drawn in the same order as the rows themselves."""
    numbers = np.arange(len(batches.X), dtype=np.float64)
    return Batches(numbers, numbers, None, batches.batch_size)


def _advance_to_batch(
    run: Run,
    state: TrainingState,
    batches: Batches,
    sample: int | None,
    factors: Array | None,
) -> tuple[int, int, np.ndarray]:
    """Do the updates of the next epoch's batches before the one that holds the sample.

    Returns its number, how many there are, and its rows.
    """
    drawn = [rows.astype(np.intp) for rows, _, _ in _indices(batches).draw(state.generator)]
    number = 0
    if sample is not None:
        number = next(k for k, rows in enumerate(drawn) if sample in rows)
    for rows in drawn[:number]:
        weight = None if batches.weight is None else batches.weight[rows]
        if weight is not None and weight.sum() == 0:
            continue  # as training does: no row of it counts
        # An epoch over one batch's rows alone is that batch's update.
        alone = Batches(batches.X[rows], batches.Y[rows], weight, len(rows))
        run.engine.advance(state, alone, Limits(1, Event(), rate_factors=factors))
    return number, len(drawn), drawn[number]
