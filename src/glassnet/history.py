"""What a run leaves behind: losses and measures by epoch, and parameters at some of the epochs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glassnet.errors import InputError
from glassnet.network import Network
from glassnet.parameters import Array, Parameters

SNAPSHOT_BYTES = 64 * 2**20  # memory that thinned snapshots may take
FEWEST_SNAPSHOTS = 16  # kept however large the network


class History:
    """Loss of every epoch, and snapshots of the parameters, start and end included.

    With `record_every=k` there is a snapshot after every k-th epoch. Without it there is one an
    epoch for as long as they take less than 64 MiB; then every second one is dropped, and from
    there on only every second one recorded, and so on: memory stays bounded, and what is kept
    stays evenly spaced, however long the run. The loss takes 8 bytes an epoch.

    `validation` and `training` hold what was measured after each epoch's updates, on data held
    out and on those trained on: (epochs,) arrays by name, such as "loss" and "accuracy". They are
    empty unless validation data were given, or training metrics asked for.
    """

    def __init__(self, start: Parameters, record_every: int | None = None) -> None:
        self.network: Network = start.network
        self.stride = record_every or 1
        self._thins = record_every is None
        self._capacity = max(SNAPSHOT_BYTES // start.vector.nbytes, FEWEST_SNAPSHOTS)
        self._losses: list[Array] = [np.empty(0)]
        self._epochs = np.array([0])
        self._snapshots = [start.vector[np.newaxis].copy()]
        self._measured: dict[str, dict[str, list[float]]] = {"validation": {}, "training": {}}

    @property
    def validation(self) -> dict[str, Array]:
        """What was measured on the validation data after each epoch, by name."""
        return {name: np.array(values) for name, values in self._measured["validation"].items()}

    @property
    def training(self) -> dict[str, Array]:
        """What was measured on the training data after each epoch, by name."""
        return {name: np.array(values) for name, values in self._measured["training"].items()}

    @property
    def loss(self) -> Array:
        """(epochs,) float64: the loss that each epoch's update was computed from."""
        return _joined(self._losses)

    @property
    def snapshot_epochs(self) -> np.ndarray:
        """(n_snapshots,): after how many epochs each snapshot was taken; the start is 0."""
        return self._epochs

    @property
    def snapshots(self) -> Array:
        """(n_snapshots, n_parameters), one parameter vector a row."""
        return _joined(self._snapshots)

    @property
    def room(self) -> int:
        """How many epochs may pass before snapshots must be handed over."""
        return max(self._capacity // 4, 1) * self.stride

    def parameters_at(self, epoch: int) -> Parameters:
        """The parameters after `epoch` epochs. Raises InputError where no snapshot was taken."""
        matches = np.flatnonzero(self._epochs == epoch)
        if len(matches) == 0:
            nearest = self._epochs[np.abs(self._epochs - epoch).argmin()]
            raise InputError(
                f"No snapshot was taken after epoch {epoch}: there is one every {self.stride} "
                f"epochs from 0 to {self._epochs[-1]}, the nearest at {nearest}."
            )
        return Parameters(self.network, self.snapshots[matches[0]].copy())

    def extend(self, losses: Array, snapshots: Array) -> None:
        """Add the losses of further epochs, and the snapshots taken at multiples of `stride`."""
        self._losses.append(losses)
        if len(snapshots) == 0:
            return
        first = (self._epochs[-1] // self.stride + 1) * self.stride
        added = first + self.stride * np.arange(len(snapshots))
        self._epochs = np.concatenate([self._epochs, added])
        self._snapshots.append(snapshots)
        while self._thins and len(self._epochs) > self._capacity:
            self.stride *= 2
            self._keep(self._epochs % self.stride == 0)

    def measured(self, where: str, values: Mapping[str, float]) -> None:
        """Add what one more epoch measured; `where` is "validation" or "training"."""
        for name, value in values.items():
            self._measured[where].setdefault(name, []).append(value)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it, by name, as files keep it; the snapshot that closed it is left out."""
        regular = self._epochs % self.stride == 0
        measured = {
            f"{where}.{name}": np.array(values)
            for where, by_name in self._measured.items()
            for name, values in by_name.items()
        }
        kept = {
            "loss": self.loss,
            "snapshots": self.snapshots[regular],
            "snapshot_epochs": self._epochs[regular],
            "stride": np.array(self.stride),
        }
        return kept | measured

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take the place of the history whose `arrays` these are."""
        self.stride = int(arrays["stride"])
        self._losses = [arrays["loss"]]
        self._snapshots = [arrays["snapshots"]]
        self._epochs = arrays["snapshot_epochs"]
        for where, by_name in self._measured.items():
            names = [name for name in arrays if name.startswith(f"{where}.")]
            by_name.update({n.removeprefix(f"{where}."): arrays[n].tolist() for n in names})

    def close(self, epoch: int, parameters: Parameters) -> None:
        """Make the end of the run the last snapshot, whether or not its epoch is a multiple."""
        self._keep(self._epochs < epoch)
        self._epochs = np.append(self._epochs, epoch)
        self._snapshots.append(parameters.vector[np.newaxis].copy())

    def _keep(self, chosen: np.ndarray) -> None:
        self._snapshots = [self.snapshots[chosen]]
        self._epochs = self._epochs[chosen]


def _joined(pieces: list[Array]) -> Array:
    """The pieces as one array, which takes their place in the list.

    Joined when asked for and not before, so that adding to a long history costs nothing, and
    neither does asking again.
    """
    if len(pieces) > 1:
        pieces[:] = [np.concatenate(pieces)]
    return pieces[0]
