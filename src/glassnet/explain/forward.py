"""The forward pass of a Trace as steps: z and a of each layer."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.core.backprop import Trace
from glassnet.explain.functions import HIDDEN, SOFTMAX
from glassnet.explain.steps import Equation, Quantity, Rule, Step, scalar
from glassnet.explain.symbols import Symbols, dot_entry, one, summed


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


def _weighted_sum(symbols: Symbols, layer: int, full: bool) -> Step:
    W, a, b, z = symbols.W(layer), symbols.a(layer - 1), symbols.b(layer), symbols.z(layer)
    n_out = len(W.values)
    source = "inputs" if layer == 1 else f"activations of layer {layer - 1}"
    columns = "; each column is a sample, and b is added to every column" if symbols.many else ""
    return Step(
        kind="z",
        function="",
        phase="forward",
        name=f"Layer {layer}: weighted sums",
        equation=Equation(z, Rule(r"<W>\, <a> + <b>", "<W> <a> + <b>"), {"W": W, "a": a, "b": b}),
        derivation=None,
        entry=dot_entry(z, W, a, full, bias=b),
        why=(
            f"{'Each' if n_out > 1 else 'The one'} neuron of the layer weighs the {source} "
            f"with its own row of W{layer} and adds its own bias{columns}."
        ),
    )


def _activation(symbols: Symbols, layer: int, function: str) -> Step:
    z, a = symbols.z(layer), symbols.a(layer)
    words = HIDDEN[function]
    first = one(z)
    output = layer == symbols.trace.network.n_layers
    return Step(
        kind="a",
        function=function,
        phase="forward",
        name=f"Layer {layer}: activation, {function.replace('_', ' ')}",
        equation=Equation(a, Rule("g(<z>)", "g(<z>)"), {"z": z}),
        derivation=words.definition,
        entry=Equation(one(a), words.value_entry(float(first.values)), {"z": first}),
        why=_activation_why(symbols.trace, function, output),
    )


def _activation_why(trace: Trace, function: str, output: bool) -> str:
    if output and function == "sigmoid":
        return (
            "The last sigmoid turns the sum into a number from 0 to 1: the probability of class 1."
        )
    if output:
        return "The output of a regression is the weighted sum itself."
    if function == "identity":
        return "The identity changes nothing, so this layer stays linear."
    return (
        "The function is applied to every number alone; because it is not a straight line, the "
        "layers together can do more than one layer could."
    )


def _softmax(symbols: Symbols, layer: int, full: bool) -> Step:
    z, a = symbols.z(layer), symbols.a(layer)
    largest = scalar("M", "M", z.values[:, 0].max())
    rule, inputs = summed(len(z.values), full, lambda k: power(z, k))
    inputs["M"] = largest
    inputs["first"] = one(z)
    return Step(
        kind="a",
        function="softmax",
        phase="forward",
        name=f"Layer {layer}: activation, softmax",
        equation=Equation(a, Rule("g(<z>)", "g(<z>)"), {"z": z}),
        derivation=SOFTMAX,
        entry=Equation(
            one(a),
            Rule(
                rf"\frac{{e^{{<first> - <M>}}}}{{{rule.latex}}}",
                f"exp(<first> - <M>) / ({rule.text})",
            ),
            inputs,
        ),
        why=(
            "Softmax makes the sums into probabilities: all positive, adding up to 1, and the "
            "largest sum M is taken off first so that no exponential overflows."
        ),
    )


def power(z: Quantity, k: int) -> tuple[str, str, dict[str, Quantity]]:
    """exp(z_k - M) as a term of a sum."""
    return rf"e^{{<z{k}> - <M>}}", f"exp(<z{k}> - <M>)", {f"z{k}": one(z, k)}
