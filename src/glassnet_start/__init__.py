"""Where the command `glassnet` starts: Ctrl-C is answered before anything heavy is imported.

It is a package of its own because importing any module of glassnet imports numpy first.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

AGAIN_SECONDS = 0.01


def main() -> NoReturn:
    """Run the command line and exit; Ctrl-C at any time ends it in one line, with 130."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:  # and not ignored, as in the background of a script
        # Nothing is begun: an exception would have to find its way out of half-made modules.
        signal.signal(signal.SIGINT, _end)
    from glassnet import cli

    try:
        if heard:
            sys.unraisablehook = _hear_again
            signal.signal(signal.SIGINT, signal.default_int_handler)
        cli.main()
    except KeyboardInterrupt:
        _end()
    finally:  # everything is written and said: what Python still clears away is not interrupted
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _hear_again(lost: Any) -> None:
    """Send a Ctrl-C once more that came within a destructor or a callback of Python's own.

    An exception cannot leave those: Python prints it and goes on. One runs at each import.
    """
    if lost.exc_type is KeyboardInterrupt:
        import threading  # not when the command starts: before Ctrl-C is heard little is imported

        threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


def _end(*_: object) -> NoReturn:
    with suppress(OSError):  # stderr may be closed
        os.write(2, b"glassnet: interrupted\n")
    os._exit(130)
