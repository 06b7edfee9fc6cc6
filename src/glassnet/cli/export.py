"""The command `glassnet export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch
from glassnet.cli.text import printable

ROWS = 100  # of the table that the export is checked on


def export(
    run: Path,
    format: Literal["onnx", "pytorch", "keras", "python", "c", "javascript"],
    *,
    out: Path | None = None,
    rows: str | None = None,
    quiet: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Write a model for use without glassnet, with all that turns a row into a prediction.

    Parameters
    ----------
    run
        Folder of a run, or a model file.
    format
        onnx, checked with onnxruntime; pytorch or keras, a source file with its weights beside
        it; python, c or javascript, one source file that needs nothing else.
    out
        File to write; unless named model.onnx, model_pytorch.py, model_keras.py, model.py, model.c
        or model.mjs.
    rows
        A table whose first rows the export is checked on; made-up rows unless named.
    quiet
        Print nothing but errors.
    config
        TOML file with these settings in a table [export].
    debug
        Show the traceback of an error.
    """
    from glassnet.models import exports
    from glassnet.pipeline.predict import first_rows
    from glassnet.training.loading import load_any_model

    model = load_any_model(run)
    sample = None if rows is None else first_rows(rows, model, ROWS)
    path = out or Path(exports.DEFAULT_NAMES[format])
    written = exports.export(model, format, path, sample)
    if not quiet:
        print(f"wrote {printable(', '.join(map(str, written)))}", file=sys.stderr)
    return DONE
