"""A model as a PyTorch module: one readable source file, and its weights beside it."""

from __future__ import annotations

from glassnet.core.activations import LEAK
from glassnet.core.parameters import Array
from glassnet.models.exports import numpy_source
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.source_text import dashed

# As torch.nn.functional calls them; its gelu is the exact one and its elu has alpha = 1.
FUNCTIONS = {
    "sigmoid": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "relu": "functional.relu({})",
    "leaky_relu": f"functional.leaky_relu({{}}, {LEAK})",
    "elu": "functional.elu({})",
    # Beyond its threshold torch takes z itself, which is 2e-9 off at the usual 20.
    "softplus": "functional.softplus({}, threshold=40.0)",
    "gelu": "functional.gelu({})",
    "identity": "{}",
    "softmax": "torch.softmax({}, dim=1)",
}

PREDICT = '''
def load() -> Net:
    """The network with its weights, ready to predict or to train on."""
    net = Net()
    with np.load(WEIGHTS) as arrays:
        net.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return net.eval()


@torch.no_grad()
def predict(net: Net, columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What the network says of each row of the columns."""
    z = net(torch.from_numpy(encode(columns)))
    return answer(OUTPUT.numpy())
'''


def weights(plan: Plan) -> dict[str, Array]:
    """The arrays by the names that PyTorch gives them."""
    arrays: dict[str, Array] = {}
    for n, (W, b) in enumerate(plan.layers, start=1):
        arrays |= {f"layer{n}.weight": W, f"layer{n}.bias": b}
    return arrays


def source(plan: Plan, weights_name: str) -> str:
    """The text of the module, which reads its weights from that file beside it."""
    output = FUNCTIONS[plan.network.output_activation].format("z")
    imports = "import numpy as np\nimport torch\nfrom torch import Tensor, nn"
    if any("functional" in FUNCTIONS[name] for name in plan.functions):
        imports += "\nfrom torch.nn import functional"
    parts = [
        numpy_source.header(plan, "numpy and PyTorch", weights_name, imports),
        _module(plan),
        numpy_source.encode(plan),
        numpy_source.ANSWER[plan.network.loss],
        PREDICT.replace("OUTPUT", output),
        numpy_source.self_test(plan),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _module(plan: Plan) -> str:
    sizes, last = plan.network.sizes, plan.network.n_layers
    made = [
        f"        self.layer{n} = nn.Linear({sizes[n - 1]}, {sizes[n]}, "
        f"dtype=torch.{plan.model.dtype})"
        for n in range(1, last + 1)
    ]
    passed = [
        f"        x = {FUNCTIONS[name].format(f'self.layer{n}(x)')}"
        for n, name in enumerate(plan.network.activation, start=1)
    ]
    lines = [
        "class Net(nn.Module):",
        f'    """{dashed(sizes)} neurons; the output is z, before {plan.network.output_activation}.'
        '"""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *made,
        "",
        "    def forward(self, x: Tensor) -> Tensor:",
        '        """z (n, n_outputs) for inputs x (n, n_features)."""',
        *passed,
        f"        z: Tensor = self.layer{last}(x)",
        "        return z",
    ]
    return "\n".join(lines)
