"""The page's modules in Node, so that oracles in Python are held against them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

EVALUATE = Path(__file__).parent / "javascript" / "evaluate.js"


def evaluated(source: str, argument: Any = None) -> Any:
    """Return what a function of JavaScript returns; it loads modules by `load("name.js")`."""
    node = shutil.which("node")
    if node is None and "CI" not in os.environ:
        pytest.skip("needs Node, which `make node` installs")
    asked = json.dumps({"source": source, "argument": argument})
    done = subprocess.run(
        [node or "node", str(EVALUATE)], input=asked, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
