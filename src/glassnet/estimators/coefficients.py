"""The weights and biases of an estimator, to be read and to be set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError
from glassnet.training.run import Run

# By layer: coefs (n_in, n_out) and intercepts (n_out,), as they are applied to X.
Layers = list[tuple[Array, Array]]


class Coefficients:
    """`coefs_` and `intercepts_`: those of the run, or until there is one those that were set."""

    run_: Run
    _precision: str  # of what is given back

    @property
    def coefs_(self) -> Sequence[Array]:
        """The weights by layer, (n_in, n_out) each; set before training, they are the start."""
        return self._by_layer("coefs_")

    @coefs_.setter
    def coefs_(self, coefs: Sequence[Array]) -> None:
        self._set("coefs_", coefs)

    @property
    def intercepts_(self) -> Sequence[Array]:
        """The biases by layer, (n_out,) each; set before training, they are the start."""
        return self._by_layer("intercepts_")

    @intercepts_.setter
    def intercepts_(self, intercepts: Sequence[Array]) -> None:
        self._set("intercepts_", intercepts)

    def _by_layer(self, name: str) -> Sequence[Array]:
        if hasattr(self, "run_"):
            coefs, intercepts = zip(*self._layers_of(self.run_.parameters), strict=True)
            arrays: tuple[Array, ...] = coefs if name == "coefs_" else intercepts
            for array in arrays:  # what were written into it would be lost: set all of them
                array.flags.writeable = False
            return arrays
        waiting: dict[str, Sequence[Array]] = self.__dict__.get("_waiting", {})
        if name not in waiting:
            raise AttributeError(f"{type(self).__name__} has {name} once it is fitted.")
        return waiting[name]

    def _set(self, name: str, arrays: Sequence[Array]) -> None:
        if not hasattr(self, "run_"):
            self.__dict__.setdefault("_waiting", {})[name] = arrays
            return
        both = {"coefs_": self.coefs_, "intercepts_": self.intercepts_, name: arrays}
        parameters = self._parameters_of(self.run_.network, both["coefs_"], both["intercepts_"])
        self.run_ = replace(self.run_, parameters=parameters)

    def _start(self, network: Network, initialiser: str, seed: int) -> Parameters:
        """Return the parameters that were set before the first training, or else random ones."""
        waiting = self.__dict__.pop("_waiting", None)
        if waiting is None:
            return Parameters.initial(network, initialiser, seed)
        if len(waiting) < 2:
            raise InputError("Set both coefs_ and intercepts_ before training, or neither.")
        return self._parameters_of(network, waiting["coefs_"], waiting["intercepts_"])

    def _layers_of(self, parameters: Parameters) -> Layers:
        """Return (coefs, intercepts) by layer, as they are applied to X and predict."""
        dtype = self._precision
        return [(W.T.astype(dtype), b[:, 0].astype(dtype)) for W, b in parameters.layers]

    def _parameters_of(
        self, network: Network, coefs: Sequence[Array], intercepts: Sequence[Array]
    ) -> Parameters:
        """Return the network's parameters, of which `_layers_of` returns these."""
        if len(coefs) != len(intercepts):
            raise InputError(f"{len(coefs)} coefs_ do not fit {len(intercepts)} intercepts_.")
        layers = [(W.T, b) for W, b in zip(coefs, intercepts, strict=True)]
        parameters = Parameters.from_layers(network, layers)
        if not hasattr(self, "run_"):
            return parameters
        return Parameters(network, parameters.vector.astype(self.run_.settings.dtype))
