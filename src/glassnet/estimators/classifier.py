"""The classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from glassnet.core.class_weights import by_class_number
from glassnet.core.parameters import Array
from glassnet.engines.dask_collections import by_rows, is_collection
from glassnet.errors import InputError
from glassnet.estimators.base import NetworkEstimator, fetched, has_epochs
from glassnet.estimators.parameters import ClassifierParameters, with_documented_parameters
from glassnet.estimators.planning import refuse_arrays


@with_documented_parameters
class NetworkClassifier(ClassifierMixin, ClassifierParameters, NetworkEstimator):  # type: ignore[misc]
    """A neural network that tells classes apart, in place of scikit-learn's `MLPClassifier`.

    It minimises the cross-entropy of a sigmoid output for two classes, of softmax outputs for
    more. Attributes and what differs are described at the top of this module.
    y of shape (n_samples, n_labels), of 0 and 1, holds several labels a sample.
    `loss` may be "log_loss", which is the automatic one, or "categorical_cross_entropy" for two
    softmax outputs with two classes. `class_weight` is "balanced" or says what each class counts;
    one that it leaves out counts 1.

    Examples
    --------
    >>> from glassnet.estimators import NetworkClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]
    >>> NetworkClassifier(random_state=0).fit(X, y).predict([[0.5], [2.5]]).tolist()
    ['low', 'high']
    """

    classes_: np.ndarray
    _labels: bool  # whether y holds several labels a sample, in columns of 0 and 1
    _y_checks: ClassVar = {"multi_output": True}

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train from a new start, or with `warm_start` go on from the last fit.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            The rows.
        y : array of shape (n_samples,)
            Their classes; with `warm_start` the same as at the last fit.
        sample_weight : array of shape (n_samples,), optional
            What each row counts.

        Returns
        -------
        NetworkClassifier
            The estimator itself.

        Raises
        ------
        InputError
            A ValueError, for data or parameters that make no training.
        """
        refuse_arrays(self)
        if self.warm_start and hasattr(self, "run_"):
            y = np.asarray(fetched(y))
            present = np.arange(y.shape[1]) if self._labels and y.ndim == 2 else np.unique(y)
            if not np.array_equal(present, self.classes_):
                raise InputError(
                    f"With warm_start, fit goes on with the classes {self.classes_}, but y holds "
                    f"{present}: give the same, or fit a new estimator."
                )
        return super().fit(X, y, sample_weight)

    @available_if(has_epochs)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train one epoch, and go on from there at the next call.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows.
        y : array of shape (n_samples,)
            Their classes.
        sample_weight : array of shape (n_samples,), optional
            What each row counts.
        classes : array of shape (n_classes,), optional
            All classes that will ever come; needed at the first call.

        Returns
        -------
        NetworkClassifier
            The estimator itself.

        Raises
        ------
        InputError
            As `fit` does, and for `early_stopping`, for which no rows are left.
        """
        if not hasattr(self, "run_"):
            if classes is None:
                raise InputError(
                    "classes must be passed on the first call to partial_fit: all that will come."
                )
            self.classes_ = np.unique(np.asarray(classes))
            self._labels = np.ndim(y) == 2 and np.shape(y)[1] > 1
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise InputError(
                f"The classes were {self.classes_.tolist()} at the first call to partial_fit: "
                "leave them out, or fit a new estimator."
            )
        return self._fit_one_epoch(X, y, sample_weight, new_targets=False)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the share of rows, by weight, that are right.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows; of Dask's collections y comes here.
        y : array of shape (n_samples,)
            Their classes.
        sample_weight : array of shape (n_samples,), optional
            What each row counts.

        Returns
        -------
        float
            The accuracy.
        """
        if not is_collection(X):
            return float(super().score(X, y, sample_weight))
        predicted, y, weight = (fetched(v) for v in (self.predict(X), y, sample_weight))
        return float(accuracy_score(y, predicted, sample_weight=weight))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the class of each row: the one of the highest probability.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples,)
            The classes; of Dask's collections a Dask array.
        """
        if is_collection(X):
            return by_rows(self._for_blocks_of(X).predict, X, None, self.classes_.dtype)
        a = self._outputs(X)
        if self._labels:
            return (a > 0.5).astype(np.intp)
        if len(self.classes_) == 1:
            return np.repeat(self.classes_, len(a))
        number = (a[:, 0] > 0.5).astype(np.intp) if a.shape[1] == 1 else a.argmax(axis=1)
        return self.classes_[number]

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples, n_classes)
            The probabilities in the order of `classes_`; of Dask's collections a Dask array.
        """
        if is_collection(X):
            local = self._for_blocks_of(X)
            return by_rows(local.predict_proba, X, len(self.classes_), self._precision)
        a = self._outputs(X)
        if len(self.classes_) == 1:
            a = np.ones_like(a)
        elif a.shape[1] == 1 and not self._labels:
            a = np.hstack([1 - a, a])
        return a.astype(self._precision, copy=False)

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Return the logarithm of `predict_proba`; of a probability of 0 it is minus infinity.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples, n_classes)
            The logarithms in the order of `classes_`.
        """
        with np.errstate(divide="ignore"):
            logarithms: Array = np.log(self.predict_proba(X))
        return logarithms

    def _targets(self, y: np.ndarray, weight: Array | None, *, new: bool) -> np.ndarray:
        """The number of each label among the classes."""
        check_classification_targets(y)
        labels = y.ndim == 2 and y.shape[1] > 1
        if new:
            self._labels = labels
        if labels != self._labels:
            raise InputError("y holds several labels a sample, or one, but the fit before did not.")
        if labels:
            if new:
                self.classes_ = np.arange(y.shape[1])
            return np.asarray(y, np.float64)
        y = column_or_1d(y, warn=True)
        present, numbers = np.unique(y, return_inverse=True)
        if new:
            self.classes_ = present
            return numbers
        places = np.searchsorted(self.classes_, present)
        places = np.minimum(places, len(self.classes_) - 1)
        unknown = present[self.classes_[places] != present]
        if len(unknown):
            raise InputError(
                f"y holds {unknown.tolist()[0]!r:.80}, which is not among the classes so far, "
                f"{self.classes_.tolist()}: fit again, or give partial_fit all classes at its "
                "first call."
            )
        return places[numbers]

    def _loss_and_outputs(self) -> tuple[str, int]:
        n_classes = len(self.classes_)
        if self._labels:
            if self.loss not in ("auto", "log_loss", "binary_cross_entropy"):
                raise InputError(f"Several labels a sample need log_loss, not {self.loss!r:.80}.")
            return "binary_cross_entropy", n_classes
        match self.loss:
            case "auto" | "log_loss":
                several = n_classes > 2
            case "binary_cross_entropy" | "categorical_cross_entropy":
                several = self.loss == "categorical_cross_entropy"
            case _:
                raise InputError(
                    f"Unknown loss {self.loss!r:.80}: choose log_loss, binary_cross_entropy or "
                    "categorical_cross_entropy."
                )
        if several:
            return "categorical_cross_entropy", n_classes
        if n_classes > 2:
            raise InputError(
                f"binary_cross_entropy tells two classes apart, but y holds {n_classes}: use "
                "log_loss."
            )
        return "binary_cross_entropy", 1

    def _class_weights(self) -> dict[int, float] | str | None:
        """The weights by the number of each class."""
        if not isinstance(self.class_weight, Mapping):
            return self.class_weight
        return by_class_number(self.class_weight, self.classes_.tolist())
