"""fileno() of a consumer with select, poll and selectors: never silent while there is something.

SPDX-License-Identifier: MIT
"""

import os
import random
import select
import selectors
from pathlib import Path

import numpy as np
import pytest
import ringmain
from support import ring_peers
from support.handles import both
from support.processes import running


def _take_all(consumer: ringmain.Consumer) -> list[int]:
    return [message.obj for message in iter(consumer.try_recv, None)]


def test_poll_select_and_epoll_all_wake_for_a_message() -> None:
    with both() as (producer, consumer):
        poll = select.poll()
        poll.register(consumer, select.POLLIN)
        with select.epoll() as epoll:
            epoll.register(consumer, select.EPOLLIN)
            for number in range(100):
                producer.send(number)
                assert poll.poll(0)
                assert epoll.poll(0)
                assert select.select([consumer], [], [], 0)[0] == [consumer]
                assert _take_all(consumer) == [number]


def test_the_descriptor_is_readable_after_each_step_if_and_only_if_something_is_there() -> None:
    """In one process, and for 50 ms: then it may be readable in vain. So a step that is readable in vain is looked at
    once more, after what was there in vain was taken."""
    dice = random.Random(5)
    waiting: list[int] = []
    sent = in_vain = 0
    with both() as (producer, consumer), selectors.DefaultSelector() as selector:
        selector.register(consumer, selectors.EVENT_READ)
        for _ in range(5000):
            if dice.random() < 0.5 and len(waiting) < 100:
                producer.send(sent)
                waiting.append(sent)
                sent += 1
            elif waiting and dice.random() < 0.7:
                message = consumer.try_recv()
                assert message is not None
                assert message.obj == waiting.pop(0)
            else:
                assert _take_all(consumer) == waiting
                waiting.clear()
            readable = bool(selector.select(0))
            if waiting:
                assert readable
            elif readable:
                in_vain += 1
                assert consumer.try_recv() is None
                assert not selector.select(0)
    assert sent > 1000
    assert in_vain < 500


def test_a_selector_sleeps_between_the_messages_of_another_process_and_misses_none(ring_directory: Path) -> None:
    received: list[int] = []
    with (
        running("fork", ring_peers.send_frames, str(ring_directory / "ring"), 2000, 10),
        ringmain.Consumer("ring", wait=60) as consumer,
        selectors.DefaultSelector() as selector,
    ):
        selector.register(consumer, selectors.EVENT_READ)
        with pytest.raises(EOFError):
            while selector.select():
                for message in iter(consumer.try_recv, None):
                    received.append(ring_peers.number_of(message.array))
    assert received == list(range(2000))


def test_the_descriptor_is_readable_at_the_end_and_stays_so() -> None:
    with both() as (producer, consumer):
        poll = select.poll()
        poll.register(consumer, select.POLLIN)
        assert consumer.try_recv() is None
        producer.close()
        for _ in range(3):
            assert poll.poll()
            with pytest.raises(EOFError):
                consumer.try_recv()


@pytest.mark.parametrize("receive", ["recv", "try_recv", "recv_many", "__next__"])
def test_the_descriptor_stays_readable_while_more_is_there_whatever_received(receive: str) -> None:
    with both() as (producer, consumer):
        poll = select.poll()
        poll.register(consumer, select.POLLIN)
        producer.send_many(range(10))
        for _ in range(9):
            assert poll.poll(0)
            getattr(consumer, receive)(*([1] if receive == "recv_many" else []))
        assert poll.poll(0)


def test_a_member_of_a_group_is_told_of_the_next_message_while_it_has_one() -> None:
    with ringmain.Producer("ring") as producer, ringmain.Consumer("ring", group="workers") as member:
        poll = select.poll()
        poll.register(member, select.POLLIN)
        producer.send_many([1, 2])
        assert member.recv().obj == 1
        assert poll.poll(0)
        assert member.recv().obj == 2


def test_the_descriptor_is_the_same_each_time_and_goes_with_the_consumer() -> None:
    with both() as (producer, consumer):
        first = consumer.fileno()
        producer.send(np.zeros(1000))
        consumer.recv()
        assert consumer.fileno() == first
        consumer.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(first)
        with pytest.raises(ValueError, match="closed"):
            consumer.fileno()
