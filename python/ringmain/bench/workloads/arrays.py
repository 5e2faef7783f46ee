"""Arrays: large ones, one way; the consumer reads all of each, or its ends only."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING

from ringmain.bench.carriers.carrier import End
from ringmain.bench.units import size_text
from ringmain.bench.workloads.task import Task, Turn, Work, WrongData

if TYPE_CHECKING:
    from ringmain.bench.carriers.carrier import Array

_SIZES = (1_000_000, 16_000_000)
_FIRST = 1.0  # what the arrays of a turn hold,
_LAST = 2.0  # and the last one


def sender_of(size: int) -> Work:
    def send_all(end: End, count: int) -> Turn:
        import numpy as np

        send_array = end.send_array
        array, last = (np.full(size // 4, value, np.float32) for value in (_FIRST, _LAST))
        begin = perf_counter_ns()
        for _ in range(count - 1):
            send_array(array)
        send_array(last)
        return Turn(begin, perf_counter_ns())

    return send_all


# max() rather than sum(), which is slower than memory is.
def read_all(end: End, count: int) -> Turn:
    recv_array, done = end.recv_array, end.done
    total = 0.0
    begin = perf_counter_ns()
    for _ in range(count - 1):
        array = recv_array()
        total += float(array.max())
        del array
        done()
    array = recv_array()
    total += float(array.max())
    stop = perf_counter_ns()
    _check(end, array, total, count)
    return Turn(begin, stop)


def touch_ends(end: End, count: int) -> Turn:
    recv_array, done = end.recv_array, end.done
    total = 0.0
    begin = perf_counter_ns()
    for _ in range(count - 1):
        array = recv_array()
        total += (float(array[0]) + float(array[-1])) / 2
        del array
        done()
    array = recv_array()
    total += (float(array[0]) + float(array[-1])) / 2
    stop = perf_counter_ns()
    _check(end, array, total, count)
    return Turn(begin, stop)


def _check(end: End, last: Array, total: float, count: int) -> None:
    torn = float(last.min()) != _LAST
    del last
    end.done()
    if torn or total != (count - 1) * _FIRST + _LAST:
        raise WrongData(f"{count} arrays add up to {total}{', and the last one is torn' if torn else ''}")


def array_tasks() -> list[Task]:
    readers = (("the consumer reads every element", read_all), ("it touches the first and the last one", touch_ends))
    return [
        Task(
            "arrays",
            f"One way, float32 arrays of {size_text(size)}; {what}",
            "bytes",
            size,
            sender_of(size),
            reader,
            note="'in place' and the limit make each array where the consumer finds it, the others have one to copy.",
            numpy=True,
            first_count=4,
            baselines=("ring", "limit"),
        )
        for size in _SIZES
        for what, reader in readers
    ]
