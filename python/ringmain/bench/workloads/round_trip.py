"""Round trip: one side asks, the other one answers."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from time import perf_counter_ns

from ringmain.bench.carriers.carrier import End
from ringmain.bench.workloads.payload import DATA, LAST, SIZE, check_last
from ringmain.bench.workloads.task import Task, Turn

_THINKING = 100_000  # ns before each message: by then whoever waits is asleep

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


def ask_sleeper(end: End, count: int) -> Turn:
    samples = []
    begin = perf_counter_ns()
    for data in [DATA] * (count - 1) + [LAST]:
        _think()
        before = perf_counter_ns()
        end.send(data)
        answer = end.recv()
        samples.append(max(perf_counter_ns() - before - _THINKING, 1))
    check_last(answer.obj if end.wrapped else answer)
    return Turn(begin, perf_counter_ns(), samples)


def answer_sleeper(end: End, count: int) -> Turn:
    begin = perf_counter_ns()
    for _ in range(count):
        question = end.recv()
        _think()
        end.send(question.obj if end.wrapped else question)
    return Turn(begin, perf_counter_ns())


def _think() -> None:
    until = perf_counter_ns() + _THINKING
    while perf_counter_ns() < until:
        pass


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
        ),
        Task(
            "asleep",
            "Round trip of a 64-byte bytes object between two who are asleep",
            "time",
            SIZE,
            ask_sleeper,
            answer_sleeper,
            note="Each thinks for 100 us before it sends, which is subtracted: whoever waits is asleep by then. "
            "Without that, as above, an answer may be there before one has gone to sleep.",
            duplex=True,
            baselines=("ring, sleeping",),
        ),
    ]
