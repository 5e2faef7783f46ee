"""Rings that overwrite: messages are lost, and counted, but never torn.

SPDX-License-Identifier: MIT
"""

from typing import Any

import numpy as np
import pytest
import ringmain
from ringmain import Consumer, Lapped, Message, Producer
from support.programs import Program

# A writer that laps whoever doesn't hurry: each array holds its number everywhere, and each pickle its own sum.
WRITER = """
import numpy as np
with ringmain.Producer("lossy", "256KiB", policy="overwrite") as producer:
    producer.wait_for_consumers(1)
    say("begins")
    number = 0
    while number < 200_000:
        number += 1
        size = 300 + number * 7919 % 4000
        if number % 5 == 0:
            data = np.full(size, number, "u4")
            producer.send({"number": number, "data": data, "again": number})
        elif number % 5 == 1:
            with producer.claim((size,), "u4") as array:
                array[:] = number
        else:
            producer.send(np.full(size, number, "u4"))
"""


def number_in(obj: Any) -> int:
    """That of a message of WRITER, which must be whole."""
    if isinstance(obj, dict):
        assert obj["number"] == obj["again"]
        number, data = obj["number"], obj["data"]
    else:
        number, data = int(obj[0]), obj
    assert (data == number).all()
    assert len(data) == 300 + number * 7919 % 4000
    return int(number)


@pytest.mark.parametrize("spectator", [False, True])
def test_what_is_received_while_it_is_overwritten_is_whole_and_what_is_lost_is_counted(spectator: bool) -> None:
    with Program(WRITER) as writer, Consumer("lossy", wait=60, spectator=spectator) as consumer:
        with Consumer("lossy"):  # spectators don't count
            assert writer.hear() == "begins"
        last = received = laps = 0
        for message in consumer:
            number = number_in(message.obj)
            assert number == last + 1 + message.lost
            laps += message.lost > 0
            received += 1
            last = number
            if laps < 20 and received % 10 == 0:  # dawdle, until it was overtaken
                tail = ringmain.stat("lossy").tail
                while laps < 20 and last < 100_000 and ringmain.stat("lossy").tail < tail + (512 << 10):
                    pass
            if laps >= 20 and received >= 500:
                break
        assert laps >= 20
        assert consumer.lost == last - received
    ringmain.gc()  # what the killed writer left


def test_a_copy_that_was_overwritten_in_the_midst_is_never_given_out() -> None:
    """The reader copies large messages out of the smallest ring that holds them, as fast as they are overwritten."""
    text = WRITER.replace('"256KiB"', '"64KiB"').replace("% 4000", "% 4000 + 3000")
    with Program(text) as writer, Consumer("lossy", wait=60) as consumer:
        assert writer.hear() == "begins"
        received, last = 0, 0
        for message in consumer:  # until the writer has had enough, who is much faster where the machine is busy
            obj = message.obj
            data = obj["data"] if isinstance(obj, dict) else obj
            number = int(data[0])
            assert (data == number).all()
            assert number > last
            assert message.valid
            received, last = received + 1, number
            if received == 2000:
                break
        assert received >= 50
    ringmain.gc()


@pytest.fixture
def lossy() -> Any:
    with Producer("lossy", "64KiB", policy="overwrite") as producer, Consumer("lossy") as consumer:
        yield producer, consumer


def overrun(producer: Producer, first: int = 0, count: int = 100) -> None:
    for number in range(first, first + count):
        producer.send(np.full(1000, number))


def test_lost_says_how_many_were_missed(lossy: tuple[Producer, Consumer]) -> None:
    producer, consumer = lossy
    overrun(producer)
    messages: list[Message] = list(iter(consumer.try_recv, None))
    assert messages[0].lost == consumer.lost == 100 - len(messages) > 0
    assert [message.array[0] for message in messages] == list(range(100 - len(messages), 100))
    assert {message.lost for message in messages[1:]} == {0}


