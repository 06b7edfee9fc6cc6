"""Every export is run where it will be used, and gives the numbers of glassnet."""

from __future__ import annotations

import ast
import ctypes
import dataclasses
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import cycle, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import glassnet as gn
from example_models import (
    COLUMNS,
    FINER_COLUMNS,
    ROWS,
    TARGETS,
    finer_model,
    full_model,
    plain_model,
)
from glassnet.core.network import ACTIVATIONS
from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Column,
    NumericColumn,
    Recipe,
    Target,
)
from glassnet.models.exports import FORMATS, SUFFIXES, export
from glassnet.models.exports.c_source import identifiers
from glassnet.models.exports.plan import plan
from glassnet.models.model import Model

Rows = dict[str, list[Any]]
STRICT_C = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
ODD = (
    "'", '"', "'''", '"""', "\\", "a\\", "\n", "\r\n", "\u2028", "\t", "*/", "/*", "//", "??/",
    "</script>", "<!--", "-->", "`${1}`", "%s", "{}", "{0}", "#", "; exit(1)", "__proto__",
    "constructor", "hasOwnProperty", "toString", "int", "class", "linux", "NAN", "row", "x", "e",
    "out", "9", "_", " ", "größe", "\u202e", "🙂", "é", "\ufeff", "\x7f", "\x1b[31m", "label",
    "probabilities", "W1", "Sub_2", "constant_0", "X", "\\u0022", "\\x22", "a" * 300, "??)",
)  # fmt: skip


class Answer(NamedTuple):
    """What an export says of some rows: labels, or None for a regression, and numbers."""

    labels: list[Any] | None
    numbers: np.ndarray


class Case(NamedTuple):
    """A model, the rows it is asked about, and the files of its export."""

    model: Model
    rows: Rows
    path: Path


def answer_of(model: Model, rows: Rows) -> Answer:
    """What glassnet itself says."""
    values = {name: np.array(column, object) for name, column in rows.items()}
    if model.network.is_regression:
        return Answer(None, model.predict_rows(values).reshape(len(values[next(iter(rows))]), -1))
    return Answer(model.predict_rows(values).tolist(), model.predict_probability_rows(values))


def plain_rows(values: Mapping[str, np.ndarray]) -> Rows:
    """None where a value is missing, and what JSON knows elsewhere."""
    return {
        name: [None if v is None or v != v else v for v in column.tolist()]  # noqa: PLR0124
        for name, column in values.items()
    }


# How each format is run


RUN_PYTHON = """
import contextlib, json, runpy, sys
sys.modules["glassnet"] = None  # importing it fails
for path, rows in json.load(sys.stdin):
    with contextlib.redirect_stdout(sys.stderr):
        predict = runpy.run_path(path, run_name="__main__")["predict"]  # tests itself
    rows = [dict(zip(rows, row)) for row in zip(*rows.values())]
    print(json.dumps([predict(row) for row in rows]))
"""

RUN_FRAMEWORK = """
import contextlib, json, runpy, sys
sys.modules["glassnet"] = None  # importing it fails
for path, columns in json.load(sys.stdin):
    with contextlib.redirect_stdout(sys.stderr):
        module = runpy.run_path(path, run_name="__main__")  # tests itself
    found = module["predict"](module["load"](), columns)
    print(json.dumps({name: getattr(v, "tolist", lambda v=v: v)() for name, v in found.items()}))
"""

RUN_JAVASCRIPT = """
import { readFileSync } from "node:fs";
for (const [path, rows] of JSON.parse(readFileSync(0, "utf-8"))) {
  const { predict, selfTest } = await import(path);
  selfTest();
  const names = rows.map(([name]) => name);
  const answers = rows[0][1].map((_, i) =>
    predict(Object.fromEntries(rows.map(([name, values]) => [name, values[i]]))));
  console.log(JSON.stringify(answers));
}
"""


