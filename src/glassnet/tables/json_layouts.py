"""The layouts in which JSON holds a table, made into rows that are objects.

An array of objects, or one object a line, is what DuckDB reads by itself. This module finds the
table in anything else: columns by name, columns by row label as `pandas.DataFrame.to_json` writes
them by default, its other layouts, and an array below a key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.errors import InputError

LARGEST = 2**29  # bytes of a file that is read into memory
MOST_NAMED = 10
_ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
Rows = list[dict[str, Any]]


def as_lines(path: Path, name: str, folder: Path, key: str | None) -> tuple[Path, list[str]]:
    """Return a file that DuckDB reads as rows, the given one or another in the folder; and notes.

    Raises InputError if the file holds no table, or several and no `key` says which.
    """
    with path.open("rb") as file:
        start = file.read(4096)
        encoding = next((e for sign, e in _ENCODINGS.items() if start.startswith(sign)), "utf-8")
    if encoding == "utf-8" and key is None and _is_read_by_duckdb(path, start):
        return path, []
    if path.stat().st_size > LARGEST:
        raise InputError(
            f"{name} is too large for a table in this layout: write one object for each row, in "
            "an array or each on a line of its own."
        )
    rows, notes = _rows(_parsed(path, name, encoding), key, name)
    plain = folder / "rows.jsonl"
    with plain.open("w", encoding="utf-8") as file_of_rows:
        file_of_rows.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    return plain, notes


def _is_read_by_duckdb(path: Path, start: bytes) -> bool:
    """Whether the file is an array of objects, or has one object a line."""
    inside = start.lstrip()
    if inside[:1] == b"[":
        return inside[1:].lstrip()[:1] in (b"{", b"]", b"")
    with path.open("rb") as file:
        line = next((line for line in file if line.strip()), b"")
        more = any(line.strip() for line in file)
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and (more or not any(map(_is_nested, found.values())))


def _parsed(path: Path, name: str, encoding: str) -> Any:
    """What the file holds; of several values, one after another, a list."""
    try:
        text = path.read_text(encoding)
    except UnicodeError:
        raise InputError(f"{name} is not {encoding.removesuffix('-sig')}: save it so.") from None
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    values: list[Any] = []
    at = _after_blanks(text, 0)
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            values.append(value)
            at = _after_blanks(text, at)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}:{error.lineno}:{error.colno}: this is no JSON ({error.msg}): look for commas, "
            "quotes or brackets that are missing or too many."
        ) from None
    except RecursionError:
        raise InputError(
            f"{name} has too many levels in one another: give an array of objects, or one a line."
        ) from None
    if not values:
        raise InputError(f"{name} is empty: it must hold an array of objects.")
    return values[0] if len(values) == 1 else values


def _after_blanks(text: str, at: int) -> int:
    found = re.compile(r"\s*").match(text, at)
    assert found is not None
    return found.end()


def _rows(value: Any, key: str | None, name: str) -> tuple[Rows, list[str]]:
    """The rows of what a file holds, or of what stands below a key of it; and notes."""
    where = name if key is None else f"{name}, key {key!r}"
    value = value if key is None else _below(value, key, name)
    found = list(_tables(value))
    if not found and isinstance(value, dict) and not any(map(_is_nested, value.values())):
        return [value], []
    if not found:
        raise InputError(f"{where} holds no objects: give an array of objects, or one a line.")
    if len(found) > 1:
        keys = ", ".join(repr(path) for path, _, _ in found[:MOST_NAMED])
        raise InputError(
            f"{where} holds {len(found)} arrays of rows, below the keys {keys}: choose one (--key)."
        )
    path, table, notes = found[0]
    if path:
        notes = [f"{where}: the rows are those below the key {path!r}.", *notes]
    return _objects(table, where), notes


def _tables(value: Any, path: str = "") -> Iterator[tuple[str, list[Any], list[str]]]:
    """The keys above each table in what a file holds, its rows, and notes on them."""
    if isinstance(value, list):
        if value and all(map(_is_nested, value)):
            yield path, value, []
    elif isinstance(value, dict):
        known = _pandas_rows(value) or _labelled_rows(value) or _column_rows(value)
        if known is not None:
            yield path, *known
            return
        for key, inner in value.items():
            yield from _tables(inner, f"{path}.{key}" if path else key)


def _pandas_rows(value: Mapping[str, Any]) -> tuple[Rows, list[str]] | None:
    """The layouts "split" and "table" of pandas."""
    data, names, schema = value.get("data"), value.get("columns"), value.get("schema")
    if not isinstance(data, list):
        return None
    split = isinstance(names, list) and set(value) <= {"columns", "index", "data", "name"}
    if isinstance(names, list) and split and all(_is_row_of(row, names) for row in data):
        return [dict(zip(map(_name, names), row, strict=True)) for row in data], []
    if isinstance(schema, dict) and data and all(isinstance(row, dict) for row in data):
        index = schema.get("primaryKey", [])
        labels = [index] if isinstance(index, str) else index
        rows = [{k: v for k, v in row.items() if k not in labels} for row in data]
        left_out = ", ".join(map(repr, labels))
        return rows, [f"The index of the data frame, {left_out}, is left out."] if labels else []
    return None


def _is_row_of(row: Any, names: Sequence[Any]) -> bool:
    return isinstance(row, list) and len(row) == len(names)


def _labelled_rows(value: Mapping[str, Any]) -> tuple[Rows, list[str]] | None:
    """Columns by name with values by row label, or rows by label with values by name."""
    inner = list(value.values())
    if not inner or not all(isinstance(v, dict) and v for v in inner):
        return None
    labels = list(dict.fromkeys(label for v in inner for label in v))
    if sum(map(len, inner)) < len(labels) * len(inner) or any(_holds_nested(v) for v in inner):
        return None
    if not _are_rows(value, inner, labels):
        return [{c: value[c][label] for c in value} for label in labels], []
    return inner, [f"The labels of the rows, such as {next(iter(value))!r}, are left out."]


def _are_rows(value: Mapping[str, Any], inner: Sequence[dict[str, Any]], labels: list[str]) -> bool:
    """Whether the objects are rows and not columns: by their labels, and by the types in them."""
    outer_numbers, inner_numbers = (_are_numbers(keys) for keys in (value, labels))
    if outer_numbers != inner_numbers:
        return outer_numbers
    mixed_inside = any(_is_mixed(v.values()) for v in inner)
    mixed_across = any(_is_mixed(v[label] for v in inner) for label in labels)
    return mixed_inside and not mixed_across


def _column_rows(value: Mapping[str, Any]) -> tuple[Rows, list[str]] | None:
    """Columns by name, each an array of values of the same length."""
    columns = list(value.values())
    if not columns or not all(isinstance(column, list) for column in columns):
        return None
    if len(set(map(len, columns))) > 1 or any(_is_nested(v) for c in columns for v in c):
        return None
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)], []


def _objects(value: list[Any], where: str) -> Rows:
    """Rows as objects, where they are arrays named by the first of them, or x1, x2 and so on."""
    if all(isinstance(row, dict) for row in value):
        return value
    if not all(isinstance(row, list) for row in value):
        raise InputError(f"{where} holds arrays among objects: give an array of objects.")
    width = len(value[0])
    for number, row in enumerate(value, start=1):
        if len(row) != width:
            raise InputError(
                f"{where}, row {number} has {len(row)} values, but the first has {width}."
            )
    names = [f"x{i + 1}" for i in range(width)]
    if len(value) > 1 and _are_names(value[0], value[1:]):
        names, value = value[0], value[1:]
    return [dict(zip(names, row, strict=True)) for row in value]


def _are_names(first: Sequence[Any], rest: Iterable[Sequence[Any]]) -> bool:
    """Whether the first of the arrays names the columns: texts where others stand below."""
    texts = all(isinstance(name, str) for name in first) and len(set(first)) == len(first)
    return texts and any(not isinstance(v, str) and v is not None for row in rest for v in row)


def _below(value: Any, key: str, name: str) -> Any:
    """What stands below a key, or below several with points between them."""
    if isinstance(value, dict) and key in value:
        return value[key]
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            known = (
                ", ".join(map(repr, list(value)[:MOST_NAMED])) if isinstance(value, dict) else ""
            )
            raise InputError(f"{name} has no key {key!r:.80}: it has {known or 'none'}.")
        value = value[part]
    return value


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | dict)


def _holds_nested(value: Mapping[str, Any]) -> bool:
    return any(map(_is_nested, value.values()))


def _are_numbers(keys: Iterable[str]) -> bool:
    return all(key.lstrip("-").isdigit() for key in keys)


def _is_mixed(values: Iterable[Any]) -> bool:
    kinds = {float if type(value) is int else type(value) for value in values}
    return len(kinds - {type(None)}) > 1


def _name(label: Any) -> str:
    return "_".join(map(str, label)) if isinstance(label, list) else str(label)
