"""The optimizer's update as steps, one function for each rule.

The results are those of the optimizer's own `update`: the new parameters, and what it remembers.
To explain a further optimizer, write one function like these and enter it in UPDATES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.backprop import Trace
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Limits, TrainingState
from glassnet.engines.reference import ReferenceEngine
from glassnet.explain.step_context import StepContext
from glassnet.explain.steps import Equation, Quantity, Rule, Step, added, scalar
from glassnet.explain.symbols import Symbols, one, total_of
from glassnet.explain.words import Words
from glassnet.optim.gradient_clipping import clipped
from glassnet.optim.optimizers import LBFGS, Adam, AdamW, GradientDescent, OptimizerState, RMSprop
from glassnet.optim.penalty import Penalty

# Between two factors of a template, where no operator stands: "> <", ") <", "> (", ...
_SIDE_BY_SIDE = re.compile(r"([>)}])(?:\\,)? (?=<|\(|\\left|\\frac|\\operatorname|sign)")


class Matrix(NamedTuple):
    """One W or b through an update: its place in the flat vector, and its quantities.

    `old` and `new` are its values, `total` its gradient summed over the samples, and `average`
    that of the average loss with its penalty, which is what the rule receives.
    """

    letter: str
    layer: int
    place: slice
    old: Quantity
    new: Quantity
    total: Quantity
    average: Quantity

    @property
    def name(self) -> str:
        """W1, b1, ..."""
        return f"{self.letter}{self.layer}"

    @property
    def symbol(self) -> str:
        """The same in LaTeX."""
        return f"{self.letter}_{{{self.layer}}}"

    def memories(self, update: Update, letter: str, name: str) -> tuple[Quantity, Quantity]:
        """What the optimizer remembers of the matrix under a name, before and after the update."""
        letters = f"{letter}_{self.name}", rf"{letter}_{{{self.symbol}}}"
        shape = self.old.values.shape
        before, after = (
            Quantity(*letters, state[name][self.place].reshape(shape))
            for state in (update.before, update.after)
        )
        return before, after


def renewed(quantity: Quantity) -> Quantity:
    """A quantity as the result of the step that renews it."""
    return replace(quantity, name=f"new {quantity.name}")


class Update(NamedTuple):
    """One update: before and after, and the settings of its rule."""

    trace: Trace
    optimizer: Any
    penalty: Penalty
    before: OptimizerState
    after: OptimizerState
    new: Parameters
    gradient: Array  # of the average loss and the penalty, flat
    received: Array  # the same, clipped
    max_norm: float
    rate_factor: float

    @property
    def samples(self) -> Quantity:
        """m, the number of samples or the sum of their weights."""
        return scalar("m", "m", self.trace.weight_sum)

    @property
    def rate(self) -> Quantity:
        """The learning rate alpha."""
        return scalar("alpha", r"\alpha", self.optimizer.learning_rate * self.rate_factor)

    @property
    def clips(self) -> bool:
        """Whether the gradient was too long and is shortened."""
        return self.received is not self.gradient

    def matrices(self) -> Iterator[Matrix]:
        """W1, b1, W2, ... in the order of the flat vector."""
        symbols, new, start = Symbols(self.trace), self.new.layers, 0
        for layer, (W_new, b_new) in enumerate(new, start=1):
            for letter, old, values, total in (
                ("W", symbols.W(layer), W_new, symbols.dW(layer)),
                ("b", symbols.b(layer), b_new, symbols.db(layer)),
            ):
                place = slice(start, start + values.size)
                start = place.stop
                average = self.received[place].reshape(values.shape)
                yield Matrix(
                    letter,
                    layer,
                    place,
                    old,
                    Quantity(f"new {letter}{layer}", old.symbol, values),
                    total_of(total) if self.trace.x.shape[1] > 1 else total,
                    Quantity(f"g_{letter}{layer}", rf"g_{{{old.symbol}}}", average),
                )


def made(context: StepContext, trace: Trace) -> Update:
    """Return the update of a step, the trace of whose batch is given."""
    assert context.optimizer is not None
    gradient = trace.gradient.vector / trace.weight_sum
    if any(context.penalty):
        _, slope = context.penalty.loss_and_gradient(context.parameters)
        gradient = gradient + slope
    received = clipped(gradient, context.max_norm)
    if isinstance(context.optimizer, LBFGS):
        vector, after = _one_iteration(context)
    else:
        vector, after = context.optimizer.update(
            context.parameters.vector, received, context.optimizer_state, context.rate_factor
        )
    return Update(
        trace,
        context.optimizer,
        context.penalty,
        context.optimizer_state,
        after,
        Parameters(trace.network, vector),
        gradient,
        received,
        context.max_norm,
        context.rate_factor,
    )


def _one_iteration(context: StepContext) -> tuple[Array, OptimizerState]:
    """Return the update by L-BFGS, which evaluates the loss at several places."""
    assert context.optimizer is not None
    state = TrainingState(
        context.parameters,
        context.parameters,
        context.optimizer,
        context.optimizer_state,
        0,
        np.random.default_rng(0),  # at rest: there is one batch
        context.penalty,
    )
    batches = Batches(context.X, context.Y, context.weight, len(context.X))
    ReferenceEngine().advance(state, batches, Limits(1, Event()))
    return state.parameters.vector, state.optimizer_state


def update_steps(update: Update) -> Iterator[Step]:
    """The steps of the optimizer's own rule, W and b layer by layer."""
    rule = UPDATES.get(type(update.optimizer), _any_rule)
    plain = rule is _gradient_descent and not any(update.penalty) and not update.after
    plain = plain and not update.clips
    for matrix in update.matrices():
        if not plain:
            yield _average_step(update, matrix)
        if update.clips:
            yield _clip_step(update, matrix)
        yield from rule(update, matrix)


