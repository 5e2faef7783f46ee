"""From where a consumer receives, how long it waits, and how a stream ends.

SPDX-License-Identifier: MIT
"""

import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import ringmain
from ringmain import Consumer, Producer
from support.programs import Program


def objects_of(consumer: Consumer) -> list[Any]:
    """All that is there now."""
    return [message.obj for message in iter(consumer.try_recv, None)]


STARTS: list[tuple[Any, list[int]]] = [
    ("oldest", [0, 1, 2, 3, 4]),
    ("last", [4]),
    ("latest", []),
    (0, [0, 1, 2, 3, 4]),
    (2 * 64, [2, 3, 4]),
    (np.uint64(2 * 64), [2, 3, 4]),
    (2 * 64 + 1, [3, 4]),
    (5 * 64, []),
    (2**64 - 1, []),
]


@pytest.mark.parametrize(("start", "expected"), STARTS)
def test_a_consumer_starts_where_it_says(start: Any, expected: list[int]) -> None:
    with Producer("r", "64KiB") as producer:
        for number in range(5):
            producer.send(number)
        assert producer.position == 5 * 64
        with Consumer("r", start=start) as consumer:
            assert objects_of(consumer) == expected
            producer.send("more")
            assert consumer.recv(5).obj == "more"


def test_the_last_message_of_an_empty_ring_is_the_next_one() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r", start="last") as consumer:
        assert consumer.try_recv() is None
        producer.send(1)
        assert consumer.recv(5).obj == 1


@pytest.mark.parametrize("start", [-1, 2**64, "Latest", "", 1.5])
def test_another_start_is_refused(start: Any) -> None:
    with Producer("r", "64KiB"):
        with pytest.raises(ValueError, match="start"):
            Consumer("r", start=start)
        assert ringmain.stat("r").consumers == []


def test_a_ring_that_isnt_there_is_not_found() -> None:
    with pytest.raises(FileNotFoundError, match="nobody"):
        Consumer("nobody")
    with pytest.raises(FileNotFoundError, match=r"not there after .* is its producer running"):
        Consumer("nobody", wait=0.001)


@pytest.mark.parametrize("wait", [60, math.inf])
def test_a_consumer_waits_for_its_ring_to_appear(wait: float) -> None:
    received: list[Any] = []

    def receive() -> None:
        with Consumer("late", wait=wait) as consumer:
            received.append(consumer.recv(60).obj)

    thread = threading.Thread(target=receive)
    thread.start()
    with Producer("late", "64KiB") as producer:
        producer.wait_for_consumers(timeout=60)
        producer.send("here")
        thread.join()
    assert received == ["here"]


@pytest.mark.parametrize("timeout", [0, -1, 0.001, 0.06])
def test_time_runs_out_when_nothing_comes(timeout: float) -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        attempts: list[Callable[[], object]] = [
            lambda: consumer.recv(timeout),
            lambda: consumer.recv_many(3, timeout),
            lambda: producer.wait_for_consumers(2, timeout),
        ]
        for attempt in attempts:
            with pytest.raises(TimeoutError):
                attempt()
        producer.send(1)
        assert consumer.recv(timeout).obj == 1


def test_a_time_is_a_number() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        with pytest.raises(ValueError, match="NaN"):
            consumer.recv(math.nan)
        timeout: Any = "soon"
        with pytest.raises(TypeError, match="real number"):
            consumer.recv(timeout)
        producer.send(1)
        assert consumer.recv(math.inf).obj == 1


def test_a_full_ring_says_so_and_what_didnt_fit_isnt_there() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        sent = 0
        while producer.try_send(sent):
            sent += 1
        attempts: list[Callable[[], object]] = [
            lambda: producer.send("x", timeout=0.001),
            lambda: producer.send(b"x" * 5000, timeout=0),
            lambda: producer.send_many(["x"] * 3, timeout=0.001),
            lambda: producer.claim(5, timeout=0.001),
            lambda: producer.claim_bytes(5, timeout=0),
        ]
        for attempt in attempts:
            with pytest.raises(TimeoutError, match="no room in the ring: the slowest consumer"):
                attempt()
        assert objects_of(consumer) == list(range(sent))
        producer.send("room")
        assert consumer.recv(5).obj == "room"


def test_a_sender_goes_on_when_there_is_room() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:

        def send() -> None:
            for number in range(300):
                producer.send(bytes([number % 256]) * 1500)
            producer.close()

        thread = threading.Thread(target=send)
        thread.start()
        assert [message.obj[0] for message in consumer] == [number % 256 for number in range(300)]
        thread.join()


def test_several_are_received_at_once_but_no_more_than_there_are() -> None:
    with Producer("r", "1MiB") as producer, Consumer("r") as consumer:
        producer.send_many(range(5))
        assert [message.obj for message in consumer.recv_many(3, 5)] == [0, 1, 2]
        assert [message.obj for message in consumer.recv_many(1000, 5)] == [3, 4]
        with pytest.raises(ValueError, match="at least 1"):
            consumer.recv_many(0)
        producer.send(5)
        assert [message.obj for message in consumer.recv_many(1)] == [5]


