"""How good a model is on rows whose target is known: scores, and pictures of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.core import metrics
from glassnet.core.parameters import Array
from glassnet.core.samples import Samples
from glassnet.data.preprocessing import Target
from glassnet.engines import Dask, Engine
from glassnet.models.model import Model, class_probabilities, decisions
from glassnet.pipeline.predict import recipe_of
from glassnet.pipeline.samples import read_samples
from glassnet.pipeline.source import AS_WRITTEN, opened
from glassnet.storage.output_folder import output_folder, write_listing
from glassnet.tables.reading import Reading
from glassnet.tables.rows import MissingTarget
from glassnet.training.ensemble_run import EnsembleRun

if TYPE_CHECKING:
    from glassnet.pictures.display import Display

PROGRAM = "glassnet evaluate"
ROWS_AT_ONCE = 2**16


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model's predictions for rows against the truth.

    `y` (n,) are class numbers, or (n, n_outputs) values of a regression in the target's units;
    `predicted` is like it, and `probability` (n, n_classes), None for a regression. `names` are
    those of the classes, or of the outputs.
    """

    y: np.ndarray
    predicted: np.ndarray
    probability: Array | None
    names: Sequence[object]

    @property
    def scores(self) -> dict[str, Any]:
        """Every score by its name, as JSON values; nan, where one is not defined, as None."""
        scores = self._of_regression() if self.probability is None else self._of_classes()
        return {name: _plain(score) for name, score in scores.items()}

    @property
    def confusion(self) -> np.ndarray:
        """(n_classes, n_classes): how often each class, a row, was taken for each, a column."""
        return metrics.confusion_matrix(self.y, self.predicted, len(self.names))

    def pictures(self) -> dict[str, Display]:
        """The pictures of this evaluation by the names of their files."""
        from glassnet import pictures
        from glassnet.pictures.inputs import shown_name

        if self.probability is None:
            return {
                f"residuals{_suffix(name, self.names)}.png": pictures.residuals(
                    self.y[:, i], self.predicted[:, i], title=shown_name(name)
                )
                for i, name in enumerate(self.names)
            }
        p = self.probability[:, 1] if len(self.names) == 2 else self.probability
        return {
            "confusion_matrix.png": pictures.confusion_matrix(self.confusion, self.names),
            "roc.png": pictures.roc_curve(self.y, p, self.names),
            "calibration.png": pictures.calibration(self.y, p, self.names),
        }

    def _of_classes(self) -> dict[str, Any]:
        y, p = self.y, self.probability
        assert p is not None
        two = len(self.names) == 2
        by_class = metrics.class_scores(self.confusion)
        best = p.max(axis=1)
        promised = metrics.calibration(*((y == 1, p[:, 1]) if two else (self.predicted == y, best)))
        return {
            "rows": len(y),
            "accuracy": metrics.accuracy(y, self.predicted),
            "log_loss": metrics.log_loss(y, p),
            "roc_auc": metrics.roc_auc(y, p[:, 1] if two else p),
            "brier_score": metrics.brier_score(y, p),
            "calibration_error": promised.error,
            "classes": {
                str(name): {
                    "precision": by_class.precision[k],
                    "recall": by_class.recall[k],
                    "f1": by_class.f1[k],
                    "rows": int(by_class.support[k]),
                }
                for k, name in enumerate(self.names)
            },
            "confusion_matrix": self.confusion.tolist(),
        }

    def _of_regression(self) -> dict[str, Any]:
        scores = {"r2": metrics.r2, "mae": metrics.mae, "rmse": metrics.rmse}
        whole = {name: score(self.y, self.predicted) for name, score in scores.items()}
        by_output = {
            str(output): {
                name: score(self.y[:, i], self.predicted[:, i]) for name, score in scores.items()
            }
            for i, output in enumerate(self.names)
        }
        return {
            "rows": len(self.y),
            **whole,
            **({"outputs": by_output} if len(by_output) > 1 else {}),
        }


