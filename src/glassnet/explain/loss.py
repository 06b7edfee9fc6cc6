"""The loss of a Trace as steps: of each sample, their average, and the penalty."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.core.backprop import Trace
from glassnet.engines.interface import Penalty
from glassnet.explain.forward import power
from glassnet.explain.functions import LOSSES
from glassnet.explain.steps import Equation, Quantity, Rule, Step, scalar
from glassnet.explain.symbols import Symbols, one, sum_entry, summed


def loss_step(trace: Trace, full: bool) -> Step:
    """The loss of each sample, from z of the last layer."""
    symbols = Symbols(trace)
    z, y = symbols.z(trace.network.n_layers), symbols.y
    whose = "each sample" if symbols.many else "the sample"
    return Step(
        kind="loss",
        function=trace.network.loss,
        phase="loss",
        name=f"The loss of {whose}",
        equation=Equation(symbols.losses, Rule(r"\ell(<z>, <y>)", "loss(<z>, <y>)"), _named(z, y)),
        derivation=LOSSES[trace.network.loss].definition,
        entry=_LOSS_ENTRIES[trace.network.loss](symbols.losses, z, y, full),
        why=(
            "The loss is one number that says how wrong the output is, 0 if it is perfect; it is "
            "computed from z, where no logarithm of zero can occur."
            if trace.network.loss != "mean_squared_error"
            else "The loss is one number that says how far the output is from the target."
        ),
    )


def _named(z: Quantity, y: Quantity) -> dict[str, Quantity]:
    return {"z": z, "y": y}


def _binary_entry(losses: Quantity, z: Quantity, y: Quantity, full: bool) -> Equation:
    rule = Rule(
        r"\max(<z>, 0) - <y> \cdot <z> + \log(1 + e^{-|<z>|})",
        "max(<z>, 0) - <y> · <z> + log(1 + exp(-|<z>|))",
    )
    return Equation(one(losses), rule, {"z": one(z), "y": one(y)})


def _categorical_entry(losses: Quantity, z: Quantity, y: Quantity, full: bool) -> Equation:
    """With a one-hot y only the true class's z is left of the second sum."""
    rule, inputs = summed(len(z.values), full, lambda k: power(z, k))
    inputs["M"] = scalar("M", "M", z.values[:, 0].max())
    inputs["true"] = one(z, int(y.values[:, 0].argmax()))
    return Equation(
        one(losses),
        Rule(
            rf"\log\left({rule.latex}\right) - (<true> - <M>)",
            f"log({rule.text}) - (<true> - <M>)",
        ),
        inputs,
    )


def _squared_entry(losses: Quantity, z: Quantity, y: Quantity, full: bool) -> Equation:
    n = len(z.values)
    rule, inputs = summed(
        n,
        full,
        lambda k: (
            rf"(<z{k}> - <y{k}>)^{{2}}",
            f"(<z{k}> - <y{k}>)^2",
            {f"z{k}": one(z, k), f"y{k}": one(y, k)},
        ),
    )
    inputs["n"] = scalar("n", "n", n)
    return Equation(
        one(losses),
        Rule(rf"\frac{{1}}{{<n>}} \left({rule.latex}\right)", f"1/<n> ({rule.text})"),
        inputs,
    )


_LOSS_ENTRIES = {
    "binary_cross_entropy": _binary_entry,
    "categorical_cross_entropy": _categorical_entry,
    "mean_squared_error": _squared_entry,
}


def average_loss_steps(trace: Trace, penalty: Penalty, phase: str, full: bool) -> Iterator[Step]:
    """The average of the losses, with the penalty on large weights where there is one."""
    symbols = Symbols(trace)
    losses = symbols.losses
    later = phase == "after"
    sign = r"^{\text{new}}" if later else ""
    name = "new L" if later else "L"
    m = scalar("m", "m", trace.weight_sum)
    weighted = symbols.weighted
    average = Quantity(name, f"L{sign}", np.asarray(trace.loss))
    if weighted:
        rule = Rule(
            r"\frac{1}{<m>} \sum_{\text{samples}} <w> \odot <losses>",
            "1/<m> times the sum of <w> * <losses>",
        )
        inputs = {"m": m, "w": symbols.weight, "losses": losses}
        entry = None
    else:
        rule = Rule(
            r"\frac{1}{<m>} \sum_{\text{samples}} <losses>", "1/<m> times the sum of <losses>"
        )
        inputs = {"m": m, "losses": losses}
        added = sum_entry(losses, losses, full)
        entry = Equation(
            average,
            Rule(
                rf"\frac{{1}}{{<m>}} \left({added.rule.latex}\right)", f"1/<m> ({added.rule.text})"
            ),
            added.inputs | {"m": m},
        )
    yield Step(
        kind="average loss",
        function="weighted" if weighted else "",
        phase=phase,
        name="The average loss after the update" if later else "The average loss",
        equation=Equation(average, rule, inputs),
        derivation=None,
        entry=entry,
        why=_mean_why(later, weighted),
    )
    if any(penalty):
        yield from _penalty_steps(trace, penalty, average, phase)


def _mean_why(later: bool, weighted: bool) -> str:
    counts = "the samples' losses, each times its weight, " if weighted else "the samples' losses "
    if later:
        return (
            f"The same average of {counts}with the new weights: compared with the one before, it "
            "shows what the update did."
        )
    return f"What training makes small is the average of {counts}over the batch."


def _penalty_steps(trace: Trace, penalty: Penalty, average: Quantity, phase: str) -> Iterator[Step]:
    symbols = Symbols(trace)
    value, _ = penalty.loss_and_gradient(trace.parameters)
    later = phase == "after"
    new = r"^{\text{new}}" if later else ""
    P = Quantity("new P" if later else "P", f"P{new}", np.asarray(value))
    weights = {f"W{l}": symbols.W(l) for l in range(1, trace.network.n_layers + 1)}
    settings = {
        "l1": scalar("l1", r"\lambda_{1}", penalty.l1),
        "l2": scalar("l2", r"\lambda_{2}", penalty.l2),
    }
    latex, text = [], []
    if penalty.l2:
        squares = " + ".join(rf"\|<{slot}>\|^{{2}}" for slot in weights)
        latex.append(rf"\frac{{<l2>}}{{2}} \left({squares}\right)")
        text.append(f"<l2>/2 ({squares.replace('^{2}', '^2').replace(chr(92), '')})")
    if penalty.l1:
        sizes = " + ".join(rf"|<{slot}>|_{{1}}" for slot in weights)
        latex.append(rf"<l1> \left({sizes}\right)")
        text.append(f"<l1> ({sizes.replace('_{1}', '_1')})")
    yield Step(
        kind="penalty",
        function="",
        phase=phase,
        name="The penalty on large weights",
        equation=Equation(P, Rule(" + ".join(latex), " + ".join(text)), weights | settings),
        derivation=Rule(
            r"P = \frac{\lambda_2}{2} \sum W^{2} + \lambda_1 \sum |W|",
            "P = l2/2 sum W^2 + l1 sum |W|, over all weights, not the biases",
        ),
        entry=None,
        why="Large weights cost something, so that training keeps only those that pay for it.",
    )
    total = Quantity(
        f"{average.name} + P", rf"\tilde{{L}}{new}", np.asarray(float(average.values) + value)
    )
    yield Step(
        kind="total loss",
        function="",
        phase=phase,
        name="The loss with its penalty",
        equation=Equation(total, Rule("<L> + <P>", "<L> + <P>"), {"L": average, "P": P}),
        derivation=None,
        entry=None,
        why="This sum is the loss that the run's history holds.",
    )
