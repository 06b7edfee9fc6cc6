"""A model as ONNX, its recipe included: one input for each column, by the column's name.

Inputs are (rows,): numbers and days are doubles with NaN where missing, so are booleans as 0 and
1; categories are strings, empty where missing. A model without a recipe has one input X instead.
Outputs are `label` and `probabilities` (rows, n_classes), or `values` (rows, n_targets). Numbers
are prepared in double, as glassnet does; the network computes in the precision it was trained in,
except for the double Erf of gelu, which onnxruntime does not have.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.core.activations import LEAK
from glassnet.data.preprocessing import (
    DAYS_A_WEEK,
    DAYS_A_YEAR,
    BooleanColumn,
    CategoryColumn,
    Class,
    Column,
    DateColumn,
    NumericColumn,
)
from glassnet.errors import InputError
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.source_text import dashed

OPSET = 17
OPSET_ML = 3
IR_VERSION = 8
LARGEST = 2**31 - 2**24  # bytes of numbers, below the limit of protocol buffers

# A difference above these, relative to outputs of at least one, is a fault and no rounding.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
TOLERANCE_OF_GELU = 1e-4


def checked(plan: Plan) -> bytes:
    """The bytes of the file, after onnxruntime gave the outputs of the plan for its rows.

    Raises InputError where onnx or onnxruntime is not installed, and for a network too large.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"Exporting to ONNX needs the package {error.name}: pip install 'glassnet[onnx]'."
        ) from None
    if plan.model.parameters.vector.nbytes > LARGEST:
        raise InputError("A network of more than 2 GB does not fit into ONNX: use float32.")
    contents = _serialized(plan)
    _check(contents, plan)
    return contents


def _check(contents: bytes, plan: Plan) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(contents, options, providers=["CPUExecutionProvider"])
    found = session.run(None, _feeds(plan))[-1]
    difference = np.abs(found - plan.outputs) / np.maximum(1, np.abs(plan.outputs))
    gelu = "gelu" in plan.functions
    allowed = TOLERANCE_OF_GELU if gelu else TOLERANCE[plan.model.dtype]
    if not (difference <= allowed).all():
        raise InputError(
            f"onnxruntime differs from glassnet by {difference.max():.1e} at row "
            f"{int(difference.max(axis=1).argmax())} (counted from 0), more than {allowed:g}, so "
            "nothing was written: scale the inputs, or export to another format."
        )


def _feeds(plan: Plan) -> dict[str, np.ndarray]:
    """The rows of the plan as the graph takes them."""
    arrays = {name: np.array(values, object) for name, values in plan.rows.items()}
    if not plan.by_name:
        return {"X": plan.recipe.encode(arrays).astype(plan.model.dtype)}
    return {
        column.name: np.array(["" if v is None else v for v in arrays[column.name]], object)
        if isinstance(column, CategoryColumn)
        else arrays[column.name].astype(np.float64)  # None becomes NaN
        for column in plan.columns
    }


@dataclass
class _Graph:
    """Nodes and constants under names that are nobody else's."""

    taken: set[str]
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def name(self, wanted: str) -> str:
        """A name that nothing has yet."""
        unique, number = wanted, 1
        while unique in self.taken:
            number += 1
            unique = f"{wanted}_{number}"
        self.taken.add(unique)
        return unique

    def constant(self, values: Any, dtype: str = "float64", wanted: str = "constant") -> str:
        """An array as a constant."""
        from onnx import numpy_helper

        name = self.name(f"{wanted}_{len(self.constants)}" if wanted == "constant" else wanted)
        self.constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def add(self, operation: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """The name of what an operation makes of its inputs."""
        output = self.name(f"{operation}_{len(self.nodes)}")
        self.put(output, operation, *inputs, domain=domain, **attributes)
        return output

    def put(self, output: str, operation: str, *inputs: str, **attributes: Any) -> None:
        """The same under a name that was taken before."""
        from onnx import helper

        self.nodes.append(helper.make_node(operation, inputs, [output], **attributes))


def _serialized(plan: Plan) -> bytes:
    from onnx import checker, helper

    names = [column.name for column in plan.columns] if plan.by_name else ["X"]
    graph = _Graph(set(names))
    # Taken before anything else, so that they keep their plain names where columns allow it.
    outputs = [graph.name(name) for name in _output_names(plan)]
    x = _encoded(graph, plan) if plan.by_name else "X"
    _put_outputs(graph, plan, _network(graph, plan, x), outputs)
    made = helper.make_graph(
        graph.nodes, "glassnet", _inputs(plan), _outputs(plan, outputs), graph.constants
    )
    model = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", OPSET_ML)],
        ir_version=IR_VERSION,
        producer_name="glassnet",
        doc_string=(
            f"A neural network of {dashed(plan.network.sizes)} neurons. Missing numbers, booleans "
            "(0 or 1) and dates (days since 1970-01-01) are NaN, missing texts are empty."
        ),
    )
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


