"""Training on a table: rows become samples, what was left open is chosen, a folder keeps it all."""

from __future__ import annotations

import csv
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.data.encodings import feature_sets
from glassnet.data.preprocessing import Recipe
from glassnet.engines import Dask, choose_for
from glassnet.engines.cluster import connected
from glassnet.engines.interface import Engine
from glassnet.errors import InputError
from glassnet.explain.diagnosis import MOST_ROWS, Diagnosis, diagnose
from glassnet.optim.schedules import Cosine
from glassnet.pictures.run_pictures import run_pictures
from glassnet.pipeline.cross_fit import FoldedSamples, fitting_of, folded_samples
from glassnet.pipeline.evaluate import (
    Evaluation,
    evaluate,
    evaluate_out_of_fold,
    evaluate_samples,
    write_pictures,
)
from glassnet.pipeline.log import write_log
from glassnet.pipeline.request import Request
from glassnet.pipeline.samples import read_samples, with_validation_table
from glassnet.pipeline.settings_file import write_settings
from glassnet.pipeline.source import opened, target_of
from glassnet.storage.output_folder import held, output_folder
from glassnet.tables import EncodedRows, Table, fit_recipe
from glassnet.training.auto_settings import Automatic
from glassnet.training.checkpoint import Checkpoint
from glassnet.training.cross_fitting import CrossFitting, with_folds_progress
from glassnet.training.effort import trial
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.run import Run
from glassnet.training.run_folder import (
    CHECKPOINT,
    PROGRAM,
    STATE,
    load_state,
    save_state,
    write_run_files,
    write_summary,
)
from glassnet.training.settings import WHEN_TO_STOP, Settings
from glassnet.training.training import Training
from glassnet.training.training import with_progress as with_epochs_progress

HISTORY = "history.csv"
REPEAT = "settings.toml"
LOG = "training.log"
MEASURED_ON_A_CLUSTER = 2**20  # rows, whose outputs come here after every epoch; of more, the loss
Watch = Callable[[Training | CrossFitting], Iterable[Any]]


def with_progress(training: Training | CrossFitting, *, verbose: bool = True) -> Iterable[Any]:
    """Iterate over a training and show where somebody looks how far it is."""
    if isinstance(training, Training):
        return with_epochs_progress(training, verbose=verbose)
    return with_folds_progress(training, verbose=verbose)


@dataclass(frozen=True, eq=False)
class Plan:
    """The training about to start, with every decision, so that the reader may object.

    It is that of one network, or of the folds of an ensemble.
    """

    request: Request
    table: dict[str, Any]
    recipe: Recipe
    notes: tuple[str, ...]
    chosen: Automatic
    training: Training | CrossFitting
    held_out: EncodedRows | None

    def run(self) -> Run | EnsembleRun:
        """The run of the training, which is done, with how its table was read."""
        if isinstance(self.training, Training):
            return replace(self.training.run, recipe=self.recipe, notes=self.notes)
        run = EnsembleRun.of(self.training, self.recipe, self.notes)
        return run.pruned()


@dataclass(frozen=True, eq=False)
class TableRun:
    """The result: the run, its scores, and the summary written.

    `evaluation` is on the rows held out; where there are none, `out_of_fold` on those of an
    ensemble, each predicted by networks that had not seen it, or else `evaluation_of_training` on
    the rows it was trained on, which it may have memorised.
    """

    run: Run | EnsembleRun
    plan: Plan
    evaluation: Evaluation | None
    evaluation_of_training: Evaluation | None
    diagnoses: tuple[Diagnosis, ...]
    summary: dict[str, Any]
    out_of_fold: Evaluation | None = None


