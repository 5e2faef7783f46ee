"""Groups: each message goes to one member, and to another one if that member doesn't see it through.

SPDX-License-Identifier: MIT
"""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import ringmain
from ringmain import BorrowLimit, Consumer, Message, Producer
from support.programs import Program

LARGE = np.arange(1000)

WORKER = """
consumer = ringmain.Consumer("r", "work")
say("there")
message = consumer.recv()
say(message.obj)
"""


@pytest.fixture
def producer() -> Iterator[Producer]:
    with Producer("r", "1MiB") as made:
        yield made


def member(**options: Any) -> Consumer:
    return Consumer("r", "work", **options)


def test_members_share_the_messages_and_each_goes_to_one(producer: Producer) -> None:
    with member() as one, member() as two, Consumer("r", "others") as other, Consumer("r") as alone:
        producer.send_many(range(20))
        shared: list[list[int]] = [[], []]
        for _ in range(10):
            for consumer, got in zip((one, two), shared, strict=True):
                got.append(consumer.recv(5).obj)
        assert sorted(shared[0] + shared[1]) == list(range(20))
        for each in (other, alone):
            assert [each.recv(5).obj for _ in range(20)] == list(range(20))
        assert one.group == "work"
        assert alone.group is None
        assert {group.name: group.members for group in ringmain.stat("r").groups} == {"work": 2, "others": 1}


def test_what_a_killed_member_was_working_on_comes_again(producer: Producer) -> None:
    with member() as survivor, Program(WORKER) as worker:
        assert worker.hear() == "there"
        producer.send("first")
        if (message := survivor.try_recv()) is not None:  # it was ours; the next one is the worker's
            producer.send("second")
            assert worker.hear() == "second"
        else:
            assert worker.hear() == "first"
        expected = "first" if message is None else "second"
        worker.kill()
        again = survivor.recv(5)
        assert (again.obj, again.redelivered) == (expected, True)
        assert survivor.try_recv() is None


def leave_by_exception(consumer: Consumer) -> None:
    with pytest.raises(KeyError), consumer:
        consumer.recv(5)
        raise KeyError


def leave_as_garbage(consumer: Consumer) -> None:
    consumer.recv(5)
    with pytest.warns(ResourceWarning, match="unclosed <ringmain.Consumer"):
        consumer.__del__()


def leave_after_exception_in_message(consumer: Consumer) -> None:
    with pytest.raises(KeyError), consumer, consumer.recv(5):
        raise KeyError


@pytest.mark.parametrize("leave", [leave_by_exception, leave_as_garbage, leave_after_exception_in_message])
@pytest.mark.parametrize("copy", [None, False])
def test_a_message_that_a_member_left_unfinished_comes_again(
    producer: Producer, leave: Callable[[Consumer], None], copy: bool | None
) -> None:
    first = member(copy=copy)
    with member() as second:
        producer.send(LARGE)
        leave(first)
        message = second.recv(5)
        assert (message.array.tolist(), message.redelivered) == (LARGE.tolist(), True)


def close(consumer: Consumer, message: Message) -> None:
    consumer.close()


def leave(consumer: Consumer, message: Message) -> None:
    with consumer:
        pass


def release(consumer: Consumer, message: Message) -> None:
    message.release()
    consumer._close(False)


def leave_message(consumer: Consumer, message: Message) -> None:
    with message:
        pass
    consumer._close(False)


def receive_next(consumer: Consumer, message: Message) -> None:
    assert consumer.try_recv() is None
    consumer._close(False)


@pytest.mark.parametrize("finish", [close, leave, release, leave_message, receive_next])
@pytest.mark.parametrize("obj", ["small", LARGE], ids=["small", "large"])
def test_a_message_that_was_seen_through_doesnt_come_again(
    producer: Producer, finish: Callable[[Consumer, Message], None], obj: Any
) -> None:
    first = member()
    with member() as second:
        producer.send(obj)
        finish(first, first.recv(5))
        assert second.try_recv() is None
        producer.send("next")
        message = second.recv(5)
        assert (message.obj, message.redelivered) == ("next", False)


