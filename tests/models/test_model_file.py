"""A model file gives back the same model, or one sentence; a golden one loads for ever."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from safetensors.numpy import save as save_tensors

import glassnet as gn
from example_models import TARGETS, full_model, plain_model
from glassnet.core.network import ACTIVATIONS
from glassnet.models.model import Model
from glassnet.models.model_file import describe_model, load_model, save_model

GOLDEN = Path(__file__).parent / "golden"
SMALL = gn.Network((2, 3, 1))
ZEROS = "0" * 64


def same(one: Model, other: Model) -> bool:
    a, b = one.parameters.vector, other.parameters.vector
    return (
        one.network == other.network
        and one.recipe == other.recipe
        and one.summary == other.summary
        and a.dtype == b.dtype
        and a.tobytes() == b.tobytes()
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss", TARGETS)
def test_a_model_comes_back_bit_for_bit(loss: str, dtype: str, tmp_path: Path) -> None:
    model = full_model(loss, dtype=dtype)
    save_model(model, tmp_path / "m.safetensors")
    assert same(load_model(tmp_path / "m.safetensors"), model)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=13),
    activation=st.sampled_from(ACTIVATIONS),
    summary=st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.lists(st.text())),
)
def test_any_network_and_summary_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    activation: str,
    summary: dict[str, Any],
) -> None:
    model = plain_model(gn.Network(sizes, activation, "mean_squared_error"))
    model = dataclasses.replace(model, summary=summary)
    path = tmp_path_factory.mktemp("any") / "m.safetensors"
    save_model(model, path)
    assert same(load_model(path), model)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "1", tmp_path / "2"
    save_model(dataclasses.replace(full_model(), summary={"b": 1, "a": 2}), one)
    save_model(dataclasses.replace(full_model(), summary={"a": 2, "b": 1}), other)
    assert one.read_bytes() == other.read_bytes()
    save_model(load_model(one), other)
    assert one.read_bytes() == other.read_bytes()


def test_a_text_like_the_place_of_the_checksum_does_no_harm(tmp_path: Path) -> None:
    text = '{"sha256":"' + ZEROS
    model = dataclasses.replace(plain_model(SMALL), summary={text: text})
    save_model(model, tmp_path / "m")
    assert same(load_model(tmp_path / "m"), model)


def test_the_golden_file_predicts_its_numbers_for_ever(tmp_path: Path) -> None:
    model = load_model(GOLDEN / "model-v1.safetensors")
    expected = json.loads((GOLDEN / "model-v1.json").read_text(encoding="utf-8"))
    rows = {name: np.array(column, object) for name, column in expected["rows"].items()}
    assert model.predict_rows(rows).tolist() == expected["labels"]
    found = model.predict_probability_rows(rows)
    np.testing.assert_allclose(found, expected["probabilities"], rtol=1e-12)
    save_model(model, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (GOLDEN / "model-v1.safetensors").read_bytes()


def test_other_readers_of_safetensors_find_the_tensors(tmp_path: Path) -> None:
    model = plain_model(SMALL, "float32")
    save_model(model, tmp_path / "m")
    tensors = load_file(tmp_path / "m")
    shapes = {"W1": (3, 2), "b1": (3,), "W2": (1, 3), "b2": (1,)}
    assert {name: tensor.shape for name, tensor in tensors.items()} == shapes
    np.testing.assert_array_equal(tensors["W1"], model.parameters.layers[0][0])


def test_the_content_of_a_file_is_described_as_json(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_model(full_model(), path)
    facts = describe_model(path)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["network"]["sizes"] == [23, 5, 4, 3]
    assert facts["parameters"] == 23 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3
    assert facts["columns"][4] == {"name": "colour", "kind": "category"}
    assert facts["classes"] == ["ja", "näh", 'don\'t "know"']
    assert facts["target"] == ["y"]
    assert facts["summary"] == {"epochs": 12, "loss": 0.25}
    assert facts["bytes"] == path.stat().st_size
    assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    save_model(plain_model(SMALL), path)
    assert describe_model(path)["columns"] is None


# What is refused


def refuse(path: Path, contents: bytes, message: str = "Cannot load the model") -> None:
    path.write_bytes(contents)
    with pytest.raises(gn.InputError, match=message) as raised:
        load_model(path)
    sentence = str(raised.value)
    assert repr(str(path)) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    save_model(full_model(), tmp_path / "m")
    contents = (tmp_path / "m").read_bytes()
    for length in range(len(contents)):
        refuse(tmp_path / "m", contents[:length])
    refuse(tmp_path / "m", contents + b"\0", "cut short or damaged")


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    save_model(plain_model(SMALL), tmp_path / "m")
    unnoticed = []
    with (tmp_path / "m").open("rb+", buffering=0) as file:
        for place, byte in enumerate(file.read()):
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([byte ^ 1 << bit]), place)
                try:
                    load_model(tmp_path / "m")
                    unnoticed.append((place, bit))
                except gn.InputError:
                    pass
            os.pwrite(file.fileno(), bytes([byte]), place)
    assert not unnoticed
    assert same(load_model(tmp_path / "m"), plain_model(SMALL))


@given(
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1)
)
def test_changed_bytes_anywhere_are_found(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[float, int]]
) -> None:
    path = tmp_path_factory.mktemp("changed") / "m"
    save_model(full_model("mean_squared_error"), path)
    contents = path.read_bytes()
    changed = bytearray(contents)
    for place, value in edits:
        changed[int(place * len(contents))] ^= value
    if changed != contents:
        refuse(path, bytes(changed))


def crafted(
    change: dict[str, Any] | None = None,
    tensors: dict[str, np.ndarray] | None = None,
    **metadata: str,
) -> bytes:
    """A file with a right checksum, whatever else is wrong in it."""
    facts: dict[str, Any] = {
        "sha256": ZEROS,
        "format": "glassnet model",
        "schema": 1,
        "dtype": "float64",
        "network": json.loads(SMALL.to_json()),
        "recipe": None,
        "summary": {},
    }
    text = json.dumps(facts | (change or {}), separators=(",", ":"))
    return sealed(save_tensors(tensors or layers(), {"glassnet": text, **metadata}))


def sealed(contents: bytes) -> bytes:
    digits = hashlib.sha256(contents).hexdigest().encode()
    return contents.replace(ZEROS.encode(), digits, 1)


def layers(dtype: str = "float64") -> dict[str, np.ndarray]:
    shapes = {"W1": (3, 2), "b1": (3,), "W2": (1, 3), "b2": (1,)}
    return {name: np.full(shape, 0.5, dtype) for name, shape in shapes.items()}


def test_the_crafted_file_itself_is_right(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(crafted())
    assert load_model(tmp_path / "m").network == SMALL


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def network(sizes: Any, activation: Any, loss: Any = "binary_cross_entropy") -> dict[str, Any]:
    return {"network": {"sizes": sizes, "activation": activation, "loss": loss}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 3}, "newer glassnet .* pip install --upgrade"),
        ({"schema": 0}, "damaged"),
        ({"schema": True}, "not a model file"),
        ({"format": "another"}, "not a model file"),
        ({"dtype": "float16"}, "neither float64 nor float32"),
        ({"dtype": ["float64"]}, "neither float64 nor float32"),
        ({"more": 1}, "damaged"),
        ({"summary": []}, "damaged"),
        ({"summary": {"deep": nested(40)}}, "damaged"),
        ({"summary": {"deep": nested(700)}}, "damaged"),
        ({"recipe": []}, "recipe"),
        ({"recipe": {"columns": [], "target": {}}}, "target"),
        ({"network": None}, "JSON of a network"),
        (network([2, 1], [], "x"), "Unknown loss"),
        (network(7, []), "The sizes of a network"),
        (network([2, True], []), "The sizes of a network"),
        (network([2, 1], 5), "The activation of a network"),
        (network([2, 1], [], []), "The loss of a network"),
        (network([2, 1], [], None), "The loss of a network"),
        (network([10**3000, 10**3000, 1], ["relu"]), "too large for any file"),
        (network([2**30, 2**30, 1], ["relu"]), "cut short or damaged"),
    ],
)
def test_a_wrong_description_is_refused(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    refuse(tmp_path / "m", crafted(change), message)


def with_layer(name: str, value: Any, dtype: str = "float64") -> dict[str, np.ndarray]:
    return layers() | {name: np.asarray(value, dtype)}


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (with_layer("W1", np.ones((2, 3))), r"W1 is not F64 of shape \(3, 2\)"),
        (with_layer("W1", np.ones(6)), r"W1 is not F64 of shape \(3, 2\)"),
        (with_layer("b1", [1.0, np.nan, 2.0]), r"b1\[2\] is not a finite number"),
        (with_layer("W2", [[1.0, np.inf, 2.0]]), r"W2\[1,2\] is not a finite number"),
        (with_layer("b2", [1], "int64"), "b2 is not F64"),
        (with_layer("b3", [1.0]), "cut short or damaged"),
        (with_layer("b3", np.ones(0)), "not those of its network"),
        (layers("float32"), "cut short or damaged"),
    ],
)
def test_wrong_tensors_are_refused(
    tensors: dict[str, np.ndarray], message: str, tmp_path: Path
) -> None:
    refuse(tmp_path / "m", crafted(tensors=tensors), message)


def with_header(header: bytes, body: bytes = b"") -> bytes:
    return len(header).to_bytes(8, "little") + header + body


def edited(old: bytes, new: bytes) -> bytes:
    """A right file in whose header one place is changed, with a right checksum."""
    unsealed = crafted()
    length = int.from_bytes(unsealed[:8], "little")
    header, body = unsealed[8 : 8 + length], unsealed[8 + length :]
    at = header.index(rb"{\"sha256\":\"") + len(rb"{\"sha256\":\"")
    header = header[:at] + ZEROS.encode() + header[at + 64 :]
    assert old in header
    return sealed(with_header(header.replace(old, new, 1), body))


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "one byte": b"\1",
    "text": b"sepal length,sepal width\n5.1,3.5\n" * 20,
    "pickle": b"\x80\x04\x95" + b"\0" * 90,
    "zip": b"PK\3\4" + b"\0" * 90,
    "header of 2^60 bytes": (2**60).to_bytes(8, "little") + b"{}" * 50,
    "header of 2^64 - 1 bytes": b"\xff" * 8 + b"{}" * 50,
    "header as long as allowed": (16 * 2**20).to_bytes(8, "little") + b"{}",
    "no header": (0).to_bytes(8, "little") + b"{}",
    "deep header": with_header(b'{"a":' * 200_000),
    "deep list": with_header(b"[" * 2_000_000),
    "many lists": with_header(b"[" + b"[]," * 1_000_000 + b"[]]"),
    "not UTF-8": with_header(b'{"\xff":1}'),
    "a list": with_header(b"[1, 2]"),
    "NaN": with_header(b'{"__metadata__": NaN}'),
    "long number": with_header(b'{"a":' + b"9" * 100_000 + b"}"),
    "metadata is no object": with_header(b'{"__metadata__":[]}'),
    "foreign": save_tensors({"weight": np.ones((2, 2))}, {"format": "pt"}),
    "foreign without metadata": save_tensors({"weight": np.ones((2, 2))}),
    "further metadata": crafted(more="x"),
    "doubled key of the header": edited(b'"W1"', b'"W1":{},"W1"'),
    "doubled key of the description": edited(rb"\"schema\"", rb"\"schema\":1,\"schema\""),
    "tensor of 2^60 numbers": edited(b"[3,2]", b"[1152921504606846976]"),
    "tensors over one another": edited(b"[48,72]", b"[0,24]"),
    "tensor beyond the end": edited(b"[48,72]", b"[4800,4824]"),
    "tensor without a type": edited(b'"dtype":"F64",', b""),
    "tensor of an unknown type": edited(b'"F64"', b'"F65"'),
}

# 256 MiB above what is in use before the first file is read.
LIMITED = """
import resource, sys
from pathlib import Path
import safetensors.numpy
import glassnet as gn
from glassnet.models.model_file import load_model
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        load_model(path)
    except gn.InputError as error:
        print(error)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited on Linux only")
