"""The two processes that work: started, pinned, told what to do, and gone afterwards in any case."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

from ringmain.bench.carriers.carrier import Carrier, End, Setting
from ringmain.bench.parent import depend_on_parent
from ringmain.bench.workloads.task import Task, Turn

_PATIENCE = 30.0  # seconds for one turn, which takes a tenth of one


class SideFailed(Exception):
    """A side said what went wrong, or says nothing any more."""


def two_cpus() -> tuple[int, ...]:
    """The first two that this process may use, or the only one."""
    return tuple(sorted(os.sched_getaffinity(0))[:2])


class Sides:
    """Both processes, each with its ends of all carriers."""

    def __init__(self, task: Task, carriers: Sequence[Carrier], setting: Setting) -> None:
        self._processes: list[Any] = []
        self._lines: list[Connection] = []
        context = multiprocessing.get_context("fork")  # so that they inherit what the carriers have opened
        cpus = two_cpus()
        for side in range(2):
            ours, theirs = context.Pipe()
            self._lines.append(ours)
            arguments = (side, cpus[side % len(cpus)], task, carriers, setting, theirs)
            process = context.Process(target=_serve, args=arguments, daemon=True)
            self._processes.append(process)
            process.start()
            theirs.close()

    def __enter__(self) -> Sides:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line, process in zip(self._lines, self._processes, strict=True):
            if kind is None:
                _tell(line, "close")
                process.join(5)
            process.kill()
            process.join()
            line.close()

    def connect(self) -> list[str | None]:
        """What is wrong with each carrier's ends, if anything is."""
        faults = [self._answer(side) for side in range(2)]  # of making them
        for line in self._lines:
            _tell(line, "connect")
        faults += [self._answer(side) for side in range(2)]
        return [next((fault for fault in of_one if fault is not None), None) for of_one in zip(*faults, strict=True)]

    def turn(self, carrier: int, count: int, together: bool, settle: float) -> tuple[Turn, Turn]:
        """One turn of a carrier. The receiver is there before the sender begins, unless it isn't to be."""
        sender, receiver = self._lines
        if together:
            _tell(receiver, ("turn", carrier, count))
            self._answer(1)
            _tell(sender, ("turn", carrier, count))
            self._answer(0)
            return self._both()
        _tell(sender, ("turn", carrier, count))
        self._answer(0)
        sent = self._answer(0)
        wait([sender], settle)  # threads of the sender may still be at work
        _tell(receiver, ("turn", carrier, count))
        self._answer(1)
        return sent, self._answer(1)

    def _both(self) -> tuple[Turn, Turn]:
        """A side that fails leaves the other one waiting, so whoever speaks first is listened to."""
        turns: dict[int, Turn] = {}
        while len(turns) < 2:
            ready = wait([self._lines[side] for side in range(2) if side not in turns], _PATIENCE)
            if not ready:
                raise SideFailed(f"a turn took more than {_PATIENCE:.0f} s")
            for side in range(2):
                if self._lines[side] in ready:
                    turns[side] = self._answer(side)
        return turns[0], turns[1]

    def _answer(self, side: int) -> Any:
        line = self._lines[side]
        if not line.poll(_PATIENCE):
            raise SideFailed(f"a turn took more than {_PATIENCE:.0f} s")
        try:
            answer = line.recv()
        except (EOFError, OSError):
            self._processes[side].join(1)
            raise SideFailed(f"the process ended, exit code {self._processes[side].exitcode}") from None
        if isinstance(answer, SideFailed):
            raise answer
        return answer


def _tell(line: Connection, what: Any) -> None:
    with suppress(OSError):  # it's gone; whoever waits for its answer learns that
        line.send(what)


def _serve(side: int, cpu: int, task: Task, carriers: Sequence[Carrier], setting: Setting, line: Connection) -> None:
    depend_on_parent()
    os.sched_setaffinity(0, {cpu})
    ends, faults = _make_ends(side, carriers, setting)
    line.send(faults)
    work = task.sender if side == 0 else task.receiver
    while True:
        command = line.recv()
        if command == "close":
            break
        if command == "connect":
            line.send([_connect(end) for end in ends])
            continue
        _, carrier, count = command
        end = ends[carrier]
        assert end is not None
        line.send("ready")
        try:
            line.send(work(end, count))
        except Exception as error:
            line.send(SideFailed(_text_of(error)))
    for end in ends:
        if end is not None:
            end.close()


def _make_ends(side: int, carriers: Sequence[Carrier], setting: Setting) -> tuple[list[End | None], list[str | None]]:
    ends: list[End | None] = []
    faults: list[str | None] = []
    for carrier in carriers:
        try:
            ends.append(carrier.end(side, setting))
            faults.append(None)
        except Exception as error:
            ends.append(None)
            faults.append(_text_of(error))
    return ends, faults


def _connect(end: End | None) -> str | None:
    try:
        if end is not None:
            end.connect()
    except Exception as error:
        return _text_of(error)
    return None


def _text_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
