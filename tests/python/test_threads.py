"""Handles that several threads share, and threads that outlive the interpreter.

SPDX-License-Identifier: MIT
"""

import subprocess
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest
import ringmain


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """A thread that makes the call, and what came of it."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(call())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def until_it_sleeps(consumer: ringmain.Consumer) -> None:
    while not any(seen.sleeping for seen in ringmain.stat(consumer.name).consumers):
        pass


def test_the_last_message_may_go_while_a_receive_is_under_way_that_close_has_ended() -> None:
    for _ in range(20):
        with ringmain.Producer("ring", "64KiB") as producer:
            consumer = ringmain.Consumer("ring")
            producer.send(bytes(5000))
            held = consumer.recv()
            receiving, received = in_thread(consumer.recv)
            until_it_sleeps(consumer)
            closing, _ = in_thread(consumer.close)
            del held
            receiving.join()
            closing.join()
            assert isinstance(received[0], ValueError)


def test_closing_ends_a_receive_of_many_that_is_copying() -> None:
    with ringmain.Producer("ring", "64MiB") as producer:
        for delay in range(10):
            consumer = ringmain.Consumer("ring", copy=True, start="last")
            producer.send(np.zeros(20_000_000, "u1"))
            producer.send(b"behind it")
            receiving, received = in_thread(lambda c=consumer: c.recv_many(3))  # type: ignore[misc]
            for _ in range(delay * 1000):
                pass
            consumer.close()
            receiving.join()
            assert isinstance(received[0], list | ValueError)


def test_two_threads_receive_whole_messages_from_one_end_of_a_pipe() -> None:
    ours, theirs = ringmain.Pipe(capacity="1MiB")
    with ours, theirs:
        numbers: list[int] = []

        def receive() -> None:
            while True:
                array = ours.recv()
                if array is None:
                    return
                assert (array == array[0]).all()
                numbers.append(int(array[0]))

        receivers = [in_thread(receive) for _ in range(2)]
        for number in range(40):
            theirs.send(np.full(300_000 if number % 2 else 30_000, number))
        for _ in receivers:
            theirs.send(None)
        for thread, outcome in receivers:
            thread.join()
            assert outcome == [None]
        assert sorted(numbers) == list(range(40))


def test_two_threads_that_send_first_share_the_place() -> None:
    for _ in range(20):
        ours, theirs = ringmain.Pipe(capacity="64KiB")
        with ours, theirs:
            senders = [in_thread(lambda end=ours: end.send("from a thread")) for _ in range(3)]  # type: ignore[misc]
            for thread, outcome in senders:
                thread.join()
                assert outcome == [None]
            assert [theirs.recv() for _ in senders] == ["from a thread"] * 3


def test_a_connection_that_another_thread_closes_says_so_as_others_do() -> None:
    ours, theirs = ringmain.Pipe()
    with theirs:
        receiving, received = in_thread(ours.recv)
        threading.Event().wait(0.05)
        ours.close()
        receiving.join()
        assert isinstance(received[0], OSError)


@pytest.mark.parametrize("call", [ringmain.Connection.recv, lambda end: end.poll(None)])
def test_a_connection_that_another_thread_is_about_to_close_is_not_at_its_end(
    call: Callable[[ringmain.Connection], object],
) -> None:
    ours, theirs = ringmain.Pipe()
    with ours, theirs:
        waiting, outcome = in_thread(lambda: call(ours))
        threading.Event().wait(0.05)
        partner, ours._partner = ours._partner, None  # what close() does first
        waiting.join()
        ours._partner = partner
        assert type(outcome[0]) is OSError


def test_a_thread_that_iterates_leaves_the_message_of_another_one_alone() -> None:
    with ringmain.Producer("ring", "1MiB") as producer, ringmain.Consumer("ring") as consumer:
        for number in range(2):
            producer.send(np.full(1000, number))
        first = next(consumer)
        thread, outcome = in_thread(lambda: int(next(consumer).array[0]))
        thread.join()
        assert outcome == [1]
        assert first.array[0] == 0


DAEMONS = """
import threading, time, ringmain
producer = ringmain.Producer("ring", "64KiB")
consumers = [ringmain.Consumer("ring") for _ in range(4)]
def receive(consumer):
    try:
        while True: consumer.recv()
    except EOFError: pass
for consumer in consumers: threading.Thread(target=receive, args=(consumer,), daemon=True).start()
for _ in range(50): producer.send(b"x")
"""


@pytest.mark.parametrize("attempt", range(5))
def test_daemon_threads_that_receive_do_not_spoil_the_end_of_the_program(attempt: int) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", DAEMONS], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
