"""The activations and losses in symbols: definition, derivative, and both for a single number.

`activations.py` and `losses.py` compute; here the same equations are written down, in the form in
which they are computed, so that a reader who follows them gets the same digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from glassnet.explain.steps import Rule

# The rule for a single number may depend on which side of zero z is.
EntryRule = Callable[[float], Rule]


class FunctionWords(NamedTuple):
    """A hidden activation in symbols.

    `definition` and `slope` are g(z) and g'(z); `value_entry` and `slope_entry` are the same for
    one number in the slots z and a; `delta` is dz = da * g'(z) for matrices.
    """

    definition: Rule
    slope: Rule
    value_entry: EntryRule
    slope_entry: EntryRule
    delta: Rule


def _always(rule: Rule) -> EntryRule:
    return lambda z: rule


def _by_sign(above: Rule, below: Rule) -> EntryRule:
    return lambda z: above if z > 0 else below


def _plain(text: str) -> Rule:
    return Rule(text, text)


BY_SLOPE = Rule(r"<da> \odot g'(<z>)", "<da> * g'(<z>)")
Z = _plain("<z>")
LOGISTIC = Rule(r"\frac{1}{1 + e^{-<z>}}", "1 / (1 + exp(-<z>))")

HIDDEN: dict[str, FunctionWords] = {
    "sigmoid": FunctionWords(
        Rule(r"g(z) = \frac{1}{1 + e^{-z}}", "g(z) = 1 / (1 + exp(-z))"),
        Rule(r"g'(z) = a\,(1 - a)", "g'(z) = a (1 - a)"),
        _always(LOGISTIC),
        _always(Rule(r"<a> \cdot (1 - <a>)", "<a> · (1 - <a>)")),
        Rule(r"<da> \odot <a> \odot (1 - <a>)", "<da> * <a> * (1 - <a>)"),
    ),
    "tanh": FunctionWords(
        Rule(r"g(z) = \tanh z", "g(z) = tanh(z)"),
        Rule(r"g'(z) = 1 - a^{2}", "g'(z) = 1 - a^2"),
        _always(Rule(r"\tanh(<z>)", "tanh(<z>)")),
        _always(Rule(r"(1 - (<a>)^{2})", "(1 - (<a>)^2)")),
        Rule(r"<da> \odot (1 - <a> \odot <a>)", "<da> * (1 - <a> * <a>)"),
    ),
    "relu": FunctionWords(
        Rule(r"g(z) = \max(z, 0)", "g(z) = max(z, 0)"),
        Rule(
            r"g'(z) = \begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}",
            "g'(z) = 1 for z > 0, else 0",
        ),
        _always(Rule(r"\max(<z>, 0)", "max(<z>, 0)")),
        _by_sign(_plain("1"), _plain("0")),
        BY_SLOPE,
    ),
    "leaky_relu": FunctionWords(
        Rule(
            r"g(z) = \begin{cases} z & z > 0 \\ 0.01\,z & z \le 0 \end{cases}",
            "g(z) = z for z > 0, else 0.01 z",
        ),
        Rule(
            r"g'(z) = \begin{cases} 1 & z > 0 \\ 0.01 & z \le 0 \end{cases}",
            "g'(z) = 1 for z > 0, else 0.01",
        ),
        _by_sign(Z, Rule(r"0.01 \cdot <z>", "0.01 · <z>")),
        _by_sign(_plain("1"), _plain("0.01")),
        BY_SLOPE,
    ),
    "elu": FunctionWords(
        Rule(
            r"g(z) = \begin{cases} z & z > 0 \\ e^{z} - 1 & z \le 0 \end{cases}",
            "g(z) = z for z > 0, else exp(z) - 1",
        ),
        Rule(
            r"g'(z) = \begin{cases} 1 & z > 0 \\ e^{z} = a + 1 & z \le 0 \end{cases}",
            "g'(z) = 1 for z > 0, else exp(z) = a + 1",
        ),
        _by_sign(Z, Rule(r"e^{<z>} - 1", "exp(<z>) - 1")),
        _by_sign(_plain("1"), Rule(r"(<a> + 1)", "(<a> + 1)")),
        BY_SLOPE,
    ),
    "gelu": FunctionWords(
        Rule(
            r"g(z) = z\,\Phi(z), \quad "
            r"\Phi(z) = (1 + \operatorname{erf}(z / \sqrt{2})) / 2",
            "g(z) = z Phi(z), Phi(z) = (1 + erf(z / sqrt(2))) / 2",
        ),
        Rule(
            r"g'(z) = \Phi(z) + z\,\varphi(z), \quad \varphi(z) = e^{-z^{2}/2} / \sqrt{2 \pi}",
            "g'(z) = Phi(z) + z phi(z), phi(z) = exp(-z^2 / 2) / sqrt(2 pi)",
        ),
        _always(Rule(r"<z> \cdot \Phi(<z>)", "<z> · Phi(<z>)")),
        _always(
            Rule(r"(\Phi(<z>) + <z> \cdot \varphi(<z>))", "(Phi(<z>) + <z> · phi(<z>))"),
        ),
        BY_SLOPE,
    ),
    "softplus": FunctionWords(
        Rule(r"g(z) = \log(1 + e^{z})", "g(z) = log(1 + exp(z))"),
        Rule(r"g'(z) = \frac{1}{1 + e^{-z}}", "g'(z) = 1 / (1 + exp(-z))"),
        # log(1 + e^z) itself would overflow a calculator for a large z.
        _always(
            Rule(
                r"\max(<z>, 0) + \log(1 + e^{-|<z>|})",
                "max(<z>, 0) + log(1 + exp(-|<z>|))",
            )
        ),
        _always(LOGISTIC),
        BY_SLOPE,
    ),
    "identity": FunctionWords(
        Rule("g(z) = z", "g(z) = z"),
        Rule("g'(z) = 1", "g'(z) = 1"),
        _always(Z),
        _always(_plain("1")),
        BY_SLOPE,
    ),
}

SOFTMAX = Rule(
    r"g(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}} = \frac{e^{z_k - M}}{\sum_j e^{z_j - M}}, "
    r"\quad M = \max_j z_j",
    "g(z)_k = exp(z_k - M) / sum_j exp(z_j - M), M = max_j z_j",
)


class LossWords(NamedTuple):
    """A loss in symbols: its `definition`, and how its gradient dz at the output comes about.

    `delta` is dz for matrices, `delta_entry` for one number.
    """

    definition: Rule
    chain: Rule
    delta: Rule
    delta_entry: Rule


DIFFERENCE = _plain("<a> - <y>")

LOSSES: dict[str, LossWords] = {
    "binary_cross_entropy": LossWords(
        Rule(
            r"\ell = -y \log a - (1 - y) \log(1 - a) = \max(z, 0) - y\,z + \log(1 + e^{-|z|})",
            "loss = -y log a - (1 - y) log(1 - a) = max(z, 0) - y z + log(1 + exp(-|z|))",
        ),
        Rule(
            r"\frac{\partial \ell}{\partial z} = \frac{\partial \ell}{\partial a} \cdot "
            r"\frac{\partial a}{\partial z} = "
            r"(-y / a + (1 - y) / (1 - a)) \cdot a\,(1 - a) = a - y",
            "dloss/dz = dloss/da · da/dz = (-y / a + (1 - y) / (1 - a)) · a (1 - a) = a - y",
        ),
        DIFFERENCE,
        DIFFERENCE,
    ),
    "categorical_cross_entropy": LossWords(
        Rule(
            r"\ell = -\sum_k y_k \log a_k = \log \sum_j e^{z_j - M} - \sum_k y_k (z_k - M), "
            r"\quad M = \max_j z_j",
            "loss = -sum_k y_k log a_k = log sum_j exp(z_j - M) - sum_k y_k (z_k - M), "
            "M = max_j z_j",
        ),
        Rule(
            r"\frac{\partial \ell}{\partial z_k} = \sum_j \frac{\partial \ell}{\partial a_j} \cdot "
            r"\frac{\partial a_j}{\partial z_k} = \sum_j (-y_j / a_j) \cdot "
            r"a_j (\delta_{jk} - a_k) = a_k - y_k",
            "dloss/dz_k = sum_j dloss/da_j · da_j/dz_k "
            "= sum_j (-y_j / a_j) · a_j ([j = k] - a_k) = a_k - y_k",
        ),
        DIFFERENCE,
        DIFFERENCE,
    ),
    "mean_squared_error": LossWords(
        Rule(
            r"\ell = \frac{1}{n} \sum_k (z_k - y_k)^{2}",
            "loss = 1/n sum_k (z_k - y_k)^2",
        ),
        Rule(
            r"\frac{\partial \ell}{\partial z_k} = \frac{2}{n} (z_k - y_k), \quad a_k = z_k",
            "dloss/dz_k = 2/n (z_k - y_k), and a_k = z_k",
        ),
        Rule(r"\frac{2}{<n>} \left(<a> - <y>\right)", "2/<n> (<a> - <y>)"),
        Rule(r"\frac{2}{<n>} \cdot (<a> - <y>)", "2/<n> · (<a> - <y>)"),
    ),
}
