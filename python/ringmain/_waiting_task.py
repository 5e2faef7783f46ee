"""A task that waits for a descriptor, for asyncio. A module of its own, since asyncio takes long to import.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import asyncio
import os

__all__ = ["WaitingTask"]


class WaitingTask:
    """The task that runs, from when it begins to wait until it is woken, or cancelled."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor  # its own from now on: when another thread closes the consumer's, it stays
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._descriptor, self._resolve)

    async def readable(self) -> None:
        """Until the descriptor is readable."""
        await self._ready

    def wake(self) -> None:
        """Ends the wait. From any thread."""
        if self._loop.is_closed():
            os.close(self._descriptor)
        elif asyncio._get_running_loop() is self._loop:
            self._end()
        else:
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._resolve()

    def _resolve(self) -> None:
        if not self._ready.done():
            self._ready.set_result(None)
