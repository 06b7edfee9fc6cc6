"""The replay of a training: one HTML file in which time can be gone through, without a server."""

from __future__ import annotations

import gzip
from html import escape
from os import PathLike
from pathlib import Path
from struct import pack

import numpy as np

from glassnet.playground.replay.calculations import calculations
from glassnet.playground.replay.document import document
from glassnet.playground.replay.recorder import MOST_FRAMES, Recorder
from glassnet.playground.replay.source import ReplaySource
from glassnet.storage.atomic import replacing
from glassnet.training.run import Run

NOTEBOOK_FRAMES, NOTEBOOK_SHARE = 50, 0.25  # and of the calculations
NOTEBOOK_HEIGHT = 900  # pixels


def write_replay(run: Run, path: str | PathLike[str]) -> None:
    """Write the replay of a run to an HTML file.

    Raises InputError if it cannot be written there.
    """
    with replacing(Path(path)) as temporary:
        temporary.write_text(_of(run), encoding="utf-8")


def replay(source: ReplaySource, most_frames: int = MOST_FRAMES, share: float = 1.0) -> str:
    """The replay as HTML, with at most so many frames, and this share of the calculations."""
    recorder = Recorder(source, most_frames)
    frames = b"".join(pack("<Q", len(frame)) + frame for frame in recorder.frames())
    explained = calculations(recorder, share)
    packs = explained.pop("packs")
    scene = {**recorder.scene(), **explained, "diagnosis": source.diagnosis}
    parts = {
        "curves": gzip.compress(recorder.curves(), mtime=0),
        "frames": gzip.compress(frames, 6, mtime=0),
        **{f"explanations-{k}": part for k, part in enumerate(packs)},
    }
    return document(f"{scene['title']} - glassnet", scene, parts)


def in_notebook(run: Run) -> str:
    """The replay in a frame of its own, so that its style and its script stay apart."""
    html = _of(run, NOTEBOOK_FRAMES, NOTEBOOK_SHARE)
    return (
        f"<pre>{escape(repr(run))}</pre>"
        f'<iframe title="Replay of the training" srcdoc="{escape(html)}" sandbox="allow-scripts" '
        f'style="width:100%;height:{NOTEBOOK_HEIGHT}px;border:0" loading="lazy"></iframe>'
    )


def _of(run: Run, most_frames: int = MOST_FRAMES, share: float = 1.0) -> str:
    from glassnet.playground.replay.from_run import of_run  # which loads the pictures

    with np.errstate(all="ignore"):  # a training that diverged says so itself
        return replay(of_run(run), most_frames, share)