def _clip_step(update: Update, matrix: Matrix) -> Step:
    exact = update.gradient.astype(np.float64)
    inputs = {
        "g": _unclipped(update, matrix),
        "c": scalar("c", "c", update.max_norm),
        "norm": scalar("|g|", r"\|g\|", np.sqrt(exact @ exact)),
    }
    return _step(update, matrix, "clipped gradient", matrix.average, inputs)


def _unclipped(update: Update, matrix: Matrix) -> Quantity:
    values = update.gradient[matrix.place].reshape(matrix.average.values.shape)
    return Quantity(matrix.average.name, matrix.average.symbol, values)


def _average_step(update: Update, matrix: Matrix) -> Step:
    inputs = {"m": update.samples, "total": matrix.total}
    variants = ["weighted"] * Symbols(update.trace).weighted
    slopes = []
    if matrix.letter == "W" and any(update.penalty):
        variants.append("penalised")
        words = Words("average gradient", *variants)
        for name in ("l2", "l1"):
            if value := getattr(update.penalty, name):
                inputs |= {"W": matrix.old, name: scalar(name, rf"\lambda_{{{name[1]}}}", value)}
                slopes.append(words.rule(f"{name}_slope"))
    return _step(
        update,
        matrix,
        "average gradient",
        _unclipped(update, matrix),
        inputs,
        *variants,
        more=slopes,
        replaces=False,
    )


def _step(
    update: Update,
    matrix: Matrix,
    kind: str,
    result: Quantity,
    inputs: dict[str, Quantity],
    *variants: str,
    more: Sequence[Rule] = (),
    replaces: bool = True,
) -> Step:
    """A step whose rule works entry by entry, so that the same rule holds for the first entry."""
    words = Words(kind, *variants, l=matrix.layer, W=matrix.name)
    rule = added([words.rule("rule"), *more])
    entry = Equation(
        one(result),
        Rule(_with_dots(rule.latex, r"\cdot"), _with_dots(rule.text, "·")),
        {slot: q if q.values.ndim == 0 else one(q) for slot, q in inputs.items()},
        replaces,
    )
    function = type(update.optimizer).__name__
    return words.step(
        result, inputs, entry, function=function, phase="update", rule=rule, replaces=replaces
    )


def _with_dots(template: str, dot: str) -> str:
    """Factors side by side with a dot between them, which numbers need."""
    return _SIDE_BY_SIDE.sub(lambda match: f"{match.group(1)} {dot} ", template)


