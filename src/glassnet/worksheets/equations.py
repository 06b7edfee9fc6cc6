"""The equations of a sheet in LaTeX: each rule in symbols, and with the sheet's numbers put in.

Nothing is calculated here; the numbers are those of the sheet, written to its decimals.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.core.activations import LEAK
from glassnet.core.parameters import Array
from glassnet.worksheets.worksheet import Quantity, Worksheet, place

# A function g(z) and its derivative g'(z, a), to be filled with symbols or numbers; {f} is z where
# a negative number needs brackets, and a comes with them.
FUNCTIONS: dict[str, str] = {
    "sigmoid": r"\frac{{1}}{{1+e^{{-{f}}}}}",
    "tanh": r"\tanh({{{z}}})",
    "relu": r"\max(0,\,{{{z}}})",
    "leaky_relu": rf"\max({LEAK:g}\cdot {{f}},\,{{{{{{z}}}}}})",
    "elu": r"{z}\text{{ where }}{z}>0,\;e^{{{z}}}-1\text{{ elsewhere}}",
    "gelu": r"{z}\cdot\Phi({{{z}}})",
    "softplus": r"\ln(1+e^{{{z}}})",
    "identity": r"{z}",
}
DERIVATIVES: dict[str, str] = {
    "sigmoid": r"{a}\,(1-{a})",
    "tanh": r"(1-{a}^2)",
    "relu": r"1\text{{ where }}{z}>0,\;0\text{{ elsewhere}}",
    "leaky_relu": rf"1\text{{{{ where }}}}{{z}}>0,\;{LEAK:g}\text{{{{ elsewhere}}}}",
    "elu": r"1\text{{ where }}{z}>0,\;{a}+1\text{{ elsewhere}}",
    "gelu": r"(\Phi({{{z}}})+{f}\,\varphi({{{z}}}))",
    "softplus": r"\frac{{1}}{{1+e^{{-{f}}}}}",
    "identity": "1",
}
# For the functions made of two pieces: the derivative's number on this side of the kink.
ABOVE, BELOW = "1", {"relu": "0", "leaky_relu": f"{LEAK:g}", "elu": "({a}+1)"}


def given(value: float) -> str:
    """A number of the exercise as it is printed: 0.5, -2."""
    return f"{float(value):g}"


def written(value: float, digits: int) -> str:
    """A result rounded as the students write it; zero has no sign."""
    text = f"{float(value):.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def matrix(rows: Array) -> str:
    """A matrix of given numbers."""
    lines = r" \\ ".join(" & ".join(given(value) for value in row) for row in rows)
    return rf"\begin{{pmatrix}}{lines}\end{{pmatrix}}"


def rule(sheet: Worksheet, q: Quantity) -> str:
    r"""The rule of a quantity in symbols; what follows on \quad explains a symbol in it."""
    l = q.layer or sheet.network.n_layers  # the loss belongs to the output
    many = sheet.exercise.samples > 1
    before = f"a_{l - 1}" if l > 1 else "x"
    alpha = r"\frac{\alpha}{m}" if many else r"\alpha"
    mean = r"L = \frac{1}{m}\sum_i L_i"
    return {
        "z": f"z_{l} = W_{l}\\,{before} + b_{l}",
        "a": f"a_{l} = {_function(sheet, l)}",
        "losses": f"L_i = {_loss(sheet)}",
        "loss": mean if many else f"L = {_loss(sheet)}",
        "dz": f"dz_{l} = {_delta(sheet, l)}",
        "dW": rf"dW_{l} = dz_{l}\,{before}^\top",
        "db": rf"db_{l} = \sum_i dz_{{{l},i}}" if many else f"db_{l} = dz_{l}",
        "da": rf"da_{l} = W_{l + 1}^\top\,dz_{l + 1}",
        "W new": rf"W_{l} \leftarrow W_{l} - {alpha}\,dW_{l}",
        "b new": rf"b_{l} \leftarrow b_{l} - {alpha}\,db_{l}",
    }[q.kind]


def _function(sheet: Worksheet, l: int) -> str:
    if l < sheet.network.n_layers:
        return FUNCTIONS[sheet.network.activation[l - 1]].format(z=f"z_{l}", f=f"z_{l}")
    if sheet.network.output_activation == "softmax":
        return rf"\frac{{e^{{z_{l}}}}}{{\sum_k e^{{z_{{{l},k}}}}}}"
    return FUNCTIONS[sheet.network.output_activation].format(z=f"z_{l}", f=f"z_{l}")


def _loss(sheet: Worksheet) -> str:
    a = f"a_{sheet.network.n_layers}"
    n_out = sheet.network.sizes[-1]
    match sheet.network.loss:
        case "binary_cross_entropy":
            return rf"-y\,\ln\,{a} - (1-y)\ln(1-{a})"
        case "categorical_cross_entropy":
            return rf"-\sum_k y_k\,\ln\,a_{{{sheet.network.n_layers},k}}"
    if n_out == 1:
        return rf"({a} - y)^2"
    return rf"\frac{{1}}{{{n_out}}}\sum_k (a_{{{sheet.network.n_layers},k}} - y_k)^2"


def _delta(sheet: Worksheet, l: int) -> str:
    if l < sheet.network.n_layers:
        name = sheet.network.activation[l - 1]
        slope = DERIVATIVES[name].format(z=f"z_{l}", f=f"z_{l}", a=f"a_{l}")
        # A slope in words is put at the end.
        return rf"da_{l} \odot g'\quad g' = {slope}" if name in BELOW else rf"da_{l} \odot {slope}"
    if not sheet.network.is_regression:
        return f"a_{l} - y"
    return rf"{_twice(sheet)}\,(a_{l} - y)"


def _twice(sheet: Worksheet) -> str:
    n_out = sheet.network.sizes[-1]
    return "2" if n_out == 1 else rf"\frac{{2}}{{{n_out}}}"


def calculation(sheet: Worksheet, q: Quantity, index: tuple[int, ...]) -> str:
    """The right-hand side of one entry with the sheet's numbers in it."""
    return _CALCULATIONS[q.kind](_Numbers(sheet), q.layer, *index)


