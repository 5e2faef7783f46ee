"""Rings from outside: which there are, how they are, and what is dead.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import os

from . import _core
from ._core import Stat
from ._places import directory_of, split

__all__ = ["gc", "ls", "remove", "stat"]


def ls(directory: str | os.PathLike[str] | None = None) -> list[str]:
    """The names of the rings in `directory` (None: RINGMAIN_DIR, or /dev/shm), sorted."""
    return _core.names(directory_of(directory))


def stat(name: str | os.PathLike[str]) -> Stat:
    """The state of a ring: producer, consumers, groups, counts. Disturbs nobody; needs read permission.

    Raises FileNotFoundError, PermissionError, BadRing.
    """
    return _core.statistics(*split(name))


def gc(directory: str | os.PathLike[str] | None = None, *, dry_run: bool = False) -> list[str]:
    """Removes the rings that nobody uses and that nothing keeps (keep=True, a durable group); returns their names.

    Whether a process lives is answered by the kernel, across containers. With `dry_run` nothing is removed. What can't
    be read, or is damaged, is left.
    """
    place = directory_of(directory)
    dead = []
    for name in _core.names(place):
        try:
            if _core.collect(name, place, dry_run):
                dead.append(name)
        except OSError:
            continue
    return dead


def remove(name: str | os.PathLike[str], *, force: bool = False) -> None:
    """Removes a ring: who holds it receives what is left, and then gets Removed.

    Raises OSError (EBUSY) while somebody uses it, unless `force`; FileNotFoundError, PermissionError.
    """
    _core.remove(*split(name), force)
