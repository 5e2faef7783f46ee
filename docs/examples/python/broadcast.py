"""A scheduler sends each step to all workers, and collects what they computed, as an inference engine does.

A step is a dict with arrays of any shape, or a small tuple; a slow worker is waited for.

SPDX-License-Identifier: MIT
"""

import multiprocessing

import numpy as np
import ringmain

WORKERS = 3
STEPS = 300
HIDDEN = 1024


def work(rank: int) -> None:
    """Has every third row of a batch."""
    scale = 1.0
    with (
        ringmain.Producer(f"results-{rank}", "4MiB") as results,
        ringmain.Consumer("steps", wait=30) as steps,
    ):
        for message in steps:
            match message.obj:
                case {"hidden": hidden, "ids": ids}:  # read-only, in place
                    mine = slice(rank, None, WORKERS)
                    results.send({"ids": ids[mine], "sums": hidden[mine].sum(axis=1) * scale})
                case ("scale", value):
                    scale = value


def check(batch: dict[str, np.ndarray], answers: list[dict[str, np.ndarray]], scale: float) -> None:
    ids = np.concatenate([answer["ids"] for answer in answers])
    sums = np.concatenate([answer["sums"] for answer in answers])
    expected = batch["hidden"].sum(axis=1) * scale
    assert np.array_equal(np.sort(ids), batch["ids"])
    assert np.allclose(sums[np.argsort(ids)], expected)


def main() -> None:
    processes = multiprocessing.get_context("spawn")
    workers = [processes.Process(target=work, args=(rank,)) for rank in range(WORKERS)]
    rows = 0
    with ringmain.Producer("steps", "16MiB") as steps:
        for worker in workers:
            worker.start()
        results = [ringmain.Consumer(f"results-{rank}", wait=30) for rank in range(WORKERS)]
        steps.wait_for_consumers(WORKERS, timeout=30)
        scale = 1.0
        for step in range(STEPS):
            if step % 100 == 50:
                scale *= 2
                steps.send(("scale", scale))
            count = 1 + step % 32
            batch = {"ids": np.arange(rows, rows + count), "hidden": np.full((count, HIDDEN), step, "f4")}
            steps.send(batch)
            check(batch, [result.recv(timeout=30).obj for result in results], scale)
            rows += count
    for worker, result in zip(workers, results, strict=True):
        worker.join()
        assert worker.exitcode == 0
        result.close()
    print(f"{STEPS} steps with {rows} rows went to {WORKERS} workers, and {STEPS * WORKERS} answers came back")


if __name__ == "__main__":
    main()
