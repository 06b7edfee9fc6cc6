"""Options of a command from a declaration of settings, so that neither repeats the other.

    @with_options(declared(ReadingOptions).values(), group="Reading")
    def inspect(data: str, *, json: Switch = False, **reading: Any) -> int: ...

The command's `**` parameter receives those that were given, by their names in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter as Argument
from inspect import signature
from typing import Annotated, Any, Literal, TypeVar

from cyclopts import Parameter

from glassnet.cli.parameters import Names, Switch, WholeNumber
from glassnet.training.declaration import Setting

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
                    help=setting.help, group=group, show_default=_default(setting) is not None
                ),
            ],
        )
        for setting in settings
    ]

    def decorated(command: Command) -> Command:
        before = signature(command)
        own = [p for p in before.parameters.values() if p.kind is not Argument.VAR_KEYWORD]
        after = before.replace(parameters=[*own, *options])
        command.__signature__ = after  # type: ignore[attr-defined]
        return command

    return decorated


def _default(setting: Setting) -> Any:
    """What help shows as the default: nothing where the data decide, or where it is empty."""
    return None if setting.chosen or setting.default in ((), False) else setting.default


def _type(setting: Setting) -> Any:
    """The type as cyclopts takes it: whole numbers strictly, switches without a negative."""
    if setting.several:  # each may be given several times
        return Names
    if setting.choices:
        return Literal[tuple(choice.replace("_", "-") for choice in setting.choices)] | None
    if setting.type is bool:
        return Switch
    return (WholeNumber if setting.type is int else setting.type) | None
