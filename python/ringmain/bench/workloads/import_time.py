"""Import: how long a fresh interpreter takes to import each package."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import importlib.util
import subprocess
import sys

from ringmain.bench.result import LeftOut, Result, Row

_REPEATS = 5
_MODULES = {
    "ringmain": "ours",
    "multiprocessing.queues": "rival",
    "multiprocessing.connection": "rival",
    "multiprocessing.shared_memory": "rival",
    "multiprocessing.managers": "rival",
    "zmq": "rival",
    "faster_fifo": "rival",
    "numpy": "rival",
}
_PROGRAM = """
from time import perf_counter_ns
begin = perf_counter_ns()
import {module}
print(perf_counter_ns() - begin)
"""


def import_ns(module: str) -> float:
    """The best time of a few: whatever disturbs makes it longer."""
    command = [sys.executable, "-c", _PROGRAM.format(module=module)]
    times = []
    for _ in range(_REPEATS):
        times.append(float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout))
    return min(times)


def import_times() -> Result:
    result = Result(
        "import",
        f"Import in a fresh interpreter, the best of {_REPEATS}",
        "NumPy is what arrays need besides.",
        "time",
        0,
        ("ringmain",),
    )
    for module, kind in _MODULES.items():
        if importlib.util.find_spec(module) is None:
            result.left_out.append(LeftOut(module, f"the module {module} is not installed"))
            continue
        try:
            result.rows.append(Row(module, kind, "", (import_ns(module),)))
        except subprocess.CalledProcessError as error:
            result.left_out.append(LeftOut(module, error.stderr.strip().splitlines()[-1], failed=True))
    return result
