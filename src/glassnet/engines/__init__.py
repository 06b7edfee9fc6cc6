"""Engines: one contract, several ways to be fast."""

from __future__ import annotations

from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.contract import Engine
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import InputError

ENGINES: dict[str, type[Engine]] = {"compiled": CompiledEngine, "reference": ReferenceEngine}


def choose(engine: str | Engine) -> Engine:
    """The engine of that name, "auto" for the fastest there is, or the given engine itself.

    Raises InputError for an unknown name, and for "compiled" where it was not built.
    """
    if not isinstance(engine, str):
        return engine
    if engine == "auto":
        return CompiledEngine() if built() else ReferenceEngine()
    if engine not in ENGINES:
        raise InputError(f"Unknown engine {engine!r}: choose one of auto, {', '.join(ENGINES)}.")
    return ENGINES[engine]()
