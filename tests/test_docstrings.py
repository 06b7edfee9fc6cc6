"""Every public name is documented as numpydoc asks: what it is, parameters, returns, errors."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from numpydoc.validate import validate

PUBLIC = ("glassnet", "pictures", "explain", "parity", "estimators")
NOT_ASKED = {
    "ES01",  # a longer description, where the first line says it all
    "EX01",  # an example for every single method
    "SA01",  # cross-references: the reference shows neighbours together
    "SS06",  # a first line of one line: equations and sources may need two
    "YD01",
}


def members(value: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class defines itself."""
    for name, member in vars(value).items():
        kinds = (property, classmethod, staticmethod)
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds)):
            yield f"{value.__module__}.{value.__qualname__}.{name}", member


def is_enum(value: Any) -> bool:
    """Return whether its constructor is Python's own."""
    return inspect.isclass(value) and issubclass(value, Enum)


def public_names() -> list[str]:
    """The full names of all public functions and classes, and of the members of these."""
    found: dict[str, None] = {}
    for part in PUBLIC:
        module = importlib.import_module(part if part == "glassnet" else f"glassnet.{part}")
        for name in module.__all__:
            value = getattr(module, name)
            inner = vars(value).values() if inspect.ismodule(value) else [value]
            home = value.__name__ if inspect.ismodule(value) else None
            for each in inner:
                if not (inspect.isclass(each) or inspect.isfunction(each)):
                    continue
                if home not in (None, each.__module__) or each.__name__.startswith("_"):
                    continue
                if not (getattr(each, "_is_protocol", False) or is_enum(each)):
                    found[f"{each.__module__}.{each.__qualname__}"] = None
                if inspect.isclass(each):
                    found |= dict.fromkeys(name for name, _ in members(each))
    return list(found)


NAMES = public_names()


def test_there_are_names_to_look_at() -> None:
    assert "glassnet.core.backprop.trace" in NAMES
    assert len(NAMES) > 100


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented(name: str) -> None:
    faults = [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in NOT_ASKED]
    assert not faults
