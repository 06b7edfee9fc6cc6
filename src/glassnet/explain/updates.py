"""The optimizer's update as steps, one function for each rule.

The results are those of the optimizer's own `update`: the new parameters, and what it remembers.
To explain a further optimizer, write one function like these and enter it in UPDATES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.backprop import Trace
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.interface import Batches, Limits, Penalty, TrainingState, clipped
from glassnet.engines.reference import ReferenceEngine
from glassnet.explain.step_context import StepContext
from glassnet.explain.steps import Equation, Quantity, Rule, Step, scalar
from glassnet.explain.symbols import Symbols, one, total_of
from glassnet.optim.optimizers import LBFGS, Adam, AdamW, GradientDescent, OptimizerState, RMSprop

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

    def remembered(self, name: str, symbol: str, vector: Array) -> Quantity:
        """The matrix's part of what an optimizer remembers, such as m or v."""
        values = vector[self.place].reshape(self.old.values.shape)
        return Quantity(f"{name}_{self.name}", rf"{symbol}_{{{self.symbol}}}", values)


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
    return _step(
        update,
        matrix,
        "clipped gradient",
        f"clipped gradient by {matrix.name}",
        matrix.average,
        Rule(r"<g>\, \frac{<c>}{<norm>}", "<g> <c>/<norm>"),
        {
            "g": _unclipped(update, matrix),
            "c": scalar("c", "c", update.max_norm),
            "norm": scalar("|g|", r"\|g\|", np.sqrt(exact @ exact)),
        },
        "The gradient of all parameters together is longer than c allows, so all of it is "
        "shortened to that length and keeps its direction.",
    )


def _unclipped(update: Update, matrix: Matrix) -> Quantity:
    values = update.gradient[matrix.place].reshape(matrix.average.values.shape)
    return Quantity(matrix.average.name, matrix.average.symbol, values)


def _average_step(update: Update, matrix: Matrix) -> Step:
    inputs = {"m": update.samples, "total": matrix.total}
    latex, text = r"\frac{1}{<m>} <total>", "1/<m> <total>"
    penalised = matrix.letter == "W" and any(update.penalty)
    if penalised and update.penalty.l2:
        inputs |= {"W": matrix.old, "l2": scalar("l2", r"\lambda_{2}", update.penalty.l2)}
        latex, text = rf"{latex} + <l2>\, <W>", f"{text} + <l2> <W>"
    if penalised and update.penalty.l1:
        inputs |= {"W": matrix.old, "l1": scalar("l1", r"\lambda_{1}", update.penalty.l1)}
        latex = rf"{latex} + <l1>\, \operatorname{{sign}}(<W>)"
        text = f"{text} + <l1> sign(<W>)"
    weighted = ", the sum of the weights" if Symbols(update.trace).weighted else ""
    return _step(
        update,
        matrix,
        "average gradient",
        f"average gradient by {matrix.name}",
        _unclipped(update, matrix),
        Rule(latex, text),
        inputs,
        f"The sum is divided by m{weighted}, because the loss is an average; "
        + (
            "the penalty on large weights adds its own slope."
            if penalised
            else "the rule below then does not depend on the number of samples."
        ),
    )


def _step(
    update: Update,
    matrix: Matrix,
    kind: str,
    name: str,
    result: Quantity,
    rule: Rule,
    inputs: dict[str, Quantity],
    why: str,
    derivation: Rule | None = None,
) -> Step:
    """A step whose rule works entry by entry, so that the same rule holds for the first entry."""
    return Step(
        kind=kind,
        function=type(update.optimizer).__name__,
        phase="update",
        name=f"Layer {matrix.layer}: {name}",
        equation=Equation(result, rule, inputs, replaces=kind not in NOT_REPLACED),
        derivation=derivation,
        entry=Equation(
            one(result),
            Rule(_with_dots(rule.latex, r"\cdot"), _with_dots(rule.text, "·")),
            {slot: _first(quantity) for slot, quantity in inputs.items()},
            replaces=kind not in NOT_REPLACED,
        ),
        why=why,
    )


