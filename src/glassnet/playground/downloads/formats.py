"""The files themselves, each as bytes with its name and type."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import glassnet as gn
from glassnet.core.parameters import Array
from glassnet.models.model import probabilities
from glassnet.pictures.plane import Section
from glassnet.playground.downloads.script import script
from glassnet.playground.downloads.snapshot import Cargo
from glassnet.playground.replay import replay

FILM_FRAMES = 120
FRAMES_A_SECOND = 12


class File(NamedTuple):
    """A file on its way to a visitor."""

    name: str
    type: str
    contents: bytes


class Kind(NamedTuple):
    """A kind of file: what ends its name, its type, and how it is made."""

    ending: str
    type: str
    made: Callable[[Cargo], bytes]


def file(what: str, cargo: Cargo) -> File:
    """One of the KINDS. Raises InputError where the training cannot be written as that."""
    kind = KINDS[what]
    return File(cargo.name + kind.ending, kind.type, kind.made(cargo))


def _model(cargo: Cargo) -> gn.Model:
    """The network as it stands; its summary says what its inputs are."""
    summary = {
        "epochs": cargo.epoch,
        "inputs": list(cargo.inputs),
        "columns": [asdict(measure) for measure in cargo.points.inputs],
        "target": asdict(cargo.points.target),
        "classes": list(cargo.points.classes),
    }
    return gn.Model(cargo.network, cargo.parameters, cargo.recipe, summary)


def _written(name: str, write: Callable[[Path], object]) -> bytes:
    """What is written to a file of this name."""
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()


def _safetensors(cargo: Cargo) -> bytes:
    from glassnet.models.model_file import save_model

    return _written("model.safetensors", lambda path: save_model(_model(cargo), path))


def _onnx(cargo: Cargo) -> bytes:
    from glassnet.models.exports import export

    return _written("model.onnx", lambda path: export(_model(cargo), "onnx", path))


def _script(cargo: Cargo) -> bytes:
    return script(cargo).encode()


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """A CSV; numbers are written by repr, so that they read back as they were."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _data(cargo: Cargo) -> bytes:
    points, tests = cargo.points, cargo.held_out.any()
    names = [*(measure.name for measure in points.inputs), points.target.name]
    rows = [
        [*inputs, points.classes[int(target)] if points.classes else target]
        + (["yes" if held_out else "no"] if tests else [])
        for (inputs, target), held_out in zip(points.rows, cargo.held_out, strict=True)
    ]
    return _table([*names, "held out"] if tests else names, rows)


def _history(cargo: Cargo) -> bytes:
    return _table(["epoch", "loss"], enumerate(cargo.losses.tolist(), start=1))


def _picture(ending: str) -> Callable[[Cargo], bytes]:
    return lambda cargo: _written(f"picture.{ending}", lambda path: _draw(cargo, path))


def _draw(cargo: Cargo, path: Path) -> None:
    """Network and boundary side by side, and below them the loss by epoch."""
    from glassnet import pictures
    from glassnet.pictures.display import new_figure

    with pictures.dark_paper() if cargo.dark else nullcontext():
        heights = [2, 1] if cargo.epoch else [1]
        figure = new_figure(11, 8 if cargo.epoch else 5.4)
        grid = figure.add_gridspec(len(heights), 2, height_ratios=heights, width_ratios=[5, 4])
        drawn = pictures.network_diagram(
            cargo.network,
            cargo.parameters,
            names=cargo.inputs,
            title="Network",
            ax=figure.add_subplot(grid[0, 0]),
        )
        _boundary(cargo, figure.add_subplot(grid[0, 1]))
        if cargo.epoch:
            pictures.loss_curve(cargo.losses, log=True, ax=figure.add_subplot(grid[1, :]))
        drawn.save(path)


def _boundary(cargo: Cargo, ax: Any) -> None:
    from glassnet import pictures

    points, regression = cargo.points, not cargo.points.classes
    trained = cargo.legs[-1].run
    y = trained.data[1]
    target = points.target

    def answers(places: Array) -> Array:
        inputs = cargo.seen(places).astype(cargo.parameters.vector.dtype)
        a = trained.engine.outputs(cargo.network, cargo.parameters, inputs)
        return target.mean + target.scale * a if regression else probabilities(cargo.network, a)

    window = cargo.subject().window
    assert window is not None
    (left, bottom), (right, top) = window.low.tolist(), window.high.tolist()
    pictures.boundary_slice(
        answers,
        cargo.trained,
        target.mean + target.scale * y if regression else y,
        names=window.names,
        classes=points.classes or (target.name,),
        regression=regression,
        extent=((left, right), (bottom, top)),
        title="Output",
        ax=ax,
    )


@dataclass(frozen=True, eq=False)
class _Plane(Section):
    """The page's plane, of which the network sees features."""

    cargo: Cargo | None = None

    def inputs(self, points: Array) -> Array:
        """What the network sees at points (m, 2)."""
        assert self.cargo is not None
        return self.cargo.seen(points)

    def points(self, X: Array) -> Array:
        """Where the points lie that are trained on; X are those."""
        assert self.cargo is not None
        return self.cargo.trained


def _film(ending: str) -> Callable[[Cargo], bytes]:
    def made(cargo: Cargo) -> bytes:
        from glassnet import pictures

        n = cargo.network.sizes[0]
        names = (cargo.points.inputs[0].name, cargo.points.inputs[1].name)
        plane = _Plane((0, 1), np.zeros(n), np.zeros(n), np.ones(n), names, cargo=cargo)
        X, y, _ = cargo.legs[-1].run.data
        with pictures.dark_paper() if cargo.dark else nullcontext():
            film = pictures.training_film(
                cargo.history(),
                X,
                y,
                every=max(cargo.epoch // FILM_FRAMES, 1),
                rate=FRAMES_A_SECOND,
                scale="safe",
                section=plane,
            )
        return _written(f"film.{ending}", film.save)

    return made


def _replay(cargo: Cargo) -> bytes:
    return replay(cargo.subject()).encode()


def _run(cargo: Cargo) -> bytes:
    """The folder of the run of the last training, as a zip."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        root = Path(folder) / cargo.name
        cargo.run().save(root)
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.iterdir()):
                archive.write(path, f"{cargo.name}/{path.name}")
    return buffer.getvalue()


KINDS = {
    "model": Kind(".safetensors", "application/octet-stream", _safetensors),
    "onnx": Kind(".onnx", "application/octet-stream", _onnx),
    "script": Kind(".py", "text/x-python", _script),
    "data": Kind("-data.csv", "text/csv", _data),
    "history": Kind("-history.csv", "text/csv", _history),
    "png": Kind(".png", "image/png", _picture("png")),
    "svg": Kind(".svg", "image/svg+xml", _picture("svg")),
    "mp4": Kind(".mp4", "video/mp4", _film("mp4")),
    "gif": Kind(".gif", "image/gif", _film("gif")),
    "replay": Kind(".html", "text/html", _replay),
    "run": Kind(".zip", "application/zip", _run),
}
