"""The publication that a command names: what opens, and what readers see of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from glassnet.errors import InputError
from glassnet.playground.from_argument import initial_state_of
from glassnet.playground.hideable import HIDEABLE
from glassnet.playground.initial_state import InitialState
from glassnet.playground.lessons import lesson_named
from glassnet.playground.publication.runtime import Runtime
from glassnet.playground.publication.site import Publication
from glassnet.playground.scenario import OPENED, Scenario
from glassnet.tables.reading import Reading


def publication_of(
    data: str | None,
    run: Path | None,
    target: str | None,
    reading: Reading,
    *,
    lesson: str | None = None,
    hide: str = "",
    runtime: str | None = None,
) -> Publication:
    """What `glassnet publish` is asked for. Raises InputError for what cannot be opened."""
    given = {"--data": data, "--run": run, "--lesson": lesson}
    named = [option for option, value in given.items() if value is not None]
    if len(named) > 1:
        raise InputError(f"A page opens one thing: leave out {named[0]} or {named[1]}.")
    if run is not None and not run.is_dir():
        raise InputError(f"There is no folder of a run {str(run)!r:.200}.")
    what = str(run) if run is not None else data
    if target is not None and data is None:
        raise InputError("--target names a column of the table that --data names.")
    initial = InitialState() if what is None else initial_state_of(what, target, reading)
    fragment, opened = _opened_by(lesson, _hidden(hide))
    return Publication(_kept(initial), fragment, opened, Runtime(runtime))


def _kept(initial: InitialState) -> InitialState:
    """The state with a table's points as what was opened, so that links need not hold them."""
    scenario = initial.scenario
    if scenario.points is None:
        return initial
    return replace(
        initial, scenario=Scenario(replace(scenario.spec, data=OPENED)), points=scenario.points
    )


def _hidden(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in HIDEABLE:
            near = get_close_matches(name, HIDEABLE, 1)
            hint = f"perhaps {near[0]} is meant" if near else f"choose of {', '.join(HIDEABLE)}"
            raise InputError(f"The page has no control {name!r:.40} to hide: {hint}.")
    return names


def _opened_by(lesson: str | None, hide: Sequence[str]) -> tuple[str, dict[str, Any] | None]:
    """The part of the address after its path, and what it leads to, if to anything."""
    said = {} if lesson is None else {"lesson": lesson}
    if hide:
        said["hide"] = ",".join(hide)
    fragment = f"#{urlencode(said, safe=',')}" if said else ""
    if lesson is None:
        return fragment, None
    first = lesson_named(lesson)["steps"][0]
    scenario = {"spec": first["spec"], "changes": []}
    other = first.get("compare")
    compare = None if other is None else {"spec": {**first["spec"], **other}, "changes": []}
    target = {"scenario": scenario, "epoch": first.get("epoch", 0), "compare": compare}
    return fragment, target
