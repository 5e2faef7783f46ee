"""Rings by name and path, seen from outside; sizes; and errors, which are the builtin ones wherever there are such.

SPDX-License-Identifier: MIT
"""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ringmain
from hypothesis import given
from hypothesis import strategies as st
from ringmain import Consumer, MessageTooLarge, Producer
from ringmain._sizes import in_bytes


@pytest.mark.parametrize(
    ("capacity", "expected"),
    [
        (1, 1 << 16),
        (65536, 1 << 16),
        (65537, 1 << 17),
        ("64KiB", 1 << 16),
        ("100000", 1 << 17),
        (" 1.5 mib ", 1 << 21),
        ("1MB", 1 << 20),
        ("1M", 1 << 20),
        ("0.25mi", 1 << 18),
        ("128 K", 1 << 17),
        ("128Ki", 1 << 17),
        (".1MiB", 1 << 17),
    ],
)
def test_a_capacity_is_rounded_up(capacity: int | str, expected: int) -> None:
    with Producer("r", capacity) as producer, Consumer("r") as consumer:
        assert producer.capacity == consumer.capacity == ringmain.stat("r").capacity == expected
        assert producer.max_message == expected // 2 - 16


@pytest.mark.timeout(600)
@given(st.integers(1, 2**46))
def test_a_capacity_is_the_next_power_of_two(size: int) -> None:
    capacity = in_bytes(size)
    assert capacity >= max(size, 65536)
    assert capacity & (capacity - 1) == 0
    assert capacity < 2 * size or capacity == 65536
    assert in_bytes(str(size)) == in_bytes(f"{size} B") == capacity


@pytest.mark.parametrize(
    "capacity", [0, -1, "0", "", "MiB", "64 elephants", "-1MiB", "1e6", "1KiBB", 2**46 + 1, "65TiB", "1,5MB"]
)
def test_no_capacity_is_refused(capacity: Any) -> None:
    with pytest.raises(ValueError, match="capacity"):
        Producer("r", capacity)
    assert ringmain.ls() == []


def test_the_default_capacity_is_64_mib() -> None:
    with Producer("r") as producer:
        assert producer.capacity == 64 << 20


