"""Tables in plain text: columns in line, and what the figures mean."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from collections.abc import Sequence

from ringmain.bench.result import Result, Row
from ringmain.bench.units import rate_text, size_text, three_digits, throughput_text, time_text

LEGEND = """\
+-         how far half of the rounds lie from the median; (!) disturbed: the quartiles are more than 30 % apart
NAME is    so many times as fast as this row NAME is (the median of ratios formed round by round)
limit      plain shared memory and NumPy, with no protocol at all"""


_WORDS = ("carrier", "waits")


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Words to the left, figures to the right."""
    widths = [max(len(line[i]) for line in (headings, *rows)) for i in range(len(headings))]
    lines = []
    for line in (headings, *rows):
        cells = [
            cell.ljust(width) if heading in _WORDS else cell.rjust(width)
            for heading, cell, width in zip(headings, line, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def figure_text(result: Result, row: Row) -> str:
    if result.unit == "time":
        return time_text(row.ns.median)
    figure = result.figure(row)
    return rate_text(figure) if result.unit == "messages" else throughput_text(figure)


def factor_text(factor: float | None) -> str:
    return "" if factor is None else f"{three_digits(factor)} x"


def spread_text(row: Row) -> str:
    if len(row.rounds) < 2:
        return ""
    return f"{50 * row.ns.width:.0f} %{' (!)' if row.ns.disturbed else ''}"


def grid_of(result: Result) -> tuple[list[str], list[list[str]]]:
    """Headings and rows. A baseline that isn't among the rows has an empty column, so that it's seen to be missing."""
    figure = {"time": "time", "messages": "messages", "bytes": "throughput"}[result.unit]
    headings = ["carrier", "waits", figure, "+-", *(f"{name} is" for name in result.baselines)]
    rows = []
    for row in result.rows:
        factors = [factor_text(result.times_as_fast(name, row)) for name in result.baselines]
        rows.append([row.carrier, row.waits, figure_text(result, row), spread_text(row), *factors])
    return _without_empty(headings, rows, ("waits", "+-"))


def _without_empty(
    headings: list[str], rows: list[list[str]], which: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Columns of these headings stay only if anything is in them."""
    kept = [i for i, heading in enumerate(headings) if heading not in which or any(row[i] for row in rows)]
    return [headings[i] for i in kept], [[row[i] for i in kept] for row in rows]


def left_out_lines(results: Sequence[Result]) -> list[str]:
    """One line for each reason; with the sizes where it isn't all of them."""
    sizes: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for left in result.left_out:
            sizes.setdefault((left.carrier, left.why), []).append(size_text(result.size))
    carriers: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (carrier, why), of_one in sizes.items():
        carriers.setdefault((why, tuple(of_one)), []).append(carrier)
    lines = []
    for (why, some), names in carriers.items():
        where = "" if len(some) == len(results) else f" ({', '.join(some)})"
        lines.append(f"  left out: {'; '.join(names)}{where}: {why}")
    return lines


def text_of(result: Result) -> str:
    """One table with its title and those who aren't in it."""
    lines = [result.title]
    if result.rows:
        lines += ["  " + line for line in aligned(*grid_of(result)).splitlines()]
    if result.note:
        lines.append(f"  {result.note}")
    return "\n".join(lines + left_out_lines([result]))


def text_by_size(results: Sequence[Result]) -> str:
    """One table of several results of one workload: a row for each carrier, a column for each size."""
    names = list(dict.fromkeys(row.carrier for result in results for row in result.rows))
    headings = ["carrier", *(size_text(result.size) for result in results)]
    rows = [[name, *(_cell(result, name) for result in results)] for name in names]
    lines = ["Receiving an array that is there already, by its size: time (so many times as fast the ring is)"]
    lines += ["  " + line for line in aligned(headings, rows).splitlines()]
    lines.append(f"  {results[0].note}")
    return "\n".join(lines + left_out_lines(results))


def _cell(result: Result, name: str) -> str:
    row = result.row(name)
    if row is None:
        return "-"
    factors = [result.times_as_fast(baseline, row) for baseline in result.baselines]
    shown = [factor_text(factor) for factor in factors if factor is not None]
    return figure_text(result, row) + (f" ({', '.join(shown)})" if shown else "")
