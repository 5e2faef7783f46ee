"""Arrays arrive with dtype, shape, order and bytes, in place and read-only.

SPDX-License-Identifier: MIT
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from ringmain import Consumer, Message, Producer

Array = np.ndarray[Any, Any]

FLOATS: Any = (16, 32, 64, 8 * np.dtype(np.longdouble).itemsize)  # bits
LARGE = 2000  # elements: more than is copied at once


@pytest.fixture
def pair() -> Iterator[tuple[Producer, Consumer]]:
    with Producer("pair", "1MiB") as producer, Consumer("pair") as consumer:
        yield producer, consumer


def through(pair: tuple[Producer, Consumer], obj: object) -> Message:
    pair[0].send(obj)
    return pair[1].recv(5)


def assert_same(arrived: Array, sent: Array) -> None:
    assert type(arrived) is np.ndarray
    assert (arrived.dtype, arrived.shape) == (sent.dtype, sent.shape)
    assert arrived.dtype.type is sent.dtype.type
    assert arrived.tobytes("A") == sent.tobytes("A")
    assert not arrived.flags.writeable
    assert arrived.flags.aligned
    assert arrived.flags.c_contiguous == (sent.flags.c_contiguous or not sent.flags.forc)
    assert not sent.flags.forc or arrived.flags.f_contiguous == sent.flags.f_contiguous


scalar_dtypes = st.one_of(
    nps.scalar_dtypes(),
    nps.complex_number_dtypes(endianness="?"),
    nps.floating_dtypes(endianness="?", sizes=FLOATS),
    nps.byte_string_dtypes(endianness="?", min_len=1, max_len=20),
    nps.unicode_string_dtypes(endianness="?", min_len=1, max_len=20),
    nps.datetime64_dtypes(endianness="?"),
    nps.timedelta64_dtypes(endianness="?"),
    st.integers(1, 30).map(lambda size: np.dtype(f"V{size}")),
)
dtypes = st.one_of(scalar_dtypes, nps.nested_dtypes(scalar_dtypes), nps.array_dtypes(scalar_dtypes))


@st.composite
def arrays(draw: st.DrawFn) -> Array:
    """Of any dtype and shape, with any bytes in it, and any order and strides."""
    dtype = draw(dtypes)
    shape = draw(nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    whole = np.zeros(shape, dtype)
    whole = (
        np.frombuffer(draw(st.randoms()).randbytes(whole.nbytes), whole.dtype).reshape(whole.shape)
        if whole.nbytes
        else whole
    )
    turned = np.transpose(whole, draw(st.permutations(range(whole.ndim))))
    array: Array = turned
    for axis in range(turned.ndim):
        step = draw(st.sampled_from([1, 1, 2, -1, -2]))
        array = np.moveaxis(np.moveaxis(array, axis, 0)[::step], 0, axis)
    return array


@pytest.mark.timeout(600)
@given(array=arrays())
@example(array=np.zeros((), "f4"))
@example(array=np.zeros((3, 0, 2), "M8[ns]", order="F"))
@example(array=np.zeros(3, "V0"))
@example(array=np.zeros(3, np.dtype([])))
@example(array=np.zeros(2, np.dtype({"names": ["a"], "formats": ["u1"], "offsets": [3], "itemsize": 9})))
@example(array=np.zeros(2, np.dtype([("a", "u1"), ("b", "f8")], align=True)))
@example(array=np.zeros(2, np.dtype([(("title", "a"), "u1"), ("b", [("ä", ">i2", (2, 3))])])))
@example(array=np.zeros(2, np.dtype([("x", "S0"), ("y", "V0"), ("z", "i4", (0,))])))
@example(array=np.zeros((1,) * 64, "i4"))
def test_any_array_arrives_as_it_was(array: Array) -> None:
    with Producer("any", "256KiB") as producer, Consumer("any") as consumer:
        producer.send(array)
        assert_same(consumer.recv(5).array, array)


@pytest.mark.timeout(600)
@given(array=arrays(), order=st.sampled_from("CF"))
def test_any_array_can_be_written_in_place(array: Array, order: Any) -> None:
    with Producer("any", "256KiB") as producer, Consumer("any") as consumer:
        with producer.claim(array.shape, array.dtype, order=order) as room:
            assert room.flags.writeable
            assert room.flags[f"{order}_CONTIGUOUS"]
            room[...] = array
        assert_same(consumer.recv(5).array, np.array(array, order=order))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_array_keeps_its_order_and_is_in_place(pair: tuple[Producer, Consumer], order: Any) -> None:
    sent = np.asarray(np.arange(LARGE * 2.0).reshape(2, LARGE), order=order)
    message = through(pair, sent)
    arrived = message.array
    assert_same(arrived, sent)
    assert (message.in_place, pair[1].borrowed) == (True, 1)
    assert np.shares_memory(arrived, message.array)
    assert arrived.ctypes.data % 64 == 0
    with pytest.raises(ValueError, match="read-only"):
        arrived[0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        arrived.flags.writeable = True


def test_an_array_in_place_lies_where_the_producer_wrote_it(pair: tuple[Producer, Consumer]) -> None:
    claim = pair[0].claim(LARGE, "f8")
    written = claim.array
    written[:] = 1
    claim.commit()
    arrived = pair[1].recv(5).array
    assert not written.flags.writeable
    # The ring is mapped by both: what the producer still could do to its memory, the consumer sees.
    with open(f"{pair[0].path}/ring", "r+b") as ring:
        ring.seek(-8 + 65536 + 16 + arrived.nbytes + 48)
        assert ring.read(8) == np.float64(1).tobytes()
        ring.seek(-8, 1)
        ring.write(np.float64(7).tobytes())
    assert arrived[-1] == 7


def test_arrays_within_other_objects_are_in_place_and_read_only(pair: tuple[Producer, Consumer]) -> None:
    image, mask = np.arange(LARGE * 3.0).reshape(3, LARGE), np.asfortranarray(np.ones((LARGE, 2), "u2"))
    message = through(pair, {"image": image, "more": [mask, "text"], "few": np.arange(3)})
    memory = np.frombuffer(memoryview(message), "u1")
    arrived = message.obj
    for found, sent in ((arrived["image"], image), (arrived["more"][0], mask)):
        assert (found.tobytes("A"), found.flags.f_contiguous) == (sent.tobytes("A"), sent.flags.f_contiguous)
        assert not found.flags.writeable
        assert np.shares_memory(found, memory)
        assert found.ctypes.data % 64 == 0
    assert arrived["few"].tolist() == [0, 1, 2]
    assert pair[1].borrowed == 1
    del memory, found
    message.release()
    assert pair[1].borrowed == 1
    del arrived
    assert pair[1].borrowed == 0


def test_the_same_array_twice_in_an_object_arrives_as_one(pair: tuple[Producer, Consumer]) -> None:
    array = np.arange(LARGE)
    first, second = through(pair, [array, array]).obj
    assert first is second


@pytest.mark.parametrize(
    "obj",
    [
        np.ma.masked_array([1, 2, 3], mask=[False, True, False]),
        np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]).view(np.recarray),
        np.array([(1, 2.0)], np.dtype((np.record, [("a", "i4"), ("b", "f8")]))),
        np.array([1, "two", None, [3]], object),
        np.array([(1, "x")], [("a", "i4"), ("b", object)]),
        np.array(["a", "long text" * 9], np.dtypes.StringDType()),
        np.zeros(3, [("a", "i4"), ("b", "f4")])[["b", "a"]],
        np.ones(2, {"names": ["x", "y"], "formats": ["i4", "i2"], "offsets": [0, 1]}),
    ],
    ids=["masked", "recarray", "records", "objects", "objects within", "strings", "out of order", "overlapping"],
)
def test_arrays_that_are_more_than_bytes_are_pickled(pair: tuple[Producer, Consumer], obj: Any) -> None:
    message = through(pair, obj)
    arrived = message.obj
    assert message.type == 0xFF07
    assert (type(arrived), arrived.dtype, arrived.dtype.type) == (type(obj), obj.dtype, obj.dtype.type)
    assert arrived.tolist() == obj.tolist()
    with pytest.raises(TypeError, match="no array"):
        _ = message.array


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_stays_a_matrix(pair: tuple[Producer, Consumer]) -> None:
    arrived = through(pair, np.matrix([[1, 2], [3, 4]])).obj
    assert type(arrived) is np.matrix
    assert arrived.tolist() == [[1, 2], [3, 4]]


def test_more_dtypes_than_are_remembered_all_arrive(pair: tuple[Producer, Consumer]) -> None:
    for size in range(1, 1100):
        array = np.full(2, b"x" * size, f"S{size}")
        assert_same(through(pair, array).array, array)


def test_a_message_is_a_buffer_of_its_array(pair: tuple[Producer, Consumer]) -> None:
    sent = np.arange(6, dtype=">i4").reshape(2, 3)
    message = through(pair, sent)
    view = memoryview(message)
    assert (view.format, view.shape, view.readonly) == (">i", (2, 3), True)
    assert np.asarray(message).tolist() == sent.tolist()
    assert bytes(message).endswith(sent.tobytes())
    with pytest.raises(ValueError, match="cannot include dtype 'M'"):
        memoryview(through(pair, np.zeros(2, "M8[s]")))


def test_arrays_go_on_to_another_ring_as_they_came(pair: tuple[Producer, Consumer]) -> None:
    sent = np.arange(LARGE).reshape(2, -1)
    with Producer("next", "1MiB") as relay, Consumer("next") as last:
        relay.send(through(pair, sent).array)
        assert_same(last.recv(5).array, sent)
