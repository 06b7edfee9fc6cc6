"""Backpropagation of a Trace as steps, in the order of the tutorial, and the sums over samples.

Every result is an array of the Trace. The equations are those at the head of `backprop.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.core.backprop import Trace
from glassnet.explain.loss import of_outputs
from glassnet.explain.steps import Equation, Rule, Step
from glassnet.explain.symbols import Symbols, dot_entry, one, sum_entry, total_of
from glassnet.explain.words import Words, of_number


def backward_steps(trace: Trace, full: bool) -> Iterator[Step]:
    """dz, dW, db and da of each layer, from the last to the first."""
    symbols = Symbols(trace)
    last = trace.network.n_layers
    for layer in range(last, 0, -1):
        if layer == last:
            yield _output_delta(symbols, layer)
        else:
            yield _hidden_delta(symbols, layer)
        yield _weight_gradient(symbols, layer, full)
        yield _bias_gradient(symbols, layer, full)
        if layer > 1:
            yield _activation_gradient(symbols, layer, full)


def _output_delta(symbols: Symbols, layer: int) -> Step:
    loss = symbols.trace.network.loss_kind
    words, of_loss = Words("dz", l=layer), Words("loss", loss)
    dz = symbols.dz(layer)
    inputs = {"a": symbols.a(layer), "y": symbols.y}
    settings = of_outputs(symbols.trace.network, len(dz.values))
    rule, entry_rule = of_loss.rule("delta"), of_loss.rule("delta_entry")
    entry_inputs = {slot: one(quantity) for slot, quantity in inputs.items()}
    if symbols.weighted:
        rule = words.rule("weighted", rule=rule)
        entry_rule = words.rule("weighted_entry", rule=entry_rule)
        inputs["w"] = symbols.weight
        entry_inputs["w"] = one(symbols.weight)
    entry = Equation(one(dz), entry_rule, entry_inputs | settings)
    return words.step(
        dz, inputs | settings, entry, function=loss, rule=rule, derivation=of_loss.rule("chain")
    )


def _hidden_delta(symbols: Symbols, layer: int) -> Step:
    function = symbols.trace.network.activation[layer - 1]
    da, z, a, dz = symbols.da(layer), symbols.z(layer), symbols.a(layer), symbols.dz(layer)
    activation = Words("activation", function)
    delta = activation.rule("delta")
    slope = of_number(function, "slope", float(z.values[0, 0]))
    words = Words("dz", "hidden", l=layer, derivative=activation.rule("derivative"), slope=slope)
    entry = Equation(one(dz), words.rule("entry"), {"da": one(da), "z": one(z), "a": one(a)})
    inputs = {"da": da} | ({"a": a} if "<a>" in delta.text else {"z": z})
    return words.step(dz, inputs, entry, function=function, rule=delta)


def _weight_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    dz, a, dW = symbols.dz(layer), symbols.a(layer - 1), symbols.dW(layer)
    one_of_a = "x_{k}" if layer == 1 else f"a_{{{layer - 1},k}}"
    words = Words("dW", *symbols.samples, l=layer, a=a, a_k=Rule(one_of_a, f"{a.name}[k]"))
    entry = dot_entry(dW, dz, a, full, transposed=(False, True))
    return words.step(dW, {"dz": dz, "a": a}, entry)


def _bias_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    dz, db = symbols.dz(layer), symbols.db(layer)
    entry = sum_entry(db, dz, full) if symbols.many else None
    return Words("db", *symbols.samples, l=layer).step(db, {"dz": dz}, entry)


def _activation_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    W, dz, da = symbols.W(layer), symbols.dz(layer), symbols.da(layer - 1)
    entry = dot_entry(da, W, dz, full, transposed=(True, False))
    return Words("da", l=layer, k=layer - 1).step(da, {"W": W, "dz": dz}, entry)


def sum_steps(trace: Trace, full: bool) -> Iterator[Step]:
    """dW and db of each layer, added up over the samples of the batch, last layer first."""
    symbols = Symbols(trace)
    for layer in range(trace.network.n_layers, 0, -1):
        dz, a = symbols.dz(layer), symbols.a(layer - 1)
        names = {"l": layer, "m": dz.values.shape[1]}
        dW, db = total_of(symbols.dW(layer)), total_of(symbols.db(layer))
        entry = dot_entry(dW, dz, a, full, transposed=(False, True))
        yield Words("sum dW", a=a, **names).step(dW, {"dz": dz, "a": a}, entry)
        yield Words("sum db", **names).step(db, {"dz": dz}, sum_entry(db, dz, full))
