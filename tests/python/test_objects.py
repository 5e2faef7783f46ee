"""What is sent arrives as what it was: plain objects, and those that are nearly plain.

SPDX-License-Identifier: MIT
"""

import enum
import math
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import ringmain
from hypothesis import given
from hypothesis import strategies as st
from ringmain import Consumer, Producer


class Text(str):
    """Means more than its letters."""


class Bytes(bytes):
    """Means more than its bytes."""


class Buffer(bytearray):
    """The same, of bytes that change."""


class Level(enum.IntEnum):
    LOW = 1


SCALARS: list[Any] = [None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, 10**100, 0.0, -0.0, 1.5, math.inf, 5e-324]
TEXTS: list[Any] = ["", "ä", "\0", "\U0001f600", "\ud800", "a\udcffb", "x" * 5000]
BYTES: list[Any] = [b"", b"\0", bytes(range(256)), b"x" * 1024, b"x" * 1025, b"y" * 100_000]
CONTAINERS: list[Any] = [(), [1, (2, {"a": {3}})], {"": None}, OrderedDict(b=1, a=2), Decimal("1.10"), 1 + 2j, range(3)]
SUBCLASSES: list[Any] = [Text("t"), Bytes(b"b"), Buffer(b"c"), Level.LOW, np.float64(0.1), np.int8(-1), np.bool_(True)]
NUMPY_SCALARS: list[Any] = [
    np.float16(1),
    np.longdouble(1) / 3,
    np.str_("s"),
    np.bytes_(b"s"),
    np.datetime64("2001-02-03", "D"),
]
OBJECTS = SCALARS + TEXTS + BYTES + CONTAINERS + SUBCLASSES + NUMPY_SCALARS


@pytest.fixture
def pair() -> Iterator[tuple[Producer, Consumer]]:
    with Producer("pair", "1MiB") as producer, Consumer("pair") as consumer:
        yield producer, consumer


def send(producer: Producer, obj: object) -> None:
    producer.send(obj)


def try_send(producer: Producer, obj: object) -> None:
    assert producer.try_send(obj)


def send_many(producer: Producer, obj: object) -> None:
    assert producer.send_many(iter([obj])) == 1


@pytest.mark.parametrize("how", [send, try_send, send_many])
@pytest.mark.parametrize(
    "obj", OBJECTS, ids=lambda obj: f"{type(obj).__name__}-{obj!r:.12}".encode("ascii", "replace").decode()
)
def test_every_kind_of_object_arrives_as_it_was(
    pair: tuple[Producer, Consumer], how: Callable[[Producer, object], None], obj: Any
) -> None:
    producer, consumer = pair
    how(producer, obj)
    arrived = consumer.recv(5).obj
    assert type(arrived) is type(obj)
    assert arrived == obj
    if isinstance(obj, float):
        assert math.copysign(1, arrived) == math.copysign(1, obj)


