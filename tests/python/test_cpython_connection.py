"""What CPython itself demands of a multiprocessing.Pipe: its own tests (of the interpreter that runs), with ours.

SPDX-License-Identifier: MIT
"""

import importlib
import multiprocessing
import os
import subprocess
import sys
import unittest
from typing import Any

import pytest
import ringmain

try:
    cpython: Any = importlib.import_module("test._test_multiprocessing")
except ImportError as error:
    pytest.skip(f"this interpreter comes without its tests: {error}", allow_module_level=True)

pytestmark = [
    # Its tests close no connections; multiprocessing's own are silent about that.
    pytest.mark.filterwarnings("ignore:unclosed <ringmain.Connection:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

METHODS = ("fork", "forkserver", "spawn")
BASES = ("_TestConnection", "_TestPoll")

_NO_SOCKET = (
    "descriptors are passed through the socket that a Connection is there, and the descriptor of this one is none"
)
CANNOT_PASS = {
    "test_fd_transfer": _NO_SOCKET,
    "test_large_fd_transfer": _NO_SOCKET,
    "test_missing_fd_transfer": _NO_SOCKET,
}


def _case(base: Any, method: str) -> type[unittest.TestCase]:
    name = f"{base.__name__.removeprefix('_')}With{method.capitalize()}"
    context: Any = multiprocessing.get_context(method)
    replaced = {"Pipe": staticmethod(ringmain.Pipe), "Process": context.Process}
    # By this name the child finds it.
    names = {"__module__": __name__, "__qualname__": name, "start_method": method}
    return type(name, (base, cpython.ProcessesMixin, unittest.TestCase), names | replaced)


def _without_what_cannot_pass(case: type[unittest.TestCase]) -> type[unittest.TestCase]:
    for name in CANNOT_PASS:
        if hasattr(case, name):
            setattr(case, name, None)
    return case


for _base in BASES:
    for _method in METHODS:
        _made = _without_what_cannot_pass(_case(getattr(cpython, _base), _method))
        globals()[_made.__name__] = _made
del _made


def run_alone(name: str) -> None:
    """In a process of its own: when these fail, CPython leaves descriptors and children behind."""
    result = unittest.TestResult()
    _case(cpython._TestConnection, "fork")(name).run(result)
    for child in multiprocessing.active_children():
        child.kill()
    ((_, trace),) = result.errors + result.failures
    print(trace)


@pytest.mark.parametrize("name", CANNOT_PASS)
def test_what_cannot_pass_fails_for_want_of_a_socket(name: str) -> None:
    program = f"import test_cpython_connection; test_cpython_connection.run_alone({name!r})"
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": path}, capture_output=True)
    assert done.returncode == 0
    assert b"Socket operation on non-socket" in done.stdout


def test_every_test_of_cpython_is_run_under_every_start_method() -> None:
    loader = unittest.TestLoader()
    for base in BASES:
        wanted = set(loader.getTestCaseNames(_case(getattr(cpython, base), "fork"))) - set(CANNOT_PASS)
        assert wanted
        for method in METHODS:
            run = set(loader.getTestCaseNames(globals()[f"{base.removeprefix('_')}With{method.capitalize()}"]))
            assert run == wanted


def test_every_start_method_of_this_system_is_there() -> None:
    assert set(multiprocessing.get_all_start_methods()) == set(METHODS)
