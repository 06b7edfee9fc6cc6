"""The process in which files are made: it reads what is wanted, writes the file, and ends.

What goes through its pipes is pickled, between a process and its own child only.
"""

from __future__ import annotations

import os
import pickle
import sys

from glassnet.errors import InputError


def main() -> None:
    """Answer the one request on standard input."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    what, snapshot = pickle.load(sys.stdin.buffer)
    from glassnet.playground.downloads.formats import file

    try:
        answer: object = tuple(file(what, snapshot))
    except InputError as error:
        answer = str(error)
    pickle.dump(answer, out)
    out.close()


if __name__ == "__main__":
    main()
