"""python -m ringmain.bench: tiny runs, and what becomes of them when something goes wrong."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing import shared_memory
from pathlib import Path

import pytest
from ringmain.bench import command_line, directory
from ringmain.bench.carriers.carrier import BYTES, Carrier, End, Setting
from ringmain.bench.carriers.every import every_carrier
from ringmain.bench.carriers.pipes import ObjectEnd, ObjectPipe
from ringmain.bench.interruption import Interrupted, Interruption
from ringmain.bench.picture import NoPicture, check_picture
from ringmain.bench.workloads import round_trip
from ringmain.bench.workloads.every import WORKLOADS, every_task
from ringmain.bench.workloads.payload import LAST

RIVALS_WITHOUT_PACKAGES = [
    "multiprocessing.Queue",
    "multiprocessing.SimpleQueue",
    "Pipe, send/recv",
    "Pipe, send_bytes",
    "SharedMemory + Event",
    "Manager().Queue",
]


class Absent(ObjectPipe):
    """A carrier whose package nobody has."""

    name = "absent"
    needs = ("a_module_that_nobody_has",)


class OneWrong(ObjectPipe):
    """A carrier that delivers something else than what was sent."""

    name = "one that lies"

    def end(self, side: int, setting: Setting) -> End:
        end = ObjectEnd(self.connections[side])
        receive = end.recv
        end.recv = lambda: receive()[1:] + b"?"
        return end


class OneDead(Carrier):
    """A carrier that takes its process with it."""

    name = "one that dies"
    workloads = BYTES

    def end(self, side: int, setting: Setting) -> End:
        end = End()
        end.send = lambda data: os.kill(os.getpid(), signal.SIGKILL)
        end.recv = lambda: os.kill(os.getpid(), signal.SIGKILL)
        return end


def run(monkeypatch: pytest.MonkeyPatch, carriers: list[Carrier], *arguments: str) -> int:
    """One that measures these carriers only."""
    monkeypatch.setattr(command_line, "every_carrier", lambda: carriers)
    return command_line.main([*arguments, "--quick"])


def test_the_list_names_all_workloads_and_carriers(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n  {workload} " in listed for workload in WORKLOADS)
    assert all(f"\n  {carrier.name}" in listed for carrier in every_carrier())


def test_carriers_have_names_of_their_own_and_known_workloads() -> None:
    names = [carrier.name for carrier in every_carrier()]
    assert len(set(names)) == len(names)
    assert {workload for carrier in every_carrier() for workload in carrier.workloads} == set(WORKLOADS) - {"import"}
    assert {task.workload for task in every_task()} == set(WORKLOADS) - {"import"}


def test_ratios_are_to_carriers_that_exist() -> None:
    by_name = {carrier.name: carrier for carrier in every_carrier()}
    for task in every_task():
        assert all(task.workload in by_name[name].workloads for name in task.baselines)


@pytest.mark.parametrize("workload", ["round-trip", "asleep", "stream"])
def test_a_tiny_run_has_a_row_for_each_rival(workload: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "ringmain.bench", "--only", workload, "--quick", "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in RIVALS_WITHOUT_PACKAGES)
    (result,) = json.loads(report.read_text())["results"]
    rows = {row["carrier"]: row for row in result["carriers"]}
    assert set(RIVALS_WITHOUT_PACKAGES) <= set(rows)
    assert all(row["figure"] > 0 and len(row["ns_of_rounds"]) == 3 for row in rows.values())
    mentioned = set(rows) | {left["carrier"] for left in result["left_out"]}
    assert mentioned == {carrier.name for carrier in every_carrier() if workload in carrier.workloads}


class _Answering(End):
    """Answers what is sent, `after` ns later by the clock of the test."""

    def __init__(self, after: int) -> None:
        self.now = 0
        self.send = self._keep
        self.recv = self._answer
        self.after = after

    def clock(self) -> int:
        self.now += 10
        return self.now

    def _keep(self, data: bytes) -> None:
        self.data = data

    def _answer(self) -> bytes:
        self.now += self.after
        return self.data


def test_what_a_round_trip_between_sleepers_takes_is_without_their_thinking(monkeypatch: pytest.MonkeyPatch) -> None:
    (task,) = [task for task in every_task() if task.workload == "asleep"]
    thinking = round_trip._THINKING
    end = _Answering(thinking + 5000)
    monkeypatch.setattr(round_trip, "perf_counter_ns", end.clock)
    asked = task.sender(end, 4)
    assert asked.samples == [5010] * 4
    before = end.now
    end.data = LAST
    answered = task.receiver(end, 4)
    assert end.now - before >= 4 * (2 * thinking + 5000)
    assert task.ns_of(asked, answered, 4) == 5010


@pytest.mark.parametrize("workload", ["arrays", "receive"])
def test_arrays_pass_through_each_rival(
    workload: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("numpy")
    smallest = min((task for task in every_task() if task.workload == workload), key=lambda task: task.size)
    monkeypatch.setattr(command_line, "every_task", lambda: [smallest])
    assert command_line.main(["--only", workload, "--quick"]) == 0
    shown = capsys.readouterr().out
    able = [carrier.name for carrier in every_carrier() if workload in carrier.workloads and carrier.kind == "rival"]
    assert all(f"\n  {name} " in shown or f"{name}: the module" in shown for name in able)


def test_the_import_of_each_package_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--only", "import", "--quick"]) == 0
    shown = capsys.readouterr().out
    assert "\n  ringmain " in shown and "\n  multiprocessing.queues " in shown


def test_a_carrier_that_is_not_installed_is_named_and_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, [Absent(), ObjectPipe()], "--only", "stream") == 0
    shown = capsys.readouterr().out
    assert "left out: absent: the module a_module_that_nobody_has is not installed" in shown
    assert "\n  Pipe, send/recv " in shown


@pytest.mark.parametrize(
    ("faulty", "why"),
    [(OneWrong(), "WrongData: the last message of a turn is"), (OneDead(), "the process ended, exit code -9")],
)
def test_a_carrier_that_fails_is_named_and_the_others_are_measured(
    faulty: Carrier, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, [faulty, ObjectPipe()], "--only", "stream") == 1
    shown = capsys.readouterr().out
    assert f"left out: {faulty.name}: {why}" in shown
    assert "\n  Pipe, send/recv " in shown


def test_without_numpy_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "numpy" else find(name))
    assert run(monkeypatch, [ObjectPipe()], "--only", "stream", "--only", "arrays") == 0
    shown = capsys.readouterr().out
    assert "NumPy is not installed, so nothing was measured with arrays." in shown
    assert shown.count("Pipe, send/recv") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(
    number: signal.Signals,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Interrupting(ObjectPipe):
        def end(self, side: int, setting: Setting) -> End:
            end = ObjectEnd(self.connections[side])
            send = end.send

            def send_and_interrupt(data: bytes) -> None:
                os.kill(os.getppid(), number)
                send(data)

            end.send = send_and_interrupt
            return end

    monkeypatch.setenv("RINGMAIN_DIR", str(tmp_path))
    prefix = f"p{os.getpid():x}-"  # short, and nobody else's
    monkeypatch.setattr(shared_memory, "_SHM_NAME_PREFIX", "/" + prefix)
    carriers = [carrier for carrier in every_carrier() if carrier.kind == "rival"]
    assert run(monkeypatch, [*carriers, Interrupting()], "--only", "stream") == 128 + number
    assert f"interrupted by {number.name}" in capsys.readouterr().err
    assert multiprocessing.active_children() == []
    assert list(tmp_path.iterdir()) == []
    assert list(Path("/dev/shm").glob(prefix + "*")) == []


def test_an_interruption_that_python_lost_is_found_by_the_next_check() -> None:
    with pytest.raises(Interrupted), Interruption() as interruption:
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # while cleaning up: doesn't disturb
        interruption.check()


def test_a_directory_of_a_killed_run_is_swept_and_one_in_use_is_not(tmp_path: Path) -> None:
    (tmp_path / "ringmain-bench-killed").mkdir()
    (tmp_path / "ringmain-bench-killed" / "ring").write_bytes(b"x")
    (tmp_path / "somebody-else").mkdir()
    with directory.directory_in(tmp_path) as used:
        directory.sweep(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {used.name, "somebody-else"}
    assert [path.name for path in tmp_path.iterdir()] == ["somebody-else"]


def test_a_picture_of_another_kind_is_refused_before_anything_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--picture", "picture.gif"]) == 2
    assert "ends in .svg or .png" in capsys.readouterr().err


def test_without_gnuplot_a_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoPicture, match="needs gnuplot"):
        check_picture(Path("picture.svg"))


@pytest.mark.parametrize("size", ["", "1K", "64 miles", "-1M"])
def test_a_capacity_that_makes_no_sense_is_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main([f"--capacity={size}", "--list"])
    assert "a size such as 64MiB" in capsys.readouterr().err
