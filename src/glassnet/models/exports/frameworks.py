"""A model as a PyTorch or a Keras model: one readable source file, and its weights beside it.

Columns become inputs and outputs an answer in plain numpy, for many rows at once, so that whoever
reads it needs no glassnet.
"""

from __future__ import annotations

from glassnet.core.parameters import Array
from glassnet.models.exports import source_text
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.python_source import TAKES, settings
from glassnet.models.exports.source_text import listed


def pytorch_weights(plan: Plan) -> dict[str, Array]:
    """Return the arrays by the names that PyTorch gives them."""
    arrays: dict[str, Array] = {}
    for n, (W, b) in enumerate(plan.layers, start=1):
        arrays |= {f"layer{n}.weight": W, f"layer{n}.bias": b}
    return arrays


def keras_weights(plan: Plan) -> dict[str, Array]:
    """Return the arrays as Keras has them: a kernel is (n_in, n_out)."""
    arrays: dict[str, Array] = {}
    for n, (W, b) in enumerate(plan.layers, start=1):
        arrays |= {f"kernel{n}": W.T, f"bias{n}": b}
    return arrays


def source(plan: Plan, framework: str, weights_name: str) -> str:
    """Return the text of the module, which reads its weights from that file beside it."""
    cells = [f"{name!r}: {listed(map(repr, values[:2]))}" for name, values in plan.rows.items()]
    return source_text.source(
        f"{framework}.py.j2",
        plan,
        repr,
        settings,
        cells=cells,
        takes=TAKES,
        weights_name=weights_name,
    )
