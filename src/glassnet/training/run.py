"""A finished training: parameters, history, and predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples, checked_samples
from glassnet.data.preprocessing import Recipe
from glassnet.engines.dask_collections import is_collection
from glassnet.engines.interface import Engine, TrainingState
from glassnet.errors import InputError, check_fields
from glassnet.models.model import Model, decisions, probabilities
from glassnet.optim.early_stopping import Patience
from glassnet.training.checkpoint import Checkpoint, checkpoint_of, origin
from glassnet.training.history import History, counted
from glassnet.training.run_folder import write_run
from glassnet.training.settings import Settings
from glassnet.training.stop_reason import StopReason

MOST_NOTES = 5  # that are shown
NOT_SAVED = "The samples of this run were too large to be saved along with it: give X and y."


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A finished training: the network with its parameters, and how it came to them.

    Parameters
    ----------
    network : Network
        The network.
    settings : Settings
        How it was trained.
    start : Parameters
        What the training began with.
    parameters : Parameters
        What it kept: those after epoch `kept_epoch`; after a divergence those that gave the last
        finite loss.
    history : History
        Losses, measures and snapshots of the parameters by epoch.
    epochs : int
        How many epochs were done.
    kept_epoch : int
        The last, or with patience and validation data the best.
    stop_reason : StopReason
        Why it ended: its `kind` is a `StopKind`, its text reads "loss below 0.005", "max_epochs",
        "no improvement", "settled", "interrupted" or "diverged".
    explanation : str
        The same in a sentence.
    engine : Engine
        What computed.
    samples : Samples, optional
        What it was trained on, as the mathematics takes them; a run that was loaded has them if
        they were small enough to be saved.
    validation : Samples, optional
        What it was measured on.
    state : TrainingState
        The training's own at its end.
    patience : Patience
        What early stopping has seen.
    recipe : Recipe, optional
        How a table becomes X, if it was one.
    notes : tuple of str
        What was decided in reading it although another reading was possible.
    known_origin : dict, optional
        The origin where the data are gone with the cluster that had them.
    """

    network: Network
    settings: Settings
    start: Parameters
    parameters: Parameters
    history: History
    epochs: int
    kept_epoch: int
    stop_reason: StopReason
    explanation: str
    engine: Engine
    samples: Samples | None
    validation: Samples | None
    state: TrainingState
    patience: Patience
    recipe: Recipe | None = None
    notes: tuple[str, ...] = ()
    known_origin: dict[str, Any] | None = None
    _repr_html_: ClassVar[Callable[[Run], str]]  # what notebooks show: attached by `glassnet`

    def __post_init__(self) -> None:
        check_fields(self)

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.network.sizes))
        loss = f", loss {self.history.loss[-1]:.6g}" if len(self.history.loss) else ""
        shown = [f"\n  note: {note:.90}" for note in self.notes[:MOST_NOTES]]
        more = len(self.notes) - MOST_NOTES
        if more > 0:
            shown.append(f"\n  and {more} more in notes")
        return f"Run({sizes}, {counted(self.epochs)}, {self.stop_reason}{loss})" + "".join(shown)

    def outputs(self, X: ArrayLike) -> Array:
        """Return the last layer's a for each row.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        array of shape (n_samples, n_outputs)
            The outputs.
        """
        if is_collection(X):
            return self.model.outputs(X)
        samples = checked_samples(self.network, X, self.settings.dtype)
        return self.engine.outputs(self.network, self.parameters, samples)

    def predict_probability(self, X: ArrayLike) -> Array:
        """Return the probability of each class for each row.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_classes)
            P(class 1) for two classes, else P of each class.
        """
        if is_collection(X):
            return self.model.predict_probability(X)
        return probabilities(self.network, self.outputs(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the class number of each row, or the values of a regression as it was trained.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            Class numbers (int) or values.
        """
        if is_collection(X):
            return self.model.predict(X)
        return decisions(self.network, self.outputs(X))

    @property
    def data(self) -> tuple[Array, np.ndarray, Array | None]:
        """X, y and the weights that it was trained on, as `train` takes them.

        The weights are those that training counted by, class weights included. Raises InputError
        for a loaded run whose samples were too large to be saved.
        """
        if self.samples is None:
            raise InputError(NOT_SAVED)
        return self.samples.X, self.samples.targets(self.network), self.samples.weight

    @property
    def measures(self) -> dict[str, dict[str, float]]:
        """Measures with the kept parameters, by "validation" and "training"."""
        at = self.kept_epoch - 1
        return {
            where: {name: float(values[at]) for name, values in by_name.items()}
            for where, by_name in (
                ("validation", self.history.validation),
                ("training", self.history.training),
            )
            if by_name and at >= 0
        }

    @property
    def losses(self) -> dict[str, Array]:
        """The loss of each epoch; with class weights without them, beside the "weighted loss"."""
        measured = self.history.training.get("loss")
        if self.settings.class_weight is None or measured is None:
            return {"loss": self.history.loss}
        return {"loss": measured, "weighted loss": self.history.loss}

    @property
    def summary(self) -> dict[str, Any]:
        """How it was trained, as JSON values: what a model file keeps of it."""
        return {
            "epochs": self.epochs,
            "kept_epoch": self.kept_epoch,
            "stop_reason": self.stop_reason,
            "explanation": self.explanation,
            **{
                name.replace(" ", "_"): float(values[-1]) if len(values) else None
                for name, values in self.losses.items()
            },
            "seed": self.settings.seed,
            "engine": self.engine.name,
            **({"notes": list(self.notes)} if self.notes else {}),
            **self.measures,
        }

    @cached_property
    def origin(self) -> dict[str, Any]:
        """Network, settings and fingerprints of the data: see `checkpoint.origin`.

        `known_origin` where the data are gone with the cluster that had them.
        """
        return origin(self) if self.known_origin is None else self.known_origin

    @property
    def model(self) -> Model:
        """Network, parameters and recipe: what predicting needs."""
        return Model(self.network, self.parameters, self.recipe, self.summary)

    def to_local(self) -> Run:
        """Return the same run without a cluster.

        Returns
        -------
        Run
            Its engine computes in this process.
        """
        return replace(self, engine=self.engine.to_local())

    def checkpoint(self) -> Checkpoint:
        """Return the training without its data.

        Returns
        -------
        Checkpoint
            What `Training.resume` continues from.
        """
        return checkpoint_of(self)

    def save(self, folder: str | PathLike[str], *, force: bool = False) -> None:
        """Write a folder that `glassnet.load` and the command line read: model, history, state.

        The samples are written along if they take less than 64 MiB.

        Parameters
        ----------
        folder : path
            The folder.
        force : bool
            Write into it although it holds files of others.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        write_run(self, folder, force=force)
