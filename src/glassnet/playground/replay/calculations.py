"""The explanations that a replay holds: of some samples at some moments, computed beforehand.

The calculations of one moment differ in their numbers alone. Cut into steps, with the same step of
all samples side by side, they take a fortieth of their size once they are compressed.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np

from glassnet.explain.html import fragment
from glassnet.parameters import Array
from glassnet.playground.replay.recording import Recording

MOST_STEPS = 2600  # of all calculations together; each takes about half a millisecond to write
MOST_SAMPLES = 30
MOST_MOMENTS, FEWEST_MOMENTS = 4, 2
STEPS_A_LAYER, STEPS_BESIDE = 8, 9  # of a calculation, about
CUT = '<section class="gn-step"'  # where a step begins


def calculations(recording: Recording, most_steps: int = MOST_STEPS) -> dict[str, Any]:
    """Which samples are explained after which epochs, and the packed explanations of each epoch."""
    rows, epochs = _chosen(recording, most_steps)
    return {
        "explained": rows,
        "explained_epochs": epochs,
        "packs": [_pack(recording, rows, epoch) for epoch in epochs],
    }


def _chosen(recording: Recording, most_steps: int) -> tuple[list[int], list[int]]:
    """Numbers of samples, and epochs: the start, the end, and some between by the loss."""
    if not len(recording.rows):
        return [], []
    each = STEPS_A_LAYER * recording.network.n_layers + STEPS_BESIDE
    most = max(most_steps // each, FEWEST_MOMENTS)
    rows = recording.rows
    n_rows = min(len(rows), MOST_SAMPLES, max(most // FEWEST_MOMENTS, 1))
    rows = rows[np.linspace(0, len(rows) - 1, n_rows).astype(int)]
    n_moments = min(max(most // n_rows, FEWEST_MOMENTS), MOST_MOMENTS, len(recording.epochs))
    return rows.tolist(), _moments(recording.epochs, n_moments).tolist()


def _moments(epochs: np.ndarray, n: int) -> Array:
    """n of the recorded epochs, at equal steps among them: they lie closer where more happens."""
    return epochs[np.linspace(0, len(epochs) - 1, n).astype(int)]


def _pack(recording: Recording, rows: list[int], epoch: int) -> bytes:
    """The explanations after one epoch, as compressed JSON: [step][sample] pieces of HTML."""
    subject = recording.subject
    cut = [fragment(subject.explanation(row, epoch)).split(CUT) for row in rows]
    longest = max(map(len, cut))
    steps = [[pieces[k] if k < len(pieces) else None for pieces in cut] for k in range(longest)]
    text = json.dumps(steps, ensure_ascii=False)
    return gzip.compress(text.encode(), 6, mtime=0)