def test_a_batch_is_there_as_a_whole_or_not_at_all() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        half = producer.capacity // 2
        fits = [bytes(4096 - 16)] * (half // 4096)
        with pytest.raises(ringmain.MessageTooLarge, match="half"):
            producer.send_many([*fits, b""])
        assert consumer.try_recv() is None
        assert producer.send_many(fits) == len(fits)
        with pytest.raises(TimeoutError):  # there is room for all but one
            producer.send_many(fits, timeout=0)
        messages = consumer.recv_many(8)
        assert [message.obj for message in messages] == fits
        messages.clear()
        assert consumer.try_recv() is None


def test_position_and_lag_say_how_far_one_is() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        assert (producer.position, consumer.position, consumer.lag, consumer.lost) == (0, 0, 0, 0)
        producer.send_many([b"x" * 48, b"y" * 49])
        assert (producer.position, consumer.position, consumer.lag) == (192, 0, 192)
        first, second = consumer.recv_many(2)
        assert (first.position, second.position, first.lost, first.redelivered) == (0, 64, 0, False)
        assert (consumer.position, consumer.lag, consumer.capacity) == (192, 0, 65536)


@pytest.mark.parametrize("receive", [lambda c: c.recv(5), lambda c: c.try_recv(), lambda c: c.recv_many(2, 5)])
def test_a_stream_ends_when_everything_was_received(receive: Callable[[Consumer], object]) -> None:
    with consumer_of_closed([1, b"x" * 5000]) as consumer:
        assert [consumer.recv(5).obj, consumer.recv(5).obj] == [1, b"x" * 5000]
        for _ in range(3):
            with pytest.raises(EOFError) as caught:
                receive(consumer)
            assert not isinstance(caught.value, ringmain.ProducerLost)
        assert list(consumer) == []


def consumer_of_closed(sent: list[Any]) -> Consumer:
    with Producer("r", "64KiB") as producer:
        consumer = Consumer("r")
        producer.send_many(sent)
    return consumer


def test_iteration_ends_with_the_stream() -> None:
    with consumer_of_closed([1, "two", None]) as consumer:
        assert [message.obj for message in consumer] == [1, "two", None]


def test_iteration_takes_back_the_message_before_though_it_is_kept() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        producer.send_many([b"x" * 5000] * 3)
        messages = [next(consumer), next(consumer), next(consumer)]
        assert [message.released for message in messages] == [True, True, False]
        assert consumer.borrowed == 1


@pytest.mark.parametrize("end", ["kill", "abandon"])
def test_a_producer_that_dies_is_lost_after_what_it_sent(end: str) -> None:
    with Program(
        "producer = ringmain.Producer('r', '64KiB'); say(); hear(); producer.send(1); say(); hear()"
    ) as program:
        program.hear()
        with Consumer("r") as consumer:
            program.say()
            program.hear()
            program.kill()
            assert consumer.recv(5).obj == 1
            for receive in (consumer.recv, consumer.try_recv, lambda: next(consumer)):
                with pytest.raises(ringmain.ProducerLost) as caught:
                    receive()
                assert isinstance(caught.value, EOFError)
            with Producer("r") as heir:
                heir.send(2)
                assert consumer.recv(5).obj == 2
                if end == "abandon":
                    heir.abandon()
                    with pytest.raises(ringmain.ProducerLost):
                        consumer.recv(5)
    ringmain.gc()


def test_who_outlives_producers_waits_for_the_next_one() -> None:
    first = Producer("r", "64KiB")
    with Consumer("r", outlive_producer=True) as consumer:
        first.send(1)
        first.abandon()
        assert consumer.recv(5).obj == 1
        with pytest.raises(TimeoutError):
            consumer.recv(0.12)
        with Producer("r") as second:
            second.send(2)
            assert consumer.recv(5).obj == 2


def test_what_is_closed_says_so() -> None:
    with Producer("r", "64KiB") as producer:
        consumer = Consumer("r")
        producer.send(1)
        consumer.close()
        consumer.close()
        attempts: list[Callable[[], object]] = [
            consumer.recv,
            consumer.try_recv,
            lambda: next(consumer),
            consumer.fileno,
        ]
        attempts += [lambda: consumer.recv_many(1), lambda: consumer.lag, lambda: consumer.position]
        for attempt in attempts:
            with pytest.raises(ValueError, match="this consumer is closed"):
                attempt()
        assert (consumer.closed, repr(consumer)) == (True, "<ringmain.Consumer of 'r', closed>")
    producer.close()
    for attempt in (lambda: producer.send(1), lambda: producer.try_send(1), lambda: producer.send_many([1])):
        with pytest.raises(ValueError, match="this producer is closed"):
            attempt()
    with pytest.raises(ValueError, match="this producer is closed"):
        producer.claim(1)
    assert (producer.closed, producer.position, producer.capacity) == (True, 64, 65536)
