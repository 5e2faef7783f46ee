"""What the figures were measured on."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from ringmain.bench.sides import two_cpus


@dataclass(frozen=True)
class Machine:
    """As it says of itself."""

    cpu: str
    allowed_cpus: int
    pinned: tuple[int, ...]
    kernel: str
    python: str
    numpy: str | None
    load: float  # of the last minute, before anything was measured


def this_machine() -> Machine:
    return Machine(
        _cpu(),
        len(os.sched_getaffinity(0)),
        two_cpus(),
        platform.release(),
        f"{platform.python_implementation()} {platform.python_version()}",
        _version_of("numpy"),
        os.getloadavg()[0],
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def machine_text(machine: Machine) -> str:
    """A few lines above the tables."""
    pinned = " and ".join(str(cpu) for cpu in machine.pinned)
    lines = [
        f"{machine.cpu}, CPUs allowed: {machine.allowed_cpus}, Linux {machine.kernel}",
        f"{machine.python}, {'NumPy ' + machine.numpy if machine.numpy else 'no NumPy'}",
        f"two processes, pinned to CPU {pinned}"
        + (" (one each)" if len(machine.pinned) > 1 else " (both: there is no other one, so nobody may spin)"),
        "Near and far CPUs give different figures; choose them with taskset.",
    ]
    if machine.load > 0.5:
        lines.append(f"Something else was running before (load {machine.load:.2f}): mistrust these figures.")
    return "\n".join(lines)
