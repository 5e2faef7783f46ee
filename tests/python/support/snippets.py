"""The blocks of code in pages, and how they are run.

A comment before a block says which:

    <!-- run: GROUP PROCESS -->     all of this group and process are one program; those of a group run at the same time
    <!-- run: GROUP -->             a group with one process
    <!-- not run: WHY -->

What a line that begins with `print(` (C++: `std::printf`) writes stands in a comment behind it, or in those below it.

SPDX-License-Identifier: MIT
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

_FENCE = re.compile(r"^```(python|cpp)$")
_MARKER = re.compile(r"^<!-- (?:run: (?P<group>[a-z-]+)(?: (?P<process>[a-z-]+))?|not run: (?P<why>.+)) -->$")
_SAID_BEHIND = re.compile(r"^\s*print\(.*\)  # (?P<text>.+)$")
_SAID_BELOW = re.compile(r"^\s*(?:#|//) (?P<text>.+)$")
_PRINTS = re.compile(r"^\s*(?:print\(.*\)|std::printf\(.*\);)$")


@dataclass
class Program:
    language: str
    lines: list[str] = field(default_factory=list)

    @property
    def source(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def output(self) -> list[str]:
        """The lines that it says it prints."""
        said = []
        printed = False
        for line in self.lines:
            behind, below = _SAID_BEHIND.match(line), _SAID_BELOW.match(line)
            if behind is not None:
                said.append(behind["text"])
            elif printed and below is not None:
                said.append(below["text"])
                continue
            printed = _PRINTS.match(line) is not None
        return said


@dataclass
class Page:
    """Of one or several files."""

    groups: dict[str, dict[str, Program]]
    not_run: list[str]
    unmarked: list[str]  # where a block of Python begins that has no marker

    @classmethod
    def read(cls, *paths: Path) -> "Page":
        page = cls(defaultdict(dict), [], [])
        for path in paths:
            page._read(path)
        return page

    def _read(self, path: Path) -> None:
        lines = iter(enumerate(path.read_text().splitlines(), 1))
        marker = None
        for number, line in lines:
            fence = _FENCE.match(line)
            if fence is not None:
                code = [text for _, text in takewhile(lambda entry: entry[1] != "```", lines)]
                self._take(fence[1], marker, f"{path.name}:{number}", code)
            marker = _MARKER.match(line)

    def _take(self, language: str, marker: re.Match[str] | None, place: str, code: list[str]) -> None:
        if marker is None:
            self.unmarked += [place] * (language == "python")  # C++ is compiled elsewhere, too
        elif marker["group"] is None:
            self.not_run.append(marker["why"])
        else:
            programs = self.groups[marker["group"]]
            programs.setdefault(marker["process"] or "main", Program(language)).lines.extend(code)
