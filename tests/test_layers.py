"""The house rules: imports point down, heavy libraries have one owner, names have docstrings."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import glassnet as gn

pytestmark = pytest.mark.unit  # three short processes, of which each only imports

SOURCE = Path(gn.__file__).parent

# From the ground up. A module may import from its own layer only within its own package.
LAYERS = [
    {"errors"},
    {"storage"},
    {"core"},
    {"optim", "data"},
    {"engines"},
    {"models"},
    {"training"},
    {"tables", "parity", "pictures"},
    {"explain", "worksheets", "estimators"},
    {"pipeline"},
    {"playground", "sweep"},
    {"__init__"},
    {"tutorial"},
    {"cli"},
]
OWNERS = {
    "duckdb": {"tables", "sweep"},  # tables reads what others wrote; a sweep keeps its runs
    "narwhals": {"tables"},
    "python_calamine": {"tables"},
    "scipy": {"core", "optim", "engines"},
    "matplotlib": {"pictures"},
    "av": {"pictures"},
    "PIL": {"pictures"},
    "cyclopts": {"cli"},
    "rich": {"cli", "training"},  # commands print with it, a training shows its progress
    "filelock": {"storage"},
    "latex2mathml": {"explain", "worksheets"},
    "jinja2": {"storage"},
    "markupsafe": {"explain", "worksheets", "playground"},
    "starlette": {"playground"},
    "uvicorn": {"playground"},
    "websockets": {"playground"},
    "anywidget": {"playground"},
    "traitlets": {"playground"},
    "IPython": {"training", "playground"},
    "tomli_w": {"tutorial", "pipeline"},
    "dask": {"engines"},
    "distributed": {"engines", "sweep"},  # a sweep hands out runs, an engine its gradients
    "sklearn": {"data", "estimators"},
    "safetensors": {"storage", "models"},
    "onnx": {"models"},
    "onnxruntime": {"models"},
    "tensorflow": {"parity"},
    "torch": {"parity"},
    "jax": {"parity"},
    "optuna": {"sweep"},
}
HEAVY = (
    "matplotlib", "scipy", "av", "PIL", "cyclopts", "rich", "duckdb", "sklearn", "dask",
    "distributed", "narwhals", "python_calamine", "latex2mathml", "jinja2", "tensorflow", "torch",
    "jax", "safetensors", "onnx", "onnxruntime", "starlette", "uvicorn", "websockets", "optuna",
    "anywidget", "IPython",
)  # fmt: skip


def part(path: Path) -> str:
    """The module or package of glassnet that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> set[str]:
    """Every module that a file imports, at its top, inside its functions or by a string."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and re.fullmatch(r"glassnet(\.\w+)+", str(node.value)):
            found.add(str(node.value))
    return found


FILES = sorted(SOURCE.rglob("*.py"))


def test_every_part_has_its_layer() -> None:
    assert {part(path) for path in FILES} == set().union(*LAYERS)


def test_imports_point_down() -> None:
    found = {path.relative_to(SOURCE).as_posix(): up for path in FILES if (up := upward(path))}
    assert not found


def upward(path: Path) -> list[str]:
    """What a file imports from its own layer or from above it."""
    level = {name: number for number, names in enumerate(LAYERS) for name in names}
    here, found = part(path), []
    for module in imports(path):
        words = module.split(".")
        if words[0] != "glassnet":
            continue
        there = words[1] if len(words) > 1 and words[1] in level else "__init__"
        if there != here and level[there] >= level[here]:
            found.append(module)
    return found


def test_heavy_libraries_have_one_owner() -> None:
    for path in FILES:
        for module in imports(path):
            library = module.split(".")[0]
            assert part(path) in OWNERS.get(library, {part(path)}), f"{path} imports {library}"


# Packages whose modules still import one another in a ring; the list may only shrink.
NOT_YET_CLEAN: set[str] = set()


def module_of(path: Path) -> str:
    """The dotted name of a file of glassnet."""
    return ".".join(["glassnet", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(
        ".__init__"
    )


def rings() -> dict[str, list[list[str]]]:
    """The rings of imports, also inside functions, among the modules of each package."""
    modules = {module_of(path): path for path in [*FILES, *SOURCE.rglob("*.pyi")]}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        reached = {m if m in modules else m.rpartition(".")[0] for m in imports(path)} - {name}
        graph[name] = {m for m in reached & modules.keys() if part(modules[m]) == part(path)}
    found: dict[str, list[list[str]]] = {}
    while True:
        try:
            sorter = TopologicalSorter(graph)
            sorter.prepare()
        except CycleError as error:
            ring = error.args[1]
            found.setdefault(part(modules[ring[0]]), []).append(ring)
            graph[ring[1]].discard(ring[0])
        else:
            return found


def test_modules_of_a_package_import_one_another_in_no_ring() -> None:
    found = rings()
    assert found.keys() == NOT_YET_CLEAN, found


def test_engines_that_are_compared_share_no_mathematics() -> None:
    assert not any("backprop" in module for module in imports(SOURCE / "engines" / "compiled.py"))


def test_the_start_of_the_command_imports_nothing_heavy_before_it_is_guarded() -> None:
    script = "import sys, glassnet_start; print(*sorted({n.split('.')[0] for n in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()).isdisjoint({"glassnet", "numpy", *HEAVY})


def test_importing_glassnet_loads_numpy_and_nothing_heavier() -> None:
    script = "import sys, glassnet; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_showing_help_loads_no_picture_library() -> None:
    script = (
        "import sys; from glassnet.cli import run; run(['demo', '--help']);"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.splitlines()[-1].split()).isdisjoint({"matplotlib", "av", "scipy"})


def test_public_names_exist_and_are_documented() -> None:
    from glassnet import explain, parity, pictures

    for module in (gn, pictures, explain, parity):
        assert sorted(module.__all__) == sorted(set(module.__all__))
        for name in module.__all__:
            value = getattr(module, name)
            assert inspect.getdoc(value), f"{name} has no docstring"
