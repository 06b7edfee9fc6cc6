"""What is written as safetensors is what the library writes, byte by byte."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.storage.tensors import serialized

TYPES = ("f8", "f4", "i8", "i4", "u8", "u4", "u1", "b1")


@pytest.mark.parametrize("text", ["", '{"é": "\\ \x7f \x1f"}', "x" * 1001])
def test_the_bytes_are_those_of_the_library(text: str) -> None:
    save = pytest.importorskip("safetensors.numpy").save
    tensors: dict[str, np.ndarray] = {"empty": np.zeros((0, 3)), "b": np.eye(2), "é": np.array(1.5)}
    tensors |= {f"{name}{n}": np.arange(6).astype(name) for name in TYPES for n in (2, 10, 1)}
    assert serialized(tensors, {"facts": text}) == save(tensors, {"facts": text})
