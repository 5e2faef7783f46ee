"""The exceptions of Ringmain, and which of them stands for which status of the library.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import errno
import pickle

__all__ = [
    "BadRing",
    "BorrowLimit",
    "Error",
    "Evicted",
    "Lapped",
    "LeaseLost",
    "MessageTooLarge",
    "PickleRefused",
    "ProducerExists",
    "ProducerLost",
    "Removed",
]


class Error(Exception):
    """What only Ringmain can say. Where Python has an exception for it (TimeoutError, EOFError, FileNotFoundError,
    FileExistsError, PermissionError, ValueError, OSError), that one is raised, or a subclass of it."""


class ProducerLost(Error, EOFError):
    """The producer died without closing: everything it sent was received, but more was to come. Receive again when a
    new producer has taken over."""


class Removed(Error, EOFError):
    """The ring was removed; everything that was in it was received."""


class Evicted(Error):
    """This consumer was slower than its ring allows (`evict_after`), so it has lost its place in it: make a new one."""


class LeaseLost(Error, OSError):
    """The handle isn't this process's any more: it was made before a fork, or something closed its descriptors."""


class Lapped(Error):
    """The producer of a ring that overwrites came around and overtook this consumer. Receiving goes on after this.

    `lost` is how many messages were missed.
    """

    def __init__(self, lost: int) -> None:
        super().__init__(f"{lost} messages were overwritten before they were received")
        self.lost = lost


class BorrowLimit(Error, BufferError):
    """Too many messages are held by views of them, so that the producer would have to wait."""


class MessageTooLarge(Error, ValueError):
    """A message above half the capacity of its ring."""


class ProducerExists(Error, FileExistsError):
    """The ring has a producer already, which is alive."""


class BadRing(Error, OSError):
    """What was found is no ring, or a damaged one, or of another version or type; or a message that makes no sense."""


class PickleRefused(Error, pickle.UnpicklingError):
    """A pickled object from a ring of which this consumer takes none: to unpickle is to run what the sender likes."""


_OF_STATUS: dict[int, tuple[type[Exception], int]] = {
    2: (TimeoutError, 0),
    3: (EOFError, 0),
    4: (TimeoutError, 0),
    10: (ProducerLost, 0),
    11: (Evicted, 0),
    12: (Removed, 0),
    13: (LeaseLost, errno.EOWNERDEAD),
    20: (MessageTooLarge, 0),
    21: (FileNotFoundError, errno.ENOENT),
    22: (FileExistsError, errno.EEXIST),
    23: (ValueError, 0),
    24: (ValueError, 0),
    25: (PermissionError, errno.EACCES),
    26: (OSError, errno.ENOSPC),
    27: (ProducerExists, errno.EEXIST),
    28: (OSError, errno.EBUSY),
    29: (OSError, errno.EUSERS),
    30: (OSError, errno.EBUSY),
    31: (OSError, errno.ENOLCK),
    34: (OSError, errno.ENOSYS),
    40: (BadRing, errno.EINVAL),
    41: (BadRing, errno.EINVAL),
    42: (BadRing, errno.EPROTO),
    43: (BadRing, errno.EPROTO),
    44: (BadRing, errno.ESTALE),
    45: (BadRing, errno.EBADMSG),
}


def broken_pipe(message: str) -> BrokenPipeError:
    """What a producer raises where there is nobody to send to any more."""
    error = BrokenPipeError(errno.EPIPE, message)
    error.status = 12  # type: ignore[attr-defined]
    return error


def error_for(status: int, message: str, system_error: int) -> Exception:
    """The exception that stands for a status (docs/guarantees.md lists them); it has the number as `status`."""
    kind, default = _OF_STATUS.get(status, (OSError, errno.EIO))
    number = system_error or default
    error = kind(number, message) if number else kind(message)
    error.status = status  # type: ignore[attr-defined]
    return error
