"""Frames: what the page draws at one epoch, packed into one binary message.

    bytes 0-3    "GNF1", the version
    bytes 4-7    length of the header, little-endian
    header       JSON, padded with spaces to a multiple of 8; "arrays" lists [name, type, shape]
    arrays       one after the other, little-endian, each padded to a multiple of 8

Types are f8, f4 and u1. Parameters travel as f8, so that the page shows every digit of them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

MAGIC = b"GNF1"
TYPES = {"f8": "<f8", "f4": "<f4", "u1": "|u1"}


def packed(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """One message of a JSON header and arrays of the types above."""
    listed = [[name, f"{a.dtype.kind}{a.dtype.itemsize}", a.shape] for name, a in arrays.items()]
    text = json.dumps({**header, "arrays": listed}, allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    parts = [MAGIC, struct.pack("<I", len(text)), text]
    for array, (_, kind, _) in zip(arrays.values(), listed, strict=True):
        data = np.ascontiguousarray(array, TYPES[str(kind)]).tobytes()
        parts += [data, bytes(-len(data) % 8)]
    return b"".join(parts)


def unpacked(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of a message, as a browser reads them."""
    if message[:4] != MAGIC:
        raise ValueError("this is not a frame of this version")
    (length,) = struct.unpack("<I", message[4:8])
    header = json.loads(message[8 : 8 + length])
    arrays = {}
    at = 8 + length
    for name, kind, shape in header.pop("arrays"):
        n = int(np.prod(shape))
        arrays[name] = np.frombuffer(message, TYPES[kind], n, at).reshape(shape)
        at += -(-arrays[name].nbytes // 8) * 8
    return header, arrays


def shades(values: np.ndarray, low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    """Values from low to high as 0 to 255, what lies outside at the ends; not finite: 128."""
    span = np.where(np.greater(high, low), np.subtract(high, low), 1.0)
    grey = np.clip(values, low, high)
    grey -= low
    grey /= span
    grey *= 255
    np.rint(grey, out=grey)
    grey[np.isnan(grey)] = 128
    return grey.astype(np.uint8)
