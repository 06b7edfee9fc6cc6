"""What a replay says in words: its title, how it was trained, and what its plane is."""

from __future__ import annotations

from glassnet.playground.replay.source import ReplaySource, Window
from glassnet.training.stop_reason import StopKind

MOST_HELD = 4  # inputs that are named


def title(source: ReplaySource) -> str:
    """Return what is trained, and what came of it."""
    sizes = " - ".join(f"{n:,}" for n in source.network.sizes)
    ended = source.run.stop_reason.kind
    verbs = {StopKind.DIVERGED: "diverges in", StopKind.INTERRUPTED: "after"}
    plural = "" if source.last == 1 else "s"
    return f"A {sizes} network {verbs.get(ended, 'learns in')} {source.last:,} epoch{plural}"


def note(source: ReplaySource, n_shown: int) -> str:
    """How it was trained, and what of it is not shown."""
    settings, samples = source.run.settings, source.samples
    size = settings.batch_size
    batch = "all rows at once" if size is None else f"batches of {size}"
    said = [f"Trained by {settings.optimizer!r}, {batch}, seed {settings.seed}."]
    if samples is None:
        said.append("Its samples were too large to be saved, so no answers are shown.")
    elif n_shown < len(samples.X):
        said.append(f"{n_shown:,} of its {len(samples.X):,} samples are shown.")
    return " ".join(said)


def hint(window: Window) -> str:
    """What the plane is, beside its axes."""
    held = ""
    if window.held:
        some = ", ".join(window.held[:MOST_HELD])
        more = len(window.held) - MOST_HELD
        held = f"A slice, the other inputs held at {some}"
        held += f" and {more} more. " if more > 0 else ". "
    return held + "Click a point: its whole calculation, with numbers."
