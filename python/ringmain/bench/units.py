"""Figures with three digits and a unit."""

# SPDX-License-Identifier: MIT

from __future__ import annotations


def three_digits(value: float) -> str:
    """1.23, 12.3, 123, 1234."""
    if value == 0:
        return "0"
    for limit, digits in ((0.00995, 4), (0.0995, 3), (9.995, 2), (99.95, 1)):
        if abs(value) < limit:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"


def scaled(value: float, units: tuple[str, ...], step: float = 1000) -> str:
    """In the first of the units that keeps it below 1000, as it will be printed, or in the last one."""
    for unit in units[:-1]:
        if abs(value) < 999.5:
            return f"{three_digits(value)} {unit}"
        value /= step
    return f"{three_digits(value)} {units[-1]}"


def time_text(ns: float) -> str:
    return scaled(ns, ("ns", "us", "ms", "s"))


def rate_text(per_second: float) -> str:
    return scaled(per_second, ("/s", "k/s", "M/s", "G/s"))


def throughput_text(bytes_per_second: float) -> str:
    """Always in decimal megabytes, so that a column can be compared at a glance."""
    return f"{bytes_per_second / 1e6:.0f} MB/s"


def size_text(size: int) -> str:
    """Decimal: 64 B, 4 kB, 16 MB."""
    return scaled(size, ("B", "kB", "MB", "GB")).replace(".00", "").replace(".0", "")
