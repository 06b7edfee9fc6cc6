"""What `glassnet publish` writes: all of it or nothing, of files that the lock names."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import json
import os
import re
import sys
import threading
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli import DONE, WRONG, run
from glassnet.engines import compiled
from glassnet.playground import initial_state_file
from glassnet.playground.frames import unpacked
from glassnet.playground.from_run import state_of_run
from glassnet.playground.hosts.worker import open_session
from glassnet.playground.initial_state import InitialState
from glassnet.playground.publication import bytecode, packages, runtime, site
from glassnet.playground.publication.recorded import recorded
from glassnet.playground.scenario import OPENED
from glassnet.playground.table_import import TableWork

WHEEL = "numpy-0.0.0-py3-none-any.whl"


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return buffer.getvalue()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a runtime of some bytes, which is the one that is locked; an empty cache."""
    contents = {
        runtime.LOADER: b"export const loadPyodide = null;",
        runtime.ASSEMBLY: b"export default null;",
        runtime.WASM: b"\0asm",
        runtime.STDLIB: zipped(this='"""Zen."""\nx = 1\n', turtle="y = 1\n"),
        runtime.LOCK_FILE: b'{"info": {}, "packages": {"numpy": {}}}',
        WHEEL: zipped(numpy="z = 1\n"),
    }
    folder = tmp_path / "runtime"
    folder.mkdir()
    files = {}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        files[name] = runtime.LockedFile(name, len(content), digest)
    own = ".".join(map(str, sys.version_info[:2]))
    locked = runtime.Lock("0.0.0", own, "http://127.0.0.1:9/", files)
    for module in (runtime, packages, bytecode):
        monkeypatch.setattr(module, "lock", lambda: locked)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.mark.parametrize("with_engine", [False, True])
