"""The bytes of small messages. The last of a turn differs, so that a lost or doubled one is noticed."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from ringmain.bench.workloads.task import WrongData

SIZE = 64
DATA = bytes(range(SIZE))
LAST = DATA[::-1]


def check_last(data: object) -> None:
    if data != LAST:
        raise WrongData(f"the last message of a turn is {data!r:.80}")