def test_hostile_files_are_refused_in_little_memory(tmp_path: Path) -> None:
    for name, contents in HOSTILE.items():
        (tmp_path / name).write_bytes(contents)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, check=True
    )
    refused = done.stdout.splitlines()
    assert len(refused) == len(HOSTILE)
    assert not any("fit into memory" in line for line in refused)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    refuse(tmp_path / "m", HOSTILE[name])


@pytest.mark.parametrize(
    ("old", "long"),
    [
        (b"[3,2]", b"[" + b"3," * 5000 + b"2]"),
        (b'"F64"', b'"' + b"F" * 5000 + b'"'),
        (rb"\"schema\":1", rb"\"schema\":" + b"1" * 4000),
        (rb"\"sizes\":[", rb"\"sizes\":[" + b"9," * 5000),
    ],
)
def test_a_sentence_quotes_little_of_a_long_header(old: bytes, long: bytes, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(edited(old, long))
    with pytest.raises(gn.InputError) as refused:
        load_model(tmp_path / "m")
    assert len(str(refused.value).replace(str(tmp_path), "")) < 300


def test_a_wrong_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(gn.InputError, match="No such file"):
        load_model(tmp_path / "none")
    with pytest.raises(gn.InputError, match="Is a directory"):
        load_model(tmp_path)
    with pytest.raises(gn.InputError, match="Cannot write"):
        save_model(plain_model(SMALL), tmp_path / "none" / "m")


@pytest.mark.parametrize("summary", [{"loss": float("nan")}, {"x": object()}, {"x": nested(40)}])
def test_a_summary_that_is_no_json_is_refused_and_nothing_written(
    summary: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(gn.InputError, match="summary"):
        save_model(dataclasses.replace(plain_model(SMALL), summary=summary), tmp_path / "m")
    assert not list(tmp_path.iterdir())
