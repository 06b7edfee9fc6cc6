"""The base of classifier and regressor: fitting, and the fitted attributes."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from copy import copy, deepcopy
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, check_X_y, validate_data

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_weight
from glassnet.engines.dask_collections import is_collection, with_known_rows
from glassnet.engines.interface import TrainingState
from glassnet.errors import InputError
from glassnet.estimators.parameters import EstimatorParameters
from glassnet.estimators.planning import Task, planned, settings_of
from glassnet.optim.optimizers import LBFGS
from glassnet.training.auto_settings import Automatic
from glassnet.training.run import Run
from glassnet.training.stop_reason import StopKind
from glassnet.training.training import Training


class Data(NamedTuple):
    """Training data: checked samples, targets as the loss takes them, and weights."""

    X: Array
    Y: np.ndarray
    weight: Array | None

    @property
    def rows(self) -> float:
        """How many rows it counts as."""
        return float(len(self.X) if self.weight is None else self.weight.sum())


class _InOrder(np.random.Generator):
    """Random numbers but for the order of the rows, which stays as it is."""

    def permutation(self, x: Any, axis: int = 0) -> Any:
        """The numbers below x as they are."""
        return np.arange(x)


def has_epochs(estimator: NetworkEstimator) -> bool:
    """Whether it trains by epochs. Raises AttributeError for L-BFGS, as scikit-learn expects."""
    if estimator.solver == "lbfgs" or isinstance(estimator.solver, LBFGS):
        raise AttributeError("partial_fit goes through batches, which L-BFGS does not have.")
    return True


class NetworkEstimator(EstimatorParameters, BaseEstimator):  # type: ignore[misc]
    """The base of classifier and regressor: from parameters to a run."""

    run_: Run
    choices_: Automatic
    loss_curve_: list[float]
    t_: int

    @property
    def coefs_(self) -> list[Array]:
        """The weights by layer, (n_in, n_out) each."""
        return [coefs for coefs, _ in self._layers()]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases by layer, (n_out,) each."""
        return [intercepts for _, intercepts in self._layers()]

    @property
    def n_iter_(self) -> int:
        """The epochs done: by the last fit, or by all calls of partial_fit."""
        return self.run_.epochs

    @property
    def n_layers_(self) -> int:
        """How many layers there are, with that of the input."""
        return len(self.run_.network.sizes)

    @property
    def n_outputs_(self) -> int:
        """How many outputs the network has."""
        return self.run_.network.sizes[-1]

    @property
    def out_activation_(self) -> str:
        """The activation of the last layer: "logistic", "softmax" or "identity"."""
        name = self.run_.network.output_activation
        return "logistic" if name == "sigmoid" else name

    @property
    def loss_(self) -> float:
        """The training loss of the last epoch."""
        return self.loss_curve_[-1]

    @property
    def best_loss_(self) -> float | None:
        """The lowest training loss; None with early stopping."""
        return None if self.validation_scores_ is not None else min(self.loss_curve_)

    @property
    def validation_curve_(self) -> dict[str, Array]:
        """Measures on the rows held out, by name and epoch; empty if none were."""
        return self.run_.history.validation

    @property
    def validation_scores_(self) -> list[float] | None:
        """Accuracy or R2 on the rows held out, by epoch; None if none were."""
        curve = self.validation_curve_
        for name in ("accuracy", "r2"):
            if name in curve:
                return curve[name].tolist()
        return None

    @property
    def best_validation_score_(self) -> float | None:
        """The best of `validation_scores_`."""
        scores = self.validation_scores_
        return None if scores is None else max(scores)

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on X (n_samples, n_features) and y; with `warm_start` go on from the last fit.

        Raises InputError, which is a ValueError, for data or parameters that make no training.
        """
        before = self.run_ if self.warm_start and hasattr(self, "run_") else None
        data = self._checked(X, y, sample_weight, before, new_targets=before is None)
        return self._train(data, before)

    def _fit_one_epoch(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, new_targets: bool
    ) -> Self:
        """Train one more epoch on these samples."""
        if self.early_stopping:
            raise InputError(
                "partial_fit does not support early_stopping=True: it trains one epoch a call, "
                "so stop calling it instead."
            )
        before = getattr(self, "run_", None)
        data = self._checked(X, y, sample_weight, before, new_targets=new_targets)
        return self._train(data, before, one_epoch=True)

    def _checked(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        before: Run | None,
        *,
        new_targets: bool,
    ) -> Data:
        """X, finite and in the precision asked for, the targets for the loss, and the weights.

        Of Dask's collections y and the weights come here, and X stays where it is.
        """
        if is_collection(X):
            return self._checked_collection(X, y, sample_weight, before, new_targets=new_targets)
        rows, targets = validate_data(
            self, X, y, dtype=self._dtype(), order="C", reset=before is None, **self._y_checks
        )
        weight = checked_weight(rows, sample_weight)
        return Data(rows, self._targets(targets, weight, new=new_targets), weight)

    def _checked_collection(
        self, X: Any, y: Any, sample_weight: Any, before: Run | None, *, new_targets: bool
    ) -> Data:
        rows = with_known_rows(X)
        if before is None:
            names = [str(name) for name in getattr(X, "columns", ())]
            self.n_features_in_ = rows.shape[1]
            if names:
                self.feature_names_in_ = np.array(names, object)
        elif rows.shape[1] != self.n_features_in_:
            raise InputError(
                f"X has {rows.shape[1]} features, but the fit that is gone on with had "
                f"{self.n_features_in_}: keep them, or fit a new estimator."
            )
        y, sample_weight = (fetched(values) for values in (y, sample_weight))
        # One column of noughts stands for X, for what is looked at beside it is in y.
        stand_in, y = check_X_y(np.zeros((len(rows), 1)), y, **self._y_checks)
        weight = checked_weight(stand_in, sample_weight)
        return Data(rows, self._targets(y, weight, new=new_targets), weight)

    def to_local(self) -> Self:
        """A copy of the fitted estimator that needs no cluster, to keep, copy and send around."""
        check_is_fitted(self)
        twin = copy(self)
        twin.run_ = self.run_.to_local()
        if not isinstance(self.engine, str):
            twin.engine = self.engine.to_local()
        return twin

    def _for_blocks_of(self, X: Any) -> Self:
        """A copy that predicts for blocks of a Dask collection, whose names are looked at here.

        Raises InputError for other columns than the fit had.
        """
        twin = self.to_local()
        if hasattr(X, "columns") and hasattr(twin, "feature_names_in_"):
            names, known = [str(name) for name in X.columns], twin.feature_names_in_.tolist()
            if names != known:
                raise InputError(f"X has the columns {names}, but the fit had {known}: give those.")
            del twin.feature_names_in_  # blocks are arrays, which have no names
        return twin

    def _dtype(self) -> type[np.floating]:
        if self.dtype not in ("float64", "float32"):
            raise InputError(f"Unknown dtype {self.dtype!r:.80}: choose float64 or float32.")
        return np.float64 if self.dtype == "float64" else np.float32

    def _train(self, data: Data, before: Run | None, *, one_epoch: bool = False) -> Self:
        """Train, from where the run before ended if there is one, and keep what came of it."""
        n_samples, n_features = data.X.shape
        loss, n_outputs = self._loss_and_outputs()
        task = Task(loss, n_features, n_outputs, n_samples, data.rows, one_epoch=one_epoch)
        choices, network = planned(self, task)
        settings = settings_of(self, choices, self._class_weights())
        if before is None:
            start = Parameters.initial(network, choices.initialiser.value, settings.seed)
        else:
            start = _start_after(before, network)
        if before is not None and one_epoch:
            settings = replace(settings, max_epochs=before.epochs + 1)
        training = Training(
            network,
            data.X,
            data.Y,
            settings,
            parameters=start,
            sample_weight=data.weight,
            engine=self.engine,
        )
        if before is not None and one_epoch:
            _take_up(training.state, before.state)
        if not self.shuffle:
            training.state.generator = _InOrder(training.state.generator.bit_generator)
        _run_to_its_end(training, verbose=self.verbose, limited=self.max_iter != "auto")
        self.choices_ = choices
        self._keep(training, going_on=before is not None)
        return self

    def _keep(self, training: Training, *, going_on: bool) -> None:
        # The data are not the estimator's to keep: it may be copied, pickled and sent around.
        self.run_ = replace(training.run, samples=None, validation=None)
        curve = self.run_.history.loss.tolist()
        seen = len(curve) * len(training.samples.X)
        self.loss_curve_ = self.loss_curve_ + curve if going_on else curve
        self.t_ = self.t_ + seen if going_on else seen

    def _outputs(self, X: ArrayLike) -> Array:
        """The network's outputs for X as users give it."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=self._dtype(), order="C", reset=False)
        return self.run_.outputs(X)

    def _layers(self) -> list[tuple[Array, Array]]:
        """(coefs, intercepts) by layer, as they are applied to X and give what is predicted."""
        return [(W.T, b[:, 0]) for W, b in self.run_.parameters.layers]

    # What the two kinds do each in their own way:

    _y_checks: ClassVar[dict[str, bool]]  # for validate_data

    @abstractmethod
    def _targets(self, y: np.ndarray, weight: Array | None, *, new: bool) -> np.ndarray:
        """y as the network's loss takes it; `new` if classes or scales are to be learned."""

    @abstractmethod
    def _loss_and_outputs(self) -> tuple[str, int]:
        """The network's loss, and how many outputs it needs."""

    def _class_weights(self) -> dict[int, float] | str | None:
        """Return the weight of each class, by its number."""
        return None