def run(command: list[Any], cases: list[Any]) -> list[Any]:
    """The JSON that the command prints for each case."""
    done = subprocess.run(
        command, input=json.dumps(cases), capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # Not splitlines, which takes U+2028 in a text for the end of a line.
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def by_row(rows: list[dict[str, Any]]) -> Answer:
    if "values" in rows[0]:
        return Answer(None, np.array([row["values"] for row in rows]))
    numbers = np.array([row["probabilities"] for row in rows])
    return Answer([row["label"] for row in rows], numbers)


def run_python(cases: list[Case]) -> list[Answer]:
    found = run([sys.executable, "-I", "-c", RUN_PYTHON], [(str(c.path), c.rows) for c in cases])
    return [by_row(rows) for rows in found]


def run_javascript(cases: list[Case]) -> list[Answer]:
    # As pairs, because JSON.parse makes an object of __proto__ but zip-like code might not.
    asked = [(c.path.as_uri(), list(c.rows.items())) for c in cases]
    found = run(["node", "--input-type=module", "--eval", RUN_JAVASCRIPT], asked)
    return [by_row(rows) for rows in found]


def run_framework(cases: list[Case]) -> list[Answer]:
    found = run([sys.executable, "-I", "-c", RUN_FRAMEWORK], [(str(c.path), c.rows) for c in cases])
    return [
        Answer(None, np.array(case["values"]))
        if "values" in case
        else Answer(case["labels"], np.array(case["probabilities"]))
        for case in found
    ]


def run_c(cases: list[Case]) -> list[Answer]:
    """All sources as one library, each under names of its own."""
    folder = cases[0].path.parent
    units = []
    for n, case in enumerate(cases):
        names = "".join(
            f"#define {name} {name}_{n}\n" for name in ("predict", "CLASSES", "TARGETS")
        )
        units.append(folder / f"unit_{n}.c")
        units[-1].write_text(f'{names}#include "{case.path.name}"\n')
    library = folder / "library.so"
    built = subprocess.run(
        ["gcc", *STRICT_C, "-shared", "-fPIC", *units, "-o", library, "-lm"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr[-3000:]
    loaded = ctypes.CDLL(str(library))
    return [ask_c(loaded, n, case) for n, case in enumerate(cases)]


def ask_c(library: ctypes.CDLL, n: int, case: Case) -> Answer:
    assert case.model.recipe is not None
    columns, target = case.model.recipe.columns, case.model.recipe.target
    fields = [(f"member_{i}", c_type(column)) for i, column in enumerate(columns)]
    row_type = type("Row", (ctypes.Structure,), {"_fields_": fields})
    n_out = len(target.names if target.classes is None else target.classes)
    labels, numbers = [], []
    for values in zip(*case.rows.values(), strict=True):
        row = row_type(*map(c_value, columns, values))
        out = (ctypes.c_double * n_out)()
        labels.append(library[f"predict_{n}"](ctypes.byref(row), out))
        numbers.append(list(out))
    if target.classes is None:
        assert set(labels) == {0}
        return Answer(None, np.array(numbers))
    texts = (ctypes.c_char_p * n_out).in_dll(library, f"CLASSES_{n}")
    assert [text.decode() for text in texts if text] == [str(value) for value in target.classes]
    return Answer([-1 if n < 0 else target.classes[n] for n in labels], np.array(numbers))


def c_type(column: Column) -> Any:
    if isinstance(column, CategoryColumn):
        return ctypes.c_char_p
    return ctypes.c_int if isinstance(column, BooleanColumn) else ctypes.c_double


def c_value(column: Column, value: Any) -> Any:
    if isinstance(column, CategoryColumn):
        return None if value is None else value.encode()
    if isinstance(column, BooleanColumn):
        return -1 if value is None else int(value)
    return float("nan") if value is None else value


def run_onnx(cases: list[Case]) -> list[Answer]:
    return [ask_onnx(case) for case in cases]


def ask_onnx(case: Case) -> Answer:
    import onnxruntime

    assert case.model.recipe is not None
    session = onnxruntime.InferenceSession(case.path, providers=["CPUExecutionProvider"])
    feeds = {
        column.name: np.array([v or "" for v in case.rows[column.name]], object)
        if isinstance(column, CategoryColumn)
        else np.array(case.rows[column.name], np.float64)
        for column in case.model.recipe.columns
    }
    *labels, numbers = session.run(None, feeds)
    return Answer(labels[0].tolist() if labels else None, numbers)


RUNNERS: dict[str, Callable[[list[Case]], list[Answer]]] = {
    "onnx": run_onnx,
    "pytorch": run_framework,
    "keras": run_framework,
    "python": run_python,
    "c": run_c,
    "javascript": run_javascript,
}
FRAMEWORKS = ("pytorch", "keras")
MODULES = {"onnx": "onnxruntime", "pytorch": "torch", "keras": "keras"}
PROGRAMS = {"c": "gcc", "javascript": "node"}


def skip_without_its_tool(format: str) -> None:
    module, program = MODULES.get(format), PROGRAMS.get(format)
    if module and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    if program and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def ask(format: str, questions: list[Question], folder: Path) -> list[Answer]:
    skip_without_its_tool(format)
    cases = []
    for n, (model, rows) in enumerate(questions):
        values = {name: np.array(column, object) for name, column in rows.items()}
        path = folder / f"model_{n}{SUFFIXES[format]}"
        assert export(model, format, path, values)[0] == path
        cases.append(Case(model, rows, path))
    return RUNNERS[format](cases)


def compare(found: Answer, expected: Answer, tolerance: float) -> None:
    assert found.labels == expected.labels
    np.testing.assert_allclose(found.numbers, expected.numbers, rtol=tolerance, atol=tolerance)


def tolerance(format: str, model: Model) -> float:
    # onnxruntime has no Erf in double precision
    if model.dtype == "float32" or (format == "onnx" and "gelu" in model.network.activation):
        return 1e-6
    return 1e-12


# The same numbers everywhere


class Question(NamedTuple):
    """A model, and rows to ask it and its exports about."""

    model: Model
    rows: Rows


def questions(format: str) -> list[Question]:
    """Every activation, loss and precision, classes of every type, odd texts, large numbers.

    A framework, which takes longest, has every activation with one of the losses.
    """
    pairs = list(product(TARGETS, ACTIVATIONS))
    if format in FRAMEWORKS:
        pairs = list(zip(cycle(TARGETS), ACTIVATIONS, strict=False))
    models = [full_model(loss, name) for loss, name in pairs]
    for names in (("gelu", "leaky_relu"), ("softplus", "elu"), ("sigmoid", "relu")):
        models += [full_model(loss, names, "float32") for loss in TARGETS]
    models += [with_classes(classes) for classes in CLASSES]
    finer = [finer_model("mean_squared_error"), finer_model("binary_cross_entropy", "float32")]
    models.append(wide(full_model("binary_cross_entropy", ("softplus", "identity"))))
    models.append(wide(full_model("categorical_cross_entropy", ("elu", "sigmoid"))))
    rows = plain_rows(ROWS)
    finer_rows = {column.name: rows[column.name] for column in FINER_COLUMNS}
    finer_rows["smokes?"] = [None if v is None else str(v) for v in rows["smokes?"]]
    return [
        *(Question(model, rows) for model in models),
        *(Question(model, finer_rows) for model in finer),
        Question(*odd_model(list(ODD))),
    ]


def with_classes(classes: tuple[Any, ...]) -> Model:
    loss = "binary_cross_entropy" if len(classes) == 2 else "categorical_cross_entropy"
    recipe = Recipe(COLUMNS, Target(("y",), classes, (), ()))
    return dataclasses.replace(full_model(loss), recipe=recipe)


CLASSES: list[tuple[Any, ...]] = [
    (False, True), (3, -7), (0.5, 1e10), ("a", "b"), (1, 2, 3), (-0.0, 1.5, 2.0),
]  # fmt: skip


def wide(model: Model) -> Model:
    """Weights so large that exp and its relatives would overflow if they could."""
    vector = model.parameters.vector * 1e4
    return dataclasses.replace(model, parameters=gn.Parameters(model.network, vector))


@pytest.mark.parametrize(
    "format",
    [
        pytest.param(f, marks=pytest.mark.frameworks) if f in ("pytorch", "keras") else f
        for f in FORMATS
    ],
)
def test_every_export_gives_the_numbers_of_glassnet(format: str, tmp_path: Path) -> None:
    asked = questions(format)
    for found, (model, rows) in zip(ask(format, asked, tmp_path), asked, strict=True):
        expected = answer_of(model, rows)
        compare(found, expected, tolerance(format, model))
        if format != "javascript":  # which has one type of number
            assert [type(v) for v in found.labels or ()] == [type(v) for v in expected.labels or ()]


def test_a_whole_number_beyond_those_of_javascript_is_a_bigint(tmp_path: Path) -> None:
    export(with_classes((2**60, 1)), "javascript", tmp_path / "m.mjs")
    assert "CLASSES = [1152921504606846976n, 1]" in (tmp_path / "m.mjs").read_text("utf-8")


@pytest.mark.parametrize("format", ["python", "c", "javascript"])
def test_a_model_of_arrays_has_columns_by_number(format: str, tmp_path: Path) -> None:
    skip_without_its_tool(format)
    cases, expected = [], []
    for n, sizes in enumerate([(3, 1), (3, 3), (2, 7, 1)]):
        model = plain_model(gn.Network(sizes))
        path = tmp_path / f"m{n}{SUFFIXES[format]}"
        export(model, format, path)
        X = np.random.default_rng(0).normal(size=(4, sizes[0]))
        rows = {f"x{i}": X[:, i - 1].tolist() for i in range(1, sizes[0] + 1)}
        columns = tuple(NumericColumn(name, 0.0, 1.0, 0.0, False) for name in rows)
        target = Target(("y",), tuple(range(max(2, sizes[-1]))), (), ())
        named = dataclasses.replace(model, recipe=Recipe(columns, target))
        cases.append(Case(named, rows, path))
        expected.append(of_arrays(model, X))
    for found, right in zip(RUNNERS[format](cases), expected, strict=True):
        compare(found, right, 1e-12)


def of_arrays(model: Model, X: np.ndarray) -> Answer:
    p = model.predict_probability(X)
    return Answer(model.predict(X).tolist(), np.c_[1 - p, p] if p.ndim == 1 else p)


@pytest.mark.parametrize("sizes", [(3, 1), (3, 3)])
def test_onnx_of_a_model_of_arrays_has_one_input(sizes: tuple[int, ...], tmp_path: Path) -> None:
    skip_without_its_tool("onnx")
    import onnxruntime

    model = plain_model(gn.Network(sizes))
    export(model, "onnx", tmp_path / "m.onnx")
    X = np.random.default_rng(0).normal(size=(4, 3))
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    labels, numbers = session.run(None, {"X": X})
    compare(Answer(labels.tolist(), numbers), of_arrays(model, X), 1e-12)


# Names and categories of any characters


def odd_model(texts: list[str]) -> tuple[Model, Rows]:
    """Each text once as a column, a category and a class."""
    columns: list[Column] = []
    for i, text in enumerate(texts):
        if i % 2:
            columns.append(NumericColumn(text, 0.5, 2.0, 1.0, True))
        else:
            columns.append(CategoryColumn(text, (text, text + "?", "plain"), True))
    classes = ("one" + texts[0], *(text + "!" for text in texts))
    target_name = "y" + "".join(texts)[:50] + "y"
    recipe = Recipe(tuple(columns), Target((target_name,), classes, (), ()))
    network = gn.Network((recipe.n_features, 3, len(classes)), "tanh")
    rows: Rows = {
        column.name: [column.categories[0], "plain", None]
        if isinstance(column, CategoryColumn)
        else [0.25, -1.0, None]
        for column in columns
    }
    return Model(network, gn.Parameters.initial(network, seed=0), recipe), rows


any_texts = st.lists(
    st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12
    )
    | st.lists(st.sampled_from(ODD), min_size=1, max_size=3).map("".join),
    min_size=2,
    max_size=30,
    unique=True,
)


@pytest.mark.parametrize("format", ["onnx", "python", "c", "javascript"])
@settings(
    max_examples=settings().max_examples // 10,  # each with a process for them all
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(several=st.lists(any_texts, min_size=3, max_size=6))
def test_texts_of_any_characters_stay_texts(
    format: str, several: list[list[str]], tmp_path: Path
) -> None:
    asked = [Question(*odd_model(texts)) for texts in several]
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    for found, question in zip(ask(format, asked, folder), asked, strict=True):
        compare(found, answer_of(*question), 1e-12)


@given(texts=any_texts)
@example(texts=list(ODD))
def test_no_source_can_be_broken_out_of(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    model, _ = odd_model(texts)
    plain, _ = odd_model([f"t{i}" for i in range(len(texts))])
    folder = tmp_path_factory.mktemp("sources")
    for format in ("python", "pytorch", "keras", "javascript", "c"):
        path = folder / f"m{SUFFIXES[format]}"
        export(plain, format, path)
        expected = len(path.read_text("utf-8").splitlines())
        export(model, format, path)
        source = path.read_bytes().decode("utf-8")
        # A text that broke out of its line would make one more.
        assert len(source.splitlines()) == expected
        assert all(c.isprintable() or c == "\n" for c in source)
        if path.suffix == ".py":
            ast.parse(source, feature_version=(3, 9))
        if format == "javascript":
            assert "<" not in source.replace("<=", "").replace(" < ", "")
        if format == "c":
            assert "??" not in source
            assert source.isascii()


def test_names_of_c_are_names_and_different() -> None:
    names = identifiers(["a b", "a_b", "A-B", "int", "", "é", "9", "a_b_2", "x" * 80, "x" * 90])
    assert names == [
        "a_b", "a_b_2", "a_b_3", "int_2", "column", "column_2", "column_9", "a_b_2_2",
        "x" * 50, "x" * 50 + "_2",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["a\0b", "é" * 2048])
def test_c_refuses_texts_it_cannot_hold(text: str, tmp_path: Path) -> None:
    model, _ = odd_model([text, "b"])
    with pytest.raises(gn.InputError, match="cannot stand in C"):
        export(model, "c", tmp_path / "m.c")
    assert not list(tmp_path.iterdir())


# Sources that can be relied on


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("format", ["python", "c"])
def test_a_source_tests_itself_and_finds_a_wrong_weight(
    format: str, loss: str, tmp_path: Path
) -> None:
    skip_without_its_tool(format)
    path = tmp_path / f"m{SUFFIXES[format]}"
    export(full_model(loss, "tanh"), format, path, ROWS)
    assert self_test(path).stdout == "It gives the numbers it was made with.\n"
    text = path.read_text("utf-8")
    weight = repr(float(full_model(loss, "tanh").parameters.layers[-1][0][0, 0]))
    assert text.count(weight) == 1
    path.write_text(text.replace(weight, "7.5"), "utf-8")
    assert self_test(path).returncode != 0


def self_test(path: Path) -> subprocess.CompletedProcess[str]:
    command: list[Any] = [sys.executable, "-I", path]
    if path.suffix == ".c":
        command = [path.with_suffix(".out")]
        build = ["gcc", *STRICT_C, "-DSELF_TEST", path, "-o", command[0], "-lm"]
        subprocess.run(build, check=True, capture_output=True)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_python_refuses_rows_that_make_no_sense(tmp_path: Path) -> None:
    export(full_model(), "python", tmp_path / "m.py")
    namespace: dict[str, Any] = {"__name__": "m"}
    exec((tmp_path / "m.py").read_text("utf-8"), namespace)
    row = namespace["ROW"]
    with pytest.raises(KeyError, match="old"):
        namespace["predict"]({name: value for name, value in row.items() if name != "old"})
    with pytest.raises(ValueError, match="not finite"):
        namespace["predict"](row | {"double": float("inf")})
    with pytest.raises(ValueError, match="neither True nor False"):
        namespace["predict"](row | {"old": 2})


def test_javascript_refuses_rows_that_make_no_sense(tmp_path: Path) -> None:
    skip_without_its_tool("javascript")
    export(full_model(), "javascript", tmp_path / "m.mjs")
    script = f"""
        import {{ predict }} from {json.dumps((tmp_path / "m.mjs").as_uri())};
        const row = {json.dumps(dict.fromkeys(ROWS))};
        const wrong = [{{}}, {{ double: Infinity }}, {{ double: "1" }}, {{ when: new Date() }}, {{ old: 2 }}];
        const whole = wrong.map((part) => ({{ ...row, ...part }}));
        delete whole[0].seen;
        for (const one of whole) {{
          try {{ predict(one); console.log("accepted"); }} catch (e) {{ console.log(e.message); }}
        }}
    """  # noqa: E501
    command = ["node", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "no column seen",
        *["a value is no finite number"] * 3,
        "a boolean is neither true nor false",
    ]


@pytest.mark.parametrize(("name", "value"), [("double", float("inf")), ("old", 2)])
def test_c_says_when_a_row_makes_no_sense(name: str, value: float, tmp_path: Path) -> None:
    skip_without_its_tool("c")
    export(full_model(), "c", tmp_path / "m.c")
    case = Case(full_model(), plain_rows(ROWS) | {name: [value] * 5}, tmp_path / "m.c")
    assert all(number == -1 for number in run_c([case])[0].labels or ())


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_model_gives_the_same_bytes(format: str, tmp_path: Path) -> None:
    if format == "onnx":
        skip_without_its_tool(format)
    contents = []
    for folder in (tmp_path / "1", tmp_path / "2"):
        folder.mkdir()
        files = export(full_model(), format, folder / f"m{SUFFIXES[format]}", ROWS)
        assert sorted(files) == sorted(folder.iterdir())
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("format", ["pytorch", "keras"])
def test_weights_of_a_former_export_go_and_other_files_stay(format: str, tmp_path: Path) -> None:
    (tmp_path / "m-0123456789ab.npz").write_text("somebody else's")
    former = export(full_model(), format, tmp_path / "m.py")
    files = export(full_model(seed=5), format, tmp_path / "m.py")
    assert former[1] != files[1]
    assert {*tmp_path.iterdir()} == {*files, tmp_path / "m-0123456789ab.npz"}
    assert export(full_model(seed=5), format, tmp_path / "m.py") == files
    assert files[1].exists()


def test_sample_rows_may_be_arrays_of_any_fitting_type() -> None:
    model = full_model()
    rows = ROWS | {
        "when": np.array(
            ["2020-01-01T12:00", "NaT", "1970-01-02", "1969-12-31", "1970-01-01"], "M8[s]"
        ),
        "old": np.array([True, False, True, False, True]),
        "length (cm)": np.arange(5, dtype=np.int32),
    }  # fmt: skip
    made = plan(model, rows)
    assert made.rows["when"] == [18262.5, None, 1.0, -1.0, 0.0]
    assert made.rows["old"] == [1.0, 0.0, 1.0, 0.0, 1.0]
    assert made.rows["length (cm)"] == [0.0, 1.0, 2.0, 3.0, 4.0]
    np.testing.assert_array_equal(made.outputs, model.predict_probability_rows(rows))


# What is refused


def test_wrong_requests_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    with pytest.raises(gn.InputError, match="Unknown format 'pdf': choose one of onnx, pytorch"):
        export(full_model(), "pdf", path)
    with pytest.raises(gn.InputError, match="no column 'double'"):
        export(full_model(), "python", path, {n: v for n, v in ROWS.items() if n != "double"})
    with pytest.raises(gn.InputError, match="Cannot write"):
        export(full_model(), "python", tmp_path / "none" / "m.py")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("absent", ["onnx", "onnxruntime"])
def test_onnx_says_what_to_install(
    absent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(gn.InputError, match=rf"{absent}: pip install 'glassnet\[onnx\]'"):
        export(full_model(), "onnx", tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_onnx_that_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without_its_tool("onnx")
    monkeypatch.setattr("glassnet.models.exports.onnx.LEAK", 0.02)
    with pytest.raises(gn.InputError, match="onnxruntime differs from glassnet by"):
        export(full_model(activation="leaky_relu"), "onnx", tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())
