"""A process that doesn't outlive its parent, and leaves Ctrl-C to it."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import ctypes
import signal

_PR_SET_PDEATHSIG = 1


def depend_on_parent() -> None:
    """Called first in a child. With a parent that was killed, one that spins or serves would never end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
