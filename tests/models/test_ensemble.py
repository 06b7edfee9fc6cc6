"""An ensemble is the weighted average of its members' logits, in every form that it takes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from example_models import FINER_COLUMNS, ROWS, TARGETS
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.data.preprocessing import Recipe
from glassnet.models.ensemble import Ensemble, Member
from glassnet.models.exports import export
from glassnet.models.model import Model
from glassnet.models.model_file import describe_model, load_model, save_model

LOSSES = {"binary_cross_entropy": 1, "categorical_cross_entropy": 3, "mean_squared_error": 2}
FEATURES = [(0, 1, 2), (3, 1), (2, 4, 0, 3)]
X = np.random.default_rng(0).normal(size=(7, 5))


def ensemble(
    loss: str = "categorical_cross_entropy",
    hidden: tuple[int, ...] = (3, 2),
    dtype: str = "float64",
    temperature: float = 1.7,
    n_features: int = 5,
) -> Ensemble:
    members = []
    for seed, (features, weight) in enumerate(zip(FEATURES, (0.5, 0.2, 0.3), strict=True)):
        network = Network((len(features), *(n + seed for n in hidden), LOSSES[loss]), "tanh", loss)
        start = Parameters.initial(network, "glorot_normal", seed).vector + 0.1
        parameters = Parameters(network, start.astype(dtype))
        members.append(Member(parameters, features, weight, f"member {seed}"))
    return Ensemble(tuple(members), n_features, temperature)


def averaged(whole: Ensemble, rows: np.ndarray) -> np.ndarray:
    """The outputs of an ensemble, a row, a member and a neuron at a time."""
    found = []
    for row in rows:
        z = np.zeros(whole.network.sizes[-1])
        for member in whole.members:
            a = [row[i] for i in member.features]
            layers = member.parameters.layers
            for number, (W, b) in enumerate(layers, 1):
                sums = [b[i, 0] + sum(W[i, j] * a[j] for j in range(len(a))) for i in range(len(W))]
                a = [np.tanh(v) for v in sums] if number < len(layers) else sums
            z += member.weight * np.array(a)
        z /= whole.temperature
        match whole.network.loss:
            case "binary_cross_entropy":
                z = 1 / (1 + np.exp(-z))
            case "categorical_cross_entropy":
                z = np.exp(z) / np.exp(z).sum()
        found.append(z)
    return np.array(found)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", [(), (3,), (3, 2)])
def test_members_side_by_side_are_one_network(loss: str, hidden: tuple[int, ...]) -> None:
    whole = ensemble(loss, hidden)
    model = Model.of_ensemble(whole)
    np.testing.assert_allclose(model.outputs(X), averaged(whole, X), rtol=1e-12)
    other = dataclasses.replace(whole, temperature=2.0)
    assert not np.allclose(model.outputs(X), averaged(other, X), rtol=1e-3)  # it can fail


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_file_gives_the_same_digits_back(dtype: str, tmp_path: Path) -> None:
    recipe = Recipe(FINER_COLUMNS, TARGETS["categorical_cross_entropy"])
    whole = ensemble(dtype=dtype, n_features=recipe.n_features)
    model = Model.of_ensemble(whole, recipe, {"folds": 5})
    save_model(model, tmp_path / "a.safetensors")
    found = load_model(tmp_path / "a.safetensors")
    assert found.ensemble is not None
    assert found.recipe == recipe
    np.testing.assert_array_equal(found.parameters.vector, model.parameters.vector)
    for one, other in zip(found.ensemble.members, whole.members, strict=True):
        assert (one.features, one.weight, one.name) == (other.features, other.weight, other.name)
        np.testing.assert_array_equal(one.parameters.vector, other.parameters.vector)
    save_model(found, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    described = describe_model(tmp_path / "a.safetensors")
    assert described["schema"] == 2
    assert described["ensemble"]["members"][1]["features"] == [3, 1]
    assert described["parameters"] == model.network.n_parameters


@pytest.mark.parametrize("format", ["python", "javascript", "c", "onnx"])
def test_every_source_checks_itself_when_it_is_exported(format: str, tmp_path: Path) -> None:
    recipe = Recipe(FINER_COLUMNS, TARGETS["mean_squared_error"])
    whole = ensemble("mean_squared_error", (3,), n_features=recipe.n_features)
    model = Model.of_ensemble(whole, recipe)
    rows = {c.name: ROWS[c.name] for c in FINER_COLUMNS}
    rows["smokes?"] = np.array([None if v is None else str(v) for v in rows["smokes?"]], object)
    suffix = {"python": "py", "javascript": "mjs", "c": "c", "onnx": "onnx"}[format]
    assert export(model, format, tmp_path / f"model.{suffix}", rows)
    if format == "python":
        source: dict[str, Any] = {"__name__": "exported"}
        exec((tmp_path / "model.py").read_text(), source)
        row = {name: values[0] for name, values in rows.items()}
        expected = model.predict_rows(rows)[0]
        np.testing.assert_allclose(source["predict"](row)["values"], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": float("nan")}, "finite"),
        ({"n_features": 4}, "not among the 4"),
        ({"members": ()}, "1 to"),
        ({"members": ensemble().members[:2]}, "add up to 1"),
        ({"members": (*ensemble().members[:2], *ensemble(hidden=(3,)).members[2:])}, "layers"),
    ],
)
def test_members_that_do_not_go_together_are_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        dataclasses.replace(ensemble(), **change)


@pytest.mark.parametrize(
    "damage",
    [
        lambda e: e["members"][0].pop("weight"),
        lambda e: e["members"][0].update(features=[0, 1, 99]),
        lambda e: e["members"][0].update(features=[0, 0, 1]),
        lambda e: e["members"][0].update(sizes="many"),
        lambda e: e["members"][0].update(sizes=[2, 3, 2, 3]),
        lambda e: e["members"][0].update(sizes=[2**40, 3, 2, 3]),
        lambda e: e["members"][0].update(weight="heavy"),
        lambda e: e["members"].append(e["members"][0]),
        lambda e: e.update(members=[]),
        lambda e: e.update(members={"a": 1}),
        lambda e: e.update(temperature=-1),
        lambda e: e.update(temperature=None),
    ],
)
def test_a_file_with_a_damaged_ensemble_is_refused_with_a_sentence(
    damage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glassnet.models import model_file

    described = model_file._described(ensemble())
    damage(described)
    monkeypatch.setattr(model_file, "_described", lambda whole: json.loads(json.dumps(described)))
    save_model(Model.of_ensemble(ensemble()), tmp_path / "a.safetensors")
    with pytest.raises(gn.InputError, match="Cannot load the model"):
        load_model(tmp_path / "a.safetensors")
