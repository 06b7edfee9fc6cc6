"""The forward and the backward pass of a Trace as steps, in the order of the tutorial.

Every result is an array of the Trace. The equations are those at the head of `backprop.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from glassnet.backprop import Trace
from glassnet.engines.contract import Penalty
from glassnet.explain.functions import HIDDEN, LOSSES, SOFTMAX
from glassnet.explain.numbers import shown
from glassnet.explain.steps import Equation, Quantity, Rule, Step, scalar
from glassnet.parameters import Array

PRODUCT = Rule(r"<dz>\, <a>^{\top}", "<dz> <a>'")


ADDED_UP = Rule(r"\sum_{\text{columns}} <dz>", "the sum over the columns of <dz>")


class Letters:
    """The quantities of a Trace under the tutorial's letters; layers count from 1.

    `each` marks those of one sample beside those of the whole batch: (i).
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def of(self, letter: str, layer: int, values: Array) -> Quantity:
        """The quantity z1, a2, dW3, ..."""
        if letter.startswith("d"):
            symbol = rf"d{letter[1:]}_{{{layer}}}"
        else:
            symbol = f"{letter}_{{{layer}}}"
        return Quantity(f"{letter}{layer}", symbol, values)

    def W(self, layer: int) -> Quantity:
        """Weights (n_l, n_{l-1})."""
        return self.of("W", layer, self.trace.parameters.layers[layer - 1][0])

    def b(self, layer: int) -> Quantity:
        """Biases (n_l, 1)."""
        return self.of("b", layer, self.trace.parameters.layers[layer - 1][1])

    def z(self, layer: int) -> Quantity:
        """Weighted sums (n_l, m)."""
        return self.of("z", layer, self.trace.z[layer - 1])

    def a(self, layer: int) -> Quantity:
        """Activations (n_l, m); those of layer 0 are the input x."""
        if layer == 0:
            return Quantity("x", "x", self.trace.x)
        return self.of("a", layer, self.trace.a[layer - 1])

    def dz(self, layer: int) -> Quantity:
        """dL/dz (n_l, m)."""
        return self.of("dz", layer, self.trace.dz[layer - 1])

    def da(self, layer: int) -> Quantity:
        """dL/da (n_l, m) of a hidden layer."""
        return self.of("da", layer, self.trace.da[layer - 1])

    def dW(self, layer: int) -> Quantity:
        """dL/dW (n_l, n_{l-1}), the sum over the trace's samples."""
        return self.of("dW", layer, self.trace.dW[layer - 1])

    def db(self, layer: int) -> Quantity:
        """dL/db (n_l, 1), the sum over the trace's samples."""
        return self.of("db", layer, self.trace.db[layer - 1])

    @property
    def y(self) -> Quantity:
        """Targets (n_out, m)."""
        return Quantity("y", "y", self.trace.y)

    @property
    def losses(self) -> Quantity:
        """The loss of each sample as a row (1, m)."""
        name = "loss" if len(self.trace.losses) == 1 else "losses"
        return Quantity(name, r"\ell", self.trace.losses[np.newaxis])

    @property
    def weight(self) -> Quantity:
        """What each sample counts, as a row (1, m)."""
        return Quantity("w", "w", self.trace.weight[np.newaxis])


def one(quantity: Quantity, row: int = 0, column: int = 0) -> Quantity:
    """One number of a matrix, under the matrix's letter with its place counted from 1."""
    symbol = quantity.symbol
    if quantity.values.size == 1:
        return scalar(quantity.name, quantity.symbol, quantity.values.item())
    rows, columns = quantity.values.shape
    place = ",".join(str(k + 1) for k, length in ((row, rows), (column, columns)) if length > 1)
    head, _, tail = symbol.rpartition("}")
    symbol = rf"{head},\,{place}}}{tail}" if head else f"{symbol}_{{{place}}}"
    return scalar(f"{quantity.name}[{place}]", symbol, quantity.values[row, column])


def summed(
    length: int, full: bool, term: Callable[[int], tuple[str, str, dict[str, Quantity]]]
) -> tuple[Rule, dict[str, Quantity]]:
    """The sum of the terms 0 to length - 1 written out, a long one abridged."""
    latex: list[str] = []
    text: list[str] = []
    inputs: dict[str, Quantity] = {}
    chosen = shown(length, full)
    for k in chosen:
        term_latex, term_text, quantities = term(k)
        if k > 0 and k - 1 not in chosen:
            latex.append(rf"\cdots (\text{{{length - len(chosen)} more}}) \cdots")
            text.append(f"... ({length - len(chosen)} more) ...")
        latex.append(term_latex)
        text.append(term_text)
        inputs |= quantities
    return Rule(" + ".join(latex), " + ".join(text)), inputs