def test_to_forget_a_message_is_not_to_be_done_with_it(producer: Producer) -> None:
    first = member()
    with member() as second:
        producer.send(LARGE)
        message: Message | None = first.recv(5)
        message = None
        gc.collect()
        assert (message, second.try_recv()) == (None, None)
        first._close(False)
        assert second.recv(5).redelivered


def test_private_copies_of_members_outlive_everything(producer: Producer) -> None:
    with member() as consumer:
        producer.send_many([LARGE, LARGE])
        first, second = consumer.recv(5), consumer.recv(5)
        assert (first.in_place, consumer.borrowed) == (False, 0)
        first.release()  # long done
        assert second.array.tolist() == LARGE.tolist()
    assert second.array.tolist() == LARGE.tolist()


def test_a_member_that_takes_messages_in_place_holds_one_at_a_time(producer: Producer) -> None:
    with member(copy=False) as consumer:
        producer.send_many([LARGE, LARGE + 1, LARGE + 2])
        view = consumer.recv(5).array
        assert consumer.borrowed == 1
        with pytest.raises(BorrowLimit, match=r"one message at a time.*\.copy\(\).*copy=True"):
            consumer.recv(5)
        assert view.tolist() == LARGE.tolist()
        del view
        assert [message.obj[0] for message in consumer.recv_many(5)] == [1]  # it holds one
        assert consumer.recv(5).array[0] == 2


def test_a_member_in_place_keeps_the_message_until_its_views_are_gone(producer: Producer) -> None:
    first = member(copy=False)
    with member() as second:
        producer.send(LARGE)
        view = first.recv(5).array
        first.close()
        assert second.try_recv() is None
        assert view.tolist() == LARGE.tolist()
        del view
        assert second.recv(5).redelivered  # closed with views alive: who knows whether it was done


def test_a_member_of_a_group_goes_on_where_the_group_is(producer: Producer) -> None:
    with member() as first:
        producer.send_many(range(4))
        assert [first.recv(5).obj, first.recv(5).obj] == [0, 1]
        for start in ("oldest", "latest", "last", 0):
            with member(start=start) as later:
                assert later.recv(5).obj in (2, 3)
            producer.send(3)


def test_a_durable_group_keeps_its_place_without_members(producer: Producer) -> None:
    with member(durable=True) as first:
        producer.send_many(["a", "b"])
        assert first.recv(5).obj == "a"
    producer.send("c")
    assert [group.durable for group in ringmain.stat("r").groups] == [True]
    with member() as later:
        assert [later.recv(5).obj, later.recv(5).obj] == ["b", "c"]
    while producer.try_send(LARGE):
        pass
    with pytest.raises(TimeoutError):
        producer.send(LARGE, timeout=0.1)


def test_a_group_that_isnt_durable_is_forgotten_with_its_last_member(producer: Producer) -> None:
    with member():
        producer.send("a")
    producer.send("b")
    with member() as later:
        assert later.try_recv() is None


def test_only_a_group_is_durable(producer: Producer) -> None:
    with pytest.raises(ValueError, match="durable"):
        Consumer("r", durable=True)


def test_iteration_of_members_finishes_each_message_at_the_next_one(producer: Producer) -> None:
    first = member()
    with member() as second:
        producer.send_many(range(3))
        for message in first:
            if message.obj == 2:
                break
        first._close(False)
        message = second.recv(5)
        assert (message.obj, message.redelivered) == (2, True)


def test_a_group_counts_as_one_consumer(producer: Producer) -> None:
    with member(), member():
        producer.wait_for_consumers(1, 0)
        with pytest.raises(TimeoutError, match="fewer than 2"):
            producer.wait_for_consumers(2, 0.001)
        with Consumer("r"):
            producer.wait_for_consumers(2, 5)
