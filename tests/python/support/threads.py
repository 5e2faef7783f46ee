"""Threads for tests: one that is always busy, and calls that wait in threads of their own.

SPDX-License-Identifier: MIT
"""

import threading
from collections.abc import Callable
from typing import Any

from support.processes import eventually


class Busy:
    """A thread that never waits, so that everybody else has to fight for the GIL."""

    def __init__(self) -> None:
        self.count = 0
        self._ending = False
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._ending:
            self.count += 1

    def __enter__(self) -> "Busy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        self._thread.join()

    def goes_on(self) -> None:
        """Returns when it has counted further."""
        before = self.count
        eventually(lambda: self.count > before + 1000)


class Call:
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._call = call
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:
            self.error = error

    @property
    def under_way(self) -> bool:
        return self._thread.is_alive()

    def until_asleep(self) -> "Call":
        """The kernel says that the thread sleeps, three times in a row."""
        for _ in range(3):
            eventually(lambda: self._state() == "S")
        return self

    def _state(self) -> str:
        with open(f"/proc/self/task/{self._thread.native_id}/stat") as file:
            return file.read().rpartition(") ")[2][0]

    def end(self) -> Any:
        self._thread.join()
        if self.error is not None:
            raise self.error
        return self.result
