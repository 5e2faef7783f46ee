"""Event loops for tests.

SPDX-License-Identifier: MIT
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import ringmain


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """In debug mode, in which asyncio must have nothing to say but, maybe, that the machine was slow."""
    kept = _Kept()
    logger = logging.getLogger("asyncio")
    logger.addHandler(kept)
    try:
        result = asyncio.run(main, debug=True)
    finally:
        logger.removeHandler(kept)
    assert [text for text in kept.texts if not text.startswith("Executing <")] == []
    return result


async def asleep(task: asyncio.Task[Any]) -> None:
    """The task has gone as far as it comes by itself."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()


async def all_of(consumer: ringmain.Consumer) -> list[Any]:
    """What was sent until the end."""
    return [message.obj async for message in consumer]
