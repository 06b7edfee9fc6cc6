"""Many runs: seeds x settings, in one file that grows as they are done, and what it says."""

from glassnet.sweep.orchestrator import SweepRequest, sweep
from glassnet.sweep.store import SweepFile

__all__ = ["SweepFile", "SweepRequest", "sweep"]
