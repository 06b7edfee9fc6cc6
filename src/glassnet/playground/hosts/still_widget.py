"""A widget of a notebook with a still picture beneath it, which is what the notebook saves."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from glassnet.explain.render.html import document as filled_in
from glassnet.playground.replay.source import ReplaySource
from glassnet.playground.replay.still import as_image, still


class StillWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """A widget that hides its picture while it stands in the notebook.

    `still` is what the picture is called there; beneath it stands a `sentence`.
    """

    still = traitlets.Unicode().tag(sync=True)

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(still=uuid4().hex, **values)
        self._sentence = sentence
        self._picture: Any = None  # its output, where IPython shows it

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._picture = display(self._output(""), raw=True, display_id=True)
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)

    def draw_still(self, source: ReplaySource) -> None:
        """Draw the picture again."""
        if self._picture is not None:
            self._picture.update(self._output(as_image(still(source))), raw=True)

    def _output(self, image: str) -> dict[str, str]:
        """The output with the picture. It hides the widget's own where that has no widget in it."""
        html = filled_in(
            Path(__file__).with_name("templates"),
            "still.html.j2",
            name=f"glassnet-still-{self.still}",
            image=image,
            sentence=self._sentence,
        )
        return {"text/html": html, "text/plain": self._sentence}
