"""Whatever one producer and three consumers do, in any order, is what the model says.

SPDX-License-Identifier: MIT
"""

from typing import Any

import numpy as np
import pytest
import ringmain
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ringmain import BorrowLimit, Consumer, Message, Producer
from support.model import CAPACITY, ModelConsumer, ModelRing, extent

sizes = st.sampled_from([1, 100, 900, 1024 - 48, 1025, 3000, 9000, 25_000])
which = st.integers(0, 99)
MOST_HELD = 4
STEP = 1024  # of the index of so small a ring, in bytes


class Ring(RuleBasedStateMachine):
    """The ring that is there now, and those of before that somebody still receives from."""

    def __init__(self) -> None:
        super().__init__()
        self.producer: Producer | None = None
        self.consumers: list[ModelConsumer] = []
        self.ghosts: list[ModelConsumer] = []  # closed, with views

    # --- the producer

    @initialize(lossy=st.booleans())
    def begin(self, lossy: bool) -> None:
        self.lossy = lossy
        self.ring = ModelRing(lossy, state="closed")
        self.come()

    @precondition(lambda self: self.producer is None)
    @rule()
    def come(self) -> None:
        """Takes the ring over if somebody is in it, or makes it anew."""
        self.producer = Producer("r", CAPACITY, policy="overwrite" if self.lossy else "wait")
        if self.ring.state == "closed" or not any(each.ring is self.ring for each in self.holders()):
            self.ring = ModelRing(self.lossy)
        self.ring.state = "live"
        assert self.producer.position == self.ring.tail

    @precondition(lambda self: self.producer is not None)
    @rule(closing=st.booleans())
    def go(self, closing: bool) -> None:
        producer = self.sender()
        producer.close() if closing else producer.abandon()
        self.producer = None
        self.ring.state = "closed" if closing else "abandoned"

    @precondition(lambda self: self.producer is not None)
    @rule(size=sizes, claiming=st.booleans())
    def send(self, size: int, claiming: bool) -> None:
        fits = self.ring.fits(extent(size), self.holders())
        number = len(self.ring.sizes)
        try:
            if claiming:
                with self.sender().claim(size, timeout=0) as array:
                    array[:] = number % 256
            else:
                self.sender().send(np.full(size, number % 256, "u1"), timeout=0)
        except TimeoutError:
            assert not fits
            return
        assert fits
        self.ring.add(size)

    @precondition(lambda self: self.producer is not None)
    @rule(size=sizes)
    def drop_a_claim(self, size: int) -> None:
        if self.ring.fits(extent(size), self.holders()):
            with pytest.raises(KeyError), self.sender().claim(size) as array:
                array[:] = 99
                raise KeyError

    @precondition(lambda self: self.producer is not None)
    @rule(batch=st.lists(sizes, min_size=1, max_size=6))
    def send_many(self, batch: list[int]) -> None:
        first, total = len(self.ring.sizes), sum(map(extent, batch))
        arrays = [np.full(size, number % 256, "u1") for number, size in enumerate(batch, first)]
        fits = self.ring.fits(total, self.holders())
        try:
            self.sender().send_many(arrays, timeout=0)
        except ringmain.MessageTooLarge:
            assert total > CAPACITY // 2
        except TimeoutError:
            assert not fits
        else:
            assert fits
            for size in batch:
                self.ring.add(size)

    @precondition(lambda self: self.producer is not None and self.lossy)
    @rule(size=sizes)
    def lap(self, size: int) -> None:
        before = self.ring.tail
        while self.ring.tail < before + CAPACITY:
            self.send(size, False)

    # --- consumers

    @precondition(lambda self: self.ring.state != "closed" and len(self.consumers) < 3)
    @rule(start=st.sampled_from(["latest", "last", "oldest", "there"]), at=which, copy=st.sampled_from([None, True]))
    def attach(self, start: Any, at: int, copy: bool | None) -> None:
        positions = self.ring.positions
        if start == "there":
            start = positions[at % len(positions)]
        wanted = {"latest": self.ring.tail, "last": positions[-2:][0], "oldest": 0}.get(start, start)
        # What somebody needs is kept; what everybody is done with may be, or not.
        kept = min(
            (each.cursor for each in self.holders() if each.ring is self.ring and not self.lossy),
            default=self.ring.tail,
        )
        consumer = Consumer("r", start=start, copy=copy, max_borrowed=MOST_HELD)
        found = consumer.position
        self.consumers.append(ModelConsumer(consumer, self.ring, positions.index(found)))
        # Where the index has no entry at its place, the next one counts: a step, and a message that reaches beyond it.
        latest = next((each for each in positions if each >= max(wanted, kept) + STEP), self.ring.tail)
        assert max(wanted, self.ring.tail - CAPACITY) <= found <= latest

    @precondition(lambda self: self.consumers)
    @rule(at=which, hold=st.sampled_from(["nothing", "message", "array", "memoryview", "slice"]))
    def receive(self, at: int, hold: str) -> None:
        me = self.consumers[at % len(self.consumers)]
        if len(me.held) == MOST_HELD:
            with pytest.raises(BorrowLimit):
                me.real.try_recv()
            return
        there = me.next < len(me.ring.sizes)
        try:
            message = me.real.try_recv()
        except ringmain.ProducerLost:
            assert (me.ring.state, there) == ("abandoned", False)
            return
        except EOFError:
            assert (me.ring.state, there) == ("closed", False)
            return
        assert there == (message is not None)
        if message is None:
            assert me.ring.state != "closed"  # a death is noticed now and then
            return
        self.check(me, message)
        if message.in_place and hold != "nothing":
            me.held[me.next - 1] = self.view_of(message, hold)

    def check(self, me: ModelConsumer, message: Message) -> None:
        number = me.next + message.lost
        assert self.lossy or message.lost == 0
        assert me.ring.tail - me.ring.positions[me.next] > CAPACITY // 2 or message.lost == 0
        assert message.position == me.ring.positions[number] >= me.ring.tail - CAPACITY
        assert np.array_equal(message.array, me.ring.array(number))
        assert message.in_place or self.lossy or me.real._options["copy"] or message.nbytes <= 1024
        me.lost += message.lost
        me.next = number + 1

    def view_of(self, message: Message, hold: str) -> Any:
        views: dict[str, Any] = {
            "array": np.asarray,
            "memoryview": memoryview,
            "slice": lambda each: each.array[::3][:50],
        }
        return views[hold](message) if hold in views else message

    @precondition(lambda self: self.holding())
    @rule(at=which, which=which)
    def let_go(self, at: int, which: int) -> None:
        holding = self.holding()
        me = holding[at % len(holding)]
        del me.held[sorted(me.held)[which % len(me.held)]]
        self.ghosts = [each for each in self.ghosts if each.held]

    @precondition(lambda self: self.consumers)
    @rule(at=which)
    def leave(self, at: int) -> None:
        me = self.consumers.pop(at % len(self.consumers))
        me.real.close()
        if me.held:
            self.ghosts.append(me)

    # --- always

    @invariant()
    def what_is_held_is_whole(self) -> None:
        for me in self.holding():
            for number, view in me.held.items():
                values = np.asarray(view)
                assert values.size
                assert (values == number % 256).all()

    @invariant()
    def figures_are_right(self) -> None:
        for me in self.consumers:
            assert me.real.borrowed == len(me.held)
            assert me.real.lost == me.lost
            if not self.lossy:
                assert (me.real.position, me.real.lag) == (me.ring.positions[me.next], me.ring.tail - me.real.position)
        if self.producer is not None:
            stat = ringmain.stat("r")
            assert (self.producer.position, stat.messages) == (self.ring.tail, len(self.ring.sizes))
            assert len(stat.consumers) == sum(each.ring is self.ring for each in self.holders())

    def holders(self) -> list[ModelConsumer]:
        return self.consumers + self.ghosts

    def holding(self) -> list[ModelConsumer]:
        return [each for each in self.holders() if each.held]

    def sender(self) -> Producer:
        assert self.producer is not None
        return self.producer

    def teardown(self) -> None:
        for me in self.holders():
            me.held.clear()
            me.real.close()
        if self.producer is not None:
            self.producer.close()
        ringmain.gc()


TestRing = pytest.mark.timeout(600)(Ring.TestCase)
TestRing.settings = settings(stateful_step_count=60)
