"""Pipe with select, poll, selectors and connection.wait: its descriptor is readable as long as poll() is true.

SPDX-License-Identifier: MIT
"""

import multiprocessing
import random
import select
import selectors
import threading
from multiprocessing import connection
from typing import Any

import numpy as np
import pytest
import ringmain
from support import pipe_peers
from support.processes import kill, running

wait: Any = connection.wait  # whose types know its own connections only


def _readable(end: ringmain.Connection) -> bool:
    """As a new poll has it, at once."""
    poll = select.poll()
    poll.register(end, select.POLLIN)
    return bool(poll.poll(0))


def test_wait_tells_ready_pipes_of_both_kinds_from_idle_ones() -> None:
    ours = [ringmain.Pipe() for _ in range(3)]
    theirs = [multiprocessing.Pipe() for _ in range(3)]
    pipes: list[Any] = [*ours, *theirs]
    receivers = [pipe[0] for pipe in pipes]
    assert wait(receivers, 0) == []
    for ready in ([0], [3], [1, 4], [0, 1, 2, 3, 4, 5]):
        for index in ready:
            pipes[index][1].send(index)
        assert set(wait(receivers)) == {receivers[index] for index in ready}
        assert [receivers[index].recv() for index in ready] == ready
        assert wait(receivers, 0) == []
    for pipe in pipes:
        pipe[1].close()
    assert set(wait(receivers)) == set(receivers)
    for receiver in receivers:
        receiver.close()


def test_wait_is_woken_by_whichever_process_sends() -> None:
    pipes = [ringmain.Pipe() for _ in range(4)]
    received = 0
    for here, there in pipes:
        with running("fork", pipe_peers.echo, there) as child:
            here.send(received)
            assert wait([one for one, _ in pipes]) == [here]
            received += here.recv() == received
            kill(child)
    for here, there in pipes:
        here.close()
        there.close()
    assert received == 4


def test_wait_sees_that_the_other_process_was_killed() -> None:
    here, there = ringmain.Pipe()
    with here, running("fork", pipe_peers.receive_nothing, there) as child:
        there.close()
        assert wait([here], 0) == []
        threading.Timer(0.1, child.kill).start()
        assert wait([here]) == [here]
        with pytest.raises(EOFError):
            here.recv()


def test_the_descriptor_stays_the_same() -> None:
    here, there = ringmain.Pipe()
    with here, there:
        first = here.fileno()
        for number in range(100):
            there.send(number)
            assert here.fileno() == first
            assert here.recv() == number


def test_a_persistent_selector_is_level_triggered_through_thousands_of_random_steps() -> None:
    """Readable without end while there is something, and not once in vain: asked after every step."""
    here, there = ringmain.Pipe(capacity="64KiB")
    dice = random.Random(2)
    waiting: list[int] = []
    sent = 0
    with here, there, selectors.DefaultSelector() as selector:
        selector.register(here, selectors.EVENT_READ)
        for _ in range(5000):
            step = dice.random()
            if step < 0.45 and len(waiting) < 50:
                there.send(sent) if dice.random() < 0.8 else there.send(np.full(300, sent))
                waiting.append(sent)
                sent += 1
            elif step < 0.85 and waiting:
                assert np.all(here.recv() == waiting.pop(0))
            elif step < 0.95:
                assert here.poll() == bool(waiting)
            else:
                while waiting:
                    assert np.all(here.recv() == waiting.pop(0))
            for _ in range(2):
                assert bool(selector.select(0)) == bool(waiting)
    assert sent > 1000


def test_a_selector_that_was_woken_in_vain_is_quiet_once_poll_was_asked() -> None:
    """A sender in another process may ring for what was received already: no more than once for each message."""
    here, there = ringmain.Pipe()
    with here, running("fork", pipe_peers.echo, there) as child, selectors.DefaultSelector() as selector:
        there.close()
        selector.register(here, selectors.EVENT_READ)
        in_vain = 0
        for number in range(2000):
            here.send(number)
            assert selector.select()
            while not here.poll():
                in_vain += 1
                assert selector.select()
            assert here.recv() == number
        assert in_vain <= 2000
        while selector.select(0.2):
            assert not here.poll()
            in_vain += 1
        assert in_vain <= 2000
        kill(child)
        assert selector.select()
        assert here.poll()


def test_poll_alone_does_not_silence_the_descriptor() -> None:
    here, there = ringmain.Pipe()
    with here, there:
        assert not _readable(here)
        there.send(1)
        for _ in range(3):
            assert here.poll()
            assert _readable(here)
        assert here.recv() == 1
        assert not _readable(here)
        there.close()
        for _ in range(3):
            assert _readable(here)
            assert here.poll()


def test_a_message_larger_than_the_ring_comes_through_a_selector() -> None:
    here, there = ringmain.Pipe(capacity="64KiB")
    with here, there, selectors.DefaultSelector() as selector:
        selector.register(here, selectors.EVENT_READ)
        for size in (1_000_000, 3_000_000):
            thread = threading.Thread(target=there.send, args=(np.ones(size, "u1"),))
            thread.start()
            assert selector.select()
            assert here.recv().sum() == size
            thread.join()
            assert selector.select(0) == []
