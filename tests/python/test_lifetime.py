"""Views hold what they show: its slots, and the mapping, whatever else is gone.

SPDX-License-Identifier: MIT
"""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import ringmain
from ringmain import BorrowLimit, Consumer, Message, Producer
from support.programs import output_of

SIZE = 20_000  # bytes: three of them fit into the smallest ring
DATA = np.random.default_rng(1).integers(0, 256, SIZE, "u1")


def is_mapped(name: str) -> bool:
    """Any file of the ring `name` is, in this process."""
    return f"/{name}.ring" in Path("/proc/self/maps").read_text()


@pytest.fixture
def pair() -> Iterator[tuple[Producer, Consumer]]:
    with Producer("pair", "64KiB") as producer, Consumer("pair") as consumer:
        yield producer, consumer


VIEWS: dict[str, Callable[[Message], Any]] = {
    "array": lambda message: message.array,
    "obj": lambda message: message.obj,
    "memoryview": memoryview,
    "cast": lambda message: memoryview(message).cast("B"),
    "memoryview of a memoryview": lambda message: memoryview(memoryview(message))[10:-10][5:-5],
    "slice of an array": lambda message: message.array[100:][::3],
    "reshaped": lambda message: message.array.reshape(100, -1).T[3],
    "another dtype": lambda message: message.array.view("u4"),
    "frombuffer": lambda message: np.frombuffer(cast(Any, message), "u1"),
    "asarray": np.asarray,
    "DLPack": np.from_dlpack,
    "capsule": lambda message: message.__dlpack__(max_version=(1, 0)),
    "iterator": lambda message: iter(memoryview(message)),
    "field": lambda message: message.array.view([("a", "u2"), ("b", "u2")])["b"],
}


@pytest.mark.parametrize("view_of", VIEWS.values(), ids=VIEWS)
def test_each_kind_of_view_holds_the_message_alone(
    pair: tuple[Producer, Consumer], view_of: Callable[[Message], Any]
) -> None:
    producer, consumer = pair
    producer.send(DATA)
    message = consumer.recv(5)
    view = view_of(message)
    assert consumer.borrowed == 1
    message.release()
    assert (consumer.borrowed, message.released) == (1, True)
    del message
    assert consumer.borrowed == 1
    del view
    assert consumer.borrowed == 0


@pytest.mark.parametrize("view_of", VIEWS.values(), ids=VIEWS)
def test_each_kind_of_view_outlives_consumer_producer_and_ring(view_of: Callable[[Message], Any]) -> None:
    def receive() -> Any:
        with Producer("short", "64KiB") as producer, Consumer("short") as consumer:
            producer.send(DATA)
            return view_of(consumer.recv(5))

    view = receive()
    assert ringmain.ls() == []
    assert is_mapped("short")
    if isinstance(view, np.ndarray | memoryview):
        assert bytes(view) in (DATA.tobytes(), DATA.tobytes()[15:-15], bytes(np.ascontiguousarray(view)))
        assert np.asarray(view).ravel()[0] is not None
    del view
    assert not is_mapped("short")


def test_a_view_shows_the_same_bytes_when_everything_else_is_gone() -> None:
    producer, consumer = Producer("r", "64KiB"), Consumer("r")
    for _ in range(2):
        producer.send(DATA)
    first, second = consumer.recv(5).array, consumer.recv(5).array
    producer.close()
    consumer.close()
    ringmain.gc()
    del producer, consumer
    assert first.tobytes() == second.tobytes() == DATA.tobytes()
    del first
    assert is_mapped("r")
    assert second.tobytes() == DATA.tobytes()
    del second
    assert not is_mapped("r")


def test_views_outlive_a_removal() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        producer.send(DATA)
        view = consumer.recv(5).array
        ringmain.remove("r", force=True)
        assert view.tobytes() == DATA.tobytes()
        with pytest.raises(ringmain.Removed):
            consumer.recv(5)
    assert view.tobytes() == DATA.tobytes()


