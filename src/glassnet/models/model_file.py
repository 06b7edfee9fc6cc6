"""The model file: safetensors with one JSON text that says what the tensors are.

The tensors are W1, b1, W2, b2, ..., W (n_out, n_in) and b (n_out,). The text under the key
"glassnet" is an object of

    sha256    of the whole file with these 64 digits as zeros: any flipped bit shows
    format    "glassnet model"
    schema    1, or 2 with an ensemble; a program that knows less says that it must be upgraded
    dtype     "float64" or "float32"
    network   sizes, activation, loss
    recipe    how the columns of a table become inputs and outputs become classes, or null
    summary   how it was trained
    ensemble  of schema 2: temperature, and for each member sizes, features, weight, name and fold

Of an ensemble the network is what its members are side by side, and the tensors are theirs:
1.W1, 1.b1, ..., 2.W1, and so on.

Files come from anywhere: everything is checked before it is used, sizes before memory is taken,
and nothing in a file is executed. The same model always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.data.preprocessing import Recipe
from glassnet.errors import InputError
from glassnet.models.ensemble import Ensemble, Member
from glassnet.models.model import Model
from glassnet.storage import atomic, strict_json
from glassnet.storage.tensors import serialized

FORMAT = "glassnet model"
SCHEMA = 2
KEY = "glassnet"
LARGEST_HEADER = 16 * 2**20  # bytes: some fifty thousand columns
LARGEST_LAYER = 2**31
MOST_MERGED = 1_000  # numbers of the network that the members make, for each byte of theirs
CODES = {"float64": "F64", "float32": "F32"}

# How the text begins, as it stands in the JSON of the header: the digits follow.
_BEFORE_DIGITS = rb"{\"sha256\":\""
_ZEROS = "0" * 64
_FIELDS = {"sha256", "format", "schema", "dtype", "network", "recipe", "summary"}
_MEMBER_FIELDS = {"sizes", "features", "weight", "name", "fold"}


def save_model(model: Model, path: str | PathLike[str]) -> None:
    """Write a model to one file, which appears whole or not at all.

    Raises InputError if the file cannot be written, or the summary is not JSON.
    """
    contents = _serialized(model)
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(contents)


def load_model(path: str | PathLike[str]) -> Model:
    """The model that `save_model` wrote. Raises InputError, naming the file, for anything else."""
    return _load(Path(path)).model


def describe_model(path: str | PathLike[str]) -> dict[str, Any]:
    """Return the contents of a model file as plain JSON values: nothing in it is executed.

    The keys are file, bytes, sha256 (of the file), schema, dtype, network (sizes, activation,
    loss), parameters (how many), columns (name and kind of each; None without a recipe), target
    (its columns), classes, summary, and of an ensemble its temperature and members.

    Raises InputError, as `load_model` does, if the file is not whole.
    """
    loaded = _load(Path(path))
    model, recipe = loaded.model, loaded.facts["recipe"]
    return {
        "file": str(path),
        "bytes": loaded.n_bytes,
        "sha256": loaded.sha256,
        "schema": loaded.facts["schema"],
        "dtype": model.dtype,
        "network": loaded.facts["network"],
        "parameters": model.network.n_parameters,
        "columns": recipe and [{"name": c["name"], "kind": c["kind"]} for c in recipe["columns"]],
        "target": recipe and recipe["target"]["names"],
        "classes": recipe and recipe["target"]["classes"],
        "summary": loaded.facts["summary"],
        **({"ensemble": loaded.facts["ensemble"]} if model.ensemble is not None else {}),
    }


# Writing


def _serialized(model: Model) -> bytes:
    contents = serialized(_tensors(model), {KEY: _text(model)})
    at = _place_of_digits(contents)
    digits = hashlib.sha256(contents).hexdigest()
    if int.from_bytes(contents[:8], "little") > LARGEST_HEADER:
        raise InputError("The recipe and summary of this model are too long for a model file.")
    return contents[:at] + digits.encode() + contents[at + 64 :]


def _tensors(model: Model) -> dict[str, Array]:
    each = {"": model.parameters}
    if model.ensemble is not None:
        each = {f"{i}.": member.parameters for i, member in enumerate(model.ensemble.members, 1)}
    tensors: dict[str, Array] = {}
    for prefix, parameters in each.items():
        for number, (W, b) in enumerate(parameters.layers, start=1):
            tensors |= {f"{prefix}W{number}": W, f"{prefix}b{number}": b[:, 0]}
    return {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}


def _text(model: Model) -> str:
    recipe = None if model.recipe is None else json.loads(model.recipe.to_json())
    facts = {
        "sha256": _ZEROS,
        "format": FORMAT,
        "schema": 1,
        "dtype": model.dtype,
        "network": json.loads(model.network.to_json()),
        "recipe": recipe,
        "summary": _plain(model.summary),
    }
    if model.ensemble is not None:
        facts |= {"schema": 2, "ensemble": _described(model.ensemble)}
    return json.dumps(facts, separators=(",", ":"))


def _described(ensemble: Ensemble) -> dict[str, Any]:
    members = [
        {
            "sizes": list(member.network.sizes),
            "features": list(member.features),
            "weight": member.weight,
            "name": member.name,
            "fold": member.fold,
        }
        for member in ensemble.members
    ]
    return {"temperature": ensemble.temperature, "members": members}


def _plain(summary: Any) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(summary), sort_keys=True))
        json.dumps(plain, allow_nan=False)
        strict_json.refuse_deep(plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"The summary of a model must be JSON of finite numbers, texts and lists ({error})."
        ) from None
    return plain


# Reading


class _Loaded(NamedTuple):
    model: Model
    facts: dict[str, Any]
    n_bytes: int
    sha256: str


class _Expected(NamedTuple):
    """What the tensors of a file must match: networks by what their names begin with, and dtype."""

    networks: dict[str, Network]
    dtype: str

    @property
    def tensors(self) -> dict[str, tuple[str, list[int]]]:
        """The code of the type and the shape of each tensor."""
        code = CODES[self.dtype]
        expected: dict[str, tuple[str, list[int]]] = {}
        for prefix, network in self.networks.items():
            for number, (W_shape, _) in enumerate(network.shapes, start=1):
                expected[f"{prefix}W{number}"] = code, [*W_shape]
                expected[f"{prefix}b{number}"] = code, [W_shape[0]]
        return expected

    @property
    def n_bytes(self) -> int:
        """How many bytes the tensors take."""
        return (
            sum(network.n_parameters for network in self.networks.values())
            * np.dtype(self.dtype).itemsize
        )


def _load(path: Path) -> _Loaded:
    try:
        return _checked(path)
    except InputError as reason:
        raise InputError(f"Cannot load the model {str(path)!r:.200}: {reason}") from None
    except MemoryError:
        raise InputError(f"The model {str(path)!r:.200} does not fit into memory.") from None
    except OSError as error:
        raise InputError(
            f"Cannot read the model {str(path)!r:.200} ({error.strerror or error})."
        ) from None


def _checked(path: Path) -> _Loaded:
    with path.open("rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        beginning = file.read(8)
        header = file.read(_header_length(beginning, n_bytes))
        facts, tensors = _facts(header)
        expected = _expected(facts)
        _compare(tensors, expected, n_bytes - 8 - len(header))
        # Only now: the file is as long as its network is large.
        contents = beginning + header + file.read(expected.n_bytes)
    _check_digits(contents)
    parameters = _parameters(contents, expected)
    recipe, summary = _recipe(facts["recipe"]), facts["summary"]
    if "ensemble" in facts:
        model = Model.of_ensemble(_ensemble(facts, parameters), recipe, summary)
    else:
        model = Model(parameters[0].network, parameters[0], recipe, summary)
    return _Loaded(model, facts, n_bytes, hashlib.sha256(contents).hexdigest())


def _header_length(beginning: bytes, n_bytes: int) -> int:
    length = int.from_bytes(beginning, "little")
    if len(beginning) < 8 or length < 2:
        raise InputError("it is too short for a model file; copy it or save the model again.")
    if length > LARGEST_HEADER:
        raise InputError("it is not a model file; name one that glassnet saved.")
    if 8 + length > n_bytes:
        raise InputError("it is cut short, or not a model file; copy it again.")
    return length


def _facts(header: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the facts in the header and the descriptions of the tensors."""
    tensors = _json(header, "it is not a model file; name one that glassnet saved.")
    metadata = tensors.pop("__metadata__", None)
    text = metadata.get(KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str) or len(metadata) > 1:
        raise InputError(
            "it is a safetensors file, but not one of glassnet's; name one that glassnet saved."
        )
    facts = _json(text, "its description is damaged; copy the file or save the model again.")
    if facts.get("format") != FORMAT or type(facts.get("schema")) is not int:
        raise InputError("it is not a model file; name one that glassnet saved.")
    if facts["schema"] > SCHEMA:
        raise InputError(
            f"it was written by a newer glassnet (schema {facts['schema']!r:.20}, this one reads "
            f"up to {SCHEMA}); upgrade with pip install --upgrade glassnet."
        )
    known = _FIELDS | ({"ensemble"} if facts["schema"] == 2 else set())
    if facts["schema"] < 1 or set(facts) != known or not isinstance(facts["summary"], dict):
        raise InputError("its description is damaged; save the model again.")
    return facts, tensors


