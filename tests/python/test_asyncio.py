"""Consumers in asyncio: arecv() and `async for`, cancelled at any moment, several in one loop.

SPDX-License-Identifier: MIT
"""

import asyncio
import contextlib
import os
import platform
import random
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
import ringmain
from support import ring_peers
from support.handles import both
from support.loops import all_of, asleep, run
from support.processes import running


def test_arecv_returns_what_is_there_and_waits_for_what_is_not() -> None:
    async def main() -> None:
        with both() as (producer, consumer):
            producer.send(1)
            assert (await consumer.arecv()).obj == 1
            waiting = asyncio.create_task(consumer.arecv())
            await asleep(waiting)
            producer.send(2)
            assert (await waiting).obj == 2

    run(main())


def test_async_for_goes_through_all_that_another_process_sends(ring_directory: Path) -> None:
    async def main() -> list[int]:
        async with ringmain.Consumer("ring", wait=60) as consumer:
            return [ring_peers.number_of(message.array) async for message in consumer]

    with running("fork", ring_peers.send_frames, str(ring_directory / "ring"), 1000, 300):
        assert run(main()) == list(range(1000))


def test_hundreds_of_cancellations_at_random_moments_lose_no_message() -> None:
    async def send(producer: ringmain.Producer, count: int, dice: random.Random) -> None:
        for number in range(count):
            for _ in range(dice.randrange(12)):
                await asyncio.sleep(0)
            producer.send(number)
        producer.close()

    async def main() -> None:
        dice = random.Random(4)
        received: list[int] = []
        cancelled = 0
        with both() as (producer, consumer):

            async def receive_one() -> None:
                received.append((await consumer.arecv()).obj)

            sender = asyncio.create_task(send(producer, 1000, dice))
            while True:
                task = asyncio.create_task(receive_one())
                for _ in range(dice.randrange(1, 5)):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled += 1
                except EOFError:
                    break
                await asyncio.sleep(0)
            await sender
        assert received == list(range(1000))
        assert cancelled > 300

    run(main())


def test_a_timeout_ends_the_wait_and_the_next_one_gets_the_message() -> None:
    async def main() -> None:
        with both() as (producer, consumer):
            for number in range(20):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.001):
                        await consumer.arecv()
                producer.send(number)
                async with asyncio.timeout(60):
                    assert (await consumer.arecv()).obj == number

    run(main())


def test_a_second_task_that_waits_for_the_same_consumer_is_refused_and_harms_nothing() -> None:
    async def main() -> None:
        with both() as (producer, consumer):
            first = asyncio.create_task(consumer.arecv())
            await asleep(first)
            with pytest.raises(RuntimeError, match="another task"):
                await consumer.arecv()
            producer.send(1)
            assert (await first).obj == 1
            producer.send(2)
            assert (await consumer.arecv()).obj == 2

    run(main())


def test_many_consumers_in_one_loop_each_get_every_message() -> None:
    async def main() -> None:
        with contextlib.ExitStack() as stack:
            producers = [stack.enter_context(ringmain.Producer(f"ring{n}", "64KiB")) for n in range(5)]
            consumers = [stack.enter_context(ringmain.Consumer(f"ring{n % 5}")) for n in range(10)]
            tasks = [asyncio.create_task(all_of(consumer)) for consumer in consumers]
            for number in range(100):
                for producer in producers:
                    producer.send(number)
                await asyncio.sleep(0)
            for producer in producers:
                producer.close()
            assert await asyncio.gather(*tasks) == [list(range(100))] * 10

    run(main())


def test_members_of_a_group_share_the_messages_and_finish_each_with_the_next() -> None:
    async def work(member: ringmain.Consumer) -> list[int]:
        done = []
        async for message in member:
            await asyncio.sleep(0)
            done.append(message.obj)
        return done

    async def main() -> None:
        with ringmain.Producer("ring", "64KiB") as producer, contextlib.ExitStack() as stack:
            members = [stack.enter_context(ringmain.Consumer("ring", group="workers")) for _ in range(3)]
            tasks = [asyncio.create_task(work(member)) for member in members]
            for number in range(300):
                producer.send(number)
                await asyncio.sleep(0)
            producer.close()
            shares = await asyncio.gather(*tasks)
            assert sorted(number for share in shares for number in share) == list(range(300))
            assert ringmain.ls() == []

    run(main())


def test_arrays_in_place_survive_as_long_as_their_views() -> None:
    async def main() -> None:
        with both() as (producer, consumer):
            views = []
            for number in range(5):
                producer.send(np.full(1000, number))
                views.append((await consumer.arecv()).array)
            assert consumer.borrowed == 5
            assert [int(view.sum()) for view in views] == [1000 * number for number in range(5)]

    run(main())


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split(".")[:2])


@pytest.mark.skipif(_kernel() < (6, 7), reason="before Linux 6.7 a thread watches the ring")
def test_no_thread_is_started() -> None:
    async def main() -> None:
        with both() as (producer, consumer):
            before = (threading.active_count(), len(os.listdir("/proc/self/task")))
            for number in range(100):
                task = asyncio.create_task(consumer.arecv())
                await asleep(task)
                assert (threading.active_count(), len(os.listdir("/proc/self/task"))) == before
                producer.send(number)
                assert (await task).obj == number

    run(main())


async def _numbers(consumer: ringmain.Consumer) -> AsyncGenerator[int, None]:
    async for message in consumer:
        yield message.obj


def test_an_iteration_that_was_left_is_taken_up_again_where_it_was() -> None:
    async def main() -> None:
        with both() as (producer, consumer):
            producer.send_many(range(10))
            producer.close()
            first = []
            async with contextlib.aclosing(_numbers(consumer)) as numbers:
                async for number in numbers:
                    first.append(number)
                    if number == 4:
                        break
            assert first + await all_of(consumer) == list(range(10))

    run(main())


def test_iteration_gives_the_message_before_back_as_the_other_loop_does() -> None:
    async def main() -> None:
        with ringmain.Producer("ring", "1MiB") as producer:
            async with ringmain.Consumer("ring", max_borrowed=1) as consumer:
                for number in range(3):
                    producer.send(np.full(1000, number))
                producer.close()
                assert [int(message.array[0]) async for message in consumer] == [0, 1, 2]

    run(main())
