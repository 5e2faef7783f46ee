"""The list of carriers, in the order of the tables."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from ringmain.bench.carriers.carrier import Carrier
from ringmain.bench.carriers.fifo import FasterFifo, FasterFifoMany
from ringmain.bench.carriers.limit import BareView, Limit
from ringmain.bench.carriers.pipes import BytesPipe, ObjectPipe
from ringmain.bench.carriers.queues import ManagedQueue, PlainQueue, SimpleQueue
from ringmain.bench.carriers.ring import rings
from ringmain.bench.carriers.ring_pipe import RingPipe
from ringmain.bench.carriers.shared_memory import SharedMemoryEvent
from ringmain.bench.carriers.zeromq import ZeroMQ


def every_carrier() -> list[Carrier]:
    """New ones, not open."""
    return [
        Limit(),
        BareView(),
        *rings(),
        RingPipe(),
        PlainQueue(),
        SimpleQueue(),
        ObjectPipe(),
        BytesPipe(),
        SharedMemoryEvent(),
        ManagedQueue(),
        ZeroMQ(),
        FasterFifo(),
        FasterFifoMany(),
    ]
