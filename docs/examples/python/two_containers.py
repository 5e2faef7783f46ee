"""Two containers that have one directory in common, and nothing else: no pids, no users, no ipc, no /dev/shm.

They are made by unshare, as Docker would make them with `-v VOLUME:/mnt`. Where that is forbidden, this ends with 77.

SPDX-License-Identifier: MIT
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import ringmain

VOLUME = Path("/mnt")  # as the containers see it
COUNT = 1000
NAMESPACES = ["--user", "--map-root-user", "--pid", "--ipc", "--mount", "--fork", "--kill-child"]
ENTER = 'mount --bind "$0" /mnt && mount -t tmpfs shm /dev/shm && exec "$@"'


def sensor() -> None:
    with ringmain.Producer(VOLUME / "temperatures", "1MiB") as temperatures:
        temperatures.wait_for_consumers(1, timeout=30)
        for number in range(COUNT):
            temperatures.send(np.full(500, number, "f4"))


def display() -> None:
    # The other container isn't ours: it may send arrays, but no pickles, which could run anything here.
    with ringmain.Consumer(VOLUME / "temperatures", wait=30, allow_pickle=False) as temperatures:
        seen = [int(message.array[-1]) for message in temperatures]
    assert seen == list(range(COUNT))


def in_container(volume: str, *command: str) -> list[str]:
    return ["unshare", *NAMESPACES, "--", "sh", "-c", ENTER, volume, *command]


def main() -> int:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as volume:
        try:
            tried = subprocess.run(in_container(volume, "true"), capture_output=True, text=True)
        except FileNotFoundError:
            print("skipped: there is no unshare")
            return 77
        if tried.returncode != 0:
            print(f"skipped: no namespaces here: {tried.stderr.strip()}")
            return 77
        sides = [
            subprocess.Popen(in_container(volume, sys.executable, os.path.abspath(__file__), side))
            for side in ("sensor", "display")
        ]
        ended = [side.wait() for side in sides]
        assert ended == [0, 0], ended
        assert os.listdir(volume) == []
    print(f"{COUNT} arrays went from one container to another, through a directory")
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            sys.exit(main())
        case [side]:
            assert os.getpid() == 1, "in a pid namespace of its own"
            {"sensor": sensor, "display": display}[side]()
