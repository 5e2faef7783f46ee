"""Where rings are.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import os

__all__ = ["directory_of", "split"]


def directory_of(directory: str | os.PathLike[str] | None) -> str:
    """The directory itself; without one, the environment variable RINGMAIN_DIR, or else /dev/shm."""
    return os.fspath(directory) if directory is not None else os.environ.get("RINGMAIN_DIR") or "/dev/shm"


def split(name: str | os.PathLike[str]) -> tuple[str, str]:
    """Name and directory of a ring: what stands before the last slash is the directory."""
    place, slash, last = os.fspath(name).rpartition("/")
    last = last.removesuffix(".ring")
    return (last, place or "/") if slash else (last, directory_of(None))
