"""What children do with an end of a Pipe: functions that every start method finds.

SPDX-License-Identifier: MIT
"""

import multiprocessing
from typing import Any

import numpy as np
import ringmain


def echo(end: ringmain.Connection) -> None:
    """Sends back what comes, until None: a forked child has the other end, too, so it would never see EOFError."""
    with end:
        while (obj := end.recv()) is not None:
            end.send(obj)


def echo_when_told(told: Any, end: ringmain.Connection) -> None:
    told.recv()
    echo(end)


def receive_for_ever(end: ringmain.Connection) -> None:
    while True:
        end.recv()


def receive_one(end: ringmain.Connection) -> None:
    end.recv()
    end.send("received")
    receive_nothing(end)


def receive_nothing(end: ringmain.Connection) -> None:
    end.fileno()  # which takes the place of the receiver
    multiprocessing.Event().wait()


def poll_for_ever(end: ringmain.Connection) -> None:
    while not end.poll(0.05):
        pass
    receive_nothing(end)


def send_for_ever(end: ringmain.Connection, size: int) -> None:
    message = np.ones(size, "u1")
    while True:
        end.send(message)


def send_one_and_stay(end: ringmain.Connection, size: int) -> None:
    end.send(np.ones(size, "u1"))
    multiprocessing.Event().wait()


def pass_on(way: Any) -> None:
    """Receives an end through `way` (a connection, a queue's reader), and greets through it."""
    with way.recv() as end:
        end.send("hello")
        end.recv()


def pass_on_from_queue(queue: Any) -> None:
    with queue.get() as end:
        end.send("hello")
        end.recv()
