"""Gradient clipping: a gradient that is too long is shortened and keeps its direction."""

from __future__ import annotations

import math

import numpy as np

from glassnet.core.parameters import Array


def clipped(gradient: Array, max_norm: float) -> Array:
    """g min(1, c / ||g||): as long as the norm at most (Pascanu, Mikolov and Bengio 2013).

    A gradient whose norm is not finite is left as it is, for the divergence to be seen.
    """
    exact = gradient.astype(np.float64)
    norm = math.sqrt(float(exact @ exact))
    if not max_norm < norm < math.inf:
        return gradient
    return gradient * gradient.dtype.type(max_norm / norm)
