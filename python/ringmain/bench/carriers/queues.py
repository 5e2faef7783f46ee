"""The queues of multiprocessing: Queue, SimpleQueue, and the one behind a manager's server process."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import multiprocessing
from multiprocessing.managers import SyncManager
from typing import Any, Protocol

from ringmain.bench.carriers.carrier import Carrier, End, Setting
from ringmain.bench.parent import depend_on_parent


class AnyQueue(Protocol):
    """What the three have in common."""

    def put(self, item: Any) -> Any: ...
    def get(self) -> Any: ...


class QueueEnd(End):
    """One queue for each direction."""

    def __init__(self, outgoing: AnyQueue, incoming: AnyQueue) -> None:
        self.queues = (outgoing, incoming)
        self.send = self.send_array = outgoing.put
        self.recv = self.recv_array = incoming.get

    def close(self) -> None:
        for queue in self.queues:
            if isinstance(queue, multiprocessing.queues.Queue):
                queue.cancel_join_thread()


class QueueCarrier(Carrier):
    """Queues that the sides inherit."""

    def __init__(self) -> None:
        self.queues: list[AnyQueue] = []

    def end(self, side: int, setting: Setting) -> End:
        return QueueEnd(self.queues[side], self.queues[1 - side])

    def close(self) -> None:
        self.queues.clear()


class PlainQueue(QueueCarrier):
    """A pipe with locks, and a thread that pickles and sends."""

    name = "multiprocessing.Queue"

    def open(self, setting: Setting) -> None:
        context = multiprocessing.get_context("fork")
        self.queues = [context.Queue(), context.Queue()]


class SimpleQueue(QueueCarrier):
    """A pipe with locks."""

    name = "multiprocessing.SimpleQueue"

    def open(self, setting: Setting) -> None:
        context = multiprocessing.get_context("fork")
        self.queues = [context.SimpleQueue(), context.SimpleQueue()]

    def held(self, setting: Setting) -> int:
        # It blocks when the pipe is full: 16 pages, and a message doesn't share its pages with the next one.
        pages = 1 + (setting.size + 300) // 4096
        return 12 // pages


class ManagedQueue(QueueCarrier):
    """A queue in a third process, which isn't pinned."""

    name = "Manager().Queue"

    def __init__(self) -> None:
        super().__init__()
        self.manager: SyncManager | None = None

    def open(self, setting: Setting) -> None:
        self.manager = SyncManager(ctx=multiprocessing.get_context("fork"))
        self.manager.start(depend_on_parent)
        self.queues = [self.manager.Queue(), self.manager.Queue()]

    def close(self) -> None:
        super().close()
        if self.manager is not None:
            self.manager.shutdown()
            self.manager = None
