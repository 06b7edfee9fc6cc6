"""Backpropagation of a Trace as steps, in the order of the tutorial, and the sums over samples.

Every result is an array of the Trace. The equations are those at the head of `backprop.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.core.backprop import Trace
from glassnet.explain.functions import HIDDEN, LOSSES
from glassnet.explain.steps import Equation, Rule, Step, scalar
from glassnet.explain.symbols import Symbols, dot_entry, one, sum_entry, total_of

PRODUCT = Rule(r"<dz>\, <a>^{\top}", "<dz> <a>'")


ADDED_UP = Rule(r"\sum_{\text{columns}} <dz>", "the sum over the columns of <dz>")


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
    loss = symbols.trace.network.loss
    words = LOSSES[loss]
    dz = symbols.dz(layer)
    inputs = {"a": symbols.a(layer), "y": symbols.y}
    settings = {}
    if loss == "mean_squared_error":
        settings["n"] = scalar("n", "n", len(dz.values))
    rule, entry_rule = words.delta, words.delta_entry
    entry_inputs = {slot: one(quantity) for slot, quantity in inputs.items()}
    if symbols.weighted:
        rule = Rule(rf"<w> \odot \left({rule.latex}\right)", f"<w> * ({rule.text})")
        entry_rule = Rule(rf"<w> \cdot ({entry_rule.latex})", f"<w> · ({entry_rule.text})")
        inputs["w"] = symbols.weight
        entry_inputs["w"] = one(symbols.weight)
    return Step(
        kind="dz",
        function=loss,
        phase="backward",
        name=f"Layer {layer}: gradient of the loss by z{layer}",
        equation=Equation(dz, rule, inputs | settings),
        derivation=words.chain,
        entry=Equation(one(dz), entry_rule, entry_inputs | settings),
        why=(
            "Loss and output function belong together, so that their derivatives nearly cancel: "
            "what is left is how far the output is from the target."
        ),
    )


def _hidden_delta(symbols: Symbols, layer: int) -> Step:
    function = symbols.trace.network.activation[layer - 1]
    words = HIDDEN[function]
    da, z, a, dz = symbols.da(layer), symbols.z(layer), symbols.a(layer), symbols.dz(layer)
    uses_a = "<a>" in words.delta.text
    slope = words.slope_entry(float(z.values[0, 0]))
    return Step(
        kind="dz",
        function=function,
        phase="backward",
        name=f"Layer {layer}: gradient of the loss by z{layer}",
        equation=Equation(dz, words.delta, {"da": da} | ({"a": a} if uses_a else {"z": z})),
        derivation=Rule(
            rf"\frac{{\partial L}}{{\partial z_{{{layer}}}}} = "
            rf"\frac{{\partial L}}{{\partial a_{{{layer}}}}} \odot "
            rf"\frac{{\partial a_{{{layer}}}}}{{\partial z_{{{layer}}}}}, \quad "
            rf"{words.slope.latex}",
            f"dL/dz{layer} = dL/da{layer} * da{layer}/dz{layer}, {words.slope.text}",
        ),
        entry=Equation(
            one(dz),
            Rule(rf"<da> \cdot {slope.latex}", f"<da> · {slope.text}"),
            {"da": one(da), "z": one(z), "a": one(a)},
        ),
        why=(
            "The chain rule through the activation: what a neuron's output does to the loss, times "
            "how steep its function is where it stands."
        ),
    )


def _weight_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    dz, a, dW = symbols.dz(layer), symbols.a(layer - 1), symbols.dW(layer)
    also = "; the product adds up the samples" if symbols.many else ""
    return Step(
        kind="dW",
        function="",
        phase="backward",
        name=f"Layer {layer}: gradient of the loss by W{layer}",
        equation=Equation(dW, PRODUCT, {"dz": dz, "a": a}),
        derivation=Rule(
            rf"\frac{{\partial L}}{{\partial W_{{{layer}}}}} = "
            rf"\frac{{\partial L}}{{\partial z_{{{layer}}}}}\, "
            rf"\frac{{\partial z_{{{layer}}}}}{{\partial W_{{{layer}}}}}, \quad "
            rf"\frac{{\partial z_{{{layer},j}}}}{{\partial W_{{{layer},jk}}}} = {_before(layer)}",
            f"dL/dW{layer} = dL/dz{layer} · dz{layer}/dW{layer}, and z{layer}[j] moves with "
            f"W{layer}[j,k] as much as {a.name}[k]",
        ),
        entry=dot_entry(dW, dz, a, full, transposed=(False, True)),
        why=f"A weight matters as much as the {a.name} that comes in through it{also}.",
    )


def _before(layer: int) -> str:
    return "x_{k}" if layer == 1 else f"a_{{{layer - 1},k}}"


def _bias_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    dz, db = symbols.dz(layer), symbols.db(layer)
    many = symbols.many
    return Step(
        kind="db",
        function="",
        phase="backward",
        name=f"Layer {layer}: gradient of the loss by b{layer}",
        equation=Equation(db, ADDED_UP if many else Rule("<dz>", "<dz>"), {"dz": dz}),
        derivation=Rule(
            rf"\frac{{\partial L}}{{\partial b_{{{layer}}}}} = "
            rf"\frac{{\partial L}}{{\partial z_{{{layer}}}}} \cdot "
            rf"\frac{{\partial z_{{{layer}}}}}{{\partial b_{{{layer}}}}}, \quad "
            rf"\frac{{\partial z_{{{layer}}}}}{{\partial b_{{{layer}}}}} = 1",
            f"dL/db{layer} = dL/dz{layer} · dz{layer}/db{layer}, and dz{layer}/db{layer} = 1",
        ),
        entry=sum_entry(db, dz, full) if many else None,
        why="The bias is added to z as it is, so its gradient is that of z"
        + (", added up over the samples." if many else "."),
    )


def _activation_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    W, dz, da = symbols.W(layer), symbols.dz(layer), symbols.da(layer - 1)
    return Step(
        kind="da",
        function="",
        phase="backward",
        name=f"Layer {layer - 1}: gradient of the loss by a{layer - 1}",
        equation=Equation(da, Rule(r"<W>^{\top}\, <dz>", "<W>' <dz>"), {"W": W, "dz": dz}),
        derivation=Rule(
            rf"\frac{{\partial L}}{{\partial a_{{{layer - 1},k}}}} = \sum_j "
            rf"\frac{{\partial L}}{{\partial z_{{{layer},j}}}} \cdot "
            rf"\frac{{\partial z_{{{layer},j}}}}{{\partial a_{{{layer - 1},k}}}}, \quad "
            rf"\frac{{\partial z_{{{layer},j}}}}{{\partial a_{{{layer - 1},k}}}} = "
            rf"W_{{{layer},jk}}",
            f"dL/da{layer - 1}[k] = sum_j dL/dz{layer}[j] · dz{layer}[j]/da{layer - 1}[k], "
            f"and dz{layer}[j]/da{layer - 1}[k] = W{layer}[j,k]",
        ),
        entry=dot_entry(da, W, dz, full, transposed=(True, False)),
        why=(
            f"Each neuron of layer {layer - 1} acts on the loss through every neuron of layer "
            f"{layer}, along the same weights as forward, so the gradient flows back along them."
        ),
    )


def sum_steps(trace: Trace, full: bool) -> Iterator[Step]:
    """dW and db of each layer, added up over the samples of the batch, last layer first."""
    symbols = Symbols(trace)
    for layer in range(trace.network.n_layers, 0, -1):
        yield _summed_weight_gradient(symbols, layer, full)
        yield _summed_bias_gradient(symbols, layer, full)


def _summed_weight_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    total = total_of(symbols.dW(layer))
    dz, a = symbols.dz(layer), symbols.a(layer - 1)
    n_samples = dz.values.shape[1]
    return Step(
        kind="sum dW",
        function="",
        phase="sum",
        name=f"Layer {layer}: dW{layer} of all {n_samples} samples",
        equation=Equation(total, PRODUCT, {"dz": dz, "a": a}),
        derivation=Rule(
            rf"\sum dW_{{{layer}}} = \sum_{{i=1}}^{{m}} dz_{{{layer}}}^{{(i)}}\, "
            rf"{_plain_before(layer)}^{{(i)\top}}",
            f"sum dW{layer} = sum over the samples i of dz{layer}(i) {a.name}(i)'",
        ),
        entry=dot_entry(total, dz, a, full, transposed=(False, True)),
        why=(
            f"Every sample has its own dW{layer} like the one above; with one column a sample, the "
            f"product of the whole matrices adds up all {n_samples} by itself."
        ),
    )


def _plain_before(layer: int) -> str:
    return "x" if layer == 1 else f"a_{{{layer - 1}}}"


def _summed_bias_gradient(symbols: Symbols, layer: int, full: bool) -> Step:
    total, dz = total_of(symbols.db(layer)), symbols.dz(layer)
    return Step(
        kind="sum db",
        function="",
        phase="sum",
        name=f"Layer {layer}: db{layer} of all {dz.values.shape[1]} samples",
        equation=Equation(total, ADDED_UP, {"dz": dz}),
        derivation=None,
        entry=sum_entry(total, dz, full),
        why=(
            f"Likewise for b{layer}: the sample above is one of the columns, and the update needs "
            "the sum of all."
        ),
    )
