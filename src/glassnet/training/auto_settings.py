"""Automatic settings: what to train and how, where nobody said so, each with its reason.

The values were chosen by cross-validation on generated tables of 150 to 3,000 rows (classes with
and without noise, moons, shells, Friedman's functions, heavy tails), see `benchmarks/defaults.py`;
none of them is in `benchmarks/estimators.py`, where the choice is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from glassnet.core.network import CLASS_LOSSES
from glassnet.errors import InputError, finite_number, whole_number
from glassnet.optim.optimizers import LBFGS, Adam, Optimizer
from glassnet.optim.schedules import Constant, Cosine, Plateau, Schedule
from glassnet.training.settings import Settings

T = TypeVar("T")

RECTIFIERS = {"relu", "leaky_relu", "elu", "gelu"}
WHOLE_BELOW = 64  # rows: so few go into one batch
SMALLEST_BATCH = 32
LARGEST_BATCH = 512
BATCHES = 500  # an epoch has about so many, as long as LARGEST_BATCH allows
CLUSTER_BATCHES = 32  # an epoch, where the rows are distributed
USUAL_EPOCHS = 100
FEWEST_EPOCHS = 10
MOST_EPOCHS = 1_000
FEWEST_UPDATES = 3_000
MOST_UPDATES = 50_000
LBFGS_STEPS = 200
GIVEN = "It was given."
ALPHA = 1.0  # of the penalty alpha / (2 rows) sum W^2 ...
LARGEST_SHARE = 0.005  # ... which is at most this of the rows: a few dozen may well lie on a curve


@dataclass(frozen=True)
class Choice(Generic[T]):
    """The value of a setting, and in one sentence why."""

    value: T
    reason: str


@dataclass(frozen=True)
class Automatic:
    """A value with its reason for every setting that `automatic` knows.

    The names are those of `Settings`, with `hidden_layer_sizes` and `initialiser`, which make the
    network and its start. Iterate over it for (name, choice).
    """

    hidden_layer_sizes: Choice[tuple[int, ...]]
    initialiser: Choice[str]
    batch_size: Choice[int | None]
    max_epochs: Choice[int]
    schedule: Choice[Schedule | Plateau]
    optimizer: Choice[Optimizer]
    l2: Choice[float]
    validation_fraction: Choice[float | None]
    patience: Choice[int | None]

    def __iter__(self) -> Iterator[tuple[str, Choice[Any]]]:
        for field in fields(self):
            yield field.name, getattr(self, field.name)

    def settings(self, **others: Any) -> Settings:
        """The settings of a training with these values; the others are set here."""
        makes_the_network = ("hidden_layer_sizes", "initialiser")
        chosen = {name: choice.value for name, choice in self if name not in makes_the_network}
        return Settings(**(chosen | others))


NAMES = tuple(field.name for field in fields(Automatic))


def automatic(
    n_samples: int,
    loss: str,
    *,
    activation: str | Sequence[str] = "relu",
    weight_sum: float | None = None,
    distributed: bool = False,
    most_epochs: int | None = None,
    optimizer_for: Callable[[Schedule | Plateau], Optimizer] | None = None,
    **given: Any,
) -> Automatic:
    """Sensible settings for so many samples and the loss, each with its reason.

    A setting that is `given` by its name is kept, and the others follow from it: with another
    batch size there are other epochs. `weight_sum` is the sum of the sample weights, where there
    are any. There are `most_epochs` at most, and `optimizer_for` makes the optimizer that goes with
    a schedule. X is taken to be scaled, and so are the targets of a regression.

    Raises InputError for a number of samples that is not a whole number from 1, or a name that is
    not one of NAMES.
    """
    whole_number("n_samples", n_samples, 1)
    for name in given:
        if name not in NAMES:
            raise InputError(f"Unknown setting {name!r:.80}: choose from {', '.join(NAMES)}.")
    kept = {name: Choice(value, GIVEN) for name, value in given.items()}
    by_lbfgs = "optimizer" in given and isinstance(given["optimizer"], LBFGS)
    batch_size = kept.get("batch_size") or _batch_size(n_samples, by_lbfgs, distributed)
    cosine = given.get("schedule")
    if isinstance(cosine, Cosine) and "max_epochs" not in given:
        kept["max_epochs"] = Choice(cosine.epochs, "The learning rate has come to its end then.")
    max_epochs = kept.get("max_epochs") or _max_epochs(n_samples, batch_size.value, by_lbfgs)
    if most_epochs is not None and max_epochs.value > most_epochs:
        max_epochs = kept["max_epochs"] = Choice(most_epochs, GIVEN)
    schedule = kept.get("schedule") or _schedule(max_epochs.value, by_lbfgs)
    if optimizer_for is not None:
        kept["optimizer"] = Choice(optimizer_for(schedule.value), GIVEN)
    validation_fraction = kept.get("validation_fraction") or _validation_fraction()
    return Automatic(
        hidden_layer_sizes=kept.get("hidden_layer_sizes") or _hidden_layer_sizes(),
        initialiser=kept.get("initialiser") or _initialiser(activation),
        batch_size=batch_size,
        max_epochs=max_epochs,
        schedule=schedule,
        optimizer=kept.get("optimizer") or _optimizer(schedule.value),
        l2=kept.get("l2") or _l2(loss, n_samples if weight_sum is None else weight_sum),
        validation_fraction=validation_fraction,
        patience=kept.get("patience")
        or _patience(schedule.value, max_epochs.value, validation_fraction.value, by_lbfgs),
    )


def l2_penalty(alpha: float, rows: float, loss: str, n_outputs: int = 1) -> float:
    """The `l2` of `Settings` that is scikit-learn's alpha / (2 rows) sum W^2.

    Its regression minimises half the squared error, summed over the outputs, where glassnet's
    takes the whole and averages: l2 is alpha / rows, for another regression alpha / (rows n_out),
    and for the squared error twice that.

    Raises InputError unless alpha is finite and from 0.
    """
    finite_number("alpha", alpha, 0)
    if loss in CLASS_LOSSES:
        return alpha / rows
    return alpha / rows / n_outputs * (2 if loss == "mean_squared_error" else 1)


def adam_rate(schedule: Schedule | Plateau | None) -> float:
    """Adam's learning rate with a schedule, None for the automatic one: what shrinks may begin
    larger.
    """
    return 0.005 if schedule is None or isinstance(schedule, Cosine) else 0.003


def _hidden_layer_sizes() -> Choice[tuple[int, ...]]:
    return Choice(
        (100,), "One layer of 100 neurons: with the penalty, more of them do not overfit."
    )


def _initialiser(activation: str | Sequence[str]) -> Choice[str]:
    names = {activation} if isinstance(activation, str) else set(map(str, activation))
    rectifiers = sorted(names & RECTIFIERS)
    if rectifiers:
        return Choice(
            "he_uniform",
            f"{rectifiers[0]} lets half of its input pass, which He's variance 2 / n_in makes up "
            "for.",
        )
    return Choice(
        "glorot_uniform",
        "Glorot's variance 2 / (n_in + n_out) keeps values and gradients of one size across "
        "layers.",
    )


def _batch_size(n_samples: int, by_lbfgs: bool, distributed: bool) -> Choice[int | None]:
    if by_lbfgs:
        return Choice(None, "L-BFGS takes all rows at every step.")
    if n_samples < WHOLE_BELOW:
        return Choice(None, f"{n_samples} rows are few enough to take them all in every update.")
    if distributed and n_samples > CLUSTER_BATCHES * LARGEST_BATCH:
        return Choice(
            -(-n_samples // CLUSTER_BATCHES),
            f"On a cluster an update takes some hundredths of a second however few rows it is of: "
            f"{CLUSTER_BATCHES} an epoch.",
        )
    size = SMALLEST_BATCH
    while size < LARGEST_BATCH and n_samples / size > BATCHES:
        size *= 2
    if size == SMALLEST_BATCH:
        return Choice(size, "Small batches give many updates an epoch, and generalise well.")
    return Choice(size, f"{n_samples:,} rows make {-(-n_samples // size):,} updates an epoch so.")


def _max_epochs(n_samples: int, batch_size: int | None, by_lbfgs: bool) -> Choice[int]:
    if by_lbfgs:
        return Choice(LBFGS_STEPS, f"{LBFGS_STEPS} steps of L-BFGS reach the valley's floor.")
    updates = -(-n_samples // (batch_size or n_samples))  # of an epoch
    if USUAL_EPOCHS * updates < FEWEST_UPDATES:
        epochs = min(-(-FEWEST_UPDATES // updates), MOST_EPOCHS)
        return Choice(epochs, f"They make the {epochs * updates:,} updates that learning takes.")
    if USUAL_EPOCHS * updates > MOST_UPDATES:
        epochs = max(MOST_UPDATES // updates, FEWEST_EPOCHS)
        return Choice(epochs, f"With {n_samples:,} rows that many passes make enough updates.")
    return Choice(USUAL_EPOCHS, f"{USUAL_EPOCHS} passes over the data are enough for most tables.")


def _schedule(max_epochs: int, by_lbfgs: bool) -> Choice[Schedule | Plateau]:
    if by_lbfgs:
        return Choice(Constant(), "L-BFGS finds the length of its steps itself.")
    return Choice(
        Cosine(max_epochs),
        "Steps that shrink to nothing along a cosine let the last updates settle.",
    )


def _optimizer(schedule: Schedule | Plateau) -> Choice[Optimizer]:
    return Choice(
        Adam(adam_rate(schedule)),
        "On average over tables Adam was a little ahead of L-BFGS, and three times as fast.",
    )


def _l2(loss: str, weight_sum: float) -> Choice[float]:
    return Choice(
        l2_penalty(min(ALPHA, LARGEST_SHARE * weight_sum), weight_sum, loss),
        f"A penalty of {ALPHA:g} / rows, at most {LARGEST_SHARE:g}, keeps weights small where rows "
        "are few, and fades as they become many.",
    )


def _validation_fraction() -> Choice[float | None]:
    return Choice(
        None, "Rows teach more than they tell: the penalty and the schedule prevent overfitting."
    )


def _patience(
    schedule: Schedule | Plateau, max_epochs: int, validation: float | None, by_lbfgs: bool
) -> Choice[int | None]:
    if by_lbfgs and validation is None:
        return Choice(None, "L-BFGS knows by itself when it has arrived.")
    if validation is not None:
        epochs = max(10, max_epochs // 5)
        return Choice(epochs, f"{epochs} epochs without a better validation loss are no accident.")
    if isinstance(schedule, Cosine | Plateau):
        return Choice(None, "The schedule says when training ends.")
    return Choice(10, "10 epochs without a better training loss mean that it has settled.")
