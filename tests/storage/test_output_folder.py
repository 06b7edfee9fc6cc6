"""A folder of results has one writer at a time, and shows nothing of that afterwards."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from glassnet.errors import InputError
from glassnet.storage.output_folder import LOCK, held, output_folder, write_listing

PROGRAM = "glassnet test"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_folder_in_use_is_refused_and_free_afterwards(tmp_path: Path) -> None:
    with output_folder(tmp_path / "out", PROGRAM) as folder:
        with (
            pytest.raises(InputError, match=rf"in use by another glassnet \(process {os.getpid()}"),
            held(tmp_path / "out"),
        ):
            pass
        (folder / "a.txt").write_text("one")
        write_listing(folder, PROGRAM, ["a.txt"])
    assert names(tmp_path / "out") == {"a.txt", "summary.json"}
    with held(tmp_path / "out"):
        assert LOCK in names(tmp_path / "out")
    assert names(tmp_path / "out") == {"a.txt", "summary.json"}


def test_what_a_killed_process_left_is_no_file_of_others_and_goes(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    (tmp_path / ".glassnet-1-left").mkdir()
    with output_folder(tmp_path, PROGRAM) as folder:
        write_listing(folder, PROGRAM, [])
    assert names(tmp_path) == {"summary.json"}


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), output_folder(tmp_path / "new", PROGRAM):
        raise ZeroDivisionError
    assert not (tmp_path / "new").exists()


def test_of_many_at_once_one_holds_a_folder(tmp_path: Path) -> None:
    inside, most, done = [0], [0], [0]

    def work() -> None:
        for _ in range(40):
            try:
                with held(tmp_path):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    done[0] += 1
                    inside[0] -= 1
            except InputError:
                continue

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert done[0] > 0
    assert names(tmp_path) == set()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_refused_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with (
        pytest.raises(InputError, match="Cannot write to the folder"),
        output_folder(tmp_path, PROGRAM),
    ):
        pass
