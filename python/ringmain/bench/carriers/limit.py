"""The limits: plain shared memory with NumPy and no protocol at all, which the ring is held against."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import mmap
import platform
from typing import TYPE_CHECKING

from ringmain.bench.carriers.carrier import ARRAYS, RECEIVE, Carrier, End, Setting

if TYPE_CHECKING:
    from ringmain.bench.carriers.carrier import Array

_PAGE = 4096
_WRITTEN = 0  # which word of the page of flags
_READ = 64  # some lines further on, where it's in nobody's way


class FlagEnd(End):
    """Slots in a buffer, filled in place, and two counters that each side watches in a loop."""

    def __init__(self, memory: mmap.mmap, setting: Setting) -> None:
        import numpy as np

        length = setting.size // 4
        count = setting.capacity // setting.size
        buffer = np.frombuffer(memory, np.float32, length * count, _PAGE)
        self.flags = memoryview(memory)[:_PAGE].cast("q")
        self.slots = [buffer[i * length : (i + 1) * length] for i in range(count)]
        self.position = 0
        self.send_array = self.make_array
        self.recv_array = self.wait_for_array

    def make_array(self, like: Array) -> None:
        flags, position = self.flags, self.position
        while position - flags[_READ] >= len(self.slots):
            pass
        self.slots[position % len(self.slots)].fill(like[0])
        self.position = flags[_WRITTEN] = position + 1

    def wait_for_array(self) -> Array:
        flags, position = self.flags, self.position
        while flags[_WRITTEN] <= position:
            pass
        return self.slots[position % len(self.slots)]

    def done(self) -> None:
        self.position = self.flags[_READ] = self.position + 1

    def close(self) -> None:
        self.slots.clear()
        self.flags.release()


class ViewEnd(End):
    """Makes a view of memory that is there."""

    def __init__(self, memory: mmap.mmap, setting: Setting) -> None:
        import numpy as np

        shape, buffer, make, float32 = (setting.size // 4,), memoryview(memory), np.ndarray, np.dtype(np.float32)
        self.send_array = lambda array: None
        self.recv_array = lambda: make(shape, float32, buffer)


class LimitCarrier(Carrier):
    """Memory without a name, which the sides inherit."""

    kind = "limit"
    waits = "spinning"

    def __init__(self) -> None:
        self.memory: mmap.mmap | None = None

    def close(self) -> None:
        if self.memory is not None:
            self.memory.close()
            self.memory = None

    def inherited(self) -> mmap.mmap:
        assert self.memory is not None
        return self.memory


class Limit(LimitCarrier):
    """One process fills, the other one reads."""

    name = "limit"
    workloads = ARRAYS

    def missing(self) -> str | None:
        # Elsewhere stores may be seen in another order, and Python has no fence.
        return None if platform.machine() in ("x86_64", "i686") else "it relies on the order of stores on x86"

    def open(self, setting: Setting) -> None:
        if setting.capacity < setting.size:
            raise ValueError("an array is larger than the capacity")
        self.memory = mmap.mmap(-1, _PAGE + setting.capacity)

    def end(self, side: int, setting: Setting) -> End:
        return FlagEnd(self.inherited(), setting)


class BareView(LimitCarrier):
    """numpy.ndarray(shape, dtype, buffer) and nothing else."""

    name = "bare view"
    workloads = RECEIVE

    def open(self, setting: Setting) -> None:
        self.memory = mmap.mmap(-1, setting.size)

    def held(self, setting: Setting) -> int:
        return 64

    def end(self, side: int, setting: Setting) -> End:
        return ViewEnd(self.inherited(), setting)
