"""The settings of the demo: some of those of a training, with the tutorial's values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import glassnet as gn
from glassnet.errors import InputError, Name, finite_number
from glassnet.training.declaration import again, declared, setting
from glassnet.training.settings import OPTIONS

DATA = gn.datasets.rings()


@dataclass(frozen=True)
class DemoSettings:
    """The request of the demo: what to train, and how to film it."""

    seed: int = again(OPTIONS["seed"], 0, help="Seed of the start.")
    start: str = again(
        OPTIONS["initialiser"],
        "legacy_numpy",
        help="How the weights are drawn; legacy-numpy repeats the tutorial's own runs.",
        chosen=False,
    )
    hidden: tuple[int, ...] = again(
        OPTIONS["hidden_layer_sizes"],
        (3, 3),
        help="Sizes of the hidden layers such as 8,4, or none; 3,3 unless said.",
        alias="",
    )
    activation: str | tuple[str, ...] = again(
        OPTIONS["activation"],
        "sigmoid",
        help="Activation of the hidden layers, one for all or one each; sigmoid unless said.",
    )
    learning_rate: float = again(
        OPTIONS["learning_rate"], 0.4, help="Step size of gradient descent.", chosen=False
    )
    max_epochs: int = again(OPTIONS["max_epochs"], 20_000, chosen=False)
    stop_below: float = again(OPTIONS["stop_below"], 0.005)
    format: Literal["mp4", "gif", "webp"] = setting("Format of the film.", "mp4")

    @property
    def network(self) -> gn.Network:
        """The tutorial's network with these hidden layers."""
        return gn.Network((2, *self.hidden, 1), self.activation)

    def training(self) -> gn.Training:
        """The training, ready to begin. Raises InputError if a setting makes no sense."""
        finite_number("stop_below", self.stop_below)
        if self.stop_below <= 0:
            raise InputError(
                Name("stop_below"),
                f" must be above 0, for no loss is below that, not {self.stop_below:g}.",
            )
        settings = gn.Settings(
            gn.GradientDescent(self.learning_rate),
            max_epochs=self.max_epochs,
            stop_below=self.stop_below,
            seed=self.seed,
        )
        start = gn.Parameters.initial(self.network, self.start, self.seed)
        return gn.Training(self.network, DATA.X, DATA.y, settings, parameters=start)

    def to_toml(self) -> dict[str, object]:
        """The settings as `--config` takes them."""
        by_name = asdict(self) | {"hidden": self.hidden or "none"}
        by_name["start"] = self.start.replace("_", "-")
        return {
            name.replace("_", "-"): ",".join(map(str, value)) if type(value) is tuple else value
            for name, value in by_name.items()
        }


DEMO = declared(DemoSettings)
