"""The programs in docs/examples/python do what they say, and clean up (the rings are looked after in conftest.py).

SPDX-License-Identifier: MIT
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ringmain

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS / "examples/python").glob("*.py"))
SKIPPED = 77  # this machine can't; the program says why


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs_and_says_in_one_line_what_it_did(example: Path) -> None:
    package = str(Path(ringmain.__file__).parents[1])
    ended = subprocess.run(
        [sys.executable, "-W", "error", example],
        env=os.environ | {"PYTHONPATH": package},
        capture_output=True,
        text=True,
        timeout=50,
    )
    if ended.returncode == SKIPPED:
        pytest.skip(ended.stdout)
    assert ended.stderr == ""
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_fits_on_a_page_and_is_listed(example: Path) -> None:
    assert len(example.read_text().splitlines()) < 90
    assert f"(examples/python/{example.name})" in (DOCS / "python.md").read_text()
