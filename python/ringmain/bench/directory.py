"""A directory for rings and sockets, of which nothing is left: not even of an earlier run that was killed."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "ringmain-bench-"


@contextmanager
def directory_in(place: Path) -> Iterator[Path]:
    """Locked for as long as it's in use; the kernel lets go of the lock of a process that dies."""
    sweep(place)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place) as name:
        lock = _locked(Path(name))
        try:
            yield Path(name)
        finally:
            os.close(lock)


def sweep(place: Path) -> None:
    """Removes what nobody uses any more."""
    for path in place.glob(_PREFIX + "*"):
        with suppress(OSError):  # in use, another user's, or gone
            lock = _locked(path)
            try:
                shutil.rmtree(path)
            finally:
                os.close(lock)


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
