"""How a setting is declared: once, with what its check, its option, its axis and its control need.

A declaration is a dataclass. Each of its fields is made by `setting`, and `declared` reads them
back, each as a `Setting`, with the type from the annotation.
"""

from __future__ import annotations

import math
import re
from collections import abc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from glassnet.errors import InputError, Name, finite_number, whole_number

Function = TypeVar("Function", bound=Callable[..., Any])
Documented = TypeVar("Documented", bound=Callable[..., Any])
# A docstring before, in and after the section "Parameters".
PARAMETERS = re.compile(r"(.*?    Parameters\n    -+\n)(.*?)(\n\n.*|\s*)$", re.DOTALL)
# A dash between two values; that of 1e-3 belongs to a number.
DASH = re.compile(r"(?<![eE])-")


@dataclass(frozen=True)
class Setting:
    """One declared setting.

    Parameters
    ----------
    name
        Its name in Python; an option has dashes for the underscores.
    type
        Type of one value: int, float, bool or str.
    default
        Its value where nothing is asked for.
    help
        What it is, in a sentence.
    several
        Whether it may be several values, in a tuple, such as one for each layer.
    alone
        Whether a value may stand without a tuple.
    by_class
        Whether it may be a number for each class, in a mapping.
    optional
        Whether it may be None.
    unit
        What it counts: "epochs", "rows".
    minimum, above, maximum, below
        Its range; `above` and `below` are not part of it.
    choices
        The texts that are allowed; all if empty.
    usual
        Values that people try: examples, and what the page offers.
    none
        What None means in a word: "never", "all".
    label
        What people call it; the name unless given.
    alias
        A shorter name that people may type.
    chosen
        Whether `glassnet train` chooses it by the data where nothing is asked for.
    where
        Where people can set it besides Python: "option", "axis".
    """

    name: str
    type: type
    default: Any
    help: str
    several: bool = False
    alone: bool = True
    by_class: bool = False
    optional: bool = False
    unit: str = ""
    minimum: float = -math.inf
    above: float = -math.inf
    maximum: float = math.inf
    below: float = math.inf
    choices: tuple[str, ...] = ()
    usual: tuple[Any, ...] = ()
    none: str = "none"
    label: str = ""
    alias: str = ""
    chosen: bool = False
    where: tuple[str, ...] = ("option", "axis")

    def check(self, value: Any) -> None:
        """Raise InputError unless the setting can have this value."""
        if self.several and isinstance(value, tuple):
            for one in value:
                self._check_one(one)
        elif not self.alone:
            raise InputError(
                Name(self.name), f" must be several values in a tuple, not {value!r:.60}."
            )
        elif self.by_class and isinstance(value, Mapping):
            for label, weight in value.items():
                whole_number(f"Each class in {self.name}", label, 0)
                finite_number(f"The weight of class {label}", weight, 0)
        elif value is not None or not self.optional:
            self._check_one(value)

    def read(self, text: str, separator: str = ",") -> Any:
        """Return the value that a text stands for; raise ValueError if it is none.

        Several values have a comma or another separator between them; "none" is none of them.
        """
        if not self.several:
            return self._read_one(text)
        if not self.alone and text.strip().lower() == "none":
            return ()
        for choice in self.choices:  # whose dashes separate nothing
            text = text.replace(choice.replace("_", "-"), choice)
        parts = DASH.split(text) if separator == "-" else text.split(separator)
        values = tuple(self._read_one(part) for part in parts)
        return values[0] if self.alone and len(values) == 1 else values

    @property
    def range(self) -> str:
        """The range in words, such as " from 0 to below 1"; empty if there is none."""
        low = f" above {self.above:g}" if self.above > -math.inf else ""
        low = f" from {self.minimum:g}" if self.minimum > -math.inf else low
        high = f"{' and' if self.above > -math.inf else ' to'} below {self.below:g}"
        high = f" to {self.maximum:g}" if self.maximum < math.inf else high
        return low + high * (min(self.maximum, self.below) < math.inf)

    @property
    def parameter(self) -> Parameter:
        """Its parameter in Python, None where the data decide."""
        default = None if self.chosen else self.default
        return Parameter(self.name, Parameter.KEYWORD_ONLY, default=default)

    def _check_one(self, value: Any) -> None:
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                or_none = " or None" * self.optional
                weights = ", or what each class counts, such as {0: 1, 1: 5}" * self.by_class
                raise InputError(
                    "Unknown ",
                    Name(self.name),
                    f" {value!r:.60}: choose {', '.join(self.choices)}{or_none}{weights}.",
                )
        elif self.type is int:
            if whole_number(self.name, value, int(self.minimum)) > self.maximum:
                raise InputError(
                    Name(self.name), f" must be a whole number{self.range}, not {value!r:.80}."
                )
        elif self.type is float:
            try:
                finite_number(self.name, value)
                inside = self.minimum <= value <= self.maximum and self.above < value < self.below
            except InputError:
                inside = False
            if not inside:
                raise InputError(
                    Name(self.name),
                    f" must be a finite number{self.range}"
                    f"{', or None' * self.optional}, not {value!r:.60}.",
                )

    def _read_one(self, text: str) -> Any:
        text = text.strip()
        if self.choices:
            plain = text.replace("-", "_")
            if plain not in (
                known := {choice.replace("-", "_"): choice for choice in self.choices}
            ):
                raise ValueError(text)
            return known[plain]
        if self.type is int and not re.fullmatch(r"[+-]?[0-9]+", text):
            raise ValueError(text)
        value = self.type(text)
        if self.type is float and not math.isfinite(value):
            raise ValueError(text)
        return value


