"""Pipe within one process: what goes through, what it refuses, and how it ends.

SPDX-License-Identifier: MIT
"""

import array
import enum
import errno
import math
import multiprocessing
import os
import pickle
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker
from typing import Any

import numpy as np
import pytest
import ringmain
from support.processes import running

Ends = tuple[ringmain.Connection, ringmain.Connection]


class Colour(enum.IntEnum):
    RED = 1


@pytest.fixture
def ends() -> Iterator[Ends]:
    one, other = ringmain.Pipe(capacity="64KiB")
    with one, other:
        yield one, other


@pytest.mark.parametrize(
    "obj",
    [
        None,
        True,
        0,
        -1,
        2**63,
        2**900,
        1.5,
        "",
        "ä\ud800",
        b"",
        b"\0" * 70_000,
        (1, [2]),
        {"a": {1}},
        Colour.RED,
        range(3),
    ],
)
def test_an_object_comes_out_as_it_went_in(ends: Ends, obj: object) -> None:
    threading.Thread(target=ends[0].send, args=(obj,)).start()
    received = ends[1].recv()
    assert received == obj
    assert type(received) is type(obj)


@pytest.mark.parametrize("dtype", ["u1", "<f4", ">i8", "c16", "?", "U3", "M8[ns]", [("x", "u1"), ("y", "f8", (2,))]])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (40, 50, 2)])
def test_an_array_comes_out_writable_with_dtype_and_shape(ends: Ends, dtype: Any, shape: tuple[int, ...]) -> None:
    size = np.dtype(dtype).itemsize * math.prod(shape)
    sent = np.ndarray(shape, dtype, buffer=bytes(range(2)) * size)
    threading.Thread(target=ends[0].send, args=(sent,)).start()
    received = ends[1].recv()
    assert (received.dtype, received.shape) == (sent.dtype, sent.shape)
    assert received.tobytes() == sent.tobytes()
    received[...] = np.zeros((), dtype)


@pytest.mark.parametrize("sent", [bytearray(b"abc"), memoryview(b"abc")])
def test_a_buffer_of_bytes_comes_out_as_bytes(ends: Ends, sent: Any) -> None:
    ends[0].send(sent)
    assert ends[1].recv() == b"abc"


def test_an_array_within_an_object_may_be_written_to(ends: Ends) -> None:
    ends[0].send({"frame": np.arange(1000.0), "small": np.arange(3)})
    received = ends[1].recv()
    received["frame"] += 1
    received["small"] += 1
    assert received["frame"].sum() == 500_500
    assert received["small"].tolist() == [1, 2, 3]


def test_what_was_received_stays_as_it_is_when_more_comes(ends: Ends) -> None:
    received = []
    for number in range(300):
        ends[0].send(np.full(2000, number, "u2"))
        received.append(ends[1].recv())
    assert all((array == number).all() for number, array in enumerate(received))


def test_an_object_can_be_received_as_its_pickle_and_sent_as_one(ends: Ends) -> None:
    ends[0].send([1, 2])
    assert pickle.loads(ends[1].recv_bytes()) == [1, 2]
    ends[0].send_bytes(pickle.dumps({"a": 1}))
    assert ends[1].recv() == {"a": 1}


def test_a_pickle_that_is_sent_on_as_bytes_is_the_object_again(ends: Ends) -> None:
    ends[0].send(np.arange(5))
    ends[1].send_bytes(ends[1].recv_bytes())
    assert ends[0].recv().tolist() == [0, 1, 2, 3, 4]


def test_bytes_can_be_sent_from_the_middle_of_any_buffer(ends: Ends) -> None:
    numbers = array.array("i", range(4))
    for given in ((numbers,), (numbers, 4), (numbers, 4, 8), (numbers, 16), (bytearray(b"abc"), 1, 1), (b"", 0, 0)):
        ends[0].send_bytes(*given)
        whole = memoryview(given[0]).tobytes()
        offset = given[1] if len(given) > 1 else 0
        assert ends[1].recv_bytes() == (whole[offset:][: given[2]] if len(given) > 2 else whole[offset:])


@pytest.mark.parametrize("wrong", [(-1,), (4,), (0, -1), (0, 4), (3, 1)])
def test_bytes_outside_the_buffer_are_refused_and_nothing_is_sent(ends: Ends, wrong: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"offset|size"):
        ends[0].send_bytes(b"abc", *wrong)
    assert not ends[1].poll()


def test_a_message_that_is_too_long_for_the_buffer_is_in_the_exception(ends: Ends) -> None:
    ends[0].send_bytes(b"abcdef")
    with pytest.raises(multiprocessing.BufferTooShort) as caught:
        ends[1].recv_bytes_into(bytearray(8), 3)
    assert caught.value.args == (b"abcdef",)
    ends[0].send_bytes(b"next")
    assert ends[1].recv_bytes() == b"next"


