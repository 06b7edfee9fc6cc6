"""Every number of a training step, explained: equations in symbols and with the numbers in them.

`explain` formats the numbers of a `Trace` and of the optimizer's update; it computes none itself.
An `Explanation` has faces for a terminal, Markdown, HTML and JSON.
"""

from __future__ import annotations

from collections.abc import Iterator

from numpy.typing import ArrayLike

from glassnet.core.backprop import Trace
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.engines.interface import Penalty
from glassnet.errors import InputError, finite_number, whole_number
from glassnet.explain import step_context
from glassnet.explain.backward import backward_steps, sum_steps
from glassnet.explain.diagnosis import Diagnosis, diagnose
from glassnet.explain.forward import forward_steps
from glassnet.explain.loss import average_loss_steps, loss_step
from glassnet.explain.numbers import written
from glassnet.explain.step_context import Moment, checked_sample
from glassnet.explain.steps import Equation, Explanation, Quantity, Rule, Step
from glassnet.explain.updates import made, update_steps
from glassnet.optim.optimizers import Optimizer
from glassnet.training.run import Run

__all__ = [
    "Diagnosis",
    "Equation",
    "Explanation",
    "Quantity",
    "Rule",
    "Step",
    "diagnose",
    "explain",
]


def explain(
    subject: Run | Parameters,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    sample: int | None = None,
    epoch: int | None = None,
    sample_weight: ArrayLike | None = None,
    optimizer: Optimizer | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    full: bool = False,
    digits: int = 5,
) -> Explanation:
    """The complete calculation of one training step, each equation with its numbers.

        z = W a + b,  a = g(z),  loss,  dz, dW, db, da,  sum over samples,  update,  loss after it

    `subject` is a run, with the data X (n_samples, n_features), y and sample_weight it was
    trained on unless it has them itself; or parameters with any data that fit: then `optimizer`,
    `l1` and `l2` say what update follows, and without an optimizer there is none.

    `sample`  row of the samples trained on, from 0, whose forward and backward pass is shown;
              None for the whole batch
    `epoch`   after how many epochs of the run: 0 is its start, None the one it kept. Where no
              snapshot was taken the run is trained again up to there, to the same digits. The
              update is that of the epoch which follows; with mini-batches that of its batch which
              holds the sample, else of its first
    `full`    show long layers whole
    `digits`  significant digits that are printed, 17 for all; HTML and JSON hold all besides

    Raises InputError for a sample or an epoch that is not there, for data that are not the run's,
    and for a model without history.
    """
    whole_number("digits", digits, 1)
    finite_number("l1", l1, 0)
    finite_number("l2", l2, 0)
    if isinstance(subject, Parameters):
        if X is None or y is None:
            raise InputError("Parameters alone have no data: give X and y.")
        if epoch is not None:
            raise InputError("Parameters alone have no epochs: explain a run, or leave out epoch.")
        now = step_context.of_parameters(subject, X, y, sample_weight, optimizer, Penalty(l1, l2))
        sample = checked_sample(sample, len(now.X))
    else:
        if optimizer is not None or l1 or l2:
            raise InputError(
                "A run has an optimizer and penalties of its own: leave out optimizer, l1 and l2."
            )
        given = None if X is None or y is None else (X, y, sample_weight)
        now = step_context.of_run(subject, given, sample, epoch)
    batch = now.trace()
    shown = batch if sample is None else now.trace_of(sample)
    return Explanation(
        title=_title(now, sample),
        facts=_facts(now, shown, sample, digits),
        steps=tuple(_steps(now, shown, batch, full)),
        full=full,
        digits=digits,
    )


def _steps(moment: Moment, shown: Trace, batch: Trace, full: bool) -> Iterator[Step]:
    yield from forward_steps(shown, full)
    yield loss_step(shown, full)
    if shown is batch:
        yield from average_loss_steps(batch, moment.penalty, "loss", full)
    yield from backward_steps(shown, full)
    if shown is not batch:
        yield from average_loss_steps(batch, moment.penalty, "sum", full)
        yield from sum_steps(batch, full)
    if moment.optimizer is not None:
        update = made(moment, batch)
        yield from update_steps(update)
        yield from average_loss_steps(moment.trace(update.new), moment.penalty, "after", full)


def _title(moment: Moment, sample: int | None) -> str:
    whose = "the whole batch" if sample is None else f"sample {sample}"
    plural = "" if moment.epoch == 1 else "s"
    when = "" if moment.epoch is None else f" after {moment.epoch} epoch{plural}"
    return f"Every number of {whose}{when}"


def _facts(moment: Moment, shown: Trace, sample: int | None, digits: int) -> dict[str, str]:
    """What is explained, for the head of every face."""
    network = moment.parameters.network
    facts = {"network": described(network)}
    if sample is None:
        facts["samples"] = f"{len(moment.rows)}, one column each"
    else:
        facts["sample"] = (
            f"row {sample} of those trained on, counted from 0: "
            f"x = {_numbers(shown.x[:, 0], digits)}, y = {_numbers(shown.y[:, 0], digits)}"
        )
        facts["answer"] = f"a = {_numbers(shown.a[-1][:, 0], digits)}"
    if moment.epoch is not None:
        facts["parameters"] = f"those after epoch {moment.epoch} of {moment.epochs}" + (
            ", the start" if moment.epoch == 0 else ""
        )
        if moment.batch:
            plural = "es" if moment.batch > 1 else ""
            facts["parameters"] += f", and {moment.batch} batch{plural} of the next"
    if moment.optimizer is not None:
        facts["update"] = f"{_which_update(moment)} by {moment.optimizer!r}"
    return facts


def _which_update(moment: Moment) -> str:
    if moment.epoch is None:
        return "the first update"
    which = f"that of epoch {moment.epoch + 1}"
    if moment.epoch == moment.epochs:
        which = f"the one that epoch {moment.epoch + 1} would have made"
    if moment.n_batches > 1:
        which += (
            f", batch {moment.batch + 1} of {moment.n_batches} with {len(moment.rows)} samples, "
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
