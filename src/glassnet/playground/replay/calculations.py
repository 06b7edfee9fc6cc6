"""The explanations in a replay: of some samples at some epochs, computed beforehand.

The calculations of one epoch differ in their numbers alone. Cut into steps, with the same step of
all samples side by side, they take a fortieth of their size once they are compressed.
"""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import numpy as np

from glassnet.explain.render.html import fragment
from glassnet.playground.replay.recorder import Recorder

MOST_STEPS = 2600  # of all calculations together; each takes about half a millisecond to write
MOST_NUMBERS = 20_000  # parameters and outputs, of all of them together
MOST_SAMPLES = 30
MOST_EPOCHS, FEWEST_EPOCHS = 4, 2
STEPS_A_LAYER, STEPS_BESIDE = 8, 9  # of a calculation, about
_PIECE = re.compile(r"(?=<(?:span|code|section)\b)")


def calculations(recorder: Recorder) -> dict[str, Any]:
    """Which samples are explained after which epochs, and the packed explanations of each epoch."""
    rows, epochs = _chosen(recorder)
    return {
        "explained": rows,
        "explained_epochs": epochs,
        "packs": [_pack(recorder, rows, epoch) for epoch in epochs],
    }


def _chosen(recorder: Recorder) -> tuple[list[int], list[int]]:
    """Numbers of samples, and epochs: the start, the end, and some between by the loss."""
    if not len(recorder.rows) or not recorder.detail.explained:
        return [], []
    most = _most(recorder)
    rows = recorder.rows
    n_rows = min(len(rows), MOST_SAMPLES, most // FEWEST_EPOCHS)
    rows = rows[np.linspace(0, len(rows) - 1, n_rows).astype(int)]
    n_epochs = min(max(most // n_rows, FEWEST_EPOCHS), MOST_EPOCHS, len(recorder.epochs))
    return rows.tolist(), _epochs(recorder.epochs, n_epochs).tolist()


def _most(recorder: Recorder) -> int:
    """How many calculations there may be, by the steps and the numbers of each."""
    network = recorder.network
    steps = STEPS_A_LAYER * network.n_layers + STEPS_BESIDE
    assert recorder.source.samples is not None
    numbers = 3 * network.n_parameters + min(recorder.source.samples.Y.size, 2000)
    most = recorder.detail.explained * min(MOST_STEPS / steps, MOST_NUMBERS / numbers)
    return max(int(most), 2 * FEWEST_EPOCHS)


def _epochs(epochs: np.ndarray, n: int) -> np.ndarray:
    """n of the recorded epochs, at equal steps among them: they lie closer where more happens."""
    return epochs[np.linspace(0, len(epochs) - 1, n).astype(int)]


def _pack(recorder: Recorder, rows: list[int], epoch: int) -> bytes:
    """The explanations after one epoch, as compressed JSON.

    It lists, for one place in them after the other, the different pieces of HTML that stand there
    and which of these, by its number, is each sample's; null where it is the same in all.
    """
    source = recorder.source
    cut = [_PIECE.split(fragment(source.explanation(row, epoch))) for row in rows]
    longest = max(map(len, cut))
    places = [_place([p[k] if k < len(p) else "" for p in cut]) for k in range(longest)]
    return gzip.compress(json.dumps(places, ensure_ascii=False).encode(), 6, mtime=0)


def _place(pieces: list[str]) -> tuple[list[str], list[int] | None]:
    numbers = {piece: k for k, piece in enumerate(dict.fromkeys(pieces))}
    which = [numbers[piece] for piece in pieces]
    return list(numbers), None if len(numbers) == 1 else which
