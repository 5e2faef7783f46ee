"""multiprocessing.Pipe, with pickled objects and with bare bytes."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from ringmain.bench.carriers.carrier import Carrier, End, Setting

if TYPE_CHECKING:
    from ringmain.bench.carriers.carrier import Array


class ObjectEnd(End):
    """Pickles."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.send = self.send_array = connection.send
        self.recv = self.recv_array = connection.recv

    def close(self) -> None:
        self.connection.close()


class BytesEnd(End):
    """Sends the bytes of an object, and receives arrays into one that is there already."""

    def __init__(self, connection: Any, setting: Setting) -> None:
        self.connection = connection
        self.setting = setting
        self.array: Array | None = None
        self.send = self.send_array = connection.send_bytes
        self.recv = connection.recv_bytes
        self.recv_array = self.receive_into

    def receive_into(self) -> Array:
        if self.array is None:
            import numpy as np

            self.array = np.empty(self.setting.size // 4, np.float32)
        self.connection.recv_bytes_into(self.array)
        return self.array

    def close(self) -> None:
        self.connection.close()


class PipeCarrier(Carrier):
    """A pair of connected sockets."""

    def __init__(self) -> None:
        self.connections: tuple[Connection, ...] = ()

    def open(self, setting: Setting) -> None:
        self.connections = multiprocessing.get_context("fork").Pipe()

    def held(self, setting: Setting) -> int:
        # The kernel counts its own memory, about twice the payload; the least that it gives a socket is 200 KiB.
        return min(16, 100_000 // (2 * setting.size + 2048))

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        self.connections = ()


class ObjectPipe(PipeCarrier):
    """send() and recv()."""

    name = "Pipe, send/recv"

    def end(self, side: int, setting: Setting) -> End:
        return ObjectEnd(self.connections[side])


class BytesPipe(PipeCarrier):
    """send_bytes() and recv_bytes(), for arrays recv_bytes_into()."""

    name = "Pipe, send_bytes"

    def end(self, side: int, setting: Setting) -> End:
        return BytesEnd(self.connections[side], setting)
