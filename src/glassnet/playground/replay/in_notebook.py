"""What a notebook shows of a run: its replay, packed, in place of a still picture.

The picture is plain HTML. A script puts the replay in its place, in a frame of its own, so that its
style stays apart; where none may run, as in a notebook that is not trusted, the picture stays.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np

from glassnet.explain.render.html import document as filled_in
from glassnet.playground.replay import replay
from glassnet.playground.replay.from_run import of_run
from glassnet.playground.replay.recorder import Detail
from glassnet.playground.replay.source import ReplaySource
from glassnet.playground.replay.still import as_image, still
from glassnet.training.run import Run

MOST_CHARACTERS = 250_000
HEIGHT = 900  # pixels
FEWEST_FRAMES = 2
MOST_EXPLAINED = 60  # parameters of a network whose calculations fit, too
DETAIL = Detail(
    most_frames=20,
    fewest_frames=8,
    frame_bytes=50_000,
    most_parameters=400,
    most_numbers=200,
    most_work=2e7,
    neuron_cells=16,
    plane_cells=48,
    explained=0.02,
)


def in_notebook(run: Run) -> str:
    """Return the HTML that a notebook shows, of no more than so many characters."""
    detail = DETAIL if run.network.n_parameters <= MOST_EXPLAINED else replace(DETAIL, explained=0)
    with np.errstate(all="ignore"):  # a training that diverged says so itself
        source = of_run(run)
        html = _html(run, source, detail)
        while len(html) > MOST_CHARACTERS and detail.most_frames > FEWEST_FRAMES:
            detail = replace(
                detail,
                most_frames=max(detail.most_frames // 3, FEWEST_FRAMES),
                fewest_frames=FEWEST_FRAMES,
                neuron_cells=10,
                explained=0,
            )
            html = _html(run, source, detail)
        return html


def _html(run: Run, source: ReplaySource, detail: Detail) -> str:
    packed = gzip.compress(replay(source, detail).encode(), mtime=0)
    return filled_in(
        Path(__file__).with_name("templates"),
        "in_notebook.html.j2",
        text=repr(run),
        id=f"glassnet-{uuid4().hex}",
        still=as_image(still(source)),
        packed=b64encode(packed).decode(),
        height=HEIGHT,
    )
