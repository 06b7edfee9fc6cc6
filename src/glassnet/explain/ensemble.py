"""The answer of an ensemble as steps: each member's logits, their weighted average, the outputs."""

from __future__ import annotations

from glassnet.core.backprop import Trace, full_pass
from glassnet.core.parameters import Parameters
from glassnet.core.samples import Samples
from glassnet.explain.calculation import described
from glassnet.explain.forward import output_step
from glassnet.explain.loss import loss_step
from glassnet.explain.numbers import written
from glassnet.explain.steps import Calculation, Equation, Quantity, Rule, Step, added, scalar
from glassnet.explain.symbols import Symbols, dot_entry, one
from glassnet.models.ensemble import Ensemble, Member


def ensemble_calculation(
    ensemble: Ensemble, samples: Samples, sample: int, *, full: bool, digits: int
) -> Calculation:
    """Return how an ensemble comes to its answer for a sample, and that answer's loss."""
    row = samples.chosen(slice(sample, sample + 1))
    whole = _trace(ensemble.parameters, row)
    traces = [
        _trace(member.parameters, row._replace(X=member.inputs(row.X)))
        for member in ensemble.members
    ]
    steps = [_member_step(n, trace, full) for n, trace in enumerate(traces, 1)]
    answer = ", ".join(written(float(a), digits) for a in whole.a[-1][:, 0])
    return Calculation(
        title=f"Every number of an ensemble's answer for sample {sample}",
        facts={
            "ensemble": f"{len(traces)} networks, at a temperature of "
            f"{written(ensemble.temperature, digits)}",
            "sample": f"row {sample} of those trained on, counted from 0",
            "answer": f"a = {answer}",
            "members": "; ".join(_named(n, one) for n, one in enumerate(ensemble.members, 1)),
        },
        steps=(
            *steps,
            _average_step(ensemble, steps, whole),
            output_step(whole, full),
            loss_step(whole, full),
        ),
        full=full,
        digits=digits,
    )


def _trace(parameters: Parameters, row: Samples) -> Trace:
    return full_pass(parameters.network, parameters, row.X, row.Y, None, None)


def _named(number: int, member: Member) -> str:
    return f"{number}: {described(member.network)} ({member.name}), weight {member.weight:.3g}"


def _member_step(number: int, trace: Trace, full: bool) -> Step:
    """The logits of a member: the last weighted sum of its own forward pass."""
    symbols, last = Symbols(trace), trace.network.n_layers
    W, b, a = symbols.W(last), symbols.b(last), symbols.a(last - 1)
    z = Quantity(f"z of member {number}", rf"z^{{({number})}}", trace.z[-1])
    return Step(
        kind="z",
        function="",
        phase="forward",
        name=f"the logits of member {number}",
        equation=Equation(z, Rule("<W> <a> + <b>", "<W> <a> + <b>"), {"W": W, "a": a, "b": b}),
        derivation=None,
        entry=dot_entry(z, W, a, full, bias=b),
        why="The member's own forward pass ends in this weighted sum; member shows all of it.",
    )


def _average_step(ensemble: Ensemble, members: list[Step], whole: Trace) -> Step:
    """z = (w_1 z_1 + ... + w_n z_n)/T."""
    symbols = Symbols(whole)
    z = symbols.z(whole.network.n_layers)
    weights = [
        scalar(f"w{n}", f"w_{{{n}}}", member.weight) for n, member in enumerate(ensemble.members, 1)
    ]
    logits = [step.equation.result for step in members]
    T = scalar("T", "T", ensemble.temperature)
    total = added(Rule(f"<w{n}> <z{n}>", f"<w{n}> * <z{n}>") for n in range(1, len(logits) + 1))
    rule = Rule(rf"\frac{{{total.latex}}}{{<T>}}", f"({total.text}) / <T>")

    def inputs(values: list[Quantity]) -> dict[str, Quantity]:
        by_slot = {f"w{n}": weight for n, weight in enumerate(weights, 1)}
        return by_slot | {f"z{n}": value for n, value in enumerate(values, 1)} | {"T": T}

    return Step(
        kind="average",
        function="",
        phase="forward",
        name="the weighted average of the members",
        equation=Equation(z, rule, inputs(logits)),
        derivation=None,
        entry=Equation(one(z), rule, inputs([one(value) for value in logits])),
        why="Each member counts as much as it helped to predict rows that were held out; the "
        "temperature makes probabilities as certain as those predictions were right.",
    )
