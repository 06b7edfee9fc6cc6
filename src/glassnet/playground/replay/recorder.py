"""The frames of a replay: a training at some hundred epochs, as the page's server sends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.core.backprop import full_pass
from glassnet.core.metrics import confusion_matrix, mae, r2
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.models.model import decisions
from glassnet.playground.frames import packed
from glassnet.playground.protocol import FrameHeader, RecordedScene
from glassnet.playground.replay.captions import hint, note, title
from glassnet.playground.replay.drawing import LAYER_CELLS, Drawing
from glassnet.playground.replay.source import ReplaySource
from glassnet.playground.view import or_none
from glassnet.training.stop_reason import StopKind

MOST_SLOPES = 600  # parameters whose gradients are kept, too
MOST_BUCKETS = 512  # points of a curve
LARGEST = 1e30  # loss that is drawn
EVEN = 1e-3  # weight of an epoch at which nothing happens


@dataclass(frozen=True)
class Detail:
    """How much of a training a replay holds.

    All frames together take about `frame_bytes`, compressed, but `fewest_frames` may take more.
    Digits are kept of up to `most_parameters` parameters and `most_numbers` outputs of the points
    shown, pictures have up to `neuron_cells` and `plane_cells` along an edge, and measures come of
    `most_work` products. `explained` is a share of the explanations that a file has.
    """

    most_frames: int = 120
    fewest_frames: int = 40
    frame_bytes: int = 2_000_000
    most_parameters: int = 3000
    most_numbers: int = 600
    most_work: float = 3e9
    neuron_cells: int = 32
    plane_cells: int = 72
    explained: float = 1.0


FILE = Detail()


class Recorder:
    """The frames of a source, in a detail."""

    def __init__(self, source: ReplaySource, detail: Detail = FILE) -> None:
        self.source, self.detail = source, detail
        self.network, self.engine = source.network, source.run.engine
        self.drawing = Drawing(source, detail.neuron_cells, detail.plane_cells)
        self.rows = self._rows()
        affordable = max(detail.frame_bytes // self._frame_bytes(), detail.fewest_frames)
        most_frames = min(detail.most_frames, affordable)
        self.epochs = chosen_epochs(source.epochs, source.losses, most_frames)
        self._scores = np.full(len(self.epochs), np.nan)

    @property
    def _has_digits(self) -> bool:
        return self.network.n_parameters <= self.detail.most_parameters

    @property
    def _has_slopes(self) -> bool:
        return self._has_digits and self.network.n_parameters <= MOST_SLOPES

    def _frame_bytes(self) -> int:
        """What a frame takes when it is compressed, about: numbers all they have, pictures less."""
        n = self.network.n_parameters
        sent = n * self._has_digits + n * self._has_slopes
        sent += len(self.rows) * self.network.sizes[-1]
        pictures = LAYER_CELLS**2
        if self.drawing.is_drawn:
            pictures = sum(self.network.sizes[1:]) * self.drawing.cells**2
        return 8 * sent + (pictures + self.detail.plane_cells**2) // 3 + 1

    def _rows(self) -> np.ndarray:
        """The samples that are shown, at equal distances."""
        if self.source.samples is None:
            return np.empty(0, np.intp)
        n = len(self.source.samples.X)
        most = max(self.detail.most_numbers // self.network.sizes[-1], 1)
        return np.arange(0, n, -(-n // most))

    # --- what stays

    def scene(self) -> RecordedScene:
        """Return what stays as it is."""
        source, network = self.source, self.network
        return {
            "scene": 1,
            "title": title(source),
            "note": note(source, len(self.rows)),
            "sizes": network.sizes,
            "activation": network.activation,
            "loss": network.loss,
            "names": self.parameters_at(0).names if self._has_digits else [],
            "n_parameters": network.n_parameters,
            "n_classes": 0 if self.source.is_regression else max(network.sizes[-1], 2),
            "classes": () if self.source.is_regression else source.outputs,
            "target": {"name": source.target, "mean": 0.0, "scale": 1.0},
            "tested": bool(source.validation),
            "answers": self.source.in_units(np.tile(source.answers, (network.sizes[-1], 1)).T)[
                :, 0
            ].tolist(),
            "extent": 1,
            "cells": self.drawing.cells,
            "plane_cells": self.detail.plane_cells,
            "drawn": self.drawing.is_drawn,
            "n_samples": 0 if source.samples is None else len(source.samples.X),
            **self._seen(),
        }

    def _seen(self) -> RecordedScene:
        window, samples = self.source.window, self.source.samples
        if window is None or samples is None:
            features = self.drawing.features(None)
            return {"points": [], "rows": [], "labels": [], "held_out": [], "features": features}
        some = samples.chosen(self.rows)
        labels = self.source.values(some.Y) if self.source.is_regression else some.labels
        return {
            "inputs": [
                {"name": name, "mean": (low + high) / 2, "scale": (high - low) / 2}
                for name, low, high in zip(window.names, window.low, window.high, strict=True)
            ],
            "held_out": [False] * len(self.rows),
            "points": window.squared(window.points[self.rows]).tolist(),
            "rows": window.points[self.rows].tolist(),
            "numbers": self.rows.tolist(),
            "labels": labels.reshape(len(labels), -1)[:, 0].tolist(),
            "axes": window.names,
            "ends": [
                [_written(v, ends[1] - ends[0], is_date) for v in ends]
                for ends, is_date in zip(
                    np.transpose([window.low, window.high]).tolist(), window.dates, strict=True
                )
            ],
            "hint": hint(window),
            "line": window.is_line,
            "letters": self.source.letters,
            "features": self.drawing.features(window),
        }

    def curves(self) -> bytes:
        """What is the same in every frame: the loss by epoch, and what was measured at each frame.

        Those are epochs, the score of all samples, and score and loss of those held out, as a
        frame of the page has them.
        """
        held_out = np.full((2, len(self.epochs)), np.nan)
        validation = self.source.validation
        at = self.epochs > 0
        for row, name in enumerate(("r2" if self.source.is_regression else "accuracy", "loss")):
            if name in validation:
                held_out[row, at] = validation[name][self.epochs[at] - 1]
        measures = np.stack([self.epochs, self._scores, *held_out])
        arrays = {"curve": condensed(self.source.losses), "measures": drawable(measures)}
        return packed({}, arrays)

    # --- what moves

    def parameters_at(self, k: int) -> Parameters:
        """Those of frame k."""
        return self.source.parameters_at(int(self.epochs[k]))

    def frames(self) -> Iterator[bytes]:
        """Every frame, one after another."""
        return (self._frame(k) for k in range(len(self.epochs)))

    def _frame(self, k: int) -> bytes:
        epoch, parameters = int(self.epochs[k]), self.parameters_at(k)
        arrays: dict[str, np.ndarray] = {}
        if self._has_digits:
            arrays["parameters"] = parameters.vector
        header = self._measured(k, parameters, arrays)
        if self.source.window is not None:
            arrays |= self.drawing.of(self.source.window, parameters)
        if not self.drawing.is_drawn:
            arrays |= self.drawing.weights(parameters, self._largest)
        return packed({**header, **self._state(epoch)}, arrays)

    def _state(self, epoch: int) -> FrameHeader:
        source = self.source
        losses = source.losses
        at_end = epoch == source.last and source.is_at_end
        return {
            "kind": "frame",
            "run": "a",
            "scene": 1,
            "epoch": epoch,
            "last": source.last,
            "playing": False,
            "phase": None,
            "watched": 0,
            "epoch_loss": or_none(float(losses[epoch - 1])) if epoch else None,
            "ended": source.legs[-1].ended if at_end else None,
            "diverged": at_end and source.run.stop_reason.kind is StopKind.DIVERGED,
            "changes": [leg.first for leg in source.legs[1:]],
        }

    @cached_property
    def _measured_on(self) -> np.ndarray | slice:
        """The samples whose loss is computed: all, if that is quick."""
        samples = self.source.samples
        assert samples is not None
        work = len(samples.X) * self.network.n_parameters * len(self.epochs)
        return slice(None, None, -(-work // int(self.detail.most_work)))

    def _measured(
        self, k: int, parameters: Parameters, arrays: dict[str, np.ndarray]
    ) -> dict[str, Any]:
        """Loss and score of all samples; outputs and gradient into the arrays."""
        samples = self.source.samples
        if samples is None:
            return {"loss": None, "counted": 0}
        measured = samples.chosen(self._measured_on)
        loss, total, a = self.engine.evaluate(self.network, parameters, *measured)
        outputs = a[self.rows] if len(a) == len(samples.X) else self._outputs(parameters)
        shown = self.source.in_units(outputs)
        arrays["outputs"] = shown[:, :1] if self.source.is_regression else shown
        if self._has_slopes:
            arrays["gradient"] = self._gradient(parameters, measured)
        header = {"loss": or_none(loss / total), "counted": len(measured.X)}
        if self.source.is_regression:
            true, answers = self.source.in_units(measured.Y)[:, 0], self.source.in_units(a)[:, 0]
            self._scores[k] = r2(true, answers)
            return {**header, "off": or_none(mae(true, answers))}
        arrays["decided"] = decisions(self.network, outputs).astype(np.uint8)
        decided = decisions(self.network, a)
        confusion = confusion_matrix(measured.labels, decided, max(a.shape[1], 2))
        right = int(np.trace(confusion))
        self._scores[k] = right / len(decided)
        return {**header, "right": right, "confusion": confusion.tolist()}

    def _outputs(self, parameters: Parameters) -> Array:
        """Those of the samples that are shown."""
        assert self.source.samples is not None
        return self.engine.outputs(self.network, parameters, self.source.samples.X[self.rows])

    def _gradient(self, parameters: Parameters, samples: Samples) -> Array:
        """The gradient of the average loss over the samples, and of penalties."""
        trace = full_pass(self.network, parameters, *samples)
        _, slope = self.source.run.state.penalty.loss_and_gradient(parameters)
        return trace.gradient.vector / trace.weight_sum + slope

    @cached_property
    def _largest(self) -> list[float]:
        """The largest weight of each layer in any frame, to give the scale."""
        some = range(0, len(self.epochs), -(-len(self.epochs) // 12))
        sizes = [
            [float(np.abs(W[np.isfinite(W)]).max(initial=0)) for W, _ in layers]
            for layers in (self.parameters_at(k).layers for k in some)
        ]
        return np.max(sizes, axis=0).tolist()


def chosen_epochs(kept: np.ndarray, losses: Array, most: int) -> np.ndarray:
    """At most so many of the epochs `kept`, first and last among them.

    A third of the way from one to the next is time, a third its logarithm, and a third how much
    the logarithm of the loss changes: where much happens there are many.
    """
    if len(kept) <= most:
        return kept
    last = kept[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.abs(np.diff(np.nan_to_num(np.log(losses), neginf=0, posinf=0)))
    changed = np.concatenate([[0], np.cumsum(np.concatenate([[0], steps]) + EVEN / last)])
    way = kept / last + np.log1p(kept) / np.log1p(last) + (changed / changed[-1])[kept]
    places = np.searchsorted(way, np.linspace(0, way[-1], most))
    ends = (0, len(kept) - 1)
    return kept[np.unique(np.clip([*ends, *places], *ends))]


def condensed(losses: Array) -> np.ndarray:
    """Epochs, least and greatest loss around each, (3, at most 512), float32."""
    stride = max(-(-len(losses) // MOST_BUCKETS), 1)
    ends = np.minimum(np.arange(stride, len(losses) + stride, stride), len(losses)) - 1
    stretches = np.concatenate([losses, np.repeat(losses[-1:], ends.size * stride - len(losses))])
    stretches = np.nan_to_num(stretches, nan=LARGEST).reshape(-1, stride)
    return drawable(np.stack([ends, stretches.min(axis=1), stretches.max(axis=1)]))


def drawable(values: Array) -> np.ndarray:
    """Numbers as float32 holds them."""
    return np.clip(values, -LARGEST, LARGEST).astype(np.float32)


def _written(value: float, span: float, is_date: bool) -> str:
    """The end of an axis, to about a hundredth of its span."""
    if is_date:
        return str(np.datetime64(int(np.floor(value)), "D"))
    decimals = min(max(2 - int(np.floor(np.log10(span))), 0), 12)
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return text.replace("-", "\u2212")
