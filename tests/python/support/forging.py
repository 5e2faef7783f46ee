"""Messages as no producer of this package sends them: written into the file of a ring (docs/layout.md).

SPDX-License-Identifier: MIT
"""

import os
import struct
from pathlib import Path

from ringmain import Producer

_SLOTS_AT = 65536
_HEADER = struct.Struct("<QQ")  # tag; length (48 bits), type (16 bits)

ARRAY = 0xFF06
PICKLE = 0xFF07


def send_forged(producer: Producer, kind: int, payload: bytes) -> None:
    """Sends `payload` as a message of any type, also of one that is Ringmain's own."""
    position = producer.position
    producer.send(payload)
    offset = _SLOTS_AT + position % producer.capacity
    with open(Path(producer.path) / "ring", "r+b", buffering=0) as ring:
        tag, word = _HEADER.unpack(os.pread(ring.fileno(), _HEADER.size, offset))
        assert (tag, word) == (position + 1, len(payload))
        os.pwrite(ring.fileno(), _HEADER.pack(tag, len(payload) | kind << 48), offset)


def array_header(
    shape: tuple[int, ...], dtype: bytes, *, version: int = 1, order: bytes = b"C", form: int = 0
) -> bytes:
    """The header of an array, padded so that its elements follow; see python/src/wire.hpp."""
    head = struct.pack("<BcBBI", version, order, len(shape), form, len(dtype))
    head += struct.pack(f"<{len(shape)}Q", *shape) + dtype
    return head.ljust((len(head) + 16 + 63) // 64 * 64 - 16, b"\0")