def _run_to_its_end(training: Training, *, verbose: bool, limited: bool) -> None:
    """Train, and warn where the end is no good one; `limited` by a number of epochs asked for."""
    with training.ending_on_ctrl_c():
        for epoch in training:
            if verbose:
                print(f"Epoch {epoch}, loss = {training.loss:.8f}")
    run = training.run
    watched = run.settings.patience is not None or isinstance(run.settings.optimizer, LBFGS)
    unfinished = run.stop_reason.kind is StopKind.MAX_EPOCHS and watched and limited
    if run.stop_reason.kind in (StopKind.DIVERGED, StopKind.INTERRUPTED) or unfinished:
        warnings.warn(run.explanation, ConvergenceWarning, stacklevel=4)


def fetched(values: Any) -> Any:
    """A Dask collection's values in this process; anything else as it is."""
    return np.asarray(values.compute()) if is_collection(values) else values


def _start_after(before: Run, network: Network) -> Parameters:
    if before.network != network:
        raise InputError(
            f"Training goes on with {before.network}, but the parameters describe {network}: "
            "keep them, or fit a new estimator."
        )
    return before.parameters


def _take_up(state: TrainingState, before: TrainingState) -> None:
    """Go on with what the optimizer remembers, the epochs counted and the random numbers."""
    state.optimizer_state = before.optimizer_state
    state.epoch = before.epoch
    state.generator = deepcopy(before.generator)
