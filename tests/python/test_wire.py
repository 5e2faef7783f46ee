"""The bytes of messages, as other languages may rely on them.

SPDX-License-Identifier: MIT
"""

import pickle
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from ringmain import Consumer, Message, Producer
from support.forging import ARRAY, PICKLE, array_header, send_forged

TEXT, INTEGER, FLOAT, NONE, BOOL = 0xFF01, 0xFF02, 0xFF03, 0xFF04, 0xFF05


@pytest.fixture
def pair() -> Iterator[tuple[Producer, Consumer]]:
    """Of a ring whose slots are full of what was sent before."""
    with Producer("pair", "64KiB") as producer, Consumer("pair", copy=False) as consumer:
        for _ in range(9):
            producer.send(b"\xff" * 20_000)
            consumer.recv(5).release()
        yield producer, consumer


def forged(pair: tuple[Producer, Consumer], kind: int, payload: bytes) -> Message:
    send_forged(pair[0], kind, payload)
    return pair[1].recv(5)


@pytest.mark.parametrize(
    ("obj", "kind", "payload"),
    [
        (b"abc", 0, b"abc"),
        ("\u00e4", TEXT, b"\xc3\xa4"),
        (-2, INTEGER, b"\xfe" + b"\xff" * 7),
        (1.0, FLOAT, b"\0" * 6 + b"\xf0\x3f"),
        (None, NONE, b""),
        (True, BOOL, b"\1"),
        (False, BOOL, b"\0"),
    ],
)
def test_plain_values_have_these_bytes(pair: tuple[Producer, Consumer], obj: object, kind: int, payload: bytes) -> None:
    pair[0].send(obj)
    message = pair[1].recv(5)
    assert (message.type, bytes(message)) == (kind, payload)
    assert forged(pair, kind, payload).obj == obj


def test_an_array_has_these_bytes(pair: tuple[Producer, Consumer]) -> None:
    pair[0].send(np.array([[1, 2, 3], [4, 5, 6]], ">u2", order="F"))
    message = pair[1].recv(5)
    assert message.type == ARRAY
    assert bytes(message) == bytes.fromhex(
        "01 46 02 00  03 00 00 00"  # version, 'F', 2 dimensions, dtype.str; 3 letters
        "02 00 00 00 00 00 00 00  03 00 00 00 00 00 00 00"  # the shape
        "3e 75 32"  # >u2
        "00 00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00"  # up to 64 - 16
        "00 01 00 04  00 02 00 05  00 03 00 06"  # the elements
    )


def test_an_array_that_was_written_in_place_has_the_same_bytes(pair: tuple[Producer, Consumer]) -> None:
    sent = np.array([[1, 2, 3], [4, 5, 6]], ">u2", order="F")
    pair[0].send(sent)
    with pair[0].claim((2, 3), ">u2", order="F") as array:
        array[:] = sent
    assert bytes(pair[1].recv(5)) == bytes(pair[1].recv(5))


def test_a_structured_array_has_the_literal_of_npy_files(pair: tuple[Producer, Consumer]) -> None:
    pair[0].send(np.zeros(1, [("a", "<i4"), ("b", "<f8", (2,))]))
    message = bytes(pair[1].recv(5))
    literal = b"[('a', '<i4'), ('b', '<f8', (2,))]"
    assert message == array_header((1,), literal, form=1) + bytes(20)


def test_a_pickle_has_these_bytes(pair: tuple[Producer, Consumer]) -> None:
    buffers = [bytearray(b"x" * 600), bytearray(b"y" * 513)]
    pair[0].send([pickle.PickleBuffer(buffer) for buffer in buffers])
    message = pair[1].recv(5)
    pickled = pickle.dumps([pickle.PickleBuffer(buffer) for buffer in buffers], 5, buffer_callback=lambda _: False)
    head = struct.pack("<QQQQ", len(pickled), 2, 600, 513)
    first = (len(head + pickled) + 16 + 63) // 64 * 64 - 16
    second = (first + 600 + 16 + 63) // 64 * 64 - 16
    expected = (head + pickled).ljust(first, b"\0") + b"x" * 600
    assert message.type == PICKLE
    assert bytes(message) == expected.ljust(second, b"\0") + b"y" * 513
    assert [bytes(buffer) for buffer in message.obj] == buffers


def test_what_was_written_by_hand_is_read(pair: tuple[Producer, Consumer]) -> None:
    array = forged(pair, ARRAY, array_header((2, 2), b"<i2", order=b"F") + struct.pack("<4h", 1, 2, 3, 4)).array
    assert array.tolist() == [[1, 3], [2, 4]]
    pickled = pickle.dumps({"a": (1, None)}, 5)
    assert forged(pair, PICKLE, struct.pack("<QQ", len(pickled), 0) + pickled).obj == {"a": (1, None)}
