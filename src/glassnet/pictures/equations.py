"""The equations of each layer as matplotlib's mathtext, for the headings of diagrams."""

from __future__ import annotations

from glassnet.core.network import Network

_T = r"^{\top}"


def forward_lines(network: Network, layer: int) -> list[str]:
    """How z and a of a layer, counted from 1, come about; layer 0 is the input."""
    if layer == 0:
        return ["inputs"]
    name = [*network.activation, network.output_activation][layer - 1].replace("_", " ")
    return [
        rf"$z_{{{layer}}}=W_{{{layer}}}\,{_before(layer)}+b_{{{layer}}}$",
        rf"$a_{{{layer}}}=$ {name}$(z_{{{layer}}})$",
    ]


def backward_lines(network: Network, layer: int) -> list[str]:
    """How dz and dW of a layer come about."""
    if layer == 0:
        return ["inputs"]
    dW = rf"$dW_{{{layer}}}=dz_{{{layer}}}\,{_before(layer)}{_T}$"
    if layer == network.n_layers:
        difference = f"a_{{{layer}}}-y"
        if network.is_regression:
            difference = rf"\frac{{2}}{{n}}({difference})"
        return [f"$dz_{{{layer}}}={difference}$", dW]
    after = layer + 1
    return [
        rf"$da_{{{layer}}}=W_{{{after}}}{_T}dz_{{{after}}}$",
        rf"$dz_{{{layer}}}=da_{{{layer}}}*g'(z_{{{layer}}})$",
        dW,
    ]


def loss_lines(network: Network) -> list[str]:
    """The loss of one sample."""
    last = network.n_layers
    return {
        "binary_cross_entropy": [
            rf"$L=-y\,\log\,a_{{{last}}}$",
            rf"$-(1-y)\,\log(1-a_{{{last}}})$",
        ],
        "categorical_cross_entropy": [rf"$L=-\sum_k\,y_k\,\log\,a_{{{last},k}}$"],
        "mean_squared_error": [rf"$L=\mathrm{{mean}}_k\,(a_{{{last},k}}-y_k)^2$"],
    }[network.loss]


def _before(layer: int) -> str:
    return f"a_{{{layer - 1}}}" if layer > 1 else "x"
