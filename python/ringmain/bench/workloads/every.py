"""The list of workloads, in the order in which they are measured."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from ringmain.bench.workloads.arrays import array_tasks
from ringmain.bench.workloads.receive import receive_tasks
from ringmain.bench.workloads.round_trip import round_trips
from ringmain.bench.workloads.stream import streams
from ringmain.bench.workloads.task import Task

WORKLOADS = {
    "round-trip": "a 64-byte bytes object there and back",
    "asleep": "the same between two who are asleep",
    "stream": "64-byte bytes objects one way, messages a second",
    "arrays": "float32 arrays of 1 MB and 16 MB one way, all read or only touched (needs NumPy)",
    "receive": "getting hold of an array that is there already, by size (needs NumPy)",
    "import": "importing the packages in a fresh interpreter",
}


def every_task() -> list[Task]:
    """Those of all workloads but import, which has no carriers."""
    return [*round_trips(), *streams(), *array_tasks(), *receive_tasks()]
