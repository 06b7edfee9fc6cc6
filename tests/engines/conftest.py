"""The compiled engine, once for each instruction set of this processor."""

from __future__ import annotations

import pytest

from engines.tasks import instruction_sets
from glassnet.engines.compiled import CompiledEngine


@pytest.fixture(params=instruction_sets())
def engine(request: pytest.FixtureRequest) -> CompiledEngine:
    return CompiledEngine(instructions=request.param)
