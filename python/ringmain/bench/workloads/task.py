"""A task: what two sides do, over all carriers in turn, for one table."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ringmain.bench.carriers.carrier import End
from ringmain.bench.result import Unit


class WrongData(Exception):
    """What came out isn't what went in."""


@dataclass(frozen=True)
class Turn:
    """What one side has to say about a turn: when it began and ended, or single times, of which one side has some."""

    begin: int
    end: int
    samples: list[int] = field(default_factory=list)


Work: TypeAlias = Callable[[End, int], Turn]


@dataclass(frozen=True)
class Task:
    """Each side's work is called with its end and the number of messages."""

    workload: str
    title: str
    unit: Unit
    size: int
    sender: Work
    receiver: Work
    note: str = ""
    duplex: bool = False
    numpy: bool = False
    first_count: int = 100  # messages of the first turn, before anything is known
    together: bool = True  # or else the sender first, and only then the receiver
    baselines: tuple[str, ...] = ("ring",)
    largest_of_rivals: int | None = None  # they are left out above this size

    def ns_of(self, sender: Turn, receiver: Turn, count: int) -> float:
        """Nanoseconds for a message. All clocks of a machine are one."""
        if samples := receiver.samples or sender.samples:
            return float(statistics.median(samples))
        return (max(sender.end, receiver.end) - sender.begin) / count
