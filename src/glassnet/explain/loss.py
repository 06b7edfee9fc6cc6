"""The loss of a Trace as steps: of each sample, their average, and the penalty."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.core.backprop import Trace
from glassnet.core.network import Network
from glassnet.explain.forward import summed_powers
from glassnet.explain.steps import Equation, Quantity, Step, added, scalar
from glassnet.explain.symbols import Symbols, Term, one, sum_entry, summed
from glassnet.explain.words import Words
from glassnet.optim.penalty import Penalty


def loss_step(trace: Trace, full: bool) -> Step:
    """The loss of each sample, from z of the last layer."""
    symbols = Symbols(trace)
    loss = trace.network.loss_kind
    z, y = symbols.z(trace.network.n_layers), symbols.y
    words = Words("loss", loss, whose="each sample" if symbols.many else "the sample")
    entry = _loss_entry(words, symbols, z, full)
    level = {"q": of_outputs(trace.network, 1)["q"]} if loss == "quantile" else {}
    return words.step(symbols.losses, {"z": z, "y": y} | level, entry, function=loss)


def of_outputs(network: Network, n_out: int) -> dict[str, Quantity]:
    """The numbers in the loss of a regression: how many outputs, and the level of a quantile."""
    if not network.is_regression:
        return {}
    level = network.quantile_level
    own = {} if level is None else {"q": scalar("q", "q", level)}
    return {"n": scalar("n", "n", n_out)} | own


def _loss_entry(words: Words, symbols: Symbols, z: Quantity, full: bool) -> Equation:
    """The loss of the first sample, worked out."""
    y = symbols.y
    network = symbols.trace.network
    match network.loss:
        case "binary_cross_entropy":
            return Equation(one(symbols.losses), words.rule("entry"), {"z": one(z), "y": one(y)})
        case "categorical_cross_entropy":
            rule, inputs = summed_powers(z, full)
            # With a one-hot y only the true class's z is left of the second sum.
            inputs["true"] = one(z, int(y.values[:, 0].argmax()))
        case _:

            def term(k: int) -> Term:
                zero = network.loss == "poisson" and y.values[k, 0] == 0
                rule = words.rule("term_zero" if zero else "term", k=k)
                return rule, {f"z{k}": one(z, k), f"y{k}": one(y, k)}

            rule, inputs = summed(len(z.values), full, term)
            inputs |= of_outputs(network, len(z.values))
    return Equation(one(symbols.losses), words.rule("entry", sum=rule), inputs)


def average_loss_steps(trace: Trace, penalty: Penalty, phase: str, full: bool) -> Iterator[Step]:
    """The average of the losses, with the penalty on large weights where there is one."""
    symbols = Symbols(trace)
    losses = symbols.losses
    m = scalar("m", "m", trace.weight_sum)
    average = _of_phase(phase, "L", trace.loss)
    variants = ["weighted"] * symbols.weighted + [phase]
    words = Words("average loss", *variants)
    if symbols.weighted:
        inputs, entry = {"m": m, "w": symbols.weight, "losses": losses}, None
    else:
        inputs = {"m": m, "losses": losses}
        total = sum_entry(losses, losses, full)
        entry = Equation(average, words.rule("entry", sum=total.rule), total.inputs | {"m": m})
    function = "weighted" if symbols.weighted else ""
    yield words.step(average, inputs, entry, function=function, phase=phase)
    if any(penalty):
        yield from _penalty_steps(trace, penalty, average, phase)


def _of_phase(phase: str, letter: str, value: float, symbol: str | None = None) -> Quantity:
    """A number under its letter; after the update it is the new one."""
    later = phase == "after"
    new = r"^{\text{new}}" if later else ""
    return scalar(f"new {letter}" if later else letter, f"{symbol or letter}{new}", value)


def _penalty_steps(trace: Trace, penalty: Penalty, average: Quantity, phase: str) -> Iterator[Step]:
    symbols, words = Symbols(trace), Words("penalty")
    value, _ = penalty.loss_and_gradient(trace.parameters)
    P = _of_phase(phase, "P", value)
    weights = {f"W{l}": symbols.W(l) for l in range(1, trace.network.n_layers + 1)}
    settings = {
        "l1": scalar("l1", r"\lambda_{1}", penalty.l1),
        "l2": scalar("l2", r"\lambda_{2}", penalty.l2),
    }
    terms = []
    if penalty.l2:
        squares = added(words.rule("square", slot=slot) for slot in weights)
        terms.append(words.rule("l2_term", squares=squares))
    if penalty.l1:
        sizes = added(words.rule("size", slot=slot) for slot in weights)
        terms.append(words.rule("l1_term", sizes=sizes))
    yield words.step(P, weights | settings, phase=phase, rule=added(terms))
    total = _of_phase(phase, "L", float(average.values) + value, r"\tilde{L}")
    total = Quantity(f"{average.name} + P", total.symbol, total.values)
    yield Words("total loss").step(total, {"L": average, "P": P}, phase=phase)
