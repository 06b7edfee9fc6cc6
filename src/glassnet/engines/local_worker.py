"""What a worker process of a local cluster does first: it leaves Ctrl-C to who started it.

A terminal sends Ctrl-C to all processes of a command, and a worker that ends by it is missed by
the training that wants to end orderly. Dask imports this module in each worker and calls it.
"""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Called by Dask, with the worker that has begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
