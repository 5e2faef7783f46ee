"""Named matrices that are replaced now and then, and dashboards that come, read the last version, and go.

The rings are kept while nobody is there; no dashboard can hold the writer; a matrix arrives whole or not at all.

SPDX-License-Identifier: MIT
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import SpawnProcess

import numpy as np
import ringmain

MATRICES = {"weights": (500, 400), "bias": (400,)}
PROCESSES = multiprocessing.get_context("spawn")


def write(versions: range) -> None:
    for name, shape in MATRICES.items():
        # A ring takes messages of half its capacity. The second writer goes on with the ring of the first.
        with ringmain.Producer(name, "4MiB", policy="overwrite", keep=True) as matrix:
            for version in versions:
                matrix.send(np.full(shape, version, "f8"))


def look(version: int) -> None:
    """A dashboard that reads each matrix once."""
    for name, shape in MATRICES.items():
        with ringmain.Consumer(name, start="last") as versions:
            matrix = versions.recv(timeout=30).array
            assert matrix.shape == shape and (matrix == version).all()


def follow(last: int) -> None:
    """One that stays. It sees each version, or, if it is slow, the later ones."""
    seen = 0
    with ringmain.Consumer("weights", start="last") as versions:
        while seen < last:
            matrix = versions.recv(timeout=30).array
            assert (matrix == matrix[0, 0]).all() and matrix[0, 0] > seen
            seen = int(matrix[0, 0])


def start(job: Callable[..., None], *arguments: object) -> SpawnProcess:
    process = PROCESSES.Process(target=job, args=arguments)
    process.start()
    return process


def finish(*processes: SpawnProcess) -> None:
    for process in processes:
        process.join()
        assert process.exitcode == 0


def main() -> None:
    finish(start(write, range(1, 4)))
    finish(start(look, 3), start(look, 3))  # the writer is gone, its matrices aren't
    finish(start(follow, 9), start(write, range(4, 10)))
    finish(start(look, 9))

    assert ringmain.gc() == []  # they are kept
    for name in MATRICES:
        ringmain.remove(name)
    assert ringmain.ls() == []
    print(f"{len(MATRICES)} matrices in 9 versions by 2 writers; 4 dashboards read the last ones")


if __name__ == "__main__":
    main()