# Columns


def _encoded(graph: _Graph, plan: Plan) -> str:
    parts = [part for column in plan.columns for part in _column(graph, column)]
    x = graph.add("Concat", *parts, axis=1)
    return graph.add("Cast", x, to=_type(plan.model.dtype))


def _column(graph: _Graph, column: Column) -> list[str]:
    """The features of a column, each (rows, 1), or (rows, n) for several at once."""
    if isinstance(column, CategoryColumn):
        return [_one_hot(graph, column)]
    missing = graph.add("IsNaN", column.name)
    fill = graph.constant(column.fill)
    if isinstance(column, BooleanColumn):
        twice = graph.add("Mul", column.name, graph.constant(2.0))
        centred = graph.add("Sub", twice, graph.constant(1.0))
        features = [graph.add("Where", missing, fill, centred)]
    else:
        v = graph.add("Where", missing, fill, column.name)
        away = graph.add("Sub", v, graph.constant(column.mean))
        u = graph.add("Div", away, graph.constant(column.scale))
        features = [u]
        if isinstance(column, NumericColumn):
            features = [_limited(graph, column, u), *_pieces(graph, column, v)]
        if isinstance(column, DateColumn):
            features += _waves(graph, v)
    if column.has_missing:
        features.append(graph.add("Cast", missing, to=_type("float64")))
    axis = graph.constant([1], "int64")
    return [graph.add("Unsqueeze", feature, axis) for feature in features]


def _limited(graph: _Graph, column: NumericColumn, u: str) -> str:
    if not column.limit:
        return u
    far = graph.constant(column.limit * 1e100)  # beyond, the square would be infinite
    near = graph.add("Max", graph.add("Min", u, far), graph.add("Neg", far))
    part = graph.add("Div", near, graph.constant(column.limit))
    one_more = graph.add("Add", graph.constant(1.0), graph.add("Mul", part, part))
    return graph.add("Div", near, graph.add("Sqrt", one_more))


def _pieces(graph: _Graph, column: NumericColumn, v: str) -> list[str]:
    """The value's place in each interval between two knots, from 0 to 1."""
    zero, one = graph.constant(0.0), graph.constant(1.0)
    pieces = []
    for lo, hi in column.intervals:
        above = graph.add("Sub", v, graph.constant(lo))
        share = graph.add("Div", above, graph.constant(hi - lo))
        pieces.append(graph.add("Min", graph.add("Max", share, zero), one))
    return pieces


def _waves(graph: _Graph, days: str) -> list[str]:
    turned = graph.add("Mul", graph.constant(2 * math.pi), days)
    angles = [
        graph.add("Div", turned, graph.constant(period)) for period in (DAYS_A_YEAR, DAYS_A_WEEK)
    ]
    return [graph.add(wave, angle) for angle in angles for wave in ("Sin", "Cos")]


def _one_hot(graph: _Graph, column: CategoryColumn) -> str:
    keys = list(column.categories)
    # A category that is itself empty hides the missing ones, which ONNX cannot tell from it.
    if column.has_missing and "" not in keys:
        keys.append("")
    n = len(column.categories)
    number = graph.add(
        "LabelEncoder",
        column.name,
        domain="ai.onnx.ml",
        keys_strings=keys,
        values_int64s=[*range(n), *(n + column.others for _ in keys[n:])],
        default_int64=n if column.others else -1,
    )
    numbers = graph.constant(range(n + column.others + column.has_missing), "int64")
    lying = graph.add("Unsqueeze", number, graph.constant([1], "int64"))
    equal = graph.add("Equal", lying, numbers)
    if column.ordered:
        known = graph.add("Less", lying, graph.constant(n, "int64"))
        above = graph.add(
            "Greater",
            lying,
            graph.constant([*range(n), *[n] * (column.others + column.has_missing)], "int64"),
        )
        equal = graph.add("Or", equal, graph.add("And", known, above))
    return graph.add("Cast", equal, to=_type("float64"))


# The network


def _network(graph: _Graph, plan: Plan, x: str) -> str:
    """The last layer's a."""
    dtype = plan.model.dtype
    for number, ((W, b), name) in enumerate(zip(plan.layers, plan.functions, strict=True), start=1):
        weights = graph.constant(W, dtype, f"W{number}")
        x = graph.add("Gemm", x, weights, graph.constant(b, dtype, f"b{number}"), transB=1)
        x = _activation(graph, name, x, dtype)
    return x


# What onnxruntime computes itself, and what it does in single precision only.
OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "softmax": ("Softmax", {"axis": 1}),
    "exp": ("Exp", {}),
    "identity": ("Identity", {}),
}
SINGLE_OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "leaky_relu": ("LeakyRelu", {"alpha": LEAK}),
    "elu": ("Elu", {}),
    "softplus": ("Softplus", {}),
}


