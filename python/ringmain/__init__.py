"""Messages between processes on one machine, through a ring in shared memory: one producer, any number of consumers.

    with ringmain.Producer("camera") as camera:      # in one process
        camera.send(frame)

    with ringmain.Consumer("camera") as frames:      # in any number of others
        for message in frames:
            show(message.array)                      # in place: nothing was copied on this side

SPDX-License-Identifier: MIT
"""

from ._core import Claim, Message, Stat
from ._core import version as __version__
from ._errors import (
    BadRing,
    BorrowLimit,
    Error,
    Evicted,
    Lapped,
    LeaseLost,
    MessageTooLarge,
    PickleRefused,
    ProducerExists,
    ProducerLost,
    Removed,
)
from .consumer import Consumer
from .pipe import Connection, Pipe
from .producer import Producer
from .rings import gc, ls, remove, stat

__all__ = [
    "BadRing",
    "BorrowLimit",
    "Claim",
    "Connection",
    "Consumer",
    "Error",
    "Evicted",
    "Lapped",
    "LeaseLost",
    "Message",
    "MessageTooLarge",
    "PickleRefused",
    "Pipe",
    "Producer",
    "ProducerExists",
    "ProducerLost",
    "Removed",
    "Stat",
    "__version__",
    "gc",
    "ls",
    "remove",
    "stat",
]