def evaluate(model: Model, X: Array, y: np.ndarray, engine: Engine | None = None) -> Evaluation:
    """Compare the model's answers for X (n, n_features) with y, as a recipe encodes it.

    `engine` is one that has X already, where it is not here. Raises InputError if X does not fit
    the model.
    """
    if isinstance(engine, Dask):
        a = engine.outputs(model.network, model.parameters, X)
    else:
        parts = range(0, len(X), ROWS_AT_ONCE)
        a = np.concatenate([model.outputs(X[i : i + ROWS_AT_ONCE]) for i in parts])
    return evaluation_of(model, a, y)


def evaluation_of(model: Model, a: Array, y: np.ndarray) -> Evaluation:
    """Compare outputs a (n, n_outputs) that a model has given with y, as a recipe encodes it."""
    target = model.recipe.target if model.recipe is not None else _plain_target(model)
    decided = decisions(model.network, a)
    if target.classes is None:
        true, predicted = (target.decode(v.reshape(len(a), -1)) for v in (np.asarray(y), decided))
        return Evaluation(true, predicted, None, target.names)
    p = class_probabilities(model.network, a)
    return Evaluation(np.asarray(y, np.intp).ravel(), decided, p, target.classes)


def evaluate_table(
    model: Model,
    data: Any,
    table: str | None = None,
    query: str | None = None,
    *,
    missing_target: MissingTarget = "refuse",
    reading: Reading | Mapping[str, Any] = AS_WRITTEN,
) -> tuple[Evaluation, tuple[str, ...]]:
    """Compare the model's answers with the target in a table; also, what was noted about its rows.

    Raises InputError for columns that are missing, the target's included.
    """
    with tempfile.TemporaryDirectory() as folder:
        recipe = recipe_of(model)
        with opened(data, table, query, reading=reading, recipe=recipe) as rows:
            read = read_samples(rows, recipe, Path(folder), missing_target=missing_target)
        assert read.training.y is not None
        return evaluate(model, read.training.X, read.training.y), (*rows.notes, *read.notes)


def evaluate_out_of_fold(run: EnsembleRun) -> Evaluation:
    """Compare the answers for each row of networks that had not seen it with the truth."""
    return evaluation_of(run.model, run.out_of_fold[run.rows], run.true_values)


def evaluate_samples(model: Model, samples: Samples, engine: Engine | None = None) -> Evaluation:
    """Compare the model's answers with samples as the mathematics takes them."""
    return evaluate(model, samples.X, samples.targets(model.network), engine)


def write_pictures(evaluation: Evaluation, folder: Path) -> list[str]:
    """Draw every picture into a folder; returns the names of the files."""
    drawn = evaluation.pictures()
    for name, display in drawn.items():
        display.save(folder / name)
    return list(drawn)


def write_evaluation(evaluation: Evaluation, folder: Path, *, force: bool = False) -> None:
    """Write a folder with the pictures, scores.json, and a summary.json that names them.

    Raises InputError, with nothing written, if the folder holds files of others (unless `force`).
    """
    with output_folder(folder, PROGRAM, force=force) as temporary:
        names = [*write_pictures(evaluation, temporary), "scores.json"]
        scores = json.dumps(evaluation.scores, indent=2) + "\n"
        (temporary / "scores.json").write_text(scores, encoding="utf-8")
        write_listing(temporary, PROGRAM, names)


def _plain_target(model: Model) -> Target:
    """Classes by number, and values as they are, for a model that was trained on arrays."""
    n_out = model.network.sizes[-1]
    if not model.network.is_regression:
        return Target(("class",), tuple(range(max(n_out, 2))), (), ())
    names = ("y",) if n_out == 1 else tuple(f"y{i}" for i in range(1, n_out + 1))
    return Target(names, None, (0.0,) * n_out, (1.0,) * n_out)


def _suffix(name: object, names: Sequence[object]) -> str:
    return "" if len(names) == 1 else f"_{list(names).index(name) + 1}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return None if np.isnan(value) else float(value)
    return value
