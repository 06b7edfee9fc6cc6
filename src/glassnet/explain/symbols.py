"""The numbers of a Trace under the tutorial's letters, and sums written out term by term."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.core.backprop import Trace
from glassnet.core.parameters import Array
from glassnet.explain.numbers import shown
from glassnet.explain.steps import Equation, Quantity, Rule, added, scalar

ROWS = ("loss", "losses", "w")  # a number for each sample

Term = tuple[Rule, dict[str, Quantity]]  # of a sum, and what stands in its slots


class Symbols:
    """The quantities of a Trace under the tutorial's letters; layers count from 1."""

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
    def many(self) -> bool:
        """Whether there is more than one sample."""
        return len(self.trace.losses) > 1

    @property
    def samples(self) -> tuple[str, ...]:
        """The variant of a step for more than one sample, or none."""
        return ("many",) if self.many else ()

    @property
    def weighted(self) -> bool:
        """Whether the samples count differently from once each."""
        return bool((self.trace.weight != 1).any())

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
        """The weight of each sample, as a row (1, m)."""
        return Quantity("w", "w", self.trace.weight[np.newaxis])


def one(quantity: Quantity, row: int = 0, column: int = 0) -> Quantity:
    """One number of a matrix, under the matrix's letter with its place counted from 1."""
    symbol = quantity.symbol
    if quantity.values.size == 1:
        return scalar(quantity.name, quantity.symbol, quantity.values.item())
    place = ",".join(str(k + 1) for k in _place(quantity, row, column))
    head, _, tail = symbol.rpartition("}")
    symbol = rf"{head},\,{place}}}{tail}" if head else f"{symbol}_{{{place}}}"
    return scalar(f"{quantity.name}[{place}]", symbol, quantity.values[row, column])


def _place(quantity: Quantity, row: int, column: int) -> tuple[int, ...]:
    """The place in a matrix; the one row or column of a vector is not counted."""
    if quantity.name in ROWS:
        return (column,)
    if quantity.values.shape[1] == 1 and "W" not in quantity.name:
        return (row,)
    return row, column


def summed(length: int, full: bool, term: Callable[[int], Term]) -> Term:
    """The sum of the terms 0 to length - 1 written out, a long one abridged."""
    rules: list[Rule] = []
    inputs: dict[str, Quantity] = {}
    chosen = shown(length, full)
    for k in chosen:
        if k > 0 and k - 1 not in chosen:
            more = f"{length - len(chosen)} more"
            rules.append(Rule(rf"\cdots (\text{{{more}}}) \cdots", f"... ({more}) ..."))
        rule, quantities = term(k)
        rules.append(rule)
        inputs |= quantities
    return added(rules), inputs


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

    def term(k: int) -> Term:
        u = one(left, k, 0) if transposed[0] else one(left, 0, k)
        v = one(right, 0, k) if transposed[1] else one(right, k, 0)
        return Rule(rf"<u{k}> \cdot <v{k}>", f"<u{k}> · <v{k}>"), {f"u{k}": u, f"v{k}": v}

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
        lambda k: (Rule(f"<u{k}>", f"<u{k}>"), {f"u{k}": one(terms, 0, k)}),
    )
    return Equation(one(result), rule, inputs)


def total_of(gradient: Quantity) -> Quantity:
    """A gradient under the name of its sum over the samples."""
    return Quantity(f"sum {gradient.name}", rf"\sum {gradient.symbol}", gradient.values)
