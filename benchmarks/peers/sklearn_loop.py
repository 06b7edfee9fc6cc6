"""scikit-learn's MLPClassifier, fed the same batches."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import glassnet as gn
from benchmarks.peers import Run, flat
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Run:
    """One fit of all epochs where the batch is full, else a partial_fit an epoch in our order."""
    rule = workload.optimizer
    adam = isinstance(rule, gn.Adam)

    def run(epochs: int) -> np.ndarray:
        model = MLPClassifier(
            workload.sizes[1:-1],
            activation="relu" if workload.activation == "relu" else "logistic",
            solver="adam" if adam else "sgd",
            alpha=0,
            momentum=0,
            nesterovs_momentum=False,
            learning_rate_init=rule.learning_rate,
            batch_size=workload.batch_size,
            shuffle=False,
        )
        X, y, orders = workload.X, workload.y, workload.orders(epochs)
        classes = np.arange(max(workload.sizes[-1], 2))
        # The first fit of one row makes the arrays, which then take the start's values.
        model.set_params(batch_size=1)
        model.partial_fit(X[:1], y[:1], classes=classes)
        model.set_params(batch_size=workload.batch_size)
        for l, (W, b) in enumerate(workload.layers):
            model.coefs_[l][...] = W.T
            model.intercepts_[l][...] = b
        if adam:
            optimizer = model._optimizer
            optimizer.t = 0
            for memory in (*optimizer.ms, *optimizer.vs):
                memory[...] = 0
        if orders is None:
            never = {"tol": 0.0, "n_iter_no_change": epochs + 1}
            model.set_params(warm_start=True, max_iter=epochs, **never)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # as it should
                model.fit(X, y)
        else:
            for order in orders:
                model.partial_fit(X[order], y[order])
        return flat([(W.T, b) for W, b in zip(model.coefs_, model.intercepts_, strict=True)])

    return run
