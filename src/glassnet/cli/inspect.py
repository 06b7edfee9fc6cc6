"""The command `glassnet inspect`."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Any

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch, TableName
from glassnet.cli.reading import reading_of, refuse_reading, with_reading
from glassnet.cli.text import plain, printable, printer

MOST_COLUMNS = 20  # that are printed


@with_reading
def inspect(
    what: TableName,
    *,
    table: str | None = None,
    query: str | None = None,
    json: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **reading: Any,
) -> int:
    """Show how a table is read, or the contents of a model file: nothing in it is executed.

    Parameters
    ----------
    what
        A table as `glassnet train` takes it, a model file, or the folder of a run.
    table
        Table of a database.
    query
        SQL query on a database.
    json
        Print it as JSON.
    config
        TOML file with these settings in a table [inspect].
    debug
        Show the traceback of an error.
    """
    from glassnet.models.model_file import describe_model
    from glassnet.training.loading import model_path

    if _is_table(what):
        return _inspect_table(what, table, query, reading, json=json)
    refuse_reading(reading, what)
    described = describe_model(model_path(what))
    if json:
        print(json_format.dumps(described, indent=2))
    else:
        _print(described)
    return DONE


def _is_table(what: str) -> bool:
    """Whether it names a table, and no model nor the folder of a run."""
    from glassnet.data.datasets import DATASETS

    path = Path(what)
    if path.is_dir():
        return any(path.glob("*.parquet"))
    if not path.exists():
        return what == "-" or what in DATASETS or any(sign in what for sign in "*?")
    with path.open("rb") as file:
        start = file.read(10)
    return path.suffix != ".safetensors" and start[8:10] != b'{"'


def _inspect_table(
    what: str, table: str | None, query: str | None, reading: dict[str, Any], *, json: bool
) -> int:
    from glassnet.pipeline.read_table import read_table

    found = read_table(what, table=table, query=query, **reading_of(reading).given)
    if json:
        print(json_format.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        return DONE
    print(f"{printable(found.source)}: {found.rows:,} rows")
    width = max(len(printable(column.name)) for column in found.columns)
    for column in found.columns:
        missing = f", {column.missing:,} missing" if column.missing else ""
        examples = printable(", ".join(column.examples))
        name = f"{printable(column.name):{width}}"
        print(f"  {name}  {column.kind:8}  {column.decided}{missing}: {examples}")
    for note in found.notes:
        print(f"note: {printable(note)}")
    return DONE


def _print(described: dict[str, Any]) -> None:
    from rich.table import Table

    network = described["network"]
    sizes = "-".join(map(str, network["sizes"]))
    hidden = ", ".join(dict.fromkeys(network["activation"])) or "none"
    facts = {
        "file": f"{described['file']}, {described['bytes']:,} bytes, schema {described['schema']}",
        "sha256": described["sha256"],
        "network": f"{sizes}, {described['parameters']:,} parameters, {described['dtype']}",
        "hidden activation": hidden,
        "loss": network["loss"].replace("_", " "),
    }
    if described["columns"] is not None:
        columns = [f"{column['name']} ({column['kind']})" for column in described["columns"]]
        more = len(columns) - MOST_COLUMNS
        facts["columns"] = ", ".join(columns[:MOST_COLUMNS]) + (f" and {more} more" * (more > 0))
        facts["target"] = ", ".join(described["target"])
    if described["classes"] is not None:
        facts["classes"] = ", ".join(map(str, described["classes"]))
    if explanation := described["summary"].get("explanation"):
        facts["training"] = str(explanation)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, fact in facts.items():
        grid.add_row(name, plain(fact))
    console = printer()
    console.print(grid)
