"""Pipe and the sizes of messages: nothing, what just fits into a part or not, and many times the ring.

SPDX-License-Identifier: MIT
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import ringmain
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

CAPACITY = 65_536
PART = CAPACITY // 8 - 32  # bytes of a message in each of its parts; see python/src/parts.hpp
HEADER = 1024  # more than what stands before the elements of an array, or a pickle

Ends = tuple[ringmain.Connection, ringmain.Connection]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """One for all examples."""
    one, other = ringmain.Pipe(duplex=False, capacity=CAPACITY)
    with one, other:
        yield one, other


def _through(ends: Ends, send: Callable[[], None], receive: Callable[[], Any]) -> Any:
    thread = threading.Thread(target=send)
    thread.start()
    received = receive()
    thread.join()
    assert not ends[0].poll()
    return received


def _content(size: int) -> bytes:
    return hashlib.shake_128(size.to_bytes(8, "little")).digest(size)


_around_parts = st.builds(
    lambda parts, off: max(0, parts * PART + off), st.integers(0, 20), st.one_of(st.integers(-80, 80), st.just(-HEADER))
)
_sizes = st.one_of(_around_parts, st.integers(0, 5 * CAPACITY), st.integers(1020, 1030))
_with_one_pipe = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@_with_one_pipe
@given(size=_sizes)
@example(size=PART)
@example(size=PART + 1)
@example(size=CAPACITY)
def test_bytes_of_any_size_arrive_whole(ends: Ends, size: int) -> None:
    content = _content(size)
    assert _through(ends, lambda: ends[1].send_bytes(content), ends[0].recv_bytes) == content


@_with_one_pipe
@given(size=_sizes)
def test_arrays_of_any_size_arrive_whole_and_writable(ends: Ends, size: int) -> None:
    content = np.frombuffer(_content(size), "u1")
    received = _through(ends, lambda: ends[1].send(content), ends[0].recv)
    assert received.tobytes() == content.tobytes()
    received[:] = 0


@_with_one_pipe
@given(sizes=st.lists(_sizes, max_size=4))
def test_objects_with_arrays_of_any_sizes_arrive_whole(ends: Ends, sizes: list[int]) -> None:
    sent = {number: np.frombuffer(_content(size), "u1") for number, size in enumerate(sizes)}
    received = _through(ends, lambda: ends[1].send(sent), ends[0].recv)
    np.testing.assert_equal(received, sent)


@_with_one_pipe
@given(sizes=st.lists(_sizes, min_size=1, max_size=5))
def test_messages_of_mixed_sizes_arrive_in_their_order(ends: Ends, sizes: list[int]) -> None:
    def send() -> None:
        for size in sizes:
            ends[1].send_bytes(_content(size))

    received = _through(ends, send, lambda: [ends[0].recv_bytes() for _ in sizes])
    assert received == [_content(size) for size in sizes]


@_with_one_pipe
@given(size=_sizes, spare=st.integers(0, 100))
def test_bytes_of_any_size_are_received_into_a_buffer(ends: Ends, size: int, spare: int) -> None:
    buffer = bytearray(size + spare)
    count = _through(ends, lambda: ends[1].send_bytes(_content(size)), lambda: ends[0].recv_bytes_into(buffer, spare))
    assert (count, bytes(buffer[spare:])) == (size, _content(size))


@pytest.mark.parametrize("size", [0, 1, 1_000_000, 50_000_000])
def test_a_message_of_up_to_50_mb_goes_through_a_ring_of_64_kib(ends: Ends, size: int) -> None:
    content = _content(size)
    received = _through(ends, lambda: ends[1].send(np.frombuffer(content, "u1")), ends[0].recv)
    assert received.tobytes() == content
    assert _through(ends, lambda: ends[1].send(content), ends[0].recv) == content
