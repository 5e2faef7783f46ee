"""What is left of a ring when processes are killed or stopped: everything that was sent, and nothing else.

SPDX-License-Identifier: MIT
"""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ringmain
from support import ring_peers
from support.processes import eventually, kill, running, until_it_waits

SIZE = 1000  # elements of 8 bytes: 32 frames fit into a ring of 256 KiB


def _read_until(reader: Any, number: int) -> int:
    """How many numbers were read until one of `number` or more came."""
    return next(count for count, read in enumerate(iter(reader.recv, None), 1) if read >= number)


def test_who_waits_gets_producerlost_when_the_producer_is_killed_and_all_that_it_had_sent(ring_directory: Path) -> None:
    with running("fork", ring_peers.send_for_ever, str(ring_directory / "ring"), 0, 100_000) as child:
        consumer = ringmain.Consumer("ring", start="oldest", wait=60)
        numbers = [ring_peers.number_of(consumer.recv().array)]
        eventually(lambda: consumer.lag > 0)
        kill(child)
        with pytest.raises(ringmain.ProducerLost), consumer:
            while True:
                numbers.append(ring_peers.number_of(consumer.recv().array))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) > 1
    assert ringmain.gc() == ["ring"]


def test_iteration_does_not_take_a_death_for_an_end(ring_directory: Path) -> None:
    with (
        running("fork", ring_peers.send_for_ever, str(ring_directory / "ring"), 0, SIZE) as child,
        pytest.raises(ringmain.ProducerLost),
        ringmain.Consumer("ring", wait=60) as consumer,
    ):
        for number, _ in enumerate(consumer):
            if number == 100:
                kill(child)
    ringmain.remove("ring")


def test_the_next_producer_takes_the_ring_over_and_consumers_go_on(ring_directory: Path) -> None:
    path = str(ring_directory / "ring")
    with running("fork", ring_peers.send_for_ever, path, 0, SIZE) as child:
        consumer = ringmain.Consumer("ring", wait=60)
        consumer.recv()
        with pytest.raises(ringmain.ProducerExists):
            ringmain.Producer("ring")
        kill(child)
    with ringmain.Producer("ring") as heir, consumer:
        heir.send("from the heir")
        assert any(isinstance(message.obj, str) for message in iter(consumer.recv, None))
        assert ringmain.stat("ring").producers == 2


def test_who_outlives_producers_waits_for_the_next_one(ring_directory: Path) -> None:
    path = str(ring_directory / "ring")
    reader, writer = multiprocessing.Pipe(duplex=False)
    with reader, writer, running("fork", ring_peers.check_for_ever, path, writer):
        for first in (0, 1 << 40, 2 << 40):
            with running("fork", ring_peers.send_for_ever, path, first, SIZE) as producer:
                _read_until(reader, first)
                kill(producer)
    ringmain.remove("ring", force=True)


def test_a_producer_goes_on_when_a_consumer_that_holds_views_is_killed(ring_directory: Path) -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    with ringmain.Producer("ring", "256KiB") as producer, reader, writer:
        with running("fork", ring_peers.hold_views, str(ring_directory / "ring"), 3, writer) as child:
            assert reader.recv() == "attached"
            for number in range(3):
                producer.send(ring_peers.frame(number, SIZE))
            assert reader.recv() == [0, 1, 2]
            while producer.try_send(ring_peers.frame(3, SIZE)):
                pass
            with pytest.raises(TimeoutError):
                producer.send(ring_peers.frame(3, SIZE), timeout=0.1)
            kill(child)
        for number in range(100):
            producer.send(ring_peers.frame(number, SIZE))
        assert ringmain.stat("ring").consumers == []


