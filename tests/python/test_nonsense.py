"""Messages whose bytes make no sense are refused, and do no harm.

SPDX-License-Identifier: MIT
"""

import itertools
import random
import struct
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ringmain import BadRing, Consumer, Message, Producer
from support.forging import ARRAY, PICKLE, array_header, send_forged

TEXT, INTEGER, FLOAT, BOOL = 0xFF01, 0xFF02, 0xFF03, 0xFF05


@pytest.fixture
def pair() -> Iterator[tuple[Producer, Consumer]]:
    with Producer("pair", "1MiB") as producer, Consumer("pair", copy=False) as consumer:
        yield producer, consumer


def forged(pair: tuple[Producer, Consumer], kind: int, payload: bytes) -> Message:
    send_forged(pair[0], kind, payload)
    return pair[1].recv(5)


ELEMENTS = bytes(3000)
BAD_ARRAYS = {
    "nothing": b"",
    "less than a header": bytes(7),
    "zeros": bytes(3000),
    "ones": b"\xff" * 3000,
    "another version": array_header((3000,), b"|u1", version=2) + ELEMENTS,
    "another order": array_header((3000,), b"|u1", order=b"A") + ELEMENTS,
    "no such form": array_header((3000,), b"|u1", form=3) + ELEMENTS,
    "shape beyond the end": struct.pack("<BcBBI", 1, b"C", 64, 0, 0),
    "65 dimensions": struct.pack("<BcBBI", 1, b"C", 65, 0, 3) + struct.pack("<65Q", *[1] * 65) + b"|u1" + ELEMENTS,
    "255 dimensions": struct.pack("<BcBBI", 1, b"C", 255, 0, 0) + ELEMENTS,
    "text beyond the end": struct.pack("<BcBBIQ", 1, b"C", 1, 0, 0xFFFFFFFF, 1) + ELEMENTS,
    "text up to the very end": struct.pack("<BcBBI", 1, b"C", 0, 0, 3) + b"|u1",
    "one element too many": array_header((3001,), b"|u1") + ELEMENTS,
    "one element too few": array_header((2999,), b"|u1") + ELEMENTS,
    "bytes that overflow": array_header((2**61,), b"<f8") + ELEMENTS,
    "bytes that overflow to what is there": array_header((2**61 + 375,), b"<f8") + ELEMENTS,
    "a product that overflows": array_header((2**32, 2**32), b"|u1") + ELEMENTS,
    "a negative extent": array_header((2**64 - 1,), b"|u1") + ELEMENTS,
    "nothing of too much": array_header((0, 2**62, 2**62), b"|u1"),
    "nothing of a negative extent": array_header((0, 2**63), b"|u1"),
    "much of nothing": array_header((2**62, 2**62), b"|V0"),
}
# By their form, one a line.
BAD_DTYPES = {
    0: r"""
        O
        |O
        |O8
        nonsense
        T
        |T16
        i4,i4
        f4
        |V-1
        |V99999999999999999999
        |S4294967297
        <M8[99999999999999999999s]
        <M8[]
        (2,)<f4
        3f4,(2,2)O
    """,
    1: r"""
        (
        None
        1
        'O'
        'T'
        [('a', 'O')]
        [('a', [('b', 'O')])]
        [('a', 'T')]
        [('a', '|T16')]
        [('a',)]
        [('a', '<i4', -1)]
        [('a', '<i4', 'x')]
        [('a', '<i4', (99999999999999999999,))]
        [('a', '<i4', 99999999999999999999)]
        [(1, '<i4')]
        [('a', '<i4'), ('a', '<i4')]
        ['a', 'b']
        ('O', (2,))
        ('<i4', 2**99)
        ('<i4', {'a': 1})
        __import__('os').abort()
    """,
    2: r"""
        object
        StringDType()
        O
        float
    """,
}
BAD_TEXTS = [(form, text.strip().encode()) for form, texts in BAD_DTYPES.items() for text in texts.strip().splitlines()]
BAD_TEXTS += [(form, text) for form in (0, 1, 2) for text in (b"", b"\0", b"\xff")]
BAD_TEXTS += [(0, b"<f" + b"8" * 5000), (1, b"9" * 5000), (1, b"(" * 3000), (1, b"-" * 100_000 + b"1")]
BAD_TEXTS += [(1, b"[" * 3000 + b"]" * 3000)]
READINGS: list[Callable[[Message], object]] = [lambda m: m.array, lambda m: m.obj, memoryview, lambda m: m.__dlpack__()]


