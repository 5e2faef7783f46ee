"""Waiting and the threads of a process: the GIL, turns, and waits that could never end.

SPDX-License-Identifier: MIT
"""

import math
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import ringmain
from support.handles import both
from support.processes import running
from support.threads import Busy, Call

WAITS: dict[str, Callable[[ringmain.Producer, ringmain.Consumer], Any]] = {
    "recv": lambda producer, consumer: consumer.recv(),
    "recv_many": lambda producer, consumer: consumer.recv_many(3),
    "iteration": lambda producer, consumer: next(iter(consumer)),
    "wait_for_consumers": lambda producer, consumer: producer.wait_for_consumers(2),
}


@pytest.mark.parametrize("name", WAITS)
def test_who_waits_leaves_the_gil_to_others(name: str) -> None:
    with both() as (producer, consumer), Busy() as busy:
        call = Call(lambda: WAITS[name](producer, consumer))
        busy.goes_on()
        assert call.under_way
        if name == "wait_for_consumers":
            with ringmain.Consumer("ring"):
                call.end()
        else:
            producer.send(1)
            call.end()


def test_a_send_that_waits_for_room_leaves_the_gil_to_others() -> None:
    with both() as (producer, consumer):
        while producer.try_send(bytes(1000)):
            pass
        with Busy() as busy:
            call = Call(lambda: producer.send(bytes(1001)))
            busy.goes_on()
            assert call.under_way
            while len(consumer.recv()) != 1001:
                pass
            call.end()


def test_who_spins_for_ever_leaves_the_gil_to_others() -> None:
    with both(spin=math.inf) as (producer, consumer), Busy() as busy:
        call = Call(consumer.recv)
        for _ in range(5):
            busy.goes_on()
        assert call.under_way
        producer.send("found")
        assert call.end().obj == "found"


def test_a_busy_thread_keeps_nobody_from_receiving() -> None:
    def send() -> None:
        with ringmain.Producer("ring") as producer:
            producer.wait_for_consumers()
            for number in range(200):
                producer.send(number)

    with running("fork", send), ringmain.Consumer("ring", wait=60) as consumer, Busy():
        assert [message.obj for message in consumer] == list(range(200))


def test_a_second_thread_waits_for_its_turn_and_each_message_has_one_receiver() -> None:
    with both() as (producer, consumer):
        calls = [Call(consumer.recv) for _ in range(4)]
        for call in calls:
            call.until_asleep()
        for number in range(4):
            producer.send(number)
        assert sorted(call.end().obj for call in calls) == [0, 1, 2, 3]
        assert consumer.try_recv() is None


def test_threads_that_share_both_handles_lose_nothing() -> None:
    with both(copy=True) as (producer, consumer):
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:

            def send(sender: int) -> None:
                for number in range(500):
                    producer.send(np.full(1 + number % 300, sender * 1000 + number))

            def receive() -> list[int]:
                numbers = []
                for _ in range(500):
                    array = consumer.recv().array
                    assert (array == array[0]).all()
                    numbers.append(int(array[0]))
                return numbers

            senders = [Call(lambda sender=sender: send(sender)) for sender in range(3)]  # type: ignore[misc]
            receivers = [Call(receive) for _ in range(3)]
            for call in senders:
                call.end()
            received = [number for call in receivers for number in call.end()]
            assert sorted(received) == [sender * 1000 + number for sender in range(3) for number in range(500)]
        finally:
            sys.setswitchinterval(before)


@pytest.mark.parametrize("name", WAITS)
def test_closing_from_another_thread_ends_a_wait(name: str) -> None:
    with both() as (producer, consumer):
        calls = [Call(lambda: WAITS[name](producer, consumer)) for _ in range(2)]
        for call in calls:
            call.until_asleep()
        handle = producer if name == "wait_for_consumers" else consumer
        handle.close()
        for call in calls:
            with pytest.raises(ValueError, match="closed"):
                call.end()


def test_closing_from_another_thread_ends_a_send_that_waits_for_room() -> None:
    with both() as (producer, _consumer):
        while producer.try_send(bytes(1000)):
            pass
        call = Call(lambda: producer.send(bytes(1000))).until_asleep()
        producer.close()
        with pytest.raises(ValueError, match="closed"):
            call.end()


def test_who_holds_the_messages_that_the_producer_waits_for_is_told_instead_of_waiting_for_ever() -> None:
    with both(max_borrowed=100) as (producer, consumer):

        def send_ten() -> None:
            for _ in range(10):
                producer.send(bytes(10_000))

        sender = Call(send_ten)
        held: list[ringmain.Message] = []
        with pytest.raises(ringmain.BorrowLimit, match="the producer waits for room"):
            for _ in range(10):
                held.append(consumer.recv())
        assert len(held) >= 3
        count = len(held)
        held.clear()
        for _ in range(10 - count):
            assert len(consumer.recv()) == 10_000
        sender.end()


def test_a_fork_while_another_thread_has_the_turn_does_not_block_the_child() -> None:
    with both() as (producer, consumer):
        call = Call(consumer.recv).until_asleep()
        for _ in range(10):
            child = os.fork()
            if child == 0:
                try:
                    consumer.recv()
                except ringmain.LeaseLost:
                    os._exit(0)
                os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        producer.send(1)
        assert call.end().obj == 1
