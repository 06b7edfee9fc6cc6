"""The page's modules import one another downwards only, and from where they are."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

import glassnet as gn

PAGE = Path(gn.__file__).parent / "playground" / "static"

# From the ground up; a module imports from earlier sets only.
LAYERS = [
    {"connection", "dataSketches", "frameDecoder", "frames", "hover", "networkLayout",
     "notebook/page", "notebook/training", "numberFormat", "parts", "persistence", "reactive",
     "Sheet", "Tabs", "undoHistory", "words", "worker"},
    {"colours", "LiveRegion", "state", "TimeSlider"},
    {"CalculationDialog", "Callouts", "FormFields", "heatmap", "lessons", "lineChart",
     "PhaseButton", "PointMarker", "PointTableDialog", "replay/LayerWeights", "RunSwitcher",
     "tableUpload", "units"},
    {"ColumnDialog", "ConfusionMatrix", "controlVisibility", "DataPanel", "Diagnosis",
     "LossHistory", "ManyStarts", "networkCanvas", "planeAnswer", "pointEditing",
     "PredictionTable", "ReadingDialog", "replay/AnswerCurve", "replay/recording",
     "TrainingSettings", "urlState", "Weight"},
    {"DownloadDialog", "keyboard", "PaintingTools", "session", "TeacherDialog", "WeightCard"},
    {"kernelConnection", "LessonPanel", "NetworkDiagram", "OutputPlane", "RunControls",
     "serverConnection", "workerConnection"},
    {"RunComparison", "WeightInspector"},
    {"Dock"},
    {"app", "replay/replay"},
    {"embedded", "published", "served"},
]  # fmt: skip


def modules() -> dict[str, str]:
    """The text of each of the page's own modules, by its name."""
    found = {path.relative_to(PAGE).with_suffix("").as_posix(): path for path in PAGE.rglob("*.js")}
    return {
        name: path.read_text(encoding="utf-8")
        for name, path in found.items()
        if not name.startswith("vendor/")
    }


def imports(name: str, text: str) -> set[str]:
    """What a module imports of the page's own, as paths from where the page is served."""
    paths = re.findall(r"""\b(?:from|import)\b\s*\(?\s*["']([^"']+)\.js["']""", text)
    assert all(path.startswith(".") for path in paths), f"{name} imports from the root"
    found = {posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in paths}
    return {path for path in found if not path.startswith("vendor/")}


def test_imports_point_down() -> None:
    texts = modules()
    level = {name: number for number, names in enumerate(LAYERS) for name in names}
    assert set(texts) == set(level)
    for name, text in texts.items():
        for other in imports(name, text):
            assert level[other] < level[name], f"{name}.js imports {other}.js"


def test_an_import_is_found_however_it_is_written() -> None:
    text = """import { a } from "./a.js"; import * as b from '../b.js';
    const c = await import("./c.js"); import {
      d,
    } from "./more/d.js"; import "../vendor/e.js"; """
    assert imports("replay/f", text) == {"replay/a", "b", "replay/c", "replay/more/d"}
    with pytest.raises(AssertionError, match="from the root"):
        imports("f", 'import { a } from "/a.js";')