def _json(text: str | bytes, otherwise: str) -> dict[str, Any]:
    """A JSON object, read strictly. Raises InputError(otherwise)."""
    try:
        value = strict_json.loads(text)
    except ValueError:
        raise InputError(otherwise) from None
    if not isinstance(value, dict):
        raise InputError(otherwise)
    return value


def _expected(facts: dict[str, Any]) -> _Expected:
    if not isinstance(facts["dtype"], str) or facts["dtype"] not in CODES:
        raise InputError(f"its dtype is neither {' nor '.join(CODES)}; save the model again.")
    network = Network.from_json(json.dumps(facts["network"]))
    if max(network.sizes) > LARGEST_LAYER:
        raise InputError("its network has a layer too large for any file; save the model again.")
    if "ensemble" not in facts:
        return _Expected({"": network}, facts["dtype"])
    sizes = [member["sizes"] for member in _checked_members(facts["ensemble"])]
    networks = {
        f"{i}.": Network(own, network.activation, network.loss) for i, own in enumerate(sizes, 1)
    }
    expected = _Expected(networks, facts["dtype"])
    if network.n_parameters > MOST_MERGED * expected.n_bytes:
        raise InputError("its members do not make its network; save the model again.")
    return expected


def _checked_members(ensemble: Any) -> list[dict[str, Any]]:
    """The members of an ensemble, as far as the tensors depend on them."""
    damaged = InputError("its ensemble is damaged; save the model again.")
    if not isinstance(ensemble, dict) or set(ensemble) != {"temperature", "members"}:
        raise damaged
    members = ensemble["members"]
    if not isinstance(members, list) or not members:
        raise damaged
    for member in members:
        if not isinstance(member, dict) or set(member) != _MEMBER_FIELDS:
            raise damaged
        if not isinstance(member["features"], list):
            raise damaged
    return members