def train_on_table(
    request: Request,
    out: Path,
    *,
    force: bool = False,
    checkpoint: Checkpoint | None = None,
    checkpoint_seconds: float = 30.0,
    show: Callable[[Plan], None] = lambda plan: None,
    watch: Watch = iter,
) -> TableRun:
    """Train as requested and write the folder `out`; from a `checkpoint`, go on where it is.

    Every `checkpoint_seconds` all there is to the training goes to `out`, so that `resumed` takes
    it up after whatever happens. `show` is called with the plan before the training begins, and
    `watch` wraps the iteration over it.

    Raises InputError for a table, a column or a setting that will not do, with nothing written;
    OSError where the results cannot be written, with the training kept; KeyboardInterrupt where
    an ensemble was interrupted, which is nothing yet, with its trainings kept.
    """
    ours = force or checkpoint is not None
    _refuse_run_there(out, ours)
    with (
        output_folder(out, PROGRAM, force=ours) as folder,
        planned(request, folder, checkpoint) as plan,
    ):
        show(plan)
        if checkpoint is not None:
            plan.training.resume(checkpoint)
        began = time.perf_counter()
        _train(plan, folder, out, checkpoint_seconds, watch)
        try:
            done = _written(plan, folder, time.perf_counter() - began)
        except (InputError, OSError) as error:
            raise OSError(
                f"The results could not be written to {str(out)!r} "
                f"({_reason(error)}), but the training is kept: when that is fixed, glassnet "
                f"train --resume {out} writes them"
            ) from None
    (out / CHECKPOINT).unlink(missing_ok=True)
    return done


def _reason(error: Exception) -> str:
    """Why a file could not be written, without its temporary name."""
    text = str(getattr(error, "strerror", None) or error)
    inner = re.search(r"\(([^()]+)\)", text)
    return inner.group(1) if inner else text


def resumed(out: Path) -> tuple[Request, Checkpoint]:
    """The request and the checkpoint of the training that a folder holds, finished or not.

    Raises InputError if there is none.
    """
    path = next((out / name for name in (CHECKPOINT, STATE) if (out / name).exists()), None)
    if path is None:
        raise InputError(f"There is no training to go on with in {str(out)!r:.200}.")
    checkpoint, facts = load_state(path)
    if "tried" in checkpoint.facts:
        raise InputError(
            f"The ensemble in {str(out)!r:.200} is finished: to try more, train another with "
            "--effort thorough or more --max-epochs."
        )
    return Request.from_json(facts["request"]), checkpoint


def is_unfinished(out: Path) -> bool:
    """Whether a folder holds a training that `resumed` takes up."""
    return (out / CHECKPOINT).exists()


def _refuse_run_there(out: Path, meant: bool) -> None:
    if (out / CHECKPOINT).exists() and not meant:
        with held(out):  # or else it is only not finished yet
            raise InputError(
                f"The folder {str(out)!r:.200} holds a training that is not finished: go on with "
                "it by "
                f"--resume {out}, begin again with --force, or name another folder with --out."
            )
    if (out / STATE).exists() and not meant:
        raise InputError(
            f"The folder {str(out)!r:.200} holds a finished run: name another with --out, or add "
            "--force to write over it."
        )


@contextmanager
def planned(request: Request, folder: Path, checkpoint: Checkpoint | None = None) -> Iterator[Plan]:
    """Everything ready to train; samples that do not fit into memory last as long as the block."""
    with (
        tempfile.TemporaryDirectory(prefix=".samples-", dir=folder) as place,
        _engine(request) as engine,
    ):
        cluster = engine.cluster if isinstance(engine, Dask) else None
        with opened(
            request.data, request.table, request.query, cluster, reading=request.reading
        ) as table:
            samples, description = _samples(request, table, Path(place)), table.description
        distributed = cluster is not None
        network, chosen = _network(request, samples, distributed=distributed)
        if isinstance(samples, FoldedSamples):
            fitting = fitting_of(request, samples, network, chosen)
            yield Plan(
                request,
                description,
                samples.recipe,
                samples.notes,
                chosen,
                fitting,
                samples.validation,
            )
            return
        if checkpoint is None:
            measurable = not distributed or len(samples.training.X) <= MEASURED_ON_A_CLUSTER
            classes = samples.recipe.target.classes
            settings = request.settings(chosen, classes, training_metrics=measurable)
            start = Parameters.initial(network, chosen.initialiser.value, request["seed"])
        else:  # as it was chosen then, whatever would be chosen now
            settings = _settings(request, checkpoint)
            start = Parameters(network, checkpoint.arrays["start"])
        training = Training(
            network,
            *_arrays(samples.training),
            settings,
            parameters=start,
            validation=None if samples.validation is None else _arrays(samples.validation),
            engine=engine,
        )
        plan = Plan(
            request,
            description,
            samples.recipe,
            samples.notes,
            chosen,
            training,
            samples.validation,
        )
        if distributed:
            plan = replace(plan, held_out=_held_by_workers(training))
            del samples  # the workers need not keep them twice
        yield plan