def test_a_folder_holds_only_what_its_page_names(
    small: Path,
    tmp_path: Path,
    with_engine: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(compiled, "built_for_browsers", lambda: with_engine)
    out = tmp_path / "site"
    assert run(["publish", str(out), "--runtime", str(small)]) == DONE
    assert ("`make wasm`" in capsys.readouterr().err) is not with_engine
    page = (out / "index.html").read_text()
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    described = json.loads(page.split('id="published">')[1].split("</script>")[0])
    runtime_files = [part["address"] for part in described["parts"].values()]
    runtime_files += described["modules"].values()
    linked = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert {*runtime_files, *linked} <= names
    assert {name for name in names if name.startswith("runtime/")} == set(runtime_files)
    stdlib = gzip.decompress(
        (out / described["parts"]["python_stdlib.zip"]["address"]).read_bytes()
    )
    with zipfile.ZipFile(io.BytesIO(stdlib)) as archive:
        assert archive.namelist() == ["this.pyc"], "compiled, without what no page uses"
        assert b"Zen." not in archive.read("this.pyc")


def test_the_same_is_published_twice_and_another_takes_its_place(
    small: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    assert run(["publish", str(out), "--runtime", str(small)]) == DONE
    first = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert run(["publish", str(out), "--runtime", str(small)]) == DONE
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == first
    (out / "CNAME").write_text("of the host")
    assert run(["publish", str(out), "--runtime", str(small), "--data", "moons"]) == DONE
    now = {path for path in out.rglob("*") if path.is_file()}
    assert len(now) == len(first) + 1, "what is not needed any more is gone, and no more than that"
    assert (out / "CNAME").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name a folder to write, or a file with --single."),
        (["OUT", "--single", "x.html"], "Name a folder to write"),
        (["OUT", "--lesson", "no-such"], "There is no lesson 'no-such'"),
        (["OUT", "--hide", "seeds,sed"], "no control 'sed' to hide: perhaps seed is meant"),
        (["OUT", "--data", "moons", "--lesson", "tutorial"], "leave out --data or --lesson"),
        (["OUT", "--run", "no-such"], "There is no folder of a run 'no-such'"),
        (["OUT", "--target", "price"], "--target names a column of the table that --data names"),
        (["OUT", "--runtime", "no-such"], "The runtime in 'no-such' lacks"),
        (["OUT", "--runtime", "CHANGED"], "its sha256 is another than the lock of glassnet names"),
        (["OUT"], "cannot be fetched from 'http://127.0.0.1:9/"),
        (["RUNTIME", "--runtime", "RUNTIME"], "holds files that glassnet publish did not write"),
        (["--single", "THERE", "--runtime", "RUNTIME"], "is there already"),
    ],
)
def test_what_cannot_be_published_is_said_and_nothing_is_written(
    small: Path,
    tmp_path: Path,
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed, there = tmp_path / "changed", tmp_path / "there.html"
    changed.mkdir()
    for path in small.iterdir():
        (changed / path.name).write_bytes(path.read_bytes() + b" " * path.name.endswith(".wasm"))
    there.write_text("mine")
    places = {"OUT": tmp_path / "out", "RUNTIME": small, "CHANGED": changed, "THERE": there}
    before = sorted(tmp_path.rglob("*"))
    assert run(["publish", *(str(places.get(one, one)) for one in arguments)]) == WRONG
    assert sentence in capsys.readouterr().err
    left = [path for path in tmp_path.rglob("*") if "cache" not in path.parts]
    assert sorted(left) == before
    assert there.read_text() == "mine"


def test_an_address_is_asked_once_and_only_for_what_the_lock_names(
    small: Path, tmp_path: Path
) -> None:
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    with http.server.HTTPServer(("127.0.0.1", 0), partial(Handler, directory=small)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            for name in ("one.html", "two.html"):
                single = ["publish", "--single", str(tmp_path / name), "--runtime", address]
                assert run(single) == DONE
        finally:
            server.shutdown()
            thread.join()
    assert sorted(asked) == sorted(f"/{name}" for name in runtime.lock().files)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_cached_file_that_was_changed_is_refused(small: Path, tmp_path: Path) -> None:
    locked = runtime.lock().files[runtime.WASM]
    kept = tmp_path / "cache" / "glassnet" / locked.sha256
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"\0evil")
    with pytest.raises(gn.InputError, match="its sha256 is another"):
        runtime.Runtime().file(runtime.WASM)


def test_nothing_is_compiled_where_nothing_can(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = runtime.Lock("0", "2.7", "", runtime.lock().files)
    for module in (packages, bytecode):
        monkeypatch.setattr(module, "lock", lambda: locked)
    monkeypatch.setenv("PATH", os.devnull)
    made = packages.packages(runtime.Runtime(str(small)))
    assert not made.is_compiled
    assert made.files["numpy.py"] == b"z = 1\n"
    assert "glassnet/core/backprop.py" in made.files


def test_all_that_the_lock_names_is_needed_and_numpy_is_among_it() -> None:
    locked = runtime.lock()
    assert {runtime.LOADER, runtime.ASSEMBLY, runtime.WASM, runtime.STDLIB} < set(locked.files)
    assert [name.split("-")[0] for name in locked.wheels] == ["numpy"]


def states() -> Iterator[InitialState]:
    yield InitialState()
    points = gn.datasets.rings()
    run = gn.train(gn.Network((2, 3, 1)), points.X, points.y, max_epochs=20, seed=3)
    yield state_of_run(run)


def test_an_initial_state_is_read_as_it_was_written() -> None:
    for state in states():
        again = initial_state_file.read(initial_state_file.written(state))
        assert again.scenario == state.scenario
        assert (again.epoch, again.last, again.held_out) == (
            state.epoch,
            state.last,
            state.held_out,
        )
        assert again.points == state.points
        assert tuple(again.notes) == tuple(state.notes)
        if state.start is not None and again.start is not None:
            assert again.start.network == state.start.network
            np.testing.assert_array_equal(again.start.vector, state.start.vector)
        else:
            assert again.start is state.start


def test_a_table_opens_from_a_link_without_its_points(small: Path, tmp_path: Path) -> None:
    table = tmp_path / "pupils.csv"
    table.write_text("a,b,passed\n" + "".join(f"{k},{k * k % 7},{k % 2}\n" for k in range(20)))
    out = tmp_path / "page.html"
    options = ["--runtime", str(small), "--data", str(table)]
    assert run(["publish", "--single", str(out), *options]) == DONE
    opening = re.findall(r'id="part-opening">([^<]+)<', out.read_text())[0]
    state = initial_state_file.read(gzip.decompress(b64decode(opening)))
    assert state.scenario.points is None
    assert state.scenario.spec.data == OPENED
    assert state.points is not None
    assert [measure.name for measure in state.points.inputs] == ["b", "a"]


def test_the_session_of_a_worker_says_what_was_recorded() -> None:
    said: list[str | bytes] = []
    opening = memoryview(initial_state_file.written(InitialState()))
    session = open_session(said.append, opening, {"resumes": False, "returns": False})
    for _ in range(5):
        session.turn()
    header, arrays = unpacked(recorded(InitialState()))
    texts = [message for message in header["messages"] if message is not None]
    assert said[: len(texts)] == texts
    frames = [message for message in said if isinstance(message, bytes)]
    (live, shown), (kept, drawn) = unpacked(frames[0]), unpacked(arrays["frame"].tobytes())
    assert live == kept
    np.testing.assert_array_equal(shown["plane"], drawn["plane"])
    for command in ({"do": "drawn", "run": "a", "frame": 1}, {"do": "epoch"}):
        session.hear(json.dumps(command))
    for _ in range(5):
        session.turn()
    frames = [message for message in said if isinstance(message, bytes)]
    assert unpacked(frames[-1])[0]["epoch"] == 1
    session.close()


def test_a_fault_is_said_and_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str | bytes] = []
    opening = memoryview(initial_state_file.written(InitialState()))
    session = open_session(said.append, opening, {"resumes": False, "returns": False})
    monkeypatch.setattr("glassnet.playground.session.Session.turn", lambda *_: 1 / 0)
    assert session.turn() is None
    assert session.turn() is None
    (message,) = said
    assert isinstance(message, str)
    assert json.loads(message)["fatal"] is True


def test_policies_let_only_the_page_itself_run(small: Path) -> None:
    publication = site.Publication(runtime=runtime.Runtime(str(small)))
    policy = publication.folder()["index.html"].decode().split('Policy" content="')[1].split('"')[0]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src &#39;none&#39;" in policy


def test_a_table_dropped_where_no_database_is_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b,c\n1,2,3\n4,5,6\n")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(gn.InputError, match=r"This page cannot read pupils.csv, since it runs"):
        list(TableWork(path, "pupils.csv").pieces())
