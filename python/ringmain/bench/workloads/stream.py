"""Stream: small messages, one way, as fast as they go."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from time import perf_counter_ns

from ringmain.bench.carriers.carrier import End
from ringmain.bench.workloads.payload import DATA, LAST, SIZE, check_last
from ringmain.bench.workloads.task import Task, Turn

_BATCH = 100


def send_all(end: End, count: int) -> Turn:
    return _send_batches(end, count) if end.many else _send_each(end, count)


def receive_all(end: End, count: int) -> Turn:
    return _receive_batches(end, count) if end.many else _receive_each(end, count)


def _send_each(end: End, count: int) -> Turn:
    send = end.send
    begin = perf_counter_ns()
    for _ in range(count - 1):
        send(DATA)
    send(LAST)
    return Turn(begin, perf_counter_ns())


def _send_batches(end: End, count: int) -> Turn:
    send_many, batch = end.send_many, [DATA] * _BATCH
    full, rest = divmod(count - 1, _BATCH)
    begin = perf_counter_ns()
    for _ in range(full):
        send_many(batch)
    send_many([DATA] * rest + [LAST])
    return Turn(begin, perf_counter_ns())


# In two spellings, as the loops of round_trip.py.
def _receive_each(end: End, count: int) -> Turn:
    recv = end.recv
    data = None
    begin = perf_counter_ns()
    if end.wrapped:
        for _ in range(count):
            data = recv().obj
    else:
        for _ in range(count):
            data = recv()
    stop = perf_counter_ns()
    check_last(data)
    return Turn(begin, stop)


def _receive_batches(end: End, count: int) -> Turn:
    recv_many, wrapped, received = end.recv_many, end.wrapped, 0
    data = None
    begin = perf_counter_ns()
    while received < count:
        messages = recv_many(min(_BATCH, count - received))
        received += len(messages)
        if wrapped:
            messages = [message.obj for message in messages]
        data = messages[-1]
    stop = perf_counter_ns()
    check_last(data)
    return Turn(begin, stop)


def streams() -> list[Task]:
    return [
        Task(
            "stream",
            "One way, 64-byte bytes objects",
            "messages",
            SIZE,
            send_all,
            receive_all,
            note=f"'many': up to {_BATCH} in one call.",
            baselines=("ring", "ring, sleeping"),
        )
    ]
