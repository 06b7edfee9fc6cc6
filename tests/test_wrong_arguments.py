"""Every public name answers an argument of a wrong type with a sentence, or by its signature.

The calls are generated: every function, class and method of the public face, with every argument in
turn replaced by values that it cannot mean.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from traceback import walk_tb
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import estimators, explain, parity, pictures

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
    "long text": "wrong" * 300,
    "long list": list(range(1000)),
}
LONGEST = 300  # characters of a sentence
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
    "source": TABLE,
    "subject": RUN,
    "start": START,
    "differences": {"torch": np.ones((2, 1))},
    "quantities": ["loss"],
    "curves": [(np.arange(1, 4), np.ones(3))],
    "reached": [True],
    "losses": [0.1, 0.2],
    "epochs": 2,
    "runs": 2,
    "last_epoch": 5,
    "band": (np.array([0.1]), np.array([0.9])),
    "effects": {"l2": [("0", np.ones(3)), ("1", np.ones(3))]},
    "score": "loss",
    "outputs": RUN.predict_probability,
    "every": 2,
    "state": gn.schedules.Plateau().init(),
    "first_epoch": 0,
    "n": 3,
    "done": 1,
    "name": "mine",
    "n_classes": 2,
}
# And what they mean in one place.
RIGHT_FOR: dict[str, dict[str, Any]] = {
    "pictures.arrivals": {"epochs": [3]},
    "parity.compare": {"frameworks": []},
    "Network.from_json": {"text": NETWORK.to_json()},
    "Settings.from_json": {"text": SETTINGS.to_json()},
}
OBJECTS: dict[str, Any] = {
    "Run": RUN,
    "Model": TABLE_RUN.model,
    "History": RUN.history,
    "Parameters": START,
    "Network": NETWORK,
    "Settings": SETTINGS,
    "Step": gn.schedules.Step(3),
    "Plateau": gn.schedules.Plateau(),
    "ManyRuns": gn.train_many(NETWORK, X, Y, seeds=[0], max_epochs=2),
    "NetworkClassifier": estimators.NetworkClassifier((2,), max_iter=2, tol=0).fit(X, Y),
    "NetworkRegressor": estimators.NetworkRegressor((2,), max_iter=2, tol=0).fit(X, Y),
}
MODULES = {"pictures": pictures, "explain": explain, "parity": parity, "datasets": gn.datasets,
           "schedules": gn.schedules}  # fmt: skip
NEEDED_TO_TRAIN = ("max_epochs", "hidden")  # so that what is right ends soon
# Values that are made elsewhere, and may be made by hand: each of its own fields.
MADE: tuple[Any, ...] = (
    RUN, OBJECTS["ManyRuns"], RIGHT["trace"], gn.gradient_check(NETWORK, START, X, Y),
    gn.gradient_check(NETWORK, START, X, Y).differences,
)  # fmt: skip


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in gn.__all__:
        value = getattr(gn, name)
        error = inspect.isclass(value) and issubclass(value, Exception)
        if callable(value) and not error:
            yield name, value
    for place, module in MODULES.items():
        for name in getattr(module, "__all__", vars(module)):
            value = getattr(module, name)
            made = inspect.isclass(value) and place in ("datasets", "schedules")
            own = module.__name__ in getattr(value, "__module__", "") and not name.startswith("_")
            if own and (made or inspect.isfunction(value)):
                yield f"{place}.{name}", value
    for kind, value in OBJECTS.items():
        for name in dir(type(value)):
            method = getattr(value, name, None)
            ours = str(getattr(method, "__module__", "")).startswith("glassnet")
            if not name.startswith("_") and callable(method) and ours:
                yield f"{kind}.{name}", method


def right_arguments(place: str, function: Callable[..., Any]) -> dict[str, Any] | None:
    """Arguments that make sense; None for what only other code calls, such as a trace's making."""
    for value in MADE:
        if function is type(value):
            return {f.name: getattr(value, f.name) for f in fields(value) if f.init}
    named = inspect.signature(function).parameters.values()
    needed = [p.name for p in named if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    right = RIGHT | RIGHT_FOR.get(place, {})
    if not set(needed) <= set(right):
        return None
    trained = [p.name for p in named if p.name in NEEDED_TO_TRAIN]
    return {name: right[name] for name in {*needed, *trained, *RIGHT_FOR.get(place, {})}}


CALLS = {
    name: function for name, function in public() if right_arguments(name, function) is not None
}


def fitted(kind: type) -> Callable[..., Any]:
    """Fit an estimator with these parameters, which scikit-learn's contract checks only then."""

    def constructed(**parameters: Any) -> Any:
        return kind(**{"hidden_layer_sizes": (2,), "max_iter": 2, "tol": 0} | parameters).fit(X, Y)

    constructed.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]
    return constructed


# The regressor has no parameter that the classifier has not.
CALLS["NetworkClassifier.fitting"] = fitted(estimators.NetworkClassifier)


def by_the_signature(error: Exception) -> bool:
    """Return whether the call itself was refused, before anything in the function ran."""
    frames = [frame.f_code.co_name for frame, _ in walk_tb(error.__traceback__)]
    outside = frames[1:] in ([], ["checked"], ["constructed"])  # of `types_checked`, `fitted`
    return isinstance(error, TypeError) and outside


def by_scikit_learn(error: Exception) -> bool:
    """Return whether scikit-learn's own check of data refused them, as its contract asks."""
    modules = [frame.f_globals["__name__"] for frame, _ in walk_tb(error.__traceback__)]
    checked = any(name.startswith("sklearn.") for name in modules)
    return isinstance(error, ValueError | TypeError) and checked


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_gets_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    function, right = CALLS[name], right_arguments(name, CALLS[name])
    assert right is not None
    strange = []
    for argument in [*inspect.signature(function).parameters, "mispelt"]:
        for kind, wrong in WRONG.items():
            try:
                function(**(right | {argument: wrong}))
            except gn.InputError as error:
                if len(str(error)) > LONGEST:
                    strange.append(
                        f"{argument} = {kind}: a sentence of {len(str(error))} characters"
                    )
            except Exception as error:
                if not (by_the_signature(error) or by_scikit_learn(error)):
                    strange.append(f"{argument} = {kind}: {error!r:.150}")
    assert "\n".join(strange) == ""


def test_the_walk_meets_the_public_face() -> None:
    trained = {"train", "train_many", "train_table", "predict_table", "trace", "load", "diagnose"}
    methods = {"Run.save", "Run.predict", "Model.encode", "History.parameters_at"}
    methods |= {"Run", "Trace", "ManyRuns", "Network.from_json", "Settings.from_json"}
    assert trained | methods <= set(CALLS)


def test_a_type_error_from_the_inside_is_not_one_of_the_signature() -> None:
    def function(X: Any) -> Any:
        return len(X)

    with pytest.raises(TypeError) as refused:
        function(1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError) as failed:
        function(1)
    assert (by_the_signature(refused.value), by_the_signature(failed.value)) == (True, False)
