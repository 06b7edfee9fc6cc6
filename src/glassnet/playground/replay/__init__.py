"""The replay of a training: one HTML file in which time can be gone through, without a server."""

from __future__ import annotations

import gzip
from os import PathLike
from pathlib import Path
from struct import pack

import numpy as np

from glassnet.playground.replay.calculations import calculations
from glassnet.playground.replay.document import document
from glassnet.playground.replay.recorder import FILE, Detail, Recorder
from glassnet.playground.replay.source import MOST_DIAGNOSED, ReplaySource
from glassnet.storage.atomic import replacing
from glassnet.training.run import Run


def write_replay(run: Run, path: str | PathLike[str]) -> None:
    """Write the replay of a run to an HTML file.

    Raises InputError if it cannot be written there.
    """
    with replacing(Path(path)) as temporary:
        temporary.write_text(_of(run), encoding="utf-8")


def replay(source: ReplaySource, detail: Detail = FILE) -> str:
    """The replay as HTML."""
    recorder = Recorder(source, detail)
    frames = b"".join(pack("<Q", len(frame)) + frame for frame in recorder.frames())
    explained = calculations(recorder)
    packs = explained.pop("packs")
    diagnosis = source.diagnosis(min(detail.most_work, MOST_DIAGNOSED))
    scene = {**recorder.scene(), **explained, "diagnosis": diagnosis}
    parts = {
        "curves": gzip.compress(recorder.curves(), mtime=0),
        "frames": gzip.compress(frames, 6, mtime=0),
        **{f"explanations-{k}": part for k, part in enumerate(packs)},
    }
    return document(f"{scene['title']} - glassnet", scene, parts)


def _of(run: Run) -> str:
    from glassnet.playground.replay.from_run import of_run  # which loads the pictures

    with np.errstate(all="ignore"):  # a training that diverged says so itself
        return replay(of_run(run))
