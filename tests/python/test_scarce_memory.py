"""Rings where there is little memory, as in a container whose /dev/shm has 64 MB.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def run_with_memory(megabytes: int, program: str, directory: Path) -> str:
    """What the program prints; its RINGMAIN_DIR is a file system of so many megabytes."""
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system lets nobody make user namespaces")
    inside = f'mount -t tmpfs -o size={megabytes}000000 tmpfs {directory} && exec "$0" -c "$1"'
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "RINGMAIN_DIR": str(directory)}
    command = [*unshare, "sh", "-c", inside, sys.executable, "import errno, os, ringmain\n" + program]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_without_a_capacity_a_ring_is_as_large_as_fits(tmp_path: Path) -> None:
    printed = run_with_memory(
        64,
        """
with ringmain.Producer("first") as first, ringmain.Producer("second") as second:
    print(first.capacity >> 20, second.capacity >> 20)
""",
        tmp_path,
    )
    assert printed.split() == ["32", "16"]


def test_a_capacity_that_was_asked_for_is_had_or_refused(tmp_path: Path) -> None:
    printed = run_with_memory(
        64,
        """
try:
    ringmain.Producer("ring", "64MiB")
except OSError as error:
    assert error.errno == errno.ENOSPC
    print(os.listdir(os.environ["RINGMAIN_DIR"]), error)
""",
        tmp_path,
    )
    assert printed.startswith("[] ")
    assert "67108864" in printed or "64" in printed


def test_the_ring_of_a_dead_producer_is_taken_over_or_replaced_though_two_would_not_fit(tmp_path: Path) -> None:
    printed = run_with_memory(
        64,
        """
dead = ringmain.Producer("ring", "32MiB")
waiting = ringmain.Consumer("ring", outlive_producer=True)
dead.abandon()
with ringmain.Producer("ring", "32MiB") as heir:
    heir.send("to who waited")
    print(waiting.recv().obj)
    waiting.close()
    heir.abandon()
    with ringmain.Producer("ring", "32MiB") as anew:
        print(anew.position)
""",
        tmp_path,
    )
    assert printed.splitlines() == ["to who waited", "0"]
