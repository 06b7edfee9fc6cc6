"""The words of a diagnosis: a sentence on the fault and its cause, and advice.

A diagnosis travels as its `Finding` with values; here, at the edge, it becomes words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from glassnet.training.history import counted


class Finding(StrEnum):
    """The kinds of faults of a run, causes before their consequences."""

    DIVERGED = "diverged"
    UNSCALED_INPUT = "unscaled input"
    LINEAR_NETWORK = "linear network"
    SYMMETRIC_START = "symmetric start"
    EXPLODING_GRADIENTS = "exploding gradients"
    LEARNING_RATE_TOO_LARGE = "learning rate too large"
    DEAD_RELUS = "dead relus"
    SATURATED_UNITS = "saturated units"
    VANISHING_GRADIENTS = "vanishing gradients"
    LEARNING_RATE_TOO_SMALL = "learning rate too small"
    CLASS_IMBALANCE = "class imbalance"
    OVERFITTING = "overfitting"
    STILL_LEARNING = "still learning"
    STUCK = "stuck"
    NOTHING_LEARNED = "nothing learned"
    IDLE_UNIT = "idle unit"


class Reason(StrEnum):
    """Why nothing may have been learned; what is surest first."""

    GOAL_TOO_EASY = "goal too easy"
    TOO_EARLY = "too early"
    TOO_NARROW = "too narrow"
    UNKNOWN = "unknown"


class Words(NamedTuple):
    """The fault with its cause, and the remedy."""

    sentence: str
    advice: str


Values = Mapping[str, Any]


def words(kind: Finding, values: Values) -> Words:
    """Return the words for a diagnosis of that kind with these values."""
    return _WORDS[kind](values)


def _diverged(v: Values) -> Words:
    how = (
        "It diverged: a step overshot, the next one overshot further, and so on until the numbers "
        f"were no longer finite, after {counted(v['epochs'])}."
        if v["epochs"]
        else "It diverged in the first epoch: numbers were no longer finite before a single step "
        "was done, so that the start is all there is."
    )
    return Words(
        how,
        f"Try a smaller learning rate, such as {v['try']['learning rate']:g}, smaller starting "
        "weights, or scale the data.",
    )


def _unscaled_input(v: Values) -> Words:
    effect = (
        "drives the units far from zero, where they hardly respond, and makes the loss steep in "
        "some directions and flat in others"
        if v["root mean square"] > 1
        else "leaves all samples nearly the same to the first layer"
    )
    return Words(
        f"The input is not scaled: feature x[{v['feature'] + 1}] has a root mean square of "
        f"{v['root mean square']:.3g}, which {effect}.",
        "Scale each feature to mean 0 and standard deviation 1, (X - X.mean(0)) / X.std(0), as "
        "training on a table does.",
    )


def _linear_network(v: Values) -> Words:
    return Words(
        "Without hidden layers, or with identity in them, the network is a linear function of its "
        "input, so the decision is a straight line (a plane, a hyperplane), and that does not "
        f"fit these data: the loss is {v['loss']:.3g}, and {v['baseline']:.3g} for the same answer "
        "to every sample.",
        "Add a hidden layer with an activation that bends, such as sigmoid or tanh.",
    )


def _symmetric_start(v: Values) -> Words:
    return Words(
        f"{v['units']} of the {v['of']} units of layer {v['layer']} began with the same weights as "
        "another, so they receive the same gradient in every epoch and never separate: they count "
        "as one.",
        "Start from random weights, such as those of the initialiser glorot_uniform "
        "(--initialiser glorot-uniform).",
    )


def _exploding_gradients(v: Values) -> Words:
    return Words(
        f"The gradient explodes: in layer {v['layer']} it is {v['ratio']:.3g} times as large as "
        "the weights themselves at the start, because every layer multiplies it by its weights, "
        "which are large.",
        "Start from smaller weights, he_uniform for relu or glorot_uniform for the others, and "
        "scale the input and a regression's targets.",
    )


def _learning_rate_too_large(v: Values) -> Words:
    first, last = v["loss at the start"], v["loss"]
    what = (
        f"The loss is larger than at the start, {last:.4g} instead of {first:.4g}"
        if last > first
        else f"The loss jumps by {v['change'] / last:.0%} from epoch to epoch and gets nowhere"
    )
    return Words(
        f"{what}, so the steps are too large: they overshoot the valley they should descend into.",
        f"Try a smaller learning rate, such as {v['try']['learning rate']:g}.",
    )


def _dead_relus(v: Values) -> Words:
    return Words(
        f"{v['dead']} of the {v['of']} relu units of layer {v['layer']} are dead: z is below zero "
        "for every sample, so they answer 0, their gradient is 0, and they cannot come back.",
        f"Try a smaller learning rate, such as {v['try']['learning rate']:g}, the start "
        "he_uniform, or leaky_relu, whose slope is never 0.",
    )


def _saturated_units(v: Values) -> Words:
    since = "from the start" if v["from the start"] else "by training"
    return Words(
        f"Layer {v['layer']} is saturated {since}: in {v['share']:.0%} of units and samples "
        f"{v['activation']} is so far out that its slope is below a hundredth of its steepest, so "
        "hardly any gradient passes.",
        "Start from smaller weights, such as glorot_uniform, scale the input, or try a smaller "
        f"learning rate, such as {v['try']['learning rate']:g}.",
    )


def _vanishing_gradients(v: Values) -> Words:
    layer = len(v)
    return Words(
        f"The gradient vanishes on its way back: at the start it is {v[f'dW{layer}']:.1e} in layer "
        f"{layer} and {v['dW1']:.1e} in layer 1, because every layer multiplies it by its weights "
        "and slopes, which are small. The first layers stand still.",
        "Use fewer layers, or tanh with the start glorot_uniform, or relu with he_uniform.",
    )


def _learning_rate_too_small(v: Values) -> Words:
    return Words(
        "The loss falls as steadily at the end as at the start, and little of it is gone, from "
        f"{v['loss at the start']:.4g} to {v['loss']:.4g}: the steps are too small to get "
        "anywhere.",
        f"Try a larger learning rate, such as {v['try']['learning rate']:g}.",
    )


def _class_imbalance(v: Values) -> Words:
    return Words(
        f"Class {v['rare']} is rare, {v['share']:.1%} of the samples, and of these only "
        f"{v['recall']:.0%} are recognised: answering {v['common']} is right so often that the "
        "average loss hardly sees the others.",
        "Let every class count alike, with class_weight='balanced' (--class-weight balanced): a "
        f"sample of {v['rare']} then weighs {v['common share'] / v['share']:.3g} times as much as "
        f"one of {v['common']}.",
    )


def _overfitting(v: Values) -> Words:
    best = v["best epoch"]
    return Words(
        f"It overfits its training samples: since epoch {best} the loss on samples held back "
        f"rose from {v['best validation loss']:.4g} to {v['validation loss']:.4g}, while that of "
        f"training fell from {v['best loss']:.4g} to {v['loss']:.4g}.",
        f"Stop at epoch {best} (early stopping does that), use fewer neurons or an l2 penalty, or "
        "get more samples.",
    )


def _still_learning(v: Values) -> Words:
    return Words(
        f"{'The goal is not reached' if v['has goal'] else 'It is not done'}, but the loss still "
        f"fell by {v['fall']:.0%} over the last {v['over epochs']} epochs.",
        f"Allow more epochs, such as {v['try']['max epochs']}.",
    )


def _stuck(v: Values) -> Words:
    place = (
        f"on a plateau: the loss, {v['loss']:.4g}, is about that of the same answer to every "
        f"sample, {v['baseline']:.4g}"
        if v["on a plateau"]
        else f"in a local minimum or on a plateau, at a loss of {v['loss']:.4g}"
    )
    return Words(
        f"It is stuck {place}, and over the last {v['over epochs']} epochs the loss fell by only "
        f"{max(v['fall'], 0):.2%}. A plateau can end by itself, a local minimum does not, and "
        "which of them a run meets depends on where it starts.",
        "Try another start (another seed), more neurons, or more epochs.",
    )


def _nothing_learned(v: Values) -> Words:
    comparison = (
        f"and answering the mean to every sample gives {v['baseline']:.4g}: R2 is {v['R2']:.2f}."
        if "R2" in v
        else f"and guessing by the shares of the classes alone gives {v['baseline']:.4g}; "
        f"{v['right']:.0%} of the samples are right, and always naming the commonest class gets "
        f"{v['commonest']:.0%}."
    )
    why, advice = _REASONS[v["reason"]](v)
    return Words(
        f"It has learned next to nothing{' so far' if v['unfinished'] else ''}: after "
        f"{counted(v['epochs'])} the loss is {v['loss']:.4g}, {comparison} {why}",
        advice,
    )


def _too_easy(v: Values) -> Words:
    return Words(f"Its goal, a loss below {v['goal']:g}, asked for no more.", "Set a smaller goal.")


def _too_early(v: Values) -> Words:
    return Words(
        "That can be too early to tell: many networks pass over a flat place first.",
        f"Train on, for {v['try']['max epochs']} epochs in all; if the loss rests there, try a "
        "larger learning rate or another start.",
    )


def _too_narrow(v: Values) -> Words:
    units = f"{v['narrowest']} unit{'s' * (v['narrowest'] > 1)}"
    return Words(
        f"Everything has to pass through a layer of {units}, which can draw no more than that many "
        "straight edges.",
        "Take more neurons in each hidden layer, such as 8.",
    )


def _unknown(v: Values) -> Words:
    return Words(
        "Either the network does not find what there is to learn, or the features say little "
        "about the answer.",
        "Try another start (another seed), more neurons, or further features.",
    )


def _idle_unit(v: Values) -> Words:
    units = ", ".join(map(str, v["units"]))
    return Words(
        f"{v['idle']} of the {v['of']} units of layer {v['layer']} do nothing (number {units}): "
        "what they pass on is the same for every sample, so that a bias would do as well.",
        "Try another start (another seed); or leave them out, for fewer neurons in that layer "
        "would do as well.",
    )


_REASONS: dict[Reason, Callable[[Values], Words]] = {
    Reason.GOAL_TOO_EASY: _too_easy,
    Reason.TOO_EARLY: _too_early,
    Reason.TOO_NARROW: _too_narrow,
    Reason.UNKNOWN: _unknown,
}
_WORDS: dict[Finding, Callable[[Values], Words]] = {
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
