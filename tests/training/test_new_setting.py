"""A setting that is declared once is found everywhere: tried with one that was never there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import glassnet as gn

DECLARED = """    l2: float = setting(
"""
MADE_UP = """    wobble: float | None = setting(
        "How much it wobbles.", None, above=0, below=3, usual=(0.5, 1.5), none="still"
    )
"""
PROBE = """
import contextlib, io, json
import glassnet as gn
from glassnet.cli import run
from glassnet.estimators import NetworkClassifier
from glassnet.playground.controls import CONTROLS
from glassnet.playground.scenario import Spec
from glassnet.sweep.space import read_space
from glassnet.training.settings import Settings

def refusal(do):
    try:
        do()
    except gn.InputError as error:
        return str(error)

page = io.StringIO()
with contextlib.redirect_stdout(page), contextlib.suppress(SystemExit):
    run(["train", "--help"])
trained = gn.train_table("iris", wobble=0.5, max_epochs=1, single=True)
print(json.dumps({
    "help": " ".join(page.getvalue().replace("│", " ").split()),
    "axis": read_space(["wobble=0.5,1"])["wobble"],
    "control": next(one for one in CONTROLS if one["name"] == "wobble"),
    "from the page": Spec.from_json({"wobble": 2}).settings().wobble,
    "estimator": NetworkClassifier(wobble=1.5).get_params()["wobble"],
    "table": trained.settings.wobble,
    "read back": Settings.from_json(trained.settings.to_json()).wobble,
    "refused": [
        refusal(lambda: Settings(wobble=3)),
        refusal(lambda: Spec(wobble=3)),
        refusal(lambda: read_space(["wobble=3"])),
        refusal(lambda: gn.train_table("iris", wobble=3)),
    ],
}))
"""


def test_a_setting_is_declared_in_one_place_and_found_everywhere(tmp_path: Path) -> None:
    package = tmp_path / "glassnet"
    shutil.copytree(
        Path(gn.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "native")
    )
    declaration = package / "training" / "settings.py"
    text = declaration.read_text(encoding="utf-8")
    assert text.count(DECLARED) == 1
    declaration.write_text(text.replace(DECLARED, MADE_UP + DECLARED), encoding="utf-8")
    # -S leaves an editable installation out; the libraries come from this process.
    paths = [str(tmp_path), *(path for path in sys.path if path.endswith("site-packages"))]
    found = json.loads(
        subprocess.run(
            [sys.executable, "-S", "-c", PROBE], cwd=tmp_path, check=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
            capture_output=True, text=True,
        ).stdout
    )  # fmt: skip
    assert "--wobble FLOAT How much it wobbles." in found["help"]
    assert found["axis"] == [0.5, 1.0]
    assert found["control"] == {
        "name": "wobble",
        "label": "wobble",
        "help": "How much it wobbles.",
        "usual": ["still", 0.5, 1.5],
        "none": "still",
    }
    assert found["from the page"] == 2
    assert found["estimator"] == 1.5
    assert found["table"] == found["read back"] == 0.5
    sentence = "wobble must be a finite number above 0 and below 3, or None, not 3"
    assert all(refused.startswith(sentence) for refused in found["refused"])
