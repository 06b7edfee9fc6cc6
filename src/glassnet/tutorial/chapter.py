"""The tutorial as a chapter to hand out: a walk through one run, in pictures and numbers, as HTML.

The page is self-contained. Every number in it is the run's: the pictures are those of the demo,
the calculation is `explain`'s, and what the text says of the outcome depends on the outcome. The
text is in templates/chapter.html.j2.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import glassnet as gn
from glassnet.core.parameters import Array
from glassnet.explain import Explanation, explain
from glassnet.explain.render.html import document
from glassnet.training.history import counted
from glassnet.training.stop_reason import StopKind

if TYPE_CHECKING:
    from glassnet.pictures import Film

SAMPLE = 0  # the point whose calculation is shown
STILLS = 6  # frames of the film that are printed
COMPARED = {
    "Logistic regression": gn.Network((2, 1)),
    "2-3-3-1 with sigmoids": gn.Network((2, 3, 3, 1)),
}


@dataclass(frozen=True, eq=False)
class Material:
    """The contents of the chapter: the run and its points, and pictures as PNG by name.

    `pictures` holds "points", "network" and "boundary", and "loss" where there is a loss to draw;
    `film_file` is the name of the film beside the chapter, `advice` what to try if the run did
    not reach its goal.
    """

    run: gn.Run
    X: Array
    y: np.ndarray
    film: Film
    film_file: str
    pictures: Mapping[str, bytes]
    advice: str | None


def chapter(material: Material) -> str:
    """Return the chapter as one HTML page: data, network, one pass, training, outcome."""
    run, labels = material.run, material.y.tolist()
    calculation = explain(run, material.X, material.y, sample=SAMPLE, epoch=0)
    points = _points(material)
    sizes = "-".join(map(str, run.network.sizes))
    bending = sorted(set(run.network.activation) - {"identity"})
    return document(
        Path(__file__).with_name("templates"),
        "chapter.html.j2",
        title=f"A {sizes} network learns {len(labels)} points",
        advice=material.advice,
        bending=" and ".join(name.replace("_", " ") for name in bending),
        by_phase=_by_phase(calculation),
        calculation=calculation,
        epochs=counted(run.epochs),
        exercise=_exercise(),
        film={
            "file": material.film_file,
            "sprite": _data_uri(material.film.sprite(), "png"),
            "stills": _spread(len(material.film.epochs), STILLS),
        },
        first=_first(material, calculation),
        frames=_frames(material.film),
        loss=_loss(calculation),
        network=run.network,
        of_class=[labels.count(0), labels.count(1)],
        pictures=_pictures(material),
        points=points,
        right=sum(point["decision"] == point["label"] for point in points),
        run=run,
        sizes=sizes,
        window=_window(material),
    )


def _points(material: Material) -> list[dict[str, Any]]:
    """Each point with its class, the network's answer and its decision."""
    run, X, y = material.run, material.X, material.y
    columns = (*X.T, y, run.predict_probability(X), run.predict(X))
    names = ("x1", "x2", "label", "answer", "decision")
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _by_phase(calculation: Explanation) -> dict[str, list[Any]]:
    """The steps of each phase with their numbers."""
    return {numbered[0][1].phase: numbered for _, numbered in calculation.phases}


def _value(calculation: Explanation, name: str) -> float:
    """A result of one number, by its name."""
    results = (step.equation.result for step in calculation.steps)
    return next(float(result.values.item()) for result in results if result.name == name)


def _first(material: Material, calculation: Explanation) -> dict[str, Any]:
    """The point that is followed through the network, and what that answers."""
    answer = _value(calculation, f"a{material.run.network.n_layers}")
    x1, x2 = material.X[SAMPLE]
    label = int(material.y[SAMPLE])
    return {
        "x": f"{x1:g}, {x2:g}",
        "label": label,
        "answer": answer,
        "decision": int(answer >= 0.5),
    }


def _loss(calculation: Explanation) -> dict[str, float]:
    """The average loss before and after the update that is shown."""
    before, after = _value(calculation, "L"), _value(calculation, "new L")
    return {"before": before, "after": after, "is_finite": bool(np.isfinite(after))}


def _frames(film: Film) -> list[tuple[int, float | None]]:
    """The epoch of each frame of the film and the loss there, None where there is none."""
    losses = [None if np.isnan(loss) else float(loss) for loss in film.losses]
    return list(zip(film.epochs.tolist(), losses, strict=True))


def _spread(n_frames: int, wanted: int) -> list[int]:
    return sorted(set(np.linspace(0, n_frames - 1, wanted).round().astype(int).tolist()))


def _pictures(material: Material) -> dict[str, str | None]:
    """Every picture as an address that holds it; None where there is nothing to show."""
    images: dict[str, str | None] = {"loss": None, "landscape": None}
    images |= {name: _webp(png) for name, png in material.pictures.items()}
    if images["loss"] is not None:
        images["landscape"] = _landscape(material)
    return images


def _landscape(material: Material) -> str | None:
    """The way downhill, of a run that went downhill: else there is no valley to show."""
    from glassnet import pictures

    run, loss = material.run, material.run.history.loss
    if run.stop_reason.kind is StopKind.DIVERGED or run.epochs <= 2 or loss[-1] >= loss[0]:
        return None
    return _webp(pictures.loss_landscape(run, material.X, material.y)._repr_png_())


def _window(material: Material) -> dict[str, Any]:
    """The plane that the film shows, and the points in it, in the units of the data."""
    from glassnet.pictures.colours import TUTORIAL
    from glassnet.pictures.scatter import surroundings

    (left, right), (bottom, top) = surroundings(material.X)
    radius = (right - left) / 60
    return {
        "box": f"{left:g} {bottom:g} {right - left:g} {top - bottom:g}",
        "radius": f"{radius:g}",
        "stroke": f"{radius / 3:g}",
        "dots": [
            {"x": f"{x1:g}", "y": f"{top + bottom - x2:g}", "colour": TUTORIAL[label]}
            for (x1, x2), label in zip(material.X, material.y.tolist(), strict=True)
        ],
    }


@cache  # it is the same in every chapter
def _exercise() -> list[dict[str, str]]:
    """A straight boundary beside a bent one, on points that a line cannot separate."""
    from glassnet import pictures

    data = gn.datasets.moons(200, noise=0.1, seed=0)
    found = []
    for name, network in COMPARED.items():
        run = gn.train(
            network, data.X, data.y, optimizer=gn.GradientDescent(1.0), max_epochs=5000, seed=1
        )
        right = int((run.predict(data.X) == data.y).sum())
        display = pictures.decision_boundary(network, run.parameters, data.X, data.y, title=name)
        caption = f"{name}: {right} of {len(data.y)} right."
        found.append({"picture": _webp(display._repr_png_()), "caption": caption})
    return found


def _webp(png: bytes) -> str:
    from glassnet.pictures.display import as_webp

    return _data_uri(as_webp(png), "webp")


def _data_uri(image: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(image).decode()}"
