"""Sizes that people write.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import operator
import re

__all__ = ["in_bytes"]

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([kmgt]i?|)b?\s*", re.IGNORECASE)
_SMALLEST = 64 * 2**10
_LARGEST = 2**46


def in_bytes(capacity: int | str) -> int:
    """A capacity: 67108864, "64MiB", "64 mib", "1.5GB"; rounded up to a power of two, and to 64 KiB at least."""
    if isinstance(capacity, str):
        match = _SIZE.fullmatch(capacity)
        if match is None:
            raise ValueError(f"capacity: a number of bytes, or a size such as '64MiB' or '1.5GB', not {capacity!r}")
        capacity = int(float(match[1]) * _UNITS[match[2].lower()])
    capacity = operator.index(capacity)  # NumPy's whole numbers, too
    if not 0 < capacity <= _LARGEST:
        raise ValueError(f"capacity: from 1 byte to 64 TiB, not {capacity}")
    return max(_SMALLEST, 1 << (capacity - 1).bit_length())
