"""The process that does work apart: it reads what is to be done, answers, and ends.

Its input is pickled, by its own parent; its output is not, since it may have read a file from
anywhere.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from threading import Event

from glassnet.errors import InputError
from glassnet.playground.jobs import Answer, WorkApart

ADDRESSES = 4 * 2**30  # bytes that the process may ask for in all


def main() -> None:
    """Answer the one request on standard input."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    work: WorkApart = pickle.load(sys.stdin.buffer)
    if work.is_bounded:
        _bound()
    try:
        [answer] = work.pieces(Event(), 0)
    except InputError as error:
        answer = Answer({"problem": str(error)})
    out.write(json.dumps(answer.values).encode() + b"\n" + answer.contents)
    out.close()


def _bound() -> None:
    """Take no more memory than is allowed; where the system cannot bound it, DuckDB's is."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    allowed = ADDRESSES if most == resource.RLIM_INFINITY else min(ADDRESSES, most)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, most))


if __name__ == "__main__":
    main()
