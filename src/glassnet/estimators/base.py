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
from glassnet.estimators.coefficients import Coefficients
from glassnet.estimators.cross_fitting import cross_fitted, encoded, refuse_unknown, shortened
from glassnet.estimators.parameters import EstimatorParameters
from glassnet.estimators.planning import (
    Task,
    planned,
    refuse_arrays,
    settings_of,
    with_defaults,
)
from glassnet.optim.optimizers import LBFGS
from glassnet.optim.schedules import Cosine
from glassnet.training.auto_settings import Automatic
from glassnet.training.ensemble_run import EnsembleRun
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
    """Whether it trains by epochs. Raises AttributeError if not, as scikit-learn expects."""
    if estimator.ensemble != "none":
        raise AttributeError("partial_fit trains one network, not the folds of an ensemble.")
    if estimator.solver == "lbfgs" or isinstance(estimator.solver, LBFGS):
        raise AttributeError("partial_fit goes through batches, which L-BFGS does not have.")
    return True


class NetworkEstimator(Coefficients, EstimatorParameters, BaseEstimator):  # type: ignore[misc]
    """The base of classifier and regressor: from parameters to a run."""

    run_: Run
    ensemble_: EnsembleRun  # in place of run_, with `ensemble`
    choices_: Automatic
    loss_curve_: list[float]
    loss_: float
    best_loss_: float | None  # the lowest training loss; None with early stopping
    validation_scores_: list[float] | None  # accuracy or R2 on the rows held out, by epoch
    best_validation_score_: float | None
    n_iter_: int  # the epochs of the last fit, or of all calls of partial_fit
    n_layers_: int  # with that of the input
    n_outputs_: int
    out_activation_: str  # of the last layer: "logistic", "softmax" or "identity"
    t_: int

    @property
    def validation_curve_(self) -> dict[str, Array]:
        """Measures on the rows held out, by name and epoch; empty if none were."""
        return self.run_.history.validation if "run_" in self.__dict__ else {}

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train from a new start, or with `warm_start` go on from the last fit.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            The rows.
        y : array of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array of shape (n_samples,), optional
            What each row counts.

        Returns
        -------
        NetworkEstimator
            The estimator itself.

        Raises
        ------
        InputError
            A ValueError, for data or parameters that make no training.
        """
        refuse_arrays(self)
        before = self.run_ if self.warm_start and hasattr(self, "run_") else None
        data = self._checked(X, y, sample_weight, before, new_targets=before is None)
        return self._train(data, before)

    def _fit_one_epoch(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, new_targets: bool
    ) -> Self:
        """Train one more epoch on these samples."""
        refuse_arrays(self)
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
            self, X, y, reset=before is None, **self._X_checks(), **self._y_checks
        )
        rows = dense(rows)
        self._precision = rows.dtype.name
        weight = checked_weight(rows, sample_weight)
        return Data(rows, self._targets(targets, weight, new=new_targets), weight)

    def _checked_collection(
        self, X: Any, y: Any, sample_weight: Any, before: Run | None, *, new_targets: bool
    ) -> Data:
        rows = with_known_rows(X)
        single = "float32" in (self.dtype, getattr(X, "dtype", None) if self.dtype == "auto" else 0)
        self._precision = "float32" if single else "float64"
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
        if "run_" in self.__dict__:
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

    def _X_checks(self) -> dict[str, Any]:
        """What `validate_data` makes of X, and the precisions it leaves as they are."""
        if self.dtype not in ("auto", "float64", "float32"):
            raise InputError(f"Unknown dtype {self.dtype!r:.80}: choose float64 or float32.")
        dtype = [np.float64, np.float32] if self.dtype == "auto" else np.dtype(self.dtype)
        return {"accept_sparse": "csr", "dtype": dtype, "order": "C"}

    def _train(self, data: Data, before: Run | None, *, one_epoch: bool = False) -> Self:
        """Train, from where the run before ended if there is one, and keep what came of it."""
        n_samples, n_features = data.X.shape
        loss, n_outputs = self._loss_and_outputs()
        task = Task(loss, n_features, n_outputs, n_samples, data.rows, one_epoch=one_epoch)
        asked = with_defaults(self, one_epoch=one_epoch)
        choices, network = planned(asked, task)
        refuse_unknown(self)
        choices = shortened(self, choices, n_samples)
        settings = settings_of(asked, choices, self._class_weights())
        if self.ensemble != "none":
            self.choices_ = choices
            return self._keep_ensemble(cross_fitted(asked, data, network, choices, settings))
        if before is None:
            start = self._start(network, choices.initialiser.value, settings.seed)
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
        _run_to_its_end(
            training, verbose=self.verbose, limited=not one_epoch and asked.max_iter != "auto"
        )
        self.choices_ = choices
        self._keep(training, going_on=before is not None)
        return self

    def _keep(self, training: Training, *, going_on: bool) -> None:
        # The data are not the estimator's to keep: it may be copied, pickled and sent around.
        self.__dict__.pop("ensemble_", None)
        run = self.run_ = replace(training.run, samples=None, validation=None)
        curve = run.history.loss.tolist()
        seen = len(curve) * len(training.samples.X)
        self.loss_curve_ = self.loss_curve_ + curve if going_on else curve
        self.t_ = self.t_ + seen if going_on else seen
        self.loss_ = self.loss_curve_[-1]
        self.validation_scores_ = validation_scores(run)
        if self.validation_scores_ is None:
            self.best_loss_, self.best_validation_score_ = min(self.loss_curve_), None
        else:
            self.best_loss_, self.best_validation_score_ = None, max(self.validation_scores_)
        self.n_iter_ = run.epochs
        self._describe(run.network)

    def _keep_ensemble(self, run: EnsembleRun) -> Self:
        """Keep an ensemble, which has no loss by epoch, but scores on rows held out."""
        self.__dict__.pop("run_", None)
        self.ensemble_ = run
        self.loss_curve_ = []
        self.n_iter_, self.t_ = run.settings.max_epochs, run.settings.max_epochs * len(run.targets)
        self.best_loss_, self.validation_scores_, self.best_validation_score_ = None, None, None
        self._describe(run.network)
        return self

    def _describe(self, network: Network) -> None:
        self.n_layers_, self.n_outputs_ = len(network.sizes), network.sizes[-1]
        name = network.output_activation
        self.out_activation_ = "logistic" if name == "sigmoid" else name

    def _outputs(self, X: ArrayLike) -> Array:
        """The network's outputs for X as users give it."""
        check_is_fitted(self)
        X = dense(validate_data(self, X, reset=False, **self._X_checks()))
        if "ensemble_" in self.__dict__:
            return self.ensemble_.outputs(encoded(self.ensemble_, X))
        return self.run_.outputs(X)

    # What the two kinds do each in their own way:

    _y_checks: ClassVar[dict[str, bool]]  # for validate_data

    @abstractmethod
    def _targets(self, y: np.ndarray, weight: Array | None, *, new: bool) -> np.ndarray:
        """y as the network's loss takes it; `new` if classes or scales are to be learned."""

    @abstractmethod
    def _loss_and_outputs(self) -> tuple[str, int]:
        """The network's loss, and how many outputs it needs."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _class_weights(self) -> dict[int, float] | str | None:
        """Return the weight of each class, by its number."""
        return None


def _run_to_its_end(training: Training, *, verbose: bool, limited: bool) -> None:
    """Train, and warn where the end is no good one; `limited` by a number of epochs asked for."""
    with training.ending_on_ctrl_c():
        for epoch in training:
            if verbose:
                print(f"Iteration {epoch}, loss = {training.loss:.8f}")
    run, kind = training.run, training.run.stop_reason.kind
    if kind is StopKind.DIVERGED and run.epochs == 0:  # nothing was learned
        raise InputError(run.explanation)
    # Along a cosine the last epoch is the planned end.
    unplanned = limited and not isinstance(run.settings.schedule, Cosine)
    unfinished = kind is StopKind.MAX_EPOCHS and unplanned
    if unfinished or kind in (StopKind.DIVERGED, StopKind.INTERRUPTED, StopKind.MAX_EVALUATIONS):
        warnings.warn(run.explanation, ConvergenceWarning, stacklevel=4)


def validation_scores(run: Run) -> list[float] | None:
    """Return accuracy or R2 on the rows held out, by epoch; None if none were."""
    for name in ("accuracy", "r2"):
        if name in run.history.validation:
            scores: list[float] = run.history.validation[name].tolist()
            return scores
    return None


def dense(X: Any) -> Array:
    """Return a sparse matrix as an array, and an array as it is."""
    return X.toarray() if hasattr(X, "toarray") else X


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
