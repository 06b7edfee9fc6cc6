"""Every kind of loss, and random targets that fit one."""

from __future__ import annotations

import numpy as np

from glassnet.core.network import LOSS_NAMES

LOSSES = (*LOSS_NAMES, "quantile(0.7)")
CLASSES = ("binary_cross_entropy", "categorical_cross_entropy")


def random_targets(loss: str, rng: np.random.Generator, m: int, n_out: int) -> np.ndarray:
    """y as people give it: labels for classes, counts, or numbers (m, n_out)."""
    if loss == "categorical_cross_entropy":
        return rng.integers(0, n_out, m)
    if loss == "binary_cross_entropy":
        return rng.integers(0, 2, m if n_out == 1 else (m, n_out))
    return rng.poisson(2.0, (m, n_out)) if loss == "poisson" else rng.normal(size=(m, n_out))
