"""The diagnosis of a run: kinds of faults, with the numbers behind them.

Every rule looks at the run itself: its losses, and a trace at its start and at its end. Most ask
first whether the run fell short, because what hinders one network another has learned to use: a
unit that saturates is a fault where nothing is learned, and a decision where everything is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.backprop import Trace
from glassnet.core.parameters import Array
from glassnet.errors import InputError, instance_of, numbers_of
from glassnet.explain.diagnosis_words import Finding, Reason, explained_by, words
from glassnet.explain.evidence import NOTHING, Evidence, answers_and_labels
from glassnet.training.run import Run
from glassnet.training.stop_reason import StopKind
from glassnet.training.stuck import STILL_FALLING, TAIL

MOST_ROWS = 5000  # evenly spaced: enough for every share below, and quick for any table
NARROW = 2  # units of a layer, which let one or two straight edges through
LONG = 1000  # epochs after which an interrupted run that rests is stuck, too
FALLING_FAST = 0.1  # and at this one more epochs are worth their time where there is no goal
RESTLESS = 0.02  # mean change of the loss by epoch, of the loss: a full batch descends smoothly
OSCILLATES = 10  # the way that the loss went, up and down, over how far it came
SATURATED_SLOPE = 0.01  # of the steepest: an update there takes a hundred times as long
SATURATED_SHARE = 0.5  # of units and samples in a layer: most of what would flow back is held up
DEAD_SHARE = 0.25  # of a layer's units in a run that fell short: a few cost little
WASTED_SHARE = 0.5  # of a layer's units in a run that did not: then there are too many
VANISHING = 1e-4  # the first layer's gradient over the last's: it stands still in comparison
EXPLODING = 100  # a layer's gradient over its weights: an order beyond what any start gives
SAME_UNIT = 1e-9  # relative difference of weights that rounding alone may make
LARGE_INPUT = 10  # root mean square of a feature: z is then far out for weights near 1
SMALL_INPUT = 0.1  # and here all z are near the bias, whatever the sample
RARE = 0.4  # of an even share of the samples: a tenth of them or less is usual where it hurts
RARE_RECALL = 0.5  # more of the rare class are missed than found
COMMON_RECALL = 0.9  # while the common class is found: else the fault is not the imbalance
OVERFITTING = 1.1  # the validation loss at the end over its best: above its usual noise
IDLE_SHARE = 1 / 3  # of a layer's units in a run that fell short: of many, some are always idle
LARGEST = 1e308  # product that is compared with others
IDLE = 1e-6  # what a unit passes on, over what the most active of its layer does
FIXED_SLOPE = {"sigmoid": 0.25, "tanh": 1.0}  # the steepest slope of functions that saturate

Values = dict[str, Any]


@dataclass(frozen=True)
class Diagnosis:
    """One thing that is going on.

    In words: `name`, a `sentence` that says what and why, and `advice`, what to do.

    Parameters
    ----------
    kind : Finding
        What it is.
    values : mapping
        What shows it; what to "try" is among them, by the name of the setting.
    """

    kind: Finding
    values: Values

    @property
    def name(self) -> str:
        """The kind in words, such as "learning rate too large"."""
        return self.kind.value

    @property
    def numbers(self) -> dict[str, float]:
        """The values that are numbers."""
        plain = {name: v for name, v in self.values.items() if not isinstance(v, bool)}
        return {name: v for name, v in plain.items() if isinstance(v, int | float)}

    @property
    def sentence(self) -> str:
        """The fault and its cause."""
        return words(self.kind, self.values).sentence

    @property
    def advice(self) -> str:
        """The remedy."""
        return words(self.kind, self.values).advice

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}"


def diagnose(
    run: Run,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    validation_loss: ArrayLike | None = None,
) -> list[Diagnosis]:
    """Return everything that is wrong with a run on the data it was trained on, causes first.

    Parameters
    ----------
    run : Run
        A training, finished or not.
    X, y : arrays of shape (n_samples, n_features) and (n_samples,), optional
        The data of the training, which the run has unless they were too large to be saved; of a
        large table some thousand rows are looked at.
    sample_weight : array of shape (n_samples,), optional
        What each sample counts.
    validation_loss : array of shape (epochs,), optional
        The loss by epoch on samples that were held back, the run's own if left out; without any
        overfitting cannot be seen.

    Returns
    -------
    list of Diagnosis
        Empty if nothing is wrong.

    Raises
    ------
    InputError
        If the data do not fit the network, or there are none.
    """
    instance_of("run", run, Run)
    if X is None or y is None:
        X, y, sample_weight = run.data
    if validation_loss is None:
        validation_loss = run.history.validation.get("loss")
    evidence = Evidence(run, *_some_rows(X, y, sample_weight), _checked_losses(validation_loss))
    found = {kind: values for kind, rule in _RULES.items() if (values := rule(evidence))}
    hidden = _hidden(set(found))
    return [Diagnosis(kind, values) for kind, values in found.items() if kind not in hidden]


def _checked_losses(losses: ArrayLike | None) -> Array:
    array: Array = np.empty(0) if losses is None else numbers_of("validation_loss", losses)
    if array.ndim != 1:
        raise InputError(f"validation_loss must have shape (epochs,), but has {array.shape}.")
    return array


def _some_rows(
    X: ArrayLike, y: ArrayLike, weight: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y):
        return X, y, None  # the check of the trace says what is wrong
    rows = slice(None, None, -(-len(X) // MOST_ROWS) or 1)  # rounded up
    return X[rows], y[rows], None if weight is None else np.asarray(weight)[rows]


# What does not say why nothing was learned; any other finding does.
_NO_REASON = {Finding.NOTHING_LEARNED, Finding.OVERFITTING, Finding.IDLE_UNIT}


def _hidden(found: set[Finding]) -> set[Finding]:
    """Return findings that follow from others and need not be reported."""
    hidden = {consequence for kind in found for consequence in explained_by(kind)}
    return hidden if found <= _NO_REASON else hidden | {Finding.NOTHING_LEARNED}


def _diverged(e: Evidence) -> Values | None:
    if e.ended_by is not StopKind.DIVERGED:
        return None
    return {
        "learning rate": e.rate,
        "try": {"learning rate": e.smaller_rate},
        "epochs": e.run.epochs,
    }


def _unscaled_input(e: Evidence) -> Values | None:
    size = np.sqrt(np.mean(np.square(e.end.x, dtype=np.float64), axis=1))  # (n_features,)
    worst = int(size.argmax())
    if not e.fell_short or SMALL_INPUT <= size[worst] <= LARGE_INPUT or size[worst] == 0:
        return None
    return {"feature": worst, "root mean square": float(size[worst])}


def _linear_network(e: Evidence) -> Values | None:
    if not e.is_linear or not e.fell_short or not e.rests or e.creeps:
        return None
    if e.run.settings.stop_below is None and not e.learned_nothing:
        return None
    return {"loss": e.end.loss, "baseline": e.baseline}


def _symmetric_start(e: Evidence) -> Values | None:
    for l in range(e.run.network.n_layers - 1):
        twins = _have_twins(e.start, l) & _have_twins(e.end, l)
        if twins.any():
            return {"layer": l + 1, "units": int(twins.sum()), "of": len(twins)}
    return None


def _have_twins(t: Trace, l: int) -> np.ndarray:
    """(n_l,): which units of layer l have the same weights, in and out, as another."""
    (W, b), (W_next, _) = t.parameters.layers[l : l + 2]
    weights = np.hstack([W, b, W_next.T]).astype(np.float64)  # a row a unit
    # Along any direction twins are neighbours, which saves comparing every unit with every other.
    direction = np.random.default_rng(0).normal(size=weights.shape[1])
    order = np.argsort(weights @ direction)
    distance = np.abs(np.diff(weights[order], axis=0)).max(axis=1)
    same = distance <= SAME_UNIT * np.abs(weights).max()
    twins = np.zeros(len(weights), bool)
    twins[order[:-1]] |= same
    twins[order[1:]] |= same
    return twins


def _dead_relus(e: Evidence) -> Values | None:
    for l, name in enumerate(e.run.network.activation):
        if name != "relu":
            continue
        dead: np.ndarray = np.max(e.end.z[l], axis=1) <= 0
        if dead.mean() >= (DEAD_SHARE if e.fell_short else WASTED_SHARE):
            counts = {"layer": l + 1, "dead": int(dead.sum()), "of": len(dead)}
            return {**counts, "try": {"learning rate": e.smaller_rate}}
    return None


def _saturated_units(e: Evidence) -> Values | None:
    if not e.fell_short:
        return None
    for l, name in enumerate(e.run.network.activation):
        if name not in FIXED_SLOPE:
            continue
        before, after = (_saturation(name, t.a[l]) for t in (e.start, e.end))
        at_start = before > SATURATED_SHARE
        if after > SATURATED_SHARE and (at_start or e.fell <= STILL_FALLING):
            return {
                "layer": l + 1,
                "activation": name,
                "from the start": at_start,
                "share at the start": before,
                "share": after,
                "try": {"learning rate": e.smaller_rate},
            }
    return None


def _saturation(name: str, a: Array) -> float:
    slope = a * (1 - a) if name == "sigmoid" else 1 - a * a
    return float((slope < SATURATED_SLOPE * FIXED_SLOPE[name]).mean())


def _vanishing_gradients(e: Evidence) -> Values | None:
    if not e.fell_short or e.end.loss <= NOTHING * e.baseline:
        return None
    sizes = [_root_mean_square(dW) for dW in e.start.dW]
    if not 0 < sizes[0] < VANISHING * sizes[-1]:
        return None
    return {f"dW{l}": size for l, size in enumerate(sizes, start=1)}


def _exploding_gradients(e: Evidence) -> Values | None:
    if not e.fell_short and e.ended_by is not StopKind.DIVERGED:
        return None
    sizes = [_root_mean_square(dW) / e.start.weight_sum for dW in e.start.dW]
    weights = [_root_mean_square(W) for W, _ in e.run.start.layers]
    ratios = [size / weight if weight else 0.0 for size, weight in zip(sizes, weights, strict=True)]
    worst = int(np.argmax(ratios))
    if not ratios[worst] > EXPLODING:
        return None
    by_layer = {f"dW{l} / W{l}": ratio for l, ratio in enumerate(ratios, start=1)}
    return {"layer": worst + 1, "ratio": ratios[worst], **by_layer}


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _learning_rate_too_large(e: Evidence) -> Values | None:
    if len(e.losses) < 2 or not e.fell_short:
        return None
    first, last = float(e.losses[0]), float(e.losses[-1])
    changes = np.abs(np.diff(e.losses[-2 * e.tail - 1 :]))
    way, come = float(changes.sum()), abs(float(e.losses[-1] - e.losses[-len(changes) - 1]))
    restless = len(changes) > 5 and way > OSCILLATES * come and changes.mean() > RESTLESS * last
    if not last > first and not (e.full_batch and restless):
        return None
    return {
        "learning rate": e.rate,
        "try": {"learning rate": e.smaller_rate},
        "loss at the start": first,
        "loss": last,
        "change": float(changes.mean()),
    }


def _learning_rate_too_small(e: Evidence) -> Values | None:
    if not e.ran_out or not e.creeps:
        return None
    first, last = float(e.losses[0]), float(e.losses[-1])
    return {
        "learning rate": e.rate,
        "loss at the start": first,
        "loss": last,
        "try": {"learning rate": 10 * e.rate},
    }


def _still_learning(e: Evidence) -> Values | None:
    has_goal = e.run.settings.stop_below is not None
    if not e.ran_out or not e.fell > (STILL_FALLING if has_goal else FALLING_FAST):
        return None
    if e.losses[-1] > e.losses[0] or len(e.losses) < TAIL:
        return None
    return {
        "loss": float(e.losses[-1]),
        "fall": e.fell,
        "over epochs": e.tail,
        "has goal": has_goal,
        "try": {"max epochs": 5 * e.run.settings.max_epochs},
    }


def _stuck(e: Evidence) -> Values | None:
    on_a_plateau = e.end.loss > NOTHING * e.baseline
    missed = e.run.settings.stop_below is not None or on_a_plateau
    long = e.ended_by is not StopKind.INTERRUPTED or len(e.losses) >= LONG
    if not e.fell_short or not missed or not e.rests or not long:
        return None
    if e.is_penalised and not on_a_plateau:  # it rests where the penalty holds the weights
        return None
    return {
        "loss": e.end.loss,
        "baseline": e.baseline,
        "on a plateau": on_a_plateau,
        "fall": e.fell,
        "over epochs": e.tail,
    }


def _class_imbalance(e: Evidence) -> Values | None:
    if e.run.network.is_regression:
        return None
    recall, share = _recall_and_share(e.end)
    rare, common = int(share.argmin()), int(share.argmax())
    if not 0 < share[rare] < RARE / len(share):
        return None
    if recall[rare] >= RARE_RECALL or recall[common] < COMMON_RECALL:
        return None
    return {
        "class": rare,
        "rare": e.class_name(rare),
        "share": float(share[rare]),
        "recall": float(recall[rare]),
        "common": e.class_name(common),
        "common share": float(share[common]),
    }


def _recall_and_share(t: Trace) -> tuple[Array, Array]:
    """For each class, the share of its samples that are recognised, and its share of all."""
    answers, labels = answers_and_labels(t)
    n_classes = max(len(t.y), 2)
    counts = np.bincount(labels, minlength=n_classes)
    right = np.bincount(labels[answers == labels], minlength=n_classes)
    present = counts > 0
    recall = np.where(present, right / np.maximum(counts, 1), 1.0)
    share = np.where(present, counts / len(labels), np.inf)  # a class without samples is not rare
    share = np.where(np.isinf(share), 1 / n_classes, share)
    return recall, share


def _overfitting(e: Evidence) -> Values | None:
    validation = e.validation_loss
    if len(validation) < 2 or e.run.kept_epoch < e.run.epochs:  # the best were kept
        return None
    best = int(validation.argmin())
    trained = e.losses[min(best, len(e.losses) - 1)]
    rose = validation[-1] > OVERFITTING * validation[best]
    if not rose or not e.losses[-1] < trained:
        return None
    return {
        "best epoch": best + 1,
        "best validation loss": float(validation[best]),
        "validation loss": float(validation[-1]),
        "best loss": float(trained),
        "loss": float(e.losses[-1]),
    }


def _idle_unit(e: Evidence) -> Values | None:
    for l in range(e.run.network.n_layers - 1):
        (W_next, _) = e.end.parameters.layers[l + 1]
        reach = np.abs(W_next).max(axis=0).astype(np.float64)  # (n_l,)
        with np.errstate(over="ignore"):
            spread = np.ptp(e.end.a[l], axis=1) * reach
        most = min(float(spread.max()), LARGEST)  # what overflows is not idle
        idle = spread <= IDLE * most
        if idle.mean() >= (IDLE_SHARE if e.fell_short else WASTED_SHARE):
            units = (np.flatnonzero(idle)[:5] + 1).tolist()
            return {"layer": l + 1, "idle": int(idle.sum()), "of": len(idle), "units": units}
    return None


def _nothing_learned(e: Evidence) -> Values | None:
    unfinished = e.ended_by is StopKind.INTERRUPTED
    if not e.learned_nothing or (unfinished and len(e.losses) < TAIL):
        return None
    values = {
        "loss": e.end.loss,
        "baseline": e.baseline,
        "epochs": e.run.epochs,
        "unfinished": unfinished,
        "reason": _reason(e),
        "goal": e.run.settings.stop_below,
        "try": {"max epochs": max(5 * e.run.epochs, LONG)},
        "narrowest": _narrowest(e),
    }
    if e.run.network.is_regression:
        return values | {"R2": 1 - e.end.loss / e.baseline}
    right, commonest = e.right
    return values | {"right": right, "commonest": commonest}


def _narrowest(e: Evidence) -> int:
    """Units of the smallest hidden layer; without any, more than are few."""
    return min(e.run.network.sizes[1:-1], default=NARROW + 1)


def _reason(e: Evidence) -> Reason:
    if e.ended_by is StopKind.LOSS_BELOW:
        return Reason.GOAL_TOO_EASY
    if not e.rests or e.ended_by is StopKind.INTERRUPTED:
        return Reason.TOO_EARLY
    return Reason.TOO_NARROW if _narrowest(e) <= NARROW else Reason.UNKNOWN


# Causes before their consequences.
_RULES: dict[Finding, Callable[[Evidence], Values | None]] = {
    Finding.DIVERGED: _diverged,
    Finding.UNSCALED_INPUT: _unscaled_input,
    Finding.LINEAR_NETWORK: _linear_network,
    Finding.SYMMETRIC_START: _symmetric_start,
    Finding.EXPLODING_GRADIENTS: _exploding_gradients,
    Finding.LEARNING_RATE_TOO_LARGE: _learning_rate_too_large,
    Finding.DEAD_RELUS: _dead_relus,
    Finding.SATURATED_UNITS: _saturated_units,
    Finding.VANISHING_GRADIENTS: _vanishing_gradients,
    Finding.LEARNING_RATE_TOO_SMALL: _learning_rate_too_small,
    Finding.CLASS_IMBALANCE: _class_imbalance,
    Finding.OVERFITTING: _overfitting,
    Finding.STILL_LEARNING: _still_learning,
    Finding.STUCK: _stuck,
    Finding.NOTHING_LEARNED: _nothing_learned,
    Finding.IDLE_UNIT: _idle_unit,
}
