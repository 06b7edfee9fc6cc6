"""The frameworks that a training is repeated in, and which module trains in each."""

from __future__ import annotations

from typing import NamedTuple


class Framework(NamedTuple):
    """A framework by the names that Python and pip know it by."""

    module: str  # what is imported
    package: str  # what is installed
    trainer: str  # the module of this package that trains in it


FRAMEWORKS: dict[str, Framework] = {
    "tensorflow": Framework("tensorflow", "tensorflow-cpu", "glassnet.parity.tensorflow"),
    "torch": Framework("torch", "torch", "glassnet.parity.pytorch"),
    "jax": Framework("jax", "jax", "glassnet.parity.jax"),
}
