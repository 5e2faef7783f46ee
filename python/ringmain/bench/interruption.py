"""Ctrl-C and SIGTERM: one way out, through everything that cleans up, and not interrupted a second time."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


class Interrupted(BaseException):
    """Not an Exception, so that nobody takes it for a fault of a carrier."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.exit_status = 128 + number


class Interruption:
    """While it's entered, a signal raises Interrupted, once; check() does where the exception was lost.

    Python discards what is raised in a finalizer, and those run at any time.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self._number: int | None = None
        self._before: list[Any] = []

    def __enter__(self) -> Interruption:
        self._before = [signal.signal(number, self._came) for number in self._SIGNALS]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in zip(self._SIGNALS, self._before, strict=True):
            signal.signal(number, handler)

    def check(self) -> None:
        if self._number is not None:
            raise Interrupted(self._number)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self._number is None:
            self._number = number
            raise Interrupted(number)