def test_a_closed_consumer_stays_until_its_last_view_is_gone(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    for _ in range(3):
        producer.send(DATA)
    views = [consumer.recv(5).array for _ in range(3)]
    consumer.close()
    assert not producer.try_send(DATA)
    assert len(ringmain.stat("pair").consumers) == 1
    del views[1]  # the oldest one is held still
    assert not producer.try_send(DATA)
    del views[0]
    assert producer.try_send(DATA)  # without waiting
    assert views[0].tobytes() == DATA.tobytes()
    assert len(ringmain.stat("pair").consumers) == 1
    views.clear()
    assert ringmain.stat("pair").consumers == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_slots_are_given_back_in_their_order(pair: tuple[Producer, Consumer], order: tuple[int, ...]) -> None:
    producer, consumer = pair
    for _ in range(3):
        producer.send(DATA)
    held: dict[int, Any] = {number: consumer.recv(5).array for number in range(3)}
    for gone, number in enumerate(order, 1):
        assert not producer.try_send(DATA) if 0 in held else True
        del held[number]
        assert consumer.borrowed == 3 - gone
        assert all(view.tobytes() == DATA.tobytes() for view in held.values())
        while producer.try_send(bytes(SIZE)):  # as much as was given back is overwritten
            pass
        assert all(view.tobytes() == DATA.tobytes() for view in held.values())


def test_a_small_message_behind_a_held_one_isnt_lost_with_it(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    for obj in (DATA, b"small", DATA):
        producer.send(obj)
    first = consumer.recv(5).array
    assert consumer.recv(5).obj == b"small"
    third = consumer.recv(5).array
    assert consumer.borrowed == 2
    while producer.try_send(bytes(SIZE)):
        pass
    assert first.tobytes() == third.tobytes() == DATA.tobytes()
    del first
    while producer.try_send(bytes(SIZE)):
        pass
    assert third.tobytes() == DATA.tobytes()


def test_a_message_is_given_back_once_only(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    for _ in range(2):
        producer.send(DATA)
    with consumer.recv(5) as first:
        first.release()
        assert (first.released, consumer.borrowed) == (True, 0)
        first.release()
    with pytest.raises(ValueError, match="given back"):
        _ = first.obj  # of which there never was a view
    second = consumer.recv(5)
    del first
    assert consumer.borrowed == 1
    for use in (lambda: second.obj, lambda: bytes(second)):
        assert use() is not None
    second.release()
    for attempt in (lambda: second.obj, lambda: second.array, second.copy, lambda: bytes(second)):
        with pytest.raises(ValueError, match=r"given back to its ring.*message\.copy\(\)"):
            attempt()
    with pytest.raises(ValueError, match="given back"):
        memoryview(second)
    assert (second.released, second.valid, second.nbytes > SIZE, consumer.borrowed) == (True, False, True, 0)


def test_an_exception_in_its_block_keeps_a_message(pair: tuple[Producer, Consumer]) -> None:
    pair[0].send(DATA)
    message = pair[1].recv(5)
    with pytest.raises(KeyError), message:
        raise KeyError
    assert (message.released, pair[1].borrowed) == (False, 1)


def test_copies_hold_nothing(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    producer.send(DATA)
    message = consumer.recv(5)
    copy = message.copy()
    assert not np.shares_memory(copy.array, message.array)
    message.release()
    assert (consumer.borrowed, copy.in_place, copy.valid) == (0, False, True)
    while producer.try_send(bytes(SIZE)):
        pass
    assert copy.array.tobytes() == DATA.tobytes()
    assert not copy.array.flags.writeable


def test_the_limit_of_held_messages_says_what_to_do() -> None:
    with Producer("r", "1MiB") as producer, Consumer("r", max_borrowed=2) as consumer:
        producer.send_many([DATA] * 4)
        messages = consumer.recv_many(9, 5)
        assert len(messages) == 2
        for receive in (consumer.recv, consumer.try_recv, lambda: consumer.recv_many(1), lambda: next(consumer)):
            with pytest.raises(BorrowLimit, match=r"max_borrowed.*\.copy\(\).*copy=True") as caught:
                receive()
            assert isinstance(caught.value, BufferError)
        del caught
        messages.pop()
        assert consumer.recv(0) is not None
    with Producer("r", "1MiB") as producer, Consumer("r", max_borrowed=1, copy=True) as consumer:
        producer.send_many([DATA] * 4)
        assert len(consumer.recv_many(9, 5)) == 4
        assert consumer.borrowed == 0


def test_who_holds_up_the_producer_himself_is_told_so(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    views = []
    for _ in range(3):
        producer.send(DATA)
        views.append(consumer.recv(5).array)
    with pytest.raises(TimeoutError, match="slowest consumer"):
        producer.send(DATA, timeout=0.001)
    thread = threading.Thread(target=producer.send, args=(DATA,))
    thread.start()
    with pytest.raises(BorrowLimit, match=r"the producer waits for room.*\.copy\(\)"):
        consumer.recv()
    views.clear()
    thread.join()
    assert consumer.recv(5).array.tobytes() == DATA.tobytes()


def test_iteration_gives_each_message_back_unless_views_of_it_are_alive(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    producer.send(DATA)
    kept = []
    for number, message in enumerate(consumer):
        assert message.array.tobytes() == DATA.tobytes()
        if number == 1:
            kept.append(message.array)
        if number == 3:
            break
        producer.send(DATA)
        assert consumer.borrowed == 1 + len(kept) - (number == 1)
    assert consumer.borrowed == 2
    assert kept[0].tobytes() == DATA.tobytes()


@pytest.mark.parametrize("hold", [lambda m: m, lambda m: m.array, memoryview], ids=["message", "array", "memoryview"])
def test_garbage_in_a_cycle_is_given_back(pair: tuple[Producer, Consumer], hold: Callable[[Message], Any]) -> None:
    class Node:
        pass

    producer, consumer = pair
    producer.send(DATA)
    node: Any = Node()
    node.itself, node.held, node.consumer = node, hold(consumer.recv(5)), consumer
    gone = weakref.ref(node)
    del node
    assert (gone() is not None, consumer.borrowed) == (True, 1)
    gc.collect()
    assert (gone(), consumer.borrowed) == (None, 0)


@pytest.mark.parametrize("end", ["", "producer.close()", "consumer.close()", "ringmain.remove('r', force=True)"])
def test_an_interpreter_ends_quietly_with_views_in_globals(end: str) -> None:
    said = output_of(
        f"""
        import numpy as np
        producer, consumer = ringmain.Producer("r", "1MiB"), ringmain.Consumer("r", copy=False)
        producer.send_many([np.ones(5000), {{"a": np.ones(5000)}}, b"x" * 5000])
        messages = consumer.recv_many(3)
        views = [message.obj for message in messages] + [memoryview(message) for message in messages]
        class Late:
            def __del__(self): assert views[0][0] == 1
        late = Late()
        cycle = [views]; cycle.append(cycle)
        {end}
        consumer.close()
        producer.close()
        say("done")
        """,
        "-Werror",
    )
    assert said == "done\n"
