"""faster-fifo: a circular buffer under a lock, pickled objects, and several messages at once."""

# SPDX-License-Identifier: MIT

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringmain.bench.carriers.carrier import ARRAYS, BYTES, RECEIVE, Carrier, End, Setting


class FifoEnd(End):
    """One queue for each direction."""

    def __init__(self, outgoing: Any, incoming: Any) -> None:
        self.incoming = incoming
        self.send = self.send_array = outgoing.put
        self.recv = self.recv_array = incoming.get
        self.send_many = outgoing.put_many
        self.recv_many = self.get_many

    def get_many(self, most: int) -> Sequence[Any]:
        messages: Sequence[Any] = self.incoming.get_many(max_messages_to_get=most)
        return messages


class ManyFifoEnd(FifoEnd):
    """Several at once."""

    many = True


class FasterFifo(Carrier):
    """One by one."""

    name = "faster-fifo"
    workloads = BYTES | ARRAYS | RECEIVE
    needs = ("faster_fifo",)
    end_type: type[FifoEnd] = FifoEnd

    def __init__(self) -> None:
        self.queues: list[Any] = []

    def open(self, setting: Setting) -> None:
        import faster_fifo

        self.queues = [faster_fifo.Queue(max_size_bytes=setting.capacity) for _ in range(2)]

    def end(self, side: int, setting: Setting) -> End:
        return self.end_type(self.queues[side], self.queues[1 - side])

    def held(self, setting: Setting) -> int:
        return min(16, setting.capacity // (setting.size + 1000))

    def close(self) -> None:
        self.queues.clear()


class FasterFifoMany(FasterFifo):
    """put_many() and get_many()."""

    name = "faster-fifo, many"
    workloads = frozenset({"stream"})
    end_type = ManyFifoEnd
