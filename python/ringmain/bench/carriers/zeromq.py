"""ZeroMQ, through pyzmq: a PAIR of sockets over ipc://."""

# SPDX-License-Identifier: MIT

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringmain.bench.carriers.carrier import Carrier, End, Setting

if TYPE_CHECKING:
    from ringmain.bench.carriers.carrier import Array


class PairEnd(End):
    """Small messages are copied, as pyzmq does by default; arrays are not."""

    def __init__(self, side: int, address: str) -> None:
        import zmq

        self.side = side
        self.address = address
        self.context: Any = zmq.Context()
        self.socket: Any = self.context.socket(zmq.PAIR)
        self.socket.linger = 0
        if side == 0:
            self.socket.bind(address)
        self.send = self.socket.send
        self.recv = self.socket.recv
        self.send_array = self.put_array
        self.recv_array = self.get_array

    def connect(self) -> None:
        if self.side == 1:
            self.socket.connect(self.address)

    def put_array(self, array: Array) -> None:
        self.socket.send(array, copy=False)

    def get_array(self) -> Array:
        import numpy as np

        return np.frombuffer(self.socket.recv(copy=False), np.float32)

    def close(self) -> None:
        self.socket.close()
        self.context.term()


class ZeroMQ(Carrier):
    """Its I/O threads run on the CPU of their side."""

    name = "pyzmq, PAIR ipc"
    needs = ("zmq",)

    def end(self, side: int, setting: Setting) -> End:
        return PairEnd(side, f"ipc://{setting.directory}/pair")
