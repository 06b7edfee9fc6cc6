"""The command `glassnet explain`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch, WholeNumber
from glassnet.cli.subject import run_or_demo
from glassnet.cli.text import printable
from glassnet.errors import InputError

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from glassnet.explain import Explanation

STYLES = {
    "title": "bold",
    "fact": "dim",
    "phase": "bold cyan",
    "step": "bold",
    "why": "italic",
    "rule": "yellow",
    "numbers": "green",
}


def explain(
    run: str,
    *,
    sample: WholeNumber | None = None,
    batch: Switch = False,
    epoch: WholeNumber | None = None,
    member: WholeNumber | None = None,
    full: Switch = False,
    digits: WholeNumber = 5,
    out: Path | None = None,
    json: Switch = False,
    markdown: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Show the complete calculation of one update: every equation with its numbers in it.

    Forward pass, loss, backward pass, sum over the samples, update, and the loss after it.

    Parameters
    ----------
    run
        Folder of a run, or demo for the tutorial's own training.
    sample
        Row of the training data, from 0, whose numbers are shown; 0 unless given.
    batch
        Show the whole batch in the place of one sample.
    epoch
        After how many epochs, from 0, the start; the end unless given.
    member
        Member of an ensemble, from 1, whose complete calculation is shown.
    full
        Show long layers whole.
    digits
        Significant digits; 17 for all.
    out
        File to write: .html, .md, .txt or .json.
    json
        Print JSON, with every number to its last digit.
    markdown
        Print Markdown.
    config
        TOML file with these settings in a table [explain].
    debug
        Show the traceback of an error.
    """
    from glassnet.explain import explain as explained

    _refuse_contradictions(sample, out, batch=batch, json=json, markdown=markdown)
    explanation = explained(
        run_or_demo(run, "explain", ensembles=True),
        sample=None if batch else sample or 0,
        epoch=epoch,
        member=member,
        full=full,
        digits=digits,
    )
    if out is not None:
        explanation.save(out)
        print(f"wrote {printable(out)}", file=sys.stderr)
    elif json:
        print(explanation.json())
    elif markdown:
        print(explanation.markdown())
    else:
        _print(explanation)
    return DONE


def _refuse_contradictions(
    sample: int | None, out: Path | None, *, batch: bool, json: bool, markdown: bool
) -> None:
    """Raise InputError for two options of which one would be ignored."""
    together = {
        "--sample and --batch": sample is not None and batch,
        "--json and --markdown": json and markdown,
        "--out, whose ending says the format, and --json": out is not None and json,
        "--out, whose ending says the format, and --markdown": out is not None and markdown,
    }
    for options, given in together.items():
        if given:
            raise InputError(f"There cannot be both {options}: leave one out.")


def _print(explanation: Explanation) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, emoji=False)
    for style, line in explanation.text_lines(console.width):
        console.print(Text(line, style=STYLES.get(style, "")), soft_wrap=True)
