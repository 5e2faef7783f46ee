"""Messages that are written in place: published as a whole, or dropped.

SPDX-License-Identifier: MIT
"""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import ringmain
from ringmain import Claim, Consumer, Producer
from support.programs import output_of


@pytest.fixture
def pair() -> Iterator[tuple[Producer, Consumer]]:
    with Producer("pair", "64KiB") as producer, Consumer("pair") as consumer:
        yield producer, consumer


def test_leaving_the_block_publishes(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    with producer.claim((2, 3), "f4", order="F") as array:
        array[:] = [[1, 2, 3], [4, 5, 6]]
        assert consumer.try_recv() is None
    received = consumer.recv(5).array
    assert (received.tolist(), received.dtype, received.flags.f_contiguous) == (
        [[1, 2, 3], [4, 5, 6]],
        np.dtype("f4"),
        True,
    )
    with producer.claim_bytes(3, type=9) as view:
        assert (len(view), view.format, view.readonly) == (3, "B", False)
        view[:] = b"abc"
    message = consumer.recv(5)
    assert (message.obj, message.type) == (b"abc", 9)


@pytest.mark.parametrize("kind", ["array", "bytes"])
def test_an_exception_drops_it(pair: tuple[Producer, Consumer], kind: str) -> None:
    producer, consumer = pair
    position = producer.position
    with pytest.raises(KeyError), producer.claim(5) if kind == "array" else producer.claim_bytes(5) as room:
        room[:] = b"xxxxx" if kind == "bytes" else 1
        raise KeyError
    assert (consumer.try_recv(), producer.position) == (None, position)
    producer.send("goes on")
    assert consumer.recv(5).obj == "goes on"


def test_it_ends_by_hand_once(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    claim = producer.claim(3, "u1")
    claim.array[:] = [1, 2, 3]
    claim.commit()
    claim.abort()  # too late
    for attempt in (claim.commit, lambda: claim.array, claim.__enter__):
        with pytest.raises(ValueError, match="committed or aborted"):
            attempt()
    with producer.claim(3) as array, pytest.raises(RuntimeError):
        array[:] = 1
        producer.send(1)
    dropped = producer.claim(3)
    dropped.abort()
    dropped.abort()
    with pytest.raises(ValueError, match="committed or aborted"):
        dropped.commit()
    assert [message.obj.tolist() for message in consumer.recv_many(5)] == [[1, 2, 3], [1, 1, 1]]


def test_it_may_end_within_its_block(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    claim = producer.claim_bytes(1)
    with claim as view:
        view[0] = 65
        claim.commit()
    other = producer.claim_bytes(1)
    with other:
        other.abort()
    assert [message.obj for message in consumer.recv_many(5)] == [b"A"]


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p.send(1),
        lambda p: p.try_send(b"x"),
        lambda p: p.send_many([1]),
        lambda p: p.claim(1),
        lambda p: p.claim_bytes(1),
        lambda p: p.wait_for_consumers(),
    ],
)
def test_one_is_open_at_a_time(pair: tuple[Producer, Consumer], use: Callable[[Producer], object]) -> None:
    producer, consumer = pair
    claim = producer.claim(3, "u1")
    claim.array[:] = 7
    with pytest.raises(RuntimeError, match="a claim is open: commit or abort it first"):
        use(producer)
    claim.commit()
    assert consumer.recv(5).array.tolist() == [7, 7, 7]
    use(producer)


def test_forgotten_it_is_dropped(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    producer.claim(3)
    array = producer.claim(3).array  # the array outlives the claim, but writes no more
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    producer.send(1)
    assert consumer.recv(5).obj == 1


def test_what_was_published_cant_be_written_to(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    with producer.claim(3) as array:
        array[:] = 1
    with pytest.raises(ValueError, match="read-only"):
        array[:] = 2
    with producer.claim_bytes(3) as view:
        view[:] = b"abc"
    with pytest.raises(ValueError, match="released"):
        view[0] = 0
    assert consumer.recv(5).array.tolist() == [1, 1, 1]


def test_sizes_that_nothing_fits_into(pair: tuple[Producer, Consumer]) -> None:
    producer, consumer = pair
    for shape in ((), (0,), (3, 0, 2), 0):
        with producer.claim(shape, "M8[ns]") as array:
            assert array.size == np.prod(shape)
        assert consumer.recv(5).array.shape == array.shape
    with producer.claim_bytes(0) as view:
        assert len(view) == 0
    assert consumer.recv(5).obj == b""


@pytest.mark.parametrize(
    "shape", [3, np.int64(3), (3,), [3], np.array([3]), iter((3,))], ids=lambda shape: type(shape).__name__
)
def test_a_shape_is_a_number_or_several(pair: tuple[Producer, Consumer], shape: Any) -> None:
    with pair[0].claim(shape) as array:
        assert array.shape == (3,)


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        (-1, ValueError),
        ((2, -1), ValueError),
        (2**64, ValueError),
        ((2**40, 2**40), ValueError),
        ((0, 2**62, 2**62), ValueError),
        ((1,) * 65, ValueError),
        (1.0, TypeError),
        ((1.0,), TypeError),
        ("3", TypeError),
        (None, TypeError),
        (40_000, ringmain.MessageTooLarge),
    ],
)
def test_another_shape_is_refused_and_nothing_is_claimed(
    pair: tuple[Producer, Consumer], shape: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        pair[0].claim(shape)
    pair[0].send(1)


@pytest.mark.parametrize("dtype", [object, "nonsense", [("a", object)], "T", "(2,)f4"])
def test_a_dtype_without_plain_bytes_is_refused(pair: tuple[Producer, Consumer], dtype: Any) -> None:
    with pytest.raises(TypeError):
        pair[0].claim(3, dtype)
    order: Any = "A"
    with pytest.raises(ValueError, match="order: 'C' or 'F'"):
        pair[0].claim(3, order=order)
    pair[0].send(1)


def test_one_that_is_open_when_the_producer_closes_is_not_published() -> None:
    with Producer("r", "64KiB") as producer, Consumer("r") as consumer:
        claim = producer.claim(3, "u1")
        array = claim.array
        producer.close()
        array[:] = 1  # harmless
        with pytest.raises(ValueError, match="closed, so what was claimed from it is not published"):
            claim.commit()
        with pytest.raises(EOFError):
            consumer.recv(5)
        assert array.tolist() == [1, 1, 1]


def test_its_array_outlives_everything() -> None:
    def write() -> Any:
        with Producer("r", "64KiB") as producer:
            claim = producer.claim(1000, "f8")
            claim.array[:] = 5
            return claim.array[::2]

    view = write()
    gc.collect()
    view[:] = 6
    assert view.tolist() == [6.0] * 500


def test_claims_and_messages_are_not_made_by_hand() -> None:
    for kind in (Claim, ringmain.Message):
        with pytest.raises(TypeError):
            kind()
        with pytest.raises(TypeError):
            type("Mine", (kind,), {})


def test_an_interpreter_ends_quietly_with_a_claim_open() -> None:
    said = output_of(
        """
        producer = ringmain.Producer("r", "64KiB")
        claim = producer.claim(100)
        array = claim.array
        other = ringmain.Producer("s", "64KiB")
        claim_of_other = other.claim_bytes(5)
        other.close()
        say("done")
        """,
        "-Werror",
    )
    assert said == "done\n"
    assert ringmain.ls() == []


MISUSE = """
class Hollow(ringmain.Consumer):
    def __init__(self): pass
class Empty(ringmain.Producer):
    def __init__(self): pass
attempts = [
    lambda: ringmain.Consumer.recv(object()),
    lambda: ringmain.Consumer.recv(None),
    lambda: ringmain.Consumer.try_recv(3),
    lambda: ringmain.Consumer.recv_many("x", 1),
    lambda: ringmain.Consumer.__next__(ringmain),
    lambda: Hollow().recv(0),
    lambda: next(Hollow()),
    lambda: Hollow().close(),
    lambda: Hollow().borrowed,
    lambda: ringmain.Producer.send(1, 2),
    lambda: ringmain.Producer.claim(object(), 3),
    lambda: ringmain.Producer.claim_bytes(None, 3),
    lambda: Empty().claim(3),
    lambda: Empty().send(1),
    lambda: Empty().position,
    lambda: memoryview(ringmain.Message.__new__(ringmain.Message)),
    lambda: ringmain.Message.__new__(ringmain.Message).obj,
    lambda: ringmain.Message.__new__(ringmain.Message).__dlpack__(),
    lambda: ringmain.Message.__dlpack__(3),
    lambda: ringmain.Claim.__new__(ringmain.Claim).commit(),
]
for number, attempt in enumerate(attempts):
    try: attempt()
    except (TypeError, BufferError, RuntimeError): continue
    say("attempt", number, "went through")
say("alive")
"""


def test_objects_that_were_never_made_are_refused() -> None:
    assert output_of(MISUSE, "-Wignore") == "alive\n"
