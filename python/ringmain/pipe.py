"""Pipe: multiprocessing.Pipe through rings.

Each direction is an unnamed ring, in memory that goes with its last holder. An end takes the place of the sender when
it first sends, and that of the receiver when it first receives, so it can be handed to another process before. Whether
anybody holds the other end is said by a socket between the two: the kernel closes it with the last process that has it.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import errno
import os
import pickle
import select
import socket
import threading
import warnings
from contextlib import ExitStack
from multiprocessing import BufferTooShort
from multiprocessing.reduction import DupFd, ForkingPickler
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import _core
from ._core import Message
from ._sizes import in_bytes

if TYPE_CHECKING:
    from typing_extensions import Buffer  # of collections.abc from Python 3.12 on

__all__ = ["Connection", "Pipe"]

_DEFAULT_CAPACITY = "1MiB"
_OBJECT = 0
_BYTES = 1  # the type of what send_bytes() sends: recv() takes it for a pickle, as multiprocessing's does


def Pipe(duplex: bool = True, *, capacity: int | str = _DEFAULT_CAPACITY) -> tuple[Connection, Connection]:
    """Two connected ends, as multiprocessing.Pipe() gives them. With duplex=False the first one only receives, the
    second one only sends.

    `capacity` is that of each direction, rounded up to a power of two; objects may be larger. Raises OSError.
    """
    size = in_bytes(capacity)
    with ExitStack() as undone:  # unless all goes well
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        undone.callback(one.close)
        undone.callback(other.close)
        forth = _ends(_core.make_pipe_ring(size), undone)
        back = _ends(_core.make_pipe_ring(size), undone) if duplex else (None, None)
        undone.pop_all()
    return Connection(one, receives=forth[0], sends=back[0]), Connection(other, receives=back[1], sends=forth[1])


class Connection:
    """One end of a Pipe. The interface is that of multiprocessing.connection.Connection, with these differences:

    - EOFError and BrokenPipeError also when the process that has the other end *died*, within 50 ms;
    - arrays arrive at the speed of memory, and may be written to; a bytearray or memoryview arrives as bytes;
    - one process sends at a time, and one receives: who first sends, or receives, has the place until it closes its
      end.

    It can be handed to a child, by whatever start method, and through other connections. Threads may share it.
    """

    def __init__(
        self, partner: socket.socket, *, receives: tuple[int, int] | None = None, sends: tuple[int, int] | None = None
    ) -> None:
        self._partner: socket.socket | None = partner
        self._receives = receives
        self._sends = sends
        self._forget()

    def _forget(self) -> None:
        self._pid = os.getpid()
        self._receiver: _core.PipeReceiver | None = None
        self._sender: _core.Producer | None = None
        self._watched = -1
        self._opening = threading.Lock()

    # --- what multiprocessing's has

    @property
    def closed(self) -> bool:
        """This end was closed."""
        return self._partner is None

    @property
    def readable(self) -> bool:
        """This end receives."""
        return self._receives is not None

    @property
    def writable(self) -> bool:
        """This end sends."""
        return self._sends is not None

    def send(self, obj: Any) -> None:
        """Sends an object; waits for room. Raises BrokenPipeError if nobody has the other end, OSError if closed."""
        self._send(obj, _OBJECT)

    def recv(self) -> Any:
        """The next object; waits for it. Raises EOFError when nobody has the other end and all was received."""
        message = self._receive()
        return pickle.loads(memoryview(message)) if message.type == _BYTES else message.obj

    def send_bytes(self, buf: Buffer, offset: int = 0, size: int | None = None) -> None:
        """Sends `size` bytes of a buffer from `offset` on (None: all that follow)."""
        view = memoryview(buf)
        if view.itemsize > 1 or view.ndim != 1:
            view = view.cast("B")
        if offset < 0:
            raise ValueError("offset is negative")
        if offset > len(view):
            raise ValueError("buffer length < offset")
        if size is not None and size < 0:
            raise ValueError("size is negative")
        if size is not None and offset + size > len(view):
            raise ValueError("buffer length < offset + size")
        end = len(view) if size is None else offset + size
        self._send(view[offset:end], _BYTES)

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        """The next message as bytes. Raises EOFError; OSError, and closes this end, if longer than `maxlength`."""
        if maxlength is not None and maxlength < 0:
            raise ValueError("negative maxlength")
        received = bytes(self._receive_bytes())
        if maxlength is not None and len(received) > maxlength:
            self.close()
            raise OSError(f"a message of {len(received)} bytes, more than maxlength")
        return received

    def recv_bytes_into(self, buf: Buffer, offset: int = 0) -> int:
        """Writes the next message to `offset` in a buffer; returns its length. Raises BufferTooShort, which has it."""
        view = memoryview(buf).cast("B")
        if offset < 0:
            raise ValueError("negative offset")
        if offset > len(view):
            raise ValueError("offset too large")
        received = self._receive_bytes()
        if len(received) > len(view) - offset:
            raise BufferTooShort(bytes(received))
        view[offset : offset + len(received)] = received
        return len(received)

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Whether recv() would return, or raise EOFError, now; waits `timeout` seconds for that (None: for ever)."""
        receiver = self._receiving()
        try:
            return receiver.poll(timeout, self._has_partner)
        except ValueError:
            self._require_open()  # another thread has closed it
            raise

    def fileno(self) -> int:
        """A descriptor for multiprocessing.connection.wait, selectors and asyncio: readable as long as poll() is True.

        Once in a while it is so in vain, until poll() returns False: a sender may wake this end for a message that was
        received already. Where to block in recv() would harm, ask poll() first.
        """
        descriptor = self._receiving().fileno()
        if descriptor != self._watched:
            self._watched = descriptor
            _watch(descriptor, self._open_partner().fileno())
        return descriptor

    def close(self) -> None:
        """Closes this end; the other one receives what is left, then EOFError. May be repeated."""
        partner, self._partner = self._partner, None
        if partner is None:
            return
        partner.close()
        if self._pid == os.getpid():
            if self._sender is not None:
                self._sender._abandon()
            if self._receiver is not None:
                self._receiver.close()
        self._sender = self._receiver = None
        for ring in (self._receives, self._sends):
            for descriptor in ring or ():
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_partner", None) is not None:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=1, source=self)
            self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        self._require_open()
        rings = tuple(
            ring and tuple(DupFd(descriptor) for descriptor in ring) for ring in (self._receives, self._sends)
        )
        return _rebuild, (DupFd(self._open_partner().fileno()), *rings)

    def __repr__(self) -> str:
        state = "closed" if self.closed else " and ".join(self._roles())
        return f"<ringmain.Connection, {state}>"

    # --- how

    def _roles(self) -> list[str]:
        return ["receives"] * self.readable + ["sends"] * self.writable

    def _open_partner(self) -> socket.socket:
        partner = self._partner
        if partner is None:  # maybe by another thread, while this one waits
            raise OSError("handle is closed")
        return partner

    def _require_open(self) -> None:
        self._open_partner()
        if self._pid != os.getpid():  # what the parent took is the parent's
            self._forget()

    def _sending(self) -> _core.Producer:
        self._require_open()
        if self._sends is None:
            raise OSError("connection is read-only")
        with self._opening:
            if self._sender is None:
                self._sender = _core.open_pipe_sender(*self._sends)
            return self._sender

    def _receiving(self) -> _core.PipeReceiver:
        self._require_open()
        if self._receives is None:
            raise OSError("connection is write-only")
        with self._opening:
            if self._receiver is None:
                self._receiver = _core.open_pipe_receiver(*self._receives)
            return self._receiver

    def _send(self, obj: Any, kind: int) -> None:
        sender = self._sending()
        if not self._has_partner():
            raise BrokenPipeError(errno.EPIPE, "nobody has the other end")
        try:
            _core.send_into_pipe(sender, obj, kind, self._has_partner)
        except ValueError:
            self._require_open()  # another thread has closed it
            raise

    def _receive(self) -> Message:
        receiver = self._receiving()
        try:
            return receiver.recv(self._has_partner)
        except ValueError:
            self._require_open()  # another thread has closed it
            raise

    def _receive_bytes(self) -> memoryview:
        message = self._receive()
        if message.type == _BYTES:
            return memoryview(message)
        # Of an object: the pickle, so that who sends it on with send_bytes() sends the object.
        return ForkingPickler.dumps(message.obj)

    def _has_partner(self) -> bool:
        return not _core.hung_up(self._open_partner().fileno())


def _watch(epoll: int, partner: int) -> None:
    """From now on the receiver's descriptor is readable, too, when nobody has the other end."""
    copy = select.epoll.fromfd(os.dup(epoll))  # which closes what it has
    try:
        copy.register(partner, select.EPOLLIN | select.EPOLLRDHUP)
    finally:
        copy.close()


def _ends(ring: tuple[int, int], undone: ExitStack) -> tuple[tuple[int, int], tuple[int, int]]:
    """The descriptors of a ring, and as many again for the other end; closed with `undone`."""
    for descriptor in ring:
        undone.callback(os.close, descriptor)
    twin = []
    for descriptor in ring:
        twin.append(os.dup(descriptor))
        undone.callback(os.close, twin[-1])
    return ring, (twin[0], twin[1])


def _rebuild(partner: Any, receives: Any, sends: Any) -> Connection:
    def detach(ring: Any) -> tuple[int, int] | None:
        return ring and tuple(descriptor.detach() for descriptor in ring)

    return Connection(socket.socket(fileno=partner.detach()), receives=detach(receives), sends=detach(sends))
