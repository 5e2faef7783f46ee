"""A ring with both its sides in this process.

SPDX-License-Identifier: MIT
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import ringmain


@contextlib.contextmanager
def both(**of_consumer: Any) -> Iterator[tuple[ringmain.Producer, ringmain.Consumer]]:
    """No fixture: what those make outlives the test, and a closed producer keeps its mapping as long as it lives."""
    with ringmain.Producer("ring", "64KiB") as producer, ringmain.Consumer("ring", **of_consumer) as consumer:
        yield producer, consumer