def _activation(graph: _Graph, name: str, z: str, dtype: str) -> str:
    if name == "gelu":
        return _gelu(graph, z, dtype)
    if name in SINGLE_OPERATIONS and dtype == "float64":
        return DOUBLES[name](graph, z)
    operation, attributes = (OPERATIONS | SINGLE_OPERATIONS)[name]
    return graph.add(operation, z, **attributes)


def _double_leaky_relu(graph: _Graph, z: str) -> str:
    # The attribute of LeakyRelu is a float32, and 0.01 is not one.
    positive = graph.add("Greater", z, graph.constant(0.0))
    return graph.add("Where", positive, z, graph.add("Mul", z, graph.constant(LEAK)))


def _double_elu(graph: _Graph, z: str) -> str:
    zero = graph.constant(0.0)
    e = graph.add("Exp", graph.add("Min", z, zero))
    below = graph.add("Sub", e, graph.constant(1.0))
    return graph.add("Where", graph.add("Greater", z, zero), z, below)


def _double_softplus(graph: _Graph, z: str) -> str:
    e = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    logarithm = graph.add("Log", graph.add("Add", e, graph.constant(1.0)))
    return graph.add("Add", graph.add("Max", z, graph.constant(0.0)), logarithm)


DOUBLES: dict[str, Callable[[_Graph, str], str]] = {
    "leaky_relu": _double_leaky_relu,
    "elu": _double_elu,
    "softplus": _double_softplus,
}


def _gelu(graph: _Graph, z: str, dtype: str) -> str:
    scaled = graph.add("Mul", z, graph.constant(math.sqrt(0.5), dtype))
    erf = graph.add("Erf", graph.add("Cast", scaled, to=_type("float32")))
    erf = graph.add("Cast", erf, to=_type(dtype))
    twice = graph.add("Add", erf, graph.constant(1.0, dtype))
    return graph.add("Mul", graph.add("Mul", z, graph.constant(0.5, dtype)), twice)


# What comes out


def _output_names(plan: Plan) -> list[str]:
    return ["values"] if plan.classes is None else ["label", "probabilities"]


def _put_outputs(graph: _Graph, plan: Plan, a: str, names: list[str]) -> None:
    if plan.classes is None:
        target = plan.recipe.target
        double = graph.add("Cast", a, to=_type("float64"))
        scaled = graph.add("Mul", double, graph.constant(target.scale))
        graph.put(names[0], "Add", scaled, graph.constant(target.mean))
        return
    if plan.network.loss == "binary_cross_entropy":
        dtype = plan.model.dtype
        other = graph.add("Sub", graph.constant(1.0, dtype), a)
        half = graph.constant(0.5, dtype)
        flat = graph.add("Squeeze", a, graph.constant([1], "int64"))
        decision = graph.add("Cast", graph.add("GreaterOrEqual", flat, half), to=_type("int64"))
        graph.put(names[1], "Concat", other, a, axis=1)
    else:
        decision = graph.add("ArgMax", a, axis=1, keepdims=0)
        graph.put(names[1], "Identity", a)
    graph.put(names[0], "Gather", _classes(graph, plan.classes), decision)


def _classes(graph: _Graph, classes: tuple[Class, ...]) -> str:
    return graph.constant(classes, _class_dtype(classes), "classes")


def _class_dtype(classes: tuple[Class, ...]) -> str:
    if isinstance(classes[0], str):
        return "object"
    if isinstance(classes[0], bool):
        return "bool"
    return "int64" if isinstance(classes[0], int) else "float64"


def _type(dtype: str) -> int:
    from onnx import TensorProto

    numbers = {
        "float64": TensorProto.DOUBLE,
        "float32": TensorProto.FLOAT,
        "int64": TensorProto.INT64,
        "bool": TensorProto.BOOL,
        "object": TensorProto.STRING,
    }
    return int(numbers[dtype])


def _inputs(plan: Plan) -> list[Any]:
    from onnx import helper

    if not plan.by_name:
        shape: list[str | int | None] = ["rows", plan.network.sizes[0]]
        return [helper.make_tensor_value_info("X", _type(plan.model.dtype), shape)]
    return [
        helper.make_tensor_value_info(
            column.name,
            _type("object" if isinstance(column, CategoryColumn) else "float64"),
            ["rows"],
        )
        for column in plan.columns
    ]


def _outputs(plan: Plan, names: list[str]) -> list[Any]:
    from onnx import helper

    n_out = plan.outputs.shape[1]
    if plan.classes is None:
        return [helper.make_tensor_value_info(names[0], _type("float64"), ["rows", n_out])]
    labels = _type(_class_dtype(plan.classes))
    return [
        helper.make_tensor_value_info(names[0], labels, ["rows"]),
        helper.make_tensor_value_info(names[1], _type(plan.model.dtype), ["rows", n_out]),
    ]
