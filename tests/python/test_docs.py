"""What docs/python.md and README.md show is so: their blocks are run as they stand there.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import ringmain
from support.snippets import Page, Program

PROJECT = Path(__file__).parents[2]
PAGE = Page.read(PROJECT / "docs/python.md", PROJECT / "README.md")
PYTHON = (PROJECT / "docs/python.md").read_text()
NOT_ON_THE_PAGE = {"Claim", "Stat", "__version__"}  # returned by what is
BUILD = Path(ringmain.__file__).parents[2]

_PATIENCE = 45  # seconds


def test_every_block_of_python_says_whether_it_is_run() -> None:
    assert PAGE.unmarked == []


def test_only_code_that_the_page_replaces_is_not_run() -> None:
    assert PAGE.not_run == ["before"] * 3


def test_every_public_name_is_on_the_page() -> None:
    assert [name for name in ringmain.__all__ if name not in PYTHON and name not in NOT_ON_THE_PAGE] == []


def test_every_exception_is_in_the_table_of_errors_with_its_base() -> None:
    for name in ringmain.__all__:
        kind = getattr(ringmain, name)
        if isinstance(kind, type) and issubclass(kind, ringmain.Error) and kind is not ringmain.Error:
            other = [base for base in kind.__bases__ if base is not ringmain.Error]
            base = f"`{other[0].__name__.replace('UnpicklingError', 'pickle.UnpicklingError')}`" if other else ""
            assert f"| `{name}` | {base}".rstrip() + " |" in PYTHON


def test_the_table_of_bytes_has_the_types_of_the_sources() -> None:
    wire = (PROJECT / "python/src/wire.hpp").read_text()
    types = re.findall(r"^  k(?!FirstReserved)\w+ = (0xFF..),", wire, re.MULTILINE)
    assert types != []
    assert [row for row in re.findall(r"^\| (0xFF..) \|", PYTHON, re.MULTILINE)] == types


def compiled(program: Program, directory: Path, name: str) -> Path:
    """With the library as it was built."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    library = next((BUILD / "core").glob("libringmain.*"), None) if (BUILD / "core").is_dir() else None
    if compiler is None or library is None:
        pytest.skip("there is no compiler, or no library beside the package")
    source = directory / f"{name}.cpp"
    source.write_text(program.source)
    include = PROJECT / "core/include"
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
    search = f"-Wl,-rpath,{library.parent}"
    result = directory / name
    subprocess.run(
        [compiler, "-std=c++20", *warnings, "-I", include, source, library, search, "-o", result], check=True
    )
    return result


def command(program: Program, directory: Path, name: str) -> list[str | Path]:
    if program.language == "cpp":
        return [compiled(program, directory, name)]
    script = directory / f"{name}.py"
    script.write_text(program.source)
    return [sys.executable, "-W", "error", script]


@pytest.mark.parametrize("group", sorted(PAGE.groups))
def test_the_block_does_what_it_says(group: str, tmp_path: Path) -> None:
    programs = PAGE.groups[group]
    commands = {name: command(program, tmp_path, name) for name, program in programs.items()}
    running = {
        name: subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name, command in commands.items()
    }
    try:
        for name, process in running.items():
            output, errors = process.communicate(timeout=_PATIENCE)
            assert errors == "", name
            assert process.returncode == 0, name
            assert output.splitlines() == programs[name].output, name
    finally:
        for process in running.values():
            process.kill()
            process.communicate()
