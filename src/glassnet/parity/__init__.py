"""The same training in TensorFlow, PyTorch and JAX, and how far their numbers are from ours."""

from glassnet.parity.comparison import (
    Beyond,
    Comparing,
    Comparison,
    PeerResult,
    compare,
    samples_of,
)
from glassnet.parity.frameworks import FRAMEWORKS

__all__ = ["FRAMEWORKS", "Beyond", "Comparing", "Comparison", "PeerResult", "compare", "samples_of"]
