"""What children do with a ring: functions that every start method finds. Rings are named by their path.

SPDX-License-Identifier: MIT
"""

import multiprocessing
import pickle
from typing import Any

import numpy as np
import ringmain


def frame(number: int, size: int) -> np.ndarray[Any, Any]:
    """An array that tells whether it is whole: its first element is its number, the others follow from it."""
    return (np.arange(size, dtype="u8") * 0x9E3779B97F4A7C15 + number).astype("u8")


def number_of(array: np.ndarray[Any, Any]) -> int:
    """The number of the frame. Raises AssertionError if it isn't whole."""
    number = int(array[0])
    assert (array == frame(number, array.size)).all()
    return number


def send_frames(path: str, count: int, size: int) -> None:
    with ringmain.Producer(path, "256KiB") as producer:
        producer.wait_for_consumers()
        for number in range(count):
            producer.send(frame(number, size))


def send_for_ever(path: str, first: int, size: int) -> None:
    producer = ringmain.Producer(path)
    for number in range(first, 1 << 60):
        producer.send(frame(number, size))


def receive_and_count(path: str, results: Any) -> None:
    with ringmain.Consumer(path, wait=60) as consumer:
        results.put([number_of(message.array) for message in consumer])


def receive_pickled(pickled: bytes, results: Any) -> None:
    with pickle.loads(pickled) as consumer:
        results.put([message.obj for message in consumer])


def hold_views(path: str, count: int, told: Any) -> None:
    """Receives `count` messages, holds them for ever, and tells."""
    consumer = ringmain.Consumer(path)
    told.send("attached")
    views = [consumer.recv().array for _ in range(count)]
    told.send([int(view[0]) for view in views])
    multiprocessing.Event().wait()


def check_for_ever(path: str, told: Any) -> None:
    """Tells the number of each message."""
    consumer = ringmain.Consumer(path, wait=60, outlive_producer=True)
    for message in consumer:
        told.send(number_of(message.array))
