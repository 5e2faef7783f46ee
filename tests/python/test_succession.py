"""One producer at a time: who comes after whom, and what consumers see of it.

SPDX-License-Identifier: MIT
"""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ringmain
from ringmain import Consumer, Producer, ProducerExists
from support.programs import Program

PRODUCER = """
producer = ringmain.Producer("r", "64KiB")
say("there")
for number in range(int(hear())): producer.send(number)
say("sent")
with producer.claim(1000) as array:
    say("writing")
    hear()
"""


def test_a_second_producer_is_refused_while_the_first_one_lives() -> None:
    with Program(PRODUCER) as other:
        assert other.hear() == "there"
        with pytest.raises(ProducerExists) as caught:
            Producer("r")
        assert isinstance(caught.value, FileExistsError)
        assert caught.value.status == 27  # type: ignore[attr-defined]
    with Producer("s", "64KiB") as producer, Consumer("s") as consumer:
        with pytest.raises(FileExistsError):
            Producer("s", "64KiB")
        producer.send(1)  # undisturbed
        assert consumer.recv(5).obj == 1
    ringmain.gc()


def test_a_producer_killed_in_the_midst_is_followed_by_the_next_one() -> None:
    with Program(PRODUCER) as first:
        first.hear()
        with Consumer("r") as consumer:
            first.say("3")
            assert (first.hear(), first.hear()) == ("sent", "writing")
            first.kill()
            with Producer("r") as second:
                assert (second.capacity, second.position) == (65536, 3 * 64)
                second.send(3)
                assert [consumer.recv(5).obj for _ in range(4)] == [0, 1, 2, 3]
                assert ringmain.stat("r").producers == 2
            with pytest.raises(EOFError):
                consumer.recv(5)


def test_what_nobody_is_in_is_made_anew() -> None:
    with Program(PRODUCER) as first:
        first.hear()
        first.say("3")
        first.hear()
        first.kill()
    with Producer("r", "128KiB") as second, Consumer("r", start="oldest") as consumer:
        assert (second.capacity, second.position, ringmain.stat("r").producers) == (128 << 10, 0, 1)
        assert consumer.try_recv() is None


def test_a_ring_in_use_keeps_its_capacity() -> None:
    first = Producer("r", "64KiB")
    with Consumer("r") as consumer:
        first.send(1)
        first.abandon()
        with pytest.raises(FileExistsError, match="another capacity"):
            Producer("r", "128KiB")
        assert consumer.recv(5).obj == 1
        with pytest.raises(ringmain.ProducerLost):  # whoever was refused hasn't ended the stream
            consumer.recv(5)
        with Producer("r", 65536) as second:
            second.send(2)
            assert consumer.recv(5).obj == 2


def test_a_kept_ring_goes_on_with_the_next_producer() -> None:
    with Producer("r", "64KiB", keep=True) as first:
        first.send_many([1, np.arange(1000)])
        assert first.kept
    assert ringmain.ls() == ["r"]
    assert (ringmain.stat("r").kept, ringmain.stat("r").closed) == (True, False)
    assert ringmain.gc() == []
    with Consumer("r", start="oldest", outlive_producer=True) as consumer:
        assert consumer.recv(5).obj == 1
        with pytest.raises(TimeoutError):
            consumer.recv_many(5) and consumer.recv(0.06)
        with Producer("r") as second:
            assert second.kept
            second.send(2)
            assert consumer.recv(5).obj == 2
    with Producer("r") as third, Consumer("r", start="oldest") as late:
        third.send(3)
        assert [message.obj for message in late.recv_many(8)][-2:] == [2, 3]
    ringmain.remove("r")
    assert ringmain.ls() == []


def test_an_orderly_end_removes_the_ring_and_the_next_one_is_another() -> None:
    with Producer("r", "64KiB") as first, Consumer("r") as consumer:
        first.send(1)
        first.close()
        first.close()
        assert ringmain.ls() == []
        with Producer("r", "64KiB") as second, Consumer("r") as other:
            second.send(2)
            assert other.recv(5).obj == 2
            assert consumer.recv(5).obj == 1
            with pytest.raises(EOFError):
                consumer.recv(5)


@pytest.mark.parametrize(
    "how", ["say('end')", "sys.exit(3)", "raise KeyError('oh')", "os._exit(0)", "producer.abandon()"]
)
def test_how_a_program_ends_is_how_its_stream_ends(how: str) -> None:
    text = f"producer = ringmain.Producer('r', '64KiB')\nsay()\nhear()\nproducer.send(1)\n{how}"
    with Program(text) as program:
        program.hear()
        with Consumer("r") as consumer:
            program.say()
            assert consumer.recv(60).obj == 1
            with pytest.raises(EOFError) as caught:
                consumer.recv(60)
        lost = isinstance(caught.value, ringmain.ProducerLost)
        assert lost == (how in ("os._exit(0)", "producer.abandon()"))
    ringmain.gc()


def test_who_is_forgotten_warns_and_closes() -> None:
    producer, consumer = Producer("r", "64KiB"), Consumer("r")
    producer.send(1)
    with pytest.warns(ResourceWarning, match=r"unclosed <ringmain.Producer of 'r', at 64>"):
        del producer
    assert consumer.recv(5).obj == 1
    with pytest.raises(EOFError):
        consumer.recv(5)
    with pytest.warns(ResourceWarning, match=r"unclosed <ringmain.Consumer of 'r', at 64, lag 0>"):
        del consumer


def test_a_producer_cant_be_pickled_but_a_consumer_finds_its_ring_again() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r", max_borrowed=1, on_loss="raise") as consumer:
        with pytest.raises(TypeError, match="pass its name, and make the Producer where it sends"):
            pickle.dumps(producer)
        with pickle.loads(pickle.dumps(consumer)) as twin:
            producer.send(np.arange(1000))
            assert twin.recv(5).array.tolist() == consumer.recv(5).array.tolist()
            assert (twin.path, twin._options) == (consumer.path, consumer._options)


def test_a_forked_child_has_none_of_it() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        producer.send(np.arange(1000))
        view = consumer.recv(5).array
        child = os.fork()
        if child == 0:
            refused = 0
            for attempt in (lambda: producer.send(1), lambda: consumer.recv(0), consumer.fileno):
                try:
                    attempt()
                except ringmain.LeaseLost as error:
                    refused += isinstance(error, OSError)
            whole = view.tolist() == list(range(1000))
            producer.close()
            consumer.close()
            os._exit(refused if whole else 100)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
        producer.send("still there")
        assert consumer.recv(5).obj == "still there"


def test_the_mode_of_a_ring_is_what_was_asked_for() -> None:
    with Producer("r", "64KiB", mode=0o640) as producer:
        assert Path(producer.path, "ring").stat().st_mode & 0o777 == 0o640
    with Producer("s", "64KiB") as producer:
        assert Path(producer.path, "ring").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("given", [{"policy": "overwrite"}, {"keep": True}, {"capacity": "1MiB"}])
def test_who_asks_for_another_ring_than_the_one_in_use_is_refused(given: dict[str, Any]) -> None:
    first = Producer("ring", "64KiB")
    with Consumer("ring", outlive_producer=True) as consumer:
        first.abandon()
        with pytest.raises(FileExistsError, match=next(iter(given))):
            Producer("ring", **given)
        with Producer("ring") as heir:
            heir.send("goes on")
            assert consumer.recv().obj == "goes on"
