"""A model as a Keras model: one readable source file, and its weights beside it."""

from __future__ import annotations

from glassnet.core.activations import LEAK
from glassnet.core.parameters import Array
from glassnet.models.exports import numpy_source
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.source_text import dashed

# Names of keras.activations, whose elu has alpha = 1; and functions of the source itself.
FUNCTIONS = {
    "sigmoid": '"sigmoid"',
    "tanh": '"tanh"',
    "relu": '"relu"',
    "leaky_relu": "leaky_relu",
    "elu": '"elu"',
    "softplus": '"softplus"',
    "gelu": "gelu",
    "identity": '"linear"',
    "softmax": '"softmax"',
}

# Keras' own have a slope and a square root of two in single precision.
OWN = {
    "leaky_relu": f'''
def leaky_relu(z: Any) -> Any:
    """z, or {LEAK} z below zero."""
    return keras.ops.maximum(z, {LEAK} * z)
''',
    "gelu": '''
def gelu(z: Any) -> Any:
    """z times the normal distribution function."""
    return 0.5 * z * (1.0 + keras.ops.erf(z / 2.0**0.5))
''',
}

PREDICT = '''
def load() -> keras.Sequential:
    """The network with its weights, ready to predict; compile it to train on."""
    net = build()
    with np.load(WEIGHTS) as arrays:
        for n, layer in enumerate(net.layers, start=1):
            layer.set_weights([arrays[f"kernel{n}"], arrays[f"bias{n}"]])
    return net


def predict(net: keras.Sequential, columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What the network says of each row of the columns."""
    return answer(keras.ops.convert_to_numpy(net(encode(columns))))
'''


def weights(plan: Plan) -> dict[str, Array]:
    """The arrays as Keras has them: a kernel is (n_in, n_out)."""
    arrays: dict[str, Array] = {}
    for n, (W, b) in enumerate(plan.layers, start=1):
        arrays |= {f"kernel{n}": W.T, f"bias{n}": b}
    return arrays


def source(plan: Plan, weights_name: str) -> str:
    """The text of the module, which reads its weights from that file beside it."""
    imports = "import keras\nimport numpy as np"
    parts = [
        numpy_source.header(plan, "numpy and Keras 3", weights_name, imports),
        *(text for name, text in OWN.items() if name in plan.functions),
        _model(plan),
        numpy_source.encode(plan),
        numpy_source.ANSWER[plan.network.loss],
        PREDICT,
        numpy_source.self_test(plan),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _model(plan: Plan) -> str:
    sizes, dtype = plan.network.sizes, plan.model.dtype
    layers = [
        f"            keras.layers.Dense({size}, {FUNCTIONS[name]}, dtype={dtype!r}),"
        for size, name in zip(sizes[1:], plan.functions, strict=True)
    ]
    lines = [
        "def build() -> keras.Sequential:",
        f'    """{dashed(sizes)} neurons, with weights at random."""',
        "    return keras.Sequential(",
        "        [",
        f"            keras.Input(({sizes[0]},), dtype={dtype!r}),",
        *layers,
        "        ]",
        "    )",
    ]
    return "\n".join(lines)