def test_who_wants_to_know_of_losses_first_gets_an_exception_once() -> None:
    with Producer("lossy", "64KiB", policy="overwrite") as producer, Consumer("lossy", on_loss="raise") as consumer:
        for begin in (0, 100):
            overrun(producer, begin)
            with pytest.raises(Lapped, match="overwritten before they were received") as caught:
                consumer.recv(5)
            messages: list[Message] = list(iter(consumer.try_recv, None))
            assert caught.value.lost == messages[0].lost == 100 - len(messages)
            assert messages[-1].array[0] == begin + 99
        for receive in (lambda: next(consumer), consumer.try_recv, lambda: consumer.recv_many(3)):
            overrun(producer)
            with pytest.raises(Lapped):
                receive()
    with Producer("lossy", "64KiB"), pytest.raises(ValueError, match="on_loss: 'skip' or 'raise', not 'ignore'"):
        Consumer("lossy", on_loss="ignore")  # type: ignore[arg-type]


def test_messages_of_a_ring_that_overwrites_are_private(lossy: tuple[Producer, Consumer]) -> None:
    producer, consumer = lossy
    producer.send(np.arange(1000))
    message = consumer.recv(5)
    array = message.array
    overrun(producer)
    assert (message.in_place, message.valid, consumer.borrowed) == (False, True, 0)
    assert array.tolist() == list(range(1000))


def test_in_place_they_say_when_they_are_not_valid_any_more(lossy: tuple[Producer, Consumer]) -> None:
    producer = lossy[0]
    with Consumer("lossy", copy=False) as consumer:
        producer.send(np.arange(1000))
        producer.send({"a": np.arange(1000)})
        message, pickled = consumer.recv(5), consumer.recv(5)
        array = message.array
        assert (message.in_place, message.valid, consumer.borrowed) == (True, True, 2)
        assert pickled.obj["a"].tolist() == list(range(1000))
        overrun(producer)
        assert not message.valid
        assert array.tolist() != list(range(1000))
        with pytest.raises(ringmain.BadRing, match="overwritten before it was read"):
            _ = pickled.obj
        kept = pickled.copy()
        assert kept.valid  # as a copy of what there was
        message.release()
        del pickled, array
        assert consumer.borrowed == 0
        assert consumer.recv(5).lost > 0


def test_a_spectator_holds_up_nobody() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r", spectator=True) as spectator:
        overrun(producer)
        assert ringmain.stat("r").consumers == []
        message = spectator.recv(5)
        assert message.lost > 0
        assert message.array[0] == message.lost
        with pytest.raises(ValueError, match="spectator"):
            Consumer("r", "group", spectator=True)


def test_who_is_too_slow_is_evicted() -> None:
    with Producer("r", "64KiB", evict_after=0.01) as producer, Consumer("r") as slow:
        producer.send(np.arange(1000))
        assert not slow.recv(5).in_place  # it might be overwritten
        overrun(producer)
        with pytest.raises(ringmain.Evicted):
            for _ in range(100):
                slow.recv(5)
        with Consumer("r") as again:
            producer.send(1)
            assert again.recv(5).obj == 1
    assert ringmain.Evicted.__mro__[1] is ringmain.Error


@pytest.mark.parametrize("policy", ["Wait", "drop", ""])
def test_there_are_two_policies(policy: Any) -> None:
    with pytest.raises(ValueError, match="policy: 'wait' or 'overwrite'"):
        Producer("r", "64KiB", policy=policy)
    assert ringmain.ls() == []


def test_lapped_tells_each_loss_once(lossy: tuple[Producer, Consumer]) -> None:
    producer, _ = lossy
    with Consumer("lossy", on_loss="raise") as consumer:
        told = 0
        for _ in range(3):
            overrun(producer)
            with pytest.raises(ringmain.Lapped) as raised:
                consumer.recv()
            told += raised.value.lost
        assert told == consumer.lost == consumer.recv().lost
        overrun(producer)
        first = consumer.recv_many
        with pytest.raises(ringmain.Lapped):
            first(5)
    assert consumer.lost > told  # after it was closed, too
