"""What the steps of a calculation are called, why they are done, and their rules: words.toml."""

from __future__ import annotations

from string import Template

from glassnet.explain.steps import Equation, Quantity, Rule, Step
from glassnet.explain.word_tables import word_table

FINISHED = {"phase", "name", "rule", "derivation", "entry", "why"}  # parts of a step, of no other

Name = str | int | Quantity | Rule  # what is filled in for $name


class Words:
    """The words of a kind of step.

    Parameters
    ----------
    kind : str
        A table of words.toml.
    *variants : str
        Tables below it with what is different, the later before the earlier; there need be none.
    **names : str, int, Quantity or Rule
        What is filled in for $name, a quantity by its letter.
    """

    def __init__(self, kind: str, *variants: str, **names: Name) -> None:
        self.kind = kind
        table = word_table("words.toml", kind, variants)
        self._rules = {key: _rule(value) for key, value in table.items()}
        own = {key: rule for key, rule in self._rules.items() if key not in FINISHED}
        self._names = own | {name: _rule(value) for name, value in names.items()}

    def __contains__(self, key: str) -> bool:
        return key in self._rules

    def rule(self, key: str, **names: Name) -> Rule:
        """Return a rule, with these names filled in, too."""
        rule, known = self._rules[key], self._names | {n: _rule(v) for n, v in names.items()}
        return Rule(
            Template(rule.latex).substitute({name: r.latex for name, r in known.items()}),
            Template(rule.text).substitute({name: r.text for name, r in known.items()}),
        )

    def text(self, key: str) -> str:
        """Return what is no rule, such as the name."""
        return self.rule(key).text

    def step(
        self,
        result: Quantity,
        inputs: dict[str, Quantity],
        entry: Equation | None = None,
        *,
        function: str = "",
        phase: str | None = None,
        rule: Rule | None = None,
        derivation: Rule | None = None,
        replaces: bool = False,
    ) -> Step:
        """Return the step in these words; what is given here goes before what they say."""
        if derivation is None and "derivation" in self:
            derivation = self.rule("derivation")
        return Step(
            kind=self.kind,
            function=function,
            phase=phase or self.text("phase"),
            name=self.text("name"),
            equation=Equation(result, rule or self.rule("rule"), inputs, replaces),
            derivation=derivation,
            entry=entry,
            why=self.text("why"),
        )


def of_number(function: str, key: str, z: float) -> Rule:
    """Return the rule of an activation for one number, which may depend on its sign."""
    words = Words("activation", function)
    below = f"{key}_below"
    return words.rule(below if z <= 0 and below in words else key)


def _rule(value: Name | list[str]) -> Rule:
    match value:
        case Rule():
            return value
        case Quantity():
            return Rule(value.symbol, value.name)
        case list():
            return Rule(*value)
    return Rule(str(value), str(value))
