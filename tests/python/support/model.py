"""What a ring, its producer and its consumers should do, in the plainest terms.

SPDX-License-Identifier: MIT
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ringmain import Consumer

CAPACITY = 64 << 10
_SLOT = 64
_ARRAY_HEAD = 48  # of an array of one dimension; see wire.hpp


def extent(elements: int) -> int:
    """The bytes of the ring that an array of so many elements of one byte takes."""
    return (16 + _ARRAY_HEAD + elements + _SLOT - 1) // _SLOT * _SLOT


@dataclass
class ModelRing:
    """All that was ever sent: message `i` holds the number `i`, `sizes[i]` times."""

    lossy: bool
    sizes: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=lambda: [0])  # and the tail, as the last one
    state: str = "live"  # or "closed", "abandoned"

    @property
    def tail(self) -> int:
        return self.positions[-1]

    def add(self, size: int) -> None:
        self.sizes.append(size)
        self.positions.append(self.tail + extent(size))

    def array(self, number: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
        return np.full(self.sizes[number], number % 256, "u1")

    def fits(self, bytes_: int, holders: "list[ModelConsumer]") -> bool:
        """Whether there is room: a slot stays free, for the tag of the next message."""
        lowest = min((each.cursor for each in holders if each.ring is self), default=self.tail)
        return self.lossy or self.tail + bytes_ + _SLOT <= lowest + CAPACITY


@dataclass
class ModelConsumer:
    """One that receives, or that was closed while views of its messages are alive (`real` is closed then)."""

    real: Consumer
    ring: ModelRing
    next: int  # number of the message that it receives next
    lost: int = 0
    held: dict[int, Any] = field(default_factory=dict)  # number: the message, or a view of it

    @property
    def cursor(self) -> int:
        return self.ring.positions[min(self.held, default=self.next)]
