"""An explanation: a calculation that writes itself as text, Markdown, HTML and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.network import refuse_labels
from glassnet.core.parameters import Parameters
from glassnet.core.samples import checked_data
from glassnet.errors import InputError, finite_number, instance_of, whole_number
from glassnet.explain import step_context
from glassnet.explain.calculation import calculation
from glassnet.explain.ensemble import ensemble_calculation
from glassnet.explain.render import html, markdown, text, to_json
from glassnet.explain.steps import Calculation
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.penalty import Penalty
from glassnet.storage.atomic import replacing
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.run import Run


class Explanation(Calculation):
    """The complete calculation of one update, step by step, for every kind of reader.

    `str()` gives the text for a terminal; in a notebook it shows itself.

    Parameters
    ----------
    title : str
        What is calculated.
    facts : dict of str
        What else is known of it, by name.
    steps : tuple of Step
        The steps; they always hold the whole arrays.
    full : bool
        Show long layers whole.
    digits : int
        Significant digits that are printed, 17 for every digit.
    """

    def text(self, width: int = 80) -> str:
        """Return plain text for a terminal.

        Parameters
        ----------
        width : int
            The terminal's columns.

        Returns
        -------
        str
            The text.
        """
        return "\n".join(line for _, line in self.text_lines(width)) + "\n"

    def text_lines(self, width: int = 80) -> Iterator[tuple[str, str]]:
        """Return the lines of the plain text with their styles, so that a terminal may colour them.

        Parameters
        ----------
        width : int
            The terminal's columns.

        Returns
        -------
        iterator of (style, line)
            The styles are "title", "fact", "phase", "step", "why", "rule", "numbers" and "".
        """
        return text.text_lines(self, width)

    def markdown(self) -> str:
        """Return Markdown with the equations in LaTeX between dollar signs.

        Returns
        -------
        str
            The text.
        """
        return markdown.markdown(self)

    def html(self) -> str:
        """Return a self-contained HTML page with MathML, in light and dark, for paper, too.

        Returns
        -------
        str
            The page.
        """
        return html.page(self)

    def json(self) -> str:
        """Return JSON with the rules in LaTeX and in text, and every number to its last digit.

        Returns
        -------
        str
            The text.
        """
        return to_json.as_json(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as a file.

        Parameters
        ----------
        path : str or path
            Where to; the ending says what: .html, .md, .txt or .json.

        Raises
        ------
        InputError
            For another ending, and where the file cannot be written.
        """
        formats = {".html": self.html, ".md": self.markdown, ".txt": self.text, ".json": self.json}
        ending = Path(path).suffix.lower()
        if ending not in formats:
            raise InputError(
                f"An explanation cannot be written as {Path(path).name!r:.80}: end the name in "
                f"{', '.join(formats)}."
            )
        contents = formats[ending]()
        with replacing(path) as temporary:
            temporary.write_text(contents, encoding="utf-8")

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return html.fragment(self)


def explain(
    subject: Run | EnsembleRun | Parameters,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    sample: int | None = None,
    epoch: int | None = None,
    member: int | None = None,
    sample_weight: ArrayLike | None = None,
    optimizer: Optimizer | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    full: bool = False,
    digits: int = 5,
) -> Explanation:
    """Return the complete calculation of one training step, each equation with its numbers.

        z = W a + b,  a = g(z),  loss,  dz, dW, db, da,  sum over samples,  update,  loss after it

    Parameters
    ----------
    subject : Run, EnsembleRun or Parameters
        A run; parameters, with data that fit; or an ensemble, whose members' logits are joined.
    X, y : arrays of shape (n_samples, n_features) and (n_samples,), optional
        The data. A run needs them only where it was saved without its own.
    sample : int, optional
        Row of the samples trained on, from 0, that is shown; None for the whole batch.
    epoch : int, optional
        After how many epochs of the run: 0 is its start, None the one it kept. Where no snapshot
        was taken the run is trained again up to there, to the same digits. The update is that of
        the epoch which follows, of its first batch or the one with the sample.
    member : int, optional
        The member of an ensemble, from 1, whose complete calculation is shown.
    sample_weight : array of shape (n_samples,), optional
        What each sample counts.
    optimizer : Optimizer, optional
        The update that follows on parameters; without it there is none.
    l1, l2 : float
        The penalties of that update.
    full : bool
        Show long layers whole.
    digits : int
        Significant digits that are printed, 17 for all; HTML and JSON hold all besides.

    Returns
    -------
    Explanation
        The steps with their numbers, as text, Markdown, HTML and JSON.

    Raises
    ------
    InputError
        For a sample or an epoch that is not there, other data than the run's, and no history.
    """
    whole_number("digits", digits, 1)
    finite_number("l1", l1, 0)
    finite_number("l2", l2, 0)
    instance_of("full", full, bool)
    if isinstance(subject, EnsembleRun):
        if epoch is not None or optimizer is not None or l1 or l2:
            raise InputError(
                "An ensemble answers as it is at the end: leave out epoch, optimizer, l1 and l2."
            )
        return _of_ensemble(subject, X, y, sample or 0, member, full=full, digits=digits)
    if member is not None:
        raise InputError("One network has no members: leave out member.")
    given = None if X is None or y is None else (X, y, sample_weight)
    if isinstance(subject, Parameters):
        if epoch is not None:
            raise InputError("Parameters alone have no epochs: explain a run, or leave out epoch.")
        now = _of_parameters(subject, given, optimizer, Penalty(l1, l2))
        sample = step_context.checked_sample(sample, len(now.X))
    else:
        if optimizer is not None or l1 or l2:
            raise InputError(
                "A run has an optimizer and penalties of its own: leave out optimizer, l1 and l2."
            )
        now = step_context.of_run(subject, given, sample, epoch)
    refuse_labels(now.parameters.network)
    return Explanation(**vars(calculation(now, sample, full=full, digits=digits)))


def _of_parameters(
    parameters: Parameters,
    given: tuple[ArrayLike, ArrayLike, ArrayLike | None] | None,
    optimizer: Optimizer | None,
    penalty: Penalty,
) -> step_context.StepContext:
    """The context of parameters alone, which need data."""
    if given is None:
        raise InputError("Parameters alone have no data: give X and y.")
    return step_context.of_parameters(parameters, *given, optimizer, penalty)


def _of_ensemble(
    run: EnsembleRun,
    X: ArrayLike | None,
    y: ArrayLike | None,
    sample: int,
    member: int | None,
    *,
    full: bool,
    digits: int,
) -> Explanation:
    refuse_labels(run.network)
    samples = run.samples
    if X is not None and y is not None:
        samples = checked_data(run.network, X, y, None, run.settings.dtype)
    if samples is None:
        raise InputError("The samples of this run were not saved along with it: give X and y.")
    chosen = step_context.checked_sample(sample, len(samples.X))
    assert chosen is not None
    if member is None:
        made = ensemble_calculation(run.ensemble, samples, chosen, full=full, digits=digits)
        return Explanation(**vars(made))
    whole_number("member", member, 1)
    members = run.ensemble.members
    if member > len(members):
        raise InputError(f"There is no member {member}: the ensemble has {len(members)}.")
    one = members[member - 1]
    regression = run.network.is_regression
    return explain(
        one.parameters,
        one.inputs(samples.X),
        np.asarray(samples.Y) if regression else samples.labels,
        sample=chosen,
        full=full,
        digits=digits,
    )
