"""The files themselves, each as bytes with its name and type."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.parameters import Array
from glassnet.models.model import Model, probabilities
from glassnet.playground.downloads.script import script
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.replay import replay

FILM_FRAMES = 120
FRAMES_A_SECOND = 12


class File(NamedTuple):
    """A file on its way to a visitor."""

    name: str
    type: str
    contents: bytes


class Kind(NamedTuple):
    """A kind of file: what ends its name, its type, how it is made, and what that takes."""

    ending: str
    type: str
    made: Callable[[Snapshot], bytes]
    needs: tuple[str, ...] = ()  # libraries


def file(what: str, snapshot: Snapshot) -> File:
    """One of the KINDS. Raises InputError where the training cannot be written as that."""
    kind = KINDS[what]
    return File(snapshot.name + kind.ending, kind.type, kind.made(snapshot))


def offered() -> list[str]:
    """The kinds that can be made here."""
    return [name for name, kind in KINDS.items() if all(map(_is_here, kind.needs))]


def _is_here(library: str) -> bool:
    return find_spec(library) is not None


def _model(snapshot: Snapshot) -> Model:
    """The network as it stands; its summary says what its inputs are."""
    summary = {
        "epochs": snapshot.epoch,
        "inputs": list(snapshot.inputs),
        "columns": [asdict(measure) for measure in snapshot.points.inputs],
        "target": asdict(snapshot.points.target),
        "classes": list(snapshot.points.classes),
    }
    return Model(snapshot.network, snapshot.parameters, snapshot.recipe, summary)


def _written(name: str, write: Callable[[Path], object]) -> bytes:
    """What is written to a file of this name."""
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()


def _safetensors(snapshot: Snapshot) -> bytes:
    from glassnet.models.model_file import save_model

    return _written("model.safetensors", lambda path: save_model(_model(snapshot), path))


def _onnx(snapshot: Snapshot) -> bytes:
    from glassnet.models.exports import export

    return _written("model.onnx", lambda path: export(_model(snapshot), "onnx", path))


def _script(snapshot: Snapshot) -> bytes:
    return script(snapshot).encode()


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """A CSV; numbers are written by repr, so that they read back as they were."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _data(snapshot: Snapshot) -> bytes:
    points, tests = snapshot.points, snapshot.held_out.any()
    names = [*(measure.name for measure in points.inputs), points.target.name]
    rows = [
        [*inputs, points.classes[int(target)] if points.classes else target]
        + (["yes" if held_out else "no"] if tests else [])
        for (inputs, target), held_out in zip(points.rows, snapshot.held_out, strict=True)
    ]
    return _table([*names, "held out"] if tests else names, rows)


def _history(snapshot: Snapshot) -> bytes:
    """The loss after so many epochs; the first update was computed from that of the start."""
    return _table(["epoch", "loss"], enumerate([*snapshot.losses.tolist(), snapshot.loss]))


def _picture(ending: str) -> Callable[[Snapshot], bytes]:
    return lambda snapshot: _written(f"picture.{ending}", lambda path: _draw(snapshot, path))


def _draw(snapshot: Snapshot, path: Path) -> None:
    """Network and boundary side by side, and below them the loss by epoch."""
    from glassnet import pictures
    from glassnet.pictures.display import new_figure

    with pictures.dark_paper() if snapshot.dark else nullcontext():
        heights = [2, 1] if snapshot.epoch else [1]
        figure = new_figure(11, 8 if snapshot.epoch else 5.4)
        grid = figure.add_gridspec(len(heights), 2, height_ratios=heights, width_ratios=[5, 4])
        drawn = pictures.network_diagram(
            snapshot.network,
            snapshot.parameters,
            names=snapshot.inputs,
            title="Network",
            ax=figure.add_subplot(grid[0, 0]),
        )
        _boundary(snapshot, figure.add_subplot(grid[0, 1]))
        if snapshot.epoch:
            pictures.loss_curve(snapshot.losses, log=True, ax=figure.add_subplot(grid[1, :]))
        drawn.save(path)


def _boundary(snapshot: Snapshot, ax: Any) -> None:
    from glassnet import pictures

    points, regression = snapshot.points, not snapshot.points.classes
    trained = snapshot.legs[-1].run
    y = trained.data[1]
    target = points.target

    def answers(places: Array) -> Array:
        inputs = snapshot.seen(places).astype(snapshot.parameters.vector.dtype)
        a = trained.engine.outputs(snapshot.network, snapshot.parameters, inputs)
        return target.mean + target.scale * a if regression else probabilities(snapshot.network, a)

    window = snapshot.source().window
    assert window is not None
    (left, bottom), (right, top) = window.low.tolist(), window.high.tolist()
    pictures.boundary_slice(
        answers,
        snapshot.trained,
        target.mean + target.scale * y if regression else y,
        names=window.names,
        classes=points.classes or (target.name,),
        regression=regression,
        extent=((left, right), (bottom, top)),
        title="Output",
        ax=ax,
    )


def _film(ending: str) -> Callable[[Snapshot], bytes]:
    def made(snapshot: Snapshot) -> bytes:
        from glassnet import pictures
        from glassnet.playground.downloads.film_plane import FilmPlane

        n = snapshot.network.sizes[0]
        names = (snapshot.points.inputs[0].name, snapshot.points.inputs[1].name)
        plane = FilmPlane((0, 1), np.zeros(n), np.zeros(n), np.ones(n), names, snapshot=snapshot)
        X, y, _ = snapshot.legs[-1].run.data
        with pictures.dark_paper() if snapshot.dark else nullcontext():
            film = pictures.training_film(
                snapshot.history(),
                X,
                y,
                every=max(snapshot.epoch // FILM_FRAMES, 1),
                rate=FRAMES_A_SECOND,
                scale="safe",
                plane=plane,
            )
        return _written(f"film.{ending}", film.save)

    return made


def _replay(snapshot: Snapshot) -> bytes:
    return replay(snapshot.source()).encode()


def _run(snapshot: Snapshot) -> bytes:
    """The folder of the run of the last training, as a zip."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        root = Path(folder) / snapshot.name
        snapshot.run().save(root)
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.iterdir()):
                archive.write(path, f"{snapshot.name}/{path.name}")
    return buffer.getvalue()


KINDS = {
    "model": Kind(".safetensors", "application/octet-stream", _safetensors),
    "onnx": Kind(".onnx", "application/octet-stream", _onnx, ("onnx",)),
    "script": Kind(".py", "text/x-python", _script),
    "data": Kind("-data.csv", "text/csv", _data),
    "history": Kind("-history.csv", "text/csv", _history),
    "png": Kind(".png", "image/png", _picture("png"), ("matplotlib",)),
    "svg": Kind(".svg", "image/svg+xml", _picture("svg"), ("matplotlib",)),
    "mp4": Kind(".mp4", "video/mp4", _film("mp4"), ("matplotlib", "av")),
    "gif": Kind(".gif", "image/gif", _film("gif"), ("matplotlib", "PIL")),
    "replay": Kind(".html", "text/html", _replay),
    "run": Kind(".zip", "application/zip", _run),
}
