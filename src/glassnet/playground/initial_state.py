"""What a page shows first: what its host was given."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.errors import InputError
from glassnet.playground.points import Points
from glassnet.playground.scenario import OPENED, Scenario, Spec


@dataclass(frozen=True, eq=False)
class InitialState:
    """A scenario, and for a run its points and its start.

    It is trained up to `last` and shown after `epoch`. The last `held_out` of the points are those
    that the run was measured on. `notes` say what was left out of a table or a run.
    """

    scenario: Scenario = field(default_factory=Scenario)
    epoch: int = 0
    points: Points | None = None
    start: Parameters | None = None
    notes: tuple[str, ...] = ()
    last: int = 0
    held_out: int = 0

    def points_of(self, scenario: Scenario) -> Points:
        """The points of a scenario. Raises InputError if they are not here."""
        if scenario.points is not None:
            return scenario.points
        if scenario.spec.data != OPENED:
            return Points.of(scenario.spec.dataset())
        if self.points is None:
            raise InputError("This link is to data of a run that is not open here.")
        return self.points

    def held_out_of(self, spec: Spec, n_points: int) -> np.ndarray | None:
        """True for the points that a run had held out, (n_points,); None for a share to draw."""
        given = self.scenario.spec
        if not self.held_out or (spec.data, spec.test_share, spec.data_seed) != (
            given.data,
            given.test_share,
            given.data_seed,
        ):
            return None
        return np.arange(n_points) >= n_points - self.held_out

    def with_a_start(self, spec: Spec, n_classes: int) -> Spec:
        """The spec with weights that are drawn, where those of the run do not fit its network."""
        fits = self.start is not None and self.start.network == spec.network(n_classes)
        return spec if fits or spec.initialiser != OPENED else spec.drawing_a_start()

    def start_of(self, spec: Spec, network: Network) -> Parameters:
        """The parameters to begin with. Raises InputError where a run's own do not fit."""
        if spec.initialiser != OPENED:
            return Parameters.initial(network, spec.initialiser, spec.seed)
        if self.start is None or self.start.network != network:
            raise InputError("The start of the run fits its own network only: choose another.")
        return self.start
