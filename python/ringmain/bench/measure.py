"""Measures a task: all carriers open at once, taking turns, A B C A B C."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ringmain.bench.carriers.carrier import Carrier, Setting
from ringmain.bench.directory import directory_in
from ringmain.bench.interruption import Interruption
from ringmain.bench.result import LeftOut, Result, Row
from ringmain.bench.sides import SideFailed, Sides, two_cpus
from ringmain.bench.workloads.task import Task

_MOST = 10_000_000  # messages of a turn
_SETTLE = 0.02  # seconds in which threads of a sender finish


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float  # of a turn, about


QUICK = Effort(3, 0.02)
THOROUGH = Effort(9, 0.1)


@dataclass(frozen=True)
class Means:
    """What all tasks are measured with."""

    effort: Effort
    capacity: int  # of the rings
    place: Path  # where the rings are
    interruption: Interruption


class CarrierFailed(Exception):
    """In a turn of this carrier something went wrong."""

    def __init__(self, carrier: Carrier, why: str) -> None:
        super().__init__(f"{carrier.name}: {why}")
        self.carrier = carrier
        self.why = why


def measure(task: Task, carriers: Sequence[Carrier], means: Means) -> Result:
    """All that can take part. A carrier that fails is left out, and the others begin anew."""
    result = Result(task.workload, task.title, task.note, task.unit, task.size, task.baselines)
    entrants = [carrier for carrier in carriers if task.workload in carrier.workloads]
    for carrier in list(entrants):
        why = _why_not(task, carrier, means.capacity)
        if why is not None:
            entrants.remove(carrier)
            result.left_out.append(LeftOut(carrier.name, why))
    while entrants:
        try:
            rounds = _attempt(task, entrants, means)
        except CarrierFailed as failure:
            entrants.remove(failure.carrier)
            result.left_out.append(LeftOut(failure.carrier.name, failure.why, failed=True))
            continue
        result.rows = [Row(c.name, c.kind, c.waits, tuple(ns)) for c, ns in zip(entrants, rounds, strict=True)]
        break
    return result


def _why_not(task: Task, carrier: Carrier, capacity: int) -> str | None:
    missing = carrier.missing()
    if missing is not None:
        return missing
    if carrier.waits == "spinning" and task.together and len(two_cpus()) < 2:
        return "spinning needs two CPUs"
    if task.together:
        return None
    if carrier.kind == "rival" and task.largest_of_rivals is not None and task.size > task.largest_of_rivals:
        return "it would take too long"
    if carrier.held(_setting(task, capacity, Path())) == 0:
        return "it can't keep a message of this size while nobody receives"
    return None


def _setting(task: Task, capacity: int, directory: Path) -> Setting:
    return Setting(directory, capacity, task.size, task.duplex)


def _attempt(task: Task, carriers: Sequence[Carrier], means: Means) -> list[list[float]]:
    with ExitStack() as stack:
        setting = _setting(task, means.capacity, stack.enter_context(directory_in(means.place)))
        for carrier in carriers:
            stack.callback(carrier.close)
            try:
                carrier.open(setting)
            except Exception as error:
                raise CarrierFailed(carrier, f"{type(error).__name__}: {error}") from error
        sides = stack.enter_context(Sides(task, carriers, setting))
        for carrier, fault in zip(carriers, sides.connect(), strict=True):
            if fault is not None:
                raise CarrierFailed(carrier, fault)
        return _rounds(_Turns(task, carriers, setting, sides, means.interruption), means.effort)


@dataclass(frozen=True)
class _Turns:
    task: Task
    carriers: Sequence[Carrier]
    setting: Setting
    sides: Sides
    interruption: Interruption

    def ns(self, index: int, count: int) -> float:
        """Nanoseconds for a message in one turn."""
        self.interruption.check()
        try:
            turns = self.sides.turn(index, count, self.task.together, _SETTLE)
        except SideFailed as failure:
            raise CarrierFailed(self.carriers[index], str(failure)) from failure
        return self.task.ns_of(*turns, count)

    def count_for(self, index: int, seconds: float) -> int:
        """So many messages make a turn of this length. Finding out warms everything up, too."""
        if not self.task.together:
            count = self.carriers[index].held(self.setting)
            self.ns(index, count)
            return count
        count = self.task.first_count
        while True:
            ns = self.ns(index, count)
            wanted = max(2, min(_MOST, int(seconds * 1e9 / ns)))
            if wanted <= 4 * count:
                return wanted
            count = min(wanted, 20 * count)


def _rounds(turns: _Turns, effort: Effort) -> list[list[float]]:
    indices = range(len(turns.carriers))
    counts = [turns.count_for(index, effort.seconds) for index in indices]
    rounds: list[list[float]] = [[] for _ in indices]
    for _ in range(effort.rounds):
        for index in indices:
            rounds[index].append(turns.ns(index, counts[index]))
    return rounds
