"""Scheduler, workers and client with an address each, as on several machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from clusters import scheduler_and_workers
from glassnet.cli import run as command_line

pytestmark = pytest.mark.cluster

ROLES = ("scheduler", "worker", "another", "client")
ASKED = ("train", "table.csv", "--target", "y", "--hidden", "5", "--max-epochs", "4",
         "--batch-size", "100", "--no-pictures", "--quiet", "--single")  # fmt: skip


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def machines() -> Iterator[dict[str, list[str]]]:
    """By role the command that runs another one on a machine of its own: 10.77.0.1, .2, ...

    Each is a network namespace with its own interfaces, wired to a bridge in the scheduler's.
    """
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces are made by root, with the command ip")
    names = {role: f"gn{os.getpid()}-{i}" for i, role in enumerate(ROLES)}
    hub = names["scheduler"]
    with ExitStack() as stack:
        for i, name in enumerate(names.values()):
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
            stack.callback(ip, "netns", "delete", name)
            ip("-n", name, "link", "set", "lo", "up")
            if i == 0:
                ip("-n", hub, "link", "add", "hub", "type", "bridge")
                ip("-n", hub, "address", "add", "10.77.0.1/24", "dev", "hub")
                ip("-n", hub, "link", "set", "hub", "up")
                continue
            ip("-n", hub, "link", "add", f"to{i}", "type", "veth", "peer", "name", "wire",
               "netns", name)  # fmt: skip
            ip("-n", hub, "link", "set", f"to{i}", "master", "hub", "up")
            ip("-n", name, "address", "add", f"10.77.0.{i + 1}/24", "dev", "wire")
            ip("-n", name, "link", "set", "wire", "up")
        yield {role: ["ip", "netns", "exec", name] for role, name in names.items()}


def test_scheduler_workers_and_client_on_different_addresses(
    machines: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 2))
    table = np.column_stack([x, x[:, 0] - x[:, 1] ** 2])
    np.savetxt("table.csv", table, delimiter=",", header="a,b,y", comments="")
    within = [machines[role] for role in ROLES[:3]]
    code = "import sys; from glassnet.cli import main; main(sys.argv[1:])"
    with scheduler_and_workers(tmp_path, 2, within, "10.77.0.1") as (address, _):
        assert address.startswith("tcp://10.77.0.1:")
        unreachable = command_line([*ASKED, "--cluster", address, "--out", "none"])
        done = subprocess.run(
            [*machines["client"], sys.executable, "-c", code, *ASKED, "--cluster", address,
             "--out", "there"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        seen = subprocess.run(
            [*machines["client"], sys.executable, "-c", "import sys, distributed as d; "
             "print(*d.Client(sys.argv[1]).scheduler_info()['workers'])", address],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert unreachable == 2  # nothing leads from here to there
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(word.split(":")[1] for word in seen.stdout.split()) == [
        "//10.77.0.2",
        "//10.77.0.3",
    ]
    assert command_line([*ASKED, "--out", "here"]) == 0
    here, there = gn.load("here"), gn.load("there")
    assert isinstance(here, gn.Run)
    assert isinstance(there, gn.Run)
    np.testing.assert_allclose(there.history.loss, here.history.loss, rtol=1e-12)