def dot_entry(
    result: Quantity,
    left: Quantity,
    right: Quantity,
    full: bool,
    *,
    bias: Quantity | None = None,
    transposed: tuple[bool, bool] = (False, False),
) -> Equation:
    """The first number of a matrix product, multiplied out; a transposed factor is read so."""

    def term(k: int) -> tuple[str, str, dict[str, Quantity]]:
        u = one(left, k, 0) if transposed[0] else one(left, 0, k)
        v = one(right, 0, k) if transposed[1] else one(right, k, 0)
        return rf"<u{k}> \cdot <v{k}>", f"<u{k}> · <v{k}>", {f"u{k}": u, f"v{k}": v}

    length = left.values.shape[0 if transposed[0] else 1]
    rule, inputs = summed(length, full, term)
    if bias is not None:
        rule = Rule(f"{rule.latex} + <b>", f"{rule.text} + <b>")
        inputs["b"] = one(bias)
    return Equation(one(result), rule, inputs)


def sum_entry(result: Quantity, terms: Quantity, full: bool) -> Equation:
    """The first number of a sum over the columns, written out."""
    rule, inputs = summed(
        terms.values.shape[1],
        full,
        lambda k: (f"<u{k}>", f"<u{k}>", {f"u{k}": one(terms, 0, k)}),
    )
    return Equation(one(result), rule, inputs)


def forward_steps(trace: Trace, full: bool) -> Iterator[Step]:
    """z and a of each layer."""
    letters = Letters(trace)
    functions = [*trace.network.activation, trace.network.output_activation]
    for layer, function in enumerate(functions, start=1):
        yield _weighted_sum(letters, layer, full)
        if function == "softmax":
            yield _softmax(letters, layer, full)
        else:
            yield _activation(letters, layer, function)


def _weighted_sum(letters: Letters, layer: int, full: bool) -> Step:
    W, a, b, z = letters.W(layer), letters.a(layer - 1), letters.b(layer), letters.z(layer)
    n_out = len(W.values)
    source = "inputs" if layer == 1 else f"activations of layer {layer - 1}"
    columns = "; each column is a sample, and b is added to every column" if _many(letters) else ""
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


def _activation(letters: Letters, layer: int, function: str) -> Step:
    z, a = letters.z(layer), letters.a(layer)
    words = HIDDEN[function]
    first = one(z)
    output = layer == letters.trace.network.n_layers
    return Step(
        kind="a",
        function=function,
        phase="forward",
        name=f"Layer {layer}: activation, {_spoken(function)}",
        equation=Equation(a, Rule("g(<z>)", "g(<z>)"), {"z": z}),
        derivation=words.definition,
        entry=Equation(one(a), words.value_entry(float(first.values)), {"z": first}),
        why=_activation_why(letters.trace, function, output),
    )


def _activation_why(trace: Trace, function: str, output: bool) -> str:
    if output and function == "sigmoid":
        return "The last sigmoid turns the sum into a number from 0 to 1: the probability of class 1."
    if output:
        return "The output of a regression is the weighted sum itself."
    if function == "identity":
        return "The identity changes nothing, so this layer stays linear."
    return (
        "The function is applied to every number alone; because it is not a straight line, the "
        "layers together can do more than one layer could."
    )


def _softmax(letters: Letters, layer: int, full: bool) -> Step:
    z, a = letters.z(layer), letters.a(layer)
    largest = scalar("M", "M", z.values[:, 0].max())
    rule, inputs = summed(len(z.values), full, lambda k: _power(z, k))
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


def _power(z: Quantity, k: int) -> tuple[str, str, dict[str, Quantity]]:
    return rf"e^{{<z{k}> - <M>}}", f"exp(<z{k}> - <M>)", {f"z{k}": one(z, k)}


