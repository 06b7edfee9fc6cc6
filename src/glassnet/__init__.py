"""glassnet trains small neural networks and shows every number they compute.

The layers, from the ground up: `Network` describes, `Parameters` hold the numbers, `trace` shows
one pass of backpropagation, `train` runs it, `glassnet.pictures` draws it.
"""

from glassnet import datasets
from glassnet.backprop import Trace, trace
from glassnet.errors import InputError
from glassnet.gradient_check import (
    GradientCheck,
    GradientReport,
    gradient_check,
    gradient_report,
)
from glassnet.history import History
from glassnet.network import Network
from glassnet.optimizers import Adam, AdamW, GradientDescent
from glassnet.parameters import Parameters
from glassnet.train_many import ManyRuns, train_many
from glassnet.training import Run, Settings, Training, train

__version__ = "0.1.0"

__all__ = [
    "Adam",
    "AdamW",
    "GradientCheck",
    "GradientDescent",
    "GradientReport",
    "History",
    "InputError",
    "ManyRuns",
    "Network",
    "Parameters",
    "Run",
    "Settings",
    "Trace",
    "Training",
    "datasets",
    "gradient_check",
    "gradient_report",
    "trace",
    "train",
    "train_many",
]
