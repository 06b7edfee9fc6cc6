"""The history of a run: losses and measures by epoch, and parameters at some of the epochs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy, deepcopy

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError, instance_of, whole_number
from glassnet.training.append_buffer import AppendBuffer

SNAPSHOT_BYTES = 64 * 2**20  # memory that thinned snapshots may take
FEWEST_SNAPSHOTS = 16  # kept however large the network


def counted(epochs: int, digits: str = "") -> str:
    """Return '1 epoch' or 'n epochs'; `digits` formats the number, as in a format string."""
    return "1 epoch" if epochs == 1 else f"{epochs:{digits}} epochs"


class History:
    """Loss of every epoch, and snapshots of the parameters, start and end included.

    With `record_every=k` there is a snapshot after every k-th epoch. Without it there is one an
    epoch for as long as they take less than 64 MiB; then every second one is dropped, and from
    there on only every second one recorded, and so on: memory stays bounded, and what is kept
    stays evenly spaced, however long the run. The loss takes 8 bytes an epoch.

    `validation` and `training` hold what was measured after each epoch's updates, on data held
    out and on those trained on: (epochs,) arrays by name, such as "loss" and "accuracy". They are
    empty unless validation data were given, or training metrics asked for.

    Parameters
    ----------
    start : Parameters
        The parameters before the first epoch.
    record_every : int, optional
        Epochs from one snapshot to the next; without it they are thinned as there come more.
    """

    def __init__(self, start: Parameters, record_every: int | None = None) -> None:
        instance_of("start", start, Parameters)
        if record_every is not None:
            whole_number("record_every", record_every, 1)
        self.network: Network = start.network
        self.stride = record_every or 1
        self._thins = record_every is None
        self._capacity = max(SNAPSHOT_BYTES // start.vector.nbytes, FEWEST_SNAPSHOTS)
        self._losses = AppendBuffer(np.empty(0))
        self._epochs = AppendBuffer(np.array([0]))
        self._snapshots = AppendBuffer(start.vector[np.newaxis].copy())
        self._measured: dict[str, dict[str, list[float]]] = {"validation": {}, "training": {}}

    @property
    def validation(self) -> dict[str, Array]:
        """Measures on the validation data after each epoch, by name."""
        return {name: np.array(values) for name, values in self._measured["validation"].items()}

    @property
    def training(self) -> dict[str, Array]:
        """Measures on the training data after each epoch, by name."""
        return {name: np.array(values) for name, values in self._measured["training"].items()}

    @property
    def loss(self) -> Array:
        """(epochs,) float64: the loss that each epoch's update was computed from."""
        return self._losses.all

    def loss_of(self, epoch: int) -> float | None:
        """Return the loss that the update of an epoch was computed from.

        Parameters
        ----------
        epoch : int
            Which epoch, from 1.

        Returns
        -------
        float or None
            The loss; None for an epoch that is not done.
        """
        whole_number("epoch", epoch, 0)
        return float(self._losses[epoch - 1]) if 0 < epoch <= len(self._losses) else None

    @property
    def last_loss(self) -> float | None:
        """The loss of the last epoch that has one; None before the first."""
        return self.loss_of(len(self._losses))

    @property
    def snapshot_epochs(self) -> np.ndarray:
        """(n_snapshots,): after how many epochs each snapshot was taken; the start is 0."""
        return self._epochs.all

    @property
    def last_snapshot(self) -> int:
        """After how many epochs the last snapshot was taken."""
        return int(self._epochs[-1])

    @property
    def snapshots(self) -> Array:
        """(n_snapshots, n_parameters), one parameter vector a row."""
        return self._snapshots.all

    @property
    def room(self) -> int:
        """How many epochs may pass before snapshots must be handed over."""
        return max(self._capacity // 4, 1) * self.stride

    def parameters_at(self, epoch: int) -> Parameters:
        """Return the parameters after so many epochs, where a snapshot was taken.

        Parameters
        ----------
        epoch : int
            How many epochs.

        Returns
        -------
        glassnet.Parameters
            The parameters.

        Raises
        ------
        InputError
            Where no snapshot was taken.
        """
        whole_number("epoch", epoch, 0)
        return Parameters(self.network, self._snapshots[self._place_of(epoch)].copy())

    def _place_of(self, epoch: int) -> int:
        usual = epoch // self.stride
        if 0 <= usual < len(self._epochs) and self._epochs[usual] == epoch:
            return usual
        matches = np.flatnonzero(self.snapshot_epochs == epoch)
        if len(matches) == 0:
            nearest = self.snapshot_epochs[np.abs(self.snapshot_epochs - epoch).argmin()]
            raise InputError(
                f"No snapshot was taken after epoch {epoch}: there is one every {self.stride} "
                f"epochs from 0 to {self.last_snapshot}, the nearest at {nearest}."
            )
        return int(matches[0])

    def extend(self, losses: Array, snapshots: Array) -> None:
        """Add what an engine has done.

        Parameters
        ----------
        losses : array of shape (epochs,)
            The losses of the epochs.
        snapshots : array of shape (n_snapshots, n_parameters)
            The parameters after some of them.
        """
        self._losses.add(losses)
        first = (self.last_snapshot // self.stride + 1) * self.stride
        self._epochs.add(first + self.stride * np.arange(len(snapshots)))
        self._snapshots.add(snapshots)
        while self._thins and len(self._epochs) > self._capacity:
            self.stride *= 2
            self._epochs = self._epochs.every_second()
            self._snapshots = self._snapshots.every_second()

    def measured(self, where: str, values: Mapping[str, float]) -> None:
        """Add what was measured after an epoch.

        Parameters
        ----------
        where : {"training", "validation"}
            On which samples.
        values : mapping of str to float
            The measures by name.
        """
        for name, value in values.items():
            self._measured[where].setdefault(name, []).append(value)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all of it as arrays by name, to be saved.

        Returns
        -------
        dict of arrays
            What `restore` takes.
        """
        regular = self.snapshot_epochs % self.stride == 0
        measured = {
            f"{where}.{name}": np.array(values)
            for where, by_name in self._measured.items()
            for name, values in by_name.items()
        }
        kept = {
            "loss": self.loss,
            "snapshots": self.snapshots[regular],
            "snapshot_epochs": self.snapshot_epochs[regular],
            "stride": np.array(self.stride),
        }
        return kept | measured

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over what was saved.

        Parameters
        ----------
        arrays : mapping of str to array
            What `arrays` returned.
        """
        self.stride = int(arrays["stride"])
        self._losses = AppendBuffer(arrays["loss"])
        self._snapshots = AppendBuffer(arrays["snapshots"])
        self._epochs = AppendBuffer(arrays["snapshot_epochs"])
        for where, by_name in self._measured.items():
            names = [name for name in arrays if name.startswith(f"{where}.")]
            by_name.update({n.removeprefix(f"{where}."): arrays[n].tolist() for n in names})

    def close(self, epoch: int, parameters: Parameters) -> None:
        """Make the end of the run the last snapshot, whether or not its epoch is a multiple.

        Parameters
        ----------
        epoch : int
            How many epochs are done.
        parameters : Parameters
            The parameters after them.
        """
        whole_number("epoch", epoch, 0)
        instance_of("parameters", parameters, Parameters)
        n = len(self._epochs)
        while n > 0 and self._epochs[n - 1] >= epoch:
            n -= 1
        self._epochs, self._snapshots = self._epochs.upto(n), self._snapshots.upto(n)
        self._epochs.add(np.array([epoch]))
        self._snapshots.add(parameters.vector[np.newaxis])

    def so_far(self) -> History:
        """Return a copy that later epochs do not change.

        Returns
        -------
        History
            The copy.
        """
        twin = copy(self)
        twin._losses = self._losses.upto(len(self._losses))
        twin._epochs = self._epochs.upto(len(self._epochs))
        twin._snapshots = self._snapshots.upto(len(self._snapshots))
        twin._measured = deepcopy(self._measured)
        return twin