def test_not_a_number_arrives_with_its_very_bits(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    producer.send(math.nan)
    message = consumer.recv(5)
    assert math.isnan(message.obj)
    assert bytes(message) == np.float64(math.nan).tobytes()


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@pytest.mark.timeout(600)
@given(objects=st.lists(json, max_size=20))
def test_whatever_is_sent_together_arrives_in_order(objects: list[Any]) -> None:
    with Producer("many", "256KiB") as producer, Consumer("many") as consumer:
        assert producer.send_many(objects) == len(objects)
        assert [message.obj for message in consumer.recv_many(30, 5)] == objects if objects else True
        assert consumer.try_recv() is None


@pytest.mark.parametrize("size", [0, 1, 1024, 1025, 50_000])
@pytest.mark.parametrize("make", [bytes, bytearray, lambda data: memoryview(bytearray(data))])
def test_buffers_arrive_as_bytes(pair: tuple[Producer, Consumer], make: Callable[[bytes], Any], size: int) -> None:
    producer, consumer = pair
    data = np.random.default_rng(size).bytes(size)
    producer.send(make(data), type=7)
    message = consumer.recv(5)
    assert (message.obj, bytes(message), len(message), message.nbytes, message.type) == (data, data, size, size, 7)
    assert type(message.obj) is bytes
    assert bytes(memoryview(message)) == data


@pytest.mark.parametrize("copy", [False, True])
def test_nobody_gets_a_buffer_to_write_into(pair: tuple[Producer, Consumer], copy: bool) -> None:
    pair[0].send(bytes(5000))
    message = pair[1].recv(5)
    with pytest.raises(TypeError, match="read-write"):
        struct.pack_into("B", message.copy() if copy else message, 0, 1)


def test_what_is_sent_may_be_changed_at_once(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    data = bytearray(b"a" * 5000)
    producer.send(data)
    data[:] = b"b" * 5000
    assert consumer.recv(5).obj == b"a" * 5000
    data.append(0)  # nobody holds it


def test_memoryviews_of_whole_matrices_arrive_as_their_bytes(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    matrix = np.arange(6.0).reshape(2, 3)
    producer.send(matrix.data)
    assert consumer.recv(5).obj == matrix.tobytes()


@pytest.mark.parametrize("view", [memoryview(b"abcdef")[::2], memoryview(b"abc")[::-1], np.ones((2, 3)).T.data])
def test_memoryviews_with_gaps_are_refused_and_send_nothing(pair: tuple[Producer, Consumer], view: memoryview) -> None:
    producer, consumer = pair
    with pytest.raises(BufferError, match="contiguous"):
        producer.send(view)
    with pytest.raises(BufferError, match="contiguous"):
        producer.send_many([b"first", view])
    assert consumer.try_recv() is None


@pytest.mark.parametrize("kind", [0, 1, 0xFEFF])
def test_bytes_have_a_type_of_the_users_own(pair: tuple[Producer, Consumer], kind: int) -> None:
    producer, consumer = pair
    producer.send(b"x", type=kind)
    assert producer.try_send(b"y", type=kind)
    with producer.claim_bytes(1, type=kind) as view:
        view[:] = b"z"
    messages = consumer.recv_many(3, 5)
    assert [(message.type, message.obj) for message in messages] == [(kind, b"x"), (kind, b"y"), (kind, b"z")]


@pytest.mark.parametrize("kind", [0xFF00, 0xFF01, 0xFFFF])
def test_types_of_ringmain_are_refused(pair: tuple[Producer, Consumer], kind: int) -> None:
    producer, consumer = pair
    for call in (producer.send, producer.try_send):
        with pytest.raises(ValueError, match="0xFF00"):
            call(b"x", type=kind)
    with pytest.raises(ValueError, match="0xFF00"):
        producer.claim_bytes(1, type=kind)
    assert consumer.try_recv() is None
    producer.send(b"still works")


@pytest.mark.parametrize("kind", [-1, 0x10000, 2**70, 1.5, "1", None])
def test_a_type_is_a_number_of_16_bits(pair: tuple[Producer, Consumer], kind: Any) -> None:
    with pytest.raises(ValueError if isinstance(kind, int) else TypeError):
        pair[0].send(b"x", type=kind)


@pytest.mark.parametrize("obj", ["x", 1, None, 1.5, {}, np.zeros(2), Bytes(b"x"), Buffer(b"x")])
def test_only_bytes_have_a_type(pair: tuple[Producer, Consumer], obj: Any) -> None:
    producer, consumer = pair
    with pytest.raises(TypeError, match="only bytes have one"):
        producer.send(obj, type=1)
    assert consumer.try_recv() is None


def test_what_cant_be_pickled_says_so_and_sends_nothing(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        producer.send(lambda: None)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        producer.send_many([1, lambda: None])
    assert consumer.try_recv() is None


def test_what_an_iterator_raises_comes_through_and_nothing_was_sent(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair

    def objects() -> Iterator[int]:
        yield 1
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        producer.send_many(objects())
    assert producer.send_many([]) == 0
    assert consumer.try_recv() is None


def test_pickles_of_strangers_are_refused_but_nothing_else_is() -> None:
    with Producer("wary", "1MiB") as producer, Consumer("wary", allow_pickle=False) as consumer:
        producer.send_many([{"a": 1}, b"bytes", "text", 5, np.arange(3)])
        refused, *others = consumer.recv_many(5, 5)
        with pytest.raises(ringmain.PickleRefused, match="allow_pickle=True") as caught:
            _ = refused.obj
        assert isinstance(caught.value, pickle.UnpicklingError)
        assert pickle.loads(bytes(refused)[16:]) == {"a": 1}  # whoever wants to, can
        assert [message.obj for message in others[:3]] == [b"bytes", "text", 5]
        assert others[3].obj.tolist() == [0, 1, 2]


def test_a_message_says_what_it_is(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    producer.send(b"x" * 2000)
    message = consumer.recv(5)
    assert repr(message) == "<ringmain.Message at 0, 2000 bytes, in place>"
    with pytest.raises(TypeError, match="no array; message"):
        _ = message.array
    copy = message.copy()
    message.release()
    assert repr(message) == "<ringmain.Message at 0, 2000 bytes, given back>"
    assert (repr(copy), copy.obj, copy.position) == ("<ringmain.Message at 0, 2000 bytes>", b"x" * 2000, 0)


def test_what_a_generator_makes_is_held_until_it_is_sent() -> None:
    with Producer("ring", "1MiB") as producer, Consumer("ring", copy=True) as consumer:
        assert producer.send_many(bytes([number]) * 3000 for number in range(100)) == 100
        assert [consumer.recv().obj for _ in range(100)] == [bytes([number]) * 3000 for number in range(100)]
        assert producer.send_many(str(number) * 1000 for number in range(100)) == 100
        assert [consumer.recv().obj for _ in range(100)] == [str(number) * 1000 for number in range(100)]