@pytest.mark.parametrize("offset", [-1, 9])
def test_an_offset_outside_the_buffer_is_refused_and_the_message_stays(ends: Ends, offset: int) -> None:
    ends[0].send_bytes(b"a")
    with pytest.raises(ValueError, match="offset"):
        ends[1].recv_bytes_into(bytearray(8), offset)
    assert ends[1].recv_bytes() == b"a"


def test_a_message_above_maxlength_closes_the_end_and_is_an_oserror(ends: Ends) -> None:
    ends[0].send_bytes(b"abcd")
    ends[0].send_bytes(b"abcde")
    assert ends[1].recv_bytes(4) == b"abcd"
    with pytest.raises(OSError, match="maxlength"):
        ends[1].recv_bytes(4)
    assert ends[1].closed
    with pytest.raises(ValueError, match="maxlength"):
        ends[0].recv_bytes(-1)


def test_an_end_receives_what_is_left_when_the_other_was_closed_and_then_eoferror(ends: Ends) -> None:
    ends[0].send(1)
    ends[0].send(np.arange(3000))
    ends[0].close()
    assert ends[1].poll(None)
    assert ends[1].recv() == 1
    assert ends[1].recv().sum() == 4_498_500
    assert ends[1].poll()
    for _ in range(2):
        with pytest.raises(EOFError):
            ends[1].recv()
    with pytest.raises(BrokenPipeError):
        ends[1].send(1)


def test_a_sender_for_whose_message_there_is_no_room_gets_brokenpipeerror_when_the_other_end_is_closed(
    ends: Ends,
) -> None:
    ends[0].send_bytes(bytes(8000))
    threading.Timer(0.1, ends[1].close).start()
    with pytest.raises(BrokenPipeError):
        ends[0].send_bytes(bytes(10_000_000))


def test_a_closed_end_refuses_everything_with_oserror(ends: Ends) -> None:
    ends[0].send(1)
    ends[1].recv()
    ends[0].close()
    ends[0].close()
    for call in (ends[0].recv, ends[0].poll, ends[0].fileno, lambda: ends[0].send(1), lambda: pickle.dumps(ends[0])):
        with pytest.raises(OSError, match="closed"):
            call()


def test_a_one_way_pipe_refuses_the_other_way() -> None:
    reader, writer = ringmain.Pipe(duplex=False)
    with reader, writer:
        assert (reader.readable, reader.writable, writer.readable, writer.writable) == (True, False, False, True)
        for call in (writer.recv, writer.recv_bytes, writer.poll, writer.fileno):
            with pytest.raises(OSError, match="write-only"):
                call()
        with pytest.raises(OSError, match="read-only"):
            reader.send(1)


def test_what_cannot_be_pickled_is_not_sent_and_the_next_is(ends: Ends) -> None:
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        ends[0].send([1, lambda: 1])
    ends[0].send(2)
    assert ends[1].recv() == 2


def test_an_end_that_nobody_closed_says_so_and_is_closed() -> None:
    one, other = ringmain.Pipe()
    with pytest.warns(ResourceWarning, match="unclosed <ringmain.Connection"):
        del one
    with other, pytest.raises(EOFError):
        other.recv()


def test_a_thousand_pipes_leave_no_descriptor_open() -> None:
    def use() -> None:
        one, other = ringmain.Pipe(capacity=1)
        with one, other:
            one.send(1)
            other.fileno()
            assert other.recv() == 1

    use()
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(1000):
        use()
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_nothing_is_registered_with_the_resource_tracker(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    registered = []
    monkeypatch.setattr(resource_tracker, "register", lambda *given: registered.append(given))
    monkeypatch.setattr(resource_tracker._resource_tracker, "_send", lambda *given: registered.append(given))
    ends[0].send(np.arange(5000))
    with ringmain.Producer("tracked") as producer, ringmain.Consumer("tracked") as consumer:
        producer.send(ends[1].recv())
        assert consumer.recv().array.sum() == 12_497_500
    with running("fork", ends[1].send, 1) as child:
        assert ends[0].recv() == 1
        child.join()
    assert registered == []


def test_every_send_says_that_nobody_has_the_other_end() -> None:
    ours, theirs = ringmain.Pipe()
    with ours:
        ours.send("to somebody")
        theirs.close()
        for _ in range(3):
            with pytest.raises(BrokenPipeError) as raised:
                ours.send("to nobody")
            assert raised.value.errno == errno.EPIPE
