"""ringmain.Pipe, which takes the place of multiprocessing.Pipe."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from typing import Any

import ringmain
from ringmain.bench.carriers.carrier import ARRAYS, BYTES, Carrier, End, Setting
from ringmain.bench.carriers.pipes import ObjectEnd
from ringmain.bench.carriers.ring import capacity_for


class RingPipe(Carrier):
    """send() and recv(). Its connections spin for a moment before they sleep."""

    name = "ringmain.Pipe"
    kind = "ours"
    waits = "spins, sleeps"
    workloads = BYTES | ARRAYS

    def __init__(self) -> None:
        self.connections: tuple[Any, ...] = ()

    def missing(self) -> str | None:
        return None if hasattr(ringmain, "Pipe") else "this ringmain has no Pipe"

    def open(self, setting: Setting) -> None:
        self.connections = ringmain.Pipe(capacity=capacity_for(setting))

    def end(self, side: int, setting: Setting) -> End:
        return ObjectEnd(self.connections[side])

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        self.connections = ()
