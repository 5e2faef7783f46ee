"""Receive: what it costs to get hold of an array that is there already, by size."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import statistics
from time import perf_counter_ns

from ringmain.bench.carriers.carrier import End
from ringmain.bench.units import size_text
from ringmain.bench.workloads.task import Task, Turn, Work

_SIZES = (64, 4_000, 64_000, 1_000_000, 16_000_000, 256_000_000)
_LARGEST_OF_RIVALS = 16_000_000


def sender_of(size: int) -> Work:
    def send_all(end: End, count: int) -> Turn:
        import numpy as np

        array = np.zeros(size // 4, np.float32)
        small = np.zeros(1, np.float32)
        begin = perf_counter_ns()
        for _ in range(end.warm_ups):
            end.send_array(small)
        for _ in range(count):
            end.send_array(array)
        return Turn(begin, perf_counter_ns())

    return send_all


def receive_each(end: End, count: int) -> Turn:
    recv_array, done = end.recv_array, end.done
    empty = _empty_ns()
    samples = []
    for _ in range(end.warm_ups):
        recv_array()
        done()
    begin = perf_counter_ns()
    for _ in range(count):
        before = perf_counter_ns()
        array = recv_array()
        samples.append(max(perf_counter_ns() - before - empty, 1))
        del array
        done()
    return Turn(begin, perf_counter_ns(), samples)


def _empty_ns() -> int:
    """What two stamps are apart with a call of nothing in between."""
    samples = []

    def nothing() -> None:
        pass

    for _ in range(200):
        before = perf_counter_ns()
        nothing()
        samples.append(perf_counter_ns() - before)
    return int(statistics.median(samples))


def receive_tasks() -> list[Task]:
    return [
        Task(
            "receive",
            f"Receiving a float32 array of {size_text(size)} that is there already",
            "time",
            size,
            sender_of(size),
            receive_each,
            note="Most of what a queue holds is still with its sender, and moves only while it is received. "
            "Of the ring, 500 small arrays come first: a turn has few large ones, and begins with cold caches.",
            numpy=True,
            together=False,
            baselines=("ring, view",),
            largest_of_rivals=_LARGEST_OF_RIVALS,
        )
        for size in _SIZES
    ]
