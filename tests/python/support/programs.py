"""Other processes, as programs that a test writes: they talk in lines, and can be killed at any point of them.

SPDX-License-Identifier: MIT
"""

import subprocess
import sys
import textwrap
from types import TracebackType
from typing import Self

_HEAD = """
import os, sys, time
import ringmain
def say(*words): print(*words, flush=True)
def hear(): return sys.stdin.readline()
"""


class Program:
    """A Python program that runs beside the test. It has `say` and `hear`; leaving the block ends it."""

    def __init__(self, text: str, *options: str) -> None:
        command = [sys.executable, *options, "-c", _HEAD + textwrap.dedent(text)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def hear(self) -> str:
        """The next line that it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"it ended: {self._process.communicate()[1]}"
        return line.rstrip("\n")

    def say(self, word: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self._process.kill()
        self._process.communicate()

    def finish(self) -> str:
        """Waits for its end, which must be a good one without a word on standard error; what it said until then."""
        said, errors = self._process.communicate()
        assert (self._process.returncode, errors) == (0, "")
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def output_of(text: str, *options: str) -> str:
    """What such a program says, which must end well."""
    with Program(text, *options) as program:
        return program.finish()