def loss_step(trace: Trace, full: bool) -> Step:
    """The loss of each sample, from z of the last layer."""
    letters = Letters(trace)
    z, y = letters.z(trace.network.n_layers), letters.y
    whose = "each sample" if _many(letters) else "the sample"
    return Step(
        kind="loss",
        function=trace.network.loss,
        phase="loss",
        name=f"The loss of {whose}",
        equation=Equation(letters.losses, Rule(r"\ell(<z>, <y>)", "loss(<z>, <y>)"), _named(z, y)),
        derivation=LOSSES[trace.network.loss].definition,
        entry=_LOSS_ENTRIES[trace.network.loss](letters.losses, z, y, full),
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
    rule, inputs = summed(len(z.values), full, lambda k: _power(z, k))
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


def mean_loss_step(trace: Trace, penalty: Penalty, phase: str, full: bool) -> Iterator[Step]:
    """The average of the losses, with the penalty on large weights where there is one."""
    letters = Letters(trace)
    losses = letters.losses
    later = phase == "after"
    sign = r"^{\text{new}}" if later else ""
    name = "new L" if later else "L"
    m = scalar("m", "m", trace.weight_sum)
    weighted = is_weighted(trace)
    average = Quantity(name, f"L{sign}", np.asarray(trace.loss))
    if weighted:
        rule = Rule(
            r"\frac{1}{<m>} \sum_{\text{samples}} <w> \odot <losses>",
            "1/<m> times the sum of <w> * <losses>",
        )
        inputs = {"m": m, "w": letters.weight, "losses": losses}
        entry = None
    else:
        rule = Rule(r"\frac{1}{<m>} \sum_{\text{samples}} <losses>", "1/<m> times the sum of <losses>")
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
        kind="mean loss",
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


def _penalty_steps(
    trace: Trace, penalty: Penalty, average: Quantity, phase: str
) -> Iterator[Step]:
    letters = Letters(trace)
    value, _ = penalty.loss_and_gradient(trace.parameters)
    later = phase == "after"
    new = r"^{\text{new}}" if later else ""
    P = Quantity("new P" if later else "P", f"P{new}", np.asarray(value))
    weights = {f"W{l}": letters.W(l) for l in range(1, trace.network.n_layers + 1)}
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


def backward_steps(trace: Trace, full: bool) -> Iterator[Step]:
    """dz, dW, db and da of each layer, from the last to the first."""
    letters = Letters(trace)
    last = trace.network.n_layers
    for layer in range(last, 0, -1):
        if layer == last:
            yield _output_delta(letters, layer)
        else:
            yield _hidden_delta(letters, layer)
        yield _weight_gradient(letters, layer, full)
        yield _bias_gradient(letters, layer, full)
        if layer > 1:
            yield _activation_gradient(letters, layer, full)


def _output_delta(letters: Letters, layer: int) -> Step:
    loss = letters.trace.network.loss
    words = LOSSES[loss]
    dz = letters.dz(layer)
    inputs = {"a": letters.a(layer), "y": letters.y}
    settings = {}
    if loss == "mean_squared_error":
        settings["n"] = scalar("n", "n", len(dz.values))
    rule, entry_rule = words.delta, words.delta_entry
    entry_inputs = {slot: one(quantity) for slot, quantity in inputs.items()}
    if is_weighted(letters.trace):
        rule = Rule(rf"<w> \odot \left({rule.latex}\right)", f"<w> * ({rule.text})")
        entry_rule = Rule(rf"<w> \cdot ({entry_rule.latex})", f"<w> · ({entry_rule.text})")
        inputs["w"] = letters.weight
        entry_inputs["w"] = one(letters.weight)
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


def _hidden_delta(letters: Letters, layer: int) -> Step:
    function = letters.trace.network.activation[layer - 1]
    words = HIDDEN[function]
    da, z, a, dz = letters.da(layer), letters.z(layer), letters.a(layer), letters.dz(layer)
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
            rf"\frac{{\partial a_{{{layer}}}}}{{\partial z_{{{layer}}}}}, \quad {words.slope.latex}",
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


def _weight_gradient(letters: Letters, layer: int, full: bool) -> Step:
    dz, a, dW = letters.dz(layer), letters.a(layer - 1), letters.dW(layer)
    also = "; the product adds up the samples" if _many(letters) else ""
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


def _bias_gradient(letters: Letters, layer: int, full: bool) -> Step:
    dz, db = letters.dz(layer), letters.db(layer)
    many = _many(letters)
    return Step(
        kind="db",
        function="",
        phase="backward",
        name=f"Layer {layer}: gradient of the loss by b{layer}",
        equation=Equation(
            db, ADDED_UP if many else Rule("<dz>", "<dz>"), {"dz": dz}
        ),
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


def _activation_gradient(letters: Letters, layer: int, full: bool) -> Step:
    W, dz, da = letters.W(layer), letters.dz(layer), letters.da(layer - 1)
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
    letters = Letters(trace)
    for layer in range(trace.network.n_layers, 0, -1):
        yield _summed_weight_gradient(letters, layer, full)
        yield _summed_bias_gradient(letters, layer, full)


def _summed_weight_gradient(letters: Letters, layer: int, full: bool) -> Step:
    total = total_of(letters.dW(layer))
    dz, a = letters.dz(layer), letters.a(layer - 1)
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


def _summed_bias_gradient(letters: Letters, layer: int, full: bool) -> Step:
    total, dz = total_of(letters.db(layer)), letters.dz(layer)
    return Step(
        kind="sum db",
        function="",
        phase="sum",
        name=f"Layer {layer}: db{layer} of all {dz.values.shape[1]} samples",
        equation=Equation(total, ADDED_UP, {"dz": dz}),
        derivation=None,
        entry=sum_entry(total, dz, full),
        why=f"Likewise for b{layer}: the sample above is one column, the update needs the sum of all.",
    )


def total_of(gradient: Quantity) -> Quantity:
    """A gradient under the name of its sum over the samples."""
    return Quantity(f"sum {gradient.name}", rf"\sum {gradient.symbol}", gradient.values)


def is_weighted(trace: Trace) -> bool:
    """Whether the samples count differently from once each."""
    return bool((trace.weight != 1).any())


def _many(letters: Letters) -> bool:
    return letters.trace.x.shape[1] > 1


def _spoken(name: str) -> str:
    return name.replace("_", " ")


