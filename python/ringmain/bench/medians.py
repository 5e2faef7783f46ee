"""Medians and quartiles, and what is made of them."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_DISTURBED = 0.3  # quartiles that are further apart than this, against the median


@dataclass(frozen=True)
class Spread:
    """The middle of some values."""

    lower: float
    median: float
    upper: float

    @property
    def width(self) -> float:
        """How far the quartiles are apart, as a part of the median."""
        return (self.upper - self.lower) / self.median if self.median else 0.0

    @property
    def disturbed(self) -> bool:
        return self.width > _DISTURBED


def quantile(ordered: Sequence[float], fraction: float) -> float:
    """Of sorted values; in between two of them, in proportion."""
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def spread_of(values: Sequence[float]) -> Spread:
    """Raises ValueError where there are no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return Spread(quantile(ordered, 0.25), quantile(ordered, 0.5), quantile(ordered, 0.75))


def ratio_of(values: Sequence[float], to: Sequence[float]) -> Spread:
    """Of the ratios within each round: what disturbs a whole round disturbs both sides of its ratio."""
    return spread_of([value / other for value, other in zip(values, to, strict=True)])
