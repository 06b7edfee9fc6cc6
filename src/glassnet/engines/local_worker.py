"""Preload of a local cluster's workers: Ctrl-C and messages are left to the command.

A terminal sends Ctrl-C to all processes of a command, and a worker that ends by it is missed by
the training that wants to end in order. The command reports what goes wrong in a task, in one
sentence; the worker's log would repeat it. Dask imports this module in each worker and calls
it.
"""

from __future__ import annotations

import logging
import signal


def dask_setup(worker: object) -> None:
    """Called by Dask, with the worker that has begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("distributed.worker").setLevel(logging.CRITICAL + 1)