@contextmanager
def _engine(request: Request) -> Iterator[Engine]:
    """Yield the engine: this process, or a cluster that is left at the end of the block."""
    if request.cluster is None:
        yield choose_for(request.data, request.engine)
        return
    with connected(request.cluster) as client:
        yield Dask(client, request.engine)


def _held_by_workers(training: Training) -> EncodedRows | None:
    """The rows held out, as the workers have them."""
    held_out = training.validation
    if held_out is None:
        return None
    return EncodedRows(held_out.X, held_out.targets(training.network))


@dataclass(frozen=True, eq=False)
class TableSamples:
    """The rows of a table as samples: to train on, and those held out; and what made them so."""

    recipe: Recipe
    training: EncodedRows
    validation: EncodedRows | None
    notes: tuple[str, ...]


def _samples(request: Request, table: Table, place: Path) -> TableSamples | FoldedSamples:
    """The rows for an ensemble, or for one network with a note on why it is only one."""
    if request.single:
        return samples_of(request, table, place)
    why = request.why_single
    if why is not None:
        why = f"This trains one network, not an ensemble, because {why}."
    else:
        samples = folded_samples(request, table, _target(request, table), place)
        if isinstance(samples, FoldedSamples):
            return samples
        why = samples
    one = samples_of(replace(request, single=True, groups=None, time=None), table, place)
    return replace(one, notes=(*one.notes, why))


def samples_of(request: Request, table: Table, place: Path) -> TableSamples:
    """The rows of the table as the recipe that they give encodes them.

    Rows that do not fit into memory are mapped from files in `place`, which must outlive them.
    Raises InputError for a table or a column that will not do.
    """
    share = request.share_held_out(table.rows)
    fixed: dict[str, Any] = {
        "missing_target": request.missing_target,
        "validation": share,
        "seed": request["seed"],
    }
    recipe, notes = fit_recipe(
        table,
        _target(request, table),
        features=request.features or None,
        exclude=request.exclude,
        categories=request.categories,
        task=request.task,
        **fixed,
    )
    read = with_validation_table(
        request,
        recipe,
        place,
        read_samples(table, recipe, place, dtype=request["dtype"], **fixed),
        table.notes,
    )
    return TableSamples(recipe, read.training, read.validation, (*table.notes, *notes, *read.notes))


def _target(request: Request, table: Table) -> tuple[str, ...]:
    if request.target:
        return request.target
    known = target_of(request.data)
    if known is None:
        names = ", ".join(repr(column.name) for column in table.columns[:20])
        raise InputError(
            f"Which column of {table.source} is to be predicted? Say so with --target; it has "
            f"{names}{', ...' if len(table.columns) > 20 else ''}."
        )
    return (known,)


def outputs_for(recipe: Recipe) -> tuple[int, str]:
    """How many outputs the target takes, and the loss that goes with it."""
    target = recipe.target
    if target.classes is None:
        return len(target.names), "mean_squared_error"
    if len(target.classes) == 2:
        return 1, "binary_cross_entropy"
    return len(target.classes), "categorical_cross_entropy"


