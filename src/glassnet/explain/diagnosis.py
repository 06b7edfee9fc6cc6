"""What is going on in a run and why, in words, with the numbers behind it and what to do.

Every rule looks at the run itself: its losses, and a trace at its start and at its end. Most ask
first whether the run fell short, because what hinders one network another has learned to use: a
unit that saturates is a fault where nothing is learned, and a decision where everything is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.backprop import Trace, trace
from glassnet.core.parameters import Array
from glassnet.errors import InputError
from glassnet.training.history import STILL_FALLING, TAIL, counted, fall, tail_of
from glassnet.training.run import Run
from glassnet.training.stop_reason import StopKind

MOST_ROWS = 5000  # evenly spaced: enough for every share below, and quick for any table
LEARNED = 0.1  # of the baseline: a classifier is then right nearly always, or R2 is above 0.9
NOTHING = 0.9  # of the baseline: less than a tenth of what there is to learn was learned
LITTLE = 0.8  # of the baseline: less than a fifth, which is nothing where as few more are right
LITTLE_MORE = 0.2  # of what naming the commonest class gets wrong
NARROW = 2  # units of a layer, which let one or two straight edges through
LONG = 1000  # epochs after which an interrupted run that rests is stuck, too
FEWEST = 2 * TAIL  # epochs of which the last tenth says anything
FALLING_FAST = 0.1  # and at this one more epochs are worth their time where there is no goal
STEADY = 0.5  # the fall of the tail over that of an average tenth: learning usually slows down
LITTLE_DONE = 0.5  # of the loss at the start that is left: the rate would have had time for more
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
OVER_FITTING = 1.1  # the validation loss at the end over its best: above its usual noise
IDLE_SHARE = 1 / 3  # of a layer's units in a run that fell short: of many, some are always idle
UNREASONABLE = 100  # a learning rate of which a tenth is no advice
GENTLE = 0.005  # the learning rate to begin with then
LARGEST = 1e308  # product that is compared with others
IDLE = 1e-6  # what a unit passes on, over what the most active of its layer does

FIXED_SLOPE = {"sigmoid": 0.25, "tanh": 1.0}  # the steepest slope of functions that saturate


@dataclass(frozen=True)
class Diagnosis:
    """One thing that is going on: `name`, a `sentence` that says what and why, `numbers` behind
    it, and `advice`, what to do.
    """

    name: str
    sentence: str
    advice: str
    numbers: dict[str, float] = field(default_factory=dict)

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
    """Everything that is amiss with a run on the data it was trained on, causes first.

    X, y and the weights are those of the training, which the run has unless they were too large
    to be saved; of a large table some thousand rows are looked at. `validation_loss` (epochs,) is
    the loss by epoch on samples that were held back, the run's own if left out; without any
    over-fitting cannot be seen. An empty list says that nothing is amiss.

    Raises InputError if the data do not fit the network, or there are none.
    """
    if X is None or y is None:
        X, y, sample_weight = run.data
    if validation_loss is None:
        validation_loss = run.history.validation.get("loss")
    evidence = _Evidence(run, *_some_rows(X, y, sample_weight), _checked_losses(validation_loss))
    found = [diagnosis for rule in _RULES if (diagnosis := rule(evidence)) is not None]
    return _without_consequences(found)


def _checked_losses(losses: ArrayLike | None) -> Array:
    array: Array = np.empty(0) if losses is None else np.asarray(losses, dtype=np.float64)
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


# Where the first is found, the others only follow from it.
_CONSEQUENCES = {
    "diverged": {"learning rate too large", "idle unit", "dead relus"},
    "unscaled input": {
        "exploding gradients",
        "learning rate too large",
        "learning rate too small",
        "saturated units",
        "vanishing gradients",
        "stuck",
        "idle unit",
    },
    "exploding gradients": {"learning rate too large", "stuck", "idle unit"},
    "learning rate too large": {"stuck", "idle unit", "dead relus", "saturated units"},
    "linear network": {"stuck", "still learning", "learning rate too small"},
    "dead relus": {"idle unit", "stuck"},
    "saturated units": {"idle unit"},
    "symmetric start": {"idle unit", "vanishing gradients"},
    "vanishing gradients": {"idle unit", "stuck", "still learning", "learning rate too small"},
    "learning rate too small": {"still learning", "stuck"},
}


# What does not say why nothing was learned; any other finding does.
_NO_REASON = {"nothing learned", "over-fitting", "idle unit"}


def _without_consequences(found: list[Diagnosis]) -> list[Diagnosis]:
    hidden = {name for diagnosis in found for name in _CONSEQUENCES.get(diagnosis.name, ())}
    if not {diagnosis.name for diagnosis in found} <= _NO_REASON:
        hidden.add("nothing learned")
    return [diagnosis for diagnosis in found if diagnosis.name not in hidden]


@dataclass(frozen=True, eq=False)
class _Evidence:
    """A run and its data, and what several rules want to know of them."""

    run: Run
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    validation_loss: Array

    @cached_property
    def start(self) -> Trace:
        return trace(self.run.network, self.run.start, self.X, self.y, self.weight)

    @cached_property
    def end(self) -> Trace:
        return trace(self.run.network, self.run.parameters, self.X, self.y, self.weight)

    @cached_property
    def losses(self) -> Array:
        return self.run.history.loss

    @property
    def ended_by(self) -> StopKind:
        """What ended the run."""
        return self.run.stop_reason.kind

    @cached_property
    def baseline(self) -> float:
        """The loss of the best answer that is the same for every sample."""
        Y, weight = self.end.y, self.end.weight / self.end.weight_sum  # (n_out, m) and (m,)
        mean = Y @ weight
        match self.run.network.loss:
            case "mean_squared_error":
                return float(((Y - mean[:, np.newaxis]) ** 2).mean(axis=0) @ weight)
            case "binary_cross_entropy":
                mean = np.append(mean, 1 - mean)
        share = mean[mean > 0]
        return float(-(share * np.log(share)).sum())

    @cached_property
    def fell_short(self) -> bool:
        """Whether the run missed its goal, or has learned little where it had none."""
        if self.ended_by is StopKind.LOSS_BELOW:
            return False
        if self.run.settings.stop_below is not None or self.ended_by is StopKind.DIVERGED:
            return True
        return self.end.loss > LEARNED * self.baseline

    @property
    def ran_out(self) -> bool:
        """Whether the limit of epochs ended a run that fell short."""
        return self.fell_short and self.ended_by is StopKind.MAX_EPOCHS and len(self.losses) > 1

    @property
    def tail(self) -> int:
        """How many epochs are looked at to see how it goes on."""
        return tail_of(len(self.losses))

    @cached_property
    def fell(self) -> float:
        """How much the loss fell over the tail, as a share."""
        return fall(self.losses)

    @property
    def rests(self) -> bool:
        """Whether the loss has had time to fall, and falls no more."""
        return len(self.losses) >= FEWEST and self.fell <= STILL_FALLING

    @property
    def creeps(self) -> bool:
        """Whether the loss falls as steadily at the end as at the start, and little of it is gone:
        what looks like rest is slowness then.
        """
        if len(self.losses) < FEWEST:
            return False
        first, before, last = (float(self.losses[at]) for at in (0, -1 - self.tail, -1))
        average = (first - last) / TAIL
        if last < LITTLE_DONE * first or average <= 1e-12 * first:
            return False
        return STEADY <= (before - last) / average <= 1 / STEADY

    @property
    def is_linear(self) -> bool:
        return set(self.run.network.activation) <= {"identity"}

    @cached_property
    def right(self) -> tuple[float, float]:
        """The share of a classifier's samples that is right, and that of the commonest class."""
        answers, labels = _answers_and_labels(self.end)
        weight = self.end.weight / self.end.weight_sum
        return float(weight @ (answers == labels)), float(np.bincount(labels, weight).max())

    @cached_property
    def learned_nothing(self) -> bool:
        """Whether the answers are hardly better than one that is the same for every sample."""
        loss = self.end.loss
        if loss > NOTHING * self.baseline or self.run.network.loss == "mean_squared_error":
            return loss > NOTHING * self.baseline > 0
        right, commonest = self.right
        return loss > LITTLE * self.baseline and right - commonest < LITTLE_MORE * (1 - commonest)

    @property
    def rate(self) -> float:
        return self.run.settings.optimizer.learning_rate

    @property
    def smaller_rate(self) -> float:
        """A tenth of the learning rate, or the usual one if even that is beyond reason."""
        return self.rate / 10 if self.rate < UNREASONABLE else GENTLE

    def class_name(self, number: int) -> str:
        """A class as the table names it, or by its number."""
        recipe = self.run.recipe
        classes = None if recipe is None else recipe.target.classes
        return str(number) if classes is None else repr(classes[number])

    @property
    def full_batch(self) -> bool:
        return self.run.settings.batch_size is None


