"""Arrays as the bytes of a safetensors file, also where that library is not, as in a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

# The types that glassnet writes; the library lays larger ones out first, then by name.
CODES = {"f8": "F64", "f4": "F32", "i8": "I64", "i4": "I32", "u8": "U64", "u4": "U32", "u1": "U8"}
CODES |= {"b1": "BOOL"}


def serialized(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a file with these arrays, the very same as the library's."""
    listed = sorted(tensors.items(), key=lambda item: (-_rank(item[1]), item[0]))
    head: dict[str, object] = {"__metadata__": dict(metadata)}
    at = 0
    for name, tensor in listed:
        offsets = [at, at + tensor.nbytes]
        head[name] = {"dtype": _code(tensor), "shape": tensor.shape, "data_offsets": offsets}
        at = offsets[1]
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    contents = [_little_endian(tensor).tobytes() for _, tensor in listed]
    return b"".join([len(text).to_bytes(8, "little"), text, *contents])


def _code(tensor: np.ndarray) -> str:
    return CODES[f"{tensor.dtype.kind}{tensor.dtype.itemsize}"]


def _rank(tensor: np.ndarray) -> int:
    """The place of a type in the library's own order of types."""
    order = ("BOOL", "U8", "I32", "U32", "F32", "F64", "I64", "U64")
    return order.index(_code(tensor))


def _little_endian(tensor: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<"))
