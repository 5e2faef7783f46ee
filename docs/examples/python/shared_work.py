"""Four workers share a feed. One of them is killed in the middle of a job; another one does that job.

SPDX-License-Identifier: MIT
"""

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import wait

import ringmain

JOBS = 100
WORKERS = 4
FATAL = 42  # whoever gets this job first is killed

Result = tuple[int, int, bool]


def work(results: ringmain.Connection) -> None:
    with ringmain.Consumer("jobs", group="workers", wait=30) as jobs, results:
        for message in jobs:  # asking for the next message says that the last one is done
            job = message.obj
            if job == FATAL and not message.redelivered:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.001)
            results.send((job, job**2, message.redelivered))


def wait_for_members(count: int) -> None:
    while sum(group.members for group in ringmain.stat("jobs").groups) < count:
        time.sleep(0.01)


def collect(connections: list[ringmain.Connection], count: int) -> list[Result]:
    """What workers send, until there are so many results."""
    results: list[Result] = []
    alive = list(connections)
    while len(results) < count:
        assert alive, "all workers have ended"
        for connection in wait(alive):  # type: ignore[arg-type]
            assert isinstance(connection, ringmain.Connection)
            try:
                results.append(connection.recv())
            except EOFError:  # its process was killed
                alive.remove(connection)
    return results


def main() -> None:
    processes = multiprocessing.get_context("spawn")
    workers, connections = [], []
    with ringmain.Producer("jobs", "1MiB") as jobs:
        for _ in range(WORKERS):
            here, there = ringmain.Pipe(duplex=False)
            worker = processes.Process(target=work, args=(there,))
            worker.start()
            there.close()  # the worker has it
            workers.append(worker)
            connections.append(here)
        wait_for_members(WORKERS)
        jobs.send_many(range(JOBS))
        # The ring stays open until all is done: who has received the end takes over from nobody.
        results = collect(connections, JOBS)

    for worker, connection in zip(workers, connections, strict=True):
        worker.join()
        connection.close()
    assert sorted(worker.exitcode or 0 for worker in workers) == [-signal.SIGKILL, 0, 0, 0]
    assert sorted(job for job, _, _ in results) == list(range(JOBS))
    assert all(square == job**2 for job, square, _ in results)
    assert [job for job, _, redelivered in results if redelivered] == [FATAL]
    print(f"{WORKERS} workers did {JOBS} jobs; one was killed, and job {FATAL} went to another")


if __name__ == "__main__":
    main()
