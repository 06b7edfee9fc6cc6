"""Options that come from a declaration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest
from cyclopts import App, CycloptsError

import glassnet as gn
from glassnet.cli.options import with_options
from glassnet.cli.parameters import Switch
from glassnet.training.declaration import declared, setting


@dataclass(frozen=True)
class Baking:
    eggs: int = setting("How many eggs.", 2, minimum=0)
    sugar: float | None = setting("Grams of sugar.", None, above=0)
    spices: tuple[str, ...] = setting("What else.", ())
    oven: Literal["gas", "stone_oven"] = setting("Where it is baked.", "gas")
    vegan: bool = setting("Without eggs.", False)


@pytest.fixture
def app() -> App:
    app = App(result_action="return_value")

    @app.default
    @with_options(declared(Baking).values(), group="Baking")
    def bake(cake: str, *, quiet: Switch = False, **baking: Any) -> Any:
        """Bake."""
        return cake, quiet, baking

    return app


def test_a_command_is_given_the_options_that_were_asked_for(app: App) -> None:
    line = "pie --eggs 3 --spices salt --spices mace --oven stone-oven --vegan"
    asked = {"eggs": 3, "spices": ["salt", "mace"], "oven": "stone_oven", "vegan": True}
    assert app(line.split()) == ("pie", False, asked)
    assert app(["pie", "--quiet"]) == ("pie", True, {})


@pytest.mark.parametrize("line", ["pie --eggs 2.5", "pie --oven coal", "pie --sugar much"])
def test_other_kinds_of_values_are_refused(app: App, line: str) -> None:
    with pytest.raises(CycloptsError):
        app(line.split(), exit_on_error=False, print_error=False)


def test_help_shows_the_declaration(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    app(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "Baking" in text
    assert "--eggs INT How many eggs. [default: 2]" in text
    assert "--spices STR... What else. │" in text
    assert "[choices: gas, stone-oven]" in text


def test_a_value_outside_its_range_is_refused_in_a_sentence() -> None:
    settings = declared(Baking)
    settings["sugar"].check(None)
    settings["sugar"].check(0.5)
    with pytest.raises(gn.InputError, match="sugar must be a finite number above 0, or None, not"):
        settings["sugar"].check(-1)
    with pytest.raises(gn.InputError, match="eggs must be a whole number from 0"):
        settings["eggs"].check(2.5)
