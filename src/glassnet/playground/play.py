"""The page and a training live in a notebook: `gn.play`, and `watch` of a training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from glassnet.errors import InputError, Name, whole_number
from glassnet.playground.from_argument import initial_state_of
from glassnet.playground.initial_state import InitialState
from glassnet.tables.reading import Reading

if TYPE_CHECKING:
    from glassnet.playground.hosts.notebook import PageWidget
    from glassnet.playground.hosts.training_widget import TrainingWidget
    from glassnet.training.training import Training

LEAST_HEIGHT = 200


def play(
    what: Any = None, *, target: str | None = None, height: int = 900, **reading: Any
) -> PageWidget:
    """Return the page as a widget: in a notebook's cell it is live, trained by the kernel.

    It trains while later cells run, and ends with the kernel. On a command line `glassnet play`
    opens the same page in a browser.

    Parameters
    ----------
    what : Run, path, name of a data set, or table in memory, optional
        What the page shows at first; the tutorial if left out.
    target : str, optional
        The column of a table to learn, where its name does not tell.
    height : int
        Of the page, in pixels.
    **reading
        How to read a table, as `read_table` takes it, such as delimiter=";".

    Returns
    -------
    widget
        What the cell shows where it is the cell's last value.

    Raises
    ------
    InputError
        For what the page cannot show, or without anywidget.
    """
    whole_number("height", height, LEAST_HEIGHT)
    initial = (
        InitialState() if what is None else initial_state_of(what, target, Reading.of(reading))
    )
    if what is None and target is not None:
        raise InputError(Name("target"), " is a column of a table: name the table, too.")
    with _anywidget():
        from glassnet.playground.hosts.notebook import PageWidget
    return PageWidget(initial, height=height)


def watch(training: Training) -> TrainingWidget:
    """Let a training go on in the background, and return a widget that shows it.

    Parameters
    ----------
    training : Training
        What is trained; its `run` is there when it has ended.

    Returns
    -------
    widget
        Shows boundary, loss, epochs a second and a stop button where it is a cell's last value;
        its `wait()` returns the run.

    Raises
    ------
    InputError
        Without anywidget.
    """
    with _anywidget():
        from glassnet.playground.hosts.training_widget import TrainingWidget
    return TrainingWidget(training)


@contextmanager
def _anywidget() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise InputError(
            "A notebook shows this by anywidget, which is not installed here: pip install "
            f"anywidget ({error})."
        ) from None