def _diverged(e: _Evidence) -> Diagnosis | None:
    if e.ended_by is not StopKind.DIVERGED:
        return None
    how = (
        "It diverged: a step overshot, the next one overshot further, and so on until the numbers "
        f"were no longer finite, after {counted(e.run.epochs)}."
        if e.run.epochs
        else "It diverged in the first epoch: numbers were no longer finite before a single step "
        "was done, so that the start is all there is."
    )
    return Diagnosis(
        "diverged",
        how,
        f"Try a smaller learning rate, such as {e.smaller_rate:g}, smaller starting weights, or "
        "scale the data.",
        {"learning rate": e.rate, "epochs": e.run.epochs},
    )


def _unscaled_input(e: _Evidence) -> Diagnosis | None:
    size = np.sqrt(np.mean(np.square(e.end.x, dtype=np.float64), axis=1))  # (n_features,)
    worst = int(size.argmax())
    if not e.fell_short or SMALL_INPUT <= size[worst] <= LARGE_INPUT or size[worst] == 0:
        return None
    large = size[worst] > LARGE_INPUT
    effect = (
        "drives the units far from zero, where they hardly respond, and makes the loss steep in "
        "some directions and flat in others"
        if large
        else "leaves all samples nearly the same to the first layer"
    )
    return Diagnosis(
        "unscaled input",
        f"The input is not scaled: feature {worst} (counted from 0) has a root mean square of "
        f"{size[worst]:.3g}, which {effect}.",
        "Scale each feature to mean 0 and standard deviation 1, (X - X.mean(0)) / X.std(0), as "
        "training on a table does.",
        {"feature": worst, "root mean square": float(size[worst])},
    )


