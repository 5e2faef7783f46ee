"""Pipe when the process at the other end is killed, at any point.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import random
import signal
import threading
from typing import Any

import numpy as np
import pytest
import ringmain
from support import pipe_peers
from support.processes import METHODS, kill, running, until_it_waits

every_method = pytest.mark.parametrize("method", METHODS)
LARGER_THAN_THE_RING = 10_000_000


@contextlib.contextmanager
def _peer(method: str, what: Any, *args: Any) -> Any:
    """This end, and the process that does `what` with the other one."""
    here, there = ringmain.Pipe(capacity="64KiB")
    with here, running(method, what, there, *args) as child:
        there.close()
        yield here, child


@every_method
def test_a_receiver_gets_eoferror_when_the_sender_was_killed(method: str) -> None:
    with _peer(method, pipe_peers.send_one_and_stay, 100) as (here, child):
        assert here.recv().sum() == 100
        threading.Timer(0.1, child.kill).start()
        for call in (here.recv, here.recv_bytes, lambda: here.recv_bytes_into(bytearray(9))):
            with pytest.raises(EOFError):
                call()
        assert here.poll()


@every_method
def test_what_was_sent_before_the_death_is_received(method: str) -> None:
    with _peer(method, pipe_peers.send_one_and_stay, 5000) as (here, child):
        assert here.poll(None)
        kill(child)
        assert here.recv().sum() == 5000
        with pytest.raises(EOFError):
            here.recv()


@every_method
def test_a_sender_gets_brokenpipeerror_when_the_receiver_was_killed_in_recv(method: str) -> None:
    with _peer(method, pipe_peers.receive_one) as (here, child):
        kill(child)
        with pytest.raises(BrokenPipeError):
            here.send(np.zeros(LARGER_THAN_THE_RING, "u1"))


def test_a_sender_that_waits_for_room_gets_brokenpipeerror_when_the_receiver_is_killed() -> None:
    with _peer("fork", pipe_peers.receive_nothing) as (here, child):
        threading.Timer(0.2, child.kill).start()
        with pytest.raises(BrokenPipeError):
            while True:
                here.send(bytes(5000))


def test_poll_is_true_when_the_other_process_is_killed_while_it_waits() -> None:
    with _peer("fork", pipe_peers.receive_nothing) as (here, child):
        assert not here.poll(0.05)
        threading.Timer(0.1, child.kill).start()
        assert here.poll(None)
        with pytest.raises(EOFError):
            here.recv()


@pytest.mark.parametrize("peer", [pipe_peers.receive_for_ever, pipe_peers.poll_for_ever])
def test_who_is_killed_while_it_waits_for_a_message_is_missed(peer: Any) -> None:
    with _peer("fork", peer) as (here, child):
        until_it_waits(child.pid)
        kill(child)
        with pytest.raises(BrokenPipeError):
            here.send(1)
        with pytest.raises(EOFError):
            here.recv()


def test_the_next_process_at_an_end_receives_what_the_killed_one_had_not() -> None:
    here, there = ringmain.Pipe()
    with here, there:
        with running("fork", pipe_peers.receive_one, there) as child:
            here.send("for the first")
            assert here.recv() == "received"
            here.send("for the second")
            kill(child)
        assert there.recv() == "for the second"
        assert not there.poll()


def test_a_message_of_which_its_killed_sender_sent_a_part_is_never_received() -> None:
    here, there = ringmain.Pipe(capacity="64KiB")
    with here, there:
        with running("fork", pipe_peers.send_one_and_stay, there, LARGER_THAN_THE_RING) as child:
            assert here.poll(None)
            until_it_waits(child.pid)
            kill(child)
        there.send("whole")
        assert here.recv() == "whole"


def test_a_receiver_in_the_middle_of_a_message_gets_eoferror_when_its_sender_is_killed() -> None:
    with _peer("fork", pipe_peers.send_one_and_stay, LARGER_THAN_THE_RING) as (here, child):
        assert here.poll(None)
        child.kill()
        with pytest.raises(EOFError):
            here.recv()


def test_a_sender_in_the_middle_of_a_message_gets_brokenpipeerror_when_its_receiver_is_killed() -> None:
    with _peer("fork", pipe_peers.receive_nothing) as (here, child):
        threading.Timer(0.2, child.kill).start()
        with pytest.raises(BrokenPipeError):
            here.send(np.zeros(LARGER_THAN_THE_RING, "u1"))


def test_whatever_the_moment_of_the_kill_only_whole_messages_arrive() -> None:
    moments = random.Random(1)
    received = 0
    for _ in range(30):
        with _peer("fork", pipe_peers.send_for_ever, moments.choice([10, 3000, 200_000])) as (here, child):
            assert here.recv().all()
            threading.Timer(moments.uniform(0, 0.02), child.kill).start()
            with pytest.raises(EOFError):
                while True:
                    array = here.recv()
                    assert array.all()
                    received += 1
    assert received > 30


def test_a_stopped_process_is_not_taken_for_dead() -> None:
    with _peer("fork", pipe_peers.echo) as (here, child):
        here.send(1)
        assert here.recv() == 1
        os.kill(child.pid, signal.SIGSTOP)
        here.send(2)
        assert not here.poll(0.2)
        os.kill(child.pid, signal.SIGCONT)
        assert here.recv() == 2
