"""Engines: one interface, the same numbers at several speeds."""

from __future__ import annotations

import shutil
import sys
import warnings
from functools import cache

from glassnet.engines.compiled import CompiledEngine, built
from glassnet.engines.dask import Dask
from glassnet.engines.dask_collections import is_collection
from glassnet.engines.interface import Engine
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import InputError, Name, given

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

    Where "auto" finds no compiled engine, a RuntimeWarning says once how to get it. Raises
    InputError for an unknown name, and for "compiled" where it was not built.
    """
    if not isinstance(engine, str):
        if isinstance(engine, type) or not hasattr(engine, "advance_many"):
            raise InputError(
                Name("engine"), f" must be one, or the name of one, not {given(engine)}."
            )
        return engine
    if engine == "auto":
        if built():
            return CompiledEngine()
        _warn_of_slowness()
        return ReferenceEngine()
    if engine not in ENGINES:
        raise InputError(
            f"Unknown engine {engine!r:.80}: choose one of auto, {', '.join(ENGINES)}."
        )
    return ENGINES[engine]()


@cache
def _warn_of_slowness() -> None:
    """Warn once that the compiled engine is missing: nothing else would show it but patience."""
    if sys.platform == "emscripten":
        warnings.warn(
            "This page has no compiled engine and trains about a hundred times slower on numpy: "
            "run `make wasm` in the sources of glassnet, then `glassnet publish` again.",
            RuntimeWarning,
            stacklevel=3,
        )
        return
    compilers = ("c++", "g++", "clang++", "cl")
    found = next((name for name in compilers if shutil.which(name)), None)
    reason = (
        f"although there is a C++ compiler here ({found})" if found else "for want of a compiler"
    )
    first = "" if found else "install a C++ compiler, then "
    warnings.warn(
        f"glassnet was installed without its compiled engine, {reason}, and trains about a hundred "
        f"times slower on numpy: {first}run "
        "`pip install --force-reinstall --no-deps --no-cache-dir glassnet`.",
        RuntimeWarning,
        stacklevel=3,
    )