def _first(quantity: Quantity) -> Quantity:
    return quantity if quantity.values.ndim == 0 else one(quantity)


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
    if any(update.penalty) or update.clips:
        template = Rule(r"<W> - <alpha>\, <g>", "<W> - <alpha> <g>")
        inputs |= {"g": matrix.average}
    else:
        template = Rule(r"<W> - \frac{<alpha>}{<m>} <total>", "<W> - <alpha>/<m> <total>")
        inputs |= {"m": update.samples, "total": matrix.total}
    yield _step(
        update,
        matrix,
        "update",
        f"new {matrix.name}",
        matrix.new,
        template,
        inputs,
        "The gradient points to where the loss grows fastest, so the step goes the other way; "
        "alpha says how far."
        if matrix.name == "W1"
        else f"The same rule: every entry of {matrix.name} goes against its own gradient.",
    )


def _momentum(update: Update, matrix: Matrix, rule: GradientDescent) -> Iterator[Step]:
    old = matrix.remembered("v", "v", update.before["velocity"])
    new = matrix.remembered("v", "v", update.after["velocity"])
    mu = scalar("mu", r"\mu", rule.momentum)
    yield _step(
        update,
        matrix,
        "velocity",
        f"velocity of {matrix.name}",
        Quantity(f"new {new.name}", new.symbol, new.values),
        Rule(r"<mu>\, <v> + <g>", "<mu> <v> + <g>"),
        {"mu": mu, "v": old, "g": matrix.average},
        "The velocity keeps a share mu of itself and gains the gradient, so that steps in one "
        "direction add up and those to and fro cancel.",
    )
    inputs = {"W": matrix.old, "alpha": update.rate, "v": new}
    template = Rule(r"<W> - <alpha>\, <v>", "<W> - <alpha> <v>")
    if rule.nesterov:
        inputs |= {"g": matrix.average, "mu": mu}
        template = Rule(
            r"<W> - <alpha> \left(<g> + <mu>\, <v>\right)", "<W> - <alpha> (<g> + <mu> <v>)"
        )
    yield _step(
        update,
        matrix,
        "update",
        f"new {matrix.name}",
        matrix.new,
        template,
        inputs,
        "Nesterov's step looks ahead: gradient and velocity together."
        if rule.nesterov
        else "The step follows the velocity instead of the gradient alone.",
    )


def _adam(update: Update, matrix: Matrix) -> Iterator[Step]:
    """m, v, and W <- W - alpha m^ / (sqrt(v^) + epsilon); for AdamW with its decay."""
    rule: Adam = update.optimizer
    settings = {
        "beta1": scalar("beta1", r"\beta_{1}", rule.beta1),
        "beta2": scalar("beta2", r"\beta_{2}", rule.beta2),
    }
    moments = {}
    for name, beta, power in (("m", "beta1", ""), ("v", "beta2", "^2")):
        old = matrix.remembered(name, name, update.before[name])
        moments[name] = matrix.remembered(name, name, update.after[name])
        squared = power.replace("^2", "^{2}")
        yield _step(
            update,
            matrix,
            f"moment {name}",
            f"moment {name} of {matrix.name}",
            Quantity(f"new {old.name}", old.symbol, moments[name].values),
            Rule(
                rf"<{beta}>\, <{name}> + (1 - <{beta}>)\, <g>{squared}",
                f"<{beta}> <{name}> + (1 - <{beta}>) <g>{power}",
            ),
            {beta: settings[beta], name: old, "g": matrix.average},
            "m is a running average of the gradient: where to go."
            if name == "m"
            else "v is a running average of the gradient's square, entry by entry: how large it "
            "usually is.",
        )
    yield _adam_step(update, matrix, rule, settings | moments)


def _adam_step(update: Update, matrix: Matrix, rule: Adam, inputs: dict[str, Quantity]) -> Step:
    kept, kept_text = "<W>", "<W>"
    inputs = inputs | {
        "W": matrix.old,
        "alpha": update.rate,
        "t": scalar("t", "t", update.after["t"]),
        "epsilon": scalar("epsilon", r"\varepsilon", rule.epsilon),
    }
    why = (
        "m and v started at 0 and are corrected for it; each entry then takes a step of its own, "
        "about alpha long, whatever the size of its gradient."
    )
    if isinstance(rule, AdamW):
        inputs["lambda"] = scalar("lambda", r"\lambda", rule.weight_decay)
        kept, kept_text = r"(1 - <alpha> \cdot <lambda>)\, <W>", "(1 - <alpha> · <lambda>) <W>"
        why += " Before it, the decay lambda shrinks every parameter a little."
    return _step(
        update,
        matrix,
        "update",
        f"new {matrix.name}",
        matrix.new,
        Rule(
            # A root sign would not grow around a matrix without a mathematical font.
            rf"{kept} - <alpha>\, \frac{{<m> / (1 - <beta1>^{{<t>}})}}"
            r"{\left(<v> / (1 - <beta2>^{<t>})\right)^{1/2} + <epsilon>}",
            f"{kept_text} - <alpha> (<m> / (1 - <beta1>^<t>)) "
            "/ (sqrt(<v> / (1 - <beta2>^<t>)) + <epsilon>)",
        ),
        inputs,
        why,
    )