def _network(
    request: Request, samples: TableSamples | FoldedSamples, *, distributed: bool
) -> tuple[Network, Automatic]:
    """The network for these samples, and everything that was chosen along with it."""
    n_out, loss = outputs_for(samples.recipe)
    rows = len(samples.training.X)
    n_held_out = 0 if samples.validation is None else len(samples.validation.X)
    share = n_held_out / (rows + n_held_out)
    chosen = request.automatic(rows, loss, share, distributed=distributed)
    ensemble = isinstance(samples, FoldedSamples)
    if ensemble and not {"max_epochs", "schedule", "optimizer"} & set(request.asked):
        chosen = trial(request.effort, rows).shortened(chosen)
    sizes = (samples.recipe.n_features, *chosen.hidden_layer_sizes.value, n_out)
    return Network(sizes, request["activation"], loss), chosen


def _settings(request: Request, checkpoint: Checkpoint) -> Settings:
    """Return the settings of a checkpoint, with the request's own for when to stop."""
    settings = Settings.from_json(json.dumps(checkpoint.facts["settings"]))
    asked = {name: request.asked[name] for name in WHEN_TO_STOP if name in request.asked}
    done, schedule = checkpoint.facts["epoch"], settings.schedule
    if done > asked.get("max_epochs", done):
        raise InputError(
            f"This training cannot end after {asked['max_epochs']} epochs, because it has already "
            f"done {done} epochs: allow more, or start a new training."
        )
    if isinstance(schedule, Cosine) and asked.get("max_epochs", 0) > schedule.epochs:
        raise InputError(
            f"The learning rate of this training runs out after {schedule.epochs} epochs, so more "
            "would change nothing: start a new training with that many, or with --schedule "
            "constant."
        )
    return replace(settings, **asked)


def _arrays(samples: EncodedRows) -> tuple[np.ndarray, np.ndarray]:
    assert samples.y is not None
    return samples.X, samples.y


def _train(plan: Plan, folder: Path, out: Path, seconds: float, watch: Watch) -> None:
    """Train to the end, with checkpoints on the way and one at the end, so that nothing is lost
    should a picture fail.
    """
    saved = time.monotonic()
    with plan.training.ending_on_ctrl_c():
        try:
            for _ in watch(plan.training):
                if time.monotonic() - saved >= seconds:
                    _save_checkpoint(plan, folder, out)
                    saved = time.monotonic()
        except ConnectionError as error:
            _save_checkpoint(plan, folder, out)
            raise ConnectionError(
                f"{error}; the {plan.training.epoch} epochs done are kept, and when that is "
                f"fixed, glassnet train --resume {out} goes on"
            ) from None
        _save_checkpoint(plan, folder, out)
    if isinstance(plan.training, CrossFitting) and plan.training.interrupted:
        raise KeyboardInterrupt


def _save_checkpoint(plan: Plan, folder: Path, out: Path) -> None:
    """Make a checkpoint in `folder` and put it into `out`, where there is always a whole one."""
    save_state(plan.training.checkpoint(), folder / CHECKPOINT, plan.request.to_json())
    (folder / CHECKPOINT).replace(out / CHECKPOINT)


def _written(plan: Plan, folder: Path, seconds: float) -> TableRun:
    """Write all results into the folder."""
    run = plan.run()
    if isinstance(run, EnsembleRun):
        return _written_ensemble(plan, run, folder, seconds)
    assert isinstance(plan.training, Training)
    evaluation, of_training = None, None
    if plan.held_out is not None:
        evaluation = evaluate(run.model, *_arrays(plan.held_out), plan.training.engine)
    else:
        of_training = evaluate_samples(run.model, plan.training.samples, plan.training.engine)
    files = write_run_files(run, folder, plan.request.to_json())
    files[HISTORY] = _write_history(run, folder)
    write_settings(plan.request, plan.chosen, folder / REPEAT)
    files[REPEAT] = f"what was asked for and chosen: glassnet train --config {REPEAT} repeats it"
    if plan.request.pictures:
        files |= _write_pictures(run, evaluation, folder)
    some = plan.training.samples.some(MOST_ROWS)
    y = some.targets(run.network)
    diagnoses = tuple(diagnose(run, some.X, y, sample_weight=some.weight))
    summary = {
        **run.summary,
        "seconds": round(seconds, 3),
        "samples": len(plan.training.samples.X),
        "network": json.loads(run.network.to_json()),
        "scores": None if evaluation is None else evaluation.scores,
        "training_scores": None if of_training is None else of_training.scores,
        "table": plan.table,
        "data_sha256": run.origin["data"],
        "request": plan.request.to_json(),
        "chosen": {name: choice.reason for name, choice in plan.chosen},
        "notes": list(plan.notes),
        "diagnosis": [str(diagnosis) for diagnosis in diagnoses],
    }
    write_log(folder / LOG, summary, plan.chosen, run)
    files[LOG] = "decisions, progress and results"
    write_summary(folder, summary, files)
    return TableRun(run, plan, evaluation, of_training, diagnoses, summary)


