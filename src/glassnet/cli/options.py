"""Options of a command from a declaration of settings, so that neither repeats the other.

    @with_options(declared(ReadingOptions).values(), group="Reading")
    def inspect(data: str, *, json: Switch = False, **reading: Any) -> int: ...

The command's `**` parameter receives those that were given, by their names in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter as Argument
from typing import Annotated, Any, Literal, TypeVar

from cyclopts import Parameter, Token

from glassnet.cli.parameters import Names, Switch, Texts, WholeNumber
from glassnet.errors import InputError
from glassnet.training.declaration import Setting, with_parameters

Command = TypeVar("Command", bound=Callable[..., int])


def with_options(settings: Iterable[Setting], group: str) -> Callable[[Command], Command]:
    """Give a command an option for each setting, in a group of its help, in place of its `**`."""
    options = [
        Argument(
            setting.name,
            Argument.KEYWORD_ONLY,
            default=_default(setting),
            annotation=Annotated[
                _type(setting),
                Parameter(
                    name=_names(setting),
                    help=setting.help,
                    group=group,
                    show_default=_default(setting) is not None,
                ),
            ],
        )
        for setting in settings
    ]

    return with_parameters(options)


def _default(setting: Setting) -> Any:
    """Return the default that help shows: none where the data decide, or where it is empty."""
    if setting.chosen or setting.several or setting.default is False:
        return None
    return (
        setting.default.replace("_", "-")
        if setting.choices and setting.default
        else setting.default
    )


def values_of(settings: Mapping[str, Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the given options stand for, by the names of their settings.

    Raises InputError for a text that is no value of its setting.
    """
    return {name: _value(settings[name], value) for name, value in given.items()}


def _value(setting: Setting, value: Any) -> Any:
    text = ",".join(value) if isinstance(value, list) else value
    if not isinstance(text, str):
        return value
    try:
        return setting.read(text)
    except ValueError:
        option = f"--{(setting.alias or setting.name).replace('_', '-')}"
        texts = map(str, setting.usual or setting.choices)
        usual = " or ".join(t.replace("-", ",") if setting.several else t for t in texts)
        raise InputError(f"{option} takes values such as {usual}, not {text!r:.60}.") from None


def _type(setting: Setting) -> Any:
    """The type as cyclopts takes it: whole numbers strictly, switches without a negative."""
    if setting.several:  # each may be given several times, and a missing value may be written -
        return Texts if setting.name in ("missing", "not_missing") else Names
    if setting.choices:
        choices = tuple(choice.replace("_", "-") for choice in setting.choices)

        def read(_: Any, tokens: Sequence[Token]) -> Any:  # with a dash or an underscore
            try:
                return setting.read(tokens[0].value)
            except ValueError:
                known = ", ".join(choices)
                raise ValueError(f"{tokens[0].value!r} is not one of {known}") from None

        return Annotated[Literal[choices] | None, Parameter(converter=read)]
    if setting.type is bool:
        return Switch
    return (WholeNumber if setting.type is int else setting.type) | None


def _names(setting: Setting) -> tuple[str, ...]:
    """The names of the option, the one for help first."""
    return tuple(f"--{name.replace('_', '-')}" for name in (setting.name, setting.alias) if name)
