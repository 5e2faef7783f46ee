"""Random lives of rings, messages and views, some of them forked: no memory must be used that is gone.

    python torture.py [SEQUENCES [SEED]]

Meant to be run under the address sanitizer, as `ctest` does in the preset asan-ubsan: 2,000 sequences, or 100,000 with
RINGMAIN_PROOF=full. Says how often it did what, and fails if it did some of it never.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import gc
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import ringmain


class Life:
    """One ring, from its creation to the end of the last view."""

    def __init__(self, number: int, chance: random.Random, done: Counter[str]) -> None:
        self.chance = chance
        self.done = done
        self.name = f"torture-{number % 7}"
        policies: list[Literal["wait", "overwrite"]] = ["wait", "wait", "overwrite"]
        self.policy = chance.choice(policies)
        self.producer: ringmain.Producer | None = ringmain.Producer(self.name, 64 << 10, policy=self.policy)
        self.consumers: list[ringmain.Consumer] = []
        self.messages: list[ringmain.Message] = []
        self.views: list[tuple[Any, int]] = []  # and what they hold in every byte
        self.claim: ringmain.Claim | None = None
        self.claimed: Any = None

    def attach(self) -> None:
        if len(self.consumers) >= 3 or self.producer is None or self.producer.closed:
            return
        group = self.chance.choice([None, None, "workers"]) if self.policy == "wait" else None
        copy = self.chance.choice([None, False, True])
        starts: list[Literal["latest", "oldest", "last"]] = ["latest", "oldest", "last"]
        start = self.chance.choice(starts)
        self.consumers.append(
            ringmain.Consumer(self.name, group, start, copy=copy, max_borrowed=self.chance.randint(1, 4))
        )

    def send(self) -> None:
        if self.producer is None or self.producer.closed or self.claim is not None:
            return
        byte = self.chance.randrange(256)
        array = np.full(self.chance.choice([1, 100, 2000, 5000]), byte, dtype="u1")
        what = self.chance.choice([array, array.tobytes(), {"first": array, "second": array[:700]}, [array, "text"]])
        self.done["sent"] += self.producer.try_send(what)

    def open_claim(self) -> None:
        if self.producer is None or self.producer.closed or self.claim is not None:
            return
        try:
            self.claim = self.producer.claim((self.chance.randint(0, 3000),), "u1", timeout=0)
        except TimeoutError:
            return
        self.claimed = self.claim.array
        self.claimed[:] = 7

    def end_claim(self) -> None:
        if self.claim is None:
            return
        try:
            ends: list[Callable[[], None]] = [self.claim.commit, self.claim.abort, lambda: None]
            self.chance.choice(ends)()
        except ValueError:
            self.done["claims of a closed producer"] += 1
        self.claim = None
        if self.chance.random() < 0.5:
            self.claimed = None

    def receive(self) -> None:
        if not self.consumers:
            return
        consumer = self.chance.choice(self.consumers)
        try:
            message = consumer.try_recv()
        except ringmain.BorrowLimit:
            self.done["borrow limits"] += 1
            return
        except (EOFError, ValueError):
            return
        if message is not None:
            self.messages.append(message)
            self.done["received in place" if message.in_place else "received copies"] += 1

    def view(self) -> None:
        if not self.messages:
            return
        message = self.chance.choice(self.messages)
        if message.released or not message.valid:
            return
        make: list[Callable[[], Any]] = [lambda: message.obj, lambda: memoryview(message), message.copy]
        for view in self._parts(self.chance.choice(make)()):
            self.views.append((view, self._check(view)))
            self.done["views"] += 1

    def _parts(self, thing: Any) -> list[Any]:
        if isinstance(thing, dict):
            return list(thing.values())
        if isinstance(thing, list):
            return thing[:1]
        if isinstance(thing, ringmain.Message):
            return [memoryview(thing)]
        if isinstance(thing, np.ndarray):
            return [self.chance.choice([thing, thing[1:-1], thing.reshape(-1, 1), memoryview(thing)])]  # type: ignore[arg-type]
        return [thing]

    def look(self) -> None:
        for view, before in self.views:
            if self.policy == "wait":
                assert self._check(view) == before, "a view has changed"
            else:
                self._check(view)

    def _check(self, view: Any) -> int:
        return hash(bytes(view)) if len(view) else 0

    def drop(self) -> None:
        for held in (self.messages, self.views):
            self.chance.shuffle(held)
            del held[self.chance.randint(0, len(held)) :]

    def release(self) -> None:
        if self.messages:
            self.chance.choice(self.messages).release()

    def close(self) -> None:
        if self.consumers:
            self.consumers.pop(self.chance.randrange(len(self.consumers))).close()
            self.done["closed with views" if self.views else "closed"] += 1

    def end_producer(self) -> None:
        if self.producer is None:
            return
        if self.chance.random() < 0.5:
            self.producer.close()
        else:
            self.producer.abandon()  # the next one takes over, or makes the ring anew
            self.producer = ringmain.Producer(self.name, policy=self.policy)

    def fork(self) -> None:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                self._in_child()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0, "the forked child failed"
        self.done["forked"] += 1

    def _in_child(self) -> None:
        for consumer in self.consumers:
            try:
                consumer.try_recv()
                raise AssertionError("a forked child receives")
            except (ringmain.LeaseLost, ValueError):
                pass
        if self.producer is not None and not self.producer.closed:
            try:
                self.producer.try_send(b"from the child")
                raise AssertionError("a forked child sends")
            except ringmain.LeaseLost:
                pass
        for view, _ in self.views:
            self._check(view)
        self.views.clear()
        self.messages.clear()
        self.claim = self.claimed = None
        gc.collect()
        for consumer in self.consumers:
            consumer.close()

    def end(self) -> None:
        last: list[Callable[[], None]] = [self.close_all, self.views.clear, self.messages.clear, self.end_for_good]
        self.chance.shuffle(last)
        for step in last:
            step()
            self.look()

    def close_all(self) -> None:
        for consumer in self.consumers:
            consumer.close()

    def end_for_good(self) -> None:
        self.claim = self.claimed = None
        if self.producer is not None:
            self.producer.close()


STEPS = [
    (Life.attach, 6),
    (Life.send, 12),
    (Life.receive, 14),
    (Life.view, 10),
    (Life.look, 3),
    (Life.drop, 4),
    (Life.release, 3),
    (Life.close, 2),
    (Life.open_claim, 2),
    (Life.end_claim, 3),
    (Life.end_producer, 1),
    (Life.fork, 1),
]
EXPECTED = (
    "sent",
    "received in place",
    "received copies",
    "views",
    "borrow limits",
    "closed with views",
    "claims of a closed producer",
    "forked",
)


def main(sequences: int, seed: int = 1) -> None:
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    steps, weights = zip(*STEPS, strict=True)
    for number in range(sequences):
        life = Life(number, chance, done)
        for step in chance.choices(steps, weights, k=chance.randint(5, 40)):
            step(life)
        life.end()
        if number % 50 == 0:
            del life
            gc.collect()
    never = [what for what in EXPECTED if done[what] == 0]
    print(f"{sequences} sequences, seed {seed}:", ", ".join(f"{what} {done[what]}" for what in EXPECTED))
    assert not never, f"never happened: {never}"
    assert ringmain.ls() == [], "rings are left"


if __name__ == "__main__":
    full = os.environ.get("RINGMAIN_PROOF") == "full"
    with tempfile.TemporaryDirectory(prefix="ringmain-torture.", dir="/dev/shm") as directory:
        os.environ["RINGMAIN_DIR"] = directory
        numbers = [int(argument) for argument in sys.argv[1:]]
        main(*(numbers or [100_000 if full else 2_000]))