def _rmsprop(update: Update, matrix: Matrix) -> Iterator[Step]:
    """s, and W <- W - alpha g / (sqrt(s) + epsilon), or with momentum v and W <- W - alpha v."""
    rule: RMSprop = update.optimizer
    old = matrix.remembered("s", "s", update.before["square"])
    s = matrix.remembered("s", "s", update.after["square"])
    yield _step(
        update,
        matrix,
        "square",
        f"mean square of {matrix.name}",
        Quantity(f"new {old.name}", old.symbol, s.values),
        Rule(r"<rho>\, <s> + (1 - <rho>)\, <g>^{2}", "<rho> <s> + (1 - <rho>) <g>^2"),
        {"rho": scalar("rho", r"\rho", rule.decay), "s": old, "g": matrix.average},
        "s is a running average of the gradient's square, entry by entry.",
    )
    scaled = Rule(
        r"\frac{<g>}{\left(<s>\right)^{1/2} + <epsilon>}", "<g> / (sqrt(<s>) + <epsilon>)"
    )
    epsilon = scalar("epsilon", r"\varepsilon", rule.epsilon)
    inputs = {"g": matrix.average, "s": s, "epsilon": epsilon}
    template = Rule(rf"<W> - <alpha>\, {scaled.latex}", f"<W> - <alpha> · {scaled.text}")
    if rule.momentum:
        v = matrix.remembered("v", "v", update.after["velocity"])
        yield _scaled_velocity(update, matrix, scaled, inputs, v)
        template, inputs = Rule(r"<W> - <alpha>\, <v>", "<W> - <alpha> <v>"), {"v": v}
    yield _step(
        update,
        matrix,
        "update",
        f"new {matrix.name}",
        matrix.new,
        template,
        inputs | {"W": matrix.old, "alpha": update.rate},
        "Divided by its usual size, the gradient makes steps of about alpha in every entry.",
    )


def _scaled_velocity(
    update: Update, matrix: Matrix, scaled: Rule, inputs: dict[str, Quantity], v: Quantity
) -> Step:
    earlier = matrix.remembered("v", "v", update.before["velocity"])
    return _step(
        update,
        matrix,
        "scaled velocity",
        f"velocity of {matrix.name}",
        Quantity(f"new {v.name}", v.symbol, v.values),
        Rule(rf"<mu>\, <v> + {scaled.latex}", f"<mu> <v> + {scaled.text}"),
        inputs | {"mu": scalar("mu", r"\mu", update.optimizer.momentum), "v": earlier},
        "The velocity keeps a share mu of itself and gains the gradient, divided by its usual "
        "size.",
    )


def _any_rule(update: Update, matrix: Matrix) -> Iterator[Step]:
    """Return the inputs and outputs of a rule whose inner steps are not known here."""
    name = type(update.optimizer).__name__
    latex = rf"\operatorname{{{name}}}"
    yield Step(
        kind="update",
        function=name,
        phase="update",
        name=f"Layer {matrix.layer}: new {matrix.name}",
        equation=Equation(
            matrix.new,
            Rule(rf"{latex}(<W>, <g>)", f"{name}(<W>, <g>)"),
            {"W": matrix.old, "g": matrix.average},
            replaces=True,
        ),
        derivation=None,
        entry=None,
        why=(
            f"{name} decides the step from the gradient and from what it remembers of earlier "
            "ones; its inner steps are not shown."
        ),
    )


NOT_REPLACED = ("average gradient",)  # every other kind puts a new value in the place of an old
Explained = Callable[[Update, Matrix], Iterator[Step]]
UPDATES: dict[type, Explained] = {
    GradientDescent: _gradient_descent,
    Adam: _adam,
    AdamW: _adam,
    RMSprop: _rmsprop,
}
