"""Pipe between processes: every start method, and ends that change hands.

SPDX-License-Identifier: MIT
"""

import multiprocessing
import os
import select
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
import ringmain
from support import pipe_peers
from support.processes import METHODS, ends_well, running

every_method = pytest.mark.parametrize("method", METHODS)


@every_method
def test_a_child_answers_through_the_end_that_it_was_given(method: str) -> None:
    here, there = ringmain.Pipe(capacity="64KiB")
    with here, running(method, pipe_peers.echo, there) as child:
        there.close()
        for obj in (1, "ä", np.arange(1000), {"big": np.ones(300_000)}, b"x" * 100_000):
            here.send(obj)
            np.testing.assert_equal(here.recv(), obj)
        here.send(None)
        assert ends_well(child)


@every_method
def test_the_other_end_is_gone_when_both_processes_that_held_it_have_closed_it(method: str) -> None:
    here, there = ringmain.Pipe()
    with here, running(method, pipe_peers.echo, there) as child:
        here.send(1)
        assert here.recv() == 1
        child.kill()
        child.join()
        assert not here.poll(0.1)
        there.close()
        assert here.poll()
        with pytest.raises(EOFError):
            here.recv()


@every_method
def test_an_end_can_be_sent_through_an_end(method: str) -> None:
    way, there = ringmain.Pipe()
    here, passed = ringmain.Pipe()
    with way, here, running(method, pipe_peers.pass_on, there) as child:
        there.close()
        way.send(passed)
        assert here.recv() == "hello"
        passed.close()
        here.send("bye")
        assert ends_well(child)
        with pytest.raises(EOFError):
            here.recv()


@every_method
def test_an_end_can_be_sent_through_a_queue(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    queue = context.Queue()
    here, passed = ringmain.Pipe()
    with here, running(method, pipe_peers.pass_on_from_queue, queue) as child:
        queue.put(passed)
        assert here.recv() == "hello"
        passed.close()
        here.send("bye")
        assert ends_well(child)
    queue.close()
    queue.join_thread()


def test_an_end_can_be_sent_through_an_ordinary_connection() -> None:
    way, there = multiprocessing.Pipe()
    here, passed = ringmain.Pipe()
    with way, here, running("fork", pipe_peers.pass_on, there) as child:
        there.close()
        way.send(passed)
        assert here.recv() == "hello"
        passed.close()
        here.send("bye")
        assert ends_well(child)


def test_an_ordinary_connection_can_be_sent_through_an_end() -> None:
    here, there = ringmain.Pipe()
    reader, writer = multiprocessing.Pipe(duplex=False)
    with here, there, reader, writer:
        here.send(writer)
        with there.recv() as received:
            received.send(1)
        assert reader.recv() == 1


@every_method
def test_an_end_that_was_in_use_is_handed_on_with_what_waits_in_it(method: str) -> None:
    here, there = ringmain.Pipe()
    with here:
        for number in range(5):
            here.send(number)
        assert [there.recv() for _ in range(2)] == [0, 1]
        there.send("from the first holder")
        child_reads, tell = multiprocessing.Pipe(duplex=False)
        with child_reads, tell, running(method, pipe_peers.echo_when_told, child_reads, there) as child:
            there.close()
            tell.send("the place is free")
            assert [here.recv() for _ in range(4)] == ["from the first holder", 2, 3, 4]
            here.send("more")
            assert here.recv() == "more"
            here.send(None)
            assert ends_well(child)


def test_an_end_can_go_through_many_processes_one_after_the_other() -> None:
    here, there = ringmain.Pipe()

    def answer_one() -> None:
        there.send(there.recv() + 1)

    with here, there:
        for number in range(10):
            with running("fork", answer_one) as child:
                here.send(number)
                assert here.recv() == number + 1
                assert ends_well(child)


def test_a_second_process_can_not_send_while_the_first_one_has_the_place() -> None:
    here, there = ringmain.Pipe()

    def try_to_send() -> None:
        with pytest.raises(ringmain.ProducerExists):
            here.send("mine")

    with here, there:
        here.send("first")
        with running("fork", try_to_send) as child:
            assert ends_well(child)
        here.send("second")
        assert [there.recv(), there.recv()] == ["first", "second"]


def test_two_processes_that_receive_from_an_end_share_what_comes() -> None:
    here, there = ringmain.Pipe()
    results: Any = multiprocessing.SimpleQueue()

    def receive() -> None:
        results.put(list(iter(there.recv, None)))

    with here, there, running("fork", receive) as one, running("fork", receive) as other:
        for number in range(500):
            here.send(number)
        here.send(None)
        here.send(None)
        assert sorted(results.get() + results.get()) == list(range(500))
        assert ends_well(one)
        assert ends_well(other)
    results.close()


def test_a_forked_child_leaves_what_its_parent_uses_alone() -> None:
    here, there = ringmain.Pipe()

    def close_both() -> None:
        here.close()
        there.close()

    with here, there:
        here.send(1)
        assert there.poll()
        assert here.fileno() != there.fileno()
        with running("fork", close_both) as child:
            assert ends_well(child)
        here.send(2)
        assert [there.recv(), there.recv()] == [1, 2]
        assert not here.poll()
        there.send(3)
        assert select.select([here], [], [])[0] == [here]
        assert here.recv() == 3


def test_a_program_that_was_executed_uses_an_end_by_its_descriptors() -> None:
    here, there = ringmain.Pipe()
    receives, sends, partner = there._receives, there._sends, there._partner
    assert receives and sends and partner
    descriptors = [partner.fileno(), *receives, *sends]
    program = (
        "import socket, sys, ringmain; a, b, c, d, e = map(int, sys.argv[1:])\n"
        "end = ringmain.Connection(socket.socket(fileno=a), receives=(b, c), sends=(d, e))\n"
        "with end: end.send(end.recv() * 2)"
    )
    with here:
        command = [sys.executable, "-c", program, *map(str, descriptors)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with subprocess.Popen(command, pass_fds=descriptors, env=environment) as child:
            there.close()
            here.send(21)
            assert here.recv() == 42
            assert child.wait() == 0


def test_threads_share_an_end_and_no_message_is_lost_or_torn() -> None:
    here, there = ringmain.Pipe(capacity="64KiB")
    received: list[Any] = []

    def send(sender: int) -> None:
        for number in range(200):
            here.send(np.full(1 + number * 7919 % 20_000, sender * 1000 + number))

    def receive() -> None:
        for _ in range(200):
            received.append(there.recv())

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(3)]
    threads += [threading.Thread(target=receive) for _ in range(3)]
    with here, there:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all((array == array[0]).all() for array in received)
    assert sorted(int(array[0]) for array in received) == [s * 1000 + n for s in range(3) for n in range(200)]


def test_both_ends_send_at_once_more_than_fits_while_their_threads_receive() -> None:
    here, there = ringmain.Pipe(capacity="64KiB")
    sums = []

    def talk(end: ringmain.Connection) -> None:
        def send() -> None:
            for _ in range(20):
                end.send(np.ones(50_000))

        sender = threading.Thread(target=send)
        sender.start()
        sums.append(sum(end.recv().sum() for _ in range(20)))
        sender.join()

    threads = [threading.Thread(target=talk, args=(end,)) for end in (here, there)]
    with here, there:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sums == [1_000_000, 1_000_000]
