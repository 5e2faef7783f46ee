"""How the wait of a task ends when there is nothing more to come: closed, killed, or succeeded by another producer.

SPDX-License-Identifier: MIT
"""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
import ringmain
from support.handles import both
from support.loops import all_of, asleep, run
from support.processes import running


def test_async_for_ends_when_the_producer_closes_meanwhile() -> None:
    async def main() -> None:
        with both() as (producer, consumer):
            task = asyncio.create_task(all_of(consumer))
            await asleep(task)
            producer.send(1)
            producer.close()
            assert await task == [1]
            with pytest.raises(EOFError) as caught:
                await consumer.arecv()
            assert caught.type is EOFError

    run(main())


@pytest.mark.parametrize("receive", [all_of, ringmain.Consumer.arecv])
def test_the_death_of_the_producer_is_producerlost(receive: Any, ring_directory: Path) -> None:
    async def main(child: Any) -> None:
        async with ringmain.Consumer("ring", wait=60) as consumer:
            assert (await consumer.arecv()).obj == "hello"
            task = asyncio.create_task(receive(consumer))
            await asleep(task)
            child.kill()
            with pytest.raises(ringmain.ProducerLost):
                await task

    def send_and_stay() -> None:
        with ringmain.Producer("ring") as producer:
            producer.wait_for_consumers()
            producer.send("hello")
            threading.Event().wait()

    with running("fork", send_and_stay) as child:
        run(main(child))
    ringmain.remove("ring")


def test_who_outlives_producers_goes_on_with_the_next_one() -> None:
    async def main() -> None:
        first = ringmain.Producer("ring", "64KiB")
        async with ringmain.Consumer("ring", outlive_producer=True) as consumer:
            task = asyncio.create_task(consumer.arecv())
            await asleep(task)
            first.abandon()
            await asyncio.sleep(0.2)
            assert not task.done()
            with ringmain.Producer("ring") as second:
                second.send("from the second")
                assert (await task).obj == "from the second"

    run(main())


def test_closing_the_consumer_ends_the_task_that_waits() -> None:
    async def main() -> None:
        with both() as (_producer, consumer):
            task = asyncio.create_task(consumer.arecv())
            await asleep(task)
            consumer.close()
            with pytest.raises(ValueError, match="closed"):
                await task

    run(main())


class _ClosesSlowly(ringmain.Consumer):
    """So that a task that is woken too early finds it open."""

    def _close(self, acknowledging: bool) -> None:
        threading.Event().wait(0.075)  # between two of its looks by the clock, which come every 50 ms
        super()._close(acknowledging)


@pytest.mark.parametrize("kind", [ringmain.Consumer, _ClosesSlowly])
def test_closing_the_consumer_from_another_thread_ends_the_task_that_waits(kind: type[ringmain.Consumer]) -> None:
    async def main() -> None:
        with ringmain.Producer("ring", "64KiB"):
            consumer = kind("ring")
            task = asyncio.create_task(consumer.arecv())
            await asleep(task)
            await asyncio.to_thread(consumer.close)
            with pytest.raises(ValueError, match="closed"):
                await task

    run(main())


def test_a_task_that_begins_to_wait_while_its_consumer_closes_does_not_wait() -> None:
    class Closes(ringmain.Consumer):
        def _duplicate_descriptor(self) -> int:
            descriptor = super()._duplicate_descriptor()
            self.close()
            return descriptor

    async def main() -> None:
        with ringmain.Producer("ring", "64KiB"):
            consumer = Closes("ring")
            with pytest.raises(ValueError, match="closed"):
                await consumer.arecv()

    run(main())


def test_a_task_that_waits_for_a_closed_consumer_takes_no_reader_from_the_next_one() -> None:
    """The next one may have the same descriptor, since it is the lowest that is free."""

    async def main() -> None:
        with ringmain.Producer("ring", "64KiB") as producer:
            first = ringmain.Consumer("ring")
            waits = asyncio.create_task(first.arecv())
            await asleep(waits)
            descriptor = first.fileno()
            first.close()
            with ringmain.Consumer("ring") as second:
                assert second.fileno() == descriptor
                receives = asyncio.create_task(second.arecv())
                with pytest.raises(ValueError, match="closed"):
                    await waits
                await asleep(receives)
                producer.send(1)
                assert (await receives).obj == 1

    run(main())


def test_a_loop_that_is_closed_under_a_task_that_waits_leaves_no_descriptor() -> None:
    """Which the look at what tests leave behind sees."""
    with both() as (_producer, consumer):
        loop = asyncio.new_event_loop()
        task = loop.create_task(consumer.arecv())
        loop.run_until_complete(asleep(task))
        loop.close()
        task._log_destroy_pending = False  # type: ignore[attr-defined]
