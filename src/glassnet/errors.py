"""The one exception that means: what was asked for is wrong; and checks of single settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import cache, wraps
from inspect import signature
from numbers import Integral, Real
from operator import index
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


class Name(str):
    """The name of an argument within a sentence, which a command writes as its option."""


class InputError(ValueError):
    """Raised for a wrong request or wrong data, with one sentence: what, where, what to do.

    Parameters
    ----------
    *parts : str
        The parts of the sentence, in order; names of arguments are `Name`s.

    Examples
    --------
    >>> print(InputError(Name("max_epochs"), " must be a whole number."))
    max_epochs must be a whole number.
    """

    def __init__(self, *parts: str) -> None:
        super().__init__("".join(parts))
        self.parts = parts


def shown(value: Any, most: int = 80) -> str:
    """Return how a sentence quotes a value: its repr, cut to so many characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a repr of the user's own
        text = f"a {type(value).__name__}"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def given(value: Any) -> str:
    """Return how a sentence names what was given: numbers and texts as they are, else the type."""
    if value is None or isinstance(value, str | bool | int | float):
        return shown(value)
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def instance_of(name: str, value: Any, *types: type, example: str = "") -> None:
    """Raise InputError unless `value` is of one of the types."""
    if not isinstance(value, types):
        wanted = " or ".join("None" if t is NoneType else t.__name__ for t in types)
        such = f" such as {example}" if example else ""
        raise InputError(Name(name), f" must be of the type {wanted}{such}, not {given(value)}.")


def one_of(name: str, value: Any, choices: Iterable[str]) -> None:
    """Raise InputError unless `value` is one of the texts."""
    known = list(choices)
    if not (isinstance(value, str) and value in known):
        raise InputError(f"Unknown {name} {given(value)}: choose one of {', '.join(known)}.")


def numbers_of(name: str, value: Any) -> np.ndarray:
    """Return `value` as an array of float64. Raises InputError unless it holds numbers."""
    try:
        array: np.ndarray = np.asarray(value, np.float64)
    except (TypeError, ValueError, NotImplementedError):
        raise InputError(Name(name), f" must be numbers, not {given(value)}.") from None
    return array


def path_of(name: str, value: Any) -> Path:
    """Return `value` as a path. Raises InputError unless it names a file or a folder."""
    try:
        path = Path(value)
        path.exists()
    except TypeError:
        raise InputError(
            Name(name), f" must be the name of a file or folder, not {given(value)}."
        ) from None
    except (OSError, ValueError):  # too long, or with a character that no name may have
        raise InputError(Name(name), f" can be no name of a file: {shown(value)}.") from None
    return path


def whole_number(name: str, value: Any, least: int) -> int:
    """`value` as an int. Raises InputError unless it is a whole number from `least`."""
    try:
        # `index` takes every kind of whole number and refuses 2.5, "2" and None.
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(Name(name), f" must be a whole number from {least}, not {given(value)}.")
    return number


def finite_number(name: str, value: Any, least: float = -math.inf) -> None:
    """Raise InputError unless `value` is a finite number from `least`."""
    try:
        number = float(value) if isinstance(value, Real) else math.nan
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not (math.isfinite(number) and least <= number):
        bound = "" if least == -math.inf else f" from {least:g}"
        raise InputError(Name(name), f" must be a finite number{bound}, not {given(value)}.")


def types_checked(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Refuse arguments that are not of the classes that the function's signature names."""

    @wraps(function)
    def checked(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        try:
            given_to = signature(function).bind(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)  # which names itself in saying what is wrong
        for name, hint in get_type_hints(function).items():
            if name in given_to and name != "return":
                _check_hint(name, given_to[name], hint)
        return function(*args, **kwargs)

    return checked


def check_fields(made: Any) -> None:
    """Raise InputError for a field of a dataclass that is not of the class its hint names."""
    for name, hint in _hints(made.__class__).items():
        if (get_origin(hint) or hint) is np.ndarray:
            instance_of(name, getattr(made, name), np.ndarray)
        else:
            _check_hint(name, getattr(made, name), hint)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind) if one.init}


def _check_hint(name: str, value: Any, hint: Any) -> None:
    if get_origin(hint) is Literal:
        one_of(name, value, get_args(hint))
        return
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    types = {option: _class_of(option) for option in options}
    if None in types.values():
        return
    in_order = [option for option, kind in types.items() if kind in (tuple, Sequence)]
    if in_order and isinstance(value, tuple | list | np.ndarray):
        _check_items(name, value, get_args(in_order[0]))
        return
    instance_of(name, value, *(kind for kind in types.values() if kind is not None))


def _check_items(name: str, values: Any, hints: tuple[Any, ...]) -> None:
    """A pair must be one, and hold what its hint says."""
    if Ellipsis in hints or len(hints) < 2:
        return
    if len(values) != len(hints):
        raise InputError(Name(name), f" must hold {len(hints)} values, not {len(values)}.")
    for value, hint in zip(values, hints, strict=True):
        _check_hint(f"What {name} holds", value, hint)


def _class_of(hint: Any) -> type | None:
    """The class that values of a hint have; None for one that says less, such as ArrayLike."""
    numbers: dict[Any, type] = {int: Integral, float: Real}
    kind = numbers.get(hint) or get_origin(hint) or hint
    vague = getattr(kind, "_is_protocol", False) or kind is np.ndarray
    return kind if isinstance(kind, type) and not vague else None