def _linear_network(e: _Evidence) -> Diagnosis | None:
    if not e.is_linear or not e.fell_short or not e.rests or e.creeps:
        return None
    if e.run.settings.stop_below is None and not e.learned_nothing:
        return None
    return Diagnosis(
        "linear network",
        "Without hidden layers, or with identity in them, the network is a linear function of its "
        "input, so the decision is a straight line (a plane, a hyperplane), and that does not "
        f"fit these data: the loss is {e.end.loss:.3g}, and {e.baseline:.3g} for the same answer "
        "to every sample.",
        "Add a hidden layer with an activation that bends, such as sigmoid or tanh.",
        {"loss": e.end.loss, "baseline": e.baseline},
    )


def _symmetric_start(e: _Evidence) -> Diagnosis | None:
    for l in range(e.run.network.n_layers - 1):
        twins = _have_twins(e.start, l) & _have_twins(e.end, l)
        n_twins, n_units = int(twins.sum()), len(twins)
        if n_twins:
            return Diagnosis(
                "symmetric start",
                f"{n_twins} of the {n_units} units of layer {l + 1} began with the same weights as "
                "another, so they receive the same gradient in every epoch and never separate: "
                "they count as one.",
                "Start from random weights, such as those of the initialiser glorot_uniform "
                "(--initialiser glorot-uniform).",
                {"layer": l + 1, "units": n_twins, "of": n_units},
            )
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


def _dead_relus(e: _Evidence) -> Diagnosis | None:
    for l, name in enumerate(e.run.network.activation):
        if name != "relu":
            continue
        dead: np.ndarray = np.max(e.end.z[l], axis=1) <= 0
        if dead.mean() >= (DEAD_SHARE if e.fell_short else WASTED_SHARE):
            return Diagnosis(
                "dead relus",
                f"{dead.sum()} of the {len(dead)} relu units of layer {l + 1} are dead: z is "
                "below zero for every sample, so they answer 0, their gradient is 0, and they "
                "cannot come back.",
                f"Try a smaller learning rate, such as {e.smaller_rate:g}, the start he_uniform, "
                "or leaky_relu, whose slope is never 0.",
                {"layer": l + 1, "dead": int(dead.sum()), "of": len(dead)},
            )
    return None


