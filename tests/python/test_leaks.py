"""Whatever is done over and over leaves nothing: no object, block, reference, descriptor, mapping, or page of memory.

SPDX-License-Identifier: MIT
"""

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ringmain
from ringmain import Consumer, Producer

LARGE = np.zeros(5000, "u1")
SMALL = np.zeros(50, "f4")
WITHIN = {"a": LARGE, "b": [1, "x"]}
BATCH = [LARGE, b"x", 1.5, "text"]


@pytest.fixture
def pair() -> Iterator[tuple[Producer, Consumer]]:
    with Producer("pair", "1MiB") as producer, Consumer("pair") as consumer:
        yield producer, consumer


@dataclass
class Held:
    """What this process has, in numbers."""

    blocks: int
    objects: int
    pages: int
    descriptors: int
    mappings: int
    references: list[int]

    @classmethod
    def now(cls, watched: list[Any]) -> "Held":
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        mappings = Path("/proc/self/maps").read_text().count("\n")
        references = [sys.getrefcount(each) for each in watched]
        descriptors = len(os.listdir("/proc/self/fd"))
        return cls(sys.getallocatedblocks(), len(gc.get_objects()), pages, descriptors, mappings, references)


def assert_flat(cycle: Callable[[], object], watched: list[Any], cycles: int = 10_000) -> None:
    for _ in range(cycles // 10):  # what is remembered, is remembered by now
        cycle()
    before = Held.now(watched)
    for _ in range(cycles):
        cycle()
    after = Held.now(watched)
    slack = cycles // 4  # less than one a cycle
    assert after.blocks - before.blocks < slack
    assert after.objects - before.objects < slack
    assert after.pages - before.pages < 500  # 2 MiB
    assert after.descriptors == before.descriptors
    assert after.mappings - before.mappings < 5  # the allocator has some
    for one, other in zip(before.references, after.references, strict=True):
        assert abs(other - one) < slack


def watched_by(pair: tuple[Producer, Consumer], *objects: object) -> list[Any]:
    return [*pair, None, True, Producer, Consumer, ringmain.Message, ringmain.Claim, np.ndarray, *objects]


@pytest.mark.parametrize(
    "obj",
    [
        b"small",
        b"x" * 5000,
        "text",
        5,
        2**80,
        1.5,
        None,
        True,
        SMALL,
        LARGE,
        LARGE[::2],
        np.zeros(900, "M8[s]"),
        WITHIN,
    ],
    ids=lambda obj: f"{type(obj).__name__}-{getattr(obj, 'nbytes', '')}",
)
def test_sending_and_receiving_leaves_nothing(pair: tuple[Producer, Consumer], obj: Any) -> None:
    producer, consumer = pair

    def cycle() -> None:
        producer.send(obj)
        with consumer.recv(5) as message:
            assert message.obj is not message
            memoryview(bytes(message)).release()

    extra = [obj.dtype] if isinstance(obj, np.ndarray) else []
    assert_flat(cycle, watched_by(pair, obj, *extra), 5000)


def test_views_and_copies_leave_nothing(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair

    def cycle() -> None:
        producer.send(LARGE)
        message: Any = consumer.recv(5)
        views = [message.array, memoryview(message), np.from_dlpack(message), np.frombuffer(message, "u1")]
        copy = message.copy()
        message.release()
        assert copy.array[0] == views[0][0] == 0

    assert_flat(cycle, watched_by(pair, LARGE, LARGE.dtype))


def test_batches_and_iteration_leave_nothing(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair

    def cycle() -> None:
        producer.send_many(BATCH)
        assert len(consumer.recv_many(2)) == 2
        assert next(consumer).obj == 1.5
        assert next(consumer).obj == "text"

    assert_flat(cycle, watched_by(pair, *BATCH))


def test_claims_leave_nothing(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair

    def cycle() -> None:
        with producer.claim((10, 20), "f4") as array:
            array[:] = 1
        with producer.claim_bytes(3000) as view:
            view[:3] = b"abc"
        producer.claim(5).abort()
        with contextlib.suppress(KeyError), producer.claim((3, 4), "f8", order="F"):
            raise KeyError
        producer.claim(7)  # dropped
        assert len(consumer.recv_many(5)) == 2
        assert consumer.try_recv() is None

    assert_flat(cycle, watched_by(pair, np.dtype("f4"), np.dtype("f8")))


class Unpicklable:
    def __reduce__(self) -> str:
        raise KeyError


def test_errors_leave_nothing(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    unpicklable, large, strided = Unpicklable(), bytes(2 << 20), memoryview(bytes(9))[::2]
    attempts: list[Callable[[], object]] = [
        lambda: consumer.recv(0),
        lambda: consumer.recv(1e-6),
        lambda: producer.send(unpicklable),
        lambda: producer.send(large),
        lambda: producer.send(strided),
        lambda: producer.send("x", type=1),
        lambda: producer.send(b"x", type=0xFF00),
        lambda: producer.send_many([WITHIN, unpicklable]),
        lambda: producer.send_many([large]),
        lambda: producer.claim(-1),
        lambda: producer.claim(2**40),
        lambda: producer.claim(3, object),
        lambda: Consumer("nobody"),
        lambda: Consumer("no/such/ring"),
        lambda: Consumer("pair", start="nonsense"),  # type: ignore[arg-type]
        lambda: Producer("pair"),
        lambda: Producer("bad name"),
        lambda: ringmain.stat("nobody"),
    ]

    def is_refused(attempt: Callable[[], object]) -> bool:  # pytest.raises() keeps a little itself, on Python 3.13
        try:
            attempt()
        except (OSError, ValueError, TypeError, BufferError, KeyError):
            return True
        return False

    def cycle() -> None:
        assert all(is_refused(attempt) for attempt in attempts)
        producer.send(LARGE)
        message = consumer.recv()
        message.release()
        assert is_refused(lambda: message.obj)

    assert_flat(cycle, watched_by(pair, unpicklable, WITHIN), 500)


def test_coming_and_going_leaves_nothing() -> None:
    def cycle() -> None:
        producer = Producer("short", "64KiB")
        consumers = [Consumer("short"), Consumer("short", "group"), Consumer("short", spectator=True)]
        producer.send(LARGE)
        views = [consumer.recv(5).obj for consumer in consumers]
        for consumer in consumers:
            consumer.close()
        producer.close()
        assert all(view.tobytes() == LARGE.tobytes() for view in views)

    assert_flat(cycle, [None, Producer, Consumer, ringmain.Message], 300)


def test_rings_that_are_closed_but_not_forgotten_hold_nothing() -> None:
    kept: list[object] = []
    before = Held.now([])
    for _ in range(50):
        with Producer("kept", "1MiB") as producer, Consumer("kept") as consumer:
            claim = producer.claim(100)
            claim.commit()
            kept += [producer, consumer, claim, consumer.recv(5).copy()]
    after = Held.now([])
    assert (after.descriptors, ringmain.ls()) == (before.descriptors, [])
    assert after.mappings - before.mappings < 10
    assert len(kept) == 200