def _ensemble(facts: dict[str, Any], parameters: list[Parameters]) -> Ensemble:
    described = facts["ensemble"]
    members = tuple(
        Member(own, tuple(one["features"]), one["weight"], one["name"], one["fold"])
        for own, one in zip(parameters, described["members"], strict=True)
    )
    ensemble = Ensemble(members, facts["network"]["sizes"][0], described["temperature"])
    if ensemble.network != Network.from_json(json.dumps(facts["network"])):
        raise InputError("its members do not make its network; save the model again.")
    return ensemble


def _compare(tensors: dict[str, Any], expected: _Expected, left: int) -> None:
    """Raise InputError unless the tensors are the network's and the rest of the file theirs."""
    if left != expected.n_bytes:
        raise InputError(
            f"its tensors take {left} bytes, but those of its network {expected.n_bytes}; it is "
            "cut short or damaged, so copy it again."
        )
    if set(tensors) != set(expected.tensors):
        raise InputError("its tensors are not those of its network; save the model again.")
    for name, (code, shape) in expected.tensors.items():
        found = tensors[name]
        if not isinstance(found, dict) or (found.get("dtype"), found.get("shape")) != (code, shape):
            raise InputError(
                f"its tensor {name} is not {code} of shape {tuple(shape)}; save the model again."
            )


def _place_of_digits(contents: bytes) -> int:
    """Where the 64 digits stand: the first text that can begin so is glassnet's own."""
    found = contents.find(_BEFORE_DIGITS)
    return -1 if found < 0 else found + len(_BEFORE_DIGITS)


def _check_digits(contents: bytes) -> None:
    at = _place_of_digits(contents)
    digest = hashlib.sha256(memoryview(contents)[:at])
    digest.update(_ZEROS.encode())
    digest.update(memoryview(contents)[at + 64 :])
    if at < 0 or digest.hexdigest().encode() != contents[at : at + 64]:
        raise InputError(
            "its checksum does not match, so it was changed or damaged; copy it again, or save "
            "the model again."
        )


def _parameters(contents: bytes, expected: _Expected) -> list[Parameters]:
    """The parameters of each network."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(contents)
    except SafetensorError as error:
        raise InputError(f"it is not valid safetensors ({error}); save the model again.") from None
    vectors = [
        np.concatenate(
            [
                tensors[prefix + name].ravel()
                for number in range(1, network.n_layers + 1)
                for name in (f"W{number}", f"b{number}")
            ]
        )
        for prefix, network in expected.networks.items()
    ]
    return list(map(Parameters, expected.networks.values(), vectors))


def _recipe(recipe: Any) -> Recipe | None:
    return None if recipe is None else Recipe.from_json(json.dumps(recipe))
