"""The command `glassnet animate`."""

from __future__ import annotations

import sys
from pathlib import Path

from glassnet.cli import DONE
from glassnet.cli.parameters import Names, Switch
from glassnet.cli.text import printable


def animate(
    run: Path,
    *,
    out: Path = Path("training.mp4"),
    features: Names = None,
    held: str = "median",
    quiet: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
) -> int:
    """Film the boundary of a run, epoch by epoch.

    Parameters
    ----------
    run
        Folder of a run.
    out
        File for the film: .mp4, .gif or .webp.
    features
        Feature along an axis, given twice; the two that weigh most if left out.
    held
        Where the other features are held: median, mean, or the number of a sample.
    quiet
        Print nothing but errors.
    config
        TOML file with these settings in a table [animate].
    debug
        Show the traceback of an error.
    """
    from glassnet.cli.show import held_at
    from glassnet.pictures.run_pictures import Slice, film
    from glassnet.training.loading import load_run

    film(load_run(run), Slice(tuple(features or ()), held_at(held))).save(out)
    if not quiet:
        print(f"wrote {printable(out)}", file=sys.stderr)
    return DONE
