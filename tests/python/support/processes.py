"""Other processes for tests: started in every way, ended whatever happens, and looked at from outside.

SPDX-License-Identifier: MIT
"""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

METHODS = ("fork", "forkserver", "spawn")


@contextlib.contextmanager
def running(method: str, target: Callable[..., None], *args: Any) -> Iterator[Any]:
    """A child that runs `target`: with "fork" any function, else one of a module that it can import."""
    context: Any = multiprocessing.get_context(method)
    process = context.Process(target=target, args=args, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def ends_well(process: Any) -> bool:
    """Waits for its end; whether no exception ended it."""
    process.join()
    return bool(process.exitcode == 0)


def kill(process: Any) -> None:
    """With SIGKILL; when this returns, it is gone."""
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def eventually(condition: Callable[[], object]) -> None:
    """Waits until it is so; the test's own time limit ends the wait."""
    while not condition():
        time.sleep(0.001)


def _rests(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("voluntary_ctxt_switches"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def until_it_waits(pid: int) -> None:
    """Returns when the main thread of the process goes to sleep again and again, as who waits for a ring does."""
    before = _rests(pid)
    eventually(lambda: _rests(pid) >= before + 3)
