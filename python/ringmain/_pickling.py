"""Pickling: the bytes of large arrays and the like don't go through the pickle, they travel beside it.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any

__all__ = ["dumps", "dumps_for_processes", "loads"]

# What is smaller is copied as quickly within the pickle as beside it.
_SMALL = 512  # bytes


def _beside(buffers: list[memoryview]) -> Callable[[pickle.PickleBuffer], bool]:
    def choose(buffer: pickle.PickleBuffer) -> bool:
        try:
            view = buffer.raw()
        except BufferError:  # not contiguous
            return True
        if view.nbytes < _SMALL:
            return True  # in band
        buffers.append(view)
        return False

    return choose


def dumps(obj: object) -> tuple[bytes, list[memoryview]]:
    """The pickle, and the buffers that belong to it (protocol 5, PEP 574)."""
    buffers: list[memoryview] = []
    return pickle.dumps(obj, protocol=5, buffer_callback=_beside(buffers)), buffers


def dumps_for_processes(obj: object) -> tuple[memoryview, list[memoryview]]:
    """The same with what multiprocessing can pickle besides: connections, sockets, locks."""
    buffers: list[memoryview] = []
    written = io.BytesIO()
    ForkingPickler(written, 5, True, _beside(buffers)).dump(obj)
    return written.getbuffer(), buffers


def loads(pickled: memoryview, buffers: list[memoryview]) -> Any:
    """The object; what lay beside the pickle isn't copied."""
    return pickle.loads(pickled, buffers=buffers)
