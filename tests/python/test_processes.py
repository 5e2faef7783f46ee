"""Producer and Consumer in different processes, however those were started.

SPDX-License-Identifier: MIT
"""

import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ringmain
from support import ring_peers
from support.processes import METHODS, ends_well, running

every_method = pytest.mark.parametrize("method", METHODS)


def _results(method: str) -> Any:
    return multiprocessing.get_context(method).SimpleQueue()


@every_method
def test_a_child_receives_all_that_its_parent_sends(method: str, ring_directory: Path) -> None:
    results = _results(method)
    path = str(ring_directory / "ring")
    with running(method, ring_peers.receive_and_count, path, results) as child:
        ring_peers.send_frames(path, 500, 1000)
        assert results.get() == list(range(500))
        assert ends_well(child)
    results.close()


@every_method
def test_a_parent_receives_all_that_its_child_sends(method: str, ring_directory: Path) -> None:
    path = str(ring_directory / "ring")
    with running(method, ring_peers.send_frames, path, 500, 1000) as child:
        with ringmain.Consumer(path, wait=60) as consumer:
            assert [ring_peers.number_of(message.array) for message in consumer] == list(range(500))
        assert ends_well(child)


def test_a_program_that_was_executed_receives_from_this_one() -> None:
    program = "import ringmain\nwith ringmain.Consumer('ring', wait=60) as c: print(sum(m.array.sum() for m in c))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as child:
        with ringmain.Producer("ring", "64KiB") as producer:
            producer.wait_for_consumers()
            for _ in range(100):
                producer.send(np.ones(1000, "u4"))
        output, _ = child.communicate()
    assert (child.returncode, output) == (0, b"100000\n")


@every_method
def test_a_pickled_consumer_is_one_more_consumer_of_the_same_ring(method: str) -> None:
    results = _results(method)
    with (
        ringmain.Producer("ring", "64KiB") as producer,
        ringmain.Consumer("ring", max_borrowed=3) as consumer,
        running(method, ring_peers.receive_pickled, pickle.dumps(consumer), results) as child,
    ):
        producer.wait_for_consumers(2)
        for number in range(10):
            producer.send(number)
        producer.close()
        assert [message.obj for message in consumer] == list(range(10))
        assert results.get() == list(range(10))
        assert ends_well(child)
    results.close()


def test_a_producer_can_not_be_pickled_and_the_text_says_what_to_do() -> None:
    with ringmain.Producer("ring") as producer, pytest.raises(TypeError, match="pass its name"):
        pickle.dumps(producer)


def _in_a_forked_child(call: Any) -> int:
    """The exit status of the child: 0 if `call` raised nothing."""
    child = os.fork()
    if child == 0:
        try:
            call()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_child_can_use_neither_handle_of_its_parent() -> None:
    with ringmain.Producer("ring") as producer, ringmain.Consumer("ring") as consumer:
        producer.send("for the parent")
        claim = producer.claim(10)

        def try_everything() -> None:
            calls: list[Callable[[], Any]] = [
                lambda: producer.send(1),
                lambda: producer.try_send(1),
                lambda: producer.send_many([1]),
                lambda: producer.claim(1),
                lambda: producer.claim_bytes(1),
                producer.wait_for_consumers,
                claim.commit,
                consumer.recv,
                consumer.try_recv,
                lambda: consumer.recv_many(2),
                lambda: next(iter(consumer)),
                consumer.fileno,
            ]
            for call in calls:
                with pytest.raises(ringmain.LeaseLost, match="parent"):
                    call()

        assert _in_a_forked_child(try_everything) == 0
        claim.abort()
        producer.send("still the parent's")
        assert [consumer.recv().obj, consumer.recv().obj] == ["for the parent", "still the parent's"]


def test_a_forked_child_that_ends_in_order_disturbs_nothing_and_is_not_warned() -> None:
    producer = ringmain.Producer("ring", "64KiB")
    consumer = ringmain.Consumer("ring")
    producer.send(np.ones(1000))
    held = [consumer.recv()]
    view = held[0].array

    def let_go() -> None:
        nonlocal producer, consumer, view
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sys.unraisablehook = lambda _: os._exit(2)
            assert view.sum() == 1000
            producer.close()
            consumer.close()
            held[0].release()
            held.clear()
            del producer, consumer, view
            gc.collect()

    def drop() -> None:
        nonlocal producer, consumer, view
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sys.unraisablehook = lambda _: os._exit(2)
            held.clear()
            del producer, consumer, view
            gc.collect()

    assert _in_a_forked_child(let_go) == 0
    assert _in_a_forked_child(drop) == 0
    for number in range(100):  # more than the ring, but for what is held
        assert producer.try_send(np.full(20, number))
        assert consumer.recv().array[0] == number
    assert view.sum() == 1000
    assert consumer.borrowed == 1
    del view
    held.clear()
    assert consumer.borrowed == 0
    with producer, consumer:
        pass


def test_a_forked_child_makes_handles_of_its_own() -> None:
    with ringmain.Producer("ring") as producer, ringmain.Consumer("ring") as consumer:

        def receive_one() -> None:
            with pytest.raises(ringmain.ProducerExists):
                ringmain.Producer("ring")
            with ringmain.Consumer("ring", start="oldest") as own, ringmain.Producer("another") as second:
                assert own.recv().obj == 1
                second.send(2)

        producer.send(1)
        assert _in_a_forked_child(receive_one) == 0
        assert consumer.recv().obj == 1
        assert ringmain.ls() == ["ring"]


def test_a_fork_while_another_thread_waits_leaves_both_processes_working() -> None:
    with ringmain.Producer("ring") as producer, ringmain.Consumer("ring") as consumer:
        received: list[Any] = []
        thread = threading.Thread(target=lambda: received.append(consumer.recv().obj))
        thread.start()

        def use_own() -> None:
            with pytest.raises(ringmain.LeaseLost):
                consumer.recv()
            consumer.close()
            with ringmain.Consumer("ring") as own:
                assert own.try_recv() is None

        for _ in range(20):
            assert _in_a_forked_child(use_own) == 0
        producer.send("for the thread")
        thread.join()
        assert received == ["for the thread"]
        assert len(ringmain.stat("ring").consumers) == 1