def _gradient_descent(update: Update, matrix: Matrix) -> Iterator[Step]:
    """W <- W - alpha dL/dW, or with momentum W <- W - alpha v."""
    rule: GradientDescent = update.optimizer
    if rule.momentum:
        yield from _momentum(update, matrix, rule)
        return
    inputs = {"W": matrix.old, "alpha": update.rate}
    variants = ["descent"] + ["first"] * (matrix.name == "W1")
    if any(update.penalty) or update.clips:
        variants.append("averaged")
        inputs |= {"g": matrix.average}
    else:
        inputs |= {"m": update.samples, "total": matrix.total}
    yield _step(update, matrix, "update", matrix.new, inputs, *variants)


def _momentum(update: Update, matrix: Matrix, rule: GradientDescent) -> Iterator[Step]:
    old, new = matrix.memories(update, "v", "velocity")
    mu = scalar("mu", r"\mu", rule.momentum)
    gained = {"mu": mu, "v": old, "g": matrix.average}
    yield _step(update, matrix, "velocity", renewed(new), gained)
    inputs = {"W": matrix.old, "alpha": update.rate, "v": new}
    if rule.nesterov:
        inputs |= {"g": matrix.average, "mu": mu}
    variant = "nesterov" if rule.nesterov else "momentum"
    yield _step(update, matrix, "update", matrix.new, inputs, variant)


def _adam(update: Update, matrix: Matrix) -> Iterator[Step]:
    """m, v, and W <- W - alpha m^ / (sqrt(v^) + epsilon); for AdamW with its decay."""
    rule: Adam = update.optimizer
    inputs = {
        "beta1": scalar("beta1", r"\beta_{1}", rule.beta1),
        "beta2": scalar("beta2", r"\beta_{2}", rule.beta2),
    }
    moments = {}
    for name, beta in (("m", "beta1"), ("v", "beta2")):
        old, moments[name] = matrix.memories(update, name, name)
        averaged = {beta: inputs[beta], name: old, "g": matrix.average}
        yield _step(update, matrix, f"moment {name}", renewed(moments[name]), averaged)
    inputs |= moments | {
        "W": matrix.old,
        "alpha": update.rate,
        "t": scalar("t", "t", update.after["t"]),
        "epsilon": scalar("epsilon", r"\varepsilon", rule.epsilon),
    }
    variants = ["adam"]
    if isinstance(rule, AdamW):
        variants.append("adamw")
        inputs["lambda"] = scalar("lambda", r"\lambda", rule.weight_decay)
    yield _step(update, matrix, "update", matrix.new, inputs, *variants)


def _rmsprop(update: Update, matrix: Matrix) -> Iterator[Step]:
    """s, and W <- W - alpha g / (sqrt(s) + epsilon), or with momentum v and W <- W - alpha v."""
    rule: RMSprop = update.optimizer
    old, s = matrix.memories(update, "s", "square")
    averaged = {"rho": scalar("rho", r"\rho", rule.decay), "s": old, "g": matrix.average}
    yield _step(update, matrix, "square", renewed(s), averaged)
    epsilon = scalar("epsilon", r"\varepsilon", rule.epsilon)
    inputs = {"g": matrix.average, "s": s, "epsilon": epsilon}
    variants = ["rmsprop"]
    if rule.momentum:
        earlier, v = matrix.memories(update, "v", "velocity")
        inputs |= {"mu": scalar("mu", r"\mu", rule.momentum), "v": earlier}
        yield _step(update, matrix, "scaled velocity", renewed(v), inputs)
        variants.append("scaled")
        inputs = {"v": v}
    inputs |= {"W": matrix.old, "alpha": update.rate}
    yield _step(update, matrix, "update", matrix.new, inputs, *variants)


def _any_rule(update: Update, matrix: Matrix) -> Iterator[Step]:
    """Return the inputs and outputs of a rule whose inner steps are not known here."""
    name = type(update.optimizer).__name__
    words = Words("update", "unknown", l=matrix.layer, W=matrix.name, function=name)
    inputs = {"W": matrix.old, "g": matrix.average}
    yield words.step(matrix.new, inputs, function=name, phase="update", replaces=True)


UPDATES: dict[type, Callable[[Update, Matrix], Iterator[Step]]] = {
    GradientDescent: _gradient_descent,
    Adam: _adam,
    AdamW: _adam,
    RMSprop: _rmsprop,
}
