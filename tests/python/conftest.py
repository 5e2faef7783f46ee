"""Every test has a directory of its own for its rings, and leaves nothing behind.

SPDX-License-Identifier: MIT
"""

import contextlib
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from support.leftovers import Leftovers

# No deadline: how fast the machine is, is not for a test to judge.
hypothesis.settings.register_profile("short", deadline=None, database=None, derandomize=True)
hypothesis.settings.register_profile("full", deadline=None, database=None, max_examples=2000)
hypothesis.settings.load_profile("full" if os.environ.get("RINGMAIN_PROOF") == "full" else "short")

_failed = pytest.StashKey[bool]()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # what is there by now, which is most, isn't searched again after every test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def ring_directory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """RINGMAIN_DIR of this test."""
    directory = Path(tempfile.mkdtemp(prefix="ringmain-test.", dir="/dev/shm"))
    monkeypatch.setenv("RINGMAIN_DIR", str(directory))
    before = Leftovers.now(directory)
    try:
        yield directory
        gc.collect()
        left = Leftovers.now(directory).since(before)
        rings = sorted(os.listdir(directory))
        _end(left.children)
        # What a failed test holds is no news: its traceback holds it.
        if not request.node.stash.get(_failed, False):
            assert not left
            assert rings == []
    finally:
        shutil.rmtree(directory)


def _end(children: frozenset[int]) -> None:
    """They must not disturb the tests that follow."""
    for child in children:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
