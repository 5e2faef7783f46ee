"""A service that waits for requests, a clock and a timeout at the same time, in one thread.

SPDX-License-Identifier: MIT
"""

import asyncio
import multiprocessing
import time

import ringmain

REQUESTS = 200


def ask() -> None:
    with ringmain.Producer("requests", "1MiB") as requests, ringmain.Consumer("answers", wait=30) as answers:
        requests.wait_for_consumers(1, timeout=30)
        for number in range(REQUESTS):
            if number == REQUESTS // 2:
                time.sleep(0.3)  # nothing to do for the service
            requests.send({"question": number})
            assert answers.recv(timeout=30).obj == {"answer": number * 2}


async def serve(answers: ringmain.Producer) -> tuple[int, int]:
    """How many requests were answered, and how often none came for a while."""
    answered = idle = 0
    # To wait until there is a ring blocks, so that is for a thread.
    async with await asyncio.to_thread(ringmain.Consumer, "requests", wait=30) as requests:
        while True:
            try:
                async with asyncio.timeout(0.1):  # cancels the wait, and loses nothing
                    message = await requests.arecv()
            except TimeoutError:
                idle += 1
                continue
            except EOFError:  # the client has closed
                return answered, idle
            answers.send({"answer": message.obj["question"] * 2})
            answered += 1


async def tick(ticks: list[float]) -> None:
    while True:
        ticks.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.01)


async def run() -> tuple[int, int, int]:
    ticks: list[float] = []
    clock = asyncio.create_task(tick(ticks))
    with ringmain.Producer("answers", "1MiB") as answers:
        answered, idle = await serve(answers)
    clock.cancel()
    return answered, idle, len(ticks)


def main() -> None:
    client = multiprocessing.get_context("spawn").Process(target=ask)
    client.start()
    answered, idle, ticks = asyncio.run(run())
    client.join()
    assert client.exitcode == 0
    assert answered == REQUESTS
    assert idle > 0 and ticks > 1
    print(f"{answered} requests answered; nothing came for a while {idle} times, and the clock ticked {ticks} times")


if __name__ == "__main__":
    main()
