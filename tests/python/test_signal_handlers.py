"""What a signal handler may do with a handle in whose call it interrupts.

SPDX-License-Identifier: MIT
"""

import signal
from collections.abc import Callable
from typing import Any

import pytest
import ringmain
from support.handles import both


def _while_a_signal_comes(handler: Callable[[], Any], wait: Callable[[], Any]) -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        wait()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_signal_handler_may_not_use_the_handle_that_waits() -> None:
    with both() as (producer, consumer):

        def handle() -> None:
            for call in (consumer.recv, consumer.try_recv, consumer.fileno):
                with pytest.raises(RuntimeError, match="under way"):
                    call()
            producer.send("sent by the handler")

        def wait() -> None:
            assert consumer.recv().obj == "sent by the handler"

        _while_a_signal_comes(handle, wait)


def test_a_signal_handler_may_close_the_handle_that_waits() -> None:
    with both() as (_producer, consumer):

        def wait() -> None:
            with pytest.raises(ValueError, match="closed"):
                consumer.recv()

        _while_a_signal_comes(consumer.close, wait)
        assert consumer.closed
        assert ringmain.stat("ring").consumers == []


def test_a_signal_handler_may_close_the_producer_that_waits() -> None:
    producer = ringmain.Producer("another")

    def wait() -> None:
        with pytest.raises(ValueError, match="closed"):
            producer.wait_for_consumers()
        assert ringmain.ls() == []

    _while_a_signal_comes(producer.close, wait)