def _saturated_units(e: _Evidence) -> Diagnosis | None:
    if not e.fell_short:
        return None
    for l, name in enumerate(e.run.network.activation):
        if name not in FIXED_SLOPE:
            continue
        shares = [_saturation(name, t.a[l]) for t in (e.start, e.end)]
        at_start = shares[0] > SATURATED_SHARE
        if shares[1] > SATURATED_SHARE and (at_start or e.fell <= STILL_FALLING):
            since = "from the start" if at_start else "by training"
            return Diagnosis(
                "saturated units",
                f"Layer {l + 1} is saturated {since}: in {shares[1]:.0%} of units and samples "
                f"{name} is so far out that its slope is below a hundredth of its steepest, so "
                "hardly any gradient passes.",
                "Start from smaller weights, such as glorot_uniform, scale the input, or try a "
                f"smaller learning rate, such as {e.smaller_rate:g}.",
                {"layer": l + 1, "share at the start": shares[0], "share": shares[1]},
            )
    return None


def _saturation(name: str, a: Array) -> float:
    slope = a * (1 - a) if name == "sigmoid" else 1 - a * a
    return float((slope < SATURATED_SLOPE * FIXED_SLOPE[name]).mean())


def _vanishing_gradients(e: _Evidence) -> Diagnosis | None:
    if not e.fell_short or e.end.loss <= NOTHING * e.baseline:
        return None
    sizes = [_root_mean_square(dW) for dW in e.start.dW]
    if not 0 < sizes[0] < VANISHING * sizes[-1]:
        return None
    return Diagnosis(
        "vanishing gradients",
        f"The gradient vanishes on its way back: at the start it is {sizes[-1]:.1e} in layer "
        f"{len(sizes)} and {sizes[0]:.1e} in layer 1, because every layer multiplies it by its "
        "weights and slopes, which are small. The first layers stand still.",
        "Use fewer layers, or tanh with the start glorot_uniform, or relu with he_uniform.",
        {f"dW{l}": size for l, size in enumerate(sizes, start=1)},
    )


def _exploding_gradients(e: _Evidence) -> Diagnosis | None:
    if not e.fell_short and e.ended_by is not StopKind.DIVERGED:
        return None
    sizes = [_root_mean_square(dW) / e.start.weight_sum for dW in e.start.dW]
    weights = [_root_mean_square(W) for W, _ in e.run.start.layers]
    ratios = [size / weight if weight else 0.0 for size, weight in zip(sizes, weights, strict=True)]
    worst = int(np.argmax(ratios))
    if not ratios[worst] > EXPLODING:
        return None
    return Diagnosis(
        "exploding gradients",
        f"The gradient explodes: in layer {worst + 1} it is {ratios[worst]:.3g} times as large as "
        "the weights themselves at the start, because every layer multiplies it by its weights, "
        "which are large.",
        "Start from smaller weights, he_uniform for relu or glorot_uniform for the others, and "
        "scale the input and a regression's targets.",
        {f"dW{l} / W{l}": ratio for l, ratio in enumerate(ratios, start=1)},
    )


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _learning_rate_too_large(e: _Evidence) -> Diagnosis | None:
    if len(e.losses) < 2 or not e.fell_short:
        return None
    first, last = e.losses[0], e.losses[-1]
    changes = np.abs(np.diff(e.losses[-2 * e.tail - 1 :]))
    way, come = float(changes.sum()), abs(float(e.losses[-1] - e.losses[-len(changes) - 1]))
    restless = len(changes) > 5 and way > OSCILLATES * come and changes.mean() > RESTLESS * last
    if not last > first and not (e.full_batch and restless):
        return None
    what = (
        f"The loss is larger than at the start, {last:.4g} instead of {first:.4g}"
        if last > first
        else f"The loss jumps by {changes.mean() / last:.0%} from epoch to epoch and gets nowhere"
    )
    return Diagnosis(
        "learning rate too large",
        f"{what}, so the steps are too large: they overshoot the valley they should descend into.",
        f"Try a smaller learning rate, such as {e.smaller_rate:g}.",
        {"learning rate": e.rate, "loss at the start": float(first), "loss": float(last)},
    )


def _learning_rate_too_small(e: _Evidence) -> Diagnosis | None:
    if not e.ran_out or not e.creeps:
        return None
    first, last = float(e.losses[0]), float(e.losses[-1])
    return Diagnosis(
        "learning rate too small",
        f"The loss falls as steadily at the end as at the start, and little of it is gone, from "
        f"{first:.4g} to {last:.4g}: the steps are too small to get anywhere.",
        f"Try a larger learning rate, such as {10 * e.rate:g}.",
        {"learning rate": e.rate, "loss at the start": first, "loss": last},
    )


