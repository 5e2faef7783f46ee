"""Everything that was measured, as JSON."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ringmain.bench.machine import Machine
from ringmain.bench.result import Result, Row


def json_text(machine: Machine, results: Sequence[Result]) -> str:
    return json.dumps({"machine": asdict(machine), "results": [_result(result) for result in results]}, indent=2) + "\n"


def _result(result: Result) -> dict[str, Any]:
    return {
        "workload": result.workload,
        "title": result.title,
        "unit": {"time": "s", "messages": "messages/s", "bytes": "B/s"}[result.unit],
        "size": result.size,
        "carriers": [_row(result, row) for row in result.rows],
        "left_out": [asdict(left) for left in result.left_out],
    }


def _row(result: Result, row: Row) -> dict[str, Any]:
    factors = {name: result.times_as_fast(name, row) for name in result.baselines}
    return {
        "carrier": row.carrier,
        "kind": row.kind,
        "waits": row.waits,
        "figure": result.figure(row),
        "ns": asdict(row.ns),
        "ns_of_rounds": list(row.rounds),
        "disturbed": row.ns.disturbed,
        "times_as_fast": {name: factor for name, factor in factors.items() if factor is not None},
    }
