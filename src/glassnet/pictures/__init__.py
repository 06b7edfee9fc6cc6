"""Pictures of data, networks and trainings.

Every function takes `ax=` to draw into axes of your own, and returns a display object that keeps
the arrays it drew, with `ax_` and `figure_`; `display.save("x.png")` writes it. Without `ax` a
plain figure is made that needs no screen. Colours of text and paper follow matplotlib's style.
"""

from glassnet.pictures.boundary import (
    BoundaryDisplay,
    CurveDisplay,
    decision_boundary,
    fitted_curve,
)
from glassnet.pictures.diagram import FACES, DiagramDisplay, network_diagram, three_faces
from glassnet.pictures.film import Film, training_film
from glassnet.pictures.landscape import LandscapeDisplay, loss_landscape
from glassnet.pictures.loss import LossDisplay, loss_curve
from glassnet.pictures.parity import DifferencesDisplay, difference_curves
from glassnet.pictures.scatter import PointsDisplay, points

__all__ = [
    "FACES",
    "BoundaryDisplay",
    "CurveDisplay",
    "DiagramDisplay",
    "DifferencesDisplay",
    "Film",
    "LandscapeDisplay",
    "LossDisplay",
    "PointsDisplay",
    "decision_boundary",
    "difference_curves",
    "fitted_curve",
    "loss_curve",
    "loss_landscape",
    "network_diagram",
    "points",
    "three_faces",
    "training_film",
]