def _still_learning(e: _Evidence) -> Diagnosis | None:
    has_goal = e.run.settings.stop_below is not None
    if not e.ran_out or not e.fell > (STILL_FALLING if has_goal else FALLING_FAST):
        return None
    if e.losses[-1] > e.losses[0] or len(e.losses) < TAIL:
        return None
    epochs = 5 * e.run.settings.max_epochs
    return Diagnosis(
        "still learning",
        f"{'The goal is not reached' if has_goal else 'It is not done'}, but the loss still fell "
        f"by {e.fell:.0%} over the last {e.tail} epochs.",
        f"Allow more epochs, such as {epochs}.",
        {"loss": float(e.losses[-1]), "fall": e.fell, "over epochs": e.tail},
    )


def _stuck(e: _Evidence) -> Diagnosis | None:
    missed = e.run.settings.stop_below is not None or e.end.loss > NOTHING * e.baseline
    long = e.ended_by is not StopKind.INTERRUPTED or len(e.losses) >= LONG
    if not e.fell_short or not missed or not e.rests or not long:
        return None
    place = (
        f"on a plateau: the loss, {e.end.loss:.4g}, is about that of the same answer to every "
        f"sample, {e.baseline:.4g}"
        if e.end.loss > NOTHING * e.baseline
        else f"in a local minimum or on a plateau, at a loss of {e.end.loss:.4g}"
    )
    return Diagnosis(
        "stuck",
        f"It is stuck {place}, and over the last {e.tail} epochs the loss fell by only "
        f"{max(e.fell, 0):.2%}. A plateau can end by itself, a local minimum does not, and which "
        "of them a run meets depends on where it starts.",
        "Try another start (another seed), more neurons, or more epochs.",
        {"loss": e.end.loss, "baseline": e.baseline, "fall": e.fell, "over epochs": e.tail},
    )


def _class_imbalance(e: _Evidence) -> Diagnosis | None:
    if e.run.network.loss == "mean_squared_error":
        return None
    recall, share = _recall_and_share(e.end)
    rare, common = int(share.argmin()), int(share.argmax())
    if not 0 < share[rare] < RARE / len(share):
        return None
    if recall[rare] >= RARE_RECALL or recall[common] < COMMON_RECALL:
        return None
    return Diagnosis(
        "class imbalance",
        f"Class {e.class_name(rare)} is rare, {share[rare]:.1%} of the samples, and of these "
        f"only {recall[rare]:.0%} are recognised: answering {e.class_name(common)} is right so "
        "often that the average loss hardly sees the others.",
        "Let every class count alike, with class_weight='balanced' (--class-weight balanced): a "
        f"sample of {e.class_name(rare)} then weighs {share[common] / share[rare]:.3g} times as "
        f"much as one of {e.class_name(common)}.",
        {"class": rare, "share": float(share[rare]), "recall": float(recall[rare])},
    )


def _recall_and_share(t: Trace) -> tuple[Array, Array]:
    """For each class, the share of its samples that are recognised, and its share of all."""
    answers, labels = _answers_and_labels(t)
    n_classes = max(len(t.y), 2)
    counts = np.bincount(labels, minlength=n_classes)
    right = np.bincount(labels[answers == labels], minlength=n_classes)
    present = counts > 0
    recall = np.where(present, right / np.maximum(counts, 1), 1.0)
    share = np.where(present, counts / len(labels), np.inf)  # a class without samples is not rare
    share = np.where(np.isinf(share), 1 / n_classes, share)
    return recall, share


def _answers_and_labels(t: Trace) -> tuple[np.ndarray, np.ndarray]:
    """The classes that are named and those that are true, (m,) each."""
    a, y = t.a[-1], t.y
    if len(y) == 1:
        return (a[0] >= 0.5).astype(int), y[0].astype(int)
    return a.argmax(axis=0), y.argmax(axis=0)


def _over_fitting(e: _Evidence) -> Diagnosis | None:
    validation = e.validation_loss
    if len(validation) < 2 or e.run.kept_epoch < e.run.epochs:  # the best were kept
        return None
    best = int(validation.argmin())
    trained = e.losses[min(best, len(e.losses) - 1)]
    rose = validation[-1] > OVER_FITTING * validation[best]
    if not rose or not e.losses[-1] < trained:
        return None
    return Diagnosis(
        "over-fitting",
        f"It learns its own samples by heart: since epoch {best + 1} the loss on samples held back "
        f"rose from {validation[best]:.4g} to {validation[-1]:.4g}, while that of training fell "
        f"from {trained:.4g} to {e.losses[-1]:.4g}.",
        f"Stop at epoch {best + 1} (patience does that), use fewer neurons or an l2 penalty, or "
        "get more samples.",
        {
            "best epoch": best + 1,
            "best validation loss": float(validation[best]),
            "validation loss": float(validation[-1]),
        },
    )


