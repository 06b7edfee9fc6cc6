"""The forward pass of a Trace as steps: z and a of each layer."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.core.backprop import Trace
from glassnet.explain.steps import Equation, Quantity, Rule, Step, scalar
from glassnet.explain.symbols import Symbols, Term, dot_entry, one, summed
from glassnet.explain.words import Words, of_number


def forward_steps(trace: Trace, full: bool) -> Iterator[Step]:
    """z and a of each layer."""
    symbols = Symbols(trace)
    functions = [*trace.network.activation, trace.network.output_activation]
    for layer, function in enumerate(functions, start=1):
        yield _weighted_sum(symbols, layer, full)
        if function == "softmax":
            yield _softmax(symbols, layer, full)
        else:
            yield _activation(symbols, layer, function)


def output_step(trace: Trace, full: bool) -> Step:
    """The outputs a, from z of the last layer."""
    symbols, last = Symbols(trace), trace.network.n_layers
    if trace.network.output_activation == "softmax":
        return _softmax(symbols, last, full)
    return _activation(symbols, last, trace.network.output_activation)


def _weighted_sum(symbols: Symbols, layer: int, full: bool) -> Step:
    W, a, b, z = symbols.W(layer), symbols.a(layer - 1), symbols.b(layer), symbols.z(layer)
    source = "inputs" if layer == 1 else f"activations of layer {layer - 1}"
    neurons = ("single",) if len(W.values) == 1 else ()
    words = Words("z", *symbols.samples, *neurons, l=layer, source=source)
    return words.step(z, {"W": W, "a": a, "b": b}, dot_entry(z, W, a, full, bias=b))


def _activation(symbols: Symbols, layer: int, function: str) -> Step:
    z, a = symbols.z(layer), symbols.a(layer)
    output = layer == symbols.trace.network.n_layers
    outputs = {"sigmoid": "probability", "identity": "regression", "exp": "count"}
    variant = outputs[function] if output else function
    words = Words("a", variant, l=layer, function=function.replace("_", " "))
    value = of_number(function, "value", float(z.values[0, 0]))
    return words.step(
        a,
        {"z": z},
        Equation(one(a), value, {"z": one(z)}),
        function=function,
        derivation=Words("activation", function).rule("definition"),
    )


def _softmax(symbols: Symbols, layer: int, full: bool) -> Step:
    z, a = symbols.z(layer), symbols.a(layer)
    rule, inputs = summed_powers(z, full)
    words = Words("a", "softmax", l=layer, function="softmax")
    entry = Equation(one(a), words.rule("entry", sum=rule), inputs | {"first": one(z)})
    return words.step(a, {"z": z}, entry, function="softmax")


def summed_powers(z: Quantity, full: bool) -> tuple[Rule, dict[str, Quantity]]:
    """The sum of exp(z_k - M) over the first sample's z, of which M is the largest."""

    def power(k: int) -> Term:
        return Rule(rf"e^{{<z{k}> - <M>}}", f"exp(<z{k}> - <M>)"), {f"z{k}": one(z, k)}

    rule, inputs = summed(len(z.values), full, power)
    return rule, inputs | {"M": scalar("M", "M", z.values[:, 0].max())}
