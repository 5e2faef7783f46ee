"""The consumer, with what needs no compiler: names and paths, closing, asyncio.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import os
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from . import _core
from ._core import Message
from ._places import split

if TYPE_CHECKING:
    from ._waiting_task import WaitingTask

__all__ = ["Consumer"]


class Consumer(_core.Consumer):
    """Receives the messages of a ring.

        with ringmain.Consumer("camera", wait=10) as frames:
            for message in frames:
                show(message.array)

    The loop sleeps until there is a message, and ends when the producer closes; ProducerLost says that it died. It
    gives each message back when it asks for the next one, unless views of it are alive.

    Every consumer gets every message, unless consumers form a `group`: then each message goes to one of its members,
    and if that one dies with it, or leaves without having asked for the next one, to another.

    Parameters:
        name: of the ring, in RINGMAIN_DIR or /dev/shm; or its path, as "/volume/camera".
        group: share the work with the consumers of this name.
        start: "latest" (the next message sent), "oldest" (the oldest kept), "last" (the last one sent, if it is kept),
            or a position. A group that exists goes on where it is.
        wait: seconds for the ring to appear (math.inf: for ever; None: not at all).
        on_loss: of a ring that overwrites: "skip" (message.lost and consumer.lost tell), or "raise" Lapped first.
        max_borrowed: how many messages may be held in place at a time. Receiving one more raises BorrowLimit.
        copy: receive private copies. None: of rings that overwrite or may evict, and in groups, where a message in
            place could be overwritten, or hold up the others; everywhere else messages above 1 KiB are received in
            place.
        durable: the named group keeps its place, and so the producer waiting, while nobody is there.
        spectator: watch without write access to the ring: never holds up the producer, may be lapped.
        spin: seconds to look for a message before going to sleep (math.inf: for ever, at full CPU).
        allow_pickle: unpickle objects. None: only if the ring belongs to this user, since who sends a pickle can run
            anything here.
        outlive_producer: go on waiting when the producer dies, for the next one.

    Raises FileNotFoundError, PermissionError, BadRing, ValueError, OSError. Threads may share it: they take turns. In a
    forked child it raises LeaseLost: make one there. It can be pickled: what arrives is another consumer of this ring.
    """

    _waiting: WaitingTask | None = None

    def __init__(
        self,
        name: str | os.PathLike[str],
        group: str | None = None,
        start: Literal["latest", "oldest", "last"] | int = "latest",
        wait: float | None = None,
        *,
        on_loss: Literal["skip", "raise"] = "skip",
        max_borrowed: int = 8,
        copy: bool | None = None,
        durable: bool = False,
        spectator: bool = False,
        spin: float | None = 20e-6,
        allow_pickle: bool | None = None,
        outlive_producer: bool = False,
    ) -> None:
        if on_loss not in ("skip", "raise"):
            raise ValueError(f"on_loss: 'skip' or 'raise', not {on_loss!r}")
        self.name, self._directory = split(name)
        self._options: dict[str, Any] = {
            "group": group,
            "start": start,
            "on_loss": on_loss,
            "max_borrowed": max_borrowed,
            "copy": copy,
            "durable": durable,
            "spectator": spectator,
            "spin": spin,
            "allow_pickle": allow_pickle,
            "outlive_producer": outlive_producer,
        }
        super().__init__(self.name, self._directory, wait, self._options | {"raise_lost": on_loss == "raise"})
        self._pid = os.getpid()

    @property
    def path(self) -> str:
        """The directory that is the ring."""
        return os.path.join(self._directory, self.name + ".ring")

    @property
    def group(self) -> str | None:
        """The named group of which it is a member."""
        group: str | None = self._options["group"]
        return group

    def close(self) -> None:
        """Leaves the ring; a member is done with its last message. Views stay readable, and hold their slots."""
        self._leave(True)

    async def arecv(self) -> Message:
        """The next message, for asyncio; raises as recv() does.

        Cancelling it (asyncio.timeout(), ...) loses no message. One task at a time; a second one raises RuntimeError.
        Needs no thread on Linux 6.7 and later.
        """
        while (message := self.try_recv()) is None:
            await self._readable()
        return message

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        try:
            while (message := self._try_next()) is None:
                await self._readable()
            return message
        except EOFError as end:
            if type(end) is EOFError:
                raise StopAsyncIteration from None
            raise

    async def _readable(self) -> None:
        from ._waiting_task import WaitingTask

        if self._waiting is not None:
            raise RuntimeError("another task waits for this consumer already")
        waiting = self._waiting = WaitingTask(self._duplicate_descriptor())
        try:
            if not self.closed:  # which another thread did, maybe, before there was anybody to wake
                await waiting.readable()
        finally:
            self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.wake()

    def _leave(self, acknowledging: bool) -> None:
        try:
            self._close(acknowledging)
        finally:
            self._wake()  # not before: who finds it open waits again

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What a member was working on when something went wrong is for another one to do.
        self._leave(kind is None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __del__(self) -> None:
        if getattr(self, "_pid", None) == os.getpid() and not self.closed:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=1, source=self)
            self._close(False)

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (os.path.join(self._directory, self.name), self._options)

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"at {self.position}, lag {self.lag}"
        return f"<ringmain.Consumer of '{self.name}', {state}>"


def _make(path: str, options: dict[str, Any]) -> Consumer:
    return Consumer(path, **options)