@pytest.mark.parametrize("payload", BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_an_array_whose_header_makes_no_sense_is_refused(pair: tuple[Producer, Consumer], payload: bytes) -> None:
    message = forged(pair, ARRAY, payload)
    for read in READINGS:
        with pytest.raises(BadRing) as caught:
            read(message)
        assert isinstance(caught.value, OSError)
    assert bytes(message) == payload
    del message, caught
    assert pair[1].borrowed == 0


@pytest.mark.parametrize(("form", "text"), BAD_TEXTS, ids=lambda part: repr(part)[:20])
def test_a_dtype_that_makes_no_sense_is_refused(pair: tuple[Producer, Consumer], form: int, text: bytes) -> None:
    for elements in (b"", ELEMENTS):
        message = forged(pair, ARRAY, array_header((len(elements),), text, form=form) + elements)
        for _ in range(2):  # nothing of it is remembered
            with pytest.raises(BadRing):
                _ = message.array


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        bytes(15),
        struct.pack("<QQ", 0, 1),
        struct.pack("<QQ", 0, 2**61),
        struct.pack("<QQ", 0, 2**64 - 1) + bytes(3000),
        struct.pack("<QQ", 2**64 - 1, 0),
        struct.pack("<QQ", 2**64 - 16, 0) + b"N.",
        struct.pack("<QQ", 3, 0) + b"N.",
        struct.pack("<QQ", 1, 0) + b"N.",
        struct.pack("<QQQ", 2, 1, 2**64 - 1) + b"N.",
        struct.pack("<QQQQ", 2, 2, 2**63, 2**63) + b"N.",
        struct.pack("<QQQ", 2, 1, 600) + b"N." + bytes(621),
    ],
)
def test_a_pickle_whose_header_makes_no_sense_is_refused(pair: tuple[Producer, Consumer], payload: bytes) -> None:
    message = forged(pair, PICKLE, payload)
    with pytest.raises(BadRing):
        _ = message.obj


@pytest.mark.parametrize(
    ("kind", "payload"),
    list(itertools.product([INTEGER, FLOAT], [b"", bytes(7), bytes(9), bytes(3000)]))
    + list(itertools.product([BOOL], [b"", bytes(2)]))
    + list(itertools.product([TEXT], [b"\xff", b"\xed\xa0\x80", b"x" * 2000 + b"\xc3"])),
)
def test_a_value_that_makes_no_sense_is_refused(pair: tuple[Producer, Consumer], kind: int, payload: bytes) -> None:
    message = forged(pair, kind, payload)
    with pytest.raises(BadRing):
        _ = message.obj
    assert bytes(message) == payload


def test_types_that_mean_nothing_yet_are_bytes(pair: tuple[Producer, Consumer]) -> None:
    for kind in (0xFF00, 0xFF08, 0xFFFF):
        message = forged(pair, kind, b"later")
        assert (message.type, message.obj) == (kind, b"later")


HEADERS = [
    array_header((3, 4), b"<f8") + bytes(96),
    array_header((5,), b"[('a', '<i4'), ('b', 'S3')]", form=1) + bytes(35),
]


@pytest.mark.timeout(600)
@given(payload=st.binary(max_size=200))
@example(payload=b"")
def test_no_bytes_of_an_array_do_any_harm(payload: bytes) -> None:
    attempt(payload)


@pytest.mark.timeout(600)
@given(base=st.sampled_from(HEADERS), seed=st.integers(0, 2**32), flips=st.integers(1, 4))
def test_no_damage_to_an_array_does_any_harm(base: bytes, seed: int, flips: int) -> None:
    chance = random.Random(seed)
    damaged = bytearray(base)
    for _ in range(flips):
        damaged[chance.randrange(len(base))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
    attempt(bytes(damaged))


def attempt(payload: bytes) -> None:
    """Reads it as an array: that either works, within the payload, or is refused."""
    with Producer("attempt", "256KiB") as producer, Consumer("attempt") as consumer:
        send_forged(producer, ARRAY, payload)
        message = consumer.recv(5)
        try:
            array = message.array
        except BadRing:
            return
        assert array.nbytes <= len(payload)
        array.tobytes()
