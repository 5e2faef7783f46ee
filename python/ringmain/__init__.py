"""Messages between processes on one machine, through a ring in shared memory.

SPDX-License-Identifier: MIT
"""

from ringmain._core import version as __version__

__all__ = ["__version__"]
