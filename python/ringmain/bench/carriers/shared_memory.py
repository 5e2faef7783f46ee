"""What the tutorials build: a slot in multiprocessing.shared_memory, and events that say whose it is."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

from ringmain.bench.carriers.carrier import ARRAYS, BYTES, Carrier, End, Setting

if TYPE_CHECKING:
    from ringmain.bench.carriers.carrier import Array


@dataclass
class Slot:
    """A place for one message, in one direction."""

    memory: SharedMemory
    full: Event
    free: Event

    @property
    def buffer(self) -> memoryview:
        assert self.memory.buf is not None  # it's open
        return self.memory.buf


class SlotEnd(End):
    """Copies into one slot; reads the other one where it is."""

    def __init__(self, outgoing: Slot, incoming: Slot, size: int) -> None:
        self.outgoing = outgoing
        self.incoming = incoming
        self.size = size
        self.place: Array | None = None  # a view of the slot, made once
        self.send = self.put
        self.recv = self.get
        self.send_array = self.put_array
        self.recv_array = self.get_array

    def put(self, data: bytes) -> None:
        slot = self.outgoing
        slot.free.wait()
        slot.free.clear()
        slot.buffer[: len(data)] = data
        slot.full.set()

    def get(self) -> bytes:
        slot = self.incoming
        slot.full.wait()
        slot.full.clear()
        data = bytes(slot.buffer[: self.size])
        slot.free.set()
        return data

    def put_array(self, array: Array) -> None:
        slot = self.outgoing
        slot.free.wait()
        slot.free.clear()
        self.view_of(slot)[:] = array
        slot.full.set()

    def get_array(self) -> Array:
        slot = self.incoming
        slot.full.wait()
        slot.full.clear()
        return self.view_of(slot)

    def done(self) -> None:
        self.incoming.free.set()

    def view_of(self, slot: Slot) -> Array:
        if self.place is None:
            import numpy as np

            self.place = np.ndarray(self.size // 4, np.float32, buffer=slot.buffer)
        return self.place

    def close(self) -> None:
        self.place = None  # else the memory can't be closed
        for slot in (self.outgoing, self.incoming):
            slot.memory.close()


class SharedMemoryEvent(Carrier):
    """One slot in each direction."""

    name = "SharedMemory + Event"
    workloads = BYTES | ARRAYS

    def __init__(self) -> None:
        self.slots: list[Slot] = []

    def open(self, setting: Setting) -> None:
        context = multiprocessing.get_context("fork")
        for _ in range(2):
            memory = SharedMemory(create=True, size=setting.size)
            self.slots.append(Slot(memory, context.Event(), context.Event()))
            self.slots[-1].free.set()

    def end(self, side: int, setting: Setting) -> End:
        return SlotEnd(self.slots[side], self.slots[1 - side], setting.size)

    def close(self) -> None:
        for slot in self.slots:
            slot.memory.close()
            slot.memory.unlink()
        self.slots.clear()
