"""The command line: parse, call one function, print.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 it failed, 2 the request or
the input is wrong, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from cyclopts import (
    App,
    ArgumentCollection,
    CycloptsError,
    Parameter,
    Token,
    UnknownOptionError,
    UnusedCliTokensError,
)
from cyclopts.config import Dict, Env

from glassnet import InputError, __version__, engines
from glassnet.cli.text import printable
from glassnet.errors import Name

READING = "reading"  # the table of a settings file that says how to read tables
DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


def _version() -> str:
    return f"glassnet {__version__} (engine: {engines.choose('auto').name})"


def _config_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill arguments that were not given from the TOML file that --config names, if any."""
    for argument in arguments:
        if argument.name == "--config" and argument.tokens:
            path = Path(argument.tokens[-1].value)
            source = str(path.absolute())
            tables = {name: _flat(table) for name, table in _settings(path, commands).items()}
            Dict(tables, source=source)(app, commands, arguments)
            if any(argument.name == "--delimiter" for argument in arguments):
                reading = Dict(
                    tables, source=source, root_keys=(READING,), use_commands_as_keys=False
                )
                reading(app, commands, arguments)


def _flat(table: Any) -> Any:
    """A table of settings, its types of columns as the option takes them: zip=category."""
    types = table.get("types") if isinstance(table, dict) else None
    if not isinstance(types, dict):
        return table
    return {**table, "types": [f"{column}={kind}" for column, kind in types.items()]}


def _settings(path: Path, commands: tuple[str, ...]) -> dict[str, Any]:
    """Return the tables of a settings file.

    Raises InputError unless it is TOML with a table for the command, and for commands only.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"Cannot read the settings file {str(path)!r:.200}: {reason}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The settings file {str(path)!r:.200} is not TOML: {error}.") from None
    (command,) = commands
    strangers = [name for name in tables if name not in app and name != READING]
    if strangers:
        raise InputError(
            f"The settings file {str(path)!r:.200} holds {strangers[0]!r:.80} outside of a "
            f"command's table: put it below a line [{command}]."
        )
    if command not in tables and READING not in tables:
        raise InputError(f"The settings file {str(path)!r:.200} has no table [{command}].")
    return tables


def _unknown_variable(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Refuse an environment variable that is meant for the command but sets nothing."""
    prefix = "_".join(["GLASSNET", *commands, ""]).upper()
    names = (name for argument in arguments for name in argument.names)
    known = {prefix + name.removeprefix("--").upper().replace("-", "_") for name in names}
    for name in os.environ:
        if name.startswith(prefix) and name not in known:
            raise InputError(f"The environment variable {name} sets no option of {commands[-1]}.")


app = App(
    name="glassnet",
    help="Train small neural networks and see every number they compute.",
    version=_version,
    config=[_unknown_variable, Env("GLASSNET_"), _config_file],
    suppress_keyboard_interrupt=False,  # `run` answers it
    default_parameter=Parameter(show_env_var=False),
    help_epilogue=(
        "Each option of a command but --debug can also be set by an environment variable, such as "
        "GLASSNET_DEMO_SEED, or in the TOML file that --config names. The command line comes "
        "first, then the environment, then the file."
    ),
)
# Named, not imported, so that one command does not pay for the imports of another.
COMMANDS = {
    "demo": "Run the whole tutorial: train on twenty points, show and film it.",
    "play": "Open the page: watch a network think, and touch it.",
    "publish": "Write the page for any web host, or as one file: it needs no server.",
    "train": "Train a network on a table and write a folder with the model.",
    "sweep": "Train from many seeds and with many settings, and summarise the results.",
    "predict": "Predict for every row of a table.",
    "evaluate": "Score a model on rows whose target is known.",
    "show": "Draw the pictures of a run.",
    "animate": "Film the boundary of a run, epoch by epoch.",
    "inspect": "Show how a table is read, or the contents of a model file.",
    "export": "Write a model for use without glassnet.",
    "explain": "Show every number of one update: forward, backward, update.",
    "verify": "Train the same network in other frameworks and compare every number.",
    "worksheet": "Make exercises to do by hand with their keys, or mark the answers.",
}
for command, help in COMMANDS.items():
    app.command(f"glassnet.cli.{command}:{command}", help=help)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
        getattr(sys, name).reconfigure(errors="backslashreplace")  # whatever the locale can say
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; every error becomes one sentence."""
    debug = "--debug" in arguments
    try:
        code = app(
            list(arguments),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:  # of the first rich makes the second
        if not any(isinstance(e, BrokenPipeError) for e in (error, error.__context__)):
            raise
        # The reader has seen enough; without this Python complains once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            raise
        sentence, code = _explained(error, arguments)
        print(f"glassnet: {printable(' '.join(sentence.split()))}", file=sys.stderr)
    return code if isinstance(code, int) else DONE


def _explained(error: BaseException, arguments: Sequence[str]) -> tuple[str, int]:
    """Return the sentence for an error, and its exit code."""
    command = next((word for word in arguments if word in app), "")
    match error:
        case InputError():
            return "".join(_as_options(error.parts, command)), WRONG
        case CycloptsError():
            return f"{_misread(error)} (See {f'glassnet {command}'.strip()} --help.)", WRONG
        case KeyboardInterrupt() | RuntimeError(args=("Query interrupted",)):  # so says DuckDB
            return "interrupted", INTERRUPTED
        case OSError():
            return f"{error}.", FAILED
        case MemoryError():
            return "There is not enough memory for this; try a smaller network.", FAILED
    fault = f"This is a fault in glassnet ({type(error).__name__}: {error})"
    return f"{fault}; please report it with what --debug shows.", FAILED


def _misread(error: CycloptsError) -> str:
    """Return cyclopts's complaint in a sentence, with the file if the arguments are from one."""
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"There is one word too many: {error.unused_tokens[0]!r}."
    token = getattr(error, "token", None)
    if not isinstance(token, Token) or token.source in ("", "cli", "env"):
        return str(error)
    key = ".".join((token.keyword or "").strip("[]").split("]["))
    place = f"{key!r} in the settings file {token.source!r}"
    if isinstance(error, UnknownOptionError):
        known = [n[2:] for argument in error.argument_collection for n in argument.names]
        near = get_close_matches(key, known, n=1)
        return f"Unknown setting {place}." + (f" Did you mean {near[0]!r}?" if near else "")
    error.token = token.evolve(keyword=place, source="cli")  # type: ignore[attr-defined]
    return str(error)


def _as_options(parts: Sequence[str], command: str) -> list[str]:
    """The parts of a sentence, names of arguments as the command's options: --max-epochs."""
    arguments = app[command].assemble_argument_collection() if command in app else ()
    known = {argument.name for argument in arguments}
    options = (f"--{part.replace('_', '-')}" if isinstance(part, Name) else "" for part in parts)
    return [
        option if option in known else part for part, option in zip(parts, options, strict=True)
    ]