class _Numbers:
    """The numbers of a sheet as LaTeX: results rounded, what was given as it was given."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.digits = sheet.exercise.digits
        self.last = sheet.network.n_layers
        self.many = sheet.exercise.samples > 1

    def of(self, kind: str, l: int, *index: int) -> str:
        values = self.sheet.values[Quantity(kind, l, ()).name]
        return written(values[index], self.digits)

    def before(self, l: int, j: int, i: int) -> str:
        """Entry j of what goes into layer l, for sample i."""
        return given(self.sheet.X[i, j]) if l == 1 else self.of("a", l - 1, j, i)

    def W(self, l: int, *index: int) -> str:
        return given(self.sheet.parameters.layers[l - 1][0][index])

    def b(self, l: int, k: int) -> str:
        return given(self.sheet.parameters.layers[l - 1][1][k, 0])

    def y(self, k: int, i: int) -> str:
        return given(self.sheet.trace.y[k, i])


def _factor(number: str) -> str:
    # The inner braces make it a sign, not a subtraction, which would be set with spaces.
    return f"({{{number}}})" if number.startswith("-") else number


def _product(*numbers: str) -> str:
    first, *others = numbers
    return r" \cdot ".join([first, *map(_factor, others)])


def _plus(terms: list[str]) -> str:
    first, *others = terms
    # A term that begins with a minus is taken off.
    return first + "".join(f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in others)


def _minus(number: str) -> str:
    return f"- {_factor(number)}"


def _z(n: _Numbers, l: int, k: int, i: int) -> str:
    inputs = range(n.sheet.network.sizes[l - 1])
    return _plus([*(_product(n.W(l, k, j), n.before(l, j, i)) for j in inputs), n.b(l, k)])


def _a(n: _Numbers, l: int, k: int, i: int) -> str:
    network = n.sheet.network
    z = n.of("z", l, k, i)
    if l == n.last and network.output_activation == "softmax":
        powers = [f"e^{{{n.of('z', l, j, i)}}}" for j in range(network.sizes[-1])]
        return rf"\frac{{{powers[k]}}}{{{' + '.join(powers)}}}"
    name = network.activation[l - 1] if l < n.last else network.output_activation
    if name == "identity":
        return f"z_{l}[{place(k, i) if n.many else place(k)}]"
    if name == "elu":
        return z if _above(n, l, k, i) else f"e^{{{z}}} - 1"
    if name == "leaky_relu":
        return z if _above(n, l, k, i) else _product(f"{LEAK:g}", z)
    return FUNCTIONS[name].format(z=z, f=_factor(z))


def _above(n: _Numbers, l: int, k: int, i: int) -> bool:
    return bool(n.sheet.trace.z[l - 1][k, i] > 0)


def _one_loss(n: _Numbers, _: int, i: int) -> str:
    a = [n.of("a", n.last, k, i) for k in range(n.sheet.network.sizes[-1])]
    if n.sheet.network.loss == "binary_cross_entropy":
        return rf"-\ln\,{a[0]}" if n.y(0, i) == "1" else rf"-\ln(1 - {a[0]})"
    if n.sheet.network.loss == "categorical_cross_entropy":
        return rf"-\ln\,{a[int(np.argmax(n.sheet.trace.y[:, i]))]}"
    squares = [f"({a_k} {_minus(n.y(k, i))})^2" for k, a_k in enumerate(a)]
    return squares[0] if len(a) == 1 else rf"\frac{{{' + '.join(squares)}}}{{{len(a)}}}"


def _mean_loss(n: _Numbers, _: int, i: int) -> str:
    if not n.many:
        return _one_loss(n, 0, i)
    m = n.sheet.exercise.samples
    losses = _plus([n.of("losses", 0, s) for s in range(m)])
    return rf"\frac{{{losses}}}{{{m}}}"


def _dz(n: _Numbers, l: int, k: int, i: int) -> str:
    a = n.of("a", l, k, i)
    if l < n.last:
        name = n.sheet.network.activation[l - 1]
        slope = DERIVATIVES[name]
        if name in BELOW:
            slope = ABOVE if _above(n, l, k, i) else BELOW[name]
        z = n.of("z", l, k, i)
        slope = slope.format(z=z, f=_factor(z), a=_factor(a))
        return rf"{n.of('da', l, k, i)} \cdot {slope}"
    difference = f"{a} {_minus(n.y(k, i))}"
    if not n.sheet.network.is_regression:
        return difference
    return rf"{_twice(n.sheet)} \cdot ({difference})"


def _dW(n: _Numbers, l: int, k: int, j: int) -> str:
    samples = range(n.sheet.exercise.samples)
    return _plus([_product(n.of("dz", l, k, i), n.before(l, j, i)) for i in samples])


def _db(n: _Numbers, l: int, k: int, _: int) -> str:
    if not n.many:
        return f"dz_{l}[{place(k)}]"
    return _plus([n.of("dz", l, k, i) for i in range(n.sheet.exercise.samples)])


def _da(n: _Numbers, l: int, j: int, i: int) -> str:
    above = range(n.sheet.network.sizes[l + 1])
    return _plus([_product(n.W(l + 1, k, j), n.of("dz", l + 1, k, i)) for k in above])


def _new_W(n: _Numbers, l: int, k: int, j: int) -> str:
    return _step(n, n.W(l, k, j), n.of("dW", l, k, j))


def _new_b(n: _Numbers, l: int, k: int, _: int) -> str:
    return _step(n, n.b(l, k), n.of("db", l, k, 0))


def _step(n: _Numbers, old: str, gradient: str) -> str:
    alpha = given(n.sheet.optimizer.learning_rate)
    factor = rf"\frac{{{alpha}}}{{{n.sheet.exercise.samples}}}" if n.many else alpha
    return rf"{old} - {_product(factor, gradient)}"


_CALCULATIONS: dict[str, Callable[..., str]] = {
    "z": _z,
    "a": _a,
    "losses": _one_loss,
    "loss": _mean_loss,
    "dz": _dz,
    "dW": _dW,
    "db": _db,
    "da": _da,
    "W new": _new_W,
    "b new": _new_b,
}
