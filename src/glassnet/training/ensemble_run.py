"""A finished cross-fitting: the ensemble, what was tried, and how good it is on rows held out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.activations import sigmoid, softmax
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.data.encodings import feature_sets, without_knots
from glassnet.data.preprocessing import Recipe
from glassnet.errors import InputError
from glassnet.models.ensemble import Ensemble
from glassnet.models.model import Model, class_probabilities, decisions
from glassnet.training.checkpoint import Checkpoint
from glassnet.training.cross_fitting import CrossFitting
from glassnet.training.run_folder import write_run
from glassnet.training.selection import Score, mean_score, r2_score, root_score, share_score
from glassnet.training.settings import Settings

MOST_NOTES = 5  # that are shown


@dataclass(frozen=True)
class Trial:
    """A candidate that was tried: its loss on rows held out, and what it counts."""

    name: str
    folds: int
    loss: Score
    weight: float


@dataclass(frozen=True, eq=False, repr=False)
class EnsembleRun:
    """A finished training of several networks that predict together.

    Parameters
    ----------
    ensemble : Ensemble
        The networks of all folds of the candidates that were chosen.
    settings : Settings
        How each was trained, but for penalty and dropout.
    tried : tuple of Trial
        What was tried, what it got, and what it counts.
    out_of_fold : array of shape (n_samples, n_outputs)
        The outputs for each row of networks that had not seen it; nan where there are none.
    targets : array of shape (n_samples, n_outputs)
        What they are compared with.
    fold_of : array of shape (n_samples,)
        The fold that held each row out, from 1; 0 where none did.
    samples : Samples, optional
        The rows; a run that was loaded has them if they were small enough to be saved.
    recipe : Recipe, optional
        How a table becomes X, if it was one.
    notes : tuple of str
        What was decided in reading it.
    engine : str
        What computed.
    """

    ensemble: Ensemble
    settings: Settings
    tried: tuple[Trial, ...]
    out_of_fold: Array
    targets: Array
    fold_of: np.ndarray
    samples: Samples | None
    recipe: Recipe | None = None
    notes: tuple[str, ...] = ()
    engine: str = "auto"
    validation: None = None

    @classmethod
    def of(
        cls, fitting: CrossFitting, recipe: Recipe | None = None, notes: tuple[str, ...] = ()
    ) -> EnsembleRun:
        """Return the run of a cross-fitting that is done."""
        selection = fitting.selection
        tried = (
            Trial(one.candidate.name, one.folds, one.loss, one.weight) for one in selection.tried
        )
        return cls(
            selection.ensemble,
            fitting.settings,
            tuple(tried),
            outputs_of(fitting.network, selection.logits),
            np.asarray(fitting.samples.Y, np.float64),
            fold_numbers(fitting),
            fitting.samples,
            recipe,
            (*notes, *fitting.notes),
            fitting.engine.name,
        )

    def __repr__(self) -> str:
        score = self.scores_text
        shown = [f"\n  note: {note:.90}" for note in self.notes[:MOST_NOTES]]
        more = len(self.notes) - MOST_NOTES
        if more > 0:
            shown.append(f"\n  and {more} more in notes")
        return f"EnsembleRun({len(self.ensemble.members)} networks, {score})" + "".join(shown)

    @property
    def network(self) -> Network:
        """The one network that the members are side by side."""
        return self.ensemble.network

    @property
    def parameters(self) -> Parameters:
        """Its parameters."""
        return self.ensemble.parameters

    @cached_property
    def model(self) -> Model:
        """What predicting needs."""
        return Model.of_ensemble(self.ensemble, self.recipe, self.summary)

    def outputs(self, X: ArrayLike) -> Array:
        """Return the outputs a for each row: see `Model.outputs`."""
        return self.model.outputs(X)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the class number of each row, or its values: see `Model.predict`."""
        return self.model.predict(X)

    def predict_probability(self, X: ArrayLike) -> Array:
        """Return the probability of each class: see `Model.predict_probability`."""
        return self.model.predict_probability(X)

    def pruned(self) -> EnsembleRun:
        """Return the run without the pieces of numbers that none of its members takes."""
        if self.recipe is None:
            return self
        standardised = feature_sets(self.recipe)["standardised"]
        taken = {i for member in self.ensemble.members for i in member.features}
        if not taken <= set(standardised):
            return self
        place = {feature: i for i, feature in enumerate(standardised)}
        members = tuple(
            replace(member, features=tuple(place[i] for i in member.features))
            for member in self.ensemble.members
        )
        ensemble = replace(self.ensemble, members=members, n_features=len(standardised))
        samples = self.samples
        if samples is not None:
            samples = samples._replace(X=np.ascontiguousarray(samples.X[:, standardised]))
        return replace(self, ensemble=ensemble, recipe=without_knots(self.recipe), samples=samples)

    @property
    def true_values(self) -> np.ndarray:
        """The targets of `rows` as a recipe encodes them: class numbers, or values."""
        y = self.targets[self.rows]
        if self.network.is_regression:
            return np.asarray(y)
        labels: np.ndarray = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(np.intp)
        return labels

    @property
    def rows(self) -> np.ndarray:
        """The rows that networks have predicted which had not seen them."""
        return np.flatnonzero(~np.isnan(self.out_of_fold[:, 0]))

    @cached_property
    def scores(self) -> dict[str, Score]:
        """Scores with their 95 % intervals, on rows that the networks had not seen.

        Accuracy and log loss of classes; R2, and in the units of the target the root mean squared
        and the mean absolute error, of a regression.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # of networks that diverged
            return self._scores()

    def _scores(self) -> dict[str, Score]:
        a, y = self.out_of_fold[self.rows], self.targets[self.rows]
        if self.network.is_regression:
            scale = np.array(self.recipe.target.scale) if self.recipe is not None else 1.0
            error, y = (a - y) * scale, y * scale
            return {
                "r2": r2_score(error.ravel(), (y - y.mean(axis=0)).ravel()),
                "rmse": root_score(np.square(error).mean(axis=1)),
                "mae": mean_score(np.abs(error).mean(axis=1)),
            }
        labels = self.true_values
        p = class_probabilities(self.network, a)[np.arange(len(a)), labels]
        return {
            "accuracy": share_score(decisions(self.network, a) == labels),
            "log_loss": mean_score(-np.log(np.maximum(p, np.finfo(float).tiny))),
        }

    @property
    def scores_text(self) -> str:
        """The first score with its interval, in words."""
        name, score = next(iter(self.scores.items()))
        shown = "R2" if name == "r2" else name.replace("_", " ")
        return f"{shown} {score.value:.4g} ({score.low:.4g} to {score.high:.4g}) on rows held out"

    @property
    def explanation(self) -> str:
        """In a sentence what came of the training."""
        counted = [one for one in self.tried if one.weight > 0]
        return (
            f"{len(self.tried)} candidates were tried on folds of the rows; {len(counted)} of them "
            f"predict together, by {len(self.ensemble.members)} networks."
        )

    @property
    def summary(self) -> dict[str, Any]:
        """How it was trained, as JSON values: what a model file keeps of it."""
        return {
            "explanation": self.explanation,
            "epochs": self.settings.max_epochs,
            "seed": self.settings.seed,
            "engine": self.engine,
            "out_of_fold": {
                "rows": len(self.rows),
                **{name: list(map(_finite, score)) for name, score in self.scores.items()},
            },
            "tried": [
                {
                    "name": one.name,
                    "folds": one.folds,
                    "loss": list(map(_finite, one.loss)),
                    "weight": one.weight,
                }
                for one in self.tried
            ],
            "temperature": self.ensemble.temperature,
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def checkpoint(self) -> Checkpoint:
        """Return what a folder keeps besides the model and the samples."""
        arrays = {
            "out_of_fold": self.out_of_fold,
            "targets": self.targets,
            "fold_of": self.fold_of,
        }
        facts = {
            "settings": json.loads(self.settings.to_json()),
            "tried": [[one.name, one.folds, list(one.loss), one.weight] for one in self.tried],
        }
        return Checkpoint(arrays, facts)

    @classmethod
    def restored(
        cls, model: Model, saved: Checkpoint, summary: dict[str, Any], samples: Samples | None
    ) -> EnsembleRun:
        """Return the run that a folder holds. Raises InputError if its files do not fit."""
        if model.ensemble is None:
            raise InputError("The model of this folder is no ensemble, but its state is of one.")
        return cls(
            model.ensemble,
            Settings.from_json(json.dumps(saved.facts["settings"])),
            tuple(
                Trial(name, folds, Score(*loss), weight)
                for name, folds, loss, weight in saved.facts["tried"]
            ),
            saved.arrays["out_of_fold"],
            saved.arrays["targets"],
            saved.arrays["fold_of"],
            samples,
            model.recipe,
            tuple(map(str, summary.get("notes", ()))),
            summary["engine"],
        )

    def save(self, folder: str | PathLike[str], *, force: bool = False) -> None:
        """Write a folder that `glassnet.load` and the command line read.

        Parameters
        ----------
        folder : str or path
            Where to.
        force : bool
            Write into a folder with files of others.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        write_run(self, folder, force=force)


def fold_numbers(fitting: CrossFitting) -> np.ndarray:
    """Return the fold that held each row out, from 1; 0 where none did."""
    numbers = np.zeros(len(fitting.samples.X), np.int64)
    for number, fold in enumerate(fitting.folds, 1):
        numbers[fold.held_out] = number
    return numbers


def outputs_of(network: Network, z: Array) -> Array:
    """Return the outputs a of logits z (n, n_outputs) of the last layer."""
    match network.output_activation:
        case "sigmoid":
            return sigmoid(z)
        case "softmax":
            return softmax(z.T).T
        case "exp":
            return np.exp(z)
    return z


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
