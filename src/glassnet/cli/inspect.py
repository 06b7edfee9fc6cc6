"""The command `glassnet inspect`."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Any

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch
from glassnet.cli.text import plain

MOST_COLUMNS = 20  # that are printed


def inspect(
    run: Path,
    *,
    json: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Tell what is in a model file, from wherever it may come: nothing in it is executed.

    Parameters
    ----------
    run
        A model file, or the folder of a run.
    json
        Print it as JSON.
    config
        TOML file with these settings in a table [inspect].
    debug
        Show the traceback of an error.
    """
    from glassnet.models.model_file import describe_model
    from glassnet.training.loading import model_path

    described = describe_model(model_path(run))
    if json:
        print(json_format.dumps(described, indent=2))
    else:
        _print(described)
    return DONE


def _print(described: dict[str, Any]) -> None:
    from rich.console import Console
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
    Console(highlight=False, emoji=False).print(grid)