# What a declaration says beside the name, the default and the type.
FACTS = tuple(
    one.name
    for one in fields(Setting)
    if one.name not in ("name", "type", "default", "several", "alone", "by_class", "optional")
)


def setting(help: str, default: Any = MISSING, **facts: Any) -> Any:
    """Return a dataclass field that declares a setting; the facts are those of `Setting`."""
    return field(default=default, metadata={"help": help, **facts})


def declared(declaration: type) -> dict[str, Setting]:
    """Return the settings that a dataclass declares, by name."""
    types = get_type_hints(declaration)
    return {
        one.name: _setting(one.name, types[one.name], one.default, one.metadata)
        for one in fields(declaration)
        if "help" in one.metadata
    }


def _setting(name: str, hint: Any, default: Any, facts: Mapping[str, Any]) -> Setting:
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    containers = [kind for kind in kinds if get_origin(kind) in (tuple, list)]
    alone = [kind for kind in kinds if get_origin(kind) in (None, Literal) and kind is not NoneType]
    kind = alone[0] if alone else get_args(containers[0])[0]
    if get_origin(kind) is Literal:
        facts, kind = {"choices": get_args(kind), **facts}, str
    return Setting(
        name=name,
        type=kind,
        default=None if default is MISSING else default,
        several=bool(containers),
        alone=bool(alone),
        by_class=any(get_origin(kind) is abc.Mapping for kind in kinds),
        optional=NoneType in kinds,
        **facts,
    )


def documenting(settings: Mapping[str, Setting]) -> Callable[[Documented], Documented]:
    """Return a decorator that documents the settings among the parameters of a function or class.

    What the docstring says of one itself goes before its declaration.
    """

    def decorated(subject: Documented) -> Documented:
        found = PARAMETERS.match(subject.__doc__ or "")
        if found is None:
            return subject  # python -OO leaves docstrings out
        before, section, after = found.groups()
        entries = re.split(r"\n(?=    \S)", section)
        own = [name for entry in entries for name in _names(entry)]
        order = list(signature(subject).parameters)
        entries += [
            _entry(settings[name]) for name in order if name in settings and name not in own
        ]
        entries.sort(key=lambda entry: order.index(_names(entry)[0]))
        subject.__doc__ = "".join([before, "\n".join(entries), after])
        return subject

    return decorated


def _entry(one: Setting) -> str:
    """A setting in the section "Parameters" of a docstring."""
    kind = one.type.__name__ + ", one or several" * one.several + ", optional" * one.optional
    choices = f" One of {', '.join(one.choices)}." * bool(one.choices)
    return f"    {one.name} : {kind}\n        {one.help}{choices}"


def _names(entry: str) -> list[str]:
    """The names that an entry of the section is of."""
    return entry.partition(" : ")[0].strip().split(", ")


def with_parameters(parameters: Iterable[Parameter]) -> Callable[[Function], Function]:
    """Return a decorator that puts parameters into a function's signature in place of its `**`."""

    def decorated(function: Function) -> Function:
        before = signature(function)
        own = [p for p in before.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
        after = before.replace(parameters=[*own, *parameters])
        function.__signature__ = after  # type: ignore[attr-defined]
        return function

    return decorated


def again(one: Setting, default: Any, **changes: Any) -> Any:
    """Return a dataclass field that declares a setting as another does, but for some facts."""
    facts = {name: getattr(one, name) for name in FACTS} | changes
    return setting(facts.pop("help"), default, **facts)