def test_the_ring_that_is_named_too_small_names_one_that_suffices() -> None:
    array = np.zeros(100_000, "u1")
    with Producer("r", "64KiB") as producer:
        for attempt in (
            lambda: producer.send(array),
            lambda: producer.claim(100_000),
            lambda: producer.try_send(array),
        ):
            with pytest.raises(MessageTooLarge, match="half") as caught:
                attempt()
            assert isinstance(caught.value, ValueError)
            needed = int(str(caught.value).split()[-1])
    with Producer("r", needed) as producer, Consumer("r") as consumer:
        producer.send(array)
        assert consumer.recv(5).array.nbytes == 100_000
    with Producer("r", needed // 2) as producer, pytest.raises(MessageTooLarge):
        producer.send(array)


def test_the_largest_message_is_as_said() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        producer.send(b"x" * producer.max_message)
        assert consumer.recv(5).nbytes == 32768 - 16
        with pytest.raises(MessageTooLarge):
            producer.send(b"x" * (producer.max_message + 1))


@pytest.mark.parametrize(
    "make", [lambda path: path, str, lambda path: f"{path}.ring", lambda path: Path(f"{path}.ring")]
)
def test_a_path_is_a_ring_in_that_directory(make: Any) -> None:
    directory = Path(os.environ["RINGMAIN_DIR"]) / "deeper"
    directory.mkdir()
    name = make(directory / "cam")
    with Producer(name, "64KiB") as producer, Consumer(name) as consumer:
        producer.send(1)
        assert consumer.recv(5).obj == 1
        assert producer.path == consumer.path == str(directory / "cam.ring")
        assert (producer.name, consumer.name) == ("cam", "cam")
        assert (ringmain.ls(), ringmain.ls(directory), ringmain.ls(str(directory))) == ([], ["cam"], ["cam"])
        assert ringmain.stat(name).name == "cam"
    directory.rmdir()


def test_a_relative_path_counts_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(os.environ["RINGMAIN_DIR"])
    with Producer("./here", "64KiB") as producer, Consumer("here") as consumer:
        producer.send(1)
        assert consumer.recv(5).obj == 1


@pytest.mark.parametrize("name", ["", "with space", "-dash", ".hidden", "ä", "x" * 129, "a\0b", "a\nb"])
def test_a_bad_name_is_a_value_error(name: str) -> None:
    for attempt in (lambda: Producer(name, "64KiB"), lambda: Consumer(name), lambda: ringmain.stat(name)):
        with pytest.raises(ValueError):
            attempt()
    with Producer("r", "64KiB"), pytest.raises(ValueError):
        Consumer("r", name or "with space")


@pytest.mark.parametrize("name", [5, None, b"bytes"])
def test_a_name_is_text_or_a_path(name: Any) -> None:
    for make in (Producer, Consumer, ringmain.stat):
        with pytest.raises(TypeError):
            make(name)


def test_nothing_is_there_says_file_not_found() -> None:
    for attempt in (ringmain.stat, ringmain.remove, Consumer):
        with pytest.raises(FileNotFoundError, match="nobody"):
            attempt("nobody")
        with pytest.raises(FileNotFoundError):
            attempt("/no/such/directory/r")
    with pytest.raises(FileNotFoundError):
        Producer("/no/such/directory/r", "64KiB")


def test_what_is_no_ring_says_so(ring_directory: Path) -> None:
    (ring_directory / "r.ring").mkdir()
    for file in ("ring", "consumers"):
        (ring_directory / "r.ring" / file).write_bytes(b"nonsense" * 10_000)
    for attempt in (ringmain.stat, Consumer):
        with pytest.raises(ringmain.BadRing) as caught:
            attempt("r")
        assert isinstance(caught.value, OSError)
        assert caught.value.status == 40  # type: ignore[attr-defined]
    assert ringmain.gc() == []
    for file in ("ring", "consumers"):
        (ring_directory / "r.ring" / file).unlink()
    (ring_directory / "r.ring").rmdir()


def test_too_little_memory_says_how_much() -> None:
    with pytest.raises(OSError, match=r"(?i)bytes|GiB|TiB") as caught:
        Producer("huge", "32TiB")
    assert caught.value.errno == 28
    assert ringmain.ls() == []


def test_ls_is_sorted_and_gc_takes_what_is_dead() -> None:
    alive, kept, dead = Producer("b", "64KiB"), Producer("a", "64KiB", keep=True), Producer("c", "64KiB")
    kept.close()
    dead.abandon()
    assert ringmain.ls() == ["a", "b", "c"]
    assert ringmain.gc(dry_run=True) == ["c"]
    assert ringmain.ls() == ["a", "b", "c"]
    assert ringmain.gc() == ["c"]
    assert ringmain.ls() == ["a", "b"]
    alive.close()
    ringmain.remove("a")
    assert (ringmain.ls(), ringmain.gc()) == ([], [])


def test_a_consumer_that_is_alive_keeps_a_ring_from_gc() -> None:
    producer = Producer("r", "64KiB")
    with Consumer("r"):
        producer.abandon()
        assert ringmain.gc() == []
    assert ringmain.gc() == ["r"]


def test_removal_needs_force_while_somebody_is_there() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        with pytest.raises(OSError) as caught:
            ringmain.remove("r")
        assert caught.value.errno == 16
        producer.send(1)
        ringmain.remove("r", force=True)
        assert ringmain.ls() == []
        assert consumer.recv(5).obj == 1
        with pytest.raises(ringmain.Removed) as removed:
            consumer.recv(5)
        assert isinstance(removed.value, EOFError)
        with pytest.raises(BrokenPipeError, match="removed"):
            while True:
                producer.send(b"x" * 5000)


def test_stat_says_who_is_there_and_how_far() -> None:
    before = time.time()
    with (
        Producer("r", "64KiB", evict_after=1.5) as producer,
        Consumer("r") as ahead,
        Consumer("r", "workers", durable=True),
    ):
        producer.send_many([b"12345", b"x" * 100])
        ahead.recv(5)
        stat = ringmain.stat("r")
        assert (stat.name, stat.capacity, stat.policy, stat.evict_after) == ("r", 65536, "wait", 1.5)
        assert (stat.messages, stat.bytes, stat.tail, stat.oldest) == (2, 105, 192, 0)
        assert (stat.producers, stat.producer_pid, stat.producer_alive) == (1, os.getpid(), True)
        assert (stat.closed, stat.removed, stat.kept) == (False, False, False)
        assert before <= stat.created <= time.time()
        one, other = sorted(stat.consumers, key=lambda each: each.group)
        assert (one.group, one.position, one.lag, one.lost, one.pid) == ("", 64, 128, 0, os.getpid())
        assert (other.group, other.alive, other.evicted, other.redelivered) == ("workers", True, False, 0)
        (group,) = stat.groups
        assert (group.name, group.position, group.lag, group.members, group.durable) == ("workers", 0, 192, 1, True)
        assert repr(stat) == "<ringmain.Stat of 'r': 2 messages, 2 consumers, producer alive>"
    with Producer("o", "64KiB", policy="overwrite") as lossy:
        assert (ringmain.stat(lossy.path).policy, ringmain.stat("o").evict_after) == ("overwrite", 0)


def test_every_error_of_ringmain_is_an_error_of_its_own_and_a_builtin_one() -> None:
    builtin = {
        ringmain.ProducerLost: EOFError,
        ringmain.Removed: EOFError,
        ringmain.LeaseLost: OSError,
        ringmain.BorrowLimit: BufferError,
        ringmain.MessageTooLarge: ValueError,
        ringmain.ProducerExists: FileExistsError,
        ringmain.BadRing: OSError,
        ringmain.Evicted: Exception,
        ringmain.Lapped: Exception,
    }
    for ours, theirs in builtin.items():
        assert issubclass(ours, ringmain.Error)
        assert issubclass(ours, theirs)
        assert ours.__doc__