def test_a_producer_waits_for_a_stopped_consumer_and_loses_nothing(ring_directory: Path) -> None:
    path = str(ring_directory / "ring")
    results: Any = multiprocessing.SimpleQueue()
    with (
        ringmain.Producer(path, "256KiB") as producer,
        running("fork", ring_peers.receive_and_count, path, results) as child,
    ):
        producer.wait_for_consumers()
        os.kill(child.pid, signal.SIGSTOP)
        sent = 0
        while producer.try_send(ring_peers.frame(sent, SIZE)):
            sent += 1
        with pytest.raises(TimeoutError):
            producer.send(ring_peers.frame(sent, SIZE), timeout=0.2)
        assert ringmain.stat("ring").consumers[0].alive
        os.kill(child.pid, signal.SIGCONT)
        producer.send(ring_peers.frame(sent, SIZE))
        producer.close()
        assert results.get() == list(range(sent + 1))
    results.close()


def test_a_stopped_producer_is_not_taken_for_dead(ring_directory: Path) -> None:
    with (
        running("fork", ring_peers.send_for_ever, str(ring_directory / "ring"), 0, SIZE) as child,
        ringmain.Consumer("ring", wait=60) as consumer,
    ):
        consumer.recv()
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            while True:
                consumer.recv(timeout=0.2)
        with pytest.raises(ringmain.ProducerExists):
            ringmain.Producer("ring")
        os.kill(child.pid, signal.SIGCONT)
        consumer.recv()
        kill(child)
    ringmain.remove("ring")


def test_a_consumer_that_is_killed_while_it_sleeps_does_not_hold_up_the_producer(ring_directory: Path) -> None:
    results: Any = multiprocessing.SimpleQueue()
    path = str(ring_directory / "ring")
    with ringmain.Producer(path, "64KiB") as producer:
        with running("fork", ring_peers.receive_and_count, path, results) as child:
            producer.wait_for_consumers()
            until_it_waits(child.pid)
            kill(child)
        for number in range(1000):
            producer.send(np.full(100, number))
    results.close()


def test_members_of_a_group_do_again_what_a_killed_member_had_not_finished(ring_directory: Path) -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    path = str(ring_directory / "ring")

    def work_on_one_for_ever() -> None:
        member = ringmain.Consumer(path, group="workers")
        writer.send("attached")
        writer.send(member.recv().obj)
        multiprocessing.Event().wait()

    with ringmain.Producer(path) as producer, reader, writer, running("fork", work_on_one_for_ever) as child:
        assert reader.recv() == "attached"
        with ringmain.Consumer(path, group="workers") as other:
            for number in range(10):
                producer.send(number)
            begun = reader.recv()
            kill(child)
            producer.close()
            done = {message.obj: message.redelivered for message in other}
    assert sorted(done) == list(range(10))
    assert [number for number, again in done.items() if again] == [begun]


def test_a_hundred_kills_at_random_moments_tear_no_array_and_stop_nobody_else(ring_directory: Path) -> None:
    """A producer and a consumer that checks, both at work: one is killed, and the other, once it was seen to go on."""
    dice = random.Random(3)
    path = str(ring_directory / "ring")
    ringmain.Producer(path, "256KiB", keep=True).close()
    checked = kills = 0
    for first in range(1 << 32, 51 << 32, 1 << 32):
        reader, writer = multiprocessing.Pipe(duplex=False)
        with (
            reader,
            running("fork", ring_peers.check_for_ever, path, writer) as consumer,
            running("fork", ring_peers.send_for_ever, path, first, SIZE) as producer,
        ):
            writer.close()
            _read_until(reader, first)  # from here on both are at work
            checked += _read_until(reader, first + dice.randrange(1, 100))
            if dice.random() < 0.5:
                kill(consumer)
                more = ringmain.stat(path).messages + 100
                while ringmain.stat(path).messages < more:
                    time.sleep(0.001)
                kill(producer)
            else:
                kill(producer)
                with ringmain.Producer(path) as heir:
                    heir.send(ring_peers.frame(first + (1 << 31), SIZE))
                checked += _read_until(reader, first + (1 << 31))
                kill(consumer)
            kills += (consumer.exitcode == -signal.SIGKILL) + (producer.exitcode == -signal.SIGKILL)
    assert kills == 100
    assert checked > 50 * 50
    ringmain.remove(path)
