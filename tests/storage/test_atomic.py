"""Files that appear whole or not at all, and places where none may be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.storage.atomic import checked_target, replacing


def write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text)


def test_a_file_is_replaced_and_a_link_written_through(tmp_path: Path) -> None:
    for name in ("file", "new"):
        (tmp_path / f"{name}-link").symlink_to(tmp_path / name)
    (tmp_path / "file").write_text("old")
    for name in ("file-link", "new-link"):
        write(tmp_path / name, "text")
        assert (tmp_path / name).is_symlink()
    assert (tmp_path / "file").read_text() == (tmp_path / "new").read_text() == "text"
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(gn.InputError, match=f"{name}' is not a regular file: name another"):
            write(tmp_path / name, "text")
    assert (tmp_path / "pipe").is_fifo()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_is_refused() -> None:
    with pytest.raises(gn.InputError, match="'/dev/full' is not a regular file"):
        checked_target("/dev/full")


def test_a_message_names_the_path_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    for name, sentence in {
        ".": "is a folder: name a file",
        "none/m.py": "m.py': there is no folder '.*none'",
        "file/m.py": "m.py': there is no folder '.*file'",
        "loop": r"Cannot write '.*loop' \(",
        "x" * 300: r"Cannot write '.*x \(File name too long\)",
    }.items():
        with pytest.raises(gn.InputError, match=sentence):
            write(tmp_path / name, "text")
    with (
        pytest.raises(gn.InputError, match=r"full.txt' \(No space left on device\)"),
        replacing(tmp_path / "full.txt"),
    ):
        raise OSError(28, "No space left on device")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "loop"]


def test_an_error_about_another_file_is_not_this_ones(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "m"):
        (tmp_path / "other").read_text()
    assert not list(tmp_path.iterdir())
