"""What a carrier is: something that is opened once, and has an end in each of two processes."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float32]

Kind: TypeAlias = Literal["ours", "rival", "limit"]
Waits: TypeAlias = Literal["spinning", "spins, sleeps", "sleeping"]

SLEEPERS = frozenset({"asleep"})
BYTES = frozenset({"round-trip", "stream"}) | SLEEPERS
ARRAYS = frozenset({"arrays"})
RECEIVE = frozenset({"receive"})


@dataclass(frozen=True)
class Setting:
    """What the carriers of one table are opened for."""

    directory: Path  # removed afterwards, with all that is in it
    capacity: int  # of a ring, in bytes; the others get as much where they can be told
    size: int  # of a message, in bytes
    duplex: bool  # both sides send


class End:
    """One side's end: what it sends, the other side receives.

    The verbs are attributes, so that the loops that are timed call a library's own method and nothing in between.
    """

    wrapped: ClassVar[bool] = False  # recv gives a message that has the object as `.obj`
    warm_ups: ClassVar[int] = 0  # small arrays received before those that are timed, where it is about a microsecond
    many: ClassVar[bool] = False  # a stream goes by send_many and recv_many

    send: Callable[[bytes], object]
    recv: Callable[[], Any]
    send_many: Callable[[list[bytes]], object]
    recv_many: Callable[[int], Sequence[Any]]
    send_array: Callable[[Array], object]
    recv_array: Callable[[], Array]

    def connect(self) -> None:
        """Called when both sides have their ends."""

    def done(self) -> None:
        """The array received last isn't needed any more."""

    def close(self) -> None:
        """Called in the side, after the last turn."""


class Carrier(ABC):
    """One way to move messages. open() and close() run in the parent, end() in each of its two children."""

    name: str
    kind: ClassVar[Kind] = "rival"
    waits: Waits = "sleeping"
    workloads: frozenset[str] = BYTES | ARRAYS | RECEIVE
    needs: tuple[str, ...] = ()  # modules that may not be installed

    def missing(self) -> str | None:
        """Why it can't take part here, if it can't."""
        for module in self.needs:
            if importlib.util.find_spec(module) is None:
                return f"the module {module} is not installed"
        return None

    def held(self, setting: Setting) -> int:
        """So many messages it keeps while nobody receives."""
        return max(1, min(16, 64_000_000 // setting.size))

    def open(self, setting: Setting) -> None:  # noqa: B027 (not every one has something to make)
        """Makes what both sides inherit."""

    @abstractmethod
    def end(self, side: int, setting: Setting) -> End:
        """The end of side 0, which sends or asks, or of side 1."""

    def close(self) -> None:  # noqa: B027
        """Called in the parent, when the sides are gone; also after an open() that failed."""
