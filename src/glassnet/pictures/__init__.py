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
from glassnet.pictures.confusion import ConfusionDisplay, confusion_matrix
from glassnet.pictures.diagram import FACES, DiagramDisplay, network_diagram, three_faces
from glassnet.pictures.display import dark_paper
from glassnet.pictures.film import Film, training_film
from glassnet.pictures.landscape import LandscapeDisplay, loss_landscape
from glassnet.pictures.learning import LearningDisplay, learning_curves
from glassnet.pictures.loss import LossDisplay, loss_curve
from glassnet.pictures.many_runs import (
    ArrivalsDisplay,
    EffectsDisplay,
    EndsDisplay,
    FanDisplay,
    arrivals,
    final_losses,
    loss_fan,
    setting_effects,
)
from glassnet.pictures.parity import DifferencesDisplay, difference_curves
from glassnet.pictures.plane import Plane
from glassnet.pictures.regression import ResidualsDisplay, residuals
from glassnet.pictures.reliability import CalibrationDisplay, calibration
from glassnet.pictures.roc import RocDisplay, roc_curve
from glassnet.pictures.scatter import PointsDisplay, points
from glassnet.pictures.slice import SliceDisplay, boundary_slice
from glassnet.pictures.weight_map import WeightsDisplay, weights

__all__ = [
    "FACES",
    "ArrivalsDisplay",
    "BoundaryDisplay",
    "CalibrationDisplay",
    "ConfusionDisplay",
    "CurveDisplay",
    "DiagramDisplay",
    "DifferencesDisplay",
    "EffectsDisplay",
    "EndsDisplay",
    "FanDisplay",
    "Film",
    "LandscapeDisplay",
    "LearningDisplay",
    "LossDisplay",
    "Plane",
    "PointsDisplay",
    "ResidualsDisplay",
    "RocDisplay",
    "SliceDisplay",
    "WeightsDisplay",
    "arrivals",
    "boundary_slice",
    "calibration",
    "confusion_matrix",
    "dark_paper",
    "decision_boundary",
    "difference_curves",
    "final_losses",
    "fitted_curve",
    "learning_curves",
    "loss_curve",
    "loss_fan",
    "loss_landscape",
    "network_diagram",
    "points",
    "residuals",
    "roc_curve",
    "setting_effects",
    "three_faces",
    "training_film",
    "weights",
]
