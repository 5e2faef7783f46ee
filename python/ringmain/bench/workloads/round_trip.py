"""Round trip: one side asks, the other one answers."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from time import perf_counter_ns

from ringmain.bench.carriers.carrier import End
from ringmain.bench.workloads.payload import DATA, LAST, SIZE, check_last
from ringmain.bench.workloads.task import Task, Turn

# Each loop is there in two spellings: a call that takes a message out of its wrapping would take a good part of the
# time that the ring needs.


def ask(end: End, count: int) -> Turn:
    send, recv = end.send, end.recv
    begin = perf_counter_ns()
    if end.wrapped:
        for _ in range(count - 1):
            send(DATA)
            recv().obj  # noqa: B018
    else:
        for _ in range(count - 1):
            send(DATA)
            recv()
    send(LAST)
    answer = recv()
    stop = perf_counter_ns()
    check_last(answer.obj if end.wrapped else answer)
    return Turn(begin, stop)


def answer(end: End, count: int) -> Turn:
    send, recv = end.send, end.recv
    begin = perf_counter_ns()
    if end.wrapped:
        for _ in range(count):
            send(recv().obj)
    else:
        for _ in range(count):
            send(recv())
    return Turn(begin, perf_counter_ns())


def round_trips() -> list[Task]:
    return [
        Task(
            "round-trip",
            "Round trip of a 64-byte bytes object",
            "time",
            SIZE,
            ask,
            answer,
            note="Only the ring can spin; the others can only sleep, so compare them with the sleeping ring, too.",
            duplex=True,
            baselines=("ring", "ring, sleeping"),
        )
    ]
