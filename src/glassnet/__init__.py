"""glassnet trains small neural networks and shows every number they compute.

The layers, from the ground up: `Network` describes, `Parameters` hold the numbers, `trace` shows
one pass of backpropagation, `train` runs it, `glassnet.pictures` draws it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glassnet.core.backprop import Trace, trace
from glassnet.core.gradient_check import (
    GradientCheck,
    GradientReport,
    gradient_check,
    gradient_report,
)
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.data import datasets
from glassnet.errors import InputError
from glassnet.models.model import Model
from glassnet.optim import schedules
from glassnet.optim.optimizers import LBFGS, Adam, AdamW, GradientDescent, RMSprop
from glassnet.training.history import History
from glassnet.training.loading import load
from glassnet.training.run import Run
from glassnet.training.settings import Settings
from glassnet.training.train_many import ManyRuns, train_many
from glassnet.training.training import Training, train

if TYPE_CHECKING:
    from glassnet.explain import diagnose
    from glassnet.pipeline.predict import predict_table
    from glassnet.pipeline.read_table import read_table
    from glassnet.pipeline.train_table import train_table
    from glassnet.playground.play import play

__version__ = "0.1.0"

__all__ = [
    "LBFGS",
    "Adam",
    "AdamW",
    "GradientCheck",
    "GradientDescent",
    "GradientReport",
    "History",
    "InputError",
    "ManyRuns",
    "Model",
    "Network",
    "Parameters",
    "RMSprop",
    "Run",
    "Settings",
    "Trace",
    "Training",
    "datasets",
    "diagnose",
    "gradient_check",
    "gradient_report",
    "load",
    "play",
    "predict_table",
    "read_table",
    "schedules",
    "trace",
    "train",
    "train_many",
    "train_table",
]

# What is imported when it is first used, so that `import glassnet` stays quick.
_LATER = {
    "diagnose": "glassnet.explain",
    "play": "glassnet.playground.play",
    "predict_table": "glassnet.pipeline.predict",
    "read_table": "glassnet.pipeline.read_table",
    "train_table": "glassnet.pipeline.train_table",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'glassnet' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def _replay(run: Run) -> str:
    """Return the replay of a training, as notebooks show it."""
    from glassnet.playground.replay.in_notebook import in_notebook

    return in_notebook(run)


def _watch(training: Training) -> Any:
    """Let the training go on in the background, and return a widget that shows it in a notebook.

    Parameters
    ----------
    training : Training
        The training itself.

    Returns
    -------
    anywidget.AnyWidget
        Boundary, loss, epochs a second and a stop button; `wait()` returns the run.
    """
    from glassnet.playground.play import watch

    return watch(training)


# What draws stands above the run and the training.
Run._repr_html_ = _replay
Training.watch = _watch
