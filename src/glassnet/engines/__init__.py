"""Engines: one contract, several ways to be fast."""

from __future__ import annotations

from glassnet.engines.contract import Engine
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import InputError

ENGINES: dict[str, type[Engine]] = {"reference": ReferenceEngine}


def choose(engine: str | Engine) -> Engine:
    """The engine of that name, "auto" for the fastest there is, or the given engine itself.

    Raises InputError for an unknown name.
    """
    if not isinstance(engine, str):
        return engine
    if engine == "auto":
        return ReferenceEngine()
    if engine not in ENGINES:
        raise InputError(f"Unknown engine {engine!r}: choose one of auto, {', '.join(ENGINES)}.")
    return ENGINES[engine]()
