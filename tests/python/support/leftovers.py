"""What a test may leave behind in its process: descriptors, mappings and children.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

# multiprocessing starts these once, and they stay until the interpreter ends.
_STAY = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")


@dataclass(frozen=True)
class Leftovers:
    """Of descriptors and mappings: files in `directory`, unnamed rings, and what one waits with."""

    descriptors: frozenset[str]
    mappings: frozenset[str]
    children: frozenset[int]

    @classmethod
    def now(cls, directory: Path) -> "Leftovers":
        return cls(frozenset(_descriptors(directory)), frozenset(_mappings(directory)), frozenset(_children()))

    def since(self, before: "Leftovers") -> "Leftovers":
        return Leftovers(
            self.descriptors - before.descriptors, self.mappings - before.mappings, self.children - before.children
        )

    def __bool__(self) -> bool:
        return bool(self.descriptors or self.mappings or self.children)


def _is_of_a_ring(target: str, directory: Path) -> bool:
    return target.startswith((f"{directory}/", "/memfd:ringmain"))


def _descriptors(directory: Path) -> list[str]:
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:  # the one that listed them
            continue
        if _is_of_a_ring(target, directory) or target.startswith("anon_inode:"):
            found.append(f"{descriptor} -> {target}")
    return found


def _mappings(directory: Path) -> list[str]:
    lines = Path("/proc/self/maps").read_text().splitlines()
    fields = (line.split(maxsplit=5) for line in lines)
    return [
        f"{field[0]} {field[5]}"
        for field in fields
        if len(field) > 5 and (_is_of_a_ring(field[5], directory) or "io_uring" in field[5])
    ]


def _children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread, or a child, that ended just now
            for child in (task / "children").read_text().split():
                command = Path(f"/proc/{child}/cmdline").read_bytes()
                if not any(name in command for name in _STAY):
                    found.append(int(child))
    return found
