"""Engines: one contract, several ways to be fast."""

from __future__ import annotations

from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.dask import Dask
from glassnet.engines.dask_collections import is_collection
from glassnet.engines.interface import Engine
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import InputError

__all__ = [
    "ENGINES",
    "CompiledEngine",
    "Dask",
    "Engine",
    "ReferenceEngine",
    "built",
    "choose",
    "choose_for",
]

ENGINES: dict[str, type[Engine]] = {"compiled": CompiledEngine, "reference": ReferenceEngine}


def choose_for(X: object, engine: str | Engine) -> Engine:
    """The engine to train on X: `choose`, and for Dask's collections one that computes in Dask.

    Raises InputError as `choose` does, and where there is no Dask client for a collection.
    """
    if is_collection(X) and isinstance(engine, str):
        return Dask(None, engine)
    return choose(engine)


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
