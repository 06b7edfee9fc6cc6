"""The calculation of one training step: its steps in order, its title and its facts."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.core.backprop import Trace
from glassnet.core.network import Network
from glassnet.explain.backward import backward_steps, sum_steps
from glassnet.explain.forward import forward_steps
from glassnet.explain.loss import average_loss_steps, loss_step
from glassnet.explain.numbers import written
from glassnet.explain.step_context import StepContext
from glassnet.explain.steps import Calculation, Step
from glassnet.explain.updates import made, update_steps


def calculation(
    context: StepContext, sample: int | None, *, full: bool, digits: int
) -> Calculation:
    """Return every number of the step, of one sample or of the whole batch, and of its update."""
    batch = context.trace()
    shown = batch if sample is None else context.trace_of(sample)
    return Calculation(
        title=_title(context, sample),
        facts=_facts(context, shown, sample, digits),
        steps=tuple(_steps(context, shown, batch, full)),
        full=full,
        digits=digits,
    )


def _steps(context: StepContext, shown: Trace, batch: Trace, full: bool) -> Iterator[Step]:
    yield from forward_steps(shown, full)
    yield loss_step(shown, full)
    if shown is batch:
        yield from average_loss_steps(batch, context.penalty, "loss", full)
    yield from backward_steps(shown, full)
    if shown is not batch:
        yield from average_loss_steps(batch, context.penalty, "sum", full)
        yield from sum_steps(batch, full)
    if context.optimizer is not None:
        update = made(context, batch)
        yield from update_steps(update)
        yield from average_loss_steps(context.trace(update.new), context.penalty, "after", full)


def _title(context: StepContext, sample: int | None) -> str:
    whose = "the whole batch" if sample is None else f"sample {sample}"
    plural = "" if context.epoch == 1 else "s"
    when = "" if context.epoch is None else f" after {context.epoch} epoch{plural}"
    return f"Every number of {whose}{when}"


def _facts(context: StepContext, shown: Trace, sample: int | None, digits: int) -> dict[str, str]:
    """Return the facts at the head of every format."""
    network = context.parameters.network
    facts = {"network": described(network)}
    if sample is None:
        facts["samples"] = f"{len(context.rows)}, one column each"
    else:
        facts["sample"] = f"row {sample} of those trained on, counted from 0"
        x, y = _numbers(shown.x[:, 0], digits), _numbers(shown.y[:, 0], digits)
        facts["numbers"] = f"x = {x}, y = {y}"
        facts["answer"] = f"a = {_numbers(shown.a[-1][:, 0], digits)}"
    if context.epoch is not None:
        facts["parameters"] = f"those after epoch {context.epoch} of {context.epochs}" + (
            ", the start" if context.epoch == 0 else ""
        )
        if context.batch:
            plural = "es" if context.batch > 1 else ""
            facts["parameters"] += f", and {context.batch} batch{plural} of the next"
    if context.optimizer is not None:
        facts["update"] = f"{_which_update(context)} by {context.optimizer!r}"
    return facts


def _which_update(context: StepContext) -> str:
    if context.epoch is None:
        return "the first update"
    which = f"that of epoch {context.epoch + 1}"
    if context.epoch == context.epochs:
        which = f"the one that epoch {context.epoch + 1} would have made"
    if context.n_batches > 1:
        which += (
            f", batch {context.batch + 1} of {context.n_batches} with {len(context.rows)} samples, "
            f"after the batches before it,"
        )
    return which


def described(network: Network) -> str:
    """A network in a line: 2-3-3-1, sigmoid, binary cross entropy."""
    functions = " and ".join(dict.fromkeys(network.activation)) or "no hidden layer"
    words = ["-".join(map(str, network.sizes)), functions, network.loss]
    return ", ".join(words).replace("_", " ")


def _numbers(values: object, digits: int) -> str:
    listed = [written(float(value), digits) for value in values]  # type: ignore[attr-defined]
    if len(listed) > 8:
        listed = [*listed[:4], "...", listed[-1]]
    return listed[0] if len(listed) == 1 else f"({', '.join(listed)})"
