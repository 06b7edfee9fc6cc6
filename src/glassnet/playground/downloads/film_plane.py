"""The page's plane as films draw it: what the network sees of it are features."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.core.parameters import Array
from glassnet.pictures.plane import Plane
from glassnet.playground.downloads.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class FilmPlane(Plane):
    """The page's plane, of which the network sees features."""

    snapshot: Snapshot | None = None

    def inputs(self, points: Array) -> Array:
        """What the network sees at points (m, 2)."""
        assert self.snapshot is not None
        return self.snapshot.seen(points)

    def points(self, X: Array) -> Array:
        """Where the points lie that are trained on; X are those."""
        assert self.snapshot is not None
        return self.snapshot.trained
