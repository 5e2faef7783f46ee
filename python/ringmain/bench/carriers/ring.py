"""The ring: spinning and sleeping, one by one and many at once, copied in and written in place."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import ringmain
from ringmain.bench.carriers.carrier import ARRAYS, BYTES, RECEIVE, SLEEPERS, Carrier, End, Setting, Waits

if TYPE_CHECKING:
    from ringmain.bench.carriers.carrier import Array

_APPEAR = 10.0  # seconds for the other side's ring, which is there when connect() is called
_BORROWED = 1024  # above two batches of a stream


def capacity_for(setting: Setting) -> int:
    """The capacity asked for, or a larger one if a message wouldn't fit."""
    capacity = setting.capacity
    while capacity // 2 - 4096 < setting.size:
        capacity *= 2
    return capacity


class RingEnd(End):
    """A producer, if this side sends, and a consumer of the other side's ring."""

    wrapped = True

    def __init__(self, side: int, setting: Setting, rings: tuple[Path, Path], spin: float) -> None:
        self.spin = spin
        self.incoming = rings[1 - side] if side == 1 or setting.duplex else None
        self.consumer: ringmain.Consumer | None = None
        self.producer: ringmain.Producer | None = None
        if side == 0 or setting.duplex:
            self.producer = ringmain.Producer(rings[side], capacity_for(setting), spin=spin)
            self.send = self.send_array = self.producer.send
            self.send_many = self.producer.send_many

    def connect(self) -> None:
        if self.incoming is None:
            return
        consumer = ringmain.Consumer(
            self.incoming, start="oldest", wait=_APPEAR, spin=self.spin, max_borrowed=_BORROWED
        )
        self.consumer = consumer
        self.recv = consumer.recv
        self.recv_many = consumer.recv_many
        self.recv_array = lambda: consumer.recv().array

    def close(self) -> None:
        for handle in (self.consumer, self.producer):
            if handle is not None:
                handle.close()


class ManyRingEnd(RingEnd):
    """Several at once."""

    many = True


class InPlaceRingEnd(RingEnd):
    """Makes the array in the ring, so that nothing is copied."""

    def __init__(self, side: int, setting: Setting, rings: tuple[Path, Path], spin: float) -> None:
        super().__init__(side, setting, rings, spin)
        self.send_array = self.make_array

    def make_array(self, like: Array) -> None:
        assert self.producer is not None
        with self.producer.claim(like.shape, "f4") as array:
            array.fill(like[0])


class ReservedRingEnd(RingEnd):
    """Publishes room for an array without writing to it: what receiving costs doesn't depend on what it holds."""

    warm_ups = 500

    def __init__(self, side: int, setting: Setting, rings: tuple[Path, Path], spin: float) -> None:
        super().__init__(side, setting, rings, spin)
        self.send_array = self.reserve

    def reserve(self, like: Array) -> None:
        assert self.producer is not None
        with self.producer.claim(like.shape, "f4"):
            pass


class Ring(Carrier):
    """Producer and Consumer."""

    kind = "ours"

    def __init__(self, name: str, waits: Waits, workloads: frozenset[str], end_type: type[RingEnd] = RingEnd) -> None:
        self.name = name
        self.waits = waits
        self.workloads = workloads
        self.end_type = end_type

    def missing(self) -> str | None:
        return None if hasattr(ringmain, "Producer") else "this ringmain has no Producer"

    def end(self, side: int, setting: Setting) -> End:
        stem = self.name.replace(", ", "-").replace(" ", "-")
        rings = (setting.directory / f"{stem}-0", setting.directory / f"{stem}-1")
        return self.end_type(side, setting, rings, math.inf if self.waits == "spinning" else 0)

    def held(self, setting: Setting) -> int:
        return min(64, max(1, capacity_for(setting) // 2 // (setting.size + 256)))


def rings() -> list[Carrier]:
    """All of them; the first two are what the others are compared with."""
    return [
        Ring("ring", "spinning", (BYTES | ARRAYS) - SLEEPERS),
        Ring("ring, sleeping", "sleeping", BYTES | ARRAYS),
        Ring("ring, many", "spinning", frozenset({"stream"}), ManyRingEnd),
        Ring("ring, in place", "spinning", ARRAYS, InPlaceRingEnd),
        Ring("ring, view", "spinning", RECEIVE, ReservedRingEnd),
    ]
