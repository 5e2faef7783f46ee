"""What was measured: rows of a table, and those who couldn't take part."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ringmain.bench.medians import Spread, ratio_of, spread_of

Unit: TypeAlias = Literal["time", "messages", "bytes"]


@dataclass(frozen=True)
class Row:
    """One carrier: nanoseconds for a message, round by round."""

    carrier: str
    kind: str
    waits: str
    rounds: tuple[float, ...]

    @property
    def ns(self) -> Spread:
        return spread_of(self.rounds)


@dataclass(frozen=True)
class LeftOut:
    """A carrier that isn't in the table."""

    carrier: str
    why: str
    failed: bool = False  # it should have worked


@dataclass
class Result:
    """One table."""

    workload: str
    title: str
    note: str
    unit: Unit
    size: int  # of a message; 0: there are none
    baselines: tuple[str, ...]  # carriers that the others are compared with, those that took part
    rows: list[Row] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def row(self, carrier: str) -> Row | None:
        return next((row for row in self.rows if row.carrier == carrier), None)

    def times_as_fast(self, baseline: str, row: Row) -> float | None:
        """So many times as fast as this row the baseline is: the median of the rounds' ratios."""
        base = self.row(baseline)
        return None if base is None or base is row else ratio_of(row.rounds, base.rounds).median

    def figure(self, row: Row) -> float:
        """In the table's own unit: seconds, messages a second or bytes a second."""
        median = row.ns.median
        if self.unit == "time":
            return median / 1e9
        return (1e9 if self.unit == "messages" else self.size * 1e9) / median
