"""The house rules of size: a class or a function that has grown past these does two things."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import glassnet as gn

SOURCE = Path(gn.__file__).parent
MOST_METHODS = 25
MOST_LINES = 80
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every node of the source, with the name of its file."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(SOURCE).as_posix(), node


def test_no_class_has_more_than_25_methods() -> None:
    methods = {
        f"{file}: {node.name}": sum(isinstance(part, FUNCTIONS) for part in node.body)
        for file, node in nodes()
        if isinstance(node, ast.ClassDef)
    }
    assert methods
    assert not {name: n for name, n in methods.items() if n > MOST_METHODS}


def test_no_function_is_longer_than_80_lines() -> None:
    lines = {
        f"{file}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for file, node in nodes()
        if isinstance(node, FUNCTIONS)
    }
    assert lines
    assert not {name: n for name, n in lines.items() if n > MOST_LINES}
