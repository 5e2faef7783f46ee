"""Ctrl-C ends every wait with KeyboardInterrupt, and loses nothing; so do other signals whose handlers raise.

SPDX-License-Identifier: MIT
"""

import math
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ringmain
from support.processes import ends_well, eventually, running, until_it_waits


def _interrupted(call: Callable[[], Any], after: Callable[[], Any]) -> None:
    """In the child: `call` is interrupted by Ctrl-C; `after` says whether all is well after that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        call()
    after()


def _interrupt(call: Callable[[], Any], after: Callable[[], Any], between: Callable[[], Any] = lambda: None) -> None:
    """A forked child waits in `call`, gets SIGINT, then does `after`, while `between` is done here."""
    with running("fork", _interrupted, call, after) as child:
        until_it_waits(child.pid)
        os.kill(child.pid, signal.SIGINT)
        between()
        assert ends_well(child)


def test_ctrl_c_ends_recv_and_the_next_one_gets_the_message() -> None:
    held: list[ringmain.Consumer] = []

    def receive() -> None:
        held.append(ringmain.Consumer("ring"))
        held[0].recv()

    def receive_again() -> None:
        with held.pop() as consumer:
            assert consumer.recv().obj == "after"
            assert [message.obj for message in consumer] == ["more"]

    with ringmain.Producer("ring", "64KiB") as producer:

        def send() -> None:
            producer.send("after")
            producer.send("more")
            producer.close()

        _interrupt(receive, receive_again, send)


def test_ctrl_c_ends_iteration_and_the_next_one_goes_on() -> None:
    consumers: list[ringmain.Consumer] = []

    def iterate() -> None:
        consumers.append(ringmain.Consumer("ring", start="oldest"))
        for message in consumers[0]:
            assert message.obj == "before"

    def iterate_again() -> None:
        with consumers.pop() as consumer:
            assert [message.obj for message in consumer] == ["after"]

    with ringmain.Producer("ring", "64KiB") as producer:
        producer.send("before")

        def send() -> None:
            producer.send("after")
            producer.close()

        _interrupt(iterate, iterate_again, send)


def test_ctrl_c_ends_a_send_that_waits_for_room_and_nothing_was_sent() -> None:
    producers: list[ringmain.Producer] = []

    def send() -> None:
        producers.append(ringmain.Producer("ring", "64KiB"))
        producers[0].wait_for_consumers()
        for number in range(1_000_000):
            producers[0].send(np.full(1000, number))

    def send_again() -> None:
        with producers.pop() as producer:
            producer.send(np.full(1000, -1))

    def receive() -> None:
        numbers = [int(message.array[0]) for message in consumer]
        assert numbers == [*range(len(numbers) - 1), -1]

    with running("fork", _interrupted, send, send_again) as child:
        with ringmain.Consumer("ring", wait=60) as consumer:
            eventually(lambda: ringmain.stat("ring").messages >= 4)
            until_it_waits(child.pid)
            os.kill(child.pid, signal.SIGINT)
            receive()
        assert ends_well(child)


@pytest.mark.parametrize("wait", ["consumers", "batch", "claim", "ring"])
def test_ctrl_c_ends_every_other_wait(wait: str, ring_directory: Path) -> None:
    handles: list[Any] = []

    def call() -> None:
        if wait == "ring":
            ringmain.Consumer("nowhere", wait=math.inf)
        handles.append(ringmain.Producer("ring", "64KiB"))
        if wait == "consumers":
            handles[0].wait_for_consumers()
        handles.append(ringmain.Consumer("ring"))
        while True:
            if wait == "batch":
                handles[0].send_many([bytes(10_000)])
            handles[0].claim_bytes(10_000).commit()

    def after() -> None:
        for handle in handles:
            handle.close()

    _interrupt(call, after)


@pytest.mark.parametrize("call", ["recv", "recv_bytes", "poll"])
def test_ctrl_c_ends_the_waits_of_a_pipe_and_the_next_recv_gets_the_message(call: str) -> None:
    here, there = ringmain.Pipe()

    def receive() -> Any:
        return here.poll(None) if call == "poll" else getattr(here, call)()

    def receive_again() -> None:
        assert here.recv() == "after"

    with here, there:
        _interrupt(receive, receive_again, lambda: there.send("after"))


def test_ctrl_c_in_the_middle_of_a_large_message_leaves_a_pipe_in_use() -> None:
    here, there = ringmain.Pipe(capacity="64KiB")

    def receive() -> None:
        assert here.recv() == "after"

    with here, there:
        _interrupt(lambda: there.send(bytes(10_000_000)), lambda: there.send("after"), receive)


def test_ctrl_c_while_a_large_message_is_received_loses_no_part_of_it() -> None:
    here, there = ringmain.Pipe(capacity="64KiB")
    with here, running("fork", there.send, np.full(1_000_000, 2, "u1")) as sender:
        there.close()
        assert here.poll(None)
        os.kill(sender.pid, signal.SIGSTOP)
        main = threading.get_ident()
        timer = threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            here.recv()
        timer.join()
        os.kill(sender.pid, signal.SIGCONT)
        assert here.recv().sum() == 2_000_000
        assert ends_well(sender)


def test_a_handler_that_raises_something_else_ends_the_wait_with_that() -> None:
    class AlarmError(Exception):
        pass

    def raise_alarm(*_: object) -> None:
        raise AlarmError

    before = signal.signal(signal.SIGALRM, raise_alarm)
    try:
        with ringmain.Producer("ring") as producer, ringmain.Consumer("ring") as consumer:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(AlarmError):
                consumer.recv()
            producer.send(1)
            assert consumer.recv().obj == 1
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_handler_that_returns_does_not_end_the_wait() -> None:
    calls = 0

    def send_the_third_time(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            producer.send("from the handler")

    before = signal.signal(signal.SIGALRM, send_the_third_time)
    try:
        with ringmain.Producer("ring") as producer, ringmain.Consumer("ring") as consumer:
            signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
            assert consumer.recv().obj == "from the handler"
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert calls >= 3
