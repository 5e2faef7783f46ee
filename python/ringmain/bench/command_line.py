"""The command line: what to measure, and where the results go."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ringmain.bench.carriers.every import every_carrier
from ringmain.bench.interruption import Interrupted, Interruption
from ringmain.bench.machine import machine_text, this_machine
from ringmain.bench.measure import QUICK, THOROUGH, Means, measure
from ringmain.bench.picture import NoPicture, check_picture, draw
from ringmain.bench.report import json_text
from ringmain.bench.result import Result
from ringmain.bench.table import LEGEND, text_by_size, text_of
from ringmain.bench.workloads.every import WORKLOADS, every_task
from ringmain.bench.workloads.import_time import import_times

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_EPILOG = """\
All carriers of a table are open at once in the same two processes, which are pinned to a CPU each, and take turns,
round by round. Each figure is the median of the rounds, each ratio the median of the ratios within a round. Choose
other CPUs with taskset. Exit status: 0, 1 if a carrier failed, 2 for a mistake on the command line."""


def capacity_named(text: str) -> int:
    match = re.fullmatch(r"(\d+)\s*([KMG]?)(i?B)?", text.strip())
    capacity = int(match[1]) * _UNITS[match[2]] if match else 0
    if capacity < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r}: a size such as 64MiB, at least 64KiB")
    return capacity


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ringmain.bench",
        description="The ring and what Python programs use instead, measured side by side on this machine. "
        "Takes some minutes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only",
        metavar="WORKLOAD",
        action="append",
        choices=list(WORKLOADS),
        help=f"measure this one: {', '.join(WORKLOADS)}; may be given more than once",
    )
    parser.add_argument("--quick", action="store_true", help="few and short rounds: a first impression")
    parser.add_argument(
        "--capacity",
        metavar="SIZE",
        type=capacity_named,
        default="64MiB",
        help="of a ring, and of the buffer of the limit (default: 64MiB)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write everything to this file, for programs")
    parser.add_argument("--picture", metavar="FILE", type=Path, help="draw the tables; .svg or .png (needs gnuplot)")
    parser.add_argument("--list", action="store_true", help="name the workloads and the carriers")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.list:
        print(list_text())
        return 0
    try:
        if options.picture is not None:
            check_picture(options.picture)
    except NoPicture as error:
        print(f"ringmain.bench: {error}", file=sys.stderr)
        return 2
    try:
        with Interruption() as interruption:
            return run(options, interruption)
    except Interrupted as interrupted:
        print(f"\nringmain.bench: {interrupted}", file=sys.stderr)
        return interrupted.exit_status
    except BrokenPipeError:  # nobody reads on; nor may the interpreter try to write, at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def list_text() -> str:
    lines = ["workloads"]
    lines += [f"  {name:12}{what}" for name, what in WORKLOADS.items()]
    lines.append("carriers")
    for carrier in every_carrier():
        missing = carrier.missing()
        lines.append(f"  {carrier.name:30}{carrier.waits}" + (f"; left out: {missing}" if missing else ""))
    return "\n".join(lines)


def run(options: argparse.Namespace, interruption: Interruption) -> int:
    machine = this_machine()
    print(machine_text(machine), flush=True)
    results = measure_all(options, interruption)
    print(f"\n{LEGEND}")
    if options.json is not None:
        options.json.write_text(json_text(machine, results))
    try:
        if options.picture is not None:
            draw(results, options.picture)
    except NoPicture as error:
        print(f"ringmain.bench: {error}", file=sys.stderr)
        return 1
    return 1 if any(left.failed for result in results for left in result.left_out) else 0


def measure_all(options: argparse.Namespace, interruption: Interruption) -> list[Result]:
    """Prints each table as soon as there is one."""
    chosen = options.only or list(WORKLOADS)
    place = Path(os.environ.get("RINGMAIN_DIR") or "/dev/shm")
    means = Means(QUICK if options.quick else THOROUGH, options.capacity, place, interruption)
    # It isn't imported here: its threads and a fork don't go together.
    numpy = importlib.util.find_spec("numpy") is not None
    results: list[Result] = []
    by_size: list[Result] = []
    for task in every_task():
        if task.workload not in chosen or (task.numpy and not numpy):
            continue
        _progress(f"measuring: {task.title}")
        result = measure(task, every_carrier(), means)
        results.append(result)
        _progress("")
        if task.workload == "receive":
            by_size.append(result)
        else:
            print(f"\n{text_of(result)}", flush=True)
    if by_size:
        print(f"\n{text_by_size(by_size)}", flush=True)
    if not numpy and {"arrays", "receive"} & set(chosen):
        print("\nNumPy is not installed, so nothing was measured with arrays.")
    if "import" in chosen:
        results.append(import_times())
        print(f"\n{text_of(results[-1])}", flush=True)
    return results


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
