"""The regressor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.dask_collections import by_rows, is_collection
from glassnet.errors import InputError
from glassnet.estimators.base import NetworkEstimator, fetched, has_epochs
from glassnet.estimators.coefficients import Layers
from glassnet.estimators.parameters import with_documented_parameters

NORMAL_QUARTILES = 1.349  # standard deviations between the quartiles of a normal distribution
# The network's losses by the names that scikit-learn has for them.
LOSS_NAMES = {
    "auto": "mean_squared_error",
    "squared_error": "mean_squared_error",
    "absolute_error": "mean_absolute_error",
}


@with_documented_parameters
class NetworkRegressor(RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """A neural network that predicts numbers, in place of scikit-learn's `MLPRegressor`.

    It minimises the mean squared error of one or several outputs, standardised inside with the
    weighted mean and standard deviation of those of the first fit. Attributes and what differs
    are described at the top of this module. `loss` may be "squared_error", "absolute_error" or
    "huber" where outliers must not pull, "quantile(0.9)", or "poisson" for counts, whose targets
    stay in their own unit.

    Examples
    --------
    >>> from glassnet.estimators import NetworkRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [100.0, 200.0, 300.0, 400.0]
    >>> NetworkRegressor(random_state=0).fit(X, y).predict([[1.5]]).round(-1).tolist()
    [250.0]
    """

    _y_checks: ClassVar = {"multi_output": True, "y_numeric": True}

    @available_if(has_epochs)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train one epoch, and go on from there at the next call.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows.
        y : array of shape (n_samples,) or (n_samples, n_outputs)
            Their values.
        sample_weight : array of shape (n_samples,), optional
            What each row counts.

        Returns
        -------
        NetworkRegressor
            The estimator itself.

        Raises
        ------
        InputError
            As `fit` does, and for `early_stopping`, for which no rows are left.
        """
        return self._fit_one_epoch(X, y, sample_weight, new_targets=not hasattr(self, "run_"))

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the coefficient of determination, R2.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows; of Dask's collections y comes here.
        y : array of shape (n_samples,) or (n_samples, n_outputs)
            Their values.
        sample_weight : array of shape (n_samples,), optional
            What each row counts.

        Returns
        -------
        float
            R2.
        """
        if not is_collection(X):
            return float(super().score(X, y, sample_weight))
        predicted, y, weight = (fetched(v) for v in (self.predict(X), y, sample_weight))
        return float(r2_score(y, predicted, sample_weight=weight))

    def predict(self, X: ArrayLike) -> Array:
        """Return the values of each row.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            The values, with columns where y had some; of Dask's collections a Dask array.
        """
        if is_collection(X):
            n_columns = None if self._one_dimensional else len(self._mean)
            return by_rows(self._for_blocks_of(X).predict, X, n_columns, self._precision)
        a = (self._outputs(X) * self._scale + self._mean).astype(self._precision, copy=False)
        return a[:, 0] if self._one_dimensional else a

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _layers_of(self, parameters: Parameters) -> Layers:
        """Return the layers of which the last gives y as it is, not standardised."""
        *hidden, (coefs, intercepts) = super()._layers_of(parameters)
        last = (coefs * self._scale, intercepts * self._scale + self._mean)
        return [*hidden, (last[0].astype(self._precision), last[1].astype(self._precision))]

    def _parameters_of(
        self, network: Network, coefs: Sequence[Array], intercepts: Sequence[Array]
    ) -> Parameters:
        coefs = [*coefs[:-1], np.asarray(coefs[-1]) / self._scale]
        intercepts = [*intercepts[:-1], (np.asarray(intercepts[-1]) - self._mean) / self._scale]
        return super()._parameters_of(network, coefs, intercepts)

    def _targets(self, y: np.ndarray, weight: Array | None, *, new: bool) -> Array:
        """(y - mean) / scale, (n_samples, n_outputs)."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        Y = y.reshape(len(y), -1).astype(np.float64)
        if new:
            self._one_dimensional = y.ndim == 1
            self._mean, self._scale = self._centre_and_scale(Y, weight)
        if Y.shape[1] != len(self._mean):
            raise InputError(
                f"y has {Y.shape[1]} columns, but the fit that is gone on with had "
                f"{len(self._mean)}: keep them, or fit a new estimator."
            )
        with np.errstate(over="ignore"):
            standardised: Array = (Y - self._mean) / self._scale
        if not np.isfinite(standardised).all():
            raise InputError("y holds numbers too large to work with: divide it by a power of ten.")
        return standardised

    def _centre_and_scale(self, Y: Array, weight: Array | None) -> tuple[Array, Array]:
        """What is taken off each target, and what it is divided by, before training."""
        mean, scale = _mean_and_scale(Y, weight)
        if self.loss == "poisson":  # counts are counts in their own unit only
            return np.zeros_like(mean), np.ones_like(scale)
        if self.loss in ("auto", "squared_error", "mean_squared_error"):
            return mean, scale
        # Other losses are asked for where outliers must not pull, and so must they not here.
        low, median, high = np.quantile(
            Y, (0.25, 0.5, 0.75), axis=0, weights=weight, method="inverted_cdf"
        )
        return median, np.where(high > low, (high - low) / NORMAL_QUARTILES, scale)

    def _loss_and_outputs(self) -> tuple[str, int]:
        """The network's loss, and how many outputs it needs."""
        loss = LOSS_NAMES.get(self.loss, self.loss)
        if not isinstance(loss, str) or not Network((1, 1), loss=loss).is_regression:
            raise InputError(f"The loss {loss!r:.80} is for classes: choose squared_error.")
        return loss, len(self._mean)


def _mean_and_scale(Y: Array, weight: Array | None) -> tuple[Array, Array]:
    """The weighted mean and standard deviation of each column; of one value, the value itself."""
    # Halved as often as it takes, which changes no digit, so that no square overflows.
    _, power = np.frexp(np.abs(Y).max(axis=0))
    Y = np.ldexp(Y, -power)
    mean = np.average(Y, axis=0, weights=weight)
    scale = np.sqrt(np.average(np.square(Y - mean), axis=0, weights=weight))
    rounding = 10 * np.finfo(np.float64).eps * np.abs(mean)
    alone = np.where(mean == 0, np.ldexp(1.0, -power), np.abs(mean))
    return np.ldexp(mean, power), np.ldexp(np.where(scale > rounding, scale, alone), power)
