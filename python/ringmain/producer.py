"""The producer, with what needs no compiler: names, paths and sizes, closing.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import atexit
import os
import warnings
import weakref
from types import TracebackType
from typing import Any, Literal, Self

from . import _core
from ._places import split
from ._sizes import in_bytes

__all__ = ["Producer"]

_DEFAULT_CAPACITY = "64MiB"


class Producer(_core.Producer):
    """Makes a ring, and sends messages into it.

        with ringmain.Producer("camera") as camera:
            camera.send(frame)                                  # any object; arrays are copied once
            with camera.claim((1080, 1920, 3), "u1") as frame:  # or written in place
                read_into(frame)

    A ring has one producer at a time: a second one gets ProducerExists. If a producer died, the next one of this name
    takes its ring over, and the consumers that wait in it go on; if nobody is in it, it is made anew.

    Parameters:
        name: of the ring, in RINGMAIN_DIR or /dev/shm: letters, digits, '.', '_', '-'; or its path, as
            "/volume/camera".
        capacity: in bytes, or as "64MiB", "1.5GB"; rounded up to a power of two, at least 64 KiB. A message takes half
            of it at most. Reserved at once: OSError (ENOSPC) says how much is missing. None: "64MiB"; or, where there
            is less memory, as in a container with the usual /dev/shm of 64 MB, half of that, and so on down to 1 MiB.
        policy: when the slowest consumer is a whole ring behind: "wait" for it, or "overwrite" what it hasn't received.
        evict_after: of "wait": seconds after which who keeps the producer waiting is evicted (None: never).
        mode: permissions of the ring, whatever the umask: who may read may watch (spectator), who may write may
            consume.
        group: the group of its files, by name or number.
        keep: the ring outlives its producers: consumers wait for the next one, gc() leaves it, remove() ends it.
        spin: seconds to look for room before going to sleep (math.inf: for ever).
        full_fences: fences on the fast path instead of the sleeper's membarrier().

    Raises ProducerExists, FileExistsError (it is in use, with another capacity than asked for), FileNotFoundError (the
    directory), PermissionError, ValueError, OSError. Threads may share it: they take turns. In a forked child it raises
    LeaseLost, so that no ring ever has two producers. It can't be pickled.
    """

    def __init__(
        self,
        name: str | os.PathLike[str],
        capacity: int | str | None = None,
        *,
        policy: Literal["wait", "overwrite"] | None = None,
        evict_after: float | None = None,
        mode: int = 0o600,
        group: str | int | None = None,
        keep: bool | None = None,
        spin: float | None = 20e-6,
        full_fences: bool = False,
    ) -> None:
        self.name, self._directory = split(name)
        options = {
            "capacity": in_bytes(capacity if capacity is not None else _DEFAULT_CAPACITY),
            "capacity_given": capacity is not None,
            "policy": "wait" if policy is None else policy,
            "policy_given": policy is not None,
            "evict_after": evict_after,
            "mode": mode,
            "group": "" if group is None else str(group),
            "keep": bool(keep),
            "keep_given": keep is not None,
            "spin": spin,
            "full_fences": full_fences,
        }
        super().__init__(self.name, self._directory, options)
        self._pid = os.getpid()
        _open.add(self)

    @property
    def path(self) -> str:
        """The directory that is the ring."""
        return os.path.join(self._directory, self.name + ".ring")

    def close(self) -> None:
        """Ends the stream and removes the ring: consumers receive what is left, then EOFError; who comes later finds
        none.

        A ring with keep=True is left as it is: its consumers wait for the next producer. May be repeated.
        """
        if self.closed:
            return
        if self.kept:
            self._abandon()
        else:
            self._close()

    def abandon(self) -> None:
        """Leaves as if killed: consumers receive what is left, then ProducerLost. Another producer can take over."""
        self._abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_pid", None) == os.getpid() and not self.closed:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=1, source=self)
            self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "a ring has one producer, which can't be pickled; pass its name, and make the Producer where it sends"
        )

    def __repr__(self) -> str:
        return f"<ringmain.Producer of '{self.name}', {'closed' if self.closed else f'at {self.position}'}>"


_open: weakref.WeakSet[Producer] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for producer in list(_open):
        if producer._pid != os.getpid():
            continue
        try:
            producer.close()
        except OSError as error:  # the others are still to be closed
            warnings.warn(f"closing {producer!r}: {error}", ResourceWarning, stacklevel=1)
