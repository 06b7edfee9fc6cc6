"""Every public name answers an argument of a wrong type with a sentence, or by its signature.

The calls are generated: every function, class and method of the public face, with every argument in
turn replaced by values that it cannot mean.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from traceback import walk_tb
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import pictures

X = np.random.default_rng(0).normal(size=(12, 2))
Y = (X[:, 0] > 0).astype(int)
TABLE = {"a": X[:, 0], "b": X[:, 1], "y": Y}
NETWORK = gn.Network((2, 3, 1))
START = gn.Parameters.initial(NETWORK, seed=0)
RUN = gn.train(NETWORK, X, Y, parameters=START, max_epochs=2, record_every=1, validation=0.25)
TABLE_RUN = gn.train_table(TABLE, "y", max_epochs=2, hidden=2, validation="none")
SETTINGS = gn.Settings(gn.GradientDescent(0.1), max_epochs=2)

WRONG: dict[str, Any] = {
    "None": None,
    "text": "wrong",
    "number": 3,
    "negative": -1,
    "nan": float("nan"),
    "array": np.zeros((2, 2, 2)),
    "list": [1, "x"],
    "dict": {"a": 1},
    "object": object(),
    "class": dict,
    "run": RUN,
}
# What an argument of this name means everywhere.
RIGHT: dict[str, Any] = {
    "network": NETWORK,
    "parameters": START,
    "X": X,
    "y": Y,
    "run": RUN,
    "model": TABLE_RUN,
    "settings": SETTINGS,
    "optimizer": gn.GradientDescent(0.1),
    "layers": START.layers,
    "vector": START.vector,
    "sizes": (2, 3, 1),
    "seeds": [0, 1],
    "epoch": 1,
    "learning_rate": 0.1,
    "max_epochs": 2,
    "data": TABLE,
    "target": "y",
    "hidden": 2,
    "values": TABLE,
    "path": "no such file",
    "folder": "run",
    "history": RUN.history,
    "loss": RUN.history.loss,
    "trace": gn.trace(NETWORK, START, X, Y),
    "predicted": Y,
    "matrix": np.eye(2),
    "probability": np.linspace(0, 1, 12),
}
OBJECTS: dict[str, Any] = {
    "Run": RUN,
    "Model": TABLE_RUN.model,
    "History": RUN.history,
    "Parameters": START,
    "Network": NETWORK,
    "Settings": SETTINGS,
}
NEEDED_TO_TRAIN = ("max_epochs", "hidden")  # so that what is right ends soon


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in gn.__all__:
        value = getattr(gn, name)
        error = inspect.isclass(value) and issubclass(value, Exception)
        if callable(value) and not error:
            yield name, value
    for name in pictures.__all__:
        if inspect.isfunction(getattr(pictures, name)):
            yield f"pictures.{name}", getattr(pictures, name)
    for kind, value in OBJECTS.items():
        for name in dir(type(value)):
            if not name.startswith("_") and callable(getattr(value, name)):
                yield f"{kind}.{name}", getattr(value, name)


def right_arguments(function: Callable[..., Any]) -> dict[str, Any] | None:
    """Arguments that make sense; None for what only other code calls, such as a trace's making."""
    named = inspect.signature(function).parameters.values()
    needed = [p.name for p in named if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    if not set(needed) <= set(RIGHT):
        return None
    trained = [p.name for p in named if p.name in NEEDED_TO_TRAIN]
    return {name: RIGHT[name] for name in {*needed, *trained}}


CALLS = {name: function for name, function in public() if right_arguments(function) is not None}


def by_the_signature(error: TypeError) -> bool:
    """Whether the call itself was refused, before anything in the function ran."""
    frames = [frame.f_code.co_name for frame, _ in walk_tb(error.__traceback__)]
    return len(frames) == 1 or frames[1:] == ["checked"]  # of `types_checked`


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_gets_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    function, right = CALLS[name], right_arguments(CALLS[name])
    assert right is not None
    strange = []
    for argument in [*inspect.signature(function).parameters, "mispelt"]:
        for kind, wrong in WRONG.items():
            try:
                function(**(right | {argument: wrong}))
            except gn.InputError as error:
                if len(str(error)) > 400:
                    strange.append(
                        f"{argument} = {kind}: a sentence of {len(str(error))} characters"
                    )
            except Exception as error:
                if not (isinstance(error, TypeError) and by_the_signature(error)):
                    strange.append(f"{argument} = {kind}: {error!r:.150}")
    assert strange == []


def test_the_walk_meets_the_public_face() -> None:
    trained = {"train", "train_many", "train_table", "predict_table", "trace", "load", "diagnose"}
    methods = {"Run.save", "Run.predict", "Model.encode", "History.parameters_at"}
    assert trained | methods <= set(CALLS)


def test_a_type_error_from_the_inside_is_not_one_of_the_signature() -> None:
    def function(X: Any) -> Any:
        return len(X)

    with pytest.raises(TypeError) as refused:
        function(1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError) as failed:
        function(1)
    assert (by_the_signature(refused.value), by_the_signature(failed.value)) == (True, False)