def _written_ensemble(plan: Plan, run: EnsembleRun, folder: Path, seconds: float) -> TableRun:
    """Write all results of an ensemble into the folder."""
    assert isinstance(plan.training, CrossFitting)
    out_of_fold = evaluate_out_of_fold(run)
    evaluation = None
    if plan.held_out is not None:
        X, y = _arrays(plan.held_out)
        evaluation = evaluate(run.model, _features_left(plan.recipe, run, X), y)
    files = write_run_files(run, folder, plan.request.to_json())
    write_settings(plan.request, plan.chosen, folder / REPEAT)
    files[REPEAT] = f"what was asked for and chosen: glassnet train --config {REPEAT} repeats it"
    if plan.request.pictures:
        names = write_pictures(evaluation or out_of_fold, folder)
        files |= dict.fromkeys(names, "a picture of its answers for rows it had not seen")
    summary = {
        **run.summary,
        "seconds": round(seconds, 3),
        "samples": len(plan.training.samples.X),
        "network": json.loads(run.network.to_json()),
        "scores": (evaluation or out_of_fold).scores,
        "training_scores": None,
        "table": plan.table,
        "data_sha256": plan.training.origin["data"],
        "request": plan.request.to_json(),
        "chosen": {name: choice.reason for name, choice in plan.chosen},
        "notes": list(plan.notes),
        "diagnosis": [],
    }
    write_log(folder / LOG, summary, plan.chosen, run)
    files[LOG] = "decisions, progress and results"
    write_summary(folder, summary, files)
    return TableRun(run, plan, evaluation, None, (), summary, out_of_fold)


def _features_left(recipe: Recipe, run: EnsembleRun, X: np.ndarray) -> np.ndarray:
    """X with the features that are left when pieces that nobody takes are gone."""
    if run.network.sizes[0] == recipe.n_features:
        return X
    return np.ascontiguousarray(X[:, list(feature_sets(recipe)["standardised"])])


def _write_history(run: Run, folder: Path) -> str:
    """Write what was measured after each epoch, for a spreadsheet; returns what the file is."""
    columns = run.losses
    for where in ("training", "validation"):
        measured = getattr(run.history, where)
        columns |= {f"{where} {name}": values for name, values in measured.items()}
    with (folder / HISTORY).open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", *columns])
        for epoch, values in enumerate(zip_longest(*map(np.ndarray.tolist, columns.values())), 1):
            rows.writerow([epoch, *values])
    return "the loss of each epoch, and what was measured after it"


def _write_pictures(run: Run, evaluation: Evaluation | None, folder: Path) -> dict[str, str]:
    """Draw the run, and how good it is on rows held out; returns what the files are."""
    files = {}
    for name, draw in run_pictures(run).items():
        if name == "landscape.png":  # takes a while, so it is for glassnet show
            continue
        draw().save(folder / name)
        files[name] = "a picture of the run"
    if evaluation is not None:
        names = write_pictures(evaluation, folder)
        files |= dict.fromkeys(names, "a picture of its answers for the rows held out")
    return files