def _idle_unit(e: _Evidence) -> Diagnosis | None:
    for l in range(e.run.network.n_layers - 1):
        (W_next, _) = e.end.parameters.layers[l + 1]
        with np.errstate(over="ignore"):
            spread = np.ptp(e.end.a[l], axis=1) * np.abs(W_next).max(axis=0).astype(
                np.float64
            )  # (n_l,)
        most = min(float(spread.max()), LARGEST)  # what overflows is not idle
        idle = spread <= IDLE * most
        if idle.mean() >= (IDLE_SHARE if e.fell_short else WASTED_SHARE):
            units = ", ".join(str(number) for number in np.flatnonzero(idle)[:5] + 1)
            return Diagnosis(
                "idle unit",
                f"{idle.sum()} of the {len(idle)} units of layer {l + 1} do nothing (number "
                f"{units}): what they pass on is the same for every sample, so that a bias "
                "would do as well.",
                "Try another start (another seed); or leave them out, for fewer neurons in that "
                "layer would do as well.",
                {"layer": l + 1, "idle": int(idle.sum()), "of": len(idle)},
            )
    return None


def _nothing_learned(e: _Evidence) -> Diagnosis | None:
    unfinished = e.ended_by is StopKind.INTERRUPTED
    if not e.learned_nothing or (unfinished and len(e.losses) < TAIL):
        return None
    comparison, numbers = _beside_guessing(e)
    why, advice = _why_nothing(e)
    return Diagnosis(
        "nothing learned",
        f"It has learned next to nothing{' so far' if unfinished else ''}: after "
        f"{counted(e.run.epochs)} the loss is {e.end.loss:.4g}, {comparison} {why}",
        advice,
        {"loss": e.end.loss, "baseline": e.baseline, **numbers, "epochs": e.run.epochs},
    )


def _beside_guessing(e: _Evidence) -> tuple[str, dict[str, float]]:
    """What answers that do not look at the sample are worth, and the numbers of that."""
    if e.run.network.loss == "mean_squared_error":
        r2 = 1 - e.end.loss / e.baseline
        return f"and answering the mean to every sample gives {e.baseline:.4g}: R2 is {r2:.2f}.", {
            "R2": r2
        }
    right, commonest = e.right
    return (
        f"and guessing by the shares of the classes alone gives {e.baseline:.4g}; {right:.0%} of "
        f"the samples are right, and always naming the commonest class gets {commonest:.0%}.",
        {"right": right, "commonest": commonest},
    )


def _why_nothing(e: _Evidence) -> tuple[str, str]:
    """Why that may be, and what to do; what is surest first."""
    goal, sizes = e.run.settings.stop_below, e.run.network.sizes
    if e.ended_by is StopKind.LOSS_BELOW:
        return f"Its goal, a loss below {goal:g}, asked for no more.", "Set a smaller goal."
    if not e.rests or e.ended_by is StopKind.INTERRUPTED:
        return (
            "That can be too early to tell: many networks pass over a flat place first.",
            f"Train on, for {max(5 * e.run.epochs, LONG)} epochs in all; if the loss rests there, "
            "try a larger learning rate or another start.",
        )
    narrow = min(sizes[1:-1], default=NARROW + 1)
    if narrow <= NARROW:
        return (
            f"Everything has to pass through a layer of {narrow} unit{'s' * (narrow > 1)}, which "
            "can draw no more than that many straight edges.",
            "Take more neurons in each hidden layer, such as 8.",
        )
    return (
        "Either the network does not find what there is to learn, or the features say little "
        "about the answer.",
        "Try another start (another seed), more neurons, or further features.",
    )


# Causes before their consequences.
_RULES: tuple[Callable[[_Evidence], Diagnosis | None], ...] = (
    _diverged,
    _unscaled_input,
    _linear_network,
    _symmetric_start,
    _exploding_gradients,
    _learning_rate_too_large,
    _dead_relus,
    _saturated_units,
    _vanishing_gradients,
    _learning_rate_too_small,
    _class_imbalance,
    _over_fitting,
    _still_learning,
    _stuck,
    _nothing_learned,
    _idle_unit,
)
